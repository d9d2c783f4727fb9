// SPDX-License-Identifier: Apache-2.0
#include <doctest/doctest.h>

#include <bit>
#include <cfenv>
#include <cmath>
#include <cstring>
#include <limits>
#include <optional>

#include "mlcore/base/error.hpp"
#include "mlcore/base/math.hpp"
#include "mlcore/base/number.hpp"
#include "mlcore/base/time.hpp"
#include "mlcore/feature/fit.hpp"
#include "mlcore/feature/plan.hpp"

namespace mlcore {
namespace {

constexpr std::int64_t kAsOf = 1'000 * kMicrosPerDay;

/// Inputs that are null (n…) and inputs that have a value.
constexpr const char* kInputs =
    "features f version 1\n"
    "input nb: bool?\ninput ni: i64?\ninput nf: f64?\ninput ns: string?\ninput nt: timestamp?\n"
    "input b: bool\ninput i: i64\ninput f: f64?\ninput s: string\ninput t: timestamp\n"
    "input d: duration\ninput least: i64\n";

std::string print(Type type, const Cell& cell) {
  if (cell.is_null) return "null";
  switch (type) {
    case Type::boolean: return cell.boolean ? "true" : "false";
    case Type::f64: return format_f64(cell.f64);
    case Type::string: return "'" + std::string(cell.text) + "'";
    case Type::i64:
    case Type::timestamp:
    case Type::duration: break;
  }
  return std::to_string(cell.i64);
}

/// The value of `expression` as text, a string in quotation marks.
std::string value_of(const std::string& expression) {
  const Definition definition =
      Definition::parse(kInputs + ("v = " + expression) + "\nw = is_null(v)\noutput [w]");
  RowBuilder builder(definition.request());
  builder.set_boolean(5, true);
  builder.set_i64(6, 7);
  builder.set_f64(7, 2.5);
  builder.set_string(8, "caf\xC3\xA9");
  builder.set_i64(9, 400 * kMicrosPerDay + 1);
  builder.set_i64(10, 3 * kMicrosPerDay);
  builder.set_i64(11, std::numeric_limits<std::int64_t>::min());
  if (definition.as_of_field()) builder.set_i64(*definition.as_of_field(), kAsOf);
  const RowView row = RowView::parse(definition.request(), builder.finish());
  const auto& nodes = definition.expressions().nodes;
  std::vector<Cell> registers(nodes.size());
  std::vector<char> text(nodes.size() * 32);
  evaluate(definition.expressions(), row, {}, kAsOf, definition.fits(), {}, registers, text);
  // The last node is is_null(v).
  const std::uint32_t node = nodes.back().arguments[0];
  return print(nodes[node].type, registers[node]);
}

struct Case {
  const char* expression;
  const char* value;
};

void check(std::span<const Case> cases) {
  for (const Case& entry : cases) {
    CAPTURE(std::string(entry.expression));
    CHECK(value_of(entry.expression) == entry.value);
  }
}

TEST_CASE("evaluate: i64 arithmetic floors, and is null past the range and over zero") {
  // // and %: Python 3.11.
  const Case cases[] = {
      {"7 // 2", "3"},
      {"-7 // 2", "-4"},
      {"7 // -2", "-4"},
      {"-7 // -2", "3"},
      {"6 // 3", "2"},
      {"-6 // 3", "-2"},
      {"7 % 2", "1"},
      {"-7 % 2", "1"},
      {"7 % -2", "-1"},
      {"-7 % -2", "-1"},
      {"-6 % 3", "0"},
      {"0 % -3", "0"},
      {"1 // 0", "null"},
      {"1 % 0", "null"},
      {"0 // 0", "null"},
      {"1 + 2 * 3 - 4", "3"},
      {"-(5)", "-5"},
      {"9223372036854775807 + 1", "null"},
      {"9223372036854775806 + 1", "9223372036854775807"},
      {"least - 1", "null"},
      {"0 - least", "null"},
      {"-least", "null"},
      {"least // -1", "null"},
      {"least % -1", "0"},
      {"least // 1", "-9223372036854775808"},
      {"3037000500 * 3037000500", "null"},
      {"least * -1", "null"},
      {"-3037000499 * 3037000499", "-9223372030926249001"},
      {"ni + 1", "null"},
      {"1 - ni", "null"},
      {"-ni", "null"},
      {"ni // 0", "null"},
  };
  check(cases);
}

TEST_CASE("evaluate: / is a division of f64, also of two i64") {
  const Case cases[] = {
      {"7 / 2", "3.5"},
      {"1 / 3", "0.3333333333333333"},
      {"6 / 3", "2"},
      {"1 / 0", "inf"},
      {"-1 / 0", "-inf"},
      {"0 / 0", "nan"},
      {"1.0 / -0.0", "-inf"},
      {"nf / 0", "null"},
      // 2^53 + 1 rounds to even on its way to f64.
      {"9007199254740993 / 1", "9007199254740992"},
      {"9007199254740995 / 1", "9007199254740996"},
  };
  check(cases);
}

TEST_CASE("evaluate: f64 // and % agree with each other, the rest has the divisor's sign") {
  // Python 3.11 repr(a // b), repr(a % b); over zero, where Python raises, a / b and NaN.
  const Case cases[] = {
      {"7.5 // 2.0", "3"},
      {"7.5 % 2.0", "1.5"},
      {"-7.5 // 2.0", "-4"},
      {"-7.5 % 2.0", "0.5"},
      {"7.5 // -2.0", "-4"},
      {"7.5 % -2.0", "-0.5"},
      {"-7.5 // -2.0", "3"},
      {"-7.5 % -2.0", "-1.5"},
      {"1.0 // 0.1", "9"},
      {"1.0 % 0.1", "0.09999999999999995"},
      {"-1.0 // 0.1", "-10"},
      {"-1.0 % 0.1", "5.551115123125783e-17"},
      {"0.0 // -3.0", "-0"},
      {"0.0 % -3.0", "-0"},
      {"-0.0 // 3.0", "-0"},
      {"-0.0 % 3.0", "0"},
      {"6.0 // -3.0", "-2"},
      {"6.0 % -3.0", "-0"},
      {"1e300 // 7.0", "1.4285714285714286e+299"},
      {"1e300 % 7.0", "1"},
      {"-1.0 // (1.0 / 0.0)", "-1"},
      {"-1.0 % (1.0 / 0.0)", "inf"},
      {"1.0 // (1.0 / 0.0)", "0"},
      {"1.0 % (1.0 / 0.0)", "1"},
      {"5e-324 // 3.0", "0"},
      {"5e-324 % 3.0", "5e-324"},
      {"-5e-324 // 3.0", "-1"},
      {"-5e-324 % 3.0", "3"},
      {"0.3 // 0.1", "2"},
      {"0.3 % 0.1", "0.09999999999999998"},
      {"1e17 // 3", "33333333333333332"},
      {"7 // 2.0", "3"},
      {"-7 % 2.0", "1"},
      {"1.0 // 0", "inf"},
      {"-1.0 // 0", "-inf"},
      {"0.0 // 0.0", "nan"},
      {"1.0 % 0.0", "nan"},
      {"nf % 2", "null"},
  };
  check(cases);
}

TEST_CASE("evaluate: i64 and f64 are compared exactly, not after rounding") {
  const Case cases[] = {
      {"9007199254740993 == 9007199254740992.0", "false"},
      {"9007199254740993 > 9007199254740992.0", "true"},
      {"9007199254740992.0 < 9007199254740993", "true"},
      {"9007199254740992 == 9007199254740992.0", "true"},
      {"9223372036854775807 == 9223372036854775808.0", "false"},
      {"9223372036854775807 < 9223372036854775808.0", "true"},
      {"least == -9223372036854775808.0", "true"},
      {"least <= -9223372036854777856.0", "false"},
      {"2 < 2.5", "true"},
      {"3 < 2.5", "false"},
      {"-2 > -2.5", "true"},
      {"2.5 >= 2", "true"},
      {"-2.5 >= -2", "false"},
      {"0 == -0.0", "true"},
      {"1 < 1.0 / 0.0", "true"},
      {"1 > -1.0 / 0.0", "true"},
      {"1 < 0.0 / 0.0", "false"},
      {"1 >= 0.0 / 0.0", "false"},
      {"1 == 0.0 / 0.0", "false"},
      {"1 != 0.0 / 0.0", "true"},
      {"0.0 / 0.0 == 0.0 / 0.0", "false"},
      {"1 == nf", "null"},
      {"nf != nf", "null"},
  };
  check(cases);
}

TEST_CASE("evaluate: strings are compared bytewise, times and durations as they are") {
  const Case cases[] = {
      {"\"a\" < \"b\"", "true"},
      {"\"Z\" < \"a\"", "true"},
      {"\"a\" < \"aa\"", "true"},
      {"\"\" < \"a\"", "true"},
      {"\"z\" < \"\xC3\xA9\"", "true"},
      {"\"\\u{FFFF}\" < \"\\u{10000}\"", "true"},  // not so in UTF-16
      {"\"a\\u{0}b\" == \"a\\u{0}c\"", "false"},
      {"s == \"caf\\u{E9}\"", "true"},
      {"s == \"cafe\\u{301}\"", "false"},  // no normalisation
      {"ns == \"\"", "null"},
      {"b == true", "true"},
      {"b != false", "true"},
      {"nb == nb", "null"},
      {"t > timestamp(\"1971-02-05\")", "true"},
      {"t < timestamp(\"1971-02-05T00:00:00.000002Z\")", "true"},
      {"t == as_of()", "false"},
      {"d == 72h", "true"},
      {"d > 3d", "false"},
      {"nt < t", "null"},
  };
  check(cases);
}

TEST_CASE("evaluate: logic has three values") {
  const Case cases[] = {
      {"true and true", "true"},      {"true and false", "false"}, {"false and nb", "false"},
      {"nb and false", "false"},      {"true and nb", "null"},     {"nb and nb", "null"},
      {"false or false", "false"},    {"true or nb", "true"},      {"nb or true", "true"},
      {"nb or false", "null"},        {"not true", "false"},       {"not nb", "null"},
      {"not (nb and false)", "true"},
  };
  check(cases);
}

TEST_CASE("evaluate: if, coalesce and is_null look at nulls, and branches widen") {
  const Case cases[] = {
      {"if(true, 1, 2)", "1"},
      {"if(false, 1, 2)", "2"},
      {"if(nb, 1, 2)", "2"},
      {"if(true, ni, 2)", "null"},
      {"if(true, 1 // 0, 2)", "null"},
      {"if(false, 1 // 0, 2)", "2"},
      {"if(true, 9007199254740993, 0.5)", "9007199254740992"},
      {"if(true, ni, 0.5)", "null"},
      {"if(b, s, \"no\")", "'caf\xC3\xA9'"},
      {"if(not b, s, \"no\")", "'no'"},
      {"coalesce(ni, 5)", "5"},
      {"coalesce(i, 5)", "7"},
      {"coalesce(ni, nf, 1)", "1"},
      {"coalesce(ni, 3, 0.5)", "3"},
      {"coalesce(ni, ni)", "null"},
      {"coalesce(ns, s)", "'caf\xC3\xA9'"},
      {"is_null(ni)", "true"},
      {"is_null(i)", "false"},
      {"is_null(0.0 / 0.0)", "false"},
      {"is_null(1 // 0)", "true"},
      {"coalesce(0.0 / 0.0, 1)", "nan"},
  };
  check(cases);
}

TEST_CASE("evaluate: days between two times floor, and are negative backwards") {
  const Case cases[] = {
      {"days_between(t, as_of())", "599"},
      {"days_between(as_of(), t)", "-600"},
      {"days_between(t, t)", "0"},
      {"days_between(nt, t)", "null"},
      {"days_between(timestamp(\"0001-01-01\"), timestamp(\"9999-12-31T23:59:59.999999Z\"))",
       "3652058"},  // Python 3.11: (date.max - date.min).days
      {"days_between(timestamp(\"1998-01-01\"), timestamp(\"1997-12-31T23:59:59Z\"))", "-1"},
  };
  check(cases);
}

TEST_CASE("evaluate: casts are null where there is no such value") {
  const Case cases[] = {
      {"i64(2.9)", "2"},
      {"i64(-2.9)", "-2"},
      {"i64(9223372036854774784.0)", "9223372036854774784"},
      {"i64(9223372036854775808.0)", "null"},
      {"i64(-9223372036854775808.0)", "-9223372036854775808"},
      {"i64(-9223372036854777856.0)", "null"},
      {"i64(1.0 / 0.0)", "null"},
      {"i64(0.0 / 0.0)", "null"},
      {"i64(true)", "1"},
      {"i64(7)", "7"},
      {"i64(\"-41\")", "-41"},
      {"i64(\"4.0\")", "null"},
      {"i64(\"\")", "null"},
      {"i64(\" 4\")", "null"},
      {"i64(\"9223372036854775808\")", "null"},
      {"f64(9007199254740993)", "9007199254740992"},
      {"f64(false)", "0"},
      {"f64(\"0.1\")", "0.1"},
      {"f64(\"1e400\")", "null"},
      {"f64(\"nan\")", "null"},
      {"f64(\"0x10\")", "null"},
      {"f64(s)", "null"},
      {"bool(0)", "false"},
      {"bool(-3)", "true"},
      {"bool(0.0)", "false"},
      {"bool(-0.0)", "false"},
      {"bool(0.5)", "true"},
      {"bool(0.0 / 0.0)", "null"},
      {"bool(\"true\")", "true"},
      {"bool(\"false\")", "false"},
      {"bool(\"True\")", "null"},
      {"bool(b)", "true"},
      {"string(true)", "'true'"},
      {"string(least)", "'-9223372036854775808'"},
      {"string(0.1)", "'0.1'"},
      {"string(-2.2250738585072014e-308)", "'-2.2250738585072014e-308'"},
      {"string(1.0 / 0.0)", "null"},
      {"string(s)", "'caf\xC3\xA9'"},
      {"string(ni)", "null"},
      {"string(i) == \"7\"", "true"},
      {"coalesce(string(ni), string(i), string(f))", "'7'"},
      {"string(i) < string(f)", "false"},
  };
  check(cases);
}

TEST_CASE("evaluate: ln1p is the library's own, also of an i64") {
  const Case cases[] = {
      {"ln1p(0)", "0"},     {"ln1p(-0.0)", "-0"},
      {"ln1p(-1)", "-inf"}, {"ln1p(-2.0)", "nan"},
      {"ln1p(nf)", "null"}, {"ln1p(1)", "0.6931471805599453"},  // MPFR 4.2: ln 2
  };
  check(cases);
  CHECK(value_of("ln1p(f)") == format_f64(ln1p(2.5)));
}

TEST_CASE("plan: features are f64 in output order, null and non-finite are the canonical NaN") {
  const Definition definition = Definition::parse(
      "features f version 1 input i: i64? input x: f64? input b: bool?\n"
      "inf = 1 / 0 ninf = -inf nan = inf - inf big = 9007199254740993\n"
      "output [b, i, x, inf, ninf, nan, big]");
  const FeaturePlan plan(definition, {});
  CHECK(plan.width() == 7);
  FeatureScratch scratch = plan.make_scratch();
  std::vector<double> out(plan.width());
  RowBuilder builder(plan.definition().request());
  const auto bits = [&](std::size_t index) { return std::bit_cast<std::uint64_t>(out[index]); };

  SUBCASE("values") {
    builder.set_i64(0, -3);
    builder.set_f64(1, -0.0);
    builder.set_boolean(2, true);
    plan.compute(RowView::parse(plan.definition().request(), builder.finish()), {}, scratch, out);
    CHECK(out[0] == 1.0);
    CHECK(out[1] == -3.0);
    CHECK(bits(2) == std::bit_cast<std::uint64_t>(-0.0));
    CHECK(out[6] == 9007199254740992.0);
  }
  SUBCASE("nulls") {
    builder.set_null(0);
    plan.compute(RowView::parse(plan.definition().request(), builder.finish()), {}, scratch, out);
    CHECK(bits(0) == kCanonicalNanBits);
    CHECK(bits(1) == kCanonicalNanBits);
    CHECK(bits(2) == kCanonicalNanBits);
  }
  SUBCASE("a NaN in the row is a null") {
    builder.set_f64(1, -std::numeric_limits<double>::quiet_NaN());
    plan.compute(RowView::parse(plan.definition().request(), builder.finish()), {}, scratch, out);
    CHECK(bits(2) == kCanonicalNanBits);
  }
  CHECK(bits(3) == kCanonicalNanBits);
  CHECK(bits(4) == kCanonicalNanBits);
  CHECK(bits(5) == kCanonicalNanBits);
}

TEST_CASE(
    "plan: aggregates, as_of and fitted parameters reach the expression; a copy computes alike") {
  const Definition definition = Definition::parse(
      "features f version 1\n"
      "stream s(k: string key, at: timestamp event, x: f64)\n"
      "total = sum(x) over s last 30d\n"
      "recency = days_between(last(at) over s lifetime, as_of())\n"
      "scaled = fit standard_scale(total)\n"
      "output [scaled, recency, total]");
  const FeaturePlan original(definition, {{{10.0, 4.0}}});
  const FeaturePlan plan = original;
  RowBuilder builder(plan.definition().request());
  builder.set_string(0, "c1");
  builder.set_i64(1, kAsOf);
  const RowView row = RowView::parse(plan.definition().request(), builder.finish());
  FeatureScratch scratch = plan.make_scratch();
  std::vector<double> out(3);
  const std::vector<Cell> some = {Cell::of(13.0), Cell::of(kAsOf - 2 * kMicrosPerDay)};
  plan.compute(row, some, scratch, out);
  CHECK(out == std::vector<double>{0.75, 2.0, 13.0});
  const std::vector<Cell> none = {Cell::null(), Cell::null()};
  plan.compute(row, none, scratch, out);
  for (const double value : out) CHECK(std::bit_cast<std::uint64_t>(value) == kCanonicalNanBits);
}

TEST_CASE("plan: columns as they are, in any order, have the bits of an evaluation") {
  const auto features_of = [](const std::string& output, std::optional<double> value) {
    FeaturePlan plan(Definition::parse("features f version 1 input a: f64? input b: f64 "
                                       "z = is_null(a) output " +
                                       output),
                     {});
    RowBuilder builder(plan.definition().request());
    if (value) builder.set_f64(0, *value);
    builder.set_f64(1, 2.5);
    FeatureScratch scratch = plan.make_scratch();
    std::vector<double> out(plan.width());
    plan.compute(RowView::parse(plan.definition().request(), builder.finish()), {}, scratch, out);
    std::vector<std::uint64_t> bits;
    for (const double feature : out) bits.push_back(std::bit_cast<std::uint64_t>(feature));
    bits.resize(2);
    return bits;
  };
  const double infinity = std::numeric_limits<double>::infinity();
  const std::optional<double> values[] = {std::nullopt, kCanonicalNan, infinity, -infinity,
                                          0.0,          -0.0,          5e-324,   1.5};
  for (const std::optional<double>& value : values) {
    CAPTURE(value.value_or(-1));
    const bool is_missing = !value || !std::isfinite(*value);
    const std::vector<std::uint64_t> expected = {
        std::bit_cast<std::uint64_t>(2.5),
        is_missing ? kCanonicalNanBits : std::bit_cast<std::uint64_t>(*value)};
    CHECK(features_of("[b, a]", value) == expected);
    CHECK(features_of("[b, a, z]", value) == expected);
  }
}

TEST_CASE("plan: numbers that are the features have the bits of their row, others are not taken") {
  const FeaturePlan plan(Definition::parse("features f version 1 input a: f64? input b: f64 "
                                           "input c: i64? input d: bool? output [d, c, b, a]"),
                         {});
  const RowLayout& request = plan.definition().request();
  FeatureScratch scratch = plan.make_scratch();
  std::vector<double> computed(plan.width()), copied(plan.width());
  const double infinity = std::numeric_limits<double>::infinity();
  const auto is_equal = [&](const std::vector<double>& row) {
    RowBuilder builder(request);
    if (!std::isnan(row[0])) builder.set_f64(0, row[0]);
    builder.set_f64(1, row[1]);
    if (!std::isnan(row[2])) builder.set_i64(2, static_cast<std::int64_t>(row[2]));
    if (!std::isnan(row[3])) builder.set_boolean(3, row[3] != 0);
    plan.compute(RowView::parse(request, builder.finish()), {}, scratch, computed);
    return plan.copy_numbers(row, copied) &&
           std::memcmp(computed.data(), copied.data(), computed.size() * sizeof(double)) == 0;
  };
  CHECK(is_equal({1.5, -2.5, 3, 1}));
  CHECK(is_equal({kCanonicalNan, 2.5, kCanonicalNan, kCanonicalNan}));
  CHECK(is_equal({-0.0, infinity, 0, 0}));
  CHECK(is_equal({-infinity, 5e-324, -0x1p63, 1}));
  CHECK(is_equal({1, 1e308, 0x1p63 - 1024, 0}));
  const std::vector<double> refused[] = {{1, kCanonicalNan, 1, 1},
                                         {1, 1, 1.5, 1},
                                         {1, 1, 0x1p63, 1},
                                         {1, 1, -infinity, 1},
                                         {1, 1, 1, 2},
                                         {1, 1, 1, 0.5},
                                         {1, 1, 1, infinity},
                                         {1, 1, -0.0, 1},
                                         {1, 1, 1, -0.0},
                                         {1, 1, 1},
                                         {1, 1, 1, 1, 1},
                                         {}};
  for (const std::vector<double>& row : refused) {
    CAPTURE(row.size());
    CHECK_FALSE(plan.copy_numbers(row, copied));
  }
  const FeaturePlan sum(Definition::parse("features f version 1 input a: f64 input b: f64 "
                                          "c = a + b output [a, c]"),
                        {});
  CHECK_FALSE(sum.copy_numbers(std::vector<double>{1, 2}, std::span(copied).first(2)));
}

TEST_CASE("plan: a host's rounding mode changes no bit, and is as it was afterwards") {
  const auto third = [] {
    const Definition definition = Definition::parse(
        "features f version 1 input x: f64 y = x / 3 z = fit standard_scale(x) w = x * 0.1 "
        "output [y, z, w]");
    RowBuilder builder(definition.request());
    RowBatch batch;
    for (const double value : {0.1, 0.2, 0.7}) {
      builder.set_f64(0, value);
      batch.append(builder.finish());
    }
    std::vector<FitRow> rows;
    for (std::size_t i = 0; i < batch.size(); ++i) {
      rows.push_back({RowView::parse(definition.request(), batch[i]), {}});
    }
    const FeaturePlan plan(definition, fit(definition, rows));
    FeatureScratch scratch = plan.make_scratch();
    std::vector<double> out(plan.width());
    plan.compute(RowView::parse(plan.definition().request(), batch[0]), {}, scratch, out);
    return out;
  };
  const std::vector<double> usual = third();
  for (const int mode : {FE_UPWARD, FE_DOWNWARD, FE_TOWARDZERO}) {
    CAPTURE(mode);
    REQUIRE(std::fesetround(mode) == 0);
    const std::vector<double> other = third();
    const int after = std::fegetround();
    std::fesetround(FE_TONEAREST);
    CHECK(other == usual);
    CHECK(after == mode);
  }
}

TEST_CASE("plan: parameters that do not fit the definition are refused") {
  const Definition definition =
      Definition::parse("features f version 1 input x: f64 y = fit standard_scale(x) output [y]");
  const double infinity = std::numeric_limits<double>::infinity();
  const std::vector<FittedParameters> bad = {
      {},         {{{0, 1}, {0, 1}}},     {{{0}}},          {{{0, 1, 2}}},
      {{{0, 0}}}, {{{kCanonicalNan, 1}}}, {{{0, infinity}}}};
  for (const FittedParameters& parameters : bad) {
    CAPTURE(parameters.values.size());
    try {
      const FeaturePlan plan(definition, parameters);
      FAIL("accepted");
    } catch (const Error& error) {
      CHECK(error.code() == Code::failed_precondition);
      CHECK(error.reason() == Reason::not_fitted);
    }
  }
  CHECK_NOTHROW(FeaturePlan(definition, {{{0, 1}}}));
}

}  // namespace
}  // namespace mlcore
