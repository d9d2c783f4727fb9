// SPDX-License-Identifier: Apache-2.0
#pragma once

// Values kept in order lazily: a beginning of `sorted` values that is in order, and behind it the
// others in runs, each in order. Their lengths are the powers of two whose sum their number is,
// longest first, so that two runs of equal length are merged at once, and taking n values in any
// order costs O(n log n) comparisons.
//
//   push_sorted(values, sorted, value, is_less);
//   settle(values, sorted, is_less);  // all in order: sorted == values.size()

#include <algorithm>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace mlcore {

/// Calls `visit(begin, end)` for each run that holds values.
template <typename Visit>
void for_each_run(std::size_t sorted, std::size_t size, Visit visit) {
  if (sorted > 0) visit(std::size_t{0}, sorted);
  for (std::size_t begin = sorted; begin < size;) {
    const std::size_t end = begin + std::bit_floor(size - begin);
    visit(begin, end);
    begin = end;
  }
}

/// Makes one run of the adjacent runs [first, middle) and [middle, last).
template <typename Iterator, typename IsLess>
void merge_runs(Iterator first, Iterator middle, Iterator last, IsLess is_less) noexcept {
  if (first == middle || middle == last || !is_less(*middle, *(middle - 1))) return;
  if (last - middle == 1) {
    std::rotate(std::upper_bound(first, middle, *middle, is_less), middle, last);
  } else {
    std::inplace_merge(first, middle, last, is_less);  // slower where there is no memory for it
  }
}

template <typename T, typename IsLess>
void settle(std::vector<T>& values, std::uint32_t& sorted, IsLess is_less) noexcept {
  auto middle = values.end();
  for (std::size_t left = values.size() - sorted; left > 0;) {
    left &= left - 1;  // without the last run
    const auto first = values.begin() + static_cast<std::ptrdiff_t>(sorted + left);
    merge_runs(first, middle, values.end(), is_less);
    middle = first;
  }
  merge_runs(values.begin(), middle, values.end(), is_less);
  sorted = static_cast<std::uint32_t>(values.size());
}

/// Requires: capacity for one more.
template <typename T, typename IsLess>
void push_sorted(std::vector<T>& values, std::uint32_t& sorted, const T& value,
                 IsLess is_less) noexcept {
  const bool is_next =
      sorted == values.size() && (values.empty() || !is_less(value, values.back()));
  values.push_back(value);
  if (is_next) {
    ++sorted;
    return;
  }
  const std::size_t unsorted = values.size() - sorted;
  const auto end = values.end();
  for (std::ptrdiff_t length = 1; (unsorted & static_cast<std::size_t>(length)) == 0; length *= 2) {
    merge_runs(end - 2 * length, end - length, end, is_less);
  }
  if (unsorted >= sorted) settle(values, sorted, is_less);
}

}  // namespace mlcore
