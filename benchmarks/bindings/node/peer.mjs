// SPDX-License-Identifier: Apache-2.0
// usage: peer.mjs MODEL.onnx [ROWS]
// The same line for onnxruntime-node: one thread, the tensors of the rows made before. Its calls are
// asynchronous only.
import { createRequire } from "node:module";
import ort from "onnxruntime-node";
import { allocations, p99, print, rowsFrom, timeAsync } from "./measure.mjs";

const [file, path] = process.argv.slice(2);
const session = await ort.InferenceSession.create(file, {
  intraOpNumThreads: 1,
  interOpNumThreads: 1,
  executionMode: "sequential",
});
const [input] = session.inputNames;
const columns = columnsOf(session, input);
const rows = rowsFrom(path, columns);
const feeds = rows.map((row) => ({
  [input]: new ort.Tensor("float32", Float32Array.from(row), [1, columns]),
}));
const outputs = session.outputNames.slice(-1); // of a classifier the probabilities, not the labels
const calls = feeds.map((feed) => () => session.run(feed, outputs));

function columnsOf(opened, name) {
  const shape = opened.inputMetadata?.find((metadata) => metadata.name === name)?.shape;
  return Number(shape?.[1] ?? 28);
}

const { version } = createRequire(import.meta.url)("onnxruntime-node/package.json");
print("onnxruntime-node", version, rows.length, {
  call: await timeAsync(calls),
  p99: await p99(calls, 10_000),
  allocated: await allocations(calls),
});
