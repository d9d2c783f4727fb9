// SPDX-License-Identifier: Apache-2.0
// Outside code uses FloatingPointGuard.
#include "mlcore/base/fp_guard.hpp"

#if defined(__x86_64__)
#include <xmmintrin.h>
#endif

namespace mlcore {
namespace {

#if defined(__x86_64__)
// Rounding control (bits 13–14), flush-to-zero (15) and denormals-are-zero (6) of MXCSR.
constexpr std::uint64_t kDecidesBits = 0x6000u | 0x8000u | 0x0040u;
std::uint64_t read_control() noexcept { return _mm_getcsr(); }
void write_control(std::uint64_t value) noexcept { _mm_setcsr(static_cast<unsigned>(value)); }
#elif defined(__aarch64__)
// Rounding mode (bits 22–23), flush-to-zero (24), default NaN (25) and FZ16 (19) of FPCR.
constexpr std::uint64_t kDecidesBits = (3u << 22) | (1u << 24) | (1u << 25) | (1u << 19);
std::uint64_t read_control() noexcept {
  std::uint64_t value;
  asm volatile("mrs %0, fpcr" : "=r"(value));
  return value;
}
void write_control(std::uint64_t value) noexcept { asm volatile("msr fpcr, %0" ::"r"(value)); }
#else
#error "mlcore runs on x86-64 and aarch64"
#endif

}  // namespace

FloatingPointGuard::FloatingPointGuard() noexcept
    : saved_(read_control()), changed_((saved_ & kDecidesBits) != 0) {
  if (changed_) write_control(saved_ & ~kDecidesBits);
}

FloatingPointGuard::~FloatingPointGuard() {
  if (changed_) write_control(saved_);
}

}  // namespace mlcore
