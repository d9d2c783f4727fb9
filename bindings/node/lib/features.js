// SPDX-License-Identifier: Apache-2.0
"use strict";
// Features: a definition compiled from text, or a model's.

const native = require("./native.js");
const { Code, MlcoreError, Reason, allocate, kindOf, refuse } = require("./error.js");
const { Layout, rowsOf } = require("./layout.js");
const { addDispose, utf8 } = require("./values.js");

let featuresOf, makeFeatures, definitionOf, stateHandleOf;

class Features {
  #handle;
  #request;
  #streams = new Map();
  #definition;

  constructor(key, handle) {
    if (key !== native)
      throw new TypeError("Features are made by Features.parse or Model.features");
    this.#handle = handle;
  }

  static {
    makeFeatures = (handle) => new Features(native, handle);
    featuresOf = (value) => {
      if (typeof value !== "object" || value === null || !(#handle in value)) {
        refuse(Reason.TYPE_MISMATCH, `expected Features, found ${kindOf(value)}`);
      }
      return value.#handle;
    };
    // What a context or a state knows of its definition, which may be closed before them.
    definitionOf = (features) => {
      features.#definition ??= Object.freeze({
        request: features.request,
        count: features.request.fields.length,
        streams: new Map(
          features.streams.map((name, at) => [name, { at, layout: features.stream(name) }]),
        ),
      });
      return features.#definition;
    };
  }

  static parse(text) {
    return makeFeatures(native.openFeatures(utf8(text, "definition")));
  }

  get text() {
    return native.featuresText(this.#handle);
  }

  get fingerprint() {
    return native.featuresFingerprint(this.#handle);
  }

  get names() {
    return native.featureNames(this.#handle);
  }

  get streams() {
    return native.streamNames(this.#handle);
  }

  get request() {
    this.#request ??= new Layout(native, native.layout(this.#handle, -1));
    return this.#request;
  }

  stream(name) {
    let layout = this.#streams.get(name);
    if (layout === undefined) {
      const at = native.findStream(this.#handle, utf8(name, "stream"));
      layout = new Layout(native, native.layout(this.#handle, at));
      this.#streams.set(name, layout);
    }
    return layout;
  }

  async compute(requests, state) {
    const rows = rowsOf(requests, () => this.request, "requests");
    const out = allocate(Float64Array, rows[3] * this.names.length);
    const events = state === undefined || state === null ? undefined : stateHandleOf(state);
    return native.featuresCompute(this.#handle, events, ...rows, out);
  }

  close() {
    native.closeFeatures(this.#handle);
  }
}
addDispose(Features);

/** The position of a stream and its layout. */
function streamOf(definition, name) {
  utf8(name, "stream");
  const stream = definition.streams.get(name);
  if (stream === undefined) {
    const message = `there is no stream ${JSON.stringify(name)}`;
    throw new MlcoreError(message, Code.NOT_FOUND, Reason.UNKNOWN_NAME);
  }
  return stream;
}

/** Lets state.js say how a State is looked into; the two need each other. */
function setStateHandleOf(look) {
  stateHandleOf = look;
}

module.exports = { Features, featuresOf, makeFeatures, setStateHandleOf, definitionOf, streamOf };
