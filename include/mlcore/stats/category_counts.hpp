// SPDX-License-Identifier: Apache-2.0
#pragma once

// Counters of one column of text against the categories that a reference had.
//
//   CategoryCodes codes = CategoryCodes::from_sample(train_column);
//   CategoryCounts pane;
//   pane.add(codes, "FR");
//   pane.add_missing();
//   day += pane;
//
// The most frequent categories have a counter each. The others that the reference knows share one,
// and what it has never seen has another.

#include <array>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace mlcore {

inline constexpr std::size_t kMaxCategories = 64;      // with a counter of their own
inline constexpr std::size_t kMaxKnownNames = 1024;    // of which the names are kept
inline constexpr std::size_t kMaxCategoryBytes = 256;  // a longer text is known by its beginning

/// Immutable. Thread-safe.
class CategoryCodes {
 public:
  static constexpr std::uint32_t kOther = kMaxCategories;
  static constexpr std::uint32_t kUnseen = kMaxCategories + 1;

  CategoryCodes() = default;
  /// `names`: the category of each code, then the known ones that share `kOther`. `is_open`: there
  /// were more than are kept, so that a text which is not among them counts as other.
  /// Throws: invalid_argument/limit_exceeded (names, bytes of one), duplicate_name,
  /// invalid_length (fewer names than `own_count`, or more own than counters), invalid_utf8.
  CategoryCodes(std::vector<std::string> names, std::size_t own_count, bool is_open);

  /// By count, then by bytes; absent = missing. Texts are cut to kMaxCategoryBytes at a code point.
  [[nodiscard]] static CategoryCodes from_sample(
      std::span<const std::optional<std::string_view>> values);

  [[nodiscard]] const std::vector<std::string>& names() const noexcept { return names_; }
  [[nodiscard]] std::size_t own_count() const noexcept { return own_count_; }
  [[nodiscard]] bool is_open() const noexcept { return is_open_; }

  /// Below own_count(), or kOther, or kUnseen. Cost: one hash look-up, no allocation.
  [[nodiscard]] std::uint32_t code_of(std::string_view text) const noexcept;

  friend bool operator==(const CategoryCodes& a, const CategoryCodes& b) noexcept {
    return a.names_ == b.names_ && a.own_count_ == b.own_count_ && a.is_open_ == b.is_open_;
  }

 private:
  struct Hash : std::hash<std::string_view> {
    using is_transparent = void;
  };

  std::vector<std::string> names_;
  std::size_t own_count_ = 0;
  bool is_open_ = false;
  std::unordered_map<std::string, std::uint32_t, Hash, std::equal_to<>> codes_;
};

/// A group, as NumericCounts. Thread-safe: not. Cost: no allocation, no lock.
struct CategoryCounts {
  std::array<std::uint64_t, kMaxCategories + 2> codes{};  // each own one, other, unseen
  std::uint64_t missing = 0;

  void add(const CategoryCodes& reference, std::string_view text) noexcept {
    ++codes[reference.code_of(text)];
  }
  void add_missing() noexcept { ++missing; }
  CategoryCounts& operator+=(const CategoryCounts& other) noexcept;
  CategoryCounts& operator-=(const CategoryCounts& other) noexcept;
  friend bool operator==(const CategoryCounts&, const CategoryCounts&) = default;

  [[nodiscard]] std::uint64_t present() const noexcept;
  [[nodiscard]] std::uint64_t rows() const noexcept { return present() + missing; }
};

}  // namespace mlcore
