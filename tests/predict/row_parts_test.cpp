// SPDX-License-Identifier: Apache-2.0
#include "predict/row_parts.hpp"

#include <doctest/doctest.h>

#include <atomic>
#include <csignal>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

using namespace mlcore;

TEST_CASE("row parts: they cover the rows once, in order, and few rows are one part") {
  for (const std::size_t rows : {0u, 1u, 1023u, 2047u, 2048u, 2049u, 4096u, 40000u, 40001u}) {
    for (const std::size_t threads : {0u, 1u, 2u, 3u, 4u, 256u}) {
      CAPTURE(rows);
      CAPTURE(threads);
      const std::size_t parts = part_count(rows, threads);
      CHECK(parts >= 1);
      CHECK(parts <= std::max<std::size_t>(threads, 1));
      if (rows < 2048) CHECK(parts == 1);
      CHECK(part_begin(rows, parts, 0) == 0);
      CHECK(part_begin(rows, parts, parts) == rows);
      for (std::size_t part = 0; part < parts; ++part) {
        if (parts > 1)
          CHECK(part_begin(rows, parts, part + 1) - part_begin(rows, parts, part) > 768);
        CHECK(part_begin(rows, parts, part) % 128 == 0);
      }
    }
  }
  CHECK(part_count(40000, 2) == 2);
  CHECK(part_count(40000, 256) == 39);
}

TEST_CASE("row parts: each is run once, the first by the caller, without the host's signals") {
  std::vector<std::thread::id> ids(4);
  std::vector<int> runs(4);
  std::atomic<int> blocked = 0;
  run_parts(4, [&](std::size_t part) {
    ++runs[part];
    ids[part] = std::this_thread::get_id();
    sigset_t mask;
    pthread_sigmask(SIG_SETMASK, nullptr, &mask);
    blocked += sigismember(&mask, SIGTERM);
  });
  CHECK(runs == std::vector<int>(4, 1));
  CHECK(ids[0] == std::this_thread::get_id());
  for (std::size_t part = 1; part < 4; ++part) CHECK(ids[part] != ids[0]);
  CHECK(blocked == 3);
  sigset_t mask;
  pthread_sigmask(SIG_SETMASK, nullptr, &mask);
  CHECK(sigismember(&mask, SIGTERM) == 0);
}

TEST_CASE("row parts: the error is the lowest part's, and the others end first") {
  for (const std::size_t first : {0u, 1u, 3u}) {
    std::atomic<int> ended = 0;
    std::string found;
    try {
      run_parts(4, [&](std::size_t part) {
        ++ended;
        if (part >= first) throw std::runtime_error(std::to_string(part));
      });
    } catch (const std::runtime_error& error) {
      found = error.what();
    }
    CHECK(found == std::to_string(first));
    CHECK(ended == 4);
  }
}
