// SPDX-License-Identifier: Apache-2.0
// The parser uses infer: the type of each operation, and whether it can be null.
#include <fmt/format.h>

#include <algorithm>

#include "feature/operations.hpp"

namespace mlcore {
namespace {

using Arguments = std::span<const ValueType>;

bool any_nullable(Arguments arguments) noexcept {
  return std::any_of(arguments.begin(), arguments.end(),
                     [](const ValueType& value) { return value.nullable; });
}

bool all_of_type(Arguments arguments, Type type) noexcept {
  return std::all_of(arguments.begin(), arguments.end(),
                     [&](const ValueType& value) { return value.type == type; });
}

bool all_numbers(Arguments arguments) noexcept {
  return std::all_of(arguments.begin(), arguments.end(),
                     [](const ValueType& value) { return is_number(value.type); });
}

Inference fine(Type type, bool nullable) { return {{type, nullable}, {}}; }

Inference refuse(std::string_view what, std::string_view expected, Arguments arguments,
                 std::string_view advice = {}) {
  std::string found;
  for (const ValueType& value : arguments) {
    if (!found.empty()) found += " and ";
    found += name_of(value.type);
  }
  return {{},
          fmt::format("{} takes {}, found {}{}{}", what, expected, found,
                      advice.empty() ? "" : "; ", advice)};
}

Inference infer_arithmetic(Op op, Arguments arguments) {
  const std::string_view symbol = op == Op::negate ? "-" : find_binary(op)->symbol;
  if (!all_numbers(arguments)) {
    const bool has_time = std::any_of(arguments.begin(), arguments.end(), [](const ValueType& v) {
      return v.type == Type::timestamp || v.type == Type::duration;
    });
    return refuse(fmt::format("\"{}\"", symbol), "i64 or f64", arguments,
                  has_time ? "for the time between two timestamps write days_between(a, b)" : "");
  }
  if (op == Op::divide) return fine(Type::f64, any_nullable(arguments));
  // An i64 that leaves the range, or a division by 0, is null.
  if (all_of_type(arguments, Type::i64)) return fine(Type::i64, true);
  return fine(Type::f64, any_nullable(arguments));
}

Inference infer_comparison(Op op, Arguments arguments) {
  const std::string symbol = fmt::format("\"{}\"", find_binary(op)->symbol);
  const bool orders = op != Op::equal && op != Op::not_equal;
  const Type type = arguments[0].type;
  if (!all_numbers(arguments) && !all_of_type(arguments, type)) {
    return refuse(symbol, "two values of one type", arguments);
  }
  if (orders && type == Type::boolean) {
    return refuse(symbol, "numbers, strings, timestamps or durations", arguments);
  }
  return fine(Type::boolean, any_nullable(arguments));
}

/// The one type of several alternatives: equal, or f64 for i64 with f64.
Inference infer_alternatives(std::string_view name, Arguments arguments, bool nullable) {
  if (all_of_type(arguments, arguments[0].type)) return fine(arguments[0].type, nullable);
  if (all_numbers(arguments)) return fine(Type::f64, nullable);
  return refuse(name, "values of one type", arguments);
}

Inference infer_cast(Op op, ValueType argument) {
  const Type from = argument.type;
  const Function& function = *find_function(op);
  if (from == Type::timestamp || from == Type::duration) {
    return refuse(fmt::format("{}()", function.name), "bool, i64, f64 or string", {&argument, 1});
  }
  const Type to = op == Op::to_i64       ? Type::i64
                  : op == Op::to_f64     ? Type::f64
                  : op == Op::to_boolean ? Type::boolean
                                         : Type::string;
  // Text may not be a value; an f64 may be outside the range or not a number.
  const bool may_fail = from != to && (from == Type::string || from == Type::f64);
  return fine(to, argument.nullable || may_fail);
}

}  // namespace

Inference infer(Op op, Arguments arguments) {
  switch (op) {
    case Op::negate:
    case Op::add:
    case Op::subtract:
    case Op::multiply:
    case Op::divide:
    case Op::floor_divide:
    case Op::modulo: return infer_arithmetic(op, arguments);
    case Op::equal:
    case Op::not_equal:
    case Op::less:
    case Op::less_equal:
    case Op::greater:
    case Op::greater_equal: return infer_comparison(op, arguments);
    case Op::logical_and:
    case Op::logical_or:
    case Op::logical_not:
      if (all_of_type(arguments, Type::boolean))
        return fine(Type::boolean, any_nullable(arguments));
      return refuse(op == Op::logical_not   ? "\"not\""
                    : op == Op::logical_and ? "\"and\""
                                            : "\"or\"",
                    "bool", arguments);
    case Op::if_else:
      if (arguments[0].type != Type::boolean) {
        return refuse("the condition of if()", "bool", arguments.first(1));
      }
      return infer_alternatives("if(condition, a, b)", arguments.subspan(1),
                                any_nullable(arguments.subspan(1)));
    case Op::coalesce:
      return infer_alternatives("coalesce()", arguments,
                                std::all_of(arguments.begin(), arguments.end(),
                                            [](const ValueType& value) { return value.nullable; }));
    case Op::is_null: return fine(Type::boolean, false);
    case Op::ln1p:
      if (!all_numbers(arguments)) return refuse("ln1p()", "i64 or f64", arguments);
      return fine(Type::f64, any_nullable(arguments));
    case Op::days_between:
      if (!all_of_type(arguments, Type::timestamp)) {
        return refuse("days_between(a, b)", "two timestamps", arguments);
      }
      return fine(Type::i64, any_nullable(arguments));
    case Op::to_i64:
    case Op::to_f64:
    case Op::to_boolean:
    case Op::to_string: return infer_cast(op, arguments[0]);
    case Op::fit:
      if (!all_numbers(arguments)) return refuse("standard_scale()", "i64 or f64", arguments);
      return fine(Type::f64, any_nullable(arguments));
    case Op::constant:
    case Op::column:
    case Op::as_of:
    case Op::aggregate: break;
  }
  return {{}, "a leaf has no arguments"};
}

Inference infer(Aggregation function, ValueType argument, bool has_default) {
  const Arguments one(&argument, 1);
  switch (function) {
    case Aggregation::count:
    case Aggregation::count_value:
      if (has_default) return {{}, "count is 0 where there is no event, expected no default"};
      return fine(Type::i64, false);
    case Aggregation::sum:
    case Aggregation::avg: {
      if (!is_number(argument.type)) {
        return refuse(fmt::format("{}()", name_of(function)), "i64 or f64", one);
      }
      if (function == Aggregation::avg) return fine(Type::f64, !has_default);
      // An i64 sum that leaves the range is null, and a default does not replace that null.
      return fine(argument.type, !has_default || argument.type == Type::i64);
    }
    case Aggregation::min:
    case Aggregation::max:
    case Aggregation::first:
    case Aggregation::last: return fine(argument.type, !has_default);
  }
  return {{}, "no such aggregate"};
}

}  // namespace mlcore
