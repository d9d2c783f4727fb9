// SPDX-License-Identifier: Apache-2.0
"use strict";
// Values of JavaScript to what the library takes: UTF-8, microseconds, integers, byte arrays.

const { types } = require("node:util");
const { Reason, allocate, kindOf, refuse } = require("./error.js");

const LEAST_I64 = -(2n ** 63n);
const GREATEST_I64 = 2n ** 63n - 1n;
const FIRST_MICROS = -62_135_596_800_000_000n; // of year 1
const END_MICROS = 253_402_300_800_000_000n; // of year 9999
const FIRST_MILLIS = Number(FIRST_MICROS / 1000n);
const END_MILLIS = Number(END_MICROS / 1000n);
const dateTime = Date.prototype.getTime;
const typedArray = Object.getPrototypeOf(Uint8Array.prototype);
const { get: length } = Object.getOwnPropertyDescriptor(typedArray, "length");
const { apply } = Reflect;
const slowFrom = 32; // characters from which Node's encoder is quicker than the loop below

/** Writes `text` into `bytes` from `at`, where there is room; the end, or -1 for a lone surrogate. */
function writeUtf8(text, bytes, at) {
  for (let i = 0; i < text.length; ++i) {
    let unit = text.charCodeAt(i);
    if (unit < 0x80) {
      bytes[at++] = unit;
    } else if (unit < 0x800) {
      bytes[at++] = 0xc0 | (unit >> 6);
      bytes[at++] = 0x80 | (unit & 0x3f);
    } else {
      if (unit >= 0xd800 && unit <= 0xdfff) {
        const low = i + 1 < text.length ? text.charCodeAt(i + 1) : 0;
        if (unit >= 0xdc00 || low < 0xdc00 || low > 0xdfff) return -1;
        unit = 0x10000 + ((unit - 0xd800) << 10) + (low - 0xdc00);
        ++i;
        bytes[at++] = 0xf0 | (unit >> 18);
        bytes[at++] = 0x80 | ((unit >> 12) & 0x3f);
      } else {
        bytes[at++] = 0xe0 | (unit >> 12);
      }
      bytes[at++] = 0x80 | ((unit >> 6) & 0x3f);
      bytes[at++] = 0x80 | (unit & 0x3f);
    }
  }
  return at;
}

/** At least as many bytes as the UTF-8 of `text` has. */
function utf8Room(text) {
  return text.length < slowFrom ? text.length * 3 : Buffer.byteLength(text, "utf8");
}

/** The UTF-8 of a string that is no part of a row. */
function utf8(text, what) {
  if (typeof text !== "string") {
    refuse(Reason.TYPE_MISMATCH, `${what}: expected a string, found ${kindOf(text)}`);
  }
  const bytes = allocate(Uint8Array, utf8Room(text));
  const end = writeUtf8(text, bytes, 0);
  if (end < 0) refuse(Reason.INVALID_UTF8, `${what}: the string has a lone surrogate`);
  return bytes.subarray(0, end);
}

/** How many elements a typed array has, whatever its property says; 0 where its buffer is gone. */
function lengthOf(array) {
  return apply(length, array, []);
}

/** Whether `value` is a Date, also of another realm; runs no code of the caller's, as instanceof may. */
function isDate(value) {
  return typeof value === "object" && types.isDate(value);
}

/** Whether `object` is as written `{…}`, and not of a class that may have its values elsewhere. */
function isPlain(object) {
  const prototype = Object.getPrototypeOf(object);
  return prototype === null || Object.getPrototypeOf(prototype) === null;
}

/** Milliseconds of a Date, whatever its getTime was replaced by; NaN for an invalid one. */
function millisOf(date) {
  return dateTime.call(date);
}

const isI64 = (value) => value >= LEAST_I64 && value <= GREATEST_I64;
const isTime = (micros) => micros >= FIRST_MICROS && micros < END_MICROS;
const isTimeInMillis = (millis) => millis >= FIRST_MILLIS && millis < END_MILLIS;
const NO_TIME = "the time is outside the years 0001 to 9999";

/** An instant, a Date or a BigInt of microseconds, as a BigInt. */
function microsOf(value, what) {
  if (typeof value === "bigint") {
    if (!isTime(value)) refuse(Reason.INVALID_TIMESTAMP, `${what}: ${NO_TIME}`);
    return value;
  }
  if (!isDate(value)) {
    refuse(
      Reason.TYPE_MISMATCH,
      `${what}: expected a Date or a BigInt of microseconds, found ${kindOf(value)}`,
    );
  }
  const millis = millisOf(value);
  if (Number.isNaN(millis)) refuse(Reason.INVALID_TIMESTAMP, `${what}: the Date is invalid`);
  if (!isTimeInMillis(millis)) refuse(Reason.INVALID_TIMESTAMP, `${what}: ${NO_TIME}`);
  return BigInt(millis) * 1000n;
}

/** An integer, a safe Number or a BigInt, as a BigInt within [least, greatest]. */
function integerOf(value, what, least = LEAST_I64, greatest = GREATEST_I64) {
  if (typeof value !== "bigint" && !Number.isSafeInteger(value)) {
    refuse(
      Reason.TYPE_MISMATCH,
      `${what}: expected a BigInt or an integer, found ${kindOf(value)}`,
    );
  }
  const integer = BigInt(value);
  if (integer < least || integer > greatest) {
    refuse(Reason.INVALID_OPTION, `${what}: ${integer} is out of range`);
  }
  return integer;
}

/** Bytes, as a Uint8Array over the same memory. */
function bytesOf(value, what) {
  if (types.isUint8Array(value)) return value;
  if (types.isAnyArrayBuffer(value)) return new Uint8Array(value);
  return refuse(
    Reason.TYPE_MISMATCH,
    `${what}: expected a Uint8Array or an ArrayBuffer, found ${kindOf(value)}`,
  );
}

/** The options that were given, each of them known by name. */
function optionsOf(options, names) {
  if (options === undefined) return {};
  if (typeof options !== "object" || options === null) {
    refuse(Reason.TYPE_MISMATCH, `options: expected an object, found ${kindOf(options)}`);
  }
  for (const name of Object.keys(options)) {
    if (!names.includes(name)) {
      refuse(
        Reason.INVALID_OPTION,
        `there is no option ${JSON.stringify(name)}: ${names.join(", ")}`,
      );
    }
  }
  return options;
}

/** Adds Symbol.dispose, where there is one, as another name of close(). */
function addDispose(Class) {
  if (Symbol.dispose === undefined) return;
  Object.defineProperty(Class.prototype, Symbol.dispose, {
    value: Class.prototype.close,
    writable: true,
    configurable: true,
  });
}

module.exports = {
  NO_TIME,
  addDispose,
  bytesOf,
  integerOf,
  isDate,
  isI64,
  isPlain,
  isTime,
  isTimeInMillis,
  lengthOf,
  microsOf,
  millisOf,
  optionsOf,
  utf8,
  utf8Room,
  writeUtf8,
};
