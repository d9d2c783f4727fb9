// SPDX-License-Identifier: Apache-2.0
// The files of this room use escaped, shortened and name_html.
#include <cstdint>

#include "report/text.hpp"

namespace mlcore::report {
namespace {

constexpr std::uint32_t kReplacement = 0xFFFD;

struct Decoded {
  std::uint32_t code_point;
  std::size_t bytes;
};

std::uint32_t least_of(std::size_t bytes) {
  switch (bytes) {
    case 2: return 0x80;
    case 3: return 0x800;
    case 4: return 0x10000;
  }
  return 0;
}

/// The first character; a byte that starts none is one by itself.
Decoded decode(std::string_view text) {
  const auto byte = [&](std::size_t i) { return static_cast<std::uint8_t>(text[i]); };
  const std::uint8_t lead = byte(0);
  if (lead < 0x80) return {lead, 1};
  const std::size_t bytes = lead >= 0xF8   ? 0
                            : lead >= 0xF0 ? 4
                            : lead >= 0xE0 ? 3
                            : lead >= 0xC0 ? 2
                                           : 0;
  if (bytes == 0 || bytes > text.size()) return {kReplacement, 1};
  std::uint32_t code_point = lead & (0xFFu >> (bytes + 1));
  for (std::size_t i = 1; i < bytes; ++i) {
    if ((byte(i) & 0xC0) != 0x80) return {kReplacement, 1};
    code_point = code_point << 6 | (byte(i) & 0x3Fu);
  }
  const bool is_surrogate = code_point >= 0xD800 && code_point <= 0xDFFF;
  if (code_point < least_of(bytes) || code_point > 0x10FFFF || is_surrogate) {
    return {kReplacement, 1};
  }
  return {code_point, bytes};
}

/// Not allowed in XML or HTML, or able to turn around what stands beside it.
bool is_refused(std::uint32_t c) {
  const bool is_control = (c < 0x20 && c != '\t' && c != '\n') || (c >= 0x7F && c <= 0x9F);
  const bool is_noncharacter = (c & 0xFFFE) == 0xFFFE || (c >= 0xFDD0 && c <= 0xFDEF);
  const bool turns = c == 0x061C || c == 0x200E || c == 0x200F || (c >= 0x202A && c <= 0x202E) ||
                     (c >= 0x2066 && c <= 0x2069);
  return is_control || is_noncharacter || turns;
}

void append_escaped(std::string& html, std::string_view character, std::uint32_t code_point) {
  switch (code_point) {
    case '&': html += "&amp;"; return;
    case '<': html += "&lt;"; return;
    case '>': html += "&gt;"; return;
    case '"': html += "&quot;"; return;
    case '\'': html += "&#39;"; return;
    case kReplacement: html += "\uFFFD"; return;
  }
  if (is_refused(code_point)) {
    html += "\uFFFD";
  } else {
    html += character;
  }
}

}  // namespace

std::string shortened(std::string_view text, std::size_t limit) {
  std::string html;
  std::size_t count = 0;
  while (!text.empty() && count < limit) {
    const Decoded next = decode(text);
    append_escaped(html, text.substr(0, next.bytes), next.code_point);
    text.remove_prefix(next.bytes);
    ++count;
  }
  if (!text.empty()) html += "…";
  return html;
}

std::string escaped(std::string_view text) { return shortened(text, text.size()); }

std::string name_html(std::string_view text, std::size_t limit) {
  return text.empty() ? "<bdi>(no name)</bdi>" : "<bdi>" + shortened(text, limit) + "</bdi>";
}

}  // namespace mlcore::report
