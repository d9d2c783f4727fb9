// SPDX-License-Identifier: Apache-2.0
#include <doctest/doctest.h>

#include <algorithm>
#include <cstring>
#include <limits>
#include <random>

#include "feature/sales.hpp"
#include "feature/snapshot_bytes.hpp"
#include "mlcore/base/time.hpp"
#include "mlcore/feature/state.hpp"

namespace mlcore {
namespace {

using test::Sale;

constexpr std::int64_t kDay = kMicrosPerDay;

Definition counting(const std::string& clause = "") {
  return test::sales("n = count() over sales last 10d\n", "n", clause);
}

/// A few keys, ties and strings, some events forgotten, two sources.
Bytes small_snapshot(const Definition& definition) {
  State state(definition, {.lateness = kDay, .complete_from = -5000 * kDay});
  state.ingest(0, test::batch_of(definition, {{.customer = "b", .at = 3, .cds = 4, .shop = "s"},
                                              {.customer = "b", .at = 3, .cds = 4, .shop = "s"},
                                              {.customer = "b", .at = 2, .amount = 0.5},
                                              {.customer = "a", .at = -30 * kDay}}));
  state.ingest(0, test::batch_of(definition, {{.customer = "", .at = 5, .paid = true}}), "one", 7);
  state.ingest(0, test::batch_of(definition, {{.customer = "c", .at = 1}}), "two", -1);
  state.expire(2);
  return state.snapshot();
}

/// The reason for which these bytes are refused; `none` when they are taken.
Reason refusal(const Definition& definition, ByteView bytes, StateOptions options = {}) {
  try {
    (void)State::restore(definition, bytes, options);
    return Reason::none;
  } catch (const Error& error) {
    return error.reason();
  }
}

Reason refusal_repaired(const Definition& definition, Bytes bytes) {
  test::repair(bytes);
  return refusal(definition, bytes);
}

std::int64_t count_of(const State& state, const Definition& definition, const std::string& customer,
                      std::int64_t as_of) {
  const test::Request request(definition, customer, as_of);
  AggregateValues values;
  state.read(definition, request.row, values);
  return values.cells.at(0).i64;
}

}  // namespace

TEST_CASE("snapshot: restore gives an equal state, empty ones too") {
  const Definition definition = counting();
  const State empty(definition, {});
  CHECK(State::restore(definition, empty.snapshot(), {})->snapshot() == empty.snapshot());
  const Bytes bytes = small_snapshot(definition);
  const auto state = State::restore(definition, bytes, {});
  CHECK(state->snapshot() == bytes);
  CHECK(state->key_count() == 3);
  CHECK(state->event_count() == 5);
  CHECK(count_of(*state, definition, "b", kDay) == 3);
  CHECK(state->ingest(0, RowBatch{}, "one", 7).replayed == 0);
  CHECK(state->ingest(0, test::batch_of(definition, {{.at = 1}}), "one", 7).replayed == 1);
  CHECK(state->ingest(0, test::batch_of(definition, {{.at = 1 - kDay}})).late == 1);  // 2 − 1 d
  CHECK(state->ingest(0, test::batch_of(definition, {{.at = 2 - kDay}})).accepted == 1);
}

TEST_CASE("snapshot: equal states give equal bytes, whatever came first and in which batches") {
  const Definition definition = counting(" dedup(cds)");
  std::vector<Sale> sales;
  std::mt19937_64 engine(5);
  for (int i = 0; i < 400; ++i) {
    sales.push_back({.customer = std::to_string(engine() % 40),
                     .at = static_cast<std::int64_t>(engine() % 50),
                     .cds = static_cast<std::int64_t>(engine() % 5),
                     .amount = static_cast<double>(engine() % 3)});
  }
  Bytes first;
  for (std::uint64_t seed = 0; seed < 20; ++seed) {
    CAPTURE(seed);
    std::shuffle(sales.begin(), sales.end(), engine);
    State state(definition, {});
    for (std::size_t begin = 0; begin < sales.size();) {
      const std::size_t end = std::min(sales.size(), begin + 1 + engine() % 100);
      const auto from = sales.begin() + static_cast<std::ptrdiff_t>(begin);
      state.ingest(
          0, test::batch_of(definition, {from, sales.begin() + static_cast<std::ptrdiff_t>(end)}));
      begin = end;
    }
    if (seed == 0) first = state.snapshot();
    CHECK(state.snapshot() == first);
  }
}

TEST_CASE("snapshot: every bit flip and every truncation is refused") {
  const Definition definition = counting();
  const Bytes good = small_snapshot(definition);
  REQUIRE(refusal(definition, good) == Reason::none);
  for (std::size_t bit = 0; bit < 8 * good.size(); ++bit) {
    Bytes bytes = good;
    bytes[bit / 8] ^= static_cast<std::uint8_t>(1u << (bit % 8));
    CAPTURE(bit);
    CHECK(refusal(definition, bytes) != Reason::none);
  }
  for (std::size_t size = 0; size < good.size(); ++size) {
    CAPTURE(size);
    CHECK(refusal(definition, ByteView(good).first(size)) == Reason::truncated);
    CHECK(refusal_repaired(definition,
                           Bytes(good.begin(), good.begin() + static_cast<std::ptrdiff_t>(size))) !=
          Reason::none);
  }
  Bytes longer = good;
  longer.push_back(0);
  CHECK(refusal(definition, longer) == Reason::malformed_snapshot);
  CHECK(refusal_repaired(definition, longer) == Reason::truncated);
}

TEST_CASE("snapshot: random edits behind a right checksum are refused or mean what they say") {
  const Definition definition = counting();
  const Bytes good = small_snapshot(definition);
  std::mt19937_64 engine(17);
  int taken = 0;
  for (int i = 0; i < 50'000; ++i) {
    CAPTURE(i);
    Bytes bytes = good;
    for (std::uint64_t edits = 1 + engine() % 3; edits > 0; --edits) {
      const std::size_t at = engine() % bytes.size();
      if (engine() % 8 == 0) {
        bytes.erase(bytes.begin() + static_cast<std::ptrdiff_t>(at));
      } else if (engine() % 8 == 0) {
        bytes.insert(bytes.begin() + static_cast<std::ptrdiff_t>(at),
                     bytes[engine() % bytes.size()]);
      } else {
        bytes[at] = static_cast<std::uint8_t>(engine() % 4 == 0 ? engine() : bytes[at] + 1);
      }
    }
    test::repair(bytes);
    try {
      const auto state = State::restore(definition, bytes, {});
      CHECK(state->snapshot() == bytes);
      ++taken;
    } catch (const Error& error) {
      CHECK(error.reason() != Reason::none);
    }
  }
  CHECK(taken > 100);  // values of rows can be changed
}

TEST_CASE("snapshot: what no state can hold is refused") {
  const Definition definition = counting();
  const Definition dedup = counting(" dedup(cds)");
  State state(definition, {});
  state.ingest(0, test::batch_of(definition, {{.customer = "a", .at = 1, .cds = 1},
                                              {.customer = "a", .at = 2, .cds = 1},
                                              {.customer = "b", .at = 1, .cds = 1}}));
  const Bytes good = state.snapshot();
  constexpr std::size_t kAbsentAt = test::kFirstDigestAt + 32 + 4;
  constexpr std::size_t kKeysAt = kAbsentAt + 8;
  constexpr std::size_t kFirstKeyAt = kKeysAt + 8;
  constexpr std::size_t kFirstRowAt = kFirstKeyAt + 8 + 8 + 4;
  const RowLayout& layout = definition.streams()[0].layout;
  const std::size_t row_size = layout.fixed_size() + 1;
  const std::size_t second_row_at = kFirstRowAt + row_size + 4;
  const std::size_t third_row_at = second_row_at + row_size + 8 + 8 + 4;
  REQUIRE(good.size() == third_row_at + row_size + test::kCrcSize);
  const auto edited = [&](std::size_t at, int width, std::uint64_t value) {
    Bytes bytes = good;
    test::put(bytes, at, width, value);
    return refusal_repaired(definition, bytes);
  };
  CHECK(edited(0, 1, 0x88) == Reason::malformed_snapshot);
  CHECK(edited(test::kVersionAt, 4, 1) == Reason::newer_format);
  CHECK(edited(test::kLatenessAt, 1, 2) == Reason::malformed_snapshot);
  CHECK(edited(test::kLatenessAt + 1, 8, 5) == Reason::malformed_snapshot);  // absent, not 0
  CHECK(edited(test::kLatenessAt + 18, 1, 1) ==
        Reason::malformed_snapshot);  // expired, no lateness
  CHECK(edited(test::kStreamCountAt, 4, 2) == Reason::stream_mismatch);
  CHECK(edited(test::kStreamCountAt, 4, 0xFFFFFFFF) == Reason::stream_mismatch);
  CHECK(edited(test::kFirstDigestAt, 1, 0) == Reason::stream_mismatch);
  CHECK(edited(test::kFirstDigestAt + 32, 4, 0xFFFFFFFF) == Reason::malformed_snapshot);  // sources
  CHECK(edited(kKeysAt, 8, ~std::uint64_t{0}) == Reason::malformed_snapshot);
  CHECK(edited(kKeysAt, 8, 1) == Reason::truncated);                   // bytes left over
  CHECK(edited(kFirstKeyAt, 8, 2) == Reason::malformed_snapshot);      // event 1 is forgotten
  CHECK(edited(kFirstKeyAt + 8, 8, 0) == Reason::malformed_snapshot);  // no events
  CHECK(edited(kFirstKeyAt + 8, 8, 1ull << 60) == Reason::malformed_snapshot);
  CHECK(edited(kFirstRowAt - 4, 4, 0xFFFFFFFF) == Reason::truncated);
  const std::size_t time = layout.slot_offset(1);
  CHECK(edited(kFirstRowAt + time, 8, 3) == Reason::malformed_snapshot);  // out of order
  CHECK(edited(kFirstRowAt + time, 8, 1ull << 62) == Reason::malformed_snapshot);
  CHECK(edited(second_row_at + row_size - 1, 1, 'b') == Reason::malformed_snapshot);  // another key
  CHECK(edited(second_row_at + row_size - 1, 1, 0xFF) == Reason::malformed_snapshot);  // UTF-8
  CHECK(edited(third_row_at + row_size - 1, 1, 'a') == Reason::malformed_snapshot);    // key order
  const std::size_t amount = layout.slot_offset(3);
  CHECK(edited(kFirstRowAt + amount, 8, 1) == Reason::malformed_snapshot);  // a null with a slot
  Bytes bytes = good;  // −0.0, which is stored as +0.0
  bytes[kFirstRowAt + 8] &= static_cast<std::uint8_t>(~(1u << 3));
  test::put(bytes, kFirstRowAt + amount, 8, std::uint64_t{1} << 63);
  CHECK(refusal_repaired(definition, bytes) == Reason::malformed_snapshot);
  test::put(bytes, kFirstRowAt + amount, 8, 0);
  CHECK(refusal_repaired(definition, bytes) == Reason::none);

  State identified(dedup, {});
  identified.ingest(0, test::batch_of(dedup, {{.at = 1, .cds = 1, .amount = 1.0},
                                              {.at = 1, .cds = 2, .amount = 1.0}}));
  Bytes twice = identified.snapshot();
  const std::size_t row_at = twice.size() - test::kCrcSize - row_size;
  test::put(twice, row_at + layout.slot_offset(2), 8, 1);
  test::put(twice, row_at + amount + 7, 1, 0x7F);
  CHECK(refusal_repaired(dedup, twice) == Reason::malformed_snapshot);
}

TEST_CASE("snapshot: its streams must be the definition's, in any order") {
  const std::string a = "stream a(k: string key, at: timestamp event)\n";
  const std::string b = "stream b(k: string key, at: timestamp event)\n";
  const auto named = [&](const std::string& first, const std::string& second) {
    return Definition::parse("features f version 1\n" + first + second +
                             "na = count() over a lifetime\nnb = count() over b lifetime\n"
                             "output [na, nb]\n");
  };
  const Definition definition = named(a, b);
  const Definition swapped = named(b, a);
  State state(definition, {});
  RowBatch batch;
  RowBuilder builder(definition.streams()[0].layout);
  builder.set_string(0, "c");
  builder.set_i64(1, 5);
  batch.append(builder.finish());
  state.ingest(0, batch);
  state.ingest(1, batch);
  state.ingest(1, batch);
  const auto other = State::restore(swapped, state.snapshot(), {});
  CHECK(count_of(*other, swapped, "c", 9) == 1);
  CHECK(count_of(*other, definition, "c", 9) == 1);
  const Definition more = named(a, "stream b(k: string key, at: timestamp event, x: f64)\n");
  CHECK(refusal(more, state.snapshot()) == Reason::stream_mismatch);
  const Definition role = named(a, "stream b(k: string key, at: timestamp event) dedup()\n");
  CHECK(refusal(role, state.snapshot()) == Reason::stream_mismatch);
  CHECK(refusal(counting(), state.snapshot()) == Reason::stream_mismatch);
}

TEST_CASE("snapshot: lateness and complete_from are its own, limits are the option's") {
  const Definition definition = counting();
  const Bytes bytes = small_snapshot(definition);
  CHECK(refusal(definition, bytes, {.lateness = kDay}) == Reason::none);
  CHECK(refusal(definition, bytes, {.lateness = 2 * kDay}) == Reason::invalid_option);
  CHECK(refusal(definition, bytes, {.complete_from = -5000 * kDay}) == Reason::none);
  CHECK(refusal(definition, bytes, {.complete_from = 0}) == Reason::invalid_option);
  CHECK(refusal(definition, State(definition, {}).snapshot(), {.lateness = 0}) ==
        Reason::invalid_option);
  CHECK(refusal(definition, bytes, {.max_keys = 3}) == Reason::none);
  CHECK(refusal(definition, bytes, {.max_keys = 2}) == Reason::state_full);
  CHECK(refusal(definition, bytes, {.max_bytes = 100}) == Reason::state_full);
  const std::uint64_t needed = State::restore(definition, bytes, {})->memory();
  CHECK(refusal(definition, bytes, {.max_bytes = 2 * needed}) == Reason::none);
}

TEST_CASE("snapshot: a definition that reaches further back knows what was forgotten before") {
  const Definition narrow = counting();
  const Definition wide = test::sales("n = count() over sales last 50d\n", "n");
  State state(narrow, {.lateness = 0});
  for (std::int64_t day = 0; day <= 100; ++day) {
    state.ingest(0, test::batch_of(narrow, {{.at = day * kDay}}));
  }
  state.expire(100 * kDay);
  const auto restored = State::restore(wide, state.snapshot(), {});
  CHECK(count_of(*restored, narrow, "c", 100 * kDay) == 10);
  CHECK_THROWS_AS((void)count_of(*restored, wide, "c", 100 * kDay), Error);
  for (std::int64_t day = 101; day <= 140; ++day) {
    restored->ingest(0, test::batch_of(narrow, {{.at = day * kDay}}));
  }
  restored->expire(140 * kDay);
  CHECK(count_of(*restored, wide, "c", 140 * kDay) == 50);
}

}  // namespace mlcore
