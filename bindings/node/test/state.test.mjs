// SPDX-License-Identifier: Apache-2.0
import assert from "node:assert/strict";
import { test } from "node:test";
import { Features, Rows, State } from "@mlcore/runtime";
import { openLoan, openShop, order, refusal, rejection } from "./support.mjs";

const shop = await openShop();
const layout = shop.features.stream("orders");
const asOf = new Date("1998-01-15");
const score = (state, customer = "ada") => [
  ...shop.context({ output: "features" }).predictAt(state, { customer, as_of: asOf }),
];
const counts = ({ accepted, late, duplicate, conflict, invalid, replayed }) => [
  accepted,
  late,
  duplicate,
  conflict,
  invalid,
  replayed,
];

test("a new state is empty", () => {
  const state = new State(shop.features);
  assert.deepEqual([state.keyCount, state.eventCount], [0, 0]);
  assert.deepEqual(counts(state.ingest("orders", [])), [0, 0, 0, 0, 0, 0]);
  assert.equal(state.memory, new State(shop.features).memory);
});

test("events come as objects, as rows, as packed rows and from a generator", () => {
  const state = new State(shop.features);
  function* generated() {
    yield order({ customer: "eve" });
    yield layout.pack(order({ customer: "eve" }));
  }
  const reports = [
    state.ingest("orders", [order()]),
    state.ingest("orders", new Rows(layout, [order(), order({ customer: "bob" })])),
    state.ingest("orders", generated()),
  ];
  assert.deepEqual(
    reports.map((report) => report.accepted),
    [1, 2, 2],
  );
  assert.deepEqual([state.keyCount, state.eventCount], [3, 5]);
  assert.ok(state.memory > 0);
  assert.deepEqual(score(state), [2, 41]);
});

test("an event that can't be read is listed, and the others are taken", () => {
  const state = new State(shop.features);
  const late = shop.features.stream("orders").pack(order());
  new DataView(late.buffer).setBigInt64(24, 10n ** 18n, true); // no year of a timestamp
  const report = state.ingest("orders", [order(), new Uint8Array(5), late]);
  assert.deepEqual(counts(report), [1, 0, 0, 0, 2, 0]);
  assert.deepEqual(
    report.invalidRows.map((row) => [row.row, row.reasonName]),
    [
      [1, "malformed_row"],
      [2, "invalid_timestamp"],
    ],
  );
  assert.ok(report.invalidMessage.length > 0);
});

test("an event that can't be packed, or an iterator that throws, takes the whole batch back", () => {
  const state = new State(shop.features);
  const thrown = new Error("mine");
  refusal(() => state.ingest("orders", [order(), order({ cds: 0.5 })]), "type_mismatch");
  assert.throws(
    () =>
      state.ingest(
        "orders",
        (function* () {
          yield order();
          throw thrown;
        })(),
      ),
    (e) => e === thrown,
  );
  assert.equal(state.eventCount, 0);
});

test("a batch that a source delivers again is replayed", () => {
  const state = new State(shop.features);
  const origin = { source: "kafka-0", offset: 7n };
  assert.equal(state.ingest("orders", [order()], origin).accepted, 1);
  assert.equal(state.ingest("orders", [order()], origin).replayed, 1);
  assert.equal(state.ingest("orders", [order()], { source: "kafka-0", offset: 8 }).accepted, 1);
  for (const half of [{ source: "s" }, { offset: 1 }]) {
    refusal(() => state.ingest("orders", [order()], half), "invalid_option");
  }
  refusal(
    () => state.ingest("orders", [order()], { source: "s", offset: 2n ** 63n }),
    "invalid_option",
  );
  refusal(() => state.ingest("orders", [order()], { source: "s", offset: 0.5 }), "type_mismatch");
  refusal(() => state.ingest("orders", [order()], { source: "\ud800", offset: 1 }), "invalid_utf8");
});

test("late events are counted, and what no window reaches is forgotten", () => {
  const state = new State(shop.features, { lateness: 0n });
  state.ingest("orders", [order()]);
  assert.equal(state.ingest("orders", [order({ at: new Date("1997-01-01") })]).late, 1);
  state.expire(new Date("1998-06-01"));
  refusal(() => score(state), "not_retained", "OUT_OF_RANGE");
  refusal(() => state.expire(5), "type_mismatch");
  refusal(() => new State(shop.features).expire(0n), "invalid_option", "FAILED_PRECONDITION");
});

test("options have limits, units and names", () => {
  const full = new State(shop.features, { maxKeys: 1n });
  const two = [order(), order({ customer: "bob" })];
  const error = refusal(() => full.ingest("orders", two), "state_full", "RESOURCE_EXHAUSTED");
  assert.deepEqual([error.row, full.eventCount], [1, 1]);
  const incomplete = new State(shop.features, { completeFrom: new Date("1998-01-10") });
  refusal(() => score(incomplete), "incomplete_history", "FAILED_PRECONDITION");
  const table = [
    [{ maxKeys: -1 }, "invalid_option"],
    [{ maxKeys: 1.5 }, "type_mismatch"],
    [{ maxBytes: 2n ** 64n }, "invalid_option"],
    [{ lateness: 60 }, "type_mismatch"],
    [{ lateness: -1n }, "invalid_option"],
    [{ completeFrom: 0 }, "type_mismatch"],
    [{ completeFrom: new Date(NaN) }, "invalid_timestamp"],
    [{ max_keys: 1 }, "invalid_option"],
    ["maxKeys", "type_mismatch"],
  ];
  for (const [options, reason] of table) refusal(() => new State(shop.features, options), reason);
});

test("a restored state goes on as the one that was copied", async () => {
  const state = new State(shop.features);
  state.ingest("orders", [order(), order({ amount: 0.25 })], { source: "s", offset: 1 });
  const snapshot = await state.snapshot();
  const restored = await State.restore(shop.features, snapshot);
  assert.deepEqual(score(restored), score(state));
  assert.equal(restored.ingest("orders", [order()], { source: "s", offset: 1 }).replayed, 1);
  assert.deepEqual(await restored.snapshot(), snapshot);
  assert.equal(restored.sourceOffset("s"), 1n);
  restored.ingest("orders", [], { source: "s", offset: 2n ** 63n - 1n });
  restored.ingest("orders", [], { source: "below zero", offset: -5 });
  assert.deepEqual(
    ["s", "below zero"].map((source) => restored.sourceOffset(source)),
    [2n ** 63n - 1n, -5n],
  );
  refusal(() => restored.sourceOffset("t"), "unknown_name", "NOT_FOUND");
  refusal(() => restored.sourceOffset(1), "type_mismatch");
  const whole = snapshot.buffer.slice(snapshot.byteOffset, snapshot.byteOffset + snapshot.length);
  assert.equal((await State.restore(shop.features, whole, { maxKeys: 5 })).eventCount, 2);
  await rejection(State.restore(shop.features, snapshot, { lateness: 0n }), "invalid_option");
});

test("a damaged snapshot, or one of other streams, is refused", async () => {
  const state = new State(shop.features);
  state.ingest("orders", [order()]);
  const snapshot = await state.snapshot();
  for (const cut of [0, 1, snapshot.length - 1]) {
    await assert.rejects(
      State.restore(shop.features, snapshot.subarray(0, cut)),
      (e) => e.codeName === "DATA_LOSS",
    );
  }
  const flipped = snapshot.slice();
  flipped[flipped.length >> 1] ^= 1;
  await assert.rejects(State.restore(shop.features, flipped), (e) => e.codeName === "DATA_LOSS");
  const other = Features.parse(
    "features o version 1\nstream s(k: i64 key, at: timestamp event)\nn = count() over s lifetime\noutput [n]",
  );
  await rejection(State.restore(other, snapshot), "stream_mismatch");
  await rejection(State.restore(shop.features, "bytes"), "type_mismatch");
  refusal(
    () => shop.context().predictAt(new State(other), { customer: "ada", as_of: asOf }),
    "stream_mismatch",
  );
});

test("a definition without streams has no state", async () => {
  const loan = await openLoan();
  refusal(() => new State(loan.features), "unsupported_feature", "FAILED_PRECONDITION");
  refusal(() => new State({}), "type_mismatch");
  refusal(() => new State(), "type_mismatch");
});

test("many requests at once are the requests one by one", async () => {
  const state = new State(shop.features);
  const names = Array.from({ length: 300 }, (_, i) => `c${i}`);
  state.ingest(
    "orders",
    names.map((customer, i) => order({ customer, amount: i / 7 })),
  );
  const requests = names.map((customer) => ({ customer, as_of: asOf }));
  const context = shop.context({ output: "features" });
  const [batch, table] = await Promise.all([
    context.predictBatchAt(state, requests),
    shop.features.compute(requests, state),
  ]);
  const one = requests.flatMap((request) => [...context.predictAt(state, request)]);
  assert.deepEqual([...batch], one);
  assert.deepEqual([...table], one);
  const error = await rejection(
    context.predictBatchAt(state, [requests[0], new Uint8Array(2)]),
    "malformed_row",
  );
  assert.equal(error.row, 1);
  await rejection(shop.features.compute(requests), "needs_state");
});

test("events that the caller brings count as those of a state", () => {
  const state = new State(shop.features);
  const events = [order(), order({ at: new Date("1997-06-01"), amount: 9.25 })];
  state.ingest("orders", events);
  const context = shop.context({ output: "features" });
  const request = { customer: "ada", as_of: asOf };
  const expected = score(state);
  assert.deepEqual([...context.predictEvents(request, { orders: events })], expected);
  assert.deepEqual(
    [...context.predictEvents(layoutRow(request), { orders: new Rows(layout, events) })],
    expected,
  );
  assert.equal(context.predictEvents(request, {})[0], 0);
  refusal(() => context.predictEvents(request, { visits: [] }), "unknown_name", "NOT_FOUND");
  for (const other of [null, [events], new Map([["orders", events]])]) {
    refusal(() => context.predictEvents(request, other), "type_mismatch");
  }
  refusal(() => context.predictEvents(request, { orders: 5 }), "type_mismatch");
});

const layoutRow = (request) => shop.features.request.pack(request);
