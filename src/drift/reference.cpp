// SPDX-License-Identifier: Apache-2.0
// Outside code uses Reference, profile_numeric, profile_category, profile_scores and validate.
#include "mlcore/drift/reference.hpp"

#include <fmt/format.h>

#include <cmath>
#include <set>
#include <utility>

#include "mlcore/base/bytes.hpp"
#include "mlcore/base/error.hpp"
#include "mlcore/base/fp_guard.hpp"

namespace mlcore {
namespace {

[[noreturn]] void fail(Reason reason, const std::string& column, std::string_view message) {
  throw Error(Code::invalid_argument, reason, fmt::format("column \"{}\": {}", column, message));
}

/// Ends for a histogram of what was seen; a single value gets room on both sides.
ScoreScale scale_of(const Extent& extent) {
  if (extent.empty()) return {};
  if (extent.min < extent.max && std::isfinite(extent.max - extent.min)) {
    return {extent.min, extent.max};
  }
  const double reach = extent.min == 0 ? 0.5 : std::fabs(extent.min) / 2;
  return {extent.min - reach, extent.min + reach};
}

/// Counts that no values can have would mislead every statistic later.
void check_numeric(const NumericProfile& column) {
  const NumericCounts& counts = column.counts;
  if (counts.missing > kMaxReferenceRows || counts.infinite > kMaxReferenceRows) {
    fail(Reason::limit_exceeded, column.name,
         fmt::format("{} missing and {} infinite rows", counts.missing, counts.infinite));
  }
  for (std::size_t bin = 0; bin < kMaxBins; ++bin) {
    if (counts.bins[bin] > kMaxReferenceRows) {
      fail(Reason::limit_exceeded, column.name, fmt::format("{} rows in a bin", counts.bins[bin]));
    }
    if (bin < column.bins.bin_count() || counts.bins[bin] == 0) continue;
    fail(Reason::invalid_number, column.name,
         fmt::format("{} rows in bin {} of {}", counts.bins[bin], bin, column.bins.bin_count()));
  }
  const auto finite = static_cast<Int128>(counts.finite());
  const Int128 reach = finite << 44;
  if (counts.sum > reach || counts.sum < -reach || counts.sum_squares < 0 ||
      counts.sum_squares > reach << 44) {
    fail(Reason::invalid_number, column.name, "moments that its values can't have");
  }
  const Extent& extent = column.extent;
  const bool has_ends = std::isfinite(extent.min) && std::isfinite(extent.max);
  if (finite == 0 ? !(extent == Extent{}) : extent.empty() || !has_ends) {
    fail(Reason::invalid_number, column.name, "a least and a greatest value that it can't have");
  }
}

void check_category(const CategoryProfile& column) {
  if (column.counts.missing > kMaxReferenceRows) {
    fail(Reason::limit_exceeded, column.name,
         fmt::format("{} missing rows", column.counts.missing));
  }
  for (std::size_t code = 0; code < column.counts.codes.size(); ++code) {
    const std::uint64_t count = column.counts.codes[code];
    if (count > kMaxReferenceRows) {
      fail(Reason::limit_exceeded, column.name, fmt::format("{} rows in a category", count));
    }
    if (code < column.codes.own_count() || code == CategoryCodes::kOther || count == 0) continue;
    fail(Reason::invalid_number, column.name,
         fmt::format("{} rows in category {}, which has no name", count, code));
  }
}

void check_histogram(const ScoreProfile& column) {
  std::vector<std::uint64_t> counts(column.histogram.bins.begin(), column.histogram.bins.end());
  counts.insert(counts.end(),
                {column.histogram.below, column.histogram.above, column.histogram.missing});
  for (const std::uint64_t count : counts) {
    if (count > kMaxReferenceRows) {
      fail(Reason::limit_exceeded, column.values.name, fmt::format("{} rows in a bin", count));
    }
  }
  if (column.histogram.rows() != column.values.counts.rows()) {
    fail(Reason::invalid_length, column.values.name,
         fmt::format("{} rows in its histogram, {} in its bins", column.histogram.rows(),
                     column.values.counts.rows()));
  }
}

/// One kind's names, and the number of rows that all columns share.
class ColumnCheck {
 public:
  void begin_kind() { names_.clear(); }
  void add(const std::string& name, std::uint64_t rows) {
    if (!is_utf8(name)) fail(Reason::invalid_utf8, "?", "its name is not UTF-8");
    if (!names_.insert(name).second) fail(Reason::duplicate_name, name, "it occurs twice");
    if (rows > kMaxReferenceRows) {
      fail(Reason::limit_exceeded, name,
           fmt::format("{} rows, the limit is {}", rows, kMaxReferenceRows));
    }
    if (!is_first_ && rows != rows_) {
      fail(Reason::invalid_length, name,
           fmt::format("{} rows, the columns before it have {}", rows, rows_));
    }
    rows_ = rows;
    is_first_ = false;
  }

 private:
  std::set<std::string_view> names_;
  std::uint64_t rows_ = 0;
  bool is_first_ = true;
};

}  // namespace

std::uint64_t Reference::rows() const noexcept {
  if (!features.empty()) return features.front().counts.rows();
  if (!categories.empty()) return categories.front().counts.rows();
  return scores.empty() ? 0 : scores.front().values.counts.rows();
}

NumericProfile profile_numeric(std::string name, std::span<const double> values) {
  NumericProfile profile;
  profile.name = std::move(name);
  profile.bins = NumericBins::from_sample(values);
  profile.counts.add(profile.bins, values);
  for (const double value : values) profile.extent.add(value);
  return profile;
}

CategoryProfile profile_category(std::string name,
                                 std::span<const std::optional<std::string_view>> values) {
  CategoryProfile profile;
  profile.name = std::move(name);
  profile.codes = CategoryCodes::from_sample(values);
  for (const auto& value : values) {
    if (value) {
      profile.counts.add(profile.codes, *value);
    } else {
      profile.counts.add_missing();
    }
  }
  return profile;
}

ScoreProfile profile_scores(std::string name, std::span<const double> values,
                            std::optional<ScoreScale> scale) {
  const FloatingPointGuard guard;
  ScoreProfile profile;
  profile.values = profile_numeric(std::move(name), values);
  profile.scale = scale ? *scale : scale_of(profile.values.extent);
  for (const double value : values) profile.histogram.add(profile.scale, value);
  return profile;
}

void validate(const Reference& reference) {
  if (reference.column_count() > kMaxReferenceColumns) {
    throw Error(Code::invalid_argument, Reason::limit_exceeded,
                fmt::format("a reference of {} columns, the limit is {}", reference.column_count(),
                            kMaxReferenceColumns));
  }
  std::size_t names = 0;
  for (const CategoryProfile& column : reference.categories) names += column.codes.names().size();
  if (names > kMaxReferenceNames) {
    throw Error(Code::invalid_argument, Reason::limit_exceeded,
                fmt::format("a reference of {} categories in all, the limit is {}", names,
                            kMaxReferenceNames));
  }
  ColumnCheck check;
  for (const NumericProfile& column : reference.features) {
    check_numeric(column);
    check.add(column.name, column.counts.rows());
  }
  check.begin_kind();
  for (const CategoryProfile& column : reference.categories) {
    check_category(column);
    check.add(column.name, column.counts.rows());
  }
  check.begin_kind();
  for (const ScoreProfile& column : reference.scores) {
    check_numeric(column.values);
    check.add(column.values.name, column.values.counts.rows());
    check_histogram(column);
  }
}

}  // namespace mlcore
