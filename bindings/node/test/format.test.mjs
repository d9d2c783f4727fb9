// SPDX-License-Identifier: Apache-2.0
// Everything in JavaScript and TypeScript is formatted as the pinned Prettier does, 100 columns wide.
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { createRequire } from "node:module";
import { test } from "node:test";

const prettier = createRequire(import.meta.url).resolve("prettier/bin/prettier.cjs");
const folders = [
  "bindings/node/lib",
  "bindings/node/test",
  "examples/node",
  "benchmarks/bindings/node",
];

test("the sources are formatted", () => {
  const patterns = folders.map((folder) => `${folder}/*.{js,mjs,ts,mts}`);
  const run = spawnSync(
    process.execPath,
    [prettier, "--print-width", "100", "--check", ...patterns],
    {
      cwd: process.env.MLCORE_SOURCE,
      encoding: "utf8",
    },
  );
  assert.equal(run.status, 0, run.stdout + run.stderr);
});
