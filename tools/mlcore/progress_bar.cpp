// SPDX-License-Identifier: Apache-2.0
// The verbs that take long use ProgressBar.
#include "progress_bar.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>

namespace mlcore::command {
namespace {

constexpr std::int64_t kCells = 30;
constexpr auto kPause = std::chrono::milliseconds(50);

}  // namespace

ProgressBar::ProgressBar() : is_terminal_(::isatty(STDERR_FILENO) == 1) {}

ProgressBar::~ProgressBar() {
  if (is_drawn_) std::fputs("\r\033[K", stderr);
}

void ProgressBar::show(std::string_view step, std::int64_t done, std::int64_t total) {
  if (!is_terminal_) return;
  const auto now = std::chrono::steady_clock::now();
  if (is_drawn_ && step == step_ && now - drawn_at_ < kPause) return;
  step_ = step;
  drawn_at_ = now;
  is_drawn_ = true;
  if (total <= 0) {
    std::fputs(fmt::format("\r\033[K{}", step).c_str(), stderr);
  } else {
    const auto full =
        static_cast<std::size_t>(std::clamp(done * kCells / total, std::int64_t{0}, kCells));
    std::fputs(fmt::format("\r\033[K{:<22} [{}{}] {}/{}", step, std::string(full, '#'),
                           std::string(static_cast<std::size_t>(kCells) - full, ' '), done, total)
                   .c_str(),
               stderr);
  }
  std::fflush(stderr);
}

}  // namespace mlcore::command
