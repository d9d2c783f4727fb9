// SPDX-License-Identifier: Apache-2.0
// TreeEngine uses RankTable.
#include "predict/rank_table.hpp"

#include <algorithm>
#include <array>
#include <bit>
#include <limits>
#include <numeric>
#include <span>
#include <type_traits>

#include "model/tree_nodes.hpp"
#include "predict/key_numbers.hpp"
#include "predict/tree_values.hpp"

namespace mlcore {
namespace {

template <typename Number>
constexpr Number kPadding = std::numeric_limits<Number>::quiet_NaN();  // compares with nothing

std::size_t groups_of(std::size_t count) { return (count + kGroup - 1) / kGroup; }

/// Integers as wide as a number.
template <typename Number>
using Key = std::conditional_t<sizeof(Number) == 4, std::uint32_t, std::uint64_t>;

/// A threshold as an integer that orders as numbers do, -0 equal to +0; a node's, or a number's.
template <typename Number>
using Split = KeyNumber<Key<Number>>;

template <typename Number>
Key<Number> key_of(Number threshold) {
  constexpr Key<Number> kSign = Key<Number>{1} << (8 * sizeof(Number) - 1);
  auto bits = std::bit_cast<Key<Number>>(threshold);
  if (bits == kSign) bits = 0;
  return (bits & kSign) != 0 ? ~bits : bits | kSign;
}

template <typename Number>
Number number_of(Key<Number> key) {
  constexpr Key<Number> kSign = Key<Number>{1} << (8 * sizeof(Number) - 1);
  return std::bit_cast<Number>((key & kSign) != 0 ? key ^ kSign : ~key);
}

/// As RankTable keeps a rank.
constexpr std::uint16_t rank_code(std::uint32_t rank) {
  return static_cast<std::uint16_t>(rank / kChunk * kRankStep + rank % kChunk);
}

/// Inner nodes, those of a feature side by side. Shape: begin[feature_count + 1].
template <typename Number>
struct Splits {
  std::vector<Split<Number>> all;
  std::vector<std::uint32_t> begin;

  [[nodiscard]] std::span<Split<Number>> of(std::size_t feature) {
    return {all.data() + begin[feature], all.data() + begin[feature + 1]};
  }
};

template <typename Number>
Splits<Number> splits_of(const TreeEnsemble& model) {
  Splits<Number> splits;
  std::vector<std::uint32_t> next(model.feature_count + 1);
  const Number* values = values_of<Number>(model);
  for_each_inner(model, [&](std::uint32_t node) { ++next[model.feature[node] + 1]; });
  std::partial_sum(next.begin(), next.end(), next.begin());
  splits.begin = next;
  splits.all.resize(splits.begin.back());
  for_each_inner(model, [&](std::uint32_t node) {
    splits.all[next[model.feature[node]]++] = {key_of(values[node]), node};
  });
  return splits;
}

/// By threshold. Counting where there are many; few stay in the cache, and counting would take
/// longer.
template <typename Number>
void sort_splits(std::span<Split<Number>> splits, std::vector<Split<Number>>& scratch) {
  constexpr unsigned kDigitBits = 8;
  constexpr std::size_t kDigits = std::size_t{1} << kDigitBits;
  constexpr std::size_t kFew = 256;
  if (splits.size() < kFew) {
    std::sort(splits.begin(), splits.end(),
              [](const auto& a, const auto& b) { return a.key < b.key; });
    return;
  }
  scratch.resize(std::max(scratch.size(), splits.size()));
  std::span<Split<Number>> from = splits;
  std::span<Split<Number>> to(scratch.data(), splits.size());
  for (unsigned shift = 0; shift < 8 * sizeof(Number); shift += kDigitBits) {
    std::array<std::uint32_t, kDigits + 1> begin{};
    for (const Split<Number>& split : from) ++begin[(split.key >> shift & (kDigits - 1)) + 1];
    std::partial_sum(begin.begin(), begin.end(), begin.begin());
    for (const Split<Number>& split : from) {
      to[begin[split.key >> shift & (kDigits - 1)]++] = split;
    }
    std::swap(from, to);  // an even number of times
  }
}

}  // namespace

template <typename Number>
RankTable<Number>::RankTable(const TreeEnsemble& model)
    : features_(model.feature_count), numbers_(model.node_count()) {
  Thresholds thresholds(model.feature_count);
  if (!number_nodes(model, thresholds)) sort_nodes(model, thresholds);
  if (!fits_) return;
  const std::size_t inner = (model.node_count() - model.tree_count()) / 2;
  const std::size_t low = std::accumulate(model.default_left.begin(), model.default_left.end(), 0u);
  has_low_ = low != 0;
  has_high_ = low != inner;
  add_inputs(thresholds);
}

/// Where nodes share few thresholds hashing leaves little to sort. False: it takes too long.
template <typename Number>
bool RankTable<Number>::number_nodes(const TreeEnsemble& model, Thresholds& thresholds) {
  constexpr std::uint32_t kBlock = 1024;
  const auto nodes = static_cast<std::uint32_t>(model.node_count());
  KeyWork work(nodes / 2);
  std::vector<KeyNumbers<Key<Number>>> keys(model.feature_count);
  const Number* values = values_of<Number>(model);
  std::uint32_t most = 0;
  for (std::uint32_t begin = 0, end = 0; begin < nodes; begin = end) {
    end = begin + std::min(kBlock, nodes - begin);
    for_each_inner(model, begin, end, [&](std::uint32_t node) {
      const std::uint32_t number = keys[model.feature[node]].number(key_of(values[node]), work);
      numbers_[node] = static_cast<std::uint16_t>(number);
      most = std::max(most, number);
    });
    if (work.is_too_much()) return false;
  }
  fits_ = most < kMaxRank;
  if (!fits_) return true;
  std::vector<Split<Number>> scratch;
  for (std::uint32_t feature = 0; feature < model.feature_count; ++feature) {
    std::vector<Split<Number>> splits = keys[feature].keys();
    sort_splits<Number>(splits, scratch);
    features_[feature].first_rank = static_cast<std::uint32_t>(ranks_.size());
    ranks_.resize(ranks_.size() + splits.size());
    for (std::uint32_t i = 0; i < splits.size(); ++i) {
      thresholds[feature].push_back(number_of<Number>(splits[i].key));
      ranks_[features_[feature].first_rank + splits[i].number] = rank_code(i);
    }
  }
  return true;
}

template <typename Number>
void RankTable<Number>::sort_nodes(const TreeEnsemble& model, Thresholds& thresholds) {
  Splits<Number> splits = splits_of<Number>(model);
  std::vector<Split<Number>> scratch;
  for (std::uint32_t feature = 0; feature < model.feature_count; ++feature) {
    std::vector<Number>& own = thresholds[feature];
    Key<Number> last = 0;
    sort_splits<Number>(splits.of(feature), scratch);
    features_[feature].first_rank = static_cast<std::uint32_t>(ranks_.size());
    for (const Split<Number>& split : splits.of(feature)) {
      if (split.key != last) {
        ranks_.push_back(rank_code(static_cast<std::uint32_t>(own.size())));
        own.push_back(number_of<Number>(split.key));
      }
      last = split.key;
      numbers_[split.number] = static_cast<std::uint16_t>(own.size() - 1);
    }
    fits_ = fits_ && own.size() <= kMaxRank;
  }
}

/// The features that are tested, those with more thresholds first.
template <typename Number>
void RankTable<Number>::add_inputs(const Thresholds& thresholds) {
  std::vector<std::uint32_t> features;
  for (std::uint32_t feature = 0; feature < thresholds.size(); ++feature) {
    if (!thresholds[feature].empty()) features.push_back(feature);
  }
  fits_ = features.size() <= kMaxColumns;
  if (!fits_) return;
  std::stable_sort(features.begin(), features.end(), [&](std::uint32_t a, std::uint32_t b) {
    return thresholds[a].size() > thresholds[b].size();
  });
  for (const std::uint32_t feature : features) add_input(feature, thresholds[feature]);
  add_planes();
  fits_ = column_count_ <= kMaxColumns;
}

/// Levels from the bottom up, laid out from the top down.
template <typename Number>
void RankTable<Number>::add_input(std::uint32_t feature, const std::vector<Number>& thresholds) {
  std::vector<std::vector<Number>> levels{thresholds};
  while (levels.back().size() > kGroup) {
    const std::vector<Number>& below = levels.back();
    std::vector<Number> firsts;
    for (std::size_t at = kGroup; at < below.size(); at += kGroup) firsts.push_back(below[at]);
    levels.push_back(std::move(firsts));
  }
  RankInput input{feature, static_cast<std::uint32_t>(thresholds.size()), {}};
  for (std::size_t level = 0; level < levels.size(); ++level) {
    std::vector<Number>& own = levels[levels.size() - 1 - level];
    own.resize(groups_of(own.size()) * kGroup, kPadding<Number>);
    input.levels[level] = static_cast<std::uint32_t>(thresholds_.size());
    thresholds_.insert(thresholds_.end(), own.begin(), own.end());
  }
  features_[feature].input = static_cast<std::uint32_t>(inputs_.size());
  inputs_.push_back(input);
  for (std::size_t i = kMaxLevels - levels.size(); i < kMaxLevels; ++i) ++inputs_to_[i];
}

/// Inputs with more thresholds come first, so that those of a chunk stand side by side.
template <typename Number>
void RankTable<Number>::add_planes() {
  for (std::uint32_t base = 0; !inputs_.empty() && base < inputs_.front().count; base += kChunk) {
    const auto inputs =
        std::partition_point(inputs_.begin(), inputs_.end(),
                             [base](const RankInput& input) { return input.count > base; }) -
        inputs_.begin();
    columns_.emplace_back();
    for (const std::uint16_t side : {0, 1}) {
      if (!(side == 0 ? has_low_ : has_high_)) continue;
      planes_.push_back({static_cast<std::uint32_t>(column_count_),
                         static_cast<std::uint32_t>(inputs), static_cast<std::uint16_t>(base),
                         side});
      columns_.back()[side] = static_cast<std::uint32_t>(column_count_);
      column_count_ += static_cast<std::size_t>(inputs);
    }
  }
}

template <typename Number>
void RankTable<Number>::forget_places() {
  features_ = {};
  numbers_ = {};
  ranks_ = {};
  columns_ = {};
}

template <typename Number>
RankView<Number> RankTable<Number>::view() const noexcept {
  RankView<Number> view{};
  view.thresholds = thresholds_.data();
  view.inputs = inputs_.data();
  std::copy(inputs_to_.begin(), inputs_to_.end(), view.inputs_to);
  view.planes = planes_.data();
  view.plane_count = static_cast<std::uint32_t>(planes_.size());
  return view;
}

template class RankTable<float>;
template class RankTable<double>;

}  // namespace mlcore
