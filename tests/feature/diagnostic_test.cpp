// SPDX-License-Identifier: Apache-2.0
#include <doctest/doctest.h>
#include <fmt/format.h>

#include <algorithm>
#include <functional>

#include "error_of.hpp"
#include "mlcore/base/error.hpp"
#include "mlcore/feature/definition.hpp"

namespace mlcore {
namespace {

using test::error_of;

/// `text` has an @ where the error is expected; `message` is part of what it says.
struct Case {
  const char* text;
  Reason reason;
  const char* message;
};

void check(const Case& entry, const std::string& before, const std::string& after,
           const std::function<void(const std::string&)>& parse) {
  CAPTURE(std::string(entry.text));
  const std::string marked = before + entry.text + after;
  const std::size_t at = marked.find('@');
  REQUIRE(at != std::string::npos);
  std::string text = marked;
  text.erase(at, 1);
  const Error error = error_of([&] { parse(text); });
  CAPTURE(error.message());
  CHECK(error.reason() == entry.reason);
  CHECK(error.code() == (entry.reason == Reason::unsupported_feature ? Code::unimplemented
                                                                     : Code::invalid_argument));
  const auto line = std::count(marked.begin(), marked.begin() + static_cast<long>(at), '\n') + 1;
  const std::size_t line_start = marked.rfind('\n', at) + 1;  // npos + 1 = 0
  const std::string place = fmt::format("line {}, column {}: ", line, at - line_start + 1);
  CHECK(error.message().substr(0, place.size()) == place);
  CHECK(error.message().find(entry.message) != std::string::npos);
}

constexpr const char* kHead =
    "features f version 1\n"
    "stream s(k: i64 key, t: timestamp event, amount: f64, word: string, flag: bool?)\n"
    "input age: i64?\ninput when: timestamp?\ninput name: string?\ninput yes: bool\n"
    "spend = sum(amount) over s last 90d default 0\n";

TEST_CASE("diagnostics: bad expressions name the place, what was found and what was expected") {
  const Case cases[] = {
      // syntax
      {"@", Reason::syntax, "found reserved word \"output\", expected a value"},
      {"1 + @", Reason::syntax, "reserved word \"output\", expected a value"},
      {"(1 + 2@", Reason::syntax, "expected \")\" after the expression"},
      {"age @spend", Reason::syntax, "found \"spend\", expected an operator"},
      {"age @5", Reason::syntax, "found \"5\", expected an operator"},
      {"1 < age @< 3", Reason::syntax, "comparisons do not chain"},
      {"yes == @not yes", Reason::syntax, "\"(\" before not"},
      {"@null", Reason::syntax, "null can't be written"},
      {"@output", Reason::syntax, "as a name it is `output`"},
      // names in backticks
      {"@`spend", Reason::syntax, "expected ` on its line"},
      {"@`spend\n`", Reason::syntax, "without control characters"},
      {"1 + @``", Reason::syntax, "after 1 to 128 bytes"},
      {"@`spent`", Reason::unknown_name, "did you mean \"spend\"?"},
      {"`age` @`spend`", Reason::syntax, "found \"spend\""},
      {"@12abc", Reason::syntax, "found \"12abc\", expected a number"},
      {"@1.2.3", Reason::syntax, "found \"1.2.3\""},
      {"@1.", Reason::syntax, "found \"1.\""},
      {"@90days", Reason::syntax, "units s m h d w"},
      {"@9223372036854775808", Reason::syntax, "expected an i64"},
      {"-@9223372036854775809", Reason::syntax, "expected an i64"},
      {"@1e400", Reason::syntax, "finite f64"},
      {"@\"open", Reason::syntax, "expected \" on its line"},
      {"\"a@\\q\"", Reason::syntax, "unknown escape"},
      {"\"@\\u{D800}\"", Reason::syntax, "unknown escape"},
      {"\"@\\u{110000}\"", Reason::syntax, "unknown escape"},
      {"\"@\\u{}\"", Reason::syntax, "unknown escape"},
      {"\"a@\x01\"", Reason::syntax, "\\u{1}"},
      {"age @& 1", Reason::syntax, "found \"&\""},
      {"age @\xE2\x82\xAC", Reason::syntax, "\xE2\x82\xAC"},
      {"if(yes, 1@)", Reason::syntax, "if() takes 3"},
      {"is_null(age@, 1)", Reason::syntax, "\")\": is_null() takes at most 1"},
      {"ln1p(age @1)", Reason::syntax, "\")\": ln1p() takes at most 1"},
      {"coalesce(age @1)", Reason::syntax, "\",\" after an argument"},
      {"coalesce(age,@)", Reason::syntax, "expected a value"},
      {"as_of(@1)", Reason::syntax, "takes at most 0"},
      {"timestamp(@age)", Reason::syntax, "a string such as"},
      {"timestamp(@\"1998-13-01\")", Reason::syntax, "years 0001 to 9999"},
      {"@over", Reason::syntax, "reserved word \"over\""},
      // names
      {"@spent", Reason::unknown_name, "did you mean \"spend\"?"},
      {"@s + 1", Reason::unknown_name, "an earlier value, an input or a key"},
      {"@v + 1", Reason::unknown_name, "earlier value"},
      {"@amount", Reason::unknown_name, "found \"amount\""},
      {"@ln1pp(age)", Reason::unknown_name, "did you mean \"ln1p\"?"},
      {"sum(@amuont) over s lifetime", Reason::unknown_name, "did you mean \"amount\"?"},
      {"sum(@age) over s lifetime", Reason::unknown_name, "a column of stream \"s\""},
      {"count() over s where @spend > 1 lifetime", Reason::unknown_name, "sees nothing else"},
      {"count() over s where t < @as_of() lifetime", Reason::unknown_name,
       "as_of() in an aggregate"},
      {"count() over @t lifetime", Reason::unknown_name, "the name of a stream"},
      // types
      {"yes @+ 1", Reason::type_error, "\"+\" takes i64 or f64, found bool and i64"},
      {"when @- as_of()", Reason::type_error, "days_between(a, b)"},
      {"@-name", Reason::type_error, "\"-\" takes i64 or f64, found string"},
      {"yes @and age", Reason::type_error, "\"and\" takes bool, found bool and i64"},
      {"@not age", Reason::type_error, "\"not\" takes bool, found i64"},
      {"name @== age", Reason::type_error, "two values of one type, found string and i64"},
      {"yes @< yes", Reason::type_error, "found bool and bool"},
      {"@if(age, 1, 2)", Reason::type_error, "the condition of if() takes bool, found i64"},
      {"@if(yes, 1, name)", Reason::type_error, "found i64 and string"},
      {"@coalesce(age, yes)", Reason::type_error, "coalesce()"},
      {"@ln1p(yes)", Reason::type_error, "ln1p() takes i64 or f64"},
      {"@days_between(when, age)", Reason::type_error, "two timestamps"},
      {"@i64(when)", Reason::type_error, "i64() takes bool, i64, f64 or string, found timestamp"},
      {"fit @standard_scale(yes)", Reason::type_error, "standard_scale() takes i64 or f64"},
      {"@sum(word) over s lifetime", Reason::type_error, "sum() takes i64 or f64, found string"},
      {"sum(amount @+ word) over s lifetime", Reason::type_error, "found f64 and string"},
      {"count() over s @where amount lifetime", Reason::type_error, "expected bool"},
      {"max(word) over s lifetime default @0", Reason::type_error, "the default is i64"},
      {"sum(1) over s lifetime default @0.5", Reason::type_error, "expected i64"},
      {"count() over s lifetime @default 0", Reason::type_error, "expected no default"},
      // aggregates
      {"sum(@) over s lifetime", Reason::syntax, "expected a value"},
      {"sum(amount@, 1) over s lifetime", Reason::syntax, "\")\" after the argument"},
      {"sum@(amount over s lifetime", Reason::syntax, "found no end of this \"(\""},
      {"sum(amount) @s lifetime", Reason::syntax, "over STREAM"},
      {"sum(amount) over @where", Reason::syntax, "the name of a stream"},
      {"sum(amount) over s@", Reason::syntax, "a window: last 90d"},
      {"sum(amount) over s @default 0", Reason::syntax, "a window"},
      {"sum(amount) over s last @yes", Reason::syntax, "a duration such as 90d"},
      {"sum(amount) over s last 5@", Reason::syntax, "\"events\" after a number"},
      {"sum(amount) over s last @0 events", Reason::syntax, "from 1 on"},
      {"sum(amount) over s last @0d", Reason::syntax, "longer than 0"},
      {"sum(amount) over s last 1d @hop 2d", Reason::syntax, "hop 2d is longer"},
      {"sum(amount) over s last 1d hop @0s", Reason::syntax, "longer than 0"},
      {"sum(amount) over s lifetime closed @middle", Reason::syntax,
       "left, right, both or neither"},
      {"sum(amount) over s lifetime default @yes", Reason::syntax, "a constant after default"},
      {"sum(amount) over s last 1d @where flag", Reason::syntax, "in the order over STREAM"},
      {"sum(amount) over s @default 0 last 1d", Reason::syntax, "a window"},
      {"sum(amount) over s lifetime default 0 @delay 1h", Reason::syntax, "in the order"},
      {"sum(amount) over s lifetime @hop 1h", Reason::syntax, "in the order"},
      {"count() over s @next 90d", Reason::syntax, "can only be a label"},
      {"sum(@sum(amount) over s lifetime) over s lifetime", Reason::syntax, "do not nest"},
      // limits
      {"count() over s @last 2h hop 1s", Reason::limit_exceeded, "7200 tiles: the limit is 4096"},
      {"count() over s last @114689d", Reason::limit_exceeded, "expected at most 114688d"},
      {"count() over s last @99999999999999999999d", Reason::limit_exceeded, "at most 114688d"},
      {"count() over s lifetime delay @114689d", Reason::limit_exceeded, "at most 114688d"},
      // not in this version
      {"count() over s @by (age) lifetime", Reason::unsupported_feature, "\"by\""},
      {"count() over s last 1d @include_current", Reason::unsupported_feature,
       "\"include_current\""},
      {"fit @ordinal(name)", Reason::unsupported_feature, "\"ordinal\""},
      {"fit @standard_scaled(age)", Reason::unsupported_feature,
       "did you mean \"standard_scale\"?"},
      {"@var_pop(amount) over s lifetime", Reason::unsupported_feature, "\"var_pop\""},
      {"@distinct(word) over s lifetime", Reason::unsupported_feature, "\"distinct\""},
      {"sum(@fit standard_scale(amount)) over s lifetime", Reason::unsupported_feature, "\"fit\""},
      {"@last(string(amount)) over s lifetime", Reason::unsupported_feature, "string(last(x)"},
  };
  for (const Case& entry : cases) {
    // A mark at the end stands for the next token, which is on the next line.
    const std::string text = entry.text;
    const bool at_end = text.back() == '@';
    const std::string before =
        std::string(kHead) + "v = " + (at_end ? text.substr(0, text.size() - 1) + "\n" : "");
    const Case marked{at_end ? "@" : entry.text, entry.reason, entry.message};
    check(marked, before, at_end ? "output [age]\n" : "\noutput [age]\n",
          [](const std::string& source) { (void)Definition::parse(source); });
  }
}

TEST_CASE("diagnostics: bad declarations") {
  const Case cases[] = {
      {"@", Reason::syntax, "found the end of the text, expected features NAME"},
      {"@5", Reason::syntax, "expected features NAME version NUMBER"},
      {"features @5", Reason::syntax, "the name of the features"},
      {"features @input version 1", Reason::syntax, "reserved word \"input\""},
      {"features f @1", Reason::syntax, "expected version"},
      {"features f version @x", Reason::syntax, "a version number"},
      {"features f version @-1", Reason::syntax, "a version number"},
      {"features f version 1@", Reason::syntax, "expected a declaration"},
      {"features f version 1 @= 5", Reason::syntax, "expected an operator, or a declaration"},
      {"features f version 1\nx @5", Reason::syntax, "\"=\" after the new name \"x\""},
      {"features f version 1\ninput x: @float", Reason::syntax, "a type: bool, i64"},
      {"features f version 1\ninput x: f64\ninput @x: f64", Reason::duplicate_name,
       "already declared on line 2"},
      {"features f version 1\ninput x: f64\n@x = 1", Reason::duplicate_name, "on line 2"},
      {"features f version 1\nx = 1\n@x = 2", Reason::duplicate_name, "on line 2"},
      {"features f version 1\ninput @as_of: timestamp", Reason::duplicate_name, "reserved"},
      {"features f version 1\n@as_of = 1", Reason::duplicate_name, "reserved"},
      {"features f version 1\n@last = 1", Reason::syntax, "the clauses of an aggregate"},
      {"features f version 1\n@and = 1", Reason::syntax, "a declaration"},
      {"features f version 1 input x: f64 output @x", Reason::syntax, "\"[\" after output"},
      {"features f version 1 input x: f64 output [@]", Reason::syntax, "the name of a value"},
      {"features f version 1 input x: f64 output [x, @x]", Reason::duplicate_name, "listed twice"},
      {"features f version 1 input xy: f64 output [@xz]", Reason::unknown_name,
       "did you mean \"xy\"?"},
      {"features f version 1 input x: string output [@x]", Reason::type_error,
       "output \"x\" is string, expected bool, i64 or f64"},
      {"features f version 1 input x: timestamp output [@x]", Reason::type_error,
       "days_between(a, b)"},
      {"features f version 1 input x: f64 output [x] @y = 1", Reason::syntax,
       "nothing after the output list"},
      // streams
      {"features f version 1\nstream s(@)", Reason::syntax, "a column, as in amount: f64"},
      {"features f version 1\nstream s(k: i64 @primary)", Reason::syntax, "a role"},
      {"features f version 1\nstream @s(t: timestamp event)", Reason::syntax, "has no key column"},
      {"features f version 1\nstream @s(k: i64 key)", Reason::syntax, "has no event column"},
      {"features f version 1\nstream s(k: i64 key, t: timestamp event, u: timestamp @event)",
       Reason::syntax, "second event column"},
      {"features f version 1\nstream s(k: i64 key, t: i64 @event)", Reason::type_error,
       "is i64, expected timestamp"},
      {"features f version 1\nstream s(k: i64 key, t: timestamp? @event)", Reason::type_error,
       "nullable"},
      {"features f version 1\nstream s(k: i64? @key)", Reason::type_error, "nullable"},
      {"features f version 1\nstream s(k: f64 @key)", Reason::type_error, "is f64"},
      {"features f version 1\nstream s(k: i64 key, @k: i64)", Reason::duplicate_name,
       "two columns"},
      {"features f version 1\nstream s(k: i64 key, t: timestamp event) dedup(@x)",
       Reason::unknown_name, "a column of stream \"s\""},
      {"features f version 1\nstream s(k: i64 key, t: timestamp event) dedup(@k)",
       Reason::duplicate_name, "already part of the identity"},
      {"features f version 1\nstream s(k: i64 key, t: timestamp event, x: f64) dedup(x, @x)",
       Reason::duplicate_name, "already part of the identity"},
      {"features f version 1\nstream s(k: i64 key, t: timestamp event)\n"
       "stream r(@k: string key, t: timestamp event)",
       Reason::type_error, "key \"k\" is string, but i64"},
      {"features f version 1\ninput k: i64?\nstream s(@k: i64 key, t: timestamp event)",
       Reason::type_error, "but i64? where"},
      {"features f version 1\nstream s(k: i64 key, t: timestamp event)\ninput @k: i64?",
       Reason::type_error, "expected input k: i64"},
      {"features f version 1\nk = 1\nstream s(@k: i64 key, t: timestamp event)",
       Reason::duplicate_name, "already declared on line 2"},
  };
  for (const Case& entry : cases) {
    check(entry, "", "", [](const std::string& source) { (void)Definition::parse(source); });
  }
}

TEST_CASE("diagnostics: bad labels") {
  const Definition definition = Definition::parse(std::string(kHead) + "output [spend]");
  const Case cases[] = {
      {"@", Reason::syntax, "found the end of the text, expected a value"},
      {"count() over s next 90d @extra", Reason::syntax, "the end of the label"},
      {"@name", Reason::type_error, "the label is string"},
      {"@spend > 1", Reason::unknown_name, "a key or an input"},
      {"@fit standard_scale(age)", Reason::unsupported_feature, "a label"},
      {"count() over s next 90d @delay 1d", Reason::syntax, "in the order"},
      {"count() over s next 90d @hop 1d", Reason::syntax, "in the order"},
      {"count() over s next @0d", Reason::syntax, "longer than 0"},
  };
  for (const Case& entry : cases) {
    check(entry, "", "", [&](const std::string& source) { (void)parse_label(definition, source); });
  }
}

TEST_CASE("diagnostics: the whole message, with the source line and a caret under the place") {
  const Error error = error_of([] {
    (void)Definition::parse(
        "features f version 1\n"
        "stream orders(k: i64 key, at: timestamp event, amount: f64)\n"
        "\tspend = sum(amout) over orders last 90d  # \xC3\xA9\r\n"
        "output [spend]\n");
  });
  CHECK(error.message() ==
        "line 3, column 14: found \"amout\", expected a column of stream \"orders\": an aggregate "
        "sees nothing else; did you mean \"amount\"?\n"
        "   spend = sum(amout) over orders last 90d  # \xC3\xA9\n"
        "               ^");
}

TEST_CASE("diagnostics: a long line is cut around the place, at whole characters") {
  std::string text = "features f version 1 x = \"";
  for (int i = 0; i < 500; ++i) text += "\xC3\xA9";
  text += "\" ? ";
  for (int i = 0; i < 500; ++i) text += "\xC3\xA9";
  const Error error = error_of([&] { (void)Definition::parse(text); });
  std::string excerpt;
  for (int i = 0; i < 38; ++i) excerpt += "\xC3\xA9";
  excerpt += "\" ? ";
  for (int i = 0; i < 38; ++i) excerpt += "\xC3\xA9";
  CHECK(error.message().find("line 1, column 529: ") == 0);
  CHECK(error.message().find("\n  " + excerpt + "\n  " + std::string(40, ' ') + "^") !=
        std::string::npos);
}

}  // namespace
}  // namespace mlcore
