// SPDX-License-Identifier: Apache-2.0
// A state under load: from many threads, and at its limits.
#include <doctest/doctest.h>
#include <malloc.h>

#include <atomic>
#include <random>
#include <thread>

#include "feature/sales.hpp"
#include "mlcore/base/time.hpp"
#include "mlcore/feature/state.hpp"

namespace mlcore {
namespace {

using test::Request;
using test::Sale;

constexpr int kSources = 4;
constexpr int kBatches = 60;
constexpr int kRowsABatch = 10;

Definition counting() {
  return test::sales(
      "n = count() over sales lifetime closed right\n"
      "total = sum(amount) over sales lifetime closed right\n",
      "n, total");
}

/// Batch `number` of a source: every customer's amounts are 1, so that sum and count agree.
RowBatch batch_of(const Definition& definition, int source, int number) {
  std::mt19937_64 engine(static_cast<std::uint64_t>(source * 1000 + number));
  RowBatch batch;
  for (int i = 0; i < kRowsABatch; ++i) {
    const Sale sale{.customer = "c" + std::to_string(engine() % 7),
                    .at = static_cast<std::int64_t>(engine() % 1000),
                    .cds = static_cast<std::int64_t>(engine() % 3),
                    .amount = 1.0};
    test::append(definition, sale, batch);
  }
  return batch;
}

std::string source_name(int source) { return "source " + std::to_string(source); }

void ingest_all(State& state, const Definition& definition, int source) {
  for (int i = 0; i < kBatches; ++i) {
    state.ingest(0, batch_of(definition, source, i), source_name(source), i);
  }
}

/// Reads every customer until `is_done`; false when a read saw half a change.
bool read_until(const State& state, const Definition& definition,
                const std::atomic<bool>& is_done) {
  AggregateValues values;
  std::vector<std::int64_t> last(7, 0);
  bool is_right = true;
  while (!is_done) {
    for (int i = 0; i < 7; ++i) {
      const Request request(definition, "c" + std::to_string(i), 1000);
      state.read(definition, request.row, values);
      const std::int64_t count = values.cells[0].i64;
      const double total = values.cells[1].is_null ? 0 : values.cells[1].f64;
      is_right = is_right && static_cast<double>(count) == total && count >= last[i];
      last[i] = count;
    }
    is_right = is_right && state.keys(0, 1000).size() <= 7 && state.event_count() <= 2400;
  }
  return is_right;
}

}  // namespace

TEST_CASE("state: ingest, read, snapshot and restore from many threads") {
  const Definition definition = counting();
  State whole(definition, {});
  for (int source = 0; source < kSources; ++source) ingest_all(whole, definition, source);
  const Bytes expected = whole.snapshot();
  REQUIRE(whole.event_count() == kSources * kBatches * kRowsABatch);

  State state(definition, {});
  std::atomic<bool> is_done = false;
  std::atomic<bool> is_right = true;
  std::vector<std::vector<Bytes>> snapshots(kSources);
  std::vector<std::thread> writers;
  for (int source = 0; source < kSources; ++source) {
    writers.emplace_back([&, source] {
      for (int i = 0; i < kBatches; ++i) {
        state.ingest(0, batch_of(definition, source, i), source_name(source), i);
        if (i % 12 == source) snapshots[source].push_back(state.snapshot());
      }
    });
  }
  std::thread reader([&] { is_right = read_until(state, definition, is_done); });
  for (std::thread& writer : writers) writer.join();
  is_done = true;
  reader.join();
  CHECK(is_right);
  CHECK(state.snapshot() == expected);
  // From any snapshot, replaying every source from its start gives the whole: nothing twice.
  for (int taker = 0; taker < kSources; ++taker) {
    REQUIRE(snapshots[taker].size() == 5);
    for (const Bytes& snapshot : snapshots[taker]) {
      const auto restored = State::restore(definition, snapshot, {});
      CHECK(restored->event_count() % kRowsABatch == 0);
      for (int source = 0; source < kSources; ++source) ingest_all(*restored, definition, source);
      CHECK(restored->snapshot() == expected);
    }
  }
}

TEST_CASE("state: expire while others ingest and read") {
  const Definition definition = test::sales("n = count() over sales last 1s\n", "n");
  State state(definition, {.lateness = 0});
  std::atomic<bool> is_done = false;
  std::atomic<std::uint64_t> wrong = 0;
  std::thread expirer([&] {
    for (std::int64_t time = 0; !is_done; time += 1000) state.expire(time % 3'000'000);
  });
  std::vector<std::thread> writers;
  for (int source = 0; source < 2; ++source) {
    writers.emplace_back([&, source] {
      const std::string customer = "c" + std::to_string(source);
      AggregateValues values;
      for (std::int64_t i = 0; i < 2000; ++i) {
        const std::int64_t at = 10'000'000 + 500'000 * i;
        state.ingest(0, test::batch_of(definition, {{.customer = customer, .at = at}}));
        state.read(definition, Request(definition, customer, at + 1).row, values);
        const std::int64_t wanted = std::min<std::int64_t>(i + 1, 2);
        if (values.cells[0].i64 != wanted) ++wrong;
      }
    });
  }
  for (std::thread& writer : writers) writer.join();
  is_done = true;
  expirer.join();
  CHECK(wrong == 0);
  state.expire(kLastTimestamp);
  CHECK(state.event_count() == 0);
  CHECK(state.key_count() == 0);
}

TEST_CASE("state: memory stays within max_bytes, from many threads, and is what malloc took") {
  const Definition definition = counting();
  constexpr std::uint64_t kMost = 4u << 20;
  const std::size_t before = mallinfo2().uordblks;
  State state(definition, {.max_bytes = kMost});
  std::vector<std::thread> writers;
  std::atomic<std::uint64_t> refused = 0;
  std::atomic<bool> is_exceeded = false;
  for (std::uint64_t seed = 0; seed < 4; ++seed) {
    writers.emplace_back([&, seed] {
      std::mt19937_64 engine(seed);
      for (int i = 0; i < 20'000; ++i) {
        const Sale sale{.customer = "customer number " + std::to_string(engine() % 3000),
                        .at = static_cast<std::int64_t>(engine() % 1000),
                        .shop = std::string(engine() % 40, 's')};
        try {
          state.ingest(0, test::batch_of(definition, {sale}));
        } catch (const Error& error) {
          if (error.reason() == Reason::state_full) ++refused;
        }
        if (state.memory() > kMost) is_exceeded = true;
      }
    });
  }
  for (std::thread& writer : writers) writer.join();
  CHECK(refused > 0);
  CHECK(!is_exceeded);
  CHECK(state.memory() > kMost * 9 / 10);
  const std::size_t after = mallinfo2().uordblks;
  if (after > before) {  // a sanitizer's malloc says 0
    const double ratio = static_cast<double>(after - before) / static_cast<double>(state.memory());
    CAPTURE(ratio);
    CHECK(ratio < 1.05);
    CHECK(ratio > 0.95);
  }
  // What there is can still be read, and forgotten events make room.
  CHECK(state.event_count() > 10'000);
}

TEST_CASE("state: max_bytes holds from the first key on, whose map takes its first buckets") {
  const Definition definition = counting();
  const RowBatch batch = test::batch_of(definition, {{.customer = "a customer on the heap"}});
  State unlimited(definition, {});
  unlimited.ingest(0, batch);
  for (std::uint64_t most = unlimited.memory() / 2; most < unlimited.memory(); ++most) {
    CAPTURE(most);
    State state(definition, {.max_bytes = most});
    CHECK_THROWS_AS(state.ingest(0, batch), Error);
    CHECK(state.memory() == 0);
  }
}

TEST_CASE("state: expiry gives back the memory it counted") {
  const Definition definition = test::sales("n = count() over sales last 1s\n", "n");
  State state(definition, {.max_bytes = 1u << 20, .lateness = 0});
  const std::uint64_t empty = state.memory();
  std::uint64_t after_first = 0;
  for (int round = 0; round < 5; ++round) {
    CAPTURE(round);
    for (int i = 0; i < 3000; ++i) {
      state.ingest(0, test::batch_of(definition, {{.customer = std::to_string(i % 1000),
                                                   .at = round * 10'000'000 + i,
                                                   .shop = std::string(20, 'x')}}));
    }
    state.expire((round + 1) * 10'000'000 - 1);
    CHECK(state.key_count() == 0);
    // Only the buckets of the maps are left.
    if (round == 0) after_first = state.memory();
    CHECK(state.memory() == after_first);
    CHECK(state.memory() - empty < 64 * 100 * 8);
  }
}

}  // namespace mlcore
