/* SPDX-License-Identifier: Apache-2.0 */
/* The C API from C99, through libmlcore.so. Arguments: loan.mlc shop.mlc, as make_artifacts writes
 * them. */
#include <mlcore/mlcore.h>
/* The header may be included twice. */
#include <mlcore/mlcore.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int failures = 0;

static void check(int is_true, const char* what, int line) {
  if (is_true) return;
  fprintf(stderr, "c99_test.c:%d: %s\n", line, what);
  ++failures;
}

#define CHECK(condition) check((condition) != 0, #condition, __LINE__)

/* The layout of the structs is the binary interface; it is the same on every 64-bit machine. */
static void structs_have_the_documented_layout(void) {
  CHECK(sizeof(mlcore_error_t) == 1048);
  CHECK(offsetof(mlcore_error_t, code) == 4);
  CHECK(offsetof(mlcore_error_t, reason) == 8);
  CHECK(offsetof(mlcore_error_t, column) == 12);
  CHECK(offsetof(mlcore_error_t, row) == 16);
  CHECK(offsetof(mlcore_error_t, message) == 24);
  CHECK(sizeof(mlcore_field_t) == 40);
  CHECK(offsetof(mlcore_field_t, slot_offset) == 16);
  CHECK(offsetof(mlcore_field_t, name) == 24);
  CHECK(sizeof(mlcore_rows_t) == 32);
  CHECK(offsetof(mlcore_rows_t, offsets) == 16);
  CHECK(sizeof(mlcore_state_options_t) == 40);
  CHECK(offsetof(mlcore_state_options_t, lateness) == 24);
  CHECK(sizeof(mlcore_ingest_report_t) == 504);
  CHECK(offsetof(mlcore_ingest_report_t, invalid_row) == 56);
  CHECK(offsetof(mlcore_ingest_report_t, invalid_message) == 248);
  CHECK(sizeof(mlcore_context_options_t) == 20);
  CHECK(sizeof(mlcore_matrix_t) == 96);
  CHECK(offsetof(mlcore_matrix_t, row_begin) == 40);
  CHECK(offsetof(mlcore_matrix_t, missing) == 72);
}

static void the_abi_is_checked(void) {
  mlcore_error_t error = MLCORE_ERROR_INIT;
  CHECK(mlcore_check_abi(MLCORE_ABI_VERSION, &error) == MLCORE_OK);
  CHECK(mlcore_abi_version() == MLCORE_ABI_VERSION);
  CHECK(strlen(mlcore_version()) > 0);
  CHECK(mlcore_check_abi(MLCORE_ABI_VERSION + 1, &error) == MLCORE_FAILED_PRECONDITION);
  CHECK(error.reason == MLCORE_REASON_ABI_MISMATCH);
  CHECK(strstr(error.message, "libmlcore.so") != NULL);
  CHECK(strcmp(mlcore_code_name(9), "FAILED_PRECONDITION") == 0);
  CHECK(strcmp(mlcore_reason_name(102), "abi_mismatch") == 0);
}

static void a_row_is_scored(const char* path) {
  mlcore_error_t error = MLCORE_ERROR_INIT;
  mlcore_model_t* model = NULL;
  const mlcore_features_t* features = NULL;
  const mlcore_layout_t* request = NULL;
  mlcore_context_options_t options;
  mlcore_context_t* context = NULL;
  const char* json = "{\"age\": 29, \"debt\": 1, \"income\": 4}";
  unsigned char row[64];
  int64_t size = 0;
  double margin = 0;
  CHECK(mlcore_context_options_init(&options, sizeof options, &error) == MLCORE_OK);
  options.output = MLCORE_OUTPUT_MARGIN;
  if (mlcore_model_open(path, (int64_t)strlen(path), &model, &error) ||
      mlcore_model_features(model, &features, &error) ||
      mlcore_features_request_layout(features, &request, &error) ||
      mlcore_context_new(model, &options, &context, &error) ||
      mlcore_row_from_json(request, json, (int64_t)strlen(json), row, sizeof row, &size, &error) ||
      mlcore_predict_row(context, row, size, &margin, 1, &error)) {
    fprintf(stderr, "%s\n", error.message);
    ++failures;
  }
  CHECK(margin == 0.125 + 0.25 + 1.0);
  CHECK(mlcore_predict_row(context, row, size, &margin, 2, &error) == MLCORE_INVALID_ARGUMENT);
  CHECK(error.reason == MLCORE_REASON_WRONG_WIDTH);
  mlcore_model_release(model);
  CHECK(mlcore_predict_row(context, row, size, &margin, 1, &error) == MLCORE_OK);
  mlcore_context_release(context);
}

static void events_are_kept_and_scored(const char* path) {
  mlcore_error_t error = MLCORE_ERROR_INIT;
  mlcore_model_t* model = NULL;
  const mlcore_features_t* features = NULL;
  const mlcore_layout_t* request = NULL;
  const mlcore_layout_t* orders = NULL;
  mlcore_state_t* state = NULL;
  mlcore_context_t* context = NULL;
  mlcore_ingest_report_t report;
  mlcore_rows_t rows;
  const char* order =
      "{\"customer\": \"ada\", \"at\": \"1998-01-01\", \"cds\": 1, \"amount\": 20.5}";
  const char* ada = "{\"customer\": \"ada\", \"as_of\": \"1998-01-02\"}";
  unsigned char event[128];
  unsigned char row[64];
  int64_t offsets[2] = {0, 0};
  int64_t stream = -1;
  int64_t size = 0;
  double prediction = 0;
  memset(&report, 0, sizeof report);
  report.struct_size = sizeof report;
  if (mlcore_model_open(path, (int64_t)strlen(path), &model, &error) ||
      mlcore_model_features(model, &features, &error) ||
      mlcore_features_request_layout(features, &request, &error) ||
      mlcore_features_find_stream(features, "orders", 6, &stream, &error) ||
      mlcore_features_stream_layout(features, stream, &orders, &error) ||
      mlcore_state_new(features, NULL, &state, &error) ||
      mlcore_row_from_json(orders, order, (int64_t)strlen(order), event, sizeof event, &offsets[1],
                           &error)) {
    fprintf(stderr, "%s\n", error.message);
    ++failures;
  }
  rows.bytes = event;
  rows.size = offsets[1];
  rows.offsets = offsets;
  rows.count = 1;
  if (mlcore_state_ingest(state, stream, &rows, &report, &error) ||
      mlcore_context_new(model, NULL, &context, &error) ||
      mlcore_row_from_json(request, ada, (int64_t)strlen(ada), row, sizeof row, &size, &error) ||
      mlcore_predict_at(context, state, row, size, &prediction, 1, &error)) {
    fprintf(stderr, "%s\n", error.message);
    ++failures;
  }
  CHECK(report.accepted == 1);
  CHECK(prediction > 0.5 && prediction < 1.0);
  CHECK(mlcore_predict_row(context, row, size, &prediction, 1, &error) ==
        MLCORE_FAILED_PRECONDITION);
  CHECK(error.reason == MLCORE_REASON_NEEDS_STATE);
  mlcore_context_release(context);
  mlcore_state_release(state);
  mlcore_model_release(model);
}

int main(int argc, char** argv) {
  if (argc != 3) {
    fprintf(stderr, "usage: c99_test loan.mlc shop.mlc\n");
    return 2;
  }
  structs_have_the_documented_layout();
  the_abi_is_checked();
  a_row_is_scored(argv[1]);
  events_are_kept_and_scored(argv[2]);
  return failures == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
