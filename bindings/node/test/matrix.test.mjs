// SPDX-License-Identifier: Apache-2.0
// Context.predictMatrix: sparse rows, a number that means missing, base margins; threads.
import assert from "node:assert/strict";
import { test } from "node:test";
import { bits, openLoan, refusal, rejection } from "./support.mjs";

/** Ages, debts and incomes, every fourth without a debt: dense, and their entries from the last column on. */
function loans(count) {
  const dense = new Float64Array(3 * count);
  const [values, column, rowBegin] = [[], [], [0]];
  for (let row = 0; row < count; ++row) {
    dense.set([18 + ((row * 7) % 60), (row % 17) / 4, 1 + (row % 8)], 3 * row);
    if (row % 4 === 0) dense[3 * row + 1] = NaN;
    for (let at = 2; at >= 0; --at) {
      if (Number.isNaN(dense[3 * row + at])) continue;
      values.push(dense[3 * row + at]);
      column.push(at);
    }
    rowBegin.push(values.length);
  }
  const sparse = {
    values: Float64Array.from(values),
    column: Int32Array.from(column),
    rowBegin: Int32Array.from(rowBegin),
  };
  return { dense, sparse };
}

test("sparse rows have the bits of dense ones", async () => {
  const model = await openLoan();
  const { dense, sparse } = loans(300);
  for (const output of ["prediction", "margin", "features", "class", "leaf"]) {
    const context = model.context({ output });
    const expected = bits(await context.predictBatch(dense));
    assert.deepEqual(bits(await context.predictMatrix({ values: dense })), expected);
    assert.deepEqual(bits(await context.predictMatrix(sparse)), expected);
    assert.deepEqual(bits(await context.predictMatrix({ ...sparse, absent: "missing" })), expected);
  }
  const context = model.context({ output: "margin" });
  const zeros = dense.map((value) => (Number.isNaN(value) ? 0 : value));
  const marked = dense.map((value) => (Number.isNaN(value) ? -999 : value));
  assert.deepEqual(
    bits(await context.predictMatrix({ ...sparse, absent: "zero" })),
    bits(await context.predictBatch(zeros)),
  );
  assert.deepEqual(
    bits(await context.predictMatrix({ values: marked, missing: -999 })),
    bits(await context.predictBatch(dense)),
  );
  const none = { values: new Float32Array(0), column: new Int32Array(0) };
  assert.equal((await context.predictMatrix({ ...none, rowBegin: Int32Array.of(0) })).length, 0);
});

test("base margins of the rows stand in place of the model's", async () => {
  const context = (await openLoan()).context({ output: "margin" });
  const values = Float32Array.of(29, 1, 4, 30, 1, 4);
  const given = await context.predictMatrix({ values, baseMargin: Float64Array.of(0.125, -2) });
  assert.deepEqual([...given], [1.375, 0.625 - 2.125]); // the model's own is 0.125
});

test("threads have the bits and the error of one", async () => {
  const model = await openLoan();
  const { dense, sparse } = loans(5000);
  const expected = bits(await model.context().predictBatch(dense));
  const broken = dense.slice();
  broken[3 * 4321] = broken[3 * 1234] = 0.5;
  for (const threads of [0, 1, 2, 3]) {
    const context = model.context({ threads });
    assert.deepEqual(bits(await context.predictBatch(dense)), expected);
    assert.deepEqual(bits(await context.predictMatrix(sparse)), expected);
    assert.equal((await rejection(context.predictBatch(broken), "type_mismatch")).row, 1234);
  }
  for (const threads of [-1, 257, 2n ** 70n]) {
    refusal(() => model.context({ threads }), "invalid_option", "INVALID_ARGUMENT");
  }
  for (const threads of ["2", 1.5, {}]) refusal(() => model.context({ threads }), "type_mismatch");
});

test("what is no matrix is refused", async () => {
  const context = (await openLoan()).context({ output: "margin" });
  const values = Float64Array.of(29, 1, 4, 30, 1, 4);
  const [rowBegin, column] = [Int32Array.of(0, 3, 6), Int32Array.of(0, 1, 2, 0, 1, 2)];
  const table = [
    [undefined, "type_mismatch"],
    [{ values: [29, 1, 4] }, "type_mismatch"],
    [{ values, rowBegin }, "type_mismatch"],
    [{ values, column }, "type_mismatch"],
    [{ values, rowBegin: [0, 3, 6], column }, "type_mismatch"],
    [{ values, missing: "0" }, "type_mismatch"],
    [{ values, baseMargin: [0, 0] }, "type_mismatch"],
    [{ values, absent: "none" }, "invalid_option"],
    [{ values, columns: 3 }, "invalid_option"],
    [{ values: values.subarray(1) }, "invalid_length"],
    [{ values, rowBegin: new Int32Array(0), column }, "invalid_length"],
    [{ values, rowBegin, column: column.subarray(1) }, "invalid_length"],
    [{ values, rowBegin: Int32Array.of(0, 4, 3), column }, "invalid_length"],
    [{ values, rowBegin: Int32Array.of(0, 3, 7), column }, "invalid_length"],
    [{ values, rowBegin, column: Int32Array.of(0, 1, 3, 0, 1, 2) }, "invalid_index"],
    [{ values, rowBegin, column: Int32Array.of(0, 1, -1, 0, 1, 2) }, "invalid_index"],
    [{ values, rowBegin, column: Int32Array.of(0, 1, 1, 0, 1, 2) }, "duplicate_column"],
    [{ values, baseMargin: Float64Array.of(0) }, "wrong_width"],
    [{ values, baseMargin: new Float64Array(0) }, "wrong_width"],
    [{ values, baseMargin: Float64Array.of(0, NaN) }, "invalid_number"],
  ];
  for (const [matrix, reason] of table) await rejection(context.predictMatrix(matrix), reason);
  context.close();
  await rejection(context.predictMatrix({ values }), "closed_handle");
});
