// SPDX-License-Identifier: Apache-2.0
// The cases of tests/parity/cases.json, which every language runs; tests/parity/README.md has the format.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import path from "node:path";
import { test } from "node:test";
import { Features, MlcoreError, Model, Rows, State } from "@mlcore/runtime";
import { bits } from "./support.mjs";

const { artifacts, cases } = JSON.parse(
  readFileSync(path.join(process.env.MLCORE_SOURCE, "tests/parity/cases.json"), "utf8"),
);
const folder = path.join(process.env.MLCORE_BUILD, "tests/parity");
const view = new DataView(new ArrayBuffer(8));

function doubleOf(hex) {
  view.setBigUint64(0, BigInt(`0x${hex}`));
  return view.getFloat64(0);
}

/** An instant: a Date where it has whole milliseconds, or else a BigInt. */
function instantOf(micros) {
  const date = new Date(Number(BigInt(micros) / 1000n));
  const isExact =
    !Number.isNaN(date.getTime()) && BigInt(date.getTime()) * 1000n === BigInt(micros);
  return isExact ? date : BigInt(micros);
}

const decoders = {
  f64: doubleOf,
  i64: (text) => (Number.isSafeInteger(Number(text)) ? Number(text) : BigInt(text)),
  bool: (value) => value,
  string: (value) => value,
  utf16: (units) => String.fromCharCode(...units),
  micros: instantOf,
  duration: BigInt,
  null: () => null,
};

const bytesOf = (hex) => Uint8Array.from(Buffer.from(hex, "hex"));

/** A row: an object, or packed bytes as they are. */
function rowOf(row) {
  if (typeof row.packed === "string") return bytesOf(row.packed);
  return Object.fromEntries(
    Object.entries(row).map(([name, tagged]) => {
      const [tag, value] = Object.entries(tagged)[0];
      return [name, decoders[tag](value)];
    }),
  );
}

function numbersOf(rows, width) {
  const Type = width === "f32" ? Float32Array : Float64Array;
  return Type.from(rows.flat(), doubleOf);
}

function stateOptions({ max_bytes, max_keys, lateness, complete_from } = {}) {
  return {
    ...(max_bytes !== undefined && { maxBytes: BigInt(max_bytes) }),
    ...(max_keys !== undefined && { maxKeys: BigInt(max_keys) }),
    ...(lateness !== undefined && { lateness: BigInt(lateness) }),
    ...(complete_from !== undefined && { completeFrom: instantOf(complete_from) }),
  };
}

/** A state with the events of a case, the sums of its reports checked. */
function stateOf(features, { options, definition, events = {}, from, report, expire }) {
  const own = definition === undefined ? features : Features.parse(definition);
  const state = new State(own, stateOptions(options));
  const origin = from && { source: from.source, offset: BigInt(from.offset) };
  const reports = [];
  for (let time = 0; time < (from?.times ?? 1); ++time) {
    for (const stream of own.streams.filter((name) => name in events)) {
      reports.push(state.ingest(stream, events[stream].map(rowOf), origin));
    }
  }
  for (const [name, count] of Object.entries(report ?? {})) {
    assert.equal(
      reports.reduce((sum, given) => sum + given[name], 0),
      count,
      name,
    );
  }
  if (expire !== undefined) state.expire(instantOf(expire));
  return state;
}

function contextOf(model, { output, iterations, ...rest } = {}) {
  assert.deepEqual(rest, {});
  return model.context({
    ...(output !== undefined && { output }),
    ...(iterations !== undefined && { iterations }),
  });
}

const openArtifact = (name) => Model.open(path.join(folder, artifacts[name]));

/** The model and a context of a case. */
async function prepare(given) {
  const model = await openArtifact(given.artifact);
  return { model, context: contextOf(model, given.context) };
}

const calls = {
  async row(given) {
    const { context } = await prepare(given);
    return context.predictRow(rowOf(given.row));
  },
  async packed(given) {
    const { context } = await prepare(given);
    return context.predictRow(bytesOf(given.packed));
  },
  async json(given) {
    const { model, context } = await prepare(given);
    return context.predictRow(model.features.request.fromJson(given.json));
  },
  async numbers(given) {
    const { context } = await prepare(given);
    return context.predictNumbers(numbersOf([given.values], given.width));
  },
  async batch(given) {
    const { context } = await prepare(given);
    const columns = given.rows[0]?.length;
    return context.predictBatch(numbersOf(given.rows, given.width), columns);
  },
  async at(given) {
    const { model, context } = await prepare(given);
    return context.predictAt(stateOf(model.features, given.state), rowOf(given.row));
  },
  async batch_at(given) {
    const { model, context } = await prepare(given);
    const rows = new Rows(model.features.request, given.rows.map(rowOf));
    return context.predictBatchAt(stateOf(model.features, given.state), rows);
  },
  async restored(given) {
    const { model, context } = await prepare(given);
    const snapshot = damaged(await stateOf(model.features, given.state).snapshot(), given.damage);
    const state = await State.restore(model.features, snapshot, stateOptions(given.state.options));
    return context.predictAt(state, rowOf(given.row));
  },
  async events(given) {
    const { context } = await prepare(given);
    const streams = Object.entries(given.events).map(([name, rows]) => [name, rows.map(rowOf)]);
    return context.predictEvents(rowOf(given.row), Object.fromEntries(streams));
  },
  async features(given) {
    const features = Features.parse(given.definition);
    const state = given.state === undefined ? undefined : stateOf(features, given.state);
    return features.compute(given.rows.map(rowOf), state);
  },
  async open({ bytes, patch }) {
    return Model.openBytes(bytes === undefined ? patched(patch) : bytesOf(bytes));
  },
  definition: async ({ text }) => Features.parse(text),
};

function damaged(bytes, damage) {
  if (damage?.truncate !== undefined) return bytes.subarray(0, damage.truncate);
  if (damage !== undefined) bytes[damage.offset] ^= damage.xor;
  return bytes;
}

function patched({ artifact, ...damage }) {
  return damaged(Uint8Array.from(readFileSync(path.join(folder, artifacts[artifact]))), damage);
}

function checkError(error, expected) {
  assert.ok(error instanceof MlcoreError, `expected an error, found ${error?.stack ?? error}`);
  for (const name of ["code", "reason", "column", "row"]) {
    if (expected[name] !== undefined)
      assert.equal(error[name] ?? -1, expected[name], `${name}: ${error.message}`);
  }
}

async function run(given) {
  assert.ok(given.call in calls, `there is no call ${given.call}`);
  const { expect } = given;
  const outcome = await calls[given.call](given).catch((error) => error);
  if (expect.error !== undefined) {
    checkError(outcome, expect.error);
  } else if (outcome instanceof Error) {
    throw outcome;
  } else if (Array.isArray(expect)) {
    assert.deepEqual(bits(outcome), expect);
  } else {
    assert.ok(Object.keys(expect).length > 0);
    for (const [name, value] of Object.entries(expect)) assert.equal(outcome[name], value);
  }
}

assert.ok(cases.length > 0);
for (const given of cases) test(given.name, () => run(given));
