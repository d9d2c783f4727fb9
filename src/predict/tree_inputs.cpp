// SPDX-License-Identifier: Apache-2.0
// Predictor uses TreeInputs and WideLeaves.
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

/// In TreeEnsemble's order.
template <typename Visit>
void for_each_inner(const TreeEnsemble& model, Visit visit) {
  for (std::uint32_t node = 0; node < model.node_count(); ++node) {
    if (model.left[node] != TreeEnsemble::kLeaf) visit(node);
  }
}

std::uint32_t zero_rule(const TreeEnsemble& model, std::uint32_t node) {
  return model.zero_is_missing.empty() ? 0u : model.zero_is_missing[node];
}

}  // namespace

TreeInputs::TreeInputs(const TreeEnsemble& model)
    : feature_count_(model.feature_count),
      is_wide_(model.contract.is_wide()),
      is_rounded_(model.contract.rounds_inputs()),
      is_cut_(model.contract.category == ModelContract::Category::cut),
      is_flushed_(model.contract.zero == ModelContract::Zero::flushed),
      is_base_last_(model.contract.start == ModelContract::Start::zero) {
  if (is_wide_) {
    node_column_.resize(model.node_count());
    add_ranks(model);
  } else {
    node_column_ = model.feature;
    column_count_ = feature_count_;
  }
  add_tests(model);
}

void TreeInputs::add_ranks(const TreeEnsemble& model) {
  std::map<std::pair<std::uint32_t, std::uint32_t>, std::vector<double>> thresholds;
  for_each_inner(model, [&](std::uint32_t node) {
    if (model.is_categorical(node)) return;
    thresholds[{model.feature[node], zero_rule(model, node)}].push_back(model.wide_value[node]);
  });
  std::map<std::pair<std::uint32_t, std::uint32_t>, std::uint32_t> columns;
  for (auto& [key, values] : thresholds) {
    std::sort(values.begin(), values.end());
    values.erase(std::unique(values.begin(), values.end()), values.end());
    columns[key] = static_cast<std::uint32_t>(ranks_.size());
    ranks_.push_back({key.first, key.second, thresholds_.size(), values.size()});
    thresholds_.insert(thresholds_.end(), values.begin(), values.end());
  }
  for_each_inner(model, [&](std::uint32_t node) {
    if (model.is_categorical(node)) return;
    node_column_[node] = columns[{model.feature[node], zero_rule(model, node)}];
  });
  column_count_ = ranks_.size();
}

void TreeInputs::add_tests(const TreeEnsemble& model) {
  if (model.node_set.empty()) return;
  std::map<std::pair<std::uint32_t, std::uint32_t>, std::uint32_t> columns;
  for_each_inner(model, [&](std::uint32_t node) {
    if (!model.is_categorical(node)) return;
    const auto next = static_cast<std::uint32_t>(column_count_);
    const auto [at, is_new] =
        columns.try_emplace({model.feature[node], model.node_set[node]}, next);
    node_column_[node] = at->second;
    if (!is_new) return;
    add_test(model.feature[node], model.set_of(node));
    ++column_count_;
  });
}

void TreeInputs::add_test(std::uint32_t feature, std::span<const std::uint32_t> members) {
  Test test{feature, 0, 0, static_cast<std::uint32_t>(members_.size()), 0};
  if (!members.empty()) {
    test.first = members.front() / kWordBits * kWordBits;
    const std::uint32_t words = (members.back() - test.first) / kWordBits + 1;
    if (words <= kWordsAMember * members.size() + kFewWords) test.words = words;
  }
  if (test.words == 0) {
    members_.insert(members_.end(), members.begin(), members.end());
    test.end = static_cast<std::uint32_t>(members_.size());
  } else {
    test.begin = static_cast<std::uint32_t>(bits_.size());
    bits_.resize(bits_.size() + test.words);
    test.end = static_cast<std::uint32_t>(bits_.size());
    for (const std::uint32_t member : members) {
      const std::uint32_t bit = member - test.first;
      bits_[test.begin + bit / kWordBits] |= std::uint64_t{1} << bit % kWordBits;
    }
  }
  tests_.push_back(test);
}

TreeEnsemble TreeInputs::take_lowered(const TreeEnsemble& model) {
  TreeEnsemble result;
  result.feature_count = static_cast<std::uint32_t>(column_count_);
  result.output_count = model.output_count;
  result.base_margins = model.base_margins;
  if (is_wide_ || is_base_last_) result.base_margins.assign(model.output_count, 0);
  result.tree_begin = model.tree_begin;
  result.tree_output = model.tree_output;
  result.left = model.left;
  result.feature = std::exchange(node_column_, {});
  result.default_left = model.default_left;
  result.round_begin = model.round_begin;
  result.node_id = model.node_id;
  result.value = is_wide_ ? std::vector<float>(model.node_count()) : model.value;
  for_each_inner(model, [&](std::uint32_t node) {
    if (model.is_categorical(node)) {
      result.value[node] = 0.5f;
    } else if (is_wide_) {
      const Ranks& ranks = ranks_[result.feature[node]];
      const double* first = thresholds_.data() + ranks.begin;
      const auto rank =
          std::lower_bound(first, first + ranks.count, model.wide_value[node]) - first;
      result.value[node] = static_cast<float>(rank + 1);
    }
  });
  if (!is_wide_) return result;
  result.node_id.assign(model.node_count(), 0);
  std::uint32_t leaf = 0;
  for (std::uint32_t node = 0; node < model.node_count(); ++node) {
    if (model.left[node] == TreeEnsemble::kLeaf) result.node_id[node] = leaf++;
  }
  return result;
}

/// How many thresholds are less: x <= threshold k, counted from 0, iff rank < k + 1.
inline float TreeInputs::column_of(const Ranks& ranks, double value) const noexcept {
  if (is_flushed_ && std::fabs(value) <= kZeroThreshold) value = 0;
  if (std::isnan(value) || (ranks.zero_is_missing != 0 && value == 0)) {
    return std::numeric_limits<float>::quiet_NaN();
  }
  const double* at = thresholds_.data() + ranks.begin;
  std::size_t rank = 0;
  for (std::size_t left = ranks.count; left > 0;) {
    const std::size_t half = (left + 1) / 2;
    rank += at[rank + half - 1] < value ? half : 0;
    left -= half;
  }
  return static_cast<float>(rank);
}

inline float TreeInputs::column_of(const Test& test, double value) const noexcept {
  if (std::isnan(value)) return std::numeric_limits<float>::quiet_NaN();
  if (is_flushed_ && std::fabs(value) <= kZeroThreshold) value = 0;
  if (is_cut_ ? value <= -1 : value < 0) return 0;
  if (value >= kMaxCategory) return 0;
  const auto category = static_cast<std::uint32_t>(std::fabs(value));
  if (test.words == 0) {
    const std::uint32_t* members = members_.data();
    return std::binary_search(members + test.begin, members + test.end, category) ? 1.0f : 0.0f;
  }
  const std::uint32_t bit = category - test.first;  // below the first: a great number
  if (bit / kWordBits >= test.words) return 0;
  return static_cast<float>(bits_[test.begin + bit / kWordBits] >> bit % kWordBits & 1);
}

void TreeInputs::fill_tests(float* columns) const noexcept {
  float* column = columns + feature_count_;
  for (const Test& test : tests_) {
    *column++ = column_of(test, static_cast<double>(columns[test.feature]));
  }
}

template <typename InputOf>
void TreeInputs::fill_wide(InputOf input_of, float* columns) const noexcept {
  for (const Ranks& ranks : ranks_) {
    *columns++ = column_of(ranks, static_cast<double>(input_of(ranks.feature)));
  }
  for (const Test& test : tests_) {
    *columns++ = column_of(test, static_cast<double>(input_of(test.feature)));
  }
}

void TreeInputs::from_features(const double* features, float* columns) const noexcept {
  if (is_wide_ && is_rounded_) {
    return fill_wide([=](std::uint32_t i) { return model_input(features[i]); }, columns);
  }
  if (is_wide_) return fill_wide([=](std::uint32_t i) { return features[i]; }, columns);
  std::transform(features, features + feature_count_, columns, model_input);
  fill_tests(columns);
}

void TreeInputs::from_inputs(const double* inputs, float* columns) const noexcept {
  if (is_wide_ && is_rounded_) {
    return fill_wide([=](std::uint32_t i) { return static_cast<float>(inputs[i]); }, columns);
  }
  if (is_wide_) return fill_wide([=](std::uint32_t i) { return inputs[i]; }, columns);
  std::transform(inputs, inputs + feature_count_, columns,
                 [](double input) { return static_cast<float>(input); });
  fill_tests(columns);
}

void TreeInputs::from_inputs(const float* inputs, float* columns) const noexcept {
  if (is_wide_) return fill_wide([=](std::uint32_t i) { return inputs[i]; }, columns);
  std::copy_n(inputs, feature_count_, columns);
  fill_tests(columns);
}

WideLeaves::WideLeaves(const TreeEnsemble& model) {
  if (!model.contract.is_wide()) return;
  finish_ = TreeFinish<double>(model);
  outputs_ = model.tree_output;
  for (std::size_t tree = 0; tree < model.tree_count(); ++tree) {
    const std::uint32_t begin = model.tree_begin[tree];
    for (std::uint32_t node = begin; node < model.tree_begin[tree + 1]; ++node) {
      if (model.left[node] != TreeEnsemble::kLeaf) continue;
      values_.push_back(model.wide_value[node]);
      ids_.push_back(model.node_id.empty() ? node - begin : model.node_id[node]);
    }
  }
}

void WideLeaves::margins(TreeRange trees, const double* leaves, double* margins) const noexcept {
  std::copy(finish_.starts().begin(), finish_.starts().end(), margins);
  for (std::size_t tree = trees.begin; tree < trees.end; ++tree) {
    margins[outputs_[tree]] += values_[static_cast<std::size_t>(*leaves++)];
  }
  finish_.apply(trees, margins);
}

void WideLeaves::to_ids(std::span<double> leaves) const noexcept {
  if (values_.empty()) return;
  for (double& leaf : leaves) leaf = ids_[static_cast<std::size_t>(leaf)];
}

}  // namespace mlcore
