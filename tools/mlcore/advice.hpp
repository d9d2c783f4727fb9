// SPDX-License-Identifier: Apache-2.0
#pragma once

// What to do next after an error, by its reason.

#include <string_view>

#include "mlcore/base/error.hpp"

namespace mlcore::command {

/// Empty where the message says all there is.
[[nodiscard]] std::string_view advice_for(Reason reason) noexcept;

}  // namespace mlcore::command
