// SPDX-License-Identifier: Apache-2.0
#pragma once

// What a monitor has seen, pane by pane, compared with the model's reference.
//
//   MonitorReport report = monitor.report();
//   report.total.drift.verdict;     // of all kept panes together
//   for (const PaneReport& pane : report.panes) pane.drift.columns[0].verdict;

#include <cstdint>
#include <string>
#include <vector>

#include "mlcore/base/error.hpp"
#include "mlcore/drift/reference.hpp"
#include "mlcore/drift/report.hpp"
#include "mlcore/stats/latency_histogram.hpp"

namespace mlcore {

/// What the bounds of a pane are: microseconds since 1970-01-01T00:00:00Z, or positions of rows.
enum class PaneKind : std::int32_t { as_of = 0, count = 1 };

/// The rows of [begin, end).
struct PaneReport {
  std::int64_t begin = 0;
  std::int64_t end = 0;
  std::uint64_t rows = 0;
  PaneCounts counts;
  DriftReport drift;
};

struct FailureCount {
  Reason reason = Reason::none;
  std::uint64_t count = 0;
};

struct MonitorReport {
  std::string model;
  std::string digest;        // 64 hexadecimal digits
  std::int64_t version = 0;  // 0: not from a registry
  PaneKind kind = PaneKind::count;
  std::vector<PaneReport> panes;  // oldest first, those without a row left out
  PaneReport total;               // all of them together
  std::uint64_t rows = 0;         // since the monitor was made
  std::uint64_t late_rows = 0;    // of them, those of panes that were no longer kept
  LatencyHistogram row_latency;   // nanoseconds a call, of one row call in 16
  LatencyHistogram batch_latency;
  std::vector<FailureCount> failures;  // by reason, ascending
};

/// Compares each pane and fills `total` from all of them. Requires: panes of this reference.
/// Throws: as `compare`.
void compare_panes(MonitorReport& report, const Reference& reference, const DriftOptions& options);

/// Source of both: docs/monitor.md. One JSON object; a number without a value is null.
[[nodiscard]] std::string to_json(const DriftReport& report);
[[nodiscard]] std::string to_json(const MonitorReport& report);
/// Metrics in Prometheus' text format 0.0.4.
[[nodiscard]] std::string prometheus_text(const MonitorReport& report);

}  // namespace mlcore
