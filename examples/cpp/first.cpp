// SPDX-License-Identifier: Apache-2.0
// usage: first ARTIFACT ROW_JSON, as in: first churn.mlc '{"customer": "7", "as_of": "1998-01-01"}'
#include <cstdio>
#include <exception>

#include "mlcore/predict/predictor.hpp"
#include "mlcore/schema/json_row.hpp"

int main(int argc, char** argv) try {
  if (argc != 3) return 2;
  const auto predictor = mlcore::Predictor::open(argv[1]);
  const mlcore::RowLayout& request = predictor->definition().request();
  mlcore::RowBuilder builder(request);
  mlcore::row_from_json(request, argv[2], builder);
  const mlcore::RowView row = mlcore::RowView::parse(request, builder.finish());
  const mlcore::State state(predictor->definition(), {});  // without events: nobody has ordered yet
  mlcore::Context context(predictor, {});
  double prediction = 0;
  predictor->predict_at(context, state, row, {&prediction, 1});
  std::printf("%.9g\n", prediction);
  return 0;
} catch (const std::exception& error) {
  std::fprintf(stderr, "%s\n", error.what());
  return 1;
}
