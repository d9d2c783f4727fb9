// SPDX-License-Identifier: Apache-2.0
// Outside code uses Definition::parse, Definition::find_stream and parse_label. Here are what all
// statements share, tokens and names, and the two ways in.
#include "feature/parser.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "feature/diagnostic.hpp"
#include "feature/printer.hpp"
#include "mlcore/base/fp_guard.hpp"

namespace mlcore {

DefinitionParser::DefinitionParser(std::string_view text) : source_(text), lexer_(text) {
  check_text(text);
  token_ = lexer_.next();
}

Definition DefinitionParser::definition() {
  streams_ = &definition_.streams_;
  aggregates_ = &definition_.aggregates_;
  scope_.expression = &definition_.expressions_;
  parse_header();
  while (peek().kind != TokenKind::end) parse_statement();
  if (!has_output_) {
    fail_expected(peek(), "a declaration: stream, input, NAME = EXPRESSION, output [NAME, …]");
  }
  finish();
  return std::move(definition_);
}

/// What a label sees: the streams and the request's fields, not the values.
void DefinitionParser::declare_request(const Definition& definition) {
  for (std::uint32_t i = 0; i < streams_->size(); ++i) {
    symbols_.emplace((*streams_)[i].name, Symbol{SymbolKind::stream, i, 0});
  }
  fields_ = definition.request().schema().fields();
  for (std::uint32_t i = 0; i < fields_.size(); ++i) {
    if (i != definition.as_of_field()) {
      symbols_.emplace(fields_[i].name, Symbol{SymbolKind::field, i, 0});
    }
  }
  uses_as_of_ = definition.as_of_field().has_value();
}

Label DefinitionParser::label(const Definition& definition) {
  is_label_ = true;
  streams_ = &definition.streams();
  Label label;
  aggregates_ = &label.aggregates;
  scope_.expression = &label.expression;
  declare_request(definition);
  const Token first = peek();
  const std::uint32_t node = parse_expression(scope_);
  refuse_misplaced_clause();
  if (peek().kind != TokenKind::end) fail_expected(peek(), "an operator, or the end of the label");
  const Type type = label.expression.nodes[node].type;
  if (type != Type::boolean && !is_number(type)) {
    fail(first, Reason::type_error,
         fmt::format("the label is {}, expected bool, i64 or f64", name_of(type)));
  }
  for (const Aggregate& aggregate : label.aggregates) {
    if (aggregate.window.kind == WindowKind::next) {
      label.horizon = std::max(label.horizon, aggregate.window.width);
    }
  }
  label.text = print_label(label, definition);
  return label;
}

void DefinitionParser::descend(const Token& token) {
  if (++depth_ > kDeepest) {
    fail(token, Reason::limit_exceeded, fmt::format("nested more than {} deep", kDeepest));
  }
}

Token DefinitionParser::take() {
  const Token taken = token_;
  token_ = lexer_.next();
  return taken;
}

bool DefinitionParser::take_symbol(std::string_view spelling) {
  const bool found = token_.is_symbol(spelling);
  if (found) take();
  return found;
}

bool DefinitionParser::take_word(std::string_view spelling) {
  const bool found = token_.is_word(spelling);
  if (found) take();
  return found;
}

void DefinitionParser::expect_symbol(std::string_view spelling, std::string_view after) {
  if (!take_symbol(spelling)) {
    fail_expected(token_, fmt::format("\"{}\" after {}", spelling, after));
  }
}

bool DefinitionParser::is_call() const { return Lexer(lexer_).next().is_symbol("("); }

void DefinitionParser::fail(const Token& token, Reason reason, std::string_view message) const {
  fail_at(source_, token.offset, reason, message);
}

void DefinitionParser::fail_expected(const Token& found, std::string_view expected) const {
  fail(found, Reason::syntax,
       fmt::format("found {}, expected {}",
                   found.kind == TokenKind::end ? "the end of the text" : quoted(found.text),
                   expected));
}

void DefinitionParser::declare(const Token& name, SymbolKind kind, std::uint32_t index) {
  check_name(name);
  if (kind == SymbolKind::field && fields_.size() == kMostNames) {
    fail(name, Reason::limit_exceeded, fmt::format("more than {} request fields", kMostNames));
  }
  const auto [entry, is_new] = symbols_.emplace(name.text, Symbol{kind, index, name.offset});
  if (is_new) return;
  const std::string_view before = source_.substr(0, entry->second.offset);
  fail(name, Reason::duplicate_name,
       fmt::format("\"{}\" is already declared on line {}, expected a new name", name.text,
                   std::count(before.begin(), before.end(), '\n') + 1));
}

void DefinitionParser::check_name(const Token& name) const {
  if (name.text == kAsOf) {
    fail(name, Reason::duplicate_name,
         "\"as_of\" is reserved for the time of the request, expected another name");
  }
}

Token DefinitionParser::take_name(std::string_view expected) {
  if (!peek().is_any_name()) fail_expected(peek(), expected);
  if (peek().kind == TokenKind::name && is_reserved(peek().text)) {
    fail(peek(), Reason::syntax,
         fmt::format("found reserved word {0}, expected {1}; as a name it is `{2}`",
                     quoted(peek().text), expected, peek().text));
  }
  return take();
}

/// Only blanks are before it on its line.
bool DefinitionParser::starts_line(std::size_t offset) const noexcept {
  const std::size_t last = source_.substr(0, offset).find_last_not_of(" \t\r");
  return last == source_.npos || source_[last] == '\n';
}

Definition Definition::parse(std::string_view text) {
  const FloatingPointGuard guard;  // constants are rounded
  return DefinitionParser(text).definition();
}

Label parse_label(const Definition& definition, std::string_view text) {
  const FloatingPointGuard guard;
  return DefinitionParser(text).label(definition);
}

std::vector<std::uint32_t> Definition::text_inputs() const {
  std::vector<bool> is_key(request_.schema().size(), false);
  for (const std::vector<std::uint32_t>& fields : key_fields_) {
    for (const std::uint32_t field : fields) is_key[field] = true;
  }
  std::vector<std::uint32_t> inputs;
  for (std::uint32_t i = 0; i < is_key.size(); ++i) {
    if (!is_key[i] && request_.schema()[i].type == Type::string) inputs.push_back(i);
  }
  return inputs;
}

std::optional<std::size_t> Definition::find_stream(std::string_view name) const noexcept {
  for (std::size_t i = 0; i < streams_.size(); ++i) {
    if (streams_[i].name == name) return i;
  }
  return std::nullopt;
}

}  // namespace mlcore
