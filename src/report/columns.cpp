// SPDX-License-Identifier: Apache-2.0
// drift_page uses columns.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "report/charts.hpp"
#include "report/sections.hpp"
#include "report/text.hpp"

namespace mlcore::report {
namespace {

constexpr std::size_t kOpenColumns = 3;    // unfolded from the start, if they drift
constexpr std::size_t kCategoryBars = 12;  // the rest is one
constexpr std::size_t kNameLimit = 60;

constexpr std::string_view kSides =
    "<span class=\"side\"><b class=\"k reference\"></b>reference</span>"
    "<span class=\"side\"><b class=\"k current\"></b>current</span>";

std::string figure(std::string_view caption, const std::string& chart,
                   std::string_view legend = kSides) {
  return fmt::format(
      "<figure><figcaption><span>{}</span><span class=\"sides\">{}</span></figcaption>{}"
      "</figure>\n",
      caption, legend, chart);
}

std::string statistics_table(const ColumnReport& column) {
  std::string html =
      "<div class=\"scroll\"><table class=\"numbers statistics\"><thead><tr><th "
      "scope=\"col\">Statistic</th>"
      "<th scope=\"col\">Verdict</th><th scope=\"col\">Value</th>"
      "<th scope=\"col\">Null quantile</th><th scope=\"col\">Threshold</th>"
      "<th scope=\"col\"><abbr title=\"p value\">p</abbr></th></tr></thead>\n<tbody>\n";
  for (const Statistic& statistic : column.statistics) {
    html += fmt::format(
        "<tr><th scope=\"row\"><code>{}</code></th><td>{}</td><td>{}</td><td>{}</td><td>{}</td>"
        "<td>{}</td></tr>\n",
        name_of(statistic.kind), badge(statistic.verdict), data(statistic.value),
        data(statistic.null_quantile), data(statistic.threshold), data(statistic.p_value));
  }
  return html + "</tbody></table></div>\n";
}

std::string pair_row(std::string_view name, const std::string& reference,
                     const std::string& current) {
  return fmt::format("<tr><th scope=\"row\">{}</th><td>{}</td><td>{}</td></tr>\n", name, reference,
                     current);
}

std::string sides_table(const ColumnReport& column) {
  std::string html =
      "<div class=\"scroll\"><table class=\"numbers\"><thead><tr><th scope=\"col\">All panes</th>"
      "<th scope=\"col\">Reference</th><th scope=\"col\">Current</th></tr></thead>\n<tbody>\n";
  html += pair_row("Rows", grouped(column.reference_rows), grouped(column.current_rows));
  html += pair_row("Missing", percent(column.reference_missing, column.reference_rows),
                   percent(column.current_missing, column.current_rows));
  if (column.kind != ColumnKind::category) {
    html += pair_row("Mean", data(column.reference_mean), data(column.current_mean));
    html += pair_row("Standard deviation", data(column.reference_standard_deviation),
                     data(column.current_standard_deviation));
  }
  return html + "</tbody></table></div>\n";
}

std::string category_row(const std::string& name, double reference, double current, double most) {
  const auto bar = [&](std::string_view side, double share) {
    return fmt::format("<i class=\"{}\" style=\"width:{:.1f}%\"></i>", side,
                       most > 0 ? 100 * share / most : 0);
  };
  return fmt::format(
      "<tr><th scope=\"row\">{}</th><td class=\"bars\" aria-hidden=\"true\">{}{}</td><td>{}</td>"
      "<td>{}</td></tr>\n",
      name, bar("reference", reference), bar("current", current), percent(reference),
      percent(current));
}

struct CategoryShare {
  std::string name;  // HTML
  double reference;
  double current;
};

/// The most frequent of the reference, the other ones as one, the unseen and the missing.
std::vector<CategoryShare> category_shares(const CategoryProfile& profile,
                                           const CategoryCounts& current) {
  const CategoryCounts& counts = profile.counts;
  const auto share = [](std::uint64_t part, std::uint64_t rows) {
    return rows == 0 ? 0 : static_cast<double>(part) / static_cast<double>(rows);
  };
  std::vector<CategoryShare> shares;
  const auto add = [&](std::string name, std::uint64_t r, std::uint64_t c) {
    shares.push_back({std::move(name), share(r, counts.rows()), share(c, current.rows())});
  };
  std::uint64_t r = counts.codes[CategoryCodes::kOther];
  std::uint64_t c = current.codes[CategoryCodes::kOther];
  for (std::size_t code = 0; code < profile.codes.own_count(); ++code) {
    if (code < kCategoryBars) {
      add(name_html(profile.codes.names()[code], 32), counts.codes[code], current.codes[code]);
    } else {
      r += counts.codes[code];
      c += current.codes[code];
    }
  }
  if (r + c > 0) add("<em>all others</em>", r, c);
  add("<em>unseen</em>", counts.codes[CategoryCodes::kUnseen],
      current.codes[CategoryCodes::kUnseen]);
  add("<em>missing</em>", counts.missing, current.missing);
  return shares;
}

std::string category_table(const CategoryProfile& profile, const CategoryCounts& current) {
  const std::vector<CategoryShare> shares = category_shares(profile, current);
  double most = 0;
  for (const CategoryShare& share : shares) most = std::max({most, share.reference, share.current});
  std::string html =
      "<table class=\"numbers categories\"><thead><tr><th scope=\"col\">Category</th>"
      "<th aria-hidden=\"true\"></th><th scope=\"col\">Reference</th><th scope=\"col\">Current</th>"
      "</tr></thead>\n<tbody>\n";
  for (const CategoryShare& share : shares) {
    html += category_row(share.name, share.reference, share.current, most);
  }
  return html + "</tbody></table>\n";
}

/// Nothing for a column without spread.
std::string cumulative_figure(const NumericProfile& profile, const NumericCounts& current) {
  if (profile.bins.edges().size() <= 2) return {};
  return figure("Cumulative share", cumulative_chart(profile, current));
}

/// What the counters of the kind look like.
std::string distribution(const Subject& subject, std::size_t column) {
  const Reference& reference = subject.reference;
  const PaneCounts& counts = subject.report.total.counts;
  if (column < reference.features.size()) {
    const NumericProfile& profile = reference.features[column];
    return figure("Share by bin", bin_chart(profile, counts.features[column])) +
           cumulative_figure(profile, counts.features[column]);
  }
  column -= reference.features.size();
  if (column < reference.categories.size()) {
    return figure("Share by category",
                  category_table(reference.categories[column], counts.categories[column]));
  }
  column -= reference.categories.size();
  const ScoreProfile& score = reference.scores[column];
  return figure("Share by score", score_chart(score, counts.histograms[column])) +
         cumulative_figure(score.values, counts.scores[column]);
}

std::string timelines(const Subject& subject, const ColumnReport& column, std::size_t index) {
  if (subject.report.panes.size() < 2) return {};
  constexpr std::string_view kLegend =
      "<span class=\"side\"><b class=\"k threshold\"></b>threshold</span>"
      "<span class=\"side\"><b class=\"k null\"></b>null quantile</span>";
  std::string html = figure("<code>psi</code> by pane",
                            timeline_chart(subject.report, index, StatisticKind::psi), kLegend);
  if (column.find(StatisticKind::ks) != nullptr) {
    html += figure("<code>ks</code> by pane",
                   timeline_chart(subject.report, index, StatisticKind::ks), kLegend);
  }
  return html;
}

std::string summary(const Subject& subject, const ColumnStory& story, const ColumnReport& column) {
  const Statistic* psi = column.find(StatisticKind::psi);
  std::string html = fmt::format(
      "<summary><span class=\"name\">{}</span>{}<span class=\"main\">psi {}</span>{}</summary>",
      name_html(column.name, kNameLimit),
      subject.report.panes.size() < 2 ? ""
                                      : sparkline(subject.report, story.column, StatisticKind::psi),
      rounded(psi == nullptr ? NAN : psi->value, 3), badge(story.verdict));
  return html;
}

std::string one_column(const Subject& subject, const ColumnStory& story, bool is_open) {
  const ColumnReport& column = subject.report.total.drift.columns[story.column];
  std::string html =
      fmt::format("<details class=\"column {}\"{}>{}\n<div class=\"body\" id=\"c{}\">\n",
                  class_of(story.verdict), is_open ? " open=\"\"" : "",
                  summary(subject, story, column), story.column);
  if (shortened(column.name, kNameLimit) != escaped(column.name)) {
    html += fmt::format("<p class=\"full\">{}</p>\n", name_html(column.name, column.name.size()));
  }
  std::string says;
  if (story.verdict == Verdict::drift) {
    says = fmt::format("This {} {}.", name_of(column.kind), sentence(subject.report, story));
  }
  if (column.is_constant) {
    says += " It is constant in the reference: it can show DRIFT and is never OK.";
  }
  if (!says.empty()) html += fmt::format("<p>{}</p>\n", says);
  html += "<div class=\"parts\"><div class=\"charts\">\n" + distribution(subject, story.column) +
          timelines(subject, column, story.column) + "</div>\n<div class=\"tables\">\n" +
          statistics_table(column) + sides_table(column) + "</div></div>\n";
  return html + "</div></details>\n";
}

std::string of_kind(const Subject& subject, ColumnKind kind, std::string_view title,
                    std::size_t& unfolded) {
  std::string html;
  for (const ColumnStory& story : subject.stories) {
    if (subject.report.total.drift.columns[story.column].kind != kind) continue;
    const bool is_open =
        kind == ColumnKind::score || (story.verdict == Verdict::drift && unfolded < kOpenColumns);
    unfolded += is_open ? 1 : 0;
    html += one_column(subject, story, is_open && unfolded <= kOpenColumns);
  }
  if (html.empty()) return {};
  return fmt::format("<section class=\"columns\">\n<h2>{}</h2>\n{}</section>\n", title, html);
}

}  // namespace

std::string columns(const Subject& subject) {
  std::size_t unfolded = 0;  // counted in the page's order
  std::string html = of_kind(subject, ColumnKind::score, "Predictions", unfolded);
  html += of_kind(subject, ColumnKind::feature, "Features", unfolded);
  html += of_kind(subject, ColumnKind::category, "Categories", unfolded);
  return html;
}

}  // namespace mlcore::report
