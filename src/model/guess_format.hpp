// SPDX-License-Identifier: Apache-2.0
#pragma once

// What a file probably is that an importer can't read, for its message.
//
//   guess_format("\x80\x04", "no JSON object");  // "a Python pickle"

#include <string_view>

namespace mlcore {

/// By the first bytes; `unknown` where they tell nothing.
[[nodiscard]] std::string_view guess_format(std::string_view bytes,
                                            std::string_view unknown) noexcept;

}  // namespace mlcore
