# SPDX-License-Identifier: Apache-2.0
# Everything we build with. scripts/setup installs the packages that hold it.
find_package(Eigen3 3.4 REQUIRED NO_MODULE)
find_package(fmt 9 REQUIRED)
find_package(Boost 1.74 REQUIRED)
find_package(nlohmann_json 3.11 REQUIRED)
find_package(PkgConfig REQUIRED)
pkg_check_modules(sodium REQUIRED IMPORTED_TARGET libsodium)

if(NOT CMAKE_CROSSCOMPILING AND (MLCORE_BUILD_TRAIN OR MLCORE_BUILD_TESTS OR MLCORE_BUILD_BENCHMARKS))
  include(${CMAKE_CURRENT_LIST_DIR}/mlcore_xgboost.cmake)
  if(NOT TARGET mlcore::xgboost)
    message(FATAL_ERROR
      "libxgboost not found: install libxgboost-dev, or build without train, tests and benchmarks")
  endif()
endif()

# The interpreter that scripts/setup made, with the packages of scripts/requirements.txt; without it
# any Python 3 runs the checks, and the Python example is left out.
if(PROJECT_IS_TOP_LEVEL AND EXISTS ${PROJECT_SOURCE_DIR}/.venv/bin/python)
  set(Python_EXECUTABLE ${PROJECT_SOURCE_DIR}/.venv/bin/python)
endif()
if(MLCORE_BUILD_TESTS OR MLCORE_BUILD_EXAMPLES)
  find_package(Python 3.11 REQUIRED COMPONENTS Interpreter OPTIONAL_COMPONENTS Development.Module)
endif()
