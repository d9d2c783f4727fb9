// SPDX-License-Identifier: Apache-2.0
#include <doctest/doctest.h>

#include <cfenv>
#include <cmath>
#include <map>
#include <regex>
#include <set>
#include <sstream>

#include "mlcore/base/json.hpp"
#include "mlcore/monitor/monitor.hpp"
#include "monitor/lender.hpp"

namespace mlcore::test {
namespace {

MonitorReport report_of(std::size_t rows, bool is_broken = false) {
  const Monitor monitor(lender(), {.pane_rows = 1000});
  Context context(lender(), {});
  monitor.attach(context);
  double out = 0;
  for (Applicant applicant : make_applicants(21, rows)) {
    if (is_broken) applicant.income *= 100;
    const Bytes row = request_of(lender()->definition(), applicant, 0);
    lender()->predict(context, RowView::parse(lender()->definition().request(), row), {&out, 1});
  }
  try {
    lender()->predict_numeric(context, {&out, 1}, {&out, 1});
  } catch (const Error&) {
  }
  return monitor.report();
}

/// Every sample of a text in Prometheus' format 0.0.4, by its name and labels; fails on a line that
/// the format does not have, on a sample without its TYPE and on one that stands twice.
std::map<std::string, double> samples_of(const std::string& text) {
  static const std::regex comment("# (HELP|TYPE) ([a-zA-Z_:][a-zA-Z0-9_:]*) (.+)");
  static const std::regex sample(
      R"(([a-zA-Z_:][a-zA-Z0-9_:]*)\{([a-zA-Z_][a-zA-Z0-9_]*="(?:[^"\\\n]|\\["\\n])*")"
      R"((?:,[a-zA-Z_][a-zA-Z0-9_]*="(?:[^"\\\n]|\\["\\n])*")*)\} )"
      R"((NaN|[+-]Inf|-?[0-9]+(?:\.[0-9]+)?(?:e[+-]?[0-9]+)?))");
  std::map<std::string, std::string> types;
  std::set<std::string> helped;
  std::map<std::string, double> found;
  std::string current;
  REQUIRE(!text.empty());
  CHECK(text.back() == '\n');
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);) {
    CAPTURE(line);
    std::smatch parts;
    if (std::regex_match(line, parts, comment)) {
      if (parts[1] == "HELP") {
        CHECK(helped.insert(parts[2]).second);
      } else {
        const std::set<std::string> kinds = {"counter", "gauge", "histogram"};
        CHECK(kinds.count(parts[3]) == 1);
        CHECK(types.emplace(parts[2], parts[3]).second);
        current = parts[2];
      }
      continue;
    }
    REQUIRE(std::regex_match(line, parts, sample));
    const std::string name = parts[1];
    const std::string& type = types[current];
    if (type == "histogram") {
      CHECK(
          (name == current + "_bucket" || name == current + "_sum" || name == current + "_count"));
    } else {
      CHECK(name == current);
      CHECK((type == "counter") == name.ends_with("_total"));
    }
    CHECK(helped.count(current) == 1);
    const std::string value = parts[3];
    CHECK(found.emplace(name + "{" + parts[2].str() + "}", value == "NaN" ? NAN : std::stod(value))
              .second);
  }
  return found;
}

}  // namespace

TEST_CASE("prometheus: every line is of the format, every number that of the report") {
  const MonitorReport report = report_of(2500);
  const auto samples = samples_of(prometheus_text(report));
  const std::string model = R"({model="lender",version="0")";
  CHECK(samples.at("mlcore_predictions_total" + model + "}") == 2500);
  CHECK(samples.at("mlcore_late_rows_total" + model + "}") == 0);
  CHECK(samples.at("mlcore_prediction_errors_total" + model + ",reason=\"wrong_width\"}") == 1);
  CHECK(samples.at("mlcore_model_info" + model + ",digest=\"" + report.digest + "\"}") == 1);
  CHECK(samples.at("mlcore_window_rows" + model + ",window=\"all\"}") == 2500);
  CHECK(samples.at("mlcore_drift_verdict" + model + ",window=\"all\",verdict=\"OK\"}") == 1);
  CHECK(samples.at("mlcore_drift_verdict" + model + ",window=\"all\",verdict=\"DRIFT\"}") == 0);
  CHECK(samples.at("mlcore_drift_columns" + model + ",window=\"all\",verdict=\"OK\"}") == 4);
  const DriftReport& drift = report.total.drift;
  for (const ColumnReport& column : drift.columns) {
    const bool is_score = column.kind == ColumnKind::score;
    for (const Statistic& statistic : column.statistics) {
      const std::string name =
          std::string(is_score ? "mlcore_prediction_drift" : "mlcore_feature_drift") + model +
          ",window=\"all\"," + (is_score ? "prediction" : "feature") + "=\"" + column.name +
          "\",kind=\"" + std::string(name_of(column.kind)) + "\",statistic=\"" +
          std::string(name_of(statistic.kind)) + "\"}";
      CAPTURE(name);
      CHECK(samples.at(name) == statistic.value);
    }
  }
  CHECK(samples.at("mlcore_feature_missing_ratio" + model +
                   R"(,window="all",feature="country",kind="category"})") ==
        static_cast<double>(drift.columns[2].current_missing) / 2500);
}

TEST_CASE("prometheus: buckets are cumulative and end with every call") {
  MonitorReport report;
  for (const std::uint64_t nanoseconds : {1u, 255u, 256u, 1000u, 1'000'000u, 4'000'000'000u}) {
    report.row_latency.add(nanoseconds);
  }
  report.row_latency.add(std::uint64_t{1} << 39);
  const auto samples = samples_of(prometheus_text(report));
  const std::string row = R"({model="",version="0",call="row")";
  const std::string name = "mlcore_prediction_duration_seconds";
  CHECK(samples.at(name + "_bucket" + row + ",le=\"2.55e-07\"}") == 2);
  CHECK(samples.at(name + "_bucket" + row + ",le=\"5.11e-07\"}") == 3);
  CHECK(samples.at(name + "_bucket" + row + ",le=\"1.023e-06\"}") == 4);
  CHECK(samples.at(name + "_bucket" + row + ",le=\"+Inf\"}") == 7);
  CHECK(samples.at(name + "_count" + row + "}") == 7);
  CHECK(samples.at(name + "_sum" + row + "}") ==
        doctest::Approx(4.001001512 + 0x1p39 * 1e-9).epsilon(1e-12));
}

TEST_CASE("prometheus: names are escaped; without a row gauges are NaN and there is no last pane") {
  MonitorReport report;
  report.model = "a\"b\\c\nd";
  ColumnReport column{};
  column.name = "x\"}\n# TYPE y counter\n";
  column.statistics.push_back({StatisticKind::psi, Verdict::insufficient, NAN, NAN, 0.1, NAN});
  report.total.drift.columns.push_back(column);
  const std::string text = prometheus_text(report);
  const auto samples = samples_of(text);
  CHECK(text.find(R"(model="a\"b\\c\nd")") != std::string::npos);
  CHECK(text.find(R"(feature="x\"}\n# TYPE y counter\n")") != std::string::npos);
  CHECK(text.find("window=\"last\"") == std::string::npos);
  CHECK(
      std::isnan(samples.at(R"(mlcore_feature_missing_ratio{model="a\"b\\c\nd",version="0",)"
                            R"(window="all",feature="x\"}\n# TYPE y counter\n",kind="feature"})")));
}

TEST_CASE("prometheus: the last pane is the newest that has a verdict") {
  const auto quiet = samples_of(prometheus_text(report_of(1050)));
  const std::string last = R"({model="lender",version="0",window="last")";
  CHECK(quiet.at("mlcore_window_rows" + last + "}") == 1000);
  const auto broken = samples_of(prometheus_text(report_of(1050, true)));
  CHECK(broken.at("mlcore_drift_verdict" + last + ",verdict=\"DRIFT\"}") == 1);
  CHECK(broken.at("mlcore_column_verdict" + last +
                  ",column=\"earned\",kind=\"feature\",verdict=\"DRIFT\"}") == 1);
}

TEST_CASE("json and prometheus: the same bytes in any rounding mode of the host") {
  MonitorReport report = report_of(1500);
  report.row_latency = {};
  for (std::uint64_t i = 1; i <= 10; ++i) report.row_latency.add(i * 1'237);
  report.total.drift.columns[0].current_rows = 1500;
  report.total.drift.columns[0].current_missing = 499;  // 0.33266…
  const std::string json = to_json(report);
  const std::string metrics = prometheus_text(report);
  for (const int mode : {FE_UPWARD, FE_DOWNWARD, FE_TOWARDZERO}) {
    CAPTURE(mode);
    std::fesetround(mode);
    const std::string json_again = to_json(report);
    const std::string metrics_again = prometheus_text(report);
    std::fesetround(FE_TONEAREST);
    CHECK(json_again == json);
    CHECK(metrics_again == metrics);
  }
}

TEST_CASE("json: a report reads back as what it was") {
  const MonitorReport report = report_of(1500);
  const std::string text = to_json(report);
  JsonReader json(text);
  std::size_t panes = 0;
  json.begin_object();
  while (const auto member = json.next_member()) {
    const std::string name(*member);
    if (name == "model") {
      CHECK(json.string() == "lender");
    } else if (name == "digest") {
      CHECK(json.string() == report.digest);
    } else if (name == "rows") {
      CHECK(json.i64() == 1500);
    } else if (name == "pane_kind") {
      CHECK(json.string() == "count");
    } else if (name == "panes") {
      json.begin_array();
      while (json.next_element()) {
        const PaneReport& pane = report.panes[panes++];
        json.begin_object();
        while (const auto pane_member = json.next_member()) {
          const std::string pane_name(*pane_member);
          if (pane_name == "begin") {
            CHECK(json.i64() == pane.begin);
          } else if (pane_name == "rows") {
            CHECK(json.i64() == static_cast<std::int64_t>(pane.rows));
          } else if (pane_name == "verdict") {
            CHECK(json.string() == name_of(pane.drift.verdict));
          } else if (pane_name == "alpha_each") {
            CHECK(json.f64() == pane.drift.alpha_each);
          } else {
            json.skip();
          }
        }
      }
    } else {
      json.skip();
    }
  }
  json.finish();
  CHECK(panes == 2);
  CHECK(report.panes[1].drift.verdict == Verdict::insufficient);
  CHECK(text.find(":nan") == std::string::npos);
  CHECK(text.find(R"("psi":{"verdict":"OK","value":)") != std::string::npos);
}

TEST_CASE("json: what has no value is null, what is large is exact, what is odd is escaped") {
  MonitorReport report;
  report.model = "a\"b\n";
  report.rows = std::numeric_limits<std::uint64_t>::max();
  report.total.begin = std::numeric_limits<std::int64_t>::min();
  ColumnReport column{};
  column.reference_mean = NAN;
  column.current_mean = std::numeric_limits<double>::infinity();
  column.reference_standard_deviation = 0.1;
  column.current_standard_deviation = 5e-324;
  column.statistics.push_back({StatisticKind::ks, Verdict::insufficient, NAN, NAN, 0.1, NAN});
  report.total.drift.columns.push_back(column);
  const std::string text = to_json(report);
  JsonReader json(text);
  json.skip();
  json.finish();
  CHECK(text.starts_with(R"({"model":"a\"b\n",)"));
  CHECK(text.find("\"rows\":18446744073709551615,") != std::string::npos);
  CHECK(text.find("\"begin\":-9223372036854775808,") != std::string::npos);
  CHECK(text.find(R"("reference_mean":null,"current_mean":null,)") != std::string::npos);
  CHECK(text.find(R"("current_standard_deviation":5e-324,)") != std::string::npos);
  CHECK(text.find(R"("ks":{"verdict":"INSUFFICIENT","value":null,"null_quantile":null,)"
                  R"("threshold":0.1,"p_value":null}})") != std::string::npos);
}

}  // namespace mlcore::test
