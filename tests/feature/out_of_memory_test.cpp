// SPDX-License-Identifier: Apache-2.0
// Lists and states when the n-th allocation fails, for every n: nothing is lost or half done.
#include <doctest/doctest.h>

#include <limits>
#include <new>
#include <random>

#include "feature/sales.hpp"
#include "mlcore/base/error.hpp"
#include "mlcore/feature/state.hpp"
#include "predict/allocation_counter.hpp"

namespace mlcore {
namespace {

using test::FailingAllocations;
using test::Sale;

constexpr std::uint64_t kOnce = 1;
constexpr std::uint64_t kFromThenOn = std::numeric_limits<std::uint64_t>::max();
const char* const kSource = "a source whose name is on the heap";

Definition counting(const std::string& clause) {
  return test::sales("n = count() over sales last 1s\n", "n", clause);
}

std::vector<Sale> random_sales(int count, int customers) {
  std::mt19937_64 engine(3);
  std::vector<Sale> sales;
  for (int i = 0; i < count; ++i) {
    sales.push_back({.customer = "a customer on the heap, " + std::to_string(engine() % customers),
                     .at = static_cast<std::int64_t>(engine() % 20),
                     .cds = static_cast<std::int64_t>(engine() % 6),
                     .shop = std::string(engine() % 60, 's')});
  }
  return sales;
}

/// Runs `call` with the first, the second, … allocation failing, alone or with all behind it, until
/// it succeeds. After each run `check` is told whether it failed, and at which row, -1 for none.
template <typename Call, typename Check>
void with_failures(Call call, Check check) {
  for (const std::uint64_t failures : {kOnce, kFromThenOn}) {
    for (std::uint64_t succeeding = 0;; ++succeeding) {
      CAPTURE(failures);
      CAPTURE(succeeding);
      bool has_failed = false;
      std::int64_t row = -1;
      try {
        const FailingAllocations fail(succeeding, failures);
        call();
      } catch (const std::bad_alloc&) {
        has_failed = true;
      } catch (const Error& error) {
        has_failed = error.reason() == Reason::out_of_memory;
        row = error.where().row;
        REQUIRE(has_failed);
      }
      check(has_failed, row);
      if (!has_failed) break;
    }
  }
}

std::vector<Bytes> rows_of(EventList events) {
  events.settle();
  std::vector<Bytes> rows;
  for (std::size_t i = 0; i < events.size(); ++i) {
    const ByteView row = events.row(i).bytes();
    rows.emplace_back(row.begin(), row.end());
  }
  return rows;
}

/// 30 rows, one that is cut off, 30 rows.
RowBatch batch_with_invalid_row(const Definition& definition, int customers) {
  RowBatch batch;
  for (const Sale& sale : random_sales(60, customers)) {
    if (batch.size() == 30) {
      const Bytes cut(batch[0].begin(), batch[0].begin() + 12);
      batch.append(cut);
    }
    test::append(definition, sale, batch);
  }
  return batch;
}

std::uint64_t row_count(const IngestReport& report) {
  return report.accepted + report.late + report.duplicate + report.conflict + report.invalid +
         report.replayed;
}

}  // namespace

TEST_CASE("out of memory: an event list is what it was, and takes the event later") {
  for (const char* clause : {"", " dedup(cds)"}) {
    CAPTURE(std::string(clause));
    const Definition definition = counting(clause);
    const Stream& stream = definition.streams()[0];
    EventList undisturbed(stream);
    EventList events(stream);
    const RowBatch batch = test::batch_of(definition, random_sales(300, 1));
    for (std::size_t i = 0; i < batch.size(); ++i) {
      CAPTURE(i);
      const RowView row = RowView::parse(stream.layout, batch[i]);
      const std::vector<Bytes> before = rows_of(events);
      Insertion insertion = Insertion::accepted;
      for (std::uint64_t succeeding = 0;; ++succeeding) {
        try {
          const FailingAllocations fail(succeeding, kFromThenOn);
          insertion = events.add(row);
          if (i % 3 == 0) events.settle();
          break;
        } catch (const std::bad_alloc&) {
        }
        REQUIRE(rows_of(events) == before);
      }
      REQUIRE(insertion == undisturbed.insert(row));
    }
    CHECK(rows_of(events) == rows_of(undisturbed));
    std::size_t erased = 0;
    {
      const FailingAllocations fail(0, kFromThenOn);
      erased = events.erase_before(15);
    }
    CHECK(erased == undisturbed.erase_before(15));
    CHECK(rows_of(events) == rows_of(undisturbed));
    CHECK(events.erase_before(16) == undisturbed.erase_before(16));
    CHECK(rows_of(events) == rows_of(undisturbed));
  }
}

TEST_CASE("out of memory: a batch goes on at the row that failed, and memory is counted right") {
  for (const char* clause : {"", " dedup(cds)"}) {
    for (const int customers : {1, 40}) {
      CAPTURE(std::string(clause));
      CAPTURE(customers);
      const Definition definition = counting(clause);
      const StateOptions options{.lateness = 1000};
      const RowBatch batch = batch_with_invalid_row(definition, customers);
      State whole(definition, options);
      CHECK(whole.ingest(0, batch, kSource, 5).invalid == 1);
      const Bytes expected = whole.snapshot();
      whole.expire(5'000'000);
      auto state = std::make_unique<State>(definition, options);
      const auto finish = [&](bool has_failed, std::int64_t row) {
        if (has_failed) {
          const IngestReport rest = state->ingest(0, batch, kSource, 5);
          REQUIRE(rest.replayed == static_cast<std::uint64_t>(std::max<std::int64_t>(row, 0)));
          REQUIRE(row_count(rest) == batch.size());
        }
        REQUIRE(state->snapshot() == expected);
        state->expire(5'000'000);
        REQUIRE(state->event_count() + state->key_count() == 0);
        // With one key the hash tables are of one size.
        if (customers == 1) REQUIRE(state->memory() == whole.memory());
        state = std::make_unique<State>(definition, options);
      };
      with_failures([&] { state->ingest(0, batch, kSource, 5); }, finish);
    }
  }
}

TEST_CASE("out of memory: expire needs none") {
  const Definition definition = counting(" dedup(cds)");
  State undisturbed(definition, {.lateness = 0});
  State state(definition, {.lateness = 0});
  const RowBatch batch = test::batch_of(definition, random_sales(500, 20));
  undisturbed.ingest(0, batch);
  state.ingest(0, batch);
  undisturbed.expire(1'000'010);
  {
    const FailingAllocations fail(0, kFromThenOn);
    state.expire(1'000'010);
  }
  CHECK(state.event_count() == undisturbed.event_count());
  CHECK(state.snapshot() == undisturbed.snapshot());
  state.expire(9'000'000);
  undisturbed.expire(9'000'000);
  CHECK(state.key_count() == 0);
}

TEST_CASE("out of memory: a snapshot that was not taken or not restored can be again") {
  const Definition definition = counting(" dedup(cds)");
  State state(definition, {.lateness = 1000});
  state.ingest(0, test::batch_of(definition, random_sales(60, 10)), kSource, 5);
  const Bytes expected = state.snapshot();
  Bytes snapshot;
  std::unique_ptr<State> restored;
  with_failures([&] { snapshot = state.snapshot(); }, [](bool, std::int64_t) {});
  CHECK(snapshot == expected);
  with_failures([&] { restored = State::restore(definition, expected, {}); },
                [](bool, std::int64_t) {});
  CHECK(restored->snapshot() == expected);
}

}  // namespace mlcore
