// SPDX-License-Identifier: Apache-2.0
#pragma once

// What to train, as data.
//
//   TrainSpec spec = read_train_spec("churn.json");
//   spec.label;  // "count() over orders next 90d == 0"
//
// The spec is JSON; an unknown field is an error. docs/train_spec.md lists the fields.

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "mlcore/train/xgboost_trainer.hpp"

namespace mlcore {

struct TrainSpec {
  std::string name;
  std::string features;                        // path of the definition
  std::map<std::string, std::string> streams;  // stream name → CSV path
  std::string population;                      // a stream; empty = the definition's first
  std::vector<std::int64_t> train_as_of;       // ascending, distinct
  std::vector<std::int64_t> test_as_of;        // ascending, distinct
  /// The first instant of which nothing is known; absent = 1 µs after the last event.
  std::optional<std::int64_t> data_end;
  std::string label;
  XgboostOptions model;
  std::string registry;  // directory that receives the version
};

/// Paths in the spec are relative to `folder`; empty = they stay as they are.
/// Throws: invalid_argument/malformed_spec naming the field; unimplemented/malformed_spec for a
/// field that is specified and not served yet.
[[nodiscard]] TrainSpec parse_train_spec(std::string_view json, const std::string& folder);

/// Paths in the spec are relative to the spec's folder. Throws: also as read_file.
[[nodiscard]] TrainSpec read_train_spec(const std::string& path);

}  // namespace mlcore
