// SPDX-License-Identifier: Apache-2.0
// Offsets and bytes are written by hand from docs/artifact_format.md.
#include "artifact/container.hpp"

#include <doctest/doctest.h>

#include <functional>
#include <random>

#include "artifact/repair.hpp"
#include "mlcore/base/error.hpp"

namespace mlcore {
namespace {

Bytes bytes_from(std::string_view text) { return {text.begin(), text.end()}; }

/// Three sections, the middle one empty and the last one optional.
Bytes small_file() {
  const std::array<Section, 3> sections = {{{"AAAA", true, bytes_from("first section")},
                                            {"BBBB", true, {}},
                                            {"CCCC", false, bytes_from("third")}}};
  return write_container(sections);
}

constexpr std::size_t kFirst = 384;  // 64 + 3 × 96 = 352, aligned
constexpr std::size_t kThird = 448;  // 384 + 13 = 397, aligned; the empty one is at 448 too
constexpr std::size_t kSmall = 453;

struct Verdict {
  Code code = Code::ok;
  Reason reason = Reason::none;
  std::string message = "accepted";
};

/// What reading the file with all checks says.
Verdict verdict(ByteView file) {
  try {
    const std::vector<SectionInfo> table = read_table(file);
    check_crcs(file, table);
    check_digests(file, table);
  } catch (const Error& error) {
    return {error.code(), error.reason(), error.message()};
  }
  return {};
}

TEST_CASE("container: the header and the table have the bytes of the specification") {
  const Bytes file = small_file();
  REQUIRE(file.size() == kSmall);
  CHECK(Bytes(file.begin(), file.begin() + 56) ==
        Bytes{0x89, 'M', 'L', 'C', 13, 10, 0x1A, 10, 0, 0, 6, 0,  // magic, format 0.6
              64,   0,   0,   0,   0,  0,  0,    0,  0, 0, 0, 0,  // header size, flags
              0xC5, 1,   0,   0,   0,  0,  0,    0,               // file size 453
              3,    0,   0,   0,   96, 0,  0,    0,               // sections, entry size
              64,   0,   0,   0,   0,  0,  0,    0,               // table
              0,    0,   0,   0,   0,  0,  0,    0});             // reserved
  CHECK(get(file, 56, 4) == crc32c(ByteView(file).subspan(64, 288)));
  CHECK(get(file, 60, 4) == crc32c(ByteView(file).first(60)));
  const std::size_t third = 64 + 2 * 96;
  CHECK(Bytes(file.begin() + third, file.begin() + third + 32) ==
        Bytes{'C', 'C', 'C', 'C', 0, 0, 0, 0, 0xC0, 1, 0, 0, 0, 0, 0, 0,
              5,   0,   0,   0,   0, 0, 0, 0, 5,    0, 0, 0, 0, 0, 0, 0});
  CHECK(get(file, third + 32, 4) == crc32c(bytes_from("third")));
  CHECK(Bytes(file.begin() + 397, file.begin() + 448) == Bytes(51, 0));
  CHECK(verdict(file).message == "accepted");
}

TEST_CASE("container: what is written is listed") {
  const Bytes file = small_file();
  const std::vector<SectionInfo> table = read_table(file);
  REQUIRE(table.size() == 3);
  CHECK(table[0].type == "AAAA");
  CHECK(table[0].offset == kFirst);
  CHECK(table[0].size == 13);
  CHECK(table[0].is_critical);
  CHECK(table[1].offset == kThird);
  CHECK(table[1].size == 0);
  CHECK(table[2].offset == kThird);
  CHECK_FALSE(table[2].is_critical);
  CHECK(hex(table[1].sha256) ==  // of no bytes: FIPS 180-4
        "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  CHECK(bytes_of(file, table[2]).size() == 5);
  CHECK(format_version(file) == "0.6");
}

TEST_CASE("container: no section, one section and an empty last section are containers") {
  CHECK(write_container({}).size() == 64);
  CHECK(verdict(write_container({})).message == "accepted");
  const std::array<Section, 2> sections = {{{"AAAA", true, {1}}, {"ZZZZ", true, {}}}};
  const Bytes file = write_container(sections);
  CHECK(file.size() == 320);  // 64 + 192 = 256, one byte, padded to where the empty one begins
  CHECK(verdict(file).message == "accepted");
}

TEST_CASE("container: every single-bit flip is refused, with the reason of its place") {
  const Bytes good = small_file();
  for (std::size_t bit = 0; bit < good.size() * 8; ++bit) {
    CAPTURE(bit);
    Bytes file = good;
    const std::size_t at = bit / 8;
    file[at] ^= static_cast<std::uint8_t>(1 << (bit % 8));
    const bool is_padding = (at >= 352 && at < 384) || (at >= 397 && at < 448);
    const Reason expected = at < 8       ? Reason::not_an_artifact
                            : is_padding ? Reason::malformed_artifact
                                         : Reason::checksum;
    const Verdict found = verdict(file);
    CHECK(found.code == Code::data_loss);
    CHECK(found.reason == expected);
  }
}

TEST_CASE("container: every truncation and 1 to 64 bytes more are refused") {
  const Bytes good = small_file();
  for (std::size_t size = 0; size < good.size(); ++size) {
    CAPTURE(size);
    CHECK(verdict(ByteView(good).first(size)).reason == Reason::truncated);
  }
  for (std::size_t more = 1; more <= 64; ++more) {
    for (const std::uint8_t fill : {0x00, 0xFF}) {
      CAPTURE(more);
      Bytes file = good;
      file.resize(good.size() + more, fill);
      CHECK(verdict(file).reason == Reason::malformed_artifact);
    }
  }
}

TEST_CASE("container: bytes that are something else are told from damage") {
  CHECK(verdict(bytes_from("{\"learner\":{}}")).reason == Reason::not_an_artifact);
  CHECK(verdict(bytes_from("PK\x03\x04")).reason == Reason::not_an_artifact);
  CHECK(verdict(Bytes(1000, 0)).reason == Reason::not_an_artifact);
  CHECK(verdict({}).message == "artifact of 0 bytes, its header alone has 64");
  // As a transfer in text mode leaves it: CR LF became LF.
  Bytes file = small_file();
  file.erase(file.begin() + 4);
  CHECK(verdict(file).reason == Reason::not_an_artifact);
}

TEST_CASE("container: each field with each extreme is refused or means the same") {
  struct Field {
    const char* name;
    std::size_t at;
    int width;
  };
  const std::size_t entry = kFirstEntryAt;
  const Field fields[] = {
      {"major", 8, 2},
      {"minor", 10, 2},
      {"header size", 12, 4},
      {"incompatible flags", 16, 4},
      {"compatible flags", 20, 4},
      {"file size", 24, 8},
      {"section count", 32, 4},
      {"entry size", 36, 4},
      {"table offset", 40, 8},
      {"reserved", 48, 8},
      {"type", entry, 4},
      {"flags", entry + 4, 4},
      {"offset", entry + 8, 8},
      {"stored size", entry + 16, 8},
      {"raw size", entry + 24, 8},
      {"codec", entry + 36, 4},
      {"instance", entry + 72, 4},
      {"reserved", entry + 76, 8},
      {"reserved", entry + 84, 8},
      {"reserved", entry + 92, 4},
  };
  const Bytes good = small_file();
  const std::uint64_t size = good.size();
  const std::uint64_t values[] = {0,           1,           2,           size - 1,
                                  size,        size + 1,    0x7FFFFFFFu, 1ull << 31,
                                  0x80000001u, 0xFFFFFFFFu, 1ull << 32,  (1ull << 32) + 1,
                                  1ull << 63,  ~0ull - 63,  ~0ull};
  for (const Field& field : fields) {
    for (const std::uint64_t value : values) {
      if (field.width < 8 && value >> (8 * field.width) != 0) continue;
      CAPTURE(field.name);
      CAPTURE(value);
      Bytes file = good;
      put(file, field.at, field.width, value);
      repair(file);
      const Verdict found = verdict(file);
      const bool is_same = get(good, field.at, field.width) == value;
      const std::string_view name = field.name;
      if (is_same || name == "minor" || (name == "flags" && value <= 1)) {
        CHECK(found.message == "accepted");
      } else {
        CHECK((found.reason == Reason::malformed_artifact || found.reason == Reason::truncated ||
               found.reason == Reason::newer_format));
      }
    }
  }
}

TEST_CASE("container: what a newer format may change is refused as newer") {
  struct Case {
    const char* name;
    std::function<void(Bytes&)> edit;
    const char* message;
  };
  const Case cases[] = {
      {"major", [](Bytes& file) { put(file, 8, 2, 1); },
       "artifact of format 1.6, this library reads format 0"},
      {"incompatible flag", [](Bytes& file) { put(file, 10, 2, 7), put(file, 16, 4, 2); },
       "artifact with incompatible flags 0x2 needs format 0.7, this library reads 0.6"},
      {"section flag", [](Bytes& file) { put(file, 10, 2, 7), put(file, 68, 4, 5); },
       "section \"AAAA\": flags 0x5 and codec 0 need format 0.7, this library reads 0.6"},
      {"codec", [](Bytes& file) { put(file, 10, 2, 7), put(file, 100, 4, 1); },
       "section \"AAAA\": flags 0x1 and codec 1 need format 0.7, this library reads 0.6"},
  };
  for (const Case& test : cases) {
    CAPTURE(test.name);
    Bytes file = small_file();
    test.edit(file);
    repair(file);
    const Verdict found = verdict(file);
    CHECK(found.code == Code::unimplemented);
    CHECK(found.reason == Reason::newer_format);
    CHECK(found.message == test.message);
  }
  // Not even its size has to be what this format says.
  Bytes file = small_file();
  put(file, 8, 2, 1);
  put(file, kFileSizeAt, 8, 7);
  repair(file);
  CHECK(verdict(file).reason == Reason::newer_format);
}

TEST_CASE("container: compatible flags of a newer minor format are ignored") {
  Bytes file = small_file();
  put(file, 10, 2, kArtifactMinor + 1);
  put(file, 20, 4, 0x80000000);
  repair(file);
  CHECK(verdict(file).message == "accepted");
}

TEST_CASE("container: a section may not move, overlap, repeat or have no name") {
  struct Case {
    const char* name;
    std::function<void(Bytes&)> edit;
  };
  const std::size_t first = kFirstEntryAt;
  const std::size_t third = kFirstEntryAt + 2 * kEntryBytes;
  const Case cases[] = {
      {"overlap", [&](Bytes& file) { put(file, third + kEntryOffsetAt, 8, kFirst); }},
      {"a hole", [&](Bytes& file) { put(file, first + kEntryOffsetAt, 8, kFirst + 64); }},
      {"over the header", [&](Bytes& file) { put(file, first + kEntryOffsetAt, 8, 0); }},
      {"past the end", [&](Bytes& file) { put(file, third + kEntryStoredSizeAt, 8, 6); }},
      {"before the end", [&](Bytes& file) { put(file, third + kEntryStoredSizeAt, 8, 4); }},
      {"two sizes", [&](Bytes& file) { put(file, third + kEntryRawSizeAt, 8, 4); }},
      {"a sum past 2^64",
       [&](Bytes& file) { put(file, third + kEntryStoredSizeAt, 8, ~0ull - kThird + 2); }},
      {"twice", [&](Bytes& file) { put(file, third, 4, get(file, first, 4)); }},
      {"lower case", [&](Bytes& file) { file[first] = 'a'; }},
      {"a blank", [&](Bytes& file) { file[first + 3] = ' '; }},
      {"a NUL", [&](Bytes& file) { file[first + 3] = 0; }},
      {"padding", [&](Bytes& file) { file[kFirst - 1] = 1; }},
  };
  for (const Case& test : cases) {
    CAPTURE(test.name);
    Bytes file = small_file();
    test.edit(file);
    repair(file);
    CHECK(verdict(file).reason == Reason::malformed_artifact);
  }
}

TEST_CASE("container: 1,024 sections are the limit") {
  std::vector<std::string> names;
  for (int i = 0; i < 1025; ++i) names.push_back(std::to_string(1000 + i));
  std::vector<Section> sections;
  for (const std::string& name : names) sections.push_back({name, true, {}});
  CHECK(verdict(write_container(sections)).reason == Reason::malformed_artifact);
  sections.pop_back();
  CHECK(verdict(write_container(sections)).message == "accepted");
}

TEST_CASE("container: a digest that does not match is found where the CRC is right") {
  Bytes file = small_file();
  file[kFirstEntryAt + kEntrySha256At] ^= 1;
  put(file, kTableCrcAt, 4, crc32c(ByteView(file).subspan(64, 288)));
  put(file, kHeaderCrcAt, 4, crc32c(ByteView(file).first(60)));
  CHECK_NOTHROW(check_crcs(file, read_table(file)));
  CHECK(verdict(file).reason == Reason::checksum);
  CHECK(verdict(file).message.find("section \"AAAA\": stored SHA-256") == 0);
}

TEST_CASE("container: random edits of many bytes are refused") {
  const unsigned seed = 20240611;
  MESSAGE("seed ", seed);
  std::mt19937 random(seed);
  const Bytes good = small_file();
  for (int round = 0; round < 20'000; ++round) {
    CAPTURE(round);
    Bytes file = good;
    const unsigned edits = 1 + random() % 8;
    for (unsigned i = 0; i < edits; ++i) file[random() % file.size()] = random() & 0xFF;
    if (file == good) continue;
    CHECK(verdict(file).reason != Reason::none);
  }
}

}  // namespace
}  // namespace mlcore
