// SPDX-License-Identifier: Apache-2.0
// Outside code uses encode_meta and decode_meta.
#include <fmt/format.h>

#include "artifact/sections.hpp"
#include "mlcore/base/error.hpp"
#include "mlcore/base/json.hpp"

namespace mlcore {
namespace {

constexpr std::size_t kNameLimit = 255;
constexpr std::size_t kEntryLimit = 4096;
constexpr std::size_t kMetaLimit = std::size_t{1} << 20;

[[noreturn]] void fail(Code code, std::string_view message) {
  throw Error(code, Reason::malformed_artifact, fmt::format("section \"META\": {}", message));
}

/// Printable ASCII, so that byte order and RFC 8785's UTF-16 order are the same.
bool is_key(std::string_view key) noexcept {
  if (key.empty() || key.size() > kNameLimit) return false;
  for (const char c : key) {
    if (c < 0x20 || c > 0x7E) return false;
  }
  return true;
}

void check_limits(Code code, const std::string& name,
                  const std::map<std::string, std::string>& metadata) {
  if (name.size() > kNameLimit || !is_utf8(name)) {
    fail(code, fmt::format("the name has {} bytes; up to {} bytes of UTF-8 are allowed",
                           name.size(), kNameLimit));
  }
  if (metadata.size() > kEntryLimit) {
    fail(code, fmt::format("{} entries, the limit is {}", metadata.size(), kEntryLimit));
  }
  for (const auto& [key, value] : metadata) {
    if (!is_key(key)) {
      fail(code, fmt::format("a key is not 1 to {} characters of printable ASCII", kNameLimit));
    }
    if (!is_utf8(value)) fail(code, fmt::format("the value of \"{}\" is not UTF-8", key));
  }
}

std::string to_json(const std::string& name, const std::map<std::string, std::string>& metadata) {
  std::string json = "{\"metadata\":{";
  const char* separator = "";
  for (const auto& [key, value] : metadata) {
    json += separator;
    append_json_string(json, key);
    json += ':';
    append_json_string(json, value);
    separator = ",";
  }
  json += "},\"name\":";
  append_json_string(json, name);
  json += '}';
  return json;
}

Meta from_json(std::string_view text) {
  Meta meta;
  JsonReader json(text);
  json.begin_object();
  while (const auto member = json.next_member()) {
    if (*member == "name") {
      meta.name = json.string();
    } else if (*member == "metadata") {
      json.begin_object();
      while (const auto entry = json.next_member()) {
        std::string key(*entry);
        meta.metadata.emplace(std::move(key), json.string());
        if (meta.metadata.size() > kEntryLimit) json.fail("too many entries");
      }
    } else {
      json.fail("unknown member");
    }
  }
  json.finish();
  return meta;
}

}  // namespace

Bytes encode_meta(const std::string& name, const std::map<std::string, std::string>& metadata) {
  check_limits(Code::invalid_argument, name, metadata);
  const std::string json = to_json(name, metadata);
  if (json.size() > kMetaLimit) {
    fail(Code::invalid_argument, fmt::format("{} bytes, the limit is {}", json.size(), kMetaLimit));
  }
  return {json.begin(), json.end()};
}

Meta decode_meta(ByteView bytes) {
  if (bytes.size() > kMetaLimit) {
    fail(Code::data_loss, fmt::format("{} bytes, the limit is {}", bytes.size(), kMetaLimit));
  }
  const std::string_view text(reinterpret_cast<const char*>(bytes.data()), bytes.size());
  Meta meta;
  try {
    meta = from_json(text);
  } catch (const Error& error) {
    fail(Code::data_loss, error.message());
  }
  check_limits(Code::data_loss, meta.name, meta.metadata);
  // One content has one form: anything that would be written differently is refused.
  if (to_json(meta.name, meta.metadata) != text) fail(Code::data_loss, "not in canonical form");
  return meta;
}

}  // namespace mlcore
