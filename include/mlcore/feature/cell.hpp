// SPDX-License-Identifier: Apache-2.0
#pragma once

// One value of the feature language while it is computed.
//
//   Cell cell = Cell::of(2.5);
//   cell.f64;  // 2.5

#include <cstdint>
#include <string_view>

namespace mlcore {

/// Which member holds the value is decided by the type of the node that made it; a timestamp and
/// a duration are in `i64`. Lifetime: `text` is borrowed.
struct Cell {
  bool is_null = true;
  union {
    std::int64_t i64 = 0;
    double f64;
    bool boolean;
  };
  std::string_view text;

  [[nodiscard]] static Cell null() noexcept { return {}; }
  [[nodiscard]] static Cell of(std::int64_t value) noexcept {
    Cell cell;
    cell.is_null = false;
    cell.i64 = value;
    return cell;
  }
  [[nodiscard]] static Cell of(double value) noexcept {
    Cell cell;
    cell.is_null = false;
    cell.f64 = value;
    return cell;
  }
  [[nodiscard]] static Cell of(bool value) noexcept {
    Cell cell;
    cell.is_null = false;
    cell.boolean = value;
    return cell;
  }
  [[nodiscard]] static Cell of(std::string_view value) noexcept {
    Cell cell;
    cell.is_null = false;
    cell.text = value;
    return cell;
  }
};

}  // namespace mlcore
