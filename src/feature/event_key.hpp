// SPDX-License-Identifier: Apache-2.0
#pragma once

// A key as bytes whose order is that of its columns: what a state looks events up by.
//
//   std::string_view key = encode_key(row, stream.key_columns, buffer);

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "mlcore/schema/row.hpp"

namespace mlcore {

/// A key of one string is that string; in any other, a bool is a byte, a number 8 bytes,
/// big-endian, so that they order by value, and a string that is not the last ends in 00 00, each
/// 00 in it followed by FF. Throws: invalid_argument/null_not_allowed, naming the field. Lifetime:
/// the row's bytes or `buffer`.
[[nodiscard]] std::string_view encode_key(const RowView& row, std::span<const std::uint32_t> fields,
                                          std::string& buffer);

}  // namespace mlcore
