// SPDX-License-Identifier: Apache-2.0
#include "feature/sorted_runs.hpp"

#include <doctest/doctest.h>

#include <numeric>
#include <random>

namespace mlcore {
namespace {

/// Values taken one by one; `work` counts comparisons.
struct Runs {
  std::vector<int> values;
  std::uint32_t sorted = 0;
  std::uint64_t work = 0;

  void push(int value) {
    push_sorted(values, sorted, value,
                [this](int left, int right) { return is_less(left, right); });
  }
  void settle() {
    mlcore::settle(values, sorted, [this](int left, int right) { return is_less(left, right); });
  }
  bool is_less(int left, int right) {
    ++work;
    return left < right;
  }
  /// Whether every run is in order, and there are no more of them than a binary number has digits.
  [[nodiscard]] bool is_in_runs() const {
    std::size_t count = 0;
    std::size_t reached = 0;
    bool is_right = true;
    for_each_run(sorted, values.size(), [&](std::size_t begin, std::size_t end) {
      const auto at = [&](std::size_t i) {
        return values.begin() + static_cast<std::ptrdiff_t>(i);
      };
      is_right = is_right && begin == reached && end > begin && std::is_sorted(at(begin), at(end));
      reached = end;
      ++count;
    });
    return is_right && reached == values.size() && count <= 1 + std::bit_width(values.size());
  }
};

std::vector<int> arrivals(const std::string& order, int count, std::mt19937_64& engine) {
  std::vector<int> values(static_cast<std::size_t>(count));
  std::iota(values.begin(), values.end(), 0);
  if (order == "descending") std::reverse(values.begin(), values.end());
  if (order == "random") std::shuffle(values.begin(), values.end(), engine);
  if (order == "equal") std::fill(values.begin(), values.end(), 7);
  for (int i = 0; i < count; ++i) {
    int& value = values[static_cast<std::size_t>(i)];
    if (order == "outwards") value = i % 2 == 0 ? i : -i;
    if (order == "inwards") value = i % 2 == 0 ? i : 2 * count - i;
    if (order == "blocks, newest first") value = (count - i) / 100 * 100 + i % 100;
  }
  return values;
}

}  // namespace

TEST_CASE("sorted runs: every order of arrival costs O(n log n) comparisons") {
  constexpr int kCount = 1 << 16;
  std::mt19937_64 engine(1);
  for (const std::string order : {"ascending", "descending", "random", "equal", "outwards",
                                  "inwards", "blocks, newest first"}) {
    CAPTURE(order);
    std::vector<int> expected = arrivals(order, kCount, engine);
    Runs runs;
    for (const int value : expected) runs.push(value);
    CHECK(runs.is_in_runs());
    runs.settle();
    std::sort(expected.begin(), expected.end());
    CHECK(runs.values == expected);
    CHECK(runs.sorted == kCount);
    CHECK(runs.work < 2 * 16 * std::uint64_t{kCount});
    if (order == "ascending" || order == "equal") CHECK(runs.work < kCount);
  }
}

TEST_CASE("sorted runs: values pushed and settled at any time are in order") {
  for (std::uint64_t seed = 0; seed < 200; ++seed) {
    CAPTURE(seed);
    std::mt19937_64 engine(seed);
    Runs runs;
    std::vector<int> expected;
    for (int i = 0; i < 300; ++i) {
      const int value = static_cast<int>(engine() % 50);
      runs.push(value);
      expected.push_back(value);
      REQUIRE(runs.is_in_runs());
      if (engine() % (1 + seed) == 0) runs.settle();
    }
    runs.settle();
    std::sort(expected.begin(), expected.end());
    CHECK(runs.values == expected);
    const std::uint64_t work = runs.work;
    runs.settle();
    CHECK(runs.work == work);
  }
}

}  // namespace mlcore
