/* SPDX-License-Identifier: Apache-2.0 */
/* Loading: registers the natives of dev.mlcore.Native, all of them or the library is refused. Also
 * errors, bytes and batches, which all other files use. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <stdlib.h>
#include <string.h>

#include "binding.h"

static jclass exception_class; /* dev.mlcore.MlcoreException, a global reference */
static jmethodID exception_of; /* static MlcoreException of(int, int, int, long, byte[]) */

void throw_error(JNIEnv* env, const mlcore_error_t* error) {
  jbyteArray message = new_bytes(env, error->message, (int64_t)strlen(error->message));
  jobject exception;
  if (message == NULL) return; /* an OutOfMemoryError is on its way */
  exception = (*env)->CallStaticObjectMethod(env, exception_class, exception_of, error->code,
                                             error->reason, error->column, error->row, message);
  if (!(*env)->ExceptionCheck(env)) (*env)->Throw(env, (jthrowable)exception);
}

void throw_out_of_memory(JNIEnv* env) {
  mlcore_error_t error = MLCORE_ERROR_INIT;
  error.code = MLCORE_RESOURCE_EXHAUSTED;
  error.reason = MLCORE_REASON_OUT_OF_MEMORY;
  strcpy(error.message, "out of native memory");
  throw_error(env, &error);
}

jbyteArray new_bytes(JNIEnv* env, const void* bytes, int64_t size) {
  jbyteArray array;
  if (size > INT32_MAX - 8) { /* what HotSpot gives at most */
    throw_out_of_memory(env);
    return NULL;
  }
  array = (*env)->NewByteArray(env, (jsize)size);
  if (array != NULL) (*env)->SetByteArrayRegion(env, array, 0, (jsize)size, bytes);
  return array;
}

jbyteArray take_buffer(JNIEnv* env, mlcore_buffer_t* buffer) {
  DECLARE_ERROR(error);
  const void* bytes = NULL;
  int64_t size = 0;
  jbyteArray array = NULL;
  if (is_ok(env, mlcore_buffer_bytes(buffer, &bytes, &size, &error), &error)) {
    array = new_bytes(env, bytes, size);
  }
  mlcore_buffer_release(buffer);
  return array;
}

void* copy_bytes(JNIEnv* env, jbyteArray array, jlong size) {
  void* bytes = malloc(size > 0 ? (size_t)size : 1);
  if (bytes == NULL) {
    throw_out_of_memory(env);
    return NULL;
  }
  (*env)->GetByteArrayRegion(env, array, 0, (jsize)size, bytes);
  if (!(*env)->ExceptionCheck(env)) return bytes;
  free(bytes);
  return NULL;
}

int copy_rows(JNIEnv* env, jbyteArray bytes, jlong size, jlongArray offsets, jint count,
              mlcore_rows_t* rows) {
  int64_t* copied = NULL;
  memset(rows, 0, sizeof *rows);
  rows->bytes = copy_bytes(env, bytes, size);
  if (rows->bytes == NULL) return 0;
  copied = malloc(((size_t)count + 1) * sizeof *copied);
  if (copied == NULL) {
    throw_out_of_memory(env);
  } else {
    (*env)->GetLongArrayRegion(env, offsets, 0, count + 1, (jlong*)copied);
  }
  rows->offsets = copied;
  rows->size = size;
  rows->count = count;
  if (!(*env)->ExceptionCheck(env)) return 1;
  free_rows(rows);
  return 0;
}

void free_rows(mlcore_rows_t* rows) {
  free((void*)(uintptr_t)rows->bytes);
  free((void*)(uintptr_t)rows->offsets);
  memset(rows, 0, sizeof *rows);
}

static void JNICALL checkAbi(JNIEnv* env, jclass self, jint header_abi) {
  DECLARE_ERROR(error);
  (void)self;
  is_ok(env, mlcore_check_abi((uint32_t)header_abi, &error), &error);
}

static jint JNICALL abiVersion(JNIEnv* env, jclass self) {
  (void)env, (void)self;
  return (jint)mlcore_abi_version();
}

static jint JNICALL headerAbiVersion(JNIEnv* env, jclass self) {
  (void)env, (void)self;
  return (jint)MLCORE_ABI_VERSION;
}

static jbyteArray text(JNIEnv* env, const char* text) {
  return new_bytes(env, text, (int64_t)strlen(text));
}

static jbyteArray JNICALL version(JNIEnv* env, jclass self) {
  (void)self;
  return text(env, mlcore_version());
}

static jbyteArray JNICALL codeName(JNIEnv* env, jclass self, jint code) {
  (void)self;
  return text(env, mlcore_code_name(code));
}

static jbyteArray JNICALL reasonName(JNIEnv* env, jclass self, jint reason) {
  (void)self;
  return text(env, mlcore_reason_name(reason));
}

static jbyteArray JNICALL libraryPath(JNIEnv* env, jclass self) {
  Dl_info info;
  (void)self;
  if (dladdr((void*)(uintptr_t)mlcore_version, &info) == 0 || info.dli_fname == NULL) {
    return text(env, "");
  }
  return text(env, info.dli_fname);
}

static void JNICALL release(JNIEnv* env, jclass self, jint kind, jlong address) {
  (void)env, (void)self;
  switch (kind) {
    case KIND_MODEL: mlcore_model_release(pointer(address)); break;
    case KIND_FEATURES: mlcore_features_release(pointer(address)); break;
    case KIND_STATE: mlcore_state_release(pointer(address)); break;
    case KIND_CONTEXT: {
      call_t* call = pointer(address);
      mlcore_context_release(call->context);
      free(call);
      break;
    }
    case KIND_MONITOR: mlcore_monitor_release(pointer(address)); break;
    default: break;
  }
}

static const JNINativeMethod table[] = {
    METHOD(checkAbi, "(I)V"),    METHOD(abiVersion, "()I"), METHOD(headerAbiVersion, "()I"),
    METHOD(version, "()[B"),     METHOD(codeName, "(I)[B"), METHOD(reasonName, "(I)[B"),
    METHOD(libraryPath, "()[B"), METHOD(release, "(IJ)V"),
};
static const methods_t library_methods = METHODS(table);

static int register_methods(JNIEnv* env) {
  const methods_t all[] = {library_methods, inspect_methods, rows_methods,
                           state_methods,   monitor_methods, predict_methods};
  jclass native = (*env)->FindClass(env, "dev/mlcore/Native");
  if (native == NULL) return 0;
  for (size_t i = 0; i < sizeof all / sizeof all[0]; ++i) {
    if ((*env)->RegisterNatives(env, native, all[i].table, all[i].count) != JNI_OK) return 0;
  }
  return 1;
}

JNIEXPORT jint JNICALL JNI_OnLoad(JavaVM* vm, void* reserved) {
  JNIEnv* env = NULL;
  jclass found;
  (void)reserved;
  if ((*vm)->GetEnv(vm, (void**)&env, JNI_VERSION_10) != JNI_OK) return JNI_ERR;
  found = (*env)->FindClass(env, "dev/mlcore/MlcoreException");
  if (found == NULL) return JNI_ERR;
  exception_class = (*env)->NewGlobalRef(env, found);
  if (exception_class == NULL) return JNI_ERR;
  exception_of =
      (*env)->GetStaticMethodID(env, exception_class, "of", "(IIIJ[B)Ldev/mlcore/MlcoreException;");
  if (exception_of == NULL || !register_methods(env)) return JNI_ERR;
  return JNI_VERSION_10;
}

JNIEXPORT void JNICALL JNI_OnUnload(JavaVM* vm, void* reserved) {
  JNIEnv* env = NULL;
  (void)reserved;
  if ((*vm)->GetEnv(vm, (void**)&env, JNI_VERSION_10) == JNI_OK) {
    (*env)->DeleteGlobalRef(env, exception_class);
  }
}
