// SPDX-License-Identifier: Apache-2.0
#pragma once

// Whether a pane of rows still looks like the reference: every statistic of every column, each
// beside what chance alone makes of it.
//
//   DriftReport report = compare(reference, pane, {});
//   report.verdict;                              // OK, DRIFT or INSUFFICIENT
//   report.columns[0].find(StatisticKind::psi)->value;
//
// DRIFT: the statistic reaches its threshold, an effect that matters, and is above its null
// quantile, what chance makes of quiet rows. OK: it does not, and the null quantile is at most the
// threshold, so that an effect that matters would have shown. INSUFFICIENT: anything else.
//
// A quiet pane is called DRIFT with a chance of at most `alpha`, all its columns and statistics
// together: each statistic has alpha ÷ (number of statistics in the report).

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "mlcore/drift/reference.hpp"

namespace mlcore {

/// The numbers are part of the C ABI.
enum class Verdict : std::int32_t { ok = 0, drift = 1, insufficient = 2 };
enum class ColumnKind : std::int32_t { feature = 0, category = 1, score = 2 };

/// Tables are: for numbers, groups of neighbouring bins with at least a tenth of the reference each
/// (a remainder or an atom with at least a fiftieth stays alone), and the rows without a finite
/// number; for text, each category with at least a fiftieth, the rest, the unseen and the missing.
enum class StatisticKind : std::int32_t {
  psi = 0,                   // over the table, nats
  ks = 1,                    // at the edges, 0 to 1
  jensen_shannon_base2 = 2,  // the distance, over the table, 0 to 1
  wasserstein_normed = 3,    // at the edges, over the reference's standard deviation
  chi_square = 4,            // over the table, groups that expect fewer than 5 rows pooled
  hellinger = 5,             // over the table, 0 to 1
  total_variation = 6,       // over the table, 0 to 1
  l_infinity = 7,            // over the table, 0 to 1
  missing_share = 8,         // |difference| of the share of rows without a finite number or a text
  out_of_range_share = 9,    // … below the reference's minimum or above its maximum
  unseen_share = 10,         // … with a text that the reference does not know
};

/// "OK", "DRIFT", "INSUFFICIENT"; "psi", "ks", …; "feature", "category", "score".
[[nodiscard]] std::string_view name_of(Verdict verdict) noexcept;
[[nodiscard]] std::string_view name_of(StatisticKind kind) noexcept;
[[nodiscard]] std::string_view name_of(ColumnKind kind) noexcept;

struct Statistic {
  StatisticKind kind;
  Verdict verdict = Verdict::insufficient;
  // NaN where it is not defined: an empty side, one group, no spread.
  double value;
  double null_quantile;  // at the two sample sizes, at the report's alpha ÷ statistics
  double threshold;      // in the statistic's units
  double p_value;        // chi_square and ks; NaN elsewhere
};

struct ColumnReport {
  std::string name;
  ColumnKind kind;
  /// DRIFT when a statistic says so; OK when both psi and ks (numbers), psi and chi_square (text)
  /// do; else INSUFFICIENT.
  Verdict verdict = Verdict::insufficient;
  /// The reference has one group only: the column can show DRIFT, and never OK.
  bool is_constant = false;
  std::uint64_t reference_rows = 0;
  std::uint64_t current_rows = 0;
  std::uint64_t reference_missing = 0;  // without a finite number or a text
  std::uint64_t current_missing = 0;
  std::uint64_t current_out_of_range = 0;  // numbers: outside the reference's minimum and maximum
  std::uint64_t current_unseen = 0;        // text: that the reference does not know
  // Numbers only, NaN elsewhere; of the finite ones.
  double reference_mean;
  double current_mean;
  double reference_standard_deviation;
  double current_standard_deviation;
  std::vector<Statistic> statistics;  // by kind, ascending

  /// Null when the column has no such statistic. Lifetime: the report's.
  [[nodiscard]] const Statistic* find(StatisticKind wanted) const noexcept;
};

struct DriftReport {
  /// DRIFT when a column is; else INSUFFICIENT when a column is that is not constant, or when every
  /// column is; else OK.
  Verdict verdict = Verdict::insufficient;
  double alpha = 0;
  double alpha_each = 0;
  std::uint64_t reference_rows = 0;
  std::uint64_t current_rows = 0;
  std::vector<ColumnReport> columns;  // features, categories, scores
  // How many columns have each verdict.
  std::uint64_t ok = 0;
  std::uint64_t drift = 0;
  std::uint64_t insufficient = 0;
};

struct DriftOptions {
  double alpha = 0.001;
  /// Both sides need as many rows, and 30 a group for statistics over the table.
  std::uint64_t minimum_rows = 100;
  // Thresholds: effects that matter. The distances over the table say nearly the same (to the
  // second order PSI 0.1 is Jensen–Shannon 0.13, Hellinger 0.11 and chi-square 0.1 · nm / (n + m)).
  double psi = 0.1;
  double ks = 0.1;
  double jensen_shannon_base2 = 0.1;
  double wasserstein_normed = 0.1;
  double chi_square_effect = 0.1;  // of chi-square · (1/n + 1/m)
  double hellinger = 0.1;
  double total_variation = 0.1;
  double l_infinity = 0.1;
  double share = 0.02;  // missing, out of range, unseen
};

/// The same counters and options give the same bits on every machine.
/// Throws: invalid_argument/invalid_option (alpha outside [1e-100, 0.5], a threshold that is not
/// positive, minimum_rows of 0), wrong_width (counters of another shape).
[[nodiscard]] DriftReport compare(const Reference& reference, const PaneCounts& pane,
                                  const DriftOptions& options);

}  // namespace mlcore
