// SPDX-License-Identifier: Apache-2.0
// `mlcore drift` prints a comparison, `mlcore report` writes it as a page.
#include <fmt/format.h>

#include <algorithm>
#include <memory>
#include <string>
#include <vector>

#include "comparison.hpp"
#include "inputs.hpp"
#include "mlcore/base/time.hpp"
#include "mlcore/report/page.hpp"
#include "verb.hpp"

namespace mlcore::command {
namespace {

constexpr std::size_t kNamedColumns = 3;
constexpr std::size_t kNameBytes = 40;

/// Fit for a terminal.
std::string plain(const std::string& name) {
  std::string text = name.substr(0, kNameBytes);
  for (char& c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte < 0x20 || byte == 0x7F) c = '?';
  }
  return text.size() < name.size() ? text + "…" : text;
}

std::string bound(PaneKind kind, std::int64_t value) {
  if (kind == PaneKind::count) return fmt::format("{}", value);
  const std::string text = format_timestamp(value);
  return text.ends_with("T00:00:00Z") ? text.substr(0, text.find('T')) : text;
}

struct Drifted {
  const ColumnReport* column;
  const Statistic* statistic;  // the first that drifts: psi, ks, …
  double times;                // its threshold
};

/// The columns that drift, the strongest first.
std::vector<Drifted> drifted_columns(const DriftReport& drift) {
  std::vector<Drifted> found;
  for (const ColumnReport& column : drift.columns) {
    for (const Statistic& statistic : column.statistics) {
      if (statistic.verdict != Verdict::drift) continue;
      found.push_back({&column, &statistic, statistic.value / statistic.threshold});
      break;
    }
  }
  std::stable_sort(found.begin(), found.end(),
                   [](const Drifted& a, const Drifted& b) { return a.times > b.times; });
  return found;
}

/// `recency_d psi 0.312 (0.1), age_d ks 0.21 (0.1), 4 more`
std::string drifted(const DriftReport& drift) {
  const std::vector<Drifted> found = drifted_columns(drift);
  std::string text;
  for (std::size_t i = 0; i < std::min(found.size(), kNamedColumns); ++i) {
    const Statistic& statistic = *found[i].statistic;
    text += fmt::format("{}{} {} {:.3g} ({:.3g})", i == 0 ? "" : ", ", plain(found[i].column->name),
                        name_of(statistic.kind), statistic.value, statistic.threshold);
  }
  if (found.size() > kNamedColumns) text += fmt::format(", {} more", found.size() - kNamedColumns);
  return text;
}

std::string line(const std::string& name, const PaneReport& pane) {
  std::string text = fmt::format("{:<24}{:>10}  {:<14}{}", name, pane.rows,
                                 name_of(pane.drift.verdict), drifted(pane.drift));
  text.erase(text.find_last_not_of(' ') + 1);
  return text + "\n";
}

/// One sentence where there is no table to read.
std::string why_nothing(const MonitorReport& report) {
  return fmt::format("{}: no row to compare with the reference's {}\n",
                     name_of(report.total.drift.verdict), report.total.drift.reference_rows);
}

std::string summary(const MonitorReport& report) {
  if (report.total.rows == 0) return why_nothing(report);
  std::string text = fmt::format("{:<24}{:>10}  {:<14}{}\n",
                                 report.kind == PaneKind::as_of ? "pane (as_of)" : "pane (rows)",
                                 "rows", "verdict", "drifted: value (threshold)");
  for (const PaneReport& pane : report.panes) {
    text +=
        line(fmt::format("{} to {}", bound(report.kind, pane.begin), bound(report.kind, pane.end)),
             pane);
  }
  if (report.panes.size() > 1) text += line("all", report.total);
  const DriftReport& total = report.total.drift;
  return text + fmt::format(
                    "{}: {} of {} columns drift, {} are too few rows or constant, {} are "
                    "OK, all panes together\n",
                    name_of(verdict_of(report)), total.drift, total.columns.size(),
                    total.insufficient, total.ok);
}

int run_drift(const ComparisonOptions& options, bool json) {
  const MonitorReport report = compare_current(options).report;
  write_output("", json ? to_json(report) + "\n" : summary(report));
  return exit_status(options, report);
}

struct ReportOptions {
  ComparisonOptions comparison;
  std::string title;
  std::string output;
};

int run_report(const ReportOptions& options, bool json) {
  const bool to_stdout = options.output.empty() || options.output == "-";
  if (json && to_stdout) throw UsageError("--json goes beside a page: give -o FILE");
  const Comparison comparison = compare_current(options.comparison);
  write_output(options.output, drift_page(comparison.report, *comparison.predictor->reference(),
                                          {.title = options.title}));
  if (json) write_output("", to_json(comparison.report) + "\n");
  return exit_status(options.comparison, comparison.report);
}

}  // namespace

void add_drift(CLI::App& app, Verb& verb) {
  auto options = std::make_shared<ComparisonOptions>();
  CLI::App* drift =
      app.add_subcommand("drift", "Compare today's rows with those of training, pane by pane");
  add_options(*drift, *options);
  drift->add_flag("--json", verb.json, "Every statistic, as JSON (docs/monitor.md)");
  drift->footer(
      "Example:\n"
      "  mlcore drift --reference models/churn@champion --current requests.csv --stream "
      "orders=orders.csv --pane 30d --fail-on drift");
  drift->callback(
      [options, &verb] { verb.run = [options, &verb] { return run_drift(*options, verb.json); }; });
}

void add_report(CLI::App& app, Verb& verb) {
  auto options = std::make_shared<ReportOptions>();
  CLI::App* report = app.add_subcommand(
      "report", "As drift, written as an HTML page that needs nothing beside it");
  add_options(*report, options->comparison);
  report->add_option("--title", options->title, "The page's title; default the model's name")
      ->type_name("TEXT");
  report->add_option("-o,--output", options->output, "HTML to write; absent or -: stdout")
      ->type_name("OUT");
  report->add_flag("--json", verb.json, "With -o: every statistic as JSON on stdout");
  report->footer(
      "Example:\n"
      "  mlcore report --reference models/churn@champion --current requests.csv --stream "
      "orders=orders.csv -o drift.html --json > drift.json");
  report->callback([options, &verb] {
    verb.run = [options, &verb] { return run_report(*options, verb.json); };
  });
}

}  // namespace mlcore::command
