# SPDX-License-Identifier: Apache-2.0
# The Python package, as scripts/languages/python.sh installed it for the interpreter MLCORE_PYTHON.
set(MLCORE_PYTHON "" CACHE FILEPATH "A Python with the mlcore package")
if(NOT MLCORE_PYTHON)
  message(FATAL_ERROR "MLCORE_BINDINGS names python, so MLCORE_PYTHON must name its interpreter")
endif()
set(python_source ${PROJECT_SOURCE_DIR}/bindings/python)

# mlcore_add_python_test NAME FIXTURE ARGUMENT…: pytest
function(mlcore_add_python_test name fixtures)
  add_test(NAME python_${name} COMMAND ${MLCORE_PYTHON} -m pytest -q -p no:cacheprovider
    --rootdir ${python_source} -c ${python_source}/pyproject.toml ${ARGN})
  set_tests_properties(python_${name} PROPERTIES LABELS binding FIXTURES_REQUIRED "${fixtures}"
    ENVIRONMENT "MLCORE_FIXTURES=${PROJECT_BINARY_DIR}/tests/capi;MLCORE_PARITY=${PROJECT_BINARY_DIR}/tests/parity;MLCORE_SOURCE=${PROJECT_SOURCE_DIR};MLCORE_BUILD=${PROJECT_BINARY_DIR}")
endfunction()

set(python_apart parity leak package)
list(TRANSFORM python_apart REPLACE "(.+)" "--ignore=${python_source}/tests/test_\\1.py" OUTPUT_VARIABLE ignored)
mlcore_add_python_test(unit artifacts ${python_source}/tests ${ignored})
mlcore_add_python_test(parity parity_artifacts ${python_source}/tests/test_parity.py)
mlcore_add_python_test(leak artifacts ${python_source}/tests/test_leak.py)
mlcore_add_python_test(package artifacts ${python_source}/tests/test_package.py)

set(python ${PROJECT_SOURCE_DIR}/examples/python)
mlcore_add_example(python 3 "${MLCORE_PYTHON};${python}/first.py" "${MLCORE_PYTHON};${python}/churn.py")
set_tests_properties(example_python_first example_python_churn example_python_agrees
  PROPERTIES LABELS binding)

add_test(NAME example_python_older_library COMMAND ${MLCORE_PYTHON} -c "import mlcore")
set_tests_properties(example_python_older_library PROPERTIES LABELS binding
  ENVIRONMENT LD_PRELOAD=$<TARGET_FILE:newer_header>
  PASS_REGULAR_EXPRESSION "ImportError: .*${older_library}")
