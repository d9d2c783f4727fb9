// SPDX-License-Identifier: Apache-2.0
#pragma once

// Columns by name, type and nullability, in order.
//
//   Schema schema({{"customer", Type::string, false}, {"age", Type::i64, true}});
//   schema.find("age");  // 1

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace mlcore {

/// The types of a column. The numbers are part of the C ABI and of every file.
enum class Type : std::uint8_t {
  boolean = 1,
  i64 = 2,
  f64 = 3,
  string = 4,
  timestamp = 5,
  duration = 6,
};

/// As the definition language spells it: `bool i64 f64 string timestamp duration`.
[[nodiscard]] std::string_view name_of(Type type) noexcept;

struct Field {
  std::string name;
  Type type;
  bool nullable;

  friend bool operator==(const Field&, const Field&) = default;
};

class Schema {
 public:
  Schema() = default;
  /// Throws: invalid_argument/duplicate_column.
  explicit Schema(std::vector<Field> fields);

  [[nodiscard]] const std::vector<Field>& fields() const noexcept { return fields_; }
  [[nodiscard]] std::size_t size() const noexcept { return fields_.size(); }
  [[nodiscard]] const Field& operator[](std::size_t index) const noexcept { return fields_[index]; }
  /// Cost: O(log fields).
  [[nodiscard]] std::optional<std::size_t> find(std::string_view name) const noexcept;

  friend bool operator==(const Schema&, const Schema&) = default;

 private:
  std::vector<Field> fields_;
  std::vector<std::uint32_t> by_name_;  // positions, sorted by name
};

}  // namespace mlcore
