// SPDX-License-Identifier: Apache-2.0
// Outside code uses ByteWriter, ByteReader, is_utf8 and first_sequence.
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

}  // namespace

Utf8Sequence first_sequence(std::string_view text) noexcept {
  constexpr std::uint32_t kReplacement = 0xFFFD;
  const auto byte = [text](std::size_t i) { return static_cast<std::uint8_t>(text[i]); };
  const std::uint8_t lead = byte(0);
  if (lead < 0x80) return {1, lead, true};
  if (lead < 0xC2 || lead > 0xF4) return {1, kReplacement, false};
  const std::size_t whole = lead < 0xE0 ? 2 : lead < 0xF0 ? 3 : 4;
  std::uint8_t least = lead == 0xE0 ? 0xA0 : lead == 0xF0 ? 0x90 : 0x80;
  std::uint8_t greatest = lead == 0xED ? 0x9F : lead == 0xF4 ? 0x8F : 0xBF;
  std::uint32_t code_point = lead & (0x7Fu >> whole);
  for (std::size_t size = 1; size < whole; ++size) {
    if (size == text.size() || byte(size) < least || byte(size) > greatest) {
      return {size, kReplacement, false};
    }
    code_point = code_point << 6 | (byte(size) & 0x3Fu);
    least = 0x80;
    greatest = 0xBF;
  }
  return {whole, code_point, true};
}

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
      const auto next = first_sequence({reinterpret_cast<const char*>(at), left});
      if (!next.is_valid) return false;
      at += next.size;
      left -= next.size;
    }
  }
  return true;
}

}  // namespace mlcore
