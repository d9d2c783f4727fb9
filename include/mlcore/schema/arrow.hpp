// SPDX-License-Identifier: Apache-2.0
#pragma once

// Record batches of the Arrow C data interface become packed rows.
//
//   const RowBatch rows = rows_from_arrow(definition.request(), schema, batch);
//   predictor->predict_batch(context, rows, out);
//
// Source: https://arrow.apache.org/docs/format/CDataInterface.html, whose structs stand here as it
// asks its users to copy them.

#include <cstdint>

#include "mlcore/schema/row.hpp"

#ifndef ARROW_C_DATA_INTERFACE
#define ARROW_C_DATA_INTERFACE

#define ARROW_FLAG_DICTIONARY_ORDERED 1
#define ARROW_FLAG_NULLABLE 2
#define ARROW_FLAG_MAP_KEYS_SORTED 4

extern "C" {

struct ArrowSchema {
  const char* format;
  const char* name;
  const char* metadata;
  int64_t flags;
  int64_t n_children;
  struct ArrowSchema** children;
  struct ArrowSchema* dictionary;
  void (*release)(struct ArrowSchema*);
  void* private_data;
};

struct ArrowArray {
  int64_t length;
  int64_t null_count;
  int64_t offset;
  int64_t n_buffers;
  int64_t n_children;
  const void** buffers;
  struct ArrowArray** children;
  struct ArrowArray* dictionary;
  void (*release)(struct ArrowArray*);
  void* private_data;
};

}  // extern "C"

#endif  // ARROW_C_DATA_INTERFACE

namespace mlcore {

/// The rows of a batch, a struct of columns, which are found by their names: a name that the layout
/// does not have is refused, a nullable field without a column is null. An i64 takes integers, an
/// f64 also floats, whose NaN is null; a bool booleans; a string utf8, large_utf8, utf8_view and
/// dictionaries of them; a timestamp instants with a time zone, cut down to microseconds; a
/// duration durations. Schema and batch are borrowed, and not released.
/// What a producer hands over is checked as far as the interface lets one see: formats, counts of
/// buffers and children, lengths, offsets, positions in dictionaries and views; how long a buffer
/// is it does not tell. Throws, naming column and row: invalid_argument with type_mismatch,
/// malformed_row, unknown_column, missing_column, duplicate_column, null_not_allowed,
/// invalid_number, invalid_timestamp, invalid_utf8; invalid_option for a struct that was released.
[[nodiscard]] RowBatch rows_from_arrow(const RowLayout& layout, const ArrowSchema& schema,
                                       const ArrowArray& batch);

}  // namespace mlcore
