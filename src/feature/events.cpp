// SPDX-License-Identifier: Apache-2.0
// Outside code uses EventList; the room also uses the order of events.
#include "feature/events.hpp"

#include <fmt/format.h>

#include <bit>
#include <limits>

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

std::size_t EventList::count_before(std::int64_t time) const noexcept {
  if (entries_.empty() || entries_.back().time < time) return entries_.size();
  const auto is_before = [time](const Entry& entry) { return entry.time < time; };
  return static_cast<std::size_t>(
      std::partition_point(entries_.begin(), entries_.end(), is_before) - entries_.begin());
}

Insertion EventList::insert(const RowView& row) {
  const std::size_t row_size = stored_size(row);
  if (stream_->has_dedup) return insert_identified(row, row_size);
  make_room(row_size);
  add(position_of(row), row, row_size);
  return Insertion::accepted;
}

/// Behind the events that are not greater.
std::size_t EventList::position_of(const RowView& row) const noexcept {
  const std::int64_t time = row.i64(stream_->event_column);
  if (entries_.empty() || entries_.back().time < time) return entries_.size();
  const auto is_not_greater = [&](const Entry& entry) {
    return compare_events(*stream_, row_of(entry), row) <= 0;
  };
  if (is_not_greater(entries_.back())) return entries_.size();
  const auto same_time = entries_.begin() + static_cast<std::ptrdiff_t>(count_before(time));
  return static_cast<std::size_t>(std::partition_point(same_time, entries_.end(), is_not_greater) -
                                  entries_.begin());
}

/// The first identity that is not less than the row's.
std::size_t EventList::identity_of(const RowView& row) const noexcept {
  const std::int64_t time = row.i64(stream_->event_column);
  if (identities_.empty() || identities_.back().time < time) return identities_.size();
  const auto is_less = [&](const Entry& entry) {
    return compare_identity(*stream_, row_of(entry), row) < 0;
  };
  return static_cast<std::size_t>(
      std::partition_point(identities_.begin(), identities_.end(), is_less) - identities_.begin());
}

Insertion EventList::insert_identified(const RowView& row, std::size_t row_size) {
  const std::size_t identity = identity_of(row);
  if (identity == identities_.size() ||
      compare_identity(*stream_, row_of(identities_[identity]), row) != 0) {
    make_room(row_size);
    const Entry added = add(position_of(row), row, row_size);
    identities_.insert(identities_.begin() + static_cast<std::ptrdiff_t>(identity), added);
    return Insertion::accepted;
  }
  const auto order = compare_events(*stream_, row_of(identities_[identity]), row);
  if (order == 0) return Insertion::duplicate;
  if (order < 0) replace(identity, row, row_size);
  return Insertion::conflict;
}

void EventList::replace(std::size_t identity, const RowView& row, std::size_t row_size) {
  make_room(row_size);  // the only step that can fail; it may move the rows
  const Entry loser = identities_[identity];
  const std::size_t behind = position_of(row_of(loser));
  entries_.erase(entries_.begin() + static_cast<std::ptrdiff_t>(behind) - 1);
  identities_[identity] = add(position_of(row), row, row_size);
  dead_bytes_ += loser.size;
  if (dead_bytes_ > bytes_.size() / 2) compact();
}

/// Everything that can fail in an insertion, so that a failed one changes nothing.
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
EventList::Entry EventList::add(std::size_t position, const RowView& row, std::size_t row_size) {
  const std::size_t offset = bytes_.size();
  bytes_.resize(offset + row_size);
  write_stored(row, bytes_.data() + offset);
  const Entry entry{row.i64(stream_->event_column), static_cast<std::uint32_t>(offset),
                    static_cast<std::uint32_t>(row_size)};
  entries_.insert(entries_.begin() + static_cast<std::ptrdiff_t>(position), entry);
  return entry;
}

std::size_t EventList::erase_before(std::int64_t time) {
  const std::size_t count = count_before(time);
  if (count == 0) return 0;
  for (std::size_t i = 0; i < count; ++i) dead_bytes_ += entries_[i].size;
  const auto last = static_cast<std::ptrdiff_t>(count);
  entries_.erase(entries_.begin(), entries_.begin() + last);
  if (!identities_.empty()) identities_.erase(identities_.begin(), identities_.begin() + last);
  if (dead_bytes_ > bytes_.size() / 2) compact();
  return count;
}

/// Moves the rows together, in order, into blocks of just their size. Called when more than half
/// of the bytes are dead, which pays for the copy.
void EventList::compact() {
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
  std::sort(identities_.begin(), identities_.end(), [&](const Entry& left, const Entry& right) {
    return compare_identity(*stream_, row_of(left), row_of(right)) < 0;
  });
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
