// SPDX-License-Identifier: Apache-2.0
// xgboost_file.cpp uses XgboostTree.
// Source: XGBoost 1.7.6 and 3.2.0 src/tree/tree_model.cc and multi_target_tree_model.cc, SaveModel
// and LoadModel.
#include "model/xgboost_tree.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "base/shown.hpp"
#include "mlcore/base/error.hpp"
#include "mlcore/base/number.hpp"

namespace mlcore {
namespace {

constexpr std::int32_t kNoChild = -1;
constexpr std::int32_t kNoParent = std::numeric_limits<std::int32_t>::max();

}  // namespace

void fail_malformed(const std::string& message) {
  throw Error(Code::invalid_argument, Reason::malformed_model, "XGBoost model: " + message);
}

void fail_unsupported(const std::string& message) {
  throw Error(Code::unimplemented, Reason::unsupported_model, "XGBoost model: " + message);
}

std::int64_t xgboost_integer(XgboostReader& reader, std::string_view name) {
  const std::string_view text = reader.string();
  const auto value = parse_i64(text);
  if (!value) fail_malformed(fmt::format("{}: expected an integer, found {}", name, shown(text)));
  return *value;
}

void XgboostTree::fail_node(std::int32_t node, std::string_view rule) const {
  throw Error(Code::invalid_argument, Reason::invalid_tree,
              fmt::format("XGBoost model: tree {}, node {}: {}", index_, node, rule));
}

void XgboostTree::clear() {
  id_ = node_count_ = leaf_size_ = -1;
  for (auto* values : {&left_, &right_, &parent_, &feature_, &split_type_, &set_node_, &set_begin_,
                       &set_size_, &categories_}) {
    values->clear();
  }
  for (auto* values : {&condition_, &base_weight_, &leaf_weight_}) values->clear();
  default_left_.clear();
}

void XgboostTree::read(XgboostReader& reader, std::size_t index) {
  clear();
  index_ = index;
  reader.begin_object();
  while (const auto name = reader.next_member()) read_member(reader, *name);
  if (id_ != static_cast<std::int64_t>(index_)) {
    fail_malformed(fmt::format("tree {}: has id {}", index_, id_));
  }
  check_lengths();
  read_sets();
  if (leaf_size_ > 1) check_leaf_vectors();
}

void XgboostTree::read_member(XgboostReader& reader, std::string_view name) {
  if (name == "left_children") return read_integers(reader, left_);
  if (name == "right_children") return read_integers(reader, right_);
  if (name == "parents") return read_integers(reader, parent_);
  if (name == "split_indices") return read_integers(reader, feature_);
  if (name == "split_type") return read_integers(reader, split_type_);
  if (name == "split_conditions") return read_floats(reader, condition_);
  if (name == "base_weights") return read_floats(reader, base_weight_);
  if (name == "leaf_weights") return read_floats(reader, leaf_weight_);
  if (name == "default_left") return read_default_left(reader);
  if (name == "tree_param") return read_parameters(reader);
  if (name == "id") {
    id_ = reader.i64();
    return;
  }
  if (name == "categories") return read_integers(reader, categories_);
  if (name == "categories_nodes") return read_integers(reader, set_node_);
  if (name == "categories_segments") return read_integers(reader, set_begin_);
  if (name == "categories_sizes") return read_integers(reader, set_size_);
  if (name == "loss_changes" || name == "sum_hessian") return reader.skip();
  fail_unsupported(fmt::format("tree {}: the unknown member {}", index_, shown(name)));
}

void XgboostTree::read_integers(XgboostReader& reader, std::vector<std::int32_t>& values) {
  reader.begin_array();
  values.reserve(reader.element_bound());
  while (reader.next_element()) {
    const std::int64_t value = reader.i64();
    if (value < kNoChild || value > kNoParent) reader.fail("a number no index can be");
    values.push_back(static_cast<std::int32_t>(value));
  }
}

void XgboostTree::read_floats(XgboostReader& reader, std::vector<float>& values) {
  reader.begin_array();
  values.reserve(reader.element_bound());
  while (reader.next_element()) values.push_back(reader.f32());
}

void XgboostTree::read_default_left(XgboostReader& reader) {
  reader.begin_array();
  default_left_.reserve(reader.element_bound());
  while (reader.next_element()) {
    if (reader.peek() == XgboostReader::Kind::boolean) {
      default_left_.push_back(reader.boolean() ? 1 : 0);
      continue;
    }
    const std::int64_t value = reader.i64();
    if (value != 0 && value != 1) reader.fail("a default direction other than 0 and 1");
    default_left_.push_back(static_cast<std::uint8_t>(value));
  }
}

void XgboostTree::read_parameters(XgboostReader& reader) {
  reader.begin_object();
  while (const auto name = reader.next_member()) {
    if (*name == "num_nodes") {
      node_count_ = xgboost_integer(reader, "num_nodes");
    } else if (*name == "size_leaf_vector") {
      leaf_size_ = xgboost_integer(reader, "size_leaf_vector");
    } else if (*name == "num_feature" || *name == "num_deleted") {
      reader.skip();
    } else {
      fail_unsupported(fmt::format("tree {}: the unknown parameter {}", index_, shown(*name)));
    }
  }
}

void XgboostTree::check_lengths() const {
  const struct {
    std::string_view name;
    std::size_t size;
  } arrays[] = {
      {"left_children", left_.size()},
      {"right_children", right_.size()},
      {"parents", parent_.size()},
      {"split_indices", feature_.size()},
      {"split_conditions", condition_.size()},
      {"default_left", default_left_.size()},
  };
  if (node_count_ < 1) fail_malformed(fmt::format("tree {}: {} nodes", index_, node_count_));
  const auto nodes = static_cast<std::size_t>(node_count_);
  for (const auto& array : arrays) {
    if (array.size == nodes) continue;
    fail_malformed(fmt::format("tree {}: {} has {} elements for {} nodes", index_, array.name,
                               array.size, nodes));
  }
  if (!split_type_.empty() && split_type_.size() != nodes) {
    fail_malformed(fmt::format("tree {}: split_type has {} elements for {} nodes", index_,
                               split_type_.size(), nodes));
  }
}

/// Each categorical node has one set, and each set a categorical node. Sets are of ascending
/// categories and share no element.
void XgboostTree::read_sets() {
  if (set_begin_.size() != set_node_.size() || set_size_.size() != set_node_.size()) {
    fail_malformed(fmt::format("tree {}: {} categories_nodes, {} segments, {} sizes", index_,
                               set_node_.size(), set_begin_.size(), set_size_.size()));
  }
  set_of_.assign(left_.size(), -1);
  std::int64_t end = 0;
  for (std::size_t set = 0; set < set_node_.size(); ++set) {
    const std::int32_t node = set_node_[set];
    if (node < 0 || node >= node_count_) fail_node(node, "categories of a node that is not there");
    if (split_type_.empty() || split_type_[static_cast<std::size_t>(node)] != 1) {
      fail_node(node, "categories of a numeric split");
    }
    if (set_of_[static_cast<std::size_t>(node)] != -1) fail_node(node, "two sets of categories");
    set_of_[static_cast<std::size_t>(node)] = static_cast<std::int32_t>(set);
    if (set_begin_[set] != end || set_size_[set] < 0) {
      fail_node(node, "categories that overlap or leave a gap");
    }
    end += set_size_[set];
  }
  if (end != static_cast<std::int64_t>(categories_.size())) {
    fail_malformed(
        fmt::format("tree {}: {} categories, sets of {}", index_, categories_.size(), end));
  }
}

/// The ensemble's number of the node's set; equal sets have one.
std::uint32_t XgboostTree::set_number(TreeEnsemble& model, std::size_t node) {
  const auto set = static_cast<std::size_t>(set_of_[node]);
  std::vector<std::uint32_t> members;
  const auto begin = static_cast<std::size_t>(set_begin_[set]);
  for (std::size_t i = begin; i < begin + static_cast<std::size_t>(set_size_[set]); ++i) {
    const std::int32_t category = categories_[i];
    if (category < 0 || category >= static_cast<std::int32_t>(kMaxCategory)) {
      fail_node(static_cast<std::int32_t>(node), fmt::format("the category {}", category));
    }
    members.push_back(static_cast<std::uint32_t>(category));
  }
  std::sort(members.begin(), members.end());
  if (std::adjacent_find(members.begin(), members.end()) != members.end()) {
    fail_node(static_cast<std::int32_t>(node), "a category twice");
  }
  const auto [at, is_new] =
      sets_.try_emplace(std::move(members), static_cast<std::uint32_t>(sets_.size()));
  if (is_new) {
    if (model.set_begin.empty()) model.set_begin.push_back(0);
    model.set_members.insert(model.set_members.end(), at->first.begin(), at->first.end());
    model.set_begin.push_back(static_cast<std::uint32_t>(model.set_members.size()));
  }
  return at->second;
}

void XgboostTree::check_leaf_vectors() const {
  if (leaf_size_ > kMaxOutputCount) {
    fail_unsupported(fmt::format("tree {}: leaves of {} values", index_, leaf_size_));
  }
  if (!leaf_weight_.empty()) return;  // each leaf says its row
  if (base_weight_.size() == left_.size() * leaf_width()) return;
  fail_malformed(fmt::format("tree {}: base_weights has {} elements for {} nodes of {} values",
                             index_, base_weight_.size(), node_count_, leaf_size_));
}

void XgboostTree::check_inner(std::int32_t node) const {
  const auto at = static_cast<std::size_t>(node);
  const std::int32_t split_type = split_type_.empty() ? 0 : split_type_[at];
  if (split_type != 0 && split_type != 1) {
    fail_unsupported(fmt::format("tree {}, node {}: split type {}", index_, node, split_type));
  }
  if (split_type == 1 && set_of_[at] == -1) fail_node(node, "a categorical split without a set");
  if (feature_[at] < 0) fail_node(node, "a negative feature");
  if (left_[at] < 1 || left_[at] >= node_count_ || right_[at] < 1 || right_[at] >= node_count_) {
    fail_node(node,
              fmt::format("children {} and {} of {} nodes", left_[at], right_[at], node_count_));
  }
  // XGBoost's own predictor goes to left + 1 for a value and to right for a missing one.
  if (right_[at] != left_[at] + 1) {
    fail_node(node, fmt::format("the right child {} is not next to the left child {}", right_[at],
                                left_[at]));
  }
  for (const std::int32_t child : {left_[at], right_[at]}) {
    const auto child_at = static_cast<std::size_t>(child);
    if (is_placed_[child_at]) fail_node(child, "two parents");
    if (parent_[child_at] != node) {
      fail_node(child, fmt::format("its parent is {}, the file says {}", node, parent_[child_at]));
    }
  }
}

void XgboostTree::check_leaf(std::int32_t node) const {
  const std::int32_t right = right_[static_cast<std::size_t>(node)];
  if (leaf_size_ <= 1 || leaf_weight_.empty()) {
    if (right != kNoChild) fail_node(node, "a right child without a left one");
    return;
  }
  const std::size_t rows = leaf_weight_.size() / leaf_width();
  if (right < 0 || static_cast<std::size_t>(right) >= rows) {
    fail_node(node, fmt::format("row {} of {} leaf weights", right, rows));
  }
}

/// The nodes that the root reaches, breadth-first.
void XgboostTree::order_nodes() {
  is_placed_.assign(left_.size(), false);
  order_.clear();
  order_.reserve(left_.size());
  if (parent_[0] != kNoParent && parent_[0] != -1) fail_node(0, "the root has a parent");
  order_.push_back(0);
  is_placed_[0] = true;
  for (std::size_t next = 0; next < order_.size(); ++next) {
    const std::int32_t node = order_[next];
    const auto at = static_cast<std::size_t>(node);
    if (left_[at] == kNoChild) {
      check_leaf(node);
      continue;
    }
    check_inner(node);
    for (const std::int32_t child : {left_[at], right_[at]}) {
      is_placed_[static_cast<std::size_t>(child)] = true;
      order_.push_back(child);
    }
  }
}

/// The ensemble has ids from the first tree on whose order is not the file's.
void XgboostTree::append_ids(TreeEnsemble& model) const {
  const auto last = static_cast<std::size_t>(order_.back());
  const bool is_file_order =
      last + 1 == order_.size() && std::is_sorted(order_.begin(), order_.end());
  if (is_file_order && model.node_id.empty()) return;
  for (std::size_t tree = 0; model.node_id.size() < model.left.size(); ++tree) {
    const std::uint32_t nodes = model.tree_begin[tree + 1] - model.tree_begin[tree];
    for (std::uint32_t node = 0; node < nodes; ++node) model.node_id.push_back(node);
  }
  model.node_id.insert(model.node_id.end(), order_.begin(), order_.end());
}

float XgboostTree::leaf_value(std::size_t node, std::size_t output) const {
  if (leaf_size_ <= 1) return condition_[node];
  if (leaf_weight_.empty()) return base_weight_[node * leaf_width() + output];
  return leaf_weight_[static_cast<std::size_t>(right_[node]) * leaf_width() + output];
}

void XgboostTree::append_to(TreeEnsemble& model) {
  order_nodes();
  if (leaf_width() * order_.size() >= TreeEnsemble::kLeaf - model.left.size()) {
    fail_unsupported("more than 2^32 nodes");
  }
  for (std::size_t output = 0; output < leaf_width(); ++output) append_nodes(model, output);
}

void XgboostTree::append_nodes(TreeEnsemble& model, std::size_t output) {
  append_ids(model);
  std::size_t next_child = model.left.size() + 1;
  for (const std::int32_t node : order_) {
    const auto at = static_cast<std::size_t>(node);
    const bool is_leaf = left_[at] == kNoChild;
    model.left.push_back(is_leaf ? TreeEnsemble::kLeaf : static_cast<std::uint32_t>(next_child));
    model.feature.push_back(is_leaf ? 0 : static_cast<std::uint32_t>(feature_[at]));
    const bool is_categorical = !is_leaf && set_of_[at] != -1;
    const float condition = is_categorical ? 0 : condition_[at];
    model.value.push_back(is_leaf ? leaf_value(at, output) : condition);
    model.default_left.push_back(is_leaf ? 0 : default_left_[at]);
    if (!is_leaf) next_child += 2;
    if (!is_categorical && model.node_set.empty()) continue;
    model.node_set.resize(model.left.size(), TreeEnsemble::kNumeric);
    if (is_categorical) model.node_set.back() = set_number(model, at);
  }
  if (!model.node_set.empty()) model.node_set.resize(model.left.size(), TreeEnsemble::kNumeric);
  model.tree_begin.push_back(static_cast<std::uint32_t>(model.left.size()));
}

}  // namespace mlcore
