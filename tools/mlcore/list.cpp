// SPDX-License-Identifier: Apache-2.0
// `mlcore list DIR`
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <memory>
#include <string>
#include <vector>

#include "inputs.hpp"
#include "mlcore/base/time.hpp"
#include "registry_options.hpp"
#include "verb.hpp"

namespace mlcore::command {
namespace {

using Json = nlohmann::ordered_json;

Json version_json(const Registry& registry, const VersionInfo& version,
                  const std::vector<AliasInfo>& aliases) {
  Json names = Json::array();
  for (const AliasInfo& alias : aliases) {
    if (alias.current().version == version.version) names.push_back(alias.name);
  }
  const auto text_or_null = [](const std::string& text) {
    return text.empty() ? Json(nullptr) : Json(text);
  };
  return {{"version", version_text(version.version)},
          {"algorithm", text_or_null(version.algorithm)},
          {"dataset", text_or_null(version.dataset)},
          {"created_at", format_timestamp(version.created_at)},
          {"content_digest", version.content_digest},
          {"bytes", version.bytes},
          {"aliases", std::move(names)},
          {"tags", registry.tags(version.version)}};
}

std::string joined(const Json& items) {
  std::string text;
  for (const auto& [key, value] : items.items()) {
    if (!text.empty()) text += ", ";
    text += items.is_object() ? key + "=" + value.get<std::string>() : value.get<std::string>();
  }
  return text;
}

std::string text_or_dash(const Json& value) {
  return value.is_string() ? value.get<std::string>() : "-";
}

std::string table_of(const Json& versions) {
  using Row = std::array<std::string, 6>;
  std::vector<Row> rows = {{"version", "created at", "algorithm", "dataset", "aliases", "tags"}};
  for (const Json& version : versions) {
    rows.push_back({version["version"], version["created_at"], text_or_dash(version["algorithm"]),
                    text_or_dash(version["dataset"]), joined(version["aliases"]),
                    joined(version["tags"])});
  }
  std::array<std::size_t, 6> widths{};
  for (const Row& row : rows) {
    for (std::size_t i = 0; i < row.size(); ++i) widths[i] = std::max(widths[i], row[i].size());
  }
  std::string text;
  for (const Row& row : rows) {
    std::string line;
    for (std::size_t i = 0; i < row.size(); ++i) line += fmt::format("{:<{}}  ", row[i], widths[i]);
    text += line.substr(0, line.find_last_not_of(' ') + 1) + "\n";
  }
  return text;
}

int run(const std::string& directory, bool json) {
  const Registry registry(directory);
  const std::vector<AliasInfo> aliases = registry.aliases();
  Json object = {{"registry", directory}, {"versions", Json::array()}, {"aliases", Json::array()}};
  for (const VersionInfo& version : registry.list()) {
    object["versions"].push_back(version_json(registry, version, aliases));
  }
  for (const AliasInfo& alias : aliases) object["aliases"].push_back(alias_json(alias));
  if (json) {
    write_output("", json_text(object));
  } else if (object["versions"].empty()) {
    write_output("", fmt::format("{} has no versions\n", directory));
  } else {
    write_output("", table_of(object["versions"]));
  }
  return kDone;
}

}  // namespace

void add_list(CLI::App& app, Verb& verb) {
  auto directory = std::make_shared<std::string>();
  CLI::App* list = app.add_subcommand("list", "Show a registry's versions, aliases and tags");
  list->add_option("registry", *directory, "The registry")->required()->type_name("DIR");
  list->add_flag("--json", verb.json, "Everything, with the aliases' history, as JSON");
  list->footer("Example:\n  mlcore list models/churn");
  list->callback(
      [directory, &verb] { verb.run = [directory, &verb] { return run(*directory, verb.json); }; });
}

}  // namespace mlcore::command
