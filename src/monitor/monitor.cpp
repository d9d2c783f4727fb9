// SPDX-License-Identifier: Apache-2.0
// Outside code uses Monitor.
#include "mlcore/monitor/monitor.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "mlcore/base/digest.hpp"
#include "mlcore/base/error.hpp"

namespace mlcore {
namespace {

constexpr std::int32_t kDefaultPanes = 32;
constexpr std::int64_t kDefaultPaneRows = 10'000;

[[noreturn]] void refuse_option(std::string message) {
  throw Error(Code::invalid_argument, Reason::invalid_option, std::move(message));
}

void check_width(const char* name, std::int64_t width) {
  if (width >= 0 && width <= MonitorOptions::kMaxPaneWidth) return;
  refuse_option(fmt::format("{}: expected 0 to 2^53, found {}", name, width));
}

PaneOptions pane_options(const MonitorOptions& options) {
  check_width("pane_micros", options.pane_micros);
  check_width("pane_rows", options.pane_rows);
  if (options.pane_micros > 0 && options.pane_rows > 0) {
    refuse_option(fmt::format("pane_micros is {} and pane_rows is {}: a pane has one width",
                              options.pane_micros, options.pane_rows));
  }
  if (options.max_panes < 0 || options.max_panes > MonitorOptions::kMaxPanes) {
    refuse_option(fmt::format("max_panes: expected 0 to {}, found {}", MonitorOptions::kMaxPanes,
                              options.max_panes));
  }
  PaneOptions panes;
  panes.pane_micros = options.pane_micros;
  panes.pane_rows = options.pane_rows > 0 ? options.pane_rows : kDefaultPaneRows;
  panes.max_panes =
      static_cast<std::size_t>(options.max_panes > 0 ? options.max_panes : kDefaultPanes);
  return panes;
}

[[noreturn]] void refuse_profile(const std::string& what) {
  throw Error(Code::invalid_argument, Reason::other_model,
              fmt::format("the reference profile is of another model: {}", what));
}

/// Lifetime: keeps the predictor.
std::shared_ptr<const Reference> reference_of(const std::shared_ptr<const Predictor>& predictor) {
  if (predictor->reference() == nullptr) {
    throw Error(Code::failed_precondition, Reason::no_reference,
                fmt::format("the artifact of \"{}\" has no reference profile (section REFP): train "
                            "it again",
                            predictor->name()));
  }
  const Reference& reference = *predictor->reference();
  const std::size_t features = predictor->output_count(OutputKind::features);
  const std::size_t scores = predictor->output_count(OutputKind::prediction);
  if (reference.features.size() != features || reference.scores.size() != scores) {
    refuse_profile(fmt::format("{} features and {} scores, the model has {} and {}",
                               reference.features.size(), reference.scores.size(), features,
                               scores));
  }
  return {predictor, &reference};
}

RequestColumns columns_of(const Predictor& predictor, const PaneOptions& options) {
  const Definition& definition = predictor.definition();
  RequestColumns columns;
  columns.as_of = definition.as_of_field();
  if (options.pane_micros > 0 && !columns.as_of) {
    throw Error(Code::failed_precondition, Reason::needs_as_of,
                fmt::format("pane_micros: the requests of \"{}\" have no as_of: use pane_rows",
                            definition.name()));
  }
  const std::vector<std::uint32_t> texts = definition.text_inputs();
  for (const CategoryProfile& category : predictor.reference()->categories) {
    const auto field = definition.request().schema().find(category.name);
    if (!field || std::find(texts.begin(), texts.end(), *field) == texts.end()) {
      refuse_profile(fmt::format("there is no text input \"{}\"", category.name));
    }
    columns.texts.push_back(static_cast<std::uint32_t>(*field));
  }
  return columns;
}

PaneReport pane_report(Pane pane, std::int64_t width) {
  PaneReport report;
  report.begin = pane.number * width;
  report.end = report.begin + width;
  report.rows = pane.rows;
  report.counts = std::move(pane.counts);
  return report;
}

std::vector<FailureCount> failures_of(const FailureCounts& counts) {
  std::vector<FailureCount> failures;
  for (std::size_t slot = 0; slot < FailureCounts::kSlots; ++slot) {
    const Reason reason = FailureCounts::reason_of(slot);
    if (counts.count_of(reason) > 0) failures.push_back({reason, counts.count_of(reason)});
  }
  return failures;
}

}  // namespace

Monitor::Monitor(std::shared_ptr<const Predictor> predictor, const MonitorOptions& options)
    : predictor_(std::move(predictor)), drift_(options.drift), version_(options.version) {
  const PaneOptions panes = pane_options(options);
  std::shared_ptr<const Reference> reference = reference_of(predictor_);
  static_cast<void>(compare(*reference, PaneCounts(*reference), drift_));  // checks the options
  ring_ = std::make_shared<PaneRing>(std::move(reference), columns_of(*predictor_, panes), panes);
}

void Monitor::attach(Context& context) const {
  const Predictor& other = context.predictor();
  const bool has_digest = predictor_->digest() != Sha256Digest{};
  if (&other != predictor_.get() && !(has_digest && other.digest() == predictor_->digest())) {
    throw Error(
        Code::invalid_argument, Reason::other_model,
        fmt::format("the context is of \"{}\" ({}), the monitor of \"{}\" ({})", other.name(),
                    hex(other.digest()), predictor_->name(), hex(predictor_->digest())));
  }
  context.attach(ring_);
}

MonitorReport Monitor::report() const {
  PaneSnapshot seen = ring_->snapshot();
  const PaneOptions& options = ring_->options();
  const bool is_by_time = options.pane_micros > 0;
  const std::int64_t width = is_by_time ? options.pane_micros : options.pane_rows;
  MonitorReport report;
  report.model = predictor_->name();
  report.digest = hex(predictor_->digest());
  report.version = version_;
  report.kind = is_by_time ? PaneKind::as_of : PaneKind::count;
  report.rows = seen.rows;
  report.late_rows = seen.late_rows;
  report.row_latency = seen.calls.row_latency;
  report.batch_latency = seen.calls.batch_latency;
  report.failures = failures_of(seen.calls.failures);
  for (Pane& pane : seen.panes) report.panes.push_back(pane_report(std::move(pane), width));
  compare_panes(report, ring_->reference(), drift_);
  return report;
}

}  // namespace mlcore
