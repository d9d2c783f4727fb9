/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MLCORE_H_
#define MLCORE_H_

/*
 * mlcore in C: open an artifact, keep events, score rows.
 *
 *   mlcore_error_t error = MLCORE_ERROR_INIT;
 *   mlcore_model_t* model = NULL;
 *   mlcore_context_t* context = NULL;
 *   double churn;
 *   if (mlcore_model_open("churn.mlc", 9, &model, &error) ||
 *       mlcore_context_new(model, NULL, &context, &error) ||
 *       mlcore_predict_row(context, row, row_size, &churn, 1, &error))
 *     fprintf(stderr, "%s\n", error.message);
 *   mlcore_context_release(context);
 *   mlcore_model_release(model);
 *
 * Conventions. docs/c_api.md explains them for authors of bindings.
 *
 *  1. Every function that can fail returns int32_t: MLCORE_OK (0) or an MLCORE_* code. No C++
 *     exception leaves the library, and the library never prints, logs, exits or reads the
 *     environment. It starts no thread but where a context asks for them.
 *  2. The last parameter of such a function is `mlcore_error_t* error`, owned by the caller and
 *     NULL where the caller does not want to know. It is written only on failure.
 *  3. On failure an output parameter that receives a handle is set to NULL; other outputs hold
 *     nothing that may be used.
 *  4. Handles are opaque. `_open`, `_new` and `_restore` give one to the caller, who gives it back
 *     to `_release`; `_release(NULL)` does nothing. A call that needs a handle and gets NULL
 *     returns MLCORE_INVALID_ARGUMENT, reason MLCORE_REASON_NULL_POINTER.
 *  5. A `const` handle may be used by many threads at once. Any other handle is used by one thread
 *     at a time, and by which one may change from call to call. A state is const everywhere: it
 *     locks inside. `_release` is the last use of a handle.
 *  6. Text in is UTF-8, a pointer and an int64_t length; it needs no NUL. Text and layouts out are
 *     borrowed: they live as long as the handle they were asked from.
 *  7. Functions that fill a buffer take its capacity and store what is needed in `*needed`. With
 *     capacity 0 they succeed and only that is stored; a capacity between is
 *     MLCORE_OUT_OF_RANGE, reason MLCORE_REASON_BUFFER_TOO_SMALL, and the buffer is not touched.
 *  8. A struct whose first member is struct_size is set up by the caller with its own sizeof. In
 *     an options struct zero means the default in every member; the library takes a smaller one
 *     (the rest is default) and a larger one whose tail is zero.
 *  9. Time is int64_t microseconds since 1970-01-01T00:00:00Z.
 * 10. Outputs are double, row after row; the caller says how many it has room for, and the number
 *     must be exact. A float32 margin widens without change. Null is NaN, always
 * 0x7FF8000000000000.
 * 11. A call that scores one row from a row without streams allocates nothing and takes no lock;
 *     with a monitor it takes one where the row's pane is not that of the context's last rows.
 */

#include <stddef.h>
#include <stdint.h>

#include "codes.h"

#if defined(__GNUC__)
#define MLCORE_API __attribute__((visibility("default")))
#else
#define MLCORE_API
#endif

#ifdef __cplusplus
extern "C" {
#endif

/* Versions and errors ------------------------------------------------------------------------- */

/* The binary interface this header describes: major << 16 | minor. */
#define MLCORE_ABI_VERSION 5u

typedef struct mlcore_error {
  uint32_t struct_size; /* sizeof(mlcore_error_t), set by the caller; never written past */
  int32_t code;         /* MLCORE_* */
  int32_t reason;       /* MLCORE_REASON_* */
  int32_t column;       /* position in the schema, from 0; -1 where it does not apply */
  int64_t row;          /* position in the batch, from 0; -1 where it does not apply */
  char message[1024];   /* UTF-8, cut at a code point, with a NUL; U+FFFD for what is not UTF-8 */
} mlcore_error_t;

#define MLCORE_ERROR_INIT                       \
  {                                             \
    sizeof(mlcore_error_t), 0, 0, -1, -1, { 0 } \
  }

/* Return the library's version, as "0.1.0". */
MLCORE_API const char* mlcore_version(void);

/* Return the library's MLCORE_ABI_VERSION. */
MLCORE_API uint32_t mlcore_abi_version(void);

/* Check that the library loaded serves a caller compiled with `header_abi`, its own
 * MLCORE_ABI_VERSION; call it first. The message names both versions and the library's path.
 * While the major number is 0 nothing is frozen and both numbers must be equal; from 1 on the
 * major must be equal and the library's minor not smaller.
 * Errors: FAILED_PRECONDITION/ABI_MISMATCH. */
MLCORE_API int32_t mlcore_check_abi(uint32_t header_abi, mlcore_error_t* error);

/* Return the name of a code ("INVALID_ARGUMENT") or of a reason ("missing_column"); "" for a
 * number that is not registered. */
MLCORE_API const char* mlcore_code_name(int32_t code);
MLCORE_API const char* mlcore_reason_name(int32_t reason);

/* Handles ------------------------------------------------------------------------------------- */

typedef struct mlcore_model mlcore_model_t;       /* an artifact, opened; immutable, counted */
typedef struct mlcore_features mlcore_features_t; /* a feature definition; immutable */
typedef struct mlcore_layout mlcore_layout_t;     /* the bytes of a row; borrowed, immutable */
typedef struct mlcore_context mlcore_context_t;   /* scratch memory of one chain of calls */
typedef struct mlcore_state mlcore_state_t;       /* the events of many keys; locks inside */
typedef struct mlcore_buffer mlcore_buffer_t;     /* bytes that the library allocated */
typedef struct mlcore_monitor mlcore_monitor_t;   /* what contexts saw, against the training */

/* Models -------------------------------------------------------------------------------------- */

/* What a prediction can give. */
enum {
  MLCORE_OUTPUT_PREDICTION = 0, /* after the link: probabilities, or the regressor's value */
  MLCORE_OUTPUT_MARGIN = 1,     /* before the link */
  MLCORE_OUTPUT_FEATURES = 2,   /* the features themselves, before they meet the model */
  /* The class's index, one value. binary:logistic: 1 if the probability, a float32, is greater than
   * 0.5, else 0. binary:hinge: 1 if the margin is greater than 0. multi:*: the first of the
   * greatest margins. Other objectives predict no class. */
  MLCORE_OUTPUT_CLASS = 3,
  /* For each tree, in the framework's order, the id of the leaf that the row ends in, as the
   * framework's own file numbers the nodes: XGBoost's pred_leaf. */
  MLCORE_OUTPUT_LEAF = 4
};

/* Open an artifact by its REF: FILE.mlc; DIR, which holds model.mlc, as DIR/v3; or DIR@ALIAS, in a
 * registry. Every byte is checked, and the artifact's proof rows are computed again; a version of a
 * registry must be what its metadata and the alias say.
 * Errors: INVALID_ARGUMENT/INVALID_OPTION (a NUL in the path), NOT_FOUND/FILE_NOT_FOUND,
 * UNAVAILABLE/IO_FAILURE, DATA_LOSS with NOT_AN_ARTIFACT, TRUNCATED, CHECKSUM,
 * MALFORMED_ARTIFACT or PROOF_FAILED, UNIMPLEMENTED/NEWER_FORMAT; of a registry
 * NOT_FOUND/UNKNOWN_ALIAS or UNKNOWN_VERSION, DATA_LOSS/MALFORMED_REGISTRY,
 * FAILED_PRECONDITION/UNSAFE_FILE. */
MLCORE_API int32_t mlcore_model_open(const char* path, int64_t path_length, mlcore_model_t** model,
                                     mlcore_error_t* error);

/* Open an artifact from its bytes, which are not needed afterwards.
 * Errors: as mlcore_model_open, but for files. */
MLCORE_API int32_t mlcore_model_open_bytes(const void* bytes, int64_t size, mlcore_model_t** model,
                                           mlcore_error_t* error);

/* Count one more owner, who will release the model too. NULL does nothing. */
MLCORE_API void mlcore_model_retain(const mlcore_model_t* model);

/* Give up one ownership; the last one frees the model. A context is an owner of its model. */
MLCORE_API void mlcore_model_release(const mlcore_model_t* model);

/* Borrow the model's name. */
MLCORE_API int32_t mlcore_model_name(const mlcore_model_t* model, const char** name,
                                     int64_t* name_length, mlcore_error_t* error);

/* Borrow the digest that names the artifact's content: 64 hexadecimal digits. */
MLCORE_API int32_t mlcore_model_digest(const mlcore_model_t* model, const char** digest,
                                       int64_t* digest_length, mlcore_error_t* error);

/* The version that the model was opened from; 0 when it was not opened from a registry. */
MLCORE_API int32_t mlcore_model_version(const mlcore_model_t* model, int64_t* version,
                                        mlcore_error_t* error);

/* Borrow the model's feature definition, fitted, as a handle that is not released. */
MLCORE_API int32_t mlcore_model_features(const mlcore_model_t* model,
                                         const mlcore_features_t** features, mlcore_error_t* error);

/* Store how many values a row gives as `output`, an MLCORE_OUTPUT_*, from all boosting rounds.
 * Errors: INVALID_ARGUMENT/INVALID_OPTION; FAILED_PRECONDITION/INVALID_OPTION for CLASS of a model
 * that predicts none, and for LEAF where the model has no trees or its file does not tell the
 * nodes' ids (format 0.1). */
MLCORE_API int32_t mlcore_model_output_count(const mlcore_model_t* model, int32_t output,
                                             int64_t* count, mlcore_error_t* error);

/* Write what the model is, as one JSON object: name, digest, request, streams, features, outputs,
 * the model's framework and contract, metadata. No NUL is added.
 * Errors: OUT_OF_RANGE/BUFFER_TOO_SMALL (convention 7). */
MLCORE_API int32_t mlcore_model_describe(const mlcore_model_t* model, char* buffer,
                                         int64_t capacity, int64_t* needed, mlcore_error_t* error);

/* Make an artifact of another framework's model file, as `mlcore import` does;
 * mlcore_model_open_bytes opens it, and its bytes are what a .mlc file holds. `format` is "xgboost"
 * (JSON, UBJSON), "lightgbm" (text) or "json" (a model JSON, docs/model_json.md). `definition` is
 * the text of a definition whose outputs are the model's features; with length 0 each feature is a
 * nullable f64 input. `best_iteration` is 1 where only the rounds up to the one that early stopping
 * found best are wanted, which an XGBoost file tells, else 0. What is read and what is refused:
 * docs/models.md. Errors: INVALID_ARGUMENT with MALFORMED_MODEL, INVALID_TREE, FEATURE_COUNT,
 * FEATURE_NAMES, INVALID_OPTION, and as mlcore_features_open; UNIMPLEMENTED/UNSUPPORTED_MODEL;
 * FAILED_PRECONDITION with INVALID_OPTION (no best iteration is told) or NOT_FITTED. */
MLCORE_API int32_t mlcore_import(const char* format, int64_t format_length, const void* model,
                                 int64_t model_size, const char* definition,
                                 int64_t definition_length, int32_t best_iteration,
                                 mlcore_buffer_t** artifact, mlcore_error_t* error);

/* Feature definitions ------------------------------------------------------------------------- */

/* Compile the text of a definition, to make a state or features before a model exists.
 * Errors: INVALID_ARGUMENT with SYNTAX, INVALID_UTF8, UNKNOWN_NAME, DUPLICATE_NAME, TYPE_ERROR or
 * LIMIT_EXCEEDED, UNIMPLEMENTED/UNSUPPORTED_FEATURE; the message has line, column and a caret. */
MLCORE_API int32_t mlcore_features_open(const char* text, int64_t text_length,
                                        mlcore_features_t** features, mlcore_error_t* error);

/* Free a definition from mlcore_features_open. */
MLCORE_API void mlcore_features_release(mlcore_features_t* features);

/* Borrow the definition's canonical text. */
MLCORE_API int32_t mlcore_features_text(const mlcore_features_t* features, const char** text,
                                        int64_t* text_length, mlcore_error_t* error);

/* Borrow the fingerprint that names the definition's meaning: 64 hexadecimal digits. */
MLCORE_API int32_t mlcore_features_fingerprint(const mlcore_features_t* features,
                                               const char** fingerprint,
                                               int64_t* fingerprint_length, mlcore_error_t* error);

/* Store how many features a row makes. */
MLCORE_API int32_t mlcore_feature_count(const mlcore_features_t* features, int64_t* count,
                                        mlcore_error_t* error);

/* Borrow the name of a feature.
 * Errors: OUT_OF_RANGE/INVALID_INDEX. */
MLCORE_API int32_t mlcore_feature_name(const mlcore_features_t* features, int64_t index,
                                       const char** name, int64_t* name_length,
                                       mlcore_error_t* error);

/* Borrow the layout of a request row: keys, inputs, then as_of where it is needed. */
MLCORE_API int32_t mlcore_features_request_layout(const mlcore_features_t* features,
                                                  const mlcore_layout_t** layout,
                                                  mlcore_error_t* error);

/* Store how many streams of events the definition reads. */
MLCORE_API int32_t mlcore_features_stream_count(const mlcore_features_t* features, int64_t* count,
                                                mlcore_error_t* error);

/* Borrow the name of a stream.
 * Errors: OUT_OF_RANGE/INVALID_INDEX. */
MLCORE_API int32_t mlcore_features_stream_name(const mlcore_features_t* features, int64_t stream,
                                               const char** name, int64_t* name_length,
                                               mlcore_error_t* error);

/* Store the index of the stream with this name.
 * Errors: NOT_FOUND/UNKNOWN_NAME. */
MLCORE_API int32_t mlcore_features_find_stream(const mlcore_features_t* features, const char* name,
                                               int64_t name_length, int64_t* stream,
                                               mlcore_error_t* error);

/* Borrow the layout of a stream's events.
 * Errors: OUT_OF_RANGE/INVALID_INDEX. */
MLCORE_API int32_t mlcore_features_stream_layout(const mlcore_features_t* features, int64_t stream,
                                                 const mlcore_layout_t** layout,
                                                 mlcore_error_t* error);

/* Rows ---------------------------------------------------------------------------------------- */

/* The types of a field. */
enum {
  MLCORE_TYPE_BOOLEAN = 1,
  MLCORE_TYPE_I64 = 2,
  MLCORE_TYPE_F64 = 3,
  MLCORE_TYPE_STRING = 4,
  MLCORE_TYPE_TIMESTAMP = 5,
  MLCORE_TYPE_DURATION = 6
};

/* A packed row is one buffer, little-endian, at any alignment:
 *
 *   0             uint64 layout id
 *   8             null bitmap: bit i of byte i/8 is set where field i is null; padded with zero
 *                 bits to a multiple of 8 bytes
 *   slot_offset   8 bytes a field: a boolean as 0 or 1; i64; f64; timestamp and duration as
 *                 microseconds; a string as uint32 offset from the row's start and uint32 length
 *                 in bytes; a null as 0
 *   fixed_size    the bytes of strings, UTF-8, to the row's end */
typedef struct mlcore_field {
  uint32_t struct_size;
  int32_t type;     /* MLCORE_TYPE_* */
  int32_t nullable; /* 0 or 1 */
  int32_t reserved; /* 0 */
  int64_t slot_offset;
  const char* name; /* borrowed from the layout */
  int64_t name_length;
} mlcore_field_t;

struct ArrowSchema; /* of the Arrow C data interface: its specification has them, to be copied */
struct ArrowArray;

/* Rows one after another: row i is bytes [offsets[i], offsets[i + 1]) of `bytes`. */
typedef struct mlcore_rows {
  const void* bytes;
  int64_t size;           /* of `bytes` */
  const int64_t* offsets; /* count + 1 of them, ascending, within [0, size] */
  int64_t count;
} mlcore_rows_t;

/* Store the number that every row of this layout begins with. */
MLCORE_API int32_t mlcore_layout_id(const mlcore_layout_t* layout, uint64_t* id,
                                    mlcore_error_t* error);

/* Store how many bytes a row has before its strings. */
MLCORE_API int32_t mlcore_layout_fixed_size(const mlcore_layout_t* layout, int64_t* size,
                                            mlcore_error_t* error);

/* Store how many fields a row has. */
MLCORE_API int32_t mlcore_layout_field_count(const mlcore_layout_t* layout, int64_t* count,
                                             mlcore_error_t* error);

/* Fill `*field`, whose struct_size is set, with what is known of a field.
 * Errors: OUT_OF_RANGE/INVALID_INDEX, INVALID_ARGUMENT/INVALID_OPTION (struct_size). */
MLCORE_API int32_t mlcore_layout_field(const mlcore_layout_t* layout, int64_t index,
                                       mlcore_field_t* field, mlcore_error_t* error);

/* Store the index of the field with this name.
 * Errors: NOT_FOUND/UNKNOWN_COLUMN. */
MLCORE_API int32_t mlcore_layout_find(const mlcore_layout_t* layout, const char* name,
                                      int64_t name_length, int64_t* index, mlcore_error_t* error);

/* Check that the bytes are a row of this layout, as every call that takes a row does.
 * Errors: INVALID_ARGUMENT with LAYOUT_MISMATCH, MALFORMED_ROW, NULL_NOT_ALLOWED, INVALID_UTF8 or
 * INVALID_TIMESTAMP;
 * error->column names the field. */
MLCORE_API int32_t mlcore_row_check(const mlcore_layout_t* layout, const void* row,
                                    int64_t row_size, mlcore_error_t* error);

/* Pack one JSON object, its members the layout's fields in any order, into `row`. A nullable field
 * may be absent or null; a timestamp is a string, `YYYY-MM-DD` or RFC 3339 with an offset.
 * Errors: INVALID_ARGUMENT with MALFORMED_JSON, MISSING_COLUMN, UNKNOWN_COLUMN, TYPE_MISMATCH,
 * NULL_NOT_ALLOWED, INVALID_TIMESTAMP or INVALID_NUMBER; OUT_OF_RANGE/BUFFER_TOO_SMALL. */
MLCORE_API int32_t mlcore_row_from_json(const mlcore_layout_t* layout, const char* json,
                                        int64_t json_length, void* row, int64_t capacity,
                                        int64_t* needed, mlcore_error_t* error);

/* Pack a record batch of the Arrow C data interface, a struct of columns found by their names, and
 * point `*rows` into `*buffer`, which the caller releases when the rows are not needed any more.
 * `schema` and `batch` are borrowed and not released. Integers are taken for i64 and f64, floats
 * for f64, where NaN is null, booleans, strings of all three kinds and dictionaries of them,
 * timestamps with a time zone, durations; a nullable field without a column is null. What a
 * producer's members say of themselves is checked; the size of a buffer they do not tell. Errors:
 * INVALID_ARGUMENT with TYPE_MISMATCH, MALFORMED_ROW, UNKNOWN_COLUMN, MISSING_COLUMN,
 * DUPLICATE_COLUMN, NULL_NOT_ALLOWED, INVALID_NUMBER, INVALID_TIMESTAMP, INVALID_UTF8 or
 * INVALID_OPTION (a struct that was released), naming column and row. */
MLCORE_API int32_t mlcore_rows_from_arrow(const mlcore_layout_t* layout,
                                          const struct ArrowSchema* schema,
                                          const struct ArrowArray* batch, mlcore_rows_t* rows,
                                          mlcore_buffer_t** buffer, mlcore_error_t* error);

/* Features without a model -------------------------------------------------------------------- */

/* Compute the features of many requests: `out` gets [rows, mlcore_feature_count] values. `state`
 * is NULL for a definition without streams. For training tables; a model's context gives the same
 * bits one row at a time.
 * Errors: FAILED_PRECONDITION with NOT_FITTED (the definition has `fit` and no model fitted it) or
 * NEEDS_STATE; as mlcore_row_check with error->row; as mlcore_predict_at. */
MLCORE_API int32_t mlcore_features_compute(const mlcore_features_t* features,
                                           const mlcore_state_t* state,
                                           const mlcore_rows_t* requests, double* out,
                                           int64_t out_count, mlcore_error_t* error);

/* Contexts ------------------------------------------------------------------------------------ */

typedef struct mlcore_context_options {
  uint32_t struct_size;
  int32_t output; /* MLCORE_OUTPUT_* */
  /* The boosting rounds [begin, end) whose trees are used, with the base margins: XGBoost's
   * iteration_range. A round is a tree for each class and parallel tree; an end of 0 is the last.
   */
  int32_t iteration_begin;
  int32_t iteration_end;
  /* Threads that a call of many rows may use, the caller's among them; at most 256, and 0 is 1.
   * They live for the call, where there are rows enough to pay. Bits and errors are those of one
   * thread; a context with a monitor runs on one. */
  int32_t threads;
} mlcore_context_options_t;

/* Set every option to its default and struct_size to `size`, the caller's sizeof.
 * Errors: INVALID_ARGUMENT/INVALID_OPTION (size). */
MLCORE_API int32_t mlcore_context_options_init(mlcore_context_options_t* options, uint32_t size,
                                               mlcore_error_t* error);

/* Make a context, an owner of its model; `options` may be NULL.
 * Errors: INVALID_ARGUMENT or UNIMPLEMENTED/INVALID_OPTION, among them a range of rounds that is
 * empty, negative or past the last, and threads outside 0 to 256;
 * FAILED_PRECONDITION/INVALID_OPTION as mlcore_model_output_count, and for a range where the file
 * does not tell the rounds. */
MLCORE_API int32_t mlcore_context_new(const mlcore_model_t* model,
                                      const mlcore_context_options_t* options,
                                      mlcore_context_t** context, mlcore_error_t* error);
MLCORE_API void mlcore_context_release(mlcore_context_t* context);

/* Store how many values a row gives. */
MLCORE_API int32_t mlcore_context_output_count(const mlcore_context_t* context, int64_t* count,
                                               mlcore_error_t* error);

/* Monitors ------------------------------------------------------------------------------------ */

/* What mlcore_monitor_report writes. docs/monitor.md describes it. */
enum { MLCORE_REPORT_JSON = 0, MLCORE_REPORT_PROMETHEUS = 1, MLCORE_REPORT_HTML = 2 };

typedef struct mlcore_monitor_options {
  uint32_t struct_size;
  int32_t max_panes;         /* the newest panes are kept; at most 4096, 0 = 32 */
  int64_t pane_micros;       /* width of a pane by the request's as_of; 0 = panes by count */
  int64_t pane_rows;         /* rows of a pane by count; 0 = 10,000 */
  int64_t minimum_rows;      /* with fewer a pane is INSUFFICIENT; 0 = 100 */
  double alpha;              /* chance that a quiet pane is called DRIFT; 0 = 0.001 */
  double distance_threshold; /* of every distance; 0 = 0.1 */
  double share_threshold;    /* missing, out of range, unseen; 0 = 0.02 */
} mlcore_monitor_options_t;

/* Set every option to its default and struct_size to `size`, the caller's sizeof.
 * Errors: INVALID_ARGUMENT/INVALID_OPTION (size). */
MLCORE_API int32_t mlcore_monitor_options_init(mlcore_monitor_options_t* options, uint32_t size,
                                               mlcore_error_t* error);

/* Make a monitor that compares what contexts see with the model's reference profile; `options` may
 * be NULL. It is an owner of the model's content, not of the handle.
 * Errors: FAILED_PRECONDITION with NO_REFERENCE (the artifact has no profile) or NEEDS_AS_OF
 * (pane_micros, and requests without as_of); INVALID_ARGUMENT/OTHER_MODEL (a profile of other
 * columns); INVALID_ARGUMENT or UNIMPLEMENTED/INVALID_OPTION (a negative number, a width past 2^53,
 * both widths, alpha outside 1e-100 to 0.5, a threshold that is not finite). */
MLCORE_API int32_t mlcore_monitor_new(const mlcore_model_t* model,
                                      const mlcore_monitor_options_t* options,
                                      mlcore_monitor_t** monitor, mlcore_error_t* error);

/* Count from now on what `context` scores: features always, predictions where the output is
 * PREDICTION, MARGIN or CLASS from all rounds, and calls that fail. It takes no lock but where the
 * pane changes, and goes on when the monitor is gone. A batch counts as its rows one after another:
 * those before the one that fails, then a failure.
 * Errors: INVALID_ARGUMENT/OTHER_MODEL, FAILED_PRECONDITION/ALREADY_MONITORED. */
MLCORE_API int32_t mlcore_monitor_attach(const mlcore_monitor_t* monitor, mlcore_context_t* context,
                                         mlcore_error_t* error);

/* Write a report on all calls that have returned into a buffer to be released by the caller;
 * `format` is an MLCORE_REPORT_*. Contexts go on meanwhile.
 * Errors: INVALID_ARGUMENT/INVALID_OPTION (format). */
MLCORE_API int32_t mlcore_monitor_report(const mlcore_monitor_t* monitor, int32_t format,
                                         mlcore_buffer_t** report, mlcore_error_t* error);

/* Free a monitor, before or after its contexts. */
MLCORE_API void mlcore_monitor_release(mlcore_monitor_t* monitor);

/* Predictions ---------------------------------------------------------------------------------
 * All of them: INVALID_ARGUMENT/WRONG_WIDTH unless out_count is exactly rows times
 * mlcore_context_output_count. A packed row carries keys, inputs and as_of. */

/* Score one packed row of a definition without streams.
 * Errors: as mlcore_row_check; FAILED_PRECONDITION/NEEDS_STATE. */
MLCORE_API int32_t mlcore_predict_row(mlcore_context_t* context, const void* row, int64_t row_size,
                                      double* out, int64_t out_count, mlcore_error_t* error);

/* Score one row given as numbers, where every field of the request is a boolean, i64 or f64; NaN is
 * null.
 * Errors: FAILED_PRECONDITION with NOT_NUMERIC or NEEDS_STATE; INVALID_ARGUMENT with WRONG_WIDTH,
 * TYPE_MISMATCH (a fraction for an i64) or NULL_NOT_ALLOWED. */
MLCORE_API int32_t mlcore_predict_f64(mlcore_context_t* context, const double* values,
                                      int64_t value_count, double* out, int64_t out_count,
                                      mlcore_error_t* error);
MLCORE_API int32_t mlcore_predict_f32(mlcore_context_t* context, const float* values,
                                      int64_t value_count, double* out, int64_t out_count,
                                      mlcore_error_t* error);

/* Score one packed row, the events of its keys taken from a state.
 * Errors: as mlcore_row_check; FAILED_PRECONDITION with STREAM_MISMATCH (a state of other streams)
 * or INCOMPLETE_HISTORY; OUT_OF_RANGE/NOT_RETAINED. */
MLCORE_API int32_t mlcore_predict_at(mlcore_context_t* context, const mlcore_state_t* state,
                                     const void* row, int64_t row_size, double* out,
                                     int64_t out_count, mlcore_error_t* error);

/* Score one packed row with the events that the caller brings: one mlcore_rows_t for each stream of
 * the definition, in its order, the events in any order.
 * Errors: as mlcore_row_check; INVALID_ARGUMENT/WRONG_WIDTH (stream_count). */
MLCORE_API int32_t mlcore_predict_events(mlcore_context_t* context, const void* row,
                                         int64_t row_size, const mlcore_rows_t* events,
                                         int64_t stream_count, double* out, int64_t out_count,
                                         mlcore_error_t* error);

/* Score many rows given as numbers: row i begins at values + i * row_stride.
 * Errors: as mlcore_predict_f64, error->row says which; INVALID_ARGUMENT/INVALID_LENGTH (a stride
 * below columns). */
MLCORE_API int32_t mlcore_predict_batch_f64(mlcore_context_t* context, const double* values,
                                            int64_t rows, int64_t columns, int64_t row_stride,
                                            double* out, int64_t out_count, mlcore_error_t* error);
MLCORE_API int32_t mlcore_predict_batch_f32(mlcore_context_t* context, const float* values,
                                            int64_t rows, int64_t columns, int64_t row_stride,
                                            double* out, int64_t out_count, mlcore_error_t* error);

/* The type of a matrix's values. */
enum { MLCORE_NUMBER_F64 = 0, MLCORE_NUMBER_F32 = 1 };

/* What a sparse row's columns without an entry are; by default missing of an XGBoost model, 0 of
 * any other, as the frameworks take it. */
enum { MLCORE_ABSENT_DEFAULT = 0, MLCORE_ABSENT_MISSING = 1, MLCORE_ABSENT_ZERO = 2 };

/* Rows of numbers, borrowed: dense, or with row_begin compressed sparse rows (CSR). Zero is the
 * default in every member. */
typedef struct mlcore_matrix {
  uint32_t struct_size;
  int32_t number; /* MLCORE_NUMBER_* */
  int64_t rows;
  int64_t columns;    /* the fields of the request */
  const void* values; /* of a dense matrix row i begins row_stride values after row i - 1 */
  int64_t row_stride; /* 0: columns */
  /* Sparse: the entries of row i are [row_begin[i], row_begin[i + 1]), rows + 1 of them, ascending;
   * entry j is values[j] in column[j]. A row's columns stand in any order, each at most once. */
  const int64_t* row_begin; /* NULL: dense */
  const int32_t* column;
  int64_t value_count; /* of values and column; 0: dense */
  int32_t absent;      /* MLCORE_ABSENT_* */
  int32_t has_missing; /* 1: `missing` means missing, as NaN does always */
  double missing;      /* rounded to float32 where the values are */
  /* The rows' own base margins, in place of the model's, as XGBoost's base_margin; [rows, outputs
   * of the model], rounded to float32 where the model's margins are. */
  const double* base_margin;
  int64_t base_margin_count; /* 0: the model's */
} mlcore_matrix_t;

/* Set every member to its default and struct_size to `size`, the caller's sizeof.
 * Errors: INVALID_ARGUMENT/INVALID_OPTION (size). */
MLCORE_API int32_t mlcore_matrix_init(mlcore_matrix_t* matrix, uint32_t size,
                                      mlcore_error_t* error);

/* Score the rows of a matrix.
 * Errors: as mlcore_predict_batch_f64; INVALID_ARGUMENT with INVALID_LENGTH (row_begin does not
 * ascend within value_count), INVALID_INDEX or DUPLICATE_COLUMN (column; error->row says where),
 * WRONG_WIDTH (columns, base_margin_count), INVALID_NUMBER (a base margin that is not finite);
 * INVALID_ARGUMENT, UNIMPLEMENTED or FAILED_PRECONDITION/INVALID_OPTION (a member; base margins
 * where the output is FEATURES or LEAF, or the model is a network). */
MLCORE_API int32_t mlcore_predict_matrix(mlcore_context_t* context, const mlcore_matrix_t* matrix,
                                         double* out, int64_t out_count, mlcore_error_t* error);

/* Score many packed rows, the events of their keys taken from a state; `state` is NULL for a
 * definition without streams.
 * Errors: as mlcore_predict_at, error->row says which; FAILED_PRECONDITION/NEEDS_STATE. */
MLCORE_API int32_t mlcore_predict_batch_at(mlcore_context_t* context, const mlcore_state_t* state,
                                           const mlcore_rows_t* requests, double* out,
                                           int64_t out_count, mlcore_error_t* error);

/* Bypass the feature definition: model features in, margins out; NaN is missing. `out` gets rows
 * times mlcore_model_output_count of MLCORE_OUTPUT_MARGIN values. What is given here is not checked
 * against any definition: it is for comparing with the framework that trained the model. f64
 * features are rounded to f32 first, as the model's contract says.
 * Errors: INVALID_ARGUMENT/WRONG_WIDTH unless `columns` is the model's feature count. */
MLCORE_API int32_t mlcore_model_margin_f64(const mlcore_model_t* model, const double* features,
                                           int64_t rows, int64_t columns, int64_t row_stride,
                                           double* out, int64_t out_count, mlcore_error_t* error);
MLCORE_API int32_t mlcore_model_margin_f32(const mlcore_model_t* model, const float* features,
                                           int64_t rows, int64_t columns, int64_t row_stride,
                                           double* out, int64_t out_count, mlcore_error_t* error);

#ifdef __cplusplus
}
#endif

#include "state.h" /* states, and the buffers that the library allocates */

#endif /* MLCORE_H_ */
