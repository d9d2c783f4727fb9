// SPDX-License-Identifier: Apache-2.0
// drift and report use what comparison.hpp declares.
#include "comparison.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <set>

#include "inputs.hpp"
#include "mlcore/base/error.hpp"
#include "mlcore/base/number.hpp"
#include "mlcore/base/time.hpp"
#include "mlcore/drift/profile_counts.hpp"
#include "mlcore/monitor/monitor.hpp"
#include "mlcore/registry/open.hpp"
#include "mlcore/report/page.hpp"
#include "mlcore/train/dataset.hpp"
#include "progress_bar.hpp"
#include "scoring.hpp"
#include "verb.hpp"

namespace mlcore::command {
namespace {

constexpr std::int64_t kDefaultPaneMicros = 30 * kMicrosPerDay;
constexpr std::int64_t kDefaultPaneRows = 10'000;
constexpr std::int64_t kMostPanes = 512;

/// Of a pane; the other one is 0.
struct PaneWidth {
  std::int64_t micros = 0;
  std::int64_t rows = 0;
};

PaneWidth parse_pane(const std::string& text, bool has_as_of) {
  if (text.empty()) {
    return has_as_of ? PaneWidth{kDefaultPaneMicros, 0} : PaneWidth{0, kDefaultPaneRows};
  }
  const auto is_width = [](std::optional<std::int64_t> width) {
    return width && *width > 0 && *width <= MonitorOptions::kMaxPaneWidth;
  };
  if (const auto rows = parse_i64(text); is_width(rows)) return {0, *rows};
  if (const auto micros = parse_duration(text); is_width(micros)) return {*micros, 0};
  throw UsageError(fmt::format(
      "--pane: expected a duration as 30d, at most 104249d, or a number of rows, at most "
      "2^53, found \"{}\"",
      text));
}

[[noreturn]] void refuse_panes(std::int64_t count, const char* what) {
  throw Error(Code::invalid_argument, Reason::limit_exceeded,
              fmt::format("the {} make {} panes, the limit is {}: choose a longer --pane", what,
                          count, kMostPanes));
}

/// How many panes have a row, at least 1. Throws: limit_exceeded.
std::int64_t pane_count(const Predictor& predictor, const RowBatch& requests, PaneWidth width) {
  const auto rows = static_cast<std::int64_t>(requests.size());
  std::int64_t count = width.rows > 0 ? (rows + width.rows - 1) / width.rows : 0;
  const auto as_of = predictor.definition().as_of_field();
  if (width.micros > 0 && as_of) {
    std::set<std::int64_t> panes;
    for (std::size_t i = 0; i < requests.size(); ++i) {
      const RowView row = RowView::trusted(predictor.definition().request(), requests[i]);
      panes.insert(floor_div(row.i64(*as_of), width.micros));
    }
    count = static_cast<std::int64_t>(panes.size());
  }
  if (count > kMostPanes) refuse_panes(count, "requests");
  return std::max<std::int64_t>(count, 1);
}

DriftOptions drift_options(const ComparisonOptions& options) {
  DriftOptions drift;
  drift.alpha = options.alpha;
  return drift;
}

MonitorReport watch_requests(const ComparisonOptions& options,
                             const std::shared_ptr<const Predictor>& predictor) {
  const auto streams = parse_streams(options.streams);
  const Definition& definition = predictor->definition();
  const PaneWidth width = parse_pane(options.pane, definition.as_of_field().has_value());
  const CsvRows requests = read_rows(options.current, definition.request());
  MonitorOptions monitor_options;
  monitor_options.max_panes =
      static_cast<std::int32_t>(pane_count(*predictor, requests.batch, width));
  monitor_options.pane_micros = width.micros;
  monitor_options.pane_rows = width.rows;
  monitor_options.drift = drift_options(options);
  const Monitor monitor(predictor, monitor_options);
  Context context(predictor, {});
  monitor.attach(context);
  ProgressBar bar;
  const Dataset dataset = read_dataset(definition, streams, bar.callback());
  static_cast<void>(score(context, dataset.state.get(), requests.batch, bar));
  MonitorReport report = monitor.report();
  report.row_latency = {};
  report.batch_latency = {};
  return report;
}

const Reference& reference_of(const Predictor& predictor, const std::string& ref) {
  if (predictor.reference() != nullptr) return *predictor.reference();
  throw Error(Code::failed_precondition, Reason::no_reference,
              fmt::format("{}: the artifact has no reference profile", ref));
}

/// Panes counted here: the rows never met a context.
MonitorReport report_of(const Predictor& predictor, std::vector<PaneReport> panes,
                        const DriftOptions& options) {
  MonitorReport report;
  report.model = predictor.name();
  report.digest = hex(predictor.digest());
  for (PaneReport& pane : panes) pane.rows = pane.counts.rows();
  report.panes = std::move(panes);
  compare_panes(report, *predictor.reference(), options);
  report.rows = report.total.rows;
  return report;
}

MonitorReport watch_matrix(const ComparisonOptions& options, const Predictor& predictor) {
  const Reference& reference = reference_of(predictor, options.reference);
  const PaneWidth width = parse_pane(options.pane, false);
  if (width.micros > 0) throw UsageError("--matrix: its rows have no time; give --pane as rows");
  const FeatureMatrix matrix = read_matrix(options.current, predictor);
  const auto most = static_cast<std::size_t>(width.rows);
  const auto count = static_cast<std::int64_t>((matrix.rows + most - 1) / most);
  if (count > kMostPanes) refuse_panes(count, "rows");
  const std::vector<double> scores = score_matrix(predictor, matrix, OutputKind::prediction);
  const std::size_t columns = reference.features.size(), outputs = reference.scores.size();
  std::vector<PaneReport> panes;
  for (std::size_t begin = 0; begin < matrix.rows; begin += most) {
    const std::size_t rows = std::min(most, matrix.rows - begin);
    PaneReport& pane = panes.emplace_back();
    pane.begin = static_cast<std::int64_t>(begin);
    pane.end = pane.begin + static_cast<std::int64_t>(most);
    pane.counts = PaneCounts(reference);
    pane.counts.add_rows(reference, {matrix.values.data() + begin * columns, rows, columns},
                         {scores.data() + begin * outputs, rows, outputs});
  }
  return report_of(predictor, std::move(panes), drift_options(options));
}

/// The profile of another artifact as one pane.
MonitorReport watch_profile(const ComparisonOptions& options, const Predictor& predictor) {
  const Reference& reference = reference_of(predictor, options.reference);
  const auto current = open_model(options.current).predictor;
  const Reference& other = reference_of(*current, options.current);
  std::vector<PaneReport> panes(1);
  try {
    panes[0].counts = profile_counts(reference, other);
  } catch (const Error& error) {
    throw Error(error.code(), error.reason(),
                fmt::format("{}: {}", options.current, error.message()));
  }
  panes[0].end = static_cast<std::int64_t>(panes[0].counts.rows());
  return report_of(predictor, std::move(panes), drift_options(options));
}

void check(const ComparisonOptions& options) {
  if (!is_reference(options.current)) {
    if (options.matrix && !options.streams.empty()) {
      throw UsageError("--matrix holds the features themselves: --stream has no use beside it");
    }
    return;
  }
  if (options.matrix || !options.streams.empty() || !options.pane.empty()) {
    throw UsageError(fmt::format(
        "--current {} is an artifact, whose profile is compared: --matrix, --stream and --pane are "
        "for a CSV",
        options.current));
  }
}

}  // namespace

void add_options(CLI::App& verb, ComparisonOptions& options) {
  verb.add_option("--reference", options.reference, "The artifact whose reference profile it is")
      ->required()
      ->type_name("REF");
  verb.add_option("--current", options.current,
                  "A row a request, as for predict; or an artifact, for its own profile")
      ->required()
      ->type_name("CSV|REF");
  verb.add_option("--stream", options.streams, "The events of a stream, once a stream")
      ->type_name("NAME=CSV");
  verb.add_flag("--matrix", options.matrix,
                "The CSV has the model's features by name; bypasses the definition");
  verb.add_option("--pane", options.pane,
                  "How long a pane is, by as_of (30d, 12h) or in rows (5000); default 30d, "
                  "without as_of 10000")
      ->type_name("WIDTH");
  verb.add_option("--alpha", options.alpha,
                  "How often a quiet pane may be called DRIFT, all columns together; default 0.001")
      ->type_name("SHARE");
  verb.add_option(
          "--fail-on", options.fail_on,
          "Exit status 1 on DRIFT of a pane or of all together; insufficient: also when all "
          "together are INSUFFICIENT")
      ->check(CLI::IsMember({"drift", "insufficient"}))
      ->type_name("VERDICT");
}

Comparison compare_current(const ComparisonOptions& options) {
  check(options);
  const OpenedModel opened = open_model(options.reference);
  Comparison comparison{opened.predictor, {}};
  static_cast<void>(reference_of(*comparison.predictor, options.reference));
  comparison.report = is_reference(options.current) ? watch_profile(options, *comparison.predictor)
                      : options.matrix              ? watch_matrix(options, *comparison.predictor)
                                                    : watch_requests(options, comparison.predictor);
  comparison.report.version = opened.version;
  return comparison;
}

int exit_status(const ComparisonOptions& options, const MonitorReport& report) {
  const Verdict verdict = verdict_of(report);
  const bool is_drift = verdict == Verdict::drift;
  const bool is_unsure = verdict == Verdict::insufficient;
  if (options.fail_on == "drift") return is_drift ? kAnswerIsNo : kDone;
  if (options.fail_on == "insufficient") return is_drift || is_unsure ? kAnswerIsNo : kDone;
  return kDone;
}

}  // namespace mlcore::command
