// SPDX-License-Identifier: Apache-2.0
#pragma once

// Numbers to and from text, correctly rounded, without a locale; and the NaN that we store.
//
//   parse_f32("0.1");        // the float nearest to 0.1, not the double narrowed
//   format_f64(0.1);         // "0.1", the shortest text that reads back
//   format_hex(0.1);         // "0x1.999999999999ap-4", as glibc's %a

#include <bit>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace mlcore {

inline constexpr std::uint64_t kCanonicalNanBits = 0x7FF8000000000000u;
inline constexpr double kCanonicalNan = std::bit_cast<double>(kCanonicalNanBits);

/// The value, every NaN replaced by the canonical one.
[[nodiscard]] constexpr double canonical(double value) noexcept {
  return value != value ? kCanonicalNan : value;
}

/// Whether it is a whole number that an i64 has; NaN is not.
[[nodiscard]] bool is_i64(double value) noexcept;

/// The whole text as a number; absent when any of it is not, or when it is out of range.
/// `inf`, `nan` and hexadecimal are not numbers here.
[[nodiscard]] std::optional<double> parse_f64(std::string_view text) noexcept;
[[nodiscard]] std::optional<float> parse_f32(std::string_view text) noexcept;
[[nodiscard]] std::optional<std::int64_t> parse_i64(std::string_view text) noexcept;

[[nodiscard]] std::string format_f64(double value);
[[nodiscard]] std::string format_hex(double value);

}  // namespace mlcore
