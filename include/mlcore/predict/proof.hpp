// SPDX-License-Identifier: Apache-2.0
#pragma once

// Synthetic proof rows: seeded requests with short event lists, and the bits they give. They let
// every load prove that this machine computes what the trainer's machine did.
//
//   artifact.proof_rows = make_proof_rows(artifact, proof_row_count(artifact.model.facts()), 7);

#include <cstdint>
#include <vector>

#include "mlcore/artifact/artifact.hpp"

namespace mlcore {

/// How many rows prove a model: 64, and of many outputs as few, but at least 4, as keep the margins
/// within 1 MiB.
[[nodiscard]] std::size_t proof_row_count(const ModelFacts& model) noexcept;

/// Values come from the model's own thresholds, where a feature is an input, and from fixed ranges
/// elsewhere; nulls are among them. No training row is used.
[[nodiscard]] std::vector<ProofRow> make_proof_rows(const Artifact& artifact, std::size_t count,
                                                    std::uint64_t seed);

}  // namespace mlcore
