// SPDX-License-Identifier: Apache-2.0
#include <doctest/doctest.h>

#include <set>

#include "mlcore/feature/definition.hpp"

namespace mlcore {
namespace {

constexpr const char* kBase =
    "features f version 1\n"
    "stream s(k: i64 key, t: timestamp event, x: f64, n: i64?, w: string)\n"
    "input a: f64?\n"
    "v = sum(x) over s where n > 5 last 90d delay 1h default 0\n"
    "y = if(v > 1, a, 2.5) + fit standard_scale(v)\n"
    "output [v, y]\n";

std::string replaced(std::string text, const std::string& from, const std::string& to) {
  const std::size_t at = text.find(from);
  REQUIRE(at != std::string::npos);
  return text.replace(at, from.size(), to);
}

struct Change {
  const char* from;
  const char* to;
};

TEST_CASE("fingerprint: what does not decide a bit does not change it") {
  const Change changes[] = {
      {"features f version 1", "features other version 7"},
      {"\n", "   # a comment\n\n"},
      {"v > 1", "((v)>1)"},
      {"90d", "2160h"},
      {"delay 1h", "delay 60m closed left"},
      {"2.5)", "25e-1)"},
      {"input a: f64?\n", "input a: f64?\ninput b: string\n"},
      {"input a: f64?\n", "input a: f64?\nunused = a * 3 + ln1p(a)\n"},
      {"input a: f64?\n", "stream r(k: i64 key, t: timestamp event)\ninput a: f64?\n"},
      {"input a: f64?\n", "input a: f64?\nunused = fit standard_scale(max(n) over s lifetime)\n"},
      // A name for a part, and a part written twice.
      {"y = if(v > 1, a, 2.5)", "part = v > 1\ny = if(part, a, 2.5)"},
      {"standard_scale(v)",
       "standard_scale(sum(x) over s where n > 5 last 90d delay 1h default 0)"},
      {"y = if(v > 1, a, 2.5) + fit standard_scale(v)",
       "z = fit standard_scale(v)\nchosen = if(v > 1, a, 2.5)\ny = chosen + z"},
  };
  const Definition base = Definition::parse(kBase);
  for (const Change& change : changes) {
    CAPTURE(std::string(change.to));
    const Definition other = Definition::parse(replaced(kBase, change.from, change.to));
    CHECK(other.fingerprint() == base.fingerprint());
  }
}

TEST_CASE("fingerprint: everything that decides a bit changes it, each in its own way") {
  const Change changes[] = {
      // streams
      {"over s", "over s"},
      {"x: f64,", "x: f64?,"},
      {"n: i64?", "n: f64?"},
      {"n: i64?", "n: i64? tie"},
      {"w: string", "w: bool"},
      {"w: string", "z: string"},
      {"x: f64, n: i64?", "n: i64?, x: f64"},
      {"w: string)", "w: string, u: timestamp known)"},
      {"w: string)", "w: string) dedup()"},
      {"w: string)", "w: string) dedup(w)"},
      {"w: string)", "w: string) dedup(n)"},
      {"k: i64 key", "k: string key"},
      {"k: i64 key", "key: i64 key"},
      // aggregates
      {"sum(x)", "avg(x)"},
      {"sum(x)", "sum(n)"},
      {"sum(x)", "sum(x * 1.0)"},
      {"n > 5", "n >= 5"},
      {"n > 5", "n > 6"},
      {"n > 5", "n > 5.0"},
      {"where n > 5 ", ""},
      {"last 90d", "last 91d"},
      {"last 90d", "last 90d hop 1d"},
      {"last 90d", "last 90d hop 7d"},
      {"last 90d", "last 90 events"},
      {"last 90d", "last 90 events within 90d"},
      {"last 90d", "lifetime"},
      {"delay 1h", "delay 2h"},
      {"delay 1h", ""},
      {"delay 1h", "delay 1h closed right"},
      {"delay 1h", "delay 1h closed both"},
      {"default 0", ""},
      {"default 0", "default 1"},
      {"default 0", "default -0.0"},
      // expressions
      {"v > 1", "v >= 1"},
      {"v > 1", "v > 1.0"},
      {"2.5)", "2.5000000000000004)"},
      {"2.5)", "3)"},
      {"if(v > 1, a, 2.5)", "if(v > 1, 2.5, a)"},
      {") + fit", ") - fit"},
      {"fit standard_scale(v)", "v"},
      {"input a: f64?", "input a: f64"},
      {"input a: f64?", "input a: i64?"},
      // outputs
      {"[v, y]", "[y, v]"},
      {"[v, y]", "[v]"},
      {"output [v, y]", "z = y output [v, z]"},
  };
  std::set<Sha256Digest> seen;
  for (const Change& change : changes) {
    CAPTURE(std::string(change.from));
    CAPTURE(std::string(change.to));
    const Definition other = Definition::parse(replaced(kBase, change.from, change.to));
    CHECK(seen.insert(other.fingerprint()).second);
    CHECK(Definition::parse(other.text()).fingerprint() == other.fingerprint());
  }
}

TEST_CASE("fingerprint: the name of an input, of a stream and string constants count") {
  std::set<Sha256Digest> seen;
  for (const char* text : {
           "features f version 1 input a: string? y = a == \"x\" output [y]",
           "features f version 1 input b: string? y = b == \"x\" output [y]",
           "features f version 1 input a: string? y = a == \"y\" output [y]",
           "features f version 1 input a: string? y = a == \"\" output [y]",
           "features f version 1 stream s(k: i64 key, t: timestamp event, w: string) "
           "y = is_null(last(w) over s lifetime default \"a\") output [y]",
           "features f version 1 stream s(k: i64 key, t: timestamp event, w: string) "
           "y = is_null(last(w) over s lifetime default \"b\") output [y]",
           "features f version 1 stream r(k: i64 key, t: timestamp event, w: string) "
           "y = is_null(last(w) over r lifetime default \"a\") output [y]",
       }) {
    CAPTURE(std::string(text));
    CHECK(seen.insert(Definition::parse(text).fingerprint()).second);
  }
}

TEST_CASE("fingerprint: the order of dedup columns has no meaning") {
  const auto with = [](const char* dedup) {
    return Definition::parse(
        "features f version 1 stream s(k: i64 key, t: timestamp event, a: f64, "
        "b: f64) dedup(" +
        std::string(dedup) + ") y = count() over s lifetime output [y]");
  };
  CHECK(with("a, b").fingerprint() == with("b, a").fingerprint());
  CHECK(with("a, b").text() == with("b, a").text());
}

TEST_CASE("fingerprint: it is the same on every machine and in every version") {
  // The bytes that are hashed, put together by hand in Python 3.11 with hashlib, from the layout in
  // src/feature/fingerprint.cpp.
  CHECK(hex(Definition::parse("features f version 1 input a: f64? y = a + 1 output [y]")
                .fingerprint()) ==
        "ec83eb5d75a6eb4e5552fac95e98e86ec6df7587e91929c44baa96f04b954063");
  CHECK(hex(Definition::parse(kBase).fingerprint()) ==
        "752e7b634a5e90de0f0c71fdead72bc46e558759409cfe11e7b4b4073a68138e");
}

}  // namespace
}  // namespace mlcore
