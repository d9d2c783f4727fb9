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
  /// Over all streams; 0 = unlimited.
  std::uint64_t max_keys = 0;
  /// Microseconds; absent: nothing is late and every event is kept.
  std::optional<std::int64_t> lateness{};
  /// The caller's claim: every event from here on was, or will be, ingested. A window that reaches
  /// before it is refused. Absent: complete from the beginning of time.
  std::optional<std::int64_t> complete_from{};
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
  std::string key;
  WindowScratch scratch;
};

/// Thread-safe: every member may be called from any thread at any time; a key's change is atomic to
/// readers. Where memory runs out a batch stops as `ingest` says; else std::bad_alloc is thrown and
/// nothing has changed.
class State {
 public:
  /// Throws: failed_precondition/unsupported_feature for a definition without streams;
  /// invalid_argument/invalid_option for a negative lateness.
  State(const Definition& definition, StateOptions options);
  ~State();
  State(const State&) = delete;
  State& operator=(const State&) = delete;

  [[nodiscard]] std::span<const Stream> streams() const noexcept;

  /// Adds a batch of packed events of stream `stream`, row by row. A row that can't be read is
  /// counted as invalid and the others are taken; a batch with a row packed for another layout is
  /// refused whole. An event of a key is late when it is more than `lateness` before the greatest
  /// time accepted for that key, or before the greatest `expire`.
  /// Throws: invalid_argument/layout_mismatch, malformed_row (offsets outside the bytes);
  /// out_of_range/invalid_option (no such stream); resource_exhausted/state_full, limit_exceeded,
  /// out_of_memory (`where.row` is the first row not taken, those before it stay).
  /// Cost: one lock a row, and amortised O(log n) comparisons for a key of n events.
  IngestReport ingest(std::size_t stream, const RowBatch& batch);
  IngestReport ingest(std::size_t stream, ByteView bytes, std::span<const std::int64_t> offsets);
  /// Exactly once from an at-least-once source: a batch whose `offset` is not past the one stored
  /// for `source` is ignored and counted as replayed. After an error the same batch may be given
  /// again: its rows that were taken are then skipped and counted as replayed.
  /// Requires: the batches of a source, whatever their streams, in the order of their offsets, and
  /// one that failed again before the next; what a greater offset has overtaken counts as replayed.
  IngestReport ingest(std::size_t stream, const RowBatch& batch, std::string_view source,
                      std::int64_t offset);

  /// The greatest offset taken from a source, past which it goes on; absent where none was. Waits
  /// for a batch of the source that is being taken.
  [[nodiscard]] std::optional<std::int64_t> source_offset(std::string_view source) const;

  /// No event before `time` − lateness will come; events that no window of the definition given at
  /// construction can reach are forgotten. From then on a key answers no `as_of` that is more than
  /// `lateness` before the greatest time accepted for it, or before `time`. A time before that of
  /// an earlier call stands for that one. Throws: failed_precondition/invalid_option without a
  /// lateness; invalid_argument/invalid_timestamp outside the years 1 to 9999. Needs no memory;
  /// without it, some is given back only by a later call.
  void expire(std::int64_t time);

  /// The aggregates of `definition` for the keys and `as_of` in `request`.
  /// Requires: a checked row of definition.request().
  /// Throws: failed_precondition/stream_mismatch, incomplete_history, needs_as_of;
  /// out_of_range/not_retained; invalid_argument/invalid_timestamp (outside years 0001 to 9999),
  /// null_not_allowed (a null key). Cost: one lock a stream; no allocation once `values` has grown,
  /// but that of a buffer where events came out of order since the key was last read.
  void read(const Definition& definition, const RowView& request, AggregateValues& values) const;
  /// The same for other aggregates over the definition's streams, as those of a label.
  void read(const Definition& definition, std::span<const Aggregate> aggregates,
            const RowView& request, AggregateValues& values) const;

  /// Every distinct key of a stream with an event before `before`, as a packed row of the stream's
  /// key columns. Ordered by key: column by column, strings by bytes, numbers by value.
  [[nodiscard]] std::vector<std::string> keys(std::size_t stream, std::int64_t before) const;

  /// The state as bytes; equal states give equal bytes, whatever the order of arrival.
  [[nodiscard]] Bytes snapshot() const;
  /// Lateness and `complete_from` are the snapshot's; an option that names others is refused.
  /// Throws: data_loss/malformed_snapshot, truncated, checksum; unimplemented/newer_format;
  /// failed_precondition/stream_mismatch, invalid_option; resource_exhausted/state_full.
  [[nodiscard]] static std::unique_ptr<State> restore(const Definition& definition,
                                                      ByteView snapshot, StateOptions options);

  /// Keys are counted for each stream.
  [[nodiscard]] std::uint64_t key_count() const noexcept;
  [[nodiscard]] std::uint64_t event_count() const noexcept;
  /// Bytes of heap that events, keys and source names take. The share of the hash tables differs
  /// a little between states of the same events: keys are hashed under a secret of each.
  [[nodiscard]] std::uint64_t memory() const noexcept;

 private:
  struct Impl;
  explicit State(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

/// The aggregates of one request from events that the caller brings, a batch a stream of the
/// definition, in any order. Nothing is late, and every window is taken to be complete.
/// Throws: as RowView::parse, with `where.row`; invalid_argument/malformed_row (a row of another
/// key), wrong_width (not a batch a stream); as State::read of the request.
void read_events(const Definition& definition, const RowView& request,
                 std::span<const RowBatch> events, AggregateValues& values);

}  // namespace mlcore
