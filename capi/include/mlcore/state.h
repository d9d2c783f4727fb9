/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MLCORE_STATE_H_
#define MLCORE_STATE_H_

#include "mlcore.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Events of many keys, and the buffers that the library allocates. Part of mlcore.h, which includes
 * it. */

/* What is set in mlcore_state_options_t beside the limits. */
enum { MLCORE_STATE_HAS_LATENESS = 1, MLCORE_STATE_HAS_COMPLETE_FROM = 2 };

typedef struct mlcore_state_options {
  uint32_t struct_size;
  uint32_t flags;        /* MLCORE_STATE_HAS_*, together */
  uint64_t max_bytes;    /* memory that events and keys may take; 0 = unlimited */
  uint64_t max_keys;     /* 0 = unlimited */
  int64_t lateness;      /* microseconds; without its flag nothing is late and all is kept */
  int64_t complete_from; /* every event from here on is ingested; without its flag, all are */
} mlcore_state_options_t;

/* The first 16 invalid rows of a batch are listed; the others are counted. */
enum { MLCORE_LISTED_ROWS = 16 };

typedef struct mlcore_ingest_report {
  uint32_t struct_size;
  uint32_t listed; /* how many of invalid_row and invalid_reason are used */
  uint64_t accepted;
  uint64_t late;
  uint64_t duplicate;
  uint64_t conflict; /* a duplicate whose content differs */
  uint64_t invalid;
  uint64_t replayed; /* of a batch whose offset was seen before */
  int64_t invalid_row[16];
  int32_t invalid_reason[16];
  char invalid_message[256]; /* of the first invalid row, as mlcore_error_t.message */
} mlcore_ingest_report_t;

/* Set every option to its default and struct_size to `size`, the caller's sizeof.
 * Errors: INVALID_ARGUMENT/INVALID_OPTION (size). */
MLCORE_API int32_t mlcore_state_options_init(mlcore_state_options_t* options, uint32_t size,
                                             mlcore_error_t* error);

/* Make an empty state for the streams of a definition; `options` may be NULL. Any model whose
 * definition has equal streams can read it.
 * Errors: FAILED_PRECONDITION/UNSUPPORTED_FEATURE (no stream), INVALID_ARGUMENT or
 * UNIMPLEMENTED/INVALID_OPTION. */
MLCORE_API int32_t mlcore_state_new(const mlcore_features_t* features,
                                    const mlcore_state_options_t* options, mlcore_state_t** state,
                                    mlcore_error_t* error);

/* Free a state that no other call uses any more. */
MLCORE_API void mlcore_state_release(mlcore_state_t* state);

/* Add a batch of packed events, in any order of time, and fill `*report`, which may be NULL. A row
 * that can't be read is counted as invalid and the others are taken.
 * Errors: OUT_OF_RANGE/INVALID_INDEX (stream), INVALID_ARGUMENT/LAYOUT_MISMATCH (the batch is
 * packed for another layout: nothing is taken), RESOURCE_EXHAUSTED/STATE_FULL (error->row
 * is the first row that was not taken; those before it stay). */
MLCORE_API int32_t mlcore_state_ingest(const mlcore_state_t* state, int64_t stream,
                                       const mlcore_rows_t* events, mlcore_ingest_report_t* report,
                                       mlcore_error_t* error);

/* Add a batch from a source that may deliver it again: one whose `offset` is not past the greatest
 * one taken from `source`, whatever the stream, is ignored and counted as replayed. A batch that
 * failed is thus given again before the next one. Errors: as mlcore_state_ingest. */
MLCORE_API int32_t mlcore_state_ingest_from(const mlcore_state_t* state, int64_t stream,
                                            const mlcore_rows_t* events, const char* source,
                                            int64_t source_length, int64_t offset,
                                            mlcore_ingest_report_t* report, mlcore_error_t* error);

/* Store the greatest offset taken from `source`: after a restore, where to go on reading.
 * Errors: NOT_FOUND/UNKNOWN_NAME (nothing was taken from it). */
MLCORE_API int32_t mlcore_state_source_offset(const mlcore_state_t* state, const char* source,
                                              int64_t source_length, int64_t* offset,
                                              mlcore_error_t* error);

/* Promise that no event before `time` minus the lateness will come; what no window can reach any
 * more is forgotten.
 * Errors: FAILED_PRECONDITION/INVALID_OPTION (a state without a lateness),
 * INVALID_ARGUMENT/INVALID_TIMESTAMP (outside the years 1 to 9999). */
MLCORE_API int32_t mlcore_state_expire(const mlcore_state_t* state, int64_t time,
                                       mlcore_error_t* error);

/* Store how many keys, how many events, and how many bytes of memory the state holds. */
MLCORE_API int32_t mlcore_state_key_count(const mlcore_state_t* state, uint64_t* count,
                                          mlcore_error_t* error);
MLCORE_API int32_t mlcore_state_event_count(const mlcore_state_t* state, uint64_t* count,
                                            mlcore_error_t* error);
MLCORE_API int32_t mlcore_state_memory(const mlcore_state_t* state, uint64_t* bytes,
                                       mlcore_error_t* error);

/* Copy the whole state, source offsets included, into a buffer to be released by the caller. */
MLCORE_API int32_t mlcore_state_snapshot(const mlcore_state_t* state, mlcore_buffer_t** snapshot,
                                         mlcore_error_t* error);

/* Make a state from a snapshot; it goes on with the bits of the one that was copied.
 * Errors: DATA_LOSS with MALFORMED_SNAPSHOT, TRUNCATED or CHECKSUM,
 * FAILED_PRECONDITION/STREAM_MISMATCH, and as mlcore_state_new. */
MLCORE_API int32_t mlcore_state_restore(const mlcore_features_t* features, const void* snapshot,
                                        int64_t snapshot_size,
                                        const mlcore_state_options_t* options,
                                        mlcore_state_t** state, mlcore_error_t* error);

/* Borrow the bytes of a buffer. */
MLCORE_API int32_t mlcore_buffer_bytes(const mlcore_buffer_t* buffer, const void** bytes,
                                       int64_t* size, mlcore_error_t* error);
MLCORE_API void mlcore_buffer_release(mlcore_buffer_t* buffer);

#ifdef __cplusplus
}
#endif

#endif /* MLCORE_STATE_H_ */
