// SPDX-License-Identifier: Apache-2.0
// The log and its readers use parse_line, chain_hash, decode_record, encode_record, read_tail.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <iterator>

#include "mlcore/base/bytes.hpp"
#include "mlcore/base/error.hpp"
#include "mlcore/base/json.hpp"
#include "mlcore/base/time.hpp"
#include "registry/audit_log.hpp"
#include "registry/json_files.hpp"
#include "registry/names.hpp"

namespace mlcore {

namespace {

constexpr std::array kActions = {AuditAction::publish, AuditAction::promote, AuditAction::rollback,
                                 AuditAction::tag, AuditAction::repair};
constexpr std::array kStates = {AuditState::intent, AuditState::done, AuditState::abandoned,
                                AuditState::recovered};

}  // namespace

std::string_view name_of(AuditAction action) noexcept {
  switch (action) {
    case AuditAction::publish: return "publish";
    case AuditAction::promote: return "promote";
    case AuditAction::rollback: return "rollback";
    case AuditAction::tag: return "tag";
    case AuditAction::repair: return "repair";
  }
  return {};
}

std::string_view name_of(AuditState state) noexcept {
  switch (state) {
    case AuditState::intent: return "intent";
    case AuditState::done: return "done";
    case AuditState::abandoned: return "abandoned";
    case AuditState::recovered: return "recovered";
  }
  return {};
}

namespace registry {
namespace {

constexpr std::size_t kNumberDigits = 8;
constexpr std::size_t kHashDigits = 64;
constexpr std::size_t kCrcAt = kNumberDigits + 1;
constexpr std::size_t kHashAt = kCrcAt + kNumberDigits + 1;
constexpr std::size_t kJsonAt = kHashAt + kHashDigits + 1;

ByteView view_of(std::string_view text) noexcept {
  return {reinterpret_cast<const std::uint8_t*>(text.data()), text.size()};
}

template <typename Number>
bool parse_digits(std::string_view text, int base, Number& number) noexcept {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number, base);
  return error == std::errc() && end == text.data() + text.size();
}

template <typename Enum, std::size_t n>
Enum named(JsonReader& json, const std::array<Enum, n>& values) {
  const std::string_view name = json.string();
  const auto found = std::find_if(values.begin(), values.end(),
                                  [&](Enum value) { return name_of(value) == name; });
  if (found == values.end()) json.fail("an unknown word");
  return *found;
}

std::string* text_member(AuditRecord& record, std::string_view name) noexcept {
  if (name == "path") return &record.path;
  if (name == "sha256") return &record.sha256;
  if (name == "alias") return &record.alias;
  if (name == "content_digest") return &record.content_digest;
  if (name == "file_sha256") return &record.file_sha256;
  if (name == "by") return &record.by;
  if (name == "reason") return &record.reason;
  if (name == "detail") return &record.detail;
  return nullptr;
}

void read_member(AuditRecord& record, const std::string& name, JsonReader& json) {
  if (std::string* text = text_member(record, name)) {
    *text = json.string();
  } else if (name == "seq") {
    record.sequence = read_count(json);
  } else if (name == "at") {
    record.at = read_time(json);
  } else if (name == "action") {
    record.action = named(json, kActions);
  } else if (name == "state") {
    record.state = named(json, kStates);
  } else if (name == "version") {
    record.version = read_version(json);
  } else if (name == "intent") {
    record.intent = read_count(json);
  } else if (name == "happened") {
    record.happened = json.boolean();
  } else {
    json.skip();
  }
}

}  // namespace

std::optional<AuditLine> parse_line(std::string_view text) {
  std::size_t length = 0;
  std::uint32_t crc = 0;
  if (text.size() <= kJsonAt || text[kCrcAt - 1] != ' ' || text[kHashAt - 1] != ' ' ||
      text[kJsonAt - 1] != ' ' || !parse_digits(text.substr(0, kNumberDigits), 10, length) ||
      !parse_digits(text.substr(kCrcAt, kNumberDigits), 16, crc)) {
    return std::nullopt;
  }
  if (length > kLongestLine || text.size() < kJsonAt + length + 1 ||
      text[kJsonAt + length] != '\n' ||
      crc32c(view_of(text.substr(kHashAt, kHashDigits + 1 + length))) != crc) {
    return std::nullopt;
  }
  AuditLine line;
  line.json = text.substr(kJsonAt, length);
  line.size = kJsonAt + length + 1;
  for (std::size_t i = 0; i < line.hash.size(); ++i) {
    if (!parse_digits(text.substr(kHashAt + 2 * i, 2), 16, line.hash[i])) return std::nullopt;
  }
  return line;
}

Sha256Digest chain_hash(const Sha256Digest& before, std::string_view json) {
  ByteWriter length;
  length.u64(json.size());
  std::string text(1, '\1');
  text.append(before.begin(), before.end());
  text.append(length.bytes().begin(), length.bytes().end());
  text += json;
  return sha256(view_of(text));
}

AuditRecord decode_record(std::string_view text) {
  try {
    AuditRecord record;
    JsonReader json(text);
    json.begin_object();
    while (const auto name = json.next_member()) read_member(record, std::string(*name), json);
    json.finish();
    return record;
  } catch (const Error& error) {
    throw Error(Code::data_loss, Reason::malformed_registry,
                fmt::format("audit record: {}", error.message()));
  }
}

std::string encode_record(const AuditRecord& record) {
  std::string json =
      fmt::format(R"({{"seq":{},"at":"{}","action":"{}","state":"{}")", record.sequence,
                  format_timestamp(record.at), name_of(record.action), name_of(record.state));
  const auto text = [&](std::string_view name, std::string_view value) {
    if (value.empty()) return;
    json += fmt::format(",\"{}\":", name);
    append_json_string(json, value);
  };
  if (record.state != AuditState::intent && record.intent != 0) {
    json += fmt::format(R"(,"intent":{},"happened":{})", record.intent, record.happened);
  }
  if (record.version != 0) text("version", version_name(record.version));
  text("alias", record.alias);
  text("path", record.path);
  text("sha256", record.sha256);
  text("content_digest", record.content_digest);
  text("file_sha256", record.file_sha256);
  text("by", record.by);
  text("reason", record.reason);
  text("detail", record.detail);
  return json + "}";
}

AuditTail read_tail(std::string_view text, std::uint64_t begin, const std::string& path) {
  AuditTail tail;
  bool has_line = false;
  std::size_t at = 0;
  while (at < text.size()) {
    const auto line = parse_line(text.substr(at));
    if (!line) break;
    const bool is_chained =
        (begin == 0 || has_line) ? chain_hash(tail.hash, line->json) == line->hash : true;
    AuditRecord record = decode_record(line->json);
    if (!is_chained || (has_line && record.sequence != tail.sequence + 1)) {
      throw Error(Code::data_loss, Reason::malformed_registry,
                  fmt::format("{}: record {} does not follow from the one before it", path,
                              record.sequence));
    }
    has_line = true;
    tail.hash = line->hash;
    tail.sequence = record.sequence;
    at += line->size;
    if (record.action != AuditAction::repair) {
      tail.open_intent.reset();
      if (record.state == AuditState::intent) tail.open_intent = std::move(record);
    }
  }
  tail.end = begin + at;
  tail.torn = text.size() - at;
  bool is_torn_only = tail.torn <= kLongestTorn && (has_line || begin == 0);
  for (std::size_t i = text.find('\n', at); i != text.npos && is_torn_only;
       i = text.find('\n', i + 1)) {
    is_torn_only = !parse_line(text.substr(i + 1));
  }
  if (!is_torn_only) {
    throw Error(Code::data_loss, Reason::malformed_registry,
                fmt::format("{}: what follows byte {} is no record, and no end that a crash leaves",
                            path, tail.end));
  }
  return tail;
}

}  // namespace registry
}  // namespace mlcore
