// SPDX-License-Identifier: Apache-2.0
// mlcore_predict_matrix. The bits of sparse rows, threads and base margins: predict/batch_test.cpp.
#include <cmath>
#include <functional>
#include <limits>

#include "capi/fixture.hpp"

namespace mlcore::test {
namespace {

constexpr double kNan = std::numeric_limits<double>::quiet_NaN();
constexpr std::int64_t kGreat = std::numeric_limits<std::int64_t>::max();

mlcore_matrix_t empty_matrix() {
  mlcore_matrix_t matrix;
  REQUIRE(mlcore_matrix_init(&matrix, sizeof matrix, nullptr) == MLCORE_OK);
  return matrix;
}

/// Age, debt and income; the second row has no debt.
struct Loans {
  const double values[6] = {30, 2, 4, 29, kNan, 4};
  const std::int64_t begin[3] = {0, 3, 5};
  const std::int32_t columns[5] = {2, 0, 1, 0, 2};
  const float entries[5] = {4, 30, 2, 29, 4};

  [[nodiscard]] mlcore_matrix_t dense() const {
    mlcore_matrix_t matrix = empty_matrix();
    matrix.rows = 2;
    matrix.columns = 3;
    matrix.values = values;
    return matrix;
  }
  [[nodiscard]] mlcore_matrix_t sparse() const {
    mlcore_matrix_t matrix = empty_matrix();
    matrix.number = MLCORE_NUMBER_F32;
    matrix.rows = 2;
    matrix.columns = 3;
    matrix.values = entries;
    matrix.row_begin = begin;
    matrix.column = columns;
    matrix.value_count = 5;
    return matrix;
  }
};

}  // namespace

TEST_CASE("matrix: dense and sparse rows give the margins of the trees by hand") {
  const Opened loan(loan_artifact());
  const Scratch scratch(loan, MLCORE_OUTPUT_MARGIN);
  const Loans loans;
  double out[2] = {};
  const auto check = [&](const mlcore_matrix_t& matrix, double first, double second) {
    CHECK(mlcore_predict_matrix(scratch.context, &matrix, out, 2, nullptr) == MLCORE_OK);
    CHECK(out[0] == first);
    CHECK(out[1] == second);
  };
  // Ratios of 0.5 and missing, which goes left.
  check(loans.dense(), 0.125 - 0.5 + 2, 0.125 + 0.25 + 1);
  check(loans.sparse(), 0.125 - 0.5 + 2, 0.125 + 0.25 + 1);
  mlcore_matrix_t matrix = loans.sparse();
  matrix.absent = MLCORE_ABSENT_MISSING;
  check(matrix, 0.125 - 0.5 + 2, 0.125 + 0.25 + 1);
  matrix.absent = MLCORE_ABSENT_ZERO;
  check(matrix, 0.125 - 0.5 + 2, 0.125 + 0.25 + 1);  // 0 / 4 < 0.5
  matrix.has_missing = 1;
  matrix.missing = 2;
  check(matrix, 0.125 - 0.5 + 1, 0.125 + 0.25 + 1);
  const double bases[] = {1, -2};
  matrix = loans.dense();
  matrix.base_margin = bases;
  matrix.base_margin_count = 2;
  check(matrix, 1 - 0.5 + 2, -2 + 0.25 + 1);
  matrix = loans.dense();
  matrix.row_stride = 3;
  matrix.number = MLCORE_NUMBER_F64;
  check(matrix, 0.125 - 0.5 + 2, 0.125 + 0.25 + 1);
  const mlcore_matrix_t none = empty_matrix();
  CHECK(mlcore_predict_matrix(scratch.context, &none, nullptr, 0, nullptr) == MLCORE_OK);
}

TEST_CASE("matrix: a struct of another size is taken as options are") {
  const Opened loan(loan_artifact());
  const Scratch scratch(loan, MLCORE_OUTPUT_MARGIN);
  const Loans loans;
  double out[2] = {};
  struct Newer {
    mlcore_matrix_t known;
    std::uint64_t unknown;
  } newer = {loans.dense(), 0};
  newer.known.struct_size = sizeof newer;
  CHECK(mlcore_predict_matrix(scratch.context, &newer.known, out, 2, nullptr) == MLCORE_OK);
  newer.unknown = 1;
  CHECK_FAILS(mlcore_predict_matrix(scratch.context, &newer.known, out, 2, &error),
              MLCORE_UNIMPLEMENTED, MLCORE_REASON_INVALID_OPTION);
  newer.known.struct_size = offsetof(mlcore_matrix_t, row_begin);
  newer.known.absent = 77;  // past the struct: default
  CHECK(mlcore_predict_matrix(scratch.context, &newer.known, out, 2, nullptr) == MLCORE_OK);
  newer.known.struct_size = 3;
  CHECK_FAILS(mlcore_predict_matrix(scratch.context, &newer.known, out, 2, &error),
              MLCORE_INVALID_ARGUMENT, MLCORE_REASON_INVALID_OPTION);
  CHECK_FAILS(mlcore_matrix_init(nullptr, 96, &error), MLCORE_INVALID_ARGUMENT,
              MLCORE_REASON_NULL_POINTER);
  CHECK_FAILS(mlcore_matrix_init(&newer.known, 3, &error), MLCORE_INVALID_ARGUMENT,
              MLCORE_REASON_INVALID_OPTION);
}

TEST_CASE("matrix: every member that makes no sense is refused") {
  const Opened loan(loan_artifact());
  const Scratch scratch(loan);
  const Loans loans;
  const std::int64_t back[] = {0, 3, 2};
  const std::int64_t below[] = {-1, 3, 5};
  const std::int64_t past[] = {0, 3, kGreat};
  const std::int32_t outside[] = {2, 0, 3, 0, 2};
  const std::int32_t negative[] = {2, 0, -1, 0, 2};
  const std::int32_t twice[] = {2, 0, 0, 0, 2};
  const double bases[] = {0, kNan};
  using Change = std::function<void(mlcore_matrix_t&)>;
  const struct {
    const char* what;
    Change change;
    std::int32_t reason;
  } cases[] = {
      {"number", [](auto& m) { m.number = 2; }, MLCORE_REASON_INVALID_OPTION},
      {"absent", [](auto& m) { m.absent = 3; }, MLCORE_REASON_INVALID_OPTION},
      {"absent", [](auto& m) { m.absent = -1; }, MLCORE_REASON_INVALID_OPTION},
      {"has_missing", [](auto& m) { m.has_missing = 2; }, MLCORE_REASON_INVALID_OPTION},
      {"rows", [](auto& m) { m.rows = -1; }, MLCORE_REASON_INVALID_LENGTH},
      {"rows", [](auto& m) { m.rows = kGreat; }, MLCORE_REASON_INVALID_LENGTH},
      {"rows", [](auto& m) { m.rows = kGreat - 1; }, MLCORE_REASON_WRONG_WIDTH},
      {"rows", [](auto& m) { m.rows = 3; }, MLCORE_REASON_WRONG_WIDTH},
      {"columns", [](auto& m) { m.columns = -1; }, MLCORE_REASON_INVALID_LENGTH},
      {"columns", [](auto& m) { m.columns = 4; }, MLCORE_REASON_WRONG_WIDTH},
      {"columns", [](auto& m) { m.columns = kGreat; }, MLCORE_REASON_WRONG_WIDTH},
      {"row_stride", [](auto& m) { m.row_stride = 3; }, MLCORE_REASON_INVALID_LENGTH},
      {"row_begin", [](auto& m) { m.row_begin = nullptr; }, MLCORE_REASON_NULL_POINTER},
      {"row_begin", [&](auto& m) { m.row_begin = back; }, MLCORE_REASON_INVALID_LENGTH},
      {"row_begin", [&](auto& m) { m.row_begin = below; }, MLCORE_REASON_INVALID_LENGTH},
      {"row_begin", [&](auto& m) { m.row_begin = past; }, MLCORE_REASON_INVALID_LENGTH},
      {"column", [](auto& m) { m.column = nullptr; }, MLCORE_REASON_NULL_POINTER},
      {"column", [&](auto& m) { m.column = outside; }, MLCORE_REASON_INVALID_INDEX},
      {"column", [&](auto& m) { m.column = negative; }, MLCORE_REASON_INVALID_INDEX},
      {"column", [&](auto& m) { m.column = twice; }, MLCORE_REASON_DUPLICATE_COLUMN},
      {"values", [](auto& m) { m.values = nullptr; }, MLCORE_REASON_NULL_POINTER},
      {"value_count", [](auto& m) { m.value_count = -1; }, MLCORE_REASON_INVALID_LENGTH},
      {"value_count", [](auto& m) { m.value_count = 4; }, MLCORE_REASON_INVALID_LENGTH},
      {"base_margin", [](auto& m) { m.base_margin_count = 2; }, MLCORE_REASON_NULL_POINTER},
      {"base_margin_count",
       [&](auto& m) {
         m.base_margin = bases;
         m.base_margin_count = -1;
       },
       MLCORE_REASON_INVALID_LENGTH},
      {"base_margin_count",
       [&](auto& m) {
         m.base_margin = bases;
         m.base_margin_count = 1;
       },
       MLCORE_REASON_WRONG_WIDTH},
      {"base_margin",
       [&](auto& m) {
         m.base_margin = bases;
         m.base_margin_count = 2;
       },
       MLCORE_REASON_INVALID_NUMBER},
  };
  double out[2] = {};
  for (const auto& c : cases) {
    CAPTURE(c.what);
    mlcore_matrix_t matrix = loans.sparse();
    c.change(matrix);
    CHECK_FAILS(mlcore_predict_matrix(scratch.context, &matrix, out, 2, &error),
                MLCORE_INVALID_ARGUMENT, c.reason);
  }
  mlcore_matrix_t matrix = loans.dense();
  for (const std::int64_t stride : {std::int64_t{2}, std::int64_t{-1}, kGreat}) {
    matrix.row_stride = stride;
    CHECK_FAILS(mlcore_predict_matrix(scratch.context, &matrix, out, 2, &error),
                MLCORE_INVALID_ARGUMENT, MLCORE_REASON_INVALID_LENGTH);
  }
  CHECK_FAILS(mlcore_predict_matrix(scratch.context, nullptr, out, 2, &error),
              MLCORE_INVALID_ARGUMENT, MLCORE_REASON_NULL_POINTER);
  CHECK_FAILS(mlcore_predict_matrix(nullptr, &matrix, out, 2, &error), MLCORE_INVALID_ARGUMENT,
              MLCORE_REASON_NULL_POINTER);
  matrix = loans.sparse();
  CHECK_FAILS(mlcore_predict_matrix(scratch.context, &matrix, out, 1, &error),
              MLCORE_INVALID_ARGUMENT, MLCORE_REASON_WRONG_WIDTH);
  CHECK_FAILS(mlcore_predict_matrix(scratch.context, &matrix, nullptr, 2, &error),
              MLCORE_INVALID_ARGUMENT, MLCORE_REASON_NULL_POINTER);
}

TEST_CASE("matrix: the error says the row and the column, whatever the threads") {
  const Opened loan(loan_artifact());
  const std::size_t rows = 5000;
  std::vector<double> values;
  for (std::size_t row = 0; row < rows; ++row) values.insert(values.end(), {30, 1, 4});
  values[3 * 4000] = 30.5;  // a fraction for an i64
  values[3 * 2100] = 29.5;
  std::vector<double> out(rows);
  for (const std::int32_t threads : {0, 1, 2, 4}) {
    CAPTURE(threads);
    mlcore_context_options_t options = {sizeof options, MLCORE_OUTPUT_MARGIN, 0, 0, threads};
    mlcore_context_t* context = nullptr;
    REQUIRE(mlcore_context_new(loan.model, &options, &context, nullptr) == MLCORE_OK);
    mlcore_matrix_t matrix = empty_matrix();
    matrix.rows = static_cast<std::int64_t>(rows);
    matrix.columns = 3;
    matrix.values = values.data();
    mlcore_error_t error = MLCORE_ERROR_INIT;
    CHECK(mlcore_predict_matrix(context, &matrix, out.data(), 5000, &error) ==
          MLCORE_INVALID_ARGUMENT);
    CHECK(error.reason == MLCORE_REASON_TYPE_MISMATCH);
    CHECK(error.row == 2100);
    CHECK(error.column == 0);
    mlcore_context_release(context);
  }
  for (const std::int32_t threads : {-1, 257}) {
    mlcore_context_options_t options = {sizeof options, MLCORE_OUTPUT_MARGIN, 0, 0, threads};
    mlcore_context_t* context = nullptr;
    CHECK_FAILS(mlcore_context_new(loan.model, &options, &context, &error), MLCORE_INVALID_ARGUMENT,
                MLCORE_REASON_INVALID_OPTION);
    options.struct_size = 16;  // before there were threads
    CHECK(mlcore_context_new(loan.model, &options, &context, nullptr) == MLCORE_OK);
    mlcore_context_release(context);
  }
}

}  // namespace mlcore::test
