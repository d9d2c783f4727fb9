// SPDX-License-Identifier: Apache-2.0
// CompiledModel uses TreeInputs.
#include "mlcore/predict/tree_inputs.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>
#include <utility>

#include "mlcore/predict/model_input.hpp"

namespace mlcore {
namespace {

constexpr std::uint32_t kWordBits = 64;
/// Bits are taken where they are at most this many words a member, and a few.
constexpr std::uint32_t kWordsAMember = 2;
constexpr std::uint32_t kFewWords = 16;

}  // namespace

template <typename Number>
TreeInputs<Number>::TreeInputs(const TreeEnsemble& model)
    : feature_count_(model.feature_count),
      is_rounded_(model.contract.rounds_inputs()),
      is_cut_(model.contract.category == ModelContract::Category::cut),
      is_flushed_(model.contract.zero == ModelContract::Zero::flushed) {
  if (!model.node_set.empty() || !model.zero_is_missing.empty()) add_derived(model);
}

/// A column for each distinct feature and set; with kNumeric for a set, that of missing zeros.
template <typename Number>
void TreeInputs<Number>::add_derived(const TreeEnsemble& model) {
  std::map<std::pair<std::uint32_t, std::uint32_t>, std::uint32_t> columns;
  std::map<std::uint32_t, Derived> sets;  // kept once, however many features ask for them
  node_column_ = model.feature;
  for (std::uint32_t node = 0; node < model.node_count(); ++node) {
    const bool is_set = model.is_categorical(node);
    const bool takes_zeros = !model.zero_is_missing.empty() && model.zero_is_missing[node] != 0;
    if (!is_set && !takes_zeros) continue;
    const std::uint32_t feature = model.feature[node];
    const std::uint32_t set = is_set ? model.node_set[node] : TreeEnsemble::kNumeric;
    const auto next = static_cast<std::uint32_t>(column_count());
    const auto [at, is_new] = columns.try_emplace({feature, set}, next);
    node_column_[node] = at->second;
    if (!is_new) continue;
    if (!is_set) {
      derived_.push_back({Derived::Kind::zero_is_missing, feature, 0, 0, 0});
      continue;
    }
    auto kept = sets.find(set);
    if (kept == sets.end()) kept = sets.emplace(set, kept_set(model.set_of(node))).first;
    derived_.push_back(kept->second);
    derived_.back().feature = feature;
  }
}

template <typename Number>
auto TreeInputs<Number>::kept_set(std::span<const std::uint32_t> members) -> Derived {
  const std::uint32_t first = members.empty() ? 0 : members.front() / kWordBits * kWordBits;
  const std::uint32_t words = members.empty() ? 0 : (members.back() - first) / kWordBits + 1;
  if (words > kWordsAMember * members.size() + kFewWords) {
    const auto begin = static_cast<std::uint32_t>(members_.size());
    members_.insert(members_.end(), members.begin(), members.end());
    return {Derived::Kind::members, 0, first, begin, static_cast<std::uint32_t>(members_.size())};
  }
  const auto begin = static_cast<std::uint32_t>(bits_.size());
  bits_.resize(bits_.size() + words);
  for (const std::uint32_t member : members) {
    const std::uint32_t bit = member - first;
    bits_[begin + bit / kWordBits] |= std::uint64_t{1} << bit % kWordBits;
  }
  return {Derived::Kind::bits, 0, first, begin, begin + words};
}

template <typename Number>
TreeEnsemble TreeInputs<Number>::take_lowered(const TreeEnsemble& model) {
  TreeEnsemble result = model;
  result.feature_count = static_cast<std::uint32_t>(column_count());
  result.feature_names.clear();
  result.feature = std::exchange(node_column_, {});
  for (std::uint32_t node = 0; node < model.node_count(); ++node) {
    if (!model.is_categorical(node)) continue;
    if (model.contract.is_wide()) {
      result.wide_value[node] = 0.5;
    } else {
      result.value[node] = 0.5f;
    }
  }
  result.node_set.clear();
  result.set_begin.clear();
  result.set_members.clear();
  result.zero_is_missing.clear();
  return result;
}

template <typename Number>
inline bool TreeInputs<Number>::is_member(const Derived& set, Number value) const noexcept {
  if (is_cut_ ? value <= -1 : value < 0) return false;
  if (value >= static_cast<Number>(kMaxCategory)) return false;
  const auto category = static_cast<std::uint32_t>(std::fabs(value));
  if (set.kind == Derived::Kind::members) {
    return std::binary_search(members_.data() + set.begin, members_.data() + set.end, category);
  }
  const std::uint32_t bit = category - set.first;  // below the first: a great number
  if (bit / kWordBits >= set.end - set.begin) return false;
  return (bits_[set.begin + bit / kWordBits] >> bit % kWordBits & 1) != 0;
}

template <typename Number>
inline Number TreeInputs<Number>::column_of(const Derived& derived, Number value) const noexcept {
  constexpr Number kMissing = std::numeric_limits<Number>::quiet_NaN();
  if (std::isnan(value)) return kMissing;
  if (derived.kind == Derived::Kind::zero_is_missing) return value == 0 ? kMissing : value;
  return is_member(derived, value) ? Number{1} : Number{0};
}

template <typename Number>
template <typename InputOf>
void TreeInputs<Number>::fill(InputOf input_of, Number* columns) const noexcept {
  for (std::size_t i = 0; i < feature_count_; ++i) columns[i] = static_cast<Number>(input_of(i));
  if (is_flushed_) {
    constexpr auto kZero = static_cast<Number>(kZeroThreshold);
    for (std::size_t i = 0; i < feature_count_; ++i) {
      columns[i] = std::fabs(columns[i]) <= kZero ? Number{0} : columns[i];
    }
  }
  Number* column = columns + feature_count_;
  for (const Derived& derived : derived_) *column++ = column_of(derived, columns[derived.feature]);
}

template <typename Number>
void TreeInputs<Number>::from_features(const double* features, Number* columns) const noexcept {
  if (is_rounded_) {
    fill([=](std::size_t i) { return model_input(features[i]); }, columns);
  } else {
    fill([=](std::size_t i) { return features[i]; }, columns);
  }
}

template <typename Number>
void TreeInputs<Number>::from_inputs(const double* inputs, Number* columns) const noexcept {
  if (is_rounded_) {
    fill([=](std::size_t i) { return static_cast<float>(inputs[i]); }, columns);
  } else {
    fill([=](std::size_t i) { return inputs[i]; }, columns);
  }
}

template <typename Number>
void TreeInputs<Number>::from_inputs(const float* inputs, Number* columns) const noexcept {
  fill([=](std::size_t i) { return inputs[i]; }, columns);
}

template class TreeInputs<float>;
template class TreeInputs<double>;

}  // namespace mlcore
