// SPDX-License-Identifier: Apache-2.0
// Monitors of lender.mlc; lender.jsonl are three days of requests, lender.panes.json what the C API says of
// them. tests/capi/make_artifacts.cpp makes all three.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { test } from "node:test";
import { Context, Model, Monitor, Rows } from "@mlcore/runtime";
import { fixture, openLender, openLoan, refusal, rejection } from "./support.mjs";

const native = createRequire(import.meta.url)("../lib/native.js");
const lender = await openLender();
const request = lender.features.request;
const lines = readFileSync(fixture("lender.jsonl"), "utf8").trimEnd().split("\n");
const requests = lines.map((line) => request.fromJson(line));
const panesText = readFileSync(fixture("lender.panes.json"), "utf8");
const { panes: expectedPanes, total: expectedTotal } = JSON.parse(`{${panesText}`);
const DAY = 86_400_000_000n;
const applicant = { income: 75000, age: 40, country: "FR", as_of: new Date("1998-01-02") };

/** A monitor with days as panes, and a context that it counts. */
function watch(options = { paneWidth: DAY }) {
  const monitor = new Monitor(lender, options);
  const context = lender.context();
  monitor.attach(context);
  return { monitor, context };
}

const verdicts = (panes) => panes.map(({ verdict }) => verdict);

test("a quiet day is OK, a shifted one is DRIFT, one with few rows INSUFFICIENT", async () => {
  const { monitor, context } = watch();
  for (const row of requests) context.predictRow(row);
  const report = await monitor.report();
  assert.deepEqual(verdicts(report.panes), ["OK", "DRIFT", "INSUFFICIENT"]);
  assert.deepEqual(
    [report.model, report.digest, report.version, report.pane_kind, report.rows, report.late_rows],
    ["lender", lender.digest, 0, "as_of", 2050, 0],
  );
  const begin = Date.UTC(1998, 0, 2);
  assert.deepEqual([report.panes[1].begin / 1000, report.panes[1].rows], [begin, 1000]);
  const drifted = report.panes[1].columns.filter(({ verdict }) => verdict === "DRIFT");
  assert.deepEqual(
    drifted.map(({ name, kind }) => [name, kind]),
    [
      ["earned", "feature"],
      ["country", "category"],
      ["prediction", "score"],
    ],
  );
  assert.ok(drifted[0].statistics.psi.value > drifted[0].statistics.psi.threshold);
});

test("the panes are the numbers of the C API, from rows and from batches", async () => {
  const one = watch();
  for (const row of requests) one.context.predictRow(row);
  const many = watch();
  for (let begin = 0; begin < requests.length; begin += 100) {
    await many.context.predictBatchAt(null, new Rows(request, requests.slice(begin, begin + 100)));
  }
  for (const { monitor } of [one, many]) {
    const { panes, total } = await monitor.report();
    assert.deepStrictEqual(panes, expectedPanes);
    assert.deepStrictEqual(total, expectedTotal);
  }
});

test("the text of the panes is that of the C API, byte for byte", async () => {
  const model = await native.openModel(new TextEncoder().encode(fixture("lender.mlc")));
  const context = native.newContext(model, 0, 0, 0, 0);
  const monitor = native.newMonitor(model, 0, DAY, 0n, 0n, 0, 0, 0);
  native.attachMonitor(monitor, context);
  for (const row of requests) native.predictRow(context, row, new Float64Array(1));
  const text = await native.monitorReport(monitor, 0);
  assert.equal(text.slice(text.indexOf('"panes":')), panesText);
});

test("calls that fail are counted by reason, and batches by their rows", async () => {
  const { monitor, context } = watch({ paneRows: 2n });
  context.predictRow(applicant);
  refusal(() => context.predictRow(new Uint8Array(5)), "malformed_row");
  refusal(context.bind(new Uint8Array(6)), "malformed_row");
  refusal(() => context.predictRow({ ...applicant, age: "old" }), "type_mismatch"); // not packed
  await context.predictBatchAt(null, [applicant, applicant]);
  await rejection(context.predictBatchAt(null, [applicant, new Uint8Array(2)]), "malformed_row");
  const report = await monitor.report();
  assert.deepEqual(report.failures, [{ reason: "malformed_row", count: 3 }]);
  assert.equal(report.pane_kind, "count");
  assert.deepEqual(
    report.panes.map(({ begin, end, rows }) => [begin, end, rows]),
    [
      [0, 2, 2],
      [2, 4, 2],
    ],
  );
  assert.ok(report.row_latency_nanos.count > 0 && report.row_latency_nanos.p99 > 0);
  assert.ok(report.batch_latency_nanos.count > 0);
});

test("a report without rows has no panes, and null where there is no number", async () => {
  const { rows, panes, total, row_latency_nanos: latency } = await watch().monitor.report();
  assert.deepEqual([rows, panes, total.verdict, latency.count], [0, [], "INSUFFICIENT", 0]);
  assert.equal(total.columns[0].statistics.psi.value, null);
});

test("metrics and page are texts", async () => {
  const { monitor, context } = watch();
  context.predictRow(applicant);
  const text = await monitor.prometheus();
  assert.ok(text.includes('mlcore_predictions_total{model="lender",version="0"} 1\n'), text);
  assert.ok(text.endsWith("\n"));
  const page = await monitor.html();
  assert.ok(page.startsWith("<!DOCTYPE html>") && page.includes("lender"));
});

test("a context counts into one monitor, of its own model", async () => {
  const loan = await openLoan();
  const { monitor, context } = watch();
  const other = new Monitor(lender);
  for (const again of [monitor, other]) {
    refusal(() => again.attach(context), "already_monitored", "FAILED_PRECONDITION");
  }
  refusal(() => monitor.attach(loan.context()), "other_model", "INVALID_ARGUMENT");
  refusal(() => new Monitor(loan), "no_reference", "FAILED_PRECONDITION");
  const same = (await openLender()).context(); // opened again
  monitor.attach(same);
  same.predictRow(applicant);
  context.predictRow(applicant);
  assert.equal((await monitor.report()).rows, 2);
  assert.equal((await other.report()).rows, 0);
});

test("options have limits, units and names", () => {
  const table = [
    [{ paneWidth: -1n }, "invalid_option"],
    [{ paneWidth: 2n ** 53n + 1n }, "invalid_option"],
    [{ paneWidth: 2n ** 63n }, "invalid_option"],
    [{ paneWidth: 86400 }, "type_mismatch"],
    [{ paneWidth: DAY, paneRows: 5 }, "invalid_option"],
    [{ paneRows: -1 }, "invalid_option"],
    [{ paneRows: 0.5 }, "type_mismatch"],
    [{ paneRows: 2n ** 64n }, "invalid_option"],
    [{ maxPanes: 4097 }, "invalid_option"],
    [{ maxPanes: -1 }, "invalid_option"],
    [{ maxPanes: 2 ** 32 }, "invalid_option"],
    [{ maxPanes: NaN }, "type_mismatch"],
    [{ minimumRows: -1n }, "invalid_option"],
    [{ minimumRows: "100" }, "type_mismatch"],
    [{ alpha: 0.6 }, "invalid_option"],
    [{ alpha: NaN }, "invalid_option"],
    [{ alpha: 1n }, "type_mismatch"],
    [{ distanceThreshold: Infinity }, "invalid_option"],
    [{ distanceThreshold: null }, undefined],
    [{ shareThreshold: -0.1 }, "invalid_option"],
    [{ shareThreshold: "0.1" }, "type_mismatch"],
    [{ pane_rows: 1 }, "invalid_option"],
    ["paneRows", "type_mismatch"],
    [null, "type_mismatch"],
  ];
  for (const [options, reason] of table) {
    if (reason === undefined) new Monitor(lender, options);
    else refusal(() => new Monitor(lender, options), reason, "INVALID_ARGUMENT");
  }
  refusal(() => new Monitor({}), "type_mismatch");
  refusal(() => new Monitor(), "type_mismatch");
  for (const value of [null, {}, lender, Object.create(Context.prototype)]) {
    refusal(() => new Monitor(lender).attach(value), "type_mismatch");
  }
});

test("options are heard", async () => {
  const { monitor, context } = watch({ paneRows: 1000, minimumRows: 1001, maxPanes: 1 });
  for (const row of requests.slice(0, 2000)) context.predictRow(row);
  const { panes, rows, total } = await monitor.report();
  assert.deepEqual([rows, panes.length, panes[0].begin], [2000, 1, 1000]);
  assert.equal(total.verdict, "INSUFFICIENT");
  const deaf = watch({ paneWidth: DAY, distanceThreshold: 10, shareThreshold: 1, alpha: 0.01 });
  for (const row of requests) deaf.context.predictRow(row);
  const heard = await deaf.monitor.report();
  assert.deepEqual([heard.panes[1].verdict, heard.panes[1].alpha], ["OK", 0.01]);
  assert.equal(heard.panes[1].columns[0].statistics.psi.threshold, 10);
});

test("a monitor is closed before or after its contexts and its model", async () => {
  const model = await Model.open(fixture("lender.mlc"));
  const [monitor, kept] = [new Monitor(model), new Monitor(model)];
  const [first, second] = [model.context(), model.context()];
  monitor.attach(first);
  kept.attach(second);
  const report = monitor.report();
  monitor.close();
  monitor.close();
  assert.equal((await report).rows, 0);
  for (const call of [() => monitor.report(), () => monitor.prometheus(), () => monitor.html()]) {
    await rejection(call(), "closed_handle", "FAILED_PRECONDITION");
  }
  refusal(() => monitor.attach(model.context()), "closed_handle");
  assert.equal(first.predictRow(applicant).length, 1);
  assert.equal((await first.predictBatchAt(null, [applicant])).length, 1);
  second.predictRow(applicant);
  second.close();
  refusal(() => kept.attach(second), "closed_handle");
  model.close();
  refusal(() => new Monitor(model), "closed_handle");
  assert.equal((await kept.report()).rows, 1);
});

test("batches before attaching count nothing, and every one that begins later does", async () => {
  const context = lender.context();
  const monitor = new Monitor(lender);
  const rows = new Rows(request, requests.slice(0, 50));
  await Promise.all([1, 2, 3].map(() => context.predictBatchAt(null, rows))); // their memory is kept
  const early = context.predictBatchAt(null, rows);
  monitor.attach(context);
  const later = [1, 2, 3, 4, 5].map(() => context.predictBatchAt(null, rows));
  await Promise.all([early, ...later]);
  await Promise.all([1, 2, 3, 4, 5].map(() => context.predictBatchAt(null, rows)));
  assert.equal((await monitor.report()).rows, 500);
});

test("contexts score in many threads while others report", async () => {
  const monitor = new Monitor(lender, { paneRows: 500, maxPanes: 4 });
  const rows = new Rows(request, requests.slice(0, 100));
  let last = 0;
  for (let round = 0; round < 50; ++round) {
    const context = lender.context();
    monitor.attach(context);
    const batches = [1, 2, 3].map(() => context.predictBatchAt(null, rows));
    const report = monitor.report();
    for (const row of requests.slice(0, 10)) context.predictRow(row);
    context.close();
    const seen = (await report).rows;
    assert.ok(seen >= last && seen <= 310 * (round + 1), `${last}, then ${seen}`);
    last = seen;
    await Promise.all(batches);
  }
  const report = await monitor.report();
  assert.deepEqual([report.rows, report.late_rows, report.panes.length], [15500, 0, 4]);
});
