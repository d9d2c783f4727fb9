// SPDX-License-Identifier: Apache-2.0
// drift_page uses timeline.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "report/sections.hpp"
#include "report/text.hpp"

namespace mlcore::report {
namespace {

/// How deep a cell's colour is.
int level_of(double times) { return times >= 5 ? 3 : times >= 2 ? 2 : 1; }

/// How many thresholds: 0.3, 1.2, 34.
std::string times_text(double times) {
  return times < 9.95 ? fmt::format("{:.1f}", times)
                      : grouped(static_cast<std::uint64_t>(std::min(times, 1e15) + 0.5));
}

std::string head_cell(const MonitorReport& report, const PaneReport& pane) {
  const std::string text = bound_text(report.kind, pane.begin);
  // A date on two lines: the year, then the day.
  const std::string label = report.kind == PaneKind::as_of && text.size() == 10
                                ? text.substr(0, 4) + "<br/>" + text.substr(5)
                                : text;
  return fmt::format("<th scope=\"col\" title=\"{}\">{}</th>",
                     range_text(report.kind, pane.begin, pane.end), label);
}

/// The verdict as a sign and a colour, the strongest statistic as a number.
std::string cell(const ColumnReport& column) {
  const Statistic* most = strongest(column);
  const double times = most == nullptr ? 0 : most->value / most->threshold;
  const std::string value = most == nullptr ? "" : times_text(times);
  switch (column.verdict) {
    case Verdict::ok: return fmt::format("<td>{}</td>", value);
    case Verdict::insufficient:
      return fmt::format("<td class=\"i\">{}{}</td>", sign_of(column.verdict), value);
    case Verdict::drift: break;
  }
  return fmt::format("<td class=\"d{}\" title=\"{} {}\">▲{}</td>", level_of(times),
                     name_of(most->kind), rounded(most->value, 3), value);
}

std::string summary_rows(const MonitorReport& report) {
  std::string rows = "<tr class=\"sum\"><th scope=\"row\">Rows</th>";
  std::string verdicts = "<tr class=\"sum\"><th scope=\"row\">Pane</th>";
  for (const PaneReport& pane : report.panes) {
    rows += fmt::format("<td>{}</td>", grouped(pane.drift.current_rows));
    verdicts += fmt::format("<td class=\"{}\"><abbr title=\"{}\">{}{}</abbr></td>",
                            class_of(pane.drift.verdict), name_of(pane.drift.verdict),
                            sign_of(pane.drift.verdict),
                            pane.drift.drift > 0 ? grouped(pane.drift.drift) : "");
  }
  return rows + "</tr>\n" + verdicts + "</tr>\n";
}

constexpr std::string_view kLegend =
    "<p class=\"legend\"><span><b class=\"k\"></b>OK</span>"
    "<span><b class=\"k d1\">▲</b>DRIFT</span>"
    "<span><b class=\"k d2\">▲</b>2 thresholds or more</span>"
    "<span><b class=\"k d3\">▲</b>5 or more</span>"
    "<span><b class=\"k i\">○</b>INSUFFICIENT</span>"
    "</p>\n";

}  // namespace

std::string timeline(const Subject& subject) {
  const MonitorReport& report = subject.report;
  if (report.panes.empty() || subject.stories.empty()) return {};
  std::string html =
      "<section>\n<h2>Timeline</h2>\n"
      "<p>Each row is a column, each cell a pane. A number says how many times its threshold the "
      "strongest statistic is; the line “Pane” counts the columns that drift.</p>\n";
  html += kLegend;
  html +=
      "<div class=\"scroll\" role=\"region\" aria-label=\"Verdicts by pane\" tabindex=\"0\">"
      "<table class=\"heat\">\n<thead>\n<tr><th scope=\"col\">Column</th>";
  for (const PaneReport& pane : report.panes) html += head_cell(report, pane);
  html += "</tr>\n" + summary_rows(report) + "</thead>\n<tbody>\n";
  for (const ColumnStory& story : subject.stories) {
    html += fmt::format("<tr class=\"{}\"><th scope=\"row\"><a href=\"#c{}\">{}</a></th>",
                        class_of(story.verdict), story.column,
                        name_html(report.total.drift.columns[story.column].name, 40));
    for (const PaneReport& pane : report.panes) html += cell(pane.drift.columns[story.column]);
    html += "</tr>\n";
  }
  return html + "</tbody>\n</table></div>\n</section>\n";
}

}  // namespace mlcore::report
