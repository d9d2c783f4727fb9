// SPDX-License-Identifier: Apache-2.0
#pragma once

// The recursive-descent parser: tokens in, typed IR out, in one pass.
//
//   DefinitionParser parser(text);
//   Definition definition = parser.definition();
//
// parser.cpp has tokens and names, parse_declarations.cpp and parse_stream.cpp the statements,
// parse_expression.cpp operators and calls, parse_aggregate.cpp what follows `over`.

#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "feature/lexer.hpp"
#include "feature/operations.hpp"
#include "mlcore/base/error.hpp"
#include "mlcore/feature/definition.hpp"

namespace mlcore {

inline constexpr std::string_view kAsOf = "as_of";
inline constexpr int kDeepest = 64;
inline constexpr std::size_t kMostNodes = 10'000;
inline constexpr std::size_t kMostOutputs = 65'536;
inline constexpr std::size_t kMostNames = 65'536;  // inputs and keys; and again values
inline constexpr std::size_t kMostStreams = 256;
inline constexpr std::size_t kMostColumns = 1'024;  // of one stream
inline constexpr std::int64_t kMostTiles = 4'096;

/// One parse. Lifetime: borrows the text, and for a label the definition.
class DefinitionParser {
 public:
  explicit DefinitionParser(std::string_view text);
  DefinitionParser(const DefinitionParser&) = delete;
  DefinitionParser& operator=(const DefinitionParser&) = delete;

  [[nodiscard]] Definition definition();
  [[nodiscard]] Label label(const Definition& definition);

 private:
  enum class SymbolKind : std::uint8_t { stream, field, value };
  struct Symbol {
    SymbolKind kind;
    std::uint32_t index;  // of the stream, of fields_, of the node
    std::size_t offset;   // where it was declared
  };

  /// Where an expression finds its names and puts its nodes.
  struct Scope {
    Expression* expression;
    const Stream* stream = nullptr;  // inside an aggregate, which sees nothing else
    std::unordered_map<std::uint32_t, std::uint32_t> column_nodes{};  // one node a column
    std::optional<std::uint32_t> as_of_node{};
  };

  struct Literal {
    Type type = Type::i64;
    Cell cell{};
    std::string text;
  };

  // parse_declarations.cpp
  void parse_header();
  void parse_statement();
  void parse_input();
  void parse_value();
  void parse_output();
  void finish();
  std::vector<std::uint32_t> lay_out_request();
  [[nodiscard]] Field parse_field(const Token& name);

  // parse_stream.cpp
  void parse_stream();
  void parse_column(Stream& stream, std::vector<Field>& columns);
  void check_role(const Stream& stream, const Field& column, Role role, const Token& token) const;
  void finish_stream(Stream& stream, const Token& name);
  void declare_keys(const Stream& stream, const std::vector<std::size_t>& column_offsets);
  void parse_dedup(Stream& stream);

  // parse_expression.cpp
  std::uint32_t parse_expression(Scope& scope);
  std::uint32_t parse_binary(Scope& scope, int least_precedence);
  std::uint32_t parse_not(Scope& scope, int least_precedence);
  std::uint32_t parse_unary(Scope& scope);
  std::uint32_t parse_primary(Scope& scope);
  std::uint32_t parse_parentheses(Scope& scope);
  std::uint32_t parse_call(Scope& scope);
  std::uint32_t parse_function(Scope& scope, const Function& function);
  std::uint32_t parse_fit(Scope& scope);
  std::uint32_t parse_reference(Scope& scope);
  std::uint32_t column_node(Scope& scope, std::uint32_t column, const Field& field);
  std::uint32_t as_of_node(Scope& scope, const Token& token);
  [[nodiscard]] bool at_literal() const;
  [[nodiscard]] Literal parse_literal();
  [[nodiscard]] Literal parse_number(const Token& token, bool is_negative) const;
  [[nodiscard]] Literal parse_timestamp_literal();
  std::uint32_t add_operation(Scope& scope, Op op, std::span<const std::uint32_t> arguments,
                              const Token& token);
  std::uint32_t add_node(Scope& scope, Node node, const Token& token);
  [[noreturn]] void fail_unknown(const Scope& scope, const Token& name) const;

  // parse_aggregate.cpp
  std::uint32_t parse_aggregate(Scope& scope, const AggregateFunction& function);
  [[nodiscard]] std::uint32_t find_stream_ahead() const;
  [[nodiscard]] std::uint32_t take_stream(Token token) const;
  void parse_clauses(Aggregate& aggregate, const Stream& stream);
  void parse_window(Window& window);
  void parse_last(Window& window);
  void parse_next(Window& window);
  void parse_edges(Window& window);
  void parse_default(Aggregate& aggregate, ValueType argument, const Token& function);
  void check_tiles(const Window& window, const Token& token) const;
  [[nodiscard]] std::int64_t take_duration(std::string_view expected, bool may_be_zero);
  void refuse_misplaced_clause() const;

  // parser.cpp
  void declare_request(const Definition& definition);
  void declare(const Token& name, SymbolKind kind, std::uint32_t index);
  void check_name(const Token& name) const;
  [[nodiscard]] Token take_name(std::string_view expected);
  [[nodiscard]] bool starts_line(std::size_t offset) const noexcept;
  void descend(const Token& token);
  void ascend() noexcept { --depth_; }
  [[nodiscard]] const Token& peek() const noexcept { return token_; }
  Token take();
  bool take_symbol(std::string_view spelling);
  bool take_word(std::string_view spelling);
  void expect_symbol(std::string_view spelling, std::string_view after);
  [[nodiscard]] bool is_call() const;
  [[noreturn]] void fail(const Token& token, Reason reason, std::string_view message) const;
  [[noreturn]] void fail_expected(const Token& found, std::string_view expected) const;

  std::string_view source_;
  Lexer lexer_;
  Token token_;
  int depth_ = 0;
  std::size_t node_count_ = 0;
  bool is_label_ = false;

  Definition definition_;
  std::unordered_map<std::string, Symbol> symbols_;
  std::vector<Field> fields_;                           // inputs and keys, as they come
  std::vector<std::uint32_t> keys_;                     // of fields_, in the order of streams
  std::vector<bool> is_key_;                            // one a field
  std::vector<std::vector<std::uint32_t>> key_fields_;  // of fields_, one a stream
  bool uses_as_of_ = false;
  bool has_output_ = false;

  const std::vector<Stream>* streams_ = nullptr;  // those of definition_, or the label's
  std::vector<Aggregate>* aggregates_ = nullptr;
  Scope scope_{};
};

}  // namespace mlcore
