// SPDX-License-Identifier: Apache-2.0
#pragma once

// Edits of snapshot bytes, by the offsets in src/feature/snapshot.cpp, with length and checksum
// made right again, so that a hostile edit reaches the code behind them.
//
//   bytes[40] ^= 1;
//   repair(bytes);

#include "mlcore/base/bytes.hpp"
#include "mlcore/base/digest.hpp"

namespace mlcore::test {

inline constexpr std::size_t kVersionAt = 8;
inline constexpr std::size_t kLengthAt = 12;
inline constexpr std::size_t kLatenessAt = 20;
inline constexpr std::size_t kStreamCountAt = 47;
inline constexpr std::size_t kFirstDigestAt = 51;
inline constexpr std::size_t kCrcSize = 4;

inline void put(Bytes& bytes, std::size_t at, int width, std::uint64_t value) {
  for (int i = 0; i < width; ++i) bytes.at(at + i) = static_cast<std::uint8_t>(value >> (8 * i));
}

inline void repair(Bytes& bytes) {
  if (bytes.size() < kLatenessAt + kCrcSize) return;
  put(bytes, kLengthAt, 8, bytes.size());
  put(bytes, bytes.size() - kCrcSize, 4, crc32c(ByteView(bytes).first(bytes.size() - kCrcSize)));
}

}  // namespace mlcore::test
