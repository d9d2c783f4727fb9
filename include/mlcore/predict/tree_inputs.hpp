// SPDX-License-Identifier: Apache-2.0
#pragma once

// What stands between a model's features and the tree engine, which knows only columns of its
// numbers, tests of thresholds and missing values. Lossless:
//
//   - features are rounded to f32, and small ones are 0, where the contract says so;
//   - a test of categories is asked once a row for each distinct (feature, set): a column of 0 or
//   1;
//   - where a node takes 0 for missing, it has a column in which 0 is missing.
//
//   TreeInputs<float> inputs(model);
//   const TreeEngine engine(inputs.is_identity() ? model : inputs.take_lowered(model));
//   inputs.from_features(features, columns);
//   engine.margins(columns, margins);

#include <cstdint>
#include <span>
#include <vector>

#include "mlcore/model/tree_ensemble.hpp"

namespace mlcore {

/// `Number`: of the columns. Immutable. Thread-safe. Cost of `from_*`: no allocation; does not
/// throw.
template <typename Number>
class TreeInputs {
 public:
  /// Requires: a model that `validate` accepted, f32 of a narrow contract, f64 of a wide one.
  explicit TreeInputs(const TreeEnsemble& model);

  [[nodiscard]] std::size_t feature_count() const noexcept { return feature_count_; }
  [[nodiscard]] std::size_t column_count() const noexcept {
    return feature_count_ + derived_.size();
  }
  /// Whether there is a column a feature and no more: the engine runs the model as it is.
  [[nodiscard]] bool is_identity() const noexcept { return derived_.empty(); }

  /// The model on columns, once: what is needed for it alone is given up.
  [[nodiscard]] TreeEnsemble take_lowered(const TreeEnsemble& model);

  /// A definition's outputs. Shape: features[feature_count], columns[column_count].
  void from_features(const double* features, Number* columns) const noexcept;
  /// Model features, infinities too.
  void from_inputs(const double* inputs, Number* columns) const noexcept;
  void from_inputs(const float* inputs, Number* columns) const noexcept;

 private:
  /// A column that is made of a feature. Members of a set stand as bits from `first` on, or where
  /// those would be too many, as themselves.
  struct Derived {
    enum class Kind : std::uint8_t { zero_is_missing, bits, members };
    Kind kind;
    std::uint32_t feature;
    std::uint32_t first;
    std::uint32_t begin;  // of its bits or members
    std::uint32_t end;
  };

  void add_derived(const TreeEnsemble& model);
  /// Its feature is still to be said.
  [[nodiscard]] Derived kept_set(std::span<const std::uint32_t> members);
  [[nodiscard]] bool is_member(const Derived& set, Number value) const noexcept;
  [[nodiscard]] Number column_of(const Derived& derived, Number value) const noexcept;
  template <typename InputOf>
  void fill(InputOf input_of, Number* columns) const noexcept;

  std::size_t feature_count_;
  bool is_rounded_;
  bool is_cut_;
  bool is_flushed_;
  std::vector<Derived> derived_;
  std::vector<std::uint64_t> bits_;
  std::vector<std::uint32_t> members_;
  std::vector<std::uint32_t> node_column_;  // until take_lowered
};

}  // namespace mlcore
