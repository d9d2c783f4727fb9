// SPDX-License-Identifier: Apache-2.0
// The parser uses Lexer and decode_string, the printer encode_string and encode_name, imports of
// models can_be_name and encode_name.
#include "feature/lexer.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "feature/diagnostic.hpp"
#include "feature/operations.hpp"

namespace mlcore {
namespace {

constexpr std::size_t kLongestName = 128;

// A character, and the letter that stands for it after a backslash.
constexpr std::string_view kEscaped = "\"\\\n\r\t";
constexpr std::string_view kEscapes = "\"\\nrt";

/// '\0' for what is not such a letter.
char simple_escape(char letter) noexcept {
  const std::size_t found = kEscapes.find(letter);
  return found == kEscapes.npos ? '\0' : kEscaped[found];
}

bool is_digit(char c) noexcept { return c >= '0' && c <= '9'; }
bool starts_name(char c) noexcept {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
}
bool continues_name(char c) noexcept { return starts_name(c) || is_digit(c); }
bool is_control(char c) noexcept { return static_cast<unsigned char>(c) < 0x20 || c == 0x7F; }

/// -1 for what is not a hexadecimal digit.
int hex_digit(char c) noexcept {
  if (is_digit(c)) return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

void append_utf8(std::string& out, std::uint32_t code) {
  if (code < 0x80) {
    out += static_cast<char>(code);
    return;
  }
  const int continuations = code < 0x800 ? 1 : code < 0x10000 ? 2 : 3;
  const std::uint32_t lead = continuations == 1 ? 0xC0 : continuations == 2 ? 0xE0 : 0xF0;
  out += static_cast<char>(lead | code >> (6 * continuations));
  for (int i = continuations - 1; i >= 0; --i) {
    out += static_cast<char>(0x80 | (code >> (6 * i) & 0x3F));
  }
}

/// `{1F600}`, `text` being what follows `\u`; returns its length, 0 when it is malformed.
std::size_t decode_code_point(std::string_view text, std::string& out) {
  std::size_t length = 1;
  std::uint32_t code = 0;
  if (text.empty() || text[0] != '{') return 0;
  for (; length < text.size() && text[length] != '}'; ++length) {
    const int digit = hex_digit(text[length]);
    if (digit < 0 || length > 6) return 0;
    code = code * 16 + static_cast<std::uint32_t>(digit);
  }
  const bool is_surrogate = code >= 0xD800 && code <= 0xDFFF;
  if (length == 1 || length == text.size() || code > 0x10FFFF || is_surrogate) return 0;
  append_utf8(out, code);
  return length + 1;
}

}  // namespace

Lexer::Lexer(std::string_view source) noexcept : source_(source) {
  if (source_.starts_with("\xEF\xBB\xBF")) offset_ = 3;  // a byte order mark
}

char Lexer::at(std::size_t ahead) const noexcept {
  return offset_ + ahead < source_.size() ? source_[offset_ + ahead] : '\0';
}

Token Lexer::take(TokenKind kind, std::size_t length) noexcept {
  const Token token{kind, source_.substr(offset_, length), offset_};
  offset_ += length;
  return token;
}

void Lexer::skip_blanks() noexcept {
  while (offset_ < source_.size()) {
    const char c = source_[offset_];
    if (c == '#') {
      offset_ = std::min(source_.find('\n', offset_), source_.size());
    } else if (c == ' ' || c == '\t' || c == '\n' || c == '\r') {
      ++offset_;
    } else {
      return;
    }
  }
}

Token Lexer::next() {
  skip_blanks();
  if (offset_ == source_.size()) return take(TokenKind::end, 0);
  const char c = at(0);
  if (starts_name(c)) return name();
  if (is_digit(c)) return number();
  if (c == '"') return string();
  if (c == '`') return quoted_name();
  return symbol();
}

Token Lexer::name() {
  std::size_t length = 1;
  while (continues_name(at(length))) ++length;
  if (length > kLongestName) {
    fail_at(source_, offset_, Reason::limit_exceeded,
            fmt::format("a name of {} bytes: the limit is {}", length, kLongestName));
  }
  return take(TokenKind::name, length);
}

Token Lexer::quoted_name() {
  const std::size_t end = source_.find('`', offset_ + 1);
  const std::string_view name = source_.substr(offset_ + 1, end - offset_ - 1);
  if (end == source_.npos || !can_be_name(name)) {
    fail_at(source_, offset_, Reason::syntax,
            fmt::format("found no name in backticks, expected ` on its line after 1 to {} bytes "
                        "without control characters",
                        kLongestName));
  }
  const Token token{TokenKind::quoted_name, name, offset_};
  offset_ = end + 1;
  return token;
}

Token Lexer::number() {
  std::size_t length = 1;
  TokenKind kind = TokenKind::integer;
  while (is_digit(at(length))) ++length;
  if (at(length) == '.' && is_digit(at(length + 1))) {
    kind = TokenKind::real;
    length += 2;
    while (is_digit(at(length))) ++length;
  }
  if (at(length) == 'e' || at(length) == 'E') {
    const std::size_t sign = at(length + 1) == '-' || at(length + 1) == '+' ? 1 : 0;
    if (is_digit(at(length + 1 + sign))) {
      kind = TokenKind::real;
      length += 2 + sign;
      while (is_digit(at(length))) ++length;
    }
  }
  if (kind == TokenKind::integer && at(length) != '\0' &&
      std::string_view("smhdw").find(at(length)) != std::string_view::npos) {
    kind = TokenKind::duration;
    ++length;
  }
  std::size_t junk = length;
  while (continues_name(at(junk)) || at(junk) == '.') ++junk;
  if (junk > length) {
    fail_at(
        source_, offset_, Reason::syntax,
        fmt::format("found {}, expected a number such as 50, 0.5 or 1e-3, or a duration such as "
                    "90d (units s m h d w)",
                    quoted(source_.substr(offset_, junk))));
  }
  return take(kind, length);
}

Token Lexer::string() {
  std::size_t length = 1;
  while (offset_ + length < source_.size()) {
    const char c = at(length);
    if (c == '"') return take(TokenKind::string, length + 1);
    if (c == '\n') break;
    if (is_control(c)) {
      fail_at(
          source_, offset_ + length, Reason::syntax,
          fmt::format("found control character {0} in a string, expected the escape \\u{{{0:X}}}",
                      static_cast<unsigned>(c)));
    }
    length += c == '\\' && at(length + 1) != '\n' ? 2 : 1;
  }
  fail_at(source_, offset_, Reason::syntax, "found no end of this string, expected \" on its line");
}

Token Lexer::symbol() {
  for (const std::string_view two : {"==", "!=", "<=", ">=", "//"}) {
    if (source_.substr(offset_, 2) == two) return take(TokenKind::symbol, 2);
  }
  if (std::string_view("()[],:?=<>+-*/%").find(at(0)) != std::string_view::npos && at(0) != '\0') {
    return take(TokenKind::symbol, 1);
  }
  std::size_t length = 1;
  while ((static_cast<unsigned char>(at(length)) & 0xC0) == 0x80) ++length;
  const std::string_view found = source_.substr(offset_, length);
  if (is_control(found[0])) {
    fail_at(source_, offset_, Reason::syntax,
            fmt::format("found control character {}, expected a name, a number or a symbol",
                        static_cast<unsigned>(found[0])));
  }
  fail_at(source_, offset_, Reason::syntax,
          fmt::format("found {}, expected a name, a number or a symbol", quoted(found)));
}

std::string decode_string(std::string_view source, const Token& token) {
  const std::string_view body = token.text.substr(1, token.text.size() - 2);
  std::string value;
  value.reserve(body.size());
  for (std::size_t i = 0; i < body.size(); ++i) {
    if (body[i] != '\\') {
      value += body[i];
      continue;
    }
    const char kind = body[++i];
    std::size_t extra = 0;
    if (kind == 'u') extra = decode_code_point(body.substr(i + 1), value);
    const char simple = simple_escape(kind);
    if (simple != '\0') value += simple;
    if (simple == '\0' && extra == 0) {
      fail_at(source, token.offset + i, Reason::syntax,
              "found an unknown escape, expected one of \\\" \\\\ \\n \\r \\t \\u{1F600}");
    }
    i += extra;
  }
  return value;
}

std::string encode_string(std::string_view value) {
  std::string out = "\"";
  for (const char c : value) {
    const auto byte = static_cast<unsigned char>(c);
    const std::size_t simple = kEscaped.find(c);
    if (simple != kEscaped.npos) {
      (out += '\\') += kEscapes[simple];
    } else if (byte < 0x20 || byte == 0x7F) {
      out += fmt::format("\\u{{{:X}}}", byte);
    } else {
      out += c;
    }
  }
  return out + "\"";
}

bool can_be_name(std::string_view name) noexcept {
  return !name.empty() && name.size() <= kLongestName && name.find('`') == name.npos &&
         std::none_of(name.begin(), name.end(), is_control);
}

std::string encode_name(std::string_view name) {
  const bool is_plain = starts_name(name[0]) &&
                        std::all_of(name.begin(), name.end(), continues_name) && !is_reserved(name);
  return is_plain ? std::string(name) : fmt::format("`{}`", name);
}

}  // namespace mlcore
