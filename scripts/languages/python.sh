# SPDX-License-Identifier: Apache-2.0
# Python in scripts/demo and scripts/test: the interpreter of .venv.
python_version() { "$python" --version; }

# The wheel around the library of the build in $1, installed in .venv.
python_build() {
  local wheel mark=.venv/mlcore_installed
  PYTHON=$python bindings/python/build "$1" || return
  wheel=$(find "$1/packages/python" -name '*.whl' -print -quit)
  if [ -e "$mark" ] && [ "$mark" -nt "$wheel" ]; then return; fi
  "$python" -m pip install --quiet --disable-pip-version-check --no-deps --no-index --force-reinstall "$wheel" &&
    touch "$mark"
}

python_churn() { "$python" examples/python/churn.py "${@:2}"; }
