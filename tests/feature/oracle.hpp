// SPDX-License-Identifier: Apache-2.0
#pragma once

// What FEATURES §3 and §4 say a window is worth, written from that page alone and with no thought
// of speed: it looks at every event for every answer and shares no code with the library.
//
//   Answer answer = oracle(spec, accepted_events, as_of);

#include <algorithm>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <variant>
#include <vector>

namespace mlcore::oracle {

__extension__ typedef __int128 Wide;

struct Event {
  std::int64_t at = 0;
  std::optional<double> x{};  // NaN and −0.0 as they were given
  std::optional<std::int64_t> n{};
  std::optional<std::string> w{};
  std::optional<bool> b{};
  std::int64_t known = 0;
  std::int64_t line = 0;
};

/// Which columns the stream declares.
struct StreamSpec {
  bool has_known = false;
  bool has_tie = false;
  bool has_dedup = false;  // dedup(n)
};

enum class Function { count, count_value, sum, avg, min, max, first, last };
enum class Argument { none, x, n, w, b, at, minus_x, x_times_3_minus_1, n_times_2 };
enum class Condition { none, b, not_b, x_above_1, w_is_a, x_is_null, n_even };
enum class Kind { duration, lifetime, events, next };
enum class Edge { left, right, both, neither };

struct Spec {
  Function function = Function::count;
  Argument argument = Argument::none;
  Condition condition = Condition::none;
  Kind kind = Kind::lifetime;
  std::int64_t width = 0;  // seconds; of `events` the within, 0 = none
  std::int64_t hop = 0;
  std::int64_t delay = 0;
  std::int64_t event_count = 0;
  Edge closed = Edge::left;
  bool has_default = false;
};

/// Null, i64 (also a time), f64, text or bool.
using Answer = std::variant<std::monostate, std::int64_t, double, std::string, bool>;

inline constexpr std::int64_t kSecond = 1'000'000;

// A number of i64 or f64 that stands for null where it is absent.
template <typename T>
int order(const std::optional<T>& left, const std::optional<T>& right) {
  if (!left || !right)
    return static_cast<int>(left.has_value()) - static_cast<int>(right.has_value());
  return *left < *right ? -1 : (*right < *left ? 1 : 0);
}

inline int order_text(const std::optional<std::string>& left,
                      const std::optional<std::string>& right) {
  if (!left || !right)
    return static_cast<int>(left.has_value()) - static_cast<int>(right.has_value());
  const auto is_before = [](char a, char b) {
    return static_cast<unsigned char>(a) < static_cast<unsigned char>(b);
  };
  const auto less = [&](const std::string& a, const std::string& b) {
    return std::lexicographical_compare(a.begin(), a.end(), b.begin(), b.end(), is_before);
  };
  return less(*left, *right) ? -1 : (less(*right, *left) ? 1 : 0);
}

/// "Before ordering NaN → null, −0.0 → +0.0."
inline Event stored(Event event) {
  if (event.x && *event.x != *event.x) event.x.reset();
  if (event.x && *event.x == 0) event.x = 0.0;
  return event;
}

/// "event time, tie columns, then all declared columns in declaration order".
inline int order(const StreamSpec& stream, const Event& left, const Event& right) {
  if (left.at != right.at) return left.at < right.at ? -1 : 1;
  if (stream.has_tie && left.line != right.line) return left.line < right.line ? -1 : 1;
  if (const int by = order(left.x, right.x)) return by;
  if (const int by = order(left.n, right.n)) return by;
  if (const int by = order_text(left.w, right.w)) return by;
  if (const int by = order(left.b, right.b)) return by;
  if (stream.has_known && left.known != right.known) return left.known < right.known ? -1 : 1;
  return 0;
}

/// The events in total order; of each identity only the greatest.
inline std::vector<Event> sorted(const StreamSpec& stream, const std::vector<Event>& given) {
  std::vector<Event> events;
  for (const Event& event : given) events.push_back(stored(event));
  std::stable_sort(events.begin(), events.end(), [&](const Event& left, const Event& right) {
    return order(stream, left, right) < 0;
  });
  if (!stream.has_dedup) return events;
  std::vector<Event> kept;
  for (std::size_t i = 0; i < events.size(); ++i) {
    bool is_greatest = true;
    for (std::size_t j = i + 1; j < events.size(); ++j) {
      if (events[j].at == events[i].at && events[j].n == events[i].n) is_greatest = false;
    }
    if (is_greatest) kept.push_back(events[i]);
  }
  return kept;
}

inline bool holds(Condition condition, const Event& event) {
  switch (condition) {
    case Condition::none: return true;
    case Condition::b: return event.b.value_or(false);
    case Condition::not_b: return event.b.has_value() && !*event.b;
    case Condition::x_above_1: return event.x.has_value() && *event.x > 1;
    case Condition::w_is_a: return event.w.has_value() && *event.w == "a";
    case Condition::x_is_null: return !event.x.has_value();
    case Condition::n_even: return event.n.has_value() && *event.n % 2 == 0;
  }
  return false;
}

inline std::int64_t floor_of(std::int64_t value, std::int64_t unit) {
  std::int64_t quotient = value / unit;
  while (quotient * unit > value) --quotient;
  return quotient;
}

/// "Edges: a = t − delay − w, b = t − delay …"; `next D` = [t, t + D).
inline bool is_inside(const Spec& spec, std::int64_t at, std::int64_t t) {
  if (spec.kind == Kind::next) return at >= t && at < t + spec.width * kSecond;
  const std::int64_t b = t - spec.delay * kSecond;
  const bool has_right = spec.closed == Edge::right || spec.closed == Edge::both;
  if (at > b || (at == b && !has_right)) return false;
  if (spec.kind == Kind::lifetime || spec.width == 0) return true;
  std::int64_t a = b - spec.width * kSecond;
  if (spec.hop > 0) a = floor_of(a, spec.hop * kSecond) * spec.hop * kSecond;
  const bool has_left = spec.closed == Edge::left || spec.closed == Edge::both;
  return at > a || (at == a && has_left);
}

/// "the largest of {1s, 10s, 1m, 10m, 1h, 6h, 1d, 7d, 28d} with 12·h ≤ w (1s if none)", seconds.
inline std::int64_t tile_of(const Spec& spec) {
  if (spec.hop > 0) return spec.hop;
  if (spec.kind == Kind::lifetime || spec.kind == Kind::events) return 28 * 86'400;
  std::int64_t tile = 1;
  for (const std::int64_t size :
       {1, 10, 60, 600, 3600, 6 * 3600, 86'400, 7 * 86'400, 28 * 86'400}) {
    if (12 * size <= spec.width) tile = size;
  }
  return tile;
}

inline std::vector<Event> visible(const StreamSpec& stream, const Spec& spec,
                                  const std::vector<Event>& given, std::int64_t t) {
  std::vector<Event> events;
  for (const Event& event : sorted(stream, given)) {
    if (!is_inside(spec, event.at, t)) continue;
    if (stream.has_known && spec.kind != Kind::next && event.known > t) continue;
    if (holds(spec.condition, event)) events.push_back(event);
  }
  if (spec.kind == Kind::events) {
    while (static_cast<std::int64_t>(events.size()) > spec.event_count)
      events.erase(events.begin());
  }
  return events;
}

inline Answer value_of(Argument argument, const Event& event) {
  switch (argument) {
    case Argument::none: return {};
    case Argument::x: return event.x ? Answer(*event.x) : Answer();
    case Argument::n: return event.n ? Answer(*event.n) : Answer();
    case Argument::w: return event.w ? Answer(*event.w) : Answer();
    case Argument::b: return event.b ? Answer(*event.b) : Answer();
    case Argument::at: return event.at;
    case Argument::minus_x: return event.x ? Answer(-*event.x) : Answer();
    case Argument::x_times_3_minus_1: {
      if (!event.x) return {};
      const double product = *event.x * 3;
      return product - 1;
    }
    case Argument::n_times_2: {
      if (!event.n) return {};
      const Wide twice = static_cast<Wide>(*event.n) * 2;
      if (twice != static_cast<std::int64_t>(twice)) return {};
      return static_cast<std::int64_t>(twice);
    }
  }
  return {};
}

struct Value {
  std::int64_t at;
  Answer value;
};

/// "Group V by floor(event/h). Each group: a left fold starting from its first element. Value =
/// left fold of the non-empty groups in ascending order, starting from the first group."
inline double tiled_sum(const std::vector<Value>& values, std::int64_t tile) {
  std::map<std::int64_t, std::vector<double>> groups;
  for (const Value& one : values) {
    groups[floor_of(one.at, tile * kSecond)].push_back(std::get<double>(one.value));
  }
  std::vector<double> sums;
  for (const auto& [index, group] : groups) {
    double sum = group[0];
    for (std::size_t i = 1; i < group.size(); ++i) sum = sum + group[i];
    sums.push_back(sum);
  }
  double sum = sums[0];
  for (std::size_t i = 1; i < sums.size(); ++i) sum = sum + sums[i];
  return sum;
}

inline Answer sum_or_average(const Spec& spec, const std::vector<Value>& values) {
  const bool is_average = spec.function == Function::avg;
  const auto count = static_cast<double>(values.size());
  if (std::holds_alternative<double>(values[0].value)) {
    const double sum = tiled_sum(values, tile_of(spec));
    return is_average ? sum / count : sum;
  }
  Wide sum = 0;
  for (const Value& one : values) sum += std::get<std::int64_t>(one.value);
  if (is_average) return static_cast<double>(sum) / count;
  if (sum != static_cast<std::int64_t>(sum)) return {};
  return static_cast<std::int64_t>(sum);
}

inline Answer default_of(const Spec& spec) {
  const bool is_average = spec.function == Function::avg;
  switch (spec.argument) {
    case Argument::none: return {};
    case Argument::x:
    case Argument::minus_x:
    case Argument::x_times_3_minus_1: return 2.5;
    case Argument::n:
    case Argument::n_times_2: return is_average ? Answer(-7.0) : Answer(std::int64_t{-7});
    case Argument::w: return std::string("none");
    case Argument::b: return true;
    case Argument::at: return {};
  }
  return {};
}

/// A greatest or least value; no NaN comes here, and −0.0 only from a computation.
inline Answer extreme(const std::vector<Value>& values, bool is_max) {
  Answer best = values[0].value;
  for (const Value& one : values) {
    bool is_less = one.value < best;
    bool is_greater = best < one.value;
    if (const auto* text = std::get_if<std::string>(&one.value)) {
      const int by = order_text(*text, std::get<std::string>(best));
      is_less = by < 0;
      is_greater = by > 0;
    }
    if (is_max ? is_greater : is_less) best = one.value;
  }
  if (const auto* number = std::get_if<double>(&best); number != nullptr && *number == 0)
    return 0.0;
  return best;
}

inline Answer oracle(const StreamSpec& stream, const Spec& spec, const std::vector<Event>& given,
                     std::int64_t t) {
  const std::vector<Event> events = visible(stream, spec, given, t);
  if (spec.function == Function::count) return static_cast<std::int64_t>(events.size());
  std::vector<Value> values;
  for (const Event& event : events) {
    Answer value = value_of(spec.argument, event);
    if (value.index() != 0) values.push_back({event.at, std::move(value)});
  }
  if (spec.function == Function::count_value) return static_cast<std::int64_t>(values.size());
  if (values.empty()) return spec.has_default ? default_of(spec) : Answer();
  switch (spec.function) {
    case Function::count:
    case Function::count_value: break;
    case Function::sum:
    case Function::avg: return sum_or_average(spec, values);
    case Function::min: return extreme(values, false);
    case Function::max: return extreme(values, true);
    case Function::first: return values.front().value;
    case Function::last: return values.back().value;
  }
  return {};
}

}  // namespace mlcore::oracle
