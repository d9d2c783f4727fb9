// SPDX-License-Identifier: Apache-2.0
// `mlcore import MODEL --from xgboost|lightgbm -o FILE`
#include <fmt/format.h>
#include <unistd.h>

#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "inputs.hpp"
#include "mlcore/artifact/artifact.hpp"
#include "mlcore/base/error.hpp"
#include "mlcore/base/file.hpp"
#include "mlcore/model/lightgbm.hpp"
#include "mlcore/model/xgboost.hpp"
#include "mlcore/predict/predictor.hpp"
#include "mlcore/predict/proof.hpp"
#include "verb.hpp"

namespace mlcore::command {
namespace {

constexpr std::size_t kProofRows = 64;
constexpr std::uint64_t kProofSeed = 7;

struct Options {
  std::string model;
  std::string from;
  std::string features;
  std::string output;
  bool best_iteration = false;
};

/// One nullable f64 input a feature, given to the model as it is.
std::string identity_text(const std::vector<std::string>& names) {
  std::string text = "features imported version 1\n\n";
  for (const std::string& name : names) text += fmt::format("input {}: f64?\n", name);
  return text + fmt::format("\noutput [{}]\n", fmt::join(names, ", "));
}

bool is_identifier(const std::string& name) {
  const auto is_letter = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
  };
  if (name.empty() || !is_letter(name[0])) return false;
  return name.find_first_not_of(
             "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_") == name.npos;
}

/// The language decides by itself which words it keeps.
bool is_usable(const std::string& name) {
  if (!is_identifier(name)) return false;
  try {
    (void)Definition::parse(identity_text({name}));
    return true;
  } catch (const Error&) {
    return false;
  }
}

/// The model's own names where every one of them can be a name of the language, else f0, f1, ….
std::vector<std::string> input_names(const TreeEnsemble& model) {
  const auto& names = model.feature_names;
  if (!names.empty() && std::all_of(names.begin(), names.end(), is_usable)) return names;
  std::vector<std::string> numbered;
  for (std::uint32_t i = 0; i < model.feature_count; ++i) numbered.push_back(fmt::format("f{}", i));
  return numbered;
}

void check_features(const std::string& path, const TreeEnsemble& model,
                    const Definition& definition) {
  if (!definition.fits().empty()) {
    throw Error(Code::failed_precondition, Reason::not_fitted,
                fmt::format("{}: the definition has {} `fit`, whose numbers a model's file does "
                            "not hold; train it with `mlcore train`",
                            path, definition.fits().size()));
  }
  const auto& outputs = definition.outputs();
  if (outputs.size() != model.feature_count) {
    throw Error(Code::invalid_argument, Reason::feature_count,
                fmt::format("the model wants {} features, the definition \"{}\" gives {}",
                            model.feature_count, definition.name(), outputs.size()));
  }
  for (std::size_t i = 0; i < model.feature_names.size(); ++i) {
    if (model.feature_names[i] == outputs[i].name) continue;
    throw Error(Code::invalid_argument, Reason::feature_names,
                fmt::format("feature {}: the model calls it \"{}\", the definition \"{}\"", i,
                            model.feature_names[i], outputs[i].name),
                {static_cast<std::int32_t>(i), -1});
  }
}

Artifact make_artifact(const Options& options) {
  Artifact artifact;
  if (options.best_iteration && options.from != "xgboost") {
    throw UsageError("--best-iteration: only an XGBoost file tells its best iteration");
  }
  const std::string text = read_file(options.model);
  try {
    artifact.model = options.from == "lightgbm"
                         ? import_lightgbm(text)
                         : import_xgboost(text, {.best_iteration = options.best_iteration});
  } catch (const Error& error) {
    throw Error(error.code(), error.reason(), fmt::format("{}: {}", options.model, error.message()),
                error.where());
  }
  if (options.features.empty()) {
    const std::vector<std::string> names = input_names(artifact.model);
    artifact.definition = Definition::parse(identity_text(names));
    artifact.model.feature_names = names;
  } else {
    artifact.definition = read_definition(options.features);
    check_features(options.features, artifact.model, artifact.definition);
  }
  artifact.name = artifact.definition.name();
  artifact.metadata["algorithm"] =
      fmt::format("{} {} {}", artifact.model.framework, artifact.model.framework_version,
                  artifact.model.objective);
  artifact.proof_rows = make_proof_rows(artifact, kProofRows, kProofSeed);
  return artifact;
}

int run(const Options& options, bool json) {
  const bool to_stdout = options.output == "-";
  if (to_stdout && json)
    throw UsageError("-o - writes the artifact to stdout: --json has no place");
  if (to_stdout && ::isatty(STDOUT_FILENO) != 0) {
    throw UsageError("-o -: an artifact is not written to a terminal");
  }
  const Artifact artifact = make_artifact(options);
  const Bytes file = write_artifact(artifact);
  // Opening runs the proof rows: a file that would be refused later is not written.
  const auto predictor = Predictor::from_bytes(file);
  write_output(options.output, {reinterpret_cast<const char*>(file.data()), file.size()});
  if (to_stdout) return kDone;
  if (json) {
    nlohmann::ordered_json object = {{"file", options.output},
                                     {"bytes", file.size()},
                                     {"content_digest", hex(content_digest(file))},
                                     {"algorithm", artifact.metadata.at("algorithm")},
                                     {"trees", artifact.model.tree_count()},
                                     {"features", artifact.model.feature_count}};
    write_output("", json_text(object));
  } else {
    write_output("", fmt::format("{}: {}, {} trees, {} features, {} bytes, {} proof rows hold\n",
                                 options.output, artifact.metadata.at("algorithm"),
                                 artifact.model.tree_count(), artifact.model.feature_count,
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
      ->add_option("model", options->model,
                   "The framework's own file; XGBoost: JSON or UBJSON; LightGBM: text")
      ->required()
      ->type_name("MODEL");
  import->add_option("--from", options->from, "The framework: xgboost or lightgbm")
      ->required()
      ->check(CLI::IsMember({"xgboost", "lightgbm"}))
      ->type_name("NAME");
  import
      ->add_option("--features", options->features,
                   "Feature definition whose outputs are the model's features; without it each "
                   "feature is an f64? input of the model's name for it, or f0, f1, …")
      ->type_name("FILE");
  import->add_flag("--best-iteration", options->best_iteration,
                   "Only the rounds up to the one that early stopping found best");
  import
      ->add_option("-o,--output", options->output,
                   "The .mlc file to write; -: stdout, and nothing else is printed")
      ->required()
      ->type_name("FILE");
  import->add_flag("--json", verb.json, "Print what was written as JSON");
  import->footer("Example:\n  mlcore import model.json --from xgboost -o model.mlc");
  import->callback(
      [options, &verb] { verb.run = [options, &verb] { return run(*options, verb.json);
};
}  // namespace mlcore::command
);
}

}  // namespace mlcore::command
