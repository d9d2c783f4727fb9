// SPDX-License-Identifier: Apache-2.0
// Predictor uses TreeEngine. A row, or a tile of rows, becomes rank bytes once; then each run of
// the plan adds its trees' leaves, in order, through the kernels of the target.
#include "mlcore/predict/tree_engine.hpp"

#include <algorithm>
#include <array>
#include <memory>
#include <new>
#include <type_traits>

#include "predict/run_parts.hpp"
#include "predict/tree_kernel.hpp"
#include "predict/tree_plan.hpp"

namespace mlcore {
namespace {

template <typename Number>
const NumberKernels<Number>& kernels_of(const TreeKernels& kernels) {
  if constexpr (std::is_same_v<Number, float>) {
    return kernels.f32;
  } else {
    return kernels.f64;
  }
}

/// Of memory for ranks.
struct alignas(64) Line {
  std::uint8_t bytes[64];
};

/// Rows and their rank bytes.
template <typename Number>
struct Tile {
  WalkedRows<Number> features;
  WalkedRows<std::uint8_t> ranks;
};

/// Adds the leaves of a range of trees to `sums`, of shape [outputs][kTileRows]. `outputs` says
/// which, one a tree; without it all go to the first.
template <typename Number>
void add_trees(const TreePlan<Number>& plan, const NumberKernels<Number>& kernels, TreeRange trees,
               const Tile<Number>& tile, const std::uint32_t* outputs, Number* sums) {
  const auto rows = static_cast<std::uint32_t>(tile.ranks.rows);
  for_each_part(plan, trees, [&](const TreeRun& run, std::uint32_t first, std::uint32_t count) {
    const std::uint32_t* own = outputs == nullptr ? nullptr : outputs + run.begin + first;
    const auto walk = [&](const auto& walked, const auto& values) {
      walked.add_rows(run.start + first, count, values, own, sums);
    };
    switch (run.runner) {
      case TreeRunner::complete:
        return kernels.tile(plan.complete.view(run.start, run.depth), first, count,
                            tile.ranks.first, rows, own, sums);
      case TreeRunner::blended:
        return kernels.blended_tile(plan.blended.view(),
                                    static_cast<std::uint32_t>(run.start + first), count,
                                    tile.ranks.first, rows, own, sums);
      case TreeRunner::byte_walk: return walk(plan.bytes, tile.ranks);
      case TreeRunner::wide_walk: return walk(plan.wides, tile.ranks);
      case TreeRunner::number_walk: return walk(plan.numbers, tile.features);
    }
  });
}

/// Calls `visit` with each run of neighbouring trees whose outputs are in a group.
template <typename Visit>
void for_each_of_group(const std::vector<std::uint32_t>& outputs, TreeRange trees,
                       std::size_t group, Visit visit) {
  for (std::size_t begin = trees.begin; begin < trees.end;) {
    std::size_t end = begin;
    while (end < trees.end && outputs[end] / kTileOutputs == group) ++end;
    if (end != begin) visit(TreeRange{begin, end});
    begin = end + 1;
  }
}

/// What the sums of an output start from. Shape: sums[rows].
template <typename Number>
void fill_starts(const TreeFinish<Number>& finish, const Number* bases, std::size_t outputs,
                 std::size_t output, std::size_t rows, Number* sums) {
  if (bases == nullptr) {
    std::fill_n(sums, kTileRows, finish.start(nullptr, output));
    return;
  }
  for (std::size_t row = 0; row < rows; ++row) {
    sums[row] = finish.start(bases + row * outputs, output);
  }
  std::fill(sums + rows, sums + kTileRows, Number{0});
}

/// The sums of a tile's rows, kTileOutputs outputs at a time. Shape: bases[rows, outputs],
/// margins[rows, outputs].
template <typename Number>
void add_tile(const TreePlan<Number>& plan, const NumberKernels<Number>& kernels, TreeRange trees,
              const Tile<Number>& tile, std::size_t outputs, const Number* bases, Number* margins) {
  const std::uint32_t* places = outputs == 1 ? nullptr : plan.places.data();
  alignas(64) std::array<Number, kTileOutputs * kTileRows> sums;
  for (std::size_t first = 0; first < outputs; first += kTileOutputs) {
    const std::size_t count = std::min(outputs - first, kTileOutputs);
    for (std::size_t place = 0; place < count; ++place) {
      fill_starts(plan.finish, bases, outputs, first + place, tile.ranks.rows,
                  sums.data() + place * kTileRows);
    }
    const auto add = [&](TreeRange some) {
      add_trees(plan, kernels, some, tile, places, sums.data());
    };
    if (outputs <= kTileOutputs) {
      add(trees);
    } else {
      for_each_of_group(plan.outputs, trees, first / kTileOutputs, add);
    }
    for (std::size_t row = 0; row < tile.ranks.rows; ++row) {
      for (std::size_t place = 0; place < count; ++place) {
        margins[row * outputs + first + place] = sums[place * kTileRows + row];
      }
    }
  }
}

/// Calls `use` with memory for a row's bytes.
template <std::uint32_t kColumns, typename Use>
[[gnu::noinline]] void with_bytes(const Use& use) {
  alignas(64) std::uint8_t bytes[kColumns + 64];
  use(bytes);
}
template <typename Number, typename Use>
void with_row_bytes(const TreePlan<Number>& plan, const Use& use) {
  if (plan.ranks.column_count() <= kFewColumns) {
    with_bytes<kFewColumns>(use);
  } else {
    with_bytes<kMaxColumns>(use);
  }
}

}  // namespace

template <typename Number>
BasicTreeEngine<Number>::BasicTreeEngine(const TreeEnsemble& model)
    : BasicTreeEngine(model, runnable_simd_targets().back()) {}

template <typename Number>
BasicTreeEngine<Number>::BasicTreeEngine(const TreeEnsemble& model, SimdTarget target)
    : feature_count_(model.feature_count),
      output_count_(model.output_count),
      tree_count_(model.tree_count()),
      kernels_(&tree_kernels(target)),
      plan_(std::make_unique<const TreePlan<Number>>(model, kernels_->jumps)),
      least_rows_(least_rows(*plan_, *kernels_, all_trees())) {}

template <typename Number>
BasicTreeEngine<Number>::BasicTreeEngine(BasicTreeEngine&&) noexcept = default;
template <typename Number>
BasicTreeEngine<Number>& BasicTreeEngine<Number>::operator=(BasicTreeEngine&&) noexcept = default;
template <typename Number>
BasicTreeEngine<Number>::~BasicTreeEngine() = default;

template <typename Number>
void BasicTreeEngine<Number>::margins(const Number* features, TreeRange trees, Number* margins,
                                      const Number* bases) const noexcept {
  with_row_bytes(*plan_, [&](std::uint8_t* columns) {
    row_margins(features, trees, margins, bases, columns);
  });
}

template <typename Number>
void BasicTreeEngine<Number>::row_margins(const Number* features, TreeRange trees, Number* margins,
                                          const Number* bases,
                                          std::uint8_t* columns) const noexcept {
  const NumberKernels<Number>& kernels = kernels_of<Number>(*kernels_);
  if (plan_->has_ranks()) kernels.rank_row(plan_->ranks.view(), features, columns);
  plan_->finish.begin(bases, margins);
  for_each_part(*plan_, trees, [&](const TreeRun& run, std::uint32_t first, std::uint32_t count) {
    const std::uint32_t* outputs =
        output_count_ == 1 ? nullptr : plan_->outputs.data() + run.begin + first;
    const auto walk = [&](const auto& walked, const auto* row) {
      walked.add_row(run.start + first, count, row, outputs, margins);
    };
    switch (run.runner) {
      case TreeRunner::complete:
        return kernels.row(plan_->complete.view(run.start, run.depth), first, count, columns,
                           outputs, margins);
      case TreeRunner::blended:
        return kernels.blended_row(plan_->blended.view(),
                                   static_cast<std::uint32_t>(run.start + first), count, columns,
                                   outputs, margins);
      case TreeRunner::byte_walk: return walk(plan_->bytes, columns);
      case TreeRunner::wide_walk: return walk(plan_->wides, columns);
      case TreeRunner::number_walk: return walk(plan_->numbers, features);
    }
  });
  plan_->finish.apply(trees, bases, margins);
}

template <typename Number>
void BasicTreeEngine<Number>::leaves(const Number* features, TreeRange trees,
                                     double* leaves) const noexcept {
  with_row_bytes(*plan_,
                 [&](std::uint8_t* columns) { row_leaves(features, trees, leaves, columns); });
}

template <typename Number>
void BasicTreeEngine<Number>::row_leaves(const Number* features, TreeRange trees, double* leaves,
                                         std::uint8_t* columns) const noexcept {
  if (plan_->has_ranks()) {
    kernels_of<Number>(*kernels_).rank_row(plan_->ranks.view(), features, columns);
  }
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
      case TreeRunner::blended:
        for (std::size_t tree = first; tree < first + count; ++tree) {
          *out++ = plan_->blended.leaf_id(run.start + tree, columns);
        }
        return;
      case TreeRunner::byte_walk: return walk(plan_->bytes, columns);
      case TreeRunner::wide_walk: return walk(plan_->wides, columns);
      case TreeRunner::number_walk: return walk(plan_->numbers, features);
    }
  });
}

template <typename Number>
void BasicTreeEngine<Number>::tile_margins(const Number* features, std::size_t rows,
                                           TreeRange trees, Number* margins, const Number* bases,
                                           std::uint8_t* ranks) const noexcept {
  const NumberKernels<Number>& kernels = kernels_of<Number>(*kernels_);
  const std::uint32_t stride = tile_rows(plan_->ranks.column_count());
  const Tile<Number> tile{{features, rows, feature_count_, 1, 0},
                          {ranks, rows, 1, stride, kernels_->bias}};
  if (plan_->has_ranks()) {
    kernels.rank_tile(plan_->ranks.view(), {features, feature_count_, 1},
                      static_cast<std::uint32_t>(rows), stride, ranks);
  }
  add_tile(*plan_, kernels, trees, tile, output_count_, bases, margins);
  if (plan_->finish.is_none()) return;
  for (std::size_t row = 0; row < rows; ++row) {
    const Number* own = bases == nullptr ? nullptr : bases + row * output_count_;
    plan_->finish.apply(trees, own, margins + row * output_count_);
  }
}

/// Tiles, then the rows that are too few for one.
template <typename Number>
void BasicTreeEngine<Number>::rows_margins(const Number* features, std::size_t rows,
                                           TreeRange trees, Number* margins, const Number* bases,
                                           std::uint8_t* ranks) const noexcept {
  const auto advance = [&](std::size_t count) {
    features += count * feature_count_;
    margins += count * output_count_;
    if (bases != nullptr) bases += count * output_count_;
    rows -= count;
  };
  const std::size_t most = tile_rows(plan_->ranks.column_count());
  const std::uint32_t least =
      trees.size() == tree_count_ ? least_rows_ : least_rows(*plan_, *kernels_, trees);
  while (ranks != nullptr && rows >= least) {
    std::size_t count = std::min(rows, most);
    const std::size_t rest = count % kernels_->vector_rows;
    if (rest < least && rest != count) count -= rest;
    tile_margins(features, count, trees, margins, bases, ranks);
    advance(count);
  }
  while (rows > 0) {
    this->margins(features, trees, margins, bases);
    advance(1);
  }
}

/// With a tile on the stack.
template <typename Number>
template <std::uint32_t kColumns>
[[gnu::noinline]] void BasicTreeEngine<Number>::stack_margins(const Number* features,
                                                              std::size_t rows, TreeRange trees,
                                                              Number* margins,
                                                              const Number* bases) const noexcept {
  alignas(64) std::array<std::uint8_t, std::size_t{kColumns} * kWideTileRows> ranks;
  rows_margins(features, rows, trees, margins, bases, ranks.data());
}

template <typename Number>
void BasicTreeEngine<Number>::batch_margins(const Number* features, std::size_t rows,
                                            TreeRange trees, Number* margins,
                                            const Number* bases) const noexcept {
  const std::size_t columns = plan_->ranks.column_count();
  if (columns <= kFewColumns) {
    return stack_margins<kFewColumns>(features, rows, trees, margins, bases);
  }
  if (columns <= kStackColumns) {
    return stack_margins<kStackColumns>(features, rows, trees, margins, bases);
  }
  const std::unique_ptr<Line[]> tile(new (std::nothrow)
                                         Line[columns * kWideTileRows / sizeof(Line)]);
  rows_margins(features, rows, trees, margins, bases, tile ? tile[0].bytes : nullptr);
}

template class BasicTreeEngine<float>;
template class BasicTreeEngine<double>;

}  // namespace mlcore
