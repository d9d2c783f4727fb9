// SPDX-License-Identifier: Apache-2.0
#pragma once

// What a registry's small files hold: metadata.json, aliases/<alias>.json, tags/v<N>.json.
//
//   VersionInfo info = decode_metadata(text, 3);
//   std::string text = encode_alias(alias);
//
// Every `decode` throws data_loss/malformed_registry and nothing else, whatever the bytes.

#include <cstdint>
#include <map>
#include <string>
#include <string_view>

#include "mlcore/base/json.hpp"
#include "mlcore/registry/registry.hpp"

namespace mlcore::registry {

inline constexpr const char* kModelFile = "model.mlc";
inline constexpr const char* kMetadataFile = "metadata.json";
inline constexpr const char* kAliasFolder = "aliases";
inline constexpr const char* kTagFolder = "tags";
/// Longer files of these kinds are neither written nor read.
inline constexpr std::size_t kLongestJson = 1 << 20;

/// Values that the audit log has too. Throws: the reader's malformed_json.
[[nodiscard]] std::int64_t read_version(JsonReader& json);
[[nodiscard]] std::int64_t read_time(JsonReader& json);
[[nodiscard]] std::uint64_t read_count(JsonReader& json);

using Tags = std::map<std::string, std::string>;

/// Requires: `info` whole. Throws: invalid_argument/malformed_json for a lineage that is no object,
/// invalid_option for one that repeats a member that the registry writes, limit_exceeded.
[[nodiscard]] std::string encode_metadata(const VersionInfo& info, const std::string& lineage);
/// Reads up to the last of the registry's own members, which come first. `version` is the one that
/// the directory's name says.
[[nodiscard]] VersionInfo decode_metadata(std::string_view text, std::int64_t version);
/// The rest of the file too.
void check_metadata(std::string_view text, std::int64_t version);

[[nodiscard]] std::string encode_alias(const AliasInfo& alias);
[[nodiscard]] AliasInfo decode_alias(std::string_view text, const std::string& name);

[[nodiscard]] std::string encode_tags(std::int64_t version, const Tags& tags);
[[nodiscard]] Tags decode_tags(std::string_view text, std::int64_t version);

}  // namespace mlcore::registry
