// SPDX-License-Identifier: Apache-2.0
#pragma once

// What the verbs read and write: artifacts, definitions, requests, streams.

#include <map>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "mlcore/base/bytes.hpp"
#include "mlcore/feature/definition.hpp"
#include "mlcore/schema/csv.hpp"

namespace mlcore::command {

/// The bytes of a REF: FILE.mlc, DIR/v1 or DIR@ALIAS.
[[nodiscard]] std::string read_reference(const std::string& reference);
[[nodiscard]] inline ByteView view_of(const std::string& bytes) noexcept {
  return {reinterpret_cast<const std::uint8_t*>(bytes.data()), bytes.size()};
}

/// Errors have the path before their message.
[[nodiscard]] Definition read_definition(const std::string& path);
/// Throws: as read_csv.
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

/// `path` empty or `-`: stdout.
void write_output(const std::string& path, std::string_view content);

}  // namespace mlcore::command
