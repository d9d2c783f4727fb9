// SPDX-License-Identifier: Apache-2.0
// TreeEngine uses TreePlan.
#include "predict/tree_plan.hpp"

#include <algorithm>

namespace mlcore {
namespace {

struct TreeShape {
  std::uint32_t depth = 0;
  std::size_t inner = 0;
};

std::vector<TreeShape> shapes_of(const TreeEnsemble& model) {
  std::vector<TreeShape> shapes(model.tree_count());
  std::vector<std::uint32_t> levels(model.left.size());  // a parent comes before its children
  for (std::size_t tree = 0; tree < shapes.size(); ++tree) {
    for (std::uint32_t node = model.tree_begin[tree]; node < model.tree_begin[tree + 1]; ++node) {
      shapes[tree].depth = std::max(shapes[tree].depth, levels[node]);
      if (model.left[node] == TreeEnsemble::kLeaf) continue;
      ++shapes[tree].inner;
      levels[model.left[node]] = levels[model.left[node] + 1] = levels[node] + 1;
    }
  }
  return shapes;
}

/// Whether `trees` trees, padded to a depth, have at most twice their inner nodes; a lone leaf
/// counts as the one node that it is padded to.
bool pads_well(std::size_t trees, std::uint32_t depth, std::size_t inner) {
  return depth <= kMaxCompleteDepth && trees * ((std::size_t{1} << depth) - 1) <= 2 * inner;
}

/// Greedily, from the first tree on.
std::vector<TreeRun> runs_of(const std::vector<TreeShape>& shapes) {
  std::vector<TreeRun> runs;
  std::size_t inner = 0;  // of the last run
  for (std::uint32_t tree = 0; tree < shapes.size(); ++tree) {
    const std::uint32_t depth = std::max(shapes[tree].depth, 1u);
    const std::size_t own = std::max(shapes[tree].inner, std::size_t{1});
    const bool is_complete = pads_well(1, depth, own);
    if (!runs.empty() && (runs.back().depth == 0) != is_complete) {
      TreeRun& run = runs.back();
      const std::uint32_t deeper = std::max(run.depth, depth);
      if (!is_complete || pads_well(tree - run.begin + 1, deeper, inner + own)) {
        run.end = tree + 1;
        if (is_complete) run.depth = deeper;
        inner += own;
        continue;
      }
    }
    runs.push_back({tree, tree + 1, is_complete ? depth : 0, 0});
    inner = own;
  }
  return runs;
}

/// The inner nodes that kernels of ranks would run.
std::vector<std::uint32_t> ranked_nodes(const TreeEnsemble& model,
                                        const std::vector<TreeRun>& runs) {
  std::vector<std::uint32_t> nodes;
  for (const TreeRun& run : runs) {
    if (run.depth == 0) continue;
    for (auto node = model.tree_begin[run.begin]; node < model.tree_begin[run.end]; ++node) {
      if (model.left[node] != TreeEnsemble::kLeaf) nodes.push_back(node);
    }
  }
  return nodes;
}

/// A walk meets `depth` features a tree; ranks meet every input once, and then a tree costs little.
bool ranks_pay(const std::vector<TreeRun>& runs, std::size_t inputs) {
  std::size_t visits = 0;
  for (const TreeRun& run : runs) visits += std::size_t{run.depth} * (run.end - run.begin);
  return visits > 2 * inputs;
}

}  // namespace

TreePlan::TreePlan(const TreeEnsemble& model)
    : base_margins(model.base_margins), outputs(model.tree_output) {
  runs = runs_of(shapes_of(model));
  const std::vector<std::uint32_t> nodes = ranked_nodes(model, runs);
  if (!nodes.empty()) ranks = RankTable(model, nodes);
  if (!ranks.fits() || !ranks_pay(runs, ranks.input_count())) {
    ranks = RankTable();
    runs.assign(1, {0, static_cast<std::uint32_t>(model.tree_count()), 0, 0});
  }
  for (TreeRun& run : runs) {
    if (run.depth != 0) {
      run.start = complete.add(model, ranks, run.begin, run.end, run.depth);
      continue;
    }
    run.start = walked.size();
    for (std::uint32_t tree = run.begin; tree < run.end; ++tree) walked.add(model, tree);
  }
  complete.finish();
}

}  // namespace mlcore
