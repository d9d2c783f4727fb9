// SPDX-License-Identifier: Apache-2.0
#pragma once

// Numbers distinct keys from 0 on, in the order they are met, by hashing with open addressing. That
// wins only where few keys are distinct, and the keys of a file may have been chosen to collide:
// who asks gives its work a limit, and does without once that is passed.
//
//   KeyNumbers<std::uint32_t> numbers;
//   KeyWork work(keys.size());
//   for (const std::uint32_t key : keys) number_of_key.push_back(numbers.number(key, work));
//   if (!work.is_too_much()) use(numbers.keys());

#include <bit>
#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

namespace mlcore {

template <typename Key>
struct KeyNumber {
  Key key;
  std::uint32_t number;
};

/// What a new key and a key in the way of another cost, against what each key asked for may.
class KeyWork {
 public:
  /// `keys`: that will be asked for. A thirty-second of them may all be new, and then 3 in 4; what
  /// asking for new keys takes is then a tenth to a quarter of sorting them all.
  explicit KeyWork(std::size_t keys) : limit_(keys / 32 + kFew) {}

  void ask() noexcept { limit_ += kAllowed; }
  void add() noexcept { spent_ += kNew; }
  /// Whether there may be another; once there may not, it stays too much.
  [[nodiscard]] bool probe() noexcept {
    if (++spent_ >= limit_) spent_ = kForever;
    return spent_ != kForever;
  }
  [[nodiscard]] bool is_too_much() const noexcept { return spent_ >= limit_; }

 private:
  static constexpr std::size_t kFew = 256;
  static constexpr std::size_t kAllowed = 3;
  static constexpr std::size_t kNew = 4;
  static constexpr std::size_t kForever = std::size_t{1} << 62;

  std::size_t limit_;
  std::size_t spent_ = 0;
};

template <typename Key>
class KeyNumbers {
 public:
  /// All numbers are void once the work is too much. Requires: key != 0. Cost: O(1) and the work.
  [[nodiscard]] std::uint32_t number(Key key, KeyWork& work) {
    work.ask();
    if (slots_.empty()) [[unlikely]]
      grow(work);
    // Which of two slots has the key can't be foretold: no branch asks.
    std::size_t at = place_of(key);
    at = (at + (slots_[at].key != key ? 1 : 0)) & last_;
    if (slots_[at].key == key) [[likely]]
      return slots_[at].number;
    return number_or_add(key, work);
  }

  /// In no order.
  [[nodiscard]] std::vector<KeyNumber<Key>> keys() const {
    std::vector<KeyNumber<Key>> keys;
    keys.reserve(count_);
    for (const KeyNumber<Key>& slot : slots_) {
      if (slot.key != 0) keys.push_back(slot);
    }
    return keys;
  }

 private:
  [[nodiscard]] std::size_t place_of(Key key) const noexcept {
    constexpr std::uint64_t kGolden = 0x9E3779B97F4A7C15u;  // 2^64 over the golden ratio
    return static_cast<std::size_t>(key * kGolden >> shift_);
  }

  /// The slot that has the key or is free for it.
  [[nodiscard]] std::size_t slot_of(Key key, KeyWork& work) const noexcept {
    std::size_t at = place_of(key);
    while (slots_[at].key != key && slots_[at].key != 0 && work.probe()) at = (at + 1) & last_;
    return at;
  }

  [[gnu::noinline]] std::uint32_t number_or_add(Key key, KeyWork& work) {
    const std::size_t at = slot_of(key, work);
    if (slots_[at].key == key) return slots_[at].number;
    work.add();
    slots_[at] = {key, count_};
    if (kLeastRoom * ++count_ > slots_.size()) grow(work);
    return count_ - 1;
  }

  /// Twice the slots.
  void grow(KeyWork& work) {
    const std::vector<KeyNumber<Key>> old = std::exchange(slots_, {});
    slots_.resize(old.empty() ? 4 * kLeastRoom : 2 * old.size());
    last_ = slots_.size() - 1;
    shift_ = 64 - static_cast<unsigned>(std::countr_zero(slots_.size()));
    for (const KeyNumber<Key>& slot : old) {
      if (slot.key != 0) slots_[slot_of(slot.key, work)] = slot;
    }
  }

  static constexpr std::size_t kLeastRoom = 4;  // slots a key

  std::vector<KeyNumber<Key>> slots_;  // key 0: free
  std::size_t last_ = 0;
  std::uint32_t count_ = 0;
  unsigned shift_ = 0;
};

}  // namespace mlcore
