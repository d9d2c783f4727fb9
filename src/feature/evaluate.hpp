// SPDX-License-Identifier: Apache-2.0
#pragma once

// The part of `evaluate` that fitting needs: a prefix of an expression.

#include <span>

#include "mlcore/feature/plan.hpp"

namespace mlcore {

/// Text that one node may make: "-9223372036854775808", "-2.2250738585072014e-308".
inline constexpr std::size_t kTextPerNode = 32;

/// As evaluate(), for the first nodes of an expression.
void evaluate_nodes(std::span<const Node> nodes, const RowView& row,
                    std::span<const Cell> aggregates, std::int64_t as_of,
                    const FittedParameters& parameters, std::span<Cell> registers,
                    std::span<char> text) noexcept;

/// A value of a number or bool node as f64: an i64 is rounded to nearest even.
/// Requires: not null.
[[nodiscard]] double as_f64(Type type, const Cell& cell) noexcept;

}  // namespace mlcore
