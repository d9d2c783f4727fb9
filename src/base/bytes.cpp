// SPDX-License-Identifier: Apache-2.0
// Outside code uses ByteWriter, ByteReader and is_utf8.
#include "mlcore/base/bytes.hpp"

#include <fmt/format.h>

#include <bit>
#include <cstring>

#include "mlcore/base/error.hpp"

namespace mlcore {

void ByteWriter::little_endian(std::uint64_t value, int width) {
  for (int i = 0; i < width; ++i) bytes_.push_back(static_cast<std::uint8_t>(value >> (8 * i)));
}

void ByteWriter::f32(float value) { u32(std::bit_cast<std::uint32_t>(value)); }
void ByteWriter::f64(double value) { u64(std::bit_cast<std::uint64_t>(value)); }

void ByteWriter::text(std::string_view value) {
  if (value.size() > 0xFFFFFFFFu) {
    throw Error(Code::invalid_argument, Reason::limit_exceeded,
                fmt::format("text of {} bytes: the limit is 4 GiB", value.size()));
  }
  u32(static_cast<std::uint32_t>(value.size()));
  bytes_.insert(bytes_.end(), value.begin(), value.end());
}

std::uint64_t ByteReader::little_endian(int width) {
  const ByteView bytes = raw(static_cast<std::size_t>(width));
  std::uint64_t value = 0;
  for (int i = 0; i < width; ++i) value |= static_cast<std::uint64_t>(bytes[i]) << (8 * i);
  return value;
}

float ByteReader::f32() { return std::bit_cast<float>(u32()); }
double ByteReader::f64() { return std::bit_cast<double>(u64()); }

std::string_view ByteReader::text() {
  const ByteView bytes = raw(u32());
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

ByteView ByteReader::raw(std::size_t size) {
  if (size > remaining()) {
    throw Error(
        Code::data_loss, Reason::truncated,
        fmt::format("{} bytes are needed at offset {}, {} are left", size, at_, remaining()));
  }
  const ByteView bytes = bytes_.subspan(at_, size);
  at_ += size;
  return bytes;
}

std::size_t ByteReader::count(std::size_t least_size) {
  const std::uint64_t count = u64();
  if (count > remaining() / least_size) {
    throw Error(Code::data_loss, Reason::truncated,
                fmt::format("{} items of at least {} bytes at offset {}, {} bytes are left", count,
                            least_size, at_, remaining()));
  }
  return static_cast<std::size_t>(count);
}

void ByteReader::finish() const {
  if (remaining() != 0) {
    throw Error(Code::data_loss, Reason::truncated,
                fmt::format("{} bytes too many, from offset {}", remaining(), at_));
  }
}

namespace {

template <typename Word>
Word load(const unsigned char* at) noexcept {
  Word word;
  std::memcpy(&word, at, sizeof word);
  return word;
}

/// The length of the well-formed sequence that starts with a non-ASCII byte, 0 when there is none.
/// Source: Unicode 15, table 3-7.
std::size_t sequence_length(const unsigned char* at, std::size_t left) noexcept {
  const unsigned char lead = at[0];
  std::size_t length = 0;
  unsigned char low = 0x80;
  unsigned char high = 0xBF;
  if (lead >= 0xC2 && lead <= 0xDF) {
    length = 2;
  } else if (lead >= 0xE0 && lead <= 0xEF) {
    length = 3;
    if (lead == 0xE0) low = 0xA0;
    if (lead == 0xED) high = 0x9F;
  } else if (lead >= 0xF0 && lead <= 0xF4) {
    length = 4;
    if (lead == 0xF0) low = 0x90;
    if (lead == 0xF4) high = 0x8F;
  }
  if (length == 0 || length > left || at[1] < low || at[1] > high) return 0;
  for (std::size_t i = 2; i < length; ++i) {
    if (at[i] < 0x80 || at[i] > 0xBF) return 0;
  }
  return length;
}

}  // namespace

bool is_utf8(std::string_view text) noexcept {
  const auto* at = reinterpret_cast<const unsigned char*>(text.data());
  std::size_t left = text.size();
  while (left > 0) {
    // Short ASCII ends are the common case: one step of 8, 4 or 1 bytes each.
    if (left >= 8 && (load<std::uint64_t>(at) & 0x8080808080808080u) == 0) {
      at += 8;
      left -= 8;
    } else if (left >= 4 && (load<std::uint32_t>(at) & 0x80808080u) == 0) {
      at += 4;
      left -= 4;
    } else {
      const std::size_t length = *at < 0x80 ? 1 : sequence_length(at, left);
      if (length == 0) return false;
      at += length;
      left -= length;
    }
  }
  return true;
}

}  // namespace mlcore
