// SPDX-License-Identifier: Apache-2.0
// Every SIMD target that runs here against the contract's plainest code, bit for bit, on full
// trees, which the kernels of ranks take, row by row and in batches of every size.
#include "predict/tree_kernel.hpp"

#include <doctest/doctest.h>

#include <algorithm>

#include "mlcore/predict/tree_engine.hpp"
#include "predict/random_trees.hpp"
#include "predict/tree_plan.hpp"

using namespace mlcore;
using test::differing_bits;
using test::full_model;
using test::FullShape;
using test::grown_model;
using test::Growth;
using test::probing_rows;

namespace {

std::vector<float> reference_of(const TreeEnsemble& model, const std::vector<float>& features,
                                std::size_t rows) {
  std::vector<float> margins(rows * model.output_count);
  for (std::size_t row = 0; row < rows; ++row) {
    reference_margins(model, {features.data() + row * model.feature_count, model.feature_count},
                      {margins.data() + row * model.output_count, model.output_count});
  }
  return margins;
}

/// Rows one by one, and a batch, on every target.
void check_targets(const TreeEnsemble& model, const std::vector<float>& features,
                   std::size_t rows) {
  const std::vector<float> expected = reference_of(model, features, rows);
  for (const SimdTarget target : runnable_simd_targets()) {
    CAPTURE(static_cast<int>(target));
    const TreeEngine engine(model, target);
    std::vector<float> one_by_one(expected.size(), -7.0f);
    std::vector<float> batch(expected.size(), -7.0f);
    for (std::size_t row = 0; row < rows; ++row) {
      engine.margins(features.data() + row * model.feature_count,
                     one_by_one.data() + row * model.output_count);
    }
    engine.batch_margins(features.data(), rows, batch.data());
    CHECK(differing_bits(one_by_one, expected) == 0);
    CHECK(differing_bits(batch, expected) == 0);
  }
}

/// What a case must have, so that it tests what it says.
bool has_complete_run(const TreeEnsemble& model, std::uint32_t depth) {
  const TreePlan<float> plan(model);
  return std::any_of(plan.runs.begin(), plan.runs.end(), [=](const TreeRun& run) {
    return run.runner == TreeRunner::complete && run.depth == depth;
  });
}

bool runs_by(const TreeEnsemble& model, TreeRunner runner) {
  const TreePlan<float> plan(model);
  return std::any_of(plan.runs.begin(), plan.runs.end(),
                     [=](const TreeRun& run) { return run.runner == runner; });
}

}  // namespace

TEST_CASE("tree kernels: every depth on every target has the contract's bits") {
  for (std::uint32_t depth = 1; depth <= kMaxCompleteDepth; ++depth) {
    CAPTURE(depth);
    SampleRandom random(depth);
    for (const std::size_t trees : {7, 8, 41, 130}) {
      CAPTURE(trees);
      const TreeEnsemble model = full_model(
          random, {.trees = trees, .depth = depth, .features = std::min(12u, depth + 2)});
      if (trees > 40) REQUIRE(has_complete_run(model, depth));
      check_targets(model, probing_rows(random, model, 130), 130);
    }
  }
}

TEST_CASE("tree kernels: batches of every size from 1 to 130") {
  SampleRandom random(20);
  const TreeEnsemble model = full_model(random, {.trees = 60, .depth = 6, .features = 9});
  const TreeEnsemble classes =
      full_model(random, {.trees = 60, .depth = 4, .features = 9, .outputs = 3});
  REQUIRE(has_complete_run(model, 6));
  REQUIRE(has_complete_run(classes, 4));
  for (std::size_t rows = 1; rows <= 130; ++rows) {
    CAPTURE(rows);
    check_targets(model, probing_rows(random, model, rows), rows);
    check_targets(classes, probing_rows(random, classes, rows), rows);
  }
}

TEST_CASE("tree kernels: trees of any shape up to 256 leaves are blended, larger ones walked") {
  struct Case {
    test::GrownTree grown;
    TreeRunner runner;
  };
  const Case cases[] = {
      {{Growth::by_loss, 64}, TreeRunner::blended},
      {{Growth::comb, 16}, TreeRunner::blended},
      {{Growth::comb, 17}, TreeRunner::blended},
      {{Growth::chain, 64}, TreeRunner::blended},
      {{Growth::chain, 65}, TreeRunner::blended},
      {{Growth::by_loss, 65}, TreeRunner::blended},
      {{Growth::by_loss, 128}, TreeRunner::blended},
      {{Growth::chain, 128}, TreeRunner::blended},
      {{Growth::chain, 129}, TreeRunner::blended},
      {{Growth::by_loss, 129}, TreeRunner::blended},
      {{Growth::by_loss, 130}, TreeRunner::blended},
      {{Growth::comb, 255}, TreeRunner::blended},
      {{Growth::chain, 256}, TreeRunner::blended},
      {{Growth::by_loss, 256}, TreeRunner::blended},
      {{Growth::by_loss, 257}, TreeRunner::byte_walk},
      {{Growth::chain, 257}, TreeRunner::byte_walk},
      {{Growth::comb, 400}, TreeRunner::byte_walk},
      {{Growth::level, 300}, TreeRunner::byte_walk},
  };
  for (const Case& test : cases) {
    CAPTURE(static_cast<int>(test.grown.growth));
    CAPTURE(test.grown.leaves);
    SampleRandom random(test.grown.leaves);
    const TreeEnsemble model =
        grown_model(random, {.trees = 21, .depth = 0, .features = 11}, {test.grown});
    REQUIRE(runs_by(model, test.runner));
    check_targets(model, probing_rows(random, model, 130), 130);
  }
}

TEST_CASE("tree kernels: blended trees in batches of every size from 1 to 130") {
  SampleRandom random(21);
  const TreeEnsemble model = grown_model(random, {.trees = 40, .depth = 0, .features = 9},
                                         {{Growth::by_loss, 31}, {Growth::comb, 90}});
  const TreeEnsemble classes =
      grown_model(random, {.trees = 40, .depth = 0, .features = 9, .outputs = 3},
                  {{Growth::comb, 20}, {Growth::chain, 40}});
  REQUIRE(runs_by(model, TreeRunner::blended));
  REQUIRE(runs_by(classes, TreeRunner::blended));
  for (std::size_t rows = 1; rows <= 130; ++rows) {
    CAPTURE(rows);
    check_targets(model, probing_rows(random, model, rows), rows);
    check_targets(classes, probing_rows(random, classes, rows), rows);
  }
}

TEST_CASE("tree kernels: shapes mixed tree by tree, on few and many columns and outputs") {
  const std::vector<test::GrownTree> mixed = {
      {Growth::by_loss, 64},  {Growth::lone_leaf, 1}, {Growth::level, 64}, {Growth::chain, 70},
      {Growth::by_loss, 700}, {Growth::level, 2},     {Growth::comb, 200}, {Growth::level, 300}};
  for (const std::uint32_t features : {5u, 60u, 150u, 400u}) {
    for (const std::uint32_t outputs : {1u, 3u, 40u}) {
      CAPTURE(features);
      CAPTURE(outputs);
      SampleRandom random(features + outputs);
      const TreeEnsemble model = grown_model(
          random, {.trees = 160, .depth = 0, .features = features, .outputs = outputs}, mixed);
      REQUIRE(runs_by(model, TreeRunner::blended));
      check_targets(model, probing_rows(random, model, 100), 100);
    }
  }
}

TEST_CASE("tree kernels: columns past each limit of the layout") {
  struct Case {
    FullShape shape;
    std::size_t least;  // columns
    std::size_t most;   // 0: more than the kernels take, so that the trees are walked
  };
  const Case cases[] = {
      {{.trees = 60, .depth = 6, .features = 20}, 40, 128},
      {{.trees = 200, .depth = 6, .features = 100}, 129, 256},
      {{.trees = 300, .depth = 6, .features = 200}, 257, 512},
      {{.trees = 600, .depth = 6, .features = 400}, 513, 1024},
      {{.trees = 600, .depth = 6, .features = 600}, 1025, 2048},
      {{.trees = 700, .depth = 6, .features = 2'000}, 2049, 4096},
      {{.trees = 800, .depth = 6, .features = 2'100}, 4097, 8192},
      {{.trees = 3'200, .depth = 6, .features = 8'400}, 0, 0},
      {{.trees = 5, .depth = 6, .features = 10'000}, 0, 0},
      {{.trees = 400, .depth = 6, .features = 9, .thresholds = 900}, 36, 128},
      {{.trees = 130, .depth = 8, .features = 1, .thresholds = 4'000}, 32, 64},
      {{.trees = 500, .depth = 8, .features = 1, .thresholds = 9'000}, 64, 128},
      {{.trees = 1'000, .depth = 8, .features = 1, .thresholds = 70'000}, 0, 0},
  };
  for (const Case& test : cases) {
    CAPTURE(test.shape.features);
    CAPTURE(test.shape.thresholds);
    SampleRandom random(test.shape.features);
    const TreeEnsemble model = full_model(random, test.shape);
    const TreePlan<float> plan(model);
    CHECK(plan.ranks.column_count() >= test.least);
    CHECK(plan.ranks.column_count() <= test.most);
    CHECK(plan.has_ranks() == (test.most != 0));
    const std::size_t rows = test.shape.features > 500 ? 40 : 150;
    check_targets(model, probing_rows(random, model, rows), rows);
  }
}

TEST_CASE("tree kernels: runs of as many trees as are turned, a few less and more") {
  for (const std::uint32_t depth : {6u, 7u, 8u}) {
    CAPTURE(depth);
    for (const std::size_t trees : {63, 64, 65, 79, 80, 91, 92, 103, 104, 127, 128, 129, 168}) {
      CAPTURE(trees);
      SampleRandom random(100 * depth + trees);
      const std::uint32_t outputs = trees % 3 == 0 ? 3 : 1;
      const TreeEnsemble model = full_model(
          random,
          {.trees = trees, .depth = depth, .features = 20, .outputs = outputs, .pruned = 0});
      REQUIRE(TreePlan<float>(model).runs.size() == 1);
      for (const std::size_t rows : {15, 16, 33, 64, 130}) {
        CAPTURE(rows);
        check_targets(model, probing_rows(random, model, rows), rows);
      }
    }
  }
}

TEST_CASE("tree kernels: trees that are turned, with every number of column registers") {
  struct Case {
    std::uint32_t features;
    std::size_t least;  // columns
    std::size_t most;
  };
  for (const Case& test : {Case{1, 1, 64}, {60, 65, 128}, {70, 129, 192}, {120, 193, 256}}) {
    CAPTURE(test.features);
    for (const std::uint32_t depth : {6u, 7u, 8u}) {
      CAPTURE(depth);
      SampleRandom random(test.features + depth);
      const TreeEnsemble model =
          full_model(random, {.trees = 150, .depth = depth, .features = test.features});
      REQUIRE(has_complete_run(model, depth));
      const TreePlan<float> plan(model);
      CHECK(plan.ranks.column_count() >= test.least);
      CHECK(plan.ranks.column_count() <= test.most);
      check_targets(model, probing_rows(random, model, 300), 300);
    }
  }
}

TEST_CASE("tree kernels: few and many outputs") {
  for (const std::uint32_t outputs : {2u, 32u, 33u, 200u}) {
    CAPTURE(outputs);
    SampleRandom random(outputs);
    const TreeEnsemble model =
        full_model(random, {.trees = 420, .depth = 5, .features = 15, .outputs = outputs});
    REQUIRE(has_complete_run(model, 5));
    check_targets(model, probing_rows(random, model, 140), 140);
  }
}

TEST_CASE("tree kernels: 255, 256 and more thresholds, the last met by its missing value only") {
  for (const int count :
       {1, 15, 16, 17, 254, 255, 256, 257, 271, 272, 273, 510, 511, 4096, 4097, 5000, 32'640}) {
    CAPTURE(count);
    TreeEnsemble model;
    model.feature_count = 1;
    model.base_margins = {0.25f};
    test::TreeWriter writer(model);
    for (int k = 0; k < count; ++k) {
      const auto root = static_cast<std::uint32_t>(model.left.size());
      const bool is_last = k + 1 == count;
      const float threshold =
          is_last ? std::numeric_limits<float>::infinity() : static_cast<float>(k) * 0.5f;
      writer.split(root + 1, 0, threshold, k % 2 == 0);
      writer.leaf(static_cast<float>(k % 7) + 0.5f);
      writer.leaf(-static_cast<float>(k % 5));
      writer.finish_tree(0);
    }
    validate(model);
    if (count > 2) REQUIRE(TreePlan<float>(model).has_ranks());
    SampleRandom random(static_cast<std::uint64_t>(count));
    const std::size_t rows = count > 1'000 ? 70 : 400;
    check_targets(model, probing_rows(random, model, rows), rows);
  }
}

TEST_CASE("tree kernels: ranges within a run that is turned") {
  SampleRandom random(32);
  const TreeEnsemble model =
      full_model(random, {.trees = 200, .depth = 7, .features = 9, .outputs = 2});
  REQUIRE(has_complete_run(model, 7));
  const std::vector<float> features = probing_rows(random, model, 70);
  for (const SimdTarget target : runnable_simd_targets()) {
    CAPTURE(static_cast<int>(target));
    const TreeEngine engine(model, target);
    for (const TreeRange range : {TreeRange{1, 65}, {3, 66}, {7, 150}, {136, 200}, {0, 199}}) {
      CAPTURE(range.begin);
      std::vector<float> batch(140), expected(140);
      engine.batch_margins(features.data(), 70, range, batch.data());
      for (std::size_t row = 0; row < 70; ++row) {
        engine.margins(features.data() + row * 9, range, expected.data() + row * 2);
      }
      CHECK(differing_bits(batch, expected) == 0);
    }
  }
}

TEST_CASE("tree kernels: ranges of trees, and runs of different depths") {
  SampleRandom random(31);
  TreeEnsemble model = full_model(random, {.trees = 40, .depth = 6, .features = 6});
  const TreeEnsemble others[] = {
      full_model(random, {.trees = 30, .depth = 2, .features = 6}),
      full_model(random, {.trees = 3, .depth = 11, .features = 6}),
      full_model(random, {.trees = 12, .depth = 8, .features = 6}),
  };
  for (const TreeEnsemble& other : others) {
    const auto shift = static_cast<std::uint32_t>(model.left.size());
    for (const std::uint32_t left : other.left) {
      model.left.push_back(left == TreeEnsemble::kLeaf ? left : left + shift);
    }
    const auto append = [](auto& to, const auto& from) {
      to.insert(to.end(), from.begin(), from.end());
    };
    append(model.feature, other.feature);
    append(model.value, other.value);
    append(model.default_left, other.default_left);
    append(model.tree_output, other.tree_output);
    for (std::size_t tree = 1; tree < other.tree_begin.size(); ++tree) {
      model.tree_begin.push_back(other.tree_begin[tree] + shift);
    }
  }
  validate(model);
  REQUIRE(TreePlan<float>(model).runs.size() >= 4);
  const std::vector<float> features = probing_rows(random, model, 70);
  check_targets(model, features, 70);
  for (const SimdTarget target : runnable_simd_targets()) {
    CAPTURE(static_cast<int>(target));
    const TreeEngine engine(model, target);
    for (const auto& [begin, end] : {std::pair{0u, 1u}, {39u, 41u}, {5u, 77u}, {84u, 85u}}) {
      CAPTURE(begin);
      std::vector<float> batch(70), expected;
      engine.batch_margins(features.data(), 70, {begin, end}, batch.data());
      for (std::size_t row = 0; row < 70; ++row) {
        const float* values = features.data() + row * model.feature_count;
        float sum = model.base_margins[0];
        for (auto tree = begin; tree < end; ++tree) {
          std::uint32_t node = model.tree_begin[tree];
          while (model.left[node] != TreeEnsemble::kLeaf) {
            const float x = values[model.feature[node]];
            const bool goes_left =
                std::isnan(x) ? model.default_left[node] != 0 : x < model.value[node];
            node = model.left[node] + (goes_left ? 0 : 1);
          }
          sum += model.value[node];
        }
        expected.push_back(sum);
        float one = 0;
        engine.margins(values, {begin, end}, &one);
        CHECK(std::bit_cast<std::uint32_t>(one) == std::bit_cast<std::uint32_t>(sum));
      }
      CHECK(differing_bits(batch, expected) == 0);
    }
  }
}
