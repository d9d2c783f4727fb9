// SPDX-License-Identifier: Apache-2.0
// Compiled by test/types.test.mjs, and not run: what the types allow, and what they refuse.
import { Code, Context, Features, MlcoreError, Model, Monitor, Rows, State } from "@mlcore/runtime";
import type { Field, IngestReport, MonitorReport, Row } from "@mlcore/runtime";

export async function use(path: string, bytes: Uint8Array): Promise<number> {
  const model: Model = await Model.open(path);
  const other: Model = await Model.openBytes(bytes);
  const fields: Field[] = other.features.request.fields;
  const context: Context = model.context({ output: "leaf", iterations: [0, 2] });
  const row: Row = { customer: "ada", at: new Date(0), cds: 1n, amount: 2.5, note: null };
  const rows = new Rows(model.features.stream("orders"), [row]).append(row);
  const state = new State(model.features, { lateness: 0n, completeFrom: new Date(0), maxKeys: 5 });
  const report: IngestReport = state.ingest("orders", rows, { source: "s", offset: 1 });
  const restored: State = await State.restore(model.features, await state.snapshot());
  const values: Float64Array = context.predictAt(restored, row);
  const predict: () => Float64Array = context.bind(new Float32Array(2), { out: values });
  const batch: Float64Array = await context.predictBatch(new Float64Array(4), 2);
  const table = await Features.parse("").compute([row], state);
  const monitor = new Monitor(model, { paneWidth: 1n, minimumRows: 5, alpha: 0.01 });
  monitor.attach(context);
  const seen: MonitorReport = await monitor.report();
  const psi: number | null = seen.total.columns[0].statistics.psi.value;
  const texts: string[] = [await monitor.prometheus(), await monitor.html(), `${psi}`];
  if (seen.panes.some((pane) => pane.verdict === "DRIFT")) return texts.length;
  for (const closed of [model, context, state, monitor]) closed[Symbol.dispose]();
  return fields.length + report.accepted + predict()[0] + batch.length + table.length + Code.OK;
}

export function fail(model: Model, state: State, context: Context): string | null {
  try {
    // @ts-expect-error there is no such output
    model.context({ output: "leaves" });
    // @ts-expect-error rounds have a beginning and an end
    model.context({ iterations: [1] });
    // @ts-expect-error an option's name
    new State(model.features, { max_keys: 1 });
    // @ts-expect-error lateness has a unit: BigInt microseconds
    new State(model.features, { lateness: 3600 });
    // @ts-expect-error a pane's width has a unit too
    new Monitor(model, { paneWidth: 86400 });
    // @ts-expect-error an instant is no plain number
    state.expire(0);
    // @ts-expect-error a value has no fields of its own
    context.predictRow({ nested: {} });
    // @ts-expect-error a promise
    const scores: Float64Array = context.predictBatch(new Float64Array(2));
    // @ts-expect-error only Model.context makes one
    new Context();
    // @ts-expect-error not to be written to
    context.out = scores;
    return null;
  } catch (error) {
    return error instanceof MlcoreError && error.column === 0 ? error.reasonName : null;
  }
}
