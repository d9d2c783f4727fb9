// SPDX-License-Identifier: Apache-2.0
#pragma once

// The `.mlc` container: a header, a table and aligned sections, every byte of it under a CRC32C or
// checked to be zero.
//
//   Bytes file = write_container(sections);
//   std::vector<SectionInfo> table = read_table(file);
//   check_crcs(file, table);
//   bytes_of(file, table[0]);
//
// docs/artifact_format.md is the specification.

#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "mlcore/artifact/artifact.hpp"

namespace mlcore {

inline constexpr std::size_t kHeaderSize = 64;
inline constexpr std::size_t kEntrySize = 96;
inline constexpr std::size_t kSectionAlignment = 64;
inline constexpr std::size_t kSectionLimit = 1024;

struct Section {
  std::string_view type;  // four of A–Z and 0–9
  bool is_critical;
  Bytes bytes;
};

/// Sections in file order. Requires: types that are distinct and well-formed.
[[nodiscard]] Bytes write_container(std::span<const Section> sections);

/// The table in file order, once the header, the table, every offset and all padding are checked.
/// Throws: data_loss/not_an_artifact, truncated, checksum, malformed_artifact;
/// unimplemented/newer_format. Cost: O(sections), whatever the bytes say.
[[nodiscard]] std::vector<SectionInfo> read_table(ByteView file);

/// As "0.2": the least format whose reader reads all of the file.
/// Requires: a file that `read_table` accepts.
[[nodiscard]] std::string format_version(ByteView file);

/// Throws: data_loss/checksum naming the section. Cost: O(file).
void check_crcs(ByteView file, std::span<const SectionInfo> table);

/// Throws: data_loss/checksum naming the section. Cost: O(file).
void check_digests(ByteView file, std::span<const SectionInfo> table);

/// Requires: a table that `read_table` made from this file.
[[nodiscard]] ByteView bytes_of(ByteView file, const SectionInfo& section) noexcept;

}  // namespace mlcore
