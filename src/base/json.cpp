// SPDX-License-Identifier: Apache-2.0
// Outside code uses JsonReader: a pull over the text, one pass, open containers on an explicit
// stack.
#include "mlcore/base/json.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cassert>
#include <limits>

#include "base/shown.hpp"
#include "mlcore/base/bytes.hpp"
#include "mlcore/base/error.hpp"
#include "mlcore/base/number.hpp"

namespace mlcore {
namespace {

bool is_digit(char c) noexcept { return c >= '0' && c <= '9'; }

}  // namespace

JsonReader::JsonReader(std::string_view text, JsonLimits limits) : text_(text), limits_(limits) {}

void JsonReader::fail_at(std::size_t at, std::string_view message) const {
  const std::string_view before = text_.substr(0, at);
  const auto line = 1 + std::count(before.begin(), before.end(), '\n');
  const std::size_t newline = before.rfind('\n');
  const std::size_t column = newline == before.npos ? at + 1 : at - newline;
  throw Error(Code::invalid_argument, Reason::malformed_json,
              fmt::format("JSON line {}, column {}: {}", line, column, message));
}

void JsonReader::fail(std::string_view message) const { fail_at(value_at_, message); }

/// The character at the present place; the text may not end here.
char JsonReader::next() const {
  if (at_ >= text_.size()) fail_at(text_.size(), "the text ends early");
  return text_[at_];
}

void JsonReader::skip_blanks() noexcept {
  while (at_ < text_.size()) {
    const char c = text_[at_];
    if (c != ' ' && c != '\n' && c != '\t' && c != '\r') return;
    ++at_;
  }
}

void JsonReader::before_value() {
  assert(awaits_value_);
  skip_blanks();
  value_at_ = at_;
  awaits_value_ = false;
}

JsonReader::Kind JsonReader::peek() {
  assert(awaits_value_);
  skip_blanks();
  const char c = next();
  switch (c) {
    case '{': return Kind::object;
    case '[': return Kind::array;
    case '"': return Kind::string;
    case 't':
    case 'f': return Kind::boolean;
    case 'n': return Kind::null;
    case 'N':
    case 'I':
      if (limits_.non_finite_numbers) return Kind::number;
      fail_at(at_, "NaN and Infinity are not JSON");
    default: break;
  }
  if (c != '-' && !is_digit(c)) fail_at(at_, "expected a value");
  return Kind::number;
}

void JsonReader::begin(bool is_object) {
  before_value();
  if (next() != (is_object ? '{' : '[')) {
    fail_at(at_, is_object ? "expected an object" : "expected an array");
  }
  if (levels_.size() >= limits_.depth) {
    fail_at(at_, fmt::format("nested deeper than {} levels", limits_.depth));
  }
  ++at_;
  levels_.push_back({is_object, false, names_.size()});
}

void JsonReader::begin_object() { begin(true); }
void JsonReader::begin_array() { begin(false); }

bool JsonReader::next_element() {
  assert(!awaits_value_ && !levels_.empty() && !levels_.back().is_object);
  skip_blanks();
  const char c = next();
  if (c == ']') {
    ++at_;
    levels_.pop_back();
    return false;
  }
  if (levels_.back().has_value) {
    if (c != ',') fail_at(at_, "expected ',' or ']'");
    ++at_;
  }
  levels_.back().has_value = true;
  awaits_value_ = true;
  return true;
}

std::size_t JsonReader::element_bound() const noexcept {
  const std::string_view rest = text_.substr(at_);
  const std::string_view elements = rest.substr(0, rest.find(']'));
  const auto commas = std::count(elements.begin(), elements.end(), ',');
  return std::min(static_cast<std::size_t>(commas), elements.size() / 2) + 1;
}

std::optional<std::string_view> JsonReader::next_member() {
  assert(!awaits_value_ && !levels_.empty() && levels_.back().is_object);
  skip_blanks();
  const char c = next();
  if (c == '}') {
    ++at_;
    refuse_duplicates(levels_.back().first_name);
    levels_.pop_back();
    return std::nullopt;
  }
  if (levels_.back().has_value) {
    if (c != ',') fail_at(at_, "expected ',' or '}'");
    ++at_;
    skip_blanks();
  }
  value_at_ = at_;
  if (next() != '"') fail_at(at_, "expected a member's name in quotes");
  const std::string_view name = quoted();
  if (names_.size() >= limits_.members) {
    fail(fmt::format("more than {} members in open objects", limits_.members));
  }
  names_.push_back({name_text_.size(), name_text_.size() + name.size(), value_at_});
  name_text_ += name;
  skip_blanks();
  if (next() != ':') fail_at(at_, "expected ':'");
  ++at_;
  levels_.back().has_value = true;
  awaits_value_ = true;
  return name;
}

void JsonReader::refuse_duplicates(std::size_t first_name) {
  const auto text_of = [this](const Name& name) {
    return std::string_view(name_text_).substr(name.begin, name.end - name.begin);
  };
  const auto first = names_.begin() + static_cast<std::ptrdiff_t>(first_name);
  if (first == names_.end()) return;
  const std::size_t text_begin = first->begin;
  std::sort(first, names_.end(), [&](const Name& a, const Name& b) {
    const int order = text_of(a).compare(text_of(b));
    return order != 0 ? order < 0 : a.at < b.at;
  });
  const auto same = [&](const Name& a, const Name& b) { return text_of(a) == text_of(b); };
  const auto repeated = std::adjacent_find(first, names_.end(), same);
  if (repeated != names_.end()) {
    fail_at((repeated + 1)->at, fmt::format("{} is given twice", shown(text_of(*repeated))));
  }
  names_.erase(first, names_.end());
  name_text_.resize(text_begin);
}

std::string_view JsonReader::string() {
  before_value();
  if (next() != '"') fail("expected a string");
  return quoted();
}

/// A string from its opening to its closing quote. The view points into the text unless the string
/// has escapes.
std::string_view JsonReader::quoted() {
  const std::size_t start = ++at_;
  std::size_t copied = start;
  bool has_escapes = false;
  for (char c = next(); c != '"'; c = next()) {
    if (static_cast<unsigned char>(c) < 0x20) fail_at(at_, "a control character in a string");
    if (c != '\\') {
      ++at_;
      continue;
    }
    if (!has_escapes) decoded_.clear();
    has_escapes = true;
    decoded_ += text_.substr(copied, at_ - copied);
    escape();
    copied = at_;
  }
  const std::string_view raw = text_.substr(start, at_ - start);
  if (!is_utf8(raw)) fail("a string that is not UTF-8");
  if (has_escapes) decoded_ += text_.substr(copied, at_ - copied);
  ++at_;
  return has_escapes ? std::string_view(decoded_) : raw;
}

void JsonReader::escape() {
  ++at_;
  const char c = next();
  ++at_;
  switch (c) {
    case '"':
    case '\\':
    case '/': decoded_ += c; return;
    case 'b': decoded_ += '\b'; return;
    case 'f': decoded_ += '\f'; return;
    case 'n': decoded_ += '\n'; return;
    case 'r': decoded_ += '\r'; return;
    case 't': decoded_ += '\t'; return;
    case 'u': break;
    default: fail_at(at_ - 1, "an unknown escape");
  }
  const std::size_t at = at_;
  std::uint32_t code_point = code_unit();
  if (code_point >= 0xDC00 && code_point < 0xE000) fail_at(at, "a lone surrogate");
  if (code_point >= 0xD800 && code_point < 0xDC00) {
    if (text_.substr(at_, 2) != "\\u") fail_at(at, "a lone surrogate");
    at_ += 2;
    const std::uint32_t low = code_unit();
    if (low < 0xDC00 || low >= 0xE000) fail_at(at, "a lone surrogate");
    code_point = 0x10000 + ((code_point - 0xD800) << 10) + (low - 0xDC00);
  }
  append_utf8(code_point);
}

std::uint32_t JsonReader::code_unit() {
  std::uint32_t unit = 0;
  for (int i = 0; i < 4; ++i, ++at_) {
    const char c = next();
    const bool is_lower = c >= 'a' && c <= 'f';
    const bool is_upper = c >= 'A' && c <= 'F';
    if (!is_digit(c) && !is_lower && !is_upper) fail_at(at_, "expected four hexadecimal digits");
    const int digit = is_digit(c) ? c - '0' : is_lower ? c - 'a' + 10 : c - 'A' + 10;
    unit = unit * 16 + static_cast<std::uint32_t>(digit);
  }
  return unit;
}

void JsonReader::append_utf8(std::uint32_t code_point) {
  const auto put = [this](std::uint32_t byte) { decoded_ += static_cast<char>(byte); };
  const auto tail = [&](int shift) { put(0x80 | ((code_point >> shift) & 0x3F)); };
  if (code_point < 0x80) return put(code_point);
  if (code_point < 0x800) {
    put(0xC0 | (code_point >> 6));
  } else if (code_point < 0x10000) {
    put(0xE0 | (code_point >> 12));
    tail(6);
  } else {
    put(0xF0 | (code_point >> 18));
    tail(12);
    tail(6);
  }
  tail(0);
}

void JsonReader::digits() {
  if (!is_digit(next())) fail_at(at_, "expected a digit");
  while (at_ < text_.size() && is_digit(text_[at_])) ++at_;
}

std::string_view JsonReader::number() {
  before_value();
  const auto is_at = [this](char c) { return at_ < text_.size() && text_[at_] == c; };
  if (is_at('-')) ++at_;
  if (limits_.non_finite_numbers && (is_at('N') || is_at('I'))) {
    literal(is_at('N') && at_ == value_at_ ? "NaN" : "Infinity");
    return text_.substr(value_at_, at_ - value_at_);
  }
  if (!is_digit(next())) fail("expected a number");
  if (is_at('0')) {
    ++at_;
  } else {
    digits();
  }
  if (at_ < text_.size() && is_digit(text_[at_])) fail("a number with a leading zero");
  if (is_at('.')) {
    ++at_;
    digits();
  }
  if (is_at('e') || is_at('E')) {
    ++at_;
    if (is_at('+') || is_at('-')) ++at_;
    digits();
  }
  return text_.substr(value_at_, at_ - value_at_);
}

namespace {

/// NaN, Infinity and -Infinity, which only a reader that allows them lets through.
template <typename Real>
std::optional<Real> non_finite(std::string_view text) noexcept {
  if (text == "NaN") return std::numeric_limits<Real>::quiet_NaN();
  if (text == "Infinity") return std::numeric_limits<Real>::infinity();
  if (text == "-Infinity") return -std::numeric_limits<Real>::infinity();
  return std::nullopt;
}

}  // namespace

double JsonReader::f64() {
  const std::string_view text = number();
  if (const auto value = non_finite<double>(text)) return *value;
  const auto value = parse_f64(text);
  if (!value) fail("a number out of the range of f64");
  return *value;
}

float JsonReader::f32() {
  const std::string_view text = number();
  if (const auto value = non_finite<float>(text)) return *value;
  const auto value = parse_f32(text);
  if (!value) fail("a number out of the range of f32");
  return *value;
}

std::int64_t JsonReader::i64() {
  const std::string_view text = number();
  if (text.find_first_of(".eENI") != text.npos) fail("expected a whole number");
  const auto value = parse_i64(text);
  if (!value) fail("a number out of the range of i64");
  return *value;
}

void JsonReader::literal(std::string_view word) {
  if (text_.substr(at_, word.size()) != word) fail(fmt::format("expected {}", word));
  at_ += word.size();
}

bool JsonReader::boolean() {
  before_value();
  const char c = next();
  if (c != 't' && c != 'f') fail("expected true or false");
  literal(c == 't' ? "true" : "false");
  return c == 't';
}

void JsonReader::null() {
  before_value();
  literal("null");
}

void JsonReader::skip_one() {
  switch (peek()) {
    case Kind::object: begin_object(); return;
    case Kind::array: begin_array(); return;
    case Kind::string: static_cast<void>(string()); return;
    case Kind::number: static_cast<void>(number()); return;
    case Kind::boolean: static_cast<void>(boolean()); return;
    case Kind::null: null(); return;
  }
}

void JsonReader::skip() {
  const std::size_t floor = levels_.size();
  skip_one();
  while (levels_.size() > floor) {
    const bool has_more = levels_.back().is_object ? next_member().has_value() : next_element();
    if (has_more) skip_one();
  }
}

void JsonReader::finish() {
  assert(levels_.empty() && !awaits_value_);
  skip_blanks();
  if (at_ != text_.size()) fail_at(at_, "bytes after the end of the value");
}

void append_json_string(std::string& json, std::string_view value) {
  json += '"';
  for (const char c : value) {
    switch (c) {
      case '"': json += "\\\""; break;
      case '\\': json += "\\\\"; break;
      case '\b': json += "\\b"; break;
      case '\f': json += "\\f"; break;
      case '\n': json += "\\n"; break;
      case '\r': json += "\\r"; break;
      case '\t': json += "\\t"; break;
      default:
        if (static_cast<unsigned char>(c) < 0x20) {
          json += fmt::format("\\u{:04x}", static_cast<unsigned>(c));
        } else {
          json += c;
        }
    }
  }
  json += '"';
}

}  // namespace mlcore
