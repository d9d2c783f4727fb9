# SPDX-License-Identifier: Apache-2.0
# The Go module, as bindings/go/build left it in packages/go, tests included.
file(GLOB debian_go /usr/lib/go-1.*/bin)
find_program(MLCORE_GO go PATHS ${debian_go} REQUIRED)
set(go_module ${PROJECT_BINARY_DIR}/packages/go/mlcore-go)
set(go_environment "MLCORE_FIXTURES=${PROJECT_BINARY_DIR}/tests/capi;CGO_ENABLED=1;GOTOOLCHAIN=local"
  "GOFLAGS=-buildvcs=false;GOWORK=off")

# mlcore_add_go_test(NAME ARGUMENT…): go test of the module, every case shown
function(mlcore_add_go_test name)
  add_test(NAME go_${name} WORKING_DIRECTORY ${go_module}
    COMMAND ${MLCORE_GO} test -v -count=1 ${ARGN} .)
  set_tests_properties(go_${name} PROPERTIES LABELS binding FIXTURES_REQUIRED artifacts
    ENVIRONMENT "${go_environment}")
endfunction()

mlcore_add_go_test(unit)
mlcore_add_go_test(race -race)
mlcore_add_go_test(parity -run ParityTable)
set_property(TEST go_parity PROPERTY FIXTURES_REQUIRED "artifacts;parity_artifacts")
set_property(TEST go_parity APPEND PROPERTY ENVIRONMENT
  MLCORE_PARITY_CASES=${PROJECT_SOURCE_DIR}/tests/parity/cases.json
  MLCORE_PARITY=${PROJECT_BINARY_DIR}/tests/parity)
mlcore_add_go_test(leak -run HundredThousand)
set_property(TEST go_leak APPEND PROPERTY ENVIRONMENT MLCORE_LEAK=1)

# The module in an empty project, and the same program with the shared library through pkg-config.
add_test(NAME go_package COMMAND ${Python_EXECUTABLE} ${CMAKE_CURRENT_SOURCE_DIR}/go_package.py
  --go ${MLCORE_GO} --packages ${PROJECT_BINARY_DIR}/packages/go --library ${PROJECT_BINARY_DIR}/capi
  --artifact ${PROJECT_BINARY_DIR}/tests/capi/shop.mlc)
set_tests_properties(go_package PROPERTIES LABELS binding FIXTURES_REQUIRED artifacts
  ENVIRONMENT "${go_environment}")

mlcore_add_example(go 5 ${PROJECT_BINARY_DIR}/examples/go/first ${PROJECT_BINARY_DIR}/examples/go/churn)
set_tests_properties(example_go_first example_go_churn example_go_agrees PROPERTIES LABELS binding)
