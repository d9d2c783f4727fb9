// SPDX-License-Identifier: Apache-2.0
// import_model and model_format.
#include "mlcore/predict/import_model.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <string>
#include <string_view>
#include <unordered_set>
#include <utility>
#include <vector>

#include "artifact/model_features.hpp"
#include "feature/lexer.hpp"
#include "mlcore/base/error.hpp"
#include "mlcore/model/lightgbm.hpp"
#include "mlcore/model/model_json.hpp"
#include "mlcore/model/xgboost.hpp"
#include "mlcore/predict/proof.hpp"

namespace mlcore {
namespace {

constexpr std::uint64_t kProofSeed = 7;

std::string_view input_type(FeatureType type) {
  switch (type) {
    case FeatureType::number: return "f64?";
    case FeatureType::boolean: return "bool?";
    case FeatureType::integer:
    case FeatureType::category: return "i64?";
  }
  return {};
}

/// One nullable input a feature, given to the model as it is. `types` may be empty: all are
/// numbers.
std::string identity_text(const std::vector<std::string>& names,
                          const std::vector<FeatureType>& types) {
  std::string text = "features imported version 1\n\n";
  for (std::size_t i = 0; i < names.size(); ++i) {
    const FeatureType type = types.empty() ? FeatureType::number : types[i];
    text += fmt::format("input {}: {}\n", encode_name(names[i]), input_type(type));
  }
  text += "\noutput [";
  for (std::size_t i = 0; i < names.size(); ++i) {
    text += (i > 0 ? ", " : "") + encode_name(names[i]);
  }
  return text + "]\n";
}

/// The language decides by itself which names it keeps.
bool is_usable(const std::string& name) {
  if (!can_be_name(name)) return false;
  try {
    (void)Definition::parse(identity_text({name}, {}));
    return true;
  } catch (const Error&) {
    return false;
  }
}

/// A row's f1 must not be another feature than the model's.
void check_numbered(const std::vector<std::string>& names,
                    const std::vector<std::string>& numbered) {
  const std::unordered_set<std::string_view> taken(numbered.begin(), numbered.end());
  for (std::size_t i = 0; i < names.size(); ++i) {
    if (names[i] == numbered[i] || !taken.contains(names[i])) continue;
    const auto unusable = std::find_if_not(names.begin(), names.end(), is_usable);
    throw Error(
        Code::invalid_argument, Reason::feature_names,
        fmt::format("feature {} is called \"{}\", but \"{}\" can't be an input's name and "
                    "so features would be f0, f1, … by their places; bring a definition, or "
                    "rename one of them in the model",
                    i, names[i], *unusable),
        {static_cast<std::int32_t>(i), -1});
  }
}

/// The model's own names where every one of them can be a name of the language, else f0, f1, ….
std::vector<std::string> input_names(const ModelFacts& model) {
  const auto& names = model.feature_names;
  if (!names.empty() && std::all_of(names.begin(), names.end(), is_usable)) return names;
  std::vector<std::string> numbered;
  for (std::uint32_t i = 0; i < model.feature_count; ++i) numbered.push_back(fmt::format("f{}", i));
  check_numbered(names, numbered);
  return numbered;
}

void check_unfitted(const Definition& definition) {
  if (definition.fits().empty()) return;
  throw Error(Code::failed_precondition, Reason::not_fitted,
              fmt::format("the definition \"{}\" has {} `fit`, whose numbers a model's file does "
                          "not hold; train it with `mlcore train`",
                          definition.name(), definition.fits().size()));
}

/// What a model JSON promises of its margins becomes metadata.
Model read_model_json(std::string_view bytes, Artifact& artifact) {
  ModelDocument document = import_model_json(bytes);
  artifact.metadata["fidelity"] = document.fidelity;
  if (!document.bound.empty()) artifact.metadata["bound"] = document.bound;
  return std::move(document.model);
}

Model read_model(ModelFormat format, std::string_view bytes, bool best_iteration,
                 Artifact& artifact) {
  switch (format) {
    case ModelFormat::xgboost: return import_xgboost(bytes, {.best_iteration = best_iteration});
    case ModelFormat::lightgbm: return import_lightgbm(bytes);
    case ModelFormat::json: return read_model_json(bytes, artifact);
  }
  throw Error(Code::invalid_argument, Reason::invalid_option, "no such model format");
}

}  // namespace

ModelFormat model_format(std::string_view name) {
  if (name == "xgboost") return ModelFormat::xgboost;
  if (name == "lightgbm") return ModelFormat::lightgbm;
  if (name == "json") return ModelFormat::json;
  throw Error(Code::invalid_argument, Reason::invalid_option,
              fmt::format("model format \"{}\": expected xgboost, lightgbm or json", name));
}

Artifact import_model(ModelFormat format, std::string_view bytes, ImportOptions options) {
  if (options.best_iteration && format != ModelFormat::xgboost) {
    throw Error(Code::invalid_argument, Reason::invalid_option,
                "only an XGBoost file tells its best iteration");
  }
  Artifact artifact;
  artifact.model = read_model(format, bytes, options.best_iteration, artifact);
  if (options.definition) {
    check_unfitted(*options.definition);
    check_features(artifact.model.facts(), *options.definition);
    artifact.definition = *std::move(options.definition);
  } else {
    const std::vector<std::string> names = input_names(artifact.model.facts());
    artifact.definition =
        Definition::parse(identity_text(names, artifact.model.facts().feature_types));
    artifact.model.facts().feature_names = names;
  }
  artifact.name = artifact.definition.name();
  const ModelFacts& facts = artifact.model.facts();
  artifact.metadata["algorithm"] =
      fmt::format("{} {} {}", facts.framework, facts.framework_version, facts.objective);
  artifact.proof_rows = make_proof_rows(artifact, proof_row_count(facts), kProofSeed);
  return artifact;
}

}  // namespace mlcore
