// SPDX-License-Identifier: Apache-2.0
"use strict";

const native = require("./native.js");
const { Code, MlcoreError, Reason } = require("./error.js");
const { Layout, Rows } = require("./layout.js");
const { Features } = require("./features.js");
const { State } = require("./state.js");
const { Context } = require("./context.js");
const { Model } = require("./model.js");
const { Monitor } = require("./monitor.js");

/** The library's version, as "0.1.0". */
const version = native.version();

module.exports = {
  Code,
  Context,
  Features,
  Layout,
  MlcoreError,
  Model,
  Monitor,
  Reason,
  Rows,
  State,
  version,
};
