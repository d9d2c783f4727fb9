// SPDX-License-Identifier: Apache-2.0
// Outside code uses Definition::text; the parser uses print_label.
#include "feature/printer.hpp"

#include <fmt/format.h>

#include "feature/lexer.hpp"
#include "feature/operations.hpp"
#include "mlcore/base/number.hpp"
#include "mlcore/base/time.hpp"

namespace mlcore {
namespace {

/// What names mean where an expression stands.
struct Names {
  const Schema& columns;
  const std::vector<Stream>& streams;
  const std::vector<Aggregate>& aggregates;
  const std::vector<Fit>& fits;
  std::span<const std::string_view> values;  // of nodes; empty, or empty for a node without a name
};

struct Piece {
  std::string text;
  int precedence = kPrimaryPrecedence;
};

std::string wrapped(std::string text, bool needs_parentheses) {
  if (needs_parentheses) return fmt::format("({})", text);
  return text;
}

std::string print_constant(Type type, const Cell& cell, std::string_view text) {
  switch (type) {
    case Type::boolean: return cell.boolean ? "true" : "false";
    case Type::i64: return fmt::format("{}", cell.i64);
    case Type::f64: {
      std::string number = format_f64(cell.f64);
      // Without a point or an exponent it would be an i64.
      if (number.find_first_of(".e") == number.npos) number += ".0";
      return number;
    }
    case Type::string: return encode_string(text);
    case Type::timestamp: return fmt::format("timestamp(\"{}\")", format_timestamp(cell.i64));
    case Type::duration: return format_duration(cell.i64);
  }
  return {};
}

/// Builds the text of a node from the texts of its arguments. A node without a name is the
/// argument of one node only (but for columns and as_of, which are short), so texts can be moved.
class ExpressionPrinter {
 public:
  ExpressionPrinter(const Expression& expression, const Names& names)
      : nodes_(expression.nodes), names_(names), pieces_(expression.nodes.size()) {
    for (std::uint32_t i = 0; i < nodes_.size(); ++i) pieces_[i] = print(nodes_[i]);
  }

  /// The defining text of the value, of a named node, of a column or as_of().
  [[nodiscard]] std::string_view text(std::uint32_t node) const { return pieces_[node].text; }

 private:
  Piece print(const Node& node);
  Piece print_binary(const Node& node, const BinaryOperator& binary);
  std::string print_arguments(const Node& node);
  std::string print_aggregate(const Aggregate& aggregate) const;

  Piece use(std::uint32_t node) {
    if (!names_.values.empty() && !names_.values[node].empty()) {
      return {encode_name(names_.values[node])};
    }
    const Op op = nodes_[node].op;
    if (op == Op::column || op == Op::as_of) return pieces_[node];
    return std::move(pieces_[node]);
  }

  const std::vector<Node>& nodes_;
  const Names& names_;
  std::vector<Piece> pieces_;
};

std::string print_expression(const Expression& expression, const Names& names) {
  ExpressionPrinter printer(expression, names);
  return std::string(printer.text(static_cast<std::uint32_t>(expression.nodes.size() - 1)));
}

Piece ExpressionPrinter::print_binary(const Node& node, const BinaryOperator& binary) {
  Piece left = use(node.arguments[0]);
  const Piece right = use(node.arguments[1]);
  const bool is_comparison = binary.precedence == kComparisonPrecedence;
  const bool wraps_left = left.precedence < binary.precedence + (is_comparison ? 1 : 0);
  std::string text = wrapped(std::move(left.text), wraps_left);
  // Appending, and not formatting anew, keeps a chain of n operators linear.
  (text += ' ') += binary.symbol;
  (text += ' ') += wrapped(right.text, right.precedence <= binary.precedence);
  return {std::move(text), binary.precedence};
}

std::string ExpressionPrinter::print_arguments(const Node& node) {
  std::string text;
  for (std::uint8_t i = 0; i < node.argument_count; ++i) {
    if (i > 0) text += ", ";
    text += use(node.arguments[i]).text;
  }
  return text;
}

Piece ExpressionPrinter::print(const Node& node) {
  if (const BinaryOperator* binary = find_binary(node.op)) return print_binary(node, *binary);
  if (const Function* function = find_function(node.op)) {
    return {fmt::format("{}({})", function->name, print_arguments(node))};
  }
  switch (node.op) {
    case Op::constant: return {print_constant(node.type, node.constant, node.constant_text)};
    case Op::column: return {encode_name(names_.columns[node.index].name)};
    case Op::aggregate: return {print_aggregate(names_.aggregates[node.index])};
    case Op::fit:
      return {fmt::format("fit {}({})", name_of(names_.fits[node.index].transform),
                          print_arguments(node))};
    case Op::logical_not: {
      const Piece operand = use(node.arguments[0]);
      return {"not " + wrapped(operand.text, operand.precedence < kNotPrecedence), kNotPrecedence};
    }
    case Op::negate: {
      const Piece operand = use(node.arguments[0]);
      // A minus sign before a digit belongs to the number.
      const bool is_number = operand.text[0] >= '0' && operand.text[0] <= '9';
      return {"-" + wrapped(operand.text, operand.precedence < kUnaryPrecedence || is_number),
              kUnaryPrecedence};
    }
    default: return {};  // Operators and functions are in the tables above.
  }
}

std::string print_window(const Window& window) {
  std::string text;
  switch (window.kind) {
    case WindowKind::lifetime: text = "lifetime"; break;
    case WindowKind::duration: text = "last " + format_duration(window.width); break;
    case WindowKind::next: text = "next " + format_duration(window.width); break;
    case WindowKind::events:
      text = fmt::format("last {} events", window.event_count);
      if (window.width != 0) text += " within " + format_duration(window.width);
      break;
  }
  if (window.hop != 0) text += " hop " + format_duration(window.hop);
  if (window.delay != 0) text += " delay " + format_duration(window.delay);
  if (window.closed != Closed::left) text += fmt::format(" closed {}", name_of(window.closed));
  return text;
}

std::string ExpressionPrinter::print_aggregate(const Aggregate& aggregate) const {
  const Stream& stream = names_.streams[aggregate.stream];
  const Names columns{stream.layout.schema(), names_.streams, names_.aggregates, names_.fits, {}};
  std::string text = fmt::format("{}(", name_of(aggregate.function));
  if (!aggregate.argument.empty()) text += print_expression(aggregate.argument, columns);
  text += ") over " + encode_name(stream.name);
  if (!aggregate.where.empty()) text += " where " + print_expression(aggregate.where, columns);
  text += " " + print_window(aggregate.window);
  if (aggregate.has_default) {
    text += " default " +
            print_constant(aggregate.type, aggregate.default_value, aggregate.default_text);
  }
  return text;
}

std::string print_field(const Field& field) {
  return fmt::format("{}: {}{}", encode_name(field.name), name_of(field.type),
                     field.nullable ? "?" : "");
}

std::string print_stream(const Stream& stream) {
  const Schema& schema = stream.layout.schema();
  std::string text = fmt::format("stream {}(", encode_name(stream.name));
  for (std::size_t i = 0; i < schema.size(); ++i) {
    if (i > 0) text += ", ";
    text += print_field(schema[i]);
    if (stream.roles[i] != Role::none) text += fmt::format(" {}", name_of(stream.roles[i]));
  }
  text += ")";
  if (!stream.has_dedup) return text + "\n";
  text += " dedup(";
  for (std::size_t i = 0; i < stream.dedup_columns.size(); ++i) {
    if (i > 0) text += ", ";
    text += encode_name(schema[stream.dedup_columns[i]].name);
  }
  return text + ")\n";
}

/// The request's fields that no stream brings.
std::string print_inputs(const Definition& definition) {
  const Schema& schema = definition.request().schema();
  std::vector<bool> is_implicit(schema.size(), false);
  for (const auto& fields : definition.key_fields()) {
    for (const std::uint32_t field : fields) is_implicit[field] = true;
  }
  if (definition.as_of_field()) is_implicit[*definition.as_of_field()] = true;
  std::string text;
  for (std::size_t i = 0; i < schema.size(); ++i) {
    if (!is_implicit[i]) text += fmt::format("input {}\n", print_field(schema[i]));
  }
  return text;
}

}  // namespace

std::string Definition::text() const {
  std::string out = fmt::format("features {} version {}\n", encode_name(name_), version_);
  for (const Stream& stream : streams_) out += print_stream(stream);
  out += print_inputs(*this);
  // A column and as_of() are short, and known before any value: they print as themselves.
  std::vector<std::string_view> values(expressions_.nodes.size());
  for (const auto& [name, node] : names_) {
    const Op op = expressions_.nodes[node].op;
    if (op != Op::column && op != Op::as_of && values[node].empty()) values[node] = name;
  }
  const Names names{request_.schema(), streams_, aggregates_, fits_, values};
  ExpressionPrinter printer(expressions_, names);
  for (const auto& [name, node] : names_) {
    const bool is_alias = !values[node].empty() && values[node] != name;
    out += fmt::format("{} = {}\n", encode_name(name),
                       is_alias ? encode_name(values[node]) : printer.text(node));
  }
  out += "output [";
  for (std::size_t i = 0; i < outputs_.size(); ++i) {
    if (i > 0) out += ", ";
    out += encode_name(outputs_[i].name);
  }
  return out + "]\n";
}

std::string print_label(const Label& label, const Definition& definition) {
  const Names names{
      definition.request().schema(), definition.streams(), label.aggregates, definition.fits(), {}};
  return print_expression(label.expression, names);
}

}  // namespace mlcore
