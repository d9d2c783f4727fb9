// SPDX-License-Identifier: Apache-2.0
#include "mlcore/base/fp_guard.hpp"

#include <doctest/doctest.h>

#include <cfenv>
#include <limits>
#include <thread>

#if defined(__x86_64__)
#include <xmmintrin.h>
#endif

#include "mlcore/base/math.hpp"

namespace mlcore {
namespace {

// Volatile, so that the compiler neither folds nor moves the operation.
double third() {
  volatile double one = 1.0;
  volatile double three = 3.0;
  return one / three;
}

#if defined(__x86_64__)
double half_of_least() {
  volatile double least = std::numeric_limits<double>::min();
  volatile double half = 0.5;
  return least * half;
}
#endif

TEST_CASE("floating-point guard: each rounding mode becomes nearest and comes back") {
  const double nearest = third();
  for (const int mode : {FE_UPWARD, FE_DOWNWARD, FE_TOWARDZERO, FE_TONEAREST}) {
    CAPTURE(mode);
    REQUIRE(std::fesetround(mode) == 0);
    const double before = third();
    double inside = 0;
    int mode_inside = -1;
    {
      const FloatingPointGuard guard;
      inside = third();
      mode_inside = std::fegetround();
    }
    const int mode_after = std::fegetround();
    const double after = third();
    std::fesetround(FE_TONEAREST);
    CHECK(inside == nearest);
    CHECK(after == before);
    CHECK(mode_after == mode);
    CHECK(mode_inside >= 0);
    CHECK((mode == FE_UPWARD) == (before != nearest));  // 1/3 rounds down in the other modes
  }
}

TEST_CASE("floating-point guard: guards nest") {
  std::fesetround(FE_UPWARD);
  double inside = 0;
  {
    const FloatingPointGuard outer;
    { const FloatingPointGuard inner; }
    inside = third();
  }
  const int mode_after = std::fegetround();
  std::fesetround(FE_TONEAREST);
  CHECK(inside == third());
  CHECK(mode_after == FE_UPWARD);
}

TEST_CASE("floating-point guard: it covers its own thread only") {
  std::fesetround(FE_UPWARD);
  int other = -1;
  {
    const FloatingPointGuard guard;
    std::thread([&] {
      std::fesetround(FE_DOWNWARD);
      { const FloatingPointGuard inner; }
      other = std::fegetround();
    }).join();
  }
  std::fesetround(FE_TONEAREST);
  CHECK(other == FE_DOWNWARD);
}

#if defined(__x86_64__)
TEST_CASE("floating-point guard: subnormals live under flush-to-zero and denormals-are-zero") {
  const unsigned saved = _mm_getcsr();
  const double exact = half_of_least();
  REQUIRE(exact > 0);
  for (const unsigned bits : {0x8000u, 0x0040u, 0x8040u}) {
    CAPTURE(bits);
    _mm_setcsr(saved | bits);
    const double flushed = half_of_least();
    double inside = -1;
    double power = -1;
    {
      const FloatingPointGuard guard;
      inside = half_of_least();
      power = exp(-720.0);
    }
    const bool is_restored = (_mm_getcsr() & 0x8040u) == bits;
    _mm_setcsr(saved);
    CHECK(inside == exact);
    CHECK(power > 0);
    CHECK(is_restored);
    if ((bits & 0x8000u) != 0) CHECK(flushed == 0);
  }
}

TEST_CASE("floating-point guard: with nothing changed the register is not written") {
  const unsigned saved = _mm_getcsr();
  {
    const FloatingPointGuard guard;
    _mm_setcsr(saved | 0x0001u);  // an exception flag that the guarded code raised
  }
  const unsigned after = _mm_getcsr();
  _mm_setcsr(saved);
  CHECK((after & 0x0001u) != 0);
}
#endif

}  // namespace
}  // namespace mlcore
