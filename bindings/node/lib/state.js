// SPDX-License-Identifier: Apache-2.0
"use strict";
// State: the events of many keys.

const native = require("./native.js");
const { Reason, kindOf, refuse } = require("./error.js");
const { featuresOf, setStateHandleOf, definitionOf, streamOf } = require("./features.js");
const { rowsOf } = require("./layout.js");
const { addDispose, bytesOf, integerOf, microsOf, optionsOf, utf8 } = require("./values.js");

const GREATEST_U64 = 2n ** 64n - 1n;

function latenessOf(value) {
  if (typeof value !== "bigint") {
    refuse(
      Reason.TYPE_MISMATCH,
      `lateness: expected a BigInt of microseconds, found ${kindOf(value)}`,
    );
  }
  return integerOf(value, "lateness");
}

/** The options as native.newState takes them. */
function argumentsOf(options) {
  const { maxBytes, maxKeys, lateness, completeFrom } = optionsOf(options, [
    "maxBytes",
    "maxKeys",
    "lateness",
    "completeFrom",
  ]);
  return [
    integerOf(maxBytes ?? 0, "maxBytes", 0n, GREATEST_U64),
    integerOf(maxKeys ?? 0, "maxKeys", 0n, GREATEST_U64),
    lateness === undefined ? undefined : latenessOf(lateness),
    completeFrom === undefined ? undefined : microsOf(completeFrom, "completeFrom"),
  ];
}

let stateOf;

class State {
  #handle;
  #definition;

  constructor(features, options) {
    const [key, handle, definition] = arguments.length > 2 ? arguments : [];
    if (key === native) {
      this.#handle = handle;
      this.#definition = definition;
    } else {
      this.#handle = native.newState(featuresOf(features), ...argumentsOf(options));
      this.#definition = definitionOf(features);
    }
  }

  static {
    stateOf = (value) => {
      if (typeof value !== "object" || value === null || !(#handle in value)) {
        refuse(Reason.TYPE_MISMATCH, `expected a State, found ${kindOf(value)}`);
      }
      return value.#handle;
    };
  }

  static async restore(features, snapshot, options) {
    const bytes = bytesOf(snapshot, "snapshot");
    const restored = native.restoreState(featuresOf(features), bytes, ...argumentsOf(options));
    const definition = definitionOf(features); // which may be closed before it is restored
    return new State(native, await restored, definition);
  }

  ingest(stream, events, origin) {
    const { source, offset } = optionsOf(origin, ["source", "offset"]);
    if ((source === undefined) !== (offset === undefined)) {
      refuse(Reason.INVALID_OPTION, "source and offset are given together or not at all");
    }
    const { at, layout } = streamOf(this.#definition, stream);
    const rows = rowsOf(events, () => layout, "events");
    if (source === undefined) return native.ingest(this.#handle, at, ...rows);
    const from = [utf8(source, "source"), integerOf(offset, "offset")];
    return native.ingest(this.#handle, at, ...rows, ...from);
  }

  expire(time) {
    native.expire(this.#handle, microsOf(time, "time"));
  }

  async snapshot() {
    return native.snapshotState(this.#handle);
  }

  sourceOffset(source) {
    return native.sourceOffset(this.#handle, utf8(source, "source"));
  }

  get keyCount() {
    return native.keyCount(this.#handle);
  }

  get eventCount() {
    return native.eventCount(this.#handle);
  }

  get memory() {
    return native.memory(this.#handle);
  }

  close() {
    native.closeState(this.#handle);
  }
}
addDispose(State);
setStateHandleOf(stateOf);

module.exports = { State, stateOf };
