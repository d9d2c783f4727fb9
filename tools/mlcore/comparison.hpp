// SPDX-License-Identifier: Apache-2.0
#pragma once

// Rows of today against the reference of an artifact, as drift and report compare them.

#include <CLI/CLI.hpp>
#include <memory>
#include <string>
#include <vector>

#include "mlcore/monitor/monitor_report.hpp"
#include "mlcore/predict/predictor.hpp"

namespace mlcore::command {

struct ComparisonOptions {
  std::string reference;
  std::string current;
  std::vector<std::string> streams;
  bool matrix = false;
  std::string pane;
  double alpha = DriftOptions{}.alpha;
  std::string fail_on;
};

/// Declares them.
void add_options(CLI::App& verb, ComparisonOptions& options);

struct Comparison {
  std::shared_ptr<const Predictor> predictor;
  MonitorReport report;  // without latencies: no caller waited for these calls
};

/// Throws: UsageError for options that make no sense together; failed_precondition/no_reference,
/// invalid_argument/other_model, limit_exceeded (too many panes), and as the readers.
[[nodiscard]] Comparison compare_current(const ComparisonOptions& options);

/// What --fail-on says about it: an exit status.
[[nodiscard]] int exit_status(const ComparisonOptions& options, const MonitorReport& report);

}  // namespace mlcore::command
