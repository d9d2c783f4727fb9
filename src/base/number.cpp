// SPDX-License-Identifier: Apache-2.0
// Outside code uses is_i64, parse_f64, parse_f32, parse_i64, format_f64 and format_hex.
#include "mlcore/base/number.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cmath>

namespace mlcore {
namespace {

/// from_chars also takes `inf`, `nan` and their relatives; a number starts with a digit, a sign or
/// a point, and holds no other letter than the exponent's.
bool looks_like_number(std::string_view text) noexcept {
  for (const char character : text) {
    const bool digit = character >= '0' && character <= '9';
    if (!digit && character != '-' && character != '+' && character != '.' && character != 'e' &&
        character != 'E') {
      return false;
    }
  }
  return !text.empty();
}

/// For a well-formed number that is out of range: the power of ten of its first digit other than 0,
/// so that too large can be told from too small, which from_chars does not.
std::int64_t magnitude(std::string_view text) noexcept {
  const std::size_t exponent_at = std::min(text.find_first_of("eE"), text.size());
  std::int64_t exponent = 0;
  for (const char character : text.substr(exponent_at)) {
    if (character >= '0' && character <= '9' && exponent < 1'000'000'000) {
      exponent = exponent * 10 + (character - '0');
    }
  }
  if (text.find('-', exponent_at) != text.npos) exponent = -exponent;
  const std::string_view digits = text.substr(0, exponent_at);
  const auto first = static_cast<std::int64_t>(digits.find_first_of("123456789"));
  const auto point = static_cast<std::int64_t>(std::min(digits.find('.'), digits.size()));
  return exponent + (first < point ? point - first - 1 : point - first);
}

template <typename T>
std::optional<T> parse_float(std::string_view text) noexcept {
  if (!looks_like_number(text)) return std::nullopt;
  T value{};
  const char* end = text.data() + text.size();
  const auto result = std::from_chars(text.data(), end, value);
  if (result.ptr != end) return std::nullopt;
  if (result.ec == std::errc{}) return value;
  if (result.ec != std::errc::result_out_of_range) return std::nullopt;
  if (magnitude(text) > 0) return std::nullopt;
  return text.front() == '-' ? T{-0.0} : T{0.0};
}

}  // namespace

bool is_i64(double value) noexcept {
  return std::trunc(value) == value && value >= -0x1p63 && value < 0x1p63;
}

std::optional<double> parse_f64(std::string_view text) noexcept {
  return parse_float<double>(text);
}

std::optional<float> parse_f32(std::string_view text) noexcept { return parse_float<float>(text); }

std::optional<std::int64_t> parse_i64(std::string_view text) noexcept {
  std::int64_t value = 0;
  const char* end = text.data() + text.size();
  const auto result = std::from_chars(text.data(), end, value);
  if (text.empty() || result.ec != std::errc{} || result.ptr != end) return std::nullopt;
  return value;
}

std::string format_f64(double value) {
  if (value != value) return "nan";
  if (std::isinf(value)) return value < 0 ? "-inf" : "inf";
  char text[32];
  const auto result = std::to_chars(text, text + sizeof text, value);
  return {text, result.ptr};
}

std::string format_hex(double value) { return fmt::format("{:a}", value); }

}  // namespace mlcore
