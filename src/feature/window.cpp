// SPDX-License-Identifier: Apache-2.0
// Outside code uses read_windows and edges_of; State reads stream by stream.
#include <algorithm>
#include <limits>

#include "feature/window_fold.hpp"
#include "feature/window_read.hpp"
#include "mlcore/base/fp_guard.hpp"

namespace mlcore {
namespace {

constexpr std::int64_t kLowest = std::numeric_limits<std::int64_t>::min();
constexpr std::int64_t kGreatest = std::numeric_limits<std::int64_t>::max();
constexpr std::size_t kTextPerNode = 32;

std::int64_t clamp(Int128 value) noexcept {
  if (value < kLowest) return kLowest;
  return value > kGreatest ? kGreatest : static_cast<std::int64_t>(value);
}

Int128 floor_to(Int128 value, std::int64_t unit) noexcept {
  const Int128 rest = value % unit;
  return value - (rest < 0 ? rest + unit : rest);
}

/// The events of a list that one aggregate is over, before `where` and `known`.
struct Bounds {
  std::size_t begin = 0;
  std::size_t end = 0;
};

Bounds bounds_of(const EventList& events, const Window& window, std::int64_t as_of) noexcept {
  const WindowSpan span = span_of(window, as_of);
  if (span.first > span.last) return {};
  const std::size_t end =
      span.last == kGreatest ? events.size() : events.count_before(span.last + 1);
  return {span.first == kLowest ? 0 : std::min(end, events.count_before(span.first)), end};
}

/// Where the `window.event_count` greatest visible events begin.
std::size_t begin_of_last(const EventRange& range, const Window& window) noexcept {
  auto left = static_cast<std::uint64_t>(window.event_count);
  if (range.filter.takes_all()) {
    return range.end - range.begin > left ? range.end - static_cast<std::size_t>(left)
                                          : range.begin;
  }
  std::size_t begin = range.end;
  while (begin > range.begin && left > 0) {
    if (range.filter.takes(range.events.row(--begin))) --left;
  }
  return begin;
}

std::int64_t count_events(const EventRange& range) noexcept {
  if (range.filter.takes_all()) return static_cast<std::int64_t>(range.end - range.begin);
  std::int64_t count = 0;
  for (std::size_t i = range.begin; i < range.end; ++i) {
    if (range.filter.takes(range.events.row(i))) ++count;
  }
  return count;
}

template <typename T>
bool fold_typed(const Aggregate& aggregate, const EventRange& range, WindowScratch& scratch,
                Cell& out) {
  const Node& value = aggregate.argument.nodes.back();
  if (value.op == Op::column) {
    const ColumnReader<T> reader(range.events.stream().layout, value.index);
    return fold<T>(aggregate, range, reader, scratch.overflows, out);
  }
  const ExpressionReader<T> reader(aggregate.argument, scratch);
  return fold<T>(aggregate, range, reader, scratch.overflows, out);
}

/// Writes the value into `out`, which is null before; false when nothing contributed.
bool fold_range(const Aggregate& aggregate, const EventRange& range, WindowScratch& scratch,
                Cell& out) {
  if (aggregate.argument.empty()) {
    put(out, count_events(range));
    return true;
  }
  switch (aggregate.argument.nodes.back().type) {
    case Type::boolean: return fold_typed<bool>(aggregate, range, scratch, out);
    case Type::f64: return fold_typed<double>(aggregate, range, scratch, out);
    case Type::string: return fold_typed<std::string_view>(aggregate, range, scratch, out);
    case Type::i64:
    case Type::timestamp:
    case Type::duration: return fold_typed<std::int64_t>(aggregate, range, scratch, out);
  }
  return false;
}

void put_empty(const Aggregate& aggregate, Cell& out) noexcept {
  if (aggregate.function == Aggregation::count || aggregate.function == Aggregation::count_value) {
    put(out, std::int64_t{0});
  } else if (aggregate.has_default) {
    out = aggregate.default_value;
    if (aggregate.type == Type::string) put(out, std::string_view(aggregate.default_text));
  }
}

}  // namespace

WindowEdges edges_of(const Window& window, std::int64_t as_of) noexcept {
  const bool includes_left = window.closed == Closed::left || window.closed == Closed::both;
  const bool includes_right = window.closed == Closed::right || window.closed == Closed::both;
  const Int128 right = Int128{as_of} - window.delay;
  switch (window.kind) {
    case WindowKind::next: return {as_of, clamp(Int128{as_of} + window.width), true, false};
    case WindowKind::lifetime: return {kLowest, clamp(right), true, includes_right};
    case WindowKind::events:
      if (window.width == 0) return {kLowest, clamp(right), true, includes_right};
      break;
    case WindowKind::duration: break;
  }
  const Int128 left = right - window.width;
  const Int128 hopped = window.hop > 0 ? floor_to(left, window.hop) : left;
  return {clamp(hopped), clamp(right), includes_left, includes_right};
}

WindowSpan span_of(const Window& window, std::int64_t as_of) noexcept {
  const WindowEdges edges = edges_of(window, as_of);
  return {clamp(Int128{edges.left} + (edges.includes_left ? 0 : 1)),
          clamp(Int128{edges.right} - (edges.includes_right ? 0 : 1))};
}

void prepare(std::span<const Aggregate> aggregates, WindowScratch& scratch) {
  std::size_t nodes = 0;
  for (const Aggregate& aggregate : aggregates) {
    nodes = std::max({nodes, aggregate.argument.nodes.size(), aggregate.where.nodes.size()});
  }
  if (scratch.registers.size() < nodes) scratch.registers.resize(nodes);
  if (scratch.text.size() < kTextPerNode * nodes) scratch.text.resize(kTextPerNode * nodes);
}

void read_stream(std::span<const Aggregate> aggregates, std::uint32_t stream,
                 const EventList* events, std::int64_t as_of, WindowScratch& scratch,
                 std::span<Cell> out) {
  const Window* known_window = nullptr;  // whose bounds are known: neighbours often share one
  Bounds bounds;
  for (std::size_t i = 0; i < aggregates.size(); ++i) {
    const Aggregate& aggregate = aggregates[i];
    if (aggregate.stream != stream) continue;
    out[i] = Cell::null();
    if (events == nullptr) {
      put_empty(aggregate, out[i]);
      continue;
    }
    const Window& window = aggregate.window;
    if (known_window == nullptr || *known_window != window) {
      bounds = bounds_of(*events, window, as_of);
      known_window = &window;
    }
    const EventFilter filter(aggregate, events->stream(), as_of, scratch);
    EventRange range{*events, bounds.begin, bounds.end, filter};
    if (window.kind == WindowKind::events) range.begin = begin_of_last(range, window);
    if (!fold_range(aggregate, range, scratch, out[i])) put_empty(aggregate, out[i]);
  }
}

void read_windows(std::span<const Aggregate> aggregates, std::span<const EventList* const> lists,
                  std::int64_t as_of, WindowScratch& scratch, std::span<Cell> out) {
  const FloatingPointGuard guard;
  prepare(aggregates, scratch);
  for (std::uint32_t stream = 0; stream < lists.size(); ++stream) {
    read_stream(aggregates, stream, lists[stream], as_of, scratch, out);
  }
}

}  // namespace mlcore
