// SPDX-License-Identifier: Apache-2.0
// The quick check against the one that walks: trees with sets, though no node has one, are walked.
#include "model/tree_check.hpp"

#include <doctest/doctest.h>

#include <limits>
#include <string>

#include "mlcore/base/error.hpp"
#include "predict/random_trees.hpp"
#include "sample_random.hpp"

using namespace mlcore;

namespace {

TreeEnsemble widened(TreeEnsemble model) {
  model.contract.accumulator = ModelContract::Accumulator::f64;
  model.contract.comparison = ModelContract::Comparison::less_equal;
  model.wide_value.assign(model.value.begin(), model.value.end());
  model.wide_base_margins.assign(model.base_margins.begin(), model.base_margins.end());
  model.value.clear();
  model.base_margins.clear();
  return model;
}

std::uint32_t random_index(SampleRandom& random, const TreeEnsemble& model) {
  const auto nodes = static_cast<std::uint32_t>(model.node_count());
  switch (random.below(6)) {
    case 0: return TreeEnsemble::kLeaf;
    case 1: return TreeEnsemble::kLeaf - 1;
    case 2: return nodes - 1 + static_cast<std::uint32_t>(random.below(3));
    case 3: return model.feature_count;
    default: return static_cast<std::uint32_t>(random.below(nodes));
  }
}

void mutate(SampleRandom& random, TreeEnsemble& model) {
  const std::size_t node = random.below(model.node_count());
  const std::size_t other = random.below(model.node_count());
  switch (random.below(6)) {
    case 0: model.left[node] = random_index(random, model); return;
    case 1: std::swap(model.left[node], model.left[other]); return;
    case 2: model.feature[node] = random_index(random, model); return;
    case 3: model.default_left[node] = static_cast<std::uint8_t>(random.below(4)); return;
    case 4: model.tree_begin[random.below(model.tree_begin.size())] += 1; return;
    default: break;
  }
  const float value = test::random_value(random);
  if (model.contract.is_wide()) {
    model.wide_value[node] = static_cast<double>(value);
  } else {
    model.value[node] = value;
  }
}

/// What validate says, or nothing.
std::string verdict(const TreeEnsemble& model) {
  try {
    validate(model);
    return {};
  } catch (const Error& error) {
    return error.message();
  }
}

}  // namespace

TEST_CASE("tree check: what is refused, and why, does not depend on how it is told") {
  std::size_t refused = 0;
  for (std::uint64_t seed = 1; seed <= 4000; ++seed) {
    CAPTURE(seed);
    SampleRandom random(seed);
    TreeEnsemble model =
        test::full_model(random, {.trees = random.below(4) + 1,
                                  .depth = 1 + static_cast<std::uint32_t>(random.below(5)),
                                  .features = 3});
    if (random.below(2) == 0) model = widened(std::move(model));
    REQUIRE(verdict(model).empty());
    for (std::uint64_t left = random.below(3) + 1; left > 0; --left) mutate(random, model);
    TreeEnsemble walked = model;
    walked.set_begin = {0};
    walked.node_set.assign(model.node_count(), TreeEnsemble::kNumeric);
    const std::string why = verdict(walked);
    REQUIRE(verdict(model) == why);
    refused += why.empty() ? 0 : 1;
  }
  CHECK(refused > 1000);
  CHECK(refused < 4000);
}

TEST_CASE("tree check: the largest magnitude of the leaves, thresholds apart") {
  constexpr double kInf = std::numeric_limits<double>::infinity();
  TreeEnsemble model;
  model.feature_count = 1;
  model.tree_begin = {0, 3};
  model.tree_output = {0};
  model.left = {1, TreeEnsemble::kLeaf, TreeEnsemble::kLeaf};
  model.feature = {0, 0, 0};
  model.default_left = {1, 0, 0};
  std::vector<std::uint16_t> levels;
  for (const double threshold : {0.0, 9.0, -kInf, kInf}) {
    CAPTURE(threshold);
    model.value = {static_cast<float>(threshold), -2.5f, 1.5f};
    CHECK(check_tree(model, 0, levels) == 2.5);
    CHECK(check_tree(widened(model), 0, levels) == 2.5);
  }
}
