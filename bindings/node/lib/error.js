// SPDX-License-Identifier: Apache-2.0
"use strict";
// MlcoreError, the one class of exceptions of the package, and its numbers.

const { types } = require("node:util");

const native = require("./native.js");

/** The codes, as gRPC numbers them. */
const Code = Object.freeze({
  OK: 0,
  CANCELLED: 1,
  UNKNOWN: 2,
  INVALID_ARGUMENT: 3,
  DEADLINE_EXCEEDED: 4,
  NOT_FOUND: 5,
  ALREADY_EXISTS: 6,
  PERMISSION_DENIED: 7,
  RESOURCE_EXHAUSTED: 8,
  FAILED_PRECONDITION: 9,
  ABORTED: 10,
  OUT_OF_RANGE: 11,
  UNIMPLEMENTED: 12,
  INTERNAL: 13,
  UNAVAILABLE: 14,
  DATA_LOSS: 15,
});

/** The reasons; a number never changes its meaning. */
const Reason = Object.freeze({
  NONE: 0,
  NULL_POINTER: 101,
  ABI_MISMATCH: 102,
  BUFFER_TOO_SMALL: 103,
  INVALID_OPTION: 104,
  CLOSED_HANDLE: 105,
  OUT_OF_MEMORY: 106,
  INTERNAL_FAULT: 107,
  WRONG_WIDTH: 108,
  INVALID_LENGTH: 109,
  INVALID_INDEX: 110,
  HANDLE_IN_USE: 111,
  MISSING_COLUMN: 201,
  UNKNOWN_COLUMN: 202,
  TYPE_MISMATCH: 203,
  NULL_NOT_ALLOWED: 204,
  INVALID_UTF8: 205,
  MALFORMED_CSV: 206,
  MALFORMED_JSON: 207,
  EMPTY_INPUT: 208,
  INVALID_TIMESTAMP: 209,
  INVALID_NUMBER: 210,
  LAYOUT_MISMATCH: 211,
  MALFORMED_ROW: 212,
  DUPLICATE_COLUMN: 213,
  SYNTAX: 301,
  UNKNOWN_NAME: 302,
  DUPLICATE_NAME: 303,
  TYPE_ERROR: 304,
  LIMIT_EXCEEDED: 305,
  NEEDS_STATE: 306,
  NOT_RETAINED: 307,
  NOT_FITTED: 308,
  STREAM_MISMATCH: 309,
  MALFORMED_SNAPSHOT: 310,
  STATE_FULL: 311,
  INCOMPLETE_HISTORY: 312,
  UNSUPPORTED_FEATURE: 313,
  NEEDS_AS_OF: 314,
  NOT_NUMERIC: 315,
  MALFORMED_MODEL: 401,
  UNSUPPORTED_MODEL: 402,
  INVALID_TREE: 403,
  FEATURE_COUNT: 404,
  FEATURE_NAMES: 405,
  NOT_AN_ARTIFACT: 501,
  TRUNCATED: 502,
  CHECKSUM: 503,
  NEWER_FORMAT: 504,
  MALFORMED_ARTIFACT: 505,
  PROOF_FAILED: 506,
  FILE_NOT_FOUND: 601,
  IO_FAILURE: 602,
  MALFORMED_SPEC: 603,
  LABEL_LEAK: 604,
  TRAINING_FAILED: 605,
  VERSION_EXISTS: 606,
  UNKNOWN_VERSION: 701,
  UNKNOWN_ALIAS: 702,
  ALIAS_MOVED: 703,
  GATE_REFUSED: 704,
  MALFORMED_REGISTRY: 705,
  UNSAFE_FILE: 706,
  NO_PREVIOUS_VERSION: 707,
  NO_REFERENCE: 801,
  OTHER_MODEL: 802,
  ALREADY_MONITORED: 803,
});

class MlcoreError extends Error {
  constructor(message, code, reason, column = null, row = null) {
    super(message);
    this.code = code;
    this.codeName = native.codeName(code);
    this.reason = reason;
    this.reasonName = native.reasonName(reason);
    this.column = column;
    this.row = row;
  }
}
Object.defineProperty(MlcoreError.prototype, "name", {
  value: "MlcoreError",
  writable: true,
  configurable: true,
});

/** Throws INVALID_ARGUMENT with a reason. */
function refuse(reason, message, column = null) {
  throw new MlcoreError(message, Code.INVALID_ARGUMENT, reason, column);
}

/** What `value` is, for a message. */
function kindOf(value) {
  if (value === null) return "null";
  if (typeof value !== "object") return typeof value;
  if (types.isProxy(value)) return "an object"; // a look at it would run its traps
  if (Array.isArray(value)) return "an array";
  if (types.isTypedArray(value)) return "a typed array";
  if (types.isMap(value)) return "a Map";
  if (types.isDate(value)) return "a Date";
  return "an object";
}

/** A new array of `Type`; an MlcoreError where there is no memory for it. */
function allocate(Type, length) {
  try {
    return new Type(length);
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    throw new MlcoreError(
      `there is no memory for ${length} elements`,
      Code.RESOURCE_EXHAUSTED,
      Reason.OUT_OF_MEMORY,
    );
  }
}

const position = (at) => (at < 0 ? null : at);

native.setUp(
  (code, reason, column, row, message) =>
    new MlcoreError(message, code, reason, position(column), position(row)),
  (size) => allocate(Uint8Array, size),
);

module.exports = { Code, MlcoreError, Reason, allocate, kindOf, refuse };
