// SPDX-License-Identifier: Apache-2.0
#pragma once

// Columns of a table, from Arrow or numpy, to packed rows.
//
// A table's columns are found by name, as a row's members are: a name that the layout does not have
// is refused, a nullable field without a column is null. A column says what its values mean; a
// field takes only its own meaning, an f64 also integers.

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "binding.hpp"

namespace mlcore_python {

enum class Meaning { null, boolean, integer, real, text, instant, span, object };

/// How one value lies in memory.
enum class Storage {
  none,
  bits,
  bytes,
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
  utf8_view,
  objects
};

/// Lifetime: borrows everything but the dictionary.
struct Column {
  std::string name;
  Meaning meaning = Meaning::null;
  Storage storage = Storage::none;
  std::int64_t length = 0;
  std::int64_t offset = 0;                   // of the first value, in values and validity
  const void* values = nullptr;              // of text: its offsets, or its views
  const char* heap = nullptr;                // bytes of text
  const std::uint8_t* validity = nullptr;    // Arrow's bitmap: a set bit is a value
  const bool* mask = nullptr;                // numpy's: true is a null
  std::int64_t multiply = 1, divide = 1;     // to microseconds
  const void* const* view_heaps = nullptr;   // the buffers that views point into
  const std::int64_t* view_sizes = nullptr;  // of these buffers
  std::int64_t view_count = 0;
  std::shared_ptr<const Column> dictionary;  // values are then its positions
};

/// Packs `count` rows. Throws Failure, nothing is appended then: unknown_column, missing_column,
/// type_mismatch, and with the row too: invalid_number, and as mlcore_row_check.
void append_columns(Rows& rows, const std::vector<Column>& columns, std::int64_t count);

/// Appends a table of Arrow's: an object with __arrow_c_stream__ or __arrow_c_array__.
void append_arrow(Rows& rows, nb::handle table);

/// Rows themselves, or a table packed for `layout`.
[[nodiscard]] std::shared_ptr<const Rows> rows_of(nb::handle rows_or_table,
                                                  std::shared_ptr<const Layout> layout);

}  // namespace mlcore_python
