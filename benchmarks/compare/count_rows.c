/* SPDX-License-Identifier: Apache-2.0 */
/* usage: count_rows ARTIFACT ROWS COUNT CALL
 * Scores COUNT rows of ROWS, a file of doubles, for a tool that counts instructions: two counts of
 * rows, and the difference is that of the rows alone. CALL: predict, a row with its definition;
 * margin, a row of the model; batch, all rows at once. */
#include <string.h>

#include "../rows.h"

int main(int argc, char** argv) {
  mlcore_model_t* model;
  const mlcore_features_t* features;
  const mlcore_layout_t* layout;
  mlcore_context_options_t options;
  mlcore_context_t* context;
  int64_t columns, row_count;
  if (argc != 5) return 2;
  const int64_t count = atoll(argv[3]);
  TRY(mlcore_model_open(argv[1], (int64_t)strlen(argv[1]), &model, &error));
  TRY(mlcore_model_features(model, &features, &error));
  TRY(mlcore_features_request_layout(features, &layout, &error));
  TRY(mlcore_layout_field_count(layout, &columns, &error));
  TRY(mlcore_context_options_init(&options, sizeof options, &error));
  options.output = MLCORE_OUTPUT_MARGIN;
  TRY(mlcore_context_new(model, &options, &context, &error));
  const double* rows = read_rows(argv[2], columns, &row_count);
  if (row_count < count) {
    fprintf(stderr, "%s has %lld rows\n", argv[2], (long long)row_count);
    return 1;
  }
  double* out = malloc((size_t)count * sizeof *out);
  if (out == NULL) return 1;
  if (strcmp(argv[4], "batch") == 0) {
    TRY(mlcore_model_margin_f64(model, rows, count, columns, columns, out, count, &error));
    return 0;
  }
  for (int64_t row = 0; row < count; ++row) {
    const double* values = rows + row * columns;
    if (strcmp(argv[4], "margin") == 0) {
      TRY(mlcore_model_margin_f64(model, values, 1, columns, columns, out + row, 1, &error));
    } else {
      TRY(mlcore_predict_f64(context, values, columns, out + row, 1, &error));
    }
  }
  return 0;
}
