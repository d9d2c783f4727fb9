// SPDX-License-Identifier: Apache-2.0
#include "mlcore/base/bytes.hpp"

#include <doctest/doctest.h>

#include <bit>
#include <cstdint>
#include <limits>
#include <string>
#include <vector>

#include "mlcore/base/error.hpp"

namespace mlcore {
namespace {

bool is_truncated(const Error& error) {
  return error.code() == Code::data_loss && error.reason() == Reason::truncated;
}

template <typename Call>
bool refuses(Call call) {
  try {
    call();
    return false;
  } catch (const Error& error) {
    return is_truncated(error);
  }
}

TEST_CASE("bytes: everything is little-endian") {
  ByteWriter writer;
  writer.u8(0x01);
  writer.u16(0x0203);
  writer.u32(0x04050607);
  writer.u64(0x08090A0B0C0D0E0F);
  writer.i64(-2);
  writer.f32(1.0f);
  writer.f64(-2.0);
  writer.text("Ö");
  writer.raw(Bytes{0xAA, 0xBB});
  const Bytes expected = {0x01, 0x03, 0x02, 0x07, 0x06, 0x05, 0x04, 0x0F, 0x0E, 0x0D, 0x0C,
                          0x0B, 0x0A, 0x09, 0x08, 0xFE, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF,
                          0xFF, 0x00, 0x00, 0x80, 0x3F, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00,
                          0x00, 0xC0, 0x02, 0x00, 0x00, 0x00, 0xC3, 0x96, 0xAA, 0xBB};
  CHECK(writer.bytes() == expected);
}

TEST_CASE("bytes: what was written is read") {
  ByteWriter writer;
  writer.u8(0xFF);
  writer.u16(0xFFFF);
  writer.u32(0xFFFFFFFF);
  writer.u64(std::numeric_limits<std::uint64_t>::max());
  writer.i64(std::numeric_limits<std::int64_t>::min());
  writer.f32(std::bit_cast<float>(0xFFC12345u));
  writer.f64(-0.0);
  writer.text("");
  writer.text(std::string_view("a\0b", 3));
  const Bytes bytes = writer.take();
  ByteReader reader(bytes);
  CHECK(reader.u8() == 0xFF);
  CHECK(reader.u16() == 0xFFFF);
  CHECK(reader.u32() == 0xFFFFFFFF);
  CHECK(reader.u64() == std::numeric_limits<std::uint64_t>::max());
  CHECK(reader.i64() == std::numeric_limits<std::int64_t>::min());
  CHECK(std::bit_cast<std::uint32_t>(reader.f32()) == 0xFFC12345u);
  CHECK(std::bit_cast<std::uint64_t>(reader.f64()) == 0x8000000000000000u);
  CHECK(reader.text().empty());
  CHECK(reader.text() == std::string_view("a\0b", 3));
  CHECK_NOTHROW(reader.finish());
}

TEST_CASE("bytes: a read past the end is refused and takes nothing") {
  const Bytes bytes = {1, 2, 3};
  ByteReader reader(bytes);
  CHECK(refuses([&] { (void)reader.u32(); }));
  CHECK(refuses([&] { (void)reader.u64(); }));
  CHECK(refuses([&] { (void)reader.f64(); }));
  CHECK(refuses([&] { (void)reader.raw(4); }));
  CHECK(refuses([&] { (void)reader.raw(std::numeric_limits<std::size_t>::max()); }));
  CHECK(reader.remaining() == 3);
  CHECK(refuses([&] { reader.finish(); }));
  CHECK(reader.raw(3).size() == 3);
  CHECK(reader.raw(0).empty());
  CHECK_NOTHROW(reader.finish());
  CHECK(refuses([&] { (void)reader.u8(); }));
}

TEST_CASE("bytes: a text longer than what is left is refused") {
  for (const std::uint32_t length : {3u, 4u, 0x7FFFFFFFu, 0xFFFFFFFFu}) {
    CAPTURE(length);
    ByteWriter writer;
    writer.u32(length);
    writer.u16(0x6161);
    ByteReader reader(writer.bytes());
    CHECK(refuses([&] { (void)reader.text(); }));
  }
}

TEST_CASE("bytes: a count is refused when its items can't be left") {
  const auto count = [](std::uint64_t items, std::size_t least_size, std::size_t left) {
    ByteWriter writer;
    writer.u64(items);
    writer.raw(Bytes(left));
    ByteReader reader(writer.bytes());
    return reader.count(least_size);
  };
  CHECK(count(0, 8, 0) == 0);
  CHECK(count(2, 8, 16) == 2);
  CHECK(count(2, 8, 23) == 2);
  CHECK(refuses([&] { (void)count(3, 8, 23); }));
  CHECK(refuses([&] { (void)count(1, 1, 0); }));
  // 2^61 · 8 is 0 in 64 bits.
  CHECK(refuses([&] { (void)count(std::uint64_t{1} << 61, 8, 16); }));
  CHECK(refuses([&] { (void)count(std::numeric_limits<std::uint64_t>::max(), 1, 16); }));
}

TEST_CASE("utf8: well-formed texts, at every distance from the eight-byte step") {
  for (const std::string text :
       {"", "a", "\x7F", "\u0080", "\u07FF", "\u0800", "\uD7FF", "\uE000", "\uFFFF", "\U00010000",
        "\U0010FFFF", "Österreich", "日本語", "👩‍💻"}) {
    CAPTURE(text);
    for (std::size_t before = 0; before < 10; ++before) {
      for (std::size_t after = 0; after < 10; ++after) {
        CHECK(is_utf8(std::string(before, 'a') + text + std::string(after, 'a')));
      }
    }
  }
  CHECK(is_utf8(std::string_view("\0", 1)));
}

TEST_CASE("utf8: malformed texts, at every distance from the eight-byte step") {
  // Unicode 15, table 3-7, and Markus Kuhn's UTF-8 stress test, sections 3 to 5.
  for (const std::string text : {"\x80",
                                 "\xBF",
                                 "\x80\x80",
                                 "\xC0\x80",
                                 "\xC1\xBF",
                                 "\xC2",
                                 "\xC2\x7F",
                                 "\xC2\xC0",
                                 "\xDF\x20",
                                 "\xE0\x80\x80",
                                 "\xE0\x9F\xBF",
                                 "\xE0\xA0",
                                 "\xE1\x80",
                                 "\xE1\x80\x7F",
                                 "\xE1\x7F\x80",
                                 "\xED\xA0\x80",
                                 "\xED\xAF\xBF",
                                 "\xED\xB0\x80",
                                 "\xED\xBF\xBF",
                                 "\xED\xA0\x80\xED\xB0\x80",
                                 "\xF0\x80\x80\x80",
                                 "\xF0\x8F\xBF\xBF",
                                 "\xF0\x90\x80",
                                 "\xF1\x80\x80\xC0",
                                 "\xF4\x90\x80\x80",
                                 "\xF5\x80\x80\x80",
                                 "\xF8\x88\x80\x80\x80",
                                 "\xFC\x84\x80\x80\x80\x80",
                                 "\xFE",
                                 "\xFF"}) {
    for (std::size_t before = 0; before < 10; ++before) {
      for (std::size_t after = 0; after < 10; ++after) {
        CHECK_FALSE(is_utf8(std::string(before, 'a') + text + std::string(after, 'a')));
      }
    }
  }
}

TEST_CASE("utf8: a broken character is as long as what began it") {
  // The Unicode Standard 15, tables 3-8 to 3-11.
  const auto sizes_of = [](std::string_view text) {
    std::vector<std::size_t> sizes;
    while (!text.empty()) {
      const Utf8Sequence next = first_sequence(text);
      CHECK(next.is_valid == (next.code_point != 0xFFFD));
      sizes.push_back(next.size);
      text.remove_prefix(next.size);
    }
    return sizes;
  };
  using Sizes = std::vector<std::size_t>;
  CHECK(sizes_of("\xC0\xAF\xE0\x80\xBF\xF0\x81\x82\x41") == Sizes(9, 1));
  CHECK(sizes_of("\xED\xA0\x80\xED\xBF\xBF\xED\xAF\x41") == Sizes(9, 1));
  CHECK(sizes_of("\xF4\x91\x92\x93\xFF\x41\x80\xBF\x42") == Sizes(9, 1));
  CHECK(sizes_of("\xE1\x80\xE2\xF0\x91\x92\xF1\xBF\x41") == Sizes{2, 1, 3, 2, 1});
  CHECK(first_sequence("\U0001F600").code_point == 0x1F600);
  CHECK(first_sequence("\u00D6sterreich").code_point == 0xD6);
}

TEST_CASE("utf8: of all three-byte texts as many are well-formed as there should be") {
  std::int64_t well_formed = 0;
  char text[3];
  for (std::uint32_t bytes = 0; bytes < (1u << 24); ++bytes) {
    for (int i = 0; i < 3; ++i) text[i] = static_cast<char>(bytes >> (8 * i));
    well_formed += is_utf8({text, 3}) ? 1 : 0;
  }
  // 128³ of ASCII, one of 2,048 − 128 two-byte characters before or after one of ASCII, and
  // 65,536 − 2,048 three-byte characters less 2,048 surrogates.
  CHECK(well_formed == 128 * 128 * 128 + 2 * (2'048 - 128) * 128 + (65'536 - 2'048 - 2'048));
}

TEST_CASE("utf8: of the four-byte texts with a four-byte lead as many as there should be") {
  std::int64_t well_formed = 0;
  for (int lead = 0xF0; lead <= 0xFF; ++lead) {
    for (int second = 0; second <= 0xFF; ++second) {
      for (const int third : {0x00, 0x7F, 0x80, 0xBF, 0xC0, 0xFF}) {
        for (const int fourth : {0x00, 0x7F, 0x80, 0xBF, 0xC0, 0xFF}) {
          const char text[4] = {static_cast<char>(lead), static_cast<char>(second),
                                static_cast<char>(third), static_cast<char>(fourth)};
          well_formed += is_utf8({text, 4}) ? 1 : 0;
        }
      }
    }
  }
  // Of the last two bytes, 2 in 6 values each are continuations; leading pairs: U+10000 to U+10FFFF
  // in steps of 4,096.
  CHECK(well_formed == (0x110000 - 0x10000) / 4'096 * 2 * 2);
}

}  // namespace
}  // namespace mlcore
