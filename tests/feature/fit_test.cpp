// SPDX-License-Identifier: Apache-2.0
#include "mlcore/feature/fit.hpp"

#include <doctest/doctest.h>

#include <cmath>
#include <functional>
#include <limits>

#include "mlcore/base/error.hpp"
#include "mlcore/base/time.hpp"

namespace mlcore {
namespace {

constexpr double kNull = std::numeric_limits<double>::quiet_NaN();

FittedParameters fit_column(const std::string& values, const std::vector<double>& column) {
  const Definition definition =
      Definition::parse("features f version 1 input x: f64?\n" + values + "\noutput [y]");
  RowBuilder builder(definition.request());
  RowBatch batch;
  for (const double value : column) {
    builder.set_f64(0, value);
    batch.append(builder.finish());
  }
  std::vector<FitRow> rows;
  for (std::size_t i = 0; i < batch.size(); ++i) {
    rows.push_back({RowView::parse(definition.request(), batch[i]), {}});
  }
  return fit(definition, rows);
}

std::vector<double> column_of(std::size_t rows, const std::function<double(std::uint64_t)>& value) {
  std::vector<double> column;
  for (std::uint64_t i = 0; i < rows; ++i) column.push_back(value(i));
  return column;
}

std::uint64_t mixed(std::uint64_t i) { return (i * 2654435761u + 12345u) % (1ull << 32); }

double spread(std::uint64_t i) {
  if (mixed(i) % 11 == 0) return kNull;
  return static_cast<double>(mixed(i)) / 4294967296.0 * 1000.0 - 300.0;
}

double harmonic(std::uint64_t i) {
  if (i % 13 == 5) return kNull;
  return 1.0 / static_cast<double>(1 + i * 7 % 977);
}

TEST_CASE("fit: standard_scale has scikit-learn's mean and scale") {
  // scikit-learn 1.9.1, numpy 2.4.6: StandardScaler().fit(column), nulls as NaN.
  struct Case {
    const char* name;
    std::vector<double> column;
    double mean;
    double scale;
  };
  const Case cases[] = {
      {"spread", column_of(10000, spread), 0x1.8fd21cae17f70p+7, 0x1.20ae5816a2c38p+8},
      {"harmonic", column_of(10000, harmonic), 0x1.fb04591863908p-8, 0x1.5139c04a04e4cp-5},
      {"two", {1, 2}, 1.5, 0.5},
      {"one", {5.5}, 5.5, 1},
      {"zero", std::vector<double>(5, 0.0), 0, 1},
      {"constant", std::vector<double>(7, 0.1), 0x1.9999999999999p-4, 1},
      // Differences below what rounding of the mean explains count as constant.
      {"nearly",
       column_of(100, [](std::uint64_t i) { return 1e8 + static_cast<double>(i % 2) * 1e-8; }),
       0x1.7d78400000000p+26, 1},
      {"large offset",
       column_of(5000, [](std::uint64_t i) { return 1e9 + static_cast<double>(mixed(i) % 1000); }),
       0x1.dcd65f99a1cacp+29, 0x1.20a39e467d454p+8},
      {"tiny", column_of(30, [](std::uint64_t i) { return 1e-160 * static_cast<double>(i % 3); }),
       0x1.67e9c127b6e74p-532, 0x1.25d473323d939p-532},
  };
  for (const Case& entry : cases) {
    CAPTURE(std::string(entry.name));
    const FittedParameters fitted = fit_column("y = fit standard_scale(x)", entry.column);
    REQUIRE(fitted.values.size() == 1);
    REQUIRE(fitted.values[0].size() == 2);
    CHECK(std::abs(fitted.values[0][0] - entry.mean) <= 1e-12 * std::abs(entry.mean));
    CHECK(std::abs(fitted.values[0][1] - entry.scale) <= 1e-12 * entry.scale);
  }
}

TEST_CASE("fit: sums are left folds of blocks of 4,096 rows, nulls skipped, bit for bit") {
  // Python 3.11, the rule written out with floats; one left fold over all rows would have the mean
  // 0x1.fb0459186394fp-8.
  const FittedParameters fitted =
      fit_column("y = fit standard_scale(x)", column_of(10000, harmonic));
  CHECK(fitted.values[0][0] == 0x1.fb0459186391ep-8);
  CHECK(fitted.values[0][1] == 0x1.5139c04a04e4dp-5);
}

TEST_CASE("fit: an outer fit sees the transform of the inner one") {
  const std::vector<double> column = column_of(10000, spread);
  // scikit-learn 1.9.1: z = StandardScaler().fit_transform(x); StandardScaler().fit(z * z + 1).
  const FittedParameters fitted =
      fit_column("z = fit standard_scale(x)\ny = fit standard_scale(z * z + 1)", column);
  REQUIRE(fitted.values.size() == 2);
  CHECK(fitted.values[0] == fit_column("y = fit standard_scale(x)", column).values[0]);
  CHECK(std::abs(fitted.values[1][0] - 2.0) <= 1e-12);
  CHECK(std::abs(fitted.values[1][1] - 0x1.c9f35b5764daap-1) <= 1e-12);
  // Python 3.11, the block rule written out.
  CHECK(fitted.values[1][0] == 0x1.ffffffffffffbp+0);
  CHECK(fitted.values[1][1] == 0x1.c9f35b5764da5p-1);
}

TEST_CASE("fit: the transform has scikit-learn's bits") {
  // scikit-learn 1.9.1: StandardScaler().fit([[1], [2], [4]]).transform([[0.1]]).
  const FittedParameters fitted = fit_column("y = fit standard_scale(x)", {1, 2, 4});
  const Definition definition =
      Definition::parse("features f version 1 input x: f64? y = fit standard_scale(x) output [y]");
  const FeaturePlan plan(definition, fitted);
  RowBuilder builder(plan.definition().request());
  builder.set_f64(0, 0.1);
  FeatureScratch scratch = plan.make_scratch();
  double out = 0;
  plan.compute(RowView::parse(plan.definition().request(), builder.finish()), {}, scratch,
               {&out, 1});
  CHECK(out == -0x1.ca680f3676fc7p+0);
}

TEST_CASE("fit: arguments may be aggregates and as_of, and i64 widens") {
  const Definition definition = Definition::parse(
      "features f version 1\n"
      "stream s(k: i64 key, at: timestamp event)\n"
      "n = count() over s lifetime\n"
      "y = fit standard_scale(n)\n"
      "age = fit standard_scale(days_between(last(at) over s lifetime, as_of()))\n"
      "output [y, age]");
  RowBuilder builder(definition.request());
  RowBatch batch;
  std::vector<std::vector<Cell>> aggregates;
  for (std::int64_t i = 0; i < 2; ++i) {
    builder.set_i64(0, i);
    builder.set_i64(1, (10 + i) * kMicrosPerDay);
    batch.append(builder.finish());
    aggregates.push_back({Cell::of(4 * i), i == 0 ? Cell::null() : Cell::of(kMicrosPerDay)});
  }
  std::vector<FitRow> rows;
  for (std::size_t i = 0; i < 2; ++i) {
    rows.push_back({RowView::parse(definition.request(), batch[i]), aggregates[i]});
  }
  CHECK(fit(definition, rows).values == std::vector<std::vector<double>>{{2.0, 2.0}, {10.0, 1.0}});
}

TEST_CASE("fit: without a value, or with an infinite one, it is refused") {
  const std::vector<std::vector<double>> bad = {
      {}, {kNull, kNull}, {1, std::numeric_limits<double>::infinity()}, {1e308, 1e308, 1e308}};
  for (const std::vector<double>& column : bad) {
    CAPTURE(column.size());
    try {
      (void)fit_column("y = fit standard_scale(x)", column);
      FAIL("accepted");
    } catch (const Error& error) {
      CHECK(error.code() == Code::failed_precondition);
      CHECK(error.reason() == Reason::not_fitted);
    }
  }
  CHECK(fit_column("y = x", {1, 2}).values.empty());
}

}  // namespace
}  // namespace mlcore
