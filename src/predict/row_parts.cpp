// SPDX-License-Identifier: Apache-2.0
// Predictor uses part_count, part_begin and run_parts.
#include "predict/row_parts.hpp"

#include <algorithm>
#include <csignal>
#include <exception>
#include <system_error>
#include <thread>
#include <vector>

namespace mlcore {
namespace {

/// A thread takes 0.1 ms to start and join where cores are busy; so many rows of 100 trees, 0.3 ms.
constexpr std::size_t kLeastRows = 1024;
/// Rows of a full tile, which a part has a multiple of.
constexpr std::size_t kGrain = 128;

/// No signal of the process is handled on threads that start meanwhile: hosts do not know them.
class SignalBlock {
 public:
  SignalBlock() noexcept {
    sigset_t all;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &saved_);
  }
  ~SignalBlock() { pthread_sigmask(SIG_SETMASK, &saved_, nullptr); }
  SignalBlock(const SignalBlock&) = delete;
  SignalBlock& operator=(const SignalBlock&) = delete;

 private:
  sigset_t saved_;
};

/// Parts from 1 on; how many there are threads for.
template <typename Run>
std::size_t start(std::size_t parts, Run run, std::vector<std::jthread>& threads) {
  const SignalBlock block;
  threads.reserve(parts - 1);
  for (std::size_t part = 1; part < parts; ++part) {
    try {
      threads.emplace_back(run, part);
    } catch (const std::system_error&) {
      return part;
    }
  }
  return parts;
}

}  // namespace

std::size_t part_count(std::size_t rows, std::size_t threads) noexcept {
  return std::clamp(rows / kLeastRows, std::size_t{1}, std::max(threads, std::size_t{1}));
}

std::size_t part_begin(std::size_t rows, std::size_t parts, std::size_t part) noexcept {
  const std::size_t grains = rows / kGrain;
  return part == parts ? rows : grains * part / parts * kGrain;
}

void run_parts(std::size_t parts, const std::function<void(std::size_t)>& run) {
  if (parts == 1) return run(0);
  std::vector<std::exception_ptr> errors(parts);
  const auto run_one = [&](std::size_t part) noexcept {
    try {
      run(part);
    } catch (...) {
      errors[part] = std::current_exception();
    }
  };
  {
    std::vector<std::jthread> threads;  // joined at the end of the scope
    const std::size_t started = start(parts, run_one, threads);
    run_one(0);
    for (std::size_t part = started; part < parts; ++part) run_one(part);
  }
  for (const std::exception_ptr& error : errors) {
    if (error) std::rethrow_exception(error);
  }
}

}  // namespace mlcore
