// SPDX-License-Identifier: Apache-2.0
#include "mlcore/drift/shard.hpp"

#include <doctest/doctest.h>

#include <atomic>
#include <set>
#include <thread>

#include "drift/columns.hpp"
#include "predict/allocation_counter.hpp"

namespace mlcore {
namespace {

const Reference& reference() {
  static const Reference made = reference_of(make_rows(1, 20'000));
  return made;
}

/// A request of a country and a time, as definitions lay it out.
const RowLayout& layout() {
  static const RowLayout made(
      Schema({{"country", Type::string, true}, {"as_of", Type::timestamp, false}}));
  return made;
}

Bytes request(std::optional<std::string_view> country, std::int64_t as_of) {
  RowBuilder builder(layout());
  if (country) builder.set_string(0, *country);
  builder.set_i64(1, as_of);
  const ByteView row = builder.finish();
  return {row.begin(), row.end()};
}

std::shared_ptr<PaneRing> make_ring(PaneOptions options) {
  return std::make_shared<PaneRing>(std::make_shared<const Reference>(reference()),
                                    RequestColumns{{0}, 1}, options);
}

std::span<const double> numbers_of(const Rows& rows, std::size_t row) {
  return std::span(rows.numbers).subspan(row * kNumbers, kNumbers);
}

void add(DriftShard& shard, const Rows& rows, std::size_t row, std::int64_t as_of) {
  const Bytes bytes = request(rows.countries[row], as_of);
  shard.begin_row();
  shard.add_row(RowView::parse(layout(), bytes), numbers_of(rows, row), {&rows.scores[row], 1});
}

void add_batch(DriftShard& shard, const Rows& rows, const std::vector<std::int64_t>& as_of) {
  constexpr std::size_t kTile = 100;
  shard.begin_batch(kTile);
  for (std::size_t row = 0; row < rows.size(); ++row) {
    const Bytes bytes = request(rows.countries[row], as_of[row]);
    shard.stage(RowView::parse(layout(), bytes), numbers_of(rows, row));
    const std::size_t staged = row % kTile + 1;
    if (staged < kTile && row + 1 < rows.size()) continue;
    shard.add_staged({&rows.scores[row + 1 - staged], staged, 1});
  }
  shard.end_batch();
}

PaneCounts all_of(const PaneSnapshot& seen) {
  PaneCounts sum(reference());
  for (const Pane& pane : seen.panes) sum += pane.counts;
  return sum;
}

std::uint64_t rows_of(const PaneSnapshot& seen) {
  std::uint64_t rows = 0;
  for (const Pane& pane : seen.panes) rows += pane.rows;
  return rows;
}

constexpr std::int64_t kDay = 86'400'000'000;

}  // namespace

TEST_CASE("shard: rows, batches and the counters of a pane say the same") {
  const Rows rows = make_rows(2, 1234);
  const PaneCounts expected = counted(reference(), rows);
  const auto by_row = make_ring({.pane_rows = 5000});
  const auto by_batch = make_ring({.pane_rows = 5000});
  {
    DriftShard shard(by_row);
    for (std::size_t row = 0; row < rows.size(); ++row) add(shard, rows, row, 0);
    const PaneSnapshot seen = by_row->snapshot();
    CHECK(seen.calls.row_latency.count() == (1234 + 15) / 16);
    CHECK(seen.calls.batch_latency.count() == 0);
  }
  DriftShard shard(by_batch);
  add_batch(shard, rows, std::vector<std::int64_t>(rows.size(), 0));
  for (const auto& ring : {by_row, by_batch}) {
    const PaneSnapshot seen = ring->snapshot();
    REQUIRE(seen.panes.size() == 1);
    CHECK(seen.panes[0].number == 0);
    CHECK(seen.panes[0].rows == 1234);
    CHECK(seen.panes[0].counts == expected);
    CHECK(seen.rows == 1234);
    CHECK(seen.late_rows == 0);
  }
  CHECK(by_batch->snapshot().calls.batch_latency.count() == 1);
}

TEST_CASE("shard: a second snapshot counts nothing again, and an empty ring has no pane") {
  const auto ring = make_ring({});
  CHECK(ring->snapshot().panes.empty());
  DriftShard shard(ring);
  CHECK(ring->snapshot().panes.empty());
  shard.add_failure(Reason::malformed_row);
  const Rows rows = make_rows(3, 5);
  for (std::size_t row = 0; row < 5; ++row) add(shard, rows, row, 0);
  const PaneSnapshot first = ring->snapshot();
  const PaneSnapshot second = ring->snapshot();
  CHECK(first.rows == 5);
  CHECK(second.rows == 5);
  CHECK(all_of(first) == all_of(second));
  CHECK(first.calls == second.calls);
  CHECK(first.calls.failures.count_of(Reason::malformed_row) == 1);
}

TEST_CASE("shard: many shards are one shard") {
  const Rows rows = make_rows(4, 999);
  std::vector<std::int64_t> days;
  for (std::size_t row = 0; row < rows.size(); ++row) {
    days.push_back(kDay * static_cast<std::int64_t>(row / 200));
  }
  const auto one = make_ring({.pane_micros = kDay});
  const auto many = make_ring({.pane_micros = kDay});
  DriftShard single(one);
  for (std::size_t row = 0; row < rows.size(); ++row) add(single, rows, row, days[row]);
  {
    std::vector<std::unique_ptr<DriftShard>> shards;
    for (int i = 0; i < 5; ++i) shards.push_back(std::make_unique<DriftShard>(many));
    for (std::size_t row = 0; row < rows.size(); ++row) {
      add(*shards[row * 7 % 5], rows, row, days[row]);
    }
  }  // what a shard has counted stays when it is gone
  const PaneSnapshot expected = one->snapshot();
  const PaneSnapshot seen = many->snapshot();
  REQUIRE(expected.panes.size() == 5);
  REQUIRE(seen.panes.size() == 5);
  for (std::size_t i = 0; i < 5; ++i) {
    CHECK(seen.panes[i].number == expected.panes[i].number);
    CHECK(seen.panes[i].rows == expected.panes[i].rows);
    CHECK(seen.panes[i].counts == expected.panes[i].counts);
  }
}

TEST_CASE("shard: every row is in the pane of its as_of, whatever the order") {
  const Rows rows = make_rows(5, 600);
  const std::int64_t times[] = {-1, 0, kDay - 1, kDay, -kDay, -kDay - 1};
  std::vector<std::int64_t> as_of;
  std::vector<Rows> by_pane(4);  // panes −2 to 1
  SampleRandom random(6);
  for (std::size_t row = 0; row < rows.size(); ++row) {
    as_of.push_back(times[random.below(6)]);
    const std::int64_t pane =
        as_of.back() >= 0 ? as_of.back() / kDay : -((-as_of.back() - 1) / kDay) - 1;
    Rows& wanted = by_pane[static_cast<std::size_t>(pane + 2)];
    const auto numbers = numbers_of(rows, row);
    wanted.numbers.insert(wanted.numbers.end(), numbers.begin(), numbers.end());
    wanted.countries.push_back(rows.countries[row]);
    wanted.scores.push_back(rows.scores[row]);
  }
  const auto one_by_one = make_ring({.pane_micros = kDay});
  const auto batch = make_ring({.pane_micros = kDay});
  DriftShard rows_shard(one_by_one);
  DriftShard batch_shard(batch);
  for (std::size_t row = 0; row < rows.size(); ++row) add(rows_shard, rows, row, as_of[row]);
  add_batch(batch_shard, rows, as_of);
  for (const auto& ring : {one_by_one, batch}) {
    const PaneSnapshot seen = ring->snapshot();
    REQUIRE(seen.panes.size() == 4);
    for (std::size_t i = 0; i < 4; ++i) {
      CHECK(seen.panes[i].number == static_cast<std::int64_t>(i) - 2);
      CHECK(seen.panes[i].rows == by_pane[i].size());
      CHECK(seen.panes[i].counts == counted(reference(), by_pane[i]));
    }
  }
}

TEST_CASE("shard: panes by count are full but for the last") {
  const Rows rows = make_rows(7, 1050);
  for (const bool in_batch : {false, true}) {
    CAPTURE(in_batch);
    const auto ring = make_ring({.pane_rows = 100, .max_panes = 4});
    DriftShard shard(ring);
    if (in_batch) {
      add_batch(shard, rows, std::vector<std::int64_t>(rows.size(), 0));
    } else {
      for (std::size_t row = 0; row < rows.size(); ++row) add(shard, rows, row, 0);
    }
    const PaneSnapshot seen = ring->snapshot();
    REQUIRE(seen.panes.size() == 4);
    CHECK(seen.panes[0].number == 7);
    for (std::size_t i = 0; i < 3; ++i) CHECK(seen.panes[i].rows == 100);
    CHECK(seen.panes[3].rows == 50);
    CHECK(seen.rows == 1050);
    CHECK(seen.late_rows == 0);
  }
}

TEST_CASE("shard: late rows are counted as such; one far in the future takes one place") {
  const Rows rows = make_rows(8, 100);
  const auto ring = make_ring({.pane_micros = kDay, .max_panes = 3});
  DriftShard shard(ring);
  constexpr std::int64_t kYear9999 = 253'402'300'799'999'999;
  const auto numbers = [&] {
    std::vector<std::int64_t> found;
    for (const Pane& pane : ring->snapshot().panes) found.push_back(pane.number);
    return found;
  };
  for (std::size_t row = 0; row < 3; ++row) add(shard, rows, row, kDay * std::int64_t(row));
  CHECK(numbers() == std::vector<std::int64_t>{0, 1, 2});
  add(shard, rows, 3, -kDay);
  CHECK(ring->snapshot().late_rows == 1);
  add(shard, rows, 4, kYear9999);
  CHECK(numbers() == std::vector<std::int64_t>{1, 2, kYear9999 / kDay});
  for (std::size_t row = 5; row < 50; ++row) add(shard, rows, row, 3 * kDay);
  CHECK(numbers() == std::vector<std::int64_t>{2, 3, kYear9999 / kDay});
  CHECK(ring->snapshot().panes[1].rows == 45);
  for (std::size_t row = 50; row < 100; ++row) add(shard, rows, row, 0);
  const PaneSnapshot seen = ring->snapshot();
  CHECK(seen.late_rows == 51);
  CHECK(seen.rows == 100);
}

TEST_CASE("shard: a pane that was pushed out is gone exactly") {
  const Rows old_rows = make_rows(9, 300);
  const Rows rows = make_rows(10, 300);
  const auto ring = make_ring({.pane_micros = kDay, .max_panes = 1});
  DriftShard shard(ring);
  for (std::size_t row = 0; row < old_rows.size(); ++row) add(shard, old_rows, row, 0);
  for (std::size_t row = 0; row < rows.size(); ++row) add(shard, rows, row, kDay);
  const PaneSnapshot seen = ring->snapshot();
  REQUIRE(seen.panes.size() == 1);
  CHECK(seen.panes[0].counts == counted(reference(), rows));
  CHECK(seen.rows == 600);
  CHECK(seen.late_rows == 0);
}

TEST_CASE("shard: a writer and a reader beside it lose no row and count none twice") {
  const Rows rows = make_rows(11, 500);
  std::vector<Bytes> requests;
  constexpr std::uint64_t kRounds = 40, kWriters = 2;
  for (std::size_t row = 0; row < rows.size(); ++row) {
    requests.push_back(request(rows.countries[row], kDay * static_cast<std::int64_t>(row / 100)));
  }
  const auto ring = make_ring({.pane_micros = kDay});
  std::atomic<std::uint64_t> writing{kWriters};
  std::vector<std::thread> writers;
  for (std::uint64_t writer = 0; writer < kWriters; ++writer) {
    writers.emplace_back([&] {
      DriftShard shard(ring);
      for (std::uint64_t round = 0; round < kRounds; ++round) {
        for (std::size_t row = 0; row < rows.size(); ++row) {
          shard.begin_row();
          shard.add_row(RowView::trusted(layout(), requests[row]), numbers_of(rows, row),
                        {&rows.scores[row], 1});
        }
        shard.add_failure(Reason::type_mismatch);
      }
      --writing;
    });
  }
  std::uint64_t last = 0;
  do {
    const PaneSnapshot seen = ring->snapshot();
    CHECK(seen.rows >= last);
    CHECK(rows_of(seen) == seen.rows);
    CHECK(all_of(seen).rows() == seen.rows);  // never half a row
    last = seen.rows;
  } while (writing > 0);
  for (std::thread& writer : writers) writer.join();
  const PaneSnapshot seen = ring->snapshot();
  CHECK(seen.rows == kWriters * kRounds * rows.size());
  CHECK(seen.late_rows == 0);
  CHECK(seen.calls.failures.count_of(Reason::type_mismatch) == kWriters * kRounds);
  PaneCounts expected(reference());
  for (std::uint64_t i = 0; i < kWriters * kRounds; ++i) expected += counted(reference(), rows);
  CHECK(all_of(seen) == expected);
}

TEST_CASE("shard: nothing is allocated while rows are counted, over a million of them") {
  const Rows rows = make_rows(12, 1000);
  std::vector<Bytes> requests;
  for (std::size_t row = 0; row < rows.size(); ++row) {
    requests.push_back(request(rows.countries[row], 0));
  }
  const auto ring = make_ring({.pane_rows = 1000, .max_panes = 4});
  DriftShard shard(ring);
  const std::size_t before = test::allocation_count();
  for (int round = 0; round < 1000; ++round) {
    for (std::size_t row = 0; row < rows.size(); ++row) {
      shard.begin_row();
      shard.add_row(RowView::trusted(layout(), requests[row]), numbers_of(rows, row),
                    {&rows.scores[row], 1});
    }
  }
  CHECK(test::allocation_count() == before);
  CHECK(ring->snapshot().rows == 1'000'000);
}

TEST_CASE("shard: every reason has a counter of its own") {
  std::set<std::size_t> slots;
  std::size_t reasons = 0;
  for (std::int32_t number = 0; number < 2000; ++number) {
    const auto reason = static_cast<Reason>(number);
    if (name_of(reason).empty()) continue;
    ++reasons;
    slots.insert(FailureCounts::slot_of(reason));
    CHECK(FailureCounts::reason_of(FailureCounts::slot_of(reason)) == reason);
  }
  CHECK(reasons > 60);
  CHECK(slots.size() == reasons);
  CHECK(FailureCounts::slot_of(static_cast<Reason>(-1)) == 0);
  CHECK(FailureCounts::slot_of(static_cast<Reason>(1'000'000)) == 0);
}

}  // namespace mlcore
