// SPDX-License-Identifier: Apache-2.0
// The sections use stories_of, strongest, telling and sentence.
#include "report/story.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "report/text.hpp"

namespace mlcore::report {
namespace {

double strength_of(const ColumnReport& column) {
  const Statistic* most = strongest(column);
  return most == nullptr ? 0 : most->value / most->threshold;
}

/// What is decided comes first.
int rank_of(Verdict verdict) {
  switch (verdict) {
    case Verdict::drift: return 0;
    case Verdict::ok: return 1;
    case Verdict::insufficient: break;
  }
  return 2;
}

/// The order of the kinds of news.
int rank_of(const MonitorReport& report, const ColumnStory& story) {
  switch (story.verdict) {
    case Verdict::drift: return 0;
    case Verdict::insufficient: return report.total.drift.columns[story.column].is_constant ? 2 : 1;
    case Verdict::ok: break;
  }
  return 3;
}

ColumnStory story_of(const MonitorReport& report, std::size_t column) {
  const ColumnReport& total = report.total.drift.columns[column];
  ColumnStory story;
  story.column = column;
  story.verdict = total.verdict;
  story.strength = strength_of(total);
  for (std::size_t i = 0; i < report.panes.size(); ++i) {
    const ColumnReport& pane = report.panes[i].drift.columns[column];
    switch (pane.verdict) {
      case Verdict::ok: story.since.reset(); break;
      case Verdict::insufficient: break;
      case Verdict::drift:
        ++story.drift_panes;
        story.last = i;
        if (!story.since) story.since = i;
        story.verdict = Verdict::drift;
        story.strength = std::max(story.strength, strength_of(pane));
        break;
    }
  }
  return story;
}

/// Of the pane that says most, or of all together; the best-known statistic that drifts.
const Statistic* evidence(const MonitorReport& report, std::size_t column) {
  const Statistic* best = nullptr;
  const auto look_at = [&](const ColumnReport& seen) {
    const Statistic* shown = telling(seen);
    if (shown == nullptr) return;
    if (best == nullptr || shown->kind < best->kind ||
        (shown->kind == best->kind && shown->value > best->value)) {
      best = shown;
    }
  };
  for (const PaneReport& pane : report.panes) look_at(pane.drift.columns[column]);
  look_at(report.total.drift.columns[column]);
  return best;
}

}  // namespace

const Statistic* telling(const ColumnReport& column) {
  for (const Statistic& statistic : column.statistics) {
    if (statistic.verdict == Verdict::drift) return &statistic;
  }
  return nullptr;
}

const Statistic* strongest(const ColumnReport& column) {
  const Statistic* best = nullptr;
  for (const Statistic& statistic : column.statistics) {
    if (!std::isfinite(statistic.value)) continue;
    const auto is_before = [&](const Statistic& other) {
      const int left = rank_of(statistic.verdict), right = rank_of(other.verdict);
      return left != right ? left < right
                           : statistic.value / statistic.threshold > other.value / other.threshold;
    };
    if (best == nullptr || is_before(*best)) best = &statistic;
  }
  return best;
}

std::vector<ColumnStory> stories_of(const MonitorReport& report) {
  std::vector<ColumnStory> stories;
  for (std::size_t i = 0; i < report.total.drift.columns.size(); ++i) {
    stories.push_back(story_of(report, i));
  }
  std::stable_sort(stories.begin(), stories.end(), [&](const auto& a, const auto& b) {
    const int left = rank_of(report, a), right = rank_of(report, b);
    return left != right ? left < right : a.strength > b.strength;
  });
  return stories;
}

std::string sentence(const MonitorReport& report, const ColumnStory& story) {
  const auto pane_at = [&](std::size_t pane) {
    return bound_text(report.kind, report.panes[pane].begin);
  };
  const std::string_view unit = report.kind == PaneKind::count ? "row " : "";
  const std::string count =
      fmt::format("in {} of {}", grouped(story.drift_panes), plural(report.panes.size(), "pane"));
  std::string text;
  if (story.drift_panes == 0) {
    text = "drifts over all panes together, in no single one";
  } else if (report.panes.size() == 1) {
    text = "drifts";
  } else if (story.since) {
    text = fmt::format("has drifted since {}{}, {}", unit, pane_at(*story.since), count);
  } else {
    text = fmt::format("drifted {}, last in the pane from {}{}; newer ones are OK", count, unit,
                       pane_at(*story.last));
  }
  const Statistic* most = evidence(report, story.column);
  if (most == nullptr) return text;
  return fmt::format("{}: <code>{}</code> {}{}, threshold {}", text, name_of(most->kind),
                     report.panes.size() > 1 ? "up to " : "", data(most->value),
                     rounded(most->threshold));
}

}  // namespace mlcore::report
