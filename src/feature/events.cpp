// SPDX-License-Identifier: Apache-2.0
// Outside code uses EventList; the room also uses the order of events.
#include "feature/events.hpp"

#include <fmt/format.h>

#include <bit>
#include <limits>
#include <new>

#include "feature/sorted_runs.hpp"
#include "mlcore/base/error.hpp"
#include "mlcore/feature/window.hpp"

namespace mlcore {
namespace {

constexpr std::size_t kGreatestBytes = std::numeric_limits<std::uint32_t>::max();
constexpr std::size_t kBitmapAt = 8;
constexpr std::uint64_t kNegativeZero = std::uint64_t{1} << 63;

/// The size of a row once its strings lie one after another. Strings of a packed row may share
/// bytes, so that this can be more than the row itself has.
std::size_t stored_size(const RowView& row) noexcept {
  const RowLayout& layout = row.layout();
  const std::vector<Field>& fields = layout.schema().fields();
  std::size_t size = layout.fixed_size();
  for (std::size_t i = 0; i < fields.size(); ++i) {
    if (fields[i].type == Type::string && !row.is_null(i)) size += row.string(i).size();
  }
  return size;
}

void put_word(std::uint8_t* at, std::uint64_t word) noexcept {
  std::memcpy(at, &word, sizeof word);
}

/// Writes the one form that all rows of equal values have. Requires: `stored_size(row)` bytes of
/// room, zeroed.
void write_stored(const RowView& row, std::uint8_t* to) noexcept {
  const RowLayout& layout = row.layout();
  const std::vector<Field>& fields = layout.schema().fields();
  std::memcpy(to, row.bytes().data(), layout.slot_offset(0));
  std::size_t end = layout.fixed_size();
  for (std::size_t i = 0; i < fields.size(); ++i) {
    if (row.is_null(i)) {
      std::uint8_t& nulls = to[kBitmapAt + i / 8];
      nulls = static_cast<std::uint8_t>(nulls | 1u << (i % 8));
      continue;
    }
    auto word = static_cast<std::uint64_t>(row.i64(i));
    if (fields[i].type == Type::f64 && word == kNegativeZero) word = 0;
    if (fields[i].type == Type::string) {
      const std::string_view text = row.string(i);
      word = std::uint64_t{text.size()} << 32 | end;
      if (!text.empty()) std::memcpy(to + end, text.data(), text.size());
      end += text.size();
    }
    put_word(to + layout.slot_offset(i), word);
  }
}

/// The capacity that a vector is given when it needs `needed`.
std::size_t grown(std::size_t capacity, std::size_t needed) noexcept {
  return needed <= capacity ? capacity : std::max(needed, capacity + capacity / 2);
}

/// Requires: rows of one key.
std::strong_ordering compare_identity(const Stream& stream, const RowView& left,
                                      const RowView& right) noexcept {
  const auto by_time = left.i64(stream.event_column) <=> right.i64(stream.event_column);
  if (by_time != 0) return by_time;
  for (const std::uint32_t column : stream.dedup_columns) {
    const auto by_column = compare_field(left, right, column);
    if (by_column != 0) return by_column;
  }
  return std::strong_ordering::equal;
}

template <typename T>
std::size_t heap_of(std::size_t capacity) noexcept {
  return heap_block(capacity * sizeof(T));
}

}  // namespace

std::int64_t ordered_bits(double value) noexcept {
  const auto bits = std::bit_cast<std::int64_t>(value);
  if (bits >= 0) return bits;
  // Negative numbers order backwards by magnitude; −0.0 meets +0.0.
  return -(bits & std::numeric_limits<std::int64_t>::max());
}

std::strong_ordering compare_field(const RowView& left, const RowView& right,
                                   std::size_t field) noexcept {
  const bool is_left_null = left.is_null(field);
  const bool is_right_null = right.is_null(field);
  if (is_left_null || is_right_null) return is_right_null <=> is_left_null;
  switch (left.layout().schema()[field].type) {
    case Type::boolean: return left.boolean(field) <=> right.boolean(field);
    case Type::f64: return ordered_bits(left.f64(field)) <=> ordered_bits(right.f64(field));
    case Type::string: return left.string(field).compare(right.string(field)) <=> 0;
    case Type::i64:
    case Type::timestamp:
    case Type::duration: return left.i64(field) <=> right.i64(field);
  }
  return std::strong_ordering::equal;
}

std::strong_ordering compare_events(const Stream& stream, const RowView& left,
                                    const RowView& right) noexcept {
  const auto by_time = left.i64(stream.event_column) <=> right.i64(stream.event_column);
  if (by_time != 0) return by_time;
  for (const std::uint32_t column : stream.order_columns) {
    const auto by_column = compare_field(left, right, column);
    if (by_column != 0) return by_column;
  }
  return std::strong_ordering::equal;
}

struct EventList::EventOrder {
  const EventList& list;

  bool operator()(const Entry& left, const Entry& right) const noexcept {
    if (left.time != right.time) return left.time < right.time;
    return compare_events(*list.stream_, list.row_of(left), list.row_of(right)) < 0;
  }
};

struct EventList::IdentityOrder {
  const EventList& list;

  bool operator()(const Entry& left, const RowView& right) const noexcept {
    return compare_identity(*list.stream_, list.row_of(left), right) < 0;
  }
  bool operator()(const Entry& left, const Entry& right) const noexcept {
    return left.time != right.time ? left.time < right.time : (*this)(left, list.row_of(right));
  }
};

std::size_t EventList::count_before(std::int64_t time) const noexcept {
  if (entries_.empty() || entries_.back().time < time) return entries_.size();
  const auto is_before = [time](const Entry& entry) { return entry.time < time; };
  return static_cast<std::size_t>(
      std::partition_point(entries_.begin(), entries_.end(), is_before) - entries_.begin());
}

std::int64_t EventList::newest() const noexcept {
  std::int64_t time = entries_.front().time;
  for_each_run(sorted_entries_, entries_.size(), [&](std::size_t, std::size_t end) {
    time = std::max(time, entries_[end - 1].time);
  });
  return time;
}

Insertion EventList::insert(const RowView& row) {
  const Insertion insertion = add(row);
  settle();
  return insertion;
}

Insertion EventList::add(const RowView& row) {
  const std::size_t row_size = stored_size(row);
  if (const Entry* known = stream_->has_dedup ? find_identity(row) : nullptr) {
    const auto order = compare_events(*stream_, row_of(*known), row);
    if (order == 0) return Insertion::duplicate;
    if (order < 0) replace(row, row_size);
    return Insertion::conflict;
  }
  make_room(row_size);
  const Entry added = store(row, row_size);
  push_sorted(entries_, sorted_entries_, added, EventOrder{*this});
  if (stream_->has_dedup) {
    push_sorted(identities_, sorted_identities_, added, IdentityOrder{*this});
  }
  return Insertion::accepted;
}

void EventList::settle() noexcept {
  if (sorted_entries_ != entries_.size()) {
    mlcore::settle(entries_, sorted_entries_, EventOrder{*this});
  }
  if (sorted_identities_ != identities_.size()) {
    mlcore::settle(identities_, sorted_identities_, IdentityOrder{*this});
  }
}

/// Null when no event has the row's identity.
EventList::Entry* EventList::find_identity(const RowView& row) noexcept {
  const std::int64_t time = row.i64(stream_->event_column);
  Entry* found = nullptr;
  for_each_run(sorted_identities_, identities_.size(), [&](std::size_t begin, std::size_t end) {
    Entry* const last = identities_.data() + end;
    if (found != nullptr || (last - 1)->time < time) return;
    Entry* const at = std::lower_bound(identities_.data() + begin, last, row, IdentityOrder{*this});
    if (at != last && compare_identity(*stream_, row_of(*at), row) == 0) found = at;
  });
  return found;
}

/// Requires: an event of the row's identity, with less content.
void EventList::replace(const RowView& row, std::size_t row_size) {
  make_room(row_size);  // the only step that can fail; it may move the rows
  Entry& identity = *find_identity(row);
  const Entry loser = identity;
  identity = store(row, row_size);
  const Entry& winner = identity;
  // Of one time, it stays in the run of the one it replaces, somewhere behind that.
  for_each_run(sorted_entries_, entries_.size(), [&](std::size_t begin, std::size_t end) {
    Entry* const last = entries_.data() + end;
    Entry* const at = std::lower_bound(entries_.data() + begin, last, loser, EventOrder{*this});
    if (at == last || at->offset != loser.offset) return;
    Entry* const behind = std::upper_bound(at + 1, last, winner, EventOrder{*this});
    std::move(at + 1, behind, at);
    *(behind - 1) = winner;
  });
  dead_bytes_ += loser.size;
  compact_if_half_dead();
}

/// Everything that can fail in an insertion, so that a failed one changes no event.
void EventList::make_room(std::size_t row_size) {
  if (row_size > kGreatestBytes - bytes_.size() && dead_bytes_ > 0) compact();
  if (row_size > kGreatestBytes - bytes_.size()) {
    throw Error(Code::resource_exhausted, Reason::limit_exceeded,
                fmt::format("stream \"{}\": {} events of one key take {} bytes, and a row of {} "
                            "more would pass 4 GiB",
                            stream_->name, size(), bytes_.size(), row_size));
  }
  entries_.reserve(grown(entries_.capacity(), entries_.size() + 1));
  if (stream_->has_dedup) {
    identities_.reserve(grown(identities_.capacity(), identities_.size() + 1));
  }
  bytes_.reserve(grown(bytes_.capacity(), bytes_.size() + row_size));
}

/// Requires: make_room(row_size).
EventList::Entry EventList::store(const RowView& row, std::size_t row_size) noexcept {
  const std::size_t offset = bytes_.size();
  bytes_.resize(offset + row_size);
  write_stored(row, bytes_.data() + offset);
  return {row.i64(stream_->event_column), static_cast<std::uint32_t>(offset),
          static_cast<std::uint32_t>(row_size)};
}

std::size_t EventList::erase_before(std::int64_t time) noexcept {
  settle();
  const std::size_t count = count_before(time);
  if (count == 0) return 0;
  for (std::size_t i = 0; i < count; ++i) dead_bytes_ += entries_[i].size;
  const auto last = static_cast<std::ptrdiff_t>(count);
  entries_.erase(entries_.begin(), entries_.begin() + last);
  if (!identities_.empty()) identities_.erase(identities_.begin(), identities_.begin() + last);
  sorted_entries_ = static_cast<std::uint32_t>(entries_.size());
  sorted_identities_ = static_cast<std::uint32_t>(identities_.size());
  compact_if_half_dead();
  return count;
}

/// That more than half of the bytes are dead pays for the copy.
void EventList::compact_if_half_dead() noexcept {
  if (dead_bytes_ <= bytes_.size() / 2) return;
  try {
    compact();
  } catch (const std::bad_alloc&) {
    // Nothing is lost by dead bytes; the next time there may be memory.
  }
}

/// Moves the rows together, in order, into blocks of just their size. Strong guarantee.
void EventList::compact() {
  settle();
  Bytes bytes;
  bytes.reserve(bytes_.size() - dead_bytes_);
  std::vector<Entry> entries;
  entries.reserve(entries_.size());
  for (const Entry& entry : entries_) {
    entries.push_back({entry.time, static_cast<std::uint32_t>(bytes.size()), entry.size});
    const ByteView row = ByteView(bytes_).subspan(entry.offset, entry.size);
    bytes.insert(bytes.end(), row.begin(), row.end());
  }
  std::vector<Entry> identities;
  if (stream_->has_dedup) identities = entries;
  bytes_ = std::move(bytes);
  entries_ = std::move(entries);
  identities_ = std::move(identities);
  dead_bytes_ = 0;
  std::sort(identities_.begin(), identities_.end(), IdentityOrder{*this});
}

std::size_t EventList::memory() const noexcept {
  return heap_of<Entry>(entries_.capacity()) + heap_of<Entry>(identities_.capacity()) +
         heap_of<std::uint8_t>(bytes_.capacity());
}

std::size_t EventList::growth(const RowView& row) const noexcept {
  const std::size_t entries = grown(entries_.capacity(), entries_.size() + 1);
  const std::size_t identities =
      stream_->has_dedup ? grown(identities_.capacity(), identities_.size() + 1) : 0;
  const std::size_t bytes = grown(bytes_.capacity(), bytes_.size() + stored_size(row));
  return heap_of<Entry>(entries) + heap_of<Entry>(identities) + heap_of<std::uint8_t>(bytes) -
         memory();
}

}  // namespace mlcore
