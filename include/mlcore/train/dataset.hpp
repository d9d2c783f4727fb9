// SPDX-License-Identifier: Apache-2.0
#pragma once

// The events of a definition's streams, read from CSV files into a state.
//
//   Dataset dataset = read_dataset(definition, {{"orders", "orders.csv"}}, {});
//   dataset.state->keys(0, dataset.last_event);
//   hex(dataset.digest());  // names the content in a lineage

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "mlcore/feature/state.hpp"

namespace mlcore {

/// What is being done, and how far along: done of total, total 0 when unknown.
using Progress = std::function<void(std::string_view step, std::int64_t done, std::int64_t total)>;

struct DatasetFile {
  std::string stream;
  std::string file;  // without its folder
  Sha256Digest sha256{};
  std::uint64_t rows = 0;
  std::vector<std::string> extra_columns;
};

struct Dataset {
  std::unique_ptr<State> state;    // null for a definition without streams
  std::vector<DatasetFile> files;  // in the order of the definition's streams
  std::uint64_t rows = 0;
  // Microseconds; where there is no row, the greatest and the least int64.
  std::int64_t first_event = 0;
  std::int64_t last_event = 0;

  /// SHA-256 over the lines `stream sha256`.
  [[nodiscard]] Sha256Digest digest() const;
};

/// `paths`: stream name → CSV. A file without a row is an empty stream.
/// Throws: failed_precondition/needs_state for a stream without a file; invalid_argument/
/// unknown_name for a file without a stream; and what read_file, read_csv and State::ingest throw,
/// with the path before the message.
[[nodiscard]] Dataset read_dataset(const Definition& definition,
                                   const std::map<std::string, std::string>& paths,
                                   const Progress& progress);

}  // namespace mlcore
