// SPDX-License-Identifier: Apache-2.0
#pragma once

// The bins of a column gathered into groups that are large enough to compare.
//
//   Table table = numeric_table(profile, pane);
//   psi(table.reference, table.current);

#include <cstdint>
#include <vector>

#include "mlcore/drift/reference.hpp"

namespace mlcore {

struct Table {
  std::vector<std::uint64_t> reference;
  std::vector<std::uint64_t> current;

  [[nodiscard]] std::size_t size() const noexcept { return reference.size(); }
  void add(std::uint64_t reference_count, std::uint64_t current_count) {
    reference.push_back(reference_count);
    current.push_back(current_count);
  }
};

/// Groups are chosen by the reference alone; one that is empty on both sides is left out.
[[nodiscard]] Table numeric_table(const NumericProfile& profile, const NumericCounts& current);
[[nodiscard]] Table category_table(const CategoryProfile& profile, const CategoryCounts& current);
/// Groups in which either side expects fewer than 5 rows as one, and that one with the next
/// smallest while it is still too small.
[[nodiscard]] Table pooled(const Table& table);

}  // namespace mlcore
