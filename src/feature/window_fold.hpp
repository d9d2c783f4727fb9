// SPDX-License-Identifier: Apache-2.0
#pragma once

// The folds of aggregates over a range of events: one template for each way to read an argument.
//
//   Folded folded = fold<double>(aggregate, range, ColumnReader<double>(stream, 3));

#include <cstdint>
#include <cstring>
#include <limits>
#include <string_view>
#include <type_traits>

#include "mlcore/base/number.hpp"
#include "mlcore/base/time.hpp"
#include "mlcore/feature/plan.hpp"
#include "mlcore/feature/window.hpp"

namespace mlcore {

__extension__ typedef __int128 Int128;

/// The value of a fold. `is_empty`: nothing contributed, so that a default stands in.
struct Folded {
  Cell cell;
  bool is_empty = true;
};

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
    evaluate(expression_, row, {}, 0, {}, no_parameters_, registers, scratch_.text);
    if (registers.back().is_null) return false;
    value = value_of<T>(registers.back());
    return true;
  }

 private:
  const Expression& expression_;
  WindowScratch& scratch_;
  FittedParameters no_parameters_;
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

/// Calls `step(time, value)` for each value in order, until it returns false.
template <typename T, typename Reader, typename Step>
void for_each_value(const EventRange& range, const Reader& reader, Step step) {
  const bool takes_all = range.filter.takes_all();
  for (std::size_t i = range.begin; i < range.end; ++i) {
    const RowView row = range.events.row(i);
    if (!takes_all && !range.filter.takes(row)) continue;
    T value;
    if (reader.read(row, value) && !step(range.events.time(i), value)) return;
  }
}

/// The order of min and max: NaN after every number and equal to itself, −0.0 equal to +0.0.
inline bool is_less(double left, double right) noexcept {
  return left < right || (right != right && left == left);
}
inline bool is_less(std::int64_t left, std::int64_t right) noexcept { return left < right; }
inline bool is_less(bool left, bool right) noexcept { return !left && right; }
inline bool is_less(std::string_view left, std::string_view right) noexcept { return left < right; }

/// Where the tile of `time` ends, at most the greatest int64. Requires: tile > 0.
inline std::int64_t tile_end(std::int64_t time, std::int64_t tile) noexcept {
  const Int128 end = (Int128{floor_div(time, tile)} + 1) * tile;
  constexpr std::int64_t kGreatest = std::numeric_limits<std::int64_t>::max();
  return end > kGreatest ? kGreatest : static_cast<std::int64_t>(end);
}

/// The sum that FEATURES defines for f64: a left fold in each tile from its first value, then a
/// left fold of the tiles from the first.
struct TiledSum {
  double sum = 0;
  std::int64_t count = 0;
};

template <typename Reader>
TiledSum sum_tiles(const EventRange& range, const Reader& reader, std::int64_t tile) {
  double total = 0;
  double group = 0;
  std::int64_t group_end = 0;
  std::int64_t group_count = 0;  // whole groups in total
  std::int64_t count = 0;
  for_each_value<double>(range, reader, [&](std::int64_t time, double value) {
    if (count > 0 && time < group_end) {
      group += value;
    } else {
      if (count > 0) total = group_count++ == 0 ? group : total + group;
      group = value;
      group_end = tile_end(time, tile);
    }
    ++count;
    return true;
  });
  return {group_count == 0 ? group : total + group, count};
}

struct WideSum {
  Int128 sum = 0;
  std::int64_t count = 0;
};

template <typename Reader>
WideSum sum_wide(const EventRange& range, const Reader& reader) {
  WideSum sum;
  for_each_value<std::int64_t>(range, reader, [&](std::int64_t, std::int64_t value) {
    sum.sum += value;
    ++sum.count;
    return true;
  });
  return sum;
}

inline Folded sum_of(const WideSum& sum, std::uint64_t& overflows) noexcept {
  if (sum.count == 0) return {};
  const auto narrow = static_cast<std::int64_t>(sum.sum);
  if (narrow == sum.sum) return {Cell::of(narrow), false};
  ++overflows;
  return {Cell::null(), false};
}

template <typename T, typename Reader>
Folded fold_sum(const Aggregate& aggregate, const EventRange& range, const Reader& reader,
                std::uint64_t& overflows) {
  const bool is_average = aggregate.function == Aggregation::avg;
  if constexpr (std::is_same_v<T, double>) {
    const TiledSum sum = sum_tiles(range, reader, aggregate.window.tile);
    if (sum.count == 0) return {};
    const double value = is_average ? sum.sum / static_cast<double>(sum.count) : sum.sum;
    return {Cell::of(canonical(value)), false};
  } else if constexpr (std::is_same_v<T, std::int64_t>) {
    const WideSum sum = sum_wide(range, reader);
    if (!is_average || sum.count == 0) return sum_of(sum, overflows);
    return {Cell::of(static_cast<double>(sum.sum) / static_cast<double>(sum.count)), false};
  }
  return {};  // the language has no sum of these types
}

/// A value as it leaves a fold: the canonical NaN, and for min and max no negative zero.
template <typename T>
Cell cell_of(T value, bool is_ordered) noexcept {
  if constexpr (std::is_same_v<T, double>) {
    return Cell::of(canonical(is_ordered ? value + 0.0 : value));
  } else {
    return Cell::of(value);
  }
}

template <typename T, typename Reader>
Folded fold_extreme(const Aggregate& aggregate, const EventRange& range, const Reader& reader) {
  const bool is_max = aggregate.function == Aggregation::max;
  T best{};
  bool is_empty = true;
  for_each_value<T>(range, reader, [&](std::int64_t, const T& value) {
    if (is_empty || (is_max ? is_less(best, value) : is_less(value, best))) {
      best = value;
    }
    is_empty = false;
    return true;
  });
  if (is_empty) return {};
  return {cell_of<T>(best, true), false};
}

template <typename T, typename Reader>
Folded fold_first(const EventRange& range, const Reader& reader) {
  Folded folded;
  for_each_value<T>(range, reader, [&](std::int64_t, const T& value) {
    folded = {cell_of<T>(value, false), false};
    return false;
  });
  return folded;
}

template <typename T, typename Reader>
Folded fold_last(const EventRange& range, const Reader& reader) {
  for (std::size_t i = range.end; i > range.begin; --i) {
    const RowView row = range.events.row(i - 1);
    T value;
    if (!range.filter.takes(row) || !reader.read(row, value)) continue;
    return {cell_of<T>(value, false), false};
  }
  return {};
}

template <typename T, typename Reader>
Folded fold_count(const EventRange& range, const Reader& reader) {
  std::int64_t count = 0;
  for_each_value<T>(range, reader, [&](std::int64_t, const T&) { return ++count > 0; });
  return {Cell::of(count), false};
}

/// Requires: a function that reads an argument, whose type is held in T.
template <typename T, typename Reader>
Folded fold(const Aggregate& aggregate, const EventRange& range, const Reader& reader,
            std::uint64_t& overflows) {
  switch (aggregate.function) {
    case Aggregation::count:
    case Aggregation::count_value: return fold_count<T>(range, reader);
    case Aggregation::sum:
    case Aggregation::avg: return fold_sum<T>(aggregate, range, reader, overflows);
    case Aggregation::min:
    case Aggregation::max: return fold_extreme<T>(aggregate, range, reader);
    case Aggregation::first: return fold_first<T>(range, reader);
    case Aggregation::last: return fold_last<T>(range, reader);
  }
  return {};
}

}  // namespace mlcore
