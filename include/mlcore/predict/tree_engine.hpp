// SPDX-License-Identifier: Apache-2.0
#pragma once

// The compiled form of a tree ensemble.
//
//   TreeEngine engine(model);
//   engine.margins(features, margins);
//
// Traversal is separate from summation: leaves are added in tree order from the base margin, so
// that the bits are the framework's whatever the traversal does.

#include <cstdint>
#include <memory>
#include <vector>

#include "mlcore/model/tree_ensemble.hpp"

namespace mlcore {

/// Trees [begin, end) of an ensemble.
struct TreeRange {
  std::size_t begin = 0;
  std::size_t end = 0;

  [[nodiscard]] std::size_t size() const noexcept { return end - begin; }
};

/// The instructions that an engine's kernels are made of. Every target gives the same bits.
enum class SimdTarget : std::int32_t { scalar = 0, sse41 = 1, avx2 = 2, avx512 = 3 };

/// What this machine runs, the fastest last; `scalar` is always there.
[[nodiscard]] std::vector<SimdTarget> runnable_simd_targets();

/// What an engine is asked for most; every engine answers every call.
enum class TreeUse : std::uint8_t { margins, leaves };

template <typename Number, typename Sum>
struct TreePlan;
struct TreeKernels;

/// `Number`: of the features; `Sum`: of leaves and margins.
/// Immutable. Thread-safe. Cost: no allocation after construction, does not throw.
template <typename Number, typename Sum>
class BasicTreeEngine {
 public:
  /// Requires: a model that `validate` accepted, of these numbers and without sets; a target that
  /// runs here, by default the fastest.
  explicit BasicTreeEngine(const TreeEnsemble& model);
  BasicTreeEngine(const TreeEnsemble& model, SimdTarget target, TreeUse use = TreeUse::margins);
  BasicTreeEngine(BasicTreeEngine&&) noexcept;
  BasicTreeEngine& operator=(BasicTreeEngine&&) noexcept;
  ~BasicTreeEngine();

  [[nodiscard]] std::size_t feature_count() const noexcept { return feature_count_; }
  [[nodiscard]] std::size_t output_count() const noexcept { return output_count_; }
  [[nodiscard]] std::size_t tree_count() const noexcept { return tree_count_; }

  [[nodiscard]] TreeRange all_trees() const noexcept { return {0, tree_count_}; }

  /// One row: the base margins and the leaves of a range of trees. Shape: features[feature_count],
  /// margins[output_count]; missing is NaN.
  void margins(const Number* features, TreeRange trees, Sum* margins) const noexcept;
  void margins(const Number* features, Sum* margins) const noexcept {
    this->margins(features, all_trees(), margins);
  }
  /// Many rows, each with the bits that `margins` gives. Shape: [rows, feature_count] →
  /// [rows, output_count], both contiguous.
  void batch_margins(const Number* features, std::size_t rows, TreeRange trees,
                     Sum* margins) const noexcept;
  void batch_margins(const Number* features, std::size_t rows, Sum* margins) const noexcept {
    batch_margins(features, rows, all_trees(), margins);
  }
  /// One row's leaf in each tree of a range: the framework's id of the node, within its tree.
  /// Shape: features[feature_count], leaves[trees.size()].
  void leaves(const Number* features, TreeRange trees, double* leaves) const noexcept;

 private:
  void tile_margins(const Number* features, std::size_t rows, TreeRange trees,
                    Sum* margins) const noexcept;

  std::size_t feature_count_;
  std::size_t output_count_;
  std::size_t tree_count_;
  std::unique_ptr<const TreePlan<Number, Sum>> plan_;
  const TreeKernels* kernels_;
};

using TreeEngine = BasicTreeEngine<float, float>;          // XGBoost's contract
using WideTreeEngine = BasicTreeEngine<double, double>;    // LightGBM's
using WideSumTreeEngine = BasicTreeEngine<float, double>;  // float in, double thresholds and sums

}  // namespace mlcore
