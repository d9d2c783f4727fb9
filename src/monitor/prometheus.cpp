// SPDX-License-Identifier: Apache-2.0
// Outside code uses prometheus_text.
// Source of the format: prometheus.io, "Exposition formats", text format 0.0.4.
#include <fmt/format.h>

#include <bit>
#include <cmath>
#include <initializer_list>
#include <iterator>
#include <string>
#include <string_view>
#include <utility>

#include "mlcore/base/fp_guard.hpp"
#include "mlcore/base/number.hpp"
#include "mlcore/monitor/monitor_report.hpp"

namespace mlcore {
namespace {

using Label = std::pair<std::string_view, std::string_view>;

void append_escaped(std::string& text, std::string_view value) {
  for (const char c : value) {
    if (c == '\\') {
      text += "\\\\";
    } else if (c == '"') {
      text += "\\\"";
    } else if (c == '\n') {
      text += "\\n";
    } else {
      text += c;
    }
  }
}

std::string number_text(double value) {
  if (std::isnan(value)) return "NaN";
  if (std::isinf(value)) return value > 0 ? "+Inf" : "-Inf";
  return format_f64(value);
}

/// Samples of one metric after another; every sample has the model's labels.
class TextWriter {
 public:
  explicit TextWriter(const MonitorReport& report) : version_(std::to_string(report.version)) {
    append_label("model", report.model);
    append_label("version", version_);
    common_ = std::move(labels_);
    labels_.clear();
  }

  void begin(std::string_view name, std::string_view type, std::string_view help) {
    name_ = name;
    fmt::format_to(std::back_inserter(text_), "# HELP {} {}\n# TYPE {} {}\n", name, help, name,
                   type);
  }
  void sample(std::initializer_list<Label> labels, double value) {
    put("", labels, number_text(value));
  }
  void sample(std::initializer_list<Label> labels, std::uint64_t value) {
    put("", labels, std::to_string(value));
  }
  /// Cumulative counts at the ends of octaves.
  void histogram(Label label, const LatencyHistogram& latency) {
    constexpr std::uint32_t kFirstOctave = 8, kLastOctave = 34;  // 255 ns to 17 s
    std::uint64_t below = 0;
    std::size_t bucket = 0;
    for (std::uint32_t octave = kFirstOctave; octave <= kLastOctave; ++octave) {
      const std::uint64_t longest = (std::uint64_t{1} << octave) - 1;
      while (LatencyHistogram::longest_of(bucket) <= longest) below += latency.buckets[bucket++];
      put("_bucket", {label, {"le", format_f64(static_cast<double>(longest) / 1e9)}},
          std::to_string(below));
    }
    const std::string count = std::to_string(latency.count());
    put("_bucket", {label, {"le", "+Inf"}}, count);
    put("_sum", {label}, format_f64(static_cast<double>(latency.sum) / 1e9));
    put("_count", {label}, count);
  }
  [[nodiscard]] std::string finish() { return std::move(text_); }

 private:
  void append_label(std::string_view name, std::string_view value) {
    if (!labels_.empty()) labels_ += ',';
    labels_ += name;
    labels_ += "=\"";
    append_escaped(labels_, value);
    labels_ += '"';
  }
  void put(std::string_view suffix, std::initializer_list<Label> labels, std::string_view value) {
    labels_ = common_;
    for (const Label& label : labels) append_label(label.first, label.second);
    fmt::format_to(std::back_inserter(text_), "{}{}{{{}}} {}\n", name_, suffix, labels_, value);
  }

  std::string version_;
  std::string common_;
  std::string labels_;
  std::string_view name_;
  std::string text_;
};

/// What the gauges are about: all kept panes, and the newest that has a verdict.
struct Window {
  std::string_view name;
  const PaneReport* pane;
};

std::vector<Window> windows_of(const MonitorReport& report) {
  std::vector<Window> windows = {{"all", &report.total}};
  for (auto pane = report.panes.rbegin(); pane != report.panes.rend(); ++pane) {
    if (pane->drift.verdict == Verdict::insufficient) continue;
    windows.push_back({"last", &*pane});
    break;
  }
  return windows;
}

double share(std::uint64_t part, std::uint64_t whole) {
  return whole == 0 ? kCanonicalNan : static_cast<double>(part) / static_cast<double>(whole);
}

constexpr Verdict kVerdicts[] = {Verdict::ok, Verdict::drift, Verdict::insufficient};

void put_counters(TextWriter& text, const MonitorReport& report) {
  text.begin("mlcore_model_info", "gauge", "The model; always 1.");
  text.sample({{"digest", report.digest}}, std::uint64_t{1});
  text.begin("mlcore_predictions_total", "counter", "Rows scored.");
  text.sample({}, report.rows);
  text.begin("mlcore_prediction_errors_total", "counter", "Calls that failed, by reason.");
  for (const FailureCount& failure : report.failures) {
    text.sample({{"reason", name_of(failure.reason)}}, failure.count);
  }
  text.begin("mlcore_late_rows_total", "counter",
             "Rows scored whose pane was no longer kept; no window has them.");
  text.sample({}, report.late_rows);
  text.begin("mlcore_prediction_duration_seconds", "histogram",
             "Duration of calls: one row call in 16, every batch call.");
  text.histogram({"call", "row"}, report.row_latency);
  text.histogram({"call", "batch"}, report.batch_latency);
}

void put_verdicts(TextWriter& text, const std::vector<Window>& windows) {
  text.begin("mlcore_window_rows", "gauge", "Rows of a window.");
  for (const Window& window : windows) text.sample({{"window", window.name}}, window.pane->rows);
  text.begin("mlcore_drift_verdict", "gauge", "1 for the verdict of a window, 0 for the others.");
  for (const Window& window : windows) {
    for (const Verdict verdict : kVerdicts) {
      text.sample({{"window", window.name}, {"verdict", name_of(verdict)}},
                  std::uint64_t{window.pane->drift.verdict == verdict});
    }
  }
  text.begin("mlcore_drift_columns", "gauge", "How many columns have a verdict.");
  for (const Window& window : windows) {
    const DriftReport& drift = window.pane->drift;
    const std::uint64_t counts[] = {drift.ok, drift.drift, drift.insufficient};
    for (std::size_t i = 0; i < 3; ++i) {
      text.sample({{"window", window.name}, {"verdict", name_of(kVerdicts[i])}}, counts[i]);
    }
  }
}

/// A sample for each column that `is_wanted`, with the label that names it.
template <typename IsWanted, typename Put>
void each_column(const std::vector<Window>& windows, IsWanted&& is_wanted, Put&& put) {
  for (const Window& window : windows) {
    for (const ColumnReport& column : window.pane->drift.columns) {
      if (is_wanted(column.kind)) put(window, column);
    }
  }
}

bool is_score(ColumnKind kind) noexcept { return kind == ColumnKind::score; }
bool is_input(ColumnKind kind) noexcept { return kind != ColumnKind::score; }
bool is_feature(ColumnKind kind) noexcept { return kind == ColumnKind::feature; }
bool is_category(ColumnKind kind) noexcept { return kind == ColumnKind::category; }

void put_statistics(TextWriter& text, const std::vector<Window>& windows) {
  const auto put = [&](std::string_view label) {
    return [&text, label](const Window& window, const ColumnReport& column) {
      for (const Statistic& statistic : column.statistics) {
        text.sample({{"window", window.name},
                     {label, column.name},
                     {"kind", name_of(column.kind)},
                     {"statistic", name_of(statistic.kind)}},
                    statistic.value);
      }
    };
  };
  text.begin("mlcore_feature_drift", "gauge",
             "Distance of a feature or a text from the reference; NaN where it is not defined.");
  each_column(windows, is_input, put("feature"));
  text.begin("mlcore_prediction_drift", "gauge",
             "Distance of a prediction from the reference; NaN where it is not defined.");
  each_column(windows, is_score, put("prediction"));
}

void put_columns(TextWriter& text, const std::vector<Window>& windows) {
  text.begin("mlcore_column_verdict", "gauge", "1 for the verdict of a column, 0 for the others.");
  each_column(
      windows, [](ColumnKind) { return true; },
      [&](const Window& window, const ColumnReport& column) {
        for (const Verdict verdict : kVerdicts) {
          text.sample({{"window", window.name},
                       {"column", column.name},
                       {"kind", name_of(column.kind)},
                       {"verdict", name_of(verdict)}},
                      std::uint64_t{column.verdict == verdict});
        }
      });
  const auto ratio = [&](const Window& window, const ColumnReport& column, double value) {
    text.sample({{"window", window.name}, {"feature", column.name}, {"kind", name_of(column.kind)}},
                value);
  };
  text.begin("mlcore_feature_missing_ratio", "gauge", "Share of rows without a value.");
  each_column(windows, is_input, [&](const Window& window, const ColumnReport& column) {
    ratio(window, column, share(column.current_missing, column.current_rows));
  });
  text.begin("mlcore_feature_out_of_range_ratio", "gauge",
             "Share of values outside the reference's minimum and maximum.");
  each_column(windows, is_feature, [&](const Window& window, const ColumnReport& column) {
    ratio(window, column,
          share(column.current_out_of_range, column.current_rows - column.current_missing));
  });
  text.begin("mlcore_feature_unseen_ratio", "gauge",
             "Share of texts that the reference does not know.");
  each_column(windows, is_category, [&](const Window& window, const ColumnReport& column) {
    ratio(window, column,
          share(column.current_unseen, column.current_rows - column.current_missing));
  });
}

}  // namespace

std::string prometheus_text(const MonitorReport& report) {
  const FloatingPointGuard guard;
  TextWriter text(report);
  const std::vector<Window> windows = windows_of(report);
  put_counters(text, report);
  put_verdicts(text, windows);
  put_statistics(text, windows);
  put_columns(text, windows);
  return text.finish();
}

}  // namespace mlcore
