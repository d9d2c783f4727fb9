// SPDX-License-Identifier: Apache-2.0
#pragma once

// The `.mlc` file: everything that decides a prediction, in one file of checked bytes.
//
//   Bytes file = write_artifact(artifact);    // the same artifact gives the same bytes
//   Artifact again = read_artifact(file);     // structure and CRC32C checked, nothing executed
//   hex(content_digest(file));                // names the content
//
// docs/artifact_format.md is the normative byte specification. This room stores proof rows; the
// Predictor runs them.

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "mlcore/base/bytes.hpp"
#include "mlcore/base/digest.hpp"
#include "mlcore/drift/reference.hpp"
#include "mlcore/feature/plan.hpp"
#include "mlcore/model/model.hpp"

namespace mlcore {

inline constexpr std::uint16_t kArtifactMajor = 0;
inline constexpr std::uint16_t kArtifactMinor = 6;

/// A request with the events of its keys, and the bits that it must give.
struct ProofRow {
  Bytes request;                 // a packed row
  std::vector<RowBatch> events;  // a batch a stream
  std::vector<std::uint64_t> feature_bits;
  std::vector<std::uint32_t> margin_bits;       // of f32; empty if the contract is wide
  std::vector<std::uint64_t> wide_margin_bits;  // of f64; empty if it is not
};

struct Artifact {
  std::string name;
  Definition definition;
  FittedParameters parameters;
  Model model;
  std::vector<ProofRow> proof_rows;
  /// What features and predictions looked like in training: a profile an output of the definition,
  /// by its name, and one an output of the model. It changes no prediction.
  std::optional<Reference> reference;
  /// Free facts that do not change a prediction (algorithm, parameters). No time, no path.
  std::map<std::string, std::string> metadata;
};

/// Throws: invalid_argument/malformed_artifact when the parts do not fit together.
[[nodiscard]] Bytes write_artifact(const Artifact& artifact);

/// Throws: data_loss/not_an_artifact, truncated, checksum, malformed_artifact;
/// unimplemented/newer_format naming the version needed; and what the parts throw.
/// Cost: O(file); heap ≤ 4 × file + 64 MiB whatever the bytes say.
[[nodiscard]] Artifact read_artifact(ByteView file);

struct SectionInfo {
  std::string type;  // "FEAT"
  std::uint64_t offset;
  std::uint64_t size;
  std::uint32_t crc32c;
  Sha256Digest sha256;
  bool is_critical;
};

/// The section table, checked, without reading what the sections hold.
/// Throws: as read_artifact, but for what the parts throw.
[[nodiscard]] std::vector<SectionInfo> list_sections(ByteView file);

/// Also checks each section's SHA-256. Throws: as read_artifact.
void verify_digests(ByteView file);

/// SHA-256 over the ordered (type, length, SHA-256) of every section but SIGN, as the table says
/// them: only `verify_digests` holds the table against the bytes. Throws: as list_sections.
[[nodiscard]] Sha256Digest content_digest(ByteView file);

}  // namespace mlcore
