// SPDX-License-Identifier: Apache-2.0
#pragma once

// What is written beside a model: the four facts people expect, then its lineage.

#include <cstdint>
#include <string>

#include "mlcore/train/train.hpp"

namespace mlcore {

/// `created_at` in microseconds. Reads of `result`: the artifact, its bytes and the evaluations.
[[nodiscard]] std::string make_metadata(const TrainSpec& spec, const Dataset& dataset,
                                        const TrainResult& result, std::int64_t created_at);

}  // namespace mlcore
