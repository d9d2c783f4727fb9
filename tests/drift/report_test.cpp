// SPDX-License-Identifier: Apache-2.0
#include "mlcore/drift/report.hpp"

#include <doctest/doctest.h>

#include <cmath>
#include <functional>
#include <limits>
#include <stdexcept>

#include "drift/columns.hpp"
#include "mlcore/base/error.hpp"

namespace mlcore {
namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();
constexpr double kNan = std::numeric_limits<double>::quiet_NaN();

const Reference& reference() {
  static const Reference made = reference_of(make_rows(1, 20'000));
  return made;
}

const ColumnReport& column(const DriftReport& report, std::string_view name) {
  for (const ColumnReport& found : report.columns) {
    if (found.name == name) return found;
  }
  throw std::out_of_range("no such column");
}

Verdict verdict_of(const ColumnReport& found, StatisticKind kind) {
  return found.find(kind)->verdict;
}

/// The verdict of one column of numbers against another.
ColumnReport compared(const std::vector<double>& then, const std::vector<double>& now) {
  Reference single;
  single.features.push_back(profile_numeric("x", then));
  PaneCounts pane(single);
  pane.add_rows(single, {now.data(), now.size(), 1}, {});
  return compare(single, pane, {}).columns[0];
}

TEST_CASE("report: a quiet pane is OK in every column") {
  const DriftReport report = compare(reference(), counted(reference(), make_rows(2, 2000)), {});
  for (const ColumnReport& found : report.columns) {
    CAPTURE(found.name);
    CHECK(found.verdict == Verdict::ok);
  }
  CHECK(report.verdict == Verdict::ok);
  CHECK(report.columns.size() == 8);
  CHECK(report.ok == 8);
  CHECK(report.reference_rows == 20'000);
  CHECK(report.current_rows == 2000);
  CHECK(report.alpha_each == 0.001 / 78);
  const ColumnReport& income = report.columns[0];
  CHECK(income.reference_mean == doctest::Approx(75'000).epsilon(0.01));
  CHECK(income.current_standard_deviation == doctest::Approx(20'000).epsilon(0.05));
  CHECK(income.statistics.size() == 10);
  CHECK(column(report, "country").statistics.size() == 8);
}

struct Trouble {
  const char* name;
  std::function<void(Rows&)> happen;
  const char* column;
  StatisticKind sign;  // one statistic that must see it
};

const Trouble kTroubles[] = {
    {"income mean 75k to 140k",
     [](Rows& rows) { rows.change(kIncome, [](double x) { return x + 65'000; }); }, "income",
     StatisticKind::ks},
    {"approvals 85 % to 97 %",
     [](Rows& rows) {
       SampleRandom random(77);
       rows.change(kHome, [&](double) { return random.below(100) < 97 ? 1.0 : 0.0; });
     },
     "is_home", StatisticKind::psi},
    {"unit error x100", [](Rows& rows) { rows.change(kDebt, [](double x) { return x * 100; }); },
     "debt", StatisticKind::out_of_range_share},
    {"unit error of an age in months",
     [](Rows& rows) { rows.change(kAge, [](double x) { return x * 12; }); }, "age",
     StatisticKind::wasserstein_normed},
    {"dead upstream: all missing",
     [](Rows& rows) { rows.change(kOrders, [](double) { return kNan; }); }, "orders",
     StatisticKind::missing_share},
    {"all infinite", [](Rows& rows) { rows.change(kAge, [](double) { return kInfinity; }); }, "age",
     StatisticKind::missing_share},
    {"stuck at one value", [](Rows& rows) { rows.change(kAge, [](double) { return 44; }); }, "age",
     StatisticKind::ks},
    {"a third of a heavy tail gone",
     [](Rows& rows) { rows.change(kTail, [](double x) { return x > 3 ? 3 : x; }); }, "tail",
     StatisticKind::psi},
    {"a new country",
     [](Rows& rows) {
       for (std::size_t i = 0; i < rows.size(); i += 8) rows.countries[i] = "XX";
     },
     "country", StatisticKind::unseen_share},
    {"countries swapped",
     [](Rows& rows) {
       for (auto& country : rows.countries) {
         country = country == "FR" ? "DE" : country == "DE" ? "FR" : country;
       }
     },
     "country", StatisticKind::chi_square},
    {"no country any more",
     [](Rows& rows) {
       for (auto& country : rows.countries) country.reset();
     },
     "country", StatisticKind::missing_share},
    {"scores squashed",
     [](Rows& rows) {
       for (double& score : rows.scores) score = 0.4 + score / 5;
     },
     "prediction", StatisticKind::wasserstein_normed},
};

TEST_CASE("report: simulated trouble is seen in one pane, in its column and nowhere else") {
  for (const std::size_t size : {1000, 5000}) {
    for (const Trouble& trouble : kTroubles) {
      CAPTURE(trouble.name);
      CAPTURE(size);
      Rows rows = make_rows(900 + size, size);
      trouble.happen(rows);
      const DriftReport report = compare(reference(), counted(reference(), rows), {});
      CHECK(report.verdict == Verdict::drift);
      for (const ColumnReport& found : report.columns) {
        CAPTURE(found.name);
        CHECK((found.verdict == Verdict::drift) == (found.name == trouble.column));
      }
      CHECK(verdict_of(column(report, trouble.column), trouble.sign) == Verdict::drift);
    }
  }
}

TEST_CASE("report: what can't be judged is INSUFFICIENT, never OK") {
  const std::vector<double> many = sample(41, 5000, "bell");
  const std::vector<double> nothing;
  const std::vector<double> missing(5000, kNan), infinite(5000, kInfinity), same(5000, 7.0);
  struct Case {
    const char* name;
    std::vector<double> then, now;
    Verdict verdict;
  };
  const Case cases[] = {
      {"no reference", nothing, many, Verdict::insufficient},
      {"no pane", many, nothing, Verdict::insufficient},
      {"nothing at all", nothing, nothing, Verdict::insufficient},
      {"one value", many, {0.25}, Verdict::insufficient},
      {"one value then", {0.25}, many, Verdict::insufficient},
      {"99 rows", many, sample(42, 99, "bell"), Verdict::insufficient},
      {"99 rows then", sample(42, 99, "bell"), many, Verdict::insufficient},
      {"300 rows can't show 0.1", many, sample(43, 300, "bell"), Verdict::insufficient},
      {"constant and still so", same, same, Verdict::insufficient},
      {"constant, and then not", same, many, Verdict::drift},
      {"then constant", many, same, Verdict::drift},
      {"another constant", same, std::vector<double>(5000, 7.5), Verdict::drift},
      {"missing and still so", missing, missing, Verdict::insufficient},
      {"missing, then there", missing, many, Verdict::drift},
      {"there, then missing", many, missing, Verdict::drift},
      {"there, then infinite", many, infinite, Verdict::drift},
      {"infinite and still so", infinite, infinite, Verdict::insufficient},
      {"99 missing rows", many, std::vector<double>(99, kNan), Verdict::insufficient},
      {"quiet", many, sample(44, 5000, "bell"), Verdict::ok},
  };
  for (const Case& test : cases) {
    CAPTURE(test.name);
    const ColumnReport found = compared(test.then, test.now);
    CHECK(found.verdict == test.verdict);
    for (const Statistic& statistic : found.statistics) {
      CAPTURE(name_of(statistic.kind));
      CHECK(std::isnan(statistic.value) == std::isnan(statistic.null_quantile));
      CHECK(statistic.threshold > 0);
      if (std::isnan(statistic.value)) CHECK(statistic.verdict == Verdict::insufficient);
    }
  }
}

TEST_CASE("report: a constant column does not keep the others from being OK") {
  Reference two;
  two.features.push_back(profile_numeric("x", sample(51, 5000, "bell")));
  two.features.push_back(profile_numeric("one", std::vector<double>(5000, 1.0)));
  PaneCounts pane(two);
  for (const double x : sample(52, 3000, "bell")) {
    const double row[] = {x, 1.0};
    pane.add_row(two, row, {});
  }
  const DriftReport report = compare(two, pane, {});
  CHECK(report.columns[1].is_constant);
  CHECK(report.columns[1].verdict == Verdict::insufficient);
  CHECK(report.verdict == Verdict::ok);
  // Alone it says nothing.
  two.features.erase(two.features.begin());
  pane.features.erase(pane.features.begin());
  CHECK(compare(two, pane, {}).verdict == Verdict::insufficient);
  CHECK(compare({}, {}, {}).verdict == Verdict::insufficient);
}

TEST_CASE("report: merged and subtracted panes give the report of their rows, bit for bit") {
  const PaneCounts first = counted(reference(), make_rows(61, 700));
  const PaneCounts second = counted(reference(), make_rows(62, 900));
  PaneCounts both = second;
  both += first;
  const DriftReport wanted = compare(reference(), first, {});
  both -= second;
  CHECK(both == first);
  const DriftReport found = compare(reference(), both, {});
  for (std::size_t i = 0; i < wanted.columns.size(); ++i) {
    for (std::size_t k = 0; k < wanted.columns[i].statistics.size(); ++k) {
      const Statistic& a = found.columns[i].statistics[k];
      const Statistic& b = wanted.columns[i].statistics[k];
      CHECK(std::bit_cast<std::uint64_t>(a.value) == std::bit_cast<std::uint64_t>(b.value));
      CHECK(std::bit_cast<std::uint64_t>(a.null_quantile) ==
            std::bit_cast<std::uint64_t>(b.null_quantile));
      CHECK(a.verdict == b.verdict);
    }
  }
}

TEST_CASE("report: options and counters that can't be are refused by name") {
  const PaneCounts pane(reference());
  const auto reason = [&](const DriftOptions& options) {
    try {
      static_cast<void>(compare(reference(), pane, options));
    } catch (const Error& error) {
      return error.reason();
    }
    return Reason::none;
  };
  CHECK(reason({}) == Reason::none);
  CHECK(reason({.alpha = 0}) == Reason::invalid_option);
  CHECK(reason({.alpha = kNan}) == Reason::invalid_option);
  CHECK(reason({.alpha = 0.6}) == Reason::invalid_option);
  CHECK(reason({.minimum_rows = 0}) == Reason::invalid_option);
  CHECK(reason({.psi = 0}) == Reason::invalid_option);
  CHECK(reason({.share = kInfinity}) == Reason::invalid_option);
  PaneCounts other = pane;
  other.features.pop_back();
  CHECK_THROWS_AS(static_cast<void>(compare(reference(), other, {})), Error);
  CHECK_THROWS_AS(other += pane, Error);
}

struct Alarms {
  int drift = 0;
  int ok = 0;
  int insufficient = 0;
};

/// How many quiet panes are called what, against several references.
Alarms quiet_alarms(std::uint64_t seed, int panes, std::size_t rows, std::size_t reference_rows) {
  constexpr int kPanesAReference = 500;
  Alarms alarms;
  Reference fresh;
  for (int pane = 0; pane < panes; ++pane) {
    if (pane % kPanesAReference == 0)
      fresh = reference_of(make_rows(~(seed + pane), reference_rows));
    const DriftReport report = compare(fresh, counted(fresh, make_rows(seed + pane, rows)), {});
    switch (report.verdict) {
      case Verdict::ok: ++alarms.ok; break;
      case Verdict::drift: ++alarms.drift; break;
      case Verdict::insufficient: ++alarms.insufficient; break;
    }
  }
  MESSAGE("seed ", seed, ": of ", panes, " quiet panes of ", rows, " rows: ", alarms.drift,
          " DRIFT, ", alarms.ok, " OK, ", alarms.insufficient, " INSUFFICIENT");
  return alarms;
}

TEST_CASE("report: quiet panes are called DRIFT no more often than stated") {
  CHECK(quiet_alarms(1'000'000, 500, 1000, 5000).drift <= 1);
  CHECK(quiet_alarms(2'000'000, 500, 120, 2000).drift <= 1);
}

TEST_CASE("report: of 10,000 quiet panes at most 10 are called DRIFT, whatever their size" *
          doctest::test_suite("heavy")) {
  // alpha is 0.001 a pane.
  struct Case {
    std::size_t rows, reference_rows;
  };
  for (const Case& test : {Case{100, 20'000}, Case{150, 1000}, Case{400, 400}, Case{1000, 20'000},
                           Case{1000, 1000}, Case{3000, 20'000}}) {
    CAPTURE(test.rows);
    CAPTURE(test.reference_rows);
    CHECK(quiet_alarms(test.rows * 1'000'000, 10'000, test.rows, test.reference_rows).drift <= 10);
  }
}

}  // namespace
}  // namespace mlcore
