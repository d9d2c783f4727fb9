// SPDX-License-Identifier: Apache-2.0
#pragma once

// What the sections of an artifact hold: each part to bytes and back.
//
//   Bytes bytes = encode_trees(*artifact.model.trees());
//   artifact.model = decode_trees(bytes);
//
// Decoding checks the form. Whether the parts fit together is `check_parts`' question.

#include <map>
#include <string>

#include "mlcore/artifact/artifact.hpp"

namespace mlcore {

struct Meta {
  std::string name;
  std::map<std::string, std::string> metadata;
};

struct Features {
  Definition definition;
  FittedParameters parameters;
};

// Throws: encode_*, invalid_argument/malformed_artifact for what the format can't hold; decode_*,
// data_loss/malformed_artifact, unimplemented/newer_format, and as Definition::parse.

/// Canonical JSON: `{"metadata":{…},"name":"…"}`, RFC 8785, strings only.
[[nodiscard]] Bytes encode_meta(const std::string& name,
                                const std::map<std::string, std::string>& metadata);
[[nodiscard]] Meta decode_meta(ByteView bytes);

/// The request's fields, for readers that do not parse definitions.
[[nodiscard]] Bytes encode_schema(const Schema& schema);
[[nodiscard]] Schema decode_schema(ByteView bytes);

[[nodiscard]] Bytes encode_features(const Definition& definition,
                                    const FittedParameters& parameters);
/// The text is parsed again and must have the fingerprint that is stored beside it.
[[nodiscard]] Features decode_features(ByteView bytes);

[[nodiscard]] Bytes encode_trees(const TreeEnsemble& model);
[[nodiscard]] TreeEnsemble decode_trees(ByteView bytes);
[[nodiscard]] Bytes encode_network(const NetworkModel& model);
[[nodiscard]] NetworkModel decode_network(ByteView bytes);
[[nodiscard]] Bytes encode_calibration(const Calibration& calibration);
[[nodiscard]] Calibration decode_calibration(ByteView bytes);

[[nodiscard]] Bytes encode_proof(const std::vector<ProofRow>& rows);
[[nodiscard]] std::vector<ProofRow> decode_proof(ByteView bytes);

/// Counts that no rows can have are refused, as `validate` says.
[[nodiscard]] Bytes encode_reference(const Reference& reference);
[[nodiscard]] Reference decode_reference(ByteView bytes);

/// Whether features, model, proof rows and reference fit together and are safe to run: parameters,
/// model validation, the features' number and names, each packed row against its layout, the number
/// of streams and bits; names and number of the reference's columns. Throws:
/// invalid_argument/malformed_artifact, feature_count, feature_names; and as FeaturePlan, validate
/// and RowView::parse, the proof row and stream named in front.
void check_parts(const Artifact& artifact);

}  // namespace mlcore
