// SPDX-License-Identifier: Apache-2.0
#pragma once

// The charts of a page, each an <svg> that says in its title what it shows.

#include <string>

#include "mlcore/drift/reference.hpp"
#include "mlcore/monitor/monitor_report.hpp"

namespace mlcore::report {

/// Shares of rows in the reference's bins; a bin is as wide as any other, and its edges are told in
/// the column's units. The last bar is rows without a finite number.
[[nodiscard]] std::string bin_chart(const NumericProfile& profile, const NumericCounts& current);
/// Both cumulative shares over the column's units, straight between the edges, which are marked
/// under the axis; and the place where they are furthest apart.
[[nodiscard]] std::string cumulative_chart(const NumericProfile& profile,
                                           const NumericCounts& current);
/// Shares of rows in a hundred bins of equal width.
[[nodiscard]] std::string score_chart(const ScoreProfile& profile, const ScoreHistogram& current);
/// A statistic pane by pane, its threshold, and its null quantile.
[[nodiscard]] std::string timeline_chart(const MonitorReport& report, std::size_t column,
                                         StatisticKind kind);
/// The same, as small as a word.
[[nodiscard]] std::string sparkline(const MonitorReport& report, std::size_t column,
                                    StatisticKind kind);
/// How many calls took how long, an octave a bar.
[[nodiscard]] std::string latency_chart(const LatencyHistogram& latency);

}  // namespace mlcore::report
