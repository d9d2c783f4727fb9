// SPDX-License-Identifier: Apache-2.0
#include "mlcore/monitor/monitor.hpp"

#include <doctest/doctest.h>

#include <cmath>
#include <limits>
#include <thread>

#include "error_of.hpp"
#include "monitor/lender.hpp"

namespace mlcore::test {
namespace {

constexpr std::int64_t kDay = 86'400'000'000;
constexpr double kNan = std::numeric_limits<double>::quiet_NaN();

/// Scores applicants one by one; the as_of of all is `as_of`.
void score(Context& context, const std::vector<Applicant>& applicants, std::int64_t as_of = 0) {
  const Definition& definition = context.predictor().definition();
  std::vector<double> out(context.output_count());
  for (const Applicant& applicant : applicants) {
    const Bytes row = request_of(definition, applicant, as_of);
    context.predictor().predict(context, RowView::parse(definition.request(), row), out);
  }
}

RowBatch batch_of(const std::vector<Applicant>& applicants, std::int64_t as_of = 0) {
  RowBatch rows;
  for (const Applicant& applicant : applicants) {
    rows.append(request_of(lender()->definition(), applicant, as_of));
  }
  return rows;
}

template <typename Change>
std::vector<Applicant> changed(std::uint64_t seed, std::size_t count, Change change) {
  SampleRandom random(seed + 77);
  std::vector<Applicant> applicants = make_applicants(seed, count);
  for (Applicant& applicant : applicants) change(applicant, random);
  return applicants;
}

const ColumnReport& column(const DriftReport& report, std::string_view name) {
  for (const ColumnReport& found : report.columns) {
    if (found.name == name) return found;
  }
  FAIL("no column ", std::string(name));
  return report.columns[0];
}

Verdict verdict_of(const ColumnReport& column, StatisticKind kind) {
  return column.find(kind)->verdict;
}

/// Two quiet panes of 2,000 rows, then one of `applicants`.
MonitorReport after_two_quiet_panes(const std::vector<Applicant>& applicants) {
  const Monitor monitor(lender(), {.pane_micros = kDay});
  Context context(lender(), {});
  monitor.attach(context);
  score(context, make_applicants(100, 2000), 0);
  score(context, make_applicants(101, 2000), kDay);
  score(context, applicants, 2 * kDay);
  return monitor.report();
}

}  // namespace

TEST_CASE("monitor: trouble is flagged within one pane, in the column where it is") {
  std::vector<Applicant> applicants;
  const char* culprit = "earned";
  StatisticKind kind = StatisticKind::psi;
  bool moves_scores = true;
  SUBCASE("the mean income goes from 75k to 140k") {
    applicants = changed(5, 2000, [](Applicant& a, SampleRandom&) { a.income *= 140.0 / 75.0; });
  }
  SUBCASE("one in eight incomes arrives in cents") {
    applicants = changed(6, 2000, [](Applicant& a, SampleRandom& random) {
      if (random.below(8) == 0) a.income *= 100;
    });
    kind = StatisticKind::out_of_range_share;
  }
  SUBCASE("a dead upstream: every income is missing") {
    applicants = changed(7, 2000, [](Applicant& a, SampleRandom&) { a.income = kNan; });
    kind = StatisticKind::missing_share;
  }
  SUBCASE("infinite incomes count with the missing ones") {
    applicants = changed(8, 2000, [](Applicant& a, SampleRandom& random) {
      if (random.below(5) == 0) a.income = std::numeric_limits<double>::infinity();
    });
    kind = StatisticKind::missing_share;
  }
  SUBCASE("a new country") {
    applicants = changed(9, 2000, [](Applicant& a, SampleRandom& random) {
      if (random.below(10) == 0) a.country = "Atlantis";
    });
    culprit = "country";
    kind = StatisticKind::unseen_share;
    moves_scores = false;
  }
  SUBCASE("the country is no longer sent") {
    applicants = changed(10, 2000, [](Applicant& a, SampleRandom&) { a.country.reset(); });
    culprit = "country";
    kind = StatisticKind::missing_share;
    moves_scores = false;
  }
  const MonitorReport report = after_two_quiet_panes(applicants);
  REQUIRE(report.panes.size() == 3);
  CHECK(report.panes[0].drift.verdict == Verdict::ok);
  CHECK(report.panes[1].drift.verdict == Verdict::ok);
  const DriftReport& drift = report.panes[2].drift;
  CHECK(drift.verdict == Verdict::drift);
  CHECK(column(drift, culprit).verdict == Verdict::drift);
  CHECK(verdict_of(column(drift, culprit), kind) == Verdict::drift);
  CHECK(column(drift, "years").verdict == Verdict::ok);
  CHECK((column(drift, "prediction").verdict == Verdict::drift) == moves_scores);
}

TEST_CASE("monitor: approvals that go from 85 % to 97 % are a drift of the prediction") {
  // An approval is an income above 54,000, where 85 % of the incomes lie; of the others four in
  // five now come with one above it.
  const auto is_approved = [](const Applicant& a) { return a.income > 54'000; };
  const auto share = [&](const std::vector<Applicant>& applicants) {
    return static_cast<double>(std::count_if(applicants.begin(), applicants.end(), is_approved)) /
           static_cast<double>(applicants.size());
  };
  const auto applicants = changed(11, 2000, [&](Applicant& a, SampleRandom& random) {
    while (!is_approved(a) && random.below(5) > 0) a.income = make_applicant(random).income;
  });
  CHECK(share(make_applicants(11, 2000)) == doctest::Approx(0.85).epsilon(0.02));
  CHECK(share(applicants) == doctest::Approx(0.965).epsilon(0.02));
  const MonitorReport report = after_two_quiet_panes(applicants);
  CHECK(report.panes[1].drift.verdict == Verdict::ok);
  CHECK(report.panes[2].drift.verdict == Verdict::drift);
  CHECK(column(report.panes[2].drift, "prediction").verdict == Verdict::drift);
}

TEST_CASE("monitor: an empty pane, one row, a constant, all missing are never OK") {
  const Monitor monitor(lender(), {});
  const DriftReport empty = monitor.report().total.drift;
  CHECK(empty.verdict == Verdict::insufficient);
  CHECK(monitor.report().panes.empty());
  Context context(lender(), {});
  monitor.attach(context);
  CHECK(monitor.report().total.drift.verdict == Verdict::insufficient);
  score(context, make_applicants(12, 1));
  CHECK(monitor.report().total.drift.verdict == Verdict::insufficient);
  CHECK(monitor.report().total.rows == 1);
  const auto same = changed(13, 1000, [](Applicant& a, SampleRandom&) { a.income = 75'000; });
  CHECK(column(after_two_quiet_panes(same).panes[2].drift, "earned").verdict == Verdict::drift);
  const auto none = changed(13, 50, [](Applicant& a, SampleRandom&) { a.income = kNan; });
  CHECK(after_two_quiet_panes(none).panes[2].drift.verdict == Verdict::insufficient);
}

TEST_CASE("monitor: rows, batches and many contexts say the same") {
  const auto applicants = make_applicants(14, 1500);
  const auto report_of = [&](auto&& run) {
    const Monitor monitor(lender(), {.pane_micros = kDay});
    run(monitor);
    return monitor.report();
  };
  const MonitorReport by_row = report_of([&](const Monitor& monitor) {
    Context context(lender(), {});
    monitor.attach(context);
    score(context, applicants);
  });
  const MonitorReport by_batch = report_of([&](const Monitor& monitor) {
    Context context(lender(), {});
    monitor.attach(context);
    std::vector<double> out(applicants.size());
    lender()->predict_batch(context, batch_of(applicants), out);
  });
  const MonitorReport by_threads = report_of([&](const Monitor& monitor) {
    std::vector<std::thread> threads;
    for (std::size_t part = 0; part < 3; ++part) {
      threads.emplace_back([&, part] {
        Context context(lender(), {});
        monitor.attach(context);
        const auto begin = applicants.begin() + static_cast<std::ptrdiff_t>(part * 500);
        score(context, {begin, begin + 500});
      });
    }
    for (std::thread& thread : threads) thread.join();
  });
  for (const MonitorReport* report : {&by_batch, &by_threads}) {
    REQUIRE(report->panes.size() == 1);
    CHECK(report->panes[0].rows == 1500);
    CHECK(report->panes[0].counts == by_row.panes[0].counts);
    CHECK(to_json(report->total.drift) == to_json(by_row.total.drift));
  }
}

TEST_CASE("monitor: what a context counts depends on what it computes") {
  const auto applicants = make_applicants(15, 700);
  const struct {
    ContextOptions options;
    bool has_scores;
  } cases[] = {{{OutputKind::prediction, 0, 0}, true},  {{OutputKind::margin, 0, 0}, true},
               {{OutputKind::class_index, 0, 0}, true}, {{OutputKind::features, 0, 0}, false},
               {{OutputKind::leaf, 0, 0}, false},       {{OutputKind::prediction, 0, 5}, false},
               {{OutputKind::prediction, 0, 128}, true}};
  const PaneCounts expected = [&] {
    const Monitor monitor(lender(), {});
    Context context(lender(), {});
    monitor.attach(context);
    score(context, applicants);
    return monitor.report().total.counts;
  }();
  for (const auto& one : cases) {
    CAPTURE(static_cast<int>(one.options.output));
    for (const bool in_batch : {false, true}) {
      const Monitor monitor(lender(), {});
      Context watched(lender(), one.options);
      Context quiet(lender(), one.options);
      monitor.attach(watched);
      std::vector<double> out(applicants.size() * watched.output_count());
      std::vector<double> quiet_out(out.size());
      if (in_batch) {
        lender()->predict_batch(watched, batch_of(applicants), out);
      } else {
        score(watched, applicants);
        lender()->predict_batch(watched, RowBatch{}, {});
        lender()->predict_batch(quiet, batch_of(applicants), out);
      }
      lender()->predict_batch(quiet, batch_of(applicants), quiet_out);
      CHECK(out == quiet_out);
      const PaneCounts counts = monitor.report().total.counts;
      CHECK(counts.features == expected.features);
      CHECK(counts.categories == expected.categories);
      if (one.has_scores) {
        CHECK(counts == expected);
      } else {
        CHECK(counts.scores[0].rows() == 0);
        CHECK(counts.histograms[0].rows() == 0);
      }
    }
  }
}

TEST_CASE("monitor: a class told by the prediction leaves the score that is counted as it is") {
  Artifact artifact = read_artifact(lender_file());
  artifact.model.facts().decision = Decision::prediction;
  const auto predictor = std::make_shared<const Predictor>(std::move(artifact));
  const auto applicants = make_applicants(15, 700);
  const auto counts_of = [&](OutputKind output) {
    const Monitor monitor(predictor, {});
    Context rows(predictor, {.output = output});
    Context batch(predictor, {.output = output});
    monitor.attach(rows);
    monitor.attach(batch);
    score(rows, applicants);
    std::vector<double> out(applicants.size());
    predictor->predict_batch(batch, batch_of(applicants), out);
    return monitor.report().total.counts;
  };
  CHECK(counts_of(OutputKind::class_index) == counts_of(OutputKind::prediction));
}

TEST_CASE("monitor: threads change no count") {
  const auto applicants = make_applicants(18, 5000);
  const auto counts_of = [&](std::int32_t threads) {
    const Monitor monitor(lender(), {});
    Context context(lender(), {.threads = threads});
    monitor.attach(context);
    std::vector<double> out(applicants.size());
    lender()->predict_batch(context, batch_of(applicants), out);
    const MonitorReport report = monitor.report();
    CHECK(report.rows == 5000);
    return report.total.counts;
  };
  CHECK(counts_of(4) == counts_of(1));
}

TEST_CASE("monitor: a call that fails is counted once; a batch as its rows one after another") {
  const Monitor monitor(lender(), {});
  Context context(lender(), {});
  monitor.attach(context);
  const auto applicants = make_applicants(16, 300);
  RowBatch rows = batch_of(applicants);
  rows.bytes[static_cast<std::size_t>(rows.offsets[200])] ^= 1;  // packed for another layout
  std::vector<double> out(300);
  CHECK(error_of([&] { lender()->predict_batch(context, rows, out); }).where().row == 200);
  double one = 0;
  CHECK(error_of([&] {
          lender()->predict_numeric(context, {&one, 1}, {&one, 1});
        }).reason() == Reason::wrong_width);
  CHECK(error_of([&] {
          lender()->predict_batch(context, batch_of(applicants), {&one, 1});
        }).reason() == Reason::wrong_width);
  const MonitorReport report = monitor.report();
  CHECK(report.rows == 200);
  REQUIRE(report.failures.size() == 2);
  CHECK(report.failures[0].reason == Reason::wrong_width);
  CHECK(report.failures[0].count == 2);
  CHECK(report.failures[1].reason == Reason::layout_mismatch);
  CHECK(report.failures[1].count == 1);
  CHECK(report.batch_latency.count() == 0);

  const Monitor again(lender(), {});
  Context row_by_row(lender(), {});
  again.attach(row_by_row);
  score(row_by_row, {applicants.begin(), applicants.begin() + 200});
  CHECK(again.report().total.counts == report.total.counts);
}

TEST_CASE("monitor: panes may be late, far in the future or before 1970") {
  const Monitor monitor(lender(), {.max_panes = 3, .pane_micros = 30 * kDay});
  Context context(lender(), {});
  monitor.attach(context);
  const auto applicants = make_applicants(17, 40);
  constexpr std::int64_t kYear1 = -62'135'596'800'000'000;
  constexpr std::int64_t kYear9999 = 253'402'300'799'999'999;
  for (const std::int64_t as_of : {kYear1, std::int64_t{-1}, std::int64_t{0}, kYear9999, kYear1}) {
    score(context, applicants, as_of);
  }
  const MonitorReport report = monitor.report();
  CHECK(report.rows == 200);
  CHECK(report.late_rows == 40);
  REQUIRE(report.panes.size() == 3);
  CHECK(report.panes[0].begin == -30 * kDay);
  CHECK(report.panes[0].end == 0);
  CHECK(report.panes[1].begin == 0);
  CHECK(report.panes[2].begin <= kYear9999);
  CHECK(report.panes[2].end > kYear9999);
  CHECK(report.total.rows == 120);
}

TEST_CASE("monitor: the report and the metrics tell the version that the model was opened as") {
  CHECK(Monitor(lender(), {}).report().version == 0);
  const MonitorReport report = Monitor(lender(), {.version = 7}).report();
  CHECK(report.version == 7);
  CHECK(prometheus_text(report).find("version=\"7\"") != std::string::npos);
}

TEST_CASE("monitor: options, artifacts and contexts that don't fit are refused") {
  const auto reason = [](MonitorOptions options) {
    return error_of([&] { const Monitor monitor(lender(), options); }).reason();
  };
  CHECK(reason({}) == Reason::none);
  CHECK(reason({.max_panes = -1}) == Reason::invalid_option);
  CHECK(reason({.pane_micros = -1}) == Reason::invalid_option);
  CHECK(reason({.pane_rows = -1}) == Reason::invalid_option);
  CHECK(reason({.pane_micros = 1, .pane_rows = 1}) == Reason::invalid_option);
  CHECK(reason({.pane_micros = (std::int64_t{1} << 53) + 1}) == Reason::invalid_option);
  CHECK(reason({.drift = {.alpha = 0}}) == Reason::invalid_option);
  const auto bare = std::make_shared<const Predictor>(lender_without_reference());
  CHECK(error_of([&] { const Monitor monitor(bare, {}); }).reason() == Reason::no_reference);
  Artifact foreign = lender_without_reference();
  foreign.reference = lender_reference();
  foreign.reference->categories[0].name = "continent";
  CHECK(error_of([&] { static_cast<void>(write_artifact(foreign)); }).reason() ==
        Reason::malformed_artifact);
  const auto of_foreign = std::make_shared<const Predictor>(std::move(foreign));
  CHECK(error_of([&] { const Monitor monitor(of_foreign, {}); }).reason() == Reason::other_model);
  const Monitor monitor(lender(), {});
  Context context(bare, {});
  CHECK(error_of([&] { monitor.attach(context); }).reason() == Reason::other_model);
  Context twice(lender(), {});
  monitor.attach(twice);
  CHECK(error_of([&] { monitor.attach(twice); }).reason() == Reason::already_monitored);
}

namespace {

/// Quiet panes of 1,000 rows through a monitor: how many are called DRIFT.
std::uint64_t alarms_of(std::uint64_t seed, std::uint64_t panes) {
  const Monitor monitor(lender(), {.max_panes = 50, .pane_rows = 1000});
  Context context(lender(), {});
  monitor.attach(context);
  std::vector<double> out(50'000);
  std::uint64_t alarms = 0;
  for (std::uint64_t done = 0; done < panes; done += 50) {
    lender()->predict_batch(context, batch_of(make_applicants(seed + done, 50'000)), out);
    const MonitorReport report = monitor.report();
    REQUIRE(report.panes.size() == 50);
    for (const PaneReport& pane : report.panes) {
      CHECK(pane.rows == 1000);
      alarms += pane.drift.verdict == Verdict::drift ? 1 : 0;
      CHECK(pane.drift.verdict != Verdict::insufficient);
    }
  }
  MESSAGE("seed ", seed, ": ", alarms, " alarms in ", panes, " quiet panes");
  return alarms;
}

}  // namespace

// Alpha is 0.001: of 10,000 quiet panes 10 are expected at most, and more than 22 have a chance of
// 0.0002 (binomial).
TEST_CASE("monitor: quiet panes give no more alarms than stated") {
  CHECK(alarms_of(1'000'000, 200) <= 3);
}

TEST_CASE("monitor: 10,000 quiet panes give no more alarms than stated" *
          doctest::test_suite("heavy")) {
  CHECK(alarms_of(2'000'000, 10'000) <= 22);
}

}  // namespace mlcore::test
