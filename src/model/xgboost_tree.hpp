// SPDX-License-Identifier: Apache-2.0
#pragma once

// One tree of an XGBoost model: its arrays as the file has them, and their layout in a
// TreeEnsemble. One object serves all trees of a file, so that its memory is used again.
//
//   tree.read(reader, index);
//   tree.append_to(model);

#include <cstdint>
#include <map>
#include <string_view>
#include <vector>

#include "mlcore/model/tree_ensemble.hpp"
#include "model/xgboost_reader.hpp"

namespace mlcore {

class XgboostTree {
 public:
  /// Throws: invalid_argument/malformed_json, malformed_model; unimplemented/unsupported_model.
  void read(XgboostReader& reader, std::size_t index);
  /// Breadth-first, so that children follow parents and siblings are adjacent; nodes that the root
  /// doesn't reach are left out, and the file's ids kept. Throws: invalid_argument/invalid_tree.
  /// A vector leaf makes as many trees, of the outputs in turn.
  void append_to(TreeEnsemble& model);
  [[nodiscard]] std::size_t node_count() const noexcept { return left_.size(); }
  /// Values in each leaf.
  [[nodiscard]] std::size_t leaf_width() const noexcept {
    return leaf_size_ > 1 ? static_cast<std::size_t>(leaf_size_) : 1;
  }

 private:
  [[noreturn]] void fail_node(std::int32_t node, std::string_view rule) const;
  void clear();
  void read_member(XgboostReader& reader, std::string_view name);
  void read_integers(XgboostReader& reader, std::vector<std::int32_t>& values);
  void read_floats(XgboostReader& reader, std::vector<float>& values);
  void read_default_left(XgboostReader& reader);
  void read_parameters(XgboostReader& reader);
  void check_lengths() const;
  void read_sets();
  [[nodiscard]] std::uint32_t set_number(TreeEnsemble& model, std::size_t node);
  void check_leaf_vectors() const;
  void check_inner(std::int32_t node) const;
  void check_leaf(std::int32_t node) const;
  void order_nodes();
  void append_ids(TreeEnsemble& model) const;
  void append_nodes(TreeEnsemble& model, std::size_t output);
  [[nodiscard]] float leaf_value(std::size_t node, std::size_t output) const;

  std::size_t index_ = 0;
  std::int64_t id_ = -1;
  std::int64_t node_count_ = -1;
  std::int64_t leaf_size_ = -1;
  std::vector<std::int32_t> left_;
  std::vector<std::int32_t> right_;
  std::vector<std::int32_t> parent_;
  std::vector<std::int32_t> feature_;
  std::vector<std::int32_t> split_type_;
  // Nodes with a set of categories: the node, where its set begins, its length; all the members.
  std::vector<std::int32_t> set_node_;
  std::vector<std::int32_t> set_begin_;
  std::vector<std::int32_t> set_size_;
  std::vector<std::int32_t> categories_;
  std::vector<std::int32_t> set_of_;  // one a node: its place in set_node_, or -1
  std::map<std::vector<std::uint32_t>, std::uint32_t> sets_;  // of the ensemble: their numbers
  std::vector<float> condition_;
  std::vector<float> base_weight_;  // to 3.1 the vector leaves, a row a node
  std::vector<float> leaf_weight_;  // since 3.2; the row stands in right_children
  std::vector<std::uint8_t> default_left_;
  std::vector<std::int32_t> order_;  // the file's node of each new node
  std::vector<bool> is_placed_;
};

/// A parameter that XGBoost writes as text. Throws: invalid_argument/malformed_model.
[[nodiscard]] std::int64_t xgboost_integer(XgboostReader& reader, std::string_view name);
[[noreturn]] void fail_malformed(const std::string& message);
[[noreturn]] void fail_unsupported(const std::string& message);

}  // namespace mlcore
