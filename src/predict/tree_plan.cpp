// SPDX-License-Identifier: Apache-2.0
// TreeEngine uses TreePlan.
#include "predict/tree_plan.hpp"

#include <algorithm>
#include <bit>
#include <limits>

#include "model/tree_nodes.hpp"
#include "predict/tree_values.hpp"

namespace mlcore {
namespace {

constexpr std::size_t kMostPadding = 4;

struct TreeShape {
  std::uint32_t depth = 0;
  std::size_t inner = 0;
};

std::vector<TreeShape> shapes_of(const TreeEnsemble& model) {
  std::vector<TreeShape> shapes(model.tree_count());
  std::vector<std::uint32_t> levels;  // of one tree's nodes: a parent comes before its children
  for (std::size_t tree = 0; tree < shapes.size(); ++tree) {
    const std::uint32_t begin = model.tree_begin[tree];
    const std::uint32_t end = model.tree_begin[tree + 1];
    levels.resize(std::max<std::size_t>(levels.size(), end - begin));
    levels[0] = 0;
    std::uint32_t depth = 0;
    for_each_inner(model, begin, end, [&](std::uint32_t node) {
      const std::uint32_t level = levels[node - begin] + 1;
      const std::uint32_t left = model.left[node] - begin;
      levels[left] = levels[left + 1] = level;
      depth = std::max(depth, level);
    });
    shapes[tree] = {depth, (end - begin) / 2};
  }
  return shapes;
}

/// Whether `trees` trees may be padded to a depth: that wins time up to far more nodes, but takes
/// the memory of 10 bytes a node. A lone leaf counts as the one node that it is padded to.
bool pads_well(std::size_t trees, std::uint32_t depth, std::size_t inner) {
  return depth <= kMaxCompleteDepth &&
         trees * ((std::size_t{1} << depth) - 1) <= kMostPadding * inner;
}

/// Greedily, from the first tree on.
std::vector<TreeRun> runs_of(const std::vector<TreeShape>& shapes, TreeRunner walk) {
  std::vector<TreeRun> runs;
  std::size_t inner = 0;  // of the last run
  for (std::uint32_t tree = 0; tree < shapes.size(); ++tree) {
    const std::uint32_t depth = std::max(shapes[tree].depth, 1u);
    const std::size_t own = std::max(shapes[tree].inner, std::size_t{1});
    const TreeRunner runner = pads_well(1, depth, own) ? TreeRunner::complete
                              : own < kBlendLeaves     ? TreeRunner::blended
                                                       : walk;
    if (!runs.empty() && runs.back().runner == runner) {
      TreeRun& run = runs.back();
      const std::uint32_t deeper = std::max(run.depth, depth);
      if (runner != TreeRunner::complete || pads_well(tree - run.begin + 1, deeper, inner + own)) {
        run.end = tree + 1;
        run.depth = deeper;
        inner += own;
        continue;
      }
    }
    runs.push_back({runner, depth, tree, tree + 1, 0});
    inner = own;
  }
  return runs;
}

/// A walk meets some features a tree; ranks meet every input once, and then a tree costs little.
bool ranks_pay(const std::vector<TreeShape>& shapes, std::size_t inputs) {
  std::size_t visits = 0;
  for (const TreeShape& shape : shapes) visits += std::bit_width(shape.inner);
  return visits > inputs;
}

/// Of the trees that a runner runs.
struct Amount {
  std::size_t trees = 0;
  std::size_t nodes = 0;
  std::size_t inner = 0;   // at least 1 a tree
  std::size_t places = 0;  // padded
};

Amount amount_of(const TreeEnsemble& model, const std::vector<TreeRun>& runs, TreeRunner runner) {
  Amount amount;
  for (const TreeRun& run : runs) {
    if (run.runner != runner) continue;
    amount.trees += run.end - run.begin;
    amount.nodes += model.tree_begin[run.end] - model.tree_begin[run.begin];
    if (runner == TreeRunner::complete) {
      amount.places += std::size_t{run.end - run.begin} << run.depth;
    }
    for (std::uint32_t tree = run.begin; tree < run.end; ++tree) {
      amount.inner += std::max((model.tree_begin[tree + 1] - model.tree_begin[tree]) / 2, 1u);
    }
  }
  return amount;
}

std::size_t jump_bytes(const std::vector<TreeRun>& runs, const std::vector<TreeShape>& shapes) {
  std::size_t bytes = 0;
  for (const TreeRun& run : runs) {
    if (run.runner != TreeRunner::blended) continue;
    for (std::uint32_t tree = run.begin; tree < run.end; ++tree) {
      bytes += std::size_t{4} * jump_size(static_cast<std::uint32_t>(shapes[tree].inner));
    }
  }
  return bytes;
}

bool is_wide(const std::vector<TreeShape>& shapes, std::size_t columns) {
  return columns > kByteColumns || std::any_of(shapes.begin(), shapes.end(), [](const auto& shape) {
           return 2 * shape.inner > std::numeric_limits<std::uint16_t>::max();
         });
}

}  // namespace

template <typename Number>
TreePlan<Number>::TreePlan(const TreeEnsemble& model, bool jumps)
    : finish(model), outputs(model.tree_output), ranks(model) {
  for (const std::uint32_t output : outputs) places.push_back(output % kTileOutputs);
  const std::vector<TreeShape> shapes = shapes_of(model);
  if (model.has_linear_leaves() || !ranks.fits() || !ranks_pay(shapes, ranks.input_count())) {
    ranks = RankTable<Number>();
    runs = {{TreeRunner::number_walk, 0, 0, static_cast<std::uint32_t>(model.tree_count()), 0}};
  } else {
    const bool wide = is_wide(shapes, ranks.column_count());
    runs = runs_of(shapes, wide ? TreeRunner::wide_walk : TreeRunner::byte_walk);
  }
  const auto amount = [&](TreeRunner runner) { return amount_of(model, runs, runner); };
  complete.reserve(amount(TreeRunner::complete).places,
                   static_cast<std::uint32_t>(ranks.column_count()));
  const Amount blends = amount(TreeRunner::blended);
  blended.reserve(blends.trees, blends.inner);
  if (jumps && ranks.column_count() <= kByteColumns) blended.make_jumps(jump_bytes(runs, shapes));
  const auto add_walked = [&](TreeRun& run, auto& trees) {
    if (trees.size() == 0) trees.reserve(amount(run.runner).trees, amount(run.runner).nodes);
    run.start = trees.size();
    for (std::uint32_t tree = run.begin; tree < run.end; ++tree) {
      trees.add(model, tree, shapes[tree].depth, ranks);
    }
  };
  for (TreeRun& run : runs) {
    switch (run.runner) {
      case TreeRunner::complete:
        run.start = complete.add(model, ranks, run.begin, run.end, run.depth);
        break;
      case TreeRunner::blended:
        run.start = blended.size();
        for (std::uint32_t tree = run.begin; tree < run.end; ++tree) {
          blended.add(model, tree, ranks);
        }
        break;
      case TreeRunner::byte_walk: add_walked(run, bytes); break;
      case TreeRunner::wide_walk: add_walked(run, wides); break;
      case TreeRunner::number_walk: add_walked(run, numbers); break;
    }
  }
  complete.finish();
  blended.finish();
  ranks.forget_places();
}

template struct TreePlan<float>;
template struct TreePlan<double>;

}  // namespace mlcore
