// SPDX-License-Identifier: Apache-2.0
// Outside code uses numeric_table, category_table and pooled.
#include "drift/table.hpp"

#include <algorithm>
#include <numeric>
#include <span>

namespace mlcore {
namespace {

constexpr std::uint64_t kGroupPart = 10;     // a group closes with a tenth of the reference
constexpr std::uint64_t kSmallestPart = 50;  // a remainder below a fiftieth joins a neighbour
constexpr std::uint64_t kLeastExpected = 5;  // Source: Cochran 1952

/// Where each group of bins ends, by the reference's counts.
std::vector<std::size_t> group_ends(std::span<const std::uint64_t> bins) {
  std::uint64_t total = 0;
  for (const std::uint64_t bin : bins) total += bin;
  const auto is_group = [&](std::uint64_t count) { return count * kGroupPart >= total; };
  std::vector<std::size_t> ends;
  std::uint64_t open = 0;      // rows since the last end
  std::size_t open_begin = 0;  // the first bin since then
  for (std::size_t bin = 0; bin < bins.size(); ++bin) {
    if (is_group(bins[bin]) && bin > open_begin) {  // what is open does not join a heavy bin …
      if (open * kSmallestPart >= total) {
        ends.push_back(bin);
        open = 0;
      } else if (!ends.empty()) {
        ends.back() = bin;
        open = 0;
      }  // … but where it is tiny and there is nothing on its left
    }
    open += bins[bin];
    if (!is_group(open)) continue;
    ends.push_back(bin + 1);
    open = 0;
    open_begin = bin + 1;
  }
  if (open * kSmallestPart >= total || ends.empty()) {
    if (ends.empty() || ends.back() != bins.size()) ends.push_back(bins.size());
  }
  ends.back() = bins.size();
  return ends;
}

void add_unless_empty(Table& table, std::uint64_t reference, std::uint64_t current) {
  if (reference + current > 0) table.add(reference, current);
}

}  // namespace

Table numeric_table(const NumericProfile& profile, const NumericCounts& current) {
  Table table;
  const std::span all(profile.counts.bins);
  const auto bins = all.first(profile.bins.bin_count());
  std::size_t begin = 0;
  for (const std::size_t end : group_ends(bins)) {
    std::uint64_t r = 0, c = 0;
    for (; begin < end; ++begin) {
      r += profile.counts.bins[begin];
      c += current.bins[begin];
    }
    add_unless_empty(table, r, c);
  }
  add_unless_empty(table, profile.counts.missing + profile.counts.infinite,
                   current.missing + current.infinite);
  return table;
}

Table category_table(const CategoryProfile& profile, const CategoryCounts& current) {
  Table table;
  const std::uint64_t total = profile.counts.present();
  std::uint64_t r = profile.counts.codes[CategoryCodes::kOther];
  std::uint64_t c = current.codes[CategoryCodes::kOther];
  for (std::size_t code = 0; code < profile.codes.own_count(); ++code) {
    const std::uint64_t count = profile.counts.codes[code];
    if (count * kSmallestPart >= total) {
      add_unless_empty(table, count, current.codes[code]);
    } else {
      r += count;
      c += current.codes[code];
    }
  }
  add_unless_empty(table, r, c);
  add_unless_empty(table, profile.counts.codes[CategoryCodes::kUnseen],
                   current.codes[CategoryCodes::kUnseen]);
  add_unless_empty(table, profile.counts.missing, current.missing);
  return table;
}

Table pooled(const Table& table) {
  const std::uint64_t n =
      std::accumulate(table.reference.begin(), table.reference.end(), std::uint64_t{0});
  const std::uint64_t m =
      std::accumulate(table.current.begin(), table.current.end(), std::uint64_t{0});
  const auto is_small = [&](std::uint64_t rows) {
    const Int128 expected = static_cast<Int128>(std::min(n, m)) * rows;
    return expected < static_cast<Int128>(n + m) * kLeastExpected;
  };
  std::vector<std::size_t> order(table.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::stable_sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) {
    return table.reference[a] + table.current[a] < table.reference[b] + table.current[b];
  });
  Table result;
  std::uint64_t r = 0, c = 0;
  for (const std::size_t group : order) {
    const std::uint64_t rows = table.reference[group] + table.current[group];
    if (!is_small(rows) && (r + c == 0 || !is_small(r + c))) {
      result.add(table.reference[group], table.current[group]);
      continue;
    }
    r += table.reference[group];
    c += table.current[group];
  }
  if (r + c > 0) result.add(r, c);
  return result;
}

}  // namespace mlcore
