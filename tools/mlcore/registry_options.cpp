// SPDX-License-Identifier: Apache-2.0
// The registry's verbs use what registry_options.hpp declares.
#include "registry_options.hpp"

#include <fmt/format.h>

#include "mlcore/base/number.hpp"
#include "mlcore/base/time.hpp"
#include "verb.hpp"

namespace mlcore::command {

using Json = nlohmann::ordered_json;

void add_change_options(CLI::App& verb, Change& change) {
  verb.add_option("--by", change.by, "Who, for the audit log")->type_name("NAME");
  verb.add_option("--reason", change.reason, "Why, for the audit log")->type_name("TEXT");
}

std::int64_t version_of(const std::string& option, const std::string& text) {
  const RefParts parts = text.empty() || text[0] != 'v' ? RefParts{} : parse_ref("x@" + text);
  if (parts.version != 0 && parts.path == "x") return parts.version;  // not v1@v2
  throw UsageError(fmt::format("{}: expected a version, as v3, found \"{}\"", option, text));
}

std::map<std::string, std::string> parse_tags(const std::vector<std::string>& options) {
  std::map<std::string, std::string> tags;
  for (const std::string& option : options) {
    const auto equals = option.find('=');
    if (equals == option.npos || equals == 0 || equals + 1 == option.size()) {
      throw UsageError(fmt::format("--tag: expected KEY=VALUE, found \"{}\"", option));
    }
    if (!tags.emplace(option.substr(0, equals), option.substr(equals + 1)).second) {
      throw UsageError(fmt::format("--tag: \"{}\" is given twice", option.substr(0, equals)));
    }
  }
  return tags;
}

RefParts parse_target(const std::string& target, const std::string& alias) {
  RefParts parts = parse_ref(target);
  if (parts.version != 0 || (!parts.alias.empty() && !alias.empty())) {
    throw UsageError(
        fmt::format("expected one alias, DIR@ALIAS or DIR with --alias, found \"{}\"{}", target,
                    alias.empty() ? "" : " with --alias " + alias));
  }
  if (!alias.empty()) parts.alias = alias;
  if (!parts.alias.empty()) return parts;
  throw UsageError(fmt::format("which alias? Give \"{}@ALIAS\" or --alias", target));
}

std::string version_text(std::int64_t version) { return fmt::format("v{}", version); }

Json alias_json(const AliasInfo& alias) {
  Json history = Json::array();
  for (const AliasEntry& entry : alias.history) {
    Json json = {{"seq", entry.sequence},
                 {"version", version_text(entry.version)},
                 {"content_digest", entry.content_digest},
                 {"at", format_timestamp(entry.at)},
                 {"action", name_of(entry.action)}};
    if (!entry.by.empty()) json["by"] = entry.by;
    if (!entry.reason.empty()) json["reason"] = entry.reason;
    history.push_back(std::move(json));
  }
  return {{"alias", alias.name},
          {"version", version_text(alias.current().version)},
          {"content_digest", alias.current().content_digest},
          {"seq", alias.current().sequence},
          {"history", std::move(history)}};
}

}  // namespace mlcore::command
