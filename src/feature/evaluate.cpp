// SPDX-License-Identifier: Apache-2.0
// Outside code uses evaluate; fitting uses evaluate_nodes. docs/language.md says what each
// operation means; a change of meaning takes a new version of it.
#include "feature/evaluate.hpp"

#include <charconv>
#include <cmath>
#include <compare>
#include <limits>

#include "mlcore/base/math.hpp"
#include "mlcore/base/number.hpp"
#include "mlcore/base/time.hpp"

namespace mlcore {
namespace {

constexpr double kTwoTo63 = 9223372036854775808.0;

Cell integer_arithmetic(Op op, std::int64_t a, std::int64_t b) noexcept {
  std::int64_t value = 0;
  bool overflows = false;
  if (op == Op::add) overflows = __builtin_add_overflow(a, b, &value);
  if (op == Op::subtract) overflows = __builtin_sub_overflow(a, b, &value);
  if (op == Op::multiply) overflows = __builtin_mul_overflow(a, b, &value);
  if (op == Op::floor_divide || op == Op::modulo) {
    if (b == 0) return Cell::null();
    // INT64_MIN / -1 and INT64_MIN % -1 trap.
    if (b == -1)
      return op == Op::modulo ? Cell::of(std::int64_t{0}) : integer_arithmetic(Op::subtract, 0, a);
    const std::int64_t rest = a % b;
    const bool rounds_up = rest != 0 && (rest < 0) != (b < 0);
    value = op == Op::modulo ? rest + (rounds_up ? b : 0) : a / b - (rounds_up ? 1 : 0);
  }
  return overflows ? Cell::null() : Cell::of(value);
}

/// fmod is exact; the result takes the divisor's sign. Source: CPython 3.11, float_rem.
double float_modulo(double a, double b) noexcept {
  const double rest = std::fmod(a, b);
  if (rest == 0) return std::copysign(0.0, b);
  return (rest < 0) != (b < 0) ? rest + b : rest;
}

/// The integer q for which q * b + a % b is nearest to a. Source: CPython 3.11, _float_div_mod; a
/// division by 0 is a / b.
double float_floor_divide(double a, double b) noexcept {
  if (b == 0) return a / b;
  const double rest = std::fmod(a, b);
  double quotient = (a - rest) / b;
  if (rest != 0 && (rest < 0) != (b < 0)) quotient -= 1.0;
  if (quotient == 0) return std::copysign(0.0, a / b);
  const double floor = std::floor(quotient);
  return quotient - floor > 0.5 ? floor + 1.0 : floor;
}

double float_arithmetic(Op op, double a, double b) noexcept {
  if (op == Op::add) return a + b;
  if (op == Op::subtract) return a - b;
  if (op == Op::multiply) return a * b;
  if (op == Op::divide) return a / b;
  return op == Op::modulo ? float_modulo(a, b) : float_floor_divide(a, b);
}

/// Exact: neither side is rounded.
std::partial_ordering compare_mixed(std::int64_t a, double b) noexcept {
  if (b != b) return std::partial_ordering::unordered;
  if (b >= kTwoTo63) return std::partial_ordering::less;
  if (b < -kTwoTo63) return std::partial_ordering::greater;
  const auto whole = static_cast<std::int64_t>(b);
  if (a != whole) return a <=> whole;
  return 0.0 <=> b - static_cast<double>(whole);
}

std::partial_ordering compare(Type a_type, const Cell& a, Type b_type, const Cell& b) noexcept {
  if (a_type == Type::f64 && b_type == Type::f64) return a.f64 <=> b.f64;
  if (b_type == Type::f64) return compare_mixed(a.i64, b.f64);
  if (a_type == Type::f64) return 0 <=> compare_mixed(b.i64, a.f64);
  if (a_type == Type::string) return a.text <=> b.text;  // char_traits compares as unsigned bytes
  if (a_type == Type::boolean) return a.boolean <=> b.boolean;
  return a.i64 <=> b.i64;
}

bool holds(Op op, std::partial_ordering order) noexcept {
  switch (op) {
    case Op::equal: return order == 0;
    case Op::not_equal: return order != 0;
    case Op::less: return order < 0;
    case Op::less_equal: return order <= 0;
    case Op::greater: return order > 0;
    default: return order >= 0;
  }
}

/// Three-valued: `decisive` on either side decides, also against a null.
Cell logical(const Cell& a, const Cell& b, bool decisive) noexcept {
  if (!a.is_null && a.boolean == decisive) return a;
  if (!b.is_null && b.boolean == decisive) return b;
  return a.is_null || b.is_null ? Cell::null() : Cell::of(!decisive);
}

Cell widened(Type from, Type to, const Cell& cell) noexcept {
  if (from == to || cell.is_null) return cell;
  return Cell::of(static_cast<double>(cell.i64));
}

Cell days_between(std::int64_t a, std::int64_t b) noexcept {
  std::int64_t micros = 0;
  if (__builtin_sub_overflow(b, a, &micros)) return Cell::null();
  return Cell::of(floor_div(micros, kMicrosPerDay));
}

Cell to_i64(Type from, const Cell& cell) noexcept {
  if (from == Type::boolean) return Cell::of(static_cast<std::int64_t>(cell.boolean ? 1 : 0));
  if (from == Type::f64) {
    const bool fits = cell.f64 >= -kTwoTo63 && cell.f64 < kTwoTo63;
    return fits ? Cell::of(static_cast<std::int64_t>(cell.f64)) : Cell::null();
  }
  if (from != Type::string) return cell;
  const auto value = parse_i64(cell.text);
  return value ? Cell::of(*value) : Cell::null();
}

Cell to_f64(Type from, const Cell& cell) noexcept {
  if (from != Type::string) return Cell::of(as_f64(from, cell));
  const auto value = parse_f64(cell.text);
  return value ? Cell::of(*value) : Cell::null();
}

Cell to_boolean(Type from, const Cell& cell) noexcept {
  if (from == Type::i64) return Cell::of(cell.i64 != 0);
  if (from == Type::f64) return cell.f64 != cell.f64 ? Cell::null() : Cell::of(cell.f64 != 0);
  if (from != Type::string) return cell;
  if (cell.text != "true" && cell.text != "false") return Cell::null();
  return Cell::of(cell.text == "true");
}

Cell to_string(Type from, const Cell& cell, std::span<char> text) noexcept {
  using std::string_view_literals::operator""sv;
  if (from == Type::string) return cell;
  if (from == Type::boolean) return Cell::of(cell.boolean ? "true"sv : "false"sv);
  if (from == Type::f64 && !std::isfinite(cell.f64)) return Cell::null();
  char* end = text.data() + text.size();
  const auto result = from == Type::f64 ? std::to_chars(text.data(), end, cell.f64)
                                        : std::to_chars(text.data(), end, cell.i64);
  return Cell::of(
      std::string_view(text.data(), static_cast<std::size_t>(result.ptr - text.data())));
}

Cell read_column(const Node& node, const RowView& row) noexcept {
  if (row.is_null(node.index)) return Cell::null();
  switch (node.type) {
    case Type::boolean: return Cell::of(row.boolean(node.index));
    case Type::f64: return Cell::of(row.f64(node.index));
    case Type::string: return Cell::of(row.string(node.index));
    case Type::i64:
    case Type::timestamp:
    case Type::duration: break;
  }
  return Cell::of(row.i64(node.index));
}

Cell read_constant(const Node& node) noexcept {
  return node.type == Type::string ? Cell::of(std::string_view(node.constant_text)) : node.constant;
}

/// The inputs of one evaluation, and the registers of the nodes before this one.
struct Frame {
  std::span<const Node> nodes;
  const RowView& row;
  std::span<const Cell> aggregates;
  std::int64_t as_of;
  const FittedParameters& parameters;
  std::span<Cell> registers;

  [[nodiscard]] Type type(const Node& node, std::size_t argument) const noexcept {
    return nodes[node.arguments[argument]].type;
  }
  [[nodiscard]] const Cell& cell(const Node& node, std::size_t argument) const noexcept {
    return registers[node.arguments[argument]];
  }
  [[nodiscard]] double f64(const Node& node, std::size_t argument) const noexcept {
    return as_f64(type(node, argument), cell(node, argument));
  }
};

/// Operations that look at nulls themselves.
Cell choose(const Node& node, const Frame& frame) noexcept {
  if (node.op == Op::is_null) return Cell::of(frame.cell(node, 0).is_null);
  if (node.op == Op::logical_and) return logical(frame.cell(node, 0), frame.cell(node, 1), false);
  if (node.op == Op::logical_or) return logical(frame.cell(node, 0), frame.cell(node, 1), true);
  std::size_t chosen = 0;
  if (node.op == Op::if_else) {
    const Cell& condition = frame.cell(node, 0);
    chosen = !condition.is_null && condition.boolean ? 1 : 2;
  } else {
    while (chosen + 1 < node.argument_count && frame.cell(node, chosen).is_null) ++chosen;
  }
  return widened(frame.type(node, chosen), node.type, frame.cell(node, chosen));
}

Cell arithmetic(const Node& node, const Frame& frame) noexcept {
  if (node.type == Type::f64) {
    return Cell::of(float_arithmetic(node.op, frame.f64(node, 0), frame.f64(node, 1)));
  }
  return integer_arithmetic(node.op, frame.cell(node, 0).i64, frame.cell(node, 1).i64);
}

Cell negated(const Node& node, const Cell& cell) noexcept {
  if (node.type == Type::f64) return Cell::of(-cell.f64);
  return integer_arithmetic(Op::subtract, 0, cell.i64);
}

/// (x − mean) / scale, by a true division. Source: scikit-learn 1.9.1, StandardScaler.transform.
Cell standard_scaled(const Node& node, const Frame& frame) noexcept {
  const std::vector<double>& fitted = frame.parameters.values[node.index];
  return Cell::of((frame.f64(node, 0) - fitted[0]) / fitted[1]);
}

/// Operations that are null where any argument is. Requires: none is.
Cell compute(const Node& node, const Frame& frame, std::span<char> text) noexcept {
  const Cell& first = frame.cell(node, 0);
  switch (node.op) {
    case Op::negate: return negated(node, first);
    case Op::add:
    case Op::subtract:
    case Op::multiply:
    case Op::divide:
    case Op::floor_divide:
    case Op::modulo: return arithmetic(node, frame);
    case Op::equal:
    case Op::not_equal:
    case Op::less:
    case Op::less_equal:
    case Op::greater:
    case Op::greater_equal:
      return Cell::of(holds(
          node.op, compare(frame.type(node, 0), first, frame.type(node, 1), frame.cell(node, 1))));
    case Op::logical_not: return Cell::of(!first.boolean);
    case Op::ln1p: return Cell::of(ln1p(frame.f64(node, 0)));
    case Op::days_between: return days_between(first.i64, frame.cell(node, 1).i64);
    case Op::to_i64: return to_i64(frame.type(node, 0), first);
    case Op::to_f64: return to_f64(frame.type(node, 0), first);
    case Op::to_boolean: return to_boolean(frame.type(node, 0), first);
    case Op::to_string: return to_string(frame.type(node, 0), first, text);
    case Op::fit: return standard_scaled(node, frame);
    case Op::constant:
    case Op::column:
    case Op::as_of:
    case Op::aggregate:
    case Op::logical_and:
    case Op::logical_or:
    case Op::if_else:
    case Op::coalesce:
    case Op::is_null: break;
  }
  return Cell::null();
}

Cell evaluate_node(const Node& node, const Frame& frame, std::span<char> text) noexcept {
  switch (node.op) {
    case Op::constant: return read_constant(node);
    case Op::column: return read_column(node, frame.row);
    case Op::as_of: return Cell::of(frame.as_of);
    case Op::aggregate: return frame.aggregates[node.index];
    case Op::logical_and:
    case Op::logical_or:
    case Op::if_else:
    case Op::coalesce:
    case Op::is_null: return choose(node, frame);
    default: break;
  }
  for (std::size_t i = 0; i < node.argument_count; ++i) {
    if (frame.cell(node, i).is_null) return Cell::null();
  }
  return compute(node, frame, text);
}

}  // namespace

double as_f64(Type type, const Cell& cell) noexcept {
  if (type == Type::f64) return cell.f64;
  if (type == Type::boolean) return cell.boolean ? 1.0 : 0.0;
  return static_cast<double>(cell.i64);
}

void evaluate_nodes(std::span<const Node> nodes, const RowView& row,
                    std::span<const Cell> aggregates, std::int64_t as_of,
                    const FittedParameters& parameters, std::span<Cell> registers,
                    std::span<char> text) noexcept {
  const Frame frame{nodes, row, aggregates, as_of, parameters, registers};
  for (std::size_t i = 0; i < nodes.size(); ++i) {
    registers[i] = evaluate_node(nodes[i], frame, text.subspan(i * kTextPerNode, kTextPerNode));
  }
}

void evaluate(const Expression& expression, const RowView& row, std::span<const Cell> aggregates,
              std::int64_t as_of, std::span<const Fit>, const FittedParameters& parameters,
              std::span<Cell> registers, std::span<char> text) noexcept {
  evaluate_nodes(expression.nodes, row, aggregates, as_of, parameters, registers, text);
}

}  // namespace mlcore
