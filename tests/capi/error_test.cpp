// SPDX-License-Identifier: Apache-2.0
#include "mlcore/base/error.hpp"

#include <doctest/doctest.h>

#include <cstring>
#include <fstream>
#include <map>
#include <new>
#include <regex>
#include <sstream>
#include <stdexcept>
#include <string>

#include "guard.hpp"
#include "mlcore/mlcore.h"

namespace mlcore::capi {
namespace {

mlcore_error_t fresh() { return MLCORE_ERROR_INIT; }

[[noreturn]] void fail_with(const std::string& message) {
  throw Error(Code::not_found, Reason::unknown_column, message, {2, 7});
}

std::string header() {
  std::ifstream file(MLCORE_SOURCE_DIR "/capi/include/mlcore/codes.h");
  std::stringstream text;
  text << file.rdbuf();
  return text.str();
}

std::string upper(std::string_view name) {
  std::string text(name);
  for (char& c : text) c = static_cast<char>(c >= 'a' && c <= 'z' ? c - 'a' + 'A' : c);
  return text;
}

/// Every `<prefix>NAME = 123` of the header.
std::map<int, std::string> constants(const std::string& prefix) {
  std::map<int, std::string> found;
  const std::string text = header();
  const std::regex line("\\n  " + prefix + "([A-Z0-9_]+) = ([0-9]+)");
  for (std::sregex_iterator at(text.begin(), text.end(), line), end; at != end; ++at) {
    found[std::stoi((*at)[2])] = (*at)[1];
  }
  return found;
}

}  // namespace

TEST_CASE("guard: success is 0 and leaves the error alone") {
  mlcore_error_t error = fresh();
  error.code = 99;
  CHECK(guard(&error, [] {}) == MLCORE_OK);
  CHECK(error.code == 99);
  CHECK(error.message[0] == '\0');
}

TEST_CASE("guard: an Error's code, reason, place and message reach the caller") {
  mlcore_error_t error = fresh();
  CHECK(guard(&error, [] { fail_with("no column \"age\""); }) == MLCORE_NOT_FOUND);
  CHECK(error.struct_size == sizeof error);
  CHECK(error.code == MLCORE_NOT_FOUND);
  CHECK(error.reason == MLCORE_REASON_UNKNOWN_COLUMN);
  CHECK(error.column == 2);
  CHECK(error.row == 7);
  CHECK(std::string(error.message) == "no column \"age\"");
}

TEST_CASE("guard: nothing thrown leaves the library") {
  struct Stranger {};
  mlcore_error_t error = fresh();
  SUBCASE("out of memory") {
    CHECK(guard(&error, [] { throw std::bad_alloc(); }) == MLCORE_RESOURCE_EXHAUSTED);
    CHECK(error.reason == MLCORE_REASON_OUT_OF_MEMORY);
  }
  SUBCASE("a container past its limit") {
    CHECK(guard(&error, [] { throw std::length_error("vector"); }) == MLCORE_RESOURCE_EXHAUSTED);
    CHECK(error.reason == MLCORE_REASON_OUT_OF_MEMORY);
  }
  SUBCASE("another standard exception keeps its message") {
    CHECK(guard(&error, [] { throw std::runtime_error("why"); }) == MLCORE_INTERNAL);
    CHECK(error.reason == MLCORE_REASON_INTERNAL_FAULT);
    CHECK(std::string(error.message) == "why");
  }
  SUBCASE("a thing that is no exception") {
    CHECK(guard(&error, [] { throw Stranger(); }) == MLCORE_INTERNAL);
    CHECK(error.reason == MLCORE_REASON_INTERNAL_FAULT);
  }
  CHECK(error.column == -1);
  CHECK(error.row == -1);
}

TEST_CASE("guard: without an error the code alone is given") {
  CHECK(guard(nullptr, [] { fail_with("nobody reads this"); }) == MLCORE_NOT_FOUND);
}

TEST_CASE("guard: nothing is written past struct_size") {
  for (const std::uint32_t size : {0u, 4u, 8u, 12u, 24u, 25u, 40u, 1047u, 1048u, 4096u}) {
    CAPTURE(size);
    union {
      mlcore_error_t error;
      unsigned char bytes[5000];
    } room;
    std::memset(room.bytes, 0xA5, sizeof room.bytes);
    room.error.struct_size = size;
    CHECK(guard(&room.error, [] { fail_with(std::string(3000, 'x')); }) == MLCORE_NOT_FOUND);
    CHECK(room.error.struct_size == size);
    const std::size_t written = std::min<std::size_t>(std::max(size, 4u), sizeof(mlcore_error_t));
    for (std::size_t i = written; i < sizeof room.bytes; ++i) REQUIRE(room.bytes[i] == 0xA5);
    if (size >= 8) CHECK(room.error.code == MLCORE_NOT_FOUND);
    if (size > 24) CHECK(room.bytes[written - 1] == '\0');
    if (size == 40) CHECK(std::string(room.error.message) == std::string(15, 'x'));
  }
}

TEST_CASE("guard: a long message is cut before a code point that does not fit") {
  // 1,023 bytes have room for text: after `lead` bytes of one each, the euro sign has three.
  struct Case {
    std::size_t lead, kept;
  };
  for (const Case c : {Case{1023, 1023}, {1022, 1022}, {1021, 1021}, {1020, 1023}, {1019, 1022}}) {
    CAPTURE(c.lead);
    mlcore_error_t error = fresh();
    const std::string text = std::string(c.lead, 'x') + "\u20ac\u20ac";
    CHECK(guard(&error, [&] { fail_with(text); }) == MLCORE_NOT_FOUND);
    CHECK(std::string(error.message) == text.substr(0, c.kept));
    CHECK(is_utf8(error.message));
  }
}

TEST_CASE("guard: what is not UTF-8 in a message becomes U+FFFD") {
  // Source: Python 3.11, bytes.decode("utf-8", "replace"); a NUL by hand.
  using namespace std::string_literals;
  const struct {
    std::string text, message;
  } cases[] = {
      {"na\u00efve \u20ac \U0001F600", "na\u00efve \u20ac \U0001F600"},
      {"\xFF", "\uFFFD"},
      {"a\x80z", "a\uFFFDz"},
      {"\xC0\xAF", "\uFFFD\uFFFD"},
      {"\xE2\x82", "\uFFFD"},
      {"\xE2\x82z\xE2", "\uFFFDz\uFFFD"},
      {"\xE0\x80\xAF", "\uFFFD\uFFFD\uFFFD"},
      {"\xED\xA0\x80", "\uFFFD\uFFFD\uFFFD"},
      {"\xED\x9F\xBF\xEE\x80\x80", "\uD7FF\uE000"},
      {"\xF0\x9F\x98!", "\uFFFD!"},
      {"\xF0\x80\x80\x80", "\uFFFD\uFFFD\uFFFD\uFFFD"},
      {"\xF4\x90\x80\x80", "\uFFFD\uFFFD\uFFFD\uFFFD"},
      {"\xF1\x80\x80\xE1\x80\xC2", "\uFFFD\uFFFD\uFFFD"},
      {"\xF5\xFE", "\uFFFD\uFFFD"},
      {"a\0b"s, "a\uFFFDb"},
  };
  for (const auto& test : cases) {
    CAPTURE(test.message);
    mlcore_error_t error = fresh();
    CHECK(guard(&error, [&] { fail_with(test.text); }) == MLCORE_NOT_FOUND);
    CHECK(std::string(error.message) == test.message);
  }
  mlcore_error_t error = fresh();
  CHECK(guard(&error, [] { fail_with(std::string(3000, '\xFF')); }) == MLCORE_NOT_FOUND);
  CHECK(std::strlen(error.message) == 1023);  // 341 whole U+FFFD
  CHECK(is_utf8(error.message));
  const std::string name = "features \xE2\x28 version 1\n";
  mlcore_features_t* features = nullptr;
  const std::string path = "no such \xFE file";
  mlcore_model_t* model = nullptr;
  CHECK(mlcore_model_open(path.data(), static_cast<std::int64_t>(path.size()), &model, &error) ==
        MLCORE_NOT_FOUND);
  CHECK(std::string(error.message).find("no such \uFFFD file") != std::string::npos);
  CHECK(mlcore_features_open(name.data(), static_cast<std::int64_t>(name.size()), &features,
                             &error) == MLCORE_INVALID_ARGUMENT);
  CHECK(is_utf8(error.message));
}

TEST_CASE("check_abi: only the library's own number is served while the major is 0") {
  CHECK(mlcore_abi_version() == MLCORE_ABI_VERSION);
  CHECK(mlcore_check_abi(MLCORE_ABI_VERSION, nullptr) == MLCORE_OK);
  for (const std::uint32_t other :
       {0u, 1u, MLCORE_ABI_VERSION + 1, 0x10000u, 0x10001u, 0xFFFFFFFFu}) {
    CAPTURE(other);
    mlcore_error_t error = fresh();
    CHECK(mlcore_check_abi(other, &error) == MLCORE_FAILED_PRECONDITION);
    CHECK(error.reason == MLCORE_REASON_ABI_MISMATCH);
  }
  mlcore_error_t error = fresh();
  CHECK(mlcore_check_abi(0x30007u, &error) == MLCORE_FAILED_PRECONDITION);
  const std::string message = error.message;
  CHECK(message.find("ABI 3.7") != std::string::npos);
  CHECK(message.find("ABI 0.5") != std::string::npos);
  CHECK(message.find('/') != std::string::npos);  // the path of the library
}

TEST_CASE("names: the header has every code and reason of the library under its name") {
  const std::map<int, std::string> codes = constants("MLCORE_(?!REASON_|TYPE_|OUTPUT_)");
  const std::map<int, std::string> reasons = constants("MLCORE_REASON_");
  for (int number = 0; number < 16; ++number) {
    CAPTURE(number);
    REQUIRE(codes.count(number) == 1);
    CHECK(codes.at(number) == mlcore_code_name(number));
  }
  for (int number = 0; number < 1000; ++number) {
    CAPTURE(number);
    const std::string name = upper(mlcore_reason_name(number));
    CHECK(name == (reasons.count(number) == 1 ? reasons.at(number) : std::string()));
  }
  for (const int number : {-1, 16, 1000, 1 << 30}) {
    CHECK(std::string(mlcore_code_name(number)).empty());
    CHECK(std::string(mlcore_reason_name(number)).empty());
  }
}

}  // namespace mlcore::capi
