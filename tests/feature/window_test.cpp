// SPDX-License-Identifier: Apache-2.0
#include "mlcore/feature/window.hpp"

#include <doctest/doctest.h>

#include <bit>
#include <cmath>
#include <limits>

#include "feature/sales.hpp"
#include "mlcore/base/number.hpp"
#include "mlcore/base/time.hpp"
#include "predict/allocation_counter.hpp"

namespace mlcore {
namespace {

using test::Sale;

constexpr std::int64_t kMin = std::numeric_limits<std::int64_t>::min();
constexpr std::int64_t kMax = std::numeric_limits<std::int64_t>::max();
constexpr std::int64_t kDay = kMicrosPerDay;
constexpr double kInfinity = std::numeric_limits<double>::infinity();

Window window(std::int64_t width, Closed closed, std::int64_t delay = 0, std::int64_t hop = 0) {
  return {.kind = WindowKind::duration,
          .width = width,
          .hop = hop,
          .delay = delay,
          .closed = closed,
          .tile = 1};
}

/// One aggregate over the stream "sales", read from these events at `as_of`.
class Reading {
 public:
  Reading(const std::string& aggregate, const std::vector<Sale>& sales, std::int64_t as_of,
          const std::string& clause = "")
      : definition_(
            test::sales("v = " + aggregate + "\nis_empty = is_null(v)\n", "is_empty", clause)),
        events_(definition_.streams()[0]) {
    RowBuilder builder(definition_.streams()[0].layout);
    for (const Sale& sale : sales) {
      events_.insert(RowView::parse(definition_.streams()[0].layout, test::write(sale, builder)));
    }
    const EventList* lists[] = {&events_};
    read_windows(definition_.aggregates(), lists, as_of, scratch_, {&cell_, 1});
  }

  [[nodiscard]] const Cell& cell() const noexcept { return cell_; }
  [[nodiscard]] bool is_null() const noexcept { return cell_.is_null; }
  [[nodiscard]] std::int64_t i64() const {
    REQUIRE(!cell_.is_null);
    return cell_.i64;
  }
  [[nodiscard]] std::uint64_t bits() const {
    REQUIRE(!cell_.is_null);
    return std::bit_cast<std::uint64_t>(cell_.f64);
  }
  [[nodiscard]] std::string_view text() const {
    REQUIRE(!cell_.is_null);
    return cell_.text;
  }
  [[nodiscard]] std::uint64_t overflows() const noexcept { return scratch_.overflows; }

 private:
  Definition definition_;
  EventList events_;
  WindowScratch scratch_;
  Cell cell_;
};

std::uint64_t bits(double value) { return std::bit_cast<std::uint64_t>(value); }

}  // namespace

// Expected edges by hand from FEATURES §4.
TEST_CASE("edges: a window's edges and which of them it includes") {
  struct Case {
    Window window;
    std::int64_t as_of;
    WindowEdges edges;
  };
  const Window lifetime{.delay = 7, .closed = Closed::right};
  const Window events{.kind = WindowKind::events, .event_count = 3};
  const Window events_within{.kind = WindowKind::events, .width = 10, .event_count = 3};
  const Window next{.kind = WindowKind::next, .width = 10};
  const Case cases[] = {
      {window(10, Closed::left), 100, {90, 100, true, false}},
      {window(10, Closed::right), 100, {90, 100, false, true}},
      {window(10, Closed::both), 100, {90, 100, true, true}},
      {window(10, Closed::neither), 100, {90, 100, false, false}},
      {window(10, Closed::left, 3), 100, {87, 97, true, false}},
      {window(10, Closed::left), -3, {-13, -3, true, false}},
      {window(10, Closed::left, 0, 4), 101, {88, 101, true, false}},  // floor(91 / 4) * 4
      {window(10, Closed::left, 2, 4), 101, {88, 99, true, false}},   // floor(89 / 4) * 4
      {window(10, Closed::left, 0, 4), 3, {-8, 3, true, false}},      // floor(-7 / 4) * 4
      {window(10, Closed::right, 0, 5), 10, {0, 10, false, true}},
      {window(10, Closed::left), kMin + 3, {kMin, kMin + 3, true, false}},
      {window(kMax, Closed::left, kMax), -5, {kMin, kMin, true, false}},  // −5 − kMax < kMin
      {window(10, Closed::left, 0, kMax), kMin + 10, {kMin, kMin + 10, true, false}},
      {lifetime, 100, {kMin, 93, true, true}},
      {events, 100, {kMin, 100, true, false}},
      {events_within, 100, {90, 100, true, false}},
      {next, 100, {100, 110, true, false}},
      {next, kMax - 3, {kMax - 3, kMax, true, false}},
  };
  for (std::size_t i = 0; i < std::size(cases); ++i) {
    CAPTURE(i);
    const Case& one = cases[i];
    const WindowEdges edges = edges_of(one.window, one.as_of);
    CHECK(edges.left == one.edges.left);
    CHECK(edges.right == one.edges.right);
    CHECK(edges.includes_left == one.edges.includes_left);
    CHECK(edges.includes_right == one.edges.includes_right);
  }
}

TEST_CASE("windows: events exactly on an edge are in or out as closed says") {
  const std::vector<Sale> sales = {{.at = 0}, {.at = 1}, {.at = kDay - 1}, {.at = kDay}};
  CHECK(Reading("count() over sales last 1d", sales, kDay).i64() == 3);
  CHECK(Reading("count() over sales last 1d closed right", sales, kDay).i64() == 3);
  CHECK(Reading("count() over sales last 1d closed both", sales, kDay).i64() == 4);
  CHECK(Reading("count() over sales last 1d closed neither", sales, kDay).i64() == 2);
  CHECK(Reading("count() over sales last 1d delay 1s", sales, kDay).i64() == 2);
  CHECK(Reading("count() over sales lifetime", sales, kDay).i64() == 3);
  CHECK(Reading("count() over sales lifetime closed right", sales, kDay).i64() == 4);
  CHECK(Reading("count() over sales last 1d hop 1d", sales, 2 * kDay - 1).i64() == 4);
  CHECK(Reading("count() over sales last 1d hop 1d", sales, 2 * kDay).i64() == 1);
}

// 2^53 absorbs a 1 that is added to it alone, but not the 2 of a tile of two.
TEST_CASE("windows: a sum folds each tile from its first value, then the tiles") {
  constexpr double kBig = 9007199254740992.0;  // 2^53
  const std::vector<Sale> sales = {{.at = kDay - 1, .amount = kBig},
                                   {.at = kDay, .amount = 1.0},
                                   {.at = kDay + 1, .amount = 1.0}};
  // 12d: tiles of a day (12 * 1d ≤ 12d), so that the boundary at one day counts.
  CHECK(Reading("sum(amount) over sales last 12d", sales, 2 * kDay).bits() == bits(kBig + 2));
  CHECK(Reading("avg(amount) over sales last 12d", sales, 2 * kDay).bits() == bits((kBig + 2) / 3));
  // lifetime: one tile of 28 days, a left fold of all three.
  CHECK(Reading("sum(amount) over sales lifetime", sales, 2 * kDay).bits() == bits(kBig));
  // Tiles start at 1970-01-01: before it, −1 µs and 0 are in two tiles.
  const std::vector<Sale> early = {
      {.at = -kDay, .amount = kBig}, {.at = 0, .amount = 1.0}, {.at = 1, .amount = 1.0}};
  CHECK(Reading("sum(amount) over sales lifetime", early, kDay).bits() == bits(kBig + 2));
  CHECK(Reading("sum(amount) over sales last 30d hop 2d", early, kDay).bits() == bits(kBig + 2));
  CHECK(Reading("sum(amount) over sales last 8 events", early, kDay).bits() == bits(kBig + 2));
}

TEST_CASE("windows: the last N events are counted after where and before nulls are skipped") {
  const std::vector<Sale> sales = {{.at = 1, .amount = 1.0, .paid = true},
                                   {.at = 2, .amount = 2.0, .paid = true},
                                   {.at = 3, .paid = true},
                                   {.at = 4, .amount = 4.0},
                                   {.at = 5, .amount = 5.0, .paid = false},
                                   {.at = 6, .amount = 6.0, .paid = true}};
  CHECK(Reading("sum(amount) over sales last 2 events", sales, 10).bits() == bits(11));
  CHECK(Reading("sum(amount) over sales where paid last 2 events", sales, 10).bits() == bits(6));
  CHECK(Reading("sum(amount) over sales where paid last 3 events", sales, 10).bits() == bits(8));
  CHECK(Reading("count() over sales where paid last 9 events", sales, 10).i64() == 4);
  CHECK(Reading("count() over sales last 3 events", sales, 10).i64() == 3);
  CHECK(Reading("count() over sales last 3 events", sales, 3).i64() == 2);
  CHECK(Reading("count(amount) over sales last 4 events", sales, 10).i64() == 3);
  CHECK(Reading("count() over sales last 9223372036854775807 events", sales, 10).i64() == 6);
  const std::vector<Sale> apart = {{.at = 0}, {.at = kDay}, {.at = 2 * kDay}};
  CHECK(Reading("count() over sales last 5 events within 1d", apart, 2 * kDay).i64() == 1);
  CHECK(Reading("count() over sales last 1 events within 2d", apart, 2 * kDay).i64() == 1);
  CHECK(Reading("count() over sales last 5 events within 1d closed both", apart, 2 * kDay).i64() ==
        2);
}

TEST_CASE("windows: a condition that is null leaves the event out") {
  const std::vector<Sale> sales = {
      {.at = 1, .amount = 60.0, .paid = true}, {.at = 2}, {.at = 3, .amount = 40.0, .paid = false}};
  CHECK(Reading("count() over sales where amount > 50 lifetime", sales, 9).i64() == 1);
  CHECK(Reading("count() over sales where not (amount > 50) lifetime", sales, 9).i64() == 1);
  CHECK(Reading("count() over sales where paid lifetime", sales, 9).i64() == 1);
  CHECK(Reading("sum(amount * 2) over sales where not paid lifetime", sales, 9).bits() == bits(80));
}

TEST_CASE("windows: nothing to fold is 0 for counts, else null or the default") {
  const std::vector<Sale> nulls = {{.at = 1}, {.at = 2}};
  for (const auto& sales : {std::vector<Sale>{}, nulls}) {
    CAPTURE(sales.size());
    CHECK(Reading("count(amount) over sales lifetime", sales, 9).i64() == 0);
    for (const char* function : {"sum(amount)", "avg(amount)", "min(cds)", "max(shop)",
                                 "first(paid)", "last(amount)", "sum(cds)", "avg(cds)"}) {
      CAPTURE(function);
      CHECK(Reading(std::string(function) + " over sales lifetime", sales, 9).is_null());
    }
    CHECK(Reading("sum(amount) over sales lifetime default 1.5", sales, 9).bits() == bits(1.5));
    CHECK(Reading("max(shop) over sales lifetime default \"none\"", sales, 9).text() == "none");
  }
  CHECK(Reading("count() over sales lifetime", nulls, 9).i64() == 2);
  // A time stands in the event column, which is never null.
  CHECK(Reading("last(at) over sales lifetime", {}, 9).is_null());
  CHECK(Reading("last(at) over sales lifetime", nulls, 9).i64() == 2);
  const Definition definition = test::sales("v = count() over sales lifetime\n", "v");
  const EventList* no_list[] = {nullptr};
  WindowScratch scratch;
  Cell cell;
  read_windows(definition.aggregates(), no_list, 0, scratch, {&cell, 1});
  CHECK(!cell.is_null);
  CHECK(cell.i64 == 0);
}

TEST_CASE("windows: NaN is null and −0.0 is +0.0 once stored") {
  const std::vector<Sale> sales = {
      {.at = 1, .amount = -0.0}, {.at = 2, .amount = std::nan("")}, {.at = 3, .amount = -0.0}};
  CHECK(Reading("count(amount) over sales lifetime", sales, 9).i64() == 2);
  for (const char* function : {"sum", "avg", "min", "max", "first", "last"}) {
    CAPTURE(function);
    CHECK(Reading(std::string(function) + "(amount) over sales lifetime", sales, 9).bits() == 0);
  }
  // A −0.0 that is computed stays one in a sum, and is +0.0 as an extreme.
  const std::vector<Sale> zeros = {{.at = 1, .amount = 0.0}};
  CHECK(Reading("sum(-amount) over sales lifetime", zeros, 9).bits() == bits(-0.0));
  CHECK(Reading("min(-amount) over sales lifetime", zeros, 9).bits() == 0);
  // Tiles fold from the first of them, not from a zero: −0.0 + −0.0 is −0.0.
  const std::vector<Sale> tiles = {
      {.at = 0, .amount = 0.0}, {.at = kDay, .amount = 0.0}, {.at = 2 * kDay, .amount = 0.0}};
  CHECK(Reading("sum(-amount) over sales last 12d", tiles, 3 * kDay).bits() == bits(-0.0));
}

TEST_CASE("windows: infinities fold as IEEE has them, and every NaN is the canonical one") {
  const std::vector<Sale> sales = {
      {.at = 1, .amount = kInfinity}, {.at = 2, .amount = 1.0}, {.at = 3, .amount = -kInfinity}};
  CHECK(Reading("sum(amount) over sales lifetime", sales, 3).bits() == bits(kInfinity));
  CHECK(Reading("sum(amount) over sales lifetime default 5.0", sales, 9).bits() ==
        kCanonicalNanBits);
  CHECK(Reading("avg(amount) over sales lifetime", sales, 9).bits() == kCanonicalNanBits);
  CHECK(Reading("min(amount) over sales lifetime", sales, 9).bits() == bits(-kInfinity));
  CHECK(Reading("max(amount) over sales lifetime", sales, 9).bits() == bits(kInfinity));
  // inf − inf is NaN, which is after every number.
  CHECK(Reading("max(amount - amount) over sales lifetime", sales, 9).bits() == kCanonicalNanBits);
  CHECK(Reading("min(amount - amount) over sales lifetime", sales, 9).bits() == 0);
}

TEST_CASE("windows: a sum of i64 past int64 is null, not the default, and is counted") {
  const std::vector<Sale> sales = {{.at = 1, .cds = kMax}, {.at = 2, .cds = 1}};
  const Reading sum("sum(cds) over sales lifetime default 7", sales, 9);
  CHECK(sum.is_null());
  CHECK(sum.overflows() == 1);
  // 2^63 / 2, exact in 128 bits.
  CHECK(Reading("avg(cds) over sales lifetime", sales, 9).bits() == bits(4611686018427387904.0));
  const std::vector<Sale> back = {
      {.at = 1, .cds = kMax}, {.at = 2, .cds = 1}, {.at = 3, .cds = -1}};
  CHECK(Reading("sum(cds) over sales lifetime", back, 9).i64() == kMax);
  const std::vector<Sale> lowest = {{.at = 1, .cds = kMin}, {.at = 2, .cds = -1}};
  CHECK(Reading("sum(cds) over sales lifetime", lowest, 9).is_null());
}

TEST_CASE("windows: first, last, min and max of every type") {
  const std::vector<Sale> sales = {
      {.at = 1, .shop = "b", .paid = true},
      {.at = 2, .cds = -5, .shop = "\xC3\xA9", .paid = false},
      {.at = 3, .cds = 4, .shop = ""},
      {.at = 4, .cds = 2, .paid = true},
  };
  CHECK(Reading("first(cds) over sales lifetime", sales, 9).i64() == -5);
  CHECK(Reading("last(cds) over sales lifetime", sales, 9).i64() == 2);
  CHECK(Reading("max(cds) over sales lifetime", sales, 9).i64() == 4);
  CHECK(Reading("min(cds) over sales lifetime", sales, 9).i64() == -5);
  CHECK(Reading("first(shop) over sales lifetime", sales, 9).text() == "b");
  CHECK(Reading("last(shop) over sales lifetime", sales, 9).text().empty());
  CHECK(Reading("max(shop) over sales lifetime", sales, 9).text() == "\xC3\xA9");  // bytewise
  CHECK(Reading("min(shop) over sales lifetime", sales, 9).text().empty());
  CHECK(Reading("first(paid) over sales lifetime", sales, 9).cell().boolean);
  CHECK(Reading("min(at) over sales lifetime", sales, 9).i64() == 1);
  CHECK(Reading("last(if(paid, shop, \"unpaid\")) over sales lifetime", sales, 4).text() ==
        "unpaid");
}

// By hand: at one time the order is by cds, amount, shop, paid, null first.
TEST_CASE("windows: events at one time follow the total order, whatever came first") {
  const std::vector<Sale> sales = {{.cds = 1, .amount = 1.0, .shop = "last"},
                                   {.cds = 1, .amount = 0.5, .shop = "second"},
                                   {.amount = 9.0, .shop = "first"},
                                   {.cds = 1, .amount = 0.5, .shop = "second", .paid = false}};
  CHECK(Reading("first(shop) over sales lifetime", sales, 1).text() == "first");
  CHECK(Reading("last(shop) over sales lifetime", sales, 1).text() == "last");
  CHECK(Reading("sum(cds) over sales last 2 events", sales, 1).i64() == 2);
  CHECK(Reading("last(amount) over sales where shop == \"second\" lifetime", sales, 1).bits() ==
        bits(0.5));
}

TEST_CASE("windows: an event is seen once it is known, but for the label's next") {
  const Definition definition = Definition::parse(
      "features f version 1\n"
      "stream s(k: string key, at: timestamp event, seen: timestamp known, x: i64)\n"
      "n = sum(x) over s lifetime closed right\nm = sum(x) over s last 1 events\noutput [n, m]\n");
  const Label label = parse_label(definition, "sum(x) over s next 1d");
  EventList events(definition.streams()[0]);
  RowBuilder builder(definition.streams()[0].layout);
  const std::int64_t rows[][3] = {{10, 10, 1}, {11, 20, 2}, {12, 15, 4}, {20, 999, 8}};
  for (const auto& [at, seen, x] : rows) {
    builder.set_string(0, "k");
    builder.set_i64(1, at);
    builder.set_i64(2, seen);
    builder.set_i64(3, x);
    events.insert(RowView::parse(definition.streams()[0].layout, builder.finish()));
  }
  const EventList* lists[] = {&events};
  WindowScratch scratch;
  struct Case {
    std::int64_t as_of, sum, last, next;
  };
  for (const Case& one : {Case{14, 1, 1, 8}, {15, 5, 4, 8}, {19, 5, 4, 8}, {20, 7, 4, 8}}) {
    CAPTURE(one.as_of);
    Cell cells[2];
    read_windows(definition.aggregates(), lists, one.as_of, scratch, cells);
    CHECK(cells[0].i64 == one.sum);
    CHECK(cells[1].i64 == one.last);
    Cell next;
    read_windows(label.aggregates, lists, one.as_of, scratch, {&next, 1});
    CHECK(next.i64 == one.next);
  }
}

TEST_CASE("windows: next takes [as_of, as_of + D)") {
  const Definition definition = test::sales("v = count() over sales lifetime\n", "v");
  const Label label = parse_label(definition, "count() over sales next 1d");
  EventList events(definition.streams()[0]);
  RowBuilder builder(definition.streams()[0].layout);
  for (const std::int64_t at : {-1L, 0L, kDay - 1, kDay}) {
    events.insert(RowView::parse(definition.streams()[0].layout, test::write({.at = at}, builder)));
  }
  const EventList* lists[] = {&events};
  WindowScratch scratch;
  Cell cell;
  read_windows(label.aggregates, lists, 0, scratch, {&cell, 1});
  CHECK(cell.i64 == 2);
}

TEST_CASE("windows: a read allocates nothing once the scratch has grown") {
  const Definition definition = test::sales(
      "a = sum(amount) over sales where cds > 2 last 3d\nb = max(shop) over sales lifetime\n"
      "c = is_null(b)\n",
      "a, c");
  EventList events(definition.streams()[0]);
  RowBuilder builder(definition.streams()[0].layout);
  for (std::int64_t i = 0; i < 50; ++i) {
    const Sale sale{.at = i * kDay / 10, .cds = i % 5, .amount = 0.5, .shop = "a shop's name"};
    events.insert(RowView::parse(definition.streams()[0].layout, test::write(sale, builder)));
  }
  const EventList* lists[] = {&events};
  WindowScratch scratch;
  Cell cells[2];
  read_windows(definition.aggregates(), lists, 5 * kDay, scratch, cells);
  const std::uint64_t before = test::allocation_count();
  for (int i = 0; i < 10; ++i) {
    read_windows(definition.aggregates(), lists, i * kDay, scratch, cells);
  }
  CHECK(test::allocation_count() == before);
}

}  // namespace mlcore
