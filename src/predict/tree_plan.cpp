// SPDX-License-Identifier: Apache-2.0
// TreeEngine uses TreePlan.
#include "predict/tree_plan.hpp"

#include <algorithm>
#include <bit>
#include <limits>

namespace mlcore {
namespace {

constexpr std::size_t kMostPadding = 4;

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
  if (jumps && ranks.column_count() <= kByteColumns) blended.make_jumps(jump_bytes(runs, shapes));
  const auto add_walked = [&](TreeRun& run, auto& trees) {
    run.start = trees.size();
    for (std::uint32_t tree = run.begin; tree < run.end; ++tree) trees.add(model, tree, ranks);
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
