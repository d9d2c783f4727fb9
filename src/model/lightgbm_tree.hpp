// SPDX-License-Identifier: Apache-2.0
#pragma once

// One tree of a LightGBM text model: the lines of its block, and their layout in a TreeEnsemble.
//
//   LightgbmTree tree(index);
//   tree.read(key, value);  // a line each
//   tree.append_to(model);

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "mlcore/model/tree_ensemble.hpp"

namespace mlcore {

class LightgbmTree {
 public:
  explicit LightgbmTree(std::size_t index) : index_(index) {}

  /// Throws: invalid_argument/malformed_model; unimplemented/unsupported_model.
  void read(std::string_view key, std::string_view value);
  /// Breadth-first, so that children follow parents and siblings are adjacent; a leaf's id is
  /// LightGBM's. `text_size` bounds what sets of categories may take.
  /// Throws: also invalid_argument/invalid_tree.
  void append_to(TreeEnsemble& model, std::size_t text_size);

 private:
  [[noreturn]] void fail(std::string_view rule) const;
  [[noreturn]] void fail_node(std::size_t node, std::string_view rule) const;
  [[nodiscard]] bool read_list(std::string_view key, std::string_view value);
  void check_lengths() const;
  void order_nodes();
  void check_terms();
  void append_leaf(TreeEnsemble& model, std::size_t leaf) const;
  void append_terms(TreeEnsemble& model, std::size_t leaf) const;
  void append_inner(TreeEnsemble& model, std::size_t node, std::uint32_t left,
                    std::size_t text_size);
  [[nodiscard]] std::uint32_t add_set(TreeEnsemble& model, std::size_t node, std::size_t text_size);
  [[nodiscard]] bool is_categorical(std::size_t node) const { return (decision_[node] & 1) != 0; }

  std::size_t index_;
  std::vector<std::string> keys_;
  std::int64_t leaf_count_ = -1;
  std::int64_t set_count_ = 0;
  std::vector<std::int64_t> feature_;
  std::vector<double> threshold_;
  std::vector<std::int64_t> decision_;
  std::vector<std::int64_t> left_;  // an inner node, or the bitwise complement of a leaf
  std::vector<std::int64_t> right_;
  std::vector<double> leaf_value_;
  bool is_linear_ = false;
  std::vector<double> leaf_constant_;
  std::vector<std::int64_t> term_count_;  // of each leaf
  std::vector<std::int64_t> term_feature_;
  std::vector<double> term_coefficient_;
  std::vector<std::size_t> term_begin_;  // of each leaf
  std::vector<std::int64_t> set_begin_;
  std::vector<std::int64_t> set_words_;
  std::vector<std::int64_t> order_;
};

/// Throws: invalid_argument/malformed_model; unimplemented/unsupported_model.
[[nodiscard]] std::int64_t lightgbm_integer(std::string_view text, std::string_view key);
[[noreturn]] void fail_lightgbm(const std::string& message);
[[noreturn]] void refuse_lightgbm(const std::string& message);

}  // namespace mlcore
