// SPDX-License-Identifier: Apache-2.0
// Every number that the package copies from mlcore.h, against the header.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import path from "node:path";
import { test } from "node:test";
import { Code, MlcoreError, Model, Reason } from "@mlcore/runtime";

const require = createRequire(import.meta.url);
const { Absent, Output } = require("../lib/context.js");
const { Type } = require("../lib/layout.js");
const { Report } = require("../lib/monitor.js");
const native = require("../lib/native.js");
const header = ["codes.h", "mlcore.h", "state.h"]
  .map((name) => path.join(process.env.MLCORE_SOURCE, "capi/include/mlcore", name))
  .map((file) => readFileSync(file, "utf8"))
  .join("");

/** The numbers of the header's enums whose names begin with `prefix`. */
function numbers(prefix, isMine = () => true) {
  const enums = [...header.matchAll(/enum \{([^}]*)\}/g)].map((match) => match[1]).join(",");
  const found = [...enums.matchAll(/\bMLCORE_(\w+) = (\d+)/g)]
    .filter(([, name]) => name.startsWith(prefix) && isMine(name))
    .map(([, name, number]) => [name.slice(prefix.length), Number(number)]);
  assert.ok(found.length > 2, prefix);
  return Object.fromEntries(found);
}

const isCode = (name) => !/^(REASON|OUTPUT|TYPE|STATE|LISTED|REPORT|NUMBER|ABSENT)_/.test(name);

test("codes are the header's, and have its names", () => {
  assert.deepEqual({ ...Code }, numbers("", isCode));
  for (const [name, code] of Object.entries(Code)) assert.equal(native.codeName(code), name);
});

test("reasons are the header's, and have its names", () => {
  assert.deepEqual({ ...Reason }, numbers("REASON_"));
  for (const [name, reason] of Object.entries(Reason)) {
    assert.equal(
      native.reasonName(reason).toUpperCase(),
      name === "NONE" ? native.reasonName(0).toUpperCase() : name,
    );
  }
});

test("types, outputs and reports are the header's", () => {
  assert.deepEqual({ ...Type }, numbers("TYPE_"));
  const upper = (table) =>
    Object.fromEntries(Object.entries(table).map(([name, at]) => [name.toUpperCase(), at]));
  assert.deepEqual(upper(Output), numbers("OUTPUT_"));
  assert.deepEqual(upper(Report), numbers("REPORT_"));
  assert.deepEqual(upper(Absent), numbers("ABSENT_"));
});

test("an error carries the numbers and their names", async () => {
  const error = await Model.open("no such file.mlc").catch((caught) => caught);
  assert.ok(error instanceof MlcoreError && error instanceof Error);
  assert.deepEqual(
    [
      error.name,
      error.code,
      error.codeName,
      error.reason,
      error.reasonName,
      error.column,
      error.row,
    ],
    [
      "MlcoreError",
      Code.NOT_FOUND,
      "NOT_FOUND",
      Reason.FILE_NOT_FOUND,
      "file_not_found",
      null,
      null,
    ],
  );
});
