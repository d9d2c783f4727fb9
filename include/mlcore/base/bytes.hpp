// SPDX-License-Identifier: Apache-2.0
#pragma once

// Little-endian bytes, written and read with every length checked.
//
//   ByteWriter writer;
//   writer.u32(7);
//   writer.text("orders");
//   ByteReader reader(writer.bytes());
//   reader.u32();   // 7
//   reader.text();  // "orders"
//   reader.finish();

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace mlcore {

using Bytes = std::vector<std::uint8_t>;
using ByteView = std::span<const std::uint8_t>;

class ByteWriter {
 public:
  void u8(std::uint8_t value) { bytes_.push_back(value); }
  void u16(std::uint16_t value) { little_endian(value, 2); }
  void u32(std::uint32_t value) { little_endian(value, 4); }
  void u64(std::uint64_t value) { little_endian(value, 8); }
  void i64(std::int64_t value) { u64(static_cast<std::uint64_t>(value)); }
  void f32(float value);
  void f64(double value);
  /// u32 length, then the bytes.
  void text(std::string_view value);
  void raw(ByteView value) { bytes_.insert(bytes_.end(), value.begin(), value.end()); }

  [[nodiscard]] const Bytes& bytes() const noexcept { return bytes_; }
  [[nodiscard]] Bytes take() noexcept { return std::move(bytes_); }

 private:
  void little_endian(std::uint64_t value, int width);
  Bytes bytes_;
};

/// Throws: data_loss/truncated when fewer bytes remain than a read needs.
/// Lifetime: views returned point into the bytes given at construction.
class ByteReader {
 public:
  explicit ByteReader(ByteView bytes) noexcept : bytes_(bytes) {}

  [[nodiscard]] std::uint8_t u8() { return static_cast<std::uint8_t>(little_endian(1)); }
  [[nodiscard]] std::uint16_t u16() { return static_cast<std::uint16_t>(little_endian(2)); }
  [[nodiscard]] std::uint32_t u32() { return static_cast<std::uint32_t>(little_endian(4)); }
  [[nodiscard]] std::uint64_t u64() { return little_endian(8); }
  [[nodiscard]] std::int64_t i64() { return static_cast<std::int64_t>(u64()); }
  [[nodiscard]] float f32();
  [[nodiscard]] double f64();
  [[nodiscard]] std::string_view text();
  [[nodiscard]] ByteView raw(std::size_t size);
  [[nodiscard]] std::size_t remaining() const noexcept { return bytes_.size() - at_; }
  /// A count of things that take at least `least_size` bytes each.
  /// Throws: data_loss/truncated when that many can't be left, so that it is safe to reserve.
  [[nodiscard]] std::size_t count(std::size_t least_size);
  /// Throws: data_loss/truncated when bytes are left over.
  void finish() const;

 private:
  [[nodiscard]] std::uint64_t little_endian(int width);
  ByteView bytes_;
  std::size_t at_ = 0;
};

/// What a text begins with: a character, or bytes that begin none.
struct Utf8Sequence {
  std::size_t size;          // bytes; of a broken character those that began it
  std::uint32_t code_point;  // U+FFFD where it is broken
  bool is_valid;
};

/// Requires: a text that is not empty.
/// Source: The Unicode Standard 15, table 3-7 and "U+FFFD Substitution of Maximal Subparts".
[[nodiscard]] Utf8Sequence first_sequence(std::string_view text) noexcept;

/// True when `text` is well-formed UTF-8: no overlong form, no surrogate, nothing past U+10FFFF.
[[nodiscard]] bool is_utf8(std::string_view text) noexcept;

}  // namespace mlcore
