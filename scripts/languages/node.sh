# SPDX-License-Identifier: Apache-2.0
# Node.js in scripts/demo and scripts/test. MLCORE_NODE names another node than the one on the path.

node_found() { "${MLCORE_NODE:-node}" --version 2> /dev/null; }

node_missing() {
  new_enough 18 0 "$(node_found)" || echo nodejs
  command -v npm > /dev/null || echo npm
}

# "Node.js v20.20.2"; fails where there is none, or no npm, or one older than 18.
node_version() {
  local found
  [ -z "$(node_missing)" ] && found=$(node_found) && echo "Node.js $found"
}

node_build() { bindings/node/build "$1"; }

node_churn() { "${MLCORE_NODE:-node}" "$1/bindings/node/package/examples/churn.mjs" "${@:2}"; }
