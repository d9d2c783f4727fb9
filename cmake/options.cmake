# SPDX-License-Identifier: Apache-2.0
# What every target of ours is compiled with. Contraction into fused multiply-add would change bits.
set(CMAKE_CXX_STANDARD 20)
set(CMAKE_CXX_STANDARD_REQUIRED ON)
set(CMAKE_CXX_EXTENSIONS OFF)
set(CMAKE_C_STANDARD 99)
set(CMAKE_C_EXTENSIONS OFF)
set(CMAKE_POSITION_INDEPENDENT_CODE ON)
set(CMAKE_CXX_VISIBILITY_PRESET hidden)
set(CMAKE_C_VISIBILITY_PRESET hidden)
set(CMAKE_VISIBILITY_INLINES_HIDDEN ON)
set(CMAKE_VERIFY_INTERFACE_HEADER_SETS ${MLCORE_BUILD_TESTS})  # the check headers_stand_alone

add_library(mlcore_options INTERFACE)
target_compile_options(mlcore_options INTERFACE
  -Wall -Wextra -Wpedantic -Wshadow -ffp-contract=off -fno-fast-math
  -ffunction-sections -fdata-sections
  $<$<COMPILE_LANG_AND_ID:CXX,GNU>:-fno-gnu-unique>)
# False alarms of g++ 12 inside its own std::string and std::array at -O3 (GCC PR 105651, 105329);
# the sanitizers look for the real thing.
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU" AND CMAKE_CXX_COMPILER_VERSION VERSION_LESS 13)
  target_compile_options(mlcore_options INTERFACE -Wno-restrict -Wno-stringop-overflow -Wno-array-bounds)
endif()

find_program(CCACHE_PROGRAM ccache)
if(CCACHE_PROGRAM AND PROJECT_IS_TOP_LEVEL)
  set(CMAKE_CXX_COMPILER_LAUNCHER ${CCACHE_PROGRAM})
  set(CMAKE_C_COMPILER_LAUNCHER ${CCACHE_PROGRAM})
endif()
