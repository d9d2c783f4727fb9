// SPDX-License-Identifier: Apache-2.0
// Messages that quote text from outside use shown.
#include "base/shown.hpp"

#include <fmt/format.h>

namespace mlcore {

std::string shown(std::string_view text) {
  constexpr std::size_t kGreatest = 40;
  if (text.size() <= kGreatest) return fmt::format("\"{}\"", text);
  std::size_t end = kGreatest;
  while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xC0) == 0x80) --end;
  return fmt::format("\"{}…\" ({} bytes)", text.substr(0, end), text.size());
}

}  // namespace mlcore
