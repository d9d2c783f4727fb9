// SPDX-License-Identifier: Apache-2.0
#pragma once

// Text to tokens, on demand.
//
//   Lexer lexer("spend = 90d  # comment");
//   lexer.next();  // name "spend"
//   lexer.next();  // symbol "="
//   lexer.next();  // duration "90d"
//   lexer.next();  // end

#include <cstdint>
#include <string>
#include <string_view>

namespace mlcore {

enum class TokenKind : std::uint8_t {
  name,
  quoted_name,  // never a word of the language
  integer,
  real,
  duration,
  string,
  symbol,
  end
};

/// `text` is the token as written, a string with its quotation marks, a quoted name without its
/// backticks.
struct Token {
  TokenKind kind = TokenKind::end;
  std::string_view text;
  std::size_t offset = 0;

  [[nodiscard]] bool is(TokenKind wanted, std::string_view spelling) const noexcept {
    return kind == wanted && text == spelling;
  }
  [[nodiscard]] bool is_any_name() const noexcept {
    return kind == TokenKind::name || kind == TokenKind::quoted_name;
  }
  [[nodiscard]] bool is_symbol(std::string_view spelling) const noexcept {
    return is(TokenKind::symbol, spelling);
  }
  [[nodiscard]] bool is_word(std::string_view spelling) const noexcept {
    return is(TokenKind::name, spelling);
  }
};

/// Lifetime: borrows the source. A copy is a bookmark.
class Lexer {
 public:
  /// Requires: UTF-8.
  explicit Lexer(std::string_view source) noexcept;

  /// After the last token, `end` for ever. Throws: invalid_argument/syntax, limit_exceeded (a name
  /// past 128 bytes).
  [[nodiscard]] Token next();

 private:
  void skip_blanks() noexcept;
  [[nodiscard]] char at(std::size_t ahead) const noexcept;
  [[nodiscard]] Token take(TokenKind kind, std::size_t length) noexcept;
  [[nodiscard]] Token name();
  [[nodiscard]] Token quoted_name();
  [[nodiscard]] Token number();
  [[nodiscard]] Token string();
  [[nodiscard]] Token symbol();

  std::string_view source_;
  std::size_t offset_ = 0;
};

/// The value of a string token: escapes `\"` `\\` `\n` `\r` `\t` `\u{1F600}` decoded.
/// Throws: invalid_argument/syntax at the escape.
[[nodiscard]] std::string decode_string(std::string_view source, const Token& token);
/// A string token of that value.
[[nodiscard]] std::string encode_string(std::string_view value);

/// Whether a token can be this name: 1 to 128 bytes, no backtick and no control character.
[[nodiscard]] bool can_be_name(std::string_view name) noexcept;
/// A name token, in backticks where it must be. Requires: can_be_name.
[[nodiscard]] std::string encode_name(std::string_view name);

}  // namespace mlcore
