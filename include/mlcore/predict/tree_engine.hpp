// SPDX-License-Identifier: Apache-2.0
#pragma once

// The compiled form of a tree ensemble.
//
//   TreeEngine engine(model);
//   engine.margins(features, margins);
//
// Traversal is separate from summation: leaves are added in tree order, with the start and the
// finish that the contract says, so that the bits are the framework's whatever the traversal does.

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

template <typename Number>
struct TreePlan;
struct TreeKernels;

/// `Number`: of features, thresholds and sums. A feature goes left iff it is less than a threshold
/// in f32, not greater in f64.
/// Immutable. Thread-safe. Cost: no allocation after construction, but for a batch of a model of
/// more than 4,096 rank columns, whose rows go one by one where there is no memory. Does not throw.
template <typename Number>
class BasicTreeEngine {
 public:
  /// Requires: a model that `validate` accepted, f32 of a narrow contract, f64 of a wide one; a
  /// target that runs here, by default the fastest. What TreeInputs does is not done: sets, zeros
  /// that are missing or flushed, rounding.
  explicit BasicTreeEngine(const TreeEnsemble& model);
  BasicTreeEngine(const TreeEnsemble& model, SimdTarget target);
  BasicTreeEngine(BasicTreeEngine&&) noexcept;
  BasicTreeEngine& operator=(BasicTreeEngine&&) noexcept;
  ~BasicTreeEngine();

  [[nodiscard]] std::size_t feature_count() const noexcept { return feature_count_; }
  [[nodiscard]] std::size_t output_count() const noexcept { return output_count_; }
  [[nodiscard]] std::size_t tree_count() const noexcept { return tree_count_; }

  [[nodiscard]] TreeRange all_trees() const noexcept { return {0, tree_count_}; }

  /// One row, by a range of trees: of whole rounds, where the finish is a mean. `bases`, if there
  /// are any, stand in place of the model's base margins. Shape: features[feature_count],
  /// bases[output_count], margins[output_count]; missing is NaN.
  void margins(const Number* features, TreeRange trees, Number* margins,
               const Number* bases = nullptr) const noexcept;
  void margins(const Number* features, Number* margins) const noexcept {
    this->margins(features, all_trees(), margins);
  }
  /// Many rows, each with the bits that `margins` gives. Shape: [rows, feature_count] →
  /// [rows, output_count], both contiguous; bases[rows, output_count].
  void batch_margins(const Number* features, std::size_t rows, TreeRange trees, Number* margins,
                     const Number* bases = nullptr) const noexcept;
  void batch_margins(const Number* features, std::size_t rows, Number* margins) const noexcept {
    batch_margins(features, rows, all_trees(), margins);
  }
  /// One row's leaf in each tree of a range: the framework's id of the node, within its tree.
  /// Shape: features[feature_count], leaves[trees.size()].
  void leaves(const Number* features, TreeRange trees, double* leaves) const noexcept;

 private:
  void row_margins(const Number* features, TreeRange trees, Number* margins, const Number* bases,
                   std::uint8_t* columns) const noexcept;
  void row_leaves(const Number* features, TreeRange trees, double* leaves,
                  std::uint8_t* columns) const noexcept;
  template <std::uint32_t kColumns>
  void stack_margins(const Number* features, std::size_t rows, TreeRange trees, Number* margins,
                     const Number* bases) const noexcept;
  void rows_margins(const Number* features, std::size_t rows, TreeRange trees, Number* margins,
                    const Number* bases, std::uint8_t* ranks) const noexcept;
  void tile_margins(const Number* features, std::size_t rows, TreeRange trees, Number* margins,
                    const Number* bases, std::uint8_t* ranks) const noexcept;

  std::size_t feature_count_;
  std::size_t output_count_;
  std::size_t tree_count_;
  const TreeKernels* kernels_;
  std::unique_ptr<const TreePlan<Number>> plan_;
  std::uint32_t least_rows_;
};

using TreeEngine = BasicTreeEngine<float>;       // XGBoost's contract
using WideTreeEngine = BasicTreeEngine<double>;  // the wide ones

}  // namespace mlcore
