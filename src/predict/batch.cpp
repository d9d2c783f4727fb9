// SPDX-License-Identifier: Apache-2.0
// Outside code uses Predictor's calls of many rows. A batch is split between threads, and each part
// goes tile by tile: the features of the tile's rows one after another, then the model on all.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "base/row_error.hpp"
#include "mlcore/base/error.hpp"
#include "mlcore/base/fp_guard.hpp"
#include "mlcore/base/number.hpp"
#include "mlcore/predict/predictor.hpp"
#include "predict/matrix_reader.hpp"
#include "predict/row_parts.hpp"

namespace mlcore {

struct Predictor::Batch {
  std::size_t rows;
  std::span<double> out;
  std::span<const double> bases = {};  // base margins of the rows; empty: the model's
};

namespace {

void check_finite(std::span<const double> bases, bool is_wide) {
  for (std::size_t output = 0; output < bases.size(); ++output) {
    const double base = bases[output];
    if (std::isfinite(is_wide ? base : static_cast<double>(static_cast<float>(base)))) continue;
    throw Error(Code::invalid_argument, Reason::invalid_number,
                fmt::format("the base margin of output {} is {}, expected a finite {}", output,
                            format_f64(base), is_wide ? "f64" : "f32"));
  }
}

}  // namespace

/// `features_of(context, row)` computes one row's features and gives the row, which only a monitor
/// needs.
template <typename RowFeatures>
void Predictor::finish_batch(Context& context, const Batch& batch,
                             const RowFeatures& features_of) const {
  const std::size_t outputs = context.output_count();
  if (outputs == 0 || batch.out.size() % outputs != 0 || batch.out.size() / outputs != batch.rows) {
    require_width(batch.out.size(), batch.rows * outputs, "out");
  }
  const std::size_t parts = context.part_count(batch.rows);
  if (parts == 1) return finish_part(context, batch, 0, batch.rows, features_of);
  run_parts(parts, [&](std::size_t part) {
    const FloatingPointGuard guard;
    finish_part(context.lane(part), batch, part_begin(batch.rows, parts, part),
                part_begin(batch.rows, parts, part + 1), features_of);
  });
}

template <typename RowFeatures>
void Predictor::finish_part(Context& context, const Batch& batch, std::size_t first,
                            std::size_t last, const RowFeatures& features_of) const {
  const std::size_t outputs = context.output_count();
  compiled_.reserve(context.model_, std::min(kTileRows, last - first));
  for (std::size_t begin = first; begin < last; begin += kTileRows) {
    const std::size_t count = std::min(kTileRows, last - begin);
    double* tile_out = batch.out.data() + begin * outputs;
    for (std::size_t row = 0; row < count; ++row) {
      try {
        stage_row(context, batch, row, begin + row, features_of);
      } catch (const Error& error) {
        if (context.shard_ != nullptr) finish_tile(context, batch, row, {tile_out, row * outputs});
        rethrow_at(error, begin + row);
      }
      if (context.output() == OutputKind::features) {
        std::copy(context.features_.begin(), context.features_.end(), tile_out + row * outputs);
      }
    }
    finish_tile(context, batch, count, {tile_out, count * outputs});
  }
}

/// Puts a row of the batch in its place of the tile.
template <typename RowFeatures>
void Predictor::stage_row(Context& context, const Batch& batch, std::size_t place, std::size_t row,
                          const RowFeatures& features_of) const {
  const RowView request = features_of(context, row);
  if (context.output() != OutputKind::features) {
    compiled_.require_present(std::span<const double>(context.features_));
    compiled_.set_features(context.model_, place, context.features_.data());
  }
  if (!batch.bases.empty()) {
    const std::size_t width = compiled_.output_count();
    const std::span<const double> own = batch.bases.subspan(row * width, width);
    check_finite(own, compiled_.is_wide());
    compiled_.set_bases(context.model_, place, own);
  }
  if (context.shard_ != nullptr) context.shard_->stage(request, context.features_);
}

/// The outputs of a tile's rows, and their counts where the context has a monitor.
void Predictor::finish_tile(Context& context, const Batch& batch, std::size_t rows,
                            std::span<double> out) const {
  if (context.output() != OutputKind::features) tile_outputs(context, batch, rows, out);
  if (context.shard_ != nullptr) context.shard_->add_staged(scores_of(context, rows, out));
}

/// The model on the rows whose inputs stand in the context.
void Predictor::tile_outputs(Context& context, const Batch& batch, std::size_t rows,
                             std::span<double> out) const {
  const std::size_t outputs = context.output_count();
  if (context.output() == OutputKind::leaf) {
    for (std::size_t row = 0; row < rows; ++row) {
      compiled_.leaves(context.model_, row, context.trees_, out.subspan(row * outputs, outputs));
    }
    return;
  }
  const bool has_bases = !batch.bases.empty();
  compiled_.batch_margins(context.model_, rows, context.trees_,
                          has_bases ? Bases::of_rows : Bases::of_model);
  for (std::size_t row = 0; row < rows; ++row) {
    finish_margins(context, row, out.subspan(row * outputs, outputs));
  }
  // Sums from a great base margin can be infinite, and then a softmax of them is NaN.
  if (has_bases) std::transform(out.begin(), out.end(), out.begin(), canonical);
}

void Predictor::check_bases(const Context& context, const Matrix& matrix, std::size_t rows) const {
  const std::size_t given = matrix.base_margins.size();
  const std::size_t width = compiled_.output_count();
  if (model_.trees() == nullptr) {
    throw Error(Code::failed_precondition, Reason::invalid_option,
                "base margins: the model is a network, which has none");
  }
  if (context.output() == OutputKind::features || context.output() == OutputKind::leaf) {
    throw Error(Code::invalid_argument, Reason::invalid_option,
                "base margins: the context's output is not made of margins");
  }
  if (given % width != 0 || given / width != rows) {
    require_width(given, rows * width, "base margins");
  }
}

/// The first row has the error, as a row of numbers alone has it.
void Predictor::require_columns(std::size_t columns) const {
  try {
    require_width(columns, definition().request().schema().size(), "matrix columns");
  } catch (const Error& error) {
    rethrow_at(error, 0);
  }
}

void Predictor::predict_batch(Context& context, const Matrix& matrix, std::span<double> out) const {
  const FloatingPointGuard guard;
  context.watch(Context::CallKind::batch, [&] {
    require_stateless();
    const MatrixReader rows(matrix, model_.facts().framework == "xgboost");
    if (rows.rows() != 0) require_columns(rows.columns());
    if (!matrix.base_margins.empty()) check_bases(context, matrix, rows.rows());
    const Batch batch{rows.rows(), out, matrix.base_margins};
    finish_batch(context, batch, [&](Context& lane, std::size_t index) {
      lane.values_.resize(rows.columns());
      const std::span<const double> values = rows.row(index, lane.values_);
      if (lane.shard_ == nullptr && plan_.copy_numbers(values, lane.features_)) return RowView();
      const RowView row = numeric_row(lane, values);
      plan_.compute(row, {}, lane.scratch_, lane.features_);
      return row;
    });
  });
}

void Predictor::predict_batch(Context& context, Span2d<const double> rows,
                              std::span<double> out) const {
  predict_batch(context, Matrix{.values = rows}, out);
}

void Predictor::predict_batch(Context& context, Span2d<const float> rows,
                              std::span<double> out) const {
  predict_batch(context, Matrix{.values = rows}, out);
}

void Predictor::predict_batch(Context& context, const RowBatch& rows, std::span<double> out) const {
  const FloatingPointGuard guard;
  context.watch(Context::CallKind::batch, [&] {
    require_stateless();
    finish_batch(context, {rows.size(), out}, [&](Context& lane, std::size_t index) {
      const RowView row = RowView::parse(definition().request(), rows[index]);
      plan_.compute(row, {}, lane.scratch_, lane.features_);
      return row;
    });
  });
}

void Predictor::predict_batch_at(Context& context, const State& state, const RowBatch& rows,
                                 std::span<double> out) const {
  const FloatingPointGuard guard;
  context.watch(Context::CallKind::batch, [&] {
    finish_batch(context, {rows.size(), out}, [&](Context& lane, std::size_t index) {
      const RowView row = RowView::parse(definition().request(), rows[index]);
      state.read(definition(), row, lane.aggregates_);
      plan_.compute(row, lane.aggregates_.cells, lane.scratch_, lane.features_);
      return row;
    });
  });
}

/// Tiles of model features, past the definition.
template <typename T>
void Predictor::input_margins(Span2d<const T> features, std::span<double> out) const {
  const FloatingPointGuard guard;
  const std::size_t outputs = compiled_.output_count();
  require_width(features.columns(), compiled_.feature_count(), "model features");
  require_width(out.size(), features.rows() * outputs, "out");
  ModelScratch scratch;
  compiled_.reserve(scratch, std::min(kTileRows, features.rows()));
  for (std::size_t begin = 0; begin < features.rows(); begin += kTileRows) {
    const std::size_t count = std::min(kTileRows, features.rows() - begin);
    for (std::size_t row = 0; row < count; ++row) {
      try {
        compiled_.require_present(features.row(begin + row));
      } catch (const Error& error) {
        rethrow_at(error, begin + row);
      }
      compiled_.set_inputs(scratch, row, features.row(begin + row).data());
    }
    compiled_.batch_margins(scratch, count, compiled_.all_trees());
    for (std::size_t row = 0; row < count; ++row) {
      compiled_.copy_margins(scratch, row, out.subspan((begin + row) * outputs, outputs));
    }
  }
}

void Predictor::margins(Span2d<const float> features, std::span<double> out) const {
  input_margins(features, out);
}

void Predictor::margins(Span2d<const double> features, std::span<double> out) const {
  input_margins(features, out);
}

void Predictor::margins(Span2d<const float> features, std::span<float> out) const {
  if (compiled_.is_wide()) {
    throw Error(Code::failed_precondition, Reason::unsupported_model,
                "the model's margins are f64: ask for them in double");
  }
  std::vector<double> wide(out.size());
  input_margins(features, wide);
  std::transform(wide.begin(), wide.end(), out.begin(),
                 [](double margin) { return static_cast<float>(margin); });
}

}  // namespace mlcore
