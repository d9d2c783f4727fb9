// SPDX-License-Identifier: Apache-2.0
#include "mlcore/stats/numeric_counts.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <cfenv>
#include <cmath>
#include <map>

#include "mlcore/base/error.hpp"
#include "stats/samples.hpp"

namespace mlcore {
namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();
constexpr double kLargest = std::numeric_limits<double>::max();
constexpr double kNan = std::numeric_limits<double>::quiet_NaN();

/// Values of many shapes, with what is missing or infinite among them.
std::vector<double> column(std::uint64_t seed, std::size_t count) {
  SampleRandom random(seed);
  std::vector<double> values;
  const std::uint64_t shape = random.below(6);
  for (std::size_t i = 0; i < count; ++i) {
    switch (random.below(20) == 0 ? 6 + random.below(3) : shape) {
      case 0: values.push_back(random.normal()); break;
      case 1: values.push_back(std::exp(3 * random.normal())); break;
      case 2: values.push_back(static_cast<double>(random.below(3))); break;
      case 3: values.push_back(-0.0); break;
      case 4: values.push_back(1e300 * random.normal()); break;
      case 5: values.push_back(5e-324 * static_cast<double>(random.below(9))); break;
      case 6: values.push_back(kNan); break;
      case 7: values.push_back(random.below(2) == 0 ? kInfinity : -kInfinity); break;
      default: values.push_back(1000 * random.normal());
    }
  }
  return values;
}

NumericCounts counted(const NumericBins& bins, std::span<const double> values) {
  NumericCounts counts;
  for (const double value : values) counts.add(bins, value);
  return counts;
}

Reason refused(std::vector<double> edges, FixedPoint fixed_point) {
  try {
    static_cast<void>(NumericBins(edges, fixed_point));
  } catch (const Error& error) {
    return error.reason();
  }
  return Reason::none;
}

TEST_CASE("numeric bins: a value is in the bin whose upper edge it does not pass") {
  const NumericBins bins(std::vector<double>{-1, 0, 2.5}, {});
  CHECK(bins.bin_count() == 4);
  const std::pair<double, std::size_t> cases[] = {
      {-kLargest, 0}, {-1, 0},  {std::nextafter(-1, 0), 1},
      {-0.0, 1},      {0.0, 1}, {5e-324, 2},
      {2.5, 2},       {2.6, 3}, {kLargest, 3}};
  for (const auto& test : cases) {
    CAPTURE(test.first);
    CHECK(bins.bin_of(test.first) == test.second);
  }
}

TEST_CASE("numeric bins: 63 edges of a smooth sample hold equal shares, none outside") {
  const std::vector<double> values = sample(5, 62'000, "bell");
  const NumericBins bins = NumericBins::from_sample(values);
  const NumericCounts counts = counted(bins, values);
  REQUIRE(bins.bin_count() == 64);
  CHECK(counts.bins[0] == 0);
  CHECK(counts.bins[63] == 0);
  for (std::size_t bin = 1; bin < 63; ++bin) CHECK(counts.bins[bin] == 1000);
}

TEST_CASE("numeric bins: an atom has a bin of its own") {
  SampleRandom random(9);
  std::vector<double> values(3000, 0.0);
  for (int i = 0; i < 7000; ++i) values.push_back(1 + random.uniform());
  values.insert(values.end(), 400, 1.5);
  const NumericBins bins = NumericBins::from_sample(values);
  const NumericCounts counts = counted(bins, values);
  CHECK(counts.bins[bins.bin_of(0.0)] == 3000);
  CHECK(counts.bins[bins.bin_of(1.5)] == 400);
  CHECK(bins.bin_of(std::nextafter(1.5, 2.0)) == bins.bin_of(1.5) + 1);
  CHECK(bins.bin_of(std::nextafter(1.5, 1.0)) == bins.bin_of(1.5) - 1);
}

TEST_CASE("numeric bins: every number of distinct values fits the edges") {
  for (std::size_t distinct = 1; distinct <= 200; ++distinct) {
    CAPTURE(distinct);
    std::vector<double> values;
    for (std::size_t i = 0; i < 2000; ++i) values.push_back(static_cast<double>(i % distinct));
    const NumericBins bins = NumericBins::from_sample(values);
    CHECK(bins.edges().size() <= kMaxEdges);
    const NumericCounts counts = counted(bins, values);
    CHECK(counts.bins[0] == 0);
    CHECK(counts.bins[bins.bin_count() - 1] == 0);
    CHECK(counts.finite() == 2000);
    if (distinct > 31) continue;
    for (std::size_t i = 0; i < distinct; ++i) {
      CHECK(counts.bins[bins.bin_of(static_cast<double>(i))] ==
            2000 / distinct + (i < 2000 % distinct ? 1 : 0));
    }
  }
}

TEST_CASE("numeric bins: hard samples make bins that hold what they were made from") {
  const std::vector<double> samples[] = {
      {},          {kNan, kInfinity, -kInfinity}, {0.0, -0.0},
      {7.25},      {-kLargest, kLargest},         {kLargest, kLargest},
      {-kLargest}, {5e-324, 1e-323, kNan},        {1, std::nextafter(1, 2), std::nextafter(1, 0)}};
  for (const std::vector<double>& values : samples) {
    CAPTURE(values.size());
    const NumericBins bins = NumericBins::from_sample(values);
    const NumericCounts counts = counted(bins, values);
    CHECK(counts.rows() == values.size());
    CHECK(counts.bins[bins.bin_count() - 1] == (bins.edges().empty() ? counts.finite() : 0));
    CHECK(NumericBins(bins.edges(), bins.fixed_point()) == bins);
    CHECK((counts.finite() == 0) == std::isnan(counts.mean(bins.fixed_point())));
  }
}

TEST_CASE("numeric bins: edges and scales that can't be are refused") {
  CHECK(refused(std::vector<double>(64), {}) == Reason::limit_exceeded);
  CHECK(refused({1, 1}, {}) == Reason::invalid_number);
  CHECK(refused({2, 1}, {}) == Reason::invalid_number);
  CHECK(refused({kNan}, {}) == Reason::invalid_number);
  CHECK(refused({1, kInfinity}, {}) == Reason::invalid_number);
  CHECK(refused({}, {kNan, 0}) == Reason::invalid_number);
  CHECK(refused({}, {0, 1001}) == Reason::invalid_number);
  CHECK(refused({}, {0, std::numeric_limits<std::int32_t>::min()}) == Reason::invalid_number);
}

TEST_CASE("numeric counts: many at once are the counters of one by one") {
  for (std::uint64_t seed = 1; seed <= 60; ++seed) {
    CAPTURE(seed);
    const std::vector<double> reference = column(seed, 700);
    const std::vector<double> values = column(seed + seed % 2, 1237);
    const NumericBins bins = NumericBins::from_sample(reference);
    NumericCounts many;
    many.add(bins, values);
    CHECK(many == counted(bins, values));
    // The middle column of a matrix of three.
    std::vector<double> matrix(3 * values.size(), 1.0);
    for (std::size_t row = 0; row < values.size(); ++row) matrix[3 * row + 1] = values[row];
    NumericCounts strided;
    strided.add_column(bins, {matrix.data(), values.size(), 3}, 1);
    CHECK(strided == many);
  }
}

TEST_CASE("numeric counts: the order is nothing, parts make the whole, and what was added goes") {
  for (std::uint64_t seed = 101; seed <= 140; ++seed) {
    CAPTURE(seed);
    SampleRandom random(seed);
    std::vector<double> values = column(seed, 2000);
    const NumericBins bins = NumericBins::from_sample(std::span(values).first(500));
    const NumericCounts whole = counted(bins, values);
    std::vector<NumericCounts> parts(1 + random.below(9));
    for (const double value : values) parts[random.below(parts.size())].add(bins, value);
    NumericCounts merged;
    for (std::size_t i = parts.size(); i-- > 0;) merged += parts[i];
    CHECK(merged == whole);
    for (std::size_t i = values.size() - 1; i > 0; --i) {
      std::swap(values[i], values[random.below(i + 1)]);
    }
    CHECK(counted(bins, values) == whole);
    // A pane that leaves: what is left is what was never there.
    const std::size_t cut = random.below(values.size());
    NumericCounts rest = whole;
    rest -= counted(bins, std::span(values).first(cut));
    CHECK(rest == counted(bins, std::span(values).subspan(cut)));
    rest -= whole;  // the group has negative elements too
    rest += whole;
    CHECK(rest == counted(bins, std::span(values).subspan(cut)));
  }
}

TEST_CASE("numeric counts: mean and deviation are within the stated bound") {
  for (std::uint64_t seed = 1; seed <= 30; ++seed) {
    CAPTURE(seed);
    SampleRandom random(seed);
    const double scale = std::ldexp(1, static_cast<int>(random.below(400)) - 200);
    std::vector<double> values;
    long double sum = 0, squares = 0;
    for (int i = 0; i < 3000; ++i) values.push_back(scale * (3 + random.normal()));
    for (const double value : values) sum += value;
    const long double mean = sum / 3000;
    for (const double value : values) squares += (value - mean) * (value - mean);
    const NumericBins bins = NumericBins::from_sample(std::span(values).first(1000));
    const double unit = std::ldexp(1, bins.fixed_point().exponent);
    CHECK(unit <= scale * 1e-8);
    const NumericCounts counts = counted(bins, values);
    CHECK(std::fabs(counts.mean(bins.fixed_point()) - static_cast<double>(mean)) <=
          0.5 * unit + 1e-15 * scale * 4);
    CHECK(counts.standard_deviation(bins.fixed_point()) ==
          doctest::Approx(static_cast<double>(std::sqrt(squares / 3000))).epsilon(1e-9));
  }
}

TEST_CASE("numeric counts: values far outside are held, counted and do not overflow") {
  const NumericBins bins = NumericBins::from_sample(std::vector<double>{0, 1, 2, 3});
  NumericCounts counts;
  for (int i = 0; i < 1000; ++i) counts.add(bins, kLargest);
  CHECK(counts.bins[bins.bin_count() - 1] == 1000);
  CHECK(counts.sum == static_cast<Int128>(1000) << 44);
  CHECK(counts.sum_squares == static_cast<Int128>(1000) << 88);
  CHECK(bins.quantize(-kLargest) == -(std::int64_t{1} << 44));
  CHECK(counts.mean(bins.fixed_point()) > 3000);
}

TEST_CASE("numeric counts: adding many is the same under a host's other rounding") {
  const std::vector<double> values = column(4, 5000);
  const NumericBins bins = NumericBins::from_sample(values);
  const NumericCounts wanted = counted(bins, values);
  std::fesetround(FE_UPWARD);
  NumericCounts found;
  found.add(bins, values);
  const bool is_equal = found == wanted && NumericBins::from_sample(values) == bins;
  std::fesetround(FE_TONEAREST);
  CHECK(is_equal);
}

TEST_CASE("extent: the least and the greatest finite value, zeros alike, and parts merge") {
  Extent extent;
  CHECK(extent.empty());
  extent.add(kNan);
  extent.add(kInfinity);
  CHECK(extent.empty());
  extent.add(-0.0);
  CHECK(std::signbit(extent.min) == false);
  extent.add(7);
  Extent other;
  other.add(-3);
  other += extent;
  CHECK(other == Extent{-3, 7});
  other += Extent{};
  CHECK(other == Extent{-3, 7});
}

}  // namespace
}  // namespace mlcore
