// SPDX-License-Identifier: Apache-2.0
#pragma once

// The name of a definition's meaning.

#include "mlcore/base/digest.hpp"
#include "mlcore/feature/definition.hpp"

namespace mlcore {

/// What Definition::fingerprint() returns. Cost: one SHA-256 of about 100 bytes a node.
[[nodiscard]] Sha256Digest compute_fingerprint(const Definition& definition);

}  // namespace mlcore
