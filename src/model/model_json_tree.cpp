// SPDX-License-Identifier: Apache-2.0
// model_json_trees.cpp uses ModelJsonTree.
#include "model/model_json_tree.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <limits>

#include "base/shown.hpp"

namespace mlcore {
namespace {

constexpr std::int32_t kNone = -1;

}  // namespace

std::string model_json_node(std::size_t tree, std::string_view member, std::size_t node) {
  return fmt::format("trees.trees[{}].{}[{}]", tree, member, node);
}

void ModelJsonTree::fail(std::string_view member, std::size_t node, std::string_view rule) const {
  fail_model_json_tree(model_json_node(index_, member, node), rule);
}

void ModelJsonTree::clear() {
  output_ = 0;
  width_ = 0;
  set_goes_left_ = has_output_ = false;
  for (auto* values : {&left_, &right_, &feature_, &set_}) values->clear();
  for (auto* values : {&threshold_, &value_}) values->clear();
  missing_left_.clear();
}

void ModelJsonTree::read(PlacedJson& json, std::size_t index) {
  clear();
  index_ = index;
  json.object({"left", "right", "feature", "threshold", "missing_left"},
              [&](std::string_view name) { read_member(json, name); });
  check_lengths();
}

void ModelJsonTree::read_member(PlacedJson& json, std::string_view name) {
  if (name == "left") return json.integers(left_, kNone);
  if (name == "right") return json.integers(right_, kNone);
  if (name == "feature") return json.integers(feature_, kNone);
  if (name == "set") return json.integers(set_, kNone);
  if (name == "threshold") return read_thresholds(json);
  if (name == "missing_left") {
    return json.array([&] { missing_left_.push_back(json.boolean() ? 1 : 0); });
  }
  if (name == "value" || name == "values") {
    if (!value_.empty()) json.fail("a second list of values");
    return name == "value" ? json.numbers(value_) : read_rows(json);
  }
  if (name == "output") {
    output_ = static_cast<std::uint32_t>(json.integer(0, kMaxOutputCount - 1));
    has_output_ = true;
    return;
  }
  if (name != "set_goes") json.unknown();
  set_goes_left_ = json.choice({"right", "left"}) == 1;
}

/// Numbers, and "inf" and "-inf", which JSON has no numbers for.
void ModelJsonTree::read_thresholds(PlacedJson& json) {
  json.array([&] {
    if (json.peek() != JsonReader::Kind::string) return threshold_.push_back(json.number());
    const bool is_negative = json.choice({"inf", "-inf"}) == 1;
    constexpr double kInfinity = std::numeric_limits<double>::infinity();
    threshold_.push_back(is_negative ? -kInfinity : kInfinity);
  });
}

void ModelJsonTree::read_rows(PlacedJson& json) {
  json.array([&] {
    json.numbers(row_);
    if (width_ == 0) width_ = row_.size();
    if (row_.empty() || row_.size() > kMaxOutputCount || row_.size() != width_) {
      json.fail(fmt::format("{} values; the first row has {}, at most {} are allowed", row_.size(),
                            width_, kMaxOutputCount));
    }
    value_.insert(value_.end(), row_.begin(), row_.end());
  });
}

void ModelJsonTree::check_lengths() const {
  const std::string place = fmt::format("trees.trees[{}]", index_);
  const std::size_t nodes = left_.size();
  if (nodes == 0) fail_model_json(place, "no nodes");
  if (has_output_ != (width_ == 0)) {
    fail_model_json(place, "a tree has an output and a value a node, or values a node");
  }
  const struct {
    std::string_view name;
    std::size_t size;
  } arrays[] = {
      {"right", right_.size()},
      {"feature", feature_.size()},
      {"threshold", threshold_.size()},
      {"missing_left", missing_left_.size()},
      {width_ == 0 ? "value" : "values", value_.size() / std::max(width_, std::size_t{1})},
      {"set", set_.empty() ? nodes : set_.size()},
  };
  for (const auto& array : arrays) {
    if (array.size == nodes) continue;
    fail_model_json(place,
                    fmt::format("{} has {} elements, left has {}", array.name, array.size, nodes));
  }
}

bool ModelJsonTree::is_leaf(std::size_t node) const {
  return left_[node] == kNone && right_[node] == kNone;
}

/// A row goes right for the members of a set in a TreeEnsemble.
bool ModelJsonTree::is_swapped(std::size_t node) const {
  return set_goes_left_ && !set_.empty() && set_[node] != kNone;
}

void ModelJsonTree::check_leaf(std::size_t node) const {
  if (feature_[node] != kNone) fail("feature", node, "a leaf's is -1");
  if (threshold_[node] != 0) fail("threshold", node, "a leaf's is 0");
  if (missing_left_[node] != 0) fail("missing_left", node, "a leaf's is false");
  if (!set_.empty() && set_[node] != kNone) fail("set", node, "a leaf's is -1");
}

void ModelJsonTree::check_inner(std::size_t node) const {
  if (feature_[node] == kNone) fail("feature", node, "-1, which only a leaf has");
  const bool has_set = !set_.empty() && set_[node] != kNone;
  if (has_set && threshold_[node] != 0) fail("threshold", node, "a node with a set has 0");
  const std::size_t width = std::max(width_, std::size_t{1});
  const auto row = value_.begin() + static_cast<std::ptrdiff_t>(node * width);
  if (std::any_of(row, row + static_cast<std::ptrdiff_t>(width), [](double v) { return v != 0; })) {
    fail(width_ == 0 ? "value" : "values", node, "a node with children has 0");
  }
}

void ModelJsonTree::order_nodes() {
  const std::size_t nodes = left_.size();
  is_placed_.assign(nodes, false);
  is_placed_[0] = true;
  order_.assign(1, 0);
  for (std::size_t next = 0; next < order_.size(); ++next) {
    const std::size_t node = order_[next];
    if (is_leaf(node)) {
      check_leaf(node);
      continue;
    }
    check_inner(node);
    const std::size_t first = order_.size();
    for (const auto& [member, child] :
         {std::pair("left", left_[node]), std::pair("right", right_[node])}) {
      if (child < 0 || static_cast<std::size_t>(child) >= nodes) {
        fail(member, node, fmt::format("child {} of {} nodes", child, nodes));
      }
      const auto place = static_cast<std::size_t>(child);
      if (is_placed_[place]) fail(member, node, fmt::format("node {} has two parents", child));
      is_placed_[place] = true;
      order_.push_back(static_cast<std::uint32_t>(child));
    }
    if (is_swapped(node)) std::swap(order_[first], order_[first + 1]);
  }
  const auto lost = std::find(is_placed_.begin(), is_placed_.end(), false);
  if (lost == is_placed_.end()) return;
  fail("left", static_cast<std::size_t>(lost - is_placed_.begin()),
       "the root does not reach this node");
}

void ModelJsonTree::append_to(TreeEnsemble& model) {
  order_nodes();
  const std::size_t width = std::max(width_, std::size_t{1});
  if (width * order_.size() >= TreeEnsemble::kLeaf - model.left.size()) {
    fail_model_json(fmt::format("trees.trees[{}]", index_), "more than 2^32 nodes");
  }
  for (std::size_t output = 0; output < width; ++output) append_nodes(model, output);
}

void ModelJsonTree::append_nodes(TreeEnsemble& model, std::size_t output) const {
  const std::size_t width = std::max(width_, std::size_t{1});
  std::size_t next_child = model.left.size() + 1;
  for (const std::uint32_t node : order_) {
    const bool has_no_child = is_leaf(node);
    const bool has_set = !set_.empty() && set_[node] != kNone;
    model.left.push_back(has_no_child ? TreeEnsemble::kLeaf
                                      : static_cast<std::uint32_t>(next_child));
    model.feature.push_back(has_no_child ? 0 : static_cast<std::uint32_t>(feature_[node]));
    model.wide_value.push_back(has_no_child ? value_[node * width + output] : threshold_[node]);
    const bool is_missing_left = (missing_left_[node] != 0) != is_swapped(node);
    model.default_left.push_back(!has_no_child && is_missing_left ? 1 : 0);
    model.node_set.push_back(has_set ? static_cast<std::uint32_t>(set_[node])
                                     : TreeEnsemble::kNumeric);
    model.node_id.push_back(node);
    if (!has_no_child) next_child += 2;
  }
  model.tree_begin.push_back(static_cast<std::uint32_t>(model.left.size()));
  model.tree_output.push_back(width_ == 0 ? output_ : static_cast<std::uint32_t>(output));
}

}  // namespace mlcore
