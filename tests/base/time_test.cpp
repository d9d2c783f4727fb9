// SPDX-License-Identifier: Apache-2.0
#include "mlcore/base/time.hpp"

#include <doctest/doctest.h>

#include <cstdint>
#include <cstdio>
#include <limits>
#include <random>
#include <string>
#include <vector>

namespace mlcore {
namespace {

TEST_CASE("time: timestamps are microseconds since 1970") {
  struct Case {
    std::string text;
    std::int64_t micros;
    const char* formatted;
  };
  // Python 3.11: (datetime.fromisoformat(text) - epoch) // timedelta(microseconds=1)
  for (const Case& c : std::vector<Case>{
           {"1970-01-01", 0, "1970-01-01T00:00:00Z"},
           {"1998-01-01", 883'612'800'000'000, "1998-01-01T00:00:00Z"},
           {"1969-12-31T23:59:59.999999Z", -1, "1969-12-31T23:59:59.999999Z"},
           {"0001-01-01", -62'135'596'800'000'000, "0001-01-01T00:00:00Z"},
           {"0001-01-01T12:00:00+12:00", -62'135'596'800'000'000, "0001-01-01T00:00:00Z"},
           {"9999-12-31T23:59:59.999999Z", 253'402'300'799'999'999, "9999-12-31T23:59:59.999999Z"},
           {"9999-12-31T22:59:59.9-01:00", 253'402'300'799'900'000, "9999-12-31T23:59:59.900000Z"},
           {"0400-02-29", -49'539'340'800'000'000, "0400-02-29T00:00:00Z"},
           {"1582-10-10", -12'219'724'800'000'000, "1582-10-10T00:00:00Z"},
           {"1600-02-29", -11'670'998'400'000'000, "1600-02-29T00:00:00Z"},
           {"1900-03-01", -2'203'891'200'000'000, "1900-03-01T00:00:00Z"},
           {"2000-02-29", 951'782'400'000'000, "2000-02-29T00:00:00Z"},
           {"2004-02-29T23:59:59Z", 1'078'099'199'000'000, "2004-02-29T23:59:59Z"},
           {"2100-03-01", 4'107'542'400'000'000, "2100-03-01T00:00:00Z"},
           {"2400-12-31", 13'601'001'600'000'000, "2400-12-31T00:00:00Z"},
           {"1998-01-01T00:00:00.123456+02:00", 883'605'600'123'456, "1997-12-31T22:00:00.123456Z"},
           {"1998-01-01T00:00:00-05:30", 883'632'600'000'000, "1998-01-01T05:30:00Z"},
           {"1998-01-01T23:59:59+23:59", 883'612'859'000'000, "1998-01-01T00:00:59Z"},
           {"1998-01-01T00:00:00.1Z", 883'612'800'100'000, "1998-01-01T00:00:00.100000Z"},
           {"1998-01-01T00:00:00.000001Z", 883'612'800'000'001, "1998-01-01T00:00:00.000001Z"},
           {"1998-01-01T00:00:00-00:00", 883'612'800'000'000, "1998-01-01T00:00:00Z"},
           {"1998-01-01t00:00:00z", 883'612'800'000'000, "1998-01-01T00:00:00Z"},
           {"1998-01-01 00:00:00Z", 883'612'800'000'000, "1998-01-01T00:00:00Z"},
       }) {
    CAPTURE(c.text);
    CHECK(parse_timestamp(c.text) == c.micros);
    CHECK(format_timestamp(c.micros) == c.formatted);
  }
}

TEST_CASE("time: what is no timestamp is absent") {
  for (const std::string text : {"",
                                 "1998",
                                 "1998-01",
                                 "1998-1-1",
                                 "98-01-01",
                                 "19980101",
                                 "1998/01/01",
                                 "1998-01-01T",
                                 "1998-01-01T00",
                                 "1998-01-01T00:00Z",
                                 "1998-01-01T00:00:00",
                                 "1998-01-01T00:00:00.Z",
                                 "1998-01-01T00:00:00.1234567Z",
                                 "1998-01-01T00:00:00.123456",
                                 "1998-01-01T00:00:00+0200",
                                 "1998-01-01T00:00:00+02",
                                 "1998-01-01T00:00:00+24:00",
                                 "1998-01-01T00:00:00+02:60",
                                 "1998-01-01T24:00:00Z",
                                 "1998-01-01T00:60:00Z",
                                 "1998-12-31T23:59:60Z",
                                 "1998-01-01T00:00:00ZZ",
                                 "1998-01-01T00:00:00Z ",
                                 " 1998-01-01",
                                 "1998-01-01 ",
                                 "883612800",
                                 "1998-00-01",
                                 "1998-13-01",
                                 "1998-01-00",
                                 "1998-01-32",
                                 "1998-04-31",
                                 "1998-02-29",
                                 "1900-02-29",
                                 "2100-02-29",
                                 "0000-12-31",
                                 "10000-01-01",
                                 "-001-01-01",
                                 "+998-01-01",
                                 "0001-01-01T00:00:00+00:01",
                                 "9999-12-31T23:59:59-00:01",
                                 "1998-01-01T-1:00:00Z",
                                 "1998-01-0a",
                                 "today"}) {
    CAPTURE(text);
    CHECK_FALSE(parse_timestamp(text).has_value());
  }
  const std::string nul("1998-01-01\0", 11);
  CHECK_FALSE(parse_timestamp(nul).has_value());
}

TEST_CASE("time: a day after another is 86,400 s later, from year 1 to year 9999") {
  // Counted by hand: month lengths and the leap rule, day by day, beside the closed formula.
  std::int64_t micros = kFirstTimestamp;
  std::int64_t days = 0;
  char text[] = "0001-01-01T00:00:00Z";
  for (int year = 1; year <= 9999; ++year) {
    const bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
    const int lengths[] = {31, leap ? 29 : 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    for (int month = 1; month <= 12; ++month) {
      for (int day = 1; day <= lengths[month - 1]; ++day, ++days, micros += kMicrosPerDay) {
        if (day != 1 && day != lengths[month - 1]) continue;
        std::snprintf(text, sizeof text, "%04d-%02d-%02d", year % 10'000, month % 100, day % 100);
        REQUIRE(parse_timestamp(text) == micros);
        REQUIRE(format_timestamp(micros) == std::string(text) + "T00:00:00Z");
      }
    }
  }
  CHECK(days == 3'652'059);  // Python: date.max.toordinal()
  CHECK(micros == kLastTimestamp + 1);
}

TEST_CASE("time: every formatted timestamp is read back") {
  const std::uint64_t seed = 9999;
  CAPTURE(seed);
  std::mt19937_64 random(seed);
  std::uniform_int_distribution<std::int64_t> any(kFirstTimestamp, kLastTimestamp);
  for (int i = 0; i < 20'000; ++i) {
    const std::int64_t micros = any(random);
    CAPTURE(micros);
    REQUIRE(parse_timestamp(format_timestamp(micros)) == micros);
  }
}

TEST_CASE("time: floor_div rounds towards minus infinity") {
  CHECK(floor_div(7, 2) == 3);
  CHECK(floor_div(-7, 2) == -4);
  CHECK(floor_div(-8, 2) == -4);
  CHECK(floor_div(0, 5) == 0);
  CHECK(floor_div(-1, kMicrosPerDay) == -1);
  CHECK(floor_div(std::numeric_limits<std::int64_t>::min(), 1) ==
        std::numeric_limits<std::int64_t>::min());
  CHECK(floor_div(std::numeric_limits<std::int64_t>::min(), 3) == -3'074'457'345'618'258'603);
}

TEST_CASE("time: durations are an integer and a unit") {
  struct Case {
    std::string text;
    std::int64_t seconds;
    const char* formatted;
  };
  for (const Case& c : std::vector<Case>{
           {"0s", 0, "0d"},
           {"1s", 1, "1s"},
           {"90s", 90, "90s"},
           {"60s", 60, "1m"},
           {"1m", 60, "1m"},
           {"1h", 3'600, "1h"},
           {"36h", 129'600, "36h"},
           {"90d", 7'776'000, "90d"},
           {"2w", 1'209'600, "14d"},
           {"007d", 604'800, "7d"},
           {"9223372036854s", 9'223'372'036'854, "9223372036854s"},
       }) {
    CAPTURE(c.text);
    CHECK(parse_duration(c.text) == c.seconds * kMicrosPerSecond);
    CHECK(format_duration(c.seconds * kMicrosPerSecond) == c.formatted);
    CHECK(parse_duration(c.formatted) == c.seconds * kMicrosPerSecond);
  }
  for (const std::string text : {"", "d", "90", "-1d", "+1d", "1.5d", "1 d", "1D", "1y", "1ms",
                                 "d1", "9223372036855s", "99999999999999999999s", "15250285w"}) {
    CAPTURE(text);
    CHECK_FALSE(parse_duration(text).has_value());
  }
  CHECK(parse_duration("15250284w") == std::int64_t{15'250'284} * 7 * kMicrosPerDay);
}

}  // namespace
}  // namespace mlcore
