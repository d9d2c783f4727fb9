// SPDX-License-Identifier: Apache-2.0
#pragma once

// Rows of a lender's model: six numbers, a text and a probability, and the trouble that happens to
// them.
//
//   Rows rows = make_rows(seed, 1000);
//   Reference reference = reference_of(make_rows(1, 20'000));
//   compare(reference, counted(reference, rows), {});

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "mlcore/base/math.hpp"
#include "mlcore/drift/reference.hpp"
#include "stats/samples.hpp"

namespace mlcore {

inline constexpr std::size_t kIncome = 0;
inline constexpr std::size_t kAge = 1;
inline constexpr std::size_t kOrders = 2;
inline constexpr std::size_t kHome = 3;
inline constexpr std::size_t kTail = 4;
inline constexpr std::size_t kDebt = 5;
inline constexpr std::size_t kNumbers = 6;
inline constexpr const char* kNames[] = {"income", "age", "orders", "is_home", "tail", "debt"};

struct Rows {
  std::vector<double> numbers;  // [rows, kNumbers]
  std::vector<std::optional<std::string_view>> countries;
  std::vector<double> scores;

  [[nodiscard]] std::size_t size() const { return scores.size(); }
  [[nodiscard]] std::vector<double> column(std::size_t index) const {
    std::vector<double> values;
    for (std::size_t row = 0; row < size(); ++row)
      values.push_back(numbers[row * kNumbers + index]);
    return values;
  }
  template <typename Change>
  void change(std::size_t index, Change new_value) {
    for (std::size_t row = 0; row < size(); ++row) {
      double& value = numbers[row * kNumbers + index];
      value = new_value(value);
    }
  }
};

inline std::optional<std::string_view> make_country(SampleRandom& random) {
  constexpr std::string_view kCountries[] = {"FR", "DE", "ES", "IT", "PT", "NL", "BE", "LU", "MT"};
  if (random.below(50) == 0) return std::nullopt;
  std::size_t i = 0;
  while (i < 8 && random.below(2) == 0) ++i;
  return kCountries[i];
}

inline Rows make_rows(std::uint64_t seed, std::size_t count) {
  SampleRandom random(seed);
  Rows rows;
  for (std::size_t row = 0; row < count; ++row) {
    const double income = 75'000 + 20'000 * random.normal();
    const double orders = random.below(10) < 6 ? 0 : static_cast<double>(random.below(12));
    const double tail = exp(2.5 * random.normal());  // one value in a thousand is 2,000 medians
    const double debt = random.below(20) == 0 ? std::nan("") : 10'000 * random.uniform();
    const double is_home = random.below(100) < 85 ? 1 : 0;
    const double age = 18 + static_cast<double>(random.below(60));
    rows.numbers.insert(rows.numbers.end(), {income, age, orders, is_home, tail, debt});
    rows.countries.push_back(make_country(random));
    rows.scores.push_back(1 / (1 + exp(-(income - 75'000) / 20'000 - random.normal())));
  }
  return rows;
}

inline Reference reference_of(const Rows& rows) {
  Reference reference;
  for (std::size_t i = 0; i < kNumbers; ++i) {
    reference.features.push_back(profile_numeric(kNames[i], rows.column(i)));
  }
  reference.categories.push_back(profile_category("country", rows.countries));
  reference.scores.push_back(profile_scores("prediction", rows.scores, ScoreScale(0, 1)));
  return reference;
}

inline PaneCounts counted(const Reference& reference, const Rows& rows) {
  PaneCounts pane(reference);
  pane.add_rows(reference, {rows.numbers.data(), rows.size(), kNumbers},
                {rows.scores.data(), rows.size(), 1});
  for (const auto& country : rows.countries) pane.add_category(reference, 0, country);
  return pane;
}

}  // namespace mlcore
