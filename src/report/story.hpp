// SPDX-License-Identifier: Apache-2.0
#pragma once

// What a report says about each column, in the order in which a reader wants to know.
//
//   for (const ColumnStory& story : stories_of(report)) report.total.drift.columns[story.column];

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "mlcore/monitor/monitor_report.hpp"

namespace mlcore::report {

struct ColumnStory {
  std::size_t column = 0;         // of every DriftReport
  Verdict verdict = Verdict::ok;  // DRIFT when a pane or all together say so, else the total's
  double strength = 0;            // the largest value ÷ threshold, of the total or a pane
  std::uint64_t drift_panes = 0;  // how many say DRIFT
  std::optional<std::size_t>
      since;                        // the first of these after the last OK; absent when OK is newer
  std::optional<std::size_t> last;  // the newest of these
};

/// DRIFT first, then INSUFFICIENT, constant columns, OK; the strongest first in each.
[[nodiscard]] std::vector<ColumnStory> stories_of(const MonitorReport& report);

/// The largest value ÷ threshold of those that say DRIFT, else OK, else INSUFFICIENT; null when
/// none is defined.
[[nodiscard]] const Statistic* strongest(const ColumnReport& column);

/// What to name as the reason for a DRIFT: the first statistic that drifts, psi before ks before
/// the others; null where none does.
[[nodiscard]] const Statistic* telling(const ColumnReport& column);

/// "has drifted since 1998-01-14, in 4 of 6 panes: psi 0.31, threshold 0.1". HTML, without the
/// column's name. Requires: a column that drifted.
[[nodiscard]] std::string sentence(const MonitorReport& report, const ColumnStory& story);

}  // namespace mlcore::report
