// SPDX-License-Identifier: Apache-2.0
// Replaces the program's operator new, so that tests can show what does not allocate.
#include "predict/allocation_counter.hpp"

#include <doctest/doctest.h>

#include <atomic>
#include <cstdlib>
#include <new>

namespace {
std::atomic<std::uint64_t> allocations{0};
}  // namespace

// Never inlined: the compiler would see malloc beside a `delete` and call them mismatched.
[[gnu::noinline]] void* operator new(std::size_t size) {
  ++allocations;
  if (void* memory = std::malloc(size == 0 ? 1 : size)) return memory;
  throw std::bad_alloc();
}
void* operator new[](std::size_t size) { return operator new(size); }
// A sanitizer brings its own of the forms that are left out, which free() would not match.
[[gnu::noinline]] void* operator new(std::size_t size, const std::nothrow_t&) noexcept {
  ++allocations;
  return std::malloc(size == 0 ? 1 : size);
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
}  // namespace mlcore::test

TEST_CASE("the allocation counter counts") {
  const std::uint64_t before = mlcore::test::allocation_count();
  void* const memory = ::operator new(1);  // a new expression may be left out by the compiler
  CHECK(mlcore::test::allocation_count() == before + 1);
  ::operator delete(memory);
}
