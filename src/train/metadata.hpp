// SPDX-License-Identifier: Apache-2.0
#pragma once

// What a registry writes beside a model: the four facts people expect, then its lineage.

#include <cstdint>

#include "mlcore/train/train.hpp"

namespace mlcore {

/// `created_at` in microseconds. Reads of `result`: the artifact and the evaluations.
[[nodiscard]] VersionRecord make_record(const TrainSpec& spec, const Dataset& dataset,
                                        const TrainResult& result, std::int64_t created_at);

}  // namespace mlcore
