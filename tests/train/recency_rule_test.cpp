// SPDX-License-Identifier: Apache-2.0
// Expected scores: scikit-learn 1.9.1, LogisticRegression(C=1, solver="newton-cholesky", tol=1e-14)
// on numpy.log1p(days).
#include "train/recency_rule.hpp"

#include <doctest/doctest.h>

#include <vector>

#include "mlcore/base/time.hpp"

using namespace mlcore;

TEST_CASE("recency rule: scores equal scikit-learn's logistic regression") {
  struct Score {
    int day;
    double score;
  };
  struct Case {
    const char* name;
    std::vector<int> days;
    std::vector<std::uint8_t> labels;
    std::vector<Score> scores;
  };
  const Case cases[] = {
      {"rising",
       {0, 0, 1, 1, 2, 2, 3, 5, 5, 9},
       {0, 1, 0, 0, 1, 0, 1, 0, 1, 1},
       {{0, 0.3662567779088373},
        {1, 0.4505823582946037},
        {4, 0.5657041298045609},
        {9, 0.6489293481119524},
        {400, 0.9226011453470001}}},
      {"falling",
       {0, 1, 2, 3, 30},
       {1, 1, 1, 0, 0},
       {{0, 0.8351032725265173}, {2, 0.6535027989804082}, {30, 0.18766307676160818}}},
      {"separable",
       {1, 2, 3, 100, 200, 300},
       {0, 0, 0, 1, 1, 1},
       {{0, 0.030426634759604214}, {50, 0.7152432485076107}, {300, 0.9478350828168829}}},
      {"one recency only", {7, 7}, {0, 1}, {{0, 0.5}, {7, 0.5}, {70, 0.5}}},
  };
  for (const Case& test : cases) {
    CAPTURE(test.name);
    std::vector<std::int64_t> recency;
    for (const int day : test.days) recency.push_back(day * kMicrosPerDay);
    const RecencyRule rule(recency, test.labels);
    for (const Score& expected : test.scores) {
      CAPTURE(expected.day);
      CHECK(rule.score(expected.day * kMicrosPerDay) ==
            doctest::Approx(expected.score).epsilon(1e-9));
    }
  }
}
