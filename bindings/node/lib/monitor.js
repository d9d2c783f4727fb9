// SPDX-License-Identifier: Apache-2.0
"use strict";
// Monitor: what contexts see, against what training saw.

const native = require("./native.js");
const { Reason, kindOf, refuse } = require("./error.js");
const { contextHandleOf } = require("./context.js");
const { modelHandleOf } = require("./model.js");
const { addDispose, integerOf, optionsOf } = require("./values.js");

/** How a report is written, by its number. */
const Report = Object.freeze({ json: 0, prometheus: 1, html: 2 });

const LEAST_I32 = -(2n ** 31n);
const GREATEST_I32 = 2n ** 31n - 1n;

function widthOf(value) {
  if (typeof value !== "bigint") {
    refuse(
      Reason.TYPE_MISMATCH,
      `paneWidth: expected a BigInt of microseconds, found ${kindOf(value)}`,
    );
  }
  return integerOf(value, "paneWidth");
}

function realOf(value, what) {
  if (typeof value !== "number") {
    refuse(Reason.TYPE_MISMATCH, `${what}: expected a number, found ${kindOf(value)}`);
  }
  return value;
}

/** The options as native.newMonitor takes them. */
function argumentsOf(options) {
  const given = optionsOf(options, [
    "paneWidth",
    "paneRows",
    "maxPanes",
    "minimumRows",
    "alpha",
    "distanceThreshold",
    "shareThreshold",
  ]);
  return [
    Number(integerOf(given.maxPanes ?? 0, "maxPanes", LEAST_I32, GREATEST_I32)),
    widthOf(given.paneWidth ?? 0n),
    integerOf(given.paneRows ?? 0, "paneRows"),
    integerOf(given.minimumRows ?? 0, "minimumRows"),
    realOf(given.alpha ?? 0, "alpha"),
    realOf(given.distanceThreshold ?? 0, "distanceThreshold"),
    realOf(given.shareThreshold ?? 0, "shareThreshold"),
  ];
}

class Monitor {
  #handle;

  constructor(model, options) {
    this.#handle = native.newMonitor(modelHandleOf(model), ...argumentsOf(options));
  }

  attach(context) {
    native.attachMonitor(this.#handle, contextHandleOf(context));
  }

  async report() {
    return JSON.parse(await native.monitorReport(this.#handle, Report.json));
  }

  async prometheus() {
    return native.monitorReport(this.#handle, Report.prometheus);
  }

  async html() {
    return native.monitorReport(this.#handle, Report.html);
  }

  close() {
    native.closeMonitor(this.#handle);
  }
}
addDispose(Monitor);

module.exports = { Monitor, Report };
