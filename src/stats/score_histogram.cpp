// SPDX-License-Identifier: Apache-2.0
// Outside code uses ScoreScale and ScoreHistogram.
#include "mlcore/stats/score_histogram.hpp"

#include <fmt/format.h>

#include <cmath>

#include "mlcore/base/error.hpp"
#include "mlcore/base/number.hpp"

namespace mlcore {

ScoreScale::ScoreScale(double low, double high)
    : low_(low), high_(high), bins_per_unit_(static_cast<double>(kScoreBins) / (high - low)) {
  if (low < high && std::isfinite(high - low) && std::isfinite(bins_per_unit_)) return;
  throw Error(Code::invalid_argument, Reason::invalid_number,
              fmt::format("a scale from {} to {} can't be divided into {} bins", format_f64(low),
                          format_f64(high), kScoreBins));
}

ScoreHistogram& ScoreHistogram::operator+=(const ScoreHistogram& other) noexcept {
  for (std::size_t i = 0; i < kScoreBins; ++i) bins[i] += other.bins[i];
  below += other.below;
  above += other.above;
  missing += other.missing;
  return *this;
}

ScoreHistogram& ScoreHistogram::operator-=(const ScoreHistogram& other) noexcept {
  for (std::size_t i = 0; i < kScoreBins; ++i) bins[i] -= other.bins[i];
  below -= other.below;
  above -= other.above;
  missing -= other.missing;
  return *this;
}

std::uint64_t ScoreHistogram::rows() const noexcept {
  std::uint64_t total = below + above + missing;
  for (const std::uint64_t bin : bins) total += bin;
  return total;
}

}  // namespace mlcore
