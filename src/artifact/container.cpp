// SPDX-License-Identifier: Apache-2.0
// Outside code uses write_container, read_table, format_version, check_crcs, check_digests
// and bytes_of.
#include "artifact/container.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "mlcore/base/error.hpp"

namespace mlcore {
namespace {

constexpr std::array<std::uint8_t, 8> kMagic = {0x89, 'M', 'L', 'C', '\r', '\n', 0x1A, '\n'};
constexpr std::uint32_t kFlagCritical = 1;
constexpr std::size_t kHeaderCrcAt = 60;
constexpr std::size_t kTableAt = kHeaderSize;

/// The numbers of a header, as the bytes have them.
struct Header {
  std::uint16_t major;
  std::uint16_t minor;
  std::uint32_t header_size;
  std::uint32_t incompatible_flags;
  std::uint32_t compatible_flags;
  std::uint64_t file_size;
  std::uint32_t section_count;
  std::uint32_t entry_size;
  std::uint64_t table_offset;
  std::uint64_t reserved;
  std::uint32_t table_crc;
};

struct Entry {
  std::array<char, 4> type;
  std::uint32_t flags;
  std::uint64_t offset;
  std::uint64_t stored_size;
  std::uint64_t raw_size;
  std::uint32_t crc;
  std::uint32_t codec;
  Sha256Digest sha256;
  std::uint32_t instance;
  bool is_reserved_zero;
};

[[noreturn]] void fail(Reason reason, std::string message) {
  throw Error(Code::data_loss, reason, std::move(message));
}

[[noreturn]] void fail_newer(std::string message) {
  throw Error(Code::unimplemented, Reason::newer_format, std::move(message));
}

constexpr std::uint64_t aligned(std::uint64_t offset) noexcept {
  return (offset + kSectionAlignment - 1) / kSectionAlignment * kSectionAlignment;
}

bool is_all_zero(ByteView bytes) noexcept {
  return std::all_of(bytes.begin(), bytes.end(), [](std::uint8_t byte) { return byte == 0; });
}

void check_magic(ByteView file) {
  const std::size_t size = std::min(file.size(), kMagic.size());
  if (!std::equal(file.begin(), file.begin() + static_cast<std::ptrdiff_t>(size), kMagic.begin())) {
    fail(Reason::not_an_artifact, "not an mlcore artifact: the first 8 bytes are not its magic");
  }
  if (file.size() < kHeaderSize) {
    fail(Reason::truncated,
         fmt::format("artifact of {} bytes, its header alone has {}", file.size(), kHeaderSize));
  }
}

Header parse_header(ByteView file) {
  ByteReader reader(file.first(kHeaderSize));
  static_cast<void>(reader.raw(kMagic.size()));
  Header header{};
  header.major = reader.u16();
  header.minor = reader.u16();
  header.header_size = reader.u32();
  header.incompatible_flags = reader.u32();
  header.compatible_flags = reader.u32();
  header.file_size = reader.u64();
  header.section_count = reader.u32();
  header.entry_size = reader.u32();
  header.table_offset = reader.u64();
  header.reserved = reader.u64();
  header.table_crc = reader.u32();
  const std::uint32_t stored = reader.u32();
  const std::uint32_t computed = crc32c(file.first(kHeaderCrcAt));
  if (stored != computed) {
    fail(Reason::checksum,
         fmt::format("header: stored CRC32C {:08x}, computed {:08x}", stored, computed));
  }
  return header;
}

/// A newer format is told before anything that it might have changed is judged.
void check_version(const Header& header) {
  if (header.major > kArtifactMajor) {
    fail_newer(fmt::format("artifact of format {}.{}, this library reads format {}", header.major,
                           header.minor, kArtifactMajor));
  }
  if (header.incompatible_flags != 0) {
    fail_newer(fmt::format(
        "artifact with incompatible flags {:#x} needs format {}.{}, this library "
        "reads {}.{}",
        header.incompatible_flags, header.major, header.minor, kArtifactMajor, kArtifactMinor));
  }
}

void check_header(const Header& header, std::uint64_t actual_size) {
  if (header.file_size > actual_size) {
    fail(Reason::truncated,
         fmt::format("artifact of {} bytes, its header says {}", actual_size, header.file_size));
  }
  if (header.file_size < actual_size) {
    fail(Reason::malformed_artifact, fmt::format("{} bytes after the end of an artifact of {}",
                                                 actual_size - header.file_size, header.file_size));
  }
  if (header.header_size != kHeaderSize || header.entry_size != kEntrySize ||
      header.table_offset != kTableAt) {
    fail(Reason::malformed_artifact,
         fmt::format("header of {} bytes, table at {}, entries of {}; expected {}, {}, {}",
                     header.header_size, header.table_offset, header.entry_size, kHeaderSize,
                     kTableAt, kEntrySize));
  }
  if (header.compatible_flags != 0 && header.minor <= kArtifactMinor) {
    fail(Reason::malformed_artifact,
         fmt::format("compatible flags {:#x}, which format {}.{} does not have",
                     header.compatible_flags, header.major, header.minor));
  }
  if (header.reserved != 0) fail(Reason::malformed_artifact, "header: reserved bytes are not zero");
  if (header.section_count > kSectionLimit ||
      header.section_count > (actual_size - kTableAt) / kEntrySize) {
    fail(Reason::malformed_artifact, fmt::format("{} sections in {} bytes, the limit is {}",
                                                 header.section_count, actual_size, kSectionLimit));
  }
}

Entry parse_entry(ByteReader& reader) {
  Entry entry{};
  const ByteView type = reader.raw(4);
  std::copy(type.begin(), type.end(), entry.type.begin());
  entry.flags = reader.u32();
  entry.offset = reader.u64();
  entry.stored_size = reader.u64();
  entry.raw_size = reader.u64();
  entry.crc = reader.u32();
  entry.codec = reader.u32();
  const ByteView digest = reader.raw(32);
  std::copy(digest.begin(), digest.end(), entry.sha256.begin());
  entry.instance = reader.u32();
  entry.is_reserved_zero = is_all_zero(reader.raw(20));
  return entry;
}

void check_entry(const Entry& entry, std::size_t index, const Header& header) {
  const bool has_type = std::all_of(entry.type.begin(), entry.type.end(), [](char c) {
    return (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
  });
  if (!has_type) {
    fail(Reason::malformed_artifact, fmt::format("section {}: its type is not a name", index));
  }
  const std::string_view type(entry.type.data(), entry.type.size());
  if ((entry.flags & ~kFlagCritical) != 0 || entry.codec != 0) {
    fail_newer(
        fmt::format("section \"{}\": flags {:#x} and codec {} need format {}.{}, this "
                    "library reads {}.{}",
                    type, entry.flags, entry.codec, header.major, header.minor, kArtifactMajor,
                    kArtifactMinor));
  }
  if (entry.raw_size != entry.stored_size || entry.instance != 0 || !entry.is_reserved_zero) {
    fail(Reason::malformed_artifact,
         fmt::format("section \"{}\": {} bytes stored as {}, instance {}, or reserved bytes that "
                     "are not zero",
                     type, entry.raw_size, entry.stored_size, entry.instance));
  }
}

/// The section must begin at the next aligned byte after `end`, past nothing but zeros.
void check_place(const Entry& entry, std::uint64_t end, ByteView file) {
  const std::string_view type(entry.type.data(), entry.type.size());
  const std::uint64_t expected = aligned(end);
  if (entry.offset != expected) {
    fail(Reason::malformed_artifact,
         fmt::format("section \"{}\" at byte {}, expected at {}", type, entry.offset, expected));
  }
  if (expected > file.size() || entry.stored_size > file.size() - expected) {
    fail(Reason::malformed_artifact,
         fmt::format("section \"{}\" of {} bytes at byte {} ends after the file's {}", type,
                     entry.stored_size, expected, file.size()));
  }
  if (!is_all_zero(file.subspan(end, expected - end))) {
    fail(Reason::malformed_artifact,
         fmt::format("the padding before section \"{}\" is not zero", type));
  }
}

void check_distinct(const std::vector<SectionInfo>& table) {
  std::vector<std::string_view> types;
  types.reserve(table.size());
  for (const SectionInfo& section : table) types.push_back(section.type);
  std::sort(types.begin(), types.end());
  const auto twice = std::adjacent_find(types.begin(), types.end());
  if (twice != types.end()) {
    fail(Reason::malformed_artifact, fmt::format("section \"{}\" occurs twice", *twice));
  }
}

Bytes encode_table(std::span<const Section> sections) {
  ByteWriter writer;
  std::uint64_t offset = kTableAt + sections.size() * kEntrySize;
  for (const Section& section : sections) {
    offset = aligned(offset);
    for (const char c : section.type) writer.u8(static_cast<std::uint8_t>(c));
    writer.u32(section.is_critical ? kFlagCritical : 0);
    writer.u64(offset);
    writer.u64(section.bytes.size());
    writer.u64(section.bytes.size());
    writer.u32(crc32c(section.bytes));
    writer.u32(0);
    writer.raw(sha256(section.bytes));
    for (int i = 0; i < 24; ++i) writer.u8(0);
    offset += section.bytes.size();
  }
  return writer.take();
}

Bytes encode_header(std::size_t section_count, std::uint64_t file_size, std::uint32_t table_crc) {
  ByteWriter writer;
  writer.raw(kMagic);
  writer.u16(kArtifactMajor);
  writer.u16(kArtifactMinor);
  writer.u32(kHeaderSize);
  writer.u32(0);
  writer.u32(0);
  writer.u64(file_size);
  writer.u32(static_cast<std::uint32_t>(section_count));
  writer.u32(kEntrySize);
  writer.u64(kTableAt);
  writer.u64(0);
  writer.u32(table_crc);
  writer.u32(crc32c(writer.bytes()));
  return writer.take();
}

}  // namespace

Bytes write_container(std::span<const Section> sections) {
  const Bytes table = encode_table(sections);
  std::uint64_t file_size = kTableAt + table.size();
  for (const Section& section : sections) file_size = aligned(file_size) + section.bytes.size();
  Bytes file = encode_header(sections.size(), file_size, crc32c(table));
  file.reserve(file_size);
  file.insert(file.end(), table.begin(), table.end());
  for (const Section& section : sections) {
    file.resize(aligned(file.size()), 0);
    file.insert(file.end(), section.bytes.begin(), section.bytes.end());
  }
  return file;
}

std::vector<SectionInfo> read_table(ByteView file) {
  check_magic(file);
  const Header header = parse_header(file);
  check_version(header);
  check_header(header, file.size());
  const ByteView bytes = file.subspan(kTableAt, header.section_count * kEntrySize);
  if (crc32c(bytes) != header.table_crc) {
    fail(Reason::checksum, fmt::format("section table: stored CRC32C {:08x}, computed {:08x}",
                                       header.table_crc, crc32c(bytes)));
  }
  std::vector<SectionInfo> table;
  table.reserve(header.section_count);
  ByteReader reader(bytes);
  std::uint64_t end = kTableAt + bytes.size();
  for (std::size_t i = 0; i < header.section_count; ++i) {
    const Entry entry = parse_entry(reader);
    check_entry(entry, i, header);
    check_place(entry, end, file);
    end = entry.offset + entry.stored_size;
    table.push_back({std::string(entry.type.data(), entry.type.size()), entry.offset,
                     entry.stored_size, entry.crc, entry.sha256,
                     (entry.flags & kFlagCritical) != 0});
  }
  if (end != file.size()) {
    fail(Reason::malformed_artifact,
         fmt::format("{} bytes after the last section", file.size() - end));
  }
  check_distinct(table);
  return table;
}

std::string format_version(ByteView file) {
  const Header header = parse_header(file);
  return fmt::format("{}.{}", header.major, header.minor);
}

void check_crcs(ByteView file, std::span<const SectionInfo> table) {
  for (const SectionInfo& section : table) {
    const std::uint32_t computed = crc32c(bytes_of(file, section));
    if (computed != section.crc32c) {
      fail(Reason::checksum, fmt::format("section \"{}\": stored CRC32C {:08x}, computed {:08x}",
                                         section.type, section.crc32c, computed));
    }
  }
}

void check_digests(ByteView file, std::span<const SectionInfo> table) {
  for (const SectionInfo& section : table) {
    const Sha256Digest computed = sha256(bytes_of(file, section));
    if (computed != section.sha256) {
      fail(Reason::checksum, fmt::format("section \"{}\": stored SHA-256 {}, computed {}",
                                         section.type, hex(section.sha256), hex(computed)));
    }
  }
}

ByteView bytes_of(ByteView file, const SectionInfo& section) noexcept {
  return file.subspan(static_cast<std::size_t>(section.offset),
                      static_cast<std::size_t>(section.size));
}

}  // namespace mlcore
