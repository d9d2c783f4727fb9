// SPDX-License-Identifier: Apache-2.0
// Every public call is documented with an example, and every example runs.
import assert from "node:assert/strict";
import fs from "node:fs";
import path from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import * as mlcore from "@mlcore/runtime";
import { fixture, openLender, openLoan, openShop } from "./support.mjs";

const types = fileURLToPath(new URL("../lib/index.d.ts", import.meta.url));
const text = fs.readFileSync(types, "utf8");
const AsyncFunction = (async () => {}).constructor;

/** Pairs of a doc comment and the line that it documents. */
function documented() {
  return [...text.matchAll(/\/\*\*((?:[^*]|\*(?!\/))*)\*\/\s*\n\s*(.*)/g)].map((match) => ({
    example: /@example\n([\s\S]*)$/.exec(match[1])?.[1].replace(/^ *\* ?/gm, ""),
    line: match[2],
  }));
}

test("every example of the types runs", async (t) => {
  const [loan, shop, lender] = await Promise.all([openLoan(), openShop(), openLender()]);
  const examples = documented().filter(({ example }) => example !== undefined);
  assert.ok(examples.length > 20);
  const quiet = { ...console, log: () => {} };
  const scope = {
    ...mlcore,
    loan,
    shop,
    lender,
    loanFile: fixture("loan.mlc"),
    readFileSync: fs.readFileSync,
    console: quiet,
  };
  for (const { example, line } of examples) {
    await t.test(line, () =>
      new AsyncFunction(...Object.keys(scope), example)(...Object.values(scope)),
    );
  }
});

test("every public method but close has an example", () => {
  const without = documented()
    .filter(({ line, example }) => /^(static )?[a-z]\w*\(/i.test(line) && example === undefined)
    .map(({ line }) => /\w+(?=\()/.exec(line)[0]);
  assert.deepEqual([...new Set(without)].sort(), ["append", "close", "constructor"]);
  assert.match(path.basename(types), /\.d\.ts$/);
});
