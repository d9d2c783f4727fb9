# SPDX-License-Identifier: Apache-2.0
# Node.js in scripts/demo and scripts/test. MLCORE_NODE names another node than the one on the path.

# "Node.js v20.20.2"; fails where there is none, or no npm, or one older than 18.
node_version() {
  local found
  found=$("${MLCORE_NODE:-node}" --version 2> /dev/null) && command -v npm > /dev/null || return 1
  [[ $found =~ ^v([0-9]+)\. ]] && [ "${BASH_REMATCH[1]}" -ge 18 ] || return 1
  echo "Node.js $found"
}

node_build() { bindings/node/build "$1"; }

node_churn() { "${MLCORE_NODE:-node}" "$1/bindings/node/package/examples/churn.mjs" "${@:2}"; }
