// SPDX-License-Identifier: Apache-2.0
#pragma once

// Time is int64 microseconds since 1970-01-01T00:00:00Z, years 0001 to 9999, and never a float.
//
//   parse_timestamp("1998-01-01");                 // 883612800000000
//   parse_timestamp("1998-01-01T02:00:00+02:00");  // the same instant
//   format_timestamp(883612800000000);             // "1998-01-01T00:00:00Z"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace mlcore {

inline constexpr std::int64_t kMicrosPerSecond = 1'000'000;
inline constexpr std::int64_t kMicrosPerDay = 86'400 * kMicrosPerSecond;
inline constexpr std::int64_t kFirstTimestamp = -62'135'596'800 * kMicrosPerSecond;  // 0001-01-01
inline constexpr std::int64_t kLastTimestamp = 253'402'300'800 * kMicrosPerSecond - 1;

/// Division rounding towards minus infinity. Requires: divisor > 0.
[[nodiscard]] constexpr std::int64_t floor_div(std::int64_t value, std::int64_t divisor) noexcept {
  const std::int64_t quotient = value / divisor;
  return value % divisor < 0 ? quotient - 1 : quotient;
}

/// `YYYY-MM-DD` (midnight UTC) or RFC 3339 with `Z` or ±hh:mm and at most 6 fraction digits;
/// absent for anything else, a bare number included.
[[nodiscard]] std::optional<std::int64_t> parse_timestamp(std::string_view text) noexcept;

/// RFC 3339 in UTC, with the fraction only where there is one (then 6 digits).
[[nodiscard]] std::string format_timestamp(std::int64_t micros);

/// An integer and one of `s m h d w`, as in `90d`; absent for anything else or past the int64 range.
[[nodiscard]] std::optional<std::int64_t> parse_duration(std::string_view text) noexcept;

/// In the largest of `d h m s` that divides it; `parse_duration` reads it back.
/// Requires: micros ≥ 0, whole seconds.
[[nodiscard]] std::string format_duration(std::int64_t micros);

}  // namespace mlcore
