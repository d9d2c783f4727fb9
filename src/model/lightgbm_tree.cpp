// SPDX-License-Identifier: Apache-2.0
// lightgbm.cpp uses LightgbmTree.
// Source: LightGBM 4.7.0 src/io/tree.cpp and include/LightGBM/tree.h, NumericalDecision,
// CategoricalDecision and Predict.
#include "model/lightgbm_tree.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <limits>

#include "base/shown.hpp"
#include "mlcore/base/error.hpp"
#include "mlcore/base/number.hpp"

namespace mlcore {
namespace {

constexpr std::int64_t kCategorical = 1;
constexpr std::int64_t kDefaultLeft = 2;
enum class Missing : std::int64_t { none = 0, zero = 1, nan = 2 };

constexpr std::size_t kWordBits = 32;
/// Categories take at most this many bytes for one of the text, and a few.
constexpr std::size_t kSetBytes = 6;
constexpr std::size_t kSetSlack = std::size_t{16} << 20;

/// Calls `visit` with each text between blanks.
template <typename Visit>
void for_each_word(std::string_view text, Visit visit) {
  while (!text.empty()) {
    const std::size_t end = std::min(text.find(' '), text.size());
    if (end > 0) visit(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
}

void read_integers(std::string_view key, std::string_view text, std::vector<std::int64_t>& values) {
  for_each_word(text,
                [&](std::string_view word) { values.push_back(lightgbm_integer(word, key)); });
}

void read_doubles(std::string_view key, std::string_view text, std::vector<double>& values) {
  for_each_word(text, [&](std::string_view word) {
    if (word == "inf" || word == "-inf") {  // a threshold may be; a leaf is refused by `validate`
      constexpr double kInfinity = std::numeric_limits<double>::infinity();
      values.push_back(word == "inf" ? kInfinity : -kInfinity);
      return;
    }
    const auto value = parse_f64(word);
    if (!value) fail_lightgbm(fmt::format("{}: expected a number, found {}", key, shown(word)));
    values.push_back(*value);
  });
}

}  // namespace

void fail_lightgbm(const std::string& message) {
  throw Error(Code::invalid_argument, Reason::malformed_model, "LightGBM model: " + message);
}

void refuse_lightgbm(const std::string& message) {
  throw Error(Code::unimplemented, Reason::unsupported_model, "LightGBM model: " + message);
}

std::int64_t lightgbm_integer(std::string_view text, std::string_view key) {
  const auto value = parse_i64(text);
  if (!value) fail_lightgbm(fmt::format("{}: expected an integer, found {}", key, shown(text)));
  return *value;
}

void LightgbmTree::fail(std::string_view rule) const {
  fail_lightgbm(fmt::format("tree {}: {}", index_, rule));
}

void LightgbmTree::fail_node(std::size_t node, std::string_view rule) const {
  throw Error(Code::invalid_argument, Reason::invalid_tree,
              fmt::format("LightGBM model: tree {}, node {}: {}", index_, node, rule));
}

bool LightgbmTree::read_list(std::string_view key, std::string_view value) {
  if (key == "split_feature") return read_integers(key, value, feature_), true;
  if (key == "decision_type") return read_integers(key, value, decision_), true;
  if (key == "left_child") return read_integers(key, value, left_), true;
  if (key == "right_child") return read_integers(key, value, right_), true;
  if (key == "cat_boundaries") return read_integers(key, value, set_begin_), true;
  if (key == "cat_threshold") return read_integers(key, value, set_words_), true;
  if (key == "threshold") return read_doubles(key, value, threshold_), true;
  if (key == "leaf_value") return read_doubles(key, value, leaf_value_), true;
  if (key == "leaf_const") return read_doubles(key, value, leaf_constant_), true;
  if (key == "num_features") return read_integers(key, value, term_count_), true;
  if (key == "leaf_features") return read_integers(key, value, term_feature_), true;
  if (key == "leaf_coeff") return read_doubles(key, value, term_coefficient_), true;
  return false;
}

void LightgbmTree::read(std::string_view key, std::string_view value) {
  if (std::find(keys_.begin(), keys_.end(), key) != keys_.end()) {
    fail(fmt::format("{} is given twice", shown(key)));
  }
  keys_.emplace_back(key.substr(0, 64));
  if (read_list(key, value)) return;
  if (key == "num_leaves") {
    leaf_count_ = lightgbm_integer(value, key);
  } else if (key == "num_cat") {
    set_count_ = lightgbm_integer(value, key);
  } else if (key == "is_linear") {
    is_linear_ = lightgbm_integer(value, key) != 0;
  } else if (key != "split_gain" && key != "leaf_weight" && key != "leaf_count" &&
             key != "internal_value" && key != "internal_weight" && key != "internal_count" &&
             key != "shrinkage") {  // statistics; leaf_value is shrunk already
    refuse_lightgbm(fmt::format("tree {}: the unknown key {}", index_, shown(key)));
  }
}

void LightgbmTree::check_lengths() const {
  if (leaf_count_ < 1) fail(fmt::format("{} leaves", leaf_count_));
  if (leaf_value_.size() != static_cast<std::size_t>(leaf_count_)) {
    fail(fmt::format("leaf_value has {} elements for {} leaves", leaf_value_.size(), leaf_count_));
  }
  const std::size_t inner = leaf_value_.size() - 1;
  for (const auto& [key, size] :
       {std::pair("split_feature", feature_.size()), std::pair("threshold", threshold_.size()),
        std::pair("decision_type", decision_.size()), std::pair("left_child", left_.size()),
        std::pair("right_child", right_.size())}) {
    if (size != inner)
      fail(fmt::format("{} has {} elements for {} leaves", key, size, leaf_count_));
  }
  if (set_count_ == 0) return;
  const bool is_whole = set_count_ > 0 &&
                        set_begin_.size() == static_cast<std::size_t>(set_count_) + 1 &&
                        set_begin_.front() == 0 &&
                        set_begin_.back() == static_cast<std::int64_t>(set_words_.size()) &&
                        std::is_sorted(set_begin_.begin(), set_begin_.end());
  if (!is_whole) fail("cat_boundaries do not rise from 0 to the end of cat_threshold");
}

/// Each leaf of a linear tree has a constant and as many terms as it says.
void LightgbmTree::check_terms() {
  const std::size_t leaves = is_linear_ ? leaf_value_.size() : 0;
  if (leaf_constant_.size() != leaves || term_count_.size() != leaves) {
    fail(fmt::format("leaf_const has {} elements, num_features {}, for {} linear leaves",
                     leaf_constant_.size(), term_count_.size(), leaves));
  }
  const std::size_t terms = term_feature_.size();
  std::size_t end = 0;
  for (const std::int64_t count : term_count_) {
    if (count < 0 || static_cast<std::size_t>(count) > terms - end) {
      fail(fmt::format("num_features counts {} of {} leaf_features", count, terms - end));
    }
    term_begin_.push_back(end);
    end += static_cast<std::size_t>(count);
  }
  if (end != terms || term_coefficient_.size() != terms) {
    fail(fmt::format("leaf_features has {} elements, leaf_coeff {}, num_features counts {}", terms,
                     term_coefficient_.size(), end));
  }
}

/// Inner nodes as they are, leaves as complements, breadth-first from the root.
void LightgbmTree::order_nodes() {
  const std::size_t inner = left_.size();
  std::vector<bool> is_placed(2 * inner + 1);
  order_.assign(1, inner == 0 ? -1 : 0);
  is_placed[0] = true;
  for (std::size_t next = 0; next < order_.size(); ++next) {
    if (order_[next] < 0) continue;
    const auto node = static_cast<std::size_t>(order_[next]);
    // A row goes right for the members of a set here, left there.
    const bool is_swapped = is_categorical(node);
    for (const std::int64_t child :
         {is_swapped ? right_[node] : left_[node], is_swapped ? left_[node] : right_[node]}) {
      const auto place = static_cast<std::size_t>(child < 0 ? ~child : child);
      if (place >= (child < 0 ? inner + 1 : inner)) {
        fail_node(node, fmt::format("child {} of {} leaves", child, leaf_count_));
      }
      const std::size_t mark = child < 0 ? inner + place : place;
      if (is_placed[mark]) fail_node(node, fmt::format("child {} has two parents", child));
      is_placed[mark] = true;
      order_.push_back(child);
    }
  }
  if (order_.size() != 2 * inner + 1) fail_node(0, "nodes that the root does not reach");
}

/// The ensemble's number of the node's set.
std::uint32_t LightgbmTree::add_set(TreeEnsemble& model, std::size_t node, std::size_t text_size) {
  const double number = threshold_[node];
  if (!(number >= 0 && number < static_cast<double>(set_count_)) ||
      number != static_cast<double>(static_cast<std::int64_t>(number))) {
    fail_node(node, fmt::format("set {} of {}", number, set_count_));
  }
  const auto set = static_cast<std::size_t>(number);
  if (model.set_begin.empty()) model.set_begin.push_back(0);
  for (auto at = set_begin_[set]; at < set_begin_[set + 1]; ++at) {
    const std::int64_t word = set_words_[static_cast<std::size_t>(at)];
    if (word < 0 || word > 0xFFFFFFFF) fail_node(node, fmt::format("the word {} of a set", word));
    const auto first = static_cast<std::size_t>(at - set_begin_[set]) * kWordBits;
    for (std::size_t bit = 0; bit < kWordBits; ++bit) {
      if ((word >> bit & 1) == 0) continue;
      if (first + bit >= kMaxCategory) {
        refuse_lightgbm(fmt::format("tree {}, node {}: a category above 2^24", index_, node));
      }
      model.set_members.push_back(static_cast<std::uint32_t>(first + bit));
    }
  }
  if (model.set_members.size() * sizeof(std::uint32_t) > kSetBytes * text_size + kSetSlack) {
    refuse_lightgbm(
        fmt::format("tree {}: {} categories in sets", index_, model.set_members.size()));
  }
  model.set_begin.push_back(static_cast<std::uint32_t>(model.set_members.size()));
  return static_cast<std::uint32_t>(model.set_count() - 1);
}

/// Of the last node. Nodes without terms are not told of until the next one with some.
void LightgbmTree::append_terms(TreeEnsemble& model, std::size_t leaf) const {
  const auto terms = static_cast<std::uint32_t>(model.term_feature.size());
  const auto count = static_cast<std::size_t>(term_count_[leaf]);
  if (count >= TreeEnsemble::kLeaf - terms) refuse_lightgbm("more than 2^32 terms");
  model.term_begin.resize(model.node_count(), terms);
  model.leaf_constant.resize(model.node_count());
  model.leaf_constant.back() = leaf_constant_[leaf];
  for (std::size_t i = term_begin_[leaf]; i < term_begin_[leaf] + count; ++i) {
    if (term_feature_[i] < 0 || term_feature_[i] >= kMaxFeatureCount) {
      fail(fmt::format("leaf {}: a term of feature {}", leaf, term_feature_[i]));
    }
    model.term_feature.push_back(static_cast<std::uint32_t>(term_feature_[i]));
    model.term_coefficient.push_back(term_coefficient_[i]);
  }
}

/// A linear leaf without terms is its constant.
void LightgbmTree::append_leaf(TreeEnsemble& model, std::size_t leaf) const {
  const bool has_terms = is_linear_ && term_count_[leaf] != 0;
  model.left.push_back(TreeEnsemble::kLeaf);
  model.feature.push_back(0);
  model.default_left.push_back(0);
  model.wide_value.push_back(is_linear_ && !has_terms ? leaf_constant_[leaf] : leaf_value_[leaf]);
  model.node_id.push_back(static_cast<std::uint32_t>(leaf));
  model.zero_is_missing.push_back(0);
  model.node_set.push_back(TreeEnsemble::kNumeric);
  if (has_terms) append_terms(model, leaf);
}

void LightgbmTree::append_inner(TreeEnsemble& model, std::size_t node, std::uint32_t left,
                                std::size_t text_size) {
  const std::int64_t decision = decision_[node];
  const auto missing = static_cast<Missing>(decision >> 2);
  if (decision < 0 || missing > Missing::nan) {
    refuse_lightgbm(fmt::format("tree {}, node {}: decision type {}", index_, node, decision));
  }
  if (feature_[node] < 0 || feature_[node] >= kMaxFeatureCount) {
    fail_node(node, fmt::format("feature {}", feature_[node]));
  }
  const bool is_set = (decision & kCategorical) != 0;
  // A missing category is in no set. NaN is 0 but where it is the missing value.
  const bool is_left =
      is_set || (missing == Missing::none ? 0 <= threshold_[node] : (decision & kDefaultLeft) != 0);
  model.left.push_back(left);
  model.feature.push_back(static_cast<std::uint32_t>(feature_[node]));
  model.default_left.push_back(is_left ? 1 : 0);
  model.wide_value.push_back(is_set ? 0 : threshold_[node]);
  model.node_id.push_back(static_cast<std::uint32_t>(leaf_value_.size() + node));
  model.zero_is_missing.push_back(!is_set && missing == Missing::zero ? 1 : 0);
  model.node_set.push_back(is_set ? add_set(model, node, text_size) : TreeEnsemble::kNumeric);
}

void LightgbmTree::append_to(TreeEnsemble& model, std::size_t text_size) {
  check_lengths();
  check_terms();
  order_nodes();
  const std::size_t begin = model.left.size();
  if (order_.size() >= TreeEnsemble::kLeaf - begin) refuse_lightgbm("more than 2^32 nodes");
  std::size_t next_child = begin + 1;
  for (const std::int64_t node : order_) {
    if (node < 0) {
      append_leaf(model, static_cast<std::size_t>(~node));
      continue;
    }
    append_inner(model, static_cast<std::size_t>(node), static_cast<std::uint32_t>(next_child),
                 text_size);
    next_child += 2;
  }
  model.tree_begin.push_back(static_cast<std::uint32_t>(model.left.size()));
}

}  // namespace mlcore
