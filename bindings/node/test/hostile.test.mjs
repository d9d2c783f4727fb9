// SPDX-License-Identifier: Apache-2.0
// Memory that goes away, handles that are closed, objects that are not what they seem: errors, no crash.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { Context, Features, Model, Rows, State } from "@mlcore/runtime";
import { fixture, openLoan, openShop, order, refusal, rejection } from "./support.mjs";

const loan = await openLoan();
const shop = await openShop();
const packed = loan.features.request.pack({ age: 20, debt: 100, income: 1000 });
const detach = (array) => structuredClone(array.buffer, { transfer: [array.buffer] });

test("a bound call writes to the memory it was given, and to its own otherwise", () => {
  const context = loan.context({ output: "features" });
  const memory = new Float64Array(10);
  const out = memory.subarray(4, 6);
  const values = Float64Array.of(0, 20, 100, 1000).subarray(1);
  const predict = context.bind(values, { out });
  assert.equal(predict(), out);
  assert.deepEqual([...memory], [0, 0, 0, 0, 20, 0.1, 0, 0, 0, 0]);
  values[0] = 21;
  assert.deepEqual([...predict(1, 2, 3)], [21, 0.1]);
  assert.notEqual(context.bind(values)(), out);
});

test("a bound call whose input or output was transferred away is refused", () => {
  const context = loan.context();
  for (const input of [
    Float64Array.of(20, 100, 1000),
    Float32Array.of(20, 100, 1000),
    packed.slice(),
  ]) {
    const out = new Float64Array(1);
    const first = context.bind(input, { out });
    const second = context.bind(input);
    first();
    detach(out);
    refusal(first, "invalid_length", "INVALID_ARGUMENT");
    second();
    detach(input);
    refusal(second, "invalid_length", "INVALID_ARGUMENT");
    refusal(second, "invalid_length");
  }
});

test("a length that is defined anew hides no detached buffer", () => {
  const values = Float64Array.of(20, 100, 1000);
  const predict = loan.context().bind(values);
  detach(values);
  Object.defineProperty(values, "length", { value: 3 });
  refusal(predict, "invalid_length");
});

test("what a context returned may be transferred away; then it is refused", () => {
  const context = loan.context();
  detach(context.predictRow(packed));
  refusal(() => context.predictRow(packed), "wrong_width");
  refusal(() => context.predictNumbers([20, 100, 1000]), "wrong_width");
  assert.equal(loan.context().predictRow(packed).length, 1);
});

test("detached rows and numbers are no rows", async () => {
  const context = loan.context();
  const row = packed.slice();
  detach(row);
  refusal(() => context.predictRow(row), "malformed_row");
  refusal(context.bind(row), "malformed_row");
  const values = Float64Array.of(20, 100, 1000);
  detach(values);
  refusal(() => context.predictNumbers(values), "wrong_width");
  assert.equal((await context.predictBatch(values)).length, 0);
});

test(
  "a buffer that can be resized is not bound",
  { skip: !("resizable" in ArrayBuffer.prototype) },
  () => {
    const context = loan.context();
    const buffer = new ArrayBuffer(24, { maxByteLength: 48 });
    const values = new Float64Array(buffer);
    refusal(() => context.bind(values), "type_mismatch");
    refusal(() => context.bind(packed, { out: new Float64Array(buffer, 0, 1) }), "type_mismatch");
    Object.defineProperty(buffer, "resizable", { value: false });
    refusal(() => context.bind(values), "type_mismatch");
    buffer.resize(8);
    refusal(() => context.predictNumbers(values), "wrong_width");
  },
);

test("memory that threads share is refused", async () => {
  const context = loan.context();
  const row = new Uint8Array(new SharedArrayBuffer(packed.length));
  row.set(packed);
  const values = new Float64Array(new SharedArrayBuffer(24));
  refusal(() => context.predictRow(row), "type_mismatch");
  refusal(() => context.predictNumbers(values), "type_mismatch");
  refusal(() => context.bind(row), "type_mismatch");
  refusal(
    () => context.bind(packed, { out: new Float64Array(new SharedArrayBuffer(8)) }),
    "type_mismatch",
  );
  await rejection(context.predictBatch(values), "type_mismatch");
  await rejection(Model.openBytes(new SharedArrayBuffer(100)), "type_mismatch");
});

test("bind refuses what it can't score", () => {
  const context = loan.context();
  for (const input of [
    [1, 2, 3],
    null,
    undefined,
    "row",
    new Int32Array(3),
    new DataView(new ArrayBuffer(8)),
  ]) {
    refusal(() => context.bind(input), "type_mismatch");
  }
  refusal(() => context.bind(packed, { out: [0] }), "type_mismatch");
  refusal(() => context.bind(packed, { out: new Float64Array(2) }), "wrong_width");
  refusal(() => context.bind(packed, { outs: 1 }), "invalid_option");
  refusal(() => context.bind(packed, { state: {} }), "type_mismatch");
  refusal(
    () => context.bind(new Float64Array(3), { state: new State(shop.features) }),
    "invalid_option",
  );
  refusal(context.bind(new Float64Array(2)), "wrong_width");
  refusal(context.bind(Float64Array.of(1.5, 0, 0)), "type_mismatch");
  refusal(shop.context().bind(new Float64Array(2)), "needs_state", "FAILED_PRECONDITION");
});

test("numbers are numbers", () => {
  const context = loan.context();
  refusal(() => context.predictNumbers([1n, 2, 3]), "type_mismatch");
  assert.equal(refusal(() => context.predictNumbers([1, "2", 3]), "type_mismatch").column, 1);
  refusal(() => context.predictNumbers([1.5, 2, 3]), "type_mismatch");
  refusal(() => context.predictNumbers([1, 2, null]), "null_not_allowed");
  refusal(() => context.predictNumbers([]), "wrong_width");
  refusal(() => context.predictNumbers(), "type_mismatch");
  refusal(() => context.predictNumbers(new BigInt64Array(3)), "type_mismatch");
});

test("a closed handle is an error for every call", async () => {
  const context = loan.context();
  const state = new State(shop.features);
  const bound = [context.bind(packed), context.bind(new Float64Array(3))];
  const shopContext = shop.context();
  const request = { customer: "ada", as_of: 0n };
  const boundToState = shopContext.bind(shop.features.request.pack(request), { state });
  context.close();
  context.close();
  state.close();
  const calls = [
    ...bound,
    boundToState,
    () => context.predictRow(packed),
    () => context.predictNumbers([1, 2, 3]),
    () => context.bind(packed),
    () => context.predictAt(new State(shop.features), packed),
    () => context.predictEvents(packed, {}),
    () => shopContext.predictAt(state, request),
    () => state.ingest("orders", []),
    () => state.expire(0n),
    () => state.keyCount,
    () => state.eventCount,
    () => state.memory,
    () => state.sourceOffset("s"),
  ];
  for (const call of calls) refusal(call, "closed_handle", "FAILED_PRECONDITION");
  const promises = [
    context.predictBatch(new Float64Array(3)),
    context.predictBatchAt(new State(shop.features), []),
    shopContext.predictBatchAt(state, []),
    state.snapshot(),
    shop.features.compute([request], state),
  ];
  for (const promise of promises) await rejection(promise, "closed_handle", "FAILED_PRECONDITION");
  const features = Features.parse("features f version 1\ninput x: f64\ny = x\noutput [y]");
  const layout = features.request;
  features.close();
  for (const call of [() => features.text, () => features.names, () => features.stream("s")]) {
    refusal(call, "closed_handle");
  }
  layout.check(layout.pack({ x: 1 }));
});

test("what is closed under a promise is kept until the promise is done", async () => {
  const model = await openShop();
  const state = new State(model.features);
  state.ingest(
    "orders",
    Array.from({ length: 5000 }, (_, i) => order({ customer: `c${i % 50}`, amount: i })),
  );
  const context = model.context();
  const rows = new Rows(model.features.request);
  for (let i = 0; i < 20_000; ++i)
    rows.append({ customer: `c${i % 50}`, as_of: new Date("1998-02-01") });
  const pending = [
    context.predictBatchAt(state, rows),
    context.predictBatchAt(state, rows),
    state.snapshot(),
    model.features.compute(rows, state),
  ];
  for (let i = 0; i < 20_000; ++i) rows.append({ customer: "later", as_of: 0n });
  for (const closed of [context, state, model.features, model]) closed.close();
  const [first, second, snapshot, table] = await Promise.all(pending);
  assert.equal(first.length, 20_000);
  assert.deepEqual(second, first);
  assert.equal(table.length, 40_000);
  assert.equal((await State.restore(shop.features, snapshot)).eventCount, 5000);
});

test("batches of one context overlap, with calls for one row between them", async () => {
  const context = loan.context({ output: "margin" });
  const values = Float64Array.from({ length: 3 * 10_000 }, (_, i) => i % 89);
  const batches = Array.from({ length: 12 }, () => context.predictBatch(values));
  const [row] = context.predictRow(packed);
  values.fill(0);
  detach(values);
  const [first, ...others] = await Promise.all(batches);
  for (const other of others) assert.deepEqual(other, first);
  assert.equal(context.predictRow(packed)[0], row);
});

test("an object of another class is refused where a handle is expected", () => {
  const context = shop.context();
  const request = { customer: "ada", as_of: 0n };
  for (const other of [
    null,
    undefined,
    {},
    shop,
    context,
    Object.create(State.prototype),
    new Proxy(new State(shop.features), {}),
  ]) {
    refusal(() => context.predictAt(other, request), "type_mismatch");
  }
  assert.throws(() => Context.prototype.predictRow.call({}, packed), TypeError);
  assert.throws(
    () => Object.getOwnPropertyDescriptor(Model.prototype, "name").get.call(shop.features),
    TypeError,
  );
  assert.throws(() => new Context(), TypeError);
  assert.throws(() => new Model({}), TypeError);
});

test("a getter that closes the context, and one that detaches its output, are errors", () => {
  const context = loan.context();
  const closes = {
    debt: 1,
    income: 1,
    get age() {
      context.close();
      return 1;
    },
  };
  refusal(() => context.predictRow(closes), "closed_handle");
  const other = loan.context();
  const detaches = {
    debt: 1,
    income: 1,
    get age() {
      detach(other.out);
      return 1;
    },
  };
  refusal(() => other.predictRow(detaches), "wrong_width");
});

test("a definition that is closed takes nothing from what was made of it", async () => {
  const model = await openShop();
  const early = model.context();
  const features = Features.parse(model.features.text);
  const state = new State(features);
  const restoring = State.restore(features, await state.snapshot());
  features.close();
  model.features.close();
  refusal(() => new State(features), "closed_handle");
  refusal(() => model.features.names, "closed_handle");
  for (const kept of [state, await restoring]) {
    assert.equal(kept.ingest("orders", [order()]).accepted, 1);
    refusal(() => kept.ingest("visits", []), "unknown_name", "NOT_FOUND");
    refusal(() => kept.ingest(5, []), "type_mismatch");
  }
  const request = { customer: "ada", as_of: new Date("1998-01-02") };
  for (const context of [early, model.context()]) {
    const [score] = context.predictAt(state, request);
    assert.equal(context.predictEvents(request, { orders: [order()] })[0], score);
    refusal(() => context.predictEvents(request, { visits: [] }), "unknown_name", "NOT_FOUND");
  }
  assert.equal((await model.margins(new Float64Array(2))).length, 1);
});

test("an option of an odd type is an MlcoreError", () => {
  for (const output of [5n, Symbol("x"), { toJSON: () => assert.fail() }, [], null]) {
    if (output !== null) refusal(() => loan.context({ output }), "invalid_option");
  }
  for (const iterations of [new Array(2), [0], [0, 1, 2], "01", { length: 2 }]) {
    refusal(() => loan.context({ iterations }), "type_mismatch");
  }
});

test("an array of numbers that is far too long is refused before it is read", () => {
  const long = new Proxy(new Array(2 ** 31), {
    get: (array, key) => (key === "length" ? array.length : assert.fail("an element was read")),
  });
  refusal(() => loan.context().predictNumbers(long));
});

test("a definition that is no definition is refused", () => {
  refusal(() => Features.parse("features"), "syntax");
  refusal(() => Features.parse(""), "syntax");
  refusal(() => Features.parse("\udc00"), "invalid_utf8");
  refusal(() => Features.parse(5), "type_mismatch");
  refusal(() => shop.features.stream("visits"), "unknown_name", "NOT_FOUND");
  refusal(() => shop.features.stream(), "type_mismatch");
  refusal(() => Features.parse("features f version 1 # \0\n"), "syntax");
});

test("a huge request for memory is an error", async () => {
  const context = loan.context();
  const wide = new Float64Array(3);
  Object.defineProperty(wide, "length", { value: 3 * 2 ** 50 });
  await assert.rejects(context.predictBatch(wide), (error) => error.codeName !== undefined);
});

test("Symbol.dispose closes, where there is one", { skip: Symbol.dispose === undefined }, () => {
  const context = loan.context();
  context[Symbol.dispose]();
  refusal(() => context.predictRow(packed), "closed_handle");
});

test("each byte of an artifact that is flipped is found, or changes nothing that is read", async () => {
  const bytes = readFileSync(fixture("loan.mlc"));
  let refused = 0;
  for (let at = 0; at < bytes.length; at += 97) {
    const damaged = Uint8Array.from(bytes);
    damaged[at] ^= 0x10;
    await Model.openBytes(damaged).catch((error) => {
      assert.ok(["DATA_LOSS", "UNIMPLEMENTED"].includes(error.codeName), error.message);
      refused += 1;
    });
  }
  assert.equal(refused, Math.ceil(bytes.length / 97));
});
