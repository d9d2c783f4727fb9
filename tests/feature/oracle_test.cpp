// SPDX-License-Identifier: Apache-2.0
// Every way to read a window against the naive oracle, by bits, over seeded random cases.
#include <doctest/doctest.h>

#include <bit>
#include <sstream>

#include "feature/oracle_case.hpp"
#include "mlcore/base/number.hpp"
#include "mlcore/base/time.hpp"

namespace mlcore {
namespace {

using oracle::Answer;
using oracle::Case;
using oracle::Event;
using oracle::Spec;

/// The bits of an answer, as text: `null`, `i64 5`, `f64 3ff0000000000000`, `text a`, `bool 1`.
std::string shown(const Answer& answer) {
  if (const auto* value = std::get_if<std::int64_t>(&answer)) return fmt::format("i64 {}", *value);
  if (const auto* value = std::get_if<double>(&answer)) {
    const std::uint64_t bits =
        *value != *value ? 0x7FF8000000000000u : std::bit_cast<std::uint64_t>(*value);
    return fmt::format("f64 {:016x}", bits);
  }
  if (const auto* value = std::get_if<std::string>(&answer)) return "text " + *value;
  if (const auto* value = std::get_if<bool>(&answer)) return *value ? "bool 1" : "bool 0";
  return "null";
}

std::string shown(const Cell& cell, Type type) {
  if (cell.is_null) return "null";
  switch (type) {
    case Type::boolean: return cell.boolean ? "bool 1" : "bool 0";
    case Type::f64: return fmt::format("f64 {:016x}", std::bit_cast<std::uint64_t>(cell.f64));
    case Type::string: return "text " + std::string(cell.text);
    case Type::i64:
    case Type::timestamp:
    case Type::duration: return fmt::format("i64 {}", cell.i64);
  }
  return {};
}

std::string shown(std::span<const Cell> cells, std::span<const Aggregate> aggregates) {
  std::string text;
  for (std::size_t i = 0; i < cells.size(); ++i) {
    text += shown(cells[i], aggregates[i].type) + " | ";
  }
  return text;
}

std::string expected(const Case& one, const std::vector<Event>& events, std::int64_t as_of) {
  std::string text;
  for (const Spec& spec : one.specs) {
    text += shown(oracle::oracle(one.stream, spec, events, as_of)) + " | ";
  }
  return text;
}

Bytes request(const Definition& definition, const std::string& key, std::int64_t as_of) {
  RowBuilder builder(definition.request());
  builder.set_string(0, key);
  builder.set_i64(1, as_of);
  const ByteView bytes = builder.finish();
  return {bytes.begin(), bytes.end()};
}

std::string from_state(const Case& one, const State& state, std::int64_t as_of,
                       const std::string& key = "k") {
  const Bytes bytes = request(one.definition, key, as_of);
  AggregateValues values;
  state.read(one.definition, RowView::parse(one.definition.request(), bytes), values);
  return shown(values.cells, one.definition.aggregates());
}

std::string from_events(const Case& one, const std::vector<Event>& events, std::int64_t as_of) {
  const Bytes bytes = request(one.definition, "k", as_of);
  AggregateValues values;
  const RowBatch batches[] = {one.batch(events)};
  read_events(one.definition, RowView::parse(one.definition.request(), bytes), batches, values);
  return shown(values.cells, one.definition.aggregates());
}

bool is_timestamp(std::int64_t time) { return time >= kFirstTimestamp && time <= kLastTimestamp; }

/// Leaves out what no packed row can hold.
void keep_timestamps(Case& one) {
  std::erase_if(one.events, [](const Event& event) {
    return !is_timestamp(event.at) || !is_timestamp(event.known);
  });
  std::erase_if(one.times, [](std::int64_t time) { return !is_timestamp(time); });
}

}  // namespace

TEST_CASE("oracle: lists, states, snapshots and the caller's events give its bits") {
  std::uint64_t with_null = 0;
  std::uint64_t without_null = 0;
  for (std::uint64_t seed = 1; seed <= 4000; ++seed) {
    CAPTURE(seed);
    Case one(seed);
    keep_timestamps(one);
    CAPTURE(oracle::text_of(one.stream, one.specs));
    EventList list(one.definition.streams()[0]);
    auto state = std::make_unique<State>(one.definition, StateOptions{});
    one.choice.shuffle(one.events);
    const auto cut = static_cast<std::size_t>(
        one.choice.below(static_cast<std::int64_t>(one.events.size()) + 1));
    const auto middle = one.events.begin() + static_cast<std::ptrdiff_t>(cut);
    state->ingest(0, one.batch({one.events.begin(), middle}));
    state->ingest(0, one.batch(one.events, "other key"));
    state = State::restore(one.definition, state->snapshot(), {});
    state->ingest(0, one.batch({middle, one.events.end()}));
    one.choice.shuffle(one.events);
    for (const Event& event : one.events) {
      list.insert(RowView::parse(one.definition.streams()[0].layout, one.row(event)));
    }
    for (const std::int64_t as_of : one.times) {
      CAPTURE(as_of);
      const std::string wanted = expected(one, one.events, as_of);
      std::vector<Cell> cells(one.specs.size());
      WindowScratch scratch;
      const EventList* lists[] = {&list};
      read_windows(one.definition.aggregates(), lists, as_of, scratch, cells);
      REQUIRE(shown(cells, one.definition.aggregates()) == wanted);
      REQUIRE(from_state(one, *state, as_of) == wanted);
      REQUIRE(from_state(one, *state, as_of, "other key") == wanted);
      REQUIRE(from_events(one, one.events, as_of) == wanted);
      ++(wanted.find("null") == std::string::npos ? without_null : with_null);
    }
  }
  // The cases must not be empty ones.
  CHECK(with_null > 2000);
  CHECK(without_null > 2000);
}

TEST_CASE("oracle: labels look ahead") {
  for (std::uint64_t seed = 1; seed <= 500; ++seed) {
    CAPTURE(seed);
    Case one(seed);
    keep_timestamps(one);
    Spec spec = oracle::random_spec(one.choice);
    spec.kind = oracle::Kind::next;
    spec.width = one.choice.of(oracle::kWidths);
    spec.hop = 0;
    const std::string text = "is_null(" + oracle::text_of(spec) + ")";
    CAPTURE(text);
    const Label label = parse_label(one.definition, text);
    EventList list(one.definition.streams()[0]);
    for (const Event& event : one.events) {
      list.insert(RowView::parse(one.definition.streams()[0].layout, one.row(event)));
    }
    for (const std::int64_t as_of : one.times) {
      CAPTURE(as_of);
      Cell cell;
      WindowScratch scratch;
      const EventList* lists[] = {&list};
      read_windows(label.aggregates, lists, as_of, scratch, {&cell, 1});
      const Answer wanted = oracle::oracle(one.stream, spec, one.events, as_of);
      REQUIRE(shown(cell, label.aggregates.at(0).type) == shown(wanted));
    }
  }
}

namespace {

/// The admission rule of FEATURES §3 for one key.
struct Admission {
  std::int64_t lateness;
  std::optional<std::int64_t> newest{};
  std::optional<std::int64_t> expired{};

  [[nodiscard]] std::optional<std::int64_t> horizon() const {
    if (!newest && !expired) return std::nullopt;
    return std::max(newest.value_or(*(expired ? expired : newest)),
                    expired.value_or(*(newest ? newest : expired))) -
           lateness;
  }
  bool accepts(const Event& event) {
    if (horizon() && event.at < *horizon()) return false;
    newest = std::max(newest.value_or(event.at), event.at);
    return true;
  }
};

}  // namespace

TEST_CASE("oracle: late events, expiry and snapshots change no bit of what is still answered") {
  std::uint64_t late = 0;
  std::uint64_t refused = 0;
  std::uint64_t answered = 0;
  for (std::uint64_t seed = 1; seed <= 3000; ++seed) {
    CAPTURE(seed);
    Case one(seed);
    keep_timestamps(one);
    CAPTURE(oracle::text_of(one.stream, one.specs));
    const std::int64_t lateness = one.choice.of(oracle::kWidths) * oracle::kSecond;
    Admission admission{lateness};
    std::vector<Event> accepted;
    auto state = std::make_unique<State>(one.definition, StateOptions{.lateness = lateness});
    for (const Event& event : one.events) {
      const bool is_accepted = admission.accepts(event);
      const IngestReport report = state->ingest(0, one.batch({event}));
      REQUIRE((report.late == 0) == is_accepted);
      if (is_accepted) accepted.push_back(event);
      late += report.late;
      if (one.choice.chance(10)) state = State::restore(one.definition, state->snapshot(), {});
      if (one.choice.chance(90) || one.times.empty()) continue;
      const std::int64_t expiry = one.choice.of(one.times);
      state->expire(expiry);
      admission.expired = std::max(admission.expired.value_or(expiry), expiry);
    }
    for (const std::int64_t as_of : one.times) {
      CAPTURE(as_of);
      if (admission.expired && as_of < *admission.horizon()) {
        ++refused;
        CHECK_THROWS_AS((void)from_state(one, *state, as_of), Error);
        continue;
      }
      ++answered;
      REQUIRE(from_state(one, *state, as_of) == expected(one, accepted, as_of));
    }
  }
  CHECK(late > 1000);
  CHECK(refused > 500);
  CHECK(answered > 1000);
}

}  // namespace mlcore
