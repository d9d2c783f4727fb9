// SPDX-License-Identifier: Apache-2.0
#pragma once

// The numbers of many rows, as a batch call takes them: dense or sparse, f64 or f32, with what
// stands for a missing value and where the sums of trees start. All of it is borrowed.
//
//   const Matrix dense{.values = Span2d<const float>(data, 1000, 28), .missing = -999.0};
//   const Matrix sparse{.values = SparseRows<double>{row_begin, columns, values, 28}};
//   predictor->predict_batch(context, sparse, out);

#include <cstdint>
#include <optional>
#include <span>
#include <variant>

#include "mlcore/base/span2d.hpp"

namespace mlcore {

/// Compressed rows (CSR): the entries of row i are [row_begin[i], row_begin[i + 1]), in any order
/// of their columns, no column twice.
/// Shape: row_begin[rows + 1], ascending, within the entries; columns and values of one length.
template <typename Number>
struct SparseRows {
  std::span<const std::int64_t> row_begin;
  std::span<const std::int32_t> columns;
  std::span<const Number> values;
  std::size_t column_count = 0;

  [[nodiscard]] std::size_t rows() const noexcept {
    return row_begin.empty() ? 0 : row_begin.size() - 1;
  }
};

/// What a sparse row's columns without an entry are. The numbers are part of the C ABI.
enum class Absent : std::int32_t {
  by_framework = 0,  // of an XGBoost model missing, of any other 0
  missing = 1,
  zero = 2,
};

struct Matrix {
  std::variant<Span2d<const double>, Span2d<const float>, SparseRows<double>, SparseRows<float>>
      values;
  Absent absent = Absent::by_framework;
  /// Beside NaN, the number that means missing, rounded to f32 where the values are.
  std::optional<double> missing = {};
  /// The rows' own base margins, in place of the model's: where the sums of trees start or, if the
  /// contract adds base margins last, what is added last. Rounded to f32 where the contract is.
  /// Shape: [rows, outputs of the model], or empty.
  std::span<const double> base_margins = {};
};

}  // namespace mlcore
