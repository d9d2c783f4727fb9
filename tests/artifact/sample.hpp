// SPDX-License-Identifier: Apache-2.0
#pragma once

// A small artifact with one of everything, and edits of it. Its proof rows have the right form; the
// bits in them are made up, because this room does not run them.
//
//   Bytes file = write_artifact(sample_artifact());
//   Bytes edited = with_section(file, "MODL", bytes);

#include <string>
#include <vector>

#include "artifact/container.hpp"
#include "mlcore/artifact/artifact.hpp"
#include "mlcore/base/number.hpp"

namespace mlcore {

inline constexpr const char* kSampleText = R"(
features churn version 1
stream orders(customer: string key, at: timestamp event, amount: f64)
input country: string?
orders_90d = count() over orders last 90d
spend_90d = sum(amount) over orders last 90d default 0
spend_z = fit standard_scale(ln1p(spend_90d))
is_home = coalesce(country == "home", false)
output [orders_90d, spend_90d, spend_z, is_home]
)";

/// Two trees over four features: a root with two leaves, and one with three leaves.
inline TreeEnsemble sample_model() {
  TreeEnsemble model;
  model.framework = "xgboost";
  model.framework_version = "1.7.4";
  model.objective = "binary:logistic";
  model.contract.link = Link::logistic;
  model.feature_count = 4;
  model.output_count = 1;
  model.feature_names = {"orders_90d", "spend_90d", "spend_z", "is_home"};
  model.task = Task::classification;
  model.classes = {"stays", "geht früh"};
  model.feature_types = {FeatureType::integer, FeatureType::number, FeatureType::number,
                         FeatureType::boolean};
  model.base_margins = {-0.25f};
  model.tree_begin = {0, 3, 8};
  model.tree_output = {0, 0};
  constexpr std::uint32_t kLeaf = TreeEnsemble::kLeaf;
  model.left = {1, kLeaf, kLeaf, 4, 6, kLeaf, kLeaf, kLeaf};
  model.feature = {1, 0, 0, 2, 3, 0, 0, 0};
  model.value = {20.0f, 0.5f, -0.5f, 0.0f, 0.5f, 0.125f, -0.25f, 0.0625f};
  model.default_left = {1, 0, 0, 0, 1, 0, 0, 0};
  model.round_begin = {0, 1, 2};
  model.node_id = {0, 1, 2, 0, 1, 2, 5, 6};
  return model;
}

inline ProofRow sample_proof_row(const Definition& definition, std::int64_t order_count) {
  constexpr std::int64_t kDay = 86'400'000'000;
  RowBuilder request(definition.request());
  const Schema& fields = definition.request().schema();
  request.set_string(*fields.find("customer"), "c17");
  if (order_count > 0) request.set_string(*fields.find("country"), "hôme");
  request.set_i64(*fields.find("as_of"), 100 * kDay);
  const ByteView packed = request.finish();

  ProofRow row;
  row.request.assign(packed.begin(), packed.end());
  RowBatch& events = row.events.emplace_back();
  RowBuilder event(definition.streams().at(0).layout);
  for (std::int64_t i = 0; i < order_count; ++i) {
    event.set_string(0, "c17");
    event.set_i64(1, (50 + i) * kDay);
    event.set_f64(2, 9.5);
    events.append(event.finish());
  }
  row.feature_bits = {0x4000000000000000, 0x4033000000000000, 0x3FF0000000000000, 0};
  row.margin_bits = {0x3E800000};
  return row;
}

inline Artifact sample_artifact() {
  Artifact artifact;
  artifact.name = "churn";
  artifact.definition = Definition::parse(kSampleText);
  artifact.parameters.values = {{1.5, 0.75}};
  artifact.model = sample_model();
  artifact.proof_rows = {sample_proof_row(artifact.definition, 2),
                         sample_proof_row(artifact.definition, 0)};
  artifact.metadata = {{"algorithm", "xgboost"}, {"note", "a \"quoted\"\tnote, naïve"}};
  return artifact;
}

/// Every kind of column; three rows.
inline Reference sample_reference() {
  Reference reference;
  const double edges[] = {-0.5, 0.0, 2.5};
  for (const char* name : {"orders_90d", "spend_90d", "spend_z", "is_home"}) {
    NumericProfile& column = reference.features.emplace_back();
    column.name = name;
    column.bins = NumericBins(edges, {1.0, -3});
    for (const double x : {0.0, 2.4375}) {
      column.counts.add(column.bins, x);
      column.extent.add(x);
    }
    column.counts.add(column.bins, kCanonicalNan);
  }
  CategoryProfile& text = reference.categories.emplace_back();
  text.name = "country";
  text.codes = CategoryCodes({"hôme", "away"}, 1, false);
  text.counts.add(text.codes, "hôme");
  text.counts.add(text.codes, "away");
  text.counts.add_missing();
  ScoreProfile& score = reference.scores.emplace_back();
  score.values.name = "prediction";
  score.values.bins = NumericBins({}, {});
  score.scale = ScoreScale(-1, 1);
  for (const double x : {-1.5, 0.5, 3.0}) {
    score.values.counts.add(score.values.bins, x);
    score.values.extent.add(x);
    score.histogram.add(score.scale, x);
  }
  return reference;
}

inline Artifact sample_artifact_with_reference() {
  Artifact artifact = sample_artifact();
  artifact.reference = sample_reference();
  return artifact;
}

/// The sections of a file, to be edited and written again with right checksums.
inline std::vector<Section> sections_of(const Bytes& file, const std::vector<SectionInfo>& table) {
  std::vector<Section> sections;
  for (const SectionInfo& info : table) {
    const ByteView bytes = bytes_of(file, info);
    sections.push_back({info.type, info.is_critical, {bytes.begin(), bytes.end()}});
  }
  return sections;
}

inline Bytes section_bytes(const Bytes& file, std::string_view type) {
  for (const SectionInfo& info : read_table(file)) {
    if (info.type != type) continue;
    const ByteView bytes = bytes_of(file, info);
    return {bytes.begin(), bytes.end()};
  }
  return {};
}

[[nodiscard]] inline Bytes with_section(const Bytes& file, std::string_view type, Bytes bytes) {
  const std::vector<SectionInfo> table = read_table(file);
  std::vector<Section> sections = sections_of(file, table);
  for (Section& section : sections) {
    if (section.type == type) section.bytes = std::move(bytes);
  }
  return write_container(sections);
}

}  // namespace mlcore
