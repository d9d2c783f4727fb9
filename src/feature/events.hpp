// SPDX-License-Identifier: Apache-2.0
#pragma once

// The total order of events, and what a block of heap really takes.
//
//   compare_events(stream, left, right) < 0;  // left comes first

#include <algorithm>
#include <compare>
#include <cstddef>

#include "mlcore/feature/definition.hpp"

namespace mlcore {

/// The order of two values of one field: null first, false < true, numbers by value, strings by
/// bytes; NaN is null and −0.0 equals +0.0.
[[nodiscard]] std::strong_ordering compare_field(const RowView& left, const RowView& right,
                                                 std::size_t field) noexcept;

/// Requires: rows of the stream's layout.
[[nodiscard]] std::strong_ordering compare_events(const Stream& stream, const RowView& left,
                                                  const RowView& right) noexcept;

/// The int64 whose order is that of the double with these bits. Requires: not NaN.
[[nodiscard]] std::int64_t ordered_bits(double value) noexcept;

/// What malloc takes for a block: a header of 8 bytes, units of 16, at least 32.
/// Source: glibc 2.36, malloc/malloc.c, "Chunk".
[[nodiscard]] constexpr std::size_t heap_block(std::size_t size) noexcept {
  return size == 0 ? 0 : std::max<std::size_t>(32, (size + 8 + 15) / 16 * 16);
}

}  // namespace mlcore
