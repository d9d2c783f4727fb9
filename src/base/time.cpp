// SPDX-License-Identifier: Apache-2.0
// Outside code uses parse_timestamp, format_timestamp, parse_duration and format_duration.
#include "mlcore/base/time.hpp"

#include <fmt/format.h>

#include <array>
#include <limits>
#include <utility>

namespace mlcore {
namespace {

/// Days since 1970-01-01 of a proleptic Gregorian date.
/// Source: Howard Hinnant, chrono-Compatible Low-Level Date Algorithms, days_from_civil.
constexpr std::int64_t days_from_civil(std::int64_t year, std::int64_t month, std::int64_t day) {
  year -= month <= 2 ? 1 : 0;
  const std::int64_t era = floor_div(year, 400);
  const std::int64_t year_of_era = year - era * 400;
  const std::int64_t day_of_year = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1;
  const std::int64_t day_of_era =
      year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
  return era * 146097 + day_of_era - 719468;
}

constexpr std::int64_t days_in_month(std::int64_t year, std::int64_t month) {
  if (month == 2) return (year % 4 == 0 && year % 100 != 0) || year % 400 == 0 ? 29 : 28;
  return month == 4 || month == 6 || month == 9 || month == 11 ? 30 : 31;
}

/// Takes text from the front; every member answers whether what it wanted was there.
struct Scanner {
  std::string_view text;

  bool character(char wanted) {
    if (text.empty() || text.front() != wanted) return false;
    text.remove_prefix(1);
    return true;
  }
  bool digits(std::size_t count, std::int64_t& value) {
    if (text.size() < count) return false;
    value = 0;
    for (std::size_t i = 0; i < count; ++i) {
      if (text[i] < '0' || text[i] > '9') return false;
      value = value * 10 + (text[i] - '0');
    }
    text.remove_prefix(count);
    return true;
  }
};

std::optional<std::int64_t> date_micros(Scanner& scanner) {
  std::int64_t year, month, day;
  if (!scanner.digits(4, year) || !scanner.character('-') || !scanner.digits(2, month) ||
      !scanner.character('-') || !scanner.digits(2, day)) {
    return std::nullopt;
  }
  if (year < 1 || month < 1 || month > 12 || day < 1 || day > days_in_month(year, month)) {
    return std::nullopt;
  }
  return days_from_civil(year, month, day) * kMicrosPerDay;
}

std::optional<std::int64_t> fraction_micros(Scanner& scanner) {
  if (!scanner.character('.')) return 0;
  std::int64_t micros = 0;
  std::int64_t unit = 100'000;
  std::int64_t digit;
  std::size_t count = 0;
  for (; scanner.digits(1, digit); ++count, unit /= 10) {
    if (count == 6) return std::nullopt;
    micros += digit * unit;
  }
  if (count == 0) return std::nullopt;
  return micros;
}

/// What the zone is ahead of UTC.
std::optional<std::int64_t> offset_micros(Scanner& scanner) {
  if (scanner.character('Z') || scanner.character('z')) return 0;
  const bool ahead = scanner.character('+');
  if (!ahead && !scanner.character('-')) return std::nullopt;
  std::int64_t hours, minutes;
  if (!scanner.digits(2, hours) || !scanner.character(':') || !scanner.digits(2, minutes) ||
      hours > 23 || minutes > 59) {
    return std::nullopt;
  }
  const std::int64_t micros = (hours * 60 + minutes) * 60 * kMicrosPerSecond;
  return ahead ? micros : -micros;
}

constexpr std::array<std::pair<char, std::int64_t>, 5> kUnits = {
    {{'w', 7 * 86'400}, {'d', 86'400}, {'h', 3'600}, {'m', 60}, {'s', 1}}};

}  // namespace

std::optional<std::int64_t> parse_timestamp(std::string_view text) noexcept {
  Scanner scanner{text};
  const auto date = date_micros(scanner);
  if (!date) return std::nullopt;
  if (scanner.text.empty()) return date;
  std::int64_t hour, minute, second;
  if ((!scanner.character('T') && !scanner.character('t') && !scanner.character(' ')) ||
      !scanner.digits(2, hour) || !scanner.character(':') || !scanner.digits(2, minute) ||
      !scanner.character(':') || !scanner.digits(2, second) || hour > 23 || minute > 59 ||
      second > 59) {
    return std::nullopt;
  }
  const auto fraction = fraction_micros(scanner);
  if (!fraction) return std::nullopt;
  const auto offset = offset_micros(scanner);
  if (!offset || !scanner.text.empty()) return std::nullopt;
  const std::int64_t micros =
      *date + ((hour * 60 + minute) * 60 + second) * kMicrosPerSecond + *fraction - *offset;
  if (micros < kFirstTimestamp || micros > kLastTimestamp) return std::nullopt;
  return micros;
}

std::string format_timestamp(std::int64_t micros) {
  const std::int64_t days = floor_div(micros, kMicrosPerDay);
  const std::int64_t in_day = micros - days * kMicrosPerDay;
  // Source: Hinnant, civil_from_days.
  const std::int64_t shifted = days + 719468;
  const std::int64_t era = floor_div(shifted, 146097);
  const std::int64_t day_of_era = shifted - era * 146097;
  const std::int64_t year_of_era =
      (day_of_era - day_of_era / 1460 + day_of_era / 36524 - day_of_era / 146096) / 365;
  const std::int64_t day_of_year =
      day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
  const std::int64_t shifted_month = (5 * day_of_year + 2) / 153;
  const std::int64_t day = day_of_year - (153 * shifted_month + 2) / 5 + 1;
  const std::int64_t month = shifted_month < 10 ? shifted_month + 3 : shifted_month - 9;
  const std::int64_t year = year_of_era + era * 400 + (month <= 2 ? 1 : 0);
  const std::int64_t seconds = in_day / kMicrosPerSecond;
  std::string text = fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}", year, month, day,
                                 seconds / 3600, seconds / 60 % 60, seconds % 60);
  if (const std::int64_t fraction = in_day % kMicrosPerSecond; fraction != 0) {
    text += fmt::format(".{:06}", fraction);
  }
  return text + "Z";
}

std::optional<std::int64_t> parse_duration(std::string_view text) noexcept {
  if (text.size() < 2) return std::nullopt;
  const char unit_name = text.back();
  text.remove_suffix(1);
  std::int64_t count = 0;
  for (const char character : text) {
    if (character < '0' || character > '9') return std::nullopt;
    if (__builtin_mul_overflow(count, 10, &count) ||
        __builtin_add_overflow(count, character - '0', &count)) {
      return std::nullopt;
    }
  }
  for (const auto& [name, seconds] : kUnits) {
    if (name != unit_name) continue;
    std::int64_t micros;
    if (__builtin_mul_overflow(count, seconds * kMicrosPerSecond, &micros)) return std::nullopt;
    return micros;
  }
  return std::nullopt;
}

std::string format_duration(std::int64_t micros) {
  const std::int64_t seconds = micros / kMicrosPerSecond;
  for (const auto& [name, unit] : kUnits) {
    if (name != 'w' && seconds % unit == 0) return fmt::format("{}{}", seconds / unit, name);
  }
  return fmt::format("{}s", seconds);
}

}  // namespace mlcore
