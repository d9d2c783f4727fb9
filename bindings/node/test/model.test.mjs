// SPDX-License-Identifier: Apache-2.0
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { Model, State, version } from "@mlcore/runtime";
import { bits, fixture, openLoan, openShop, order, refusal, rejection } from "./support.mjs";

// Two stumps of tests/capi/fixture.hpp: 0.125 + (years < 30 ? 0.25 : -0.5) + (ratio < 0.5 ? 1 : 2).
const young = { age: 20, debt: 100, income: 1000 };
const youngMargin = 0.125 + 0.25 + 1;

test("an opened model says what it is", async () => {
  const model = await openLoan();
  assert.equal(model.name, "loan");
  assert.match(model.digest, /^[0-9a-f]{64}$/);
  assert.equal(model.describe().name, "loan");
  assert.deepEqual(model.features.names, ["years", "ratio"]);
  assert.equal(model.outputCount(), 1);
  assert.equal(model.outputCount("features"), 2);
  assert.match(version, /^\d+\.\d+\.\d+$/);
});

test("the bytes of a file are the file", async () => {
  const bytes = readFileSync(fixture("loan.mlc"));
  const [path, view, buffer] = await Promise.all([
    openLoan(),
    Model.openBytes(bytes),
    Model.openBytes(bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.length)),
  ]);
  assert.equal(view.digest, path.digest);
  assert.equal(buffer.digest, path.digest);
});

test("opening refuses what is no artifact", async () => {
  await rejection(Model.open(fixture("no such file.mlc")), "file_not_found", "NOT_FOUND");
  await rejection(Model.open("a\0b"), "invalid_option");
  await rejection(Model.open("\ud800"), "invalid_utf8");
  await rejection(Model.open(), "type_mismatch");
  await rejection(Model.openBytes("text"), "type_mismatch");
  const nothing = new Uint8Array(0);
  await assert.rejects(Model.openBytes(nothing), (error) => error.codeName === "DATA_LOSS");
  const damaged = Uint8Array.from(readFileSync(fixture("loan.mlc")));
  damaged[200] ^= 1;
  await assert.rejects(Model.openBytes(damaged), (error) => error.codeName === "DATA_LOSS");
});

test("bytes may be transferred away while they are opened", async () => {
  const bytes = Uint8Array.from(readFileSync(fixture("loan.mlc")));
  const opening = Model.openBytes(bytes);
  structuredClone(bytes.buffer, { transfer: [bytes.buffer] });
  assert.equal((await opening).name, "loan");
});

test("a row scores the same as an object, packed, as JSON and as numbers", async () => {
  const model = await openLoan();
  const context = model.context({ output: "margin" });
  const request = model.features.request;
  const ways = [
    () => context.predictRow(young),
    () => context.predictRow(request.pack(young)),
    () => context.predictRow(request.fromJson(JSON.stringify(young))),
    () => context.predictNumbers([20, 100, 1000]),
    () => context.predictNumbers(Float64Array.of(20, 100, 1000)),
    () => context.predictNumbers(Float32Array.of(20, 100, 1000)),
    context.bind(Float64Array.of(20, 100, 1000)),
    context.bind(Float32Array.of(20, 100, 1000)),
    context.bind(request.pack(young)),
  ];
  for (const way of ways) assert.deepEqual([...way()], [youngMargin]);
});

test("each output has its width", async () => {
  const model = await openLoan();
  assert.deepEqual([...model.context({ output: "features" }).predictRow(young)], [20, 0.1]);
  const [probability] = model.context().predictRow(young);
  assert.ok(Math.abs(probability - 1 / (1 + Math.exp(-youngMargin))) < 1e-6);
  refusal(() => model.context({ output: "leaves" }), "invalid_option");
  refusal(() => model.context({ outputs: "margin" }), "invalid_option");
  refusal(() => model.context(1), "type_mismatch");
});

test("classes, leaves and rounds are those of the trees by hand", async () => {
  const model = await openLoan();
  const rows = Float64Array.of(29, 1, 4, 30, 2, 4);
  const table = [
    [{ output: "class" }, [1, 1]],
    [{ output: "class", iterations: [0, 1] }, [1, 0]],
    [{ output: "leaf" }, [1, 3, 2, 4]],
    [{ output: "leaf", iterations: [1, 2] }, [3, 4]],
    [{ output: "margin", iterations: [1, 0] }, [1.125, 2.125]],
  ];
  for (const [options, expected] of table) {
    assert.deepEqual([...(await model.context(options).predictBatch(rows))], expected);
    assert.deepEqual(
      [...model.context(options).predictNumbers(rows.subarray(3))],
      expected.slice(expected.length / 2),
    );
  }
  for (const iterations of [
    [0, 3],
    [1, 1],
    [-1, 0],
    [2, 0],
    [0, 2 ** 31],
    [0, 2n ** 70n],
  ]) {
    refusal(() => model.context({ iterations }), "invalid_option", "INVALID_ARGUMENT");
  }
  for (const iterations of [[0], [0, 1.5], 2, ["0", "1"], [0, 1, 2]]) {
    refusal(() => model.context({ iterations }), "type_mismatch");
  }
  assert.equal(model.outputCount("leaf"), 2);
});

test("a missing feature is the one quiet NaN", async () => {
  const model = await openLoan();
  const context = model.context({ output: "features" });
  assert.deepEqual(bits(context.predictRow({ age: 1, income: 2 })), [
    "3ff0000000000000",
    "7ff8000000000000",
  ]);
});

test("a batch is its rows, one by one", async () => {
  const model = await openLoan();
  const context = model.context({ output: "margin" });
  const values = Float64Array.from({ length: 3 * 1000 }, (_, i) => (i * 7919) % 97);
  const batch = await context.predictBatch(values);
  assert.equal(batch.length, 1000);
  for (let row = 0; row < 1000; ++row) {
    const [one] = context.predictNumbers(values.subarray(row * 3, row * 3 + 3));
    assert.equal(batch[row], one);
  }
  assert.deepEqual([...(await context.predictBatch(new Float32Array(0)))], []);
});

test("packed rows of a definition without streams are a batch without a state", async () => {
  const context = (await openLoan()).context({ output: "margin" });
  const rows = [young, { age: 40, debt: null, income: 1 }];
  const one = rows.flatMap((row) => [...context.predictRow(row)]);
  assert.deepEqual([...(await context.predictBatchAt(null, rows))], one);
  assert.deepEqual([...(await context.predictBatchAt(null, []))], []);
  await rejection(context.predictBatchAt(undefined, rows), "type_mismatch");
  const shop = await openShop();
  await rejection(
    shop.context().predictBatchAt(null, [{ customer: "ada", as_of: 0n }]),
    "needs_state",
  );
});

test("a batch refuses a shape that does not fit, and says which row is wrong", async () => {
  const context = (await openLoan()).context();
  await rejection(context.predictBatch(new Float64Array(4)), "invalid_length");
  await rejection(context.predictBatch(new Float64Array(4), 0), "invalid_length");
  await rejection(context.predictBatch(new Float64Array(4), 2), "wrong_width");
  await rejection(context.predictBatch([1, 2, 3]), "type_mismatch");
  const error = await rejection(
    context.predictBatch(Float64Array.of(1, 2, 3, 1.5, 2, 3)),
    "type_mismatch",
    "INVALID_ARGUMENT",
  );
  assert.deepEqual([error.row, error.column], [1, 0]);
});

test("model features go past the definition", async () => {
  const model = await openLoan();
  const margins = await model.margins(Float64Array.of(20, 0.1, 40, 0.9));
  assert.deepEqual([...margins], [youngMargin, 0.125 - 0.5 + 2]);
  await rejection(model.margins(new Float64Array(3), 3), "wrong_width");
});

test("a definition with a stream scores from a state", async () => {
  const model = await openShop();
  const state = new State(model.features);
  const context = model.context({ output: "features" });
  const request = { customer: "ada", as_of: new Date("1998-01-15") };
  assert.deepEqual(bits(context.predictAt(state, request)), [
    "0000000000000000",
    "7ff8000000000000",
  ]);
  state.ingest("orders", [order(), order({ at: new Date("1997-06-01"), amount: 9.25 })]);
  assert.deepEqual([...context.predictAt(state, request)], [1, 29.75]);
  assert.deepEqual(
    [...context.bind(model.features.request.pack(request), { state })()],
    [1, 29.75],
  );
  refusal(() => context.predictRow(request), "needs_state", "FAILED_PRECONDITION");
});

test("a model that is closed is refused, and its contexts go on", async () => {
  const model = await openLoan();
  const context = model.context({ output: "margin" });
  model.close();
  model.close();
  for (const use of [
    () => model.name,
    () => model.digest,
    () => model.features,
    () => model.context(),
    () => model.describe(),
  ]) {
    refusal(use, "closed_handle", "FAILED_PRECONDITION");
  }
  await rejection(model.margins(new Float64Array(2)), "closed_handle");
  assert.deepEqual([...context.predictRow(young)], [youngMargin]);
});

test("a model is opened from a registry by an alias or a version", async () => {
  const table = [
    ["models@champion", "shop", 2],
    ["models@v1", "loan", 1],
    ["models/v2", "shop", 2],
    ["models/v2/model.mlc", "shop", 0],
    ["loan.mlc", "loan", 0],
  ];
  for (const [ref, name, version] of table) {
    const model = await Model.open(fixture(ref));
    assert.deepEqual([model.name, model.version], [name, version], ref);
    model.close();
    refusal(() => model.version, "closed_handle");
  }
  await rejection(Model.open(fixture("models@beta")), "unknown_alias", "NOT_FOUND");
  await rejection(Model.open(fixture("models@v9")), "unknown_version", "NOT_FOUND");
  await rejection(Model.open(fixture("models@")), "invalid_option", "INVALID_ARGUMENT");
});
