// SPDX-License-Identifier: Apache-2.0
#include "mlcore/report/page.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "mlcore/base/bytes.hpp"
#include "mlcore/base/error.hpp"
#include "mlcore/base/number.hpp"
#include "report/markup.hpp"
#include "report/page_fixture.hpp"

namespace mlcore {
namespace {

const Reference& lender() {
  static const Reference reference = reference_of(make_rows(1, 20'000));
  return reference;
}

std::string page_of(const Reference& reference, const MonitorReport& report) {
  const std::string page = drift_page(report, reference, {});
  CHECK(read_markup(page).problem == "");
  return page;
}

/// The values of the `<data>` elements of a part of the page.
std::vector<std::string> values_in(std::string_view html) {
  constexpr std::string_view kBegin = "<data value=\"";
  std::vector<std::string> values;
  for (std::size_t at = html.find(kBegin); at != html.npos; at = html.find(kBegin, at)) {
    at += kBegin.size();
    values.emplace_back(html.substr(at, html.find('"', at) - at));
  }
  return values;
}

std::string_view statistics_of(std::string_view page, std::size_t column) {
  page.remove_prefix(page.find("id=\"c" + std::to_string(column) + "\""));
  page.remove_prefix(page.find("<table class=\"numbers statistics\">"));
  return page.substr(0, page.find("</table>"));
}

std::string value_text(double value) { return std::isnan(value) ? "NaN" : format_f64(value); }

std::size_t count_of(std::string_view text, std::string_view part) {
  std::size_t count = 0;
  for (std::size_t at = text.find(part); at != text.npos; at = text.find(part, at + 1)) ++count;
  return count;
}

/// Columns of one number each way that a column can be without spread.
Reference one_feature(std::vector<double> values) {
  Reference reference;
  reference.features.push_back(profile_numeric("x", values));
  return reference;
}

PaneCounts counted_feature(const Reference& reference, const std::vector<double>& values) {
  PaneCounts pane(reference);
  pane.add_rows(reference, {values.data(), values.size(), 1}, {});
  return pane;
}

}  // namespace

TEST_CASE("drift_page: the same report gives the same bytes") {
  const MonitorReport report = troubled_report(lender());
  CHECK(drift_page(report, lender(), {}) == drift_page(report, lender(), {}));
}

TEST_CASE("drift_page: every statistic of every column is told with all its digits") {
  const MonitorReport report = troubled_report(lender());
  const std::string page = page_of(lender(), report);
  for (std::size_t i = 0; i < report.total.drift.columns.size(); ++i) {
    const ColumnReport& column = report.total.drift.columns[i];
    CAPTURE(column.name);
    std::vector<std::string> expected;
    for (const Statistic& s : column.statistics) {
      for (const double value : {s.value, s.null_quantile, s.threshold, s.p_value}) {
        expected.push_back(value_text(value));
      }
    }
    const std::string_view table = statistics_of(page, i);
    CHECK(values_in(table) == expected);
    for (const Statistic& s : column.statistics) {
      CHECK(table.find("<code>" + std::string(name_of(s.kind)) + "</code>") != table.npos);
    }
  }
}

TEST_CASE("drift_page: each pane has a cell a column, with its verdict and strongest statistic") {
  const MonitorReport report = troubled_report(lender());
  const std::string page = page_of(lender(), report);
  const std::size_t begin = page.find("<table class=\"heat\">");
  const std::string_view heat =
      std::string_view(page).substr(begin, page.find("</table>", begin) - begin);
  std::size_t drifting = 0;
  for (const PaneReport& pane : report.panes) drifting += pane.drift.drift;
  REQUIRE(drifting == 8);  // income and country in four panes
  CHECK(count_of(heat, "<td class=\"d") - count_of(heat, "<td class=\"drift\"") == drifting);
  CHECK(count_of(heat, "<td") == (report.total.drift.columns.size() + 2) * report.panes.size());
  const ColumnReport& income = report.panes[4].drift.columns[kIncome];
  double most = 0;
  for (const Statistic& s : income.statistics) most = std::max(most, s.value / s.threshold);
  const std::string_view row = heat.substr(heat.find(">income<"));
  CHECK(row.substr(0, row.find("</tr>")).find("▲" + std::to_string(std::lround(most)) + "</td>") !=
        row.npos);
  CHECK(count_of(heat, "scope=\"col\"") == report.panes.size() + 1);
}

TEST_CASE("drift_page: it says what drifted and since which pane") {
  const std::string page = page_of(lender(), troubled_report(lender()));
  CHECK(page.find("2 of 8 columns drifted in 8 panes, 1998-01-01 to 1998-08-29.") != page.npos);
  CHECK(page.find("has drifted since 1998-05-01, in 4 of 8 panes: <code>psi</code>") != page.npos);
  CHECK(page.find("null_not_allowed") != page.npos);
}

TEST_CASE("drift_page: names can neither add nor change an element") {
  std::vector<std::string> hostile = {"</style></title><script>alert(1)</script>",
                                      "\" onload=\"alert(1)\" x=\"",
                                      "' onclick='alert(1)",
                                      "&lt;&amp;&#0;&bogus;",
                                      std::string("a\0b\x01\x7f", 5),
                                      "\xFF\xFE\xC3",
                                      "<!--",
                                      "]]>",
                                      "\u202Egnirts\u2066",
                                      "👩‍🚀 مرحبا"};
  hostile.push_back(std::string(10'000, '<'));
  hostile.push_back("");
  const std::vector<Rows> panes = {make_rows(2, 1'000), make_rows(3, 1'000)};
  const auto page_with = [&](const std::string& name) {
    Reference reference = lender();
    for (NumericProfile& feature : reference.features) feature.name = name;
    reference.categories[0].name = name;
    reference.scores[0].values.name = name;
    MonitorReport report = report_of(reference, panes);
    report.model = name;
    report.digest = name;
    return page_of(reference, report);
  };
  for (const std::string& name : hostile) {
    CAPTURE(name.substr(0, 50));
    // The long and the plain name differ in that the long one is told in full once a column.
    const std::string plain(name.empty() ? 0 : name.size() > 60 ? name.size() : 1, 'x');
    const std::string page = page_with(name);
    CHECK(read_markup(page).elements == read_markup(page_with(plain)).elements);
    CHECK(page.find("<script") == page.npos);
    CHECK(page.find('\0') == page.npos);
    CHECK(is_utf8(page));
    CHECK(page.find("\u202E") == page.npos);
  }
}

TEST_CASE("drift_page: categories are told by their names, hostile ones too") {
  std::vector<std::optional<std::string_view>> texts;
  for (int i = 0; i < 400; ++i) texts.emplace_back(i % 2 == 0 ? "<b>\"&" : "\u0645\u0631");
  Reference reference;
  reference.categories.push_back(profile_category("c", texts));
  PaneCounts pane(reference);
  for (int i = 0; i < 400; ++i) pane.add_category(reference, 0, "new");
  const std::string page = page_of(reference, report_from(reference, {pane}));
  CHECK(page.find("<bdi>&lt;b&gt;&quot;&amp;</bdi>") != page.npos);
  CHECK(page.find("<em>unseen</em></th>") != page.npos);
}

TEST_CASE("drift_page: no pane, one pane, and panes without a row") {
  MonitorReport report = report_of(lender(), {});
  CHECK(page_of(lender(), report).find("No row has been seen yet") != std::string::npos);
  report = report_of(lender(), {make_rows(5, 1'000)});
  CHECK(page_of(lender(), report).find("in 1 pane, 1998-01-01 to 1998-01-31.") !=
        std::string::npos);
  CHECK(page_of(lender(), report_of(lender(), {make_rows(5, 250)}))
            .find("No column is known to have drifted in 1 pane,") != std::string::npos);
  report = report_from(lender(), {PaneCounts(lender()), PaneCounts(lender())});
  CHECK(page_of(lender(), report).find("INSUFFICIENT") != std::string::npos);
  report = report_of(Reference{}, {});
  CHECK(page_of(Reference{}, report).find("INSUFFICIENT") != std::string::npos);
}

TEST_CASE("drift_page: columns without spread, without a value, and at the ends of the doubles") {
  constexpr double kMax = std::numeric_limits<double>::max();
  constexpr double kInfinity = std::numeric_limits<double>::infinity();
  constexpr double kTiny = std::numeric_limits<double>::denorm_min();
  const std::vector<std::vector<double>> columns = {std::vector<double>(500, 7),
                                                    std::vector<double>(500, NAN),
                                                    std::vector<double>(500, kInfinity),
                                                    {},
                                                    {-kMax, kMax, 0, 1, -1},
                                                    {0, kTiny},
                                                    {1, std::nextafter(1.0, 2.0), 1, 1.5},
                                                    {0, -kTiny, kInfinity, NAN}};
  for (const auto& values : columns) {
    const Reference reference = one_feature(values);
    for (const auto& current : columns) {
      const PaneCounts counts = counted_feature(reference, current);
      const std::string page = page_of(reference, report_from(reference, {counts, counts}));
      CHECK(page.find("nan") == page.npos);
      CHECK(page.find("inf ") == page.npos);
    }
  }
}

TEST_CASE("drift_page: the double before zero is told as 0") {
  std::vector<double> values;
  for (int i = 0; i < 2'000; ++i) values.push_back(i % 3 == 0 ? 0 : i / 7.0);
  const Reference reference = one_feature(values);
  const PaneCounts counts = counted_feature(reference, values);
  CHECK(page_of(reference, report_from(reference, {counts})).find("e−3") == std::string::npos);
  const Reference wide = one_feature({-1e308, -1e307, 0, 1e307, 1e308});
  const std::string page = page_of(wide, report_from(wide, {counted_feature(wide, {0})}));
  CHECK(page.find(">−1e308</text>") != page.npos);
}

TEST_CASE("drift_page: 200 columns and 32 panes take what the header says") {
  Reference reference;
  const Rows rows = make_rows(1, 2'000);
  for (std::size_t i = 0; i < 200; ++i) {
    reference.features.push_back(
        profile_numeric("feature_" + std::to_string(i), rows.column(i % 6)));
  }
  std::vector<PaneCounts> panes;
  for (std::uint64_t i = 0; i < 32; ++i) {
    const Rows current = make_rows(50 + i, 400);
    panes.emplace_back(reference);
    for (std::size_t column = 0; column < 200; ++column) {
      panes.back().features[column].add(reference.features[column].bins,
                                        current.column(column % 6));
    }
  }
  const std::string page = page_of(reference, report_from(reference, std::move(panes)));
  MESSAGE("bytes a column: " << page.size() / 200);
  CHECK(page.size() < 32'768 + 200 * (16'384 + 32 * 320));
}

TEST_CASE("drift_page: columns that drift in each of 500 panes take what the header says") {
  Rows rows = make_rows(7, 1'000);
  for (std::size_t i = 0; i < kNumbers; ++i) {
    rows.change(i, [](double value) { return value * 1'000 + 5; });
  }
  for (auto& country : rows.countries) country = "XK";
  for (double& score : rows.scores) score = 1;
  const std::vector<PaneCounts> panes(500, counted(lender(), rows));
  const MonitorReport report = report_from(lender(), panes);
  REQUIRE(report.panes[0].drift.drift == report.panes[0].drift.columns.size());
  const std::string page = page_of(lender(), report);
  MESSAGE("bytes a column and pane: "
          << page.size() / (report.panes.size() * report.total.drift.columns.size()));
  CHECK(page.size() < 32'768 + lender().column_count() * (16'384 + report.panes.size() * 320));
}

TEST_CASE("drift_page: a report of another reference is refused") {
  const MonitorReport report = troubled_report(lender());
  try {
    static_cast<void>(drift_page(report, one_feature({1, 2}), {}));
    FAIL("not refused");
  } catch (const Error& error) {
    CHECK(error.reason() == Reason::wrong_width);
  }
}

TEST_CASE("drift_page: panes by count name their rows") {
  MonitorReport report = report_of(lender(), {make_rows(2, 1'000), make_rows(3, 1'000)});
  report.kind = PaneKind::count;
  for (std::size_t i = 0; i < 2; ++i) {
    report.panes[i].begin = static_cast<std::int64_t>(i) * 10'000;
    report.panes[i].end = report.panes[i].begin + 10'000;
  }
  const std::string page = page_of(lender(), report);
  CHECK(page.find("in 2 panes, rows 0 to 19,999.") != page.npos);
}

}  // namespace mlcore
