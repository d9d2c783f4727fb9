// SPDX-License-Identifier: Apache-2.0
// Monitor and the command use compare_panes.
#include "mlcore/monitor/monitor_report.hpp"

namespace mlcore {

void compare_panes(MonitorReport& report, const Reference& reference, const DriftOptions& options) {
  report.total = {};
  report.total.counts = PaneCounts(reference);
  for (PaneReport& pane : report.panes) {
    pane.drift = compare(reference, pane.counts, options);
    report.total.counts += pane.counts;
    report.total.rows += pane.rows;
  }
  if (!report.panes.empty()) {
    report.total.begin = report.panes.front().begin;
    report.total.end = report.panes.back().end;
  }
  report.total.drift = compare(reference, report.total.counts, options);
}

}  // namespace mlcore
