// SPDX-License-Identifier: Apache-2.0
#pragma once

// Lossless ranks. For each feature the sorted distinct thresholds of a model; the rank of x is how
// many of them send it right, so that x goes left of threshold k, counted from 0, iff rank <= k: an
// integer test with the answer of the number's. In float x goes left of those it is less than, in
// double of those it is at most. Ranks stand in columns of bytes: column j of a feature is
// clamp(rank - 255 j, 0, 255), with a missing value as the lowest rank or as the highest.
//
//   RankTable<float> table(model);
//   const auto [column, k] = table.place(model, node);  // right iff byte of the column > k

#include <array>
#include <vector>

#include "mlcore/model/tree_ensemble.hpp"
#include "predict/line_vector.hpp"
#include "predict/tree_kernel.hpp"

namespace mlcore {

/// A threshold's rank is kept as chunk * kRankStep + its place in the chunk.
inline constexpr std::uint32_t kRankStep = 256;

struct RankPlace {
  std::uint32_t column;
  std::uint8_t k;
};

template <typename Number>
class RankTable {
 public:
  RankTable() = default;
  /// Cost: O(nodes + features); less where nodes share few thresholds.
  explicit RankTable(const TreeEnsemble& model);

  /// Whether the kernels can take it: columns, and thresholds of a feature, within their limits.
  [[nodiscard]] bool fits() const noexcept { return fits_; }
  [[nodiscard]] std::size_t column_count() const noexcept { return column_count_; }
  [[nodiscard]] std::size_t input_count() const noexcept { return inputs_.size(); }
  [[nodiscard]] RankPlace place(const TreeEnsemble& model, std::uint32_t node) const noexcept {
    const Feature& feature = features_[model.feature[node]];
    const std::uint16_t rank = ranks_[feature.first_rank + numbers_[node]];
    const std::size_t side = model.default_left[node] != 0 ? 0 : 1;
    return {columns_[rank / kRankStep][side] + feature.input,
            static_cast<std::uint8_t>(rank % kRankStep)};
  }
  /// Frees what only `place` needs.
  void forget_places();
  [[nodiscard]] RankView<Number> view() const noexcept;

 private:
  struct Feature {
    std::uint32_t first_rank;
    std::uint32_t input;
  };

  using Thresholds = std::vector<std::vector<Number>>;  // [feature], ascending

  [[nodiscard]] bool number_nodes(const TreeEnsemble& model, Thresholds& thresholds);
  void sort_nodes(const TreeEnsemble& model, Thresholds& thresholds);
  void add_inputs(const Thresholds& thresholds);
  void add_input(std::uint32_t feature, const std::vector<Number>& thresholds);
  void add_planes();

  bool fits_ = true;
  bool has_low_ = false;
  bool has_high_ = false;
  std::size_t column_count_ = 0;
  LineVector<Number> thresholds_;
  std::vector<RankInput> inputs_;
  std::vector<Feature> features_;
  std::vector<std::uint16_t> numbers_;  // [node], of its threshold among the feature's
  std::vector<std::uint16_t> ranks_;    // [feature][number]
  std::vector<std::array<std::uint32_t, 2>> columns_;  // [chunk][missing low, high] of input 0
  std::array<std::uint32_t, kMaxLevels> inputs_to_{};
  std::vector<RankPlane> planes_;
};

}  // namespace mlcore
