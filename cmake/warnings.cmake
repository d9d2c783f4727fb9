# SPDX-License-Identifier: Apache-2.0
# What every target of ours is compiled with. Contraction into fused multiply-add would change bits.
add_library(mlcore_options INTERFACE)
target_compile_options(mlcore_options INTERFACE
  -Wall -Wextra -Wpedantic -Wshadow -ffp-contract=off -fno-fast-math
  -ffunction-sections -fdata-sections
  $<$<COMPILE_LANG_AND_ID:CXX,GNU>:-fno-gnu-unique>)
