// SPDX-License-Identifier: Apache-2.0
// The parser uses parse_header, parse_statement and finish: header, inputs, values, outputs, and
// the request that follows from them.
#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "feature/diagnostic.hpp"
#include "feature/fingerprint.hpp"
#include "feature/parser.hpp"
#include "mlcore/base/number.hpp"

namespace mlcore {
namespace {

constexpr std::string_view kStatement =
    "an operator, or a declaration: stream, input, NAME = EXPRESSION, output";
constexpr std::string_view kTypes = "a type: bool, i64, f64, string, timestamp or duration";

std::optional<Type> find_type(std::string_view name) noexcept {
  for (const Type type :
       {Type::boolean, Type::i64, Type::f64, Type::string, Type::timestamp, Type::duration}) {
    if (name_of(type) == name) return type;
  }
  return std::nullopt;
}

}  // namespace

void DefinitionParser::parse_header() {
  if (!take_word("features")) fail_expected(peek(), "features NAME version NUMBER");
  definition_.name_ = take_name("the name of the features").text;
  if (!take_word("version")) fail_expected(peek(), "version");
  const Token number = take();
  const auto version = parse_i64(number.text);
  if (number.kind != TokenKind::integer || !version) fail_expected(number, "a version number");
  definition_.version_ = *version;
}

void DefinitionParser::parse_statement() {
  const Token& token = peek();
  if (!token.is_any_name()) fail_expected(token, kStatement);
  if (has_output_) fail_expected(token, "nothing after the output list");
  if (token.kind == TokenKind::quoted_name) return parse_value();
  if (token.text == "stream") return parse_stream();
  if (token.text == "input") return parse_input();
  if (token.text == "output") return parse_output();
  if (is_clause_word(token.text)) refuse_misplaced_clause();
  if (is_reserved(token.text)) fail_expected(token, kStatement);
  parse_value();
}

void DefinitionParser::parse_input() {
  take();
  const Token name = take_name("the name of the input");
  const Field field = parse_field(name);
  const auto found = symbols_.find(field.name);
  const bool is_key = found != symbols_.end() && found->second.kind == SymbolKind::field &&
                      is_key_[found->second.index];
  if (!is_key) {
    declare(name, SymbolKind::field, static_cast<std::uint32_t>(fields_.size()));
    fields_.push_back(field);
    is_key_.push_back(false);
  } else if (!(fields_[found->second.index] == field)) {
    fail(name, Reason::type_error,
         fmt::format("input \"{0}\" is {1}{2}, but {3} as a key; expected input {0}: {3}",
                     name.text, name_of(field.type), field.nullable ? "?" : "",
                     name_of(fields_[found->second.index].type)));
  }
}

void DefinitionParser::parse_value() {
  const Token name = take();
  if (!peek().is_symbol("=")) {
    if (!starts_line(name.offset)) fail_expected(name, kStatement);
    fail_expected(peek(), fmt::format("\"=\" after the new name {}", quoted(name.text)));
  }
  take();
  if (definition_.names_.size() == kMostNames) {
    fail(name, Reason::limit_exceeded, fmt::format("more than {} values", kMostNames));
  }
  const std::uint32_t node = parse_expression(scope_);
  declare(name, SymbolKind::value, node);
  definition_.names_.emplace_back(name.text, node);
}

void DefinitionParser::parse_output() {
  take();
  expect_symbol("[", "output");
  std::unordered_map<std::string_view, std::size_t> seen;
  do {
    const Token name = take_name("the name of a value");
    check_name(name);
    if (!seen.emplace(name.text, name.offset).second) {
      fail(name, Reason::duplicate_name, fmt::format("output \"{}\" is listed twice", name.text));
    }
    if (definition_.outputs_.size() == kMostOutputs) {
      fail(name, Reason::limit_exceeded, fmt::format("more than {} outputs", kMostOutputs));
    }
    const auto found = symbols_.find(std::string(name.text));
    if (found == symbols_.end() || found->second.kind == SymbolKind::stream) {
      fail_unknown(scope_, name);
    }
    const Symbol& symbol = found->second;
    const std::uint32_t node = symbol.kind == SymbolKind::value
                                   ? symbol.index
                                   : column_node(scope_, symbol.index, fields_[symbol.index]);
    const Type type = definition_.expressions_.nodes[node].type;
    if (type != Type::boolean && !is_number(type)) {
      fail(
          name, Reason::type_error,
          fmt::format(
              "output \"{}\" is {}, expected bool, i64 or f64; {}", name.text, name_of(type),
              type == Type::timestamp ? "write days_between(a, b)" : "compare it with a constant"));
    }
    definition_.outputs_.push_back({std::string(name.text), node, type});
  } while (take_symbol(","));
  expect_symbol("]", "the last output");
  has_output_ = true;
}

Field DefinitionParser::parse_field(const Token& name) {
  expect_symbol(":", "a name, and then its type");
  const Token token = take();
  const auto type = find_type(token.text);
  if (token.kind != TokenKind::name || !type) fail_expected(token, kTypes);
  return {std::string(name.text), *type, take_symbol("?")};
}

/// Keys in the order of streams, then inputs, then as_of; returns where each of fields_ went.
std::vector<std::uint32_t> DefinitionParser::lay_out_request() {
  std::vector<Field> request;
  std::vector<std::uint32_t> position(fields_.size());
  const auto place = [&](std::uint32_t field) {
    position[field] = static_cast<std::uint32_t>(request.size());
    request.push_back(fields_[field]);
  };
  for (const std::uint32_t key : keys_) place(key);
  for (std::uint32_t i = 0; i < fields_.size(); ++i) {
    if (!is_key_[i]) place(i);
  }
  if (uses_as_of_ || !definition_.streams_.empty()) {
    definition_.as_of_field_ = static_cast<std::uint32_t>(request.size());
    request.push_back({std::string(kAsOf), Type::timestamp, false});
  }
  definition_.request_ = RowLayout(Schema(std::move(request)));
  return position;
}

void DefinitionParser::finish() {
  const std::vector<std::uint32_t> position = lay_out_request();
  for (Node& node : definition_.expressions_.nodes) {
    if (node.op == Op::column) node.index = position[node.index];
  }
  definition_.key_fields_ = std::move(key_fields_);
  for (auto& fields : definition_.key_fields_) {
    for (std::uint32_t& field : fields) field = position[field];
  }
  definition_.fingerprint_ = compute_fingerprint(definition_);
}

}  // namespace mlcore
