/* SPDX-License-Identifier: Apache-2.0 */
/* States: the events of many keys. */
#include <stdlib.h>
#include <string.h>

#include "binding.h"

/* `options` has flags, max_bytes, max_keys, lateness and complete_from, in this order. */
static int32_t read_options(JNIEnv* env, jlongArray numbers, mlcore_state_options_t* options,
                            mlcore_error_t* error) {
  jlong given[5] = {0, 0, 0, 0, 0};
  const int32_t code = mlcore_state_options_init(options, sizeof *options, error);
  if (code != MLCORE_OK) return code;
  (*env)->GetLongArrayRegion(env, numbers, 0, 5, given);
  options->flags = (uint32_t)given[0];
  options->max_bytes = (uint64_t)given[1];
  options->max_keys = (uint64_t)given[2];
  options->lateness = given[3];
  options->complete_from = given[4];
  return MLCORE_OK;
}

static jlong JNICALL stateNew(JNIEnv* env, jclass self, jlong features, jlongArray numbers) {
  DECLARE_ERROR(error);
  mlcore_state_options_t options;
  mlcore_state_t* state = NULL;
  (void)self;
  if (is_ok(env, read_options(env, numbers, &options, &error), &error)) {
    is_ok(env, mlcore_state_new(pointer(features), &options, &state, &error), &error);
  }
  return address_of(state);
}

static jlong JNICALL stateRestore(JNIEnv* env, jclass self, jlong features, jbyteArray snapshot,
                                  jlongArray numbers) {
  DECLARE_ERROR(error);
  mlcore_state_options_t options;
  mlcore_state_t* state = NULL;
  const jsize size = (*env)->GetArrayLength(env, snapshot);
  void* bytes = copy_bytes(env, snapshot, size);
  (void)self;
  if (bytes == NULL) return 0;
  if (is_ok(env, read_options(env, numbers, &options, &error), &error)) {
    is_ok(env, mlcore_state_restore(pointer(features), bytes, size, &options, &state, &error),
          &error);
  }
  free(bytes);
  return address_of(state);
}

/* accepted, late, duplicate, conflict, invalid, replayed, listed, then a row and a reason for each
 * that is listed: dev.mlcore.IngestReport takes it apart. */
static void write_report(JNIEnv* env, const mlcore_ingest_report_t* report, jlongArray numbers) {
  jlong out[7 + 2 * MLCORE_LISTED_ROWS];
  out[0] = (jlong)report->accepted;
  out[1] = (jlong)report->late;
  out[2] = (jlong)report->duplicate;
  out[3] = (jlong)report->conflict;
  out[4] = (jlong)report->invalid;
  out[5] = (jlong)report->replayed;
  out[6] = report->listed;
  for (uint32_t i = 0; i < MLCORE_LISTED_ROWS; ++i) {
    out[7 + 2 * i] = report->invalid_row[i];
    out[8 + 2 * i] = report->invalid_reason[i];
  }
  (*env)->SetLongArrayRegion(env, numbers, 0, 7 + 2 * MLCORE_LISTED_ROWS, out);
}

/* The message of the first invalid row; `source` is null where the batch has none. */
static jbyteArray JNICALL stateIngest(JNIEnv* env, jclass self, jlong state, jlong stream,
                                      jbyteArray bytes, jlong size, jlongArray offsets, jint count,
                                      jbyteArray source, jlong offset, jlongArray numbers) {
  DECLARE_ERROR(error);
  mlcore_rows_t rows;
  mlcore_ingest_report_t report;
  int32_t code;
  (void)self;
  memset(&report, 0, sizeof report);
  report.struct_size = sizeof report;
  if (!copy_rows(env, bytes, size, offsets, count, &rows)) return NULL;
  if (source == NULL) {
    code = mlcore_state_ingest(pointer(state), stream, &rows, &report, &error);
  } else {
    const jsize source_size = (*env)->GetArrayLength(env, source);
    char* name = copy_bytes(env, source, source_size);
    if (name == NULL) {
      free_rows(&rows);
      return NULL;
    }
    code = mlcore_state_ingest_from(pointer(state), stream, &rows, name, source_size, offset,
                                    &report, &error);
    free(name);
  }
  free_rows(&rows);
  if (!is_ok(env, code, &error)) return NULL;
  write_report(env, &report, numbers);
  return new_bytes(env, report.invalid_message, (int64_t)strlen(report.invalid_message));
}

static jlong JNICALL stateSourceOffset(JNIEnv* env, jclass self, jlong state, jbyteArray source) {
  DECLARE_ERROR(error);
  int64_t offset = 0;
  const jsize size = (*env)->GetArrayLength(env, source);
  char* name = copy_bytes(env, source, size);
  (void)self;
  if (name == NULL) return 0;
  is_ok(env, mlcore_state_source_offset(pointer(state), name, size, &offset, &error), &error);
  free(name);
  return offset;
}

static void JNICALL stateExpire(JNIEnv* env, jclass self, jlong state, jlong time) {
  DECLARE_ERROR(error);
  (void)self;
  is_ok(env, mlcore_state_expire(pointer(state), time, &error), &error);
}

static jlong JNICALL stateKeyCount(JNIEnv* env, jclass self, jlong state) {
  DECLARE_ERROR(error);
  uint64_t count = 0;
  (void)self;
  is_ok(env, mlcore_state_key_count(pointer(state), &count, &error), &error);
  return (jlong)count;
}

static jlong JNICALL stateEventCount(JNIEnv* env, jclass self, jlong state) {
  DECLARE_ERROR(error);
  uint64_t count = 0;
  (void)self;
  is_ok(env, mlcore_state_event_count(pointer(state), &count, &error), &error);
  return (jlong)count;
}

static jlong JNICALL stateMemory(JNIEnv* env, jclass self, jlong state) {
  DECLARE_ERROR(error);
  uint64_t bytes = 0;
  (void)self;
  is_ok(env, mlcore_state_memory(pointer(state), &bytes, &error), &error);
  return (jlong)bytes;
}

static jbyteArray JNICALL stateSnapshot(JNIEnv* env, jclass self, jlong state) {
  DECLARE_ERROR(error);
  mlcore_buffer_t* buffer = NULL;
  (void)self;
  if (!is_ok(env, mlcore_state_snapshot(pointer(state), &buffer, &error), &error)) return NULL;
  return take_buffer(env, buffer);
}

static const JNINativeMethod table[] = {
    METHOD(stateNew, "(J[J)J"),
    METHOD(stateRestore, "(J[B[J)J"),
    METHOD(stateIngest, "(JJ[BJ[JI[BJ[J)[B"),
    METHOD(stateSourceOffset, "(J[B)J"),
    METHOD(stateExpire, "(JJ)V"),
    METHOD(stateKeyCount, "(J)J"),
    METHOD(stateEventCount, "(J)J"),
    METHOD(stateMemory, "(J)J"),
    METHOD(stateSnapshot, "(J)[B"),
};
const methods_t state_methods = METHODS(table);
