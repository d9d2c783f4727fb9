// SPDX-License-Identifier: Apache-2.0
#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "mlcore/base/error.hpp"
#include "mlcore/stats/latency_histogram.hpp"
#include "mlcore/stats/score_histogram.hpp"
#include "stats/samples.hpp"

namespace mlcore {
namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();

TEST_CASE("score histogram: each score is in its hundredth, the ends belong to it") {
  const ScoreScale scale(0, 1);
  ScoreHistogram histogram;
  for (const double score : {0.0, 0.0099, 0.5, 0.995, 1.0}) histogram.add(scale, score);
  CHECK(histogram.bins[0] == 2);
  CHECK(histogram.bins[50] == 1);
  CHECK(histogram.bins[99] == 2);
  for (const double score : {-1e-9, -kInfinity}) histogram.add(scale, score);
  for (const double score : {1.0000001, kInfinity}) histogram.add(scale, score);
  histogram.add(scale, std::numeric_limits<double>::quiet_NaN());
  CHECK(histogram.below == 2);
  CHECK(histogram.above == 2);
  CHECK(histogram.missing == 1);
  CHECK(histogram.rows() == 10);
}

TEST_CASE("score scale: ends that can't be divided are refused") {
  const double nan = std::numeric_limits<double>::quiet_NaN();
  const double largest = std::numeric_limits<double>::max();
  const std::pair<double, double> cases[] = {
      {1, 1}, {2, 1}, {nan, 1}, {0, kInfinity}, {-largest, largest}, {0, 5e-324}};
  for (const auto& ends : cases) {
    CAPTURE(ends.first);
    CAPTURE(ends.second);
    CHECK_THROWS_AS(ScoreScale(ends.first, ends.second), Error);
  }
}

TEST_CASE("score histogram: parts make the whole, and what was added goes") {
  SampleRandom random(3);
  const ScoreScale scale(-2, 5);
  ScoreHistogram whole, left, right;
  for (int i = 0; i < 10'000; ++i) {
    const double score = 4 * random.normal();
    whole.add(scale, score);
    (i % 3 == 0 ? left : right).add(scale, score);
  }
  ScoreHistogram merged = right;
  merged += left;
  CHECK(merged == whole);
  merged -= right;
  CHECK(merged == left);
}

TEST_CASE("latency histogram: buckets are in order, without a gap, a sixteenth wide at most") {
  std::uint64_t next = 0;
  for (std::size_t bucket = 0; bucket < LatencyHistogram::kBuckets; ++bucket) {
    CAPTURE(bucket);
    const std::uint64_t longest = LatencyHistogram::longest_of(bucket);
    REQUIRE(LatencyHistogram::bucket_of(next) == bucket);
    REQUIRE(LatencyHistogram::bucket_of(longest) == bucket);
    REQUIRE((longest - next) * 16 <= next);
    next = longest + 1;
  }
  CHECK(next == LatencyHistogram::kLongest + 1);
}

TEST_CASE("latency histogram: a quantile is the true one or less than a sixteenth above") {
  for (std::uint64_t seed = 1; seed <= 20; ++seed) {
    CAPTURE(seed);
    SampleRandom random(seed);
    LatencyHistogram histogram;
    std::vector<std::uint64_t> durations;
    for (int i = 0; i < 1000; ++i) {
      durations.push_back(static_cast<std::uint64_t>(std::exp(4 + 3 * random.normal())));
      histogram.add(durations.back());
    }
    std::sort(durations.begin(), durations.end());
    for (const double p : {0.0, 0.001, 0.5, 0.95, 0.99, 0.999, 1.0}) {
      CAPTURE(p);
      const auto rank = std::max<std::size_t>(1, static_cast<std::size_t>(std::ceil(p * 1000)));
      const std::uint64_t wanted = durations[rank - 1];
      CHECK(histogram.quantile(p) >= wanted);
      CHECK(static_cast<double>(histogram.quantile(p)) <= static_cast<double>(wanted) * 17 / 16);
    }
  }
}

TEST_CASE("latency histogram: empty, too long, merged and taken away") {
  LatencyHistogram histogram;
  CHECK(histogram.quantile(0.99) == 0);
  histogram.add(~std::uint64_t{0});
  CHECK(histogram.quantile(0.5) == LatencyHistogram::kLongest);
  CHECK(histogram.sum == LatencyHistogram::kLongest);
  LatencyHistogram other;
  other.add(100);
  histogram += other;
  CHECK(histogram.count() == 2);
  histogram -= other;
  CHECK(histogram.count() == 1);
  CHECK(histogram.quantile(0) == LatencyHistogram::kLongest);
}

}  // namespace
}  // namespace mlcore
