// SPDX-License-Identifier: Apache-2.0
// What mlcore_model_describe writes: one JSON object about a model.
#include <fmt/format.h>

#include "handles.hpp"
#include "mlcore/base/json.hpp"

namespace mlcore::capi {
namespace {

/// Text of JSON with the commas set; names and strings are escaped.
class JsonWriter {
 public:
  void begin(char bracket) {
    separate();
    text_ += bracket;
    is_first_ = true;
  }
  void end(char bracket) {
    text_ += bracket;
    is_first_ = false;
  }
  void name(std::string_view name) {
    separate();
    append_json_string(text_, name);
    text_ += ':';
    is_first_ = true;
  }
  void string(std::string_view value) {
    separate();
    append_json_string(text_, value);
  }
  template <typename Integer>
  void number(Integer value) {
    separate();
    text_ += fmt::to_string(value);
  }
  void boolean(bool value) {
    separate();
    text_ += value ? "true" : "false";
  }
  void member(std::string_view name_of_value, std::string_view value) {
    name(name_of_value);
    string(value);
  }
  template <typename Integer>
  void count(std::string_view name_of_value, Integer value) {
    name(name_of_value);
    number(value);
  }
  [[nodiscard]] std::string take() noexcept { return std::move(text_); }

 private:
  void separate() {
    if (!is_first_) text_ += ',';
    is_first_ = false;
  }
  std::string text_;
  bool is_first_ = true;
};

void write_layout(JsonWriter& json, const RowLayout& layout) {
  json.member("layout_id", fmt::format("{:016x}", layout.id()));
  json.name("fields");
  json.begin('[');
  for (const Field& field : layout.schema().fields()) {
    json.begin('{');
    json.member("name", field.name);
    json.member("type", name_of(field.type));
    json.name("nullable");
    json.boolean(field.nullable);
    json.end('}');
  }
  json.end(']');
}

void write_features(JsonWriter& json, const Definition& definition) {
  json.begin('{');
  json.member("name", definition.name());
  json.count("version", definition.version());
  json.member("fingerprint", hex(definition.fingerprint()));
  json.name("request");
  json.begin('{');
  write_layout(json, definition.request());
  json.end('}');
  json.name("streams");
  json.begin('[');
  for (const Stream& stream : definition.streams()) {
    json.begin('{');
    json.member("name", stream.name);
    write_layout(json, stream.layout);
    json.end('}');
  }
  json.end(']');
  json.name("names");
  json.begin('[');
  for (const Output& output : definition.outputs()) json.string(output.name);
  json.end(']');
  json.end('}');
}

std::string_view link_name(Link link) noexcept {
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

void write_model(JsonWriter& json, const Model& model) {
  const ModelFacts& facts = model.facts();
  const ModelContract& contract = facts.contract;
  json.begin('{');
  json.member("kind", model.kind_name());
  json.member("framework", facts.framework);
  json.member("framework_version", facts.framework_version);
  json.member("objective", facts.objective);
  json.member("link", link_name(contract.link));
  json.member("input_rounding",
              contract.input_rounding == ModelContract::InputRounding::f32 ? "f32" : "f64");
  json.member("accumulator",
              contract.accumulator == ModelContract::Accumulator::f32 ? "f32" : "f64");
  const TreeEnsemble* trees = model.trees();
  json.count("trees", trees == nullptr ? 0 : trees->tree_count());
  if (trees != nullptr && !trees->round_begin.empty()) json.count("rounds", trees->round_count());
  json.count("feature_count", facts.feature_count);
  json.count("output_count", facts.output_count);
  if (facts.task != Task::untold) json.member("task", name_of(facts.task));
  if (!facts.classes.empty()) {
    json.name("classes");
    json.begin('[');
    for (const std::string& label : facts.classes) json.string(label);
    json.end(']');
  }
  if (!facts.feature_types.empty()) {
    json.name("feature_types");
    json.begin('[');
    for (const FeatureType type : facts.feature_types) json.string(name_of(type));
    json.end(']');
  }
  json.end('}');
}

}  // namespace

std::string describe(const Predictor& predictor) {
  JsonWriter json;
  json.begin('{');
  json.member("name", predictor.name());
  json.member("digest", hex(predictor.digest()));
  json.name("features");
  write_features(json, predictor.definition());
  json.name("model");
  write_model(json, predictor.model());
  json.name("outputs");
  json.begin('{');
  json.count("prediction", predictor.output_count(OutputKind::prediction));
  json.count("margin", predictor.output_count(OutputKind::margin));
  json.count("features", predictor.output_count(OutputKind::features));
  if (predicts_classes(predictor.model())) {
    json.count("class", predictor.output_count(OutputKind::class_index));
  }
  const TreeEnsemble* trees = predictor.model().trees();
  if (trees != nullptr && trees->tree_count() > 0 && !trees->round_begin.empty()) {
    json.count("leaf", predictor.output_count(OutputKind::leaf));
  }
  json.end('}');
  json.name("metadata");
  json.begin('{');
  for (const auto& [name, value] : predictor.metadata()) json.member(name, value);
  json.end('}');
  json.end('}');
  return json.take();
}

}  // namespace mlcore::capi
