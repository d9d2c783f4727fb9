// SPDX-License-Identifier: Apache-2.0
// mlcore.h comes first and alone: it must bring all it needs, in strict C99.
#include <mlcore/mlcore.h>

int mlcore_header_was_compiled(void);
int mlcore_header_was_compiled(void) { return 0; }
