// SPDX-License-Identifier: Apache-2.0
#include "mlcore/base/number.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <bit>
#include <cctype>
#include <cmath>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <limits>
#include <random>
#include <string>
#include <vector>

namespace mlcore {
namespace {

std::string as_printf(double value) {
  char text[64];
  std::snprintf(text, sizeof text, "%a", value);
  return text;
}

/// Any finite double, each exponent as often.
double any_double(std::mt19937_64& random) {
  for (;;) {
    const auto value = std::bit_cast<double>(random());
    if (std::isfinite(value)) return value;
  }
}

TEST_CASE("number: an i64 is whole and within its range") {
  for (const double value : {0.0, -0.0, 1.0, -7.0, -0x1p63, std::nextafter(0x1p63, 0.0)}) {
    CAPTURE(value);
    CHECK(is_i64(value));
  }
  constexpr double kInfinity = std::numeric_limits<double>::infinity();
  for (const double value : {0.5, std::nextafter(1.0, 2.0), 0x1p63, std::nextafter(-0x1p63, -1e300),
                             5e-324, kInfinity, -kInfinity, kCanonicalNan}) {
    CAPTURE(value);
    CHECK_FALSE(is_i64(value));
  }
}

TEST_CASE("number: f32 is the nearest float, not the double narrowed") {
  struct Case {
    std::string text;
    float expected;
  };
  // Halfway between floats is 1 + 2^-24 = 1.000000059604644775390625 and
  // 1 + 3·2^-24 = 1.000000178813934326171875; the nearest double of a text beside it is the half
  // itself, which rounds to even.
  for (const Case& c : std::vector<Case>{
           {"1.00000017881393432617187499", 0x1.000002p0f},
           {"1.000000178813934326171875", 0x1.000004p0f},
           {"1.00000017881393432617187501", 0x1.000004p0f},
           {"1.00000005960464477539062499", 0x1p0f},
           {"1.000000059604644775390625", 0x1p0f},
           {"1.00000005960464477539062501", 0x1.000002p0f},
           {"-1.00000005960464477539062501", -0x1.000002p0f},
           {"0.1", 0x1.99999ap-4f},
           {"16777217", 0x1p24f},
           {"16777217.0000000000000001", 0x1.000002p24f},
           {"3.4028235e38", 0x1.fffffep127f},
           {"3.4028235677973366e38", 0x1.fffffep127f},  // just under FLT_MAX + half an ulp
           {"1.4e-45", 0x1p-149f},
           {"7.0064923216240853e-46", 0.0f},       // just under half the least float
           {"7.0064923216240854e-46", 0x1p-149f},  // just over
           {"1e-60", 0.0f},
           {"-1e-60", -0.0f},
       }) {
    CAPTURE(c.text);
    const auto value = parse_f32(c.text);
    REQUIRE(value.has_value());
    CHECK(std::bit_cast<std::uint32_t>(*value) == std::bit_cast<std::uint32_t>(c.expected));
  }
  for (const std::string text : {"3.4028235677973367e38", "1e39", "-1e39", "1e400"}) {
    CAPTURE(text);
    CHECK_FALSE(parse_f32(text).has_value());
  }
}

TEST_CASE("number: f64 is the nearest double") {
  struct Case {
    std::string text;
    double expected;
  };
  for (const Case& c : std::vector<Case>{
           {"0", 0.0},
           {"-0", -0.0},
           {"-0.0e5", -0.0},
           {"0.1", 0x1.999999999999ap-4},
           {"1e23", 0x1.52d02c7e14af6p+76},  // a half-way case for naive powers of ten
           {"9007199254740993", 0x1p53},
           {"9007199254740993.00000000000000000000000001", 0x1.0000000000001p53},
           {"2.2250738585072011e-308", 0x0.fffffffffffffp-1022},  // the PHP and Java loop
           {"2.2250738585072012e-308", 0x1p-1022},
           {"5e-324", 0x1p-1074},
           {"2.4703282292062328e-324", 0x1p-1074},
           {"2.4703282292062327e-324", 0.0},
           {"1.7976931348623157e308", 0x1.fffffffffffffp1023},
           {"1.7976931348623158e308", 0x1.fffffffffffffp1023},
           {"1e-400", 0.0},
           {"-1e-400", -0.0},
           {"0.0000000001e-999999999", 0.0},
           {"123456789012345678901234567890", 0x1.8ee90ff6c373ep+96},
       }) {
    CAPTURE(c.text);
    const auto value = parse_f64(c.text);
    REQUIRE(value.has_value());
    CHECK(std::bit_cast<std::uint64_t>(*value) == std::bit_cast<std::uint64_t>(c.expected));
  }
}

TEST_CASE("number: what is no number, or not whole, or out of range is absent") {
  for (const std::string text :
       {"",    " ",      "-",  "+",    ".",     "e5",  "1e",    "1e+",      "1.5.2",
        "1,5", "1 ",     " 1", "0x10", "0x1p3", "inf", "-inf",  "infinity", "nan",
        "NaN", "nan(1)", "1f", "1d",   "--1",   "+-1", "1e400", "-1e400",   "1e999999999999",
        "NA",  "null"}) {
    CAPTURE(text);
    CHECK_FALSE(parse_f64(text).has_value());
    CHECK_FALSE(parse_f32(text).has_value());
    CHECK_FALSE(parse_i64(text).has_value());
  }
  CHECK_FALSE(parse_f64(std::string_view("1\0", 2)).has_value());
}

TEST_CASE("number: i64 takes its whole range and nothing beside it") {
  CHECK(parse_i64("0") == 0);
  CHECK(parse_i64("-0") == 0);
  CHECK(parse_i64("007") == 7);
  CHECK(parse_i64("9223372036854775807") == std::numeric_limits<std::int64_t>::max());
  CHECK(parse_i64("-9223372036854775808") == std::numeric_limits<std::int64_t>::min());
  for (const std::string text : {"9223372036854775808", "-9223372036854775809", "1.0", "1e3", "+1",
                                 "99999999999999999999999"}) {
    CAPTURE(text);
    CHECK_FALSE(parse_i64(text).has_value());
  }
}

TEST_CASE("number: f64 is written as the shortest text that reads back") {
  struct Case {
    double value;
    const char* expected;
  };
  for (const Case& c : std::vector<Case>{
           {0.0, "0"},
           {-0.0, "-0"},
           {1.0, "1"},
           {0.1, "0.1"},
           {0.1 + 0.2, "0.30000000000000004"},
           {1e23, "1e+23"},
           {5e-324, "5e-324"},
           {1.7976931348623157e308, "1.7976931348623157e+308"},
           {123456.789, "123456.789"},
           {std::numeric_limits<double>::infinity(), "inf"},
           {-std::numeric_limits<double>::infinity(), "-inf"},
           {kCanonicalNan, "nan"},
           {-kCanonicalNan, "nan"},
       }) {
    CHECK(format_f64(c.value) == c.expected);
  }
}

TEST_CASE("number: 50,000 doubles read back, and no text with a digit less does") {
  const std::uint64_t seed = 754;
  CAPTURE(seed);
  std::mt19937_64 random(seed);
  for (int i = 0; i < 50'000; ++i) {
    const double value = any_double(random);
    const std::string text = format_f64(value);
    CAPTURE(text);
    const auto read = parse_f64(text);
    REQUIRE(read.has_value());
    REQUIRE(std::bit_cast<std::uint64_t>(*read) == std::bit_cast<std::uint64_t>(value));
    if (text.find_first_of(".e") == text.npos) continue;  // a whole number, all its digits
    std::string digits;
    for (const char c : text.substr(0, text.find('e'))) {
      if (std::isdigit(static_cast<unsigned char>(c)) != 0) digits += c;
    }
    digits.erase(0, digits.find_first_not_of('0'));
    digits.erase(digits.find_last_not_of('0') + 1);
    if (digits.size() < 2) continue;
    char shorter[64];
    std::snprintf(shorter, sizeof shorter, "%.*e", static_cast<int>(digits.size()) - 2, value);
    REQUIRE(std::strtod(shorter, nullptr) != value);
  }
}

TEST_CASE("number: reading agrees with glibc's strtod and strtof on seeded texts") {
  const std::uint64_t seed = 2022;
  CAPTURE(seed);
  std::mt19937_64 random(seed);
  for (int i = 0; i < 50'000; ++i) {
    std::string text = random() % 2 == 0 ? "-" : "";
    for (std::uint64_t digits = 1 + random() % 25; digits > 0; --digits) {
      text += static_cast<char>('0' + random() % 10);
    }
    text.insert(text.size() - random() % 2, ".");
    if (text.back() == '.') text += '0';
    text += "e" + std::to_string(static_cast<int>(random() % 80) - 50);
    CAPTURE(text);
    const double wide = std::strtod(text.c_str(), nullptr);
    const auto read_wide = parse_f64(text);
    REQUIRE(read_wide.has_value());
    REQUIRE(std::bit_cast<std::uint64_t>(*read_wide) == std::bit_cast<std::uint64_t>(wide));
    const float narrow = std::strtof(text.c_str(), nullptr);
    const auto read_narrow = parse_f32(text);
    REQUIRE(read_narrow.has_value() == std::isfinite(narrow));
    if (!read_narrow) continue;
    REQUIRE(std::bit_cast<std::uint32_t>(*read_narrow) == std::bit_cast<std::uint32_t>(narrow));
  }
}

TEST_CASE("number: hexadecimal text is glibc's %a") {
  for (const double value :
       {0.0, -0.0, 1.0, -1.5, 0.1, 5e-324, -0x0.8p-1022, 0x0.fffffffffffffp-1022, 0x1p-1022,
        1.7976931348623157e308, std::numeric_limits<double>::infinity(),
        -std::numeric_limits<double>::infinity(), kCanonicalNan}) {
    CHECK(format_hex(value) == as_printf(value));
  }
  CHECK(format_hex(0.1) == "0x1.999999999999ap-4");
  const std::uint64_t seed = 1999;
  CAPTURE(seed);
  std::mt19937_64 random(seed);
  for (int i = 0; i < 20'000; ++i) {
    const double value = any_double(random);
    REQUIRE(format_hex(value) == as_printf(value));
    // Few digits, so that trailing zeros are cut, and subnormals.
    const auto round = std::bit_cast<double>(random() << (52 - random() % 12));
    if (std::isfinite(round)) REQUIRE(format_hex(round) == as_printf(round));
    const auto tiny = std::bit_cast<double>(random() >> (12 + random() % 52));
    REQUIRE(format_hex(tiny) == as_printf(tiny));
  }
}

TEST_CASE("number: every NaN becomes the canonical one, nothing else changes") {
  for (const std::uint64_t nan :
       {0x7FF8000000000000u, 0xFFF8000000000000u, 0x7FF0000000000001u, 0xFFFFFFFFFFFFFFFFu}) {
    CAPTURE(nan);
    CHECK(std::bit_cast<std::uint64_t>(canonical(std::bit_cast<double>(nan))) == kCanonicalNanBits);
  }
  for (const double value : {0.0, -0.0, 5e-324, -1.0, std::numeric_limits<double>::infinity()}) {
    CHECK(std::bit_cast<std::uint64_t>(canonical(value)) == std::bit_cast<std::uint64_t>(value));
  }
}

}  // namespace
}  // namespace mlcore
