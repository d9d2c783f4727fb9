// SPDX-License-Identifier: Apache-2.0
// Every statistic beside SciPy's and numpy's: expected.hpp, made by make_expected.py.
#include <doctest/doctest.h>

#include <cmath>
#include <string_view>

#include "drift/distribution.hpp"
#include "drift/expected.hpp"
#include "mlcore/drift/distance.hpp"
#include "mlcore/drift/null_quantile.hpp"
#include "mlcore/drift/two_sample.hpp"
#include "mlcore/stats/numeric_counts.hpp"
#include "stats/samples.hpp"

namespace mlcore {
namespace {

double relative(double found, double wanted) {
  if (found == wanted) return 0;
  return std::fabs(found - wanted) / std::fabs(wanted);
}

TEST_CASE("oracle: statistics of counts equal SciPy's and numpy's") {
  for (const expected::CountCase& test : expected::kCounts) {
    CAPTURE(test.name);
    const auto& r = test.reference;
    const auto& c = test.current;
    CHECK(relative(psi(r, c), test.psi) <= 1e-12);
    CHECK(relative(jensen_shannon_divergence_nats(r, c), test.js_divergence_nats) <= 1e-12);
    CHECK(relative(jensen_shannon_distance_nats(r, c), test.js_distance_nats) <= 1e-12);
    CHECK(relative(jensen_shannon_distance_base2(r, c), test.js_distance_base2) <= 1e-12);
    CHECK(relative(hellinger(r, c), test.hellinger) <= 1e-12);
    CHECK(relative(total_variation(r, c), test.total_variation) <= 1e-12);
    CHECK(relative(l_infinity(r, c), test.l_infinity) <= 1e-12);
    const ChiSquare found = chi_square(r, c);
    CHECK(relative(found.statistic, test.chi_square) <= 1e-12);
    CHECK(static_cast<double>(found.degrees_of_freedom) == test.degrees_of_freedom);
    CHECK(relative(found.p_value, test.p_value) <= 1e-12);
  }
}

TEST_CASE("oracle: statistics of samples equal SciPy's and numpy's") {
  for (const expected::SampleCase& test : expected::kSamples) {
    CAPTURE(test.reference_shape);
    CAPTURE(test.reference_seed);
    const auto a = sample(test.reference_seed, test.reference_size, test.reference_shape);
    const auto b = sample(test.current_seed, test.current_size, test.current_shape);
    CHECK(relative(ks_statistic(a, b), test.ks) <= 1e-12);
    CHECK(relative(ks_p_value(test.ks, a.size(), b.size()), test.ks_limit_p) <= 1e-12);
    CHECK(relative(wasserstein(a, b), test.wasserstein) <= 1e-12);

    const NumericBins bins(test.edges, NumericBins::from_sample(a).fixed_point());
    NumericCounts reference, current;
    reference.add(bins, a);
    current.add(bins, b);
    const auto of = [&](const NumericCounts& counts) {
      return std::vector<std::uint64_t>(counts.bins.begin(),
                                        counts.bins.begin() + std::ptrdiff_t(bins.bin_count()));
    };
    CHECK(of(reference) == test.reference_bins);
    CHECK(of(current) == test.current_bins);
    CHECK(relative(ks_at_edges(of(reference), of(current)), test.ks_at_edges) <= 1e-12);
    if (test.edges.size() > 1) {
      CHECK(relative(wasserstein_at_edges(test.edges, of(reference), of(current)),
                     test.wasserstein_at_edges) <= 1e-12);
    }
    // The stated bound of the fixed-point moments: half a unit.
    const double unit = std::ldexp(1, bins.fixed_point().exponent);
    CHECK(std::fabs(reference.mean(bins.fixed_point()) - test.mean) <= unit);
    CHECK(std::fabs(reference.standard_deviation(bins.fixed_point()) - test.standard_deviation) <=
          2 * unit);
  }
}

TEST_CASE("oracle: tails and quantiles equal SciPy's") {
  for (const expected::ChiSquareTail& test : expected::kChiSquareTails) {
    CAPTURE(test.x);
    CAPTURE(test.degrees_of_freedom);
    CHECK(relative(chi_square_survival(test.x, test.degrees_of_freedom), test.survival) <= 1e-12);
  }
  for (const expected::ChiSquareQuantile& test : expected::kChiSquareQuantiles) {
    CAPTURE(test.alpha);
    CAPTURE(test.degrees_of_freedom);
    CHECK(relative(chi_square_quantile(test.alpha, test.degrees_of_freedom), test.x) <= 1e-12);
  }
  for (const expected::KolmogorovTail& test : expected::kKolmogorovTails) {
    CAPTURE(test.x);
    CHECK(relative(kolmogorov_survival(test.x), test.survival) <= 1e-12);
  }
  for (const expected::KolmogorovQuantile& test : expected::kKolmogorovQuantiles) {
    CAPTURE(test.alpha);
    // n = m = 2: √(nm / (n + m)) = 1. An upper bound, by less than 1e-6.
    const double found = ks_null_quantile({2, 2}, test.alpha);
    CHECK(found >= test.x * (1 - 1e-15));
    CHECK(found <= test.x * (1 + 1e-6));
  }
}

TEST_CASE("oracle: more bins bring the distances at edges to the exact ones") {
  const auto a = sample(31, 20'000, "bell");
  auto b = sample(32, 10'000, "bell");
  for (double& value : b) value = value * 1.1 + 0.05;
  const NumericBins bins = NumericBins::from_sample(a);
  NumericCounts reference, current;
  reference.add(bins, a);
  current.add(bins, b);
  const auto r = std::span(reference.bins).first(bins.bin_count());
  const auto c = std::span(current.bins).first(bins.bin_count());
  const double exact = ks_statistic(a, b);
  CHECK(ks_at_edges(r, c) <= exact);
  CHECK(ks_at_edges(r, c) >= exact - 1.0 / 62);
  CHECK(relative(wasserstein_at_edges(bins.edges(), r, c), wasserstein(a, b)) < 0.05);
}

}  // namespace
}  // namespace mlcore
