// SPDX-License-Identifier: Apache-2.0
#pragma once

// Random streams, windows and events for the comparison with the oracle, and their text and rows.
//
//   oracle::Case one(seed);
//   one.definition;  // parsed from the text of one.specs

#include <fmt/format.h>

#include <cmath>
#include <iterator>
#include <limits>
#include <random>

#include "feature/oracle.hpp"
#include "mlcore/feature/state.hpp"

namespace mlcore::oracle {

/// Seeded choices. std distributions differ between libraries, hence none here.
class Choice {
 public:
  explicit Choice(std::uint64_t seed) : engine_(seed) {}
  std::int64_t below(std::int64_t end) {
    return static_cast<std::int64_t>(engine_() % static_cast<std::uint64_t>(end));
  }
  bool chance(int percent) { return below(100) < percent; }
  template <typename List>
  auto of(const List& list) {
    return *(std::begin(list) + below(static_cast<std::int64_t>(std::size(list))));
  }
  template <typename T>
  auto of(std::initializer_list<T> list) {
    return *(list.begin() + below(static_cast<std::int64_t>(list.size())));
  }
  template <typename T>
  void shuffle(std::vector<T>& list) {
    for (std::size_t i = list.size(); i > 1; --i) {
      std::swap(list[i - 1], list[static_cast<std::size_t>(below(static_cast<std::int64_t>(i)))]);
    }
  }

 private:
  std::mt19937_64 engine_;
};

inline const char* text_of(Argument argument) {
  switch (argument) {
    case Argument::none: return "";
    case Argument::x: return "x";
    case Argument::n: return "n";
    case Argument::w: return "w";
    case Argument::b: return "b";
    case Argument::at: return "at";
    case Argument::minus_x: return "-x";
    case Argument::x_times_3_minus_1: return "x * 3 - 1";
    case Argument::n_times_2: return "n * 2";
  }
  return "";
}

inline const char* text_of(Condition condition) {
  switch (condition) {
    case Condition::none: return "";
    case Condition::b: return " where b";
    case Condition::not_b: return " where not b";
    case Condition::x_above_1: return " where x > 1";
    case Condition::w_is_a: return " where w == \"a\"";
    case Condition::x_is_null: return " where is_null(x)";
    case Condition::n_even: return " where n % 2 == 0";
  }
  return "";
}

inline std::string window_text(const Spec& spec) {
  std::string text;
  switch (spec.kind) {
    case Kind::duration:
      text = fmt::format(" last {}s", spec.width);
      if (spec.hop > 0) text += fmt::format(" hop {}s", spec.hop);
      break;
    case Kind::lifetime: text = " lifetime"; break;
    case Kind::events:
      text = fmt::format(" last {} events", spec.event_count);
      if (spec.width > 0) text += fmt::format(" within {}s", spec.width);
      break;
    case Kind::next: return fmt::format(" next {}s", spec.width);
  }
  constexpr const char* kClosed[] = {"left", "right", "both", "neither"};
  if (spec.delay > 0) text += fmt::format(" delay {}s", spec.delay);
  if (spec.closed != Edge::left) {
    text += fmt::format(" closed {}", kClosed[static_cast<int>(spec.closed)]);
  }
  return text;
}

inline std::string text_of(const Spec& spec) {
  constexpr const char* kNames[] = {"count", "count", "sum", "avg", "min", "max", "first", "last"};
  std::string text =
      fmt::format("{}({}) over s{}{}", kNames[static_cast<int>(spec.function)],
                  text_of(spec.argument), text_of(spec.condition), window_text(spec));
  if (!spec.has_default) return text;
  const Answer value = default_of(spec);
  if (const auto* number = std::get_if<double>(&value)) {
    return text + fmt::format(" default {:.1f}", *number);
  }
  if (std::holds_alternative<bool>(value)) return text + " default true";
  return text + (std::holds_alternative<std::string>(value) ? " default \"none\"" : " default -7");
}

inline std::string text_of(const StreamSpec& stream, const std::vector<Spec>& specs) {
  std::string text = fmt::format(
      "features f version 1\n"
      "stream s(k: string key, at: timestamp event, x: f64?, n: i64?, w: string?, b: "
      "bool?{}{}){}\n",
      stream.has_known ? ", seen: timestamp known" : "", stream.has_tie ? ", line: i64 tie" : "",
      stream.has_dedup ? " dedup(n)" : "");
  std::string names;
  for (std::size_t i = 0; i < specs.size(); ++i) {
    text += fmt::format("v{} = {}\ne{} = is_null(v{})\n", i, text_of(specs[i]), i, i);
    names += fmt::format("{}e{}", i == 0 ? "" : ", ", i);
  }
  return text + "output [" + names + "]\n";
}

inline constexpr std::int64_t kWidths[] = {
    1, 7, 12, 119, 120, 3600, 43'200, 86'400, 3 * 86'400, 12 * 86'400, 90 * 86'400, 336 * 86'400};

inline Spec random_spec(Choice& choice) {
  Spec spec;
  spec.function = static_cast<Function>(choice.below(8));
  spec.condition = choice.chance(50) ? Condition::none : static_cast<Condition>(choice.below(7));
  const bool is_number = spec.function == Function::sum || spec.function == Function::avg;
  if (is_number) {
    spec.argument = choice.of(
        {Argument::x, Argument::x, Argument::n, Argument::x_times_3_minus_1, Argument::n_times_2});
  } else if (spec.function != Function::count) {
    spec.argument = static_cast<Argument>(1 + choice.below(8));
  }
  const bool can_default = spec.function > Function::count_value && spec.argument != Argument::at;
  spec.has_default = can_default && choice.chance(30);
  spec.kind = choice.of({Kind::duration, Kind::duration, Kind::lifetime, Kind::events});
  if (spec.kind == Kind::duration || (spec.kind == Kind::events && choice.chance(50))) {
    spec.width = choice.of(kWidths);
  }
  if (spec.kind == Kind::duration && choice.chance(30)) {
    spec.hop = std::max<std::int64_t>(1, spec.width / (1 + choice.below(20)));
  }
  if (spec.kind == Kind::events) spec.event_count = 1 + choice.below(6);
  if (choice.chance(30)) spec.delay = choice.of({1, 7, 3600, 86'400});
  spec.closed = static_cast<Edge>(choice.below(4));
  return spec;
}

inline std::optional<double> random_x(Choice& choice) {
  constexpr double kInfinity = std::numeric_limits<double>::infinity();
  if (choice.chance(15)) return std::nullopt;
  if (choice.chance(60)) return static_cast<double>(choice.below(2000) - 1000) / 10;
  if (choice.chance(40)) return 0.0;
  return choice.of({0.0, -0.0, 1.0, 0.1, 1e16, -1e16, 1e-300, 5e-324, 1e308, 1.7e308, -1.7e308,
                    kInfinity, -kInfinity, static_cast<double>(NAN)});
}

inline std::optional<std::int64_t> random_n(Choice& choice) {
  if (choice.chance(20)) return std::nullopt;
  if (choice.chance(90)) return choice.below(9) - 4;
  return choice.of(
      {std::numeric_limits<std::int64_t>::min(), std::numeric_limits<std::int64_t>::max()});
}

/// A stream, windows over it, events at and around their edges, and times to look from.
struct Case {
  StreamSpec stream;
  std::vector<Spec> specs;
  std::vector<Event> events;
  std::vector<std::int64_t> times;
  Definition definition;
  Choice choice;

  explicit Case(std::uint64_t seed) : choice(seed) {
    stream = {choice.chance(30), choice.chance(30), choice.chance(30)};
    for (std::int64_t i = 1 + choice.below(6); i > 0; --i) specs.push_back(random_spec(choice));
    base_ = choice.of({std::int64_t{0}, std::int64_t{-3 * 86'400 * kSecond},
                       std::int64_t{883'612'800 * kSecond}, std::int64_t{-62'000'000'000 * kSecond},
                       std::int64_t{253'000'000'000 * kSecond}});
    for (std::int64_t i = choice.below(25); i > 0; --i) events.push_back(random_event());
    for (int i = 0; i < 4; ++i) times.push_back(random_time());
    definition = Definition::parse(text_of(stream, specs));
  }

  void write(const Event& event, const std::string& key, RowBuilder& builder) const {
    std::uint32_t field = 6;
    builder.set_string(0, key);
    builder.set_i64(1, event.at);
    if (event.x) builder.set_f64(2, *event.x);
    if (event.n) builder.set_i64(3, *event.n);
    if (event.w) builder.set_string(4, *event.w);
    if (event.b) builder.set_boolean(5, *event.b);
    if (stream.has_known) builder.set_i64(field++, event.known);
    if (stream.has_tie) builder.set_i64(field, event.line);
  }

  [[nodiscard]] Bytes row(const Event& event, const std::string& key = "k") const {
    RowBuilder builder(definition.streams()[0].layout);
    write(event, key, builder);
    const ByteView bytes = builder.finish();
    return {bytes.begin(), bytes.end()};
  }

  [[nodiscard]] RowBatch batch(const std::vector<Event>& list, const std::string& key = "k") const {
    RowBatch rows;
    for (const Event& event : list) rows.append(row(event, key));
    return rows;
  }

 private:
  /// Whole steps of some window's length from the base, or the beginning of one of its tiles; now
  /// and then a microsecond beside.
  std::int64_t random_time() {
    const Spec& spec =
        specs[static_cast<std::size_t>(choice.below(static_cast<std::int64_t>(specs.size())))];
    const std::int64_t length = std::max<std::int64_t>(1, spec.hop > 0 ? spec.hop : spec.width);
    const std::int64_t unit = length * kSecond / choice.of({1, 2, 4, 1000});
    const std::int64_t step = choice.below(17) - 8;
    const std::int64_t aside = choice.chance(20) ? choice.of({-1, 1}) : 0;
    const std::int64_t tile = tile_of(spec) * kSecond;
    if (choice.chance(40)) return (floor_of(base_, tile) + step) * tile + aside;
    return base_ + step * unit + aside;
  }

  Event random_event() {
    Event event;
    event.at = !events.empty() && choice.chance(40) ? choice.of(events).at : random_time();
    event.x = random_x(choice);
    event.n = random_n(choice);
    if (choice.chance(80)) event.w = choice.of({"", "a", "b", "\xC3\xA9", "ab"});
    if (choice.chance(80)) event.b = choice.chance(50);
    event.known = choice.chance(50) ? event.at : random_time();
    event.line = choice.below(3);
    return !events.empty() && choice.chance(10) ? choice.of(events) : event;
  }

  std::int64_t base_ = 0;
};

}  // namespace mlcore::oracle
