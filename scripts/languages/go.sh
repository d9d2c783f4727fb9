# SPDX-License-Identifier: Apache-2.0
# Go for scripts/demo and scripts/test; sourced from the top folder of the checkout.

# The go command: $GO, the one on the path, or Debian's.
go_command() {
  local command
  for command in ${GO:+"$GO"} go /usr/lib/go-1.*/bin/go; do
    if command -v "$command" > /dev/null; then
      command -v "$command"
      return
    fi
  done
  return 1
}

go_found() {
  local go
  go=$(go_command) && GOTOOLCHAIN=local "$go" env GOVERSION
}

go_missing() { new_enough 1 19 "$(go_found)" || echo golang-go; }

# Prints "Go 1.19.8"; fails without Go 1.19 or newer.
go_version() {
  local found
  [ -z "$(go_missing)" ] && found=$(go_found) && echo "Go ${found#go}"
}

# go_build BUILD_DIR: the module, and the example programs with it, which are files of their own.
go_build() {
  local build go
  build=$(realpath "$1")
  go=$(go_command) || return 1
  bindings/go/build "$build" || return 1
  mkdir -p "$build/examples/go"
  printf 'go 1.19\n\nuse %s\nreplace github.com/mlcore/mlcore-go => %s\n' "$PWD/examples/go" \
    "$build/packages/go/mlcore-go" > "$build/examples/go/go.work" || return 1
  (cd examples/go && GOWORK="$build/examples/go/go.work" GOTOOLCHAIN=local GOFLAGS=-buildvcs=false \
    CGO_ENABLED=1 "$go" build -o "$build/examples/go/" ./first ./churn)
}

# go_churn BUILD_DIR ARTIFACT ORDERS_CSV AS_OF SEED OUT
go_churn() {
  local build=$1
  shift
  "$build/examples/go/churn" "$@"
}
