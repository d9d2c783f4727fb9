// SPDX-License-Identifier: Apache-2.0
// usage: first.mjs ARTIFACT ROW_JSON, as in: first.mjs churn.mlc '{"customer": "7", "as_of": "1998-01-01"}'
import { Model, State } from "@mlcore/runtime";

async function main([artifact, json]) {
  const model = await Model.open(artifact);
  const row = model.features.request.fromJson(json);
  const state = new State(model.features); // without events: nobody has ordered yet
  const [prediction] = model.context().predictAt(state, row);
  console.log(String(Number(prediction.toPrecision(9))));
}

if (process.argv.length !== 4) {
  console.error("usage: first.mjs ARTIFACT ROW_JSON");
  process.exit(2);
}
main(process.argv.slice(2)).catch((error) => {
  console.error(String(error));
  process.exitCode = 1;
});
