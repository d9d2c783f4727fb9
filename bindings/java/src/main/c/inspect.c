/* SPDX-License-Identifier: Apache-2.0 */
/* Models, feature definitions and layouts: opening them, and what they say of themselves. */
#include <stdlib.h>

#include "binding.h"

static jlong JNICALL modelOpen(JNIEnv* env, jclass self, jbyteArray path) {
  DECLARE_ERROR(error);
  mlcore_model_t* model = NULL;
  const jsize size = (*env)->GetArrayLength(env, path);
  char* bytes = copy_bytes(env, path, size);
  (void)self;
  if (bytes == NULL) return 0;
  is_ok(env, mlcore_model_open(bytes, size, &model, &error), &error);
  free(bytes);
  return address_of(model);
}

static jlong JNICALL modelOpenBytes(JNIEnv* env, jclass self, jbyteArray artifact) {
  DECLARE_ERROR(error);
  mlcore_model_t* model = NULL;
  const jsize size = (*env)->GetArrayLength(env, artifact);
  void* bytes = copy_bytes(env, artifact, size);
  (void)self;
  if (bytes == NULL) return 0;
  is_ok(env, mlcore_model_open_bytes(bytes, size, &model, &error), &error);
  free(bytes);
  return address_of(model);
}

static jbyteArray JNICALL modelName(JNIEnv* env, jclass self, jlong model) {
  DECLARE_ERROR(error);
  const char* name = NULL;
  int64_t length = 0;
  (void)self;
  if (!is_ok(env, mlcore_model_name(pointer(model), &name, &length, &error), &error)) return NULL;
  return new_bytes(env, name, length);
}

static jbyteArray JNICALL modelDigest(JNIEnv* env, jclass self, jlong model) {
  DECLARE_ERROR(error);
  const char* digest = NULL;
  int64_t length = 0;
  (void)self;
  if (!is_ok(env, mlcore_model_digest(pointer(model), &digest, &length, &error), &error)) {
    return NULL;
  }
  return new_bytes(env, digest, length);
}

static jbyteArray JNICALL modelDescribe(JNIEnv* env, jclass self, jlong model) {
  DECLARE_ERROR(error);
  int64_t needed = 0;
  char* buffer;
  jbyteArray text = NULL;
  (void)self;
  if (!is_ok(env, mlcore_model_describe(pointer(model), NULL, 0, &needed, &error), &error)) {
    return NULL;
  }
  buffer = malloc((size_t)needed + 1);
  if (buffer == NULL) {
    throw_out_of_memory(env);
    return NULL;
  }
  if (is_ok(env, mlcore_model_describe(pointer(model), buffer, needed, &needed, &error), &error)) {
    text = new_bytes(env, buffer, needed);
  }
  free(buffer);
  return text;
}

static jlong JNICALL modelVersion(JNIEnv* env, jclass self, jlong model) {
  DECLARE_ERROR(error);
  int64_t version = 0;
  (void)self;
  is_ok(env, mlcore_model_version(pointer(model), &version, &error), &error);
  return version;
}

static jlong JNICALL modelFeatures(JNIEnv* env, jclass self, jlong model) {
  DECLARE_ERROR(error);
  const mlcore_features_t* features = NULL;
  (void)self;
  is_ok(env, mlcore_model_features(pointer(model), &features, &error), &error);
  return address_of(features);
}

static jlong JNICALL modelOutputCount(JNIEnv* env, jclass self, jlong model, jint output) {
  DECLARE_ERROR(error);
  int64_t count = 0;
  (void)self;
  is_ok(env, mlcore_model_output_count(pointer(model), output, &count, &error), &error);
  return count;
}

static jlong JNICALL featuresOpen(JNIEnv* env, jclass self, jbyteArray text) {
  DECLARE_ERROR(error);
  mlcore_features_t* features = NULL;
  const jsize size = (*env)->GetArrayLength(env, text);
  char* bytes = copy_bytes(env, text, size);
  (void)self;
  if (bytes == NULL) return 0;
  is_ok(env, mlcore_features_open(bytes, size, &features, &error), &error);
  free(bytes);
  return address_of(features);
}

static jbyteArray JNICALL featuresText(JNIEnv* env, jclass self, jlong features) {
  DECLARE_ERROR(error);
  const char* text = NULL;
  int64_t length = 0;
  (void)self;
  if (!is_ok(env, mlcore_features_text(pointer(features), &text, &length, &error), &error)) {
    return NULL;
  }
  return new_bytes(env, text, length);
}

static jbyteArray JNICALL featuresFingerprint(JNIEnv* env, jclass self, jlong features) {
  DECLARE_ERROR(error);
  const char* text = NULL;
  int64_t length = 0;
  (void)self;
  if (!is_ok(env, mlcore_features_fingerprint(pointer(features), &text, &length, &error), &error)) {
    return NULL;
  }
  return new_bytes(env, text, length);
}

static jlong JNICALL featureCount(JNIEnv* env, jclass self, jlong features) {
  DECLARE_ERROR(error);
  int64_t count = 0;
  (void)self;
  is_ok(env, mlcore_feature_count(pointer(features), &count, &error), &error);
  return count;
}

static jbyteArray JNICALL featureName(JNIEnv* env, jclass self, jlong features, jlong index) {
  DECLARE_ERROR(error);
  const char* name = NULL;
  int64_t length = 0;
  (void)self;
  if (!is_ok(env, mlcore_feature_name(pointer(features), index, &name, &length, &error), &error)) {
    return NULL;
  }
  return new_bytes(env, name, length);
}

static jlong JNICALL requestLayout(JNIEnv* env, jclass self, jlong features) {
  DECLARE_ERROR(error);
  const mlcore_layout_t* layout = NULL;
  (void)self;
  is_ok(env, mlcore_features_request_layout(pointer(features), &layout, &error), &error);
  return address_of(layout);
}

static jlong JNICALL streamCount(JNIEnv* env, jclass self, jlong features) {
  DECLARE_ERROR(error);
  int64_t count = 0;
  (void)self;
  is_ok(env, mlcore_features_stream_count(pointer(features), &count, &error), &error);
  return count;
}

static jbyteArray JNICALL streamName(JNIEnv* env, jclass self, jlong features, jlong stream) {
  DECLARE_ERROR(error);
  const char* name = NULL;
  int64_t length = 0;
  (void)self;
  if (!is_ok(env, mlcore_features_stream_name(pointer(features), stream, &name, &length, &error),
             &error)) {
    return NULL;
  }
  return new_bytes(env, name, length);
}

static jlong JNICALL findStream(JNIEnv* env, jclass self, jlong features, jbyteArray name) {
  DECLARE_ERROR(error);
  int64_t stream = 0;
  const jsize size = (*env)->GetArrayLength(env, name);
  char* bytes = copy_bytes(env, name, size);
  (void)self;
  if (bytes == NULL) return 0;
  is_ok(env, mlcore_features_find_stream(pointer(features), bytes, size, &stream, &error), &error);
  free(bytes);
  return stream;
}

static jlong JNICALL streamLayout(JNIEnv* env, jclass self, jlong features, jlong stream) {
  DECLARE_ERROR(error);
  const mlcore_layout_t* layout = NULL;
  (void)self;
  is_ok(env, mlcore_features_stream_layout(pointer(features), stream, &layout, &error), &error);
  return address_of(layout);
}

static const JNINativeMethod table[] = {
    METHOD(modelOpen, "([B)J"),        METHOD(modelOpenBytes, "([B)J"),
    METHOD(modelName, "(J)[B"),        METHOD(modelDigest, "(J)[B"),
    METHOD(modelDescribe, "(J)[B"),    METHOD(modelFeatures, "(J)J"),
    METHOD(modelOutputCount, "(JI)J"), METHOD(featuresOpen, "([B)J"),
    METHOD(featuresText, "(J)[B"),     METHOD(featuresFingerprint, "(J)[B"),
    METHOD(featureCount, "(J)J"),      METHOD(featureName, "(JJ)[B"),
    METHOD(requestLayout, "(J)J"),     METHOD(streamCount, "(J)J"),
    METHOD(streamName, "(JJ)[B"),      METHOD(findStream, "(J[B)J"),
    METHOD(streamLayout, "(JJ)J"),     METHOD(modelVersion, "(J)J"),
};
const methods_t inspect_methods = METHODS(table);
