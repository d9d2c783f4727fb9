// SPDX-License-Identifier: Apache-2.0
// drift_page uses overview.
#include <fmt/format.h>

#include <algorithm>

#include "mlcore/report/page.hpp"
#include "report/sections.hpp"
#include "report/text.hpp"

namespace mlcore::report {
namespace {

constexpr std::size_t kSentences = 8;  // the rest is folded away

std::uint64_t count_of(const Subject& subject, Verdict verdict) {
  return static_cast<std::uint64_t>(
      std::count_if(subject.stories.begin(), subject.stories.end(),
                    [&](const ColumnStory& story) { return story.verdict == verdict; }));
}

std::string lead(const Subject& subject) {
  const MonitorReport& report = subject.report;
  if (report.total.drift.current_rows == 0) {
    return "No row has been seen yet: there is nothing to compare with the reference.";
  }
  std::string where;
  if (!report.panes.empty()) {
    where =
        fmt::format(" in {}, {}", plural(report.panes.size(), "pane"),
                    range_text(report.kind, report.panes.front().begin, report.panes.back().end));
  }
  switch (verdict_of(report)) {
    case Verdict::drift: break;
    case Verdict::ok: return "No column drifted" + where + ".";
    case Verdict::insufficient:
      return "No column is known to have drifted" + where + ": too little to say that none has.";
  }
  return fmt::format("{} of {} drifted{}.", grouped(count_of(subject, Verdict::drift)),
                     plural(subject.stories.size(), "column"), where);
}

std::string tile(Verdict verdict, std::uint64_t count) {
  return fmt::format(
      R"(<li class="{}"><strong>{}</strong><span><span aria-hidden="true">{}</span> {}</span></li>)",
      class_of(verdict), grouped(count), sign_of(verdict), name_of(verdict));
}

std::string fact(std::string_view name, const std::string& html) {
  return fmt::format("<div><dt>{}</dt><dd>{}</dd></div>", name, html);
}

std::string facts(const MonitorReport& report) {
  std::string html = R"(<dl class="facts">)";
  html += fact("Model", name_html(report.model, 80));
  if (report.version > 0) html += fact("Version", fmt::format("v{}", report.version));
  html += fact("Reference rows", grouped(report.total.drift.reference_rows));
  html += fact("Rows", grouped(report.rows));
  if (report.late_rows > 0) html += fact("Late rows, in no pane", grouped(report.late_rows));
  html += fact("Panes", grouped(report.panes.size()));
  html += fact("Alpha", data(report.total.drift.alpha));
  html += fact("Content digest", fmt::format(R"(<code class="digest">{}</code>)",
                                             report.digest.empty() ? "–" : escaped(report.digest)));
  return html + "</dl>\n";
}

std::string item(const Subject& subject, const ColumnStory& story) {
  const ColumnReport& column = subject.report.total.drift.columns[story.column];
  return fmt::format("<li><a href=\"#c{}\">{}</a> {}.</li>\n", story.column,
                     name_html(column.name, 60), sentence(subject.report, story));
}

std::string news(const Subject& subject) {
  const auto drifted = static_cast<std::size_t>(count_of(subject, Verdict::drift));
  if (drifted == 0) return {};
  std::string html = "<h2>What drifted</h2>\n<ul class=\"news\">\n";
  for (std::size_t i = 0; i < std::min(drifted, kSentences); ++i) {
    html += item(subject, subject.stories[i]);
  }
  html += "</ul>\n";
  if (drifted <= kSentences) return html;
  html += fmt::format("<details><summary>{} more</summary>\n<ul class=\"news\">\n",
                      grouped(drifted - kSentences));
  for (std::size_t i = kSentences; i < drifted; ++i) html += item(subject, subject.stories[i]);
  return html + "</ul></details>\n";
}

}  // namespace

std::string overview(const Subject& subject, std::string_view title) {
  std::string html = fmt::format(
      "<header>\n<p class=\"kind\">mlcore drift report</p>\n<h1>{}</h1>\n"
      "<p class=\"lead\">{} {}</p>\n",
      name_html(title, 200), badge(verdict_of(subject.report)), lead(subject));
  html += "<ul class=\"tiles\" aria-label=\"Columns by verdict\">";
  for (const Verdict verdict : {Verdict::drift, Verdict::insufficient, Verdict::ok}) {
    html += tile(verdict, count_of(subject, verdict));
  }
  html += "</ul>\n" + facts(subject.report) + "</header>\n";
  const std::string what = news(subject);
  return what.empty() ? html : html + "<section>\n" + what + "</section>\n";
}

}  // namespace mlcore::report
