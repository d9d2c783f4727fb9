// SPDX-License-Identifier: Apache-2.0
// How the two programs measure, so that both are measured alike.
import { Session } from "node:inspector";
import { readFileSync } from "node:fs";

/** Rows of doubles: those of a file (rows x columns, little-endian), or 1,000 drawn by a fixed seed. */
export function rowsFrom(path, columns) {
  if (path !== undefined) {
    const bytes = readFileSync(path);
    const values = new Float64Array(
      bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.length),
    );
    return Array.from({ length: values.length / columns }, (_, i) =>
      values.slice(i * columns, (i + 1) * columns),
    );
  }
  let state = 1;
  const random = () => (state = (Math.imul(state, 1664525) + 1013904223) >>> 0) / 2 ** 32;
  return Array.from({ length: 1000 }, () =>
    Float64Array.from({ length: columns }, () => 6 * random() - 3),
  );
}

const median = (values) => values.sort((a, b) => a - b)[values.length >> 1];

const passes = 301; // short ones, so that most are not interrupted by another process
const warmUps = 100;

/** Nanoseconds of a call: the median of the passes over `calls`, which follow one another. */
export function time(calls) {
  const pass = () => {
    const begin = process.hrtime.bigint();
    for (let i = 0; i < calls.length; ++i) calls[i]();
    return Number(process.hrtime.bigint() - begin) / calls.length;
  };
  return median(Array.from({ length: warmUps + passes }, pass).slice(warmUps));
}

/** The same of calls that are promises, each awaited before the next. */
export async function timeAsync(calls) {
  const times = [];
  for (let i = 0; i < 5 + 15; ++i) {
    const begin = process.hrtime.bigint();
    for (let j = 0; j < calls.length; ++j) await calls[j]();
    times.push(Number(process.hrtime.bigint() - begin) / calls.length);
  }
  return median(times.slice(5));
}

/** The 99th percentile of single calls, less what looking at the clock takes. */
export async function p99(calls, count = 100_000) {
  const nothing = () => undefined;
  const clock = await percentile([nothing], Math.min(count, 10_000), 0.5);
  return Math.max(0, (await percentile(calls, count, 0.99)) - clock);
}

async function percentile(calls, count, at) {
  const times = new Float64Array(count);
  for (let i = 0; i < count; ++i) {
    const begin = process.hrtime.bigint();
    const result = calls[i % calls.length]();
    if (result instanceof Promise) await result;
    times[i] = Number(process.hrtime.bigint() - begin);
  }
  return times.sort()[Math.floor(at * (count - 1))];
}

/** Objects of JavaScript that a call allocates, as V8's profiler counts them. */
export async function allocations(calls, count = 20_000) {
  const session = new Session();
  session.connect();
  const ask = (method, options) =>
    new Promise((resolve, reject) => {
      session.post(method, options, (error, answer) => (error ? reject(error) : resolve(answer)));
    });
  const options = {
    samplingInterval: 1,
    includeObjectsCollectedByMajorGC: true,
    includeObjectsCollectedByMinorGC: true,
  };
  const run = async (count) => {
    for (let i = 0; i < count; ++i) {
      const result = calls[i % calls.length]();
      if (result instanceof Promise) await result;
    }
  };
  await run(count);
  await ask("HeapProfiler.startSampling", options);
  await run(count);
  const { profile } = await ask("HeapProfiler.stopSampling");
  session.disconnect();
  return profile.samples.length / count;
}

const rounded = (value) => Math.round(value * 10) / 10;

export function print(packageName, version, rows, { call, p99: slowest, allocated, ...others }) {
  const extra = Object.fromEntries(
    Object.entries(others).map(([name, value]) => [name, rounded(value)]),
  );
  console.log(
    JSON.stringify({
      language: "node",
      version: process.version,
      package: `${packageName} ${version}`,
      ns_per_row_call: rounded(call),
      ns_per_row_call_p99: rounded(slowest),
      allocations_per_call: rounded(allocated),
      rows,
      ...extra,
    }),
  );
}
