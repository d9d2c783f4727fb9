// SPDX-License-Identifier: Apache-2.0
// Outside code uses proof_row_count and make_proof_rows.
#include "mlcore/predict/proof.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <cmath>
#include <limits>

#include "mlcore/base/time.hpp"
#include "mlcore/feature/state.hpp"
#include "mlcore/predict/model_input.hpp"

namespace mlcore {
namespace {

/// splitmix64: small, seeded, and the same everywhere. Source: Steele, Lea, Flood 2014.
class Generator {
 public:
  explicit Generator(std::uint64_t seed) : state_(seed) {}
  std::uint64_t next() {
    std::uint64_t z = (state_ += 0x9E3779B97F4A7C15u);
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9u;
    z = (z ^ (z >> 27)) * 0x94D049BB133111EBu;
    return z ^ (z >> 31);
  }
  std::uint64_t below(std::uint64_t bound) { return next() % bound; }

 private:
  std::uint64_t state_;
};

constexpr std::int64_t kFirstAsOf = 1'577'836'800 * kMicrosPerSecond;  // 2020-01-01
constexpr std::uint64_t kLongestEventList = 12;

/// Makes requests and events; the values come from the model's thresholds and fixed ranges.
class ProofMaker {
 public:
  ProofMaker(const Artifact& artifact, std::uint64_t seed)
      : definition_(artifact.definition),
        is_rounded_(artifact.model.facts().contract.rounds_inputs()),
        generator_(seed),
        pool_{0.0, 1.0, -1.0, 0.5, 100.0} {
    if (const TreeEnsemble* trees = artifact.model.trees()) add_thresholds(*trees);
    for (const Aggregate& aggregate : definition_.aggregates()) {
      reach_ = std::max(reach_, aggregate.window.width / 2 + aggregate.window.delay / 2);
    }
  }

  void fill(std::size_t index, ProofRow& row) {
    index_ = index;
    as_of_ = kFirstAsOf + static_cast<std::int64_t>(generator_.below(365)) * kMicrosPerDay;
    if (generator_.below(2) == 0) {
      as_of_ += static_cast<std::int64_t>(generator_.below(kMicrosPerDay));
    }
    RowBuilder builder(definition_.request());
    const Schema& schema = definition_.request().schema();
    for (std::size_t field = 0; field < schema.size(); ++field) {
      if (definition_.as_of_field() == field) {
        builder.set_i64(field, as_of_);
      } else if (is_key(field)) {
        set_key(builder, field, schema[field].type);
      } else {
        set_random(builder, field, schema[field]);
      }
    }
    const ByteView bytes = builder.finish();
    row.request.assign(bytes.begin(), bytes.end());
    for (const Stream& stream : definition_.streams()) row.events.push_back(events(stream));
  }

 private:
  void add_thresholds(const TreeEnsemble& trees) {
    for (std::size_t node = 0; node < trees.left.size(); ++node) {
      if (trees.left[node] == TreeEnsemble::kLeaf || trees.is_categorical(node)) continue;
      pool_.push_back(trees.value_of(node));
    }
    for (const std::uint32_t member : trees.set_members) pool_.push_back(member);
  }

  [[nodiscard]] bool is_key(std::size_t field) const {
    return std::any_of(definition_.key_fields().begin(), definition_.key_fields().end(),
                       [&](const auto& fields) {
                         return std::find(fields.begin(), fields.end(), field) != fields.end();
                       });
  }

  void set_key(RowBuilder& builder, std::size_t field, Type type) const {
    switch (type) {
      case Type::boolean: builder.set_boolean(field, index_ % 2 != 0); return;
      case Type::f64: builder.set_f64(field, static_cast<double>(index_)); return;
      case Type::string: builder.set_string(field, fmt::format("key {}", index_)); return;
      case Type::i64:
      case Type::timestamp:
      case Type::duration: builder.set_i64(field, static_cast<std::int64_t>(index_)); return;
    }
  }

  void set_random(RowBuilder& builder, std::size_t field, const Field& column) {
    if (column.nullable && generator_.below(8) == 0) {
      builder.set_null(field);
      return;
    }
    switch (column.type) {
      case Type::boolean: builder.set_boolean(field, generator_.below(2) != 0); return;
      case Type::f64: builder.set_f64(field, number()); return;
      case Type::string: builder.set_string(field, fmt::format("v{}", generator_.below(6))); return;
      case Type::timestamp: builder.set_i64(field, moment()); return;
      case Type::i64:
      case Type::duration:
        builder.set_i64(field, static_cast<std::int64_t>(generator_.below(200)) - 20);
        return;
    }
  }

  /// A threshold of the model, one of its float neighbours, or a plain number.
  double number() {
    const double value = pool_[generator_.below(pool_.size())];
    switch (generator_.below(4)) {
      case 0: return beside(value, 1);
      case 1: return beside(value, -1);
      case 2: return static_cast<double>(generator_.below(1000)) / 8;
      default: return value;
    }
  }

  /// The neighbour in the width that the model compares in.
  [[nodiscard]] double beside(double value, int direction) const {
    if (!is_rounded_) return std::nextafter(value, direction * std::numeric_limits<double>::max());
    const float end = std::numeric_limits<float>::max();
    return static_cast<double>(
        std::nextafter(static_cast<float>(value), direction > 0 ? end : -end));
  }

  /// Within the windows' reach before `as_of`, now and then after it; half of them at midnight.
  std::int64_t moment() {
    const auto span = 4 * static_cast<std::uint64_t>(std::min(reach_, 4000 * kMicrosPerDay));
    const std::int64_t time =
        as_of_ + kMicrosPerDay - static_cast<std::int64_t>(generator_.below(span));
    const std::int64_t midnight = floor_div(time, kMicrosPerDay) * kMicrosPerDay;
    return generator_.below(2) == 0 ? midnight : time;
  }

  RowBatch events(const Stream& stream) {
    RowBatch batch;
    RowBuilder builder(stream.layout);
    const Schema& schema = stream.layout.schema();
    for (std::uint64_t left = generator_.below(kLongestEventList + 1); left > 0; --left) {
      for (std::size_t column = 0; column < schema.size(); ++column) {
        if (stream.roles[column] == Role::key) {
          set_key(builder, column, schema[column].type);
        } else if (stream.roles[column] == Role::event) {
          builder.set_i64(column, moment());
        } else {
          set_random(builder, column, schema[column]);
        }
      }
      batch.append(builder.finish());
    }
    return batch;
  }

  const Definition& definition_;
  bool is_rounded_;
  Generator generator_;
  std::vector<double> pool_;
  std::int64_t reach_ = 30 * kMicrosPerDay;
  std::int64_t as_of_ = 0;
  std::size_t index_ = 0;
};

}  // namespace

std::size_t proof_row_count(const ModelFacts& model) noexcept {
  constexpr std::size_t kFewest = 4;
  constexpr std::size_t kMost = 64;
  constexpr std::size_t kMarginBytes = std::size_t{1} << 20;
  const std::size_t margin = model.contract.is_wide() ? sizeof(double) : sizeof(float);
  const std::size_t fitting = kMarginBytes / (margin * std::max(model.output_count, 1u));
  return std::clamp(fitting, kFewest, kMost);
}

std::vector<ProofRow> make_proof_rows(const Artifact& artifact, std::size_t count,
                                      std::uint64_t seed) {
  const FeaturePlan plan(artifact.definition, artifact.parameters);
  FeatureScratch scratch = plan.make_scratch();
  AggregateValues aggregates;
  std::vector<double> features(plan.width());
  std::vector<double> inputs(plan.width());
  const ModelFacts& facts = artifact.model.facts();
  std::vector<double> margins(facts.output_count);
  const bool is_wide = facts.contract.is_wide();
  const bool is_rounded = facts.contract.rounds_inputs();
  ProofMaker maker(artifact, seed);
  std::vector<ProofRow> rows(count);
  for (std::size_t index = 0; index < count; ++index) {
    ProofRow& row = rows[index];
    maker.fill(index, row);
    const RowView request = RowView::parse(plan.definition().request(), row.request);
    read_events(plan.definition(), request, row.events, aggregates);
    plan.compute(request, aggregates.cells, scratch, features);
    for (std::size_t i = 0; i < features.size(); ++i) {
      row.feature_bits.push_back(std::bit_cast<std::uint64_t>(features[i]));
      inputs[i] = is_rounded ? static_cast<double>(model_input(features[i])) : features[i];
    }
    reference_margins(artifact.model, inputs, margins);
    for (const double margin : margins) {
      if (is_wide) {
        row.wide_margin_bits.push_back(std::bit_cast<std::uint64_t>(margin));
      } else {
        row.margin_bits.push_back(std::bit_cast<std::uint32_t>(static_cast<float>(margin)));
      }
    }
  }
  return rows;
}

}  // namespace mlcore
