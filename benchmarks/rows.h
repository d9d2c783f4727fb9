/* SPDX-License-Identifier: Apache-2.0 */
/* What the benchmarks in C share: a call that must succeed, and a file of rows. */
#ifndef MLCORE_BENCHMARKS_ROWS_H
#define MLCORE_BENCHMARKS_ROWS_H

#include <mlcore/mlcore.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

static mlcore_error_t error = MLCORE_ERROR_INIT;

#define TRY(call)                             \
  do {                                        \
    if ((call) != MLCORE_OK) {                \
      fprintf(stderr, "%s\n", error.message); \
      exit(1);                                \
    }                                         \
  } while (0)

/* All rows of a file of doubles, for the process's life; `count` becomes how many there are. */
static double* read_rows(const char* path, int64_t columns, int64_t* count) {
  FILE* file = fopen(path, "rb");
  if (file == NULL || fseek(file, 0, SEEK_END) != 0) {
    perror(path);
    exit(1);
  }
  const size_t size = (size_t)ftell(file);
  double* rows = malloc(size);
  rewind(file);
  if (rows == NULL || fread(rows, 1, size, file) != size) {
    perror(path);
    exit(1);
  }
  fclose(file);
  *count = (int64_t)(size / sizeof *rows) / columns;
  return rows;
}

#endif
