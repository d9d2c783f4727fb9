// SPDX-License-Identifier: Apache-2.0
// The registry's other files use the names declared in names.hpp.
#include "registry/names.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "base/shown.hpp"
#include "mlcore/base/bytes.hpp"
#include "mlcore/base/error.hpp"

namespace mlcore::registry {
namespace {

constexpr std::size_t kLongestName = 100;
constexpr std::size_t kLongestValue = 500;
constexpr std::size_t kMostDigits = 18;

bool is_digit(char c) noexcept { return c >= '0' && c <= '9'; }
bool is_lower(char c) noexcept { return c >= 'a' && c <= 'z'; }
bool is_upper(char c) noexcept { return c >= 'A' && c <= 'Z'; }
bool is_mark(char c) noexcept { return c == '.' || c == '_' || c == '-'; }

/// CON, NUL, COM1 and their like, with anything after a full stop.
bool is_device(std::string_view name) noexcept {
  constexpr std::array<std::string_view, 4> kDevices = {"con", "prn", "aux", "nul"};
  const std::string_view stem = name.substr(0, name.find('.'));
  if (std::find(kDevices.begin(), kDevices.end(), stem) != kDevices.end()) return true;
  return stem.size() == 4 && is_digit(stem[3]) &&
         (stem.substr(0, 3) == "com" || stem.substr(0, 3) == "lpt");
}

bool is_reserved(std::string_view name) noexcept {
  const bool is_number =
      name.size() > 1 && name[0] == 'v' && std::all_of(name.begin() + 1, name.end(), is_digit);
  // DIR@x.mlc is a file by the rule of a REF: no REF could name such an alias.
  return name == "latest" || is_number || is_device(name) || name.ends_with(".mlc");
}

bool has_alias_form(std::string_view name) noexcept {
  const auto is_allowed = [](char c) { return is_lower(c) || is_digit(c) || is_mark(c); };
  return !name.empty() && name.size() <= kLongestName && !is_mark(name.front()) &&
         name.back() != '.' && std::all_of(name.begin(), name.end(), is_allowed);
}

[[noreturn]] void refuse(std::string message) {
  throw Error(Code::invalid_argument, Reason::invalid_option, std::move(message));
}

}  // namespace

std::string version_name(std::int64_t version) { return fmt::format("v{}", version); }

std::optional<std::int64_t> parse_version(std::string_view name) noexcept {
  if (name.size() < 2 || name.size() > 1 + kMostDigits || name[0] != 'v' || name[1] == '0') {
    return std::nullopt;
  }
  std::int64_t version = 0;
  for (const char c : name.substr(1)) {
    if (!is_digit(c)) return std::nullopt;
    version = version * 10 + (c - '0');
  }
  return version;
}

bool is_alias(std::string_view name) noexcept { return has_alias_form(name) && !is_reserved(name); }

void check_alias(std::string_view name) {
  if (is_alias(name)) return;
  if (has_alias_form(name)) refuse(fmt::format("alias {}: the name is reserved", shown_name(name)));
  refuse(
      fmt::format("alias {}: expected 1 to {} of a-z 0-9 . _ -, a letter or digit first and no "
                  "full stop last",
                  shown_name(name), kLongestName));
}

void check_tag(std::string_view key, std::string_view value) {
  const auto is_allowed = [](char c) {
    return is_lower(c) || is_upper(c) || is_digit(c) || is_mark(c);
  };
  if (key.empty() || key.size() > kLongestName ||
      !std::all_of(key.begin(), key.end(), is_allowed)) {
    refuse(fmt::format("tag {}: expected 1 to {} of A-Z a-z 0-9 . _ -", shown_name(key),
                       kLongestName));
  }
  check_text(fmt::format("tag {}", key), value, kLongestValue);
}

void check_text(std::string_view what, std::string_view text, std::size_t limit) {
  if (text.size() > limit) {
    refuse(fmt::format("{}: {} bytes; at most {} are kept", what, text.size(), limit));
  }
  if (!is_utf8(text)) refuse(fmt::format("{}: it is not UTF-8", what));
  const auto is_control = [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7F; };
  if (std::any_of(text.begin(), text.end(), is_control)) {
    refuse(fmt::format("{}: it has a control character", what));
  }
}

std::string shown_name(std::string_view text) {
  if (is_utf8(text) && std::none_of(text.begin(), text.end(), [](char c) {
        return static_cast<unsigned char>(c) < 0x20 || c == 0x7F;
      })) {
    return shown(text);
  }
  std::string escaped;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte >= 0x20 && byte < 0x7F) {
      escaped += c;
    } else {
      escaped += fmt::format("\\x{:02x}", byte);
    }
  }
  return shown(escaped);
}

}  // namespace mlcore::registry
