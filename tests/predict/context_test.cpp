// SPDX-License-Identifier: Apache-2.0
#include <doctest/doctest.h>

#include <limits>

#include "mlcore/base/error.hpp"
#include "mlcore/predict/predictor.hpp"

namespace mlcore {
namespace {

constexpr std::uint32_t kLeaf = TreeEnsemble::kLeaf;
constexpr double kNan = std::numeric_limits<double>::quiet_NaN();

/// Three classes, two rounds: in each a stump x < 1 for each class. The second round's leaves are
/// nodes 3 and 4 in the file.
TreeEnsemble classifier() {
  TreeEnsemble model;
  model.framework = "xgboost";
  model.objective = "multi:softprob";
  model.contract.link = Link::softmax;
  model.feature_count = 1;
  model.output_count = 3;
  model.base_margins = {0.5f, 0.5f, 0.5f};
  model.tree_begin = {0, 3, 6, 9, 12, 15, 18};
  model.tree_output = {0, 1, 2, 0, 1, 2};
  const float leaves[][2] = {{1, 0}, {0, 1}, {0, 1}, {0, 0}, {4, 0}, {0, 2}};
  for (std::uint32_t tree = 0; tree < 6; ++tree) {
    model.left.insert(model.left.end(), {3 * tree + 1, kLeaf, kLeaf});
    model.feature.insert(model.feature.end(), {0, 0, 0});
    model.value.insert(model.value.end(), {1, leaves[tree][0], leaves[tree][1]});
    model.default_left.insert(model.default_left.end(), {1, 0, 0});
    const std::uint32_t first = tree < 3 ? 1 : 3;
    model.node_id.insert(model.node_id.end(), {0, first, first + 1});
  }
  model.round_begin = {0, 3, 6};
  return model;
}

std::shared_ptr<const Predictor> predictor_of(TreeEnsemble model) {
  Artifact artifact;
  artifact.definition =
      Definition::parse("features f version 1\ninput x: f64?\ny = x\noutput [y]\n");
  artifact.model = std::move(model);
  return std::make_shared<const Predictor>(std::move(artifact));
}

/// One numeric row, and the same through a batch of three.
std::vector<double> outputs_of(Context& context, double x) {
  const Predictor& predictor = context.predictor();
  std::vector<double> out(context.output_count());
  predictor.predict_numeric(context, {&x, 1}, out);
  const double rows[] = {-x, x, 7};
  std::vector<double> batch(3 * out.size());
  predictor.predict_batch(context, Span2d<const double>(rows, 3, 1), batch);
  const auto second = batch.begin() + static_cast<std::ptrdiff_t>(out.size());
  CHECK(std::vector<double>(second, second + static_cast<std::ptrdiff_t>(out.size())) == out);
  return out;
}

Error error_of(const std::shared_ptr<const Predictor>& predictor, ContextOptions options) {
  try {
    Context refused(predictor, options);
  } catch (const Error& error) {
    return error;
  }
  return {Code::ok, Reason::none, "no error"};
}

using Values = std::vector<double>;

}  // namespace

TEST_CASE("context: a range of rounds adds their trees to the base margins") {
  const auto predictor = predictor_of(classifier());
  const struct {
    std::int32_t begin, end;
    Values left, right;
  } cases[] = {
      {0, 0, {1.5, 4.5, 0.5}, {0.5, 1.5, 3.5}}, {0, 2, {1.5, 4.5, 0.5}, {0.5, 1.5, 3.5}},
      {0, 1, {1.5, 0.5, 0.5}, {0.5, 1.5, 1.5}}, {1, 2, {0.5, 4.5, 0.5}, {0.5, 0.5, 2.5}},
      {1, 0, {0.5, 4.5, 0.5}, {0.5, 0.5, 2.5}},
  };
  for (const auto& test : cases) {
    CAPTURE(test.begin);
    CAPTURE(test.end);
    Context context(predictor, {OutputKind::margin, test.begin, test.end});
    CHECK(outputs_of(context, 0) == test.left);
    CHECK(outputs_of(context, 1) == test.right);
    CHECK(outputs_of(context, kNan) == test.left);
  }
}

TEST_CASE("context: the class is the first of the greatest margins of the range") {
  const auto predictor = predictor_of(classifier());
  CHECK(predictor->output_count(OutputKind::class_index) == 1);
  Context all(predictor, {.output = OutputKind::class_index});
  CHECK(outputs_of(all, 0) == Values{1});
  CHECK(outputs_of(all, 1) == Values{2});
  Context first(predictor, {OutputKind::class_index, 0, 1});
  CHECK(outputs_of(first, 0) == Values{0});
  CHECK(outputs_of(first, 1) == Values{1});  // classes 1 and 2 have equal margins
}

TEST_CASE("context: leaves have the ids of the framework's file, a column a tree of the range") {
  const auto predictor = predictor_of(classifier());
  CHECK(predictor->output_count(OutputKind::leaf) == 6);
  Context all(predictor, {.output = OutputKind::leaf});
  CHECK(outputs_of(all, 0) == Values{1, 1, 1, 3, 3, 3});
  CHECK(outputs_of(all, 1) == Values{2, 2, 2, 4, 4, 4});
  Context second(predictor, {OutputKind::leaf, 1, 2});
  CHECK(second.output_count() == 3);
  CHECK(outputs_of(second, 1) == Values{4, 4, 4});
  TreeEnsemble without_ids = classifier();
  without_ids.node_id.clear();
  Context positions(predictor_of(std::move(without_ids)), {.output = OutputKind::leaf});
  CHECK(outputs_of(positions, 1) == Values{2, 2, 2, 2, 2, 2});
}

TEST_CASE("context: a range that is no range of the model is refused with its numbers") {
  const auto predictor = predictor_of(classifier());
  constexpr std::int32_t kMax = std::numeric_limits<std::int32_t>::max();
  constexpr std::int32_t kMin = std::numeric_limits<std::int32_t>::min();
  const std::int32_t ranges[][2] = {{0, 3},  {1, 1}, {2, 1}, {-1, 0},   {-1, 1},
                                    {0, -1}, {2, 0}, {2, 2}, {0, kMax}, {kMin, kMin}};
  for (const auto& [begin, end] : ranges) {
    CAPTURE(begin);
    CAPTURE(end);
    for (const OutputKind output :
         {OutputKind::prediction, OutputKind::leaf, OutputKind::features}) {
      const Error error = error_of(predictor, {output, begin, end});
      CHECK(error.code() == Code::invalid_argument);
      CHECK(error.reason() == Reason::invalid_option);
    }
  }
  CHECK(std::string(error_of(predictor, {OutputKind::margin, 1, 9}).message()) ==
        "iterations [1, 9): expected 0 <= begin < end <= 2, the model's rounds, or an end of 0 for "
        "the last");
}

TEST_CASE("context: what a model cannot give is refused by name") {
  TreeEnsemble model = classifier();
  model.objective = "reg:squarederror";
  model.contract.link = Link::identity;
  const Error no_class = error_of(predictor_of(model), {.output = OutputKind::class_index});
  CHECK(no_class.code() == Code::failed_precondition);
  CHECK(no_class.reason() == Reason::invalid_option);
  CHECK(no_class.message().find("\"reg:squarederror\"") != std::string::npos);

  model.round_begin.clear();  // as a file of format 0.1
  model.node_id.clear();
  const auto older = predictor_of(model);
  for (const ContextOptions options :
       {ContextOptions{.output = OutputKind::leaf}, ContextOptions{OutputKind::margin, 0, 1}}) {
    const Error error = error_of(older, options);
    CHECK(error.code() == Code::failed_precondition);
    CHECK(error.reason() == Reason::invalid_option);
    CHECK(error.message().find("format 0.1") != std::string::npos);
  }
  Context margins(older, {.output = OutputKind::margin});
  CHECK(outputs_of(margins, 1) == Values{0.5, 1.5, 3.5});

  TreeEnsemble empty;
  empty.feature_count = 1;
  empty.base_margins = {0.25f};
  empty.tree_begin = empty.round_begin = {0};
  const auto base = predictor_of(empty);
  CHECK(error_of(base, {.output = OutputKind::leaf}).code() == Code::failed_precondition);
  CHECK(error_of(base, {OutputKind::margin, 0, 1}).code() == Code::invalid_argument);
  Context margin(base, {.output = OutputKind::margin});
  CHECK(outputs_of(margin, 1) == Values{0.25});
}

}  // namespace mlcore
