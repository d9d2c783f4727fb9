// SPDX-License-Identifier: Apache-2.0
#pragma once

// What a range of trees has of each run of a plan, and how many rows its kernels are worth.
//
//   for_each_part(plan, trees, [](const TreeRun& run, auto first, auto count) {});
//   if (rows >= least_rows(plan, kernels, trees)) ...  // as a tile

#include <algorithm>

#include "predict/tree_kernel.hpp"
#include "predict/tree_plan.hpp"

namespace mlcore {

/// Calls `visit` with each run's part of a range of trees: the run, the first tree of the part,
/// counted from the run's, and how many.
template <typename Plan, typename Visit>
[[gnu::always_inline]] inline void for_each_part(const Plan& plan, TreeRange trees, Visit visit) {
  const auto first =
      std::partition_point(plan.runs.begin(), plan.runs.end(),
                           [&](const TreeRun& run) { return run.end <= trees.begin; });
  for (auto run = first; run != plan.runs.end() && run->begin < trees.end; ++run) {
    const std::size_t begin = std::max<std::size_t>(run->begin, trees.begin);
    const std::size_t end = std::min<std::size_t>(run->end, trees.end);
    visit(*run, static_cast<std::uint32_t>(begin - run->begin),
          static_cast<std::uint32_t>(end - begin));
  }
}

/// Fewer rows than these are faster one by one. `turns`: where a part has trees enough for it.
inline std::uint32_t least_rows_of(const TreeRun& run, std::uint32_t count, bool turns,
                                   const TreeKernels& kernels) {
  constexpr std::uint32_t kSmallDepth = 6;
  if (run.runner != TreeRunner::complete) return kernels.least_rows_of_large;
  if (turns && run.depth >= kTurnDepth && count >= kTurnTrees) return kernels.least_rows_of_turned;
  return run.depth <= kSmallDepth ? kernels.least_rows : kernels.least_rows_of_large;
}

/// Of a range: at least 1. Many outputs come group by group, and then a part is short.
template <typename Number>
[[nodiscard]] std::uint32_t least_rows(const TreePlan<Number>& plan, const TreeKernels& kernels,
                                       TreeRange trees) {
  const bool turns = kernels.least_rows_of_turned != 0 &&
                     plan.ranks.column_count() <= kByteColumns &&
                     plan.finish.output_count() <= kTileOutputs;
  std::uint32_t least = 1;
  for_each_part(plan, trees, [&](const TreeRun& run, std::uint32_t, std::uint32_t count) {
    least = std::max(least, least_rows_of(run, count, turns, kernels));
  });
  return least;
}

}  // namespace mlcore
