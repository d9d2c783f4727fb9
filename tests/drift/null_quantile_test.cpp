// SPDX-License-Identifier: Apache-2.0
// Null quantiles beside simulation: how often a statistic of two samples of one distribution is
// above its own 5 % quantile.
#include "mlcore/drift/null_quantile.hpp"

#include <doctest/doctest.h>

#include <cmath>
#include <functional>

#include "mlcore/base/error.hpp"
#include "mlcore/drift/distance.hpp"
#include "mlcore/drift/two_sample.hpp"
#include "stats/samples.hpp"

namespace mlcore {
namespace {

constexpr double kAlpha = 0.05;
constexpr int kPanes = 4000;
constexpr std::size_t kBins = 10;
constexpr SampleSizes kSizes{3000, 1000};

using Vector = std::vector<std::uint64_t>;

/// Bins of unequal shares: a triangle.
Vector draw(SampleRandom& random, std::uint64_t rows) {
  Vector counts(kBins);
  for (std::uint64_t row = 0; row < rows; ++row) {
    ++counts[static_cast<std::size_t>((random.uniform() + random.uniform()) / 2 * kBins)];
  }
  return counts;
}

TEST_CASE("null quantiles: a quiet statistic is above its 5 % quantile that often, or less") {
  struct Case {
    const char* name;
    std::function<double(const Vector&, const Vector&)> statistic;
    double quantile;
    double least;  // share of panes above it; 0 for an upper bound
    int above = 0;
  };
  Case cases[] = {
      {"psi", psi, psi_null_quantile(kSizes, kBins, kAlpha), 0.04},
      {"jensen_shannon_base2", jensen_shannon_distance_base2,
       jensen_shannon_base2_null_quantile(kSizes, kBins, kAlpha), 0.04},
      {"hellinger", hellinger, hellinger_null_quantile(kSizes, kBins, kAlpha), 0.04},
      {"chi_square", [](const Vector& r, const Vector& c) { return chi_square(r, c).statistic; },
       chi_square_null_quantile(kBins, kAlpha), 0.04},
      {"total_variation", total_variation, total_variation_null_quantile(kSizes, kBins, kAlpha), 0},
      {"l_infinity", l_infinity, l_infinity_null_quantile(kSizes, kBins, kAlpha), 0},
      {"ks at edges", ks_at_edges, ks_null_quantile(kSizes, kAlpha), 0},
      {"share",
       [](const Vector& r, const Vector& c) {
         return std::fabs(static_cast<double>(c[2]) / 1000 - static_cast<double>(r[2]) / 3000);
       },
       share_null_quantile(kSizes, 0.1, kAlpha), 0},
  };
  constexpr std::uint64_t kSeed = 71;
  CAPTURE(kSeed);
  SampleRandom random(kSeed);
  for (int pane = 0; pane < kPanes; ++pane) {
    const Vector r = draw(random, kSizes.reference);
    const Vector c = draw(random, kSizes.current);
    for (Case& test : cases) test.above += test.statistic(r, c) > test.quantile ? 1 : 0;
  }
  for (const Case& test : cases) {
    CAPTURE(test.name);
    const double share = static_cast<double>(test.above) / kPanes;
    CHECK(share <= kAlpha + 3 * std::sqrt(kAlpha * (1 - kAlpha) / kPanes));
    CHECK(share >= test.least);
  }
}

TEST_CASE("null quantiles: of exact KS and Wasserstein-1 between arrays") {
  constexpr std::uint64_t kSeed = 72;
  CAPTURE(kSeed);
  SampleRandom random(kSeed);
  // Uniform: σ = 1/√12, ∫√(x(1 − x)) dx = π/8.
  const Spread spread{std::sqrt(1.0 / 12), 1, 3.141592653589793 / 8};
  const SampleSizes sizes{300, 200};
  const double ks = ks_null_quantile(sizes, kAlpha);
  const double distance = wasserstein_null_quantile(sizes, spread, kAlpha);
  int ks_above = 0, distance_above = 0;
  for (int pane = 0; pane < 2000; ++pane) {
    std::vector<double> a, b;
    for (std::uint64_t i = 0; i < sizes.reference; ++i) a.push_back(random.uniform());
    for (std::uint64_t i = 0; i < sizes.current; ++i) b.push_back(random.uniform());
    ks_above += ks_statistic(a, b) > ks ? 1 : 0;
    distance_above += wasserstein(a, b) > distance ? 1 : 0;
  }
  CHECK(ks_above <= 2000 * kAlpha * 1.3);
  CHECK(ks_above >= 2000 * kAlpha * 0.5);
  CHECK(distance_above <= 2000 * kAlpha);
}

TEST_CASE("null quantiles: fall with the sizes and rise as alpha falls") {
  const Spread spread{1, 10, 1.5};
  using Quantile = std::function<double(SampleSizes, double)>;
  const Quantile quantiles[] = {
      [](SampleSizes s, double alpha) { return psi_null_quantile(s, 10, alpha); },
      [](SampleSizes s, double alpha) { return l_infinity_null_quantile(s, 10, alpha); },
      [](SampleSizes s, double alpha) { return ks_null_quantile(s, alpha); },
      [](SampleSizes s, double alpha) { return share_null_quantile(s, 0.1, alpha); },
      [&](SampleSizes s, double alpha) { return wasserstein_null_quantile(s, spread, alpha); }};
  for (const Quantile& quantile : quantiles) {
    CHECK(quantile({1000, 1000}, 0.01) < quantile({1000, 900}, 0.01));
    CHECK(quantile({1000, 1000}, 0.01) < quantile({900, 1000}, 0.01));
    CHECK(quantile({1000, 1000}, 0.01) < quantile({1000, 1000}, 0.001));
  }
}

TEST_CASE("distances: shapes that do not match and empty sides are refused") {
  const auto reason = [](const Vector& r, const Vector& c) {
    try {
      static_cast<void>(psi(r, c));
    } catch (const Error& error) {
      return error.reason();
    }
    return Reason::none;
  };
  CHECK(reason({1, 2}, {1, 2, 3}) == Reason::wrong_width);
  CHECK(reason({1}, {1}) == Reason::wrong_width);
  CHECK(reason({}, {}) == Reason::wrong_width);
  CHECK(reason({0, 0}, {1, 2}) == Reason::empty_input);
  CHECK(reason({1, 2}, {0, 0}) == Reason::empty_input);
  const double nan = std::nan("");
  CHECK_THROWS_AS(static_cast<void>(ks_statistic({}, std::vector<double>{1})), Error);
  CHECK_THROWS_AS(static_cast<void>(wasserstein(std::vector<double>{1}, std::vector<double>{nan})),
                  Error);
  const std::vector<double> edges = {0, 1};
  CHECK_THROWS_AS(static_cast<void>(wasserstein_at_edges(edges, Vector{1, 1}, Vector{1, 1})),
                  Error);
}

TEST_CASE("distances: equal shares are at distance 0 to the bit, whatever the sizes") {
  const Vector r = {1, 3, 7, 11, 0, 5};
  Vector c = r;
  for (std::uint64_t& count : c) count *= 1'000'003;
  CHECK(jensen_shannon_divergence_nats(r, c) == 0);
  CHECK(hellinger(r, c) == 0);
  CHECK(total_variation(r, c) == 0);
  CHECK(l_infinity(r, c) == 0);
  CHECK(chi_square(r, c).statistic == 0);
  CHECK(chi_square(r, c).p_value == 1);
  CHECK(ks_at_edges(r, c) == 0);
  CHECK(psi(r, r) == 0);
}

}  // namespace
}  // namespace mlcore
