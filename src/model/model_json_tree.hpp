// SPDX-License-Identifier: Apache-2.0
#pragma once

// One element of a model JSON's trees.trees: its arrays as the text has them, and their layout in a
// TreeEnsemble. One object serves all trees of a text, so that its memory is used again.
//
//   tree.read(json, index);
//   tree.append_to(model);

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "mlcore/model/tree_ensemble.hpp"
#include "model/placed_json.hpp"

namespace mlcore {

class ModelJsonTree {
 public:
  /// Throws: invalid_argument/malformed_json, malformed_model.
  void read(PlacedJson& json, std::size_t index);
  /// Breadth-first, so that children follow parents and siblings are adjacent; all values in
  /// `wide_value`, a set in `node_set` or kNumeric, features as the text has them. Vector leaves
  /// make a tree of each output. Throws: invalid_argument/invalid_tree.
  void append_to(TreeEnsemble& model);
  /// How many outputs a leaf has values of; 0 where the tree is of one output.
  [[nodiscard]] std::size_t leaf_width() const noexcept { return width_; }

 private:
  [[noreturn]] void fail(std::string_view member, std::size_t node, std::string_view rule) const;
  void clear();
  void read_member(PlacedJson& json, std::string_view name);
  void read_thresholds(PlacedJson& json);
  void read_rows(PlacedJson& json);
  void check_lengths() const;
  void check_leaf(std::size_t node) const;
  void check_inner(std::size_t node) const;
  [[nodiscard]] bool is_leaf(std::size_t node) const;
  [[nodiscard]] bool is_swapped(std::size_t node) const;
  void order_nodes();
  void append_nodes(TreeEnsemble& model, std::size_t output) const;

  std::size_t index_ = 0;
  std::uint32_t output_ = 0;
  std::size_t width_ = 0;
  bool set_goes_left_ = false;
  bool has_output_ = false;
  std::vector<std::int32_t> left_;
  std::vector<std::int32_t> right_;
  std::vector<std::int32_t> feature_;
  std::vector<std::int32_t> set_;
  std::vector<double> threshold_;
  std::vector<double> value_;  // a row of leaf_width, or one, a node
  std::vector<double> row_;
  std::vector<std::uint8_t> missing_left_;
  std::vector<std::uint32_t> order_;  // the text's node of each new node
  std::vector<bool> is_placed_;
};

/// "trees.trees[3].left[5]"
[[nodiscard]] std::string model_json_node(std::size_t tree, std::string_view member,
                                          std::size_t node);

}  // namespace mlcore
