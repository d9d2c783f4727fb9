// SPDX-License-Identifier: Apache-2.0
#include <doctest/doctest.h>

#include <random>
#include <string>
#include <vector>

#include "feature/random_definition.hpp"
#include "mlcore/base/bytes.hpp"
#include "mlcore/base/error.hpp"
#include "mlcore/feature/definition.hpp"

namespace mlcore {
namespace {

/// The reason of the refusal; none when it is a definition, which then must print and parse again.
Reason outcome(const std::string& text) {
  try {
    const Definition definition = Definition::parse(text);
    CHECK(Definition::parse(definition.text()).fingerprint() == definition.fingerprint());
    return Reason::none;
  } catch (const Error& error) {
    CHECK((error.code() == Code::invalid_argument || error.code() == Code::unimplemented));
    CHECK(is_utf8(error.message()));
    CHECK(error.message().size() < 2000);
    return error.reason();
  }
}

std::string repeated(const std::string& part, std::size_t count) {
  std::string text;
  text.reserve(part.size() * count);
  for (std::size_t i = 0; i < count; ++i) text += part;
  return text;
}

constexpr const char* kHead =
    "features f version 1\nstream s(k: i64 key, t: timestamp event, b: bool)\ninput x: f64\n"
    "input b: bool\n";

std::string value(const std::string& expression) {
  return std::string(kHead) + "y = " + expression + "\nz = 1 output [z]";
}

TEST_CASE("hostile: nesting is refused past 64, whatever nests") {
  struct Case {
    const char* open;
    const char* inner;
    const char* close;
  };
  const Case cases[] = {
      {"(", "x", ")"},
      {"-", "x", ""},
      {"- ", "x", ""},
      {"not ", "b", ""},
      {"ln1p(", "x", ")"},
      {"if(b, x, ", "x", ")"},
      {"x + (", "x", ")"},
      {"fit standard_scale(", "x", ")"},
      {"coalesce(x, ", "x", ")"},
  };
  for (const Case& entry : cases) {
    CAPTURE(std::string(entry.open));
    const auto nested = [&](std::size_t depth) {
      return value(repeated(entry.open, depth) + entry.inner + repeated(entry.close, depth));
    };
    CHECK(outcome(nested(64)) == Reason::none);
    CHECK(outcome(nested(65)) == Reason::limit_exceeded);
    CHECK(outcome(nested(200'000)) == Reason::limit_exceeded);
  }
  CHECK(outcome(value(repeated("count(", 200'000))) == Reason::syntax);
  CHECK(outcome(value("count() over s where " + repeated("(", 63) + "b" + repeated(")", 63) +
                      " lifetime")) == Reason::none);
  CHECK(outcome(value("count() over s where " + repeated("(", 64) + "b" + repeated(")", 64) +
                      " lifetime")) == Reason::limit_exceeded);
}

TEST_CASE("hostile: a long chain of operators is not deep, and is bounded by its nodes") {
  // n terms are one node for x and n − 1 sums; the output's 1 is another.
  CHECK(outcome(value("x" + repeated(" + x", 9'998))) == Reason::none);
  CHECK(outcome(value("x" + repeated(" + x", 9'999))) == Reason::limit_exceeded);
  CHECK(outcome(value("b" + repeated(" and b", 9'000))) == Reason::none);
  CHECK(outcome(value("count() over s where b" + repeated(" or b", 9'000) + " lifetime")) ==
        Reason::none);
  CHECK(outcome(value("count() over s where b" + repeated(" or b", 10'000) + " lifetime")) ==
        Reason::limit_exceeded);
  // A chain of names is as deep as it is long.
  std::string chain = std::string(kHead) + "v0 = x\n";
  for (int i = 1; i < 9'000; ++i) chain += fmt::format("v{} = (v{} - 1.5) * 2\n", i, i - 1);
  CHECK(outcome(chain + "output [v4]") == Reason::limit_exceeded);
  chain = std::string(kHead) + "v0 = x\n";
  for (int i = 1; i < 9'000; ++i) chain += fmt::format("v{} = -v{}\n", i, i - 1);
  CHECK(outcome(chain + "output [v8999]") == Reason::none);
}

TEST_CASE("hostile: outputs, names, streams and columns are bounded") {
  const auto aliases = [](int count) {
    std::string text = "features f version 1 input x: f64\n";
    std::string outputs = "x";
    for (int i = 0; i < count; ++i) {
      text += fmt::format("v{} = x\n", i);
      outputs += fmt::format(", v{}", i);
    }
    return text + "output [" + outputs + "]";
  };
  CHECK(outcome(aliases(65'535)) == Reason::none);
  CHECK(outcome(aliases(65'536)) == Reason::limit_exceeded);
  CHECK(outcome(aliases(65'537)) == Reason::limit_exceeded);

  const auto streams = [](int count) {
    std::string text = "features f version 1\n";
    for (int i = 0; i < count; ++i) {
      text += fmt::format("stream s{}(k: i64 key, t: timestamp event)\n", i);
    }
    return text + "output [k]";
  };
  CHECK(outcome(streams(256)) == Reason::none);
  CHECK(outcome(streams(257)) == Reason::limit_exceeded);

  const auto columns = [](int count) {
    std::string text = "features f version 1 stream s(k: i64 key, t: timestamp event";
    for (int i = 2; i < count; ++i) text += fmt::format(", c{}: f64", i);
    return text + ") output [k]";
  };
  CHECK(outcome(columns(1'024)) == Reason::none);
  CHECK(outcome(columns(1'025)) == Reason::limit_exceeded);

  const std::string name(128, 'n');
  CHECK(outcome("features f version 1 input " + name + ": f64 output [" + name + "]") ==
        Reason::none);
  CHECK(outcome("features f version 1 input " + name + "n: f64 output [x]") ==
        Reason::limit_exceeded);
}

TEST_CASE("hostile: numbers of any length are read or refused") {
  CHECK(outcome(value(repeated("9", 1'000'000))) == Reason::syntax);
  CHECK(outcome(value(repeated("9", 1'000'000) + ".0")) == Reason::syntax);
  CHECK(outcome(value("0." + repeated("1", 1'000'000))) == Reason::none);
  CHECK(outcome(value("1e" + repeated("9", 100'000))) == Reason::syntax);
  CHECK(outcome(value("1e-" + repeated("9", 100'000))) == Reason::none);
  CHECK(outcome(value("count() over s last " + repeated("9", 100'000) + "d")) ==
        Reason::limit_exceeded);
  CHECK(outcome(value("count() over s last " + repeated("9", 100'000) + " events")) ==
        Reason::syntax);
  CHECK(outcome(value("d == " + repeated("9", 100'000) + "d")) == Reason::unknown_name);
  CHECK(outcome(value(repeated("9", 100'000) + "d == 1d")) == Reason::syntax);
  CHECK(outcome("features f version " + repeated("9", 30)) == Reason::syntax);
}

TEST_CASE("hostile: NUL, control characters, broken UTF-8 and a text past 16 MiB are refused") {
  const std::string nul(1, '\0');
  CHECK(outcome(nul) == Reason::syntax);
  CHECK(outcome("features f version 1" + nul) == Reason::syntax);
  CHECK(outcome(value("\"a" + nul + "\" == \"a\"")) == Reason::syntax);
  CHECK(outcome(value("1" + nul)) == Reason::syntax);
  CHECK(outcome(value("\"a\\" + nul + "\"")) == Reason::syntax);
  CHECK(outcome(value("\x1B[31m")) == Reason::syntax);
  CHECK(outcome(value("\"\\")) == Reason::syntax);
  for (const char* bytes :
       {"\x80", "\xC3", "\xC0\xAF", "\xED\xA0\x80", "\xF4\x90\x80\x80", "\xE2\x82", "\xFF"}) {
    CHECK(outcome(value("1 # " + std::string(bytes))) == Reason::invalid_utf8);
  }
  CHECK(outcome("# " + repeated("x", (16 << 20) - 1)) == Reason::limit_exceeded);
  CHECK(outcome("# " + repeated("x", (16 << 20) - 2)) == Reason::syntax);
}

TEST_CASE("hostile: broken UTF-8 is named by line and column") {
  try {
    (void)Definition::parse("features f version 1\n# \xC3\xA9 \xED\xA0\x80\n");
    FAIL("accepted");
  } catch (const Error& error) {
    CHECK(error.message() == "line 2, column 5: byte 0xED is not UTF-8");
  }
}

TEST_CASE("hostile: a megabyte of random tokens is refused") {
  const std::vector<std::string> tokens = {"features", "f",
                                           "version",  "1",
                                           "stream",   "s",
                                           "(",        ")",
                                           "k",        ":",
                                           "i64",      "key",
                                           "event",    ",",
                                           "input",    "x",
                                           "f64",      "?",
                                           "=",        "==",
                                           "+",        "-",
                                           "*",        "//",
                                           "%",        "<",
                                           "count",    "sum",
                                           "over",     "where",
                                           "last",     "90d",
                                           "hop",      "5",
                                           "events",   "default",
                                           "0.5",      "\"a\"",
                                           "[",        "]",
                                           "output",   "fit",
                                           "not",      "and",
                                           "or",       "if",
                                           "as_of",    "\n",
                                           "# c\n",    "null",
                                           "lifetime", "true",
                                           "delay",    "next",
                                           "closed",   "string",
                                           "coalesce", "standard_scale"};
  for (std::uint64_t seed = 1; seed <= 8; ++seed) {
    CAPTURE(seed);
    std::mt19937_64 engine(seed);
    std::string text = seed % 2 == 0 ? std::string(kHead) + "y = " : "";
    while (text.size() < 1'000'000) {
      text += tokens[engine() % tokens.size()];
      text += ' ';
    }
    CHECK(outcome(text) != Reason::none);
  }
}

TEST_CASE("hostile: a definition with any byte changed or cut off is refused or is a definition") {
  std::mt19937_64 engine(7);
  std::size_t accepted = 0;
  for (std::uint64_t seed = 1; seed <= 40; ++seed) {
    const std::string text = RandomDefinition(seed).text();
    for (int i = 0; i < 50; ++i) {
      CAPTURE(seed);
      CAPTURE(i);
      std::string changed = text;
      const std::size_t at = engine() % text.size();
      if (i % 3 == 0) changed.resize(at);
      if (i % 3 == 1) changed[at] = static_cast<char>(engine());
      if (i % 3 == 2) changed.erase(at, 1 + engine() % 3);
      accepted += outcome(changed) == Reason::none ? 1 : 0;
    }
  }
  CHECK(accepted > 0);
  CHECK(accepted < 2'000);
}

}  // namespace
}  // namespace mlcore
