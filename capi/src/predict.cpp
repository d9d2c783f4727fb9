// SPDX-License-Identifier: Apache-2.0
// Section "Predictions" of mlcore.h. Each call parses what it was given and hands it to Predictor.
#include <fmt/format.h>

#include <algorithm>
#include <limits>
#include <utility>

#include "guard.hpp"
#include "handles.hpp"
#include "mlcore/base/fp_guard.hpp"
#include "mlcore/predict/matrix.hpp"

using namespace mlcore;
using capi::guard;
using capi::parsed;
using capi::required;

namespace {

std::span<double> outputs(std::size_t width, std::size_t rows, double* out,
                          std::int64_t out_count) {
  const std::span<double> room = capi::span_of(out, out_count, "out");
  const bool fits = width > 0 && room.size() % width == 0 && room.size() / width == rows;
  if (!fits) {
    throw Error(Code::invalid_argument, Reason::wrong_width,
                fmt::format("out_count is {}, expected {} rows of {}", out_count, rows, width));
  }
  return room;
}

std::span<double> outputs(const Context& context, std::size_t rows, double* out,
                          std::int64_t out_count) {
  return outputs(context.output_count(), rows, out, out_count);
}

RowView request_row(const Context& context, const void* row, std::int64_t row_size) {
  return RowView::parse(context.predictor().definition().request(),
                        capi::bytes_of(row, row_size, "row"));
}

template <typename T>
Span2d<const T> matrix(const T* values, std::int64_t rows, std::int64_t columns,
                       std::int64_t row_stride) {
  if (rows < 0) capi::throw_length("rows", rows);
  if (columns < 0) capi::throw_length("columns", columns);
  if (row_stride < columns) capi::throw_length("row_stride", row_stride);
  if (row_stride > 0 && rows > std::numeric_limits<std::int64_t>::max() / row_stride) {
    capi::throw_length("rows", rows);
  }
  if (rows > 0 && columns > 0) required(values, "values");
  return {values, static_cast<std::size_t>(rows), static_cast<std::size_t>(columns),
          static_cast<std::size_t>(row_stride)};
}

[[noreturn]] void refuse_member(const char* member, std::int32_t value) {
  throw Error(Code::invalid_argument, Reason::invalid_option,
              fmt::format("matrix.{} is {}", member, value));
}

template <typename T>
SparseRows<T> sparse_rows(const mlcore_matrix_t& given) {
  if (given.rows < 0 || given.rows == std::numeric_limits<std::int64_t>::max()) {
    capi::throw_length("matrix.rows", given.rows);
  }
  if (given.columns < 0) capi::throw_length("matrix.columns", given.columns);
  if (given.row_stride != 0) capi::throw_length("matrix.row_stride", given.row_stride);
  return {capi::span_of(given.row_begin, given.rows + 1, "matrix.row_begin"),
          capi::span_of(given.column, given.value_count, "matrix.column"),
          capi::span_of(static_cast<const T*>(given.values), given.value_count, "matrix.values"),
          static_cast<std::size_t>(given.columns)};
}

template <typename T>
void set_values(const mlcore_matrix_t& given, Matrix& result) {
  if (given.row_begin != nullptr) {
    result.values = sparse_rows<T>(given);
    return;
  }
  if (given.column != nullptr || given.value_count != 0) capi::throw_null("matrix.row_begin");
  result.values = matrix(static_cast<const T*>(given.values), given.rows, given.columns,
                         given.row_stride == 0 ? given.columns : given.row_stride);
}

Matrix matrix_of(const mlcore_matrix_t& given) {
  Matrix result;
  switch (given.number) {
    case MLCORE_NUMBER_F64: set_values<double>(given, result); break;
    case MLCORE_NUMBER_F32: set_values<float>(given, result); break;
    default: refuse_member("number", given.number);
  }
  switch (static_cast<Absent>(given.absent)) {
    case Absent::by_framework:
    case Absent::missing:
    case Absent::zero: result.absent = static_cast<Absent>(given.absent); break;
    default: refuse_member("absent", given.absent);
  }
  if (given.has_missing != 0 && given.has_missing != 1) {
    refuse_member("has_missing", given.has_missing);
  }
  if (given.has_missing == 1) result.missing = given.missing;
  result.base_margins =
      capi::span_of(given.base_margin, given.base_margin_count, "matrix.base_margin");
  return result;
}

template <typename T>
std::int32_t predict_batch(mlcore_context_t* context, const T* values, std::int64_t rows,
                           std::int64_t columns, std::int64_t row_stride, double* out,
                           std::int64_t out_count, mlcore_error_t* error) {
  return guard(error, [&] {
    Context& scratch = required(context, "context").context;
    const auto [batch, room] = parsed(scratch, [&] {
      const Span2d<const T> given = matrix(values, rows, columns, row_stride);
      return std::pair(given, outputs(scratch, given.rows(), out, out_count));
    });
    scratch.predictor().predict_batch(scratch, batch, room);
  });
}

template <typename Value>
std::int32_t margins(const mlcore_model_t* model, const Value* features, std::int64_t rows,
                     std::int64_t columns, std::int64_t row_stride, double* out,
                     std::int64_t out_count, mlcore_error_t* error) {
  return guard(error, [&] {
    const FloatingPointGuard floating_point;
    const Predictor& predictor = *required(model, "model").predictor;
    const Span2d<const Value> given = matrix(features, rows, columns, row_stride);
    const std::size_t width = predictor.model().facts().feature_count;
    if (given.columns() != width) capi::throw_width("columns", columns, width);
    const std::span<double> room =
        outputs(predictor.output_count(OutputKind::margin), given.rows(), out, out_count);
    predictor.margins(given, room);
  });
}

}  // namespace

extern "C" {

int32_t mlcore_predict_row(mlcore_context_t* context, const void* row, int64_t row_size,
                           double* out, int64_t out_count, mlcore_error_t* error) {
  return guard(error, [&] {
    Context& scratch = required(context, "context").context;
    const auto [request, room] = parsed(scratch, [&] {
      return std::pair(request_row(scratch, row, row_size), outputs(scratch, 1, out, out_count));
    });
    scratch.predictor().predict(scratch, request, room);
  });
}

int32_t mlcore_predict_f64(mlcore_context_t* context, const double* values, int64_t value_count,
                           double* out, int64_t out_count, mlcore_error_t* error) {
  return guard(error, [&] {
    Context& scratch = required(context, "context").context;
    const auto [row, room] = parsed(scratch, [&] {
      return std::pair(capi::span_of(values, value_count, "values"),
                       outputs(scratch, 1, out, out_count));
    });
    scratch.predictor().predict_numeric(scratch, row, room);
  });
}

int32_t mlcore_predict_f32(mlcore_context_t* context, const float* values, int64_t value_count,
                           double* out, int64_t out_count, mlcore_error_t* error) {
  return guard(error, [&] {
    const FloatingPointGuard floating_point;
    mlcore_context& handle = required(context, "context");
    const std::span<double> room = parsed(handle.context, [&] {
      const std::span<const float> row = capi::span_of(values, value_count, "values");
      handle.values.assign(row.begin(), row.end());
      return outputs(handle.context, 1, out, out_count);
    });
    handle.context.predictor().predict_numeric(handle.context, handle.values, room);
  });
}

int32_t mlcore_predict_at(mlcore_context_t* context, const mlcore_state_t* state, const void* row,
                          int64_t row_size, double* out, int64_t out_count, mlcore_error_t* error) {
  return guard(error, [&] {
    Context& scratch = required(context, "context").context;
    const State* events = nullptr;
    const auto [request, room] = parsed(scratch, [&] {
      events = required(state, "state").state.get();
      return std::pair(request_row(scratch, row, row_size), outputs(scratch, 1, out, out_count));
    });
    scratch.predictor().predict_at(scratch, *events, request, room);
  });
}

int32_t mlcore_predict_events(mlcore_context_t* context, const void* row, int64_t row_size,
                              const mlcore_rows_t* events, int64_t stream_count, double* out,
                              int64_t out_count, mlcore_error_t* error) {
  return guard(error, [&] {
    mlcore_context& handle = required(context, "context");
    const Predictor& predictor = handle.context.predictor();
    const auto [request, room] = parsed(handle.context, [&] {
      const std::span<const mlcore_rows_t> given = capi::span_of(events, stream_count, "events");
      const std::size_t streams = predictor.definition().streams().size();
      if (given.size() != streams) capi::throw_width("stream_count", stream_count, streams);
      handle.events.resize(streams);
      for (std::size_t i = 0; i < streams; ++i) capi::copy_rows(given[i], handle.events[i]);
      return std::pair(request_row(handle.context, row, row_size),
                       outputs(handle.context, 1, out, out_count));
    });
    predictor.predict_events(handle.context, request, handle.events, room);
  });
}

int32_t mlcore_predict_batch_f64(mlcore_context_t* context, const double* values, int64_t rows,
                                 int64_t columns, int64_t row_stride, double* out,
                                 int64_t out_count, mlcore_error_t* error) {
  return predict_batch(context, values, rows, columns, row_stride, out, out_count, error);
}

int32_t mlcore_predict_batch_f32(mlcore_context_t* context, const float* values, int64_t rows,
                                 int64_t columns, int64_t row_stride, double* out,
                                 int64_t out_count, mlcore_error_t* error) {
  return predict_batch(context, values, rows, columns, row_stride, out, out_count, error);
}

int32_t mlcore_matrix_init(mlcore_matrix_t* matrix, uint32_t size, mlcore_error_t* error) {
  return guard(error, [&] { capi::init_options(matrix, size); });
}

int32_t mlcore_predict_matrix(mlcore_context_t* context, const mlcore_matrix_t* matrix, double* out,
                              int64_t out_count, mlcore_error_t* error) {
  return guard(error, [&] {
    Context& scratch = required(context, "context").context;
    const auto [rows, room] = parsed(scratch, [&] {
      const mlcore_matrix_t given = capi::options_of(&required(matrix, "matrix"), "matrix");
      const Matrix borrowed = matrix_of(given);
      return std::pair(borrowed,
                       outputs(scratch, static_cast<std::size_t>(given.rows), out, out_count));
    });
    scratch.predictor().predict_batch(scratch, rows, room);
  });
}

int32_t mlcore_predict_batch_at(mlcore_context_t* context, const mlcore_state_t* state,
                                const mlcore_rows_t* requests, double* out, int64_t out_count,
                                mlcore_error_t* error) {
  return guard(error, [&] {
    mlcore_context& handle = required(context, "context");
    const Predictor& predictor = handle.context.predictor();
    const std::span<double> room = parsed(handle.context, [&] {
      capi::copy_rows(required(requests, "requests"), handle.requests);
      return outputs(handle.context, handle.requests.size(), out, out_count);
    });
    if (state == nullptr) {
      predictor.predict_batch(handle.context, handle.requests, room);
    } else {
      predictor.predict_batch_at(handle.context, *state->state, handle.requests, room);
    }
  });
}

int32_t mlcore_model_margin_f64(const mlcore_model_t* model, const double* features, int64_t rows,
                                int64_t columns, int64_t row_stride, double* out, int64_t out_count,
                                mlcore_error_t* error) {
  return margins(model, features, rows, columns, row_stride, out, out_count, error);
}

int32_t mlcore_model_margin_f32(const mlcore_model_t* model, const float* features, int64_t rows,
                                int64_t columns, int64_t row_stride, double* out, int64_t out_count,
                                mlcore_error_t* error) {
  return margins(model, features, rows, columns, row_stride, out, out_count, error);
}

}  // extern "C"
