// SPDX-License-Identifier: Apache-2.0
// Section "Monitors" of mlcore.h.
#include "mlcore/monitor/monitor.hpp"

#include <fmt/format.h>

#include <string>

#include "guard.hpp"
#include "handles.hpp"
#include "mlcore/report/page.hpp"

using namespace mlcore;
using capi::guard;
using capi::required;

namespace {

MonitorOptions monitor_options(const mlcore_monitor_options_t* given) {
  const mlcore_monitor_options_t from = capi::options_of(given, "options");
  MonitorOptions options;
  options.max_panes = from.max_panes;
  options.pane_micros = from.pane_micros;
  options.pane_rows = from.pane_rows;
  DriftOptions& drift = options.drift;
  if (from.minimum_rows < 0) {
    throw Error(Code::invalid_argument, Reason::invalid_option,
                fmt::format("minimum_rows: expected 0 or more, found {}", from.minimum_rows));
  }
  if (from.minimum_rows > 0) drift.minimum_rows = static_cast<std::uint64_t>(from.minimum_rows);
  if (from.alpha != 0) drift.alpha = from.alpha;
  if (from.distance_threshold != 0) {
    for (double* threshold :
         {&drift.psi, &drift.ks, &drift.jensen_shannon_base2, &drift.wasserstein_normed,
          &drift.chi_square_effect, &drift.hellinger, &drift.total_variation, &drift.l_infinity}) {
      *threshold = from.distance_threshold;
    }
  }
  if (from.share_threshold != 0) drift.share = from.share_threshold;
  return options;
}

std::string report_text(const Monitor& monitor, std::int32_t format) {
  switch (format) {
    case MLCORE_REPORT_JSON: return to_json(monitor.report());
    case MLCORE_REPORT_PROMETHEUS: return prometheus_text(monitor.report());
    case MLCORE_REPORT_HTML:
      return drift_page(monitor.report(), *monitor.predictor().reference(), {});
  }
  throw Error(Code::invalid_argument, Reason::invalid_option,
              fmt::format("there is no report format {}", format));
}

}  // namespace

extern "C" {

int32_t mlcore_monitor_options_init(mlcore_monitor_options_t* options, uint32_t size,
                                    mlcore_error_t* error) {
  return guard(error, [&] { capi::init_options(options, size); });
}

int32_t mlcore_monitor_new(const mlcore_model_t* model, const mlcore_monitor_options_t* options,
                           mlcore_monitor_t** monitor, mlcore_error_t* error) {
  return guard(error, [&] {
    mlcore_monitor_t*& out = required(monitor, "monitor");
    out = nullptr;
    const mlcore_model_t& watched = required(model, "model");
    MonitorOptions given = monitor_options(options);
    given.version = watched.version;
    out = new mlcore_monitor{Monitor(watched.predictor, given)};
  });
}

int32_t mlcore_monitor_attach(const mlcore_monitor_t* monitor, mlcore_context_t* context,
                              mlcore_error_t* error) {
  return guard(error, [&] {
    required(monitor, "monitor").monitor.attach(required(context, "context").context);
  });
}

int32_t mlcore_monitor_report(const mlcore_monitor_t* monitor, int32_t format,
                              mlcore_buffer_t** report, mlcore_error_t* error) {
  return guard(error, [&] {
    mlcore_buffer_t*& out = required(report, "report");
    out = nullptr;
    const std::string text = report_text(required(monitor, "monitor").monitor, format);
    out = new mlcore_buffer{Bytes(text.begin(), text.end())};
  });
}

void mlcore_monitor_release(mlcore_monitor_t* monitor) { delete monitor; }

}  // extern "C"
