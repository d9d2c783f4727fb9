// SPDX-License-Identifier: Apache-2.0
// Outside code uses make_training_table and TrainingTable.
#include "mlcore/train/training_table.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "mlcore/base/error.hpp"
#include "mlcore/base/fp_guard.hpp"
#include "mlcore/base/time.hpp"
#include "mlcore/predict/model_input.hpp"

namespace mlcore {
namespace {

constexpr std::int64_t kRowsAProgress = 512;

/// `last(event time) over the stream lifetime`.
Aggregate last_event(const Definition& definition, std::size_t stream) {
  Node time{};
  time.op = Op::column;
  time.type = Type::timestamp;
  time.index = definition.streams()[stream].event_column;
  Aggregate aggregate{};
  aggregate.function = Aggregation::last;
  aggregate.stream = static_cast<std::uint32_t>(stream);
  aggregate.argument.nodes.push_back(time);
  aggregate.window.kind = WindowKind::lifetime;
  aggregate.window.tile = 28 * kMicrosPerDay;
  aggregate.type = Type::timestamp;
  aggregate.nullable = true;
  return aggregate;
}

/// Fills the key fields of a request from one key of State::keys.
class KeyWriter {
 public:
  KeyWriter(const Definition& definition, std::size_t stream)
      : definition_(definition),
        fields_(definition.key_fields()[stream]),
        layout_(key_layout(definition.streams()[stream])) {
    const Schema& request = definition.request().schema();
    for (std::uint32_t field = 0; field < request.size(); ++field) {
      if (field == definition.as_of_field()) continue;
      if (std::find(fields_.begin(), fields_.end(), field) != fields_.end()) continue;
      throw Error(Code::unimplemented, Reason::unsupported_feature,
                  fmt::format("request field \"{}\": a training row has the keys of stream \"{}\" "
                              "and as_of, and nothing to fill this field with",
                              request[field].name, definition.streams()[stream].name),
                  {static_cast<std::int32_t>(field), -1});
    }
  }

  void write(std::string_view key, std::int64_t as_of, RowBuilder& builder) const {
    const Schema& schema = layout_.schema();
    const RowView view =
        RowView::trusted(layout_, {reinterpret_cast<const std::uint8_t*>(key.data()), key.size()});
    for (std::size_t i = 0; i < fields_.size(); ++i) {
      switch (schema[i].type) {
        case Type::boolean: builder.set_boolean(fields_[i], view.boolean(i)); break;
        case Type::f64: builder.set_f64(fields_[i], view.f64(i)); break;
        case Type::string: builder.set_string(fields_[i], view.string(i)); break;
        case Type::i64:
        case Type::timestamp:
        case Type::duration: builder.set_i64(fields_[i], view.i64(i)); break;
      }
    }
    if (definition_.as_of_field()) builder.set_i64(*definition_.as_of_field(), as_of);
  }

 private:
  static RowLayout key_layout(const Stream& stream) {
    std::vector<Field> columns;
    for (const std::uint32_t column : stream.key_columns) {
      columns.push_back(stream.layout.schema()[column]);
    }
    return RowLayout(Schema(std::move(columns)));
  }

  const Definition& definition_;
  const std::vector<std::uint32_t>& fields_;
  RowLayout layout_;
};

/// Computes the label expression of a row: 0, 1, or absent where it is null.
class Labeller {
 public:
  explicit Labeller(const Label& label) : label_(label) {
    registers_.resize(label.expression.nodes.size());
    text_.resize(32 * label.expression.nodes.size());
  }

  std::optional<std::uint8_t> operator()(const RowView& request, std::span<const Cell> aggregates,
                                         std::int64_t as_of) {
    evaluate(label_.expression, request, aggregates, as_of, {}, no_parameters_, registers_, text_);
    const Cell& cell = registers_.back();
    if (cell.is_null) return std::nullopt;
    const Type type = label_.expression.nodes.back().type;
    if (type == Type::boolean) return cell.boolean ? 1 : 0;
    const double value = type == Type::i64 ? static_cast<double>(cell.i64) : cell.f64;
    if (value == 0 || value == 1) return static_cast<std::uint8_t>(value);
    throw Error(Code::invalid_argument, Reason::type_mismatch,
                fmt::format("label \"{}\": expected 0 or 1, found {} at as_of {}", label_.text,
                            value, format_timestamp(as_of)));
  }

 private:
  const Label& label_;
  FittedParameters no_parameters_;
  std::vector<Cell> registers_;
  std::vector<char> text_;
};

class TableMaker {
 public:
  TableMaker(const Definition& definition, const Label& label, const State& state,
             const Spine& spine)
      : definition_(definition),
        state_(state),
        spine_(spine),
        keys_(definition, spine.population),
        labeller_(label),
        horizon_(label.horizon),
        builder_(definition.request()),
        future_(label.aggregates) {
    for (const Aggregate& aggregate : definition.aggregates()) {
      has_text_.push_back(aggregate.type == Type::string);
    }
    future_.push_back(last_event(definition, spine.population));
    table_.late_possible =
        std::any_of(definition.streams().begin(), definition.streams().end(),
                    [](const Stream& stream) { return !stream.known_column.has_value(); });
  }

  TrainingTable make() {
    std::vector<std::int64_t> times = spine_.as_of;
    std::sort(times.begin(), times.end());
    for (const std::int64_t as_of : times) add(as_of);
    if (table_.size() == 0) {
      throw Error(
          Code::failed_precondition, Reason::empty_input,
          fmt::format("no training row is left: {} dropped because their label reaches past "
                      "the data's end {}, {} with a null label",
                      table_.dropped_rows, format_timestamp(spine_.data_end), table_.null_labels));
    }
    return std::move(table_);
  }

 private:
  void add(std::int64_t as_of) {
    const std::vector<std::string> keys = state_.keys(spine_.population, as_of);
    if (horizon_ > spine_.data_end - as_of) {
      table_.dropped_rows += keys.size();
      return;
    }
    for (std::size_t i = 0; i < keys.size(); ++i) {
      add_row(keys[i], as_of);
      if (spine_.progress && i % kRowsAProgress == 0) {
        spine_.progress(static_cast<std::int64_t>(i), static_cast<std::int64_t>(keys.size()));
      }
    }
  }

  void add_row(const std::string& key, std::int64_t as_of) {
    keys_.write(key, as_of, builder_);
    const ByteView bytes = builder_.finish();
    const RowView request = RowView::trusted(definition_.request(), bytes);
    state_.read(definition_, future_, request, values_);
    const std::span<const Cell> future(values_.cells);
    // Its events happened before as_of and became known later: the key was not there to be scored.
    if (future.back().is_null) return;
    const auto label = labeller_(request, future.first(future.size() - 1), as_of);
    if (!label) {
      ++table_.null_labels;
      return;
    }
    table_.recency.push_back(as_of - future.back().i64);
    table_.labels.push_back(*label);
    table_.as_of.push_back(as_of);
    table_.requests.append(bytes);
    state_.read(definition_, request, values_);
    for (std::size_t i = 0; i < has_text_.size(); ++i) {
      Cell cell = values_.cells[i];
      if (has_text_[i] && !cell.is_null) cell.text = table_.text.emplace_back(cell.text);
      table_.aggregates.push_back(cell);
    }
  }

  const Definition& definition_;
  const State& state_;
  const Spine& spine_;
  KeyWriter keys_;
  Labeller labeller_;
  std::int64_t horizon_;
  RowBuilder builder_;
  std::vector<Aggregate> future_;  // the label's, then the last event
  std::vector<bool> has_text_;
  AggregateValues values_;
  TrainingTable table_;
};

}  // namespace

std::vector<FitRow> TrainingTable::fit_rows(const Definition& definition) const {
  std::vector<FitRow> rows;
  rows.reserve(size());
  for (std::size_t row = 0; row < size(); ++row) {
    rows.push_back({RowView::trusted(definition.request(), requests[row]), aggregates_of(row)});
  }
  return rows;
}

void TrainingTable::compute_features(const FeaturePlan& plan) {
  const FloatingPointGuard guard;
  width = plan.width();
  features.resize(size() * width);
  FeatureScratch scratch = plan.make_scratch();
  for (std::size_t row = 0; row < size(); ++row) {
    const RowView request = RowView::trusted(plan.definition().request(), requests[row]);
    plan.compute(request, aggregates_of(row), scratch,
                 std::span(features).subspan(row * width, width));
  }
}

std::vector<float> TrainingTable::model_inputs() const {
  std::vector<float> inputs(features.size());
  std::transform(features.begin(), features.end(), inputs.begin(), model_input);
  return inputs;
}

TrainingTable make_training_table(const Definition& definition, const Label& label,
                                  const State& state, const Spine& spine) {
  const FloatingPointGuard guard;
  return TableMaker(definition, label, state, spine).make();
}

}  // namespace mlcore
