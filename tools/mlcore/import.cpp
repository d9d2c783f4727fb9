// SPDX-License-Identifier: Apache-2.0
// `mlcore import MODEL --from xgboost|lightgbm|json -o FILE`
#include <fmt/format.h>
#include <unistd.h>

#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <utility>

#include "inputs.hpp"
#include "mlcore/artifact/artifact.hpp"
#include "mlcore/base/error.hpp"
#include "mlcore/base/file.hpp"
#include "mlcore/drift/make_reference.hpp"
#include "mlcore/predict/import_model.hpp"
#include "mlcore/predict/predictor.hpp"
#include "scoring.hpp"
#include "verb.hpp"

namespace mlcore::command {
namespace {

struct Options {
  std::string model;
  std::string from;
  std::string features;
  std::string reference;
  std::string output;
  bool best_iteration = false;
};

/// What has no file that is safe to read is converted where it was fitted.
std::string refuse_python_only(const std::string& name) {
  constexpr std::pair<std::string_view, std::string_view> kConverters[] = {
      {"sklearn", "from_sklearn"},
      {"scikit-learn", "from_sklearn"},
      {"catboost", "from_catboost"},
      {"onnx", "from_onnx"}};
  for (const auto& [framework, converter] : kConverters) {
    if (name != framework) continue;
    return fmt::format(
        "models of {} are imported in Python: mlcore.{}(model).save(\"model.mlc\"), or "
        "mlcore.to_model_json(model) and then --from json",
        name, converter);
  }
  return {};
}

Artifact make_artifact(const Options& options) {
  if (options.best_iteration && options.from != "xgboost") {
    throw UsageError("--best-iteration: only an XGBoost file tells its best iteration");
  }
  ImportOptions how{.best_iteration = options.best_iteration, .definition = {}};
  const std::string bytes = read_file(options.model);
  if (!options.features.empty()) how.definition = read_definition(options.features);
  try {
    return import_model(model_format(options.from), bytes, std::move(how));
  } catch (const Error& error) {
    rethrow_with(options.model, error);
  }
}

/// The artifact's file, which was opened: what would be refused later is not written.
Bytes make_file(const Options& options, Artifact& artifact) {
  Bytes file = write_artifact(artifact);
  const auto predictor = Predictor::from_bytes(file);
  if (options.reference.empty()) return file;
  const FeatureMatrix matrix = read_matrix(options.reference, *predictor);
  if (matrix.rows == 0) refuse_empty(options.reference);
  const std::size_t width = artifact.definition.outputs().size();
  artifact.reference = make_reference(artifact.definition, artifact.model.facts(),
                                      {matrix.values.data(), matrix.rows, width},
                                      score_matrix(*predictor, matrix, OutputKind::prediction));
  if (!artifact.reference) {
    throw Error(Code::invalid_argument, Reason::limit_exceeded,
                fmt::format("--reference: the model has {} features and {} outputs, a reference "
                            "holds {} columns",
                            width, artifact.model.facts().output_count, kMaxReferenceColumns));
  }
  return write_artifact(artifact);
}

std::string counted(std::size_t count, std::string_view what) {
  return fmt::format("{} {}{}", count, what, count == 1 ? "" : "s");
}

int run(const Options& options, bool json) {
  if (options.output.empty()) throw UsageError("-o: the name of the file is empty");
  const bool to_stdout = options.output == "-";
  if (to_stdout && json)
    throw UsageError("-o - writes the artifact to stdout: --json has no place");
  if (to_stdout && ::isatty(STDOUT_FILENO) != 0) {
    throw UsageError("-o -: an artifact is not written to a terminal");
  }
  Artifact artifact = make_artifact(options);
  const Bytes file = make_file(options, artifact);
  write_output(options.output, {reinterpret_cast<const char*>(file.data()), file.size()});
  if (to_stdout) return kDone;
  const TreeEnsemble* trees = artifact.model.trees();
  const std::size_t tree_count = trees == nullptr ? 0 : trees->tree_count();
  const std::uint32_t feature_count = artifact.model.facts().feature_count;
  const std::string what =
      trees == nullptr ? std::string(artifact.model.kind_name()) : counted(tree_count, "tree");
  if (json) {
    nlohmann::ordered_json object = {{"file", options.output},
                                     {"bytes", file.size()},
                                     {"content_digest", hex(content_digest(file))},
                                     {"algorithm", artifact.metadata.at("algorithm")},
                                     {"trees", tree_count},
                                     {"features", feature_count}};
    if (artifact.reference) object["reference_rows"] = artifact.reference->rows();
    write_output("", json_text(object));
  } else {
    write_output(
        "", fmt::format("{}: {}, {}, {}, {} bytes, {} proof rows hold\n", options.output,
                        artifact.metadata.at("algorithm"), what, counted(feature_count, "feature"),
                        file.size(), artifact.proof_rows.size()));
  }
  return kDone;
}

}  // namespace

void add_import(CLI::App& app, Verb& verb) {
  auto options = std::make_shared<Options>();
  CLI::App* import =
      app.add_subcommand("import", "Make an artifact from another framework's model");
  import
      ->add_option(
          "model", options->model,
          "The framework's own file, XGBoost's JSON or UBJSON or LightGBM's text; or a model "
          "JSON of docs/model_json.md")
      ->required()
      ->type_name("MODEL");
  import
      ->add_option("--from", options->from,
                   "What wrote the file: xgboost or lightgbm; json: a model JSON")
      ->required()
      ->check(refuse_python_only)
      ->check(CLI::IsMember({"xgboost", "lightgbm", "json"}))
      ->type_name("NAME");
  import
      ->add_option("--features", options->features,
                   "Feature definition whose outputs are the model's features; without it each "
                   "feature is an input of the model's name and type for it, or f0, f1, …")
      ->type_name("FILE");
  import
      ->add_option("--reference", options->reference,
                   "The model's features by name, of the rows it was fitted on: the profile that "
                   "`mlcore drift` compares later rows with")
      ->type_name("CSV");
  import->add_flag("--best-iteration", options->best_iteration,
                   "Only the rounds up to the one that early stopping found best");
  import
      ->add_option("-o,--output", options->output,
                   "The .mlc file to write; -: stdout, and nothing else is printed")
      ->required()
      ->type_name("FILE");
  import->add_flag("--json", verb.json, "Print what was written as JSON");
  import->footer(
      "Example:\n  mlcore import model.json --from xgboost --reference training.csv -o model.mlc");
  import->callback(
      [options, &verb] { verb.run = [options, &verb] { return run(*options, verb.json);
};
}  // namespace mlcore::command
);
}

}  // namespace mlcore::command
