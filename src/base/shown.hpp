// SPDX-License-Identifier: Apache-2.0
#pragma once

// How messages quote text from outside, which may be long.
//
//   shown("n/a");  // "n/a", with the quotes

#include <string>
#include <string_view>

namespace mlcore {

/// The text in quotes, cut after 40 bytes at a character's start. Requires: UTF-8.
[[nodiscard]] std::string shown(std::string_view text);

}  // namespace mlcore
