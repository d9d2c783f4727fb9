// SPDX-License-Identifier: Apache-2.0
// Expected numbers: scikit-learn 1.9.1, roc_auc_score, log_loss (scores clipped to [1e-15, 1 −
// 1e-15] first) and brier_score_loss.
#include "mlcore/evaluate/metrics.hpp"

#include <doctest/doctest.h>

#include <cmath>
#include <limits>
#include <string>
#include <vector>

#include "mlcore/base/error.hpp"
#include "sample_random.hpp"

using namespace mlcore;

namespace {

using Scores = std::vector<double>;
using Labels = std::vector<std::uint8_t>;

Reason reason_of(double (*metric)(std::span<const double>, std::span<const std::uint8_t>),
                 const Scores& scores, const Labels& labels) {
  try {
    (void)metric(scores, labels);
  } catch (const Error& error) {
    return error.reason();
  }
  return Reason::none;
}

}  // namespace

TEST_CASE("metrics: small cases equal scikit-learn") {
  struct Case {
    const char* name;
    Scores scores;
    Labels labels;
    double auc, log_loss, brier;
  };
  const Case cases[] = {
      {"mixed",
       {0.1, 0.4, 0.35, 0.8},
       {0, 0, 1, 1},
       0.75,
       0.47228795380917615,
       0.15812500000000002},
      {"ties",
       {0.5, 0.5, 0.2, 0.5, 0.9, 0.2},
       {1, 0, 0, 1, 1, 1},
       0.6875,
       0.6695639201809954,
       0.24000000000000002},
      {"perfect",
       {0.1, 0.2, 0.7, 0.9},
       {0, 0, 1, 1},
       1.0,
       0.1976348816421487,
       0.037500000000000006},
      {"worst", {0.9, 0.8, 0.2, 0.1}, {0, 0, 1, 1}, 0.0, 1.9560115027140732, 0.7250000000000001},
      {"constant",
       {0.3, 0.3, 0.3, 0.3, 0.3},
       {0, 1, 0, 1, 1},
       0.5,
       0.8650536601710547,
       0.32999999999999996},
      {"zeros of both signs are tied, certain scores are clipped",
       {-0.0, 0.0, 0.25, 1.0},
       {1, 0, 1, 0},
       0.375,
       17.616161687092863,
       0.640625},
  };
  for (const Case& test : cases) {
    CAPTURE(test.name);
    CHECK(auc(test.scores, test.labels) == test.auc);
    CHECK(log_loss(test.scores, test.labels) == doctest::Approx(test.log_loss).epsilon(1e-14));
    CHECK(brier(test.scores, test.labels) == doctest::Approx(test.brier).epsilon(1e-14));
  }
}

TEST_CASE("metrics: 10,000 rows with many ties equal scikit-learn") {
  SampleRandom random(42);
  Scores scores;
  Labels labels;
  for (int row = 0; row < 10'000; ++row) {
    const double score = static_cast<double>(random.next() >> 54) / 1024;
    scores.push_back(score);
    labels.push_back(random.uniform() < score ? 1 : 0);
  }
  CHECK(auc(scores, labels) == doctest::Approx(0.8290901863579863).epsilon(1e-14));
  CHECK(log_loss(scores, labels) == doctest::Approx(0.5047082042276219).epsilon(1e-12));
  CHECK(brier(scores, labels) == doctest::Approx(0.1687533345222473).epsilon(1e-12));

  SUBCASE("a monotone change of the scores leaves the AUC's bits as they are") {
    Scores changed;
    for (const double score : scores) changed.push_back(std::ldexp(score, -700));
    CHECK(auc(changed, labels) == auc(scores, labels));
  }
  SUBCASE("the order of the rows leaves the AUC's bits as they are") {
    const Scores reversed(scores.rbegin(), scores.rend());
    const Labels reversed_labels(labels.rbegin(), labels.rend());
    CHECK(auc(reversed, reversed_labels) == auc(scores, labels));
  }
}

TEST_CASE("metrics: one row has a log loss and a Brier score, and no AUC") {
  CHECK(log_loss(Scores{0.5}, Labels{1}) == doctest::Approx(0.6931471805599453).epsilon(1e-15));
  CHECK(brier(Scores{0.25}, Labels{1}) == 0.5625);
  CHECK(reason_of(auc, {0.5}, {1}) == Reason::empty_input);
}

TEST_CASE("metrics: bad input is refused by every metric") {
  constexpr double kInfinity = std::numeric_limits<double>::infinity();
  constexpr double kNan = std::numeric_limits<double>::quiet_NaN();
  struct Case {
    const char* name;
    Scores scores;
    Labels labels;
    Reason reason;
  };
  const Case cases[] = {
      {"no row", {}, {}, Reason::empty_input},
      {"fewer labels than scores", {0.1, 0.2}, {0}, Reason::wrong_width},
      {"fewer scores than labels", {0.1}, {0, 1}, Reason::wrong_width},
      {"a label of 2", {0.1, 0.2}, {0, 2}, Reason::invalid_number},
      {"a NaN score", {kNan, 0.2}, {0, 1}, Reason::invalid_number},
      {"an infinite score", {0.1, -kInfinity}, {0, 1}, Reason::invalid_number},
  };
  for (const Case& test : cases) {
    CAPTURE(test.name);
    CHECK(reason_of(auc, test.scores, test.labels) == test.reason);
    CHECK(reason_of(log_loss, test.scores, test.labels) == test.reason);
    CHECK(reason_of(brier, test.scores, test.labels) == test.reason);
  }
}

TEST_CASE("metrics: an AUC of one class says which class is there") {
  try {
    (void)auc(Scores{0.1, 0.2, 0.3}, Labels{0, 0, 0});
    FAIL("accepted");
  } catch (const Error& error) {
    CHECK(error.code() == Code::failed_precondition);
    CHECK(std::string(error.what()) ==
          "AUC needs rows of both classes, found 0 with label 1 and 3 with label 0");
  }
}
