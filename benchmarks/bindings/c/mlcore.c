/* SPDX-License-Identifier: Apache-2.0 */
/* usage: mlcore ARTIFACT ROWS
 * The calls that every binding makes, from C: a row is copied into bound memory and scored. One line of
 * JSON; ROWS is a file of doubles, rows x inputs. */
#define _GNU_SOURCE
#include <malloc.h>
#include <string.h>
#include <time.h>

#include "../../rows.h"

enum { PASSES = 301, WARM_UPS = 100, SINGLE_CALLS = 100000 };

static mlcore_context_t* context;
static double* rows;
static char* packed;
static int64_t row_count, columns, packed_size;
static double out[64];
static int64_t out_count;

static int64_t now(void) {
  struct timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return (int64_t)time.tv_sec * 1000000000 + time.tv_nsec;
}

static double values[1024];
static void numeric_call(int64_t row) {
  memcpy(values, rows + row * columns, (size_t)columns * sizeof(double));
  TRY(mlcore_predict_f64(context, values, columns, out, out_count, &error));
}

static char bound[16384];
static void packed_call(int64_t row) {
  memcpy(bound, packed + row * packed_size, (size_t)packed_size);
  TRY(mlcore_predict_row(context, bound, packed_size, out, out_count, &error));
}

static int by_value(const void* left, const void* right) {
  const double a = *(const double*)left, b = *(const double*)right;
  return a < b ? -1 : a > b;
}

/* Nanoseconds of a call: the median of passes over all rows. */
static double time_of(void (*call)(int64_t)) {
  static double times[PASSES];
  for (int pass = -WARM_UPS; pass < PASSES; ++pass) {
    const int64_t begin = now();
    for (int64_t row = 0; row < row_count; ++row) call(row);
    if (pass >= 0) times[pass] = (double)(now() - begin) / (double)row_count;
  }
  qsort(times, PASSES, sizeof *times, by_value);
  return times[PASSES / 2];
}

static void nothing(int64_t row) { (void)row; }

static double percentile(void (*call)(int64_t), double at) {
  static double times[SINGLE_CALLS];
  for (int i = 0; i < SINGLE_CALLS; ++i) {
    const int64_t begin = now();
    call(i % row_count);
    times[i] = (double)(now() - begin);
  }
  qsort(times, SINGLE_CALLS, sizeof *times, by_value);
  return times[(int)(at * (SINGLE_CALLS - 1))];
}

/* All fields are nullable doubles: slots after the layout's number and the bitmap. */
static void pack_rows(const mlcore_layout_t* layout) {
  uint64_t id;
  TRY(mlcore_layout_id(layout, &id, &error));
  TRY(mlcore_layout_fixed_size(layout, &packed_size, &error));
  packed = calloc((size_t)row_count, (size_t)packed_size);
  for (int64_t row = 0; row < row_count; ++row) {
    char* at = packed + row * packed_size;
    memcpy(at, &id, sizeof id);
    memcpy(at + packed_size - columns * 8, rows + row * columns, (size_t)columns * 8);
    TRY(mlcore_row_check(layout, at, packed_size, &error));
  }
}

int main(int argc, char** argv) {
  mlcore_model_t* model;
  const mlcore_features_t* features;
  const mlcore_layout_t* layout;
  mlcore_context_options_t options;
  if (argc != 3) return 2;
  TRY(mlcore_check_abi(MLCORE_ABI_VERSION, &error));
  TRY(mlcore_model_open(argv[1], (int64_t)strlen(argv[1]), &model, &error));
  TRY(mlcore_model_features(model, &features, &error));
  TRY(mlcore_features_request_layout(features, &layout, &error));
  TRY(mlcore_layout_field_count(layout, &columns, &error));
  TRY(mlcore_context_options_init(&options, sizeof options, &error));
  options.output = MLCORE_OUTPUT_MARGIN;
  TRY(mlcore_context_new(model, &options, &context, &error));
  TRY(mlcore_context_output_count(context, &out_count, &error));
  if (columns > 1024 || out_count > 64) return 1;
  rows = read_rows(argv[2], columns, &row_count);
  pack_rows(layout);
  const double numeric = time_of(numeric_call), typed = time_of(packed_call);
  const double slowest = percentile(numeric_call, 0.99) - percentile(nothing, 0.5);
  const struct mallinfo2 before = mallinfo2();
  for (int64_t row = 0; row < row_count; ++row) numeric_call(row);
  const struct mallinfo2 after = mallinfo2();
  printf("{\"language\": \"c\", \"version\": \"%s\", \"package\": \"libmlcore %s\", \"ns_per_row_call\": %.1f, "
         "\"ns_per_row_call_p99\": %.1f, \"ns_per_packed_call\": %.1f, \"allocations_per_call\": %.1f, \"rows\": %lld}\n",
         "gcc " __VERSION__, mlcore_version(), numeric, slowest, typed,
         (double)(after.uordblks - before.uordblks) / (double)row_count, (long long)row_count);
  return 0;
}
