// SPDX-License-Identifier: Apache-2.0
// Outside code uses encode_ and decode_ of schema, features, model and proof, and check_parts.
// Those of the reference are in reference.cpp.
#include "artifact/sections.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "artifact/model_features.hpp"
#include "artifact/serialize.hpp"
#include "mlcore/base/error.hpp"

namespace mlcore {
namespace {

// The memory that a section's values may take is twice its bytes and this much more: short names
// take 32 bytes each. Together they stay below 4 × file + 64 MiB.
constexpr std::size_t kMiB = std::size_t{1} << 20;
constexpr std::size_t kSchemaSlack = 4 * kMiB;
constexpr std::size_t kFeatureSlack = 2 * kMiB;
constexpr std::size_t kModelSlack = 16 * kMiB;
constexpr std::size_t kProofSlack = 4 * kMiB;

[[noreturn]] void rethrow_in(const std::string& place, const Error& error) {
  throw Error(error.code(), error.reason(), fmt::format("{}: {}", place, error.message()),
              error.where());
}

void check_batch(const RowLayout& layout, const RowBatch& batch) {
  const auto fail = [](std::string message) {
    throw Error(Code::invalid_argument, Reason::malformed_artifact, std::move(message));
  };
  if (batch.offsets.empty() || batch.offsets.front() != 0 ||
      batch.offsets.back() != static_cast<std::int64_t>(batch.bytes.size())) {
    fail(fmt::format("its offsets do not span its {} bytes", batch.bytes.size()));
  }
  for (std::size_t i = 0; i < batch.size(); ++i) {
    if (batch.offsets[i] > batch.offsets[i + 1]) fail(fmt::format("offset {} descends", i + 1));
  }
  for (std::size_t i = 0; i < batch.size(); ++i) {
    static_cast<void>(RowView::parse(layout, batch[i]));
  }
}

void check_proof_row(const Artifact& artifact, const ProofRow& row) {
  const Definition& definition = artifact.definition;
  const auto expect = [](std::string_view what, std::size_t found, std::size_t expected) {
    if (found == expected) return;
    throw Error(Code::invalid_argument, Reason::malformed_artifact,
                fmt::format("{} {}, expected {}", found, what, expected));
  };
  expect("event batches", row.events.size(), definition.streams().size());
  expect("feature bits", row.feature_bits.size(), definition.outputs().size());
  const std::size_t margins = artifact.model.facts().output_count;
  const bool is_wide = artifact.model.facts().contract.is_wide();
  expect("margin bits", row.margin_bits.size(), is_wide ? 0 : margins);
  expect("wide margin bits", row.wide_margin_bits.size(), is_wide ? margins : 0);
  static_cast<void>(RowView::parse(definition.request(), row.request));
  for (std::size_t i = 0; i < row.events.size(); ++i) {
    const Stream& stream = definition.streams()[i];
    try {
      check_batch(stream.layout, row.events[i]);
    } catch (const Error& error) {
      rethrow_in(fmt::format("stream \"{}\"", stream.name), error);
    }
  }
}

}  // namespace

Bytes encode_schema(const Schema& schema) { return encode(SchemaRecord{schema.fields()}); }

Schema decode_schema(ByteView bytes) {
  return Schema(decode<SchemaRecord>(bytes, "SCHM", kSchemaSlack).fields);
}

Bytes encode_features(const Definition& definition, const FittedParameters& parameters) {
  return encode(FeatureRecord{definition.text(), definition.fingerprint(), parameters.values});
}

Features decode_features(ByteView bytes) {
  auto record = decode<FeatureRecord>(bytes, "FEAT", kFeatureSlack);
  Features features{Definition::parse(record.text), {std::move(record.parameters)}};
  if (features.definition.fingerprint() != record.fingerprint) {
    throw Error(Code::data_loss, Reason::malformed_artifact,
                fmt::format("section \"FEAT\": the definition's fingerprint is {}, stored is {}",
                            hex(features.definition.fingerprint()), hex(record.fingerprint)));
  }
  return features;
}

Bytes encode_trees(const TreeEnsemble& model) { return encode(model); }

TreeEnsemble decode_trees(ByteView bytes) {
  return decode<TreeEnsemble>(bytes, "MODL", kModelSlack);
}

Bytes encode_network(const NetworkModel& model) { return encode(model); }

NetworkModel decode_network(ByteView bytes) {
  return decode<NetworkModel>(bytes, "NETW", kModelSlack);
}

Bytes encode_calibration(const Calibration& calibration) { return encode(calibration); }

Calibration decode_calibration(ByteView bytes) {
  return decode<Calibration>(bytes, "CALB", kModelSlack);
}

Bytes encode_proof(const std::vector<ProofRow>& rows) { return encode(ProofRecord{rows}); }

std::vector<ProofRow> decode_proof(ByteView bytes) {
  return decode<ProofRecord>(bytes, "PROF", kProofSlack).rows;
}

namespace {

/// A column of the reference stands for the output of its place, and has its name.
void check_reference(const Artifact& artifact) {
  if (!artifact.reference) return;
  const Reference& reference = *artifact.reference;
  validate(reference);
  const std::vector<Output>& outputs = artifact.definition.outputs();
  if (reference.features.size() != outputs.size() ||
      reference.scores.size() != artifact.model.facts().output_count) {
    throw Error(Code::invalid_argument, Reason::malformed_artifact,
                fmt::format("the reference has {} features and {} scores, expected {} and {}",
                            reference.features.size(), reference.scores.size(), outputs.size(),
                            artifact.model.facts().output_count));
  }
  for (std::size_t i = 0; i < outputs.size(); ++i) {
    if (reference.features[i].name == outputs[i].name) continue;
    throw Error(
        Code::invalid_argument, Reason::malformed_artifact,
        fmt::format("feature {} of the reference is \"{}\", that of the definition is \"{}\"", i,
                    reference.features[i].name, outputs[i].name));
  }
  const Schema& request = artifact.definition.request().schema();
  const std::vector<std::uint32_t> texts = artifact.definition.text_inputs();
  for (const CategoryProfile& category : reference.categories) {
    const auto field = request.find(category.name);
    if (field && std::find(texts.begin(), texts.end(), *field) != texts.end()) continue;
    throw Error(Code::invalid_argument, Reason::malformed_artifact,
                fmt::format("category \"{}\" of the reference: the definition has no text input of "
                            "this name that is not a key",
                            category.name));
  }
}

}  // namespace

void check_parts(const Artifact& artifact) {
  static_cast<void>(FeaturePlan(artifact.definition, artifact.parameters));
  validate(artifact.model);
  check_features(artifact.model.facts(), artifact.definition);
  for (std::size_t i = 0; i < artifact.proof_rows.size(); ++i) {
    try {
      check_proof_row(artifact, artifact.proof_rows[i]);
    } catch (const Error& error) {
      rethrow_in(fmt::format("proof row {}", i), error);
    }
  }
  check_reference(artifact);
}

}  // namespace mlcore
