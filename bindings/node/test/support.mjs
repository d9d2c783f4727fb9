// SPDX-License-Identifier: Apache-2.0
// What the tests share. MLCORE_FIXTURES names the folder that make_artifacts wrote.
import assert from "node:assert/strict";
import path from "node:path";
import { MlcoreError, Model } from "@mlcore/runtime";

export const fixtures = process.env.MLCORE_FIXTURES ?? "";
export const fixture = (name) => path.join(fixtures, name);
export const openLoan = () => Model.open(fixture("loan.mlc"));
export const openShop = () => Model.open(fixture("shop.mlc"));
export const openLender = () => Model.open(fixture("lender.mlc"));

/** Checks that `call` throws an MlcoreError with this reason; returns it. */
export function refusal(call, reasonName, codeName) {
  let caught;
  assert.throws(call, (error) => {
    caught = error;
    return true;
  });
  return checkError(caught, reasonName, codeName);
}

/** The same for a promise. */
export async function rejection(promise, reasonName, codeName) {
  let caught;
  await assert.rejects(promise, (error) => {
    caught = error;
    return true;
  });
  return checkError(caught, reasonName, codeName);
}

function checkError(error, reasonName, codeName) {
  assert.ok(error instanceof MlcoreError, `${error?.stack ?? error}`);
  assert.ok(error.message.length > 0);
  if (reasonName !== undefined) assert.equal(error.reasonName, reasonName, error.message);
  if (codeName !== undefined) assert.equal(error.codeName, codeName, error.message);
  return error;
}

/** The bits of doubles, as they are compared. */
export function bits(values) {
  const view = new DataView(new ArrayBuffer(8));
  return Array.from(values, (value) => {
    view.setFloat64(0, value);
    return view.getBigUint64(0).toString(16).padStart(16, "0");
  });
}

export const order = (changes = {}) => ({
  customer: "ada",
  at: new Date("1998-01-01"),
  cds: 1,
  amount: 20.5,
  ...changes,
});
