// SPDX-License-Identifier: Apache-2.0
// Worker threads: each has the addon, and objects of its own.
import assert from "node:assert/strict";
import { once } from "node:events";
import { test } from "node:test";
import { Worker } from "node:worker_threads";
import { openLoan } from "./support.mjs";

const source = new URL("./worker.mjs", import.meta.url);

test("workers score as the main thread does, all at once", async () => {
  const model = await openLoan();
  const values = Float64Array.from({ length: 3000 }, (_, i) => i % 83);
  const expected = await model.context().predictBatch(values);
  const workers = Array.from(
    { length: 6 },
    () => new Worker(source, { workerData: { task: "score", values } }),
  );
  const exits = Promise.all(workers.map((worker) => once(worker, "exit")));
  const answers = await Promise.all(workers.map((worker) => once(worker, "message")));
  for (const [answer] of answers) assert.deepEqual(answer, { batch: expected, rows: expected });
  assert.deepEqual((await exits).flat(), [0, 0, 0, 0, 0, 0]);
});

test("an error of a worker is an MlcoreError there", async () => {
  const worker = new Worker(source, { workerData: { task: "fail" } });
  const [answer] = await once(worker, "message");
  assert.deepEqual(answer, { isMlcoreError: true, reasonName: "missing_column" });
});

test("a worker that is ended in the middle of promises ends, and others go on", async () => {
  const model = await openLoan();
  for (let i = 0; i < 10; ++i) {
    const worker = new Worker(source, { workerData: { task: "never ends" } });
    await once(worker, "message");
    assert.equal(await worker.terminate(), 1);
  }
  assert.equal((await model.context().predictBatch(Float64Array.of(20, 100, 1000))).length, 1);
});

test("the package loads again and again in new workers", async () => {
  for (let i = 0; i < 20; ++i) {
    const worker = new Worker(source, { workerData: { task: "load" } });
    const [[answer]] = await Promise.all([once(worker, "message"), once(worker, "exit")]);
    assert.equal(answer, "loan");
  }
});
