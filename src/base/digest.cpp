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

std::uint32_t crc_by_table(std::uint32_t crc, const std::uint8_t* at, std::size_t left) noexcept {
  for (; left >= 8; at += 8, left -= 8) {
    std::uint64_t word;
    std::memcpy(&word, at, 8);
    word ^= crc;
    crc = 0;
    for (int k = 0; k < 8; ++k) crc ^= kTables.at[7 - k][(word >> (8 * k)) & 0xFF];
  }
  for (; left > 0; ++at, --left) crc = (crc >> 8) ^ kTables.at[0][(crc ^ *at) & 0xFF];
  return crc;
}

#if defined(__x86_64__)
/// Bytes of a lane: three are read side by side, because an instruction waits for the one before
/// it.
constexpr std::size_t kLane = 8192;

/// Where each bit of a CRC goes as kLane zero bytes pass. Moving is linear, so that the way of 2n
/// bytes is that of n taken twice.
struct Way {
  std::uint32_t of[32];

  constexpr Way() : of{} {
    for (int bit = 0; bit < 32; ++bit) {
      const std::uint32_t crc = 1u << bit;
      of[bit] = (crc >> 8) ^ kTables.at[0][crc & 0xFF];
    }
    for (std::size_t bytes = 1; bytes < kLane; bytes *= 2) {
      const Way half = *this;
      for (std::uint32_t& end : of) end = half.end(end);
    }
  }

  [[nodiscard]] constexpr std::uint32_t end(std::uint32_t crc) const noexcept {
    std::uint32_t end = 0;
    for (int bit = 0; bit < 32; ++bit) end ^= of[bit] & (0 - (crc >> bit & 1));
    return end;
  }
};

constexpr Way kWay;

std::uint64_t word_at(const std::uint8_t* at) noexcept {
  std::uint64_t word;
  std::memcpy(&word, at, 8);
  return word;
}

/// Eight bytes an instruction. Requires: a CPU with SSE4.2.
__attribute__((target("sse4.2"))) std::uint32_t crc_by_instruction(std::uint32_t crc,
                                                                   const std::uint8_t* at,
                                                                   std::size_t left) noexcept {
  for (; left >= 3 * kLane; at += 3 * kLane, left -= 3 * kLane) {
    std::uint64_t lanes[3] = {crc, 0, 0};
    for (std::size_t i = 0; i < kLane; i += 8) {
      lanes[0] = __builtin_ia32_crc32di(lanes[0], word_at(at + i));
      lanes[1] = __builtin_ia32_crc32di(lanes[1], word_at(at + kLane + i));
      lanes[2] = __builtin_ia32_crc32di(lanes[2], word_at(at + 2 * kLane + i));
    }
    const auto second = static_cast<std::uint32_t>(lanes[1]);
    const auto third = static_cast<std::uint32_t>(lanes[2]);
    crc = kWay.end(kWay.end(static_cast<std::uint32_t>(lanes[0])) ^ second) ^ third;
  }
  std::uint64_t wide = crc;
  for (; left >= 8; at += 8, left -= 8) wide = __builtin_ia32_crc32di(wide, word_at(at));
  return crc_by_table(static_cast<std::uint32_t>(wide), at, left);
}
#endif

}  // namespace

std::uint32_t crc32c(ByteView bytes, std::uint32_t seed) noexcept {
#if defined(__x86_64__)
  if (__builtin_cpu_supports("sse4.2")) {
    return ~crc_by_instruction(~seed, bytes.data(), bytes.size());
  }
#endif
  return ~crc_by_table(~seed, bytes.data(), bytes.size());
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
