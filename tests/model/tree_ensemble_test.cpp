// SPDX-License-Identifier: Apache-2.0
#include "mlcore/model/tree_ensemble.hpp"

#include <doctest/doctest.h>

#include <bit>
#include <cmath>
#include <functional>
#include <limits>

#include "mlcore/base/error.hpp"

using namespace mlcore;

namespace {

constexpr float kNan = std::numeric_limits<float>::quiet_NaN();
constexpr float kInf = std::numeric_limits<float>::infinity();
constexpr std::uint32_t kLeaf = TreeEnsemble::kLeaf;

/// Two outputs, three trees:
///   0 → output 0: x0 < 1 ? (x1 < -2 ? 10 : 20, missing right) : 30, missing left
///   1 → output 1: the leaf 5
///   2 → output 0: x2 < 0 ? 100 : 200, missing right
TreeEnsemble small_model() {
  TreeEnsemble model;
  model.framework = "xgboost";
  model.objective = "reg:squarederror";
  model.feature_count = 3;
  model.output_count = 2;
  model.base_margins = {0.5f, -1.0f};
  model.tree_begin = {0, 5, 6, 9};
  model.tree_output = {0, 1, 0};
  model.left = {1, 3, kLeaf, kLeaf, kLeaf, kLeaf, 7, kLeaf, kLeaf};
  model.feature = {0, 1, 0, 0, 0, 0, 2, 0, 0};
  model.value = {1, -2, 30, 10, 20, 5, 0, 100, 200};
  model.default_left = {1, 0, 0, 0, 0, 0, 0, 0, 0};
  return model;
}

/// Every node has a leaf on its left and the rest of the tree on its right.
TreeEnsemble chain(std::uint32_t depth) {
  TreeEnsemble model;
  model.feature_count = 1;
  model.base_margins = {0};
  model.tree_output = {0};
  for (std::uint32_t level = 0; level < depth; ++level) {
    model.left.push_back(2 * level + 1);
    model.value.push_back(static_cast<float>(level));
    model.left.push_back(kLeaf);
    model.value.push_back(1);
  }
  model.left.push_back(kLeaf);
  model.value.push_back(2);
  model.feature.assign(model.left.size(), 0);
  model.default_left.assign(model.left.size(), 0);
  model.tree_begin = {0, static_cast<std::uint32_t>(model.left.size())};
  return model;
}

}  // namespace

TEST_CASE("tree ensemble: reference margins follow thresholds, missing values and outputs") {
  const struct {
    float features[3];
    float margins[2];
  } rows[] = {
      {{0, -3, -1}, {0.5f + 10 + 100, 4}},
      {{0, -2, 0}, {0.5f + 20 + 200, 4}},  // equal to a threshold: right
      {{1, -3, -0.0f}, {0.5f + 30 + 200, 4}},
      {{kNan, kNan, kNan}, {0.5f + 20 + 200, 4}},
      {{-kInf, -kInf, -kInf}, {0.5f + 10 + 100, 4}},
      {{kInf, 0, kInf}, {0.5f + 30 + 200, 4}},
  };
  const TreeEnsemble model = small_model();
  validate(model);
  for (const auto& row : rows) {
    CAPTURE(row.features[0]);
    float margins[2];
    reference_margins(model, row.features, margins);
    CHECK(margins[0] == row.margins[0]);
    CHECK(margins[1] == row.margins[1]);
  }
}

TEST_CASE("tree ensemble: margins are added in float32, the base first, in the trees' order") {
  TreeEnsemble model;
  model.base_margins = {16777216.0f};  // 2^24, where 1 is half of the distance to the next float
  model.tree_begin = {0, 1, 2, 3};
  model.tree_output = {0, 0, 0};
  model.left = {kLeaf, kLeaf, kLeaf};
  model.value = {1, 1, -16777216.0f};
  model.feature = {0, 0, 0};
  model.default_left = {0, 0, 0};
  validate(model);
  float margin = -1;
  reference_margins(model, {}, {&margin, 1});
  CHECK(margin == 0.0f);  // 2 in any other order, or in double
}

namespace {

/// One split of x0 at 0.1, in double, where the float 0.1f is greater.
TreeEnsemble wide_model() {
  TreeEnsemble model;
  model.contract.accumulator = ModelContract::Accumulator::f64;
  model.contract.comparison = ModelContract::Comparison::less_equal;
  model.feature_count = 1;
  model.wide_base_margins = {0.25};
  model.tree_begin = {0, 3};
  model.tree_output = {0};
  model.round_begin = {0, 1};
  model.left = {1, kLeaf, kLeaf};
  model.feature = {0, 0, 0};
  model.default_left = {1, 0, 0};
  model.wide_value = {0.1, 2, 0.1};
  return model;
}

double margin_of(const TreeEnsemble& model, double feature) {
  validate(model);
  double margin = 0;
  reference_margins(model, {&feature, 1}, {&margin, 1});
  return margin;
}

}  // namespace

TEST_CASE("tree ensemble: a wide contract rounds its inputs to float32 where it says so") {
  TreeEnsemble model = wide_model();
  CHECK(margin_of(model, 0.1) == 0.25 + 0.1);  // 0.1f is above 0.1
  CHECK(margin_of(model, 0.09999999) == 2.25);
  CHECK(margin_of(model, 0.0999999999) == 0.25 + 0.1);
  CHECK(margin_of(model, static_cast<double>(kNan)) == 2.25);
  model.contract.input_rounding = ModelContract::InputRounding::f64;
  CHECK(margin_of(model, 0.1) == 2.25);
  CHECK(margin_of(model, 0.0999999999) == 2.25);
  CHECK(margin_of(model, 0.10000000000000002) == 0.25 + 0.1);
}

TEST_CASE("tree ensemble: where a sum starts and what becomes of it") {
  using Contract = ModelContract;
  TreeEnsemble model = wide_model();
  const auto margin = [&](Contract::Start start, Contract::Finish finish, double scale) {
    model.contract.start = start;
    model.contract.finish = finish;
    model.contract.scale = scale;
    return margin_of(model, 1);
  };
  model.wide_base_margins = {0.6};
  model.tree_begin = {0, 3, 4};
  model.tree_output = {0, 0};
  model.round_begin = {0, 1, 2};
  model.left.push_back(kLeaf);
  model.feature.push_back(0);
  model.default_left.push_back(0);
  model.wide_value.push_back(0.2);
  CHECK(margin(Contract::Start::base_first, Contract::Finish::none, 1) == 0.6 + 0.1 + 0.2);
  CHECK(margin(Contract::Start::zero, Contract::Finish::none, 1) == (0.1 + 0.2) + 0.6);
  CHECK(0.6 + 0.1 + 0.2 != (0.1 + 0.2) + 0.6);
  CHECK(margin(Contract::Start::base_first, Contract::Finish::mean, 1) == (0.6 + 0.1 + 0.2) / 2);
  CHECK(margin(Contract::Start::zero, Contract::Finish::mean, 1) == (0.1 + 0.2) / 2 + 0.6);
  CHECK(margin(Contract::Start::zero, Contract::Finish::scale, 3) == (0.1 + 0.2) * 3 + 0.6);
  CHECK_THROWS_AS(margin(Contract::Start::base_first, Contract::Finish::scale, 3), Error);
  CHECK_THROWS_WITH_AS(margin(Contract::Start::zero, Contract::Finish::scale, 1e308),
                       "output 0: leaves whose sum could overflow", Error);
  model.round_begin.clear();
  CHECK_THROWS_WITH_AS(margin(Contract::Start::zero, Contract::Finish::mean, 1),
                       "a mean without rounds", Error);
}

TEST_CASE("tree ensemble: values and base margins are of the contract's width") {
  const auto refuses = [](const char* rule, auto mutate) {
    TreeEnsemble model = wide_model();
    mutate(model);
    CHECK_THROWS_WITH_AS(validate(model), rule, Error);
  };
  refuses("values of both widths", [](TreeEnsemble& m) { m.value = {1, 2, 3}; });
  refuses("base margins of the other width", [](TreeEnsemble& m) { m.base_margins = {1}; });
  refuses("0 base margins for 1 outputs", [](TreeEnsemble& m) { m.wide_base_margins.clear(); });
  refuses("output 0: a base margin that is not finite",
          [](TreeEnsemble& m) { m.wide_base_margins = {std::numeric_limits<double>::infinity()}; });
}

TEST_CASE("tree ensemble: a linear leaf is its constant and its terms, in order") {
  constexpr double kMost = std::numeric_limits<double>::max();
  constexpr double kInfinity = std::numeric_limits<double>::infinity();
  TreeEnsemble model = wide_model();
  model.contract.input_rounding = ModelContract::InputRounding::f64;
  model.wide_base_margins = {0};
  model.term_begin = {0, 0, 0, 2};  // of the right leaf
  model.term_feature = {0, 0};
  model.term_coefficient = {0.1, 0.2};
  model.leaf_constant = {0, 0, 0.3};
  CHECK(margin_of(model, 0) == 2);
  CHECK(margin_of(model, 1) == 0.3 + 0.1 + 0.2);
  CHECK(0.3 + 0.1 + 0.2 != 0.3 + 0.2 + 0.1);
  model.default_left[0] = 0;
  CHECK(margin_of(model, static_cast<double>(kNan)) == 0.1);  // the leaf's value
  CHECK(margin_of(model, kInfinity) == kInfinity);
  model.term_coefficient = {kMost, -kMost};
  CHECK(std::bit_cast<std::uint64_t>(margin_of(model, kMost)) == 0x7FF8000000000000u);
  // A small number is 0 where the contract says so, in terms too.
  model.wide_value[0] = -1;
  model.term_coefficient = {1e300, 1};
  CHECK(margin_of(model, 1e-36) == 0.3 + 1e300 * 1e-36);
  model.contract.zero = ModelContract::Zero::flushed;
  CHECK(margin_of(model, 1e-36) == 0.3);
}

TEST_CASE("tree ensemble: terms that do not fit are refused by their rule") {
  const auto refuses = [](const char* rule, auto mutate) {
    TreeEnsemble model = wide_model();
    model.term_begin = {0, 0, 1, 2};
    model.term_feature = {0, 0};
    model.term_coefficient = {1, 2};
    model.leaf_constant = {0, 1, 2};
    validate(model);
    mutate(model);
    CHECK_THROWS_WITH_AS(validate(model), rule, Error);
  };
  constexpr double kInfinity = std::numeric_limits<double>::infinity();
  using Model = TreeEnsemble;
  refuses("1 features and 2 coefficients of terms", [](Model& m) { m.term_feature.pop_back(); });
  refuses("terms of no leaf", [](Model& m) { m.term_begin.clear(); });
  refuses("terms of no leaf", [](Model& m) {
    m.term_begin.clear();
    m.term_feature.clear();
    m.term_coefficient.clear();
  });
  refuses("3 term begins and 3 constants for 3 nodes", [](Model& m) { m.term_begin.pop_back(); });
  refuses("4 term begins and 2 constants for 3 nodes",
          [](Model& m) { m.leaf_constant.pop_back(); });
  const char* rises = "term begins that do not rise from 0 to 2 terms";
  refuses(rises, [](Model& m) { m.term_begin = {0, 0, 2, 1}; });
  refuses(rises, [](Model& m) { m.term_begin = {1, 1, 1, 2}; });
  refuses(rises, [](Model& m) { m.term_begin = {0, 0, 1, 3}; });
  refuses("term begins that do not rise from 0 to 0 terms", [](Model& m) {
    m.term_begin = {0, 0, 0, 0};
    m.term_feature.clear();
    m.term_coefficient.clear();
  });
  refuses("tree 0, node 0: terms of what is no leaf", [](Model& m) {
    m.term_begin = {0, 1, 1, 2};
  });
  refuses("tree 0, node 0: terms of what is no leaf", [](Model& m) { m.leaf_constant[0] = 1; });
  refuses("tree 0, node 1: a constant without terms", [](Model& m) {
    m.term_begin = {0, 0, 0, 2};
  });
  refuses("tree 0, node 1: a constant that is not finite",
          [](Model& m) { m.leaf_constant[1] = kInfinity; });
  refuses("tree 0, node 2: a term that is not finite",
          [](Model& m) { m.term_coefficient[1] = -kInfinity; });
  refuses("tree 0, node 2: a term of feature 1 of 1", [](Model& m) { m.term_feature[1] = 1; });
  TreeEnsemble narrow = small_model();
  narrow.term_begin.assign(narrow.node_count() + 1, 0);
  CHECK_THROWS_WITH_AS(validate(narrow), "terms in f32", Error);
}

TEST_CASE("tree ensemble: the score of an isolation forest") {
  ModelContract contract = wide_model().contract;
  contract.link = Link::isolation;
  contract.link_scale = 100;
  double scores[] = {0, 100, 250, 300};
  apply_link(contract, scores);
  // -2^-(x / 100): NumPy 1.26.
  CHECK(scores[0] == -1);
  CHECK(scores[1] == -0.5);
  CHECK(scores[2] == -0.1767766952966369);
  CHECK(scores[3] == -0.125);
}

TEST_CASE("tree ensemble: a model without trees is its base margins") {
  TreeEnsemble model;
  model.base_margins = {0.25f};
  model.tree_begin = {0};
  validate(model);
  float margin = 0;
  reference_margins(model, {}, {&margin, 1});
  CHECK(margin == 0.25f);
}

namespace {

/// The root of the first tree gets set 0.
void add_set(TreeEnsemble& model, std::vector<std::uint32_t> begin,
             std::vector<std::uint32_t> members) {
  model.node_set.assign(model.left.size(), TreeEnsemble::kNumeric);
  model.node_set[0] = 0;
  model.value[0] = 0;
  model.set_begin = std::move(begin);
  model.set_members = std::move(members);
}

}  // namespace

TEST_CASE("tree ensemble: each broken rule is refused by its name") {
  const struct {
    std::string_view rule;
    std::function<void(TreeEnsemble&)> mutate;
  } rows[] = {
      {"node arrays of different lengths", [](auto& m) { m.feature.pop_back(); }},
      {"node arrays of different lengths", [](auto& m) { m.value.push_back(0); }},
      {"node arrays of different lengths", [](auto& m) { m.default_left.pop_back(); }},
      {"node arrays of different lengths", [](auto& m) { m.left.push_back(kLeaf); }},
      {"tree begins for 3 trees", [](auto& m) { m.tree_begin.pop_back(); }},
      {"tree begins for 2 trees", [](auto& m) { m.tree_output.pop_back(); }},
      {"tree begins for 0 trees", [](auto& m) { m.tree_output.clear(), m.tree_begin.clear(); }},
      {"trees span nodes 1 to 9 of 9", [](auto& m) { m.tree_begin[0] = 1; }},
      {"trees span nodes 0 to 8 of 9", [](auto& m) { m.tree_begin[3] = 8; }},
      {"tree 1: spans nodes 5 to 5", [](auto& m) { m.tree_begin[2] = 5; }},
      {"tree 1: spans nodes 5 to 4", [](auto& m) { m.tree_begin[2] = 4; }},
      {"tree 1: spans nodes 5 to 4000", [](auto& m) { m.tree_begin[2] = 4000; }},
      {"0 outputs", [](auto& m) { m.output_count = 0, m.base_margins.clear(); }},
      {"65537 outputs", [](auto& m) { m.output_count = 65537; }},
      {"2 base margins for 3 outputs", [](auto& m) { m.output_count = 3; }},
      {"1048577 features", [](auto& m) { m.feature_count = 1048577; }},
      {"1 feature names for 3 features", [](auto& m) { m.feature_names = {"a"}; }},
      {"8 node ids for 9 nodes", [](auto& m) { m.node_id.assign(8, 0); }},
      {"node ids without rounds", [](auto& m) { m.node_id.assign(9, 0); }},
      {"rounds span trees 1 to 3 of 3",
       [](auto& m) {
         m.round_begin = {1, 3};
       }},
      {"rounds span trees 0 to 4 of 3",
       [](auto& m) {
         m.round_begin = {0, 4};
       }},
      {"rounds span trees 0 to 0 of 3", [](auto& m) { m.round_begin = {0}; }},
      {"round 3 begins before the one",
       [](auto& m) {
         m.round_begin = {0, 1, 2, 1, 3};
       }},
      {"round 1 of a mean has no trees",
       [](auto& m) {
         m.contract.finish = ModelContract::Finish::mean;
         m.round_begin = {0, 1, 1, 3};
       }},
      {"output 1: a base margin that is not finite", [](auto& m) { m.base_margins[1] = kNan; }},
      {"output 0: a base margin that is not finite", [](auto& m) { m.base_margins[0] = kInf; }},
      {"tree 2: output 2 of 2", [](auto& m) { m.tree_output[2] = 2; }},
      {"tree 0, node 0: feature 3 of 3", [](auto& m) { m.feature[0] = 3; }},
      {"tree 0, node 1: a NaN threshold", [](auto& m) { m.value[1] = kNan; }},
      {"tree 0, node 2: a leaf that is not finite", [](auto& m) { m.value[2] = kNan; }},
      {"tree 2, node 1: a leaf that is not finite", [](auto& m) { m.value[7] = -kInf; }},
      {"tree 0, node 3: a leaf with a feature", [](auto& m) { m.feature[3] = 1; }},
      {"tree 0, node 4: a leaf with a feature", [](auto& m) { m.default_left[4] = 1; }},
      {"tree 0, node 1: a default direction", [](auto& m) { m.default_left[1] = 2; }},
      {"tree 0, node 1: a child that is not after", [](auto& m) { m.left[1] = 1; }},
      {"tree 0, node 1: a child that is not after", [](auto& m) { m.left[1] = 0; }},
      {"tree 2, node 0: a child that is not after", [](auto& m) { m.left[6] = 3; }},
      {"tree 0, node 1: a child outside its tree", [](auto& m) { m.left[1] = 4; }},
      {"tree 0, node 1: a child outside its tree", [](auto& m) { m.left[1] = 7; }},
      {"tree 2, node 0: a child outside its tree", [](auto& m) { m.left[6] = kLeaf - 1; }},
      {"tree 0, node 2: two parents", [](auto& m) { m.left[1] = 2; }},
      {"tree 0, node 3: no parent", [](auto& m) { m.left[1] = kLeaf, m.feature[1] = 0; }},
      {"8 node sets for 9 nodes",
       [](auto& m) {
         m.node_set.assign(8, TreeEnsemble::kNumeric);
         m.set_begin = {0, 0};
       }},
      {"members of no set", [](auto& m) { m.node_set.assign(9, TreeEnsemble::kNumeric); }},
      {"members of no set", [](auto& m) { m.set_members = {1}; }},
      {"sets span members 0 to 2 of 1",
       [](auto& m) {
         add_set(m, {0, 2}, {1});
       }},
      {"sets span members 1 to 1 of 1",
       [](auto& m) {
         add_set(m, {1, 1}, {1});
       }},
      {"set 1: ends before it begins",
       [](auto& m) {
         add_set(m, {0, 2, 1, 2}, {1, 2});
       }},
      {"set 1: ends before it begins",  // before a member is looked at
       [](auto& m) {
         add_set(m, {0, 4'000'000'000u, 3}, {1, 2, 3});
       }},
      {"set 0: category 1 out of order",
       [](auto& m) {
         add_set(m, {0, 2}, {1, 1});
       }},
      {"set 0: category 16777216 out of order",
       [](auto& m) {
         add_set(m, {0, 1}, {1u << 24});
       }},
      {"tree 0, node 0: set 1 of 1",
       [](auto& m) {
         add_set(m, {0, 1}, {1}), m.node_set[0] = 1;
       }},
      {"tree 0, node 0: a set with a threshold",
       [](auto& m) {
         add_set(m, {0, 1}, {1}), m.value[0] = 1;
       }},
      {"tree 0, node 2: a leaf with a test",
       [](auto& m) {
         add_set(m, {0, 1}, {1}), m.node_set[2] = 0;
       }},
      {"8 rules of zeros for 9 nodes", [](auto& m) { m.zero_is_missing.assign(8, 0); }},
      {"tree 0, node 0: a zero that is missing",
       [](auto& m) { m.zero_is_missing.assign(9, 0), m.zero_is_missing[0] = 1; }},
      {"tree 0, node 0: a rule of zeros",
       [](auto& m) { m.zero_is_missing.assign(9, 0), m.zero_is_missing[0] = 2; }},
      {"tree 0, node 2: a leaf with a test",
       [](auto& m) { m.zero_is_missing.assign(9, 0), m.zero_is_missing[2] = 1; }},
      {"values of both widths", [](auto& m) { m.wide_value = {1}; }},
      {"output 0: leaves whose sum could overflow",
       [](auto& m) { m.value[2] = 2e38f, m.value[7] = -2e38f; }},
  };
  for (const auto& row : rows) {
    CAPTURE(row.rule);
    TreeEnsemble model = small_model();
    row.mutate(model);
    bool is_refused = false;
    try {
      validate(model);
    } catch (const Error& error) {
      is_refused = true;
      CHECK(error.code() == Code::invalid_argument);
      CHECK(error.reason() == Reason::invalid_tree);
      CAPTURE(error.message());
      CHECK(error.message().find(row.rule) != std::string::npos);
    }
    CHECK(is_refused);
  }
}

TEST_CASE("tree ensemble: ties and halves have the class that XGBoost gives them") {
  const auto softmax = [](std::vector<float> margins) { return class_of(Link::softmax, margins); };
  CHECK(softmax({0.5f}) == 0);
  CHECK(softmax({0, 1, 2}) == 2);
  CHECK(softmax({1, 2, 2}) == 1);  // the first of the greatest
  CHECK(softmax({-0.0f, 0.0f}) == 0);
  CHECK(softmax({-kInf, -3, -2, -4}) == 2);
  const auto logistic = [](float margin) { return class_of(Link::logistic, {&margin, 1}); };
  CHECK(logistic(0) == 0);      // the probability is 0.5
  CHECK(logistic(1e-8f) == 0);  // and so it is here, in float32
  // The last such margin, by XGBoost's 1 / (expf(-x) + 1 + 1e-16f) over every float around 0.
  CHECK(logistic(0x1.8p-24f) == 0);
  CHECK(logistic(std::nextafter(0x1.8p-24f, 1.0f)) == 1);
  CHECK(logistic(1e-6f) == 1);
  CHECK(logistic(-1e-6f) == 0);
  CHECK(logistic(80) == 1);
  CHECK(logistic(-200) == 0);
  const auto hinge = [](float margin) { return class_of(Link::hinge, {&margin, 1}); };
  CHECK(hinge(0) == 0);
  CHECK(hinge(1e-45f) == 1);
  CHECK(hinge(-1) == 0);
}

TEST_CASE("tree ensemble: classes come from classifiers of one label only") {
  const struct {
    const char* objective;
    Link link;
    std::uint32_t outputs;
    bool has_classes;
  } rows[] = {
      {"binary:logistic", Link::logistic, 1, true},
      {"binary:logistic", Link::logistic, 2, false},
      {"reg:logistic", Link::logistic, 1, false},
      {"binary:hinge", Link::hinge, 1, true},
      {"binary:hinge", Link::hinge, 2, false},
      {"binary:logitraw", Link::identity, 1, false},
      {"multi:softprob", Link::softmax, 3, true},
      {"multi:softmax", Link::softmax, 3, true},
      {"reg:squarederror", Link::identity, 1, false},
      {"count:poisson", Link::exponential, 1, false},
  };
  for (const auto& row : rows) {
    CAPTURE(row.objective);
    CAPTURE(row.outputs);
    TreeEnsemble model;
    model.objective = row.objective;
    model.contract.link = row.link;
    model.output_count = row.outputs;
    CHECK(predicts_classes(model) == row.has_classes);
  }
}

TEST_CASE("tree ensemble: a contract that the engine does not have is refused") {
  for (const auto mutate :
       {+[](ModelContract& c) { c.link = static_cast<Link>(0); },
        +[](ModelContract& c) { c.link = static_cast<Link>(6); },
        +[](ModelContract& c) { c.input_rounding = ModelContract::InputRounding::f64; },
        +[](ModelContract& c) { c.accumulator = ModelContract::Accumulator::f64; },
        +[](ModelContract& c) { c.category = static_cast<ModelContract::Category>(3); },
        +[](ModelContract& c) { c.zero = ModelContract::Zero::flushed; },
        +[](ModelContract& c) { c.finish = static_cast<ModelContract::Finish>(4); },
        +[](ModelContract& c) { c.finish = ModelContract::Finish::scale; },
        +[](ModelContract& c) { c.scale = 2; }, +[](ModelContract& c) { c.link_scale = 2; },
        +[](ModelContract& c) { c.link = Link::isolation; },
        +[](ModelContract& c) { c.comparison = static_cast<ModelContract::Comparison>(0); },
        +[](ModelContract& c) { c.start = static_cast<ModelContract::Start>(9); }}) {
    TreeEnsemble model = small_model();
    mutate(model.contract);
    Reason reason = Reason::none;
    try {
      validate(model);
    } catch (const Error& error) {
      reason = error.reason();
    }
    CHECK(reason == Reason::unsupported_model);
  }
}

TEST_CASE("tree ensemble: depth ends at 4,096") {
  validate(chain(1));
  validate(chain(4096));
  CHECK_THROWS_WITH_AS(validate(chain(4097)), "tree 0, node 8192: deeper than 4096", Error);
}

TEST_CASE("tree ensemble: links in float32") {
  // Expected: SciPy 1.11 expit, exp and softmax in float64, to 7 digits.
  float logistic[] = {0.0f, 2.0f, -2.0f, 1000.0f, -1000.0f};
  apply_link(Link::logistic, logistic);
  CHECK(logistic[0] == 0.5f);
  CHECK(logistic[1] == doctest::Approx(0.8807971).epsilon(1e-7));
  CHECK(logistic[2] == doctest::Approx(0.1192029).epsilon(1e-6));
  CHECK(logistic[3] == 1.0f);
  // XGBoost clamps at 88.7, so that the least probability is 1 / (exp(88.7) + 1).
  CHECK(logistic[4] == doctest::Approx(3.0066e-39).epsilon(1e-3));
  CHECK(logistic[4] > 0);

  float exponential[] = {0.0f, 1.0f, 1000.0f, -1000.0f};
  apply_link(Link::exponential, exponential);
  CHECK(exponential[0] == 1.0f);
  CHECK(exponential[1] == doctest::Approx(2.7182817).epsilon(1e-7));
  CHECK(exponential[2] == kInf);
  CHECK(exponential[3] == 0.0f);

  float softmax[] = {1.0f, 2.0f, 3.0f};
  apply_link(Link::softmax, softmax);
  CHECK(softmax[0] == doctest::Approx(0.09003057).epsilon(1e-6));
  CHECK(softmax[1] == doctest::Approx(0.24472847).epsilon(1e-6));
  CHECK(softmax[2] == doctest::Approx(0.66524096).epsilon(1e-6));
  float far_apart[] = {-3e38f, 3e38f};
  apply_link(Link::softmax, far_apart);
  CHECK(far_apart[0] == 0.0f);
  CHECK(far_apart[1] == 1.0f);

  float hinge[] = {0.0f, -0.0f, 1e-45f, -1.0f};
  apply_link(Link::hinge, hinge);
  CHECK(hinge[0] == 0.0f);
  CHECK(hinge[1] == 0.0f);
  CHECK(hinge[2] == 1.0f);
  CHECK(hinge[3] == 0.0f);

  float identity[] = {-0.0f, 3.25f};
  apply_link(Link::identity, identity);
  CHECK(std::signbit(identity[0]));
  CHECK(identity[1] == 3.25f);
  apply_link(Link::softmax, {});
}
