// SPDX-License-Identifier: Apache-2.0
// Margins, of all rounds and of some, and leaves against XGBoost's own CPU predictor on a DMatrix,
// bit for bit, through the contract and through both paths of the engine. The expected numbers come
// from the libxgboost that is installed.
#include <doctest/doctest.h>
#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <cmath>
#include <limits>
#include <set>
#include <string_view>

#include "mlcore/model/tree_ensemble.hpp"
#include "mlcore/model/xgboost.hpp"
#include "mlcore/predict/tree_engine.hpp"
#include "model/xgboost_booster.hpp"
#include "sample_random.hpp"

using namespace mlcore;

namespace {

constexpr std::size_t kDepthRows = 100'000;  // for the models that differ in depth and bins
constexpr std::size_t kOtherRows = 20'000;
constexpr std::size_t kRowsOfRounds = 2'000;  // for ranges of rounds and leaves
constexpr std::size_t kConstantColumn = 5;

struct Case {
  std::string name;
  std::map<std::string, std::string> parameters;
  int rounds;
  int classes;  // 0: one output
};

/// Skewed, discrete and constant columns; a column whose presence alone predicts; 5 % missing.
Sample make_sample(std::uint64_t seed, std::size_t rows, int classes, float label_offset) {
  SampleRandom random(seed);
  Sample sample{.width = 12, .features = {}, .labels = {}};
  for (std::size_t row = 0; row < rows; ++row) {
    double score = 0;
    for (std::size_t column = 0; column < sample.width; ++column) {
      double value = random.uniform() * 4 - 2;
      if (column == 1) value = std::floor(value * 3);
      if (column == 2) value = value * value * value * 1e4;
      if (column == 3) value = value * 1e-30;
      if (column == kConstantColumn) value = 7;  // constant: only its absence can be split on
      const double missing = column >= 4 && column <= 6 ? 0.5 : 0.05;
      const bool is_missing = random.uniform() < missing;
      score +=
          is_missing ? 0.3 * static_cast<double>(column % 3) : std::sin(value * (column + 1.0));
      sample.features.push_back(is_missing ? std::numeric_limits<float>::quiet_NaN()
                                           : static_cast<float>(value));
    }
    score += random.uniform() - 0.5;
    const double classed = std::floor(std::fabs(score) * 2);
    sample.labels.push_back(classes > 1 ? static_cast<float>(static_cast<int>(classed) % classes)
                                        : (score > 0.5 ? 1.0f : 0.0f) + label_offset);
  }
  return sample;
}

/// Values from the model's own thresholds, one ulp beside them, and the ends of the format. No
/// infinity: XGBoost refuses to make a DMatrix of it.
Sample make_probe(std::uint64_t seed, const TreeEnsemble& model, std::size_t rows) {
  std::vector<std::vector<float>> thresholds(model.feature_count);
  for (std::size_t node = 0; node < model.left.size(); ++node) {
    if (model.left[node] != TreeEnsemble::kLeaf) {
      thresholds[model.feature[node]].push_back(model.value[node]);
    }
  }
  constexpr float kExtremes[] = {0.0f,
                                 -0.0f,
                                 1e-45f,
                                 -1e-45f,
                                 1e-39f,
                                 -1e-39f,
                                 std::numeric_limits<float>::max(),
                                 std::numeric_limits<float>::lowest(),
                                 std::numeric_limits<float>::min()};
  SampleRandom random(seed);
  Sample probe{.width = model.feature_count, .features = {}, .labels = {}};
  probe.features.reserve(rows * probe.width);
  for (std::size_t i = 0; i < rows * probe.width; ++i) {
    const auto& own = thresholds[i % probe.width];
    float value = static_cast<float>(random.uniform() * 4 - 2);
    const std::size_t kind = random.below(10);
    if (kind == 0) value = std::numeric_limits<float>::quiet_NaN();
    if (kind == 1) value = kExtremes[random.below(std::size(kExtremes))];
    if (kind >= 2 && kind <= 6 && !own.empty()) {
      value = own[random.below(own.size())];
      const float inf = std::numeric_limits<float>::infinity();
      if (kind == 2) value = std::nextafter(value, inf);
      if (kind == 3) value = std::nextafter(value, -inf);
      if (std::isinf(value)) value = 0;
    }
    probe.features.push_back(value);
  }
  return probe;
}

/// What a case must have in its model, so that it tests what its name says.
void check_shape(const std::string& name, const TreeEnsemble& model, const std::string& json) {
  std::vector<std::set<float>> thresholds(model.feature_count);
  for (std::size_t node = 0; node < model.left.size(); ++node) {
    if (model.left[node] != TreeEnsemble::kLeaf) {
      thresholds[model.feature[node]].insert(model.value[node]);
    }
  }
  if (name == "256 bins") {
    std::size_t most = 0;
    for (const auto& own : thresholds) most = std::max(most, own.size());
    CHECK(most == 256);
  }
  if (name == "depth 6") CHECK_FALSE(thresholds[kConstantColumn].empty());  // missing-only splits
  if (name == "exact, pruned") {
    std::size_t file_nodes = 0;  // pruned ones too
    constexpr std::string_view kCount = R"("num_nodes":")";
    for (std::size_t at = json.find(kCount); at != json.npos; at = json.find(kCount, at + 1)) {
      file_nodes += std::stoul(json.substr(at + kCount.size(), 10));
    }
    CHECK(file_nodes > model.left.size());
  }
  if (name == "loss guide" || name == "exact, pruned") CHECK_FALSE(model.node_id.empty());
  if (name == "single leaves") CHECK(model.left.size() == model.tree_count());
}

std::size_t differing_bits(const std::vector<float>& a, const std::vector<float>& b) {
  REQUIRE(a.size() == b.size());
  std::size_t count = 0;
  for (std::size_t i = 0; i < a.size(); ++i) {
    count += std::bit_cast<std::uint32_t>(a[i]) != std::bit_cast<std::uint32_t>(b[i]) ? 1 : 0;
  }
  return count;
}

void compare_margins(const TreeEnsemble& model, const Sample& probe,
                     const std::vector<float>& expected) {
  const TreeEngine engine(model);
  const std::size_t outputs = model.output_count;
  std::vector<float> reference(probe.rows() * outputs);
  std::vector<float> row(reference.size());
  std::vector<float> batch(reference.size());
  for (std::size_t i = 0; i < probe.rows(); ++i) {
    const std::span features(probe.features.data() + i * probe.width, probe.width);
    reference_margins(model, features, {reference.data() + i * outputs, outputs});
    engine.margins(features.data(), row.data() + i * outputs);
  }
  engine.batch_margins(probe.features.data(), probe.rows(), batch.data());
  CHECK(differing_bits(reference, expected) == 0);
  CHECK(differing_bits(row, expected) == 0);
  CHECK(differing_bits(batch, expected) == 0);
}

Sample first_rows(const Sample& sample, std::size_t rows) {
  const auto size = static_cast<std::ptrdiff_t>(std::min(rows, sample.rows()) * sample.width);
  return {sample.width, {sample.features.begin(), sample.features.begin() + size}, {}};
}

void compare_rounds(const TreeEnsemble& model, const Sample& probe, const XgboostBooster& booster,
                    std::size_t rounds) {
  REQUIRE(model.round_count() == rounds);
  const TreeEngine engine(model);
  const std::size_t outputs = model.output_count;
  const std::size_t half = rounds / 2;
  const std::size_t ranges[][2] = {
      {0, 1}, {0, rounds}, {half, half + 1}, {half, 0}, {rounds - 1, 0}};
  for (const auto& [begin, end] : ranges) {
    CAPTURE(begin);
    CAPTURE(end);
    const TreeRange trees = {model.round_begin[begin], model.round_begin[end == 0 ? rounds : end]};
    std::vector<float> row(probe.rows() * outputs);
    std::vector<float> batch(row.size());
    for (std::size_t i = 0; i < probe.rows(); ++i) {
      engine.margins(probe.features.data() + i * probe.width, trees, row.data() + i * outputs);
    }
    engine.batch_margins(probe.features.data(), probe.rows(), trees, batch.data());
    const auto expected = booster.predict(probe, XgboostBooster::kMargin, begin, end);
    CHECK(differing_bits(row, expected) == 0);
    CHECK(differing_bits(batch, expected) == 0);
  }
}

/// XGBoost gives leaves from the first round on only: a later range is held to its columns.
void compare_leaves(const TreeEnsemble& model, const Sample& probe, const XgboostBooster& booster) {
  const TreeEngine engine(model);
  const std::size_t trees = model.tree_count();
  const std::vector<float> expected = booster.predict(probe, XgboostBooster::kLeaf);
  REQUIRE(expected.size() == probe.rows() * trees);
  const std::size_t second = model.round_begin[1];
  const auto first_round = booster.predict(probe, XgboostBooster::kLeaf, 0, 1);
  REQUIRE(first_round.size() == probe.rows() * second);
  std::vector<double> all(trees), first(second), later(trees - second);
  std::size_t differing = 0;
  for (std::size_t i = 0; i < probe.rows(); ++i) {
    const float* features = probe.features.data() + i * probe.width;
    const float* row = expected.data() + i * trees;
    engine.leaves(features, engine.all_trees(), all.data());
    engine.leaves(features, {0, second}, first.data());
    engine.leaves(features, {second, trees}, later.data());
    differing += std::equal(all.begin(), all.end(), row) ? 0 : 1;
    differing += std::equal(first.begin(), first.end(), first_round.data() + i * second) ? 0 : 1;
    differing += std::equal(later.begin(), later.end(), row + second) ? 0 : 1;
  }
  CHECK(differing == 0);
}

/// Against multi:softmax, whose value is the class, and XGBClassifier's rule of two classes.
void compare_classes(const TreeEnsemble& model, const Sample& probe, const XgboostBooster& booster,
                     const std::vector<float>& margins) {
  if (!predicts_classes(model)) return;
  std::vector<float> classes;
  if (model.contract.link == Link::softmax) {
    std::string json = booster.json();
    json.replace(json.find("multi:softprob"), 14, "multi:softmax");
    classes = XgboostBooster(json).predict(probe, XgboostBooster::kValue);
  } else {
    classes = booster.predict(probe, XgboostBooster::kValue);
    for (float& value : classes) value = value > 0.5f ? 1.0f : 0.0f;
  }
  const std::size_t outputs = model.output_count;
  std::size_t differing = 0;
  for (std::size_t i = 0; i < probe.rows(); ++i) {
    const std::span row(margins.data() + i * outputs, outputs);
    differing += static_cast<float>(class_of(model.contract.link, row)) == classes[i] ? 0 : 1;
  }
  CHECK(differing == 0);
  const std::set<float> distinct(classes.begin(), classes.end());
  CHECK((distinct.size() > 1 || model.left.size() == model.tree_count()));  // or leaves only
}

/// Distance in representable floats; both have the same sign here, or are zero.
std::int64_t ulp_distance(float a, float b) {
  return std::abs(std::int64_t{std::bit_cast<std::int32_t>(a)} -
                  std::int64_t{std::bit_cast<std::int32_t>(b)});
}

/// The largest distance.
std::int64_t compare_predictions(const TreeEnsemble& model, std::vector<float> margins,
                                 const std::vector<float>& expected) {
  std::int64_t largest = 0;
  for (std::size_t i = 0; i < margins.size(); i += model.output_count) {
    apply_link(model.contract.link, {margins.data() + i, model.output_count});
  }
  REQUIRE(margins.size() == expected.size());
  for (std::size_t i = 0; i < margins.size(); ++i) {
    largest = std::max(largest, ulp_distance(margins[i], expected[i]));
  }
  CHECK(largest <= 2);  // on these margins; tests/base/math_test.cpp tells of the 4 beside -16.6
  return largest;
}

}  // namespace

TEST_CASE("xgboost: margins, rounds, leaves and classes are equal, predictions within 2 ulp") {
  using Parameters = std::map<std::string, std::string>;
  const auto hist = [](const char* depth, Parameters more = {}) {
    Parameters parameters{{"objective", "binary:logistic"},
                          {"tree_method", "hist"},
                          {"max_bin", "256"},
                          {"max_depth", depth},
                          {"eta", "0.3"},
                          {"min_child_weight", "0"}};
    for (auto& [name, value] : more) parameters[name] = value;
    return parameters;
  };
  const Case cases[] = {
      {"depth 1", hist("1"), 60, 0},
      {"depth 3", hist("3"), 40, 0},
      {"depth 6", hist("6"), 100, 0},
      {"depth 8", hist("8"), 30, 0},
      {"256 bins",
       hist("14", {{"objective", "reg:squarederror"}, {"lambda", "0"}, {"eta", "0.05"}}), 20, 0},
      {"depth 12", hist("12"), 10, 0},
      {"base score 0.3", hist("4", {{"base_score", "0.3"}}), 10, 0},
      {"base score 0.0123", hist("4", {{"base_score", "0.0123"}}), 10, 0},
      {"exact, pruned", hist("6", {{"tree_method", "exact"}, {"gamma", "1"}}), 12, 0},
      {"single leaves", hist("6", {{"gamma", "1e9"}}), 10, 0},
      {"poisson", hist("5", {{"objective", "count:poisson"}, {"base_score", "0.7"}}), 20, 0},
      {"tweedie", hist("4", {{"objective", "reg:tweedie"}, {"base_score", "1.3"}}), 20, 0},
      {"gamma", hist("4", {{"objective", "reg:gamma"}, {"base_score", "2"}}), 10, 0},
      {"rank", hist("4", {{"objective", "rank:pairwise"}}), 5, 0},
      {"squared error", hist("6", {{"objective", "reg:squarederror"}}), 30, 0},
      {"logitraw", hist("4", {{"objective", "binary:logitraw"}, {"base_score", "0.2"}}), 10, 0},
      {"hinge", hist("4", {{"objective", "binary:hinge"}}), 10, 0},
      {"softprob", hist("5", {{"objective", "multi:softprob"}, {"num_class", "4"}}), 15, 4},
      {"softprob, parallel trees",
       hist("4", {{"objective", "multi:softprob"},
                  {"num_class", "3"},
                  {"num_parallel_tree", "3"},
                  {"subsample", "0.7"}}),
       6, 3},
      {"parallel trees", hist("5", {{"num_parallel_tree", "4"}, {"subsample", "0.5"}}), 6, 0},
      {"loss guide", hist("0", {{"grow_policy", "lossguide"}, {"max_leaves", "200"}}), 10, 0},
      {"approx", hist("6", {{"tree_method", "approx"}}), 10, 0},
  };
  std::uint64_t seed = 20240601;
  std::string distances;
  for (const Case& test : cases) {
    CAPTURE(test.name);
    CAPTURE(seed);
    const Sample sample = make_sample(seed, 6000, test.classes, test.name == "gamma" ? 1.0f : 0.0f);
    const XgboostBooster booster(sample, test.parameters, test.rounds);
    const std::string json = booster.json();
    const TreeEnsemble model = *import_xgboost(json).trees();
    check_shape(test.name, model, json);
    const bool is_about_depth = test.name.starts_with("depth") || test.name == "256 bins";
    const Sample probe = make_probe(seed, model, is_about_depth ? kDepthRows : kOtherRows);
    const std::vector<float> margins = booster.predict(probe, XgboostBooster::kMargin);
    compare_margins(model, probe, margins);
    const Sample some = first_rows(probe, kRowsOfRounds);
    compare_rounds(model, some, booster, static_cast<std::size_t>(test.rounds));
    compare_leaves(model, some, booster);
    compare_classes(model, probe, booster, margins);
    const auto distance =
        compare_predictions(model, margins, booster.predict(probe, XgboostBooster::kValue));
    distances += fmt::format("{} {}, ", test.name, distance);
    ++seed;
  }
  MESSAGE("largest distance of a prediction in ulp: " << distances);
}
