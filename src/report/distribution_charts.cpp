// SPDX-License-Identifier: Apache-2.0
// The sections use bin_chart, cumulative_chart and score_chart.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <iterator>
#include <span>
#include <vector>

#include "report/charts.hpp"
#include "report/svg.hpp"
#include "report/text.hpp"

namespace mlcore::report {
namespace {

constexpr std::size_t kMostBars = 24;  // more are a line
constexpr int kAxisDigits = 3;

double share_of(std::uint64_t part, std::uint64_t rows) {
  return rows == 0 ? 0 : static_cast<double>(part) / static_cast<double>(rows);
}

/// A value on an axis from low to high; what is nothing beside that is 0, as the double before 0.
std::string axis_text(double value, double low, double high) {
  const double reach = std::max(std::fabs(low), std::fabs(high));
  return rounded(std::fabs(value) < 1e-9 * reach ? 0 : value, kAxisDigits);
}

struct Bar {
  double reference;
  double current;
  std::string label = {};   // HTML
  bool is_word = false;     // else a value
  bool is_at_edge = false;  // the label belongs to the right edge, else to the middle
};

/// Reference and current over bars of equal width.
void draw_bars(Frame& frame, const std::vector<Bar>& bars) {
  const double count = static_cast<double>(std::max<std::size_t>(bars.size(), 1));
  Path reference, current;
  const bool is_line = bars.size() > kMostBars;
  const double gap = is_line ? 0 : std::min(4.0, (frame.x(1) - frame.x(0)) / count * 0.12);
  for (std::size_t i = 0; i < bars.size(); ++i) {
    const double left = frame.x(static_cast<double>(i) / count);
    const double right = frame.x(static_cast<double>(i + 1) / count);
    if (bars[i].reference > 0) {
      reference.box(left + gap, frame.y(bars[i].reference), right - left - 2 * gap,
                    frame.y(0) - frame.y(bars[i].reference));
    }
    const double height = frame.y(bars[i].current);
    if (is_line) {
      if (i == 0) current.move(left, height);
      current.line(left, height).line(right, height);
    } else if (bars[i].current > 0) {
      const double inset = gap + (right - left - 2 * gap) * 0.3;
      current.box(left + inset, height, right - left - 2 * inset, frame.y(0) - height);
    }
  }
  frame.path("reference", reference);
  frame.path(is_line ? "current line" : "current", current);
}

double top_of(const std::vector<Bar>& bars) {
  double top = 0;
  for (const Bar& bar : bars) top = std::max({top, bar.reference, bar.current});
  return std::min(1.0, nice_ceiling(top));
}

bool is_atom(std::span<const double> edges, std::size_t bin) {
  return bin > 0 && bin < edges.size() && std::nextafter(edges[bin - 1], edges[bin]) == edges[bin];
}

/// The bins that hold a row on a side, the outer ones always, and the rows without a number.
std::vector<Bar> bars_of(const NumericProfile& profile, const NumericCounts& current) {
  const std::span edges = profile.bins.edges();
  const NumericCounts& counts = profile.counts;
  std::vector<Bar> bars;
  for (std::size_t bin = 0; bin < profile.bins.bin_count(); ++bin) {
    if (counts.bins[bin] + current.bins[bin] == 0) continue;
    Bar bar{share_of(counts.bins[bin], counts.rows()), share_of(current.bins[bin], current.rows())};
    bar.is_word = bin == 0 || bin == edges.size();
    if (bar.is_word) {
      bar.label = edges.empty() ? "any number" : bin == 0 ? "below" : "above";
    } else {
      bar.label = axis_text(edges[bin], edges.front(), edges.back());
      bar.is_at_edge = !is_atom(edges, bin);
    }
    bars.push_back(std::move(bar));
  }
  const std::uint64_t reference_missing = counts.missing + counts.infinite;
  const std::uint64_t current_missing = current.missing + current.infinite;
  if (reference_missing + current_missing > 0) {
    bars.push_back({share_of(reference_missing, counts.rows()),
                    share_of(current_missing, current.rows()), "missing", true});
  }
  return bars;
}

/// Words first, then as many values as fit.
void label_bars(Frame& frame, const std::vector<Bar>& bars) {
  const double count = static_cast<double>(bars.size());
  const auto label = [&](std::size_t i) {
    const double at = static_cast<double>(i) + (bars[i].is_at_edge ? 1 : 0.5);
    frame.horizontal_label(frame.x(at / count), bars[i].label);
  };
  for (std::size_t i = 0; i < bars.size(); ++i) {
    if (bars[i].is_word) label(i);
  }
  const std::size_t step = std::max<std::size_t>(1, (bars.size() + 4) / 5);
  for (std::size_t i = step / 2; i < bars.size(); i += step) {
    if (!bars[i].is_word) label(i);
  }
}

/// Cumulative shares of the finite rows at the edges.
std::vector<double> cumulative(std::span<const std::uint64_t> bins, std::size_t edges,
                               std::uint64_t rows) {
  std::vector<double> shares;
  std::uint64_t below = 0;
  for (std::size_t i = 0; i < edges; ++i) {
    below += bins[i];
    shares.push_back(share_of(below, rows));
  }
  return shares;
}

/// Where `value` lies from low (0) to high (1). Halves: the distance of two doubles may overflow.
double position(double value, double low, double high) {
  const double width = high - low;
  return std::isfinite(width) ? (value - low) / width
                              : (value / 2 - low / 2) / (high / 2 - low / 2);
}

/// The part of the axis worth its room: a tail that is longer than four times the rest is cut.
std::pair<double, double> range_of(std::span<const double> edges) {
  double low = edges.front();
  double high = edges.back();
  const double inner_low = edges[edges.size() / 20];
  const double inner_high = edges[edges.size() - 1 - edges.size() / 20];
  const double inner = inner_high - inner_low;
  if (high - inner_high > 4 * inner && inner > 0) {
    high = *std::prev(std::upper_bound(edges.begin(), edges.end(), inner_high + inner / 2));
  }
  if (inner_low - low > 4 * inner && inner > 0) {
    low = *std::lower_bound(edges.begin(), edges.end(), inner_low - inner / 2);
  }
  return {low, high};
}

}  // namespace

std::string bin_chart(const NumericProfile& profile, const NumericCounts& current) {
  const std::vector<Bar> bars = bars_of(profile, current);
  Frame frame("Share of rows in each bin of the reference, reference and current");
  frame.vertical_axis(top_of(bars), [](double share) { return percent(share); });
  draw_bars(frame, bars);
  label_bars(frame, bars);
  return frame.svg();
}

std::string cumulative_chart(const NumericProfile& profile, const NumericCounts& current) {
  const std::span edges = profile.bins.edges();
  Frame frame("Cumulative share of rows over the column's values, reference and current");
  frame.vertical_axis(1, [](double share) { return percent(share); });
  const auto [low, high] = range_of(edges);
  const auto x_of = [&, low = low, high = high](double value) {
    return frame.x(position(value, low, high));
  };
  const auto r = cumulative(profile.counts.bins, edges.size(), profile.counts.finite());
  const auto c = cumulative(current.bins, edges.size(), current.finite());
  Path reference_line, current_line, rug;
  std::size_t furthest = 0;
  bool has_begun = false;
  for (std::size_t i = 0; i < edges.size(); ++i) {
    if (std::fabs(r[i] - c[i]) > std::fabs(r[furthest] - c[furthest])) furthest = i;
    if (edges[i] < low || edges[i] > high) continue;
    const double x = x_of(edges[i]);
    if (!has_begun) {
      reference_line.move(x, frame.y(r[i]));
      current_line.move(x, frame.y(c[i]));
    } else {
      reference_line.line(x, frame.y(r[i]));
      current_line.line(x, frame.y(c[i]));
    }
    has_begun = true;
    rug.move(x, frame.y(0)).line(x, frame.y(0) + 4);
  }
  frame.path("rug", rug);
  frame.path("reference line", reference_line);
  if (current.finite() > 0) {
    frame.path("current line", current_line);
    if (r[furthest] != c[furthest] && edges[furthest] >= low && edges[furthest] <= high) {
      const double x = x_of(edges[furthest]);
      frame.path("gap", Path().move(x, frame.y(r[furthest])).line(x, frame.y(c[furthest])));
    }
  }
  for (const double share : {0.0, 0.25, 0.5, 0.75, 1.0}) {
    frame.horizontal_label(frame.x(share), axis_text(low * (1 - share) + high * share, low, high));
  }
  return frame.svg();
}

std::string score_chart(const ScoreProfile& profile, const ScoreHistogram& current) {
  const ScoreHistogram& reference = profile.histogram;
  std::vector<Bar> bars;
  for (std::size_t bin = 0; bin < kScoreBins; ++bin) {
    bars.push_back({share_of(reference.bins[bin], reference.rows()),
                    share_of(current.bins[bin], current.rows())});
  }
  Frame frame("Share of rows by score, a hundred bins of equal width, reference and current");
  frame.vertical_axis(top_of(bars), [](double share) { return percent(share); });
  draw_bars(frame, bars);
  for (const double share : {0.0, 0.25, 0.5, 0.75, 1.0}) {
    const double value = profile.scale.low() * (1 - share) + profile.scale.high() * share;
    frame.horizontal_label(frame.x(share), rounded(value, kAxisDigits));
  }
  return frame.svg();
}

}  // namespace mlcore::report
