// SPDX-License-Identifier: Apache-2.0
#pragma once

// CSV to packed rows, by a schema and never by guessing.
//
//   CsvRows rows = read_csv(text, layout);       // columns by name, in any order
//   rows.batch.size();                            // data lines
//   rows.extra_columns;                           // header names the schema does not have
//
// RFC 4180, with LF or CRLF. An unquoted empty field is null, `""` the empty string; `NA` and
// `null` are text. Booleans are `true` and `false`; timestamps as parse_timestamp; durations as
// parse_duration. A UTF-8 byte order mark is skipped; a NUL byte is an error.

#include <string>
#include <string_view>
#include <vector>

#include "mlcore/schema/row.hpp"

namespace mlcore {

struct CsvRows {
  RowBatch batch;
  std::vector<std::string> extra_columns;
};

/// Throws: invalid_argument/empty_input (no header), missing_column (also where the column is
/// nullable), duplicate_column (a column of the schema twice), malformed_csv, type_mismatch,
/// null_not_allowed, invalid_utf8; the message gives line and column name, `where` the data row and
/// the schema's column.
/// A header without a data line is zero rows, which callers that need rows refuse.
[[nodiscard]] CsvRows read_csv(std::string_view text, const RowLayout& layout);

/// One value as RFC 4180 wants it, quoted only where it must be; the empty string is `""`, and a
/// null is written by writing nothing.
void append_csv_field(std::string& out, std::string_view field);

}  // namespace mlcore
