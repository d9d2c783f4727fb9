// SPDX-License-Identifier: Apache-2.0
// The files of this room use escaped, shortened and name_html.
#include <cstdint>

#include "mlcore/base/bytes.hpp"
#include "report/text.hpp"

namespace mlcore::report {
namespace {

constexpr std::uint32_t kReplacement = 0xFFFD;

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
    const Utf8Sequence next = first_sequence(text);
    append_escaped(html, text.substr(0, next.size), next.code_point);
    text.remove_prefix(next.size);
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
