// SPDX-License-Identifier: Apache-2.0
#pragma once

// The panes that many shards count into: the newest ones that have rows.
//
//   auto ring = std::make_shared<PaneRing>(reference, RequestColumns{}, PaneOptions{});
//   DriftShard shard(ring);   // drift/shard.hpp; one a writer
//   ring->snapshot().panes;   // what all shards have counted until now, oldest pane first
//
// A row of a pane older than all that are kept, when no place is free, is late: it is counted as
// that and nowhere else.

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <vector>

#include "mlcore/drift/call_counts.hpp"
#include "mlcore/drift/reference.hpp"

namespace mlcore {

class DriftShard;

/// Requires: pane_micros ≥ 0; pane_rows ≥ 1; max_panes ≥ 1.
struct PaneOptions {
  std::int64_t pane_micros = 0;     // of a row's as_of; 0: panes are by count
  std::int64_t pane_rows = 10'000;  // of a pane by count
  std::size_t max_panes = 32;
};

/// Where a request row has what panes need.
struct RequestColumns {
  std::vector<std::uint32_t> texts;    // the field of each category of the reference
  std::optional<std::uint32_t> as_of;  // needed by panes of as_of
};

/// The rows of [number · width, (number + 1) · width), by as_of or by position.
struct Pane {
  std::int64_t number = 0;
  std::uint64_t rows = 0;
  PaneCounts counts;
};

struct PaneSnapshot {
  std::vector<Pane> panes;  // by number, ascending
  std::uint64_t rows = 0;   // counted since the ring was made
  std::uint64_t late_rows = 0;
  CallCounts calls;
};

/// Thread-safe. Cost: memory at construction only, `max_panes` times a PaneCounts.
class PaneRing {
 public:
  /// Requires: a reference and request columns that fit each other and the rows that will come.
  PaneRing(std::shared_ptr<const Reference> reference, RequestColumns columns, PaneOptions options);
  PaneRing(const PaneRing&) = delete;
  PaneRing& operator=(const PaneRing&) = delete;

  [[nodiscard]] const Reference& reference() const noexcept { return *reference_; }
  [[nodiscard]] const RequestColumns& columns() const noexcept { return columns_; }
  [[nodiscard]] const PaneOptions& options() const noexcept { return options_; }

  /// Everything counted by calls that have returned; of calls in progress, all or nothing of a row.
  [[nodiscard]] PaneSnapshot snapshot();

 private:
  friend class DriftShard;

  /// The position of the first of `rows` more rows.
  [[nodiscard]] std::int64_t take_positions(std::size_t rows) noexcept {
    return next_position_.fetch_add(static_cast<std::int64_t>(rows), std::memory_order_relaxed);
  }
  void attach(DriftShard& shard);
  void detach(DriftShard& shard) noexcept;
  // Of the following: the mutex is held.
  [[nodiscard]] Pane* find(std::int64_t number) noexcept;
  /// Neither kept nor late.
  [[nodiscard]] bool is_new(std::int64_t number) noexcept;
  /// Null: the pane is late.
  [[nodiscard]] Pane* find_or_make(std::int64_t number) noexcept;
  void merge(std::int64_t number, std::uint64_t rows, const PaneCounts& counts) noexcept;
  void collect() noexcept;

  std::shared_ptr<const Reference> reference_;
  RequestColumns columns_;
  PaneOptions options_;
  std::atomic<std::int64_t> next_position_{0};
  std::mutex mutex_;
  std::vector<DriftShard*> shards_;
  std::vector<Pane> panes_;  // the first used_ by number, ascending; then spare ones, all zero
  std::size_t used_ = 0;
  std::uint64_t rows_ = 0;
  std::uint64_t late_rows_ = 0;
  CallCounts calls_;
};

}  // namespace mlcore
