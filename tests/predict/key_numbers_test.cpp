// SPDX-License-Identifier: Apache-2.0
#include "predict/key_numbers.hpp"

#include <doctest/doctest.h>

#include <limits>
#include <map>

#include "sample_random.hpp"

using namespace mlcore;

namespace {

constexpr std::size_t kManyKeys = std::size_t{1} << 40;

template <typename Key>
void check_numbers(const std::vector<Key>& keys) {
  KeyNumbers<Key> numbers;
  std::map<Key, std::uint32_t> expected;
  KeyWork work(kManyKeys);
  for (const Key key : keys) {
    const auto next = static_cast<std::uint32_t>(expected.size());
    const std::uint32_t number = expected.try_emplace(key, next).first->second;
    REQUIRE(numbers.number(key, work) == number);
  }
  std::map<Key, std::uint32_t> kept;
  for (const KeyNumber<Key>& key : numbers.keys()) kept.emplace(key.key, key.number);
  CHECK(numbers.keys().size() == expected.size());
  CHECK(kept == expected);
}

/// A Fibonacci number times the hash's factor is nearly a multiple of 2^64: multiples of it
/// collide.
std::vector<std::uint32_t> colliding(std::size_t count) {
  constexpr std::uint32_t kFibonacci = 46'368;  // the 24th
  std::vector<std::uint32_t> keys;
  for (std::uint32_t i = 0; i < count; ++i) keys.push_back(0xBF800000u + i * kFibonacci);
  return keys;
}

}  // namespace

TEST_CASE_TEMPLATE("key numbers: each distinct key has the next number", Key, std::uint32_t,
                   std::uint64_t) {
  constexpr Key kMost = std::numeric_limits<Key>::max();
  check_numbers<Key>({});
  check_numbers<Key>({1});
  check_numbers<Key>({kMost, 1, kMost, kMost - 1, 1});
  for (std::uint64_t seed = 1; seed <= 20; ++seed) {
    CAPTURE(seed);
    SampleRandom random(seed);
    const std::uint64_t distinct = std::uint64_t{1} << random.below(15);
    std::vector<Key> keys(random.below(40'000));
    for (Key& key : keys) key = static_cast<Key>((random.below(distinct) + 1) * 0x01000193u);
    check_numbers(keys);
  }
}

TEST_CASE("key numbers: keys that collide are told apart while they may") {
  check_numbers(colliding(300));
}

TEST_CASE("key numbers: a sixteenth of the keys may be new ones, not all, and none may collide") {
  constexpr std::size_t kKeys = 200'000;
  const auto is_too_much = [](const std::vector<std::uint32_t>& distinct) {
    SampleRandom random(7);
    KeyNumbers<std::uint32_t> numbers;
    KeyWork work(kKeys);
    for (std::size_t i = 0; i < kKeys; ++i) {
      static_cast<void>(numbers.number(distinct[random.below(distinct.size())], work));
    }
    return work.is_too_much();
  };
  const auto spread = [](std::size_t count) {
    SampleRandom random(3);
    std::vector<std::uint32_t> keys;
    while (keys.size() < count)
      keys.push_back(1 + static_cast<std::uint32_t>(random.below(1u << 31)));
    return keys;
  };
  CHECK_FALSE(is_too_much(spread(1)));
  CHECK_FALSE(is_too_much(spread(kKeys / 16)));
  CHECK(is_too_much(spread(kKeys)));
  CHECK(is_too_much(colliding(kKeys / 16)));
}
