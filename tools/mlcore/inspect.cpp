// SPDX-License-Identifier: Apache-2.0
// `mlcore inspect REF`: what an artifact holds, read and not executed.
#include <fmt/format.h>

#include <algorithm>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>

#include "inputs.hpp"
#include "mlcore/artifact/artifact.hpp"
#include "verb.hpp"

namespace mlcore::command {
namespace {

using Json = nlohmann::ordered_json;

std::string_view name_of(Link link) {
  switch (link) {
    case Link::identity: return "identity";
    case Link::logistic: return "logistic";
    case Link::softmax: return "softmax";
    case Link::exponential: return "exponential";
    case Link::hinge: return "hinge";
    case Link::signed_square: return "signed_square";
    case Link::softplus: return "softplus";
    case Link::isolation: return "isolation";
    case Link::ascending: return "ascending";
  }
  return {};
}

std::string_view name_of(Role role) {
  switch (role) {
    case Role::none: return "";
    case Role::key: return "key";
    case Role::event: return "event";
    case Role::tie: return "tie";
    case Role::known: return "known";
  }
  return {};
}

Json column_json(const Field& field) {
  return {
      {"name", field.name}, {"type", mlcore::name_of(field.type)}, {"nullable", field.nullable}};
}

Json requests_json(const Definition& definition) {
  Json columns = Json::array();
  for (const Field& field : definition.request().schema().fields()) {
    columns.push_back(column_json(field));
  }
  return columns;
}

Json streams_json(const Definition& definition) {
  Json streams = Json::array();
  for (const Stream& stream : definition.streams()) {
    Json columns = Json::array();
    for (std::size_t i = 0; i < stream.roles.size(); ++i) {
      Json column = column_json(stream.layout.schema()[i]);
      if (stream.roles[i] != Role::none) column["role"] = name_of(stream.roles[i]);
      columns.push_back(std::move(column));
    }
    streams.push_back({{"name", stream.name}, {"columns", std::move(columns)}});
  }
  return streams;
}

Json features_json(const Definition& definition) {
  Json outputs = Json::array();
  for (const Output& output : definition.outputs()) outputs.push_back(output.name);
  return {{"name", definition.name()},
          {"version", definition.version()},
          {"fingerprint", hex(definition.fingerprint())},
          {"outputs", std::move(outputs)}};
}

/// The margin's promise: the framework's own bits, or the bound that a model JSON states.
std::string fidelity_text(const Artifact& artifact) {
  const bool is_f32 = !artifact.model.facts().contract.is_wide();
  const auto& metadata = artifact.metadata;
  const auto fidelity = metadata.find("fidelity");
  const auto bound = metadata.find("bound");
  const bool is_bounded =
      fidelity != metadata.end() && fidelity->second == "bounded" && bound != metadata.end();
  return fmt::format("{}, {}", is_bounded ? "within " + bound->second : "exact",
                     is_f32 ? "f32" : "f64");
}

Json model_json(const Artifact& artifact) {
  const ModelFacts& facts = artifact.model.facts();
  Json model = {{"kind", artifact.model.kind_name()},
                {"framework", facts.framework},
                {"framework_version", facts.framework_version},
                {"objective", facts.objective},
                {"features", facts.feature_count},
                {"outputs", facts.output_count}};
  if (const TreeEnsemble* trees = artifact.model.trees()) {
    model["trees"] = trees->tree_count();
    model["nodes"] = trees->left.size();
    model["leaves"] = std::count(trees->left.begin(), trees->left.end(), TreeEnsemble::kLeaf);
    if (trees->has_linear_leaves()) model["leaf_terms"] = trees->term_feature.size();
  } else {
    model["layers"] = artifact.model.network()->layers.size();
  }
  if (facts.task != Task::untold) model["task"] = mlcore::name_of(facts.task);
  if (!facts.classes.empty()) model["classes"] = facts.classes;
  for (const FeatureType type : facts.feature_types) {
    model["feature_types"].push_back(mlcore::name_of(type));
  }
  model["link"] = name_of(facts.contract.link);
  model["margin"] = fidelity_text(artifact);
  if (artifact.model.calibration) {
    model["calibration"] = artifact.model.calibration->is_isotonic() ? "isotonic" : "sigmoid";
  }
  return model;
}

Json sections_json(ByteView file) {
  Json sections = Json::array();
  for (const SectionInfo& section : list_sections(file)) {
    sections.push_back({{"type", section.type},
                        {"bytes", section.size},
                        {"sha256", hex(section.sha256)},
                        {"critical", section.is_critical}});
  }
  return sections;
}

/// Null where the artifact has no reference profile.
Json reference_json(const std::optional<Reference>& reference) {
  if (!reference) return nullptr;
  return {{"rows", reference->rows()},
          {"features", reference->features.size()},
          {"categories", reference->categories.size()},
          {"scores", reference->scores.size()}};
}

Json inspect(const std::string& reference) {
  const auto [file, artifact] = read_reference(reference);
  Json json;
  json["ref"] = reference;
  json["name"] = artifact.name;
  json["content_digest"] = hex(content_digest(file.bytes));
  json["bytes"] = file.bytes.size();
  json["requests"] = requests_json(artifact.definition);
  json["streams"] = streams_json(artifact.definition);
  json["features"] = features_json(artifact.definition);
  json["model"] = model_json(artifact);
  json["proof_rows"] = artifact.proof_rows.size();
  json["reference"] = reference_json(artifact.reference);
  json["sections"] = sections_json(file.bytes);
  json["metadata"] = artifact.metadata;
  json["definition"] = artifact.definition.text();
  return json;
}

std::string column_text(const Json& column) {
  std::string text =
      fmt::format("{}: {}{}", column["name"].get<std::string>(), column["type"].get<std::string>(),
                  column["nullable"].get<bool>() ? "?" : "");
  if (column.contains("role")) text += " " + column["role"].get<std::string>();
  return text;
}

std::string list_text(const Json& array) {
  std::string text;
  for (const Json& item : array) {
    if (!text.empty()) text += ", ";
    text += item.is_string() ? item.get<std::string>() : column_text(item);
  }
  return text.empty() ? "none" : text;
}

std::string text_of(const Json& json) {
  const Json& model = json["model"];
  std::string text;
  const auto line = [&](std::string_view name, const std::string& value) {
    text += fmt::format("{:<12}{}\n", name, value);
  };
  line("name", json["name"]);
  line("content", json["content_digest"]);
  line("bytes", json["bytes"].dump());
  line("requests", list_text(json["requests"]));
  for (const Json& stream : json["streams"]) {
    line("stream",
         fmt::format("{}({})", stream["name"].get<std::string>(), list_text(stream["columns"])));
  }
  line("features",
       fmt::format("{} version {}: {}", json["features"]["name"].get<std::string>(),
                   json["features"]["version"].dump(), list_text(json["features"]["outputs"])));
  line("fingerprint", json["features"]["fingerprint"]);
  const std::string size =
      model.contains("trees")
          ? fmt::format("{} trees, {} nodes", model["trees"].dump(), model["nodes"].dump())
          : fmt::format("{}, layers {}", model["kind"].get<std::string>(), model["layers"].dump());
  line("model", fmt::format("{} {} {}: {}, {} output{}", model["framework"].get<std::string>(),
                            model["framework_version"].get<std::string>(),
                            model["objective"].get<std::string>(), size, model["outputs"].dump(),
                            model["outputs"] == 1 ? "" : "s"));
  if (model.contains("task")) line("task", model["task"]);
  if (model.contains("classes")) line("classes", list_text(model["classes"]));
  line("margin", model["margin"]);
  line("link", model["link"]);
  if (model.contains("calibration")) line("calibration", model["calibration"]);
  line("proof rows", json["proof_rows"].dump());
  const Json& reference = json["reference"];
  line("reference", reference.is_null()
                        ? "none"
                        : fmt::format("{} rows: {} features, {} categories, {} scores",
                                      reference["rows"].dump(), reference["features"].dump(),
                                      reference["categories"].dump(), reference["scores"].dump()));
  for (const Json& section : json["sections"]) {
    line("section",
         fmt::format("{} {} bytes", section["type"].get<std::string>(), section["bytes"].dump()));
  }
  for (const auto& [name, value] : json["metadata"].items()) {
    line("metadata", fmt::format("{} = {}", name, value.get<std::string>()));
  }
  return text;
}

int run(const std::string& reference, bool json) {
  const Json object = inspect(reference);
  write_output("", json ? json_text(object) : text_of(object));
  return kDone;
}

}  // namespace

void add_inspect(CLI::App& app, Verb& verb) {
  auto reference = std::make_shared<std::string>();
  CLI::App* inspect =
      app.add_subcommand("inspect", "Show what an artifact holds, without running it");
  inspect->add_option("ref", *reference, "The artifact")->required()->type_name("REF");
  inspect->add_flag("--json", verb.json, "Everything, with the definition's text, as JSON");
  inspect->footer("Example:\n  mlcore inspect models/churn/v1");
  inspect->callback(
      [reference, &verb] { verb.run = [reference, &verb] { return run(*reference, verb.json); }; });
}

}  // namespace mlcore::command
