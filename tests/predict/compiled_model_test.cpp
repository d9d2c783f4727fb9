// SPDX-License-Identifier: Apache-2.0
// Every numeric contract of trees, one row and in batches, against the contract's plainest code.
#include "mlcore/predict/compiled_model.hpp"

#include <doctest/doctest.h>

#include <cmath>

#include "predict/differing_margins.hpp"
#include "predict/random_trees.hpp"

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
    validate(model);
    CHECK(differing_margins(model, rows, kRows) == 0);
    ++contracts;
  }
  CHECK(contracts == 192);
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
