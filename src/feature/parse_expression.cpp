// SPDX-License-Identifier: Apache-2.0
// The declarations and aggregates use parse_expression: operators, calls, names and literals.
#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "feature/diagnostic.hpp"
#include "feature/parser.hpp"
#include "mlcore/base/number.hpp"
#include "mlcore/base/time.hpp"

namespace mlcore {
namespace {

constexpr std::string_view kOperand = "a value: a name, a number, a call or \"(\"";

const BinaryOperator* binary_at(const Token& token) noexcept {
  const bool may_be = token.kind == TokenKind::symbol || token.kind == TokenKind::name;
  return may_be ? find_binary(token.text) : nullptr;
}

}  // namespace

std::uint32_t DefinitionParser::parse_expression(Scope& scope) {
  return parse_binary(scope, kOrPrecedence);
}

std::uint32_t DefinitionParser::parse_binary(Scope& scope, int least_precedence) {
  std::uint32_t left = parse_not(scope, least_precedence);
  while (true) {
    const Token token = peek();
    const BinaryOperator* found = binary_at(token);
    if (found == nullptr || found->precedence < least_precedence) return left;
    take();
    const std::uint32_t right = parse_binary(scope, found->precedence + 1);
    left = add_operation(scope, found->op, std::array{left, right}, token);
    if (found->precedence != kComparisonPrecedence) continue;
    const BinaryOperator* next = binary_at(peek());
    if (next != nullptr && next->precedence == kComparisonPrecedence) {
      fail_expected(peek(), "\"and\": comparisons do not chain, write a < b and b < c");
    }
  }
}

std::uint32_t DefinitionParser::parse_not(Scope& scope, int least_precedence) {
  const Token token = peek();
  if (!token.is_word("not")) return parse_unary(scope);
  if (least_precedence > kNotPrecedence)
    fail_expected(token, "\"(\" before not, as in a == (not b)");
  take();
  descend(token);
  const std::uint32_t operand = parse_binary(scope, kNotPrecedence);
  ascend();
  return add_operation(scope, Op::logical_not, std::array{operand}, token);
}

std::uint32_t DefinitionParser::parse_unary(Scope& scope) {
  if (!peek().is_symbol("-") || at_literal()) return parse_primary(scope);
  const Token token = take();
  descend(token);
  const std::uint32_t operand = parse_unary(scope);
  ascend();
  return add_operation(scope, Op::negate, std::array{operand}, token);
}

std::uint32_t DefinitionParser::parse_primary(Scope& scope) {
  const Token token = peek();
  if (at_literal()) {
    Literal literal = parse_literal();
    Node node{.op = Op::constant, .type = literal.type, .nullable = false};
    node.constant = literal.cell;
    node.constant_text = std::move(literal.text);
    return add_node(scope, std::move(node), token);
  }
  if (token.is_symbol("(")) return parse_parentheses(scope);
  if (token.kind == TokenKind::quoted_name) return parse_reference(scope);
  if (token.kind != TokenKind::name) fail_expected(token, kOperand);
  if (token.text == "fit") return parse_fit(scope);
  if (token.text == "null") {
    fail_expected(token, "a value: null can't be written, is_null(x) and coalesce(x, y) handle it");
  }
  if (is_call()) return parse_call(scope);
  return parse_reference(scope);
}

std::uint32_t DefinitionParser::parse_parentheses(Scope& scope) {
  const Token token = take();
  descend(token);
  const std::uint32_t node = parse_expression(scope);
  ascend();
  expect_symbol(")", "the expression");
  return node;
}

std::uint32_t DefinitionParser::parse_call(Scope& scope) {
  const Token name = peek();
  if (const Function* function = find_function(name.text)) return parse_function(scope, *function);
  if (const AggregateFunction* function = find_aggregate(name.text)) {
    return parse_aggregate(scope, *function);
  }
  if (is_planned_aggregate(name.text)) {
    fail(name, Reason::unsupported_feature,
         fmt::format("aggregate {} is not computed by this version", quoted(name.text)));
  }
  if (is_reserved(name.text)) fail_expected(name, kOperand);
  fail(name, Reason::unknown_name,
       fmt::format("found {}, expected a function{}", quoted(name.text),
                   suggestion(name.text, function_names())));
}

std::uint32_t DefinitionParser::parse_function(Scope& scope, const Function& function) {
  const Token name = take();
  take();
  descend(name);
  std::array<std::uint32_t, 3> arguments{};
  std::uint8_t count = 0;
  while (!peek().is_symbol(")")) {
    if (count == function.most_arguments) {
      fail_expected(peek(), fmt::format("\")\": {}() takes at most {}", name.text, count));
    }
    if (count > 0) expect_symbol(",", "an argument");
    arguments[count++] = parse_expression(scope);
  }
  if (count < function.least_arguments) {
    fail_expected(peek(),
                  fmt::format("an argument: {}() takes {}", name.text, function.least_arguments));
  }
  take();
  ascend();
  if (function.op == Op::as_of) return as_of_node(scope, name);
  return add_operation(scope, function.op, std::span(arguments).first(count), name);
}

std::uint32_t DefinitionParser::parse_fit(Scope& scope) {
  const Token fit = take();
  if (is_label_ || scope.stream != nullptr) {
    fail(fit, Reason::unsupported_feature,
         fmt::format("found \"fit\" in {}, expected a value that needs no fitting",
                     is_label_ ? "a label" : "an aggregate"));
  }
  const Token name = take_name("a transform, as in fit standard_scale(x)");
  if (name.text != name_of(Transform::standard_scale)) {
    fail(name, Reason::unsupported_feature,
         fmt::format("transform {} is not computed by this version, expected standard_scale{}",
                     quoted(name.text),
                     suggestion(name.text, {name_of(Transform::standard_scale)})));
  }
  expect_symbol("(", "the transform");
  descend(name);
  const std::uint32_t argument = parse_expression(scope);
  ascend();
  expect_symbol(")", "the argument");
  const std::uint32_t node = add_operation(scope, Op::fit, std::array{argument}, name);
  scope.expression->nodes[node].index = static_cast<std::uint32_t>(definition_.fits_.size());
  definition_.fits_.push_back({Transform::standard_scale, argument});
  return node;
}

std::uint32_t DefinitionParser::parse_reference(Scope& scope) {
  const Token name = take_name(kOperand);
  if (scope.stream != nullptr) {
    const Schema& columns = scope.stream->layout.schema();
    const auto column = columns.find(name.text);
    if (!column) fail_unknown(scope, name);
    return column_node(scope, static_cast<std::uint32_t>(*column), columns[*column]);
  }
  const auto found = symbols_.find(std::string(name.text));
  if (found == symbols_.end() || found->second.kind == SymbolKind::stream) {
    fail_unknown(scope, name);
  }
  const Symbol& symbol = found->second;
  if (symbol.kind == SymbolKind::value) return symbol.index;
  return column_node(scope, symbol.index, fields_[symbol.index]);
}

std::uint32_t DefinitionParser::column_node(Scope& scope, std::uint32_t column,
                                            const Field& field) {
  const auto found = scope.column_nodes.find(column);
  if (found != scope.column_nodes.end()) return found->second;
  Node node{.op = Op::column, .type = field.type, .nullable = field.nullable};
  node.index = column;
  const std::uint32_t position = add_node(scope, std::move(node), peek());
  scope.column_nodes.emplace(column, position);
  return position;
}

std::uint32_t DefinitionParser::as_of_node(Scope& scope, const Token& token) {
  if (scope.stream != nullptr) {
    fail(token, Reason::unknown_name,
         fmt::format("found as_of() in an aggregate, expected only columns of stream \"{}\" and "
                     "constants",
                     scope.stream->name));
  }
  if (is_label_ && !uses_as_of_) {
    fail(token, Reason::unknown_name, "found as_of(), but the definition has no as_of");
  }
  uses_as_of_ = true;
  if (!scope.as_of_node) {
    scope.as_of_node =
        add_node(scope, Node{.op = Op::as_of, .type = Type::timestamp, .nullable = false}, token);
  }
  return *scope.as_of_node;
}

/// Also a minus sign and the number it belongs to.
bool DefinitionParser::at_literal() const {
  const Token& token = peek();
  if (token.is_symbol("-")) {
    const Token next = Lexer(lexer_).next();
    return next.kind == TokenKind::integer || next.kind == TokenKind::real;
  }
  if (token.kind == TokenKind::name) {
    return token.text == "true" || token.text == "false" ||
           (token.text == "timestamp" && is_call());
  }
  return token.kind == TokenKind::integer || token.kind == TokenKind::real ||
         token.kind == TokenKind::duration || token.kind == TokenKind::string;
}

DefinitionParser::Literal DefinitionParser::parse_literal() {
  if (peek().is_word("timestamp")) return parse_timestamp_literal();
  const bool is_negative = take_symbol("-");
  const Token token = take();
  switch (token.kind) {
    case TokenKind::integer:
    case TokenKind::real: return parse_number(token, is_negative);
    case TokenKind::string:
      return {Type::string, Cell::of(std::string_view()), decode_string(source_, token)};
    case TokenKind::duration: {
      const auto micros = parse_duration(token.text);
      if (!micros) fail_expected(token, "a duration of at most 292,000 years");
      return {Type::duration, Cell::of(*micros), {}};
    }
    case TokenKind::name: return {Type::boolean, Cell::of(token.text == "true"), {}};
    case TokenKind::quoted_name:
    case TokenKind::symbol:
    case TokenKind::end: break;
  }
  fail_expected(token, "a constant");
}

DefinitionParser::Literal DefinitionParser::parse_number(const Token& token,
                                                         bool is_negative) const {
  const std::string text = fmt::format("{}{}", is_negative ? "-" : "", token.text);
  if (token.kind == TokenKind::integer) {
    const auto value = parse_i64(text);
    if (!value) {
      fail_expected(token, "an i64, at most 9223372036854775807; with a point it is an f64");
    }
    return {Type::i64, Cell::of(*value), {}};
  }
  const auto value = parse_f64(text);
  if (!value) fail_expected(token, "a finite f64, at most 1.7976931348623157e308");
  return {Type::f64, Cell::of(*value), {}};
}

DefinitionParser::Literal DefinitionParser::parse_timestamp_literal() {
  take();
  take();
  const Token text = take();
  if (text.kind != TokenKind::string) fail_expected(text, "a string such as \"1998-01-01\"");
  const auto micros = parse_timestamp(decode_string(source_, text));
  if (!micros) {
    fail_expected(text,
                  "YYYY-MM-DD or RFC 3339 as in \"1998-01-01T00:00:00Z\", years 0001 to 9999");
  }
  expect_symbol(")", "the timestamp");
  return {Type::timestamp, Cell::of(*micros), {}};
}

std::uint32_t DefinitionParser::add_operation(Scope& scope, Op op,
                                              std::span<const std::uint32_t> arguments,
                                              const Token& token) {
  std::array<ValueType, 3> types{};
  Node node{.op = op, .type = Type::i64, .nullable = true};
  node.argument_count = static_cast<std::uint8_t>(arguments.size());
  for (std::size_t i = 0; i < arguments.size(); ++i) {
    const Node& argument = scope.expression->nodes[arguments[i]];
    types[i] = {argument.type, argument.nullable};
    node.arguments[i] = arguments[i];
  }
  const Inference inference = infer(op, std::span(types).first(arguments.size()));
  if (!inference.complaint.empty()) fail(token, Reason::type_error, inference.complaint);
  node.type = inference.value.type;
  node.nullable = inference.value.nullable;
  return add_node(scope, std::move(node), token);
}

std::uint32_t DefinitionParser::add_node(Scope& scope, Node node, const Token& token) {
  if (++node_count_ > kMostNodes) {
    fail(token, Reason::limit_exceeded,
         fmt::format("more than {} operations, names and constants in a definition", kMostNodes));
  }
  scope.expression->nodes.push_back(std::move(node));
  return static_cast<std::uint32_t>(scope.expression->nodes.size() - 1);
}

void DefinitionParser::fail_unknown(const Scope& scope, const Token& name) const {
  std::vector<std::string_view> names;
  std::string expected;
  if (scope.stream != nullptr) {
    for (const Field& field : scope.stream->layout.schema().fields()) names.push_back(field.name);
    expected = fmt::format("a column of stream \"{}\": an aggregate sees nothing else",
                           scope.stream->name);
  } else {
    for (const auto& [known, symbol] : symbols_) {
      if (symbol.kind != SymbolKind::stream) names.push_back(known);
    }
    // The order of a hash table must not choose among equally near names.
    std::sort(names.begin(), names.end());
    expected = is_label_ ? "a key or an input of the definition"
                         : "the name of an earlier value, an input or a key";
  }
  fail(name, Reason::unknown_name,
       fmt::format("found {}, expected {}{}", quoted(name.text), expected,
                   suggestion(name.text, names)));
}

}  // namespace mlcore
