# SPDX-License-Identifier: Apache-2.0
# Python in scripts/demo and scripts/test.
python_version() { "$python" --version; }

# The package of bindings/python in .venv, around the library of the build in $1.
python_build() {
  local build=$1 mark=.venv/mlcore_installed
  if [ -e "$mark" ] && [ -z "$(find bindings/python "$build"/capi/libmlcore.so* -type f \
    -newer "$mark" -not -path '*/build/*' -not -path '*/__pycache__/*')" ]; then
    return
  fi
  if ! "$python" -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation \
    --config-settings "cmake.define.MLCORE_BUILD_DIR=$PWD/$build" \
    --config-settings "build-dir=$PWD/build/python" bindings/python > build/python.log 2>&1; then
    tail -n 40 build/python.log >&2
    return 1
  fi
  touch "$mark"
}

python_churn() { "$python" examples/python/churn.py "${@:2}"; }
