// SPDX-License-Identifier: Apache-2.0
#pragma once

// Random ensembles and rows for the tests of the engine.
//
//   SampleRandom random(seed);
//   TreeEnsemble model = full_model(random, {.trees = 9, .depth = 6, .features = 28});
//   std::vector<float> rows = probing_rows(random, model, 130);

#include <bit>
#include <cmath>
#include <limits>
#include <vector>

#include "mlcore/model/tree_ensemble.hpp"
#include "sample_random.hpp"

namespace mlcore::test {

/// Includes what DMatrix refuses: infinities; and NaN of either sign and any payload.
inline float random_value(SampleRandom& random) {
  constexpr float kInf = std::numeric_limits<float>::infinity();
  switch (random.below(12)) {
    case 0: return std::bit_cast<float>(0x7FC00000u);
    case 1: return std::bit_cast<float>(0xFFFFFFFFu);
    case 2: return std::bit_cast<float>(0x7F800001u);
    case 3: return kInf;
    case 4: return -kInf;
    case 5: return 0.0f;
    case 6: return -0.0f;
    case 7: return std::bit_cast<float>(static_cast<std::uint32_t>(random.below(3)));
    case 8: return std::numeric_limits<float>::max();
    case 9: return std::numeric_limits<float>::lowest();
    default: return static_cast<float>(static_cast<int>(random.below(9)) - 4);
  }
}

/// Adds nodes to a model, a tree at a time.
class TreeWriter {
 public:
  explicit TreeWriter(TreeEnsemble& model) : model_(model) {
    if (model_.tree_begin.empty()) model_.tree_begin = {0};
  }

  void split(std::uint32_t left, std::uint32_t feature, float threshold, bool default_left) {
    push(left, feature, std::isnan(threshold) ? 1.0f : threshold, default_left ? 1 : 0);
  }
  void leaf(float value) { push(TreeEnsemble::kLeaf, 0, value, 0); }
  void finish_tree(std::uint32_t output) {
    model_.tree_begin.push_back(static_cast<std::uint32_t>(model_.left.size()));
    model_.tree_output.push_back(output);
  }

 private:
  void push(std::uint32_t left, std::uint32_t feature, float value, std::uint8_t default_left) {
    model_.left.push_back(left);
    model_.feature.push_back(feature);
    model_.value.push_back(value);
    model_.default_left.push_back(default_left);
  }

  TreeEnsemble& model_;
};

struct FullShape {
  std::size_t trees = 1;
  std::uint32_t depth = 6;  // of the deepest; a tree has this or one less
  std::uint32_t features = 28;
  std::uint32_t outputs = 1;
  std::uint64_t thresholds = 64;  // different ones a feature, at most
  std::uint64_t pruned = 16;      // one inner node in so many is a leaf; 0: none
};

/// Trees as boosting by level grows them: every level full, but for what was pruned.
inline TreeEnsemble full_model(SampleRandom& random, const FullShape& shape) {
  TreeEnsemble model;
  model.feature_count = shape.features;
  model.output_count = shape.outputs;
  for (std::uint32_t output = 0; output < shape.outputs; ++output) {
    model.base_margins.push_back(static_cast<float>(random.uniform()));
  }
  TreeWriter writer(model);
  for (std::size_t tree = 0; tree < shape.trees; ++tree) {
    const std::uint32_t depth = shape.depth - (shape.depth > 1 && random.below(8) == 0 ? 1u : 0u);
    std::vector<std::uint32_t> levels{0};  // of the nodes, in the order of a queue
    auto next = static_cast<std::uint32_t>(model.left.size() + 1);
    for (std::size_t i = 0; i < levels.size(); ++i) {
      const bool is_pruned = i > 0 && shape.pruned != 0 && random.below(shape.pruned) == 0;
      if (levels[i] == depth || is_pruned) {
        writer.leaf(static_cast<float>(random.uniform() - 0.5));
        continue;
      }
      const auto k = static_cast<int>(random.below(shape.thresholds));
      const float threshold = k < 12 ? random_value(random) : static_cast<float>(k - 40) * 0.37f;
      writer.split(next, static_cast<std::uint32_t>(random.below(shape.features)), threshold,
                   random.below(2) != 0);
      next += 2;
      levels.insert(levels.end(), 2, levels[i] + 1);
    }
    writer.finish_tree(static_cast<std::uint32_t>(random.below(shape.outputs)));
  }
  validate(model);
  return model;
}

/// How a tree of a mixed model grows.
enum class Growth { lone_leaf, by_loss, chain, level, comb };

struct GrownTree {
  Growth growth = Growth::by_loss;
  std::uint32_t leaves = 64;
};

/// Adds a tree that grows leaf by leaf: `by_loss` splits any leaf, `chain` always the newest (its
/// depth is its leaves less one), `comb` the newest of either side, `level` the oldest.
inline void grow_tree(SampleRandom& random, const FullShape& shape, const GrownTree& grown,
                      TreeEnsemble& model) {
  std::vector<std::uint32_t> left{0};  // 0: a leaf
  std::vector<std::size_t> open{0};    // leaves, the oldest first
  while (open.size() < grown.leaves && grown.growth != Growth::lone_leaf) {
    std::size_t at = 0;
    if (grown.growth == Growth::by_loss) at = random.below(open.size());
    if (grown.growth == Growth::chain) at = open.size() - 1;
    if (grown.growth == Growth::comb) at = open.size() - 1 - random.below(open.size() < 2 ? 1 : 2);
    const std::size_t node = open[at];
    open.erase(open.begin() + static_cast<std::ptrdiff_t>(at));
    left[node] = static_cast<std::uint32_t>(left.size());
    open.insert(open.end(), {left.size(), left.size() + 1});
    left.resize(left.size() + 2);
  }
  TreeWriter writer(model);
  const auto begin = static_cast<std::uint32_t>(model.left.size());
  for (const std::uint32_t child : left) {
    if (child == 0) {
      writer.leaf(static_cast<float>(random.uniform() - 0.5));
      continue;
    }
    const auto k = static_cast<int>(random.below(shape.thresholds));
    const float threshold = k < 12 ? random_value(random) : static_cast<float>(k - 40) * 0.37f;
    writer.split(begin + child, static_cast<std::uint32_t>(random.below(shape.features)), threshold,
                 random.below(2) != 0);
  }
  writer.finish_tree(static_cast<std::uint32_t>(random.below(shape.outputs)));
}

/// Trees of the given growths, over and over.
inline TreeEnsemble grown_model(SampleRandom& random, const FullShape& shape,
                                const std::vector<GrownTree>& grown) {
  TreeEnsemble model;
  model.feature_count = shape.features;
  model.output_count = shape.outputs;
  for (std::uint32_t output = 0; output < shape.outputs; ++output) {
    model.base_margins.push_back(static_cast<float>(random.uniform()));
  }
  for (std::size_t tree = 0; tree < shape.trees; ++tree) {
    grow_tree(random, shape, grown[tree % grown.size()], model);
  }
  validate(model);
  return model;
}

/// Thresholds of the model, one ulp beside them, missing values and the ends of the format.
inline std::vector<float> probing_rows(SampleRandom& random, const TreeEnsemble& model,
                                       std::size_t rows) {
  constexpr float kInf = std::numeric_limits<float>::infinity();
  std::vector<std::vector<float>> thresholds(model.feature_count);
  for (std::size_t node = 0; node < model.left.size(); ++node) {
    if (model.left[node] == TreeEnsemble::kLeaf) continue;
    thresholds[model.feature[node]].push_back(model.value[node]);
  }
  std::vector<float> values(rows * model.feature_count);
  for (std::size_t i = 0; i < values.size(); ++i) {
    const auto& own = thresholds[i % model.feature_count];
    const std::uint64_t kind = random.below(4);
    values[i] = random_value(random);
    if (kind == 0 || own.empty()) continue;
    values[i] = own[random.below(own.size())];
    if (kind == 1) values[i] = std::nextafter(values[i], kInf);
    if (kind == 2) values[i] = std::nextafter(values[i], -kInf);
  }
  return values;
}

inline std::size_t differing_bits(const std::vector<float>& a, const std::vector<float>& b) {
  std::size_t count = a.size() == b.size() ? 0 : a.size() + b.size();
  for (std::size_t i = 0; i < a.size() && i < b.size(); ++i) {
    count += std::bit_cast<std::uint32_t>(a[i]) != std::bit_cast<std::uint32_t>(b[i]) ? 1 : 0;
  }
  return count;
}

}  // namespace mlcore::test
