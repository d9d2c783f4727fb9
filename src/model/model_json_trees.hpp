// SPDX-License-Identifier: Apache-2.0
#pragma once

// The member "trees" of a model JSON: the contract, the sets of categories and the trees.
//
//   ModelJsonTrees trees;
//   trees.read(json);
//   TreeEnsemble model = trees.finish(feature_count, output_count);

#include <optional>
#include <vector>

#include "mlcore/model/tree_ensemble.hpp"
#include "model/placed_json.hpp"

namespace mlcore {

class ModelJsonTrees {
 public:
  /// Throws: invalid_argument/malformed_json, malformed_model, invalid_tree.
  void read(PlacedJson& json);
  /// What depends on several members, whose order is free. The link and the names are the caller's
  /// to set. Throws: invalid_argument/malformed_model, invalid_tree;
  /// unimplemented/unsupported_model.
  [[nodiscard]] TreeEnsemble finish(std::uint32_t feature_count, std::uint32_t output_count);

 private:
  void read_member(PlacedJson& json, std::string_view name);
  void read_sets(PlacedJson& json);
  void read_trees(PlacedJson& json);
  void set_contract();
  void check_outputs() const;
  void finish_node(std::size_t tree, std::uint32_t node);
  void narrow();
  void set_rounds();

  TreeEnsemble model_;
  bool is_f32_input_ = false;
  bool is_f32_sum_ = false;
  bool is_less_ = false;
  std::optional<double> scale_;
  std::vector<double> bases_;
  std::optional<std::vector<std::int32_t>> rounds_;
  std::vector<std::uint32_t> first_tree_;  // of the ensemble, for each of the text
  std::vector<std::uint32_t> leaf_width_;  // of each tree of the text; 0: one value
};

}  // namespace mlcore
