// SPDX-License-Identifier: Apache-2.0
#pragma once

// A point-in-time training table: a row per (as_of, key), features as of then, and the label from
// what came after.
//
//   TrainingTable table = make_training_table(definition, label, state, {.as_of = times});
//   FittedParameters parameters = fit(definition, table.fit_rows(definition));
//   table.compute_features(FeaturePlan(definition, parameters));

#include <cstdint>
#include <deque>
#include <functional>
#include <span>
#include <string>
#include <vector>

#include "mlcore/feature/fit.hpp"
#include "mlcore/feature/plan.hpp"
#include "mlcore/feature/state.hpp"

namespace mlcore {

/// Which rows a training table has.
struct Spine {
  std::vector<std::int64_t> as_of;  // any order, distinct
  /// Every key of this stream with an event before `as_of`, and known by then, is a row.
  std::size_t population = 0;
  /// The first instant of which nothing is known.
  std::int64_t data_end = 0;
  /// Called now and then with the rows made and, once known, their number; may be empty.
  std::function<void(std::int64_t done, std::int64_t total)> progress;
};

/// Rows sorted by (as_of, key bytes). Move-only: text of aggregates points into the table.
struct TrainingTable {
  TrainingTable() = default;
  TrainingTable(TrainingTable&&) = default;
  TrainingTable& operator=(TrainingTable&&) = default;

  RowBatch requests;                  // packed rows of the definition's request
  std::vector<std::int64_t> as_of;    // one a row
  std::vector<Cell> aggregates;       // [rows, aggregates of the definition]
  std::deque<std::string> text;       // what string aggregates point to
  std::vector<std::int64_t> recency;  // one a row: microseconds since the population's last event
  std::vector<std::uint8_t> labels;   // 0 or 1
  std::uint64_t dropped_rows = 0;     // as_of + horizon past the data's end
  /// A stream has no `known` column, so an event may be in the table that arrived after as_of.
  bool late_possible = false;
  std::uint64_t null_labels = 0;  // rows left out because their label is null
  std::size_t width = 0;
  std::vector<double> features;  // [rows, width], filled by compute_features

  [[nodiscard]] std::size_t size() const noexcept { return as_of.size(); }
  [[nodiscard]] std::span<const Cell> aggregates_of(std::size_t row) const noexcept {
    const std::size_t count = size() == 0 ? 0 : aggregates.size() / size();
    return std::span(aggregates).subspan(row * count, count);
  }
  /// Lifetime: borrows the table and the definition.
  [[nodiscard]] std::vector<FitRow> fit_rows(const Definition& definition) const;
  void compute_features(const FeaturePlan& plan);
  /// The features as the model sees them. Shape: [rows, width].
  [[nodiscard]] std::vector<float> model_inputs() const;
};

/// Throws: failed_precondition/empty_input when no row is left; invalid_argument/type_mismatch for
/// a label other than 0 and 1; unimplemented/unsupported_feature for a definition whose request has
/// fields beside the population's keys and as_of.
[[nodiscard]] TrainingTable make_training_table(const Definition& definition, const Label& label,
                                                const State& state, const Spine& spine);

}  // namespace mlcore
