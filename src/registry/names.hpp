// SPDX-License-Identifier: Apache-2.0
#pragma once

// Which names a registry gives and takes.
//
//   version_name(3);      // "v3"
//   parse_version("v3");  // 3; absent for "v03", "v0", "3"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace mlcore::registry {

[[nodiscard]] std::string version_name(std::int64_t version);
/// 1 to 999,999,999,999,999,999.
[[nodiscard]] std::optional<std::int64_t> parse_version(std::string_view name) noexcept;

/// 1 to 100 of a-z 0-9 . _ -, a letter or a digit first and no full stop last, neither reserved
/// (`latest`, `v` and digits) nor a device name of Windows. Lower case only: on some file systems
/// Champion is champion.
[[nodiscard]] bool is_alias(std::string_view name) noexcept;
/// Throws: invalid_argument/invalid_option.
void check_alias(std::string_view name);
/// Throws: invalid_argument/invalid_option unless `key` is 1 to 100 of A-Z a-z 0-9 . _ -.
void check_tag(std::string_view key, std::string_view value);
/// Throws: invalid_argument/invalid_option unless UTF-8 without control characters, at most `limit`
/// bytes.
void check_text(std::string_view what, std::string_view text, std::size_t limit);

/// `text` with what is not printable ASCII or UTF-8 made visible, for messages.
[[nodiscard]] std::string shown_name(std::string_view text);

}  // namespace mlcore::registry
