# SPDX-License-Identifier: Apache-2.0
# Steps that scripts/demo and scripts/test share; sourced from the top folder of the checkout.
# Names in compiler output are relative, so that a second checkout finds the first one's cache.
export CCACHE_BASEDIR="$PWD" CCACHE_NOHASHDIR=1
python="$PWD/.venv/bin/python"

# Says what is done, and how long it took.
step() {
  local title=$1 begin=$SECONDS
  shift
  echo "== $title"
  "$@" || { echo "failed: $title" >&2; return 1; }
  echo "   $((SECONDS - begin)) s"
}

# configure_and_build PRESET [TARGET…]
configure_and_build() {
  local preset=$1 log="build/$1.log" options=()
  shift
  mkdir -p build
  if [ "$preset" = release ]; then options=(-DMLCORE_PYTHON="$python"); fi
  if ! cmake --preset "$preset" "${options[@]}" > "$log" 2>&1 ||
    ! cmake --build "build/$preset" ${1:+--target "$@"} >> "$log" 2>&1; then
    grep -E -A 5 "error|Error|FAILED" "$log" | tail -n 60 >&2
    echo "the whole output is in $log" >&2
    return 1
  fi
}

# The package of bindings/python in .venv, around the library of the release build.
install_python_package() {
  local mark=.venv/mlcore_installed
  if [ -e "$mark" ] && [ -z "$(find bindings/python build/release/capi/libmlcore.so* -type f \
    -newer "$mark" -not -path '*/build/*' -not -path '*/__pycache__/*')" ]; then
    return
  fi
  if ! "$python" -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation \
    --config-settings "cmake.define.MLCORE_BUILD_DIR=$PWD/build/release" \
    --config-settings "build-dir=$PWD/build/python" bindings/python > build/python.log 2>&1; then
    tail -n 40 build/python.log >&2
    return 1
  fi
  touch "$mark"
}
