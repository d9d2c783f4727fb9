// SPDX-License-Identifier: Apache-2.0
#include "mlcore/base/json.hpp"

#include <doctest/doctest.h>

#include <bit>
#include <cmath>
#include <string>

#include "mlcore/base/error.hpp"

using mlcore::Error;
using mlcore::JsonLimits;
using mlcore::JsonReader;

namespace {

std::string message_of(std::string_view text, JsonLimits limits = {}) {
  try {
    JsonReader json(text, limits);
    json.skip();
    json.finish();
  } catch (const Error& error) {
    CHECK(error.code() == mlcore::Code::invalid_argument);
    CHECK(error.reason() == mlcore::Reason::malformed_json);
    return error.message();
  }
  return "";
}

}  // namespace

TEST_CASE("json: an object is pulled member by member") {
  JsonReader json(
      R"( {"age": 41, "tags": ["a", "b"], "left": null, "ok": true, "rest": {"x": [1]}} )");
  std::string tags;
  std::int64_t age = 0;
  bool ok = false;
  json.begin_object();
  while (auto name = json.next_member()) {
    if (*name == "age") {
      age = json.i64();
    } else if (*name == "tags") {
      json.begin_array();
      while (json.next_element()) tags += json.string();
    } else if (*name == "left") {
      CHECK(json.peek() == JsonReader::Kind::null);
      json.null();
    } else if (*name == "ok") {
      ok = json.boolean();
    } else {
      CHECK(*name == "rest");
      json.skip();
    }
  }
  json.finish();
  CHECK(age == 41);
  CHECK(tags == "ab");
  CHECK(ok);
}

TEST_CASE("json: peek tells every kind") {
  JsonReader json(R"([{}, [], "", 1, -1, true, false, null])");
  const JsonReader::Kind kinds[] = {JsonReader::Kind::object,  JsonReader::Kind::array,
                                    JsonReader::Kind::string,  JsonReader::Kind::number,
                                    JsonReader::Kind::number,  JsonReader::Kind::boolean,
                                    JsonReader::Kind::boolean, JsonReader::Kind::null};
  json.begin_array();
  for (const auto kind : kinds) {
    REQUIRE(json.next_element());
    CHECK(json.peek() == kind);
    json.skip();
  }
  CHECK_FALSE(json.next_element());
  json.finish();
}

TEST_CASE("json: escapes are decoded") {
  const struct {
    std::string_view text;
    std::string expected;
  } rows[] = {
      {R"("")", ""},
      {R"("plain")", "plain"},
      {R"("a\"b\\c\/d")", "a\"b\\c/d"},
      {R"("\b\f\n\r\t")", "\b\f\n\r\t"},
      {R"("x\u00e9\u20ACy")", "x\xC3\xA9\xE2\x82\xACy"},
      {R"("\ud83d\ude00")", "\xF0\x9F\x98\x80"},
      {R"("\u0000z")", std::string("\0z", 2)},
      {"\"caf\xC3\xA9\"", "caf\xC3\xA9"},
  };
  for (const auto& row : rows) {
    CAPTURE(row.text);
    JsonReader json(row.text);
    CHECK(json.string() == row.expected);
    json.finish();
  }
}

TEST_CASE("json: what is not strict JSON is refused, with its place") {
  const struct {
    std::string text;
    std::string_view message;
  } rows[] = {
      {"", "line 1, column 1: the text ends early"},
      {"  ", "line 1, column 3: the text ends early"},
      {"{", "column 2: the text ends early"},
      {"[1,]", "column 4: expected a value"},
      {"[,1]", "column 2: expected a value"},
      {"[1 2]", "column 4: expected ',' or ']'"},
      {"{\"a\":1,}", "expected a member's name"},
      {"{a:1}", "column 2: expected a member's name"},
      {"{\"a\" 1}", "expected ':'"},
      {"{\"a\":1 \"b\":2}", "expected ',' or '}'"},
      {"[1}", "expected ',' or ']'"},
      {"{\n \"a\": 1,\n \"a\": 2}", "line 3, column 2: \"a\" is given twice"},
      {R"({"a":1,"b":{"x":1},"\u0061":2})", "\"a\" is given twice"},
      {"1 2", "column 3: bytes after the end"},
      {"{} \xEF\xBB\xBF", "bytes after the end"},
      {"\xEF\xBB\xBF{}", "column 1: expected a value"},
      {"01", "leading zero"},
      {"-", "the text ends early"},
      {"-a", "expected a number"},
      {"1.", "the text ends early"},
      {"1.e5", "expected a digit"},
      {"[.5]", "expected a value"},
      {"[+1]", "expected a value"},
      {"[1e]", "expected a digit"},
      {"0x10", "bytes after the end"},
      {"NaN", "NaN and Infinity are not JSON"},
      {"-Infinity", "expected a number"},
      {"nul", "expected null"},
      {"truE", "expected true"},
      {"'a'", "expected a value"},
      {"\"a", "the text ends early"},
      {"\"a\nb\"", "a control character"},
      {R"("\q")", "an unknown escape"},
      {R"("\u12G4")", "four hexadecimal digits"},
      {R"("\ud800")", "a lone surrogate"},
      {R"("\ud800A")", "a lone surrogate"},
      {R"("\udc00")", "a lone surrogate"},
      {"\"\xC0\x80\"", "not UTF-8"},
      {"\"\xED\xA0\x80\"", "not UTF-8"},
      {"[1] // no", "bytes after the end"},
      {std::string("[1]\0", 4), "bytes after the end"},
  };
  for (const auto& row : rows) {
    CAPTURE(row.text);
    const std::string message = message_of(row.text);
    CAPTURE(message);
    CHECK(message.find(row.message) != std::string::npos);
  }
}

TEST_CASE("json: the same name in different objects is no repetition") {
  CHECK(message_of(R"({"a":{"a":1},"b":[{"a":1},{"a":2}],"":0})") == "");
}

TEST_CASE("json: depth is bounded, and a million brackets need no stack") {
  CHECK(message_of("[[[]]]", {.depth = 3}) == "");
  CHECK(message_of("[[[[]]]]", {.depth = 3}).find("deeper than 3") != std::string::npos);
  const std::string deep(1'000'000, '[');
  CHECK(message_of(deep).find("deeper than 64") != std::string::npos);
  CHECK(message_of(deep, {.depth = 2'000'000}).find("ends early") != std::string::npos);
}

TEST_CASE("json: members of open objects are bounded") {
  CHECK(message_of(R"({"a":{"b":1},"c":2})", {.members = 2}) == "");
  CHECK(message_of(R"({"a":{"b":1,"c":2}})", {.members = 2}).find("more than 2 members") !=
        std::string::npos);
}

TEST_CASE("json: numbers are read by the reader that is asked") {
  JsonReader json("[1.5, 0.1, 0.1, -0, -9223372036854775808, 1E2, 1e-45]");
  json.begin_array();
  REQUIRE(json.next_element());
  CHECK(json.number() == "1.5");
  REQUIRE(json.next_element());
  CHECK(json.f64() == 0.1);
  REQUIRE(json.next_element());
  CHECK(json.f32() == 0.1f);
  REQUIRE(json.next_element());
  CHECK(std::signbit(json.f64()));
  REQUIRE(json.next_element());
  CHECK(json.i64() == INT64_MIN);
  REQUIRE(json.next_element());
  CHECK(json.f64() == 100.0);
  REQUIRE(json.next_element());
  CHECK(std::bit_cast<std::uint32_t>(json.f32()) == 1u);  // the least denormal, 1.4e-45
  CHECK_FALSE(json.next_element());
}

TEST_CASE("json: f32 is rounded once, not through f64") {
  // 1 + 2^-24 + 2^-60: nearest f64 is the midpoint 1 + 2^-24, which would round to 1.
  JsonReader json("1.00000005960464477626198869671");
  CHECK(json.f32() == 0x1.000002p0f);
}

TEST_CASE("json: a number that does not fit its reader is refused") {
  const auto refuses = [](std::string_view text, auto read) {
    JsonReader json(text);
    try {
      read(json);
    } catch (const Error& error) {
      return error.reason() == mlcore::Reason::malformed_json;
    }
    return false;
  };
  const auto i64 = [](JsonReader& json) { static_cast<void>(json.i64()); };
  const auto f64 = [](JsonReader& json) { static_cast<void>(json.f64()); };
  const auto f32 = [](JsonReader& json) { static_cast<void>(json.f32()); };
  CHECK(refuses("9223372036854775808", i64));
  CHECK(refuses("1.0", i64));
  CHECK(refuses("1e3", i64));
  CHECK(refuses("\"1\"", i64));
  CHECK(refuses("1e400", f64));
  CHECK(refuses("1e39", f32));
  CHECK(refuses("true", f32));
  CHECK(refuses(std::string(100'000, '9'), f64));
}

TEST_CASE("json: non-finite numbers are read only where the limits say so") {
  const JsonLimits limits{.non_finite_numbers = true};
  JsonReader json("[NaN, Infinity, -Infinity]", limits);
  json.begin_array();
  REQUIRE(json.next_element());
  CHECK(std::isnan(json.f32()));
  REQUIRE(json.next_element());
  CHECK(json.f64() == HUGE_VAL);
  REQUIRE(json.next_element());
  CHECK(json.f32() == -HUGE_VALF);
  CHECK_FALSE(json.next_element());
  CHECK(message_of("-NaN", limits) != "");
  CHECK(message_of("Nan", limits) != "");
  CHECK(message_of("Inf", limits) != "");
}

TEST_CASE("json: an array's length is bounded before it is read") {
  JsonReader json("[1, 2, 3], 4");
  json.begin_array();
  CHECK(json.element_bound() == 3);
  REQUIRE(json.next_element());
  json.skip();
  CHECK(json.element_bound() >= 2);
  JsonReader cut("[1,2,3");
  cut.begin_array();
  CHECK(cut.element_bound() == 3);
}

TEST_CASE("json: every prefix of a document is refused") {
  const std::string_view text =
      R"({"a": [1, -2.5e3, "x\u00e9\ud83d\ude00"], "b": {"c": null, "d": true}, "e": false})";
  CHECK(message_of(text) == "");
  for (std::size_t size = 0; size < text.size(); ++size) {
    CAPTURE(size);
    CHECK(message_of(text.substr(0, size)) != "");
  }
}
