// SPDX-License-Identifier: Apache-2.0
#pragma once

// Events of one key, and the value of aggregates over them at a point in time.
//
//   EventList orders(definition.streams()[0]);
//   orders.insert(row);                     // any order of arrival
//   WindowScratch scratch;
//   read_windows(aggregates, streams, lists, as_of, scratch, values);
//
// Events are a multiset kept in the total order of docs/language.md, "Events": event time, ties,
// then all columns. The value of an aggregate is a fold in that order, grouped in tiles at absolute
// boundaries; it depends on the set of events and on nothing else.

#include <cstdint>
#include <span>
#include <vector>

#include "mlcore/feature/definition.hpp"

namespace mlcore {

enum class Insertion : std::uint8_t { accepted, duplicate, conflict };

/// The events of one key of one stream, in total order.
/// Lifetime: borrows the stream. Thread-safe: const members.
class EventList {
 public:
  explicit EventList(const Stream& stream) : stream_(&stream) {}

  /// Requires: a row of the stream's layout. NaN is stored as null and −0.0 as +0.0.
  /// With `dedup`, an event of equal identity is replaced when the new content is greater: then,
  /// and when the new one loses with other content, `conflict`; with equal content, `duplicate`.
  /// Throws: resource_exhausted/limit_exceeded (4 GiB of rows for one key); std::bad_alloc. The
  /// events are then what they were.
  /// Cost: amortised O(1) in order, else O(log n) comparisons and a move of 16 bytes an event after
  /// it; with `dedup` twice that.
  Insertion insert(const RowView& row);
  /// As `insert`, but an event that came out of order is put in its place by `settle`, one move for
  /// many. Until then only size, newest, memory and growth may be asked.
  /// Cost: amortised O(log n) comparisons, with `dedup` O(log² n), in any order of arrival; a
  /// conflict moves 16 bytes an event of its instant.
  Insertion add(const RowView& row);
  void settle() noexcept;
  /// Forgets the events before `time`, and returns how many those were.
  std::size_t erase_before(std::int64_t time) noexcept;

  [[nodiscard]] const Stream& stream() const noexcept { return *stream_; }
  [[nodiscard]] std::size_t size() const noexcept { return entries_.size(); }
  [[nodiscard]] std::int64_t time(std::size_t index) const noexcept { return entries_[index].time; }
  [[nodiscard]] RowView row(std::size_t index) const noexcept { return row_of(entries_[index]); }
  /// How many events are before `time`. Cost: O(log n).
  [[nodiscard]] std::size_t count_before(std::int64_t time) const noexcept;
  /// The time of the last event. Requires: an event.
  [[nodiscard]] std::int64_t newest() const noexcept;

  /// Bytes of heap held, and what `insert(row)` or `add(row)` may add to them.
  [[nodiscard]] std::size_t memory() const noexcept;
  [[nodiscard]] std::size_t growth(const RowView& row) const noexcept;

 private:
  struct Entry {
    std::int64_t time;
    std::uint32_t offset;
    std::uint32_t size;
  };
  struct EventOrder;
  struct IdentityOrder;
  [[nodiscard]] RowView row_of(const Entry& entry) const noexcept {
    return RowView::trusted(stream_->layout, ByteView(bytes_).subspan(entry.offset, entry.size));
  }
  [[nodiscard]] Entry* find_identity(const RowView& row) noexcept;
  void replace(const RowView& row, std::size_t row_size);
  void make_room(std::size_t row_size);
  Entry store(const RowView& row, std::size_t row_size) noexcept;
  void compact();
  void compact_if_half_dead() noexcept;

  const Stream* stream_;
  std::vector<Entry> entries_;
  std::vector<Entry> identities_;  // with dedup: the same, by time and dedup columns
  Bytes bytes_;
  // How many of each are in order; 4 GiB of rows are fewer than 2^32.
  std::uint32_t sorted_entries_ = 0;
  std::uint32_t sorted_identities_ = 0;
  std::uint32_t dead_bytes_ = 0;
};

/// Working memory of a read, reused from call to call. Not thread-safe.
struct WindowScratch {
  std::vector<Cell> registers;
  std::vector<char> text;
  std::uint64_t overflows = 0;  // sums of i64 that became null, counted over all calls
};

/// The values of `aggregates` at `as_of`, defaults applied.
/// Shape: `lists` has one entry a stream of the definition, null for a stream whose key has no
/// event; `out` one cell an aggregate. Lifetime: a string value points into its EventList or its
/// aggregate.
/// An event is visible when its time is inside the edges and, where the stream has a `known`
/// column, known ≤ as_of; `next` looks at events as they are, whenever they became known. Sums of
/// i64 past the int64 range are null. Among f64, min and max order NaN after every number, and a
/// zero they return is +0.0. Cost: no allocation once the scratch has grown.
void read_windows(std::span<const Aggregate> aggregates, std::span<const EventList* const> lists,
                  std::int64_t as_of, WindowScratch& scratch, std::span<Cell> out);

/// The left and right edge of a window at `as_of`, and whether each is included. An edge past the
/// int64 range is at its end; the left edge of `lifetime` and of `last N events` is the lowest
/// int64.
struct WindowEdges {
  std::int64_t left;
  std::int64_t right;
  bool includes_left;
  bool includes_right;
};
[[nodiscard]] WindowEdges edges_of(const Window& window, std::int64_t as_of) noexcept;

}  // namespace mlcore
