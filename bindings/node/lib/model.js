// SPDX-License-Identifier: Apache-2.0
"use strict";
// Model: an artifact, opened and checked.

const native = require("./native.js");
const { Reason, allocate, kindOf, refuse } = require("./error.js");
const { Context, Output, outputOf, shapeOf } = require("./context.js");
const { makeFeatures, definitionOf } = require("./features.js");
const { addDispose, bytesOf, utf8 } = require("./values.js");

let modelHandleOf;

class Model {
  #handle;
  #features;
  #definition;

  constructor(key, handle) {
    if (key !== native) throw new TypeError("a Model is made by Model.open or Model.openBytes");
    this.#handle = handle;
  }

  static {
    modelHandleOf = (value) => {
      if (typeof value !== "object" || value === null || !(#handle in value)) {
        refuse(Reason.TYPE_MISMATCH, `expected a Model, found ${kindOf(value)}`);
      }
      return value.#handle;
    };
  }

  static async open(path) {
    return new Model(native, await native.openModel(utf8(path, "path")));
  }

  static async openBytes(artifact) {
    return new Model(native, await native.openModelBytes(bytesOf(artifact, "artifact")));
  }

  get name() {
    return native.modelName(this.#handle);
  }

  get digest() {
    return native.modelDigest(this.#handle);
  }

  get version() {
    return native.modelVersion(this.#handle);
  }

  get features() {
    this.#features ??= makeFeatures(native.modelFeatures(this.#handle));
    return this.#features;
  }

  describe() {
    return JSON.parse(native.modelDescribe(this.#handle));
  }

  outputCount(output = "prediction") {
    return native.modelOutputCount(this.#handle, outputOf(output));
  }

  context(options) {
    this.#definition ??= definitionOf(makeFeatures(native.modelFeatures(this.#handle)));
    return new Context(native, this.#handle, this.#definition, options);
  }

  async margins(features, columns = this.outputCount("features")) {
    const rows = shapeOf(features, columns);
    const width = native.modelOutputCount(this.#handle, Output.margin);
    const out = allocate(Float64Array, rows * width);
    return native.modelMargins(this.#handle, features, columns, out);
  }

  close() {
    this.#features = undefined;
    this.#definition = undefined;
    native.closeModel(this.#handle);
  }
}
addDispose(Model);

module.exports = { Model, modelHandleOf };
