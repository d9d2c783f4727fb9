/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MLCORE_JAVA_BINDING_H_
#define MLCORE_JAVA_BINDING_H_

/*
 * What the files of libmlcore_jni.so share.
 *
 * Every native method is static, of the class dev.mlcore.Native. Handles and the memory of direct
 * buffers come as jlong addresses; the Java side sees to it that they are alive and that a context
 * has one call at a time. Text crosses as byte[] in UTF-8, never as modified UTF-8. A failure is
 * thrown as dev.mlcore.MlcoreException, and what the function returns then does not matter.
 */

#include <jni.h>
#include <mlcore/mlcore.h>
#include <stddef.h>
#include <stdint.h>

/* A context and the memory that its calls for one row use; freed by release(). */
typedef struct call {
  mlcore_context_t* context;
  const void* row;
  const double* values;
  int64_t value_count;
  double* out;
  int64_t out_count;
} call_t;

/* The kinds of handles that release() takes; dev.mlcore.Handle has the same numbers. */
enum { KIND_MODEL = 1, KIND_FEATURES = 2, KIND_STATE = 3, KIND_CONTEXT = 4, KIND_MONITOR = 5 };

/* A table of methods for RegisterNatives. */
typedef struct methods {
  const JNINativeMethod* table;
  jint count;
} methods_t;

extern const methods_t inspect_methods, rows_methods, state_methods, monitor_methods,
    predict_methods;

#define METHODS(table) \
  { table, (jint)(sizeof(table) / sizeof(table)[0]) }
#define METHOD(name, signature) \
  { (char*)#name, (char*)(signature), (void*)(uintptr_t)(name) }

/* An error to be filled. Its text is not cleared: that would take longer than scoring a row. */
#define DECLARE_ERROR(error)         \
  mlcore_error_t error;              \
  error.struct_size = sizeof(error); \
  error.code = 0;                    \
  error.reason = 0;                  \
  error.column = -1;                 \
  error.row = -1;                    \
  error.message[0] = '\0'

static inline void* pointer(jlong address) { return (void*)(intptr_t)address; }
static inline jlong address_of(const void* memory) { return (jlong)(intptr_t)memory; }

/* Throw what the error says. */
void throw_error(JNIEnv* env, const mlcore_error_t* error);

/* Throw RESOURCE_EXHAUSTED/OUT_OF_MEMORY. */
void throw_out_of_memory(JNIEnv* env);

/* Throw unless `code` is OK, and tell whether it was. */
static inline int is_ok(JNIEnv* env, int32_t code, const mlcore_error_t* error) {
  if (__builtin_expect(code == MLCORE_OK, 1)) return 1;
  throw_error(env, error);
  return 0;
}

/* Make a byte[]; NULL and an exception when there is no memory. */
jbyteArray new_bytes(JNIEnv* env, const void* bytes, int64_t size);

/* Make a byte[] of a buffer, and free the buffer; NULL and an exception on failure. */
jbyteArray take_buffer(JNIEnv* env, mlcore_buffer_t* buffer);

/* A copy of the first `size` bytes of `array`, to be freed; NULL and an exception on failure. */
void* copy_bytes(JNIEnv* env, jbyteArray array, jlong size);

/* Copies of the rows in a Java batch, to be freed by free_rows; 0 and an exception on failure. */
int copy_rows(JNIEnv* env, jbyteArray bytes, jlong size, jlongArray offsets, jint count,
              mlcore_rows_t* rows);
void free_rows(mlcore_rows_t* rows);

#endif /* MLCORE_JAVA_BINDING_H_ */
