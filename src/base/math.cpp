// SPDX-License-Identifier: Apache-2.0
// Outside code uses exp, exp2, ln, ln1p, tanh, exp_f32 and sigmoid.
//
// Both functions split the argument so that a table holds the greater part of the result as a pair
// of doubles and a short polynomial the rest; the last addition is then the only rounding that
// counts. Every `exact` below holds for round-to-nearest and without contraction.
#include "mlcore/base/math.hpp"

#include <bit>
#include <cstdint>
#include <limits>

#include "base/math_tables.hpp"
#include "mlcore/base/number.hpp"

namespace mlcore {
namespace {

using namespace math_tables;

constexpr double kInfinity = std::numeric_limits<double>::infinity();
constexpr double kOverflow = 0x1.62e42fefa39efp+9;    // e^x rounds to infinity above
constexpr double kUnderflow = -0x1.74910d52d3051p+9;  // e^x rounds to 0 below
constexpr double kLn2 = 0x1.62e42fefa39efp-1;
constexpr double kRoundToInteger =
    0x1.8p52;  // adding it leaves the nearest integer in the low bits
constexpr std::int64_t kFractionBits = 52;
constexpr std::int64_t kBias = 1023;
constexpr std::uint64_t kExponentMask = 0xFFF0000000000000u;

struct Sum {
  double high, low;
};

/// left + right without error: Knuth's two-sum.
Sum exact_sum(double left, double right) noexcept {
  const double high = left + right;
  const double part = high - left;
  return {high, (left - (high - part)) + (right - part)};
}

/// 2^exponent. Requires: −1022 ≤ exponent ≤ 1023.
double power_of_two(std::int64_t exponent) noexcept {
  return std::bit_cast<double>(static_cast<std::uint64_t>(exponent + kBias) << kFractionBits);
}

/// value · 2^exponent, rounded once. Requires: 1/2 < value < 2, |exponent| ≤ 1100.
double scale(double value, std::int64_t exponent) noexcept {
  if (exponent > kBias) return value * power_of_two(kBias) * power_of_two(exponent - kBias);
  if (exponent > -kBias) return value * power_of_two(exponent);
  return value * power_of_two(exponent + 128) * power_of_two(-128);
}

/// e^r − 1 − r, |r| ≤ ln 2 / 256.
double exp_tail(double r) noexcept {
  return r * r * (1.0 / 2 + r * (1.0 / 6 + r * (1.0 / 24 + r * (1.0 / 120 + r * (1.0 / 720)))));
}

/// 2^(steps/128) · e^r. Requires: |r| ≤ ln 2 / 256, steps whole.
double exp_of_parts(double steps, double r) noexcept {
  const auto step = static_cast<std::int64_t>(steps);
  const Power& power = kPowers[static_cast<std::size_t>(step & 127)];
  return scale(power.high + (power.low + power.high * (r + exp_tail(r))), step >> 7);
}

/// Requires: kUnderflow ≤ x ≤ kOverflow.
double exp_in_range(double x) noexcept {
  const double shifted = x * kStepsPerUnit + kRoundToInteger;
  const double steps = shifted - kRoundToInteger;
  // The first difference is exact.
  return exp_of_parts(steps, (x - steps * kStepHigh) - steps * kStepLow);
}

/// ln(1 + r) − r, |r| ≤ 2^-7; the term left out is below 2^-66 · r.
double ln1p_tail(double r) noexcept {
  const double r2 = r * r;
  const double low = 1.0 / 3 - r * (1.0 / 4) + r2 * (1.0 / 5 - r * (1.0 / 6));
  const double high = 1.0 / 7 - r * (1.0 / 8) + r2 * (1.0 / 9);
  return r2 * (r * (low + r2 * r2 * high) - 0.5);
}

/// ln((x + low) · 2^exponent): x + low = 2^k · m, ln m = −ln c + ln(1 + r), r = m · c − 1.
/// Requires: x normal, positive, finite; |low| ≤ ulp(x) / 2.
double ln_of_sum(double x, double low, std::int64_t exponent) noexcept {
  const auto bits = std::bit_cast<std::uint64_t>(x);
  const std::uint64_t from_first = bits - std::bit_cast<std::uint64_t>(kFirstCell);
  const std::int64_t k = static_cast<std::int64_t>(from_first) >> kFractionBits;
  const Reciprocal& c = kReciprocals[(from_first >> (kFractionBits - 7)) & 127];
  const std::uint64_t m_bits = bits - (from_first & kExponentMask);
  const auto m = std::bit_cast<double>(m_bits);
  const auto m_high = std::bit_cast<double>(m_bits & ~std::uint64_t{0x7FFFFFF});  // 26 bits

  // r as the sum of r and r_low, exact but for the rounding of `low`, and |r_low| ≤ ulp(r) / 2.
  const double r_high = m_high * c.value - 1.0;
  const double r_rest = (m - m_high) * c.value;
  Sum r = exact_sum(r_high, r_rest);
  if (low != 0) {
    const double r_low = r.low + low * power_of_two(-k) * c.value;
    r = exact_sum(r.high, r_low);
  }

  const auto scale_of_two = static_cast<double>(k + exponent);
  const double table = scale_of_two * kLn2High + c.ln_high;  // exact: multiples of 2^-42
  const double high = table + r.high;                        // |table| ≥ |r|, or table = 0
  const double error = (table - high) + r.high;
  return high + (error + (scale_of_two * kLn2Low + c.ln_low + (r.low + ln1p_tail(r.high))));
}

/// left · right without error: Dekker's product. Requires: 2^-900 < |left · right| < 2^900.
Sum exact_product(double left, double right) noexcept {
  const auto split = [](double value) {
    const double part = value * 0x1.0000002p+27;  // 2^27 + 1
    const double high = part - (part - value);
    return Sum{high, value - high};
  };
  const Sum a = split(left);
  const Sum b = split(right);
  const double high = left * right;
  return {high, a.low * b.low - (((high - a.high * b.high) - a.low * b.high) - a.high * b.low)};
}

/// The series to x^15; the term left out is below 2^-70 · x. Requires: |x| < 1/16.
double tanh_series(double x) noexcept {
  const double x2 = x * x;
  const double rest =
      -17.0 / 315 +
      x2 * (62.0 / 2835 +
            x2 * (-1382.0 / 155925 + x2 * (21844.0 / 6081075 + x2 * (-929569.0 / 638512875))));
  return x + x * x2 * (-1.0 / 3 + x2 * (2.0 / 15 + x2 * rest));
}

/// t / (t + 2) with t = e^2x − 1, t and the quotient as sums of two. Requires: 1/16 ≤ x < 20.
double tanh_in_range(double x) noexcept {
  const double y = 2 * x;
  const double steps = y * kStepsPerUnit + kRoundToInteger - kRoundToInteger;
  const double r = (y - steps * kStepHigh) - steps * kStepLow;
  const auto step = static_cast<std::int64_t>(steps);
  const Power& power = kPowers[static_cast<std::size_t>(step & 127)];
  const double factor = power_of_two(step >> 7);
  const double rest = power.low + power.high * (r + exp_tail(r));
  const Sum e = exact_sum(factor * power.high, factor * rest);
  Sum t = exact_sum(e.high, -1.0);
  t.low += e.low;
  Sum d = exact_sum(e.high, 1.0);
  d.low += e.low;
  const double quotient = t.high / d.high;
  const Sum product = exact_product(quotient, d.high);
  const double remainder = (t.high - product.high) - product.low + t.low - quotient * d.low;
  return quotient + remainder / d.high;
}

}  // namespace

double exp(double x) noexcept {
  if (x != x) return kCanonicalNan;
  if (x > kOverflow) return kInfinity;
  if (x < kUnderflow) return 0.0;
  return exp_in_range(x);
}

double exp2(double x) noexcept {
  if (x != x) return kCanonicalNan;
  if (x >= 1024) return kInfinity;
  if (x <= -1075) return 0.0;
  const double steps = x * 128 + kRoundToInteger - kRoundToInteger;
  return exp_of_parts(steps, (x - steps / 128) * kLn2);  // the difference is exact
}

double ln(double x) noexcept {
  if (!(x >= 0)) return kCanonicalNan;
  if (x == 0) return -kInfinity;
  if (x == kInfinity) return x;
  if (x < std::numeric_limits<double>::min()) return ln_of_sum(x * 0x1p54, 0.0, -54);
  return ln_of_sum(x, 0.0, 0);
}

double ln1p(double x) noexcept {
  if (!(x >= -1)) return kCanonicalNan;
  if (x == -1) return -kInfinity;
  if (x >= 0x1p54) return ln(x);  // ln(1 + x) differs by less than 2^-54
  if (x < 0x1p-54 && x > -0x1p-54) return x;
  const Sum sum = exact_sum(1.0, x);
  return ln_of_sum(sum.high, sum.low, 0);
}

double tanh(double x) noexcept {
  if (x != x) return kCanonicalNan;
  const double magnitude = x < 0 ? -x : x;
  if (magnitude < 0x1p-28) return x;
  if (magnitude < 0x1p-4) return tanh_series(x);
  if (magnitude >= 20) return x < 0 ? -1.0 : 1.0;  // 1 - tanh < 2^-56
  const double value = tanh_in_range(magnitude);
  return x < 0 ? -value : value;
}

float exp_f32(float x) noexcept { return static_cast<float>(exp(static_cast<double>(x))); }

float sigmoid(float x) noexcept {
  if (x != x) return std::numeric_limits<float>::quiet_NaN();
  const float exponent = -x < 88.7f ? -x : 88.7f;
  return 1.0f / (exp_f32(exponent) + 1.0f);
}

}  // namespace mlcore
