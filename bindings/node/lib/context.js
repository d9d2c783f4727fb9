// SPDX-License-Identifier: Apache-2.0
"use strict";
// Context: what scores rows of one model.

const { types } = require("node:util");
const native = require("./native.js");
const { Reason, allocate, kindOf, refuse } = require("./error.js");
const { isOtherThanRow, Memory, Rows, rowsOf, writeRow } = require("./layout.js");
const { streamOf } = require("./features.js");
const { stateOf } = require("./state.js");
const { addDispose, integerOf, isPlain, lengthOf, optionsOf } = require("./values.js");

/** What a context gives, by its number. */
const Output = Object.freeze({ prediction: 0, margin: 1, features: 2, class: 3, leaf: 4 });

/** What a sparse matrix does not hold, by its number. */
const Absent = Object.freeze({ default: 0, missing: 1, zero: 2 });

const MOST_ROUNDS = 2n ** 31n - 1n;
const MOST_THREADS = 256n;
const resizable = Object.getOwnPropertyDescriptor(ArrayBuffer.prototype, "resizable")?.get;

const isNumbers = (value) => types.isFloat64Array(value) || types.isFloat32Array(value);

function outputOf(name) {
  if (typeof name !== "string" || !Object.prototype.hasOwnProperty.call(Output, name)) {
    const names = Object.keys(Output).join(", ");
    const found = typeof name === "string" ? JSON.stringify(name) : kindOf(name);
    refuse(Reason.INVALID_OPTION, `there is no output ${found}: ${names}`);
  }
  return Output[name];
}

/** The boosting rounds [begin, end); an end of 0 is the last. */
function roundsOf(iterations) {
  if (!Array.isArray(iterations) || iterations.length !== 2) {
    refuse(Reason.TYPE_MISMATCH, `iterations: expected [begin, end], found ${kindOf(iterations)}`);
  }
  const [begin, end] = [iterations[0], iterations[1]]; // also where the array has holes
  return [begin, end].map((round) => Number(integerOf(round, "iterations", 0n, MOST_ROUNDS)));
}

/** An array of numbers as doubles; null and undefined are null. Of a wrong count only zeros, to be refused. */
function doublesOf(values, count) {
  if (!Array.isArray(values)) {
    refuse(Reason.TYPE_MISMATCH, `values: expected numbers, found ${kindOf(values)}`);
  }
  const doubles = allocate(Float64Array, values.length);
  if (doubles.length !== count) return doubles;
  for (let i = 0; i < doubles.length; ++i) {
    const value = values[i];
    if (typeof value !== "number" && value !== null && value !== undefined) {
      refuse(Reason.TYPE_MISMATCH, `values: expected a number, found ${kindOf(value)}`, i);
    }
    doubles[i] = value ?? NaN;
  }
  return doubles;
}

/** How many rows `values` are, and their width. */
function shapeOf(values, columns) {
  if (!isNumbers(values)) {
    refuse(
      Reason.TYPE_MISMATCH,
      `values: expected a Float64Array or Float32Array, found ${kindOf(values)}`,
    );
  }
  if (!Number.isSafeInteger(columns) || columns < 1 || values.length % columns !== 0) {
    refuse(Reason.INVALID_LENGTH, `values: ${values.length} numbers are no rows of ${columns}`);
  }
  return values.length / columns;
}

/** How many rows the entries of a sparse matrix are. */
function sparseRowsOf({ values, rowBegin, column }) {
  if (!isNumbers(values) || !types.isInt32Array(rowBegin) || !types.isInt32Array(column)) {
    refuse(
      Reason.TYPE_MISMATCH,
      "a sparse matrix: expected values of Float64Array or Float32Array, rowBegin and column of Int32Array",
    );
  }
  if (rowBegin.length === 0 || column.length !== values.length) {
    refuse(
      Reason.INVALID_LENGTH,
      `a sparse matrix: ${rowBegin.length} of rowBegin, ${column.length} columns of ${values.length} values`,
    );
  }
  return rowBegin.length - 1;
}

function absentOf(name) {
  if (typeof name !== "string" || !Object.prototype.hasOwnProperty.call(Absent, name)) {
    refuse(Reason.INVALID_OPTION, `absent: expected ${Object.keys(Absent).join(", ")}`);
  }
  return Absent[name];
}

function refuseResizable(array, what) {
  if (resizable === undefined || types.isSharedArrayBuffer(array.buffer)) return;
  if (resizable.call(array.buffer)) {
    refuse(Reason.TYPE_MISMATCH, `${what}: a buffer that can be resized is not bound`);
  }
}

/** `predict` for as long as neither buffer is transferred away, which leaves arrays of length 0. */
function guarded(predict, input, out) {
  const [size, width] = [input, out].map(lengthOf);
  return () => {
    if (lengthOf(input) !== size || lengthOf(out) !== width) {
      refuse(Reason.INVALID_LENGTH, "an ArrayBuffer of the bound call was transferred away");
    }
    predict();
    return out;
  };
}

let contextHandleOf;

class Context {
  #handle;
  #definition;
  #width;
  #out;
  #scratch = new Memory(512);

  constructor(key, model, definition, options) {
    if (key !== native) throw new TypeError("a Context is made by Model.context");
    const { output, iterations, threads } = optionsOf(options, ["output", "iterations", "threads"]);
    const rounds = roundsOf(iterations ?? [0, 0]);
    const most = Number(integerOf(threads ?? 1, "threads", 0n, MOST_THREADS));
    this.#handle = native.newContext(model, outputOf(output ?? "prediction"), ...rounds, most);
    this.#definition = definition;
    this.#width = native.contextWidth(this.#handle);
    this.#out = new Float64Array(this.#width);
  }

  static {
    contextHandleOf = (value) => {
      if (typeof value !== "object" || value === null || !(#handle in value)) {
        refuse(Reason.TYPE_MISMATCH, `expected a Context, found ${kindOf(value)}`);
      }
      return value.#handle;
    };
  }

  get out() {
    return this.#out;
  }

  predictRow(row) {
    native.predictRow(this.#handle, this.#packed(row), this.#out);
    return this.#out;
  }

  predictNumbers(values) {
    native.predictNumbers(this.#handle, this.#numbers(values), this.#out);
    return this.#out;
  }

  predictAt(state, row) {
    native.predictAt(this.#handle, stateOf(state), this.#packed(row), this.#out);
    return this.#out;
  }

  predictEvents(row, events) {
    const packed = types.isUint8Array(row) ? row : this.#definition.request.pack(row);
    native.predictEvents(this.#handle, packed, this.#streams(events), this.#out);
    return this.#out;
  }

  async predictBatch(values, columns = this.#definition.count) {
    const rows = shapeOf(values, columns);
    const out = allocate(Float64Array, rows * this.#width);
    return native.predictBatch(this.#handle, values, columns, out);
  }

  async predictMatrix(matrix) {
    const names = ["values", "rowBegin", "column", "absent", "missing", "baseMargin"];
    const given = optionsOf(matrix, names);
    const { values, rowBegin, column, absent, missing, baseMargin } = given;
    const { count } = this.#definition;
    const isSparse = rowBegin !== undefined || column !== undefined;
    const rows = isSparse ? sparseRowsOf(given) : shapeOf(values, count);
    if (missing !== undefined && typeof missing !== "number") {
      refuse(Reason.TYPE_MISMATCH, `missing: expected a number, found ${kindOf(missing)}`);
    }
    if (baseMargin !== undefined && !types.isFloat64Array(baseMargin)) {
      refuse(
        Reason.TYPE_MISMATCH,
        `baseMargin: expected a Float64Array, found ${kindOf(baseMargin)}`,
      );
    }
    if (baseMargin?.length === 0 && rows > 0) {
      // Which would be none to the library.
      refuse(Reason.WRONG_WIDTH, "baseMargin: expected a number a row and output, found none");
    }
    const out = allocate(Float64Array, rows * this.#width);
    const options = [count, absentOf(absent ?? "default"), missing];
    return native.predictMatrix(
      this.#handle,
      values,
      rowBegin,
      column,
      baseMargin,
      ...options,
      out,
    );
  }

  async predictBatchAt(state, requests) {
    const rows = rowsOf(requests, () => this.#definition.request, "requests");
    const out = allocate(Float64Array, rows[3] * this.#width);
    const events = state === null ? undefined : stateOf(state);
    return native.predictBatchAt(this.#handle, events, ...rows, out);
  }

  bind(input, options) {
    const { state, out = new Float64Array(this.#width) } = optionsOf(options, ["state", "out"]);
    if (!types.isUint8Array(input) && !isNumbers(input)) {
      refuse(
        Reason.TYPE_MISMATCH,
        `input: expected a Float64Array, a Float32Array or the Uint8Array of a row, found ${kindOf(input)}`,
      );
    }
    if (!types.isFloat64Array(out)) {
      refuse(Reason.TYPE_MISMATCH, `out: expected a Float64Array, found ${kindOf(out)}`);
    }
    if (state !== undefined && !types.isUint8Array(input)) {
      refuse(Reason.INVALID_OPTION, "a state is read for a packed row, not for numbers");
    }
    refuseResizable(input, "input");
    refuseResizable(out, "out");
    const events = state === undefined ? undefined : stateOf(state);
    return guarded(native.bind(this.#handle, input, out, events), input, out);
  }

  close() {
    native.closeContext(this.#handle);
  }

  #numbers(values) {
    return isNumbers(values) ? values : doublesOf(values, this.#definition.count);
  }

  /** The bytes of a row, valid until the next call. */
  #packed(row) {
    if (types.isUint8Array(row)) return row;
    this.#scratch.trim();
    const end = writeRow(this.#definition.request, row, this.#scratch, 0);
    return this.#scratch.bytes.subarray(0, end);
  }

  /** What the caller brings for each stream, in the order of the definition. */
  #streams(events) {
    if (typeof events !== "object" || events === null || isOtherThanRow(events)) {
      refuse(
        Reason.TYPE_MISMATCH,
        `events: expected an object of streams, found ${kindOf(events)}`,
      );
    }
    const names = Object.keys(events);
    for (const name of names) streamOf(this.#definition, name);
    if (names.length === 0 && !isPlain(events)) {
      // such as Rows: no stream would have events
      refuse(Reason.TYPE_MISMATCH, "events: the object has no streams");
    }
    return [...this.#definition.streams].flatMap(([name, { layout }]) => {
      const given = Object.prototype.hasOwnProperty.call(events, name) ? events[name] : undefined;
      return rowsOf(given ?? new Rows(layout), () => layout, `events of ${name}`);
    });
  }
}
addDispose(Context);

module.exports = { Absent, Context, Output, contextHandleOf, outputOf, shapeOf };
