// SPDX-License-Identifier: Apache-2.0
#include "mlcore/base/math.hpp"

#include <doctest/doctest.h>
#include <mpfr.h>

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstdint>
#include <limits>
#include <random>
#include <vector>

#include "mlcore/base/number.hpp"

namespace mlcore {
namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();
constexpr double kLeast = std::numeric_limits<double>::denorm_min();
constexpr double kGreatest = std::numeric_limits<double>::max();

std::uint64_t bits(double value) { return std::bit_cast<std::uint64_t>(value); }
std::uint32_t bits(float value) { return std::bit_cast<std::uint32_t>(value); }

/// MPFR's own function at 160 bits, as the distance of a double from it.
class Reference {
 public:
  using Function = int (*)(mpfr_ptr, mpfr_srcptr, mpfr_rnd_t);
  explicit Reference(Function function) : function_(function) {
    mpfr_init2(argument_, 53);
    mpfr_init2(exact_, 160);
  }
  ~Reference() {
    mpfr_clear(argument_);
    mpfr_clear(exact_);
  }
  Reference(const Reference&) = delete;
  Reference& operator=(const Reference&) = delete;

  /// |value − f(x)| in units of the last place of the double nearest to f(x).
  double error_in_ulp(double x, double value) {
    mpfr_set_d(argument_, x, MPFR_RNDN);
    function_(exact_, argument_, MPFR_RNDN);
    const double nearest = mpfr_get_d(exact_, MPFR_RNDN);
    if (!std::isfinite(nearest) || !std::isfinite(value)) {
      return bits(nearest) == bits(value) ? 0.0 : kInfinity;
    }
    const double magnitude = std::fabs(nearest);
    const double ulp = magnitude == kGreatest ? magnitude - std::nextafter(magnitude, 0.0)
                                              : std::nextafter(magnitude, kInfinity) - magnitude;
    mpfr_sub_d(exact_, exact_, value, MPFR_RNDN);
    mpfr_div_d(exact_, exact_, ulp, MPFR_RNDN);
    return std::fabs(mpfr_get_d(exact_, MPFR_RNDN));
  }

 private:
  Function function_;
  mpfr_t argument_;
  mpfr_t exact_;
};

struct Worst {
  double ulp = 0;
  double x = 0;
  std::int64_t points = 0;
};

/// The greatest error of `function` over `count` arguments made by `next`.
template <typename Function, typename Next>
Worst worst_error(Function function, Reference& reference, std::int64_t count, Next next) {
  Worst worst;
  worst.points = count;
  for (std::int64_t i = 0; i < count; ++i) {
    const double x = next();
    const double ulp = reference.error_in_ulp(x, function(x));
    if (!(ulp <= worst.ulp)) worst.ulp = ulp, worst.x = x;
  }
  return worst;
}

double uniform(std::mt19937_64& random, double low, double high) {
  return low + (high - low) * (static_cast<double>(random() >> 11) * 0x1p-53);
}

/// 2^e with e uniform in [low, high), so that each magnitude is met as often.
double log_uniform(std::mt19937_64& random, int low, int high) {
  const int exponent = low + static_cast<int>(random() % static_cast<std::uint64_t>(high - low));
  return std::ldexp(uniform(random, 1.0, 2.0), exponent);
}

/// A double within 2^40 steps of `centre`, in either direction.
double beside(std::mt19937_64& random, double centre) {
  const std::uint64_t distance = random() >> (24 + random() % 40);
  return std::bit_cast<double>(random() % 2 == 0 ? bits(centre) + distance
                                                 : bits(centre) - distance);
}

#define CHECK_WORST(what, worst)                                                                \
  do {                                                                                          \
    const Worst found = (worst);                                                                \
    MESSAGE(what << ": at most " << found.ulp << " ulp over " << found.points << " points, at " \
                 << format_hex(found.x));                                                       \
    CHECK(found.ulp <= 1.0);                                                                    \
  } while (false)

constexpr std::uint64_t kSeed = 0x5EED'0001;

TEST_CASE("exp: within 1 ulp of MPFR over seeded arguments") {
  CAPTURE(kSeed);
  std::mt19937_64 random(kSeed);
  Reference reference(mpfr_exp);
  const auto sweep = [&](std::int64_t count, auto next) {
    return worst_error([](double x) { return exp(x); }, reference, count, next);
  };
  CHECK_WORST("exp, [-708, 709.7]", sweep(400'000, [&] { return uniform(random, -708, 709.7); }));
  CHECK_WORST("exp, [-1, 1]", sweep(200'000, [&] { return uniform(random, -1, 1); }));
  CHECK_WORST("exp, subnormal results",
              sweep(100'000, [&] { return uniform(random, -745.2, -708.3); }));
  CHECK_WORST("exp, ±2^[-80, 10)", sweep(100'000, [&] {
                const double x = log_uniform(random, -80, 10);
                return random() % 2 == 0 ? x : -x;
              }));
  // The steps' edges, (j + 1/2) ln 2 / 128, where |r| is greatest.
  CHECK_WORST("exp, between two table steps", sweep(100'000, [&] {
                const auto step =
                    static_cast<double>(static_cast<int>(random() % 180'000) - 90'000);
                return beside(random, (step + 0.5) * 0x1.62e42fefa39efp-8);
              }));
}

TEST_CASE("ln: within 1 ulp of MPFR over seeded arguments") {
  CAPTURE(kSeed);
  std::mt19937_64 random(kSeed + 1);
  Reference reference(mpfr_log);
  const auto sweep = [&](std::int64_t count, auto next) {
    return worst_error([](double x) { return ln(x); }, reference, count, next);
  };
  CHECK_WORST("ln, any positive bits",
              sweep(300'000, [&] { return std::bit_cast<double>(random() % bits(kInfinity)); }));
  CHECK_WORST("ln, [0.5, 2]", sweep(200'000, [&] { return uniform(random, 0.5, 2); }));
  CHECK_WORST("ln, beside 1", sweep(200'000, [&] { return beside(random, 1.0); }));
  CHECK_WORST("ln, [0.98, 1.02]", sweep(100'000, [&] { return uniform(random, 0.98, 1.02); }));
  CHECK_WORST("ln, subnormal", sweep(50'000, [&] {
                return std::bit_cast<double>(1 + random() % 0xFFFFFFFFFFFFFu);
              }));
  CHECK_WORST("ln, beside a table cell's edge", sweep(100'000, [&] {
                const std::uint64_t cell = bits(0.6875) + ((random() % 129) << 45);
                return beside(random, std::bit_cast<double>(cell));
              }));
}

TEST_CASE("ln1p: within 1 ulp of MPFR over seeded arguments") {
  CAPTURE(kSeed);
  std::mt19937_64 random(kSeed + 2);
  Reference reference(mpfr_log1p);
  const auto sweep = [&](std::int64_t count, auto next) {
    return worst_error([](double x) { return ln1p(x); }, reference, count, next);
  };
  CHECK_WORST("ln1p, any positive bits",
              sweep(200'000, [&] { return std::bit_cast<double>(random() % bits(kInfinity)); }));
  CHECK_WORST("ln1p, ±2^[-70, 0)", sweep(300'000, [&] {
                const double x = log_uniform(random, -70, 0);
                return random() % 2 == 0 ? x : -x;
              }));
  CHECK_WORST("ln1p, [-1, 1]", sweep(200'000, [&] { return uniform(random, -1, 1); }));
  CHECK_WORST("ln1p, beside -1", sweep(50'000, [&] {
                return std::bit_cast<double>(bits(-1.0) - 1 - (random() >> (24 + random() % 40)));
              }));
  CHECK_WORST("ln1p, 2^[0, 60)", sweep(100'000, [&] { return log_uniform(random, 0, 60); }));
  CHECK_WORST("ln1p, ±2^[-9, -6): the edges of the cells beside 1", sweep(150'000, [&] {
                const double x = log_uniform(random, -9, -6);
                return random() % 2 == 0 ? x : -x;
              }));
  CHECK_WORST("ln1p, cents up to 100,000.00",
              sweep(100'000, [&] { return static_cast<double>(random() % 10'000'001) / 100; }));
}

TEST_CASE("exp2: within 1 ulp of MPFR over seeded arguments, exact for whole ones") {
  CAPTURE(kSeed);
  std::mt19937_64 random(kSeed + 5);
  Reference reference(mpfr_exp2);
  const auto sweep = [&](std::int64_t count, auto next) {
    return worst_error([](double x) { return exp2(x); }, reference, count, next);
  };
  CHECK_WORST("exp2, [-1022, 1024)", sweep(300'000, [&] { return uniform(random, -1022, 1024); }));
  CHECK_WORST("exp2, [-1, 1]", sweep(200'000, [&] { return uniform(random, -1, 1); }));
  CHECK_WORST("exp2, subnormal results",
              sweep(100'000, [&] { return uniform(random, -1076, -1021); }));
  CHECK_WORST("exp2, between two table steps", sweep(100'000, [&] {
                const auto step =
                    static_cast<double>(static_cast<int>(random() % 250'000) - 125'000);
                return beside(random, (step + 0.5) / 128);
              }));
  for (int x = -1080; x <= 1030; ++x) CHECK(exp2(x) == std::ldexp(1.0, x));
  CHECK(exp2(kInfinity) == kInfinity);
  CHECK(exp2(-kInfinity) == 0.0);
}

TEST_CASE("tanh: within 1 ulp of MPFR over seeded arguments, odd") {
  CAPTURE(kSeed);
  std::mt19937_64 random(kSeed + 6);
  Reference reference(mpfr_tanh);
  const auto sweep = [&](std::int64_t count, auto next) {
    return worst_error([](double x) { return tanh(x); }, reference, count, next);
  };
  CHECK_WORST("tanh, [-1, 1]", sweep(300'000, [&] { return uniform(random, -1, 1); }));
  CHECK_WORST("tanh, [-22, 22]", sweep(300'000, [&] { return uniform(random, -22, 22); }));
  CHECK_WORST("tanh, beside 1/16", sweep(200'000, [&] { return beside(random, 0x1p-4); }));
  CHECK_WORST("tanh, beside 2^-28 and 20",
              sweep(100'000, [&] { return beside(random, random() % 2 == 0 ? 0x1p-28 : 20.0); }));
  CHECK_WORST("tanh, ±2^[-1074, 3)", sweep(200'000, [&] {
                const double x = log_uniform(random, -1074, 3);
                return random() % 2 == 0 ? x : -x;
              }));
  CHECK_WORST("tanh, between two table steps", sweep(100'000, [&] {
                const auto step = static_cast<double>(static_cast<int>(random() % 7'000) - 3'500);
                return beside(random, (step + 0.5) * 0x1.62e42fefa39efp-9);
              }));
  for (int i = 0; i < 1'000; ++i) {
    const double x = log_uniform(random, -40, 6);
    if (bits(tanh(-x)) != bits(-tanh(x))) FAIL_CHECK("not odd at ", x);
  }
  CHECK(bits(tanh(0.0)) == bits(0.0));
  CHECK(bits(tanh(-0.0)) == bits(-0.0));
  CHECK(tanh(kLeast) == kLeast);
  CHECK(tanh(kInfinity) == 1.0);
  CHECK(tanh(-kInfinity) == -1.0);
  CHECK(tanh(kGreatest) == 1.0);
}

TEST_CASE("exp: special arguments and the ends of its range") {
  struct Case {
    double x, expected;
  };
  // The last two finite and the first infinite result, the least subnormal and the first zero: MPFR
  // 4.2.0, round to nearest.
  for (const Case& c : std::vector<Case>{
           {0.0, 1.0},
           {-0.0, 1.0},
           {kLeast, 1.0},
           {-kLeast, 1.0},
           {0x1p-54, 1.0},
           {kInfinity, kInfinity},
           {-kInfinity, 0.0},
           {kGreatest, kInfinity},
           {-kGreatest, 0.0},
           {0x1.62e42fefa39efp+9, 0x1.fffffffffff2ap+1023},
           {0x1.62e42fefa39f0p+9, kInfinity},
           {-0x1.74910d52d3051p+9, kLeast},
           {-0x1.74910d52d3052p+9, 0.0},
       }) {
    CAPTURE(c.x);
    CHECK(bits(exp(c.x)) == bits(c.expected));
  }
}

TEST_CASE("ln and ln1p: special arguments") {
  for (const double zero : {0.0, -0.0}) CHECK(ln(zero) == -kInfinity);
  CHECK(bits(ln(1.0)) == bits(0.0));
  CHECK(ln(kInfinity) == kInfinity);
  CHECK(bits(ln1p(0.0)) == bits(0.0));
  CHECK(bits(ln1p(-0.0)) == bits(-0.0));
  CHECK(ln1p(kLeast) == kLeast);
  CHECK(ln1p(-kLeast) == -kLeast);
  CHECK(ln1p(-1.0) == -kInfinity);
  CHECK(ln1p(kInfinity) == kInfinity);
  // MPFR 4.2.0, round to nearest; both functions are within 0.51 ulp there.
  CHECK(ln(kGreatest) == 0x1.62e42fefa39efp+9);
  CHECK(ln(kLeast) == -0x1.74385446d71c3p+9);
  CHECK(ln1p(kGreatest) == 0x1.62e42fefa39efp+9);
  CHECK(ln1p(1.0) == 0x1.62e42fefa39efp-1);
}

TEST_CASE("exp, exp2, ln, ln1p, tanh: every NaN that comes out is the canonical one") {
  for (const std::uint64_t nan :
       {0x7FF8000000000000u, 0xFFF8000000000000u, 0x7FF0000000000001u, 0xFFFFFFFFFFFFFFFFu}) {
    CAPTURE(nan);
    const auto x = std::bit_cast<double>(nan);
    CHECK(bits(exp(x)) == kCanonicalNanBits);
    CHECK(bits(ln(x)) == kCanonicalNanBits);
    CHECK(bits(ln1p(x)) == kCanonicalNanBits);
    CHECK(bits(exp2(x)) == kCanonicalNanBits);
    CHECK(bits(tanh(x)) == kCanonicalNanBits);
  }
  for (const double x : {-kLeast, -1.0, -kInfinity}) CHECK(bits(ln(x)) == kCanonicalNanBits);
  for (const double x : {-0x1.0000000000001p0, -2.0, -kInfinity}) {
    CHECK(bits(ln1p(x)) == kCanonicalNanBits);
  }
}

TEST_CASE("exp_f32: is the correctly rounded float for 200,000 seeded arguments and at the ends") {
  CAPTURE(kSeed);
  std::mt19937_64 random(kSeed + 3);
  mpfr_t exact;
  mpfr_init2(exact, 160);
  std::int64_t differing = 0;
  for (int i = 0; i < 200'000; ++i) {
    const auto x = static_cast<float>(uniform(random, -87.3, 88.7));
    mpfr_set_flt(exact, x, MPFR_RNDN);
    mpfr_exp(exact, exact, MPFR_RNDN);
    if (bits(exp_f32(x)) != bits(mpfr_get_flt(exact, MPFR_RNDN))) ++differing;
  }
  mpfr_clear(exact);
  CHECK(differing == 0);
  // e^x of neighbours by mpmath 1.3: 0x1.fffff8417p+127 and 0x1.0000041718p+128;
  // 0.5000003 and 0.4999927 times the least subnormal.
  CHECK(exp_f32(0x1.62e42ep+6f) == 0x1.ffff08p+127f);
  CHECK(exp_f32(0x1.62e430p+6f) == std::numeric_limits<float>::infinity());
  CHECK(exp_f32(-103.97208f) == std::numeric_limits<float>::denorm_min());
  CHECK(exp_f32(-103.97209f) == 0.0f);
  CHECK(bits(exp_f32(std::bit_cast<float>(0xFFC00001u))) == 0x7FC00000u);
}

TEST_CASE("sigmoid: the values of XGBoost's formula") {
  constexpr float kInfinite = std::numeric_limits<float>::infinity();
  CHECK(sigmoid(0.0f) == 0.5f);
  CHECK(sigmoid(-0.0f) == 0.5f);
  CHECK(sigmoid(kInfinite) == 1.0f);
  CHECK(sigmoid(100.0f) == 1.0f);
  // By hand, each step rounded to float: e^1 0x1.5bf0a8p+1, + 1 0x1.dbf0a8p+1; e^-1 0x1.78b564p-2,
  // + 1 0x1.5e2d58p+0.
  CHECK(sigmoid(-1.0f) == 0x1.136562p-2f);
  CHECK(sigmoid(1.0f) == 0x1.764d5p-1f);
  // Below -88.7 the exponent stands still, so that the result stays positive.
  CHECK(sigmoid(-88.7f) > 0.0f);
  CHECK(sigmoid(-1000.0f) == sigmoid(-88.7f));
  CHECK(sigmoid(-kInfinite) == sigmoid(-88.7f));
  CHECK(bits(sigmoid(std::bit_cast<float>(0xFFC00001u))) == 0x7FC00000u);
}

TEST_CASE("sigmoid: within 4 ulp of XGBoost's formula with this machine's expf") {
  // tools/link_distance goes over all 2^32 floats. Beside e^-x = 2^24 the sum is halfway between
  // floats, so that one step of expf becomes two of the sum and four of its reciprocal.
  CAPTURE(kSeed);
  std::mt19937_64 random(kSeed + 4);
  std::int32_t greatest = 0;
  std::int64_t differing = 0;
  const auto compare = [&](float x) {
    const float expected = 1.0f / (std::exp(std::min(-x, 88.7f)) + 1.0f);
    const auto distance = static_cast<std::int32_t>(bits(sigmoid(x)) - bits(expected));
    greatest = std::max(greatest, std::abs(distance));
    differing += distance != 0 ? 1 : 0;
  };
  for (int i = 0; i < 1'000'000; ++i) compare(static_cast<float>(uniform(random, -90, 90)));
  for (int i = 0; i < 200'000; ++i) compare(static_cast<float>(uniform(random, -17.5, -16)));
  MESSAGE("sigmoid: " << differing << " of 1,200,000 differ, by at most " << greatest << " ulp");
  CHECK(greatest <= 4);
}

}  // namespace
}  // namespace mlcore
