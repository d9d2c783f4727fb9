// SPDX-License-Identifier: Apache-2.0
#pragma once

// One tree of an XGBoost JSON model: its arrays as the file has them, and their layout in a
// TreeEnsemble. One object serves all trees of a file, so that its memory is used again.
//
//   tree.read(json, index);
//   tree.append_to(model);

#include <cstdint>
#include <string_view>
#include <vector>

#include "mlcore/base/json.hpp"
#include "mlcore/model/tree_ensemble.hpp"

namespace mlcore {

class XgboostTree {
 public:
  /// Throws: invalid_argument/malformed_json, malformed_model; unimplemented/unsupported_model.
  void read(JsonReader& json, std::size_t index);
  /// Breadth-first, so that children follow parents and siblings are adjacent; nodes that the root
  /// doesn't reach are left out, and the file's ids kept. Throws: invalid_argument/invalid_tree.
  void append_to(TreeEnsemble& model);

 private:
  [[noreturn]] void fail_node(std::int32_t node, std::string_view rule) const;
  void clear();
  void read_member(JsonReader& json, std::string_view name);
  void read_integers(JsonReader& json, std::vector<std::int32_t>& values);
  void read_conditions(JsonReader& json);
  void read_default_left(JsonReader& json);
  void read_empty(JsonReader& json);
  void read_parameters(JsonReader& json);
  void check_lengths() const;
  void check_inner(std::int32_t node) const;
  void order_nodes();
  void append_ids(TreeEnsemble& model) const;

  std::size_t index_ = 0;
  std::int64_t id_ = -1;
  std::int64_t node_count_ = -1;
  std::int64_t leaf_size_ = -1;
  std::vector<std::int32_t> left_;
  std::vector<std::int32_t> right_;
  std::vector<std::int32_t> parent_;
  std::vector<std::int32_t> feature_;
  std::vector<std::int32_t> split_type_;
  std::vector<float> condition_;
  std::vector<std::uint8_t> default_left_;
  std::vector<std::int32_t> order_;  // the file's node of each new node
  std::vector<bool> is_placed_;
};

/// A parameter that XGBoost writes as text. Throws: invalid_argument/malformed_model.
[[nodiscard]] std::int64_t xgboost_integer(JsonReader& json, std::string_view name);
[[noreturn]] void fail_malformed(const std::string& message);
[[noreturn]] void fail_unsupported(const std::string& message);

}  // namespace mlcore
