// SPDX-License-Identifier: Apache-2.0
#pragma once

// Checksums: CRC32C finds damage, SHA-256 names content.
//
//   crc32c(bytes);       // 0xE3069283 for "123456789"
//   hex(sha256(bytes));  // 64 lower-case digits

#include <array>
#include <cstdint>
#include <string>

#include "mlcore/base/bytes.hpp"

namespace mlcore {

using Sha256Digest = std::array<std::uint8_t, 32>;

/// CRC-32C (Castagnoli) of `bytes`, going on from `seed`, the CRC of what came before.
/// Source: RFC 3720, appendix B.4.
[[nodiscard]] std::uint32_t crc32c(ByteView bytes, std::uint32_t seed = 0) noexcept;

/// Source: FIPS 180-4, by libsodium.
[[nodiscard]] Sha256Digest sha256(ByteView bytes) noexcept;

[[nodiscard]] std::string hex(ByteView bytes);

}  // namespace mlcore
