// SPDX-License-Identifier: Apache-2.0
// Outside code uses crc32c, sha256 and hex.
#include "mlcore/base/digest.hpp"

#include <sodium/crypto_hash_sha256.h>

#include <cstring>

namespace mlcore {
namespace {

constexpr std::uint32_t kPolynomial = 0x82F63B78u;  // CRC-32C, bits reversed

/// tables[k][b]: the CRC of byte b followed by k zero bytes.
struct Tables {
  std::uint32_t at[8][256];

  constexpr Tables() : at{} {
    for (std::uint32_t byte = 0; byte < 256; ++byte) {
      std::uint32_t crc = byte;
      for (int bit = 0; bit < 8; ++bit) crc = (crc >> 1) ^ ((crc & 1) != 0 ? kPolynomial : 0);
      at[0][byte] = crc;
    }
    for (int k = 1; k < 8; ++k) {
      for (std::uint32_t byte = 0; byte < 256; ++byte) {
        at[k][byte] = (at[k - 1][byte] >> 8) ^ at[0][at[k - 1][byte] & 0xFF];
      }
    }
  }
};

constexpr Tables kTables;

}  // namespace

std::uint32_t crc32c(ByteView bytes, std::uint32_t seed) noexcept {
  std::uint32_t crc = ~seed;
  const std::uint8_t* at = bytes.data();
  std::size_t left = bytes.size();
  for (; left >= 8; at += 8, left -= 8) {
    std::uint64_t word;
    std::memcpy(&word, at, 8);
    word ^= crc;
    crc = 0;
    for (int k = 0; k < 8; ++k) crc ^= kTables.at[7 - k][(word >> (8 * k)) & 0xFF];
  }
  for (; left > 0; ++at, --left) crc = (crc >> 8) ^ kTables.at[0][(crc ^ *at) & 0xFF];
  return ~crc;
}

Sha256Digest sha256(ByteView bytes) noexcept {
  Sha256Digest digest;
  crypto_hash_sha256(digest.data(), bytes.data(), bytes.size());
  return digest;
}

std::string hex(ByteView bytes) {
  static constexpr char kDigits[] = "0123456789abcdef";
  std::string text;
  text.reserve(2 * bytes.size());
  for (const std::uint8_t byte : bytes) {
    text += kDigits[byte >> 4];
    text += kDigits[byte & 15];
  }
  return text;
}

}  // namespace mlcore
