// SPDX-License-Identifier: Apache-2.0
#include "report/story.hpp"

#include <doctest/doctest.h>

#include "mlcore/base/number.hpp"
#include "report/page_fixture.hpp"

namespace mlcore::report {
namespace {

ColumnReport column_of(Verdict verdict, double psi) {
  ColumnReport column;
  column.name = "x";
  column.verdict = verdict;
  column.statistics.push_back({StatisticKind::psi, verdict, psi, 0.01, 0.1, kCanonicalNan});
  return column;
}

/// One column; a letter a pane: d, o, i.
MonitorReport report_with(std::string_view verdicts, Verdict total) {
  MonitorReport report;
  report.kind = PaneKind::as_of;
  report.total.drift.columns.push_back(column_of(total, 0.05));
  for (const char c : verdicts) {
    PaneReport pane;
    pane.begin = static_cast<std::int64_t>(report.panes.size()) * kMicrosPerDay;
    pane.end = pane.begin + kMicrosPerDay;
    const Verdict verdict = c == 'd'   ? Verdict::drift
                            : c == 'o' ? Verdict::ok
                                       : Verdict::insufficient;
    pane.drift.columns.push_back(column_of(verdict, c == 'd' ? 0.3 : 0.02));
    report.panes.push_back(std::move(pane));
  }
  return report;
}

}  // namespace

TEST_CASE("stories_of: a column drifts since the first DRIFT after the last OK") {
  const struct {
    const char* verdicts;
    Verdict expected;
    int since;  // −1: absent
    std::uint64_t panes;
  } cases[] = {{"", Verdict::ok, -1, 0},       {"ooo", Verdict::ok, -1, 0},
               {"ood", Verdict::drift, 2, 1},  {"oddd", Verdict::drift, 1, 3},
               {"oddi", Verdict::drift, 1, 2}, {"doidi", Verdict::drift, 3, 2},
               {"ddo", Verdict::drift, -1, 2}, {"iii", Verdict::ok, -1, 0}};
  for (const auto& c : cases) {
    CAPTURE(c.verdicts);
    const ColumnStory story = stories_of(report_with(c.verdicts, Verdict::ok)).at(0);
    CHECK(story.verdict == c.expected);
    CHECK(story.drift_panes == c.panes);
    CHECK((story.since ? static_cast<int>(*story.since) : -1) == c.since);
  }
}

TEST_CASE("sentence: since when, in how many panes, by how much") {
  const auto said = [](std::string_view verdicts, Verdict total) {
    const MonitorReport report = report_with(verdicts, total);
    return sentence(report, stories_of(report).at(0));
  };
  CHECK(said("od", Verdict::ok) ==
        "has drifted since 1970-01-02, in 1 of 2 panes: <code>psi</code> up to "
        "<data value=\"0.3\">0.3</data>, threshold 0.1");
  CHECK(said("ddo", Verdict::ok)
            .starts_with(
                "drifted in 2 of 3 panes, last in the pane from 1970-01-02; newer ones are OK: "));
  CHECK(
      said("oo", Verdict::drift).starts_with("drifts over all panes together, in no single one: "));
  CHECK(said("d", Verdict::drift).starts_with("drifts: <code>psi</code> <data value=\"0.3\">"));
}

TEST_CASE("stories_of: news first, then what is unsure, then constants, then OK; strongest first") {
  MonitorReport report;
  report.total.drift.columns = {column_of(Verdict::ok, 0.01), column_of(Verdict::insufficient, 0),
                                column_of(Verdict::drift, 0.2), column_of(Verdict::drift, 0.9),
                                column_of(Verdict::insufficient, 0)};
  report.total.drift.columns[1].is_constant = true;
  std::vector<std::size_t> order;
  for (const ColumnStory& story : stories_of(report)) order.push_back(story.column);
  CHECK(order == std::vector<std::size_t>{3, 2, 4, 1, 0});
}

}  // namespace mlcore::report
