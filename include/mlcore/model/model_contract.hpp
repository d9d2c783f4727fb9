// SPDX-License-Identifier: Apache-2.0
#pragma once

// What models of every kind have: a numeric contract, names, counts; and what becomes of a margin.
//
//   ModelFacts facts{.framework = "xgboost", .objective = "binary:logistic"};
//   facts.contract.link = Link::logistic;
//   apply_link(facts.contract, margins);

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "mlcore/base/error.hpp"

namespace mlcore {

/// How a margin becomes a prediction.
enum class Link : std::uint8_t {
  identity = 1,
  logistic = 2,
  softmax = 3,
  exponential = 4,
  hinge = 5,
  signed_square = 6,  // sign(x) * x * x
  softplus = 7,       // ln(1 + e^x)
  isolation = 8,      // -2^(-x / scale)
  ascending = 9       // the row's margins, the least first
};

/// Every step of the margin's arithmetic, so that an engine reproduces the framework's bits.
struct ModelContract {
  enum class InputRounding : std::uint8_t { f32 = 1, f64 = 2 };
  enum class Comparison : std::uint8_t { less = 1, less_equal = 2 };  // left iff value < threshold
  enum class Accumulator : std::uint8_t { f32 = 1, f64 = 2 };
  /// The sum starts from the base margin; or from 0, and the base margin is added last.
  enum class Start : std::uint8_t { base_first = 1, zero = 2 };
  /// What a value below 0 is to a test of categories: in no set; or cut to a whole number first, as
  /// all others, so that -0.5 is 0.
  enum class Category : std::uint8_t { never_negative = 1, cut = 2 };
  /// Whether a value of at most kZeroThreshold counts as 0.
  enum class Zero : std::uint8_t { as_is = 1, flushed = 2 };
  /// What becomes of the sum: ÷ the rounds used; or × `scale`.
  enum class Finish : std::uint8_t { none = 1, mean = 2, scale = 3 };

  InputRounding input_rounding = InputRounding::f32;
  Comparison comparison = Comparison::less;
  Accumulator accumulator = Accumulator::f32;
  Start start = Start::base_first;
  Link link = Link::identity;
  Category category = Category::never_negative;
  Zero zero = Zero::as_is;
  Finish finish = Finish::none;
  double link_scale = 1;  // logistic: × the margin; isolation: the margin ÷ it
  double scale = 1;       // of Finish::scale

  /// Narrow: inputs, thresholds and sums in f32, `less`, as XGBoost. Wide: thresholds and sums in
  /// f64, `less_equal`, of inputs in f64 as LightGBM or rounded to f32 as scikit-learn and
  /// CatBoost.
  [[nodiscard]] bool is_wide() const noexcept { return accumulator == Accumulator::f64; }
  [[nodiscard]] bool rounds_inputs() const noexcept { return input_rounding == InputRounding::f32; }

  friend bool operator==(const ModelContract&, const ModelContract&) = default;
};

/// What the framework's file says the model is for.
enum class Task : std::uint8_t {
  untold = 1,
  classification = 2,
  regression = 3,
  ranking = 4,
  anomaly = 5
};

/// What the framework took a feature for.
enum class FeatureType : std::uint8_t { number = 1, integer = 2, boolean = 3, category = 4 };

/// How a row's class is told; of several outputs it is the first of the greatest.
enum class Decision : std::uint8_t {
  by_objective = 1,   // of XGBoost and LightGBM: as the link and the objective say
  none = 2,           // the model predicts no classes
  prediction = 3,     // one output: 1 iff the prediction is above 0.5; calibrated, too
  margin = 4,         // one output: 1 iff the margin is above 0
  margin_or_zero = 5  // one output: 1 iff the margin is at least 0
};

/// Every kind of model is one of these, and its numbers.
struct ModelFacts {
  std::string framework;          // "xgboost"
  std::string framework_version;  // "1.7.4"
  std::string objective;          // "binary:logistic"
  ModelContract contract;
  std::uint32_t feature_count = 0;
  std::uint32_t output_count = 1;
  std::vector<std::string> feature_names;  // empty or feature_count
  Task task = Task::untold;
  Decision decision = Decision::by_objective;
  /// Empty; or one an output, or two of one output.
  std::vector<std::string> classes;
  std::vector<FeatureType> feature_types;  // empty or feature_count

  friend bool operator==(const ModelFacts&, const ModelFacts&) = default;
};

inline constexpr std::uint32_t kMaxFeatureCount = 1u << 20;
inline constexpr std::uint32_t kMaxOutputCount = 1u << 16;

/// Refuses counts past the limits, and names, classes and types that do not fit them.
/// Throws: invalid_argument, with the reason given.
void validate_facts(const ModelFacts& model, Reason reason);

/// "classification"; empty where the task is untold.
[[nodiscard]] std::string_view name_of(Task task) noexcept;
[[nodiscard]] std::string_view name_of(FeatureType type) noexcept;

/// Whether a contract whose sums are in f32, or in f64, may have it.
[[nodiscard]] bool is_link_of(Link link, bool is_wide) noexcept;

/// Applies the link in place, in float32.
/// Source: XGBoost 1.7.4 src/objective and src/common/math.h; a softmax is summed in f64.
void apply_link(Link link, std::span<float> margins) noexcept;
/// As the contract says: in float32 of widened margins, or in double.
/// Source: LightGBM 4.7.0 src/objective, ConvertOutput; isolation: scikit-learn 1.5.2
/// IsolationForest.score_samples.
void apply_link(const ModelContract& contract, std::span<double> margins);

/// Whether the model says a class: as its decision says; by the objective a softmax, or one output
/// of binary:logistic or binary:hinge.
[[nodiscard]] bool predicts_classes(const ModelFacts& model) noexcept;

/// The class that a row's margins say. Softmax: the first of the greatest margins. Logistic: 1 iff
/// the probability, in float32, is greater than 0.5. Hinge: 1 iff the margin is greater than 0.
/// Requires: a model that `predicts_classes`, by its objective.
/// Source: XGBoost 1.7.4 src/objective, and XGBClassifier.predict for logistic.
[[nodiscard]] std::uint32_t class_of(Link link, std::span<const float> margins) noexcept;
/// Of a wide contract: as LGBMClassifier.predict, a logistic one by its probability in double.
[[nodiscard]] std::uint32_t class_of(const ModelContract& contract,
                                     std::span<const double> margins) noexcept;
/// By a decision other than `by_objective`; the only class of a model that has one.
/// Shape: `values` are a row's predictions where the decision is of these, else its margins.
[[nodiscard]] std::uint32_t class_of(const ModelFacts& model,
                                     std::span<const double> values) noexcept;

}  // namespace mlcore
