// SPDX-License-Identifier: Apache-2.0
#pragma once

// A definition with its fitted parameters, ready to compute. One plan serves a training table, one
// request and a state.
//
//   FeaturePlan plan(std::move(definition), parameters);
//   FeatureScratch scratch = plan.make_scratch();
//   std::vector<double> features(plan.width());
//   plan.compute(row, aggregates, scratch, features);

#include <cstdint>
#include <span>
#include <vector>

#include "mlcore/feature/definition.hpp"

namespace mlcore {

/// For each of a definition's fits, its parameters: standard_scale has {mean, scale}.
struct FittedParameters {
  std::vector<std::vector<double>> values;

  friend bool operator==(const FittedParameters&, const FittedParameters&) = default;
};

/// Registers of one evaluation, reused from call to call. Not thread-safe.
struct FeatureScratch {
  std::vector<Cell> registers;
  std::vector<char> text;  // what `string(x)` makes
};

/// Computes every node of `expression` into `registers`.
/// Requires: registers.size() ≥ nodes; text.size() ≥ 32 a node; `aggregates`, `parameters` and
/// `as_of` as far as the expression uses them. Cost: O(nodes), no allocation, does not throw.
void evaluate(const Expression& expression, const RowView& row, std::span<const Cell> aggregates,
              std::int64_t as_of, std::span<const Fit> fits, const FittedParameters& parameters,
              std::span<Cell> registers, std::span<char> text) noexcept;

class FeaturePlan {
 public:
  /// Throws: failed_precondition/not_fitted when parameters are missing, have the wrong count or
  /// are not finite, or a scale is 0.
  FeaturePlan(Definition definition, FittedParameters parameters);

  [[nodiscard]] const Definition& definition() const noexcept { return definition_; }
  [[nodiscard]] const FittedParameters& parameters() const noexcept { return parameters_; }
  /// How many features one row makes.
  [[nodiscard]] std::size_t width() const noexcept { return definition_.outputs().size(); }
  [[nodiscard]] FeatureScratch make_scratch() const;

  /// Features as f64 in `output` order: false and true are 0 and 1, i64 is rounded to nearest even,
  /// null and every non-finite value is the canonical NaN.
  /// Requires: `row` of the definition's request layout; one aggregate value for each of
  /// `definition().aggregates()`; out.size() == width(). Cost: no allocation, does not throw.
  void compute(const RowView& row, std::span<const Cell> aggregates, FeatureScratch& scratch,
               std::span<double> out) const noexcept;
  /// As `compute` of the row that has these numbers, one a field and NaN for null, without the row.
  /// False, and nothing said of `out`, where a feature is more than a column, or a number is not
  /// one of its field's.
  /// Requires: out.size() == width(). Cost: O(fields), no allocation.
  [[nodiscard]] bool copy_numbers(std::span<const double> values,
                                  std::span<double> out) const noexcept;

 private:
  Definition definition_;
  FittedParameters parameters_;
  std::vector<std::uint32_t> columns_;   // the outputs, where each is an f64 column as it is
  std::vector<std::uint32_t> numbers_;   // the outputs, where each is a column, and all are numbers
  bool is_in_order_ = false;             // `numbers_` are the first fields
  std::vector<std::uint32_t> required_;  // fields that are not nullable
  std::vector<std::uint32_t> integers_;
  std::vector<std::uint32_t> booleans_;
};

}  // namespace mlcore
