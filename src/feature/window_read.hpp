// SPDX-License-Identifier: Apache-2.0
#pragma once

// The steps of `read_windows`, for a state that reads one stream at a time.
//
//   prepare(aggregates, scratch);
//   read_stream(aggregates, 0, &orders, as_of, scratch, out);

#include <cstdint>
#include <span>

#include "mlcore/feature/window.hpp"

namespace mlcore {

/// The first and last instant whose events are in a window; empty when first > last.
struct WindowSpan {
  std::int64_t first;
  std::int64_t last;
};
[[nodiscard]] WindowSpan span_of(const Window& window, std::int64_t as_of) noexcept;

/// Sizes the scratch for `aggregates`; allocates only while it grows.
void prepare(std::span<const Aggregate> aggregates, WindowScratch& scratch);

/// Writes the cells of those aggregates that are over `stream`. `events` is null for a key without
/// events. Requires: a prepared scratch; a floating-point guard is held.
void read_stream(std::span<const Aggregate> aggregates, std::uint32_t stream,
                 const EventList* events, std::int64_t as_of, WindowScratch& scratch,
                 std::span<Cell> out);

}  // namespace mlcore
