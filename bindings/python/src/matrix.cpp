// SPDX-License-Identifier: Apache-2.0
// Context uses GivenMatrix.
#include "matrix.hpp"

#include <nanobind/stl/pair.h>

#include <limits>
#include <memory>
#include <type_traits>

namespace mlcore_python {
namespace {

template <typename T>
using Vector = nb::ndarray<const T, nb::ndim<1>, nb::c_contig, nb::device::cpu>;

[[noreturn]] void refuse(std::int32_t reason, const std::string& message) {
  throw Failure(MLCORE_INVALID_ARGUMENT, reason, message);
}

std::vector<std::int64_t> whole_numbers(nb::handle values) {
  const nb::object array = nb::module_::import_("numpy").attr("ascontiguousarray")(values, "int64");
  const auto view = nb::cast<Vector<std::int64_t>>(array);
  return {view.data(), view.data() + view.size()};
}

std::int32_t absent_of(std::string_view name) {
  if (name == "default") return MLCORE_ABSENT_DEFAULT;
  if (name == "missing") return MLCORE_ABSENT_MISSING;
  if (name == "zero") return MLCORE_ABSENT_ZERO;
  refuse(MLCORE_REASON_INVALID_OPTION,
         "absent: expected default, missing or zero, found " + std::string(name));
}

}  // namespace

GivenMatrix::GivenMatrix(nb::handle values, const MatrixOptions& options) {
  call(mlcore_matrix_init, &matrix_, std::uint32_t{sizeof matrix_});
  matrix_.absent = absent_of(options.absent);
  matrix_.has_missing = options.missing ? 1 : 0;
  matrix_.missing = options.missing.value_or(0);
  if (!is_numpy_array(values) && nb::hasattr(values, "tocsr")) {
    set_sparse(nb::object(values.attr("tocsr")()));
  } else {
    set_dense(values);
  }
  if (!options.base_margin.is_none()) set_base_margin(options.base_margin);
}

template <typename T, typename... Shape>
void GivenMatrix::keep(const nb::ndarray<const T, Shape...>& array) {
  matrix_.number = std::is_same_v<T, float> ? MLCORE_NUMBER_F32 : MLCORE_NUMBER_F64;
  matrix_.values = array.data();
  numbers_ = std::make_shared<std::decay_t<decltype(array)>>(array);
}

void GivenMatrix::set_dense(nb::handle values) {
  with_numbers<Matrix, 2>(values, "expected two dimensions of numbers", [&](const auto& array) {
    matrix_.rows = static_cast<std::int64_t>(array.shape(0));
    matrix_.columns = static_cast<std::int64_t>(array.shape(1));
    keep(array);
  });
}

/// An index that no i32 holds is refused by the library, as -1 is.
void GivenMatrix::set_sparse(nb::handle csr) {
  const auto [rows, columns] =
      nb::cast<std::pair<std::int64_t, std::int64_t>>(nb::object(csr.attr("shape")));
  with_numbers<Vector, 1>(nb::object(csr.attr("data")), "expected numbers", [&](const auto& array) {
    matrix_.value_count = static_cast<std::int64_t>(array.size());
    keep(array);
  });
  row_begin_ = whole_numbers(nb::object(csr.attr("indptr")));
  if (static_cast<std::int64_t>(row_begin_.size()) != rows + 1) {
    refuse(MLCORE_REASON_INVALID_LENGTH, "indptr: expected " + std::to_string(rows + 1) +
                                             " numbers, found " +
                                             std::to_string(row_begin_.size()));
  }
  for (const std::int64_t index : whole_numbers(nb::object(csr.attr("indices")))) {
    const bool fits = index >= 0 && index <= std::numeric_limits<std::int32_t>::max();
    column_.push_back(fits ? static_cast<std::int32_t>(index) : -1);
  }
  if (static_cast<std::int64_t>(column_.size()) != matrix_.value_count) {
    refuse(MLCORE_REASON_INVALID_LENGTH, "indices: expected " +
                                             std::to_string(matrix_.value_count) +
                                             " numbers, found " + std::to_string(column_.size()));
  }
  matrix_.rows = rows;
  matrix_.columns = columns;
  matrix_.row_begin = row_begin_.data();
  matrix_.column = column_.data();
}

/// One dimension, a number a row, or [rows, outputs].
void GivenMatrix::set_base_margin(nb::handle base_margin) {
  refuse_masked(base_margin);
  nb::ndarray<const double, nb::c_contig, nb::device::cpu> bases;
  if (!nb::try_cast(base_margin, bases) || bases.ndim() < 1 || bases.ndim() > 2) {
    throw nb::type_error("base_margin: expected one or two dimensions of numbers");
  }
  if (static_cast<std::int64_t>(bases.shape(0)) != matrix_.rows) {
    refuse(MLCORE_REASON_WRONG_WIDTH, "base_margin: expected " + std::to_string(matrix_.rows) +
                                          " rows, found " + std::to_string(bases.shape(0)));
  }
  if (bases.size() == 0 && matrix_.rows > 0) {  // which would be none to the library
    refuse(MLCORE_REASON_WRONG_WIDTH,
           "base_margin: expected a number a row and output, found none");
  }
  bases_ = std::make_shared<decltype(bases)>(bases);
  matrix_.base_margin = bases.data();
  matrix_.base_margin_count = static_cast<std::int64_t>(bases.size());
}

}  // namespace mlcore_python
