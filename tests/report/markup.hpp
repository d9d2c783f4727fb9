// SPDX-License-Identifier: Apache-2.0
#pragma once

// What a page is made of, read without trusting it.
//
//   Markup markup = read_markup(page);
//   markup.problem;   // empty when the page is well formed
//   markup.elements;  // "td class title", in order

#include <string>
#include <string_view>
#include <vector>

namespace mlcore {

struct Markup {
  std::string problem;
  std::vector<std::string> elements;  // a start tag each: the name, then the attributes' names
  std::string text;                   // between the tags, entities as they are
};

/// The attributes' names of a start tag's inside, or a problem.
inline std::string read_attributes(std::string_view tag, std::string& element) {
  while (!tag.empty()) {
    const std::size_t equals = tag.find("=\"");
    if (equals == tag.npos) return "attribute without quotes: " + std::string(tag);
    const std::size_t end = tag.find('"', equals + 2);
    if (end == tag.npos) return "attribute without an end: " + std::string(tag);
    const std::string_view name = tag.substr(0, equals);
    if (name.find_first_of(" \"'<>&/") != name.npos) return "attribute " + std::string(name);
    element += " " + std::string(name);
    tag.remove_prefix(end + 1);
    if (!tag.empty() && tag.front() != ' ') return "no blank before " + std::string(tag);
    if (!tag.empty()) tag.remove_prefix(1);
  }
  return {};
}

/// Entities that the page may use.
inline std::string read_text(std::string_view text) {
  for (std::size_t at = text.find('&'); at != text.npos; at = text.find('&', at + 1)) {
    bool is_known = false;
    for (const std::string_view entity : {"&amp;", "&lt;", "&gt;", "&quot;", "&#39;"}) {
      is_known |= text.substr(at).starts_with(entity);
    }
    if (!is_known) return "bare & in " + std::string(text.substr(at, 20));
  }
  return {};
}

inline Markup read_markup(std::string_view page) {
  Markup markup;
  std::vector<std::string> open;
  if (!page.starts_with("<!DOCTYPE html>\n")) markup.problem = "no doctype";
  page.remove_prefix(page.find('\n') + 1);
  while (!page.empty() && markup.problem.empty()) {
    const std::size_t begin = page.find('<');
    const std::string_view text = page.substr(0, begin);
    markup.text += text;
    markup.problem = read_text(text);
    if (begin == page.npos) break;
    const std::size_t end = page.find('>', begin);
    if (end == page.npos) return {"a tag without an end", {}, {}};
    std::string_view tag = page.substr(begin + 1, end - begin - 1);
    page.remove_prefix(end + 1);
    if (tag.starts_with("/")) {
      if (open.empty() || open.back() != tag.substr(1)) {
        markup.problem = "</" + std::string(tag.substr(1)) + "> closes nothing";
      } else {
        open.pop_back();
      }
      continue;
    }
    const bool is_empty = tag.ends_with("/");
    if (is_empty) tag.remove_suffix(1);
    const std::size_t blank = std::min(tag.find(' '), tag.size());
    std::string element(tag.substr(0, blank));
    if (!is_empty) open.push_back(element);
    if (markup.problem.empty()) markup.problem = read_text(tag);
    if (markup.problem.empty()) {
      markup.problem = read_attributes(tag.substr(std::min(blank + 1, tag.size())), element);
    }
    markup.elements.push_back(element);
  }
  if (markup.problem.empty() && !open.empty()) markup.problem = "<" + open.back() + "> is open";
  return markup;
}

}  // namespace mlcore
