// SPDX-License-Identifier: Apache-2.0
"use strict";
// Layout: objects to packed rows. Rows: many of them, one after another.

const { types } = require("node:util");
const native = require("./native.js");
const { Reason, allocate, kindOf, refuse } = require("./error.js");
const {
  NO_TIME,
  bytesOf,
  isDate,
  isI64,
  isPlain,
  isTime,
  isTimeInMillis,
  lengthOf,
  millisOf,
  utf8,
  utf8Room,
  writeUtf8,
} = require("./values.js");

/** The types of fields, by their numbers. */
const Type = Object.freeze({
  BOOLEAN: 1,
  I64: 2,
  F64: 3,
  STRING: 4,
  TIMESTAMP: 5,
  DURATION: 6,
});

const typeNames = ["", "bool", "i64", "f64", "string", "timestamp", "duration"];
const BITMAP_AT = 8;
const NAN_HIGH = 0x7ff80000; // a null f64 inside a column that is not null
const MOST_ROW = 0xffffffff;
const MOST_KEPT = 2 ** 20; // bytes of scratch memory that a long row may leave behind

/** Memory that rows are packed into; it grows, and what was written stays. */
class Memory {
  constructor(size) {
    this.bytes = allocate(Uint8Array, size);
    this.view = new DataView(this.bytes.buffer);
  }

  /** Gives back what a long row needed. */
  trim() {
    if (this.bytes.length <= MOST_KEPT) return;
    this.bytes = allocate(Uint8Array, 512);
    this.view = new DataView(this.bytes.buffer);
  }

  reserve(size) {
    if (size <= this.bytes.length) return;
    const bytes = allocate(Uint8Array, Math.max(size, this.bytes.length * 2));
    bytes.set(this.bytes);
    this.bytes = bytes;
    this.view = new DataView(bytes.buffer);
  }
}

function refuseColumn(field, at, reason, problem) {
  refuse(reason, `column "${field.name}": ${problem}`, at);
}

function refuseType(field, at, value, expected = field.type) {
  refuseColumn(field, at, Reason.TYPE_MISMATCH, `expected ${expected}, found ${kindOf(value)}`);
}

/** A safe integer as two halves of an i64. */
function setSafe(view, at, integer) {
  const high = Math.floor(integer / 0x100000000);
  view.setInt32(at + 4, high, true);
  view.setUint32(at, integer - high * 0x100000000, true);
}

function setF64(field, at, given, view, slot) {
  if (typeof given === "bigint" && !isI64(given)) {
    refuseColumn(field, at, Reason.INVALID_NUMBER, "the integer does not fit into an i64");
  }
  const value = typeof given === "bigint" ? Number(given) : given; // to the nearest, ties to even
  if (typeof value !== "number") refuseType(field, at, value);
  if (value === value) {
    view.setFloat64(slot, value, true);
    return;
  }
  if (!field.nullable) {
    refuseColumn(field, at, Reason.NULL_NOT_ALLOWED, "NaN in a column that is not nullable");
  }
  view.setUint32(slot, 0, true);
  view.setUint32(slot + 4, NAN_HIGH, true);
}

function setI64(field, at, value, view, slot) {
  if (typeof value === "bigint") {
    if (!isI64(value)) {
      refuseColumn(field, at, Reason.INVALID_NUMBER, "the integer does not fit into an i64");
    }
    view.setBigInt64(slot, value, true);
  } else if (Number.isSafeInteger(value)) {
    setSafe(view, slot, value);
  } else if (Number.isInteger(value)) {
    refuseColumn(
      field,
      at,
      Reason.INVALID_NUMBER,
      "a Number of this size is not exact: give a BigInt",
    );
  } else {
    refuseType(field, at, value, "a BigInt or an integer");
  }
}

function setTimestamp(field, at, value, view, slot) {
  if (typeof value === "bigint") {
    if (!isTime(value)) refuseColumn(field, at, Reason.INVALID_TIMESTAMP, NO_TIME);
    view.setBigInt64(slot, value, true);
    return;
  }
  if (!isDate(value)) refuseType(field, at, value, "a Date or a BigInt of microseconds");
  const millis = millisOf(value);
  if (Number.isNaN(millis)) {
    refuseColumn(field, at, Reason.INVALID_TIMESTAMP, "the Date is invalid");
  }
  if (!isTimeInMillis(millis)) refuseColumn(field, at, Reason.INVALID_TIMESTAMP, NO_TIME);
  const micros = millis * 1000;
  if (Number.isSafeInteger(micros)) setSafe(view, slot, micros);
  else view.setBigInt64(slot, BigInt(millis) * 1000n, true);
}

function setDuration(field, at, value, view, slot) {
  if (typeof value !== "bigint") refuseType(field, at, value, "a BigInt of microseconds");
  if (!isI64(value)) {
    refuseColumn(field, at, Reason.INVALID_NUMBER, "the duration does not fit into an i64");
  }
  view.setBigInt64(slot, value, true);
}

function setBoolean(field, at, value, view, slot) {
  if (typeof value !== "boolean") refuseType(field, at, value);
  view.setUint8(slot, value ? 1 : 0);
}

/** Appends the string at `end`; the new end. */
function setString(field, at, value, memory, begin, slot, end) {
  if (typeof value !== "string") refuseType(field, at, value);
  const room = utf8Room(value);
  if (end - begin + room > MOST_ROW) {
    refuseColumn(field, at, Reason.MALFORMED_ROW, "the row is longer than 4 GiB");
  }
  memory.reserve(end + room);
  const written = writeUtf8(value, memory.bytes, end);
  if (written < 0) refuseColumn(field, at, Reason.INVALID_UTF8, "the string has a lone surrogate");
  memory.view.setUint32(slot, end - begin, true);
  memory.view.setUint32(slot + 4, written - end, true);
  return written;
}

/** Objects that have their values elsewhere than in properties, so that every field would be null. */
function isOtherThanRow(values) {
  return Array.isArray(values) || values instanceof Map || values instanceof Promise;
}

let layoutOf, handleOf, writeRow;

class Layout {
  #handle;
  #fields;
  #names;
  #positions;
  #inherited; // fields whose names every object has, such as "constructor"
  #id;
  #fixedSize;
  #scratch;

  constructor(key, handle) {
    if (key !== native) throw new TypeError("a Layout is asked from Features");
    const { id, fixedSize, fields } = native.layoutDescribe(handle);
    this.#handle = handle;
    this.#id = id;
    this.#fixedSize = fixedSize;
    this.#names = fields.map((field) => field.name);
    this.#positions = new Map(this.#names.map((name, at) => [name, at]));
    this.#inherited = this.#names.map((name) => name in Object.prototype);
    this.#fields = fields.map(({ name, type, nullable, slotOffset }) =>
      Object.freeze({
        name,
        type: typeNames[type],
        nullable: nullable !== 0,
        slotOffset,
        number: type,
      }),
    );
    this.#scratch = new Memory(fixedSize + 256);
  }

  static {
    layoutOf = (value) => {
      if (typeof value !== "object" || value === null || !(#handle in value)) {
        refuse(Reason.TYPE_MISMATCH, `expected a Layout, found ${kindOf(value)}`);
      }
      return value;
    };
    handleOf = (layout) => layout.#handle;
    writeRow = (layout, values, memory, begin) => layout.#write(values, memory, begin);
  }

  get id() {
    return this.#id;
  }

  get fields() {
    return this.#fields.map(({ name, type, nullable }) => ({ name, type, nullable }));
  }

  pack(values) {
    const given = this.#read(values); // runs the caller's getters, so before anything is written
    this.#scratch.trim();
    const end = this.#pack(given, this.#scratch, 0);
    return this.#scratch.bytes.slice(0, end);
  }

  fromJson(text) {
    const json = utf8(text, "row");
    const row = allocate(Uint8Array, this.#fixedSize + json.length);
    return row.slice(0, native.rowFromJson(this.#handle, json, row));
  }

  check(row) {
    native.rowCheck(this.#handle, bytesOf(row, "row"));
  }

  #write(values, memory, begin) {
    return this.#pack(this.#read(values), memory, begin);
  }

  /** The values in the order of the fields; undefined for those that are absent and may be. */
  #read(values) {
    if (typeof values !== "object" || values === null || isOtherThanRow(values)) {
      refuse(Reason.TYPE_MISMATCH, `row: expected an object, found ${kindOf(values)}`);
    }
    const names = this.#names;
    const given = new Array(names.length);
    for (let at = 0; at < names.length; ++at) {
      const name = names[at];
      const value =
        this.#inherited[at] && !Object.prototype.hasOwnProperty.call(values, name)
          ? undefined
          : values[name];
      given[at] = value;
      if (value === undefined && !this.#fields[at].nullable && !(name in values)) {
        refuseColumn(this.#fields[at], at, Reason.MISSING_COLUMN, "no value is given");
      }
    }
    const keys = Object.keys(values);
    this.#refuseUnknown(keys);
    if (keys.length === 0 && names.length > 0 && !isPlain(values)) this.#refuseOther(values);
    return given;
  }

  #refuseUnknown(keys) {
    const names = this.#names;
    for (let at = 0; at < keys.length; ++at) {
      if (keys[at] !== names[at] && !this.#positions.has(keys[at])) {
        refuse(Reason.UNKNOWN_COLUMN, `the row has no field ${JSON.stringify(keys[at])}`);
      }
    }
  }

  /** Throws for an object that has none of the fields, such as a Set: all of them would be null. */
  #refuseOther(values) {
    if (this.#names.some((name, at) => !this.#inherited[at] && name in values)) return;
    refuse(Reason.TYPE_MISMATCH, "row: the object has none of the fields");
  }

  /** Writes a row at `begin`; its end. */
  #pack(given, memory, begin) {
    const fields = this.#fields;
    let end = begin + this.#fixedSize;
    memory.reserve(end);
    memory.bytes.fill(0, begin, end);
    memory.view.setBigUint64(begin, this.#id, true);
    for (let at = 0; at < fields.length; ++at) {
      const field = fields[at];
      const value = given[at];
      const slot = begin + field.slotOffset;
      if (value === undefined || value === null) {
        if (!field.nullable) {
          refuseColumn(field, at, Reason.NULL_NOT_ALLOWED, "null in a column that is not nullable");
        }
        memory.bytes[begin + BITMAP_AT + (at >> 3)] |= 1 << (at & 7);
        continue;
      }
      const view = memory.view;
      switch (field.number) {
        case Type.BOOLEAN:
          setBoolean(field, at, value, view, slot);
          break;
        case Type.I64:
          setI64(field, at, value, view, slot);
          break;
        case Type.F64:
          setF64(field, at, value, view, slot);
          break;
        case Type.STRING:
          end = setString(field, at, value, memory, begin, slot, end);
          break;
        case Type.TIMESTAMP:
          setTimestamp(field, at, value, view, slot);
          break;
        case Type.DURATION:
          setDuration(field, at, value, view, slot);
          break;
        default:
          refuseType(field, at, value);
      }
    }
    return end;
  }
}

let rowsOf;

class Rows {
  #layout;
  #memory = new Memory(1024);
  #offsets = new BigInt64Array(64);
  #count = 0;
  #size = 0;

  constructor(layout, rows = []) {
    this.#layout = layoutOf(layout);
    for (const row of rows) this.append(row);
  }

  static {
    rowsOf = (value, layout, what) => {
      if (typeof value === "object" && value !== null && #layout in value) {
        return [value.#memory.bytes, value.#size, value.#offsets, value.#count];
      }
      if (typeof value === "object" && value !== null && Symbol.iterator in value) {
        return rowsOf(new Rows(layout(), value), layout, what);
      }
      return refuse(
        Reason.TYPE_MISMATCH,
        `${what}: expected Rows or something that iterates over rows, found ${kindOf(value)}`,
      );
    };
  }

  get length() {
    return this.#count;
  }

  append(row) {
    const packed = types.isUint8Array(row) ? row : this.#layout.pack(row);
    const end = this.#size + lengthOf(packed);
    this.#memory.reserve(end);
    if (this.#count + 1 >= this.#offsets.length) {
      const offsets = allocate(BigInt64Array, this.#offsets.length * 2);
      offsets.set(this.#offsets);
      this.#offsets = offsets;
    }
    this.#memory.bytes.set(packed, this.#size);
    this.#size = end;
    this.#count += 1;
    this.#offsets[this.#count] = BigInt(end);
    return this;
  }
}

module.exports = {
  isOtherThanRow,
  Layout,
  Memory,
  Rows,
  Type,
  handleOf,
  layoutOf,
  rowsOf,
  writeRow,
};
