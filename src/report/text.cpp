// SPDX-License-Identifier: Apache-2.0
// The files of this room use what text.hpp declares.
#include "report/text.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>

#include "mlcore/base/number.hpp"
#include "mlcore/base/time.hpp"

namespace mlcore::report {
namespace {

constexpr std::string_view kNone = "–";
constexpr std::string_view kMinus = "−";

/// 1234567 → 1,234,567
std::string with_commas(std::string digits) {
  for (std::size_t at = digits.size(); at > 3;) {
    at -= 3;
    digits.insert(at, 1, ',');
  }
  return digits;
}

void drop_trailing_zeros(std::string& digits) {
  if (digits.find('.') == digits.npos) return;
  digits.erase(digits.find_last_not_of('0') + 1);
  if (digits.back() == '.') digits.pop_back();
}

/// Of a positive finite value.
std::string rounded_size(double value, int digits) {
  const std::string scientific = fmt::format("{:.{}e}", value, digits - 1);
  const std::size_t mark = scientific.find('e');
  const int exponent =
      static_cast<int>(parse_i64(scientific.substr(mark + 1))
                           .value_or(
                               // a plus sign is not a number's beginning
                               parse_i64(scientific.substr(mark + 2)).value_or(0)));
  if (exponent < -4 || exponent > 8) {
    std::string mantissa = scientific.substr(0, mark);
    drop_trailing_zeros(mantissa);
    return fmt::format("{}e{}{}", mantissa, exponent < 0 ? kMinus : "", std::abs(exponent));
  }
  std::string text = fmt::format("{:.{}f}", value, std::max(0, digits - 1 - exponent));
  drop_trailing_zeros(text);
  const std::size_t point = std::min(text.find('.'), text.size());
  return with_commas(text.substr(0, point)) + text.substr(point);
}

bool is_day(std::int64_t micros) {
  return floor_div(micros, kMicrosPerDay) * kMicrosPerDay == micros;
}

}  // namespace

std::string rounded(double value, int digits) {
  if (std::isnan(value)) return std::string(kNone);
  const std::string sign(value < 0 ? kMinus : "");
  if (std::isinf(value)) return sign + "∞";
  return value == 0 ? "0" : sign + rounded_size(std::fabs(value), digits);
}

std::string grouped(std::uint64_t count) { return with_commas(fmt::format("{}", count)); }

std::string percent(double share) {
  if (std::isnan(share)) return std::string(kNone);
  if (share > 0 && share < 0.0005) return "&lt; 0.1 %";
  if (share > 0.9995 && share < 1) return "&gt; 99.9 %";
  std::string digits = fmt::format("{:.1f}", 100 * share);
  drop_trailing_zeros(digits);
  return digits + " %";
}

std::string percent(std::uint64_t part, std::uint64_t rows) {
  return percent(rows == 0 ? kCanonicalNan : static_cast<double>(part) / static_cast<double>(rows));
}

std::string data(double value) {
  return fmt::format(R"(<data value="{}">{}</data>)", std::isnan(value) ? "NaN" : format_f64(value),
                     rounded(value));
}

std::string plural(std::uint64_t count, std::string_view noun) {
  return fmt::format("{} {}{}", grouped(count), noun, count == 1 ? "" : "s");
}

std::string duration(std::uint64_t nanoseconds) {
  constexpr std::array<std::string_view, 4> kUnits = {"ns", "µs", "ms", "s"};
  double value = static_cast<double>(nanoseconds);
  std::size_t unit = 0;
  while (value >= 1000 && unit + 1 < kUnits.size()) {
    value /= 1000;
    ++unit;
  }
  return fmt::format("{} {}", rounded(value, 3), kUnits[unit]);
}

std::string bound_text(PaneKind kind, std::int64_t bound) {
  if (kind == PaneKind::as_of && bound >= kFirstTimestamp && bound <= kLastTimestamp) {
    const std::string text = format_timestamp(bound);
    return is_day(bound) ? text.substr(0, text.find('T')) : text;
  }
  return bound < 0 ? fmt::format("{}{}", kMinus, grouped(0 - static_cast<std::uint64_t>(bound)))
                   : grouped(static_cast<std::uint64_t>(bound));
}

std::string range_text(PaneKind kind, std::int64_t begin, std::int64_t end) {
  switch (kind) {
    case PaneKind::as_of: break;
    case PaneKind::count:
      return fmt::format("rows {} to {}", bound_text(kind, begin),
                         bound_text(kind, end > begin ? end - 1 : end));
  }
  return fmt::format("{} to {}", bound_text(kind, begin), bound_text(kind, end));
}

std::string_view class_of(Verdict verdict) noexcept {
  switch (verdict) {
    case Verdict::ok: return "ok";
    case Verdict::drift: return "drift";
    case Verdict::insufficient: return "insufficient";
  }
  return {};
}

std::string_view sign_of(Verdict verdict) noexcept {
  switch (verdict) {
    case Verdict::ok: return "●";
    case Verdict::drift: return "▲";
    case Verdict::insufficient: return "○";
  }
  return {};
}

std::string badge(Verdict verdict) {
  return fmt::format(R"(<span class="badge {}"><span aria-hidden="true">{}</span> {}</span>)",
                     class_of(verdict), sign_of(verdict), name_of(verdict));
}

}  // namespace mlcore::report
