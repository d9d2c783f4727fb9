/* SPDX-License-Identifier: Apache-2.0 */
/* Times one-row calls of C libraries: each library's own call, its arguments ready, in one loop for
 * all. worker.py compiles it, fills a subject through ctypes and reads nanoseconds; mlcore is
 * measured by it as its peers are. A call that fails gives NaN, which no comparison passes. */
#include <math.h>
#include <stdint.h>
#include <string.h>
#include <time.h>

enum { CACHE_LINE = 64 };

typedef struct {
  int32_t kind;       /* position in kCalls */
  int32_t wide;       /* rows, and what tl2cgen stores, are doubles */
  void* function;     /* the library's */
  void* handle;       /* its model, booster, context, … */
  void* extra;        /* mlcore: error; XGBoost: values as JSON */
  const char* config; /* XGBoost */
  char* buffer;       /* memory of one row, where the call needs a place of its own */
  const char* rows;
  int64_t row_bytes;
  int64_t row_count;
  int64_t columns;
} subject_t;

typedef double (*call_t)(const subject_t*, const char* row);

static double mlcore_predict(const subject_t* s, const char* row) {
  int32_t (*predict)(void*, const void*, int64_t, double*, int64_t, void*) = s->function;
  double out;
  return predict(s->handle, row, s->columns, &out, 1, s->extra) == 0 ? out : NAN;
}

static double mlcore_margin(const subject_t* s, const char* row) {
  int32_t (*margin)(void*, const void*, int64_t, int64_t, int64_t, double*, int64_t, void*) =
      s->function;
  double out;
  return margin(s->handle, row, 1, s->columns, s->columns, &out, 1, s->extra) == 0 ? out : NAN;
}

/* The text that tells XGBoost where the row is was made before: it names `buffer`. */
static double xgboost_dense(const subject_t* s, const char* row) {
  int (*predict)(void*, const char*, const char*, void*, const uint64_t**, uint64_t*,
                 const float**) = s->function;
  const uint64_t* shape;
  uint64_t dimension;
  const float* out;
  memcpy(s->buffer, row, (size_t)s->row_bytes);
  return predict(s->handle, s->extra, s->config, NULL, &shape, &dimension, &out) == 0 ? out[0]
                                                                                      : NAN;
}

static double lightgbm_fast(const subject_t* s, const char* row) {
  int (*predict)(void*, const void*, int64_t*, double*) = s->function;
  int64_t length;
  double out;
  return predict(s->handle, row, &length, &out) == 0 ? out : NAN;
}

/* It overwrites its row by ranks, and adds to the result. */
static double tl2cgen_predict(const subject_t* s, const char* row) {
  memcpy(s->buffer, row, (size_t)s->row_bytes);
  if (s->wide) {
    void (*predict)(void*, int, double*) = s->function;
    double out = 0;
    predict(s->buffer, 1, &out);
    return out;
  }
  void (*predict)(void*, int, float*) = s->function;
  float out = 0;
  predict(s->buffer, 1, &out);
  return out;
}

static double lleaves_forest(const subject_t* s, const char* row) {
  void (*predict)(const void*, double*, int32_t, int32_t) = s->function;
  double out;
  predict(row, &out, 0, 1);
  return out;
}

static double nothing(const subject_t* s, const char* row) {
  (void)s;
  return row[0];
}

/* KINDS in worker.py has the same order. */
static const call_t kCalls[] = {nothing,       mlcore_predict,  mlcore_margin, xgboost_dense,
                                lightgbm_fast, tl2cgen_predict, lleaves_forest};

static int64_t now(clockid_t clock) {
  struct timespec time;
  clock_gettime(clock, &time);
  return (int64_t)time.tv_sec * 1000000000 + time.tv_nsec;
}

/* All rows once; `out` gets what each gave. Returns nanoseconds of the process, all its threads. */
int64_t time_rows(const subject_t* s, double* out) {
  const call_t call = kCalls[s->kind];
  const int64_t begin = now(CLOCK_PROCESS_CPUTIME_ID);
  for (int64_t row = 0; row < s->row_count; ++row) out[row] = call(s, s->rows + row * s->row_bytes);
  return now(CLOCK_PROCESS_CPUTIME_ID) - begin;
}

/* Walk `size` bytes of memory, so that nothing else is left in the caches. */
void evict(volatile char* memory, int64_t size) {
  for (int64_t i = 0; i < size; i += CACHE_LINE) memory[i] = (char)(memory[i] + 1);
}

/* Each call by itself, by the clock on the wall, what looking at it takes included; before each
 * `size` bytes of `memory` are walked, none where it is NULL. */
void time_singles(const subject_t* s, int64_t count, int64_t* nanoseconds, char* memory,
                  int64_t size) {
  const call_t call = kCalls[s->kind];
  volatile double out;
  for (int64_t i = 0; i < count; ++i) {
    const char* row = s->rows + i % s->row_count * s->row_bytes;
    if (memory != NULL) evict(memory, size);
    const int64_t begin = now(CLOCK_MONOTONIC);
    out = call(s, row);
    nanoseconds[i] = now(CLOCK_MONOTONIC) - begin;
  }
  (void)out;
}
