// SPDX-License-Identifier: Apache-2.0
// The verbs use what inputs.hpp declares.
#include "inputs.hpp"

#include <fmt/format.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <optional>
#include <set>
#include <utility>

#include "mlcore/base/error.hpp"
#include "mlcore/base/file.hpp"
#include "process.hpp"
#include "verb.hpp"

namespace mlcore::command {
namespace {

/// A write to a pipe or a terminal may wait for ever, that to a file does not.
bool is_file(const std::string& path) {
  std::error_code ignored;  // a path that can't be examined is reported by write_file
  const auto type = std::filesystem::status(path, ignored).type();
  return type == std::filesystem::file_type::regular ||
         type == std::filesystem::file_type::not_found;
}

}  // namespace

void rethrow_with(const std::string& path, const Error& error) {
  throw Error(error.code(), error.reason(), fmt::format("{}: {}", path, error.message()),
              error.where());
}

bool is_reference(const std::string& path) {
  std::error_code ignored;  // a path that can't be examined is reported by who reads it
  if (path.ends_with(".mlc") || std::filesystem::is_directory(path, ignored)) return true;
  if (std::filesystem::exists(path, ignored)) return false;
  return std::filesystem::path(path).filename().string().find('@') != std::string::npos;
}

ReadArtifact read_reference(const std::string& reference) {
  ModelFile file = read_model(reference);
  try {
    Artifact artifact = read_artifact(file.bytes);
    return {std::move(file), std::move(artifact)};
  } catch (const Error& error) {
    rethrow_with(file.path, error);
  }
}

Definition read_definition(const std::string& path) {
  const std::string text = read_file(path);
  try {
    return Definition::parse(text);
  } catch (const Error& error) {
    rethrow_with(path, error);
  }
}

CsvRows read_rows(const std::string& path, const RowLayout& layout) {
  const std::string text = read_file(path == "-" ? "/dev/stdin" : path);
  try {
    return read_csv(text, layout);
  } catch (const Error& error) {
    rethrow_with(path, error);
  }
}

void refuse_empty(const std::string& path) {
  throw Error(Code::invalid_argument, Reason::empty_input,
              fmt::format("{}: a header and no row", path));
}

CsvRows read_requests(const std::string& path, const RowLayout& layout) {
  CsvRows rows = read_rows(path, layout);
  if (rows.batch.size() == 0) refuse_empty(path);
  return rows;
}

std::map<std::string, std::string> parse_streams(const std::vector<std::string>& options) {
  std::map<std::string, std::string> paths;
  for (const std::string& option : options) {
    const auto equals = option.find('=');
    if (equals == option.npos || equals == 0 || equals + 1 == option.size()) {
      throw UsageError(fmt::format("--stream: expected NAME=CSV, found \"{}\"", option));
    }
    if (!paths.emplace(option.substr(0, equals), option.substr(equals + 1)).second) {
      throw UsageError(fmt::format("--stream: \"{}\" is given twice", option.substr(0, equals)));
    }
  }
  return paths;
}

std::vector<std::size_t> identity_fields(const Definition& definition) {
  std::set<std::size_t> fields;
  for (const auto& keys : definition.key_fields()) fields.insert(keys.begin(), keys.end());
  if (definition.as_of_field()) fields.insert(*definition.as_of_field());
  return {fields.begin(), fields.end()};
}

std::string json_text(const nlohmann::ordered_json& json) {
  return json.dump(2, ' ', false, nlohmann::ordered_json::error_handler_t::replace) + "\n";
}

void write_output(const std::string& path, std::string_view content) {
  if (!path.empty() && path != "-") {
    std::optional<SignalsHeld> held;
    if (is_file(path)) held.emplace();
    write_file(path, content);
    return;
  }
  if (std::fwrite(content.data(), 1, content.size(), stdout) != content.size() ||
      std::fflush(stdout) != 0) {
    throw Error(Code::unavailable, Reason::io_failure,
                fmt::format("can't write to stdout: {}", std::strerror(errno)));
  }
}

}  // namespace mlcore::command
