// SPDX-License-Identifier: Apache-2.0
#include "mlcore/drift/profile_counts.hpp"

#include <doctest/doctest.h>

#include <cmath>

#include "drift/columns.hpp"
#include "mlcore/base/error.hpp"
#include "mlcore/drift/report.hpp"

namespace mlcore {
namespace {

Reference numbers(const std::vector<double>& values) {
  Reference reference;
  reference.features.push_back(profile_numeric("x", values));
  return reference;
}

/// The largest difference of cumulative shares.
double furthest(const NumericCounts& a, const NumericCounts& b) {
  double most = 0, below_a = 0, below_b = 0;
  for (std::size_t i = 0; i < kMaxBins; ++i) {
    below_a += static_cast<double>(a.bins[i]) / static_cast<double>(a.finite());
    below_b += static_cast<double>(b.bins[i]) / static_cast<double>(b.finite());
    most = std::max(most, std::fabs(below_a - below_b));
  }
  return most;
}

}  // namespace

TEST_CASE("profile_counts: a profile against itself has its own counts") {
  const Reference reference = reference_of(make_rows(1, 5'000));
  const PaneCounts pane = profile_counts(reference, reference);
  for (std::size_t i = 0; i < pane.features.size(); ++i) {
    CAPTURE(reference.features[i].name);
    CHECK(pane.features[i].bins == reference.features[i].counts.bins);
    CHECK(pane.features[i].rows() == 5'000);
    const FixedPoint& unit = reference.features[i].bins.fixed_point();
    CHECK(pane.features[i].mean(unit) ==
          doctest::Approx(reference.features[i].counts.mean(unit)).epsilon(1e-9));
    CHECK(pane.features[i].standard_deviation(unit) ==
          doctest::Approx(reference.features[i].counts.standard_deviation(unit)).epsilon(1e-6));
  }
  CHECK(pane.categories[0] == reference.categories[0].counts);
  CHECK(pane.histograms[0] == reference.scores[0].histogram);
  CHECK(compare(reference, pane, {}).drift == 0);
}

TEST_CASE("profile_counts: between edges it is off by less than a bin") {
  const Reference reference = reference_of(make_rows(1, 20'000));
  const Rows rows = make_rows(2, 10'000);
  const PaneCounts counted_rows = counted(reference, rows);
  const PaneCounts pane = profile_counts(reference, reference_of(rows));
  for (std::size_t i = 0; i < pane.features.size(); ++i) {
    CAPTURE(reference.features[i].name);
    CHECK(pane.features[i].rows() == 10'000);
    CHECK(furthest(pane.features[i], counted_rows.features[i]) < 1.0 / 60);
  }
  CHECK(pane.categories[0] == counted_rows.categories[0]);
  CHECK(compare(reference, pane, {}).verdict == Verdict::ok);
}

TEST_CASE("profile_counts: another training is told from the same one") {
  const Reference reference = reference_of(make_rows(1, 20'000));
  Rows rows = make_rows(2, 10'000);
  rows.change(kIncome, [](double income) { return income * 1.5; });
  const DriftReport report = compare(reference, profile_counts(reference, reference_of(rows)), {});
  CHECK(report.columns[kIncome].verdict == Verdict::drift);
  CHECK(report.columns[kIncome].current_mean == doctest::Approx(112'500).epsilon(0.01));
  CHECK(report.drift == 1);
}

TEST_CASE("profile_counts: columns without a value, constant ones, and the ends of the doubles") {
  const std::vector<std::vector<double>> columns = {
      {}, {NAN, NAN}, {7, 7, 7}, {1, 2, 3, 4}, {-1e308, 0, 1e308}, {INFINITY, 5, NAN}};
  for (const auto& a : columns) {
    for (const auto& b : columns) {
      const Reference other = numbers(b);
      const NumericCounts counts = profile_counts(numbers(a), other).features[0];
      CHECK(counts.finite() == other.features[0].counts.finite());
      CHECK(counts.rows() == b.size());
    }
  }
}

TEST_CASE("profile_counts: scores of another scale keep their rows") {
  Reference reference, other;
  const std::vector<double> values = {0.005, 0.5, 0.995, 1.5, -0.5};
  reference.scores.push_back(profile_scores("s", values, ScoreScale(0, 1)));
  other.scores.push_back(profile_scores("s", values, ScoreScale(-1, 2)));
  const ScoreHistogram histogram = profile_counts(reference, other).histograms[0];
  CHECK(histogram.rows() == 5);
  CHECK(histogram.below == 1);
  CHECK(histogram.above == 1);
}

TEST_CASE("profile_counts: a column that the other profile lacks is named") {
  Reference other = numbers({1, 2});
  other.features[0].name = "y";
  try {
    static_cast<void>(profile_counts(numbers({1, 2}), other));
    FAIL("not refused");
  } catch (const Error& error) {
    CHECK(error.reason() == Reason::other_model);
    CHECK(error.message() == "the other profile has no feature \"x\"");
  }
}

}  // namespace mlcore
