// SPDX-License-Identifier: Apache-2.0
"use strict";
// The addon, with libmlcore.so.0 and libsodium.so.23 beside it.

const path = require("node:path");

const file = path.join(__dirname, "..", "native", "mlcore.node");

function load() {
  try {
    return require(file);
  } catch (error) {
    const here = `${process.platform}-${process.arch}, Node.js ${process.version}`;
    throw new Error(
      `@mlcore/runtime: ${file} was not loaded on ${here}; the package is built for linux-x64 ` +
        `with glibc 2.34 or newer: ${error.message}`,
      { cause: error },
    );
  }
}

module.exports = load();
