// SPDX-License-Identifier: Apache-2.0
#pragma once

// Both ends of a sum of leaves, as the contract says: where it starts, and what becomes of it. Sums
// of linear leaves may be NaN, which is then the canonical one.
//
//   const TreeFinish<double> finish(model);
//   finish.begin(nullptr, margins);
//   ...  // the leaves are added
//   finish.apply(trees, nullptr, margins);

#include <algorithm>
#include <type_traits>
#include <vector>

#include "mlcore/base/number.hpp"
#include "mlcore/model/tree_ensemble.hpp"
#include "mlcore/predict/tree_engine.hpp"

namespace mlcore {

/// Immutable. Thread-safe. `bases`, one an output, stand in place of the model's base margins;
/// without them they are null.
template <typename Number>
class TreeFinish {
 public:
  explicit TreeFinish(const TreeEnsemble& model);

  [[nodiscard]] std::size_t output_count() const noexcept { return starts_.size(); }
  /// What the sum of an output starts from. Shape: bases[output_count].
  [[nodiscard]] Number start(const Number* bases, std::size_t output) const noexcept {
    return bases == nullptr || !last_.empty() ? starts_[output] : bases[output];
  }
  /// All of them. Shape: margins[output_count].
  void begin(const Number* bases, Number* margins) const noexcept {
    const Number* starts = bases == nullptr || !last_.empty() ? starts_.data() : bases;
    std::copy_n(starts, starts_.size(), margins);
  }
  /// Whether the sums are the margins.
  [[nodiscard]] bool is_none() const noexcept {
    return factor_ == 1 && !is_mean_ && last_.empty() && !may_be_nan_;
  }
  /// Requires: sums of a range of whole rounds. Shape: margins[output_count].
  void apply(TreeRange trees, const Number* bases, Number* margins) const noexcept;

 private:
  std::vector<Number> starts_;
  std::vector<Number> last_;  // the base margins, where they are added last
  Number factor_ = 1;
  bool is_mean_ = false;
  bool may_be_nan_ = false;
  std::vector<std::uint32_t> round_begin_;  // of a mean
};

// --- inline bodies

template <typename Number>
TreeFinish<Number>::TreeFinish(const TreeEnsemble& model)
    : is_mean_(model.contract.finish == ModelContract::Finish::mean),
      may_be_nan_(model.has_linear_leaves()) {
  for (std::size_t output = 0; output < model.output_count; ++output) {
    starts_.push_back(static_cast<Number>(model.base_margin(output)));
  }
  if (model.contract.start == ModelContract::Start::zero) {
    last_.swap(starts_);
    starts_.assign(last_.size(), 0);
  }
  if (model.contract.finish == ModelContract::Finish::scale) {
    factor_ = static_cast<Number>(model.contract.scale);
  }
  if (is_mean_) round_begin_ = model.round_begin;
}

template <typename Number>
void TreeFinish<Number>::apply(TreeRange trees, const Number* bases,
                               Number* margins) const noexcept {
  if (is_none()) return;
  Number rounds = 1;
  if (is_mean_ && trees.begin != trees.end) {
    const auto first = std::lower_bound(round_begin_.begin(), round_begin_.end(), trees.begin);
    const auto end = std::upper_bound(first, round_begin_.end(), trees.end);
    rounds = static_cast<Number>(end - first - 1);
  }
  for (std::size_t output = 0; output < starts_.size(); ++output) {
    margins[output] /= rounds;  // by 1: the same bits
    margins[output] *= factor_;
    if (!last_.empty()) margins[output] += bases == nullptr ? last_[output] : bases[output];
    if (margins[output] != margins[output]) margins[output] = static_cast<Number>(kCanonicalNan);
  }
}

}  // namespace mlcore
