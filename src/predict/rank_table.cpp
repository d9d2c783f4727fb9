// SPDX-License-Identifier: Apache-2.0
// TreeEngine uses RankTable.
#include "predict/rank_table.hpp"

#include <algorithm>
#include <limits>

namespace mlcore {
namespace {

constexpr float kPadding = std::numeric_limits<float>::quiet_NaN();  // <= nothing
constexpr std::size_t kMaxThresholds = std::size_t{kChunk} * kGroup;

std::size_t groups_of(std::size_t count) { return (count + kGroup - 1) / kGroup; }

/// The thresholds of each feature, ascending, each once; of equal zeros one.
std::vector<std::vector<float>> distinct_thresholds(const TreeEnsemble& model) {
  std::vector<std::vector<float>> thresholds(model.feature_count);
  for (std::size_t node = 0; node < model.left.size(); ++node) {
    if (model.left[node] == TreeEnsemble::kLeaf) continue;
    thresholds[model.feature[node]].push_back(model.value[node]);
  }
  for (auto& own : thresholds) {
    std::sort(own.begin(), own.end());
    own.erase(std::unique(own.begin(), own.end()), own.end());
  }
  return thresholds;
}

}  // namespace

RankTable::RankTable(const TreeEnsemble& model) {
  const auto thresholds = distinct_thresholds(model);
  std::vector<std::uint32_t> features;
  for (std::uint32_t feature = 0; feature < model.feature_count; ++feature) {
    if (!thresholds[feature].empty()) features.push_back(feature);
    fits_ = fits_ && thresholds[feature].size() <= kMaxThresholds;
  }
  fits_ = fits_ && features.size() <= kMaxColumns;
  if (!fits_) return;
  std::stable_sort(features.begin(), features.end(), [&](std::uint32_t a, std::uint32_t b) {
    return thresholds[a].size() > thresholds[b].size();
  });
  input_of_.resize(model.feature_count);
  for (const std::uint32_t feature : features) add_input(feature, thresholds[feature]);
  bool has_low = false;
  bool has_high = false;
  for (std::size_t node = 0; node < model.left.size(); ++node) {
    if (model.left[node] == TreeEnsemble::kLeaf) continue;
    (model.default_left[node] != 0 ? has_low : has_high) = true;
  }
  add_planes(has_low, has_high);
  fits_ = column_count_ <= kMaxColumns;
}

/// Levels from the bottom up, laid out from the top down.
void RankTable::add_input(std::uint32_t feature, const std::vector<float>& thresholds) {
  std::vector<std::vector<float>> levels{thresholds};
  while (levels.back().size() > kGroup) {
    const std::vector<float>& below = levels.back();
    std::vector<float> firsts;
    for (std::size_t at = kGroup; at < below.size(); at += kGroup) firsts.push_back(below[at]);
    levels.push_back(std::move(firsts));
  }
  RankInput input{feature, static_cast<std::uint32_t>(thresholds.size()), {}};
  for (std::size_t level = 0; level < levels.size(); ++level) {
    std::vector<float>& own = levels[levels.size() - 1 - level];
    own.resize(groups_of(own.size()) * kGroup, kPadding);
    input.levels[level] = static_cast<std::uint32_t>(thresholds_.size());
    thresholds_.insert(thresholds_.end(), own.begin(), own.end());
  }
  input_of_[feature] = static_cast<std::uint32_t>(inputs_.size());
  inputs_.push_back(input);
  for (std::size_t i = kMaxLevels - levels.size(); i < kMaxLevels; ++i) ++inputs_to_[i];
}

/// Inputs with more thresholds come first, so that those of a chunk stand side by side.
void RankTable::add_planes(bool has_low, bool has_high) {
  for (std::uint32_t base = 0; !inputs_.empty() && base < inputs_.front().count; base += kChunk) {
    const auto inputs =
        std::partition_point(inputs_.begin(), inputs_.end(),
                             [base](const RankInput& input) { return input.count > base; }) -
        inputs_.begin();
    for (const std::uint16_t side : {0, 1}) {
      if (!(side == 0 ? has_low : has_high)) continue;
      planes_.push_back({static_cast<std::uint32_t>(column_count_),
                         static_cast<std::uint32_t>(inputs), static_cast<std::uint16_t>(base),
                         side});
      column_count_ += static_cast<std::size_t>(inputs);
    }
  }
}

RankTable::Place RankTable::place(const TreeEnsemble& model, std::uint32_t node) const {
  const std::uint32_t index = input_of_[model.feature[node]];
  const RankInput& input = inputs_[index];
  const RankView ranks = view();
  std::size_t levels = 1;
  while (levels < kMaxLevels && index < ranks.inputs_to[kMaxLevels - 1 - levels]) ++levels;
  const float* bottom = ranks.thresholds + input.levels[levels - 1];
  const auto k = static_cast<std::uint32_t>(
      std::lower_bound(bottom, bottom + input.count, model.value[node]) - bottom);
  const std::uint16_t is_high = model.default_left[node] != 0 ? 0 : 1;
  const std::uint32_t base = k / kChunk * kChunk;
  const auto plane = std::find_if(planes_.begin(), planes_.end(), [=](const RankPlane& candidate) {
    return candidate.base == base && candidate.is_high == is_high;
  });
  return {plane->column + index, static_cast<std::uint8_t>(k - base)};
}

RankView RankTable::view() const noexcept {
  RankView view{};
  view.thresholds = thresholds_.data();
  view.inputs = inputs_.data();
  std::copy(inputs_to_.begin(), inputs_to_.end(), view.inputs_to);
  view.planes = planes_.data();
  view.plane_count = static_cast<std::uint32_t>(planes_.size());
  return view;
}

}  // namespace mlcore
