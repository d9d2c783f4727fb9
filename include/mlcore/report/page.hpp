// SPDX-License-Identifier: Apache-2.0
#pragma once

// A monitor's report as one HTML page that needs nothing beside it: no network, no script.
//
//   std::string page = drift_page(monitor.report(), *predictor->reference(), {});
//   write_file("drift.html", page);
//
// The page is also well-formed XML, and its content policy forbids scripts and requests, so that no
// name from a column, a category or a model can do either.

#include <string>

#include "mlcore/drift/reference.hpp"
#include "mlcore/monitor/monitor_report.hpp"

namespace mlcore {

struct PageOptions {
  std::string title;  // empty: the model's name
};

/// DRIFT when a pane is or all of them together are: what has come and gone is news. Else what all
/// of them together are.
[[nodiscard]] Verdict verdict_of(const MonitorReport& report) noexcept;

/// The same report, reference and options give the same bytes, on every machine. Every statistic
/// stands in a `<data>` element whose `value` has all its digits.
/// Throws: invalid_argument/wrong_width for counters or comparisons of another reference.
/// Cost: O(columns · panes); at most 16 KB a column and 320 bytes a column and pane.
[[nodiscard]] std::string drift_page(const MonitorReport& report, const Reference& reference,
                                     const PageOptions& options);

}  // namespace mlcore
