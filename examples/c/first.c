/* SPDX-License-Identifier: Apache-2.0 */
/* usage: first ARTIFACT ROW_JSON, as in: first churn.mlc '{"customer": "7", "as_of": "1998-01-01"}'
 */
#include <mlcore/mlcore.h>
#include <stdio.h>
#include <string.h>

int main(int argc, char** argv) {
  mlcore_error_t error = MLCORE_ERROR_INIT;
  mlcore_model_t* model = NULL;
  const mlcore_features_t* features = NULL;
  const mlcore_layout_t* request = NULL;
  mlcore_state_t* state = NULL; /* without events: nobody has ordered yet */
  mlcore_context_t* context = NULL;
  char row[4096];
  int64_t size = 0;
  double prediction = 0;
  if (argc != 3) return 2;
  if (mlcore_check_abi(MLCORE_ABI_VERSION, &error) ||
      mlcore_model_open(argv[1], (int64_t)strlen(argv[1]), &model, &error) ||
      mlcore_model_features(model, &features, &error) ||
      mlcore_features_request_layout(features, &request, &error) ||
      mlcore_row_from_json(request, argv[2], (int64_t)strlen(argv[2]), row, sizeof row, &size,
                           &error) ||
      mlcore_state_new(features, NULL, &state, &error) ||
      mlcore_context_new(model, NULL, &context, &error) ||
      mlcore_predict_at(context, state, row, size, &prediction, 1, &error)) {
    fprintf(stderr, "%s\n", error.message);
  } else {
    printf("%.9g\n", prediction);
  }
  mlcore_context_release(context);
  mlcore_state_release(state);
  mlcore_model_release(model);
  return error.code == MLCORE_OK ? 0 : 1;
}
