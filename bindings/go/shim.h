/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MLCORE_GO_SHIM_H_
#define MLCORE_GO_SHIM_H_

/*
 * What the Go files call instead of a function of mlcore.h, for two reasons. A call for one row takes
 * one number, so that nothing is checked, copied or allocated on its way. A mlcore_rows_t, which holds
 * pointers, is made here: Go memory that holds pointers must not be shown to C. And bytes of the caller
 * are char*: behind a void* Go looks for pointers in all of the object that they are a part of.
 */

#include <mlcore/mlcore.h>
#include <stdlib.h>
#include <string.h>

/* The memory of a context, bound once; all of it is C's. */
typedef struct mlcore_go_bound {
  mlcore_context_t* context;
  const mlcore_state_t* state; /* of this call */
  char* row;
  int64_t row_size;
  int64_t row_capacity;
  const mlcore_rows_t* events; /* of this call, one a stream */
  int64_t stream_count;
  double* values; /* a row of numbers */
  int64_t value_count;
  double* out;
  int64_t out_count;
  mlcore_error_t error;
} mlcore_go_bound_t;

static inline int32_t mlcore_go_row(uintptr_t number) {
  mlcore_go_bound_t* b = (mlcore_go_bound_t*)number;
  return mlcore_predict_row(b->context, b->row, b->row_size, b->out, b->out_count, &b->error);
}

static inline int32_t mlcore_go_f64(uintptr_t number) {
  mlcore_go_bound_t* b = (mlcore_go_bound_t*)number;
  return mlcore_predict_f64(b->context, b->values, b->value_count, b->out, b->out_count, &b->error);
}

static inline int32_t mlcore_go_f32(uintptr_t number) {
  mlcore_go_bound_t* b = (mlcore_go_bound_t*)number;
  return mlcore_predict_f32(b->context, (const float*)b->values, b->value_count, b->out,
                            b->out_count, &b->error);
}

static inline int32_t mlcore_go_at(uintptr_t number) {
  mlcore_go_bound_t* b = (mlcore_go_bound_t*)number;
  return mlcore_predict_at(b->context, b->state, b->row, b->row_size, b->out, b->out_count,
                           &b->error);
}

static inline int32_t mlcore_go_events(uintptr_t number) {
  mlcore_go_bound_t* b = (mlcore_go_bound_t*)number;
  return mlcore_predict_events(b->context, b->row, b->row_size, b->events, b->stream_count, b->out,
                               b->out_count, &b->error);
}

static inline int32_t mlcore_go_open_bytes(const char* bytes, int64_t size, mlcore_model_t** model,
                                           mlcore_error_t* error) {
  return mlcore_model_open_bytes(bytes, size, model, error);
}

static inline int32_t mlcore_go_row_check(const mlcore_layout_t* layout, const char* row,
                                          int64_t row_size, mlcore_error_t* error) {
  return mlcore_row_check(layout, row, row_size, error);
}

static inline int32_t mlcore_go_restore(const mlcore_features_t* features, const char* snapshot,
                                        int64_t snapshot_size,
                                        const mlcore_state_options_t* options,
                                        mlcore_state_t** state, mlcore_error_t* error) {
  return mlcore_state_restore(features, snapshot, snapshot_size, options, state, error);
}

static inline mlcore_rows_t mlcore_go_rows(const char* bytes, int64_t size, const int64_t* offsets,
                                           int64_t count) {
  mlcore_rows_t rows;
  rows.bytes = bytes;
  rows.size = size;
  rows.offsets = offsets;
  rows.count = count;
  return rows;
}

static inline int32_t mlcore_go_batch_at(mlcore_context_t* context, const mlcore_state_t* state,
                                         const char* bytes, int64_t size, const int64_t* offsets,
                                         int64_t count, double* out, int64_t out_count,
                                         mlcore_error_t* error) {
  const mlcore_rows_t rows = mlcore_go_rows(bytes, size, offsets, count);
  return mlcore_predict_batch_at(context, state, &rows, out, out_count, error);
}

/* What a mlcore_matrix_t says beside its pointers. */
typedef struct mlcore_go_matrix {
  int64_t rows;
  int64_t columns;
  int64_t value_count;
  int64_t base_margin_count;
  double missing;
  int32_t number;
  int32_t absent;
  int32_t has_missing;
  int32_t is_sparse;
} mlcore_go_matrix_t;

static inline int32_t mlcore_go_matrix(mlcore_context_t* context, mlcore_go_matrix_t given,
                                       const char* values, const int64_t* row_begin,
                                       const int32_t* column, const double* base_margin, double* out,
                                       int64_t out_count, mlcore_error_t* error) {
  mlcore_matrix_t matrix;
  const int32_t code = mlcore_matrix_init(&matrix, sizeof matrix, error);
  if (code != MLCORE_OK) return code;
  matrix.number = given.number;
  matrix.rows = given.rows;
  matrix.columns = given.columns;
  matrix.values = values;
  matrix.absent = given.absent;
  matrix.has_missing = given.has_missing;
  matrix.missing = given.missing;
  if (given.is_sparse) {
    matrix.row_begin = row_begin;
    matrix.column = column;
    matrix.value_count = given.value_count;
  }
  if (given.base_margin_count != 0) {
    matrix.base_margin = base_margin;
    matrix.base_margin_count = given.base_margin_count;
  }
  return mlcore_predict_matrix(context, &matrix, out, out_count, error);
}

static inline int32_t mlcore_go_compute(const mlcore_features_t* features,
                                        const mlcore_state_t* state, const char* bytes,
                                        int64_t size, const int64_t* offsets, int64_t count,
                                        double* out, int64_t out_count, mlcore_error_t* error) {
  const mlcore_rows_t rows = mlcore_go_rows(bytes, size, offsets, count);
  return mlcore_features_compute(features, state, &rows, out, out_count, error);
}

/* With a source or, where that is NULL, without. */
static inline int32_t mlcore_go_ingest(const mlcore_state_t* state, int64_t stream,
                                       const char* bytes, int64_t size, const int64_t* offsets,
                                       int64_t count, const char* source, int64_t source_length,
                                       int64_t offset, mlcore_ingest_report_t* report,
                                       mlcore_error_t* error) {
  const mlcore_rows_t rows = mlcore_go_rows(bytes, size, offsets, count);
  if (source == NULL) return mlcore_state_ingest(state, stream, &rows, report, error);
  return mlcore_state_ingest_from(state, stream, &rows, source, source_length, offset, report,
                                  error);
}

#endif /* MLCORE_GO_SHIM_H_ */
