// SPDX-License-Identifier: Apache-2.0
#pragma once

// What the author of a definition sees when it is refused.
//
//   line 3, column 9: found "amout", expected a column of stream "orders"; did you mean "amount"?
//     spend = sum(amout) over orders last 90d
//                 ^

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "mlcore/base/error.hpp"

namespace mlcore {

/// Throws: unimplemented for unsupported_feature, invalid_argument for every other reason.
/// Requires: `source` is UTF-8, `offset` ≤ its size. Columns count code points, from 1.
[[noreturn]] void fail_at(std::string_view source, std::size_t offset, Reason reason,
                          std::string_view message);

/// Throws: invalid_argument/limit_exceeded for a text past 16 MiB, invalid_utf8 naming the place.
void check_text(std::string_view source);

/// `; did you mean "amount"?` for the candidate at the least edit distance, when that is at most a
/// third of the name's length; otherwise empty. Cost: the first 4,096 candidates are compared.
[[nodiscard]] std::string suggestion(std::string_view name,
                                     const std::vector<std::string_view>& candidates);

/// A piece of source between quotation marks, cut to 40 code points, control characters replaced.
[[nodiscard]] std::string quoted(std::string_view text);

}  // namespace mlcore
