// SPDX-License-Identifier: Apache-2.0
// The registry uses the encoders and decoders of its small files.
#include "registry/json_files.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>

#include "mlcore/base/error.hpp"
#include "mlcore/base/json.hpp"
#include "mlcore/base/time.hpp"
#include "registry/names.hpp"

namespace mlcore::registry {
namespace {

using Json = nlohmann::ordered_json;

constexpr std::array<std::string_view, 7> kOwnMembers = {
    "version", "algorithm", "dataset", "created_at", "content_digest", "file_sha256", "bytes"};

Json text_or_null(const std::string& text) { return text.empty() ? Json(nullptr) : Json(text); }

std::string dump(const Json& json) {
  std::string text = json.dump(2) + "\n";
  if (text.size() <= kLongestJson) return text;
  throw Error(Code::invalid_argument, Reason::limit_exceeded,
              fmt::format("{} bytes of JSON, more than {}", text.size(), kLongestJson));
}

std::string read_text_or_null(JsonReader& json) {
  if (json.peek() == JsonReader::Kind::string) return std::string(json.string());
  json.null();
  return {};
}

std::string read_digest(JsonReader& json) {
  std::string digest(json.string());
  const auto is_hex = [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); };
  if (digest.size() != 64 || !std::all_of(digest.begin(), digest.end(), is_hex)) {
    json.fail("expected 64 hexadecimal digits");
  }
  return digest;
}

/// Runs `read`, whose errors about the text become malformed_registry.
template <typename Read>
auto decoded(const Read& read) {
  try {
    return read();
  } catch (const Error& error) {
    throw Error(Code::data_loss, Reason::malformed_registry, error.message());
  }
}

/// True when `name` is one of the registry's own members, which was read.
bool read_own_member(VersionInfo& info, std::string_view name, JsonReader& json) {
  if (name == "version") {
    info.version = read_version(json);
  } else if (name == "algorithm") {
    info.algorithm = read_text_or_null(json);
  } else if (name == "dataset") {
    info.dataset = read_text_or_null(json);
  } else if (name == "created_at") {
    info.created_at = read_time(json);
  } else if (name == "content_digest") {
    info.content_digest = read_digest(json);
  } else if (name == "file_sha256") {
    info.file_sha256 = read_digest(json);
  } else if (name == "bytes") {
    info.bytes = read_count(json);
  } else {
    return false;
  }
  return true;
}

/// The own members, which are all there, in order, before any other.
VersionInfo read_own_members(JsonReader& json, std::int64_t version) {
  VersionInfo info;
  json.begin_object();
  for (const std::string_view expected : kOwnMembers) {
    const auto name = json.next_member();
    if (!name || *name != expected) json.fail(fmt::format("expected \"{}\"", expected));
    read_own_member(info, expected, json);
  }
  if (info.version != version) {
    json.fail(fmt::format("it says version v{}, its directory v{}", info.version, version));
  }
  return info;
}

void append_entry(Json& history, const AliasEntry& entry) {
  Json json = {{"seq", entry.sequence},
               {"version", version_name(entry.version)},
               {"content_digest", entry.content_digest},
               {"at", format_timestamp(entry.at)},
               {"action", name_of(entry.action)},
               {"previous", entry.previous}};
  if (!entry.by.empty()) json["by"] = entry.by;
  if (!entry.reason.empty()) json["reason"] = entry.reason;
  history.push_back(std::move(json));
}

AuditAction read_action(JsonReader& json) {
  const std::string_view name = json.string();
  if (name == name_of(AuditAction::promote)) return AuditAction::promote;
  if (name != name_of(AuditAction::rollback)) json.fail("expected promote or rollback");
  return AuditAction::rollback;
}

AliasEntry read_entry(JsonReader& json) {
  AliasEntry entry;
  json.begin_object();
  while (const auto name = json.next_member()) {
    if (*name == "seq") {
      entry.sequence = read_count(json);
    } else if (*name == "version") {
      entry.version = read_version(json);
    } else if (*name == "content_digest") {
      entry.content_digest = read_digest(json);
    } else if (*name == "at") {
      entry.at = read_time(json);
    } else if (*name == "action") {
      entry.action = read_action(json);
    } else if (*name == "previous") {
      entry.previous = read_count(json);
    } else if (*name == "by") {
      entry.by = json.string();
    } else if (*name == "reason") {
      entry.reason = json.string();
    } else {
      json.fail("an unknown member");
    }
  }
  const bool is_whole = entry.sequence > 0 && entry.version > 0 && !entry.content_digest.empty();
  if (!is_whole || entry.previous >= entry.sequence) json.fail("an entry that is not whole");
  return entry;
}

}  // namespace

std::int64_t read_version(JsonReader& json) {
  const auto version = parse_version(json.string());
  if (!version) json.fail("expected a version, as \"v3\"");
  return *version;
}

std::int64_t read_time(JsonReader& json) {
  const auto time = parse_timestamp(json.string());
  if (!time) json.fail("expected a time");
  return *time;
}

std::uint64_t read_count(JsonReader& json) {
  const std::int64_t value = json.i64();
  if (value < 0) json.fail("a number below 0");
  return static_cast<std::uint64_t>(value);
}

std::string encode_metadata(const VersionInfo& info, const std::string& lineage) {
  if (lineage.size() > kLongestJson) {
    throw Error(Code::invalid_argument, Reason::limit_exceeded,
                fmt::format("{} bytes of metadata, more than {}", lineage.size(), kLongestJson));
  }
  JsonReader reader(lineage);  // strict and of bounded depth, before the tree is made
  reader.begin_object();
  while (const auto name = reader.next_member()) {
    if (std::find(kOwnMembers.begin(), kOwnMembers.end(), *name) != kOwnMembers.end()) {
      throw Error(Code::invalid_argument, Reason::invalid_option,
                  fmt::format("metadata: \"{}\" is written by the registry", *name));
    }
    reader.skip();
  }
  reader.finish();
  Json json = {{"version", version_name(info.version)},
               {"algorithm", text_or_null(info.algorithm)},
               {"dataset", text_or_null(info.dataset)},
               {"created_at", format_timestamp(info.created_at)},
               {"content_digest", info.content_digest},
               {"file_sha256", info.file_sha256},
               {"bytes", info.bytes}};
  try {
    json.update(Json::parse(lineage));
  } catch (const Json::exception& error) {  // a number that no double holds
    throw Error(Code::invalid_argument, Reason::malformed_json,
                fmt::format("metadata: {}", error.what()));
  }
  return dump(json);
}

VersionInfo decode_metadata(std::string_view text, std::int64_t version) {
  return decoded([&] {
    JsonReader json(text);
    return read_own_members(json, version);
  });
}

void check_metadata(std::string_view text, std::int64_t version) {
  decoded([&] {
    JsonReader json(text);
    static_cast<void>(read_own_members(json, version));
    while (json.next_member()) json.skip();
    json.finish();
  });
}

std::string encode_alias(const AliasInfo& alias) {
  const AliasEntry& current = alias.current();
  Json json = {{"alias", alias.name},
               {"version", version_name(current.version)},
               {"content_digest", current.content_digest},
               {"seq", current.sequence},
               {"history", Json::array()}};
  for (const AliasEntry& entry : alias.history) append_entry(json["history"], entry);
  return dump(json);
}

AliasInfo decode_alias(std::string_view text, const std::string& name) {
  return decoded([&] {
    JsonReader json(text);
    AliasInfo alias;
    AliasEntry told;
    json.begin_object();
    while (const auto member = json.next_member()) {
      if (*member == "alias") {
        alias.name = json.string();
      } else if (*member == "version") {
        told.version = read_version(json);
      } else if (*member == "content_digest") {
        told.content_digest = read_digest(json);
      } else if (*member == "seq") {
        told.sequence = read_count(json);
      } else if (*member == "history") {
        json.begin_array();
        while (json.next_element()) alias.history.push_back(read_entry(json));
      } else {
        json.fail("an unknown member");
      }
    }
    json.finish();
    if (alias.name != name) json.fail("it is of another alias");
    for (std::size_t i = 1; i < alias.history.size(); ++i) {
      if (alias.history[i].sequence != alias.history[i - 1].sequence + 1) {
        json.fail("its history has a gap");
      }
    }
    if (alias.history.empty() || alias.current().version != told.version ||
        alias.current().sequence != told.sequence ||
        alias.current().content_digest != told.content_digest) {
      json.fail("it does not say what the last entry of its history says");
    }
    return alias;
  });
}

std::string encode_tags(std::int64_t version, const Tags& tags) {
  return dump({{"version", version_name(version)}, {"tags", tags}});
}

Tags decode_tags(std::string_view text, std::int64_t version) {
  return decoded([&] {
    JsonReader json(text);
    Tags tags;
    std::int64_t told = 0;
    json.begin_object();
    while (const auto member = json.next_member()) {
      if (*member == "version") {
        told = read_version(json);
      } else if (*member == "tags") {
        json.begin_object();
        while (const auto name = json.next_member()) {
          std::string key(*name);
          tags[std::move(key)] = json.string();
        }
      } else {
        json.fail("an unknown member");
      }
    }
    json.finish();
    if (told != version) json.fail("it is of another version");
    return tags;
  });
}

}  // namespace mlcore::registry
