/* SPDX-License-Identifier: Apache-2.0 */
/* Layouts, JSON rows, and features without a model. */
#include <stdlib.h>

#include "binding.h"

static jlong JNICALL layoutId(JNIEnv* env, jclass self, jlong layout) {
  DECLARE_ERROR(error);
  uint64_t id = 0;
  (void)self;
  is_ok(env, mlcore_layout_id(pointer(layout), &id, &error), &error);
  return (jlong)id;
}

static jlong JNICALL layoutFixedSize(JNIEnv* env, jclass self, jlong layout) {
  DECLARE_ERROR(error);
  int64_t size = 0;
  (void)self;
  is_ok(env, mlcore_layout_fixed_size(pointer(layout), &size, &error), &error);
  return size;
}

static jlong JNICALL layoutFieldCount(JNIEnv* env, jclass self, jlong layout) {
  DECLARE_ERROR(error);
  int64_t count = 0;
  (void)self;
  is_ok(env, mlcore_layout_field_count(pointer(layout), &count, &error), &error);
  return count;
}

/* The field's name; `numbers` gets type, nullable and slot offset. */
static jbyteArray JNICALL layoutField(JNIEnv* env, jclass self, jlong layout, jlong index,
                                      jlongArray numbers) {
  DECLARE_ERROR(error);
  mlcore_field_t field = {sizeof field, 0, 0, 0, 0, NULL, 0};
  jlong known[3];
  (void)self;
  if (!is_ok(env, mlcore_layout_field(pointer(layout), index, &field, &error), &error)) return NULL;
  known[0] = field.type;
  known[1] = field.nullable;
  known[2] = field.slot_offset;
  (*env)->SetLongArrayRegion(env, numbers, 0, 3, known);
  return new_bytes(env, field.name, field.name_length);
}

static void JNICALL rowCheck(JNIEnv* env, jclass self, jlong layout, jbyteArray row, jint size) {
  DECLARE_ERROR(error);
  void* bytes = copy_bytes(env, row, size);
  (void)self;
  if (bytes == NULL) return;
  is_ok(env, mlcore_row_check(pointer(layout), bytes, size, &error), &error);
  free(bytes);
}

static jbyteArray JNICALL rowFromJson(JNIEnv* env, jclass self, jlong layout, jbyteArray json) {
  DECLARE_ERROR(error);
  const jsize size = (*env)->GetArrayLength(env, json);
  int64_t fixed_size = 0, needed = 0;
  char* text = copy_bytes(env, json, size);
  void* row = NULL;
  jbyteArray packed = NULL;
  (void)self;
  if (text == NULL) return NULL;
  if (is_ok(env, mlcore_layout_fixed_size(pointer(layout), &fixed_size, &error), &error)) {
    const int64_t capacity = fixed_size + size; /* a string is never longer than its JSON */
    row = malloc((size_t)capacity);
    if (row == NULL) {
      throw_out_of_memory(env);
    } else if (is_ok(env,
                     mlcore_row_from_json(pointer(layout), text, size, row, capacity, &needed,
                                          &error),
                     &error)) {
      packed = new_bytes(env, row, needed);
    }
  }
  free(row);
  free(text);
  return packed;
}

static jdoubleArray JNICALL featuresCompute(JNIEnv* env, jclass self, jlong features, jlong state,
                                            jbyteArray bytes, jlong size, jlongArray offsets,
                                            jint count, jint out_count) {
  DECLARE_ERROR(error);
  mlcore_rows_t rows;
  double* out;
  jdoubleArray values = NULL;
  (void)self;
  if (!copy_rows(env, bytes, size, offsets, count, &rows)) return NULL;
  out = malloc(((size_t)out_count + 1) * sizeof *out);
  if (out == NULL) {
    throw_out_of_memory(env);
  } else if (is_ok(env,
                   mlcore_features_compute(pointer(features), pointer(state), &rows, out, out_count,
                                           &error),
                   &error)) {
    values = (*env)->NewDoubleArray(env, out_count);
    if (values != NULL) (*env)->SetDoubleArrayRegion(env, values, 0, out_count, out);
  }
  free(out);
  free_rows(&rows);
  return values;
}

static const JNINativeMethod table[] = {
    METHOD(layoutId, "(J)J"),
    METHOD(layoutFixedSize, "(J)J"),
    METHOD(layoutFieldCount, "(J)J"),
    METHOD(layoutField, "(JJ[J)[B"),
    METHOD(rowCheck, "(J[BI)V"),
    METHOD(rowFromJson, "(J[B)[B"),
    METHOD(featuresCompute, "(JJ[BJ[JII)[D"),
};
const methods_t rows_methods = METHODS(table);
