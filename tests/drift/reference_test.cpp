// SPDX-License-Identifier: Apache-2.0
#include "mlcore/drift/reference.hpp"

#include <doctest/doctest.h>

#include <functional>
#include <thread>

#include "drift/columns.hpp"
#include "mlcore/base/error.hpp"
#include "predict/allocation_counter.hpp"

namespace mlcore {
namespace {

PaneCounts one_by_one(const Reference& reference, const Rows& rows) {
  PaneCounts pane(reference);
  for (std::size_t row = 0; row < rows.size(); ++row) {
    pane.add_row(reference, std::span(rows.numbers).subspan(row * kNumbers, kNumbers),
                 {&rows.scores[row], 1});
    pane.add_category(reference, 0, rows.countries[row]);
  }
  return pane;
}

TEST_CASE("reference: profiles hold the counts of what they were made from") {
  const Rows rows = make_rows(3, 5000);
  const Reference reference = reference_of(rows);
  CHECK_NOTHROW(validate(reference));
  CHECK(reference.rows() == 5000);
  CHECK(reference.column_count() == 8);
  const PaneCounts again = counted(reference, rows);
  for (std::size_t i = 0; i < kNumbers; ++i) {
    CHECK(again.features[i] == reference.features[i].counts);
  }
  CHECK(again.categories[0] == reference.categories[0].counts);
  CHECK(again.scores[0] == reference.scores[0].values.counts);
  CHECK(again.histograms[0] == reference.scores[0].histogram);
  CHECK(reference.features[kDebt].counts.missing > 200);
  CHECK(reference.features[kHome].extent == Extent{0, 1});
  CHECK(reference_of(rows) == reference);
}

TEST_CASE("reference: the order of rows is nothing") {
  Rows rows = make_rows(4, 3000);
  const Reference wanted = reference_of(rows);
  Rows reversed;
  for (std::size_t row = rows.size(); row-- > 0;) {
    const auto first = rows.numbers.begin() + std::ptrdiff_t(row * kNumbers);
    reversed.numbers.insert(reversed.numbers.end(), first, first + std::ptrdiff_t(kNumbers));
    reversed.countries.push_back(rows.countries[row]);
    reversed.scores.push_back(rows.scores[row]);
  }
  CHECK(reference_of(reversed) == wanted);
}

TEST_CASE("reference: scores without a scale span what was seen") {
  CHECK(profile_scores("s", std::vector<double>{-3, 1, 5}).scale == ScoreScale(-3, 5));
  CHECK(profile_scores("s", std::vector<double>{4, 4}).scale == ScoreScale(2, 6));
  CHECK(profile_scores("s", std::vector<double>{}).scale == ScoreScale(0, 1));
}

TEST_CASE("pane: rows one by one, at once and in parts of four threads are the same counters") {
  const Reference reference = reference_of(make_rows(5, 4000));
  const Rows rows = make_rows(6, 3001);
  const PaneCounts whole = counted(reference, rows);
  CHECK(whole.rows() == 3001);
  CHECK(one_by_one(reference, rows) == whole);

  std::vector<Rows> parts;
  for (std::uint64_t seed = 0; seed < 4; ++seed) parts.push_back(make_rows(100 + seed, 800));
  std::vector<PaneCounts> shards(4, PaneCounts(reference));
  std::vector<std::thread> threads;
  for (std::size_t i = 0; i < 4; ++i) {
    threads.emplace_back([&, i] { shards[i] = one_by_one(reference, parts[i]); });
  }
  for (std::thread& thread : threads) thread.join();
  PaneCounts forward(reference), backward(reference), in_one(reference);
  for (std::size_t i = 0; i < 4; ++i) {
    forward += shards[i];
    backward += shards[3 - i];
    in_one += counted(reference, parts[i]);
  }
  CHECK(forward == backward);
  CHECK(forward == in_one);
  forward -= shards[2];
  forward -= shards[0];
  PaneCounts rest = shards[1];
  rest += shards[3];
  CHECK(forward == rest);
}

TEST_CASE("pane: adding takes no memory") {
  const Reference reference = reference_of(make_rows(7, 2000));
  const Rows rows = make_rows(8, 500);
  PaneCounts pane(reference), other(reference);
  const std::uint64_t before = test::allocation_count();
  for (std::size_t row = 0; row < rows.size(); ++row) {
    pane.add_row(reference, std::span(rows.numbers).subspan(row * kNumbers, kNumbers),
                 {&rows.scores[row], 1});
    pane.add_category(reference, 0, rows.countries[row]);
  }
  pane.add_category(reference, 0, "a country of which nobody has ever heard, with a long name");
  other.add_rows(reference, {rows.numbers.data(), rows.size(), kNumbers},
                 {rows.scores.data(), rows.size(), 1});
  pane += other;
  pane -= other;
  CHECK(test::allocation_count() == before);
}

struct Spoiled {
  const char* name;
  std::function<void(Reference&)> edit;
  Reason reason;
};

const Spoiled kSpoiled[] = {
    {"a count in a bin that is not there",
     [](Reference& r) { r.features[kHome].counts.bins[63] = 1; }, Reason::invalid_number},
    {"a row more than the others", [](Reference& r) { ++r.features[1].counts.bins[3]; },
     Reason::invalid_length},
    {"a bin past the limit",
     [](Reference& r) { r.features[1].counts.bins[3] = kMaxReferenceRows + 1; },
     Reason::limit_exceeded},
    {"missing past the limit", [](Reference& r) { r.features[0].counts.missing = ~0ull; },
     Reason::limit_exceeded},
    {"infinite past the limit", [](Reference& r) { r.features[0].counts.infinite = ~0ull - 1; },
     Reason::limit_exceeded},
    {"a sum that is too great",
     [](Reference& r) { r.features[0].counts.sum = static_cast<Int128>(1) << 90; },
     Reason::invalid_number},
    {"negative squares", [](Reference& r) { r.features[0].counts.sum_squares = -1; },
     Reason::invalid_number},
    {"no least value", [](Reference& r) { r.features[0].extent = {}; }, Reason::invalid_number},
    {"a NaN extent", [](Reference& r) { r.features[0].extent.max = std::nan(""); },
     Reason::invalid_number},
    {"a name twice", [](Reference& r) { r.features[1].name = "income"; }, Reason::duplicate_name},
    {"a name that is not UTF-8", [](Reference& r) { r.features[1].name = "\xFF"; },
     Reason::invalid_utf8},
    {"a count without a category", [](Reference& r) { r.categories[0].counts.codes[63] = 1; },
     Reason::invalid_number},
    {"unseen in the reference",
     [](Reference& r) { r.categories[0].counts.codes[CategoryCodes::kUnseen] = 1; },
     Reason::invalid_number},
    {"a category past the limit", [](Reference& r) { r.categories[0].counts.codes[0] = ~0ull; },
     Reason::limit_exceeded},
    {"a histogram with a row less", [](Reference& r) { --r.scores[0].histogram.bins[50]; },
     Reason::invalid_length},
    {"a histogram past the limit", [](Reference& r) { r.scores[0].histogram.above = ~0ull; },
     Reason::limit_exceeded},
    {"too many columns", [](Reference& r) { r.features.resize(kMaxReferenceColumns); },
     Reason::limit_exceeded},
};

TEST_CASE("reference: counts that no rows can have are refused, naming the column") {
  const Reference good = reference_of(make_rows(9, 1000));
  for (const Spoiled& test : kSpoiled) {
    CAPTURE(test.name);
    Reference reference = good;
    test.edit(reference);
    try {
      validate(reference);
      FAIL_CHECK("accepted");
    } catch (const Error& error) {
      CHECK(error.code() == Code::invalid_argument);
      CHECK(error.reason() == test.reason);
    }
  }
}

}  // namespace
}  // namespace mlcore
