// SPDX-License-Identifier: Apache-2.0
#include "mlcore/train/xgboost_trainer.hpp"

#include <doctest/doctest.h>
#include <unistd.h>
#include <xgboost/c_api.h>

#include <cmath>
#include <cstdio>
#include <limits>
#include <random>
#include <string>
#include <vector>

#include "mlcore/base/error.hpp"

using namespace mlcore;

namespace {

constexpr float kNan = std::numeric_limits<float>::quiet_NaN();

struct Data {
  std::vector<float> features;
  std::vector<float> labels;
  std::size_t columns = 0;
  [[nodiscard]] Span2d<const float> matrix() const {
    return {features.data(), labels.size(), columns};
  }
};

// Whole steps and no shrinkage, so that leaves are the means of their labels.
XgboostOptions mean_leaves(std::int32_t depth) {
  XgboostOptions options;
  options.parameters = {{"objective", "reg:squarederror"},
                        {"base_score", "0"},
                        {"eta", "1"},
                        {"lambda", "0"},
                        {"max_depth", std::to_string(depth)}};
  options.rounds = 1;
  return options;
}

Data noise(std::uint32_t seed, std::size_t rows, std::size_t columns) {
  std::mt19937 random(seed);
  Data data{{}, {}, columns};
  for (std::size_t row = 0; row < rows; ++row) {
    float sum = 0;
    for (std::size_t column = 0; column < columns; ++column) {
      const float value = static_cast<float>(random() % 1000) / 100;
      data.features.push_back(random() % 10 == 0 ? kNan : value);
      sum += value;
    }
    data.labels.push_back(sum > 5 * static_cast<float>(columns) ? 1 : 0);
  }
  return data;
}

Error error_of(const Data& data, const XgboostOptions& options) {
  try {
    (void)train_xgboost(data.matrix(), data.labels, options);
  } catch (const Error& error) {
    return error;
  }
  return {Code::ok, Reason::none, ""};
}

}  // namespace

TEST_CASE("xgboost trainer: a stump's leaves are the means of its sides") {
  // By hand: the best split lies between 2 and 3; (1 + 2) / 2 and (5 + 8) / 2.
  const Data data{{1, 2, 3, 4}, {1, 2, 5, 8}, 1};
  const std::string json = train_xgboost(data.matrix(), data.labels, mean_leaves(1));
  const XgboostReference reference(json);
  CHECK(reference.margins(data.matrix()) == std::vector<float>{1.5f, 1.5f, 6.5f, 6.5f});
}

TEST_CASE("xgboost trainer: NaN is missing and goes where the split sends it") {
  // By hand: the rows without a value have label 7 as the right side has, so they belong there.
  const Data data{{1, 2, 3, 4, kNan, kNan}, {1, 1, 7, 7, 7, 7}, 1};
  const XgboostReference reference(train_xgboost(data.matrix(), data.labels, mean_leaves(1)));
  CHECK(reference.margins(data.matrix()) == std::vector<float>{1, 1, 7, 7, 7, 7});
}

TEST_CASE("xgboost trainer: equal options give equal bytes, another seed does not") {
  constexpr std::uint32_t kSeed = 11;
  CAPTURE(kSeed);
  const Data data = noise(kSeed, 500, 4);
  XgboostOptions options;
  options.parameters = {{"subsample", "0.5"}, {"max_depth", "3"}};
  options.rounds = 5;
  const std::string json = train_xgboost(data.matrix(), data.labels, options);
  CHECK(json == train_xgboost(data.matrix(), data.labels, options));
  options.seed = 1;
  CHECK(json != train_xgboost(data.matrix(), data.labels, options));
}

TEST_CASE("xgboost trainer: progress counts every round and names reach the model") {
  constexpr std::uint32_t kSeed = 12;
  CAPTURE(kSeed);
  const Data data = noise(kSeed, 50, 2);
  XgboostOptions options;
  options.rounds = 3;
  options.feature_names = {"recency", "spend"};
  std::vector<std::int32_t> seen;
  options.progress = [&](std::int32_t round, std::int32_t rounds) {
    CHECK(rounds == 3);
    seen.push_back(round);
  };
  const std::string json = train_xgboost(data.matrix(), data.labels, options);
  CHECK(seen == std::vector<std::int32_t>{1, 2, 3});
  CHECK(json.find(R"("feature_names":["recency","spend"])") != std::string::npos);
}

TEST_CASE("xgboost trainer: XGBoost prints nothing, and its verbosity is given back") {
  const Data data{{1, 2, 3, 4}, {1, 2, 5, 8}, 1};
  XgboostOptions options;
  options.parameters = {{"objective", "reg:linear"}};  // XGBoost 1.7.4 warns that it is deprecated
  options.rounds = 1;
  const char* before = nullptr;
  REQUIRE(XGBGetGlobalConfig(&before) == 0);
  const std::string config = before;

  std::FILE* printed = std::tmpfile();
  REQUIRE(printed != nullptr);
  const int stderr_copy = ::dup(STDERR_FILENO);
  const int stdout_copy = ::dup(STDOUT_FILENO);
  std::fflush(nullptr);
  ::dup2(::fileno(printed), STDERR_FILENO);
  ::dup2(::fileno(printed), STDOUT_FILENO);
  const std::string json = train_xgboost(data.matrix(), data.labels, options);
  (void)XgboostReference(json).margins(data.matrix());
  std::fflush(nullptr);
  ::dup2(stderr_copy, STDERR_FILENO);
  ::dup2(stdout_copy, STDOUT_FILENO);
  ::close(stderr_copy);
  ::close(stdout_copy);
  CHECK(std::fseek(printed, 0, SEEK_END) == 0);
  CHECK(std::ftell(printed) == 0);
  std::fclose(printed);

  const char* after = nullptr;
  REQUIRE(XGBGetGlobalConfig(&after) == 0);
  CHECK(config == after);
}

TEST_CASE("xgboost trainer: rows may be strided") {
  const Data data{{1, 2, 3, 4}, {1, 2, 5, 8}, 1};
  const std::vector<float> wide = {1, -9, 2, -9, 3, -9, 4, -9};
  const Span2d<const float> strided(wide.data(), 4, 1, 2);
  CHECK(train_xgboost(strided, data.labels, mean_leaves(1)) ==
        train_xgboost(data.matrix(), data.labels, mean_leaves(1)));
}

TEST_CASE("xgboost trainer: bad options are refused by name") {
  const Data data{{1, 2, 3, 4}, {0, 0, 1, 1}, 1};
  struct Case {
    const char* name;
    const char* parameter;
    const char* value;
    Reason reason;
    const char* part;  // of the message
  };
  const Case cases[] = {
      {"a misspelt parameter", "max_dept", "3", Reason::invalid_option, "\"max_dept\""},
      {"the seed", "seed", "3", Reason::invalid_option, "fields of their own"},
      {"the threads", "nthread", "3", Reason::invalid_option, "fields of their own"},
      {"the verbosity", "verbosity", "3", Reason::invalid_option, "\"verbosity\""},
      {"a value that is no number", "max_depth", "deep", Reason::training_failed, "max_depth"},
      {"a value out of range", "eta", "-1", Reason::training_failed, "learning_rate"},
      {"an unknown objective", "objective", "guess", Reason::training_failed, "guess"},
  };
  for (const Case& test : cases) {
    CAPTURE(test.name);
    XgboostOptions options;
    options.parameters[test.parameter] = test.value;
    const Error error = error_of(data, options);
    CAPTURE(error.message());
    CHECK(error.code() == Code::invalid_argument);
    CHECK(error.reason() == test.reason);
    CHECK(error.message().find(test.part) != std::string::npos);
    CHECK(error.message().find("Stack trace") == std::string::npos);
  }
  XgboostOptions options;
  options.rounds = 0;
  CHECK(error_of(data, options).reason() == Reason::invalid_option);
  options.rounds = 1;
  options.threads = 0;
  CHECK(error_of(data, options).reason() == Reason::invalid_option);
}

TEST_CASE("xgboost trainer: bad shapes and values are refused") {
  XgboostOptions named;
  named.feature_names = {"a", "b"};
  constexpr float kInfinity = std::numeric_limits<float>::infinity();
  struct Case {
    const char* name;
    Data data;
    XgboostOptions options;
    Reason reason;
  };
  const Case cases[] = {
      {"no row", {{}, {}, 1}, {}, Reason::empty_input},
      {"no column", {{}, {0, 1}, 0}, {}, Reason::empty_input},
      {"two names for one feature", {{1, 2}, {0, 1}, 1}, named, Reason::wrong_width},
      {"an infinite feature", {{1, kInfinity}, {0, 1}, 1}, {}, Reason::training_failed},
      {"a label that is no probability", {{1, 2}, {0, 2}, 1}, {}, Reason::training_failed},
  };
  for (const Case& test : cases) {
    CAPTURE(test.name);
    CHECK(error_of(test.data, test.options).reason() == test.reason);
  }
  const Data data{{1, 2}, {0, 1}, 1};
  CHECK_THROWS_AS((void)train_xgboost(data.matrix(), std::vector<float>{1}, {}), Error);
}

TEST_CASE("xgboost reference: margins, predictions and the in-place call agree") {
  constexpr std::uint32_t kSeed = 13;
  CAPTURE(kSeed);
  const Data data = noise(kSeed, 200, 3);
  XgboostOptions options;
  options.rounds = 10;
  const XgboostReference reference(train_xgboost(data.matrix(), data.labels, options));
  const std::vector<float> margins = reference.margins(data.matrix());
  const std::vector<float> predictions = reference.predictions(data.matrix());
  REQUIRE(margins.size() == 200);
  REQUIRE(predictions.size() == 200);
  for (std::size_t row = 0; row < margins.size(); ++row) {
    const double expected = 1 / (1 + std::exp(-static_cast<double>(margins[row])));
    CHECK(predictions[row] == doctest::Approx(expected).epsilon(1e-6));
  }
  const float* inplace = reference.inplace_margins(data.features.data(), 200, 3);
  CHECK(std::vector<float>(inplace, inplace + 200) == margins);
  CHECK(reference.margins(Span2d<const float>(data.features.data(), 0, 3)).empty());
  CHECK_THROWS_AS((void)reference.margins(Span2d<const float>(data.features.data(), 10, 2)), Error);
}

TEST_CASE("xgboost reference: bytes that are no model are refused") {
  for (const char* text : {"", "{", "{}", "binf", "[1]"}) {
    CAPTURE(text);
    CHECK_THROWS_AS(XgboostReference{std::string(text)}, Error);
  }
}
