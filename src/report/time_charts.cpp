// SPDX-License-Identifier: Apache-2.0
// The sections use timeline_chart, sparkline and latency_chart.
#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <cmath>
#include <vector>

#include "report/charts.hpp"
#include "report/svg.hpp"
#include "report/text.hpp"

namespace mlcore::report {
namespace {

/// A column's statistic in each pane; null where the pane has none.
std::vector<const Statistic*> series_of(const MonitorReport& report, std::size_t column,
                                        StatisticKind kind) {
  std::vector<const Statistic*> series;
  for (const PaneReport& pane : report.panes) {
    series.push_back(pane.drift.columns[column].find(kind));
  }
  return series;
}

bool is_drawn(const Statistic* statistic) {
  return statistic != nullptr && std::isfinite(statistic->value);
}

double top_of(const std::vector<const Statistic*>& series) {
  double top = 0;
  for (const Statistic* statistic : series) {
    if (statistic == nullptr) continue;
    if (std::isfinite(statistic->threshold)) top = std::max(top, statistic->threshold * 1.5);
    if (is_drawn(statistic)) top = std::max(top, statistic->value);
  }
  return nice_ceiling(top);
}

/// A line that stops where a value is missing.
template <typename Value>
Path line_of(const std::vector<const Statistic*>& series, Value value, const auto& x_of,
             const auto& y_of) {
  Path path;
  bool is_open = false;
  for (std::size_t i = 0; i < series.size(); ++i) {
    const double y = series[i] == nullptr ? NAN : value(*series[i]);
    if (!std::isfinite(y)) {
      is_open = false;
      continue;
    }
    if (is_open) {
      path.line(x_of(i), y_of(y));
    } else {
      path.move(x_of(i), y_of(y));
    }
    is_open = true;
  }
  return path;
}

std::string mark(Verdict verdict, double x, double y, double size) {
  switch (verdict) {
    case Verdict::ok:
    case Verdict::insufficient:
      return fmt::format(R"(<circle class="{}" cx="{}" cy="{}" r="{}"/>)", class_of(verdict),
                         coordinate(x), coordinate(y), coordinate(size * 0.8));
    case Verdict::drift: break;
  }
  return fmt::format(R"(<path class="drift" d="M{} {}l{} {}h{}z"/>)", coordinate(x),
                     coordinate(y - size), coordinate(size), coordinate(size * 1.8),
                     coordinate(-2 * size));
}

std::string label_of(const MonitorReport& report, std::size_t pane) {
  return bound_text(report.kind, report.panes[pane].begin);
}

}  // namespace

std::string timeline_chart(const MonitorReport& report, std::size_t column, StatisticKind kind) {
  const auto series = series_of(report, column, kind);
  Frame frame(fmt::format("{} by pane, with its threshold and null quantile", name_of(kind)));
  const double top = top_of(series);
  frame.vertical_axis(top, [](double value) { return rounded(value, 3); });
  const double count = static_cast<double>(series.size());
  const auto x_of = [&](std::size_t i) { return frame.x((static_cast<double>(i) + 0.5) / count); };
  const auto y_of = [&](double value) { return frame.y(std::min(value, top)); };
  const auto draw = [&](std::string_view css_class, auto value) {
    frame.path(css_class, line_of(series, value, x_of, y_of));
  };
  draw("null", [](const Statistic& s) { return s.null_quantile; });
  draw("threshold", [](const Statistic& s) { return s.threshold; });
  draw("current line", [](const Statistic& s) { return s.value; });
  for (std::size_t i = 0; i < series.size(); ++i) {
    if (is_drawn(series[i])) {
      frame.append(mark(series[i]->verdict, x_of(i), y_of(series[i]->value), 4));
    } else {
      frame.append(mark(Verdict::insufficient, x_of(i), frame.y(0), 4));
    }
  }
  const std::size_t last = series.size() - 1;
  for (const std::size_t i : {std::size_t{0}, last / 2, last}) {
    frame.horizontal_label(x_of(i), label_of(report, i));
  }
  return frame.svg();
}

std::string sparkline(const MonitorReport& report, std::size_t column, StatisticKind kind) {
  constexpr double kWidth = 96, kHeight = 22;
  const auto series = series_of(report, column, kind);
  const double top = top_of(series);
  const double step = kWidth / static_cast<double>(std::max<std::size_t>(series.size(), 1));
  const auto x_of = [&](std::size_t i) { return (static_cast<double>(i) + 0.5) * step; };
  const auto y_of = [&](double value) {
    return kHeight - 3 - std::min(value, top) / top * (kHeight - 6);
  };
  std::string svg =
      fmt::format(R"(<svg class="spark" viewBox="0 0 {} {}" aria-hidden="true"><path )"
                  R"(class="current line" d="{}"/>)",
                  kWidth, kHeight,
                  line_of(
                      series, [](const Statistic& s) { return s.value; }, x_of, y_of)
                      .text());
  for (std::size_t i = 0; i < series.size(); ++i) {
    if (!is_drawn(series[i]) || series[i]->verdict != Verdict::drift) continue;
    svg += mark(Verdict::drift, x_of(i), y_of(series[i]->value), 2.2);
  }
  return svg + "</svg>";
}

std::string latency_chart(const LatencyHistogram& latency) {
  std::vector<std::uint64_t> octaves(41);
  std::size_t first = octaves.size(), last = 0;
  for (std::size_t bucket = 0; bucket < LatencyHistogram::kBuckets; ++bucket) {
    if (latency.buckets[bucket] == 0) continue;
    const auto octave =
        static_cast<std::size_t>(std::bit_width(LatencyHistogram::longest_of(bucket)));
    octaves[octave] += latency.buckets[bucket];
    first = std::min(first, octave);
    last = std::max(last, octave);
  }
  Frame frame("Calls by duration, each bar twice as long as the one before it");
  const std::uint64_t most = *std::max_element(octaves.begin(), octaves.end());
  const auto calls = static_cast<double>(latency.count());
  const double top = std::min(1.0, nice_ceiling(static_cast<double>(most) / calls));
  frame.vertical_axis(top, [](double share) { return percent(share); });
  const double count = static_cast<double>(last - first + 1);
  const double step = (frame.x(1) - frame.x(0)) / count;
  const double width = std::min(step * 0.8, 40.0);
  Path bars;
  for (std::size_t octave = first; octave <= last; ++octave) {
    const double share = static_cast<double>(octaves[octave]) / calls;
    const double middle = frame.x((static_cast<double>(octave - first) + 0.5) / count);
    if (share > 0) {
      bars.box(middle - width / 2, frame.y(share), width, frame.y(0) - frame.y(share));
    }
    frame.horizontal_label(middle, "≤ " + duration((std::uint64_t{1} << octave) - 1));
  }
  frame.path("current", bars);
  return frame.svg();
}

}  // namespace mlcore::report
