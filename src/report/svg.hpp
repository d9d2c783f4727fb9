// SPDX-License-Identifier: Apache-2.0
#pragma once

// What the charts are drawn with: a frame with a vertical axis, and paths inside it.
//
//   Frame frame("Share of rows by bin");
//   frame.vertical_axis(0.2, [](double share) { return percent(share); });
//   frame.path("current", Path().move(frame.x(0), frame.y(0)).line(frame.x(1), frame.y(0.1)));
//   frame.svg();

#include <functional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace mlcore::report {

/// A coordinate with at most one decimal.
[[nodiscard]] std::string coordinate(double value);

/// The least of 1, 2, 2.5, 5, 10 × a power of ten that is at least `value`; 1 for 0
/// and for what is past 1e±300.
[[nodiscard]] double nice_ceiling(double value);

class Path {
 public:
  Path& move(double x, double y);
  Path& line(double x, double y);
  Path& box(double x, double y, double width, double height);
  [[nodiscard]] const std::string& text() const noexcept { return text_; }

 private:
  std::string text_;
};

enum class Anchor { start, middle, end };

/// A chart that a phone shows at its own size and a desktop beside others.
class Frame {
 public:
  static constexpr double kWidth = 360;
  static constexpr double kHeight = 180;

  /// `title`: HTML.
  explicit Frame(std::string_view title);

  /// Of a share of the width, and of a value on the vertical axis.
  [[nodiscard]] double x(double share) const noexcept { return kLeft + share * (kRight - kLeft); }
  [[nodiscard]] double y(double value) const noexcept {
    return kBottom - value / top_value_ * (kBottom - kTop);
  }

  /// From 0 to `top`, with three lines. Requires: top > 0, before `y` is asked for.
  void vertical_axis(double top, const std::function<std::string(double)>& label);
  /// Nothing where the path is empty.
  void path(std::string_view css_class, const Path& path);
  /// A mark under the axis at `x`, unless it would touch another. `text`: HTML.
  void horizontal_label(double x, const std::string& text);
  /// `text`: HTML.
  void text(double x, double y, Anchor anchor, std::string_view css_class, std::string_view text);
  /// Already drawn.
  void append(std::string_view svg) { body_ += svg; }

  [[nodiscard]] std::string svg() const;

 private:
  static constexpr double kLeft = 46;
  static constexpr double kRight = kWidth - 12;
  static constexpr double kTop = 12;
  static constexpr double kBottom = kHeight - 24;

  double top_value_ = 1;
  std::vector<std::pair<double, double>> labels_;  // from where to where
  std::string body_;
};

}  // namespace mlcore::report
