// SPDX-License-Identifier: Apache-2.0
// Predictor uses TreeEngine. A row, or a tile of rows, becomes rank bytes once; then each run of
// the plan adds its trees' leaves, in order, through the kernels of the target.
#include "mlcore/predict/tree_engine.hpp"

#include <algorithm>
#include <array>

#include "predict/tree_kernel.hpp"
#include "predict/tree_plan.hpp"

namespace mlcore {
namespace {

constexpr std::size_t kTileOutputs = 32;  // sums of a tile: 16 KiB of stack

/// Calls `visit` with each run's part of a range of trees.
template <typename Visit>
void for_each_part(const TreePlan& plan, TreeRange trees, Visit visit) {
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

/// Rows and their rank bytes.
struct Tile {
  WalkedRows<float> features;
  WalkedRows<std::uint8_t> ranks;
};

/// Adds the leaves of a range of trees to `sums`, of shape [outputs][kTileRows]. `outputs` says
/// which, one a tree; without it all go to the first.
void add_trees(const TreePlan& plan, const TreeKernels& kernels, TreeRange trees, const Tile& tile,
               const std::uint32_t* outputs, float* sums) {
  for_each_part(plan, trees, [&](const TreeRun& run, std::uint32_t first, std::uint32_t count) {
    const std::uint32_t* own = outputs == nullptr ? nullptr : outputs + run.begin + first;
    const auto walk = [&](const auto& walked, const auto& rows) {
      walked.add_rows(run.start + first, count, rows, own, sums);
    };
    switch (run.runner) {
      case TreeRunner::complete:
        return kernels.add_tile(plan.complete.view(run.start, run.depth), first, count,
                                tile.ranks.first, static_cast<std::uint32_t>(tile.ranks.rows), own,
                                sums);
      case TreeRunner::byte_walk: return walk(plan.bytes, tile.ranks);
      case TreeRunner::wide_walk: return walk(plan.wides, tile.ranks);
      case TreeRunner::float_walk: return walk(plan.floats, tile.features);
    }
  });
}

}  // namespace

TreeEngine::TreeEngine(const TreeEnsemble& model)
    : TreeEngine(model, runnable_simd_targets().back()) {}

TreeEngine::TreeEngine(const TreeEnsemble& model, SimdTarget target)
    : feature_count_(model.feature_count),
      output_count_(model.base_margins.size()),
      tree_count_(model.tree_count()),
      plan_(std::make_unique<const TreePlan>(model)),
      kernels_(&tree_kernels(target)) {}

TreeEngine::TreeEngine(TreeEngine&&) noexcept = default;
TreeEngine& TreeEngine::operator=(TreeEngine&&) noexcept = default;
TreeEngine::~TreeEngine() = default;

void TreeEngine::margins(const float* features, TreeRange trees, float* margins) const noexcept {
  alignas(64) std::uint8_t columns[kColumnBytes];
  if (plan_->has_ranks()) kernels_->rank_row(plan_->ranks.view(), features, columns);
  std::copy(plan_->base_margins.begin(), plan_->base_margins.end(), margins);
  for_each_part(*plan_, trees, [&](const TreeRun& run, std::uint32_t first, std::uint32_t count) {
    const std::uint32_t* outputs =
        output_count_ == 1 ? nullptr : plan_->outputs.data() + run.begin + first;
    const auto walk = [&](const auto& walked, const auto* row) {
      walked.add_row(run.start + first, count, row, outputs, margins);
    };
    switch (run.runner) {
      case TreeRunner::complete:
        return kernels_->add_row(plan_->complete.view(run.start, run.depth), first, count, columns,
                                 outputs, margins);
      case TreeRunner::byte_walk: return walk(plan_->bytes, columns);
      case TreeRunner::wide_walk: return walk(plan_->wides, columns);
      case TreeRunner::float_walk: return walk(plan_->floats, features);
    }
  });
}

void TreeEngine::leaves(const float* features, TreeRange trees, double* leaves) const noexcept {
  alignas(64) std::uint8_t columns[kColumnBytes];
  if (plan_->has_ranks()) kernels_->rank_row(plan_->ranks.view(), features, columns);
  for_each_part(*plan_, trees, [&](const TreeRun& run, std::uint32_t first, std::uint32_t count) {
    double* out = leaves + (run.begin + first - trees.begin);
    const auto walk = [&](const auto& walked, const auto* row) {
      walked.leaves(run.start + first, count, row, out);
    };
    switch (run.runner) {
      case TreeRunner::complete:
        for (std::size_t tree = first; tree < first + count; ++tree) {
          *out++ = plan_->complete.leaf_id(run.start + (tree << run.depth), run.depth, columns);
        }
        return;
      case TreeRunner::byte_walk: return walk(plan_->bytes, columns);
      case TreeRunner::wide_walk: return walk(plan_->wides, columns);
      case TreeRunner::float_walk: return walk(plan_->floats, features);
    }
  });
}

void TreeEngine::tile_margins(const float* features, std::size_t rows, TreeRange trees,
                              float* margins) const noexcept {
  alignas(64) std::array<std::uint8_t, kTileBytes> ranks;
  const std::uint32_t stride = tile_rows(plan_->ranks.column_count());
  const Tile tile{{features, rows, feature_count_, 1, 0},
                  {ranks.data(), rows, 1, stride, kernels_->bias}};
  if (plan_->has_ranks()) {
    kernels_->rank_tile(plan_->ranks.view(), features, feature_count_,
                        static_cast<std::uint32_t>(rows), tile_rows(plan_->ranks.column_count()),
                        ranks.data());
  }
  const std::size_t outputs = output_count_;
  alignas(64) std::array<float, kTileOutputs * kTileRows> sums;
  const auto base_margins = [&](std::size_t output) { return plan_->base_margins[output]; };
  if (outputs <= kTileOutputs) {
    for (std::size_t output = 0; output < outputs; ++output) {
      std::fill_n(sums.data() + output * kTileRows, kTileRows, base_margins(output));
    }
    add_trees(*plan_, *kernels_, trees, tile, outputs == 1 ? nullptr : plan_->outputs.data(),
              sums.data());
    for (std::size_t row = 0; row < rows; ++row) {
      for (std::size_t output = 0; output < outputs; ++output) {
        margins[row * outputs + output] = sums[output * kTileRows + row];
      }
    }
    return;
  }
  for (std::size_t row = 0; row < rows; ++row) {
    std::copy(plan_->base_margins.begin(), plan_->base_margins.end(), margins + row * outputs);
  }
  std::fill_n(sums.data(), kTileRows, 0.0f);
  for (std::size_t tree = trees.begin; tree < trees.end; ++tree) {
    float* own = margins + plan_->outputs[tree];
    for (std::size_t row = 0; row < rows; ++row) sums[row] = own[row * outputs];
    add_trees(*plan_, *kernels_, {tree, tree + 1}, tile, nullptr, sums.data());
    for (std::size_t row = 0; row < rows; ++row) own[row * outputs] = sums[row];
  }
}

void TreeEngine::batch_margins(const float* features, std::size_t rows, TreeRange trees,
                               float* margins) const noexcept {
  const std::size_t most = tile_rows(plan_->ranks.column_count());
  while (rows >= kernels_->least_rows) {
    std::size_t count = std::min(rows, most);
    const std::size_t rest = count % kernels_->vector_rows;
    if (rest < kernels_->least_rows && rest != count) count -= rest;
    tile_margins(features, count, trees, margins);
    features += count * feature_count_;
    margins += count * output_count_;
    rows -= count;
  }
  for (; rows > 0; --rows) {
    this->margins(features, trees, margins);
    features += feature_count_;
    margins += output_count_;
  }
}

}  // namespace mlcore
