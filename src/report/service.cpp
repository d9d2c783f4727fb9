// SPDX-License-Identifier: Apache-2.0
// drift_page uses service and how_to_read.
#include <fmt/format.h>

#include <array>
#include <utility>

#include "report/charts.hpp"
#include "report/sections.hpp"
#include "report/text.hpp"

namespace mlcore::report {
namespace {

constexpr std::array<std::pair<const char*, double>, 5> kQuantiles = {
    {{"Median", 0.5}, {"90 %", 0.9}, {"99 %", 0.99}, {"99.9 %", 0.999}, {"Longest", 1}}};

std::string latency(std::string_view caption, const LatencyHistogram& histogram) {
  if (histogram.count() == 0) return {};
  std::string html = fmt::format("<figure><figcaption>{}</figcaption>{}<dl class=\"facts\">",
                                 caption, latency_chart(histogram));
  html += fmt::format("<div><dt>Calls</dt><dd>{}</dd></div>", grouped(histogram.count()));
  html += fmt::format("<div><dt>Mean</dt><dd>{}</dd></div>",
                      duration(histogram.sum / histogram.count()));
  for (const auto& [name, p] : kQuantiles) {
    const std::uint64_t nanoseconds = histogram.quantile(p);
    html += fmt::format("<div><dt>{}</dt><dd><data value=\"{}\">≤ {}</data></dd></div>", name,
                        nanoseconds, duration(nanoseconds));
  }
  return html + "</dl></figure>\n";
}

std::string failures(const MonitorReport& report) {
  if (report.failures.empty()) return "<p>No call failed.</p>\n";
  std::string html =
      "<table class=\"numbers\"><thead><tr><th scope=\"col\">Failure</th>"
      "<th scope=\"col\">Calls</th></tr></thead>\n<tbody>\n";
  for (const FailureCount& failure : report.failures) {
    html += fmt::format("<tr><th scope=\"row\"><code>{}</code></th><td>{}</td></tr>\n",
                        escaped(name_of(failure.reason)), grouped(failure.count));
  }
  return html + "</tbody></table>\n";
}

}  // namespace

std::string service(const MonitorReport& report) {
  const std::string charts = latency("Calls for one row", report.row_latency) +
                             latency("Calls for a batch", report.batch_latency);
  return "<section>\n<h2>Latency and failures</h2>\n" +
         (charts.empty() ? "<p>No call was timed.</p>\n"
                         : "<div class=\"charts\">\n" + charts + "</div>\n") +
         failures(report) + "</section>\n";
}

std::string how_to_read(const MonitorReport& report) {
  return fmt::format(
      R"(<section class="reading">
<h2>How to read this</h2>
<dl>
<dt>{}</dt><dd>A statistic reaches its threshold, an effect that matters, and is above its null
quantile, what chance makes of rows that have not changed.</dd>
<dt>{}</dt><dd>No drift, and an effect that matters would have shown: the null quantile is at most the
threshold.</dd>
<dt>{}</dt><dd>Neither can be said: too few rows, or nothing to compare. It never means OK.</dd>
</dl>
<p>A column is DRIFT when any of its statistics is. When nothing has changed, one report says DRIFT
by chance at most {} of the time, all columns and statistics together: each statistic has {} of it.</p>
<p>A pane is a stretch of {}. The reference is what the columns were when the model was trained. A bin
holds about as many reference rows as any other, so that the reference is nearly level and what rises
above or falls below it has changed; edges are in the column's own units. A column has drifted since
the first pane with DRIFT after the last with OK.</p>
</section>
)",
      badge(Verdict::drift), badge(Verdict::ok), badge(Verdict::insufficient),
      data(report.total.drift.alpha), data(report.total.drift.alpha_each),
      report.kind == PaneKind::as_of ? "the requests' time" : "consecutive rows");
}

}  // namespace mlcore::report
