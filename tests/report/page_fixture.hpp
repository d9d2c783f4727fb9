// SPDX-License-Identifier: Apache-2.0
#pragma once

// Reports for pages: a lender's rows pane by pane, and what a monitor makes of them.
//
//   MonitorReport report = report_of(reference, {make_rows(1, 2'000), make_rows(2, 2'000)});

#include <vector>

#include "drift/columns.hpp"
#include "mlcore/base/time.hpp"
#include "mlcore/drift/report.hpp"
#include "mlcore/monitor/monitor_report.hpp"

namespace mlcore {

inline constexpr std::int64_t kPaneMicros = 30 * kMicrosPerDay;

/// Panes of 30 days from 1998-01-01 on.
inline MonitorReport report_from(const Reference& reference, std::vector<PaneCounts> panes) {
  MonitorReport report;
  report.model = "lender";
  report.digest = std::string(64, 'a');
  report.kind = PaneKind::as_of;
  report.total.counts = PaneCounts(reference);
  report.total.begin = parse_timestamp("1998-01-01").value();
  report.total.end = report.total.begin;
  for (PaneCounts& counts : panes) {
    report.total.counts += counts;
    report.rows += counts.rows();
    PaneReport pane;
    pane.begin = report.total.end;
    pane.end = pane.begin + kPaneMicros;
    pane.counts = std::move(counts);
    pane.drift = compare(reference, pane.counts, {});
    report.total.end = pane.end;
    report.panes.push_back(std::move(pane));
  }
  report.total.drift = compare(reference, report.total.counts, {});
  return report;
}

inline MonitorReport report_of(const Reference& reference, const std::vector<Rows>& panes) {
  std::vector<PaneCounts> counts;
  for (const Rows& rows : panes) counts.push_back(counted(reference, rows));
  return report_from(reference, std::move(counts));
}

/// Four quiet panes, then incomes that nearly double and a country that nobody knew.
inline MonitorReport troubled_report(const Reference& reference) {
  std::vector<Rows> panes;
  for (std::uint64_t i = 0; i < 8; ++i) {
    panes.push_back(make_rows(100 + i, 3'000));
    if (i < 4) continue;
    panes.back().change(kIncome, [](double income) { return income * 1.87; });
    for (auto& country : panes.back().countries) country = "XK";
  }
  MonitorReport report = report_of(reference, panes);
  for (std::uint64_t i = 0; i < 10'000; ++i) report.row_latency.add(900 + i * i % 4'001);
  report.failures.push_back({Reason::null_not_allowed, 17});
  return report;
}

}  // namespace mlcore
