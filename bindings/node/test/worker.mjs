// SPDX-License-Identifier: Apache-2.0
// What worker.test.mjs runs in threads.
import { parentPort, workerData } from "node:worker_threads";
import { MlcoreError } from "@mlcore/runtime";
import { openLoan } from "./support.mjs";

const model = await openLoan();
const context = model.context();

const tasks = {
  load: () => parentPort.postMessage(model.name),

  async score() {
    const batch = await context.predictBatch(workerData.values);
    const rows = new Float64Array(batch.length);
    for (let i = 0; i < rows.length; ++i) {
      [rows[i]] = context.predictNumbers(workerData.values.subarray(3 * i, 3 * i + 3));
    }
    parentPort.postMessage({ batch, rows });
  },

  fail() {
    try {
      context.predictRow({ age: 1 });
    } catch (error) {
      parentPort.postMessage({
        isMlcoreError: error instanceof MlcoreError,
        reasonName: error.reasonName,
      });
    }
  },

  async "never ends"() {
    parentPort.postMessage("begun");
    const values = new Float64Array(3 * 100_000);
    for (;;)
      await Promise.all([context.predictBatch(values), openLoan(), context.predictBatch(values)]);
  },
};

await tasks[workerData.task]();
