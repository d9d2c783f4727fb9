// SPDX-License-Identifier: Apache-2.0
#pragma once

// Edits of `.mlc` bytes by their offsets in docs/artifact_format.md, and the checksums made right
// again, so that a hostile edit reaches the code behind the checksums.
//
//   put(file, kFileSizeAt, 8, 1u << 31);
//   repair(file);

#include <algorithm>
#include <cstdint>

#include "mlcore/base/bytes.hpp"
#include "mlcore/base/digest.hpp"

namespace mlcore {

inline constexpr std::size_t kFileSizeAt = 24;
inline constexpr std::size_t kSectionCountAt = 32;
inline constexpr std::size_t kTableCrcAt = 56;
inline constexpr std::size_t kHeaderCrcAt = 60;
inline constexpr std::size_t kFirstEntryAt = 64;
inline constexpr std::size_t kEntryBytes = 96;
// Within an entry.
inline constexpr std::size_t kEntryFlagsAt = 4;
inline constexpr std::size_t kEntryOffsetAt = 8;
inline constexpr std::size_t kEntryStoredSizeAt = 16;
inline constexpr std::size_t kEntryRawSizeAt = 24;
inline constexpr std::size_t kEntryCrcAt = 32;
inline constexpr std::size_t kEntrySha256At = 40;

/// Requires: the bytes are inside.
inline void put(Bytes& file, std::size_t at, int width, std::uint64_t value) {
  for (int i = 0; i < width; ++i) file.at(at + i) = static_cast<std::uint8_t>(value >> (8 * i));
}
[[nodiscard]] inline std::uint64_t get(ByteView file, std::size_t at, int width) {
  std::uint64_t value = 0;
  for (int i = 0; i < width; ++i) value |= std::uint64_t{file[at + i]} << (8 * i);
  return value;
}

/// Recomputes every checksum whose bytes are inside the file; the rest stays.
inline void repair(Bytes& file) {
  if (file.size() < kFirstEntryAt) return;
  const std::size_t possible = (file.size() - kFirstEntryAt) / kEntryBytes;
  const std::size_t count = std::min<std::uint64_t>(get(file, kSectionCountAt, 4), possible);
  for (std::size_t i = 0; i < count; ++i) {
    const std::size_t entry = kFirstEntryAt + i * kEntryBytes;
    const std::uint64_t offset = get(file, entry + kEntryOffsetAt, 8);
    const std::uint64_t size = get(file, entry + kEntryStoredSizeAt, 8);
    if (offset > file.size() || size > file.size() - offset) continue;
    const ByteView bytes = ByteView(file).subspan(offset, size);
    const Sha256Digest digest = sha256(bytes);
    put(file, entry + kEntryCrcAt, 4, crc32c(bytes));
    std::copy(digest.begin(), digest.end(),
              file.begin() + static_cast<std::ptrdiff_t>(entry + kEntrySha256At));
  }
  const ByteView table = ByteView(file).subspan(kFirstEntryAt, count * kEntryBytes);
  put(file, kTableCrcAt, 4, crc32c(table));
  put(file, kHeaderCrcAt, 4, crc32c(ByteView(file).first(kHeaderCrcAt)));
}

}  // namespace mlcore
