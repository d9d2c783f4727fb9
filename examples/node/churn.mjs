// SPDX-License-Identifier: Apache-2.0
// Scores every customer from orders that arrive shuffled, and writes the bits.
//
// usage: churn.mjs ARTIFACT ORDERS_CSV AS_OF SEED OUT    (examples/README.md has the format)
import { readFileSync, writeFileSync } from "node:fs";
import { Model, Rows, State } from "@mlcore/runtime";

const BATCH = 1000;

const midnight = (day) => new Date(`${day}T00:00:00Z`);

function readOrders(path) {
  const [header, ...lines] = readFileSync(path, "utf8").trimEnd().split(/\r?\n/);
  const names = header.split(",");
  return lines.map((line) => {
    const cells = line.split(",");
    const { customer, at, cds, amount } = Object.fromEntries(
      names.map((name, i) => [name, cells[i]]),
    );
    return { customer, at: midnight(at), cds: BigInt(cds), amount: Number(amount) };
  });
}

/** Numbers in [0, 1) that `seed` decides (mulberry32). */
function randomFrom(seed) {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

function shuffle(items, random) {
  for (let i = items.length - 1; i > 0; --i) {
    const j = Math.floor(random() * (i + 1));
    [items[i], items[j]] = [items[j], items[i]];
  }
}

function ingest(state, layout, orders) {
  for (let begin = 0; begin < orders.length; begin += BATCH) {
    const rows = new Rows(layout, orders.slice(begin, begin + BATCH));
    const report = state.ingest("orders", rows);
    if (report.accepted !== rows.length) {
      throw new Error(
        `${rows.length - report.accepted} orders were not accepted: ${report.invalidMessage}`,
      );
    }
  }
}

function hexadecimal(values) {
  const view = new DataView(new ArrayBuffer(8));
  return Array.from(values, (value) => {
    view.setFloat64(0, value);
    return view.getBigUint64(0).toString(16).padStart(16, "0");
  });
}

function score(model, state, customers, asOf, out) {
  const rows = customers.map((customer) => model.features.request.pack({ customer, as_of: asOf }));
  const values = model.context({ output: "features" });
  const margin = model.context({ output: "margin" });
  const count = margin.out.length;
  const margins =
    count === 1 ? ["margin"] : Array.from({ length: count }, (_, i) => `margin[${i}]`);
  const lines = [["customer", ...model.features.names, ...margins].join(",")];
  rows.forEach((row, i) => {
    const bits = hexadecimal(values.predictAt(state, row));
    lines.push([customers[i], ...bits, ...hexadecimal(margin.predictAt(state, row))].join(","));
  });
  writeFileSync(out, lines.join("\n") + "\n");
  const begin = process.hrtime.bigint();
  for (const row of rows) margin.predictAt(state, row);
  const elapsed = Number(process.hrtime.bigint() - begin);
  const nsPerRow = Math.round((elapsed / Math.max(1, rows.length)) * 10) / 10;
  console.error(JSON.stringify({ language: "node", rows: rows.length, ns_per_row: nsPerRow }));
}

async function main([artifact, ordersCsv, day, seed, out]) {
  const model = await Model.open(artifact);
  const orders = readOrders(ordersCsv);
  shuffle(orders, randomFrom(Number(seed)));
  const state = new State(model.features);
  ingest(state, model.features.stream("orders"), orders);
  const asOf = midnight(day);
  const seen = new Set(orders.filter((order) => order.at < asOf).map((order) => order.customer));
  const customers = [...seen].sort((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)));
  score(model, state, customers, asOf, out);
}

if (process.argv.length !== 7) {
  console.error("usage: churn.mjs ARTIFACT ORDERS_CSV AS_OF SEED OUT");
  process.exit(2);
}
main(process.argv.slice(2)).catch((error) => {
  console.error(String(error));
  process.exitCode = 1;
});
