// SPDX-License-Identifier: Apache-2.0
// Predictor uses TreeEngine: one row walks kLanes trees in lockstep, a batch walks one tree for
// kLanes rows in lockstep. Every step is two loads, a compare and an add; no branch depends on
// data.
#include "mlcore/predict/tree_engine.hpp"

#include <algorithm>
#include <array>
#include <bit>
#include <limits>

namespace mlcore {
namespace {

constexpr std::size_t kLanes = 8;
constexpr std::uint32_t kStepsBetweenLeafChecks = 8;
constexpr std::size_t kTileRows = 64;
// Keys live on the stack: 8 KiB for a row, 32 KiB for a tile.
constexpr std::size_t kRowColumns = 2048;
constexpr std::size_t kTileKeys = 8192;

constexpr std::int32_t kInfinityBits = 0x7F800000;
constexpr std::int32_t kMissingLow = std::numeric_limits<std::int32_t>::min();
constexpr std::int32_t kMissingHigh = std::numeric_limits<std::int32_t>::max() - 1;
constexpr std::int32_t kLeafKey = std::numeric_limits<std::int32_t>::max();

/// Sign and magnitude to two's complement: orders as floats do, -0 equals +0. NaN becomes
/// `missing`.
std::int32_t key_of_float(float value, std::int32_t missing) noexcept {
  const auto bits = std::bit_cast<std::int32_t>(value);
  const std::int32_t magnitude = bits & std::numeric_limits<std::int32_t>::max();
  const std::int32_t sign = bits >> 31;
  return magnitude > kInfinityBits ? missing : (magnitude ^ sign) - sign;
}

using Lanes = std::array<std::uint32_t, kLanes>;

/// Moves every lane from its root to its leaf. `key_of(lane, column)` is the lane's key.
template <typename Node, typename KeyOf>
inline void walk(const Node* nodes, std::uint32_t depth, Lanes& at, KeyOf key_of) noexcept {
  while (depth != 0) {
    const std::uint32_t steps = std::min(depth, kStepsBetweenLeafChecks);
    for (std::uint32_t step = 0; step < steps; ++step) {
      for (std::size_t lane = 0; lane < kLanes; ++lane) {
        const Node& node = nodes[at[lane]];
        at[lane] = node.left + (key_of(lane, node.column) >= node.key ? 1u : 0u);
      }
    }
    depth -= steps;
    const auto is_inner = [nodes](std::uint32_t node) { return nodes[node].left != node; };
    if (depth != 0 && std::none_of(at.begin(), at.end(), is_inner)) return;
  }
}

}  // namespace

TreeEngine::TreeEngine(const TreeEnsemble& model)
    : feature_count_(model.feature_count),
      base_margins_(model.base_margins),
      roots_(model.tree_begin.begin(), model.tree_begin.end() - 1),
      outputs_(model.tree_output),
      ids_(model.node_id) {
  add_nodes(model);
  add_depths(model);
}

void TreeEngine::add_nodes(const TreeEnsemble& model) {
  constexpr std::uint32_t kNone = 0xFFFFFFFFu;
  std::vector<std::uint32_t> column_of(2 * feature_count_, kNone);  // [feature, default direction]
  nodes_.reserve(model.left.size());
  values_.reserve(model.left.size());
  for (std::uint32_t node = 0; node < model.left.size(); ++node) {
    if (model.left[node] == TreeEnsemble::kLeaf) {
      nodes_.push_back({kLeafKey, 0, node});
      values_.push_back(model.value[node]);
      continue;
    }
    const bool is_low = model.default_left[node] != 0;
    std::uint32_t& column = column_of[std::size_t{2} * model.feature[node] + (is_low ? 1 : 0)];
    if (column == kNone) {
      column = static_cast<std::uint32_t>(columns_.size());
      columns_.push_back({model.feature[node], is_low ? kMissingLow : kMissingHigh});
    }
    nodes_.push_back({key_of_float(model.value[node], kMissingHigh), column, model.left[node]});
    values_.push_back(0);
  }
}

void TreeEngine::add_depths(const TreeEnsemble& model) {
  std::vector<std::uint32_t> levels(nodes_.size());  // a parent comes before its children
  for (std::size_t tree = 0; tree < model.tree_count(); ++tree) {
    std::uint32_t depth = 0;
    for (std::uint32_t node = model.tree_begin[tree]; node < model.tree_begin[tree + 1]; ++node) {
      depth = std::max(depth, levels[node]);
      const std::uint32_t left = nodes_[node].left;
      if (left != node) levels[left] = levels[left + 1] = levels[node] + 1;
    }
    depths_.push_back(depth);
  }
}

void TreeEngine::fill_keys(const float* features, std::int32_t* keys) const noexcept {
  for (const Column column : columns_) {
    *keys++ = key_of_float(features[column.feature], column.missing);
  }
}

/// Hands `add` the node where each tree of the range ends, in the trees' order.
template <typename KeyOf, typename Add>
void TreeEngine::walk_trees(KeyOf key_of, TreeRange trees, Add add) const noexcept {
  const auto key_of_lane = [key_of](std::size_t, std::uint32_t column) { return key_of(column); };
  for (std::size_t first = trees.begin; first < trees.end; first += kLanes) {
    const std::size_t count = std::min(kLanes, trees.end - first);
    Lanes at;
    at.fill(roots_[first]);
    std::copy_n(roots_.begin() + static_cast<std::ptrdiff_t>(first), count, at.begin());
    const auto* depths = depths_.data() + first;
    walk(nodes_.data(), *std::max_element(depths, depths + count), at, key_of_lane);
    for (std::size_t lane = 0; lane < count; ++lane) add(first + lane, at[lane]);
  }
}

/// Calls `visit` with the function that gives a column's key.
template <typename Visit>
void TreeEngine::with_keys(const float* features, Visit visit) const noexcept {
  if (columns_.size() > kRowColumns) {
    return visit([this, features](std::uint32_t column) {
      return key_of_float(features[columns_[column].feature], columns_[column].missing);
    });
  }
  std::array<std::int32_t, kRowColumns> keys;
  keys[0] = 0;  // what leaves compare, where a model has leaves only
  fill_keys(features, keys.data());
  visit([&keys](std::uint32_t column) { return keys[column]; });
}

template <typename KeyOf>
void TreeEngine::row_margins(KeyOf key_of, TreeRange trees, float* margins) const noexcept {
  if (base_margins_.size() == 1) {
    float sum =
        base_margins_[0];  // in a register: through memory each addition takes 3 times as long
    walk_trees(key_of, trees,
               [this, &sum](std::size_t, std::uint32_t leaf) { sum += values_[leaf]; });
    margins[0] = sum;
    return;
  }
  std::copy(base_margins_.begin(), base_margins_.end(), margins);
  walk_trees(key_of, trees, [this, margins](std::size_t tree, std::uint32_t leaf) {
    margins[outputs_[tree]] += values_[leaf];
  });
}

void TreeEngine::margins(const float* features, TreeRange trees, float* margins) const noexcept {
  with_keys(features, [=, this](auto key_of) { row_margins(key_of, trees, margins); });
}

void TreeEngine::leaves(const float* features, TreeRange trees, double* leaves) const noexcept {
  with_keys(features, [=, this](auto key_of) {
    walk_trees(key_of, trees, [=, this](std::size_t tree, std::uint32_t leaf) {
      leaves[tree - trees.begin] = ids_.empty() ? leaf - roots_[tree] : ids_[leaf];
    });
  });
}

/// Requires: rows is a multiple of kLanes.
void TreeEngine::tile_margins(const std::int32_t* keys, std::size_t rows, TreeRange trees,
                              float* margins) const noexcept {
  const std::size_t width = columns_.size();
  const std::size_t outputs = base_margins_.size();
  for (std::size_t row = 0; row < rows; ++row) {
    std::copy(base_margins_.begin(), base_margins_.end(), margins + row * outputs);
  }
  for (std::size_t tree = trees.begin; tree < trees.end; ++tree) {
    for (std::size_t row = 0; row < rows; row += kLanes) {
      const auto key_of = [lanes = keys + row * width, width](std::size_t lane,
                                                              std::uint32_t column) {
        return lanes[lane * width + column];
      };
      Lanes at;
      at.fill(roots_[tree]);
      walk(nodes_.data(), depths_[tree], at, key_of);
      for (std::size_t lane = 0; lane < kLanes; ++lane) {
        margins[(row + lane) * outputs + outputs_[tree]] += values_[at[lane]];
      }
    }
  }
}

void TreeEngine::batch_margins(const float* features, std::size_t rows, TreeRange trees,
                               float* margins) const noexcept {
  const std::size_t width = columns_.size();
  const std::size_t outputs = base_margins_.size();
  std::size_t row = 0;
  if (width != 0 && width <= kTileKeys / kLanes) {
    const std::size_t tile_rows = std::min(kTileRows, kTileKeys / width / kLanes * kLanes);
    std::array<std::int32_t, kTileKeys> keys;
    while (rows - row >= kLanes) {
      const std::size_t count = std::min(tile_rows, (rows - row) / kLanes * kLanes);
      for (std::size_t i = 0; i < count; ++i) {
        fill_keys(features + (row + i) * feature_count_, keys.data() + i * width);
      }
      tile_margins(keys.data(), count, trees, margins + row * outputs);
      row += count;
    }
  }
  for (; row < rows; ++row) {
    this->margins(features + row * feature_count_, trees, margins + row * outputs);
  }
}

}  // namespace mlcore
