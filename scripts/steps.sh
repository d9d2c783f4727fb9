# SPDX-License-Identifier: Apache-2.0
# Steps that scripts/demo and scripts/test share; sourced from the top folder of the checkout.
# Names in compiler output are relative, so that a second checkout finds the first one's cache.
export CCACHE_BASEDIR="$PWD" CCACHE_NOHASHDIR=1
python="$PWD/.venv/bin/python"

# new_enough MAJOR MINOR TEXT: the first number in TEXT, as in "go version go1.19.8", is at least that.
new_enough() {
  [[ $3 =~ ([0-9]+)(\.([0-9]+))? ]] || return 1
  local major=${BASH_REMATCH[1]} minor=${BASH_REMATCH[3]:-0}
  [ "$major" -gt "$1" ] || { [ "$major" -eq "$1" ] && [ "$minor" -ge "$2" ]; }
}

# <language>_version, <language>_build BUILD_DIR and <language>_churn BUILD_DIR ARGUMENT… of each package;
# <language>_missing, where there is one: the Debian packages that its toolchain wants, none when it is here.
for file in scripts/languages/*.sh; do . "$file"; done

name_of() {
  case $1 in
    cpp) echo "C++" ;;
    c) echo "C" ;;
    node) echo "Node.js" ;;
    go) echo "Go" ;;
    java) echo "Java" ;;
    python) echo "Python" ;;
  esac
}

# Languages whose toolchain is here and whose package has tests, as a list of CMake's.
present_languages() {
  local language list=
  for language in node go java python; do
    "${language}_version" > /dev/null 2>&1 && list="$list;$language"
  done
  echo "${list#;}"
}

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
  if [ "$preset" = release ]; then
    options=(-DMLCORE_PYTHON="$python" -DMLCORE_BINDINGS="$(present_languages)")
  fi
  if ! cmake --preset "$preset" "${options[@]}" > "$log" 2>&1 ||
    ! cmake --build "build/$preset" ${1:+--target "$@"} >> "$log" 2>&1; then
    grep -E -A 5 "error|Error|FAILED" "$log" | tail -n 60 >&2
    echo "the whole output is in $log" >&2
    return 1
  fi
}
