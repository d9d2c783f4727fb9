// SPDX-License-Identifier: Apache-2.0
// The types, under the pinned compiler, as an ES module and as CommonJS see them.
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { cpSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { createRequire } from "node:module";
import path from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";

const here = path.dirname(fileURLToPath(import.meta.url));
const compiler = createRequire(import.meta.url).resolve("typescript/bin/tsc");

test("the types hold for ES modules and for CommonJS", () => {
  const folder = mkdtempSync(path.join(here, "types-"));
  try {
    const files = ["types.mts", "types.cts"].map((name) => path.join(folder, name));
    for (const file of files) cpSync(path.join(here, "types.ts"), file);
    const options = ["--noEmit", "--strict", "--exactOptionalPropertyTypes", "--target", "es2022"];
    const modules = ["--module", "node16", "--moduleResolution", "node16"];
    const run = spawnSync(process.execPath, [compiler, ...options, ...modules, ...files], {
      encoding: "utf8",
    });
    assert.equal(run.stdout + run.stderr, "");
  } finally {
    rmSync(folder, { recursive: true });
  }
});

test("the types name what the package exports, and nothing else", async () => {
  const declared = readFileSync(path.join(here, "..", "lib", "index.d.ts"), "utf8");
  const names = [...declared.matchAll(/^export (?:class|const) (\w+)/gm)].map((match) => match[1]);
  const exported = Object.keys(await import("@mlcore/runtime"));
  assert.deepEqual(names.sort(), exported.sort());
});
