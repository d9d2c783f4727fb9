// SPDX-License-Identifier: Apache-2.0
// Files whose checksums are right and whose content is not: an Error or an artifact, never a crash,
// and never more heap than 4 × file + 64 MiB, the file's own bytes included.
#include <doctest/doctest.h>
#include <fmt/format.h>

#include <random>

#include "artifact/repair.hpp"
#include "artifact/sample.hpp"
#include "artifact/sections.hpp"
#include "heap_peak.hpp"
#include "mlcore/artifact/artifact.hpp"
#include "mlcore/base/error.hpp"

namespace mlcore {
namespace {

constexpr std::size_t kMiB = std::size_t{1} << 20;

struct Reading {
  bool is_accepted = false;
  std::size_t peak = 0;  // of the heap while reading, above what was there before
  std::string message;
};

Reading reading(ByteView file) {
  Reading result;
  const std::size_t before = live_bytes;
  peak_bytes = before;
  try {
    const Artifact artifact = read_artifact(file);
    result.is_accepted = true;
  } catch (const Error& error) {
    result.message = error.message();
  }
  result.peak = peak_bytes - before;
  return result;
}

/// Reads, and checks the promise about the heap.
Reading bounded_reading(ByteView file) {
  Reading result = reading(file);
  if (result.peak + file.size() > 4 * file.size() + 64 * kMiB) {
    FAIL_CHECK(result.peak, " bytes of heap for a file of ", file.size());
  }
  return result;
}

class Hostile {
 public:
  explicit Hostile(std::uint32_t version = 1) { writer_.u32(version); }
  Hostile& u16(std::uint16_t value) { return writer_.u16(value), *this; }
  Hostile& u32(std::uint32_t value) { return writer_.u32(value), *this; }
  Hostile& u64(std::uint64_t value) { return writer_.u64(value), *this; }
  Hostile& text(std::string_view value) { return writer_.text(value), *this; }
  Hostile& zeros(std::size_t count) {
    for (std::size_t i = 0; i < count; ++i) writer_.u8(0);
    return *this;
  }
  [[nodiscard]] Bytes take() { return writer_.take(); }

 private:
  ByteWriter writer_;
};

TEST_CASE("hostile: the counter sees what reading takes") {
  const Bytes file = write_artifact(sample_artifact());
  const Reading found = reading(file);
  CHECK(found.is_accepted);
  CHECK(found.peak > 1000);
  CHECK(found.peak < kMiB);
}

TEST_CASE("hostile: many small things take bounded memory") {
  const Bytes good = write_artifact(sample_artifact_with_reference());
  const std::size_t count = 4 * kMiB;
  Hostile names;  // 4 bytes each in the file, 32 in memory
  names.u16(1).text("").text("").text("").u16(1).u32(0x01010101).zeros(1).u32(1).u32(1);
  names.u64(count).zeros(4 * count);
  Hostile rows;  // no row is this short, but each might be
  rows.u16(1).u64(count).zeros(2 * count);
  Hostile batches;
  batches.u16(1).u64(1).u16(1).u64(0).u64(count / 16);
  for (std::size_t i = 0; i < count / 16; ++i) batches.u16(1).u64(0).u64(0);
  Hostile lists;  // 8 bytes each in the file, 24 in memory
  lists.u16(1).text("").zeros(32).u64(count).zeros(8 * count);
  Hostile fields;
  fields.u16(1).u64(count).zeros(6 * count);
  Hostile distinct_fields;
  distinct_fields.u16(1).u64(100'000);
  for (int i = 0; i < 100'000; ++i) distinct_fields.text(std::to_string(i)).u16(1);
  Hostile columns;  // each might be one byte
  columns.u16(1).u64(count).zeros(2 * count);
  Hostile few_values;  // as many columns as there may be, one bin each
  few_values.u16(1).u64(kMaxReferenceColumns);
  for (std::size_t i = 0; i < kMaxReferenceColumns; ++i) {
    few_values.text(std::to_string(i)).zeros(8 + 8 + 4).u64(1).zeros(8 + 16 + 32);
    few_values.u64(0x7FF0000000000000).u64(0xFFF0000000000000);
  }
  few_values.zeros(8 + 8);
  Hostile categories;  // as many names as there may be
  categories.u16(1).u64(0).u64(64);
  for (std::size_t i = 0; i < 64; ++i) {
    categories.text(std::to_string(i)).u64(kMaxKnownNames);
    for (std::size_t k = 0; k < kMaxKnownNames; ++k) categories.text(std::to_string(k));
    categories.zeros(1).u64(1).zeros(8 + 8);
  }
  categories.zeros(8);
  const std::pair<const char*, Bytes> cases[] = {
      {"MODL", names.take()},   {"PROF", rows.take()},       {"PROF", batches.take()},
      {"FEAT", lists.take()},   {"SCHM", fields.take()},     {"SCHM", distinct_fields.take()},
      {"REFP", columns.take()}, {"REFP", few_values.take()}, {"REFP", categories.take()},
  };
  for (const auto& test : cases) {
    CAPTURE(test.first);
    CHECK_FALSE(bounded_reading(with_section(good, test.first, test.second)).is_accepted);
  }
}

TEST_CASE("hostile: many small facts take bounded memory") {
  const Bytes good = write_artifact(sample_artifact());
  std::string json = "{\"metadata\":{";
  for (int i = 0; i < 400'000; ++i) json += fmt::format("\"{}\":\"\",", i);
  json += "},\"name\":\"\"}";
  const Reading found = bounded_reading(with_section(good, "META", {json.begin(), json.end()}));
  CHECK(found.message.find("section \"META\": ") == 0);
}

TEST_CASE("hostile: definitions take bounded memory") {
  const Bytes good = write_artifact(sample_artifact());
  const std::string head = "features f version 1\ninput x: f64\n";
  std::string nodes = head + "a0 = x\n";
  for (int i = 1; i < 20'000; ++i) nodes += fmt::format("a{} = a{} + a{}\n", i, i - 1, i - 1);
  std::string names = head;
  for (int i = 0; i < 200'000; ++i) names += fmt::format("input i{}: i64\n", i);
  std::string outputs = head + "a = x\noutput [a";
  for (int i = 0; i < 500'000; ++i) outputs += ", a";
  const std::string texts[] = {
      head + "a = " + std::string(500'000, '(') + "x\noutput [a]\n",
      head + "a = " + std::string(500'000, '-') + "x\noutput [a]\n",
      nodes + "output [a19999]\n",
      names + "a = x\noutput [a]\n",
      outputs + "]\n",
      head + "a = \"" + std::string(900'000, 'x') + "\"\noutput [a]\n",
      std::string(900'000, '\n'),
      std::string(900'000, 'f'),
  };
  for (const std::string& text : texts) {
    CAPTURE(text.substr(0, 60));
    const Bytes bytes = Hostile().u16(1).text(text).zeros(32 + 8).take();
    CHECK_FALSE(bounded_reading(with_section(good, "FEAT", bytes)).is_accepted);
  }
}

TEST_CASE("hostile: each u64 of each section with each extreme") {
  const Bytes good = write_artifact(sample_artifact_with_reference());
  for (const std::string_view type : {"SCHM", "FEAT", "MODL", "PROF", "REFP"}) {
    const Bytes section = section_bytes(good, type);
    const std::uint64_t size = section.size();
    const std::uint64_t values[] = {0,          1,          size - 1,         size,
                                    size + 1,   0x7FFFFFFF, 1ull << 31,       (1ull << 31) + 1,
                                    0xFFFFFFFF, 1ull << 32, (1ull << 32) + 1, 1ull << 61,
                                    1ull << 63, ~0ull};
    for (std::size_t at = 0; at + 8 <= section.size(); ++at) {
      for (const std::uint64_t value : values) {
        CAPTURE(type);
        CAPTURE(at);
        CAPTURE(value);
        Bytes edited = section;
        put(edited, at, 8, value);
        const Reading found = bounded_reading(with_section(good, type, edited));
        if (found.is_accepted || !found.message.empty()) continue;
        FAIL_CHECK("refused without a message");
      }
    }
  }
}

/// One to four edits that keep most of a section as it was.
Bytes mutated(Bytes bytes, std::mt19937& random) {
  const unsigned edits = 1 + random() % 4;
  for (unsigned i = 0; i < edits; ++i) {
    const std::size_t at = bytes.empty() ? 0 : random() % bytes.size();
    const auto place = bytes.begin() + static_cast<std::ptrdiff_t>(at);
    switch (random() % 5) {
      case 0:
        if (!bytes.empty()) bytes[at] = static_cast<std::uint8_t>(random());
        break;
      case 1:
        if (!bytes.empty()) bytes[at] ^= static_cast<std::uint8_t>(1u << random() % 8);
        break;
      case 2: bytes.insert(place, random() % 9, static_cast<std::uint8_t>(random() % 3)); break;
      case 3: bytes.erase(place, place + std::min<std::ptrdiff_t>(8, bytes.end() - place)); break;
      default:
        if (bytes.size() >= 8) put(bytes, random() % (bytes.size() - 7), 4, random());
    }
  }
  return bytes;
}

/// An accepted file says something that can be written again.
void run_mutations(unsigned seed, int rounds) {
  MESSAGE("seed ", seed);
  std::mt19937 random(seed);
  const Bytes good = write_artifact(sample_artifact_with_reference());
  const std::vector<SectionInfo> table = read_table(good);
  int accepted = 0;
  for (int round = 0; round < rounds; ++round) {
    CAPTURE(round);
    std::vector<Section> sections = sections_of(good, table);
    Section& section = sections[random() % sections.size()];
    section.bytes = mutated(std::move(section.bytes), random);
    const Bytes file = write_container(sections);
    if (!bounded_reading(file).is_accepted) continue;
    ++accepted;
    CHECK_NOTHROW(static_cast<void>(write_artifact(read_artifact(file))));
  }
  CHECK(accepted > 0);
  CHECK(accepted < rounds);
}

TEST_CASE("hostile: edited sections under right checksums") { run_mutations(7, 10'000); }

/// Any byte of the file, table and header too.
void run_file_mutations(unsigned seed, int rounds) {
  MESSAGE("seed ", seed);
  std::mt19937 random(seed);
  const Bytes good = write_artifact(sample_artifact_with_reference());
  for (int round = 0; round < rounds; ++round) {
    CAPTURE(round);
    Bytes file = good;
    const std::size_t reach = random() % 2 == 0 ? file.size() : 64 + 6 * 96;
    for (unsigned i = 0; i < 1 + random() % 3; ++i) {
      put(file, random() % (reach - 3), 1 + random() % 4, random());
    }
    repair(file);
    bounded_reading(file);
  }
}

TEST_CASE("hostile: edited files under right checksums") { run_file_mutations(8, 10'000); }

TEST_CASE("hostile: a million edited sections" * doctest::test_suite("heavy")) {
  run_mutations(9, 1'000'000);
}

TEST_CASE("hostile: a million edited files" * doctest::test_suite("heavy")) {
  run_file_mutations(10, 1'000'000);
}

TEST_CASE("hostile: every single-bit flip of 64 KiB" * doctest::test_suite("heavy")) {
  Artifact artifact = sample_artifact();
  const ProofRow row = artifact.proof_rows[0];
  while (write_artifact(artifact).size() < 64 * 1024) {
    artifact.proof_rows.insert(artifact.proof_rows.end(), 8, row);
  }
  const Bytes good = write_artifact(artifact);
  MESSAGE(good.size(), " bytes");
  Bytes file = good;
  std::size_t accepted = 0;
  for (std::size_t bit = 0; bit < good.size() * 8; ++bit) {
    file[bit / 8] ^= static_cast<std::uint8_t>(1 << (bit % 8));
    if (reading(file).is_accepted) ++accepted;
    file[bit / 8] = good[bit / 8];
  }
  CHECK(accepted == 0);
}

}  // namespace
}  // namespace mlcore
