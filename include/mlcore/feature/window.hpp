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
  /// With `dedup`, an event of equal identity is replaced when the new content is greater: then, and
  /// when the new one loses with other content, `conflict`; with equal content, `duplicate`.
  Insertion insert(const RowView& row);
  /// Forgets the events before `time`, and returns how many those were.
  std::size_t erase_before(std::int64_t time);

  [[nodiscard]] const Stream& stream() const noexcept { return *stream_; }
  [[nodiscard]] std::size_t size() const noexcept { return entries_.size(); }
  [[nodiscard]] std::int64_t time(std::size_t index) const noexcept { return entries_[index].time; }
  [[nodiscard]] RowView row(std::size_t index) const noexcept {
    const Entry& entry = entries_[index];
    return RowView::trusted(stream_->layout, ByteView(bytes_).subspan(entry.offset, entry.size));
  }
  /// Bytes of heap held.
  [[nodiscard]] std::size_t memory() const noexcept;

 private:
  struct Entry {
    std::int64_t time;
    std::uint32_t offset;
    std::uint32_t size;
  };
  const Stream* stream_;
  std::vector<Entry> entries_;
  Bytes bytes_;
  std::size_t dead_bytes_ = 0;
};

struct WindowScratch {
  std::vector<Cell> registers;
  std::vector<char> text;
};

/// The values of `aggregates` at `as_of`, defaults applied.
/// Shape: `lists` has one entry a stream of the definition, null for a stream whose key has no
/// event; `out` one cell an aggregate. Lifetime: a string value points into its EventList.
void read_windows(std::span<const Aggregate> aggregates, std::span<const EventList* const> lists,
                  std::int64_t as_of, WindowScratch& scratch, std::span<Cell> out);

/// The left and right edge of a window at `as_of`, and whether each is included.
struct WindowEdges {
  std::int64_t left;
  std::int64_t right;
  bool includes_left;
  bool includes_right;
};
[[nodiscard]] WindowEdges edges_of(const Window& window, std::int64_t as_of) noexcept;

}  // namespace mlcore
