// SPDX-License-Identifier: Apache-2.0
#pragma once

// What a model sees and says in service, against what its training saw.
//
//   Monitor monitor(predictor, {.pane_micros = 86'400'000'000});
//   Context context(predictor, {});
//   monitor.attach(context);        // from here on every row of it is counted
//   predictor->predict(context, row, out);
//   monitor.report().total.drift.verdict;
//
// Each context counts into memory of its own, without a lock; a report collects what all have
// counted. A context may outlive the monitor.

#include <cstdint>
#include <memory>

#include "mlcore/drift/pane_ring.hpp"
#include "mlcore/drift/report.hpp"
#include "mlcore/monitor/monitor_report.hpp"
#include "mlcore/predict/predictor.hpp"

namespace mlcore {

struct MonitorOptions {
  static constexpr std::int64_t kMaxPaneWidth = std::int64_t{1} << 53;
  static constexpr std::int32_t kMaxPanes = 4096;

  /// How many panes are kept, the newest; 0: 32.
  std::int32_t max_panes = 0;
  /// Panes of the request's as_of, [k · pane_micros, (k + 1) · pane_micros); 0: panes by count.
  std::int64_t pane_micros = 0;
  /// Rows of a pane by count; 0: 10,000.
  std::int64_t pane_rows = 0;
  DriftOptions drift = {};
  /// The model's in its registry, for the report; 0: not from a registry.
  std::int64_t version = 0;
};

/// Thread-safe: const members, beside contexts that score. Cost: memory at construction,
/// `max_panes` times the counters of all columns (560 bytes a number); then two of them a context.
class Monitor {
 public:
  /// Throws: failed_precondition/no_reference (the artifact has no profile), needs_as_of
  /// (pane_micros, and requests without an as_of); invalid_argument/other_model (a profile of other
  /// columns), invalid_option (a negative width or one past kMaxPaneWidth, both widths, max_panes
  /// negative or past kMaxPanes, and as `compare`).
  Monitor(std::shared_ptr<const Predictor> predictor, const MonitorOptions& options);

  /// Counts what `context` is asked from now on. Not beside a call on the same context.
  /// Throws: invalid_argument/other_model (another artifact than the monitor's),
  /// failed_precondition/already_monitored.
  void attach(Context& context) const;

  /// Of all calls that have returned. Cost: the verdicts of every pane; no context waits for it.
  [[nodiscard]] MonitorReport report() const;

  [[nodiscard]] const Predictor& predictor() const noexcept { return *predictor_; }

 private:
  std::shared_ptr<const Predictor> predictor_;
  DriftOptions drift_;
  std::int64_t version_;
  std::shared_ptr<PaneRing> ring_;
};

}  // namespace mlcore
