// SPDX-License-Identifier: Apache-2.0
// Outside code uses drift_page and verdict_of.
#include "mlcore/report/page.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "mlcore/base/error.hpp"
#include "mlcore/base/fp_guard.hpp"
#include "report/sections.hpp"
#include "report/text.hpp"

namespace mlcore {
namespace {

void check_pane(const PaneReport& pane, const Reference& reference, const char* which) {
  const PaneCounts& counts = pane.counts;
  if (counts.features.size() == reference.features.size() &&
      counts.categories.size() == reference.categories.size() &&
      counts.scores.size() == reference.scores.size() &&
      counts.histograms.size() == reference.scores.size() &&
      pane.drift.columns.size() == reference.column_count()) {
    return;
  }
  throw Error(
      Code::invalid_argument, Reason::wrong_width,
      fmt::format("{} of {} compared columns, {} features, {} categories and {} scores, and "
                  "a reference of {}, {} and {}",
                  which, pane.drift.columns.size(), counts.features.size(),
                  counts.categories.size(), counts.scores.size(), reference.features.size(),
                  reference.categories.size(), reference.scores.size()));
}

constexpr std::string_view kHead =
    "<!DOCTYPE html>\n"
    "<html lang=\"en\" xmlns=\"http://www.w3.org/1999/xhtml\">\n<head>\n<meta charset=\"utf-8\"/>\n"
    "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src "
    "'unsafe-inline'\"/>\n"
    "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\"/>\n"
    "<meta name=\"color-scheme\" content=\"light dark\"/>\n";

constexpr std::string_view kOnlyDrift =
    "<p class=\"filter\"><label><input type=\"checkbox\" id=\"only\"/> Only what "
    "drifted</label></p>\n";

}  // namespace

Verdict verdict_of(const MonitorReport& report) noexcept {
  for (const PaneReport& pane : report.panes) {
    if (pane.drift.verdict == Verdict::drift) return Verdict::drift;
  }
  return report.total.drift.verdict;
}

std::string drift_page(const MonitorReport& report, const Reference& reference,
                       const PageOptions& options) {
  const FloatingPointGuard guard;
  check_pane(report.total, reference, "a total");
  for (const PaneReport& pane : report.panes) check_pane(pane, reference, "a pane");
  const std::vector<report::ColumnStory> stories = report::stories_of(report);
  const report::Subject subject{report, reference, stories};
  const std::string title = options.title.empty() ? report.model : options.title;
  std::string html(kHead);
  html += fmt::format("<title>{}: drift</title>\n<style>{}</style>\n</head>\n<body>\n<main>\n",
                      report::shortened(title, 200), report::style_sheet());
  html += report::overview(subject, title);
  const auto drifted = std::count_if(stories.begin(), stories.end(), [](const auto& story) {
    return story.verdict == Verdict::drift;
  });
  if (drifted > 0 && static_cast<std::size_t>(drifted) < stories.size()) html += kOnlyDrift;
  html += report::timeline(subject);
  html += report::columns(subject);
  html += report::service(report);
  html += report::how_to_read(report);
  return html + "</main>\n</body>\n</html>\n";
}

}  // namespace mlcore
