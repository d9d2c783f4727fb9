/* SPDX-License-Identifier: Apache-2.0 */
/* Contexts and predictions. A call for one row reads and writes the memory that contextBind was
 * given, and returns its first output, which for most models is the only one. */
#include <stdlib.h>

#include "binding.h"

static jlong JNICALL contextNew(JNIEnv* env, jclass self, jlong model, jint output, jint begin,
                                jint end, jint threads) {
  DECLARE_ERROR(error);
  mlcore_context_options_t options;
  call_t* call = calloc(1, sizeof *call);
  (void)self;
  if (call == NULL) {
    throw_out_of_memory(env);
    return 0;
  }
  if (is_ok(env, mlcore_context_options_init(&options, sizeof options, &error), &error)) {
    options.output = output;
    options.iteration_begin = begin;
    options.iteration_end = end;
    options.threads = threads;
    if (is_ok(env, mlcore_context_new(pointer(model), &options, &call->context, &error), &error) &&
        is_ok(env, mlcore_context_output_count(call->context, &call->out_count, &error), &error)) {
      return address_of(call);
    }
  }
  mlcore_context_release(call->context);
  free(call);
  return 0;
}

static jlong JNICALL contextOutputCount(JNIEnv* env, jclass self, jlong address) {
  const call_t* call = pointer(address);
  (void)env, (void)self;
  return call->out_count;
}

/* The buffers live as long as the Java object that owns the context. */
static void JNICALL contextBind(JNIEnv* env, jclass self, jlong address, jobject values,
                                jlong value_count, jobject out) {
  call_t* call = pointer(address);
  (void)self;
  call->values = (*env)->GetDirectBufferAddress(env, values);
  call->value_count = value_count;
  call->out = (*env)->GetDirectBufferAddress(env, out);
}

/* A longer row needs a larger buffer. */
static void JNICALL contextBindRow(JNIEnv* env, jclass self, jlong address, jobject row) {
  call_t* call = pointer(address);
  (void)self;
  call->row = (*env)->GetDirectBufferAddress(env, row);
}

static jdouble JNICALL predictRow(JNIEnv* env, jclass self, jlong address, jlong size) {
  DECLARE_ERROR(error);
  const call_t* call = pointer(address);
  (void)self;
  if (!is_ok(env,
             mlcore_predict_row(call->context, call->row, size, call->out, call->out_count, &error),
             &error)) {
    return 0;
  }
  return call->out[0];
}

static jdouble JNICALL predictValues(JNIEnv* env, jclass self, jlong address) {
  DECLARE_ERROR(error);
  const call_t* call = pointer(address);
  (void)self;
  if (!is_ok(env,
             mlcore_predict_f64(call->context, call->values, call->value_count, call->out,
                                call->out_count, &error),
             &error)) {
    return 0;
  }
  return call->out[0];
}

static void JNICALL predictF64(JNIEnv* env, jclass self, jlong address, jdoubleArray values) {
  DECLARE_ERROR(error);
  const call_t* call = pointer(address);
  const jsize count = (*env)->GetArrayLength(env, values);
  jdouble* copied = (*env)->GetDoubleArrayElements(env, values, NULL);
  (void)self;
  if (copied == NULL) return;
  is_ok(env, mlcore_predict_f64(call->context, copied, count, call->out, call->out_count, &error),
        &error);
  (*env)->ReleaseDoubleArrayElements(env, values, copied, JNI_ABORT);
}

static void JNICALL predictF32(JNIEnv* env, jclass self, jlong address, jfloatArray values) {
  DECLARE_ERROR(error);
  const call_t* call = pointer(address);
  const jsize count = (*env)->GetArrayLength(env, values);
  jfloat* copied = (*env)->GetFloatArrayElements(env, values, NULL);
  (void)self;
  if (copied == NULL) return;
  is_ok(env, mlcore_predict_f32(call->context, copied, count, call->out, call->out_count, &error),
        &error);
  (*env)->ReleaseFloatArrayElements(env, values, copied, JNI_ABORT);
}

static jdouble JNICALL predictAt(JNIEnv* env, jclass self, jlong address, jlong state, jlong size) {
  DECLARE_ERROR(error);
  const call_t* call = pointer(address);
  (void)self;
  if (!is_ok(env,
             mlcore_predict_at(call->context, pointer(state), call->row, size, call->out,
                               call->out_count, &error),
             &error)) {
    return 0;
  }
  return call->out[0];
}

static int copy_streams(JNIEnv* env, jobjectArray bytes, jlongArray sizes, jobjectArray offsets,
                        jintArray counts, mlcore_rows_t* streams, jsize stream_count) {
  for (jsize i = 0; i < stream_count; ++i) {
    jbyteArray rows = (jbyteArray)(*env)->GetObjectArrayElement(env, bytes, i);
    jlongArray begins = (jlongArray)(*env)->GetObjectArrayElement(env, offsets, i);
    jlong size = 0;
    jint count = 0;
    int copied;
    (*env)->GetLongArrayRegion(env, sizes, i, 1, &size);
    (*env)->GetIntArrayRegion(env, counts, i, 1, &count);
    copied = copy_rows(env, rows, size, begins, count, &streams[i]);
    (*env)->DeleteLocalRef(env, rows);
    (*env)->DeleteLocalRef(env, begins);
    if (!copied) return 0;
  }
  return 1;
}

static void JNICALL predictEvents(JNIEnv* env, jclass self, jlong address, jlong size,
                                  jobjectArray bytes, jlongArray sizes, jobjectArray offsets,
                                  jintArray counts) {
  DECLARE_ERROR(error);
  const call_t* call = pointer(address);
  const jsize stream_count = (*env)->GetArrayLength(env, bytes);
  mlcore_rows_t* streams = calloc((size_t)stream_count + 1, sizeof *streams);
  (void)self;
  if (streams == NULL) {
    throw_out_of_memory(env);
    return;
  }
  if (copy_streams(env, bytes, sizes, offsets, counts, streams, stream_count)) {
    is_ok(env,
          mlcore_predict_events(call->context, call->row, size, streams, stream_count, call->out,
                                call->out_count, &error),
          &error);
  }
  for (jsize i = 0; i < stream_count; ++i) free_rows(&streams[i]);
  free(streams);
}

/* Room for the outputs of a batch, copied to the Java array by give_outputs. */
static double* new_outputs(JNIEnv* env, jdoubleArray out) {
  double* outputs = malloc(((size_t)(*env)->GetArrayLength(env, out) + 1) * sizeof *outputs);
  if (outputs == NULL) throw_out_of_memory(env);
  return outputs;
}

static void give_outputs(JNIEnv* env, int32_t code, const mlcore_error_t* error, double* outputs,
                         jdoubleArray out) {
  if (is_ok(env, code, error)) {
    (*env)->SetDoubleArrayRegion(env, out, 0, (*env)->GetArrayLength(env, out), outputs);
  }
  free(outputs);
}

/* The arrays of a matrix while the library reads them; NULL: there is none. */
typedef struct borrowed {
  void* values;
  jlong* row_begin;
  jint* column;
  jdouble* base_margin;
} borrowed_t;

/* Whether all are there; where one is not, an exception is pending. */
static int borrow(JNIEnv* env, mlcore_matrix_t* matrix, borrowed_t* elements, jarray values,
                  jlongArray row_begin, jintArray column, jdoubleArray base_margin) {
  elements->values = matrix->number == MLCORE_NUMBER_F32
                         ? (void*)(*env)->GetFloatArrayElements(env, values, NULL)
                         : (void*)(*env)->GetDoubleArrayElements(env, values, NULL);
  matrix->values = elements->values;
  if (elements->values == NULL) return 0;
  if (row_begin != NULL) {
    elements->row_begin = (*env)->GetLongArrayElements(env, row_begin, NULL);
    if (elements->row_begin == NULL) return 0;
    elements->column = (*env)->GetIntArrayElements(env, column, NULL);
    if (elements->column == NULL) return 0;
    matrix->row_begin = (const int64_t*)elements->row_begin;
    matrix->column = (const int32_t*)elements->column;
    matrix->value_count = (*env)->GetArrayLength(env, values);
  }
  if (base_margin == NULL) return 1;
  elements->base_margin = (*env)->GetDoubleArrayElements(env, base_margin, NULL);
  matrix->base_margin = elements->base_margin;
  matrix->base_margin_count = (*env)->GetArrayLength(env, base_margin);
  return elements->base_margin != NULL;
}

static void JNICALL predictMatrix(JNIEnv* env, jclass self, jlong address, jobject values,
                                  jboolean is_float, jlong rows, jlong columns,
                                  jlongArray row_begin, jintArray column, jint absent,
                                  jboolean has_missing, jdouble missing, jdoubleArray base_margin,
                                  jdoubleArray out) {
  DECLARE_ERROR(error);
  const call_t* call = pointer(address);
  borrowed_t elements = {NULL, NULL, NULL, NULL};
  mlcore_matrix_t matrix;
  double* outputs;
  (void)self;
  if (!is_ok(env, mlcore_matrix_init(&matrix, sizeof matrix, &error), &error)) return;
  outputs = new_outputs(env, out);
  if (outputs == NULL) return;
  matrix.number = is_float ? MLCORE_NUMBER_F32 : MLCORE_NUMBER_F64;
  matrix.rows = rows;
  matrix.columns = columns;
  matrix.absent = absent;
  matrix.has_missing = has_missing ? 1 : 0;
  matrix.missing = missing;
  if (borrow(env, &matrix, &elements, values, row_begin, column, base_margin)) {
    const int32_t code = mlcore_predict_matrix(call->context, &matrix, outputs,
                                               (*env)->GetArrayLength(env, out), &error);
    give_outputs(env, code, &error, outputs, out);
  } else {
    free(outputs);
  }
  if (elements.values != NULL && is_float) {
    (*env)->ReleaseFloatArrayElements(env, values, elements.values, JNI_ABORT);
  } else if (elements.values != NULL) {
    (*env)->ReleaseDoubleArrayElements(env, values, elements.values, JNI_ABORT);
  }
  if (elements.row_begin != NULL) {
    (*env)->ReleaseLongArrayElements(env, row_begin, elements.row_begin, JNI_ABORT);
  }
  if (elements.column != NULL) {
    (*env)->ReleaseIntArrayElements(env, column, elements.column, JNI_ABORT);
  }
  if (elements.base_margin != NULL) {
    (*env)->ReleaseDoubleArrayElements(env, base_margin, elements.base_margin, JNI_ABORT);
  }
}

static void JNICALL predictBatchAt(JNIEnv* env, jclass self, jlong address, jlong state,
                                   jbyteArray bytes, jlong size, jlongArray offsets, jint count,
                                   jdoubleArray out) {
  DECLARE_ERROR(error);
  const call_t* call = pointer(address);
  mlcore_rows_t rows;
  double* outputs = new_outputs(env, out);
  (void)self;
  if (outputs == NULL) return;
  if (!copy_rows(env, bytes, size, offsets, count, &rows)) {
    free(outputs);
    return;
  }
  const int32_t code = mlcore_predict_batch_at(call->context, pointer(state), &rows, outputs,
                                               (*env)->GetArrayLength(env, out), &error);
  free_rows(&rows);
  give_outputs(env, code, &error, outputs, out);
}

static void JNICALL modelMarginF64(JNIEnv* env, jclass self, jlong model, jdoubleArray values,
                                   jlong rows, jlong columns, jdoubleArray out) {
  DECLARE_ERROR(error);
  double* outputs = new_outputs(env, out);
  jdouble* copied;
  (void)self;
  if (outputs == NULL) return;
  copied = (*env)->GetDoubleArrayElements(env, values, NULL);
  if (copied == NULL) {
    free(outputs);
    return;
  }
  const int32_t code = mlcore_model_margin_f64(pointer(model), copied, rows, columns, columns,
                                               outputs, (*env)->GetArrayLength(env, out), &error);
  (*env)->ReleaseDoubleArrayElements(env, values, copied, JNI_ABORT);
  give_outputs(env, code, &error, outputs, out);
}

static void JNICALL modelMarginF32(JNIEnv* env, jclass self, jlong model, jfloatArray values,
                                   jlong rows, jlong columns, jdoubleArray out) {
  DECLARE_ERROR(error);
  double* outputs = new_outputs(env, out);
  jfloat* copied;
  (void)self;
  if (outputs == NULL) return;
  copied = (*env)->GetFloatArrayElements(env, values, NULL);
  if (copied == NULL) {
    free(outputs);
    return;
  }
  const int32_t code = mlcore_model_margin_f32(pointer(model), copied, rows, columns, columns,
                                               outputs, (*env)->GetArrayLength(env, out), &error);
  (*env)->ReleaseFloatArrayElements(env, values, copied, JNI_ABORT);
  give_outputs(env, code, &error, outputs, out);
}

static const JNINativeMethod table[] = {
    METHOD(contextNew, "(JIIII)J"),
    METHOD(contextOutputCount, "(J)J"),
    METHOD(contextBind, "(JLjava/nio/DoubleBuffer;JLjava/nio/DoubleBuffer;)V"),
    METHOD(contextBindRow, "(JLjava/nio/ByteBuffer;)V"),
    METHOD(predictRow, "(JJ)D"),
    METHOD(predictValues, "(J)D"),
    METHOD(predictF64, "(J[D)V"),
    METHOD(predictF32, "(J[F)V"),
    METHOD(predictAt, "(JJJ)D"),
    METHOD(predictEvents, "(JJ[[B[J[[J[I)V"),
    METHOD(predictMatrix, "(JLjava/lang/Object;ZJJ[J[IIZD[D[D)V"),
    METHOD(predictBatchAt, "(JJ[BJ[JI[D)V"),
    METHOD(modelMarginF64, "(J[DJJ[D)V"),
    METHOD(modelMarginF32, "(J[FJJ[D)V"),
};
const methods_t predict_methods = METHODS(table);
