// SPDX-License-Identifier: Apache-2.0
#pragma once

// What the columns looked like when the model was made, and the counters of a pane against it.
//
//   Reference reference;
//   reference.features.push_back(profile_numeric("age", ages));
//   reference.scores.push_back(profile_scores("prediction", predictions, ScoreScale(0, 1)));
//   PaneCounts pane(reference);
//   pane.add_row(reference, features, predictions);
//   compare(reference, pane, {});  // drift/report.hpp
//
// The reference is stored in the artifact, section REFP.

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "mlcore/base/span2d.hpp"
#include "mlcore/stats/category_counts.hpp"
#include "mlcore/stats/numeric_counts.hpp"
#include "mlcore/stats/score_histogram.hpp"

namespace mlcore {

inline constexpr std::size_t kMaxReferenceColumns = 8192;  // of all kinds together
inline constexpr std::size_t kMaxReferenceNames = 65'536;  // of categories, in all columns
inline constexpr std::uint64_t kMaxReferenceRows = std::uint64_t{1} << 40;

/// NaN is missing.
struct NumericProfile {
  std::string name;
  NumericBins bins;
  NumericCounts counts;
  Extent extent;

  friend bool operator==(const NumericProfile&, const NumericProfile&) = default;
};

struct CategoryProfile {
  std::string name;
  CategoryCodes codes;
  CategoryCounts counts;

  friend bool operator==(const CategoryProfile&, const CategoryProfile&) = default;
};

struct ScoreProfile {
  NumericProfile values;
  ScoreScale scale;
  ScoreHistogram histogram;

  friend bool operator==(const ScoreProfile&, const ScoreProfile&) = default;
};

struct Reference {
  std::vector<NumericProfile> features;     // one an output of the definition
  std::vector<CategoryProfile> categories;  // columns of text
  std::vector<ScoreProfile> scores;         // one an output of the model

  [[nodiscard]] std::size_t column_count() const noexcept {
    return features.size() + categories.size() + scores.size();
  }
  /// Of the first column; 0 without any.
  [[nodiscard]] std::uint64_t rows() const noexcept;

  friend bool operator==(const Reference&, const Reference&) = default;
};

/// Cost: O(n log n).
[[nodiscard]] NumericProfile profile_numeric(std::string name, std::span<const double> values);
/// Absent = missing.
[[nodiscard]] CategoryProfile profile_category(
    std::string name, std::span<const std::optional<std::string_view>> values);
/// Without a scale it spans the values.
[[nodiscard]] ScoreProfile profile_scores(std::string name, std::span<const double> values,
                                          std::optional<ScoreScale> scale = {});

/// Throws: invalid_argument/limit_exceeded (columns, names, rows), duplicate_name (within a kind),
/// invalid_length (columns that disagree on the rows), invalid_number (counts in a bin that is not
/// there, or moments or an extent that no values can have), naming the column.
void validate(const Reference& reference);

/// The counters of the columns of one reference. A group: += and −= undo each other exactly.
/// Requires, of every call: the reference that it was made for; of add: round-to-nearest.
/// Thread-safe: not; give each writer its own and merge what has been handed over.
/// Cost: memory at construction only; an add takes no memory and no lock.
struct PaneCounts {
  PaneCounts() = default;
  explicit PaneCounts(const Reference& reference);

  std::vector<NumericCounts> features;
  std::vector<CategoryCounts> categories;
  std::vector<NumericCounts> scores;
  std::vector<ScoreHistogram> histograms;  // of the scores

  /// Shape: a value a feature; a value a score, or none when nothing was predicted.
  void add_row(const Reference& reference, std::span<const double> feature_values,
               std::span<const double> score_values) noexcept;
  /// Shape: [rows, features], [rows, scores], either with no columns when it is not known.
  void add_rows(const Reference& reference, Span2d<const double> feature_rows,
                Span2d<const double> score_rows) noexcept;
  /// One text of a column of text; absent = missing.
  void add_category(const Reference& reference, std::size_t column,
                    std::optional<std::string_view> text) noexcept;

  /// Throws: invalid_argument/wrong_width for counters of another shape.
  PaneCounts& operator+=(const PaneCounts& other);
  PaneCounts& operator-=(const PaneCounts& other);
  friend bool operator==(const PaneCounts&, const PaneCounts&) = default;

  /// The most rows that a column has seen.
  [[nodiscard]] std::uint64_t rows() const noexcept;
};

}  // namespace mlcore
