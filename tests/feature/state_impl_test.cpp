// SPDX-License-Identifier: Apache-2.0
#include "feature/state_impl.hpp"

#include <doctest/doctest.h>

#include <cstring>
#include <set>

namespace mlcore {
namespace {

// The hash of libstdc++ 12 for 16 bytes, turned around: MurmurHash64A, hash_bytes.cc.
constexpr std::uint64_t kFactor = 0xC6A4A7935BD1E995;
constexpr std::uint64_t kSeed = 0xC70F6907;

std::uint64_t shift_mix(std::uint64_t value) { return value ^ value >> 47; }  // its own inverse

std::uint64_t inverse_of(std::uint64_t odd) {
  std::uint64_t inverse = odd;
  for (int i = 0; i < 6; ++i) inverse *= 2 - odd * inverse;
  return inverse;
}

/// A key of 16 bytes that begins with `first`; all of them have one std::hash.
std::string colliding_key(std::uint64_t first) {
  std::uint64_t hash = kSeed ^ 16 * kFactor;
  hash = (hash ^ shift_mix(first * kFactor) * kFactor) * kFactor;
  const std::uint64_t inverse = inverse_of(kFactor);
  const std::uint64_t second = shift_mix((hash ^ 12345) * inverse) * inverse;
  std::string key(16, '\0');
  std::memcpy(key.data(), &first, 8);
  std::memcpy(key.data() + 8, &second, 8);
  return key;
}

}  // namespace

TEST_CASE("state: keys that were chosen for their hash are spread over shards and buckets") {
  constexpr std::uint64_t kKeys = 4096;
  const KeyHash hash(KeyHash::draw_secret());
  std::set<std::size_t> under_std;
  std::set<std::size_t> seen;
  std::vector<int> shards(std::size_t{1} << kShardBits);
  for (std::uint64_t i = 0; i < kKeys; ++i) {
    const std::string key = colliding_key(i);
    under_std.insert(std::hash<std::string>{}(key));
    seen.insert(hash(key));
    ++shards[hash(key) >> (64 - kShardBits)];
  }
  CHECK(under_std.size() == 1);
  CHECK(seen.size() == kKeys);
  // 64 a shard is the mean, 8 the deviation.
  CHECK(*std::min_element(shards.begin(), shards.end()) > 64 - 8 * 8 + 1);
  CHECK(*std::max_element(shards.begin(), shards.end()) < 64 + 8 * 8);
}

TEST_CASE("state: each draws its own secret") {
  const KeyHash one(KeyHash::draw_secret());
  const KeyHash other(KeyHash::draw_secret());
  CHECK(one("a key") == one(HashedKey{"a key", one("a key")}));
  CHECK(one("a key") != other("a key"));
}

// Vector 15 of Aumasson and Bernstein, "SipHash: a fast short-input PRF", appendix A.
TEST_CASE("state: the hash is SipHash-2-4") {
  KeyHash::Secret secret;
  std::string text;
  for (std::uint8_t i = 0; i < 16; ++i) secret[i] = i;
  for (char i = 0; i < 15; ++i) text.push_back(i);
  CHECK(KeyHash(secret)(text) == 0xA129CA6149BE45E5);
}

}  // namespace mlcore
