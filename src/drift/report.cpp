// SPDX-License-Identifier: Apache-2.0
// Outside code uses compare, ColumnReport::find and name_of.
#include "mlcore/drift/report.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>

#include "drift/table.hpp"
#include "mlcore/base/error.hpp"
#include "mlcore/base/fp_guard.hpp"
#include "mlcore/base/number.hpp"
#include "mlcore/drift/distance.hpp"
#include "mlcore/drift/null_quantile.hpp"
#include "mlcore/drift/two_sample.hpp"

namespace mlcore {
namespace {

constexpr std::uint64_t kRowsAGroup = 30;
constexpr std::size_t kNumericStatistics = 10;
constexpr std::size_t kCategoryStatistics = 8;

void check_options(const DriftOptions& options) {
  const auto fail = [](std::string message) {
    throw Error(Code::invalid_argument, Reason::invalid_option, std::move(message));
  };
  if (!(options.alpha >= 1e-100 && options.alpha <= 0.5)) {
    fail(fmt::format("alpha: expected 1e-100 to 0.5, found {}", options.alpha));
  }
  if (options.minimum_rows == 0) fail("minimum_rows: expected 1 or more, found 0");
  const std::array<double, 9> thresholds = {options.psi,
                                            options.ks,
                                            options.jensen_shannon_base2,
                                            options.wasserstein_normed,
                                            options.chi_square_effect,
                                            options.hellinger,
                                            options.total_variation,
                                            options.l_infinity,
                                            options.share};
  for (const double threshold : thresholds) {
    if (threshold > 0 && std::isfinite(threshold)) continue;
    fail(fmt::format("threshold: expected a positive number, found {}", threshold));
  }
}

void check_shape(const Reference& reference, const PaneCounts& pane) {
  if (pane.features.size() == reference.features.size() &&
      pane.categories.size() == reference.categories.size() &&
      pane.scores.size() == reference.scores.size()) {
    return;
  }
  throw Error(
      Code::invalid_argument, Reason::wrong_width,
      fmt::format("a reference of {} features, {} categories and {} scores, and counters of "
                  "{}, {} and {}",
                  reference.features.size(), reference.categories.size(), reference.scores.size(),
                  pane.features.size(), pane.categories.size(), pane.scores.size()));
}

Statistic undefined(StatisticKind kind, double threshold) {
  return {kind, Verdict::insufficient, kCanonicalNan, kCanonicalNan, threshold, kCanonicalNan};
}

Statistic judged(StatisticKind kind, double value, double null_quantile, double threshold,
                 double p_value = kCanonicalNan) {
  Statistic statistic{kind, Verdict::insufficient, value, null_quantile, threshold, p_value};
  if (!std::isfinite(value) || !std::isfinite(null_quantile)) {
    return undefined(kind, threshold);
  }
  if (value >= threshold && value > null_quantile) {
    statistic.verdict = Verdict::drift;
  } else if (null_quantile <= threshold) {
    statistic.verdict = Verdict::ok;
  }
  return statistic;
}

double inverse_sum(SampleSizes sizes) noexcept {
  return 1 / static_cast<double>(sizes.reference) + 1 / static_cast<double>(sizes.current);
}

/// A column on its way to its report.
class ColumnJudge {
 public:
  ColumnJudge(const DriftOptions& options, double alpha) : options_(options), alpha_(alpha) {}

  [[nodiscard]] ColumnReport numeric(const NumericProfile& profile, const NumericCounts& current,
                                     ColumnKind kind) {
    const NumericCounts& counts = profile.counts;
    const FixedPoint& fixed_point = profile.bins.fixed_point();
    begin(profile.name, kind, {counts.rows(), current.rows()}, counts.missing + counts.infinite,
          current.missing + current.infinite);
    report_.reference_mean = counts.mean(fixed_point);
    report_.current_mean = current.mean(fixed_point);
    report_.reference_standard_deviation = counts.standard_deviation(fixed_point);
    report_.current_standard_deviation = current.standard_deviation(fixed_point);
    add_table(numeric_table(profile, current));
    add_edges(profile, current);
    add_shares();
    const std::size_t last = profile.bins.bin_count() - 1;
    const bool has_range = last > 0;
    report_.current_out_of_range = has_range ? current.bins[0] + current.bins[last] : 0;
    add_share(StatisticKind::out_of_range_share, {counts.finite(), current.finite()},
              has_range ? counts.bins[0] + counts.bins[last] : 0, report_.current_out_of_range);
    report_.is_constant = numeric_table(profile, counts).size() < 2;
    return finish(StatisticKind::ks);
  }

  [[nodiscard]] ColumnReport category(const CategoryProfile& profile,
                                      const CategoryCounts& current) {
    const CategoryCounts& counts = profile.counts;
    begin(profile.name, ColumnKind::category, {counts.rows(), current.rows()}, counts.missing,
          current.missing);
    report_.reference_mean = report_.current_mean = kCanonicalNan;
    report_.reference_standard_deviation = report_.current_standard_deviation = kCanonicalNan;
    add_table(category_table(profile, current));
    add_shares();
    report_.current_unseen = current.codes[CategoryCodes::kUnseen];
    add_share(StatisticKind::unseen_share, {counts.present(), current.present()},
              counts.codes[CategoryCodes::kUnseen], report_.current_unseen);
    report_.is_constant = category_table(profile, counts).size() < 2;
    return finish(StatisticKind::chi_square);
  }

 private:
  void begin(const std::string& name, ColumnKind kind, SampleSizes rows,
             std::uint64_t reference_missing, std::uint64_t current_missing) {
    report_ = {};
    report_.name = name;
    report_.kind = kind;
    report_.reference_rows = rows.reference;
    report_.current_rows = rows.current;
    report_.reference_missing = reference_missing;
    report_.current_missing = current_missing;
  }

  [[nodiscard]] bool is_enough(SampleSizes sizes, std::size_t groups = 0) const {
    const std::uint64_t needed = std::max(options_.minimum_rows, kRowsAGroup * groups);
    return sizes.reference >= needed && sizes.current >= needed;
  }

  void add(const Statistic& statistic) { report_.statistics.push_back(statistic); }

  void add_table(const Table& table) {
    const SampleSizes rows{report_.reference_rows, report_.current_rows};
    const double effect_unit = rows.reference > 0 && rows.current > 0 ? inverse_sum(rows) : 1;
    const double chi_square_threshold = options_.chi_square_effect / effect_unit;
    if (table.size() < 2 || !is_enough(rows, table.size())) {
      add(undefined(StatisticKind::psi, options_.psi));
      add(undefined(StatisticKind::jensen_shannon_base2, options_.jensen_shannon_base2));
      add(undefined(StatisticKind::chi_square, chi_square_threshold));
      add(undefined(StatisticKind::hellinger, options_.hellinger));
      add(undefined(StatisticKind::total_variation, options_.total_variation));
      add(undefined(StatisticKind::l_infinity, options_.l_infinity));
      return;
    }
    const auto& r = table.reference;
    const auto& c = table.current;
    const std::uint64_t bins = table.size();
    add(judged(StatisticKind::psi, psi(r, c), psi_null_quantile(rows, bins, alpha_), options_.psi));
    add(judged(StatisticKind::jensen_shannon_base2, jensen_shannon_distance_base2(r, c),
               jensen_shannon_base2_null_quantile(rows, bins, alpha_),
               options_.jensen_shannon_base2));
    add_chi_square(pooled(table), chi_square_threshold);
    add(judged(StatisticKind::hellinger, hellinger(r, c),
               hellinger_null_quantile(rows, bins, alpha_), options_.hellinger));
    add(judged(StatisticKind::total_variation, total_variation(r, c),
               total_variation_null_quantile(rows, bins, alpha_), options_.total_variation));
    add(judged(StatisticKind::l_infinity, l_infinity(r, c),
               l_infinity_null_quantile(rows, bins, alpha_), options_.l_infinity));
  }

  void add_chi_square(const Table& table, double threshold) {
    if (table.size() < 2) return add(undefined(StatisticKind::chi_square, threshold));
    const ChiSquare test = chi_square(table.reference, table.current);
    add(judged(StatisticKind::chi_square, test.statistic,
               chi_square_null_quantile(table.size(), alpha_), threshold, test.p_value));
  }

  void add_edges(const NumericProfile& profile, const NumericCounts& current) {
    const SampleSizes finite{profile.counts.finite(), current.finite()};
    const std::span edges = profile.bins.edges();
    if (edges.size() < 2 || !is_enough(finite)) {
      add(undefined(StatisticKind::ks, options_.ks));
      add(undefined(StatisticKind::wasserstein_normed, options_.wasserstein_normed));
      return;
    }
    const auto r = std::span(profile.counts.bins).first(profile.bins.bin_count());
    const auto c = std::span(current.bins).first(profile.bins.bin_count());
    const double d = ks_at_edges(r, c);
    add(judged(StatisticKind::ks, d, ks_null_quantile(finite, alpha_), options_.ks,
               ks_p_value(d, finite.reference, finite.current)));
    const double deviation = report_.reference_standard_deviation;
    if (!(deviation > 0)) {
      return add(undefined(StatisticKind::wasserstein_normed, options_.wasserstein_normed));
    }
    const Spread spread = spread_of(edges, r, finite.reference, deviation);
    add(judged(StatisticKind::wasserstein_normed, wasserstein_at_edges(edges, r, c) / deviation,
               wasserstein_null_quantile(finite, spread, alpha_) / deviation,
               options_.wasserstein_normed));
  }

  /// Of values spread evenly within their bins; the middle of a bin makes ∫√(F(1 − F)) too large,
  /// never too small.
  static Spread spread_of(std::span<const double> edges, std::span<const std::uint64_t> bins,
                          std::uint64_t rows, double deviation) {
    double height = 0;
    std::uint64_t below = bins[0];
    for (std::size_t bin = 1; bin < edges.size(); ++bin) {
      const double middle = (static_cast<double>(below) + static_cast<double>(bins[bin]) / 2) /
                            static_cast<double>(rows);
      height += std::sqrt(middle * (1 - middle)) * (edges[bin] - edges[bin - 1]);
      below += bins[bin];
    }
    return {deviation, edges.back() - edges.front(), height};
  }

  void add_shares() {
    add_share(StatisticKind::missing_share, {report_.reference_rows, report_.current_rows},
              report_.reference_missing, report_.current_missing);
  }

  void add_share(StatisticKind kind, SampleSizes rows, std::uint64_t reference,
                 std::uint64_t current) {
    if (!is_enough(rows)) return add(undefined(kind, options_.share));
    const auto n = static_cast<double>(rows.reference);
    const auto m = static_cast<double>(rows.current);
    const double both = (static_cast<double>(reference) + static_cast<double>(current)) / (n + m);
    const double value =
        std::fabs(static_cast<double>(current) / m - static_cast<double>(reference) / n);
    add(judged(kind, value, share_null_quantile(rows, both, alpha_), options_.share));
  }

  [[nodiscard]] ColumnReport finish(StatisticKind second) {
    auto& statistics = report_.statistics;
    std::sort(statistics.begin(), statistics.end(),
              [](const Statistic& a, const Statistic& b) { return a.kind < b.kind; });
    const bool has_drift =
        std::any_of(statistics.begin(), statistics.end(),
                    [](const Statistic& s) { return s.verdict == Verdict::drift; });
    const auto is_ok = [&](StatisticKind kind) {
      return report_.find(kind)->verdict == Verdict::ok;
    };
    report_.verdict = has_drift                                    ? Verdict::drift
                      : is_ok(StatisticKind::psi) && is_ok(second) ? Verdict::ok
                                                                   : Verdict::insufficient;
    return std::move(report_);
  }

  const DriftOptions& options_;
  double alpha_;
  ColumnReport report_;
};

void conclude(DriftReport& report) {
  bool is_unsure = false;
  for (const ColumnReport& column : report.columns) {
    switch (column.verdict) {
      case Verdict::ok: ++report.ok; break;
      case Verdict::drift: ++report.drift; break;
      case Verdict::insufficient:
        ++report.insufficient;
        is_unsure |= !column.is_constant;
        break;
    }
  }
  if (report.drift > 0) {
    report.verdict = Verdict::drift;
  } else {
    report.verdict = is_unsure || report.ok == 0 ? Verdict::insufficient : Verdict::ok;
  }
}

}  // namespace

const Statistic* ColumnReport::find(StatisticKind wanted) const noexcept {
  for (const Statistic& statistic : statistics) {
    if (statistic.kind == wanted) return &statistic;
  }
  return nullptr;
}

DriftReport compare(const Reference& reference, const PaneCounts& pane,
                    const DriftOptions& options) {
  const FloatingPointGuard guard;
  check_options(options);
  check_shape(reference, pane);
  const std::size_t numbers = reference.features.size() + reference.scores.size();
  const std::size_t statistics =
      numbers * kNumericStatistics + reference.categories.size() * kCategoryStatistics;
  DriftReport report;
  report.alpha = options.alpha;
  report.alpha_each = options.alpha / static_cast<double>(std::max<std::size_t>(statistics, 1));
  report.reference_rows = reference.rows();
  report.current_rows = pane.rows();
  ColumnJudge judge(options, report.alpha_each);
  for (std::size_t i = 0; i < pane.features.size(); ++i) {
    report.columns.push_back(
        judge.numeric(reference.features[i], pane.features[i], ColumnKind::feature));
  }
  for (std::size_t i = 0; i < pane.categories.size(); ++i) {
    report.columns.push_back(judge.category(reference.categories[i], pane.categories[i]));
  }
  for (std::size_t i = 0; i < pane.scores.size(); ++i) {
    report.columns.push_back(
        judge.numeric(reference.scores[i].values, pane.scores[i], ColumnKind::score));
  }
  conclude(report);
  return report;
}

std::string_view name_of(Verdict verdict) noexcept {
  switch (verdict) {
    case Verdict::ok: return "OK";
    case Verdict::drift: return "DRIFT";
    case Verdict::insufficient: return "INSUFFICIENT";
  }
  return {};
}

std::string_view name_of(ColumnKind kind) noexcept {
  switch (kind) {
    case ColumnKind::feature: return "feature";
    case ColumnKind::category: return "category";
    case ColumnKind::score: return "score";
  }
  return {};
}

std::string_view name_of(StatisticKind kind) noexcept {
  switch (kind) {
    case StatisticKind::psi: return "psi";
    case StatisticKind::ks: return "ks";
    case StatisticKind::jensen_shannon_base2: return "jensen_shannon_base2";
    case StatisticKind::wasserstein_normed: return "wasserstein_normed";
    case StatisticKind::chi_square: return "chi_square";
    case StatisticKind::hellinger: return "hellinger";
    case StatisticKind::total_variation: return "total_variation";
    case StatisticKind::l_infinity: return "l_infinity";
    case StatisticKind::missing_share: return "missing_share";
    case StatisticKind::out_of_range_share: return "out_of_range_share";
    case StatisticKind::unseen_share: return "unseen_share";
  }
  return {};
}

}  // namespace mlcore
