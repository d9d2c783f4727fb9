// SPDX-License-Identifier: Apache-2.0
#pragma once

// One column of an Arrow batch: what its values mean, where they lie, and how one is read.
//
//   const ArrowColumn column = arrow_column(name, schema, array);
//   if (!column.is_null(row)) column.integer(row);

#include <cstdint>
#include <cstring>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "mlcore/schema/arrow.hpp"

namespace mlcore {

/// Lifetime: borrows the array's buffers. Requires, of each value that is read: the meaning, and a
/// row that is not null.
struct ArrowColumn {
  enum class Meaning : std::uint8_t { null, boolean, integer, real, text, instant, span };
  enum class Storage : std::uint8_t {
    none,
    bits,
    i8,
    i16,
    i32,
    i64,
    u8,
    u16,
    u32,
    u64,
    f32,
    f64,
    utf8,
    large_utf8,
    utf8_view
  };

  std::string name;
  Meaning meaning = Meaning::null;
  Storage storage = Storage::none;
  std::int64_t length = 0;
  std::int64_t offset = 0;                 // of the first value, in values and validity
  const void* values = nullptr;            // of text: its offsets, or its views
  const char* heap = nullptr;              // bytes of text
  const std::uint8_t* validity = nullptr;  // a set bit is a value
  std::int64_t multiply = 1;               // to microseconds
  std::int64_t divide = 1;
  const void* const* view_heaps = nullptr;   // the buffers that views point into
  const std::int64_t* view_sizes = nullptr;  // of these buffers
  std::int64_t view_count = 0;
  std::shared_ptr<const ArrowColumn> dictionary;  // of text; `values` are then positions in it

  /// What a row of it is: of a dictionary, its values.
  [[nodiscard]] Meaning row_meaning() const noexcept {
    return dictionary ? dictionary->meaning : meaning;
  }
  [[nodiscard]] bool is_null(std::int64_t row) const noexcept;
  [[nodiscard]] bool boolean(std::int64_t row) const noexcept;
  /// Absent: past the range of i64.
  [[nodiscard]] std::optional<std::int64_t> integer(std::int64_t row) const noexcept;
  /// An integer too.
  [[nodiscard]] double real(std::int64_t row) const noexcept;
  /// Cut down to microseconds. Absent: past the range.
  [[nodiscard]] std::optional<std::int64_t> micros(std::int64_t row) const noexcept;
  /// Absent: offsets that do not ascend, or a view past its buffer.
  [[nodiscard]] std::optional<std::string_view> text(std::int64_t row) const noexcept;

 private:
  template <typename T>
  [[nodiscard]] T stored(std::int64_t row) const noexcept {
    T value;
    std::memcpy(
        &value,
        static_cast<const char*>(values) + (offset + row) * static_cast<std::int64_t>(sizeof value),
        sizeof value);
    return value;
  }
  [[nodiscard]] std::optional<std::string_view> view(std::int64_t row) const noexcept;
};

/// Throws: invalid_argument/type_mismatch for a type that no field takes, malformed_row for members
/// that contradict each other.
[[nodiscard]] ArrowColumn arrow_column(const std::string& name, const ArrowSchema& schema,
                                       const ArrowArray& array);

}  // namespace mlcore
