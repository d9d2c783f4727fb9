// SPDX-License-Identifier: Apache-2.0
// Replaces the program's operator new, so that tests can show what does not allocate, and what
// happens when it fails.
#include "predict/allocation_counter.hpp"

#include <doctest/doctest.h>

#include <atomic>
#include <cstdlib>
#include <new>
#include <string>

namespace {
std::atomic<std::uint64_t> allocations{0};
// The calls that fail, counted from the first of all.
std::atomic<std::uint64_t> first_failing{UINT64_MAX};
std::atomic<std::uint64_t> failing{0};

void* allocate(std::size_t size) noexcept {
  const std::uint64_t number = allocations++;
  if (number >= first_failing && number - first_failing < failing) return nullptr;
  return std::malloc(size == 0 ? 1 : size);
}
}  // namespace

// Never inlined: the compiler would see malloc beside a `delete` and call them mismatched.
[[gnu::noinline]] void* operator new(std::size_t size) {
  if (void* memory = allocate(size)) return memory;
  throw std::bad_alloc();
}
void* operator new[](std::size_t size) { return operator new(size); }
// A sanitizer brings its own of the forms that are left out, which free() would not match.
[[gnu::noinline]] void* operator new(std::size_t size, const std::nothrow_t&) noexcept {
  return allocate(size);
}
void* operator new[](std::size_t size, const std::nothrow_t& tag) noexcept {
  return operator new(size, tag);
}
[[gnu::noinline]] void operator delete(void* memory) noexcept { std::free(memory); }
void operator delete[](void* memory) noexcept { std::free(memory); }
[[gnu::noinline]] void operator delete(void* memory, std::size_t) noexcept { std::free(memory); }
void operator delete[](void* memory, std::size_t) noexcept { std::free(memory); }

namespace mlcore::test {
std::uint64_t allocation_count() noexcept { return allocations; }

FailingAllocations::FailingAllocations(std::uint64_t succeeding, std::uint64_t count) noexcept {
  failing = count;
  first_failing = allocations + succeeding;
}
FailingAllocations::~FailingAllocations() { first_failing = UINT64_MAX; }
}  // namespace mlcore::test

TEST_CASE("the allocation counter counts") {
  const std::uint64_t before = mlcore::test::allocation_count();
  void* const memory = ::operator new(1);  // a new expression may be left out by the compiler
  CHECK(mlcore::test::allocation_count() == before + 1);
  ::operator delete(memory);
}

TEST_CASE("the allocation counter makes the calls fail that it is asked for") {
  std::string outcome;
  {
    const mlcore::test::FailingAllocations fail(1, 2);
    for (int i = 0; i < 4; ++i) {
      void* const memory = ::operator new(1, std::nothrow);
      outcome += memory == nullptr ? '0' : '1';
      ::operator delete(memory);
    }
  }
  CHECK(outcome == "1001");
}
