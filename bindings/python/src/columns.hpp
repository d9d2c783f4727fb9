// SPDX-License-Identifier: Apache-2.0
#pragma once

// Columns of numpy arrays to packed rows; those of Arrow the library packs.
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

enum class Meaning { boolean, integer, real, instant, span, object };

/// How one value lies in memory.
enum class Storage { bytes, i8, i16, i32, i64, u8, u16, u32, u64, f32, f64, objects };

/// Lifetime: borrows its values.
struct Column {
  std::string name;
  Meaning meaning = Meaning::object;
  Storage storage = Storage::objects;
  std::int64_t length = 0;
  const void* values = nullptr;
  const bool* mask = nullptr;  // true is a null
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
