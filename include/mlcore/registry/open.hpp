// SPDX-License-Identifier: Apache-2.0
#pragma once

// What a REF names: FILE.mlc, DIR (which holds model.mlc, as DIR/v3), DIR@ALIAS or DIR@v3.
//
//   OpenedModel model = open_model("models/churn@champion");
//   model.version;  // 2
//
// A REF that ends in ".mlc" is a file. Else, where the last path component contains '@', what
// follows the last '@' is an alias or a version. There is no search path and no environment.

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "mlcore/predict/predictor.hpp"
#include "mlcore/registry/registry.hpp"

namespace mlcore {

/// The parts of a REF, by its text alone.
struct RefParts {
  std::string path;          // of the file or directory
  std::string alias;         // empty: none
  std::int64_t version = 0;  // of DIR@v3; 0: none
};

/// Throws: invalid_argument/invalid_option for an empty REF and what no alias can be called.
[[nodiscard]] RefParts parse_ref(const std::string& ref);

/// The bytes that `ref` names. A version of a registry (DIR@ALIAS, DIR@v3, or DIR/v3 that holds
/// metadata.json) is checked against its metadata, and against the alias file.
/// Throws: not_found/file_not_found, unknown_alias, unknown_version; as Registry::read.
[[nodiscard]] ModelFile read_model(const std::string& ref);

struct OpenedModel {
  std::shared_ptr<const Predictor> predictor;
  std::int64_t version = 0;  // 0: not from a registry
};

/// Throws: as read_model and Predictor::from_bytes, whose message the file's path stands before.
[[nodiscard]] OpenedModel open_model(const std::string& ref);

}  // namespace mlcore
