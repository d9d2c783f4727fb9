// SPDX-License-Identifier: Apache-2.0
// Every numeric contract of trees, one row and in batches, against the contract's plainest code.
#include "mlcore/predict/compiled_model.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "predict/differing_margins.hpp"
#include "predict/random_trees.hpp"
#include "predict/tree_plan.hpp"

using namespace mlcore;
using namespace mlcore::test;

namespace {

using Contract = ModelContract;

/// A third of the nodes test categories.
void add_sets(SampleRandom& random, TreeEnsemble& model) {
  model.node_set.assign(model.node_count(), TreeEnsemble::kNumeric);
  model.set_begin = {0, 0, 2, 5};
  model.set_members = {0, 3, 1, 2, 500};
  for (std::size_t node = 0; node < model.node_count(); ++node) {
    if (model.left[node] == TreeEnsemble::kLeaf || random.below(3) != 0) continue;
    model.node_set[node] = static_cast<std::uint32_t>(random.below(3));
    model.value[node] = 0;
  }
}

/// The ensemble in double, with thresholds that no float is.
void widen(SampleRandom& random, TreeEnsemble& model) {
  model.contract.accumulator = Contract::Accumulator::f64;
  model.contract.comparison = Contract::Comparison::less_equal;
  for (std::size_t node = 0; node < model.node_count(); ++node) {
    double value = static_cast<double>(model.value[node]);
    if (value != 0 && std::isfinite(value) && random.below(2) != 0) {
      value = std::nextafter(value, random.below(2) == 0 ? 0 : 2 * value);
    }
    model.wide_value.push_back(value);
  }
  for (const float base : model.base_margins) {
    model.wide_base_margins.push_back(static_cast<double>(base) + 1e-9);
  }
  model.value.clear();
  model.base_margins.clear();
}

/// A third of the other nodes take 0 for missing.
void add_zero_rules(SampleRandom& random, TreeEnsemble& model) {
  model.zero_is_missing.assign(model.node_count(), 0);
  for (std::size_t node = 0; node < model.node_count(); ++node) {
    if (model.left[node] == TreeEnsemble::kLeaf || model.is_categorical(node)) continue;
    model.zero_is_missing[node] = random.below(3) == 0 ? 1 : 0;
  }
}

/// Two thirds of the leaves become linear, some of few terms and some of many.
void add_terms(SampleRandom& random, TreeEnsemble& model) {
  model.term_begin = {0};
  for (std::size_t node = 0; node < model.node_count(); ++node) {
    const bool is_linear = model.left[node] == TreeEnsemble::kLeaf && random.below(3) != 0;
    model.leaf_constant.push_back(is_linear ? random.uniform() : 0);
    const std::uint64_t terms = is_linear ? 1 + random.below(4) : 0;
    for (std::uint64_t term = 0; term < terms; ++term) {
      model.term_feature.push_back(static_cast<std::uint32_t>(random.below(model.feature_count)));
      model.term_coefficient.push_back(random.uniform() - 0.5);
    }
    model.term_begin.push_back(static_cast<std::uint32_t>(model.term_feature.size()));
  }
}

constexpr double kInf = std::numeric_limits<double>::infinity();

/// Where comparisons in double go wrong: both zeros, LightGBM's zero threshold and the doubles
/// beside it, the smallest and largest numbers; and what sets of categories are asked.
double extreme_value(SampleRandom& random) {
  static const double kValues[] = {0.0,
                                   -0.0,
                                   kZeroThreshold,
                                   std::nextafter(kZeroThreshold, 1.0),
                                   std::nextafter(kZeroThreshold, 0.0),
                                   -kZeroThreshold,
                                   std::nextafter(-kZeroThreshold, -1.0),
                                   std::nextafter(-kZeroThreshold, 0.0),
                                   1e-35,
                                   5e-324,
                                   -5e-324,
                                   1e300,
                                   -1e300,
                                   kInf,
                                   -kInf,
                                   -1.0,
                                   -0.5,
                                   0.5,
                                   1.0,
                                   2.75,
                                   3.0,
                                   500.0,
                                   16'777'216.0,
                                   4'294'967'296.5};
  return kValues[random.below(std::size(kValues))];
}

/// A quarter of the thresholds become extreme ones.
void sharpen(SampleRandom& random, TreeEnsemble& model) {
  for (std::size_t node = 0; node < model.node_count(); ++node) {
    if (model.left[node] == TreeEnsemble::kLeaf || model.is_categorical(node)) continue;
    if (random.below(4) == 0) model.wide_value[node] = extreme_value(random);
  }
}

/// Thresholds of a wide model, the doubles and the floats beside them, extreme and missing values.
std::vector<double> wide_rows(SampleRandom& random, const TreeEnsemble& model, std::size_t rows) {
  std::vector<std::vector<double>> thresholds(model.feature_count);
  for (std::size_t node = 0; node < model.node_count(); ++node) {
    if (model.left[node] == TreeEnsemble::kLeaf) continue;
    thresholds[model.feature[node]].push_back(model.wide_value[node]);
  }
  std::vector<double> values(rows * model.feature_count);
  for (std::size_t i = 0; i < values.size(); ++i) {
    const auto& own = thresholds[i % model.feature_count];
    const std::uint64_t kind = random.below(8);
    values[i] = kind == 0 ? std::numeric_limits<double>::quiet_NaN() : extreme_value(random);
    if (kind < 3 || own.empty()) continue;
    values[i] = own[random.below(own.size())];
    if (kind == 4) values[i] = std::nextafter(values[i], kInf);
    if (kind == 5) values[i] = std::nextafter(values[i], -kInf);
    if (kind == 6) values[i] += values[i] * 0x1p-25;
    if (kind == 7) values[i] -= values[i] * 0x1p-25;
  }
  return values;
}

/// What a case must have, so that it tests what it says.
bool runs_by(const TreeEnsemble& model, TreeRunner runner) {
  TreeInputs<double> inputs(model);
  const TreePlan<double> plan(inputs.is_identity() ? model : inputs.take_lowered(model));
  return std::any_of(plan.runs.begin(), plan.runs.end(),
                     [=](const TreeRun& run) { return run.runner == runner; });
}

struct WideShape {
  FullShape shape;
  std::vector<GrownTree> grown;  // none: full trees
  TreeRunner runner;
};

/// LightGBM's contract, or that of scikit-learn and CatBoost.
TreeEnsemble wide_model(SampleRandom& random, const WideShape& wide, bool is_lightgbm) {
  TreeEnsemble model = wide.grown.empty() ? full_model(random, wide.shape)
                                          : grown_model(random, wide.shape, wide.grown);
  if (is_lightgbm) {
    add_sets(random, model);
    model.contract.input_rounding = Contract::InputRounding::f64;
    model.contract.zero = Contract::Zero::flushed;
    model.contract.category = Contract::Category::cut;
  } else {
    model.contract.start = Contract::Start::zero;
    model.contract.finish = Contract::Finish::scale;
    model.contract.scale = 0.1;
  }
  widen(random, model);
  if (is_lightgbm) add_zero_rules(random, model);
  sharpen(random, model);
  validate(model);
  return model;
}

void set_rounds(TreeEnsemble& model, std::uint32_t trees_a_round) {
  for (std::uint32_t tree = 0; tree < model.tree_count(); tree += trees_a_round) {
    model.round_begin.push_back(tree);
  }
  model.round_begin.push_back(static_cast<std::uint32_t>(model.tree_count()));
}

/// Thresholds of the model, and what rounding to f32 makes of their neighbours.
std::vector<double> rows_of(SampleRandom& random, const TreeEnsemble& narrow, std::size_t count) {
  const std::vector<float> probing = probing_rows(random, narrow, count);
  std::vector<double> rows(probing.begin(), probing.end());
  for (double& value : rows) {
    const std::uint64_t kind = random.below(6);
    if (kind == 0) value = std::nextafter(value, 1e300);
    if (kind == 1) value = std::nextafter(value, -1e300);
    if (kind == 2) value += value * 0x1p-25;  // half of an ulp of f32
    if (kind == 3) value = 1e-35;
  }
  return rows;
}

}  // namespace

TEST_CASE("compiled model: every contract has its reference's bits, a row and a batch") {
  constexpr std::size_t kRows = 70;
  std::size_t contracts = 0;
  for (std::uint64_t seed = 1; seed <= 192; ++seed) {
    CAPTURE(seed);
    SampleRandom random(seed);
    TreeEnsemble model = full_model(random, {.trees = 12,
                                             .depth = static_cast<std::uint32_t>(1 + seed % 7),
                                             .features = 6,
                                             .outputs = static_cast<std::uint32_t>(1 + seed % 3)});
    const std::vector<double> rows = rows_of(random, model, kRows);
    set_rounds(model, 3);
    Contract& contract = model.contract;
    if ((seed & 1) != 0) add_sets(random, model);
    if ((seed & 2) != 0) contract.category = Contract::Category::cut;
    contract.finish = static_cast<Contract::Finish>(1 + seed / 4 % 3);
    const bool is_scaled = contract.finish == Contract::Finish::scale;
    if (is_scaled) contract.scale = -0.3;
    if (is_scaled || seed / 12 % 2 != 0) contract.start = Contract::Start::zero;
    if (seed / 24 % 4 != 0) {
      widen(random, model);
      if (seed / 24 % 4 > 1) contract.input_rounding = Contract::InputRounding::f64;
      if (seed / 24 % 4 > 2) contract.zero = Contract::Zero::flushed;
    }
    if (contract.is_wide() && (seed & 8) != 0) add_zero_rules(random, model);
    validate(model);
    CHECK(differing_margins(model, rows, kRows) == 0);
    ++contracts;
  }
  CHECK(contracts == 192);
}

TEST_CASE("compiled model: double models of every shape, on every target, in batches of 1 to 130") {
  const WideShape shapes[] = {
      {{.trees = 40, .depth = 6, .features = 9}, {}, TreeRunner::complete},
      {{.trees = 40, .depth = 3, .features = 9, .outputs = 3}, {}, TreeRunner::complete},
      {{.trees = 70, .depth = 6, .features = 9}, {}, TreeRunner::complete},
      {{.trees = 110, .depth = 7, .features = 40, .outputs = 2}, {}, TreeRunner::complete},
      {{.trees = 90, .depth = 8, .features = 9}, {}, TreeRunner::complete},
      {{.trees = 24, .features = 7},
       {{Growth::by_loss, 64}, {Growth::comb, 30}, {Growth::lone_leaf, 1}, {Growth::chain, 70}},
       TreeRunner::blended},
      {{.trees = 12, .features = 7, .outputs = 2},
       {{Growth::comb, 200}, {Growth::level, 40}, {Growth::by_loss, 300}},
       TreeRunner::byte_walk},
      {{.trees = 2, .depth = 4, .features = 40}, {}, TreeRunner::number_walk},
      {{.trees = 40, .depth = 8, .features = 1, .thresholds = 60'000}, {}, TreeRunner::complete},
  };
  for (const bool is_lightgbm : {true, false}) {
    CAPTURE(is_lightgbm);
    for (const WideShape& shape : shapes) {
      CAPTURE(static_cast<int>(shape.runner));
      SampleRandom random(shape.shape.trees);
      const TreeEnsemble model = wide_model(random, shape, is_lightgbm);
      REQUIRE(runs_by(model, shape.runner));
      for (const SimdTarget target : runnable_simd_targets()) {
        CAPTURE(static_cast<int>(target));
        for (std::size_t rows = 1; rows <= 130; ++rows) {
          CAPTURE(rows);
          CHECK(differing_margins(model, wide_rows(random, model, rows), rows, target) == 0);
        }
      }
    }
  }
}

TEST_CASE("compiled model: linear leaves have their reference's bits, infinite and NaN ones too") {
  std::size_t finite = 0;
  std::size_t other = 0;
  for (std::uint64_t seed = 1; seed <= 24; ++seed) {
    CAPTURE(seed);
    SampleRandom random(seed);
    const WideShape shape{{.trees = 20,
                           .depth = static_cast<std::uint32_t>(1 + seed % 6),
                           .features = 7,
                           .outputs = seed % 4 == 0 ? 40u : static_cast<std::uint32_t>(seed % 4)},
                          {},
                          TreeRunner::number_walk};
    TreeEnsemble model = wide_model(random, shape, seed % 3 != 0);
    add_terms(random, model);
    validate(model);
    REQUIRE(runs_by(model, TreeRunner::number_walk));
    std::vector<double> rows = wide_rows(random, model, 70);
    for (std::size_t i = 0; i < rows.size() / 2; ++i) {
      if (std::fabs(rows[i]) > 1e9) rows[i] = 0.7;
    }
    for (const std::size_t count : {1u, 8u, 70u}) CHECK(differing_margins(model, rows, count) == 0);
    std::vector<double> margins(model.output_count);
    for (std::size_t row = 0; row < 70; ++row) {
      reference_margins(model, {rows.data() + row * 7, 7}, margins);
      ++(std::isfinite(margins[0]) ? finite : other);
    }
  }
  CHECK(finite > 300);
  CHECK(other > 100);
}

TEST_CASE("compiled model: double models past each limit of the columns") {
  for (const std::uint32_t features : {100u, 300u, 600u, 2'000u}) {
    for (const std::uint32_t outputs : {1u, 40u}) {
      CAPTURE(features);
      CAPTURE(outputs);
      SampleRandom random(features + outputs);
      const WideShape shape{{.trees = 320, .depth = 0, .features = features, .outputs = outputs},
                            {{Growth::by_loss, 31}, {Growth::level, 16}, {Growth::comb, 280}},
                            TreeRunner::blended};
      const TreeEnsemble model = wide_model(random, shape, features != 300);
      const std::vector<double> rows = wide_rows(random, model, 70);
      for (const SimdTarget target : runnable_simd_targets()) {
        CAPTURE(static_cast<int>(target));
        CHECK(differing_margins(model, rows, 70, target) == 0);
      }
    }
  }
}

TEST_CASE("compiled model: a mean over a range of rounds divides by those") {
  TreeEnsemble model;
  model.contract.accumulator = Contract::Accumulator::f64;
  model.contract.comparison = Contract::Comparison::less_equal;
  model.contract.start = Contract::Start::zero;
  model.contract.finish = Contract::Finish::mean;
  model.output_count = 2;
  model.wide_base_margins = {100, 0};
  model.tree_begin = {0, 1, 2, 3, 4};
  model.tree_output = {0, 1, 0, 0};  // the last round has one tree
  model.round_begin = {0, 2, 3, 4};
  model.left.assign(4, TreeEnsemble::kLeaf);
  model.feature.assign(4, 0);
  model.default_left.assign(4, 0);
  model.wide_value = {6, 3, 9, 3};
  validate(model);
  const CompiledModel compiled(model);
  ModelScratch scratch;
  compiled.reserve(scratch, 1);
  double margins[2];
  const auto expect = [&](TreeRange trees, double first, double second) {
    compiled.set_inputs(scratch, 0, margins);
    compiled.row_margins(scratch, trees);
    compiled.copy_margins(scratch, 0, margins);
    CHECK(margins[0] == first);
    CHECK(margins[1] == second);
  };
  expect({0, 4}, 106, 1);
  expect({0, 3}, 107.5, 1.5);
  expect({2, 4}, 106, 0);
  expect({3, 4}, 103, 0);
  expect({4, 4}, 100, 0);
}
