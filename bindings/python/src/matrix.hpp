// SPDX-License-Identifier: Apache-2.0
#pragma once

// Rows of numbers for mlcore_predict_matrix: a numpy array, or one of SciPy's sparse arrays.
//
//   const GivenMatrix given(values, {});
//   call(mlcore_predict_matrix, context, &given.matrix(), out, out_count);

#include <optional>
#include <vector>

#include "binding.hpp"

namespace mlcore_python {

struct MatrixOptions {
  nb::handle base_margin;         // None: the model's
  std::optional<double> missing;  // means missing, as NaN does
  std::string_view absent = "default";
};

/// Lifetime: borrows the numbers, and keeps their owners alive.
class GivenMatrix {
 public:
  /// Throws TypeError for what is no matrix; Failure for an unknown word, numbers that would lose
  /// bits as doubles, and base margins of another number of rows.
  GivenMatrix(nb::handle values, const MatrixOptions& options);
  [[nodiscard]] const mlcore_matrix_t& matrix() const { return matrix_; }

 private:
  void set_dense(nb::handle values);
  void set_sparse(nb::handle csr);
  template <typename T, typename... Shape>
  void keep(const nb::ndarray<const T, Shape...>& array);
  void set_base_margin(nb::handle base_margin);

  mlcore_matrix_t matrix_;
  std::shared_ptr<const void> numbers_;  // keep what is borrowed
  std::shared_ptr<const void> bases_;
  std::vector<std::int64_t> row_begin_;
  std::vector<std::int32_t> column_;
};

}  // namespace mlcore_python
