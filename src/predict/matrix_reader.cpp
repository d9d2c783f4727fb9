// SPDX-License-Identifier: Apache-2.0
// Predictor uses MatrixReader.
#include "predict/matrix_reader.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <type_traits>

#include "mlcore/base/error.hpp"
#include "mlcore/base/number.hpp"

namespace mlcore {
namespace {

/// A NaN that no entry has, for NaN is stored as the canonical one: a column without an entry yet.
constexpr std::uint64_t kNoEntry = 0x7FF8'6E6F'656E'7472u;

template <typename Number>
std::size_t rows_of(const Span2d<const Number>& dense) {
  return dense.rows();
}
template <typename Number>
std::size_t rows_of(const SparseRows<Number>& sparse) {
  return sparse.rows();
}

template <typename Number>
std::size_t columns_of(const Span2d<const Number>& dense) {
  return dense.columns();
}
template <typename Number>
std::size_t columns_of(const SparseRows<Number>& sparse) {
  return sparse.column_count;
}

template <typename Number>
void check(const Span2d<const Number>&) {}

template <typename Number>
void check(const SparseRows<Number>& sparse) {
  const auto fail = [](const std::string& message) {
    throw Error(Code::invalid_argument, Reason::invalid_length, message);
  };
  if (sparse.columns.size() != sparse.values.size()) {
    fail(fmt::format("sparse rows: {} columns of {} values", sparse.columns.size(),
                     sparse.values.size()));
  }
  std::int64_t last = 0;
  for (std::size_t i = 0; i < sparse.row_begin.size(); ++i) {
    const std::int64_t begin = sparse.row_begin[i];
    if (begin < last || static_cast<std::uint64_t>(begin) > sparse.values.size()) {
      fail(fmt::format("sparse rows: row_begin[{}] is {}, expected {} to {}", i, begin, last,
                       sparse.values.size()));
    }
    last = begin;
  }
}

/// What a number is in a row: NaN where it means missing.
template <typename Number>
double value_of(Number value, const std::optional<double>& missing) {
  if (value != value || (missing && value == static_cast<Number>(*missing))) return kCanonicalNan;
  return static_cast<double>(value);
}

template <typename Number>
std::span<const double> read(const Matrix& matrix, const Span2d<const Number>& dense,
                             std::size_t index, double, std::span<double> room) {
  const std::span<const Number> row = dense.row(index);
  if constexpr (std::is_same_v<Number, double>) {
    if (!matrix.missing) return row;
  }
  std::transform(row.begin(), row.end(), room.begin(),
                 [&](Number value) { return value_of(value, matrix.missing); });
  return room;
}

template <typename Number>
std::span<const double> read(const Matrix& matrix, const SparseRows<Number>& sparse,
                             std::size_t index, double absent, std::span<double> room) {
  std::fill(room.begin(), room.end(), std::bit_cast<double>(kNoEntry));
  const auto end = static_cast<std::size_t>(sparse.row_begin[index + 1]);
  for (auto entry = static_cast<std::size_t>(sparse.row_begin[index]); entry < end; ++entry) {
    const std::int32_t column = sparse.columns[entry];
    if (column < 0 || static_cast<std::size_t>(column) >= room.size()) {
      throw Error(Code::invalid_argument, Reason::invalid_index,
                  fmt::format("entry {} is in column {}: there are {}, numbered from 0", entry,
                              column, room.size()));
    }
    double& value = room[static_cast<std::size_t>(column)];
    if (std::bit_cast<std::uint64_t>(value) != kNoEntry) {
      throw Error(Code::invalid_argument, Reason::duplicate_column,
                  fmt::format("two entries are in column {}", column), {column, -1});
    }
    value = value_of(sparse.values[entry], matrix.missing);
  }
  for (double& value : room) {
    if (std::bit_cast<std::uint64_t>(value) == kNoEntry) value = absent;
  }
  return room;
}

}  // namespace

MatrixReader::MatrixReader(const Matrix& matrix, bool absent_is_missing)
    : matrix_(matrix),
      rows_(std::visit([](const auto& values) { return rows_of(values); }, matrix.values)),
      columns_(std::visit([](const auto& values) { return columns_of(values); }, matrix.values)) {
  std::visit([](const auto& values) { check(values); }, matrix.values);
  const bool is_missing = matrix.absent == Absent::missing ||
                          (matrix.absent == Absent::by_framework && absent_is_missing);
  absent_ = is_missing ? kCanonicalNan : value_of(0.0, matrix.missing);
}

std::span<const double> MatrixReader::row(std::size_t index, std::span<double> room) const {
  return std::visit([&](const auto& values) { return read(matrix_, values, index, absent_, room); },
                    matrix_.values);
}

}  // namespace mlcore
