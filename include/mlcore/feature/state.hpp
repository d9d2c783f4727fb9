// SPDX-License-Identifier: Apache-2.0
#pragma once

// The events of many keys, kept to answer windows at any point in time.
//
//   State state(definition, {.max_bytes = 1 << 30});
//   state.ingest(0, orders);                     // accepted, late, duplicate, invalid
//   AggregateValues values;
//   state.read(definition, request, values);     // the windows of one key at its `as_of`
//   Bytes snapshot = state.snapshot();           // restore(…) goes on with the same bits
//
// A state is made from streams, not from a model: any definition with equal streams can read it.

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "mlcore/base/error.hpp"
#include "mlcore/feature/window.hpp"

namespace mlcore {

struct StateOptions {
  /// Heap that events and keys may take; 0 = unlimited. Past it ingest is refused.
  std::uint64_t max_bytes = 0;
  /// 0 = unlimited.
  std::uint64_t max_keys = 0;
  /// Microseconds; absent: nothing is late and every event is kept.
  std::optional<std::int64_t> lateness;
  /// The caller's claim: every event from here on was, or will be, ingested. A window that reaches
  /// before it is refused. Absent: complete from the beginning of time.
  std::optional<std::int64_t> complete_from;
};

struct IngestReport {
  std::uint64_t accepted = 0;
  std::uint64_t late = 0;
  std::uint64_t duplicate = 0;
  std::uint64_t conflict = 0;
  std::uint64_t invalid = 0;
  std::uint64_t replayed = 0;  // rows of a batch whose offset was seen before
  /// The first invalid rows (at most 16): position in the batch and why.
  struct Invalid {
    std::int64_t row;
    Reason reason;
    std::string message;
  };
  std::vector<Invalid> first_invalid;
};

/// Values of a definition's aggregates for one request; owns the text of strings.
struct AggregateValues {
  std::vector<Cell> cells;
  std::vector<char> text;
  WindowScratch scratch;
};

/// Thread-safe: every member may be called from any thread at any time; a key's change is atomic to
/// readers.
class State {
 public:
  /// Throws: failed_precondition/unsupported_feature for a definition without streams.
  State(const Definition& definition, StateOptions options);
  ~State();
  State(const State&) = delete;
  State& operator=(const State&) = delete;

  [[nodiscard]] std::span<const Stream> streams() const noexcept;

  /// Adds a batch of packed events of stream `stream`. A row that can't be read is counted as
  /// invalid and the others are taken; a batch whose rows are packed for another layout is refused
  /// whole. Throws: invalid_argument/layout_mismatch, out_of_range (no such stream),
  /// resource_exhausted/state_full (rows before it stay; the message says how many).
  IngestReport ingest(std::size_t stream, const RowBatch& batch);
  IngestReport ingest(std::size_t stream, ByteView bytes, std::span<const std::int64_t> offsets);
  /// Exactly once from an at-least-once source: a batch whose `offset` is not past the one stored
  /// for `source` is ignored and counted as replayed.
  IngestReport ingest(std::size_t stream, const RowBatch& batch, std::string_view source,
                      std::int64_t offset);

  /// No event before `time` − lateness will come; events that no window of the definition given at
  /// construction can reach are forgotten.
  void expire(std::int64_t time);

  /// The aggregates of `definition` for the keys and `as_of` in `request`.
  /// Requires: a checked row of definition.request().
  /// Throws: failed_precondition/stream_mismatch, incomplete_history; out_of_range/not_retained.
  void read(const Definition& definition, const RowView& request, AggregateValues& values) const;
  /// The same for other aggregates over the definition's streams, as those of a label.
  void read(const Definition& definition, std::span<const Aggregate> aggregates,
            const RowView& request, AggregateValues& values) const;

  /// Every distinct key of a stream with an event before `before`, in byte order; for a composite
  /// key, packed rows of the key columns in the stream's order.
  [[nodiscard]] std::vector<std::string> keys(std::size_t stream, std::int64_t before) const;

  [[nodiscard]] Bytes snapshot() const;
  /// Throws: data_loss/malformed_snapshot, truncated, checksum; failed_precondition/stream_mismatch.
  [[nodiscard]] static std::unique_ptr<State> restore(const Definition& definition,
                                                      ByteView snapshot, StateOptions options);

  [[nodiscard]] std::uint64_t key_count() const noexcept;
  [[nodiscard]] std::uint64_t event_count() const noexcept;
  [[nodiscard]] std::uint64_t memory() const noexcept;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

/// The aggregates of one request from events that the caller brings, a batch a stream of the
/// definition, in any order. Rows of other keys are refused.
/// Throws: as RowView::parse; invalid_argument/layout_mismatch.
void read_events(const Definition& definition, const RowView& request,
                 std::span<const RowBatch> events, AggregateValues& values);

}  // namespace mlcore
