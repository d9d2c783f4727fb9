// SPDX-License-Identifier: Apache-2.0
#pragma once

// Splits rows into parts, one a thread, for the time of a call.
//
//   const std::size_t parts = part_count(rows, 4);
//   run_parts(parts, [&](std::size_t part) {
//     for (std::size_t row = part_begin(rows, parts, part); row < part_begin(rows, parts, part +
//     1); …
//   });

#include <cstddef>
#include <functional>

namespace mlcore {

/// As many as pay for so many rows: at most `threads`, at least 1.
[[nodiscard]] std::size_t part_count(std::size_t rows, std::size_t threads) noexcept;
/// The row that a part begins with; of part `parts`, which there is not, the number of rows.
[[nodiscard]] std::size_t part_begin(std::size_t rows, std::size_t parts,
                                     std::size_t part) noexcept;

/// Calls `run` with 0 to parts - 1: 0 here and each other one on a thread of its own, or here where
/// the system gives no more threads. Throws, when all have ended, what the lowest part threw.
void run_parts(std::size_t parts, const std::function<void(std::size_t)>& run);

}  // namespace mlcore
