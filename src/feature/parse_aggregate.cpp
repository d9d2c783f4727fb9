// SPDX-License-Identifier: Apache-2.0
// The expressions use parse_aggregate: `sum(x) over S where P last 90d delay 1h default 0`.
#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "feature/diagnostic.hpp"
#include "feature/parser.hpp"
#include "mlcore/base/number.hpp"
#include "mlcore/base/time.hpp"

namespace mlcore {
namespace {

constexpr std::string_view kOrder =
    "over STREAM [where P] (last D [hop H] | last N events [within D] | lifetime) [delay D] "
    "[closed K] [default C]";

constexpr std::int64_t kLongestTile = 28 * kMicrosPerDay;
/// No window, delay or hop is longer, so that the edges of a window stay in int64.
constexpr std::int64_t kLongestDuration = kMostTiles * kLongestTile;

/// The largest of the sizes that fits 12 times into the window.
std::int64_t tile_size(const Window& window) noexcept {
  if (window.hop != 0) return window.hop;
  if (window.kind == WindowKind::lifetime || window.kind == WindowKind::events) return kLongestTile;
  constexpr std::array<std::int64_t, 9> kSeconds = {
      28 * 86'400, 7 * 86'400, 86'400, 6 * 3'600, 3'600, 600, 60, 10, 1};
  for (const std::int64_t seconds : kSeconds) {
    if (12 * seconds * kMicrosPerSecond <= window.width) return seconds * kMicrosPerSecond;
  }
  return kMicrosPerSecond;
}

bool makes_text(const Expression& expression) noexcept {
  return std::any_of(expression.nodes.begin(), expression.nodes.end(),
                     [](const Node& node) { return node.op == Op::to_string; });
}

}  // namespace

std::uint32_t DefinitionParser::parse_aggregate(Scope& scope, const AggregateFunction& function) {
  const Token name = peek();
  if (scope.stream != nullptr) {
    fail_expected(
        name, fmt::format("a column of stream \"{}\": aggregates do not nest", scope.stream->name));
  }
  Aggregate aggregate{};
  aggregate.function = function.with_argument;
  aggregate.stream = find_stream_ahead();
  const Stream& stream = (*streams_)[aggregate.stream];
  take();
  take();
  ValueType argument{Type::i64, false};
  if (peek().is_symbol(")") && aggregate.function == Aggregation::count_value) {
    aggregate.function = Aggregation::count;
  } else {
    Scope inner{.expression = &aggregate.argument, .stream = &stream};
    descend(name);
    const Node& node = aggregate.argument.nodes[parse_expression(inner)];
    ascend();
    argument = {node.type, node.nullable};
  }
  expect_symbol(")", "the argument");
  take();
  take();
  parse_clauses(aggregate, stream);
  parse_default(aggregate, argument, name);
  refuse_misplaced_clause();
  if (aggregate.type == Type::string && makes_text(aggregate.argument)) {
    fail(name, Reason::unsupported_feature,
         fmt::format("{0}() of a text made by string(), expected string({0}(x) …)", name.text));
  }
  Node node{.op = Op::aggregate, .type = aggregate.type, .nullable = aggregate.nullable};
  node.index = static_cast<std::uint32_t>(aggregates_->size());
  aggregates_->push_back(std::move(aggregate));
  return add_node(scope, std::move(node), name);
}

/// The argument is typed by the stream that comes after it: looks past the closing parenthesis.
std::uint32_t DefinitionParser::find_stream_ahead() const {
  Lexer lexer = lexer_;
  Token token = lexer.next();
  const Token opening = token;
  for (int depth = 1; depth > 0;) {
    token = lexer.next();
    if (token.is_symbol("(")) ++depth;
    if (token.is_symbol(")")) --depth;
    if (token.kind == TokenKind::end) {
      fail(opening, Reason::syntax, "found no end of this \"(\", expected \")\"");
    }
  }
  token = lexer.next();
  if (!token.is_word("over")) {
    fail_expected(token, fmt::format("{} after {}()", kOrder, peek().text));
  }
  return take_stream(lexer.next());
}

std::uint32_t DefinitionParser::take_stream(Token token) const {
  std::vector<std::string_view> names;
  for (std::uint32_t i = 0; i < streams_->size(); ++i) {
    if (token.is_any_name() && token.text == (*streams_)[i].name) return i;
    names.push_back((*streams_)[i].name);
  }
  if (!token.is_any_name() || (token.kind == TokenKind::name && is_reserved(token.text))) {
    fail_expected(token, "the name of a stream");
  }
  fail(token, Reason::unknown_name,
       fmt::format("found {}, expected the name of a stream{}", quoted(token.text),
                   suggestion(token.text, names)));
}

void DefinitionParser::parse_clauses(Aggregate& aggregate, const Stream& stream) {
  if (peek().is_word("by")) {
    fail(peek(), Reason::unsupported_feature,
         "clause \"by\" is not computed by this version: the request has the stream's key names");
  }
  if (peek().is_word("where")) {
    const Token where = take();
    Scope inner{.expression = &aggregate.where, .stream = &stream};
    descend(where);
    const Node& condition = aggregate.where.nodes[parse_expression(inner)];
    ascend();
    if (condition.type != Type::boolean) {
      fail(where, Reason::type_error,
           fmt::format("the condition of \"where\" is {}, expected bool", name_of(condition.type)));
    }
  }
  const Token window = peek();
  parse_window(aggregate.window);
  if (aggregate.window.kind != WindowKind::next) parse_edges(aggregate.window);
  aggregate.window.tile = tile_size(aggregate.window);
  check_tiles(aggregate.window, window);
  if (peek().is_word("include_current")) {
    fail(peek(), Reason::unsupported_feature,
         "clause \"include_current\" is not computed by this version");
  }
}

void DefinitionParser::parse_window(Window& window) {
  if (take_word("lifetime")) {
    window.kind = WindowKind::lifetime;
  } else if (peek().is_word("last")) {
    parse_last(window);
  } else if (peek().is_word("next")) {
    parse_next(window);
  } else {
    fail_expected(peek(), "a window: last 90d, last 5 events or lifetime");
  }
}

void DefinitionParser::parse_last(Window& window) {
  take();
  if (peek().kind != TokenKind::integer) {
    window.kind = WindowKind::duration;
    window.width = take_duration("a duration such as 90d, or a number of events", false);
    const Token hop = peek();
    if (!take_word("hop")) return;
    window.hop = take_duration("a duration such as 1h", false);
    if (window.hop > window.width) {
      fail(hop, Reason::syntax,
           fmt::format("hop {} is longer than the window of {}", format_duration(window.hop),
                       format_duration(window.width)));
    }
    return;
  }
  const Token number = take();
  const auto count = parse_i64(number.text);
  if (!count || *count == 0) fail_expected(number, "a number of events from 1 on");
  if (!take_word("events")) {
    fail_expected(peek(), "\"events\" after a number; a duration has a unit, as 90d");
  }
  window.kind = WindowKind::events;
  window.event_count = *count;
  if (take_word("within")) window.width = take_duration("a duration such as 90d", false);
}

void DefinitionParser::parse_next(Window& window) {
  const Token next = take();
  if (!is_label_) {
    fail(next, Reason::syntax,
         "found \"next\", expected last or lifetime: what comes after as_of "
         "can only be a label");
  }
  window.kind = WindowKind::next;
  window.width = take_duration("a duration such as 90d", false);
}

void DefinitionParser::parse_edges(Window& window) {
  if (take_word("delay")) window.delay = take_duration("a duration such as 5m", true);
  if (!take_word("closed")) return;
  const Token token = peek();
  for (const Closed closed : {Closed::left, Closed::right, Closed::both, Closed::neither}) {
    if (!take_word(name_of(closed))) continue;
    window.closed = closed;
    return;
  }
  fail_expected(token, "left, right, both or neither");
}

void DefinitionParser::parse_default(Aggregate& aggregate, ValueType argument,
                                     const Token& function) {
  const Token token = peek();
  aggregate.has_default = take_word("default");
  const Inference inference = infer(aggregate.function, argument, aggregate.has_default);
  if (!inference.complaint.empty()) {
    const bool is_about_default =
        aggregate.has_default && infer(aggregate.function, argument, false).complaint.empty();
    fail(is_about_default ? token : function, Reason::type_error, inference.complaint);
  }
  aggregate.type = inference.value.type;
  aggregate.nullable = inference.value.nullable;
  if (!aggregate.has_default) return;
  const Token constant = peek();
  if (!at_literal()) fail_expected(constant, "a constant after default");
  Literal literal = parse_literal();
  if (literal.type == Type::i64 && aggregate.type == Type::f64) {
    literal.type = Type::f64;
    literal.cell = Cell::of(static_cast<double>(literal.cell.i64));
  }
  if (literal.type != aggregate.type) {
    fail(constant, Reason::type_error,
         fmt::format("the default is {}, expected {} as the aggregate", name_of(literal.type),
                     name_of(aggregate.type)));
  }
  aggregate.default_value = literal.cell;
  aggregate.default_text = std::move(literal.text);
}

void DefinitionParser::check_tiles(const Window& window, const Token& token) const {
  const std::int64_t tiles = window.width / window.tile + (window.width % window.tile != 0 ? 1 : 0);
  if (tiles > kMostTiles) {
    fail(token, Reason::limit_exceeded,
         fmt::format("a window of {} in tiles of {} has {} tiles: the limit is {}",
                     format_duration(window.width), format_duration(window.tile), tiles,
                     kMostTiles));
  }
}

std::int64_t DefinitionParser::take_duration(std::string_view expected, bool may_be_zero) {
  const Token token = take();
  if (token.kind != TokenKind::duration) fail_expected(token, expected);
  const auto micros = parse_duration(token.text);
  if (!micros || *micros > kLongestDuration) {
    fail(token, Reason::limit_exceeded,
         fmt::format("found {}, expected at most {}; for all of time "
                     "write lifetime",
                     quoted(token.text), format_duration(kLongestDuration)));
  }
  if (*micros == 0 && !may_be_zero) fail_expected(token, "a duration longer than 0");
  return *micros;
}

void DefinitionParser::refuse_misplaced_clause() const {
  const bool is_call_of_last = peek().is_word("last") && is_call();
  if (peek().kind == TokenKind::name && is_clause_word(peek().text) && !is_call_of_last) {
    fail_expected(peek(), fmt::format("the clauses of an aggregate in the order {}", kOrder));
  }
}

}  // namespace mlcore
