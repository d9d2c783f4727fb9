// SPDX-License-Identifier: Apache-2.0
// Outside code uses encode_reference and decode_reference.
#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "artifact/sections.hpp"
#include "artifact/serialize.hpp"
#include "mlcore/base/error.hpp"

namespace mlcore {
namespace {

// Beside twice its bytes: a column of few values takes more in memory than in the file, up to
// kMaxReferenceColumns of them.
constexpr std::size_t kReferenceSlack = std::size_t{4} << 20;
static_assert(kMaxReferenceColumns * sizeof(ScoreProfile) <= std::size_t{24} << 20);

WideRecord wide(Int128 value) noexcept {
  return {static_cast<std::uint64_t>(value), static_cast<std::uint64_t>(value >> 64)};
}

Int128 wide(const WideRecord& halves) noexcept {
  return static_cast<Int128>(static_cast<std::int64_t>(halves[1])) *
             (static_cast<Int128>(1) << 64) +
         halves[0];
}

[[noreturn]] void fail(std::string message) {
  throw Error(Code::data_loss, Reason::malformed_artifact, std::move(message));
}

void expect(const std::string& column, std::string_view what, std::size_t found,
            std::size_t expected) {
  if (found == expected) return;
  fail(fmt::format("column \"{}\": {} {}, expected {}", column, found, what, expected));
}

NumericRecord record_of(const NumericProfile& column) {
  const NumericCounts& counts = column.counts;
  NumericRecord record;
  record.name = column.name;
  record.edges.assign(column.bins.edges().begin(), column.bins.edges().end());
  record.centre = column.bins.fixed_point().centre;
  record.exponent = column.bins.fixed_point().exponent;
  record.bins.assign(counts.bins.begin(),
                     counts.bins.begin() + static_cast<std::ptrdiff_t>(column.bins.bin_count()));
  record.missing = counts.missing;
  record.infinite = counts.infinite;
  record.sum = wide(counts.sum);
  record.sum_squares = wide(counts.sum_squares);
  record.min = column.extent.min;
  record.max = column.extent.max;
  return record;
}

NumericProfile profile_of(NumericRecord&& record) {
  expect(record.name, "bins", record.bins.size(), record.edges.size() + 1);
  NumericProfile column;
  column.name = std::move(record.name);
  column.bins = NumericBins(record.edges, {record.centre, record.exponent});
  std::copy(record.bins.begin(), record.bins.end(), column.counts.bins.begin());
  column.counts.missing = record.missing;
  column.counts.infinite = record.infinite;
  column.counts.sum = wide(record.sum);
  column.counts.sum_squares = wide(record.sum_squares);
  column.extent = {record.min, record.max};
  return column;
}

CategoryRecord record_of(const CategoryProfile& column) {
  const auto& codes = column.counts.codes;
  CategoryRecord record;
  record.name = column.name;
  record.names = column.codes.names();
  record.is_open = column.codes.is_open();
  record.counts.assign(codes.begin(),
                       codes.begin() + static_cast<std::ptrdiff_t>(column.codes.own_count()));
  record.counts.push_back(codes[CategoryCodes::kOther]);
  record.missing = column.counts.missing;
  return record;
}

CategoryProfile profile_of(CategoryRecord&& record) {
  if (record.counts.empty()) expect(record.name, "counts", 0, 1);
  const std::size_t own_count = record.counts.size() - 1;
  CategoryProfile column;
  column.name = std::move(record.name);
  column.codes = CategoryCodes(std::move(record.names), own_count, record.is_open);
  std::copy_n(record.counts.begin(), own_count, column.counts.codes.begin());
  column.counts.codes[CategoryCodes::kOther] = record.counts.back();
  column.counts.missing = record.missing;
  return column;
}

ScoreRecord record_of(const ScoreProfile& column) {
  const ScoreHistogram& histogram = column.histogram;
  return {record_of(column.values), column.scale.low(), column.scale.high(), histogram.bins,
          histogram.below,          histogram.above,    histogram.missing};
}

ScoreProfile profile_of(ScoreRecord&& record) {
  ScoreProfile column;
  column.values = profile_of(std::move(record.values));
  column.scale = ScoreScale(record.low, record.high);
  column.histogram = {record.bins, record.below, record.above, record.missing};
  return column;
}

template <class Record, class Profile>
void convert_all(std::vector<Profile>& to, std::vector<Record>&& from) {
  to.reserve(from.size());
  for (Record& record : from) to.push_back(profile_of(std::move(record)));
}

template <class Profile, class Record>
void record_all(std::vector<Record>& to, const std::vector<Profile>& from) {
  to.reserve(from.size());
  for (const Profile& column : from) to.push_back(record_of(column));
}

Reference reference_of(ReferenceRecord&& record) {
  Reference reference;
  convert_all(reference.features, std::move(record.features));
  convert_all(reference.categories, std::move(record.categories));
  convert_all(reference.scores, std::move(record.scores));
  validate(reference);
  return reference;
}

}  // namespace

Bytes encode_reference(const Reference& reference) {
  ReferenceRecord record;
  record_all(record.features, reference.features);
  record_all(record.categories, reference.categories);
  record_all(record.scores, reference.scores);
  return encode(record);
}

Reference decode_reference(ByteView bytes) {
  auto record = decode<ReferenceRecord>(bytes, "REFP", kReferenceSlack);
  const std::size_t columns =
      record.features.size() + record.categories.size() + record.scores.size();
  std::size_t names = 0;
  for (const CategoryRecord& column : record.categories) names += column.names.size();
  if (columns > kMaxReferenceColumns || names > kMaxReferenceNames) {
    fail(fmt::format("section \"REFP\": {} columns with {} categories, the limits are {} and {}",
                     columns, names, kMaxReferenceColumns, kMaxReferenceNames));
  }
  try {
    return reference_of(std::move(record));
  } catch (const Error& error) {
    fail(fmt::format("section \"REFP\": {}", error.message()));
  }
}

}  // namespace mlcore
