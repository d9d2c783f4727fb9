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

// Results are written member by member into their register: to build a cell and copy it whole would
// be a wide load of narrow stores, which stalls.
void put(Cell& out, double value) noexcept {
  out.is_null = false;
  out.f64 = value;
}
void put(Cell& out, std::int64_t value) noexcept {
  out.is_null = false;
  out.i64 = value;
}
void put(Cell& out, bool value) noexcept {
  out.is_null = false;
  out.boolean = value;
}
void put(Cell& out, std::string_view value) noexcept {
  out.is_null = false;
  out.text = value;
}
void put_null(Cell& out) noexcept { out.is_null = true; }

/// `from` of type `from_type` as a value of `type`: the same, or an i64 that widens to f64.
void put_cell(Cell& out, Type type, const Cell& from, Type from_type) noexcept {
  if (from.is_null) return put_null(out);
  switch (type) {
    case Type::boolean: return put(out, from.boolean);
    case Type::f64: return put(out, as_f64(from_type, from));
    case Type::string: return put(out, from.text);
    case Type::i64:
    case Type::timestamp:
    case Type::duration: return put(out, from.i64);
  }
}

/// Divisions floor. Null where the result is not an i64.
void put_integer(Cell& out, Op op, std::int64_t a, std::int64_t b) noexcept {
  std::int64_t value = 0;
  bool is_null = false;
  if (op == Op::add) {
    is_null = __builtin_add_overflow(a, b, &value);
  } else if (op == Op::subtract) {
    is_null = __builtin_sub_overflow(a, b, &value);
  } else if (op == Op::multiply) {
    is_null = __builtin_mul_overflow(a, b, &value);
  } else if (b == 0) {
    is_null = true;
  } else if (b == -1) {  // INT64_MIN / -1 and INT64_MIN % -1 trap
    is_null = op == Op::floor_divide && __builtin_sub_overflow(std::int64_t{0}, a, &value);
  } else {
    const std::int64_t rest = a % b;
    const bool steps_down = rest != 0 && (rest < 0) != (b < 0);
    value = op == Op::modulo ? rest + (steps_down ? b : 0) : a / b - (steps_down ? 1 : 0);
  }
  put(out, value);
  out.is_null = is_null;
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
void put_logical(Cell& out, const Cell& a, const Cell& b, bool decisive) noexcept {
  const bool decides =
      (!a.is_null && a.boolean == decisive) || (!b.is_null && b.boolean == decisive);
  const bool is_null = !decides && (a.is_null || b.is_null);
  put(out, decides == decisive);
  out.is_null = is_null;
}

void put_i64(Cell& out, Type from, const Cell& cell) noexcept {
  if (from == Type::boolean) return put(out, static_cast<std::int64_t>(cell.boolean ? 1 : 0));
  if (from == Type::i64) return put(out, cell.i64);
  if (from == Type::f64) {
    const bool fits = cell.f64 >= -kTwoTo63 && cell.f64 < kTwoTo63;
    return fits ? put(out, static_cast<std::int64_t>(cell.f64)) : put_null(out);
  }
  const auto value = parse_i64(cell.text);
  return value ? put(out, *value) : put_null(out);
}

void put_f64(Cell& out, Type from, const Cell& cell) noexcept {
  if (from != Type::string) return put(out, as_f64(from, cell));
  const auto value = parse_f64(cell.text);
  return value ? put(out, *value) : put_null(out);
}

void put_boolean(Cell& out, Type from, const Cell& cell) noexcept {
  if (from == Type::boolean) return put(out, cell.boolean);
  if (from == Type::i64) return put(out, cell.i64 != 0);
  if (from == Type::f64) return cell.f64 != cell.f64 ? put_null(out) : put(out, cell.f64 != 0);
  if (cell.text != "true" && cell.text != "false") return put_null(out);
  put(out, cell.text == "true");
}

void put_string(Cell& out, Type from, const Cell& cell, std::span<char> text) noexcept {
  using std::string_view_literals::operator""sv;
  if (from == Type::string) return put(out, cell.text);
  if (from == Type::boolean) return put(out, cell.boolean ? "true"sv : "false"sv);
  if (from == Type::f64 && !std::isfinite(cell.f64)) return put_null(out);
  char* end = text.data() + text.size();
  const auto result = from == Type::f64 ? std::to_chars(text.data(), end, cell.f64)
                                        : std::to_chars(text.data(), end, cell.i64);
  put(out, std::string_view(text.data(), static_cast<std::size_t>(result.ptr - text.data())));
}

void put_column(Cell& out, const Node& node, const RowView& row) noexcept {
  if (row.is_null(node.index)) return put_null(out);
  switch (node.type) {
    case Type::boolean: return put(out, row.boolean(node.index));
    case Type::f64: return put(out, row.f64(node.index));
    case Type::string: return put(out, row.string(node.index));
    case Type::i64:
    case Type::timestamp:
    case Type::duration: return put(out, row.i64(node.index));
  }
}

void put_constant(Cell& out, const Node& node) noexcept {
  if (node.type == Type::string) return put(out, std::string_view(node.constant_text));
  put_cell(out, node.type, node.constant, node.type);
}

void put_days_between(Cell& out, std::int64_t a, std::int64_t b) noexcept {
  std::int64_t micros = 0;
  const bool overflows = __builtin_sub_overflow(b, a, &micros);
  put(out, floor_div(micros, kMicrosPerDay));
  out.is_null = overflows;
}

/// The inputs of one evaluation, and the registers of the nodes before this one.
struct Frame {
  const Node* nodes;
  const RowView& row;
  const Cell* aggregates;
  std::int64_t as_of;
  const FittedParameters& parameters;
  Cell* registers;

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

void put_float(Cell& out, const Node& node, const Frame& frame) noexcept {
  const double a = frame.f64(node, 0);
  const double b = frame.f64(node, 1);
  switch (node.op) {
    case Op::add: return put(out, a + b);
    case Op::subtract: return put(out, a - b);
    case Op::multiply: return put(out, a * b);
    case Op::divide: return put(out, a / b);
    case Op::modulo: return put(out, float_modulo(a, b));
    default: return put(out, float_floor_divide(a, b));
  }
}

/// The condition's branch, or the first argument that is not null.
void put_choice(Cell& out, const Node& node, const Frame& frame) noexcept {
  std::size_t chosen = 0;
  if (node.op == Op::if_else) {
    const Cell& condition = frame.cell(node, 0);
    chosen = !condition.is_null && condition.boolean ? 1 : 2;
  } else {
    while (chosen + 1 < node.argument_count && frame.cell(node, chosen).is_null) ++chosen;
  }
  put_cell(out, node.type, frame.cell(node, chosen), frame.type(node, chosen));
}

/// (x − mean) / scale, by a true division. Source: scikit-learn 1.9.1, StandardScaler.transform.
double standard_scaled(const Node& node, const Frame& frame) noexcept {
  const std::vector<double>& fitted = frame.parameters.values[node.index];
  return (frame.f64(node, 0) - fitted[0]) / fitted[1];
}

/// Operations of one argument that are null where it is.
void put_unary(Cell& out, const Node& node, const Frame& frame, std::span<char> text) noexcept {
  const Cell& cell = frame.cell(node, 0);
  const Type from = frame.type(node, 0);
  if (cell.is_null) return put_null(out);
  switch (node.op) {
    case Op::negate:
      return from == Type::f64 ? put(out, -cell.f64) : put_integer(out, Op::subtract, 0, cell.i64);
    case Op::logical_not: return put(out, !cell.boolean);
    case Op::ln1p: return put(out, ln1p(as_f64(from, cell)));
    case Op::fit: return put(out, standard_scaled(node, frame));
    case Op::to_i64: return put_i64(out, from, cell);
    case Op::to_f64: return put_f64(out, from, cell);
    case Op::to_boolean: return put_boolean(out, from, cell);
    default: return put_string(out, from, cell, text);
  }
}

/// Operations of two arguments that are null where one is.
void put_binary(Cell& out, const Node& node, const Frame& frame) noexcept {
  const Cell& a = frame.cell(node, 0);
  const Cell& b = frame.cell(node, 1);
  if (a.is_null || b.is_null) return put_null(out);
  if (node.op == Op::days_between) return put_days_between(out, a.i64, b.i64);
  if (node.type == Type::boolean) {
    return put(out, holds(node.op, compare(frame.type(node, 0), a, frame.type(node, 1), b)));
  }
  if (node.type == Type::f64) return put_float(out, node, frame);
  put_integer(out, node.op, a.i64, b.i64);
}

void evaluate_node(const Node& node, const Frame& frame, Cell& out, std::span<char> text) noexcept {
  switch (node.op) {
    case Op::constant: return put_constant(out, node);
    case Op::column: return put_column(out, node, frame.row);
    case Op::as_of: return put(out, frame.as_of);
    case Op::aggregate: return put_cell(out, node.type, frame.aggregates[node.index], node.type);
    case Op::logical_and: return put_logical(out, frame.cell(node, 0), frame.cell(node, 1), false);
    case Op::logical_or: return put_logical(out, frame.cell(node, 0), frame.cell(node, 1), true);
    case Op::is_null: return put(out, frame.cell(node, 0).is_null);
    case Op::if_else:
    case Op::coalesce: return put_choice(out, node, frame);
    case Op::negate:
    case Op::logical_not:
    case Op::ln1p:
    case Op::fit:
    case Op::to_i64:
    case Op::to_f64:
    case Op::to_boolean:
    case Op::to_string: return put_unary(out, node, frame, text);
    case Op::add:
    case Op::subtract:
    case Op::multiply:
    case Op::divide:
    case Op::floor_divide:
    case Op::modulo:
    case Op::equal:
    case Op::not_equal:
    case Op::less:
    case Op::less_equal:
    case Op::greater:
    case Op::greater_equal:
    case Op::days_between: return put_binary(out, node, frame);
  }
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
  const Frame frame{nodes.data(), row, aggregates.data(), as_of, parameters, registers.data()};
  for (std::size_t i = 0; i < nodes.size(); ++i) {
    evaluate_node(nodes[i], frame, registers[i], {text.data() + i * kTextPerNode, kTextPerNode});
  }
}

void evaluate(const Expression& expression, const RowView& row, std::span<const Cell> aggregates,
              std::int64_t as_of, std::span<const Fit>, const FittedParameters& parameters,
              std::span<Cell> registers, std::span<char> text) noexcept {
  evaluate_nodes(expression.nodes, row, aggregates, as_of, parameters, registers, text);
}

}  // namespace mlcore
