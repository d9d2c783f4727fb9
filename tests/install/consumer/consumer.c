// SPDX-License-Identifier: Apache-2.0
#include <mlcore/mlcore.h>
#include <stdio.h>

int main(void) {
  mlcore_error_t error = {.struct_size = sizeof error};
  const int32_t code = mlcore_check_abi(MLCORE_ABI_VERSION, &error);
  printf("mlcore %s\n", code == 0 ? mlcore_version() : error.message);
  return code == 0 ? 0 : 1;
}
