// SPDX-License-Identifier: Apache-2.0
#pragma once

// The counters of one writer, read while it writes.
//
//   DriftShard shard(ring);
//   shard.begin_row();
//   shard.add_row(request, features, scores);  // never waits for a reader
//   ring->snapshot();                          // on any thread
//
// There are two buffers, each held by one side at a time through one atomic exchange. The reader
// points the writer to the other buffer, waits at most for the row or tile in progress, and merges;
// the writer takes the buffer that is free. Only rows of another pane than the one being
// counted go through the ring's mutex.

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "mlcore/base/error.hpp"
#include "mlcore/base/span2d.hpp"
#include "mlcore/drift/call_counts.hpp"
#include "mlcore/drift/pane_ring.hpp"
#include "mlcore/drift/reference.hpp"
#include "mlcore/schema/row.hpp"

namespace mlcore {

/// Thread-safe: one writer at a time, which may move from thread to thread; the ring reads beside
/// it. Requires, of what counts: round-to-nearest. Cost: no allocation after construction but in
/// `begin_batch`.
class DriftShard {
 public:
  static constexpr std::uint32_t kTimedRows = 16;  // one row call in so many is timed
  static constexpr std::uint64_t kStrayRows = 16;  // after so many, their pane becomes the shard's

  explicit DriftShard(std::shared_ptr<PaneRing> ring);
  /// What was counted stays in the ring.
  ~DriftShard();
  DriftShard(const DriftShard&) = delete;
  DriftShard& operator=(const DriftShard&) = delete;

  /// Before a call of one row; then add_row or add_failure.
  void begin_row() noexcept;
  /// Shape: a value a feature; a value a score, or none.
  void add_row(const RowView& request, std::span<const double> features,
               std::span<const double> scores) noexcept;

  /// Before a call of many rows. Throws: std::bad_alloc.
  void begin_batch(std::size_t tile_rows);
  /// Requires: fewer rows than `tile_rows` are staged.
  void stage(const RowView& request, std::span<const double> features) noexcept;
  /// Counts the staged rows. Shape: [staged rows, scores], or no columns.
  void add_staged(Span2d<const double> scores) noexcept;
  void end_batch() noexcept;

  void add_failure(Reason reason) noexcept;

 private:
  friend class PaneRing;
  struct alignas(64) Buffer {
    std::atomic<bool> is_held{false};
    bool is_touched = false;
    std::int64_t pane = 0;  // of its rows, where it has any
    std::uint64_t rows = 0;
    PaneCounts counts;
    CallCounts calls;
  };

  [[nodiscard]] Buffer& take() noexcept;
  static void give(Buffer& buffer) noexcept;
  [[nodiscard]] std::int64_t pane_of(const RowView& request) const noexcept;
  template <typename Add>
  void count(std::int64_t pane, std::uint64_t rows, Add&& add) noexcept;
  template <typename Add>
  void count_stray(std::int64_t pane, std::uint64_t rows, Add&& add) noexcept;
  void add_texts(PaneCounts& counts, const RowView& request) const noexcept;
  void add_tile_rows(PaneCounts& counts, Span2d<const double> scores, std::size_t first,
                     std::size_t rows) const noexcept;
  /// By a reader: merges what is in the buffers, or only what `known_only` panes of the ring have.
  void drain(PaneRing& ring, bool known_only) noexcept;

  std::shared_ptr<PaneRing> ring_;
  std::array<Buffer, 2> buffers_;
  std::atomic<std::uint32_t> preferred_{0};
  // The writer's own.
  std::uint32_t row_calls_ = 0;
  bool is_timed_ = false;
  std::uint64_t start_ = 0;  // of the call, by the steady clock
  std::int64_t stray_pane_ = 0;
  std::uint64_t stray_rows_ = 0;  // one after another
  std::vector<double> tile_features_;
  std::vector<std::uint32_t> tile_codes_;
  std::vector<std::int64_t> tile_panes_;
  std::size_t staged_ = 0;
};

}  // namespace mlcore
