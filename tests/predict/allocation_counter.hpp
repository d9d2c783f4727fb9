// SPDX-License-Identifier: Apache-2.0
#pragma once

// How often this program has called operator new.

#include <cstdint>

namespace mlcore::test {

[[nodiscard]] std::uint64_t allocation_count() noexcept;

}  // namespace mlcore::test
