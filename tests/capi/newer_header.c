/* SPDX-License-Identifier: Apache-2.0 */
/* Stands between a program and libmlcore.so, and asks as if the program had been compiled with the
 * next version of the header. Linked into a program, or preloaded. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <mlcore/mlcore.h>
#include <string.h>

int32_t mlcore_check_abi(uint32_t header_abi, mlcore_error_t* error) {
  int32_t (*check)(uint32_t, mlcore_error_t*) = NULL;
  void* found = dlsym(RTLD_NEXT, "mlcore_check_abi");
  memcpy(&check, &found, sizeof check);
  return check == NULL ? MLCORE_INTERNAL : check(header_abi + 1, error);
}
