// SPDX-License-Identifier: Apache-2.0
#pragma once

// What the verbs read and write: artifacts, definitions, requests, streams.

#include <map>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "mlcore/artifact/artifact.hpp"
#include "mlcore/base/bytes.hpp"
#include "mlcore/base/error.hpp"
#include "mlcore/feature/definition.hpp"
#include "mlcore/registry/open.hpp"
#include "mlcore/schema/csv.hpp"

namespace mlcore::command {

/// A REF, FILE.mlc, DIR/v1 or DIR@ALIAS, rather than a file of another kind.
[[nodiscard]] bool is_reference(const std::string& path);
/// A model's file, and the artifact in it.
struct ReadArtifact {
  ModelFile file;
  Artifact artifact;
};
/// What a REF names, nothing executed. Errors have the path before their message.
[[nodiscard]] ReadArtifact read_reference(const std::string& reference);

/// The error again, the path before its message.
[[noreturn]] void rethrow_with(const std::string& path, const Error& error);

[[nodiscard]] inline ByteView view_of(const std::string& bytes) noexcept {
  return {reinterpret_cast<const std::uint8_t*>(bytes.data()), bytes.size()};
}

/// Errors have the path before their message.
[[nodiscard]] Definition read_definition(const std::string& path);
/// `path` may be `-`: stdin. Throws: as read_csv.
[[nodiscard]] CsvRows read_rows(const std::string& path, const RowLayout& layout);
/// Throws: invalid_argument/empty_input.
[[noreturn]] void refuse_empty(const std::string& path);
/// At least one row. Throws: also invalid_argument/empty_input.
[[nodiscard]] CsvRows read_requests(const std::string& path, const RowLayout& layout);

/// `NAME=CSV` of each --stream. Throws: UsageError for anything else, or a name given twice.
[[nodiscard]] std::map<std::string, std::string> parse_streams(
    const std::vector<std::string>& options);

/// The request fields that name a row: keys, and as_of.
[[nodiscard]] std::vector<std::size_t> identity_fields(const Definition& definition);

/// Indented, with a line break at the end; bytes that are not UTF-8 are replaced.
[[nodiscard]] std::string json_text(const nlohmann::ordered_json& json);

/// `path` empty or `-`: stdout. While a file is written, Ctrl-C waits: half a file never stays.
void write_output(const std::string& path, std::string_view content);

}  // namespace mlcore::command
