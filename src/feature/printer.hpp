// SPDX-License-Identifier: Apache-2.0
#pragma once

// Canonical text of labels; that of a definition is Definition::text().

#include <string>

#include "mlcore/feature/definition.hpp"

namespace mlcore {

/// Parsing it against `definition` gives an equal label.
[[nodiscard]] std::string print_label(const Label& label, const Definition& definition);

}  // namespace mlcore
