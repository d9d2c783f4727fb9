// SPDX-License-Identifier: Apache-2.0
#pragma once

// A borrowed, strided matrix: rows of `columns` values, `row_stride` values apart.
//
//   Span2d<const double> matrix(values.data(), 100, 28);
//   matrix(3, 27);

#include <cstddef>
#include <span>

namespace mlcore {

template <typename T>
class Span2d {
 public:
  Span2d() = default;
  Span2d(T* data, std::size_t rows, std::size_t columns) noexcept
      : Span2d(data, rows, columns, columns) {}
  /// Requires: row_stride ≥ columns.
  Span2d(T* data, std::size_t rows, std::size_t columns, std::size_t row_stride) noexcept
      : data_(data), rows_(rows), columns_(columns), row_stride_(row_stride) {}

  [[nodiscard]] std::size_t rows() const noexcept { return rows_; }
  [[nodiscard]] std::size_t columns() const noexcept { return columns_; }
  [[nodiscard]] std::size_t row_stride() const noexcept { return row_stride_; }
  [[nodiscard]] std::span<T> row(std::size_t index) const noexcept {
    return {data_ + index * row_stride_, columns_};
  }
  [[nodiscard]] T& operator()(std::size_t row, std::size_t column) const noexcept {
    return data_[row * row_stride_ + column];
  }

 private:
  T* data_ = nullptr;
  std::size_t rows_ = 0;
  std::size_t columns_ = 0;
  std::size_t row_stride_ = 0;
};

}  // namespace mlcore
