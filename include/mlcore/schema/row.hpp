// SPDX-License-Identifier: Apache-2.0
#pragma once

// The packed row: one contiguous buffer that every language writes and one function reads.
//
//   RowLayout layout(schema);
//   RowBuilder builder(layout);
//   builder.set_string(0, "c17");
//   builder.set_i64(1, 41);
//   RowView row = RowView::parse(layout, builder.finish());
//   row.i64(1);  // 41
//
// Bytes, little-endian, at any alignment:
//
//   0                u64 layout id
//   8                null bitmap, bit i of byte i/8 set = field i is null; padded to 8 bytes, the
//                    padding bits 0
//   slot_offset(i)   8 bytes a field: bool as 0 or 1, i64, f64, timestamp and duration as
//                    microseconds; a string as u32 offset from the row's start, u32 byte length;
//                    the slot of a null is 0
//   fixed_size()     string bytes, UTF-8, to the end
//
// An f64 slot that holds a NaN is a null. Strings lie inside [fixed_size(), size]; they may share
// bytes, but their lengths together are at most the row's size. Bytes that no string uses are
// ignored, so compare rows field by field.

#include <bit>
#include <cstdint>
#include <cstring>
#include <span>
#include <string_view>
#include <vector>

#include "mlcore/base/bytes.hpp"
#include "mlcore/schema/schema.hpp"

namespace mlcore {

class RowLayout {
 public:
  RowLayout() : RowLayout(Schema{}) {}
  /// Throws: resource_exhausted/limit_exceeded (the slots alone pass 4 GiB).
  explicit RowLayout(Schema schema);

  [[nodiscard]] const Schema& schema() const noexcept { return schema_; }
  /// The first 8 bytes, as little-endian u64, of the SHA-256 of: u32 field count, then for each
  /// field in order u32 name length, name, u8 type, u8 nullable.
  [[nodiscard]] std::uint64_t id() const noexcept { return id_; }
  [[nodiscard]] std::size_t slot_offset(std::size_t field) const noexcept {
    return slots_at_ + 8 * field;
  }
  [[nodiscard]] std::size_t fixed_size() const noexcept { return fixed_size_; }
  /// The null bitmap's 64-bit words, and in each the bits that must be 0: a field that is not
  /// nullable, or padding.
  [[nodiscard]] std::span<const std::uint64_t> never_null() const noexcept { return never_null_; }

 private:
  Schema schema_;
  std::vector<std::uint64_t> never_null_;
  std::uint64_t id_ = 0;
  std::size_t slots_at_ = 0;
  std::size_t fixed_size_ = 0;
};

/// A checked packed row. Getters do not check again.
/// Lifetime: borrows the layout and the bytes. Cost: `parse` O(fields + string bytes), no
/// allocation.
class RowView {
 public:
  RowView() = default;

  /// Throws: invalid_argument/layout_mismatch (packed for another layout), malformed_row (too
  /// short, a padding bit set, a null whose slot is not 0, an offset outside the row, strings that
  /// together are longer than the row, a bool other than 0 or 1), invalid_timestamp (outside years
  /// 0001 to 9999), null_not_allowed, invalid_utf8; `where.column` names the field.
  [[nodiscard]] static RowView parse(const RowLayout& layout, ByteView bytes);
  /// Requires: bytes that `parse` accepted for this layout.
  [[nodiscard]] static RowView trusted(const RowLayout& layout, ByteView bytes) noexcept {
    return RowView(layout, bytes);
  }

  [[nodiscard]] const RowLayout& layout() const noexcept { return *layout_; }
  [[nodiscard]] ByteView bytes() const noexcept { return bytes_; }
  [[nodiscard]] bool is_null(std::size_t field) const noexcept {
    if ((bytes_[8 + field / 8] >> (field % 8) & 1) != 0) return true;
    if (layout_->schema()[field].type != Type::f64) return false;
    const double value = f64(field);
    return value != value;
  }
  [[nodiscard]] bool boolean(std::size_t field) const noexcept { return word(field) != 0; }
  /// Also a timestamp and a duration, in microseconds.
  [[nodiscard]] std::int64_t i64(std::size_t field) const noexcept {
    return static_cast<std::int64_t>(word(field));
  }
  [[nodiscard]] double f64(std::size_t field) const noexcept {
    return std::bit_cast<double>(word(field));
  }
  [[nodiscard]] std::string_view string(std::size_t field) const noexcept {
    const std::uint64_t slot = word(field);
    const auto offset = static_cast<std::uint32_t>(slot);
    return {reinterpret_cast<const char*>(bytes_.data()) + offset,
            static_cast<std::size_t>(slot >> 32)};
  }

 private:
  RowView(const RowLayout& layout, ByteView bytes) noexcept : layout_(&layout), bytes_(bytes) {}
  [[nodiscard]] std::uint64_t word(std::size_t field) const noexcept {
    std::uint64_t value;
    std::memcpy(&value, bytes_.data() + layout_->slot_offset(field), sizeof value);
    return value;
  }

  const RowLayout* layout_ = nullptr;
  ByteView bytes_;
};

/// Writes one row after another into the same buffer.
/// Lifetime: borrows the layout. A field that is not set is null, and so is an f64 set to NaN.
/// Requires: setters of the field's own type. Values are checked by `RowView::parse`, not here.
class RowBuilder {
 public:
  explicit RowBuilder(const RowLayout& layout);

  void set_null(std::size_t field);
  void set_boolean(std::size_t field, bool value);
  /// Also a timestamp and a duration, in microseconds.
  void set_i64(std::size_t field, std::int64_t value);
  void set_f64(std::size_t field, double value);
  /// Throws: resource_exhausted/limit_exceeded (the row would pass 4 GiB).
  void set_string(std::size_t field, std::string_view value);
  /// Ends the row; the next call starts a new one, also after an error.
  /// Throws: invalid_argument/null_not_allowed (a field that is not nullable is null).
  /// Lifetime: until the next call of any member.
  [[nodiscard]] ByteView finish();
  /// Drops what was set; the next call starts a new row.
  void discard() noexcept { is_finished_ = true; }

 private:
  void start();
  void set_word(std::size_t field, std::uint64_t word);

  const RowLayout* layout_;
  Bytes bytes_;
  bool is_finished_ = true;
};

/// Packed rows one after another: row i is bytes [offsets[i], offsets[i + 1]).
struct RowBatch {
  Bytes bytes;
  std::vector<std::int64_t> offsets = {0};

  [[nodiscard]] std::size_t size() const noexcept { return offsets.size() - 1; }
  [[nodiscard]] ByteView operator[](std::size_t index) const noexcept {
    return ByteView(bytes).subspan(static_cast<std::size_t>(offsets[index]),
                                   static_cast<std::size_t>(offsets[index + 1] - offsets[index]));
  }
  void append(ByteView row) {
    bytes.insert(bytes.end(), row.begin(), row.end());
    offsets.push_back(static_cast<std::int64_t>(bytes.size()));
  }
};

}  // namespace mlcore
