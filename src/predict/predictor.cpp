// SPDX-License-Identifier: Apache-2.0
// Outside code uses Predictor. A call goes: row → aggregates (where there are streams)
// → FeaturePlan::compute → TreeEngine::margins → link → out.
#include "mlcore/predict/predictor.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <filesystem>

#include "artifact/model_features.hpp"
#include "mlcore/base/error.hpp"
#include "mlcore/base/file.hpp"
#include "mlcore/base/fp_guard.hpp"
#include "mlcore/base/number.hpp"
#include "mlcore/schema/csv.hpp"

namespace mlcore {
namespace {

Artifact checked(Artifact artifact) {
  validate(artifact.model);
  check_features(artifact.model.facts(), artifact.definition);
  return artifact;
}

[[noreturn]] void refuse_proof(std::size_t row, const char* what, std::size_t index) {
  throw Error(Code::data_loss, Reason::proof_failed,
              fmt::format("proof row {}: {} {} is not the one stored; this build does not compute "
                          "what the writer of the file did",
                          row, what, index),
              {static_cast<std::int32_t>(index), static_cast<std::int64_t>(row)});
}

}  // namespace

Predictor::Predictor(Artifact artifact) : Predictor(checked(std::move(artifact)), Checked()) {}

Predictor::Predictor(Artifact artifact, Checked)
    : name_(std::move(artifact.name)),
      plan_(std::move(artifact.definition), std::move(artifact.parameters)),
      model_(std::move(artifact.model)),
      compiled_(model_),
      metadata_(std::move(artifact.metadata)),
      reference_(std::move(artifact.reference)) {
  const FloatingPointGuard guard;
  check_proof(artifact.proof_rows);
}

std::shared_ptr<const Predictor> Predictor::from_bytes(ByteView file) {
  auto predictor = std::make_shared<Predictor>(read_artifact(file), Checked());
  predictor->digest_ = content_digest(file);
  return predictor;
}

std::shared_ptr<const Predictor> Predictor::open(const std::string& path) {
  std::error_code ignored;  // a path that can't be examined is reported by read_file
  const bool is_directory = std::filesystem::is_directory(path, ignored);
  const std::string content = read_file(is_directory ? path + "/model.mlc" : path);
  return from_bytes({reinterpret_cast<const std::uint8_t*>(content.data()), content.size()});
}

std::size_t Predictor::output_count(OutputKind kind) const noexcept {
  switch (kind) {
    case OutputKind::prediction:
    case OutputKind::margin: return compiled_.output_count();
    case OutputKind::features: return plan_.width();
    case OutputKind::class_index: return 1;
    case OutputKind::leaf: return compiled_.tree_count();
  }
  return 0;
}

/// Every row through the row path, and all of them again through the batch path.
void Predictor::check_proof(const std::vector<ProofRow>& rows) const {
  FeatureScratch scratch = plan_.make_scratch();
  AggregateValues aggregates;
  std::vector<double> features(plan_.width());
  std::vector<double> margins(compiled_.output_count());
  ModelScratch one;
  ModelScratch all;
  compiled_.reserve(one, 1);
  compiled_.reserve(all, rows.size());
  for (std::size_t row = 0; row < rows.size(); ++row) {
    const RowView request = RowView::parse(definition().request(), rows[row].request);
    read_events(definition(), request, rows[row].events, aggregates);
    plan_.compute(request, aggregates.cells, scratch, features);
    for (std::size_t i = 0; i < features.size(); ++i) {
      if (std::bit_cast<std::uint64_t>(features[i]) != rows[row].feature_bits[i]) {
        refuse_proof(row, "feature", i);
      }
    }
    compiled_.set_features(all, row, features.data());
    compiled_.set_features(one, 0, features.data());
    compiled_.row_margins(one, compiled_.all_trees());
    compiled_.copy_margins(one, 0, margins);
    check_margins(rows[row], row, "margin", margins);
  }
  compiled_.batch_margins(all, rows.size(), compiled_.all_trees());
  for (std::size_t row = 0; row < rows.size(); ++row) {
    compiled_.copy_margins(all, row, margins);
    check_margins(rows[row], row, "batch margin", margins);
  }
}

void Predictor::check_margins(const ProofRow& row, std::size_t index, const char* what,
                              std::span<const double> margins) const {
  for (std::size_t i = 0; i < margins.size(); ++i) {
    const bool is_same =
        compiled_.is_wide()
            ? std::bit_cast<std::uint64_t>(margins[i]) == row.wide_margin_bits[i]
            : std::bit_cast<std::uint32_t>(static_cast<float>(margins[i])) == row.margin_bits[i];
    if (!is_same) refuse_proof(index, what, i);
  }
}

void Predictor::require_stateless() const {
  if (definition().streams().empty()) return;
  throw Error(Code::failed_precondition, Reason::needs_state,
              fmt::format("the definition \"{}\" has streams: predict with a state "
                          "(predict_at) or with the key's events (predict_events)",
                          definition().name()));
}

void Predictor::require_width(std::size_t given, std::size_t wanted, const char* what) const {
  if (given == wanted) return;
  throw Error(Code::invalid_argument, Reason::wrong_width,
              fmt::format("{}: expected {} values, found {}", what, wanted, given));
}

void Predictor::predict(Context& context, const RowView& row, std::span<double> out) const {
  const FloatingPointGuard guard;
  context.watch(Context::CallKind::row, [&] {
    require_stateless();
    finish(context, row, {}, out);
  });
}

void Predictor::predict_at(Context& context, const State& state, const RowView& row,
                           std::span<double> out) const {
  const FloatingPointGuard guard;
  context.watch(Context::CallKind::row, [&] {
    state.read(definition(), row, context.aggregates_);
    finish(context, row, context.aggregates_.cells, out);
  });
}

void Predictor::predict_events(Context& context, const RowView& row,
                               std::span<const RowBatch> events, std::span<double> out) const {
  const FloatingPointGuard guard;
  context.watch(Context::CallKind::row, [&] {
    read_events(definition(), row, events, context.aggregates_);
    finish(context, row, context.aggregates_.cells, out);
  });
}

void Predictor::predict_numeric(Context& context, std::span<const double> values,
                                std::span<double> out) const {
  const FloatingPointGuard guard;
  context.watch(Context::CallKind::row, [&] {
    require_stateless();
    if (context.shard_ != nullptr || !plan_.copy_numbers(values, context.features_)) {
      return finish(context, numeric_row(context, values), {}, out);
    }
    require_width(out.size(), context.output_count(), "out");
    finish_row(context, out);
  });
}

void Predictor::finish(Context& context, const RowView& row, std::span<const Cell> aggregates,
                       std::span<double> out) const {
  require_width(out.size(), context.output_count(), "out");
  plan_.compute(row, aggregates, context.scratch_, context.features_);
  finish_row(context, out);
  if (context.shard_ == nullptr) [[likely]]
    return;
  const Span2d<const double> scores = scores_of(context, 1, out);
  context.shard_->add_row(row, context.features_, scores.row(0));
}

/// The outputs of the row whose features stand in the context.
void Predictor::finish_row(Context& context, std::span<double> out) const {
  if (context.output() == OutputKind::features) {
    std::copy(context.features_.begin(), context.features_.end(), out.begin());
    return;
  }
  compiled_.require_present(std::span<const double>(context.features_));
  compiled_.set_features(context.model_, 0, context.features_.data());
  if (context.output() == OutputKind::leaf) {
    compiled_.leaves(context.model_, 0, context.trees_, out);
    return;
  }
  compiled_.row_margins(context.model_, context.trees_);
  finish_margins(context, 0, out);
}

/// Requires: an output that is made of margins.
void Predictor::finish_margins(Context& context, std::size_t row, std::span<double> out) const {
  if (context.output() == OutputKind::class_index) {
    out[0] = row_class(context.model_, row);
    return;
  }
  if (context.output() == OutputKind::prediction) {
    return to_predictions(context.model_, row, out);
  }
  compiled_.copy_margins(context.model_, row, out);
}

/// The scratch keeps the margins.
std::uint32_t Predictor::row_class(ModelScratch& scratch, std::size_t row) const {
  const ModelFacts& facts = model_.facts();
  const std::size_t width = compiled_.output_count();
  const auto of_row = [=](auto& all) { return std::span(all).subspan(row * width, width); };
  if (facts.decision == Decision::by_objective) {
    return compiled_.is_wide() ? class_of(facts.contract, of_row(scratch.wide.margins))
                               : class_of(facts.contract.link, of_row(scratch.narrow.margins));
  }
  const std::span<double> margins = std::span(scratch.row_values).first(width);
  compiled_.copy_margins(scratch, row, margins);
  if (facts.decision != Decision::prediction) return class_of(facts, margins);
  const std::span<double> predictions = std::span(scratch.row_values).last(width);
  to_predictions(scratch, row, predictions);
  if (compiled_.is_wide()) {
    std::copy(margins.begin(), margins.end(), of_row(scratch.wide.margins).begin());
  } else {
    std::transform(margins.begin(), margins.end(), of_row(scratch.narrow.margins).begin(),
                   [](double margin) { return static_cast<float>(margin); });
  }
  return class_of(facts, predictions);
}

/// The link in the contract's own number, the calibration in double. The scratch keeps what the
/// link gave.
void Predictor::to_predictions(ModelScratch& scratch, std::size_t row,
                               std::span<double> out) const {
  const auto& calibration = model_.calibration;
  if (!calibration || calibration->of == Calibration::Of::prediction) link_margins(scratch, row);
  compiled_.copy_margins(scratch, row, out);
  if (calibration) calibrate(*calibration, out);
  if (model_.has_finite_margins()) [[likely]]
    return;
  std::transform(out.begin(), out.end(), out.begin(), canonical);
}

void Predictor::link_margins(ModelScratch& scratch, std::size_t row) const {
  const std::size_t width = compiled_.output_count();
  const ModelContract& contract = model_.facts().contract;
  if (compiled_.is_wide()) {
    apply_link(contract, std::span(scratch.wide.margins).subspan(row * width, width));
  } else {
    apply_link(contract.link, {scratch.narrow.margins.data() + row * width, width});
  }
}

/// The predictions of the rows whose outputs were made last; no columns where they have none.
Span2d<const double> Predictor::scores_of(Context& context, std::size_t rows,
                                          std::span<double> out) const {
  const std::size_t width = compiled_.output_count();
  if (!context.has_scores_) return {nullptr, rows, 0};
  if (context.output() == OutputKind::prediction) return {out.data(), rows, width};
  context.scores_.resize(rows * width);
  for (std::size_t row = 0; row < rows; ++row) {
    to_predictions(context.model_, row, std::span(context.scores_).subspan(row * width, width));
  }
  return {context.scores_.data(), rows, width};
}

/// Packs numbers as the typed request row, so that they meet the same checks and the same plan.
RowView Predictor::numeric_row(Context& context, std::span<const double> values) const {
  const Schema& schema = definition().request().schema();
  require_width(values.size(), schema.size(), "numeric row");
  for (std::size_t i = 0; i < values.size(); ++i) {
    const Field& field = schema[i];
    const double value = values[i];
    const auto fail = [&](Code code, Reason reason, const char* expected) {
      throw Error(code, reason,
                  fmt::format("column \"{}\": expected {}, found {}", field.name, expected,
                              format_f64(value)),
                  {static_cast<std::int32_t>(i), -1});
    };
    if (value != value) {
      if (!field.nullable) fail(Code::invalid_argument, Reason::null_not_allowed, "a value");
      context.builder_.set_null(i);
    } else if (field.type == Type::f64) {
      context.builder_.set_f64(i, value);
    } else if (field.type == Type::boolean) {
      if (value != 0 && value != 1) fail(Code::invalid_argument, Reason::type_mismatch, "0 or 1");
      context.builder_.set_boolean(i, value != 0);
    } else if (field.type == Type::i64) {
      if (!is_i64(value)) fail(Code::invalid_argument, Reason::type_mismatch, "an i64");
      context.builder_.set_i64(i, static_cast<std::int64_t>(value));
    } else {
      fail(Code::failed_precondition, Reason::not_numeric, "a numeric type in the schema");
    }
  }
  return RowView::trusted(definition().request(), context.builder_.finish());
}

}  // namespace mlcore
