// SPDX-License-Identifier: Apache-2.0
#pragma once

// The words of the language and what they take: one table each, read by the parser, the printer
// and the fingerprint.

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "mlcore/feature/definition.hpp"

namespace mlcore {

/// How tightly an operator binds; all associate to the left, comparisons do not associate.
enum Precedence : int {
  kOrPrecedence = 1,
  kAndPrecedence = 2,
  kNotPrecedence = 3,
  kComparisonPrecedence = 4,
  kAdditivePrecedence = 5,
  kMultiplicativePrecedence = 6,
  kUnaryPrecedence = 7,
  kPrimaryPrecedence = 8,
};

struct BinaryOperator {
  std::string_view symbol;
  Op op;
  int precedence;
};

/// Absent = null. `find_binary(op)` also finds by operation.
[[nodiscard]] const BinaryOperator* find_binary(std::string_view symbol) noexcept;
[[nodiscard]] const BinaryOperator* find_binary(Op op) noexcept;

struct Function {
  std::string_view name;
  Op op;
  std::uint8_t least_arguments;
  std::uint8_t most_arguments;
};

[[nodiscard]] const Function* find_function(std::string_view name) noexcept;
[[nodiscard]] const Function* find_function(Op op) noexcept;

struct AggregateFunction {
  std::string_view name;
  Aggregation with_argument;
};

/// `count` with an argument is count_value.
[[nodiscard]] const AggregateFunction* find_aggregate(std::string_view name) noexcept;
[[nodiscard]] std::string_view name_of(Aggregation function) noexcept;
[[nodiscard]] std::string_view name_of(Transform transform) noexcept;
[[nodiscard]] std::string_view name_of(Role role) noexcept;
[[nodiscard]] std::string_view name_of(Closed closed) noexcept;

/// Every callable name, for suggestions.
[[nodiscard]] std::vector<std::string_view> function_names();

/// Words that can't be names. Clause words are those that may follow `over STREAM`.
[[nodiscard]] bool is_reserved(std::string_view word) noexcept;
[[nodiscard]] bool is_clause_word(std::string_view word) noexcept;
/// Aggregates and transforms of the language's plan that this version does not compute.
[[nodiscard]] bool is_planned_aggregate(std::string_view name) noexcept;

/// Part of the fingerprint. A change of meaning takes a new version, and the old one stays.
[[nodiscard]] std::uint16_t version_of(Op op) noexcept;
[[nodiscard]] std::uint16_t version_of(Aggregation function) noexcept;
[[nodiscard]] std::uint16_t version_of(Transform transform) noexcept;

struct ValueType {
  Type type;
  bool nullable;
};

/// The type of an operation, or why it does not take these arguments.
struct Inference {
  ValueType value{Type::i64, true};
  std::string complaint;  // empty = fine
};

/// For the operators and functions, not for the leaves.
[[nodiscard]] Inference infer(Op op, std::span<const ValueType> arguments);
/// Requires: an argument for every function but count.
[[nodiscard]] Inference infer(Aggregation function, ValueType argument, bool has_default);

[[nodiscard]] constexpr bool is_number(Type type) noexcept {
  return type == Type::i64 || type == Type::f64;
}

}  // namespace mlcore
