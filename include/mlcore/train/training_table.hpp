// SPDX-License-Identifier: Apache-2.0
#pragma once

// A point-in-time training table: a row per (as_of, key), features as of then, and the label from
// what came after.
//
//   TrainingTable table = make_training_table(definition, label, state, as_of_times, data_end);
//   FittedParameters parameters = fit(definition, table.fit_rows());
//   table.compute_features(plan);

#include <cstdint>
#include <optional>
#include <vector>

#include "mlcore/feature/fit.hpp"
#include "mlcore/feature/plan.hpp"
#include "mlcore/feature/state.hpp"

namespace mlcore {

/// Rows sorted by (as_of, key bytes).
struct TrainingTable {
  RowBatch requests;                  // packed rows of the definition's request
  std::vector<std::int64_t> as_of;    // one a row
  std::vector<AggregateValues> aggregates;
  std::vector<std::uint8_t> labels;   // 0 or 1
  std::uint64_t dropped_rows = 0;     // as_of + horizon past the data's end
  std::size_t width = 0;
  std::vector<double> features;       // [rows, width], filled by compute_features

  [[nodiscard]] std::size_t size() const noexcept { return as_of.size(); }
  [[nodiscard]] std::vector<FitRow> fit_rows(const Definition& definition) const;
  void compute_features(const FeaturePlan& plan);
};

/// The population of each as_of is every key of the first stream with an event before it.
/// `data_end`: the first instant of which nothing is known; rows whose label reaches past it are
/// dropped and counted.
/// Throws: failed_precondition/empty_input when no row is left; unimplemented/unsupported_feature
/// for a definition whose request has inputs beside keys and as_of.
[[nodiscard]] TrainingTable make_training_table(const Definition& definition, const Label& label,
                                                const State& state,
                                                const std::vector<std::int64_t>& as_of_times,
                                                std::int64_t data_end);

}  // namespace mlcore
