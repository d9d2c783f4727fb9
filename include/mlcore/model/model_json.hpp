// SPDX-License-Identifier: Apache-2.0
#pragma once

// The neutral model JSON of docs/model_json.md, read strictly and validated: what the Python
// package writes of scikit-learn's, CatBoost's and ONNX's models, and who likes may write.
//
//   ModelDocument document = import_model_json(read_file("forest.json"));
//   document.model.facts().contract;  // how the margins are summed
//   document.fidelity;                // "exact"

#include <string>
#include <string_view>

#include "mlcore/model/model.hpp"

namespace mlcore {

struct ModelDocument {
  Model model;
  std::string fidelity;  // "exact" or "bounded"
  std::string bound;     // of "bounded": from the framework, in words
};

/// Throws: invalid_argument/malformed_model, invalid_tree, naming the place, such as
/// trees.trees[3].left[5]; unimplemented/unsupported_model.
/// Cost: heap ≤ 32x the text + 1 MiB: two characters can be a leaf of their own tree, three a name.
[[nodiscard]] ModelDocument import_model_json(std::string_view text);

}  // namespace mlcore
