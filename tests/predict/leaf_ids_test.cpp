// SPDX-License-Identifier: Apache-2.0
#include "predict/leaf_ids.hpp"

#include <doctest/doctest.h>

#include <vector>

#include "sample_random.hpp"

using namespace mlcore;

TEST_CASE("leaf ids: numbers of 16 and of 32 bits, as they were set") {
  for (std::uint64_t seed = 1; seed <= 20; ++seed) {
    CAPTURE(seed);
    SampleRandom random(seed);
    const bool are_short = random.below(2) == 0;
    LeafIds ids;
    std::vector<std::uint32_t> expected;
    for (int step = 0; step < 300; ++step) {
      if (expected.empty() || random.below(3) == 0) {
        expected.resize(expected.size() + random.below(4) + 1);
        ids.resize(expected.size());
      }
      const std::size_t at = random.below(expected.size());
      const std::uint64_t bound = are_short || random.below(2) == 0 ? 0x10000u : 0x100000000u;
      expected[at] = static_cast<std::uint32_t>(random.below(bound));
      ids.set(at, expected[at]);
    }
    REQUIRE(ids.size() == expected.size());
    for (std::size_t i = 0; i < expected.size(); ++i) REQUIRE(ids[i] == expected[i]);
  }
}
