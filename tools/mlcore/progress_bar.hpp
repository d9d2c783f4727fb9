// SPDX-License-Identifier: Apache-2.0
#pragma once

// How far along long work is: one line on stderr that is drawn over, on a terminal only.
//
//   ProgressBar bar;
//   bar.show("train", 37, 100);

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>

#include "mlcore/train/dataset.hpp"

namespace mlcore::command {

class ProgressBar {
 public:
  ProgressBar();
  ~ProgressBar();
  ProgressBar(const ProgressBar&) = delete;
  ProgressBar& operator=(const ProgressBar&) = delete;

  /// `total` 0 = unknown.
  void show(std::string_view step, std::int64_t done, std::int64_t total);
  /// Lifetime: the bar's.
  [[nodiscard]] Progress callback() {
    return [this](std::string_view step, std::int64_t done, std::int64_t total) {
      show(step, done, total);
    };
  }

 private:
  bool is_terminal_;
  bool is_drawn_ = false;
  std::string step_;
  std::chrono::steady_clock::time_point drawn_at_;
};

}  // namespace mlcore::command
