// SPDX-License-Identifier: Apache-2.0
#pragma once

// What the registry's verbs have in common.

#include <CLI/CLI.hpp>
#include <cstdint>
#include <map>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "mlcore/registry/open.hpp"
#include "mlcore/registry/registry.hpp"

namespace mlcore::command {

/// --by and --reason.
void add_change_options(CLI::App& verb, Change& change);

/// "v3" → 3. Throws: UsageError naming `option`.
[[nodiscard]] std::int64_t version_of(const std::string& option, const std::string& text);
/// `K=V` of each --tag. Throws: UsageError.
[[nodiscard]] std::map<std::string, std::string> parse_tags(const std::vector<std::string>& tags);
/// DIR@ALIAS, or DIR with --alias. Throws: UsageError unless there is exactly one alias.
[[nodiscard]] RefParts parse_target(const std::string& target, const std::string& alias);

[[nodiscard]] nlohmann::ordered_json alias_json(const AliasInfo& alias);
[[nodiscard]] std::string version_text(std::int64_t version);

}  // namespace mlcore::command
