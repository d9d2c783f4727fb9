// SPDX-License-Identifier: Apache-2.0
#include "mlcore/model/xgboost.hpp"

#include <doctest/doctest.h>
#include <fmt/format.h>

#include <bit>
#include <cmath>
#include <limits>
#include <string>

#include "mlcore/base/error.hpp"
#include "model/xgboost_booster.hpp"
#include "model/xgboost_refusal.hpp"

using namespace mlcore;

namespace {

constexpr float kNan = std::numeric_limits<float>::quiet_NaN();

/// As XGBoost 1.7.4 writes it; the second tree has pruned nodes 3 and 4.
constexpr std::string_view kModel =
    R"({"learner":{"attributes":{"best_iteration":"1"},"feature_names":["a","b"],)"
    R"("feature_types":["float","float"],"gradient_booster":{"model":{"gbtree_model_param":)"
    R"({"num_parallel_tree":"1","num_trees":"2","size_leaf_vector":"0"},"tree_info":[0,0],)"
    R"("trees":[{"base_weights":[0E0,-5E-1,6E-1],"categories":[],"categories_nodes":[],)"
    R"("categories_segments":[],"categories_sizes":[],"default_left":[1,0,0],"id":0,)"
    R"("left_children":[1,-1,-1],"loss_changes":[1.9E2,0E0,0E0],"parents":[2147483647,0,0],)"
    R"("right_children":[2,-1,-1],"split_conditions":[6.5E-3,-5.764706E-1,5.7735854E-1],)"
    R"("split_indices":[1,0,0],"split_type":[0,0,0],"sum_hessian":[5E1,2.4E1,2.5E1],)"
    R"("tree_param":{"num_deleted":"0","num_feature":"2","num_nodes":"3","size_leaf_vector":"0"}},)"
    R"({"base_weights":[0E0,0E0,0E0,0E0,0E0,0E0,0E0],"categories":[],"categories_nodes":[],)"
    R"("categories_segments":[],"categories_sizes":[],"default_left":[0,0,1,1,1,0,0],"id":1,)"
    R"("left_children":[1,-1,5,-1,-1,-1,-1],"loss_changes":[1E0,0E0,1E0,0E0,0E0,0E0,0E0],)"
    R"("parents":[2147483647,0,0,1,1,2,2],"right_children":[2,-1,6,-1,-1,-1,-1],)"
    R"("split_conditions":[-2E0,1E-1,7.5E0,3E-1,4E-1,-2E-1,3.5E-1],)"
    R"("split_indices":[0,0,1,2147483647,2147483647,0,0],"split_type":[0,0,0,0,0,0,0],)"
    R"("sum_hessian":[9E0,4E0,5E0,2E0,2E0,2E0,3E0],)"
    R"("tree_param":{"num_deleted":"2","num_feature":"2","num_nodes":"7","size_leaf_vector":"0"}}]},)"
    R"("name":"gbtree"},"learner_model_param":{"base_score":"2.5E-1","boost_from_average":"1",)"
    R"("num_class":"0","num_feature":"2","num_target":"1"},"objective":{"name":"binary:logistic",)"
    R"("reg_loss_param":{"scale_pos_weight":"1"}}},"version":[1,7,4]})";

std::string replaced(std::string text, std::string_view from, std::string_view to) {
  const std::size_t at = text.find(from);
  REQUIRE(at != text.npos);
  return text.replace(at, from.size(), to);
}

std::string model_with(std::string_view from, std::string_view to) {
  return replaced(std::string(kModel), from, to);
}

TreeEnsemble trees_of(std::string_view text, const XgboostImportOptions& options = {}) {
  Model model = import_xgboost(text, options);
  REQUIRE(model.trees() != nullptr);
  return std::move(*model.trees());
}

}  // namespace

TEST_CASE("xgboost: a model is read, its nodes breadth-first, its pruned nodes left out") {
  const TreeEnsemble model = trees_of(kModel);
  constexpr std::uint32_t kLeaf = TreeEnsemble::kLeaf;
  CHECK(model.framework == "xgboost");
  CHECK(model.framework_version == "1.7.4");
  CHECK(model.objective == "binary:logistic");
  CHECK(model.contract.link == Link::logistic);
  CHECK(model.feature_count == 2);
  CHECK(model.output_count == 1);
  CHECK(model.feature_names == std::vector<std::string>{"a", "b"});
  CHECK(model.tree_begin == std::vector<std::uint32_t>{0, 3, 8});
  CHECK(model.tree_output == std::vector<std::uint32_t>{0, 0});
  CHECK(model.left == std::vector<std::uint32_t>{1, kLeaf, kLeaf, 4, kLeaf, 6, kLeaf, kLeaf});
  CHECK(model.feature == std::vector<std::uint32_t>{1, 0, 0, 0, 0, 1, 0, 0});
  CHECK(model.default_left == std::vector<std::uint8_t>{1, 0, 0, 0, 0, 1, 0, 0});
  CHECK(model.value ==
        std::vector<float>{6.5e-3f, -5.764706e-1f, 5.7735854e-1f, -2.0f, 0.1f, 7.5f, -0.2f, 0.35f});
  CHECK(model.round_begin == std::vector<std::uint32_t>{0, 1, 2});
  CHECK(model.node_id == std::vector<std::uint32_t>{0, 1, 2, 0, 1, 2, 5, 6});  // the file's
  // logit(1/4) = -ln 3 = -1.0986122886681098 (hand), the nearest float.
  CHECK(model.base_margins == std::vector<float>{-1.0986123f});
}

TEST_CASE("xgboost: the margins are XGBoost's own") {
  const XgboostBooster booster{std::string(kModel)};
  Sample probe{.width = 2, .features = {}, .labels = {}};
  for (const float a : {-3.0f, -2.0f, 0.0f, kNan}) {
    for (const float b : {0.0f, 6.5e-3f, 7.5f, 8.0f, kNan}) {
      probe.features.insert(probe.features.end(), {a, b});
    }
  }
  const std::vector<float> expected = booster.predict(probe, XgboostBooster::kMargin);
  const TreeEnsemble model = trees_of(kModel);
  REQUIRE(expected.size() == probe.rows());
  for (std::size_t row = 0; row < probe.rows(); ++row) {
    CAPTURE(row);
    float margin = 0;
    reference_margins(model, {probe.features.data() + 2 * row, 2}, {&margin, 1});
    CHECK(std::bit_cast<std::uint32_t>(margin) == std::bit_cast<std::uint32_t>(expected[row]));
  }
}

TEST_CASE("xgboost: base margins are computed as XGBoost does, over many base scores") {
  constexpr std::string_view kLoss = R"("reg_loss_param":{"scale_pos_weight":"1"})";
  const struct {
    std::string_view name;
    std::string_view parameters;
  } objectives[] = {
      {"binary:logistic", kLoss},
      {"reg:logistic", kLoss},
      {"binary:logitraw", kLoss},
      {"binary:hinge", kLoss},
      {"reg:squarederror", kLoss},
      {"reg:squaredlogerror", kLoss},
      {"reg:absoluteerror", kLoss},
      {"reg:gamma", kLoss},
      {"reg:pseudohubererror", R"("pseudo_huber_param":{"huber_slope":"1"})"},
      {"count:poisson", R"("poisson_regression_param":{"max_delta_step":"0.7"})"},
      {"reg:tweedie", R"("tweedie_regression_param":{"tweedie_variance_power":"1.5"})"},
      {"rank:pairwise", R"("lambda_rank_param":{"num_pairsample":"1"})"},
      {"rank:ndcg", R"("lambda_rank_param":{"num_pairsample":"1"})"},
      {"rank:map", R"("lambda_rank_param":{"num_pairsample":"1"})"},
  };
  const Sample probe{.width = 2, .features = {kNan, kNan}, .labels = {}};
  for (const auto& objective : objectives) {
    const std::string named =
        replaced(model_with("binary:logistic", objective.name), kLoss, objective.parameters);
    for (const char* score : {"1E-6", "1E-3", "1.23E-2", "1E-1", "3.3333334E-1", "5E-1", "6E-1",
                              "7.6543E-1", "9.99E-1", "9.999999E-1"}) {
      CAPTURE(std::string(objective.name));
      CAPTURE(std::string(score));
      const std::string text = replaced(named, "2.5E-1", score);
      float margin = 0;
      reference_margins(trees_of(text), probe.features, {&margin, 1});
      const XgboostBooster booster(text);
      const float expected = booster.predict(probe, XgboostBooster::kMargin)[0];
      CHECK(std::bit_cast<std::uint32_t>(margin) == std::bit_cast<std::uint32_t>(expected));
    }
  }
}

TEST_CASE("xgboost: what 2.x and 3.x write differently is read alike") {
  const TreeEnsemble expected = trees_of(kModel);
  const auto is_same = [&expected](const std::string& text, std::string_view version) {
    TreeEnsemble model = trees_of(text);
    CHECK(model.framework_version == version);
    model.framework_version = expected.framework_version;
    return model == expected;
  };
  std::string two = model_with("[1,7,4]", "[2,1,4]");
  two = replaced(two, R"("tree_info":[0,0])", R"("iteration_indptr":[0,1,2],"tree_info":[0,0])");
  CHECK(is_same(two, "2.1.4"));
  std::string three = replaced(two, "[2,1,4]", "[3,2,0]");
  three = replaced(three, R"("2.5E-1")", R"("[2.5E-1]")");
  three = replaced(three, R"("gbtree_model_param")",
                   R"("cats":{"enc":[],"feature_segments":[],"sorted_idx":[]},)"
                   R"("weight_drop":[],"gbtree_model_param")");
  three = replaced(three, R"("size_leaf_vector":"0"}},)", R"("size_leaf_vector":"1"}},)");
  CHECK(is_same(three, "3.2.0"));
  CHECK(is_same(model_with(R"("default_left":[1,0,0])", R"("default_left":[true,false,false])"),
                "1.7.4"));
  CHECK(is_same(model_with(R"(,"split_type":[0,0,0])", ""), "1.7.4"));
  CHECK(is_same(replaced(std::string(kModel), R"({"learner")", "\n\t { \"learner\""), "1.7.4"));
}

TEST_CASE("xgboost: since 3.2 a base score of 0 or 1 is moved inwards") {
  // -logf(1.0f / 1e-6f - 1.0f) = -13.815510 and its mirror, by hand: ln(999999) = 13.8155096.
  const auto margin = [](std::string_view score, std::string_view version) {
    return trees_of(replaced(model_with("2.5E-1", score), "[1,7,4]", version)).base_margins[0];
  };
  CHECK(margin("0E0", "[3,2,0]") == doctest::Approx(-13.8155096).epsilon(1e-6));
  CHECK(margin("1E0", "[3,4,1]") > 13.0f);
  CHECK(margin("2.5E-1", "[3,2,0]") == margin("2.5E-1", "[1,7,4]"));
  CHECK(refusal_of(replaced(model_with("2.5E-1", "0E0"), "[1,7,4]", "[3,1,0]")).message ==
        "XGBoost model: base_score 0 is no probability for binary:logistic");
}

TEST_CASE("xgboost: one base score serves all classes, or each has its own") {
  std::string text = model_with("\"num_class\":\"0\"", "\"num_class\":\"3\"");
  text = replaced(text, "binary:logistic", "multi:softprob");
  text = replaced(text, "\"tree_info\":[0,0]", "\"tree_info\":[2,0]");
  TreeEnsemble model = trees_of(text);
  CHECK(model.output_count == 3);
  CHECK(model.contract.link == Link::softmax);
  CHECK(model.base_margins == std::vector<float>{0.25f, 0.25f, 0.25f});
  CHECK(model.tree_output == std::vector<std::uint32_t>{2, 0});
  model = trees_of(replaced(text, "2.5E-1", "[1E-1,2E-1,3E-1]"));
  CHECK(model.base_margins == std::vector<float>{0.1f, 0.2f, 0.3f});
  CHECK(refusal_of(replaced(text, "2.5E-1", "[1E-1,2E-1]")).message ==
        "XGBoost model: 2 base scores for 3 outputs");
}

TEST_CASE("xgboost: several quantiles are sorted since 3.4, several expectiles refused") {
  const auto text_of = [](const char* objective, std::string_view version,
                          std::string_view targets) {
    const std::string text =
        replaced(model_with("binary:logistic", objective), R"("num_target":"1")", targets);
    return replaced(text, "[1,7,4]", version);
  };
  const auto link_of = [&](std::string_view version, std::string_view targets) {
    return trees_of(text_of("reg:quantileerror", version, targets)).contract.link;
  };
  CHECK(link_of("[3,3,0]", R"("num_target":"2")") == Link::identity);
  CHECK(link_of("[3,4,0]", R"("num_target":"1")") == Link::identity);
  CHECK(link_of("[3,4,0]", R"("num_target":"2")") == Link::ascending);
  CHECK(
      refusal_of(text_of("reg:expectileerror", "[3,3,0]", R"("num_target":"1")")).message.empty());
  CHECK(refusal_of(text_of("reg:expectileerror", "[3,3,0]", R"("num_target":"2")")).message ==
        "XGBoost model: reg:expectileerror with several expectiles");
}

TEST_CASE("xgboost: a round is a tree for each output and parallel tree") {
  using Rounds = std::vector<std::uint32_t>;
  const auto rounds = [](std::string_view from, std::string_view to) {
    return trees_of(model_with(from, to)).round_begin;
  };
  constexpr std::string_view kParallel = R"("num_parallel_tree":"1")";
  CHECK(rounds(kParallel, R"("num_parallel_tree":"2")") == Rounds{0, 2});
  CHECK(rounds(kParallel, R"("num_parallel_tree":"9223372036854775807")") == Rounds{0, 2});
  CHECK(rounds(R"("num_target":"1")", R"("num_target":"2")") == Rounds{0, 2});
  CHECK(rounds(R"("num_target":"1")", R"("num_target":"3")") == Rounds{0, 2});  // a short one
  // Since 2.0 the file says it.
  CHECK(rounds(R"("tree_info":)", R"("iteration_indptr":[0,2],"tree_info":)") == Rounds{0, 2});
  CHECK(refusal_of(model_with(kParallel, R"("num_parallel_tree":"0")")).message ==
        "XGBoost model: num_parallel_tree is 0");
}

TEST_CASE("xgboost: numbers are rounded once, to float32") {
  // 1 + 2^-24 + 2^-60 rounds up as a float; through a double it would round to 1.
  const std::string text = model_with("6.5E-3", "1.00000005960464477626198869671");
  CHECK(trees_of(text).value[0] == 0x1.000002p0f);
  CHECK(trees_of(model_with("6.5E-3", "-Infinity")).value[0] ==
        -std::numeric_limits<float>::infinity());
}

TEST_CASE("xgboost: what is not understood is refused by name") {
  const struct {
    std::string_view from;
    std::string_view to;
    Reason reason;
    std::string_view message;
  } rows[] = {
      {R"("name":"gbtree")", R"("name":"dart")", Reason::malformed_model,
       "the booster \"dart\" with a model as others have it"},
      {R"("name":"gbtree")", R"("name":"gblinear")", Reason::malformed_model,
       "the booster \"gblinear\" without weights"},
      {R"("gradient_booster":{)", R"("gradient_booster":{"weight_drop":[1E0],)",
       Reason::malformed_model, "weight_drop has 1 elements for 2 trees"},
      {R"("gradient_booster":{)", R"("gradient_booster":{"gbtree":{},)", Reason::malformed_model,
       "the booster \"gbtree\" with a model as others have it"},
      {R"("gradient_booster":{)", R"("gradient_booster":{"gbtree":{"model":{}},)",
       Reason::malformed_model, "two models in one booster"},
      {R"("tree_info")", R"("weight_drop":[1E0],"tree_info")", Reason::malformed_model,
       "weight_drop has 1 elements for 2 trees"},
      {R"("tree_info")", R"("weights":[1E0],"tree_info")", Reason::malformed_model,
       "the booster \"gbtree\" with weights"},
      {R"("name":"gbtree")", R"("name":"gbforest")", Reason::unsupported_model, "gbforest"},
      {"binary:logistic", "reg:expectile", Reason::unsupported_model, "reg:expectile"},
      {"binary:logistic", "my:objective", Reason::unsupported_model, "my:objective"},
      {R"("split_type":[0,0,0])", R"("split_type":[2,0,0])", Reason::unsupported_model,
       "tree 0, node 0: split type 2"},
      {R"("tree_info")", R"("cats":{"other":[]},"tree_info")", Reason::unsupported_model,
       "cats: the unknown member \"other\""},
      {R"("num_nodes":"3","size_leaf_vector":"0")", R"("num_nodes":"3","size_leaf_vector":"2")",
       Reason::malformed_model, "base_weights has 3 elements for 3 nodes of 2 values"},
      {"[1,7,4]", "[1,6,2]", Reason::unsupported_model, "version 1.6.2"},
      {"[1,7,4]", "[0,90,0]", Reason::unsupported_model, "version 0.90.0"},
      {"[1,7,4]", "[4,0,0]", Reason::unsupported_model, "version 4.0.0"},
      {"[1,7,4]", "[1,7]", Reason::malformed_model, "a version of three numbers"},
      {R"("objective":{)", R"("objective":{"surprise":1,)", Reason::unsupported_model,
       "objective: the unknown member \"surprise\""},
      {R"("id":0)", R"("id":0,"surprise":1)", Reason::unsupported_model,
       "tree 0: the unknown member \"surprise\""},
      {R"("version")", R"("Config":{},"version")", Reason::unsupported_model,
       "top level: the unknown member \"Config\""},
      {R"("attributes")", R"("surprise":1,"attributes")", Reason::unsupported_model, "learner: "},
      {R"("num_deleted")", R"("surprise":"1","num_deleted")", Reason::unsupported_model,
       "the unknown parameter"},
      {R"("num_parallel_tree")", R"("surprise":"1","num_parallel_tree")", Reason::unsupported_model,
       "gbtree_model_param: "},
      {R"("boost_from_average")", R"("surprise":"1","boost_from_average")",
       Reason::unsupported_model, "learner_model_param: "},
      {R"("num_feature":"2","num_target")", R"("num_feature":"1048577","num_target")",
       Reason::unsupported_model, "1048577 features"},
      {R"("num_class":"0")", R"("num_class":"70000")", Reason::unsupported_model, "70000 outputs"},
      {R"("num_target":"1")", R"("num_target":"9223372036854775807")", Reason::unsupported_model,
       "outputs"},
  };
  for (const auto& row : rows) {
    CAPTURE(row.to);
    const Refusal refusal = refusal_of(model_with(row.from, row.to));
    CAPTURE(refusal.message);
    CHECK(refusal.reason == row.reason);
    CHECK(refusal.message.find(row.message) != std::string::npos);
  }
}

TEST_CASE("xgboost: broken structure is refused, the place named") {
  const struct {
    std::string_view from;
    std::string_view to;
    Reason reason;
    std::string_view message;
  } rows[] = {
      {R"("num_trees":"2")", R"("num_trees":"3")", Reason::malformed_model, "2 trees, num_trees 3"},
      {R"("num_trees":"2")", R"("num_trees":2)", Reason::malformed_model, "expected a string"},
      {R"("num_trees":"2")", R"("num_trees":"two")", Reason::malformed_model, "num_trees"},
      {R"("tree_info":[0,0])", R"("tree_info":[0])", Reason::malformed_model, "tree_info of 1"},
      {R"("tree_info":[0,0])", R"("tree_info":[0,1])", Reason::malformed_model, "output 1 of 1"},
      {R"("tree_info":[0,0])", R"("tree_info":[0,-1])", Reason::malformed_model,
       "a number no index can be"},
      {R"("tree_info":)", R"("iteration_indptr":[0,2,1,2],"tree_info":)", Reason::malformed_model,
       "iteration_indptr"},
      {R"("tree_info":)", R"("iteration_indptr":[0,1],"tree_info":)", Reason::malformed_model,
       "iteration_indptr"},
      {R"("id":1)", R"("id":0)", Reason::malformed_model, "tree 1: has id 0"},
      {R"("num_nodes":"3")", R"("num_nodes":"4")", Reason::malformed_model,
       "left_children has 3 elements for 4 nodes"},
      {R"("num_nodes":"3")", R"("num_nodes":"0")", Reason::malformed_model, "tree 0: 0 nodes"},
      {R"("num_nodes":"3")", R"("num_nodes":"99999999999")", Reason::malformed_model,
       "for 99999999999 nodes"},
      {R"("split_type":[0,0,0])", R"("split_type":[0,0])", Reason::malformed_model, "split_type"},
      {R"("default_left":[1,0,0])", R"("default_left":[1,0])", Reason::malformed_model,
       "default_left has 2 elements"},
      {R"("default_left":[1,0,0])", R"("default_left":[2,0,0])", Reason::malformed_model,
       "a default direction"},
      {R"("left_children":[1,-1,-1])", R"("left_children":[-1,-1,-1])", Reason::invalid_tree,
       "tree 0, node 0: a right child without a left one"},
      {R"("left_children":[1,-1,-1])", R"("left_children":[0,-1,-1])", Reason::invalid_tree,
       "tree 0, node 0: children 0 and 2"},
      {R"("right_children":[2,-1,-1])", R"("right_children":[3,-1,-1])", Reason::invalid_tree,
       "children 1 and 3 of 3 nodes"},
      {R"("right_children":[2,-1,-1])", R"("right_children":[1,-1,-1])", Reason::invalid_tree,
       "the right child 1 is not next to the left child 1"},
      {R"("left_children":[1,-1,5,)", R"("left_children":[1,-1,1,)", Reason::invalid_tree,
       "tree 1, node 2: the right child 6 is not next"},
      {R"("right_children":[2,-1,6,)", R"("right_children":[2,-1,7,)", Reason::invalid_tree,
       "tree 1, node 2: children 5 and 7"},
      {R"("parents":[2147483647,0,0,1,1,2,2])", R"("parents":[2147483647,0,0,1,1,1,2])",
       Reason::invalid_tree, "tree 1, node 5: its parent is 2, the file says 1"},
      {R"("parents":[2147483647,0,0])", R"("parents":[1,0,0])", Reason::invalid_tree,
       "tree 0, node 0: the root has a parent"},
      {R"("split_indices":[1,0,0])", R"("split_indices":[2,0,0])", Reason::invalid_tree,
       "tree 0, node 0: feature 2 of 2"},
      {R"("split_indices":[1,0,0])", R"("split_indices":[-1,0,0])", Reason::invalid_tree,
       "a negative feature"},
      {R"("split_indices":[1,0,0])", R"("split_indices":[99999999999,0,0])",
       Reason::malformed_model, "a number no index can be"},
      {"6.5E-3", "NaN", Reason::invalid_tree, "tree 0, node 0: a NaN threshold"},
      {"5.7735854E-1", "NaN", Reason::invalid_tree, "tree 0, node 2: a leaf that is not finite"},
      {"5.7735854E-1", "Infinity", Reason::invalid_tree, "a leaf that is not finite"},
      {"5.7735854E-1", "3E38", Reason::invalid_tree, "could overflow"},
      {"5.7735854E-1", "1E39", Reason::malformed_model, "out of the range of f32"},
      {"5.7735854E-1", "\"1\"", Reason::malformed_model, "expected a number"},
      {R"(["a","b"])", R"(["a"])", Reason::invalid_tree, "1 feature names for 2 features"},
      {R"("2.5E-1")", R"("half")", Reason::malformed_model, "base_score: found \"half\""},
      {R"("2.5E-1")", R"("[]")", Reason::malformed_model, "0 base scores for 1 outputs"},
      {R"("2.5E-1")", R"("[2.5E-1")", Reason::malformed_model, "ends early"},
      {R"("2.5E-1")", R"("1E0")", Reason::malformed_model, "base_score 1 is no probability"},
      {R"("num_feature":"2","num_target")", R"("num_target")", Reason::malformed_model,
       "no num_feature"},
      {R"("num_feature":"2","num_target")", R"("num_feature":"-2","num_target")",
       Reason::malformed_model, "no num_feature"},
      {R"(,"version":[1,7,4])", "", Reason::malformed_model, "no version"},
      {R"(,"name":"gbtree")", "", Reason::malformed_model, "no booster"},
      {R"("id":0)", R"("id":0,"id":0)", Reason::malformed_model, "\"id\" is given twice"},
      {R"("trees")", R"("trees":[],"trees")", Reason::malformed_model, "tree"},
      {R"("attributes":{)",
       R"("attributes":{"x":[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[)"
       R"([[[[[[[[[[[[[[[[[[[[)",
       Reason::malformed_model, "nested deeper than 64"},
  };
  for (const auto& row : rows) {
    CAPTURE(row.to);
    const Refusal refusal = refusal_of(model_with(row.from, row.to));
    CAPTURE(refusal.message);
    CHECK(refusal.reason == row.reason);
    CHECK(refusal.message.find(row.message) != std::string::npos);
  }
}

TEST_CASE("xgboost: UBJSON says the same as JSON") {
  const XgboostBooster booster{std::string(kModel)};
  const std::string bytes = booster.ubjson();
  REQUIRE(bytes.starts_with("{L"));
  CHECK(trees_of(bytes) == trees_of(kModel));
  for (std::size_t size = 0; size < bytes.size(); ++size) {
    CAPTURE(size);
    REQUIRE(refusal_of(bytes.substr(0, size)).reason == Reason::malformed_model);
  }
  CHECK(refusal_of(bytes + '\0').reason == Reason::malformed_model);
}

TEST_CASE("xgboost: the three layouts of dart are read alike, weights multiplied into leaves") {
  constexpr std::string_view kWeights = R"("weight_drop":[1.1E-1,1E0])";
  const std::string beside =
      model_with(R"("gradient_booster":{)", fmt::format(R"("gradient_booster":{{{},)", kWeights));
  const std::string inside =
      model_with(R"("tree_info")", fmt::format(R"({},"tree_info")", kWeights));
  std::string nested = model_with(R"("gradient_booster":{)", R"("gradient_booster":{"gbtree":{)");
  nested = replaced(nested, R"("name":"gbtree"})",
                    fmt::format(R"("name":"gbtree"}},"name":"dart",{}}})", kWeights));
  const TreeEnsemble model = trees_of(nested);
  // The float products 0.11f * -0.5764706f and 0.11f * 0.57735854f; the threshold stays.
  CHECK(model.value[0] == 6.5e-3f);
  CHECK(model.value[1] == 0.11f * -5.764706e-1f);
  CHECK(model.value[2] == 0.11f * 5.7735854e-1f);
  CHECK(model.value[4] == 0.1f);
  CHECK(trees_of(beside) == model);
  CHECK(trees_of(inside) == model);
  CHECK(refusal_of(replaced(nested, "1.1E-1", "NaN")).message ==
        "tree 0, node 1: a leaf that is not finite");
  CHECK(refusal_of(replaced(nested, std::string(",") + std::string(kWeights), "")).message ==
        "XGBoost model: dart without weight_drop");
}

TEST_CASE("xgboost: only the rounds to the best iteration are kept, if asked") {
  const std::string first = model_with(R"("best_iteration":"1")", R"("best_iteration":"0")");
  const TreeEnsemble model = trees_of(first, {.best_iteration = true});
  CHECK(model.tree_begin == std::vector<std::uint32_t>{0, 3});
  CHECK(model.round_begin == std::vector<std::uint32_t>{0, 1});
  CHECK(model.value.size() == 3);
  CHECK(trees_of(kModel, {.best_iteration = true}) == trees_of(kModel));
  const auto refusal = [](std::string_view to) {
    try {
      static_cast<void>(
          import_xgboost(model_with(R"("best_iteration":"1")", to), {.best_iteration = true}));
    } catch (const Error& error) {
      return error.message();
    }
    return std::string();
  };
  CHECK(refusal("") == "XGBoost model: no attribute \"best_iteration\": it was not stopped early");
  for (const char* wrong : {"2", "-1", "one", "9223372036854775808"}) {
    CHECK(
        refusal(fmt::format(R"("best_iteration":"{}")", wrong)) ==
        fmt::format("XGBoost model: best_iteration: found \"{}\", the model has 2 rounds", wrong));
  }
}

TEST_CASE("xgboost: a vector leaf makes a tree an output, in both layouts") {
  std::string old = model_with(R"("num_target":"1")", R"("num_target":"2")");
  old = replaced(old, R"("base_weights":[0E0,-5E-1,6E-1])",
                 R"("base_weights":[0E0,0E0,1E0,2E0,3E0,4E0])");
  old = replaced(old, R"("base_weights":[0E0,0E0,0E0,0E0,0E0,0E0,0E0])",
                 R"("base_weights":[0E0,0E0,5E0,6E0,0,0,0,0,0,0,7E0,8E0,9E0,1E1])");
  for (const char* nodes : {"3", "7"}) {
    old = replaced(old, fmt::format(R"("num_nodes":"{}","size_leaf_vector":"0")", nodes),
                   fmt::format(R"("num_nodes":"{}","size_leaf_vector":"2")", nodes));
  }
  const TreeEnsemble model = trees_of(old);
  CHECK(model.tree_begin == std::vector<std::uint32_t>{0, 3, 6, 11, 16});
  CHECK(model.tree_output == std::vector<std::uint32_t>{0, 1, 0, 1});
  CHECK(model.round_begin == std::vector<std::uint32_t>{0, 2, 4});
  CHECK(model.value ==
        std::vector<float>{6.5e-3f, 1, 3, 6.5e-3f, 2, 4, -2, 5, 7.5f, 7, 9, -2, 6, 7.5f, 8, 10});
  CHECK(model.node_id ==
        std::vector<std::uint32_t>{0, 1, 2, 0, 1, 2, 0, 1, 2, 5, 6, 0, 1, 2, 5, 6});
  // Since 3.2 the leaves' values stand apart, and right_children says their row.
  std::string rows = replaced(old, R"("base_weights":[0E0,0E0,1E0,2E0,3E0,4E0])",
                              R"("leaf_weights":[3E0,4E0,1E0,2E0])");
  rows = replaced(rows, R"("right_children":[2,-1,-1])", R"("right_children":[2,1,0])");
  CHECK(trees_of(rows) == model);
  CHECK(refusal_of(replaced(rows, "[2,1,0]", "[2,1,2]")).message ==
        "XGBoost model: tree 0, node 2: row 2 of 2 leaf weights");
  CHECK(refusal_of(replaced(rows, "[2,1,0]", "[2,-1,0]")).reason == Reason::invalid_tree);
  CHECK(refusal_of(replaced(old, R"("num_target":"2")", R"("num_target":"3")")).message ==
        "XGBoost model: leaves of 2 values for 3 outputs");
  CHECK(refusal_of(replaced(old, R"("tree_info")", R"("weight_drop":[1,1],"tree_info")")).reason ==
        Reason::unsupported_model);
}

TEST_CASE("xgboost: a categorical split goes right for the members of its set") {
  constexpr std::string_view kNumeric = R"("categories":[],"categories_nodes":[],)"
                                        R"("categories_segments":[],"categories_sizes":[],)"
                                        R"("default_left":[1,0,0],"id":0,)";
  const auto with_set = [&](std::string_view set, std::string_view types = "[1,0,0]") {
    const std::string text =
        model_with(kNumeric, fmt::format(R"({},"default_left":[1,0,0],"id":0,)", set));
    return replaced(text, R"("split_type":[0,0,0])", fmt::format(R"("split_type":{})", types));
  };
  const std::string text = with_set(
      R"("categories":[5,2],"categories_nodes":[0],"categories_segments":[0],"categories_sizes":[2])");
  const TreeEnsemble model = trees_of(text);
  CHECK(model.node_set[0] == 0);
  CHECK(model.node_set.size() == model.left.size());
  CHECK(model.set_members == std::vector<std::uint32_t>{2, 5});
  CHECK(model.value[0] == 0);
  // In the set, cut to whole: right. Else left; missing by default left. Source: the file's leaves.
  const struct {
    float value;
    bool is_right;
  } rows[] = {{2, true},      {5.9f, true},  {1, false},        {6, false},   {-2, false},
              {-0.5f, false}, {kNan, false}, {16777216, false}, {3e9f, false}};
  for (const auto& row : rows) {
    CAPTURE(row.value);
    const float features[] = {0, row.value};
    float margin = 0;
    TreeEnsemble first = model;
    first.base_margins = {0};
    for (float& value : first.value) value = std::fabs(value) < 0.55f ? 0 : value;
    reference_margins(first, features, {&margin, 1});
    CHECK(margin == (row.is_right ? 5.7735854e-1f : -5.764706e-1f));
  }
  const struct {
    std::string_view set;
    Reason reason;
    std::string_view message;
  } bad[] = {
      {R"("categories":[],"categories_nodes":[],"categories_segments":[],"categories_sizes":[])",
       Reason::invalid_tree, "tree 0, node 0: a categorical split without a set"},
      {R"("categories":[1],"categories_nodes":[0],"categories_segments":[],"categories_sizes":[1])",
       Reason::malformed_model, "1 categories_nodes, 0 segments, 1 sizes"},
      {R"("categories":[1],"categories_nodes":[3],"categories_segments":[0],"categories_sizes":[1])",
       Reason::invalid_tree, "node 3: categories of a node that is not there"},
      {R"("categories":[1],"categories_nodes":[1],"categories_segments":[0],"categories_sizes":[1])",
       Reason::invalid_tree, "node 1: categories of a numeric split"},
      {R"("categories":[1,2],"categories_nodes":[0,0],"categories_segments":[0,1],"categories_sizes":[1,1])",
       Reason::invalid_tree, "node 0: two sets of categories"},
      {R"("categories":[1],"categories_nodes":[0],"categories_segments":[1],"categories_sizes":[1])",
       Reason::invalid_tree, "node 0: categories that overlap or leave a gap"},
      {R"("categories":[1],"categories_nodes":[0],"categories_segments":[0],"categories_sizes":[2])",
       Reason::malformed_model, "1 categories, sets of 2"},
      {R"("categories":[1,1],"categories_nodes":[0],"categories_segments":[0],"categories_sizes":[2])",
       Reason::invalid_tree, "node 0: a category twice"},
      {R"("categories":[16777216],"categories_nodes":[0],"categories_segments":[0],"categories_sizes":[1])",
       Reason::invalid_tree, "node 0: the category 16777216"},
      {R"("categories":[-1],"categories_nodes":[0],"categories_segments":[0],"categories_sizes":[1])",
       Reason::invalid_tree, "node 0: the category -1"},
  };
  for (const auto& row : bad) {
    const Refusal refusal = refusal_of(with_set(row.set));
    CAPTURE(refusal.message);
    CHECK(refusal.reason == row.reason);
    CHECK(refusal.message.find(row.message) != std::string::npos);
  }
}

TEST_CASE("xgboost: every prefix and every byte after the end is refused") {
  for (std::size_t size = 0; size < kModel.size(); ++size) {
    CAPTURE(size);
    const Refusal refusal = refusal_of(kModel.substr(0, size));
    REQUIRE(refusal.reason == Reason::malformed_model);
  }
  for (const char* tail : {"x", "{}", ",", "]"}) {
    CHECK(refusal_of(std::string(kModel) + tail).reason == Reason::malformed_model);
  }
  CHECK(refusal_of(std::string(kModel) + '\0').reason == Reason::malformed_model);
  CHECK(refusal_of(std::string(kModel) + "\n \t").reason == Reason::none);
}

TEST_CASE("xgboost: other formats are refused, and named where they can be told") {
  // What follows "binf" in a file that XGBoost 1.7.6 writes as .deprecated; older ones have no
  // "binf": base_score 0.5, num_feature 1, num_class 0 and 124 bytes more, then a length of 16.
  const std::string old_header = std::string("\0\0\0\x3F\x01\0\0\0", 8) + std::string(128, '\0') +
                                 std::string("\x10\0\0\0\0\0\0\0", 8);
  const struct {
    std::string content;
    std::string_view message;
  } rows[] = {
      {"", "an empty file"},
      {"\x80\x04\x95\x10", "a Python pickle"},
      {"PK\x03\x04", "a zip archive"},
      {"\x1F\x8B\x08", "gzip data"},
      {"binf\x01", "XGBoost's old binary format"},
      {old_header + "reg:squarederror", "XGBoost's old binary format"},
      {old_header + "gbtree", "no JSON object"},
      {"tree\nversion=v4\n", "a LightGBM text model"},
      // The first bytes of what catboost 1.2.10, skl2onnx 1.20, joblib 1.5 and the frameworks' own
      // dump_model wrote.
      {std::string("CBM1\x08K\0\0", 8), "a CatBoost model"},
      {"{\n  \"features_info\":\n    {", "a CatBoost model"},
      {"\x08\x0A\x12\x08skl2onnx", "an ONNX model"},
      {"\x78\x5E\xDD\x7D", "as joblib writes a compressed pickle"},
      {"\x89MLC\r\n", "an mlcore artifact"},
      {"booster[0]:\n0:[f0<1]", "use save_model"},
      {"[\n  { \"nodeid\": 0, \"depth\": 0", "use save_model"},
      {"{\"name\": \"tree\", \"version\": \"v4\"", "LightGBM's dump_model"},
      {"{L\x01", "UBJSON byte 3: the data ends early"},
      {"[1]", "no JSON object"},
      {std::string(1000, '\0'), "no JSON object"},
      {"\xFF\xFE{", "no JSON object"},
  };
  for (const auto& row : rows) {
    CAPTURE(row.message);
    const Refusal refusal = refusal_of(row.content);
    CHECK(refusal.reason != Reason::none);
    CHECK(refusal.message.find(row.message) != std::string::npos);
  }
}
