// SPDX-License-Identifier: Apache-2.0
// usage: mlcore.mjs ARTIFACT [ROWS]
// One line of JSON: nanoseconds of the numeric call, which copies a row into bound memory and scores it; of the
// same with a packed row; of packing an object. ROWS is a file of doubles, rows x inputs.
import { Model, version } from "@mlcore/runtime";
import { allocations, p99, print, rowsFrom, time } from "./measure.mjs";

const [artifact, path] = process.argv.slice(2);
const model = await Model.open(artifact);
const { request } = model.features;
const names = request.fields.map((field) => field.name);
const rows = rowsFrom(path, names.length);
const context = model.context({ output: "margin" });

/** For each row a function that copies it into `memory`, which is bound once, and scores it. */
function boundCalls(memory, given) {
  const predict = context.bind(memory);
  return given.map((row) => () => {
    memory.set(row);
    return predict();
  });
}

const numeric = boundCalls(new Float64Array(names.length), rows);
const objects = rows.map((row) => Object.fromEntries(names.map((name, i) => [name, row[i]])));
const packed = objects.map((object) => request.pack(object));

print("@mlcore/runtime", version, rows.length, {
  call: time(numeric),
  p99: await p99(numeric),
  allocated: await allocations(numeric),
  ns_per_packed_call: time(boundCalls(packed[0].slice(), packed)),
  ns_per_pack: time(objects.map((object) => () => request.pack(object))),
});
