// SPDX-License-Identifier: Apache-2.0
#pragma once

// Reads a matrix row by row, as dense doubles with NaN for what is missing.
//
//   const MatrixReader reader(matrix, false);
//   const std::span<const double> values = reader.row(7, room);

#include <span>

#include "mlcore/predict/matrix.hpp"

namespace mlcore {

/// Immutable. Thread-safe. Lifetime: borrows the matrix.
class MatrixReader {
 public:
  /// `absent_is_missing`: where the matrix leaves it to the framework.
  /// Throws: invalid_argument/invalid_length for sparse rows whose parts do not fit.
  MatrixReader(const Matrix& matrix, bool absent_is_missing);

  [[nodiscard]] std::size_t rows() const noexcept { return rows_; }
  [[nodiscard]] std::size_t columns() const noexcept { return columns_; }
  /// In the matrix itself, or in `room`. Shape: room[columns].
  /// Throws: invalid_argument with invalid_index (an entry's column) or duplicate_column.
  [[nodiscard]] std::span<const double> row(std::size_t index, std::span<double> room) const;

 private:
  const Matrix& matrix_;
  std::size_t rows_;
  std::size_t columns_;
  double absent_;
};

}  // namespace mlcore
