// SPDX-License-Identifier: Apache-2.0
// The parser, the printer and the fingerprint use the tables of words.
#include "feature/operations.hpp"

#include <algorithm>
#include <array>

namespace mlcore {
namespace {

constexpr std::array kBinary = {
    BinaryOperator{"or", Op::logical_or, kOrPrecedence},
    BinaryOperator{"and", Op::logical_and, kAndPrecedence},
    BinaryOperator{"==", Op::equal, kComparisonPrecedence},
    BinaryOperator{"!=", Op::not_equal, kComparisonPrecedence},
    BinaryOperator{"<", Op::less, kComparisonPrecedence},
    BinaryOperator{"<=", Op::less_equal, kComparisonPrecedence},
    BinaryOperator{">", Op::greater, kComparisonPrecedence},
    BinaryOperator{">=", Op::greater_equal, kComparisonPrecedence},
    BinaryOperator{"+", Op::add, kAdditivePrecedence},
    BinaryOperator{"-", Op::subtract, kAdditivePrecedence},
    BinaryOperator{"*", Op::multiply, kMultiplicativePrecedence},
    BinaryOperator{"/", Op::divide, kMultiplicativePrecedence},
    BinaryOperator{"//", Op::floor_divide, kMultiplicativePrecedence},
    BinaryOperator{"%", Op::modulo, kMultiplicativePrecedence},
};

constexpr std::array kFunctions = {
    Function{"if", Op::if_else, 3, 3},
    Function{"coalesce", Op::coalesce, 2, 3},
    Function{"is_null", Op::is_null, 1, 1},
    Function{"ln1p", Op::ln1p, 1, 1},
    Function{"days_between", Op::days_between, 2, 2},
    Function{"as_of", Op::as_of, 0, 0},
    Function{"i64", Op::to_i64, 1, 1},
    Function{"f64", Op::to_f64, 1, 1},
    Function{"bool", Op::to_boolean, 1, 1},
    Function{"string", Op::to_string, 1, 1},
};

constexpr std::array kAggregates = {
    AggregateFunction{"count", Aggregation::count_value},
    AggregateFunction{"sum", Aggregation::sum},
    AggregateFunction{"avg", Aggregation::avg},
    AggregateFunction{"min", Aggregation::min},
    AggregateFunction{"max", Aggregation::max},
    AggregateFunction{"first", Aggregation::first},
    AggregateFunction{"last", Aggregation::last},
};

constexpr std::array<std::string_view, 13> kClauseWords = {
    "over",  "by",     "where",           "last",    "hop", "events", "within", "lifetime",
    "delay", "closed", "include_current", "default", "next"};

constexpr std::array<std::string_view, 12> kOtherReserved = {
    "features", "stream", "input", "output", "fit",   "first",
    "and",      "or",     "not",   "true",   "false", "null"};

constexpr std::array<std::string_view, 8> kPlannedAggregates = {
    "var_samp", "var_pop", "stddev_samp", "stddev_pop",
    "distinct", "rate",    "last_k",      "time_since_last"};

template <typename Table>
auto find_by_name(const Table& table, std::string_view name) noexcept -> decltype(table.data()) {
  const auto found = std::find_if(table.begin(), table.end(),
                                  [&](const auto& entry) { return entry.name == name; });
  return found == table.end() ? nullptr : &*found;
}

template <typename Words>
bool contains(const Words& words, std::string_view word) noexcept {
  return std::find(words.begin(), words.end(), word) != words.end();
}

}  // namespace

const BinaryOperator* find_binary(std::string_view symbol) noexcept {
  const auto found = std::find_if(kBinary.begin(), kBinary.end(),
                                  [&](const auto& entry) { return entry.symbol == symbol; });
  return found == kBinary.end() ? nullptr : &*found;
}

const BinaryOperator* find_binary(Op op) noexcept {
  const auto found = std::find_if(kBinary.begin(), kBinary.end(),
                                  [&](const auto& entry) { return entry.op == op; });
  return found == kBinary.end() ? nullptr : &*found;
}

const Function* find_function(std::string_view name) noexcept {
  return find_by_name(kFunctions, name);
}

const Function* find_function(Op op) noexcept {
  const auto found = std::find_if(kFunctions.begin(), kFunctions.end(),
                                  [&](const auto& entry) { return entry.op == op; });
  return found == kFunctions.end() ? nullptr : &*found;
}

const AggregateFunction* find_aggregate(std::string_view name) noexcept {
  return find_by_name(kAggregates, name);
}

std::string_view name_of(Aggregation function) noexcept {
  if (function == Aggregation::count) return "count";
  for (const AggregateFunction& entry : kAggregates) {
    if (entry.with_argument == function) return entry.name;
  }
  return {};
}

std::string_view name_of(Transform transform) noexcept {
  switch (transform) {
    case Transform::standard_scale: return "standard_scale";
  }
  return {};
}

std::string_view name_of(Role role) noexcept {
  switch (role) {
    case Role::none: return "";
    case Role::key: return "key";
    case Role::event: return "event";
    case Role::tie: return "tie";
    case Role::known: return "known";
  }
  return {};
}

std::string_view name_of(Closed closed) noexcept {
  switch (closed) {
    case Closed::left: return "left";
    case Closed::right: return "right";
    case Closed::both: return "both";
    case Closed::neither: return "neither";
  }
  return {};
}

std::vector<std::string_view> function_names() {
  std::vector<std::string_view> names = {"timestamp"};
  for (const Function& function : kFunctions) names.push_back(function.name);
  for (const AggregateFunction& function : kAggregates) names.push_back(function.name);
  return names;
}

bool is_reserved(std::string_view word) noexcept {
  return contains(kClauseWords, word) || contains(kOtherReserved, word);
}

bool is_clause_word(std::string_view word) noexcept { return contains(kClauseWords, word); }

bool is_planned_aggregate(std::string_view name) noexcept {
  return contains(kPlannedAggregates, name);
}

// Every operation is in its first version. A second one will be a case here and a value of its own
// in the IR.
std::uint16_t version_of(Op) noexcept { return 1; }
std::uint16_t version_of(Aggregation) noexcept { return 1; }
std::uint16_t version_of(Transform) noexcept { return 1; }

}  // namespace mlcore
