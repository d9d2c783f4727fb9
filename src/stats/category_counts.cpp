// SPDX-License-Identifier: Apache-2.0
// Outside code uses CategoryCodes and CategoryCounts.
#include "mlcore/stats/category_counts.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <utility>

#include "mlcore/base/bytes.hpp"
#include "mlcore/base/error.hpp"

namespace mlcore {
namespace {

/// The longest beginning of at most kMaxCategoryBytes that does not cut a code point.
std::string_view cut(std::string_view text) noexcept {
  if (text.size() <= kMaxCategoryBytes) return text;
  std::size_t size = kMaxCategoryBytes;
  while (size > 0 && (static_cast<unsigned char>(text[size]) & 0xC0) == 0x80) --size;
  return text.substr(0, size);
}

[[noreturn]] void fail(Reason reason, std::string message) {
  throw Error(Code::invalid_argument, reason, std::move(message));
}

}  // namespace

CategoryCodes::CategoryCodes(std::vector<std::string> names, std::size_t own_count, bool is_open)
    : names_(std::move(names)), own_count_(own_count), is_open_(is_open) {
  if (names_.size() > kMaxKnownNames) {
    fail(Reason::limit_exceeded,
         fmt::format("{} categories, the limit is {}", names_.size(), kMaxKnownNames));
  }
  if (own_count_ > names_.size() || own_count_ > kMaxCategories) {
    fail(Reason::invalid_length,
         fmt::format("{} categories with a counter of {} names, the limit is {}", own_count_,
                     names_.size(), kMaxCategories));
  }
  for (std::size_t i = 0; i < names_.size(); ++i) {
    const std::string& name = names_[i];
    if (name.size() > kMaxCategoryBytes) {
      fail(Reason::limit_exceeded, fmt::format("category {} has {} bytes, the limit is {}", i,
                                               name.size(), kMaxCategoryBytes));
    }
    if (!is_utf8(name)) fail(Reason::invalid_utf8, fmt::format("category {} is not UTF-8", i));
    const auto code = i < own_count_ ? static_cast<std::uint32_t>(i) : kOther;
    if (!codes_.emplace(name, code).second) {
      fail(Reason::duplicate_name, fmt::format("category \"{}\" occurs twice", name));
    }
  }
}

CategoryCodes CategoryCodes::from_sample(std::span<const std::optional<std::string_view>> values) {
  std::map<std::string_view, std::uint64_t> counts;
  for (const auto& value : values) {
    if (value) ++counts[cut(*value)];
  }
  std::vector<std::pair<std::string_view, std::uint64_t>> order(counts.begin(), counts.end());
  std::stable_sort(order.begin(), order.end(),
                   [](const auto& a, const auto& b) { return a.second > b.second; });
  const std::size_t kept = std::min(order.size(), kMaxKnownNames);
  std::vector<std::string> names;
  names.reserve(kept);
  for (std::size_t i = 0; i < kept; ++i) names.emplace_back(order[i].first);
  return {std::move(names), std::min(kept, kMaxCategories), order.size() > kMaxKnownNames};
}

std::uint32_t CategoryCodes::code_of(std::string_view text) const noexcept {
  const auto found = codes_.find(cut(text));
  if (found != codes_.end()) return found->second;
  return is_open_ ? kOther : kUnseen;
}

CategoryCounts& CategoryCounts::operator+=(const CategoryCounts& other) noexcept {
  for (std::size_t i = 0; i < codes.size(); ++i) codes[i] += other.codes[i];
  missing += other.missing;
  return *this;
}

CategoryCounts& CategoryCounts::operator-=(const CategoryCounts& other) noexcept {
  for (std::size_t i = 0; i < codes.size(); ++i) codes[i] -= other.codes[i];
  missing -= other.missing;
  return *this;
}

std::uint64_t CategoryCounts::present() const noexcept {
  std::uint64_t total = 0;
  for (const std::uint64_t code : codes) total += code;
  return total;
}

}  // namespace mlcore
