# SPDX-License-Identifier: Apache-2.0
# The npm package, as bindings/node/build laid it out in bindings/node/package, tests included.
find_program(MLCORE_NODE node REQUIRED)
set(node_source ${PROJECT_SOURCE_DIR}/bindings/node)
set(node_package ${PROJECT_BINARY_DIR}/bindings/node/package)

# mlcore_add_node_test NAME FILE…: files of bindings/node/test
function(mlcore_add_node_test name)
  list(TRANSFORM ARGN PREPEND ${node_package}/test/)
  add_test(NAME node_${name} COMMAND ${MLCORE_NODE} --expose-gc --test --test-reporter=tap ${ARGN})
  set_tests_properties(node_${name} PROPERTIES LABELS binding FIXTURES_REQUIRED artifacts
    ENVIRONMENT "MLCORE_FIXTURES=${PROJECT_BINARY_DIR}/tests/capi;MLCORE_SOURCE=${PROJECT_SOURCE_DIR};MLCORE_BUILD=${PROJECT_BINARY_DIR}")
endfunction()

file(GLOB node_tests CONFIGURE_DEPENDS RELATIVE ${node_source}/test ${node_source}/test/*.test.mjs)
mlcore_add_node_test(unit ${node_tests})
mlcore_add_node_test(parity parity.mjs)
set_tests_properties(node_parity PROPERTIES FIXTURES_REQUIRED parity_artifacts)
mlcore_add_node_test(leak leak.mjs)
mlcore_add_node_test(package package.mjs)
add_test(NAME node_portable COMMAND ${Python_EXECUTABLE} ${PROJECT_SOURCE_DIR}/tools/check_portable.py
  ${node_package}/native/mlcore.node)
set_tests_properties(node_portable PROPERTIES LABELS binding)

mlcore_add_example(node 4 "${MLCORE_NODE};${node_package}/examples/first.mjs"
  "${MLCORE_NODE};${node_package}/examples/churn.mjs")
set_tests_properties(example_node_first example_node_churn example_node_agrees PROPERTIES LABELS binding)

add_test(NAME example_node_older_library COMMAND ${MLCORE_NODE} ${node_package}/lib/index.js)
set_tests_properties(example_node_older_library PROPERTIES LABELS binding
  ENVIRONMENT LD_PRELOAD=$<TARGET_FILE:newer_header>
  PASS_REGULAR_EXPRESSION "Error: @mlcore/runtime: .*${older_library}")
