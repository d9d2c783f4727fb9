// SPDX-License-Identifier: Apache-2.0
// TreeEngine uses RankTable.
#include "predict/rank_table.hpp"

#include <algorithm>
#include <bit>
#include <limits>
#include <numeric>

namespace mlcore {
namespace {

constexpr float kPadding = std::numeric_limits<float>::quiet_NaN();  // <= nothing
constexpr std::size_t kMaxThresholds = std::size_t{kChunk} * kGroup;

std::size_t groups_of(std::size_t count) { return (count + kGroup - 1) / kGroup; }

/// An inner node with its threshold as an integer that orders as floats do; -0 equals +0.
struct Split {
  std::uint32_t key;
  std::uint32_t node;
};

std::uint32_t key_of(float threshold) {
  auto bits = std::bit_cast<std::uint32_t>(threshold);
  if (bits == 0x80000000u) bits = 0;
  return (bits >> 31) != 0 ? ~bits : bits | 0x80000000u;
}

/// One pass of a stable counting sort. `digit_of(split) < digits`.
template <typename DigitOf>
void sort_by(std::vector<Split>& splits, std::vector<Split>& scratch, std::size_t digits,
             DigitOf digit_of) {
  std::vector<std::uint32_t> begin(digits + 1);
  for (const Split& split : splits) ++begin[digit_of(split) + 1];
  std::partial_sum(begin.begin(), begin.end(), begin.begin());
  scratch.resize(splits.size());
  for (const Split& split : splits) scratch[begin[digit_of(split)]++] = split;
  splits.swap(scratch);
}

/// By feature, then by threshold. Counting, because comparing takes longer than all the rest of
/// compiling a model.
std::vector<Split> sorted_splits(const TreeEnsemble& model) {
  std::vector<Split> splits;
  std::vector<Split> scratch;
  splits.reserve(model.left.size() / 2);
  for (std::uint32_t node = 0; node < model.left.size(); ++node) {
    if (model.left[node] == TreeEnsemble::kLeaf) continue;
    splits.push_back({key_of(model.value[node]), node});
  }
  for (const unsigned shift : {0u, 11u, 22u}) {
    sort_by(splits, scratch, 2048, [=](const Split& split) { return split.key >> shift & 2047u; });
  }
  sort_by(splits, scratch, model.feature_count,
          [&](const Split& split) { return model.feature[split.node]; });
  return splits;
}

}  // namespace

RankTable::RankTable(const TreeEnsemble& model) : ks_(model.left.size()) {
  std::vector<std::vector<float>> thresholds(model.feature_count);
  std::uint32_t last = 0;  // key; of one feature
  for (const Split& split : sorted_splits(model)) {
    std::vector<float>& own = thresholds[model.feature[split.node]];
    if (own.empty() || split.key != last) own.push_back(model.value[split.node]);
    last = split.key;
    fits_ = fits_ && own.size() <= kMaxThresholds;
    ks_[split.node] = static_cast<std::uint16_t>(own.size() - 1);
    (model.default_left[split.node] != 0 ? has_low_ : has_high_) = true;
  }
  std::vector<std::uint32_t> features;
  for (std::uint32_t feature = 0; feature < model.feature_count; ++feature) {
    if (!thresholds[feature].empty()) features.push_back(feature);
  }
  fits_ = fits_ && features.size() <= kMaxColumns;
  if (!fits_) return;
  std::stable_sort(features.begin(), features.end(), [&](std::uint32_t a, std::uint32_t b) {
    return thresholds[a].size() > thresholds[b].size();
  });
  input_of_.resize(model.feature_count);
  for (const std::uint32_t feature : features) add_input(feature, thresholds[feature]);
  add_planes();
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
void RankTable::add_planes() {
  for (std::uint32_t base = 0; !inputs_.empty() && base < inputs_.front().count; base += kChunk) {
    const auto inputs =
        std::partition_point(inputs_.begin(), inputs_.end(),
                             [base](const RankInput& input) { return input.count > base; }) -
        inputs_.begin();
    for (const std::uint16_t side : {0, 1}) {
      if (!(side == 0 ? has_low_ : has_high_)) continue;
      planes_.push_back({static_cast<std::uint32_t>(column_count_),
                         static_cast<std::uint32_t>(inputs), static_cast<std::uint16_t>(base),
                         side});
      column_count_ += static_cast<std::size_t>(inputs);
    }
  }
}

RankTable::Place RankTable::place(const TreeEnsemble& model, std::uint32_t node) const {
  const std::uint32_t chunk = ks_[node] / kChunk;
  const std::size_t sides = has_low_ && has_high_ ? 2 : 1;
  const std::size_t side = sides == 2 && model.default_left[node] == 0 ? 1 : 0;
  return {planes_[chunk * sides + side].column + input_of_[model.feature[node]],
          static_cast<std::uint8_t>(ks_[node] % kChunk)};
}

void RankTable::forget_places() {
  ks_ = {};
  input_of_ = {};
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
