// SPDX-License-Identifier: Apache-2.0
// The charts use Frame, Path, coordinate and nice_ceiling.
#include "report/svg.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>

namespace mlcore::report {
namespace {

constexpr double kCharacterWidth = 6.2;  // of a label's font, at most

std::string_view name_of(Anchor anchor) {
  switch (anchor) {
    case Anchor::start: return "start";
    case Anchor::middle: return "middle";
    case Anchor::end: return "end";
  }
  return {};
}

/// Characters of UTF-8.
std::size_t length_of(std::string_view text) {
  return static_cast<std::size_t>(
      std::count_if(text.begin(), text.end(), [](char c) { return (c & 0xC0) != 0x80; }));
}

}  // namespace

std::string coordinate(double value) {
  const auto tenths = static_cast<long long>(std::floor(value * 10 + 0.5));
  const std::string_view sign = tenths < 0 ? "-" : "";
  const long long size = std::abs(tenths);
  return size % 10 == 0 ? fmt::format("{}{}", sign, size / 10)
                        : fmt::format("{}{}.{}", sign, size / 10, size % 10);
}

double nice_ceiling(double value) {
  constexpr double kLeast = 1e-300, kMost = 1e300;  // between them no step of ten rounds to 0 or ∞
  if (!(value >= kLeast && value <= kMost)) return 1;
  double unit = 1;  // multiplied and divided by ten: the same bits everywhere
  while (unit > value) unit /= 10;
  while (unit * 10 < value) unit *= 10;
  for (const double factor : std::array{1.0, 2.0, 2.5, 5.0}) {
    if (unit * factor >= value) return unit * factor;
  }
  return unit * 10;
}

Path& Path::move(double x, double y) {
  text_ += fmt::format("M{} {}", coordinate(x), coordinate(y));
  return *this;
}

Path& Path::line(double x, double y) {
  text_ += fmt::format("L{} {}", coordinate(x), coordinate(y));
  return *this;
}

Path& Path::box(double x, double y, double width, double height) {
  text_ += fmt::format("M{} {}h{}v{}h{}z", coordinate(x), coordinate(y), coordinate(width),
                       coordinate(height), coordinate(-width));
  return *this;
}

Frame::Frame(std::string_view title) {
  body_ = fmt::format(R"(<svg class="chart" viewBox="0 0 {} {}" role="img"><title>{}</title>)",
                      kWidth, kHeight, title);
}

void Frame::vertical_axis(double top, const std::function<std::string(double)>& label) {
  top_value_ = top;
  Path lines;
  for (const double share : {0.0, 0.5, 1.0}) {
    const double height = y(top * share);
    lines.move(kLeft, height).line(kRight, height);
    text(kLeft - 6, height + 3.5, Anchor::end, "tick", label(top * share));
  }
  path("grid", lines);
}

void Frame::path(std::string_view css_class, const Path& path) {
  if (path.text().empty()) return;
  body_ += fmt::format(R"(<path class="{}" d="{}"/>)", css_class, path.text());
}

void Frame::horizontal_label(double x, const std::string& label) {
  constexpr double kGap = 8;
  const double width = kCharacterWidth * static_cast<double>(length_of(label));
  const double begin = std::clamp(x - width / 2, 0.0, std::max(0.0, kWidth - width));
  const double end = begin + width;
  for (const auto& [from, to] : labels_) {
    if (begin < to + kGap && from < end + kGap) return;
  }
  labels_.emplace_back(begin, end);
  text(begin + width / 2, kBottom + 16, Anchor::middle, "tick", label);
}

void Frame::text(double x, double y, Anchor anchor, std::string_view css_class,
                 std::string_view text) {
  body_ += fmt::format(R"(<text class="{}" x="{}" y="{}" text-anchor="{}">{}</text>)", css_class,
                       coordinate(x), coordinate(y), name_of(anchor), text);
}

std::string Frame::svg() const { return body_ + "</svg>"; }

}  // namespace mlcore::report
