// SPDX-License-Identifier: Apache-2.0
#pragma once

// The folds of aggregates over a range of events: one template for each way to read an argument.
//
//   fold<double>(aggregate, range, ColumnReader<double>(layout, 3), overflows, cell);

#include <cstdint>
#include <cstring>
#include <limits>
#include <string_view>
#include <type_traits>

#include "mlcore/base/number.hpp"
#include "mlcore/feature/plan.hpp"
#include "mlcore/feature/window.hpp"

namespace mlcore {

__extension__ typedef __int128 Int128;

/// Sets only the members that a value has: a cell that is written whole and copied costs as much as
/// folding five events.
inline void put(Cell& cell, std::int64_t value) noexcept {
  cell.is_null = false;
  cell.i64 = value;
}
inline void put(Cell& cell, double value) noexcept {
  cell.is_null = false;
  cell.f64 = canonical(value);
}
inline void put(Cell& cell, bool value) noexcept {
  cell.is_null = false;
  cell.boolean = value;
}
inline void put(Cell& cell, std::string_view value) noexcept {
  cell.is_null = false;
  cell.text = value;
}

template <typename T>
T value_of(const Cell& cell) noexcept;
template <>
inline double value_of<double>(const Cell& cell) noexcept {
  return cell.f64;
}
template <>
inline std::int64_t value_of<std::int64_t>(const Cell& cell) noexcept {
  return cell.i64;
}
template <>
inline bool value_of<bool>(const Cell& cell) noexcept {
  return cell.boolean;
}
template <>
inline std::string_view value_of<std::string_view>(const Cell& cell) noexcept {
  return cell.text;
}

/// An argument that is a column. Stored rows hold no NaN, so that the bitmap alone tells a null.
template <typename T>
class ColumnReader {
 public:
  ColumnReader(const RowLayout& layout, std::size_t column)
      : column_(column),
        null_byte_(8 + column / 8),
        null_mask_(1u << (column % 8)),
        slot_(layout.slot_offset(column)) {}

  bool read(const RowView& row, T& value) const noexcept {
    const std::uint8_t* bytes = row.bytes().data();
    if ((bytes[null_byte_] & null_mask_) != 0) return false;
    if constexpr (std::is_same_v<T, std::string_view>) {
      value = row.string(column_);
    } else if constexpr (std::is_same_v<T, bool>) {
      value = bytes[slot_] != 0;
    } else {
      std::memcpy(&value, bytes + slot_, sizeof value);
    }
    return true;
  }

 private:
  std::size_t column_;
  std::size_t null_byte_;
  unsigned null_mask_;
  std::size_t slot_;
};

/// An argument that is computed. Requires: no string that is made by it, which would last only
/// until the next; the language refuses them.
template <typename T>
class ExpressionReader {
 public:
  ExpressionReader(const Expression& expression, WindowScratch& scratch)
      : expression_(expression), scratch_(scratch) {}

  bool read(const RowView& row, T& value) const noexcept {
    const std::size_t count = expression_.nodes.size();
    const std::span<Cell> registers(scratch_.registers.data(), count);
    const FittedParameters no_parameters;
    evaluate(expression_, row, {}, 0, {}, no_parameters, registers, scratch_.text);
    if (registers.back().is_null) return false;
    value = value_of<T>(registers.back());
    return true;
  }

 private:
  const Expression& expression_;
  WindowScratch& scratch_;
};

/// Whether an event inside the edges is seen: known in time, and wanted by `where`.
class EventFilter {
 public:
  EventFilter(const Aggregate& aggregate, const Stream& stream, std::int64_t as_of,
              WindowScratch& scratch)
      : where_(aggregate.where, scratch), as_of_(as_of) {
    has_where_ = !aggregate.where.empty();
    has_known_ = stream.known_column && aggregate.window.kind != WindowKind::next;
    if (has_known_) known_column_ = *stream.known_column;
  }

  [[nodiscard]] bool takes_all() const noexcept { return !has_where_ && !has_known_; }
  [[nodiscard]] bool takes(const RowView& row) const noexcept {
    if (has_known_ && (row.is_null(known_column_) || row.i64(known_column_) > as_of_)) return false;
    bool is_wanted = true;
    return !has_where_ || (where_.read(row, is_wanted) && is_wanted);
  }

 private:
  ExpressionReader<bool> where_;
  std::int64_t as_of_;
  std::size_t known_column_ = 0;
  bool has_where_;
  bool has_known_;
};

/// The events [begin, end) of a list that pass a filter.
struct EventRange {
  const EventList& events;
  std::size_t begin;
  std::size_t end;
  const EventFilter& filter;
};

/// The values of a range one after another, in order.
template <typename T, typename Reader>
class ValueCursor {
 public:
  ValueCursor(const EventRange& range, const Reader& reader) noexcept
      : range_(range), reader_(reader), takes_all_(range.filter.takes_all()), index_(range.begin) {}

  /// False at the end.
  [[gnu::always_inline]] bool next() noexcept {
    while (index_ < range_.end) {
      const std::size_t index = index_++;
      const RowView row = range_.events.row(index);
      if (!takes_all_ && !range_.filter.takes(row)) continue;
      if (!reader_.read(row, value_)) continue;
      time_ = range_.events.time(index);
      return true;
    }
    return false;
  }
  [[nodiscard]] std::int64_t time() const noexcept { return time_; }
  [[nodiscard]] const T& value() const noexcept { return value_; }

 private:
  const EventRange range_;
  const Reader reader_;
  const bool takes_all_;
  std::size_t index_;
  std::int64_t time_ = 0;
  T value_{};
};

/// The order of min and max: NaN after every number and equal to itself, −0.0 equal to +0.0.
inline bool is_less(double left, double right) noexcept {
  return left < right || (right != right && left == left);
}
inline bool is_less(std::int64_t left, std::int64_t right) noexcept { return left < right; }
inline bool is_less(bool left, bool right) noexcept { return !left && right; }
inline bool is_less(std::string_view left, std::string_view right) noexcept { return left < right; }

/// Where the tile of `time` ends, at most the greatest int64. Requires: tile > 0.
inline std::int64_t tile_end(std::int64_t time, std::int64_t tile) noexcept {
  const std::int64_t rest = time % tile;
  std::int64_t end = 0;
  if (!__builtin_add_overflow(time - rest, rest < 0 ? 0 : tile, &end)) return end;
  return std::numeric_limits<std::int64_t>::max();
}

/// The same for an event at or after the end of the last tile: mostly it is in the next one, which
/// saves the division.
inline std::int64_t next_tile_end(std::int64_t last_end, std::int64_t time,
                                  std::int64_t tile) noexcept {
  std::int64_t end = 0;
  if (!__builtin_add_overflow(last_end, tile, &end) && time < end) return end;
  return tile_end(time, tile);
}

/// The sum that FEATURES defines for f64: a left fold in each tile from its first value, then a
/// left fold of the tiles from the first.
struct TiledSum {
  double sum = 0;
  std::int64_t count = 0;
};

template <typename Reader>
TiledSum sum_tiles(const EventRange& range, const Reader& reader, std::int64_t tile) {
  ValueCursor<double, Reader> cursor(range, reader);
  if (!cursor.next()) return {};
  std::int64_t count = 1;
  std::int64_t group_end = tile_end(cursor.time(), tile);
  double group = cursor.value();
  double total = 0;
  bool has_total = false;
  while (cursor.next()) {
    ++count;
    if (cursor.time() < group_end) {
      group += cursor.value();
      continue;
    }
    total = has_total ? total + group : group;
    has_total = true;
    group = cursor.value();
    group_end = next_tile_end(group_end, cursor.time(), tile);
  }
  return {has_total ? total + group : group, count};
}

struct WideSum {
  Int128 sum = 0;
  std::int64_t count = 0;
};

template <typename Reader>
WideSum sum_wide(const EventRange& range, const Reader& reader) {
  WideSum sum;
  ValueCursor<std::int64_t, Reader> cursor(range, reader);
  for (; cursor.next(); ++sum.count) sum.sum += cursor.value();
  return sum;
}

inline void put(Cell& cell, const WideSum& sum, std::uint64_t& overflows) noexcept {
  const auto narrow = static_cast<std::int64_t>(sum.sum);
  if (narrow == sum.sum) {
    put(cell, narrow);
  } else {
    ++overflows;
  }
}

template <typename T, typename Reader>
bool fold_sum(const Aggregate& aggregate, const EventRange& range, const Reader& reader,
              std::uint64_t& overflows, Cell& out) {
  const bool is_average = aggregate.function == Aggregation::avg;
  if constexpr (std::is_same_v<T, double>) {
    const TiledSum sum = sum_tiles(range, reader, aggregate.window.tile);
    if (sum.count == 0) return false;
    put(out, is_average ? sum.sum / static_cast<double>(sum.count) : sum.sum);
    return true;
  } else if constexpr (std::is_same_v<T, std::int64_t>) {
    const WideSum sum = sum_wide(range, reader);
    if (sum.count == 0) return false;
    if (is_average) {
      put(out, static_cast<double>(sum.sum) / static_cast<double>(sum.count));
    } else {
      put(out, sum, overflows);
    }
    return true;
  }
  return false;  // the language has no sum of these types
}

template <typename T, typename Reader>
bool fold_extreme(const Aggregate& aggregate, const EventRange& range, const Reader& reader,
                  Cell& out) {
  const bool is_max = aggregate.function == Aggregation::max;
  ValueCursor<T, Reader> cursor(range, reader);
  if (!cursor.next()) return false;
  T best = cursor.value();
  while (cursor.next()) {
    const T value = cursor.value();
    if (is_max ? is_less(best, value) : is_less(value, best)) best = value;
  }
  if constexpr (std::is_same_v<T, double>) best += 0.0;  // −0.0 to +0.0
  put(out, best);
  return true;
}

template <typename T, typename Reader>
bool fold_first(const EventRange& range, const Reader& reader, Cell& out) {
  ValueCursor<T, Reader> cursor(range, reader);
  if (!cursor.next()) return false;
  put(out, cursor.value());
  return true;
}

template <typename T, typename Reader>
bool fold_last(const EventRange& range, const Reader& reader, Cell& out) {
  for (std::size_t i = range.end; i > range.begin; --i) {
    const RowView row = range.events.row(i - 1);
    T value;
    if (!range.filter.takes(row) || !reader.read(row, value)) continue;
    put(out, value);
    return true;
  }
  return false;
}

template <typename T, typename Reader>
void fold_count(const EventRange& range, const Reader& reader, Cell& out) {
  std::int64_t count = 0;
  ValueCursor<T, Reader> cursor(range, reader);
  while (cursor.next()) ++count;
  put(out, count);
}

/// Writes the value into `out`, which is null before. False when nothing contributed, so that a
/// default stands in. Requires: a function that reads an argument, whose type is held in T.
template <typename T, typename Reader>
bool fold(const Aggregate& aggregate, const EventRange& range, const Reader& reader,
          std::uint64_t& overflows, Cell& out) {
  switch (aggregate.function) {
    case Aggregation::count:
    case Aggregation::count_value: fold_count<T>(range, reader, out); return true;
    case Aggregation::sum:
    case Aggregation::avg: return fold_sum<T>(aggregate, range, reader, overflows, out);
    case Aggregation::min:
    case Aggregation::max: return fold_extreme<T>(aggregate, range, reader, out);
    case Aggregation::first: return fold_first<T>(range, reader, out);
    case Aggregation::last: return fold_last<T>(range, reader, out);
  }
  return false;
}

}  // namespace mlcore
