/* SPDX-License-Identifier: Apache-2.0 */
/* Monitors: what contexts see, compared with the model's reference. */
#include "binding.h"

/* `numbers` has max_panes, pane_micros, pane_rows and minimum_rows, `thresholds` has alpha,
 * distance_threshold and share_threshold, in this order. */
static int32_t read_options(JNIEnv* env, jlongArray numbers, jdoubleArray thresholds,
                            mlcore_monitor_options_t* options, mlcore_error_t* error) {
  jlong given[4] = {0, 0, 0, 0};
  jdouble limits[3] = {0, 0, 0};
  const int32_t code = mlcore_monitor_options_init(options, sizeof *options, error);
  if (code != MLCORE_OK) return code;
  (*env)->GetLongArrayRegion(env, numbers, 0, 4, given);
  options->max_panes = (int32_t)given[0];
  options->pane_micros = given[1];
  options->pane_rows = given[2];
  options->minimum_rows = given[3];
  (*env)->GetDoubleArrayRegion(env, thresholds, 0, 3, limits);
  options->alpha = limits[0];
  options->distance_threshold = limits[1];
  options->share_threshold = limits[2];
  return MLCORE_OK;
}

static jlong JNICALL monitorNew(JNIEnv* env, jclass self, jlong model, jlongArray numbers,
                                jdoubleArray thresholds) {
  DECLARE_ERROR(error);
  mlcore_monitor_options_t options;
  mlcore_monitor_t* monitor = NULL;
  (void)self;
  if (is_ok(env, read_options(env, numbers, thresholds, &options, &error), &error)) {
    is_ok(env, mlcore_monitor_new(pointer(model), &options, &monitor, &error), &error);
  }
  return address_of(monitor);
}

static void JNICALL monitorAttach(JNIEnv* env, jclass self, jlong monitor, jlong call) {
  DECLARE_ERROR(error);
  const call_t* attached = pointer(call);
  (void)self;
  is_ok(env, mlcore_monitor_attach(pointer(monitor), attached->context, &error), &error);
}

static jbyteArray JNICALL monitorReport(JNIEnv* env, jclass self, jlong monitor, jint format) {
  DECLARE_ERROR(error);
  mlcore_buffer_t* buffer = NULL;
  (void)self;
  if (!is_ok(env, mlcore_monitor_report(pointer(monitor), format, &buffer, &error), &error)) {
    return NULL;
  }
  return take_buffer(env, buffer);
}

static const JNINativeMethod table[] = {
    METHOD(monitorNew, "(J[J[D)J"),
    METHOD(monitorAttach, "(JJ)V"),
    METHOD(monitorReport, "(JI)[B"),
};
const methods_t monitor_methods = METHODS(table);
