// SPDX-License-Identifier: Apache-2.0
// Outside code uses validate, the gate before every engine, and reference_margins, which the tests
// hold engines to.
#include "mlcore/model/tree_ensemble.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "mlcore/base/error.hpp"

namespace mlcore {
namespace {

[[noreturn]] void refuse(const std::string& message) {
  throw Error(Code::invalid_argument, Reason::invalid_tree, message);
}

void check_contract(const ModelContract& contract) {
  const bool is_known_link = contract.link >= Link::identity && contract.link <= Link::hinge;
  if (contract.input_rounding != ModelContract::InputRounding::f32 ||
      contract.comparison != ModelContract::Comparison::less ||
      contract.accumulator != ModelContract::Accumulator::f32 ||
      contract.start != ModelContract::Start::base_first || !is_known_link) {
    throw Error(Code::unimplemented, Reason::unsupported_model,
                "a numeric contract this version can't run");
  }
}

void check_lengths(const TreeEnsemble& model) {
  const std::size_t nodes = model.left.size();
  if (nodes >= TreeEnsemble::kLeaf) refuse(fmt::format("{} nodes are too many", nodes));
  if (model.feature.size() != nodes || model.value.size() != nodes ||
      model.default_left.size() != nodes) {
    refuse(
        fmt::format("node arrays of different lengths: left {}, feature {}, value {}, "
                    "default_left {}",
                    nodes, model.feature.size(), model.value.size(), model.default_left.size()));
  }
  if (model.tree_begin.size() != model.tree_count() + 1) {
    refuse(fmt::format("{} tree begins for {} trees", model.tree_begin.size(), model.tree_count()));
  }
  if (model.tree_begin.front() != 0 || model.tree_begin.back() != nodes) {
    refuse(fmt::format("trees span nodes {} to {} of {}", model.tree_begin.front(),
                       model.tree_begin.back(), nodes));
  }
  if (model.feature_count > kMaxFeatureCount) {
    refuse(fmt::format("{} features; at most {}", model.feature_count, kMaxFeatureCount));
  }
  if (model.output_count == 0 || model.output_count > kMaxOutputCount) {
    refuse(fmt::format("{} outputs; at least 1, at most {}", model.output_count, kMaxOutputCount));
  }
  if (model.base_margins.size() != model.output_count) {
    refuse(fmt::format("{} base margins for {} outputs", model.base_margins.size(),
                       model.output_count));
  }
  if (!model.feature_names.empty() && model.feature_names.size() != model.feature_count) {
    refuse(fmt::format("{} feature names for {} features", model.feature_names.size(),
                       model.feature_count));
  }
  if (!model.node_id.empty() && model.node_id.size() != nodes) {
    refuse(fmt::format("{} node ids for {} nodes", model.node_id.size(), nodes));
  }
}

void check_rounds(const TreeEnsemble& model) {
  const std::vector<std::uint32_t>& begin = model.round_begin;
  if (begin.empty()) {
    if (!model.node_id.empty()) refuse("node ids without rounds");
    return;
  }
  if (begin.front() != 0 || begin.back() != model.tree_count()) {
    refuse(fmt::format("rounds span trees {} to {} of {}", begin.front(), begin.back(),
                       model.tree_count()));
  }
  const auto descent = std::is_sorted_until(begin.begin(), begin.end());
  if (descent != begin.end()) {
    refuse(fmt::format("round {} begins before the one in front of it", descent - begin.begin()));
  }
}

/// Walks one tree's nodes in order; a parent comes first, so that its level is known.
class TreeCheck {
 public:
  TreeCheck(const TreeEnsemble& model, std::size_t tree, std::vector<std::uint32_t>& levels)
      : model_(model),
        tree_(tree),
        begin_(model.tree_begin[tree]),
        end_(model.tree_begin[tree + 1]),
        levels_(levels) {}

  /// The largest magnitude of a leaf.
  float run() {
    levels_.assign(end_ - begin_, 0);
    levels_[0] = 1;
    for (std::uint32_t node = begin_; node < end_; ++node) {
      if (levels_[node - begin_] == 0) fail(node, "no parent");
      if (model_.left[node] == TreeEnsemble::kLeaf) {
        leaf(node);
      } else {
        inner(node);
      }
    }
    return largest_leaf_;
  }

 private:
  [[noreturn]] void fail(std::uint32_t node, std::string_view rule) const {
    refuse(fmt::format("tree {}, node {}: {}", tree_, node - begin_, rule));
  }

  void leaf(std::uint32_t node) {
    const float value = model_.value[node];
    if (!std::isfinite(value)) fail(node, "a leaf that is not finite");
    if (model_.feature[node] != 0 || model_.default_left[node] != 0) {
      fail(node, "a leaf with a feature or a default direction");
    }
    largest_leaf_ = std::max(largest_leaf_, std::fabs(value));
  }

  void inner(std::uint32_t node) {
    const std::uint32_t left = model_.left[node];
    if (left <= node) fail(node, "a child that is not after its parent");
    if (left >= end_ || end_ - left < 2) fail(node, "a child outside its tree");
    if (model_.feature[node] >= model_.feature_count) {
      fail(node, fmt::format("feature {} of {}", model_.feature[node], model_.feature_count));
    }
    if (std::isnan(model_.value[node])) fail(node, "a NaN threshold");
    if (model_.default_left[node] > 1) fail(node, "a default direction other than 0 and 1");
    const std::uint32_t level = levels_[node - begin_] + 1;
    if (level > kMaxTreeDepth + 1) fail(node, fmt::format("deeper than {}", kMaxTreeDepth));
    for (const std::uint32_t child : {left, left + 1}) {
      if (levels_[child - begin_] != 0) fail(child, "two parents");
      levels_[child - begin_] = level;
    }
  }

  const TreeEnsemble& model_;
  std::size_t tree_;
  std::uint32_t begin_;
  std::uint32_t end_;
  std::vector<std::uint32_t>& levels_;
  float largest_leaf_ = 0;
};

}  // namespace

void validate(const TreeEnsemble& model) {
  check_contract(model.contract);
  check_lengths(model);
  check_rounds(model);
  std::vector<double> reach(model.output_count);  // how far a margin can be from 0
  for (std::size_t output = 0; output < reach.size(); ++output) {
    if (!std::isfinite(model.base_margins[output])) {
      refuse(fmt::format("output {}: a base margin that is not finite", output));
    }
    reach[output] = std::fabs(model.base_margins[output]);
  }
  std::vector<std::uint32_t> levels;
  for (std::size_t tree = 0; tree < model.tree_count(); ++tree) {
    const std::uint32_t begin = model.tree_begin[tree];
    const std::uint32_t end = model.tree_begin[tree + 1];
    if (begin >= end || end > model.left.size()) {
      refuse(
          fmt::format("tree {}: spans nodes {} to {} of {}", tree, begin, end, model.left.size()));
    }
    const std::uint32_t output = model.tree_output[tree];
    if (output >= model.output_count) {
      refuse(fmt::format("tree {}: output {} of {}", tree, output, model.output_count));
    }
    reach[output] += TreeCheck(model, tree, levels).run();
  }
  for (std::size_t output = 0; output < reach.size(); ++output) {
    // Half the range, so that the rounding of the sums can't reach infinity either.
    if (reach[output] > std::numeric_limits<float>::max() / 2) {
      refuse(fmt::format("output {}: leaves whose sum could overflow", output));
    }
  }
}

void reference_margins(const TreeEnsemble& model, std::span<const float> features,
                       std::span<float> margins) {
  std::copy(model.base_margins.begin(), model.base_margins.end(), margins.begin());
  for (std::size_t tree = 0; tree < model.tree_count(); ++tree) {
    std::uint32_t node = model.tree_begin[tree];
    while (model.left[node] != TreeEnsemble::kLeaf) {
      const float value = features[model.feature[node]];
      const bool goes_left =
          std::isnan(value) ? model.default_left[node] != 0 : value < model.value[node];
      node = goes_left ? model.left[node] : model.left[node] + 1;
    }
    margins[model.tree_output[tree]] += model.value[node];
  }
}

}  // namespace mlcore
