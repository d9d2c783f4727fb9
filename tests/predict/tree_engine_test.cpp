// SPDX-License-Identifier: Apache-2.0
// The engine against the contract's plainest code, bit for bit, on random and on extreme ensembles.
// xgboost_exactness_test.cpp holds both to XGBoost.
#include "mlcore/predict/tree_engine.hpp"

#include <doctest/doctest.h>

#include <cmath>
#include <limits>

#include "predict/allocation_counter.hpp"
#include "predict/random_trees.hpp"

using namespace mlcore;
using test::differing_bits;
using test::random_value;

namespace {

constexpr std::uint32_t kLeaf = TreeEnsemble::kLeaf;
constexpr float kNan = std::numeric_limits<float>::quiet_NaN();
constexpr float kInf = std::numeric_limits<float>::infinity();

struct Shape {
  std::size_t trees;
  std::size_t splits;  // at most, a tree
  std::uint32_t features;
  std::uint32_t outputs;
};

/// Grows each tree by splitting random leaves, in the order of a queue, so that depths vary.
TreeEnsemble random_model(SampleRandom& random, const Shape& shape) {
  TreeEnsemble model;
  model.feature_count = shape.features;
  model.output_count = shape.outputs;
  model.tree_begin = {0};
  for (std::uint32_t output = 0; output < shape.outputs; ++output) {
    model.base_margins.push_back(static_cast<float>(random.uniform()));
  }
  for (std::size_t tree = 0; tree < shape.trees; ++tree) {
    const auto begin = static_cast<std::uint32_t>(model.left.size());
    std::uint32_t next = begin + 1;
    std::size_t splits = shape.splits == 0 ? 0 : random.below(shape.splits + 1);
    for (std::uint32_t node = begin; node < next; ++node) {
      const bool is_last = node + 1 == next;  // keeps a tree going until its splits are used up
      const bool splits_here = splits > 0 && (is_last || random.below(2) == 0);
      float value = random_value(random);
      if (splits_here) {
        model.left.push_back(next);
        model.feature.push_back(static_cast<std::uint32_t>(random.below(shape.features)));
        model.value.push_back(std::isnan(value) ? 1.0f : value);
        model.default_left.push_back(static_cast<std::uint8_t>(random.below(2)));
        next += 2;
        --splits;
      } else {
        model.left.push_back(kLeaf);
        model.feature.push_back(0);
        model.value.push_back(static_cast<float>(random.uniform() - 0.5));
        model.default_left.push_back(0);
      }
    }
    model.tree_begin.push_back(static_cast<std::uint32_t>(model.left.size()));
    model.tree_output.push_back(static_cast<std::uint32_t>(random.below(shape.outputs)));
  }
  validate(model);
  return model;
}

void check_rows(const TreeEnsemble& model, const std::vector<float>& features, std::size_t rows) {
  const TreeEngine engine(model);
  const std::size_t outputs = model.output_count;
  std::vector<float> expected(rows * outputs);
  std::vector<float> row_by_row(rows * outputs, kNan);
  std::vector<float> batch(rows * outputs, kNan);
  for (std::size_t row = 0; row < rows; ++row) {
    const float* values = features.data() + row * model.feature_count;
    reference_margins(model, {values, model.feature_count},
                      {expected.data() + row * outputs, outputs});
    engine.margins(values, row_by_row.data() + row * outputs);
  }
  engine.batch_margins(features.data(), rows, batch.data());
  CHECK(differing_bits(row_by_row, expected) == 0);
  CHECK(differing_bits(batch, expected) == 0);
}

std::vector<float> random_rows(SampleRandom& random, const TreeEnsemble& model, std::size_t rows) {
  std::vector<float> features(rows * model.feature_count);
  for (float& value : features) value = random_value(random);
  return features;
}

TreeEnsemble leaf_model(std::vector<float> leaves) {
  TreeEnsemble model;
  model.base_margins = {0.5f};
  model.tree_begin = {0};
  for (const float leaf : leaves) {
    model.tree_output.push_back(0);
    model.left.push_back(kLeaf);
    model.feature.push_back(0);
    model.value.push_back(leaf);
    model.default_left.push_back(0);
    model.tree_begin.push_back(static_cast<std::uint32_t>(model.left.size()));
  }
  return model;
}

}  // namespace

TEST_CASE("tree engine: random ensembles of every shape, bits as the contract's") {
  const Shape shapes[] = {
      {1, 1, 1, 1},       {7, 3, 2, 1},       {8, 15, 4, 1},      {9, 63, 28, 1},
      {100, 63, 28, 3},   {33, 255, 300, 2},  {64, 1000, 500, 5}, {5, 4000, 700, 1},
      {3, 9000, 3000, 1}, {10'000, 7, 10, 4}, {200, 31, 10, 33},  {300, 7, 4, 64},
      {500, 15, 20, 100},
  };
  for (std::uint64_t seed = 1; seed <= 3; ++seed) {
    for (const Shape& shape : shapes) {
      CAPTURE(seed);
      CAPTURE(shape.trees);
      CAPTURE(shape.features);
      SampleRandom random(seed);
      const TreeEnsemble model = random_model(random, shape);
      const std::size_t rows = shape.features > 400 ? 75 : 203;
      check_rows(model, random_rows(random, model, rows), rows);
    }
  }
}

TEST_CASE("tree engine: batches of every size give the bits of single rows") {
  SampleRandom random(77);
  const TreeEnsemble model = random_model(random, {20, 31, 6, 2});
  for (const std::size_t rows : {0, 1, 2, 7, 8, 9, 15, 16, 63, 64, 65, 71, 72, 128, 129, 200}) {
    CAPTURE(rows);
    check_rows(model, random_rows(random, model, rows), rows);
  }
}

TEST_CASE("tree engine: a threshold of infinity still tells missing from infinite") {
  for (const float threshold : {-kInf, kInf, 0.0f, -0.0f}) {
    for (const std::uint8_t default_left : {0, 1}) {
      CAPTURE(threshold);
      CAPTURE(int{default_left});
      TreeEnsemble model;
      model.feature_count = 1;
      model.base_margins = {0};
      model.tree_begin = {0, 3};
      model.tree_output = {0};
      model.left = {1, kLeaf, kLeaf};
      model.feature = {0, 0, 0};
      model.value = {threshold, 1, 2};
      model.default_left = {default_left, 0, 0};
      validate(model);
      const TreeEngine engine(model);
      const auto margin = [&engine](float value) {
        float result = 0;
        engine.margins(&value, &result);
        return result;
      };
      CHECK(margin(kNan) == (default_left != 0 ? 1.0f : 2.0f));
      CHECK(margin(-kInf) == (threshold > -kInf ? 1.0f : 2.0f));
      CHECK(margin(kInf) == 2.0f);
      CHECK(margin(0.0f) == (threshold == kInf ? 1.0f : 2.0f));
      CHECK(margin(-0.0f) == (threshold == kInf ? 1.0f : 2.0f));
      CHECK(margin(-1e-45f) == (threshold > -1.0f ? 1.0f : 2.0f));
    }
  }
}

TEST_CASE("tree engine: thresholds that were chosen to collide have the ranks of others") {
  constexpr std::uint32_t kFibonacci = 46'368;  // key_numbers_test.cpp
  constexpr std::uint32_t kCount = 2'000;
  TreeEnsemble model;
  model.feature_count = 2;
  model.base_margins = {0.5f};
  test::TreeWriter writer(model);
  std::vector<float> rows;
  for (std::uint32_t i = 0; i < 2 * kCount; ++i) {
    const auto threshold = std::bit_cast<float>(0x3F800000u + i / 2 * kFibonacci);
    const auto left = static_cast<std::uint32_t>(model.left.size()) + 1;
    writer.split(left, i % 2, i % 2 == 0 ? threshold : -threshold, i % 3 == 0);
    writer.leaf(static_cast<float>(i));
    writer.leaf(-1.0f);
    writer.finish_tree(0);
    rows.push_back(i % 5 == 0 ? std::nextafter(threshold, 0.0f) : threshold);
    rows.push_back(i % 7 == 0 ? kNan : -threshold);
  }
  validate(model);
  check_rows(model, rows, rows.size() / model.feature_count);
}

TEST_CASE("tree engine: lone leaves, no trees and no features") {
  const TreeEngine none(leaf_model({}));
  CHECK(none.tree_count() == 0);
  CHECK(none.feature_count() == 0);
  float margin = 0;
  none.margins(nullptr, &margin);
  CHECK(margin == 0.5f);
  const TreeEngine leaves(leaf_model({1, 2, 3, 4, 5, 6, 7, 8, 9}));
  leaves.margins(nullptr, &margin);
  CHECK(margin == 45.5f);
  std::vector<float> batch(70, 0.0f);
  leaves.batch_margins(nullptr, batch.size(), batch.data());
  CHECK(batch == std::vector<float>(70, 45.5f));
}

TEST_CASE("tree engine: a tree of depth 4,096") {
  TreeEnsemble model;
  model.feature_count = 1;
  model.base_margins = {0};
  model.tree_output = {0};
  for (std::uint32_t level = 0; level < kMaxTreeDepth; ++level) {
    model.left.insert(model.left.end(), {2 * level + 1, kLeaf});
    model.value.insert(model.value.end(), {static_cast<float>(level), static_cast<float>(level)});
  }
  model.left.push_back(kLeaf);
  model.value.push_back(-1);
  model.feature.assign(model.left.size(), 0);
  model.default_left.assign(model.left.size(), 0);
  model.tree_begin = {0, static_cast<std::uint32_t>(model.left.size())};
  validate(model);
  // Values below `level` leave at the first level whose threshold is larger.
  std::vector<float> features;
  for (int i = -3; i < 4100; i += 41) features.push_back(static_cast<float>(i) + 0.5f);
  features.push_back(kNan);
  check_rows(model, features, features.size());
  const TreeEngine engine(model);
  float margin = 0;
  const float value = 100.5f;
  engine.margins(&value, &margin);
  CHECK(margin == 101.0f);
}

TEST_CASE("tree engine: base margins of the rows stand in place of the model's") {
  SampleRandom random(11);
  for (const auto start : {ModelContract::Start::base_first, ModelContract::Start::zero}) {
    for (const std::uint32_t outputs : {1u, 3u, 40u}) {
      TreeEnsemble model = test::full_model(random, {.trees = 90, .depth = 4, .outputs = outputs});
      model.contract.start = start;
      const std::size_t rows = 131;
      const std::vector<float> features = random_rows(random, model, rows);
      std::vector<float> bases(rows * outputs);
      for (float& base : bases) base = static_cast<float>(random.uniform() * 9 - 4);
      bases[0] = -0.0f;
      const TreeEngine engine(model);
      std::vector<float> batch(rows * outputs, kNan);
      engine.batch_margins(features.data(), rows, engine.all_trees(), batch.data(), bases.data());
      std::vector<float> expected(rows * outputs);
      for (std::size_t row = 0; row < rows; ++row) {
        const auto own = bases.begin() + static_cast<std::ptrdiff_t>(row * outputs);
        model.base_margins.assign(own, own + outputs);
        reference_margins(
            model, std::span(features).subspan(row * model.feature_count, model.feature_count),
            std::span(expected).subspan(row * outputs, outputs));
      }
      CAPTURE(outputs);
      CHECK(differing_bits(batch, expected) == 0);
    }
  }
}

TEST_CASE("tree engine: no call allocates") {
  SampleRandom random(5);
  const TreeEnsemble models[] = {
      random_model(random, {50, 3000, 10, 3}),
      random_model(random, {50, 3000, 5000, 3}),
      test::full_model(random, {.trees = 80, .depth = 6, .features = 10, .outputs = 3}),
      test::full_model(random, {.trees = 600, .depth = 6, .features = 400, .outputs = 3}),
  };
  for (const TreeEnsemble& model : models) {
    const TreeEngine engine(model);
    const std::vector<float> rows = random_rows(random, model, 20);
    std::vector<float> margins(20 * 3);
    const std::uint64_t before = test::allocation_count();
    engine.margins(rows.data(), margins.data());
    engine.batch_margins(rows.data(), 20, margins.data());
    CHECK(test::allocation_count() == before);
  }
}
