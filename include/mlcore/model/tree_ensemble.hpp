// SPDX-License-Identifier: Apache-2.0
#pragma once

// A tree ensemble and its numeric contract, both data: what an importer makes, what the artifact
// stores and what the engine compiles.
//
//   TreeEnsemble model = import_xgboost(bytes);
//   validate(model);
//   reference_margins(model, features, margins);  // the contract, spelled out

#include <cstdint>
#include <span>
#include <string>
#include <vector>

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
  isolation = 8       // -2^(-x / scale)
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

/// Trees as arrays over all nodes; a tree is a contiguous range of nodes, its root first, and a
/// child comes after its parent.
struct TreeEnsemble {
  static constexpr std::uint32_t kLeaf = 0xFFFFFFFFu;
  static constexpr std::uint32_t kNumeric = 0xFFFFFFFFu;

  std::string framework;          // "xgboost"
  std::string framework_version;  // "1.7.4"
  std::string objective;          // "binary:logistic"
  ModelContract contract;
  std::uint32_t feature_count = 0;
  std::uint32_t output_count = 1;
  std::vector<std::string> feature_names;  // empty or feature_count
  std::vector<float> base_margins;         // one an output; empty if wide

  std::vector<std::uint32_t> tree_begin;   // first node of each tree, then the node count
  std::vector<std::uint32_t> tree_output;  // one a tree
  std::vector<std::uint32_t> left;         // node index in the ensemble, or kLeaf; right = left + 1
  std::vector<std::uint32_t> feature;      // 0 for a leaf
  std::vector<float> value;                // threshold, or the leaf's value; empty if wide
  std::vector<std::uint8_t> default_left;  // where a missing value goes; 0 for a leaf

  // What the framework calls its boosting rounds and its nodes. Without round_begin neither is
  // known: a file of format 0.1 does not tell.
  std::vector<std::uint32_t> round_begin;  // first tree of each round, then the tree count
  std::vector<std::uint32_t> node_id;      // within its tree; empty: its position there

  // A node with a set goes right iff its feature is in it: a whole number below kMaxCategory, what
  // is after the point cut off. Its threshold is 0.
  std::vector<std::uint32_t> node_set;     // one a node, kNumeric for most; empty: none has one
  std::vector<std::uint32_t> set_begin;    // first member of each set, then the member count
  std::vector<std::uint32_t> set_members;  // ascending within a set

  // In place of `value` and `base_margins`, where the contract is wide.
  std::vector<double> wide_value;
  std::vector<double> wide_base_margins;
  std::vector<std::uint8_t> zero_is_missing;  // one a node; empty: nowhere

  [[nodiscard]] std::size_t node_count() const noexcept { return left.size(); }
  [[nodiscard]] double base_margin(std::size_t output) const noexcept {
    return contract.is_wide() ? wide_base_margins[output]
                              : static_cast<double>(base_margins[output]);
  }
  [[nodiscard]] double value_of(std::size_t node) const noexcept {
    return contract.is_wide() ? wide_value[node] : static_cast<double>(value[node]);
  }
  [[nodiscard]] std::size_t set_count() const noexcept {
    return set_begin.empty() ? 0 : set_begin.size() - 1;
  }
  [[nodiscard]] bool is_categorical(std::size_t node) const noexcept {
    return !node_set.empty() && node_set[node] != kNumeric;
  }
  [[nodiscard]] std::span<const std::uint32_t> set_of(std::size_t node) const noexcept {
    const std::uint32_t* members = set_members.data();
    return {members + set_begin[node_set[node]], members + set_begin[node_set[node] + 1]};
  }
  [[nodiscard]] std::size_t tree_count() const noexcept { return tree_output.size(); }
  [[nodiscard]] std::size_t round_count() const noexcept {
    return round_begin.empty() ? 0 : round_begin.size() - 1;
  }

  friend bool operator==(const TreeEnsemble&, const TreeEnsemble&) = default;
};

inline constexpr std::uint32_t kMaxCategory = 1u << 24;
/// LightGBM's kZeroThreshold: 1e-35f, widened.
inline constexpr double kZeroThreshold = static_cast<double>(1e-35f);
inline constexpr std::uint32_t kMaxTreeDepth = 4096;
inline constexpr std::uint32_t kMaxFeatureCount = 1u << 20;
inline constexpr std::uint32_t kMaxOutputCount = 1u << 16;

/// Refuses an ensemble that an engine could not run safely: lengths that disagree, a child that is
/// not after its parent, outside its tree, or has two parents; a node without a parent; a feature
/// or output out of range; a NaN threshold; a set that is not
/// there, or whose members do not ascend below kMaxCategory; a leaf or base margin that is not
/// finite; leaves whose sum could pass the largest float or double; rounds that do not rise from
/// the first tree to the last; a mean over rounds that are not known; more depth, features or
/// outputs than the limits above. Throws: invalid_argument/invalid_tree naming tree, node and rule;
/// unimplemented/unsupported_model for a contract that is neither narrow nor wide. Cost: O(nodes).
void validate(const TreeEnsemble& model);

/// The contract in its plainest code: one row, tree by tree. Missing is NaN.
/// Shape: features has feature_count values, margins output_count. Requires: f32 of a contract that
/// is narrow.
void reference_margins(const TreeEnsemble& model, std::span<const float> features,
                       std::span<float> margins);
/// Of any contract: features are rounded to f32 where it says so, narrow margins widened.
void reference_margins(const TreeEnsemble& model, std::span<const double> features,
                       std::span<double> margins);

/// Applies the link in place, in float32.
/// Source: XGBoost 1.7.4 src/objective and src/common/math.h; a softmax is summed in f64.
void apply_link(Link link, std::span<float> margins) noexcept;
/// As the contract says: in float32 of widened margins, or in double.
/// Source: LightGBM 4.7.0 src/objective, ConvertOutput; isolation: scikit-learn 1.5.2
/// IsolationForest.score_samples.
void apply_link(const ModelContract& contract, std::span<double> margins);

/// Whether a margin says a class: a softmax, or one output of binary:logistic or binary:hinge.
[[nodiscard]] bool predicts_classes(const TreeEnsemble& model) noexcept;

/// The class that a row's margins say. Softmax: the first of the greatest margins. Logistic: 1 iff
/// the probability, in float32, is greater than 0.5. Hinge: 1 iff the margin is greater than 0.
/// Requires: a link of a model that `predicts_classes`.
/// Source: XGBoost 1.7.4 src/objective, and XGBClassifier.predict for logistic.
[[nodiscard]] std::uint32_t class_of(Link link, std::span<const float> margins) noexcept;
/// Of a wide contract: as LGBMClassifier.predict, a logistic one by its probability in double.
[[nodiscard]] std::uint32_t class_of(const ModelContract& contract,
                                     std::span<const double> margins) noexcept;

}  // namespace mlcore
