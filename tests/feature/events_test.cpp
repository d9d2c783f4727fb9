// SPDX-License-Identifier: Apache-2.0
#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <random>

#include "feature/sales.hpp"
#include "mlcore/base/error.hpp"
#include "mlcore/feature/window.hpp"

namespace mlcore {
namespace {

using test::Sale;

Insertion insert(EventList& events, const Sale& sale) {
  RowBuilder builder(events.stream().layout);
  return events.insert(RowView::parse(events.stream().layout, test::write(sale, builder)));
}

Insertion add(EventList& events, const Sale& sale) {
  RowBuilder builder(events.stream().layout);
  return events.add(RowView::parse(events.stream().layout, test::write(sale, builder)));
}

std::vector<Bytes> rows_of(const EventList& events) {
  std::vector<Bytes> rows;
  for (std::size_t i = 0; i < events.size(); ++i) {
    const ByteView row = events.row(i).bytes();
    rows.emplace_back(row.begin(), row.end());
  }
  return rows;
}

}  // namespace

TEST_CASE("events: identical rows are separate events") {
  const Definition definition = test::sales("v = count() over sales lifetime\n", "v");
  EventList events(definition.streams()[0]);
  for (int i = 0; i < 3; ++i) CHECK(insert(events, {.at = 5, .cds = 1}) == Insertion::accepted);
  CHECK(events.size() == 3);
  CHECK(rows_of(events)[0] == rows_of(events)[2]);
}

// The order of FEATURES §3 by hand: time, tie, then the other columns; null first, false < true,
// numbers by value, strings by bytes (as unsigned).
TEST_CASE("events: the total order, from every order of arrival") {
  const Definition definition = Definition::parse(
      "features f version 1\n"
      "stream s(k: string key, at: timestamp event, x: f64?, ok: bool?, n: i64, w: string?, "
      "line: i64 tie)\n"
      "v = count() over s lifetime\noutput [v]\n");
  struct Row {
    std::int64_t at, line;
    std::optional<double> x;
    std::optional<bool> ok;
    std::int64_t n;
    std::optional<std::string> w;
  };
  const double infinity = std::numeric_limits<double>::infinity();
  const std::vector<Row> sorted = {
      {-7, 9, 5.0, true, 9, "z"},
      {0, -1, 5.0, true, 9, "z"},
      {0, 3, {}, {}, 9, "z"},
      {0, 3, {}, false, -4, {}},
      {0, 3, {}, false, -4, ""},
      {0, 3, {}, false, -4, "a"},
      {0, 3, {}, false, -4, std::string("a\0b", 3)},
      {0, 3, {}, false, -4, "ab"},
      {0, 3, {}, false, -4, "\xF0\x9F\x99\x82"},
      {0, 3, {}, false, 5, {}},
      {0, 3, {}, true, -9, {}},
      {0, 3, -infinity, {}, 0, {}},
      {0, 3, -1e300, {}, 0, {}},
      {0, 3, -4.9406564584124654e-324, {}, 0, {}},
      {0, 3, 0.0, {}, 0, {}},
      {0, 3, 4.9406564584124654e-324, {}, 0, {}},
      {0, 3, 2.0, {}, 0, {}},
      {0, 3, infinity, {}, 0, {}},
      {1, -5, {}, {}, 0, {}},
  };
  const Stream& stream = definition.streams()[0];
  std::vector<Bytes> expected;
  RowBuilder builder(stream.layout);
  for (const Row& row : sorted) {
    builder.set_string(0, "k");
    builder.set_i64(1, row.at);
    if (row.x) builder.set_f64(2, *row.x);
    if (row.ok) builder.set_boolean(3, *row.ok);
    builder.set_i64(4, row.n);
    if (row.w) builder.set_string(5, *row.w);
    builder.set_i64(6, row.line);
    const ByteView bytes = builder.finish();
    expected.emplace_back(bytes.begin(), bytes.end());
  }
  for (std::uint64_t seed = 0; seed < 50; ++seed) {
    CAPTURE(seed);
    std::vector<Bytes> shuffled = expected;
    std::mt19937_64 engine(seed);
    std::shuffle(shuffled.begin(), shuffled.end(), engine);
    EventList events(stream);
    for (const Bytes& row : shuffled) events.insert(RowView::parse(stream.layout, row));
    CHECK(rows_of(events) == expected);
  }
}

TEST_CASE("events: equal values are stored as equal bytes, however they were packed") {
  const Definition definition = Definition::parse(
      "features f version 1\nstream s(k: string key, at: timestamp event, a: string, b: string, "
      "x: f64?)\nv = count() over s lifetime\noutput [v]\n");
  const Stream& stream = definition.streams()[0];
  RowBuilder builder(stream.layout);
  const auto packed = [&](bool is_backwards, double x) {
    const auto set = [&](std::size_t field) {
      if (field == 1) builder.set_i64(1, 3);
      if (field == 4) builder.set_f64(4, x);
      if (field != 1 && field != 4) builder.set_string(field, "same");
    };
    for (std::size_t i = 0; i < 5; ++i) set(is_backwards ? 4 - i : i);
    const ByteView bytes = builder.finish();
    return Bytes(bytes.begin(), bytes.end());
  };
  Bytes shared = packed(false, 0.0);  // all three strings are the same four bytes
  for (const std::size_t field : {2, 3}) {
    std::memcpy(shared.data() + stream.layout.slot_offset(field),
                shared.data() + stream.layout.slot_offset(0), 8);
  }
  shared.resize(stream.layout.fixed_size() + 4);
  Bytes nan_in_slot = packed(false, 1.0);
  const double nan = -std::nan("7");
  std::memcpy(nan_in_slot.data() + stream.layout.slot_offset(4), &nan, 8);

  EventList events(stream);
  for (const Bytes& row : {packed(false, 0.0), packed(true, -0.0), shared}) {
    events.insert(RowView::parse(stream.layout, row));
  }
  CHECK(rows_of(events)[0] == rows_of(events)[1]);
  CHECK(rows_of(events)[0] == rows_of(events)[2]);
  events.insert(RowView::parse(stream.layout, nan_in_slot));
  events.insert(RowView::parse(stream.layout, packed(false, std::nan(""))));
  CHECK(rows_of(events)[0] == rows_of(events)[1]);
  CHECK(events.row(0).is_null(4));
  CHECK((events.row(0).bytes()[8] >> 4 & 1) == 1);
}

TEST_CASE("events: dedup keeps the greatest content of an identity") {
  const Definition definition =
      test::sales("v = count() over sales lifetime\n", "v", " dedup(shop)");
  const std::vector<Sale> sales = {{.at = 1, .cds = 1, .shop = "a"},
                                   {.at = 1, .cds = 3, .shop = "a"},
                                   {.at = 1, .cds = 2, .shop = "a"},
                                   {.at = 1, .cds = 1, .shop = "b"},
                                   {.at = 1, .cds = 1},
                                   {.at = 1, .cds = 1},
                                   {.at = 2, .cds = 0, .shop = "a"},
                                   {.at = 1, .cds = 3, .shop = "a"}};
  EventList in_order(definition.streams()[0]);
  const Insertion expected[] = {Insertion::accepted, Insertion::conflict, Insertion::conflict,
                                Insertion::accepted, Insertion::accepted, Insertion::duplicate,
                                Insertion::accepted, Insertion::duplicate};
  for (std::size_t i = 0; i < sales.size(); ++i) {
    CAPTURE(i);
    CHECK(insert(in_order, sales[i]) == expected[i]);
  }
  CHECK(in_order.size() == 4);
  CHECK(in_order.row(0).is_null(4));
  CHECK(in_order.row(1).string(4) == "b");
  CHECK(in_order.row(2).i64(2) == 3);
  CHECK(in_order.time(3) == 2);
  for (std::uint64_t seed = 0; seed < 50; ++seed) {
    CAPTURE(seed);
    std::vector<Sale> shuffled = sales;
    std::mt19937_64 engine(seed);
    std::shuffle(shuffled.begin(), shuffled.end(), engine);
    EventList events(definition.streams()[0]);
    for (const Sale& sale : shuffled) insert(events, sale);
    CHECK(rows_of(events) == rows_of(in_order));
  }
}

TEST_CASE("events: dedup over many events at one time, replaced again and again") {
  const Definition definition =
      test::sales("v = count() over sales lifetime\n", "v", " dedup(shop)");
  EventList events(definition.streams()[0]);
  std::mt19937_64 engine(3);
  std::vector<std::int64_t> greatest(200, -1);
  for (int i = 0; i < 20'000; ++i) {
    const std::size_t shop = engine() % greatest.size();
    const auto cds = static_cast<std::int64_t>(engine() % 1000);
    const Insertion insertion = insert(events, {.at = 9, .cds = cds, .shop = std::to_string(shop)});
    if (greatest[shop] < 0) {
      CHECK(insertion == Insertion::accepted);
    } else {
      CHECK(insertion == (greatest[shop] == cds ? Insertion::duplicate : Insertion::conflict));
    }
    greatest[shop] = std::max(greatest[shop], cds);
  }
  REQUIRE(events.size() == greatest.size());
  for (std::size_t i = 0; i < events.size(); ++i) {
    const RowView row = events.row(i);
    CHECK(row.i64(2) == greatest[std::stoul(std::string(row.string(4)))]);
  }
  // 200 live rows of at most 83 bytes and twice 16 for each; dead rows are at most as many.
  CHECK(events.memory() < 200 * (2 * 83 + 32) * 2);
}

TEST_CASE("events: those that settle later are the ones that were put in place at once") {
  for (const char* clause : {"", " dedup(cds)", " dedup(shop)"}) {
    CAPTURE(clause);
    const Definition definition = test::sales("v = count() over sales lifetime\n", "v", clause);
    for (std::uint64_t seed = 0; seed < 60; ++seed) {
      CAPTURE(seed);
      std::mt19937_64 engine(seed);
      EventList at_once(definition.streams()[0]);
      EventList later(definition.streams()[0]);
      for (int i = 0; i < 400; ++i) {
        const auto newest_first = static_cast<std::int64_t>(400 - i);
        const Sale sale{.at = seed % 2 == 0 ? static_cast<std::int64_t>(engine() % (1 + seed))
                                            : newest_first / static_cast<std::int64_t>(seed),
                        .cds = static_cast<std::int64_t>(engine() % 20),
                        .amount = static_cast<double>(engine() % 3),
                        .shop = std::to_string(engine() % 20)};
        REQUIRE(add(later, sale) == insert(at_once, sale));
        REQUIRE(later.size() == at_once.size());
        REQUIRE(later.newest() == at_once.time(at_once.size() - 1));
        if (engine() % 100 == 0) later.settle();
        if (engine() % 200 != 0) continue;
        const auto before = static_cast<std::int64_t>(engine() % (1 + seed));
        REQUIRE(later.erase_before(before) == at_once.erase_before(before));
      }
      later.settle();
      CHECK(rows_of(later) == rows_of(at_once));
    }
  }
}

TEST_CASE("events: erase_before forgets what is earlier and gives its memory back") {
  const Definition definition = test::sales("v = count() over sales lifetime\n", "v");
  EventList events(definition.streams()[0]);
  CHECK(events.erase_before(100) == 0);
  CHECK(events.memory() == 0);
  for (std::int64_t i = 0; i < 1000; ++i) insert(events, {.at = i, .shop = "shop"});
  const std::size_t full = events.memory();
  CHECK(events.erase_before(0) == 0);
  CHECK(events.erase_before(400) == 400);
  CHECK(events.size() == 600);
  CHECK(events.time(0) == 400);
  CHECK(events.row(0).string(4) == "shop");
  CHECK(events.erase_before(990) == 590);
  CHECK(events.memory() < full / 50);
  CHECK(insert(events, {.at = 989}) == Insertion::accepted);
  CHECK(events.time(0) == 989);
  CHECK(events.erase_before(5000) == 11);
  CHECK(events.size() == 0);
  CHECK(events.memory() == 0);
}

TEST_CASE("events: growth says beforehand what an insertion takes") {
  for (const char* clause : {"", " dedup(cds)"}) {
    CAPTURE(clause);
    const Definition definition = test::sales("v = count() over sales lifetime\n", "v", clause);
    EventList events(definition.streams()[0]);
    std::mt19937_64 engine(11);
    for (int i = 0; i < 500; ++i) {
      const Sale sale{.at = static_cast<std::int64_t>(engine() % 1000),
                      .cds = i,
                      .shop = std::string(engine() % 100, 'x')};
      RowBuilder builder(events.stream().layout);
      const RowView row = RowView::parse(events.stream().layout, test::write(sale, builder));
      const std::size_t expected = events.memory() + events.growth(row);
      (i % 3 == 0 ? events.insert(row) : events.add(row));
      CHECK(events.memory() == expected);
    }
  }
}

}  // namespace mlcore
