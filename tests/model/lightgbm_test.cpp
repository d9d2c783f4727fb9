// SPDX-License-Identifier: Apache-2.0
#include "mlcore/model/lightgbm.hpp"

#include <doctest/doctest.h>

#include <cmath>
#include <limits>
#include <string>

#include "error_of.hpp"

using namespace mlcore;

namespace {

constexpr std::uint32_t kLeaf = TreeEnsemble::kLeaf;

/// As LightGBM 4.7.0 writes it: x0 in {1, 3} to leaf 0, else x1 <= 0.5 to leaf 1, else to leaf 2.
constexpr std::string_view kModel =
    "tree\nversion=v4\nnum_class=1\nnum_tree_per_iteration=1\nlabel_index=0\nmax_feature_idx=1\n"
    "objective=binary sigmoid:2\nfeature_names=a b=c\nfeature_infos=0:1 [0:1]\ntree_sizes=1\n\n"
    "Tree=0\nnum_leaves=3\nnum_cat=1\nsplit_feature=0 1\nsplit_gain=1 1\nthreshold=0 0.5\n"
    "decision_type=1 2\nleft_child=-1 -2\nright_child=1 -3\nleaf_value=1 2 4\nleaf_weight=1 1 1\n"
    "leaf_count=1 1 1\ninternal_value=0 0\ninternal_weight=0 0\ninternal_count=1 1\n"
    "cat_boundaries=0 1\ncat_threshold=10\nis_linear=0\nshrinkage=1\n\n\nend of trees\n\n"
    "feature_importances:\na=1\n\nparameters:\n[boosting: gbdt]\n\nend of parameters\n\n"
    "pandas_categorical:null\n";

std::string model_with(std::string_view from, std::string_view to) {
  std::string text(kModel);
  const std::size_t at = text.find(from);
  REQUIRE(at != text.npos);
  return text.replace(at, from.size(), to);
}

Error refusal_of(std::string_view text) {
  return test::error_of([text] { static_cast<void>(import_lightgbm(text)); });
}

}  // namespace

TEST_CASE("lightgbm: a model is read under its contract") {
  const TreeEnsemble model = import_lightgbm(kModel);
  CHECK(model.objective == "binary");
  CHECK(model.contract.link == Link::logistic);
  CHECK(model.contract.link_scale == 2);
  CHECK(model.feature_names == std::vector<std::string>{"a", "b=c"});
  CHECK(model.set_members == std::vector<std::uint32_t>{1, 3});
  constexpr double kNan = std::numeric_limits<double>::quiet_NaN();
  // By hand, after CategoricalDecision and NumericalDecision of LightGBM's tree.h.
  const struct {
    double a;
    double b;
    double margin;
  } rows[] = {{1, 0, 1},        {3.9, 9, 1},   {2, 0.5, 2},  {2, 0.50000000000000011, 4},
              {-3, 0, 2},       {kNan, 9, 4},  {2, kNan, 2}, {2, -INFINITY, 2},
              {2, INFINITY, 4}, {1e300, 0, 2}, {-1, 0, 2}};
  for (const auto& row : rows) {
    CAPTURE(row.a);
    CAPTURE(row.b);
    const double features[] = {row.a, row.b};
    double margin = 0;
    reference_margins(model, features, {&margin, 1});
    CHECK(margin == row.margin);
  }
}

TEST_CASE("lightgbm: what is broken or not understood is refused, the place named") {
  const struct {
    std::string_view from;
    std::string_view to;
    Reason reason;
    std::string_view message;
  } rows[] = {
      {"version=v4", "version=v5", Reason::unsupported_model, "format \"v5\""},
      {"objective=binary", "objective=mine", Reason::unsupported_model, "the objective \"mine\""},
      {"sigmoid:2", "sigmoid:0", Reason::malformed_model, "sigmoid \"0\""},
      {"sigmoid:2", "gamma:2", Reason::unsupported_model, "the parameter \"gamma:2\""},
      {"label_index=0", "label_index=0\nlabel_index=0", Reason::malformed_model, "given twice"},
      {"label_index=0", "surprise=0", Reason::unsupported_model, "line 5: the unknown key"},
      {"is_linear=0", "is_linear=1", Reason::malformed_model,
       "tree 0: leaf_const has 0 elements, num_features 0, for 3 linear leaves"},
      {"is_linear=0", "is_linear=0\nleaf_const=1 2 3", Reason::malformed_model,
       "tree 0: leaf_const has 3 elements, num_features 0, for 0 linear leaves"},
      {"is_linear=0", "is_linear=0\nleaf_coeff=1", Reason::malformed_model,
       "leaf_features has 0 elements, leaf_coeff 1"},
      {"shrinkage=1", "shrinkage=1\nshrinkage=1", Reason::malformed_model, "given twice"},
      {"shrinkage=1", "surprise=1", Reason::unsupported_model, "tree 0: the unknown key"},
      {"Tree=0", "Tree=1", Reason::malformed_model, "line 12: tree 1 where tree 0 belongs"},
      {"num_leaves=3", "num_leaves=4", Reason::malformed_model, "3 elements for 4 leaves"},
      {"threshold=0 0.5", "threshold=0", Reason::malformed_model, "threshold has 1 elements"},
      {"threshold=0 0.5", "threshold=0 nan", Reason::malformed_model, "found \"nan\""},
      {"threshold=0 0.5", "threshold=1 0.5", Reason::invalid_tree, "node 0: set 1 of 1"},
      {"leaf_value=1 2 4", "leaf_value=1 2 inf", Reason::invalid_tree, "a leaf that is not finite"},
      {"right_child=1 -3", "right_child=0 -3", Reason::invalid_tree, "child 0 has two parents"},
      {"right_child=1 -3", "right_child=1 -2", Reason::invalid_tree, "child -2 has two parents"},
      {"right_child=1 -3", "right_child=1 -4", Reason::invalid_tree, "child -4 of 3 leaves"},
      {"right_child=1 -3", "right_child=2 -3", Reason::invalid_tree, "child 2 of 3 leaves"},
      {"decision_type=1 2", "decision_type=1 12", Reason::unsupported_model, "decision type 12"},
      {"split_feature=0 1", "split_feature=0 2", Reason::invalid_tree, "feature 2 of 2"},
      {"cat_boundaries=0 1", "cat_boundaries=0 2", Reason::malformed_model, "cat_boundaries"},
      {"cat_threshold=10", "cat_threshold=-1", Reason::invalid_tree, "the word -1 of a set"},
      {"num_tree_per_iteration=1", "num_tree_per_iteration=2", Reason::malformed_model,
       "1 trees, 2 an iteration"},
      {"pandas_categorical:null", "garbage", Reason::malformed_model, "after the trees"},
      {"tree\n", "PK", Reason::malformed_model, "the first line is not \"tree\""},
  };
  for (const auto& row : rows) {
    const Error refusal = refusal_of(model_with(row.from, row.to));
    CAPTURE(row.to);
    CAPTURE(refusal.message());
    CHECK(refusal.reason() == row.reason);
    CHECK(refusal.message().find(row.message) != std::string::npos);
  }
  const std::size_t end = kModel.find("end of trees");
  for (std::size_t size = 0; size < end; ++size) {
    CAPTURE(size);
    REQUIRE(refusal_of(kModel.substr(0, size)).reason() != Reason::none);
  }
}

TEST_CASE("lightgbm: linear leaves are read, one without terms is its constant") {
  const auto linear = [](std::string_view terms) {
    return model_with("is_linear=0", "is_linear=1\nleaf_const=10 20 40\n" + std::string(terms));
  };
  const TreeEnsemble model = import_lightgbm(
      linear("num_features=2 0 1\nleaf_features=0 1   1  \nleaf_coeff=0.5 -2   3  "));
  CHECK(model.left == std::vector<std::uint32_t>{1, 3, kLeaf, kLeaf, kLeaf});
  CHECK(model.wide_value == std::vector<double>{0, 0.5, 1, 20, 4});
  CHECK(model.term_begin == std::vector<std::uint32_t>{0, 0, 0, 2, 2, 3});
  CHECK(model.term_feature == std::vector<std::uint32_t>{0, 1, 1});
  CHECK(model.term_coefficient == std::vector<double>{0.5, -2, 3});
  CHECK(model.leaf_constant == std::vector<double>{0, 0, 10, 0, 40});

  const struct {
    std::string_view terms;
    Reason reason;
    std::string_view message;
  } rows[] = {
      {"num_features=2 0", Reason::malformed_model,
       "leaf_const has 3 elements, num_features 2, for 3 linear leaves"},
      {"num_features=2 0 -1", Reason::malformed_model, "num_features counts 2 of 0 leaf_features"},
      {"num_features=0 0 -1", Reason::malformed_model, "num_features counts -1 of 0"},
      {"num_features=9223372036854775807 0 1\nleaf_features=1", Reason::malformed_model,
       "num_features counts 9223372036854775807 of 1 leaf_features"},
      {"num_features=0 0 1\nleaf_features=0 1\nleaf_coeff=1 1", Reason::malformed_model,
       "leaf_features has 2 elements, leaf_coeff 2, num_features counts 1"},
      {"num_features=0 0 1\nleaf_features=0", Reason::malformed_model, "leaf_coeff 0"},
      {"num_features=0 0 1\nleaf_features=-1\nleaf_coeff=1", Reason::malformed_model,
       "leaf 2: a term of feature -1"},
      {"num_features=0 0 1\nleaf_features=2\nleaf_coeff=1", Reason::invalid_tree,
       "a term of feature 2 of 2"},
      {"num_features=0 0 1\nleaf_features=1\nleaf_coeff=inf", Reason::invalid_tree,
       "a term that is not finite"},
      {"num_features=0 0 1\nleaf_features=1\nleaf_coeff=nan", Reason::malformed_model,
       "leaf_coeff: expected a number"},
  };
  for (const auto& row : rows) {
    const Error refusal = refusal_of(linear(row.terms));
    CAPTURE(row.terms);
    CAPTURE(refusal.message());
    CHECK(refusal.reason() == row.reason);
    CHECK(refusal.message().find(row.message) != std::string::npos);
  }
}

TEST_CASE("lightgbm: other formats are refused, and named where they can be told") {
  const struct {
    std::string content;
    std::string_view message;
  } rows[] = {
      {"", "an empty file"},
      {"\x80\x04\x95\x10", "a Python pickle"},
      {"PK\x03\x04", "a zip archive"},
      {"binf\x01", "XGBoost's old binary format"},
      {"{\"learner\":{}}", "found JSON"},
      {"booster=gbtree\n", "found no LightGBM text"},
  };
  for (const auto& row : rows) {
    CAPTURE(row.message);
    const Error refusal = refusal_of(row.content);
    CAPTURE(refusal.message());
    CHECK(refusal.reason() == Reason::malformed_model);
    CHECK(refusal.message().find(row.message) != std::string::npos);
  }
}
