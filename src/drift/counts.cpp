// SPDX-License-Identifier: Apache-2.0
// Outside code uses CountPair.
#include "drift/counts.hpp"

#include <fmt/format.h>

#include "mlcore/base/error.hpp"

namespace mlcore {

CountPair::CountPair(std::span<const std::uint64_t> reference,
                     std::span<const std::uint64_t> current)
    : reference_(reference), current_(current) {
  if (reference.size() != current.size() || reference.size() < 2) {
    throw Error(Code::invalid_argument, Reason::wrong_width,
                fmt::format("expected two count vectors over the same 2 or more bins, found {} and "
                            "{} bins",
                            reference.size(), current.size()));
  }
  for (const std::uint64_t count : reference) reference_rows_ += count;
  for (const std::uint64_t count : current) current_rows_ += count;
  if (reference_rows_ == 0 || current_rows_ == 0) {
    throw Error(Code::failed_precondition, Reason::empty_input,
                fmt::format("nothing to compare: the reference has {} rows, the current side {}",
                            reference_rows_, current_rows_));
  }
  scale_ = static_cast<double>(reference_rows_) * static_cast<double>(current_rows_);
}

}  // namespace mlcore
