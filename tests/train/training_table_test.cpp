// SPDX-License-Identifier: Apache-2.0
#include "mlcore/train/training_table.hpp"

#include <doctest/doctest.h>

#include <cmath>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "mlcore/base/error.hpp"
#include "mlcore/base/time.hpp"
#include "mlcore/schema/csv.hpp"
#include "train/orders_log.hpp"

using namespace mlcore;
using orders_log::kFirstDay;
using orders_log::Order;

namespace {

constexpr std::int64_t kHorizon = 45 * kMicrosPerDay;

std::unique_ptr<State> state_of(const Definition& definition, const std::string& csv) {
  auto state = std::make_unique<State>(definition, StateOptions{});
  state->ingest(0, read_csv(csv, definition.streams()[0].layout).batch);
  return state;
}

/// The table as a person would work it out from the list of orders, without the library.
struct NaiveRow {
  std::string customer;
  std::int64_t as_of;
  std::vector<double> features;  // all but the fitted one
  int label;
  std::int64_t recency;
};

NaiveRow naive_row(const std::vector<Order>& orders, const std::string& customer,
                   std::int64_t as_of) {
  double count = 0, spend = 0, cds = 0, big = 0;
  std::int64_t last = kFirstDay - kMicrosPerDay;
  bool buys = false;
  for (const Order& order : orders) {
    if (order.customer != customer) continue;
    if (order.at >= as_of) {
      buys = buys || order.at < as_of + kHorizon;
      continue;
    }
    cds += static_cast<double>(order.cds);
    last = std::max(last, order.at);
    if (order.at >= as_of - 60 * kMicrosPerDay) {
      count += 1;
      spend += order.amount;
    }
    if (order.at >= as_of - 90 * kMicrosPerDay && order.amount > 50) big += 1;
  }
  const auto days = static_cast<double>((as_of - last) / kMicrosPerDay);
  return {customer, as_of, {count, spend, cds, big, days}, buys ? 0 : 1, as_of - last};
}

std::vector<NaiveRow> naive_table(const std::vector<Order>& orders,
                                  const std::set<std::int64_t>& times) {
  std::vector<NaiveRow> rows;
  for (const std::int64_t as_of : times) {
    std::set<std::string> customers;
    for (const Order& order : orders) {
      if (order.at < as_of) customers.insert(order.customer);
    }
    for (const std::string& customer : customers)
      rows.push_back(naive_row(orders, customer, as_of));
  }
  return rows;
}

Error error_of(const Definition& definition, const Label& label, const State& state,
               const Spine& spine) {
  try {
    (void)make_training_table(definition, label, state, spine);
  } catch (const Error& error) {
    return error;
  }
  return {Code::ok, Reason::none, "accepted"};
}

}  // namespace

TEST_CASE("training table: rows, features and labels are those of a naive count") {
  constexpr std::uint32_t kSeed = 21;
  CAPTURE(kSeed);
  const std::vector<Order> orders = orders_log::make(kSeed, 60);
  const Definition definition = Definition::parse(orders_log::kDefinition);
  const Label label = parse_label(definition, "count() over orders next 45d == 0");
  REQUIRE(label.horizon == kHorizon);
  const auto state = state_of(definition, orders_log::csv(orders));

  const std::int64_t early = kFirstDay + 20 * kMicrosPerDay;
  const std::int64_t middle = kFirstDay + 150 * kMicrosPerDay;
  const std::int64_t late = kFirstDay + 350 * kMicrosPerDay;
  Spine spine;
  spine.as_of = {middle, late, early};
  spine.data_end = late + kHorizon;
  TrainingTable table = make_training_table(definition, label, *state, spine);

  const FittedParameters parameters = fit(definition, table.fit_rows(definition));
  table.compute_features(FeaturePlan(definition, parameters));
  const std::vector<NaiveRow> expected = naive_table(orders, {early, middle, late});
  REQUIRE(table.size() == expected.size());
  REQUIRE(table.width == 6);
  CHECK(table.dropped_rows == 0);
  CHECK(table.null_labels == 0);
  CHECK(table.late_possible);

  double sum = 0, squares = 0;
  for (const NaiveRow& row : expected) sum += row.features[1];
  const double mean = sum / static_cast<double>(expected.size());
  for (const NaiveRow& row : expected)
    squares += (row.features[1] - mean) * (row.features[1] - mean);
  const double scale = std::sqrt(squares / static_cast<double>(expected.size()));

  for (std::size_t i = 0; i < expected.size(); ++i) {
    const RowView request = RowView::parse(definition.request(), table.requests[i]);
    CAPTURE(expected[i].customer);
    CAPTURE(format_timestamp(expected[i].as_of));
    CHECK(request.string(0) == expected[i].customer);
    CHECK(request.i64(1) == expected[i].as_of);
    CHECK(table.as_of[i] == expected[i].as_of);
    CHECK(table.labels[i] == expected[i].label);
    CHECK(table.recency[i] == expected[i].recency);
    const std::vector<double> features(
        table.features.begin() + static_cast<std::ptrdiff_t>(6 * i),
        table.features.begin() + static_cast<std::ptrdiff_t>(6 * i + 5));
    CHECK(features == expected[i].features);
    CHECK(table.features[6 * i + 5] ==
          doctest::Approx((expected[i].features[1] - mean) / scale).epsilon(1e-12));
  }
}

TEST_CASE("training table: the edges of a label's window are [as_of, as_of + D)") {
  const Definition definition = Definition::parse(orders_log::kDefinition);
  const Label label = parse_label(definition, "count() over orders next 10d == 0");
  // Each customer first orders in January; the second order is on an edge.
  const auto state = state_of(definition,
                              "customer,at,cds,amount\n"
                              "at,1997-01-05,1,1\nat,1997-02-01,1,1\n"
                              "in,1997-01-05,1,1\nin,1997-02-10T23:59:59.999999Z,1,1\n"
                              "out,1997-01-05,1,1\nout,1997-02-11,1,1\n"
                              "new,1997-02-01,1,1\n");
  const std::int64_t as_of = parse_timestamp("1997-02-01").value();
  Spine spine;
  spine.as_of = {as_of};
  spine.data_end = as_of + 10 * kMicrosPerDay;
  const TrainingTable table = make_training_table(definition, label, *state, spine);
  REQUIRE(table.size() == 3);  // "new" has no event before as_of
  CHECK(table.labels == std::vector<std::uint8_t>{0, 0, 1});

  SUBCASE("rows whose label reaches past the data's end are dropped and counted") {
    spine.as_of = {as_of, as_of + 1};
    const TrainingTable cut = make_training_table(definition, label, *state, spine);
    CHECK(cut.size() == 3);
    CHECK(cut.dropped_rows == 4);
  }
  SUBCASE("a table without a row is refused, and the message says where the rows went") {
    spine.data_end -= 1;
    const Error error = error_of(definition, label, *state, spine);
    CHECK(error.code() == Code::failed_precondition);
    CHECK(error.reason() == Reason::empty_input);
    CHECK(error.message().find("3 dropped") != std::string::npos);
  }
}

TEST_CASE("training table: labels that are numbers, null or neither 0 nor 1") {
  const Definition definition = Definition::parse(orders_log::kDefinition);
  const auto state = state_of(definition,
                              "customer,at,cds,amount\n"
                              "a,1997-01-05,1,1\na,1997-02-02,1,1\n"
                              "b,1997-01-05,1,1\nb,1997-02-02,0,1\n"
                              "c,1997-01-05,1,1\n");
  Spine spine;
  spine.as_of = {parse_timestamp("1997-02-01").value()};
  spine.data_end = parse_timestamp("1997-03-01").value();

  SUBCASE("0 and 1 are taken from an i64; a null label leaves its row out") {
    const Label label = parse_label(definition, "max(cds) over orders next 7d");
    const TrainingTable table = make_training_table(definition, label, *state, spine);
    CHECK(table.labels == std::vector<std::uint8_t>{1, 0});
    CHECK(table.null_labels == 1);
  }
  SUBCASE("2 is refused") {
    const Label label = parse_label(definition, "2 * count() over orders next 7d");
    const Error error = error_of(definition, label, *state, spine);
    CHECK(error.reason() == Reason::type_mismatch);
    CHECK(error.message().find("found 2") != std::string::npos);
  }
}

TEST_CASE("training table: a request field that nothing fills is refused by name") {
  const Definition definition = Definition::parse(
      "features f version 1\n"
      "stream orders(customer: string key, at: timestamp event)\n"
      "input country: string?\n"
      "n = count() over orders lifetime\n"
      "output [n]\n");
  const Label label = parse_label(definition, "count() over orders next 1d == 0");
  State state(definition, {});
  Spine spine;
  spine.as_of = {0};
  const Error error = error_of(definition, label, state, spine);
  CHECK(error.code() == Code::unimplemented);
  CHECK(error.message().find("\"country\"") != std::string::npos);
}

TEST_CASE("training table: an event that was not known by as_of makes no row and no feature") {
  const Definition definition = Definition::parse(
      "features f version 1\n"
      "stream orders(customer: string key, at: timestamp event, seen: timestamp known)\n"
      "n = count() over orders lifetime\n"
      "output [n]\n");
  const Label label = parse_label(definition, "count() over orders next 10d > 0");
  const auto state = state_of(definition,
                              "customer,at,seen\n"
                              "a,1997-01-01,1997-01-01\na,1997-01-02,1997-03-01\n"
                              "b,1997-01-01,1997-03-01\n"
                              "c,1997-01-01,1997-02-01\nc,1997-02-05,1997-04-01\n");
  Spine spine;
  spine.as_of = {parse_timestamp("1997-02-01").value()};
  spine.data_end = parse_timestamp("1997-05-01").value();
  TrainingTable table = make_training_table(definition, label, *state, spine);
  table.compute_features(FeaturePlan(definition, {}));
  REQUIRE(table.size() == 2);  // a and c; b is known in March only
  CHECK(table.features == std::vector<double>{1, 1});
  CHECK(table.labels == std::vector<std::uint8_t>{0, 1});
  CHECK_FALSE(table.late_possible);
}

TEST_CASE("training table: keys of several columns and types fill their request fields") {
  const Definition definition = Definition::parse(
      "features f version 1\n"
      "stream visits(shop: i64 key, customer: string key, at: timestamp event, city: string)\n"
      "n = count() over visits lifetime\n"
      "is_here = (last(city) over visits lifetime) == \"Oslo\"\n"
      "output [n, is_here]\n");
  const Label label = parse_label(definition, "count() over visits next 2d > 0");
  const auto state = state_of(definition,
                              "shop,customer,at,city\n"
                              "2,b,1997-01-01,Oslo\n2,b,1997-01-02,Rome\n2,a,1997-01-01,Rome\n"
                              "-1,b,1997-01-01,Oslo\n-1,b,1997-01-04,Oslo\n");
  Spine spine;
  spine.as_of = {parse_timestamp("1997-01-03").value()};
  spine.data_end = parse_timestamp("1997-01-05").value();
  TrainingTable table = make_training_table(definition, label, *state, spine);
  table.compute_features(FeaturePlan(definition, {}));
  REQUIRE(table.size() == 3);
  std::map<std::pair<std::int64_t, std::string>, std::vector<double>> rows;
  for (std::size_t i = 0; i < table.size(); ++i) {
    const RowView request = RowView::parse(definition.request(), table.requests[i]);
    rows[{request.i64(0), std::string(request.string(1))}] = {
        table.features[2 * i], table.features[2 * i + 1], static_cast<double>(table.labels[i])};
  }
  CHECK(rows[{2, "b"}] == std::vector<double>{2, 0, 0});
  CHECK(rows[{2, "a"}] == std::vector<double>{1, 0, 0});
  CHECK(rows[{-1, "b"}] == std::vector<double>{1, 1, 1});
}
