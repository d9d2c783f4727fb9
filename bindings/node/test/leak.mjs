// SPDX-License-Identifier: Apache-2.0
// 100,000 handles, opened and closed, and as many forgotten ones, take no more memory than a tenth of them.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { setImmediate as nextTurn } from "node:timers/promises";
import { Features, Model, Monitor, Rows, State } from "@mlcore/runtime";
import { fixture, openLender, openShop, order } from "./support.mjs";

const bytes = readFileSync(fixture("loan.mlc"));
const shop = await openShop();
const lender = await openLender();
const snapshot = await new State(shop.features).snapshot();
const row = shop.features.request.pack({ customer: "ada", as_of: 0n });
const orders = new Rows(shop.features.stream("orders"), [order()]);
const applicants = new Rows(lender.features.request, [{ age: 40, as_of: 0n }]);
const rounds = 10_000;
const mostGrowth = 24 * 2 ** 20; // a kilobyte for each of the 90,000 would be four times as much

const residentBytes = () => Number(readFileSync("/proc/self/statm", "utf8").split(" ")[1]) * 4096;

/** Ten handles of every kind, used once. */
async function open() {
  const model = await Model.openBytes(bytes);
  const features = Features.parse(shop.features.text);
  const states = [new State(features), await State.restore(features, snapshot)];
  const contexts = [shop.context(), shop.context({ output: "margin" }), model.context()];
  for (const state of states) state.ingest("orders", orders);
  contexts[0].predictAt(states[0], row);
  contexts[1].bind(row, { state: states[1] })();
  await contexts[2].predictBatch(Float64Array.of(20, 100, 1000));
  const [first, second] = await Promise.all([states[0].snapshot(), Model.openBytes(bytes)]);
  assert.ok(first.length > 0);
  const monitor = new Monitor(lender, { paneRows: 10 });
  const monitored = lender.context();
  monitor.attach(monitored);
  await monitored.predictBatchAt(null, applicants);
  assert.equal((await monitor.report()).rows, 1);
  const failed = await Model.openBytes(bytes.subarray(0, 100)).catch((error) => error);
  assert.equal(failed.codeName, "DATA_LOSS");
  assert.throws(() => features.request.pack({}), { reasonName: "missing_column" });
  const closed = new State(features);
  closed.close();
  const refused = await contexts[0].predictBatchAt(closed, []).catch((error) => error);
  assert.equal(refused.reasonName, "closed_handle");
  return [model, features, ...states, ...contexts, second, monitor, monitored];
}

async function settle() {
  for (let i = 0; i < 5; ++i) {
    globalThis.gc();
    await nextTurn();
  }
  return residentBytes();
}

async function growth(close) {
  let early = 0;
  for (let round = 0; round < rounds; ++round) {
    const handles = await open();
    assert.equal(handles.length, 10);
    if (close) for (const handle of handles) handle.close();
    if (round % 100 === 0) await nextTurn();
    if (round === rounds / 10) early = await settle();
  }
  return (await settle()) - early;
}

test("100,000 handles that are closed leave nothing behind", async () => {
  const grown = await growth(true);
  assert.ok(grown < mostGrowth, `${grown} bytes more`);
});

test("100,000 handles that are forgotten are collected", async () => {
  const grown = await growth(false);
  assert.ok(grown < mostGrowth, `${grown} bytes more`);
});
