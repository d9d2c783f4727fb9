// SPDX-License-Identifier: Apache-2.0
#pragma once

// An error of one row becomes the error of the batch that it is in.
//
//   catch (const Error& error) { rethrow_at(error, row); }  // "row 7: …", where.row is 7

#include <fmt/format.h>

#include <cstddef>
#include <cstdint>

#include "mlcore/base/error.hpp"

namespace mlcore {

[[noreturn]] inline void rethrow_at(const Error& error, std::size_t row) {
  throw Error(error.code(), error.reason(), fmt::format("row {}: {}", row, error.message()),
              {error.where().column, static_cast<std::int64_t>(row)});
}

}  // namespace mlcore
