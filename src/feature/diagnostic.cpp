// SPDX-License-Identifier: Apache-2.0
// The parser uses fail_at, check_text, suggestion and quoted.
#include "feature/diagnostic.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <numeric>

#include "mlcore/base/bytes.hpp"

namespace mlcore {
namespace {

constexpr std::size_t kLargestText = std::size_t{16} << 20;
constexpr std::size_t kLongestExcerpt = 80;  // code points of the source line
constexpr std::size_t kLongestQuote = 40;
constexpr std::size_t kMostCandidates = 4096;

bool continues_code_point(char byte) noexcept {
  return (static_cast<unsigned char>(byte) & 0xC0) == 0x80;
}

std::size_t code_points(std::string_view text) noexcept {
  return static_cast<std::size_t>(std::count_if(
      text.begin(), text.end(), [](char byte) { return !continues_code_point(byte); }));
}

/// The first `count` code points.
std::string_view head(std::string_view text, std::size_t count) noexcept {
  std::size_t end = 0;
  while (end < text.size() && (continues_code_point(text[end]) || count-- > 0)) ++end;
  return text.substr(0, end);
}

/// The last `count` code points.
std::string_view tail(std::string_view text, std::size_t count) noexcept {
  std::size_t begin = text.size();
  while (begin > 0 && count > 0) {
    if (!continues_code_point(text[--begin])) --count;
  }
  return text.substr(begin);
}

/// Control characters would garble a terminal or move the caret.
std::string printable(std::string_view text) {
  std::string out(text);
  for (char& byte : out) {
    const auto value = static_cast<unsigned char>(byte);
    if (byte == '\t') byte = ' ';
    if (value < 0x20 || value == 0x7F) byte = byte == ' ' ? ' ' : '?';
  }
  return out;
}

std::size_t edit_distance(std::string_view a, std::string_view b, std::size_t limit) {
  std::vector<std::size_t> previous(b.size() + 1), current(b.size() + 1);
  std::iota(previous.begin(), previous.end(), std::size_t{0});
  for (std::size_t i = 1; i <= a.size(); ++i) {
    current[0] = i;
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const std::size_t substitution = previous[j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1);
      current[j] = std::min({previous[j] + 1, current[j - 1] + 1, substitution});
    }
    if (*std::min_element(current.begin(), current.end()) > limit) return limit + 1;
    std::swap(previous, current);
  }
  return previous[b.size()];
}

}  // namespace

void fail_at(std::string_view source, std::size_t offset, Reason reason, std::string_view message) {
  const std::string_view before = source.substr(0, offset);
  const std::size_t line_start = before.rfind('\n') == before.npos ? 0 : before.rfind('\n') + 1;
  const std::size_t line_end = std::min(source.find('\n', offset), source.size());
  const auto line = std::count(before.begin(), before.end(), '\n') + 1;
  const std::string_view line_before = source.substr(line_start, offset - line_start);
  const std::string_view shown_before = tail(line_before, kLongestExcerpt / 2);
  std::string_view after = source.substr(offset, line_end - offset);
  if (!after.empty() && after.back() == '\r') after.remove_suffix(1);
  throw Error(reason == Reason::unsupported_feature ? Code::unimplemented : Code::invalid_argument,
              reason,
              fmt::format("line {}, column {}: {}\n  {}{}\n  {}^", line,
                          code_points(line_before) + 1, message, printable(shown_before),
                          printable(head(after, kLongestExcerpt - code_points(shown_before))),
                          std::string(code_points(shown_before), ' ')));
}

void check_text(std::string_view source) {
  if (source.size() > kLargestText) {
    throw Error(
        Code::invalid_argument, Reason::limit_exceeded,
        fmt::format("a definition of {} bytes: the limit is {}", source.size(), kLargestText));
  }
  if (is_utf8(source)) return;
  std::size_t at = 0;
  while (true) {
    std::size_t length = 1;
    while (length <= 4 && !is_utf8(source.substr(at, length))) ++length;
    if (length > 4) break;
    at += length;
  }
  const std::string_view before = source.substr(0, at);
  const auto line = std::count(before.begin(), before.end(), '\n') + 1;
  const std::size_t line_start = before.rfind('\n') == before.npos ? 0 : before.rfind('\n') + 1;
  throw Error(Code::invalid_argument, Reason::invalid_utf8,
              fmt::format("line {}, column {}: byte 0x{:02X} is not UTF-8", line,
                          code_points(before.substr(line_start)) + 1,
                          static_cast<unsigned char>(source[at])));
}

std::string suggestion(std::string_view name, const std::vector<std::string_view>& candidates) {
  std::size_t limit = std::min<std::size_t>(std::max<std::size_t>(name.size() / 3, 1), 3);
  std::string_view nearest;
  for (std::size_t i = 0; i < std::min(candidates.size(), kMostCandidates); ++i) {
    const std::string_view candidate = candidates[i];
    if (candidate.size() > name.size() + limit || name.size() > candidate.size() + limit) continue;
    const std::size_t distance = edit_distance(name, candidate, limit);
    if (distance > limit || (!nearest.empty() && distance == limit)) continue;
    nearest = candidate;
    limit = distance;
  }
  return nearest.empty() ? "" : fmt::format("; did you mean \"{}\"?", nearest);
}

std::string quoted(std::string_view text) {
  const std::string_view cut = head(text, kLongestQuote);
  return fmt::format("\"{}{}\"", printable(cut), cut.size() < text.size() ? "…" : "");
}

}  // namespace mlcore
