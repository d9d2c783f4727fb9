// SPDX-License-Identifier: Apache-2.0
#include "model/ubjson_reader.hpp"

#include <doctest/doctest.h>

#include <cmath>
#include <limits>
#include <string>

#include "mlcore/base/error.hpp"

using namespace mlcore;
using namespace std::string_literals;

namespace {

std::string length(std::size_t size) {
  return "L"s + std::string(7, '\0') + static_cast<char>(size);
}
std::string name(const std::string& text) { return length(text.size()) + text; }

template <typename Read>
std::string refusal_of(const std::string& bytes, Read read) {
  try {
    UbjsonReader reader(bytes);
    read(reader);
    reader.finish();
  } catch (const Error& error) {
    CHECK(error.reason() == Reason::malformed_json);
    return error.message();
  }
  return "";
}

std::string skip_refusal_of(const std::string& bytes) {
  return refusal_of(bytes, [](UbjsonReader& reader) { reader.skip(); });
}

}  // namespace

TEST_CASE("ubjson: every kind of number is read, big-endian, with its sign") {
  const struct {
    std::string bytes;
    std::int64_t value;
  } integers[] = {
      {"i\x80"s, -128},
      {"U\x80"s, 128},
      {"I\x80\x00"s, -32768},
      {"l\xFF\xFF\xFF\xFE"s, -2},
      {"L\x80\0\0\0\0\0\0\0"s, std::numeric_limits<std::int64_t>::min()},
      {"L\0\0\0\1\0\0\0\0"s, std::int64_t{1} << 32},
  };
  for (const auto& row : integers) {
    UbjsonReader reader(row.bytes);
    CHECK(reader.peek() == UbjsonReader::Kind::number);
    CHECK(reader.i64() == row.value);
    reader.finish();
  }
  CHECK(UbjsonReader("d\x3F\xC0\0\0"s).f32() == 1.5f);
  CHECK(UbjsonReader("D\x3F\xF8\0\0\0\0\0\0"s).f32() == 1.5f);
  CHECK(std::isnan(UbjsonReader("d\x7F\xC0\0\0"s).f32()));
  CHECK(UbjsonReader("D\xFF\xF0\0\0\0\0\0\0"s).f32() == -std::numeric_limits<float>::infinity());
}

TEST_CASE("ubjson: objects and the three kinds of array") {
  const std::string bytes = "{" + name("a") + "[$I#" + length(2) + "\0\1\0\2"s +  //
                            name("b") + "[#" + length(2) + "TF" +                 //
                            name("c") + "[Si"s.replace(2, 1, name("x")) + "]" +   //
                            name("d") + "{}" + name("e") + "Z" + "}";
  UbjsonReader reader(bytes);
  reader.begin_object();
  CHECK(reader.next_member() == "a");
  reader.begin_array();
  CHECK(reader.element_bound() == 2);
  CHECK(reader.next_element());
  CHECK(reader.i64() == 1);
  CHECK(reader.next_element());
  CHECK(reader.i64() == 2);
  CHECK_FALSE(reader.next_element());
  CHECK(reader.next_member() == "b");
  reader.begin_array();
  CHECK(reader.next_element());
  CHECK(reader.peek() == UbjsonReader::Kind::boolean);
  CHECK(reader.boolean());
  CHECK(reader.next_element());
  CHECK_FALSE(reader.boolean());
  CHECK_FALSE(reader.next_element());
  CHECK(reader.next_member() == "c");
  reader.begin_array();
  CHECK(reader.element_bound() == 0);
  CHECK(reader.next_element());
  CHECK(reader.string() == "x");
  CHECK_FALSE(reader.next_element());
  CHECK(reader.next_member() == "d");
  reader.skip();
  CHECK(reader.next_member() == "e");
  CHECK(reader.peek() == UbjsonReader::Kind::null);
  reader.skip();
  CHECK_FALSE(reader.next_member());
  reader.finish();
  CHECK(skip_refusal_of(bytes).empty());
}

TEST_CASE("ubjson: what XGBoost does not write is refused, the byte named") {
  const std::string huge = "L\x7F\xFF\xFF\xFF\xFF\xFF\xFF\xFF"s;
  std::string deep;
  for (int i = 0; i < 65; ++i) deep += "[";
  const struct {
    std::string bytes;
    std::string_view message;
  } rows[] = {
      {"", "UBJSON byte 0: the data ends early"},
      {"N", "UBJSON byte 0: expected a value"},
      {"Cx", "UBJSON byte 0: expected a value"},
      {"H"s + name("1"), "UBJSON byte 0: expected a value"},
      {"i", "UBJSON byte 1: the data ends early"},
      {"ZZ", "UBJSON byte 1: bytes after the end of the value"},
      {"Si\1x", "UBJSON byte 1: expected a length of type L"},
      {"S" + huge, "UBJSON byte 1: a length of 9223372036854775807 with 0 bytes left"},
      {"SL\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFFx"s,
       "UBJSON byte 1: a length of 18446744073709551615 with 1 bytes left"},
      {"S" + name("\xFF"), "UBJSON byte 1: a string that is not UTF-8"},
      {"[$T#" + length(0), "UBJSON byte 0: an array whose elements are no numbers of one type"},
      {"[$d]", "UBJSON byte 0: a typed array without a count"},
      {"[$d#" + length(1) + "\0"s, "UBJSON byte 0: 1 elements of 4 bytes with 1 bytes left"},
      {"[#" + huge, "UBJSON byte 2: a length of 9223372036854775807 with 0 bytes left"},
      {"[#" + length(2) + "T ", "UBJSON byte 12: expected a value"},
      {"[T", "UBJSON byte 2: the data ends early"},
      {"{$i#" + length(0), "UBJSON byte 1: expected a length of type L"},
      {"{" + name("a") + "T" + name("a") + "T}", "UBJSON byte 21: \"a\" is given twice"},
      {deep, "UBJSON byte 64: nested deeper than 64 levels"},
  };
  for (const auto& row : rows) CHECK(skip_refusal_of(row.bytes) == row.message);
  const auto f32 = [](UbjsonReader& reader) { static_cast<void>(reader.f32()); };
  CHECK(refusal_of("i\1", f32) == "UBJSON byte 0: expected a float");
  CHECK(refusal_of("D\x3F\xB9\x99\x99\x99\x99\x99\x9A"s, f32) ==
        "UBJSON byte 0: a double that is no float");
  const auto i64 = [](UbjsonReader& reader) { static_cast<void>(reader.i64()); };
  CHECK(refusal_of("d\0\0\0\0"s, i64) == "UBJSON byte 0: expected a whole number");
}
