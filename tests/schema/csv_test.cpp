// SPDX-License-Identifier: Apache-2.0
#include "mlcore/schema/csv.hpp"

#include <doctest/doctest.h>

#include <bit>
#include <cstdint>
#include <random>
#include <string>
#include <vector>

#include "mlcore/base/error.hpp"
#include "mlcore/base/time.hpp"

namespace mlcore {
namespace {

RowLayout orders() {
  return RowLayout(Schema({{"customer", Type::string, false},
                           {"at", Type::timestamp, false},
                           {"cds", Type::i64, true},
                           {"amount", Type::f64, true}}));
}

/// The values of one column of strings; a null is "<null>".
std::vector<std::string> strings(std::string_view text) {
  const RowLayout layout(Schema({{"s", Type::string, true}}));
  const CsvRows rows = read_csv(text, layout);
  std::vector<std::string> values;
  for (std::size_t i = 0; i < rows.batch.size(); ++i) {
    const RowView row = RowView::parse(layout, rows.batch[i]);
    values.emplace_back(row.is_null(0) ? "<null>" : row.string(0));
  }
  return values;
}

/// The error of reading `text` by `layout`.
Error error_of(std::string_view text, const RowLayout& layout) {
  try {
    (void)read_csv(text, layout);
  } catch (const Error& error) {
    CHECK(error.code() == Code::invalid_argument);
    return error;
  }
  FAIL("accepted");
  return {Code::ok, Reason::none, ""};
}

using Strings = std::vector<std::string>;

TEST_CASE("csv: columns are found by name, in any order, and extra ones are listed") {
  const RowLayout layout = orders();
  const CsvRows rows = read_csv(
      "note,amount,at,customer,cds,\nx,29.5,1997-01-01,c1,1,\n,,1997-01-02T12:00:00.5Z,c2,,y\n",
      layout);
  CHECK(rows.extra_columns == Strings{"note", ""});
  REQUIRE(rows.batch.size() == 2);
  const RowView first = RowView::parse(layout, rows.batch[0]);
  CHECK(first.string(0) == "c1");
  CHECK(first.i64(1) == 852'076'800'000'000);  // GNU date -d 1997-01-01Z +%s
  CHECK(first.i64(2) == 1);
  CHECK(first.f64(3) == 29.5);
  const RowView second = RowView::parse(layout, rows.batch[1]);
  CHECK(second.string(0) == "c2");
  CHECK(second.i64(1) == 852'206'400'500'000);
  CHECK(second.is_null(2));
  CHECK(second.is_null(3));
}

TEST_CASE("csv: a header alone is zero rows, with or without its line break") {
  for (const std::string text : {"s", "s\n", "s\r\n", "\xEF\xBB\xBFs\n", "\"s\""}) {
    CAPTURE(text);
    CHECK(strings(text).empty());
  }
}

TEST_CASE("csv: no header at all is empty input") {
  for (const std::string text : {"", "\n", "\r\n", "\xEF\xBB\xBF", "\xEF\xBB\xBF\n"}) {
    CAPTURE(text);
    CHECK(error_of(text, orders()).reason() == Reason::empty_input);
  }
}

TEST_CASE("csv: RFC 4180 quoting") {
  struct Case {
    std::string text;
    Strings expected;
  };
  for (const Case& c : std::vector<Case>{
           {"s\na\nb\n", {"a", "b"}},
           {"s\na\nb", {"a", "b"}},
           {"s\r\na\r\nb\r\n", {"a", "b"}},
           {"s\n\"a\"\n", {"a"}},
           {"s\n\"a\"", {"a"}},
           {"s\n\"a,b\"\n", {"a,b"}},
           {"s\n\"a\nb\"\n", {"a\nb"}},
           {"s\n\"a\r\nb\"\n", {"a\r\nb"}},
           {"s\n\"a\rb\"\n", {"a\rb"}},
           {"s\n\"a\"\"b\"\n", {"a\"b"}},
           {"s\n\"\"\"\"\n", {"\""}},
           {"s\n\"\"\"\"\"\"\n", {"\"\""}},
           {"s\n\"\"\"a\"\"\"\n", {"\"a\""}},
           {"s\n a \n", {" a "}},
           {"s\nNA\nnull\n", {"NA", "null"}},
           {"s\nÖ\n", {"Ö"}},
       }) {
    CAPTURE(c.text);
    CHECK(strings(c.text) == c.expected);
  }
}

TEST_CASE("csv: an unquoted empty field is null, a quoted one the empty string") {
  CHECK(strings("s\n\n\"\"\n") == Strings{"<null>", ""});
  CHECK(strings("s,t\n,1\n\"\",2\n") == Strings{"<null>", ""});
  CHECK(strings("t,s\n1,\n2,\"\"\n3,") == Strings{"<null>", "", "<null>"});
}

TEST_CASE("csv: each type takes its own texts and refuses the others") {
  struct Case {
    Type type;
    std::vector<const char*> good, bad;
  };
  for (const Case& c : std::vector<Case>{
           {Type::boolean,
            {"true", "false", "\"true\""},
            {"TRUE", "1", "yes", "t", "\"\"", " true"}},
           {Type::i64,
            {"0", "-1", "9223372036854775807", "-9223372036854775808", "007"},
            {"9223372036854775808", "1.0", "1e3", "0x10", " 1", "1 ", "+1", "NA", "\"\""}},
           {Type::f64,
            {"0", "-0.0", "1e300", "1e-400", "29.5"},
            {"1e400", "nan", "inf", "0x1p3", "1,5", "\"1,5\"", "\"\""}},
           {Type::string, {"a", "\"\""}, {}},
           {Type::timestamp,
            {"1998-01-01", "1998-01-01T00:00:00Z", "1998-01-01T00:00:00.123456+02:00"},
            {"883612800", "1998-01-01T00:00:00", "19980101", "1998-02-29", "0000-01-01", "\"\""}},
           {Type::duration, {"90d", "0s"}, {"90", "d", "-1d", "1.5d", "\"\""}},
       }) {
    const RowLayout layout(Schema({{"x", c.type, true}}));
    for (const std::string text : c.good) {
      CAPTURE(text);
      CHECK_NOTHROW((void)read_csv("x\n" + text, layout));
    }
    for (const std::string text : c.bad) {
      CAPTURE(text);
      const bool has_comma = text == "1,5";
      CHECK(error_of("x\n" + text, layout).reason() ==
            (has_comma ? Reason::malformed_csv : Reason::type_mismatch));
    }
  }
}

TEST_CASE("csv: errors name the line, the column and the place") {
  struct Case {
    std::string text;
    Reason reason;
    std::string message;
    std::int32_t column = -1;
    std::int64_t row = -1;
  };
  for (const Case& c : std::vector<Case>{
           {"customer,at,cds\n", Reason::missing_column,
            "line 1: the header has no column \"amount\"", 3},
           {"customer,at,cds,amount,at\n", Reason::duplicate_column,
            "line 1: column \"at\" appears twice", 1},
           {"customer,at,cds,amount\nc1,1997-01-01,1,2\nc2,yesterday,1,2\n", Reason::type_mismatch,
            "line 3: column \"at\": expected timestamp, found \"yesterday\"", 1, 1},
           {"customer,at,cds,amount\n,1997-01-01,1,2\n", Reason::null_not_allowed,
            "line 2: column \"customer\": null in a column that is not nullable", 0, 0},
           {"customer,at,cds,amount\nc1,1997-01-01,1\n", Reason::malformed_csv,
            "line 2: 3 fields, the header has 4", -1, 0},
           {"customer,at,cds,amount\nc1,1997-01-01,1,2,3\n", Reason::malformed_csv,
            "line 2: 5 fields, the header has 4", -1, 0},
           {"customer,at,cds,amount\nc1,1997-01-01,1,2\n\n", Reason::malformed_csv,
            "line 3: a blank line, the header has 4", -1, 1},
           {"customer,at,cds,amount\nc1\n", Reason::malformed_csv,
            "line 2: 1 field, the header has 4", -1, 0},
           {"customer,at,cds,amount\n\"a\nb\",1997-01-01,1,x\n", Reason::type_mismatch,
            "line 3: column \"amount\": expected f64, found \"x\"", 3, 0},
           {"customer,at,cds,amount\nc1,1997-01-01,1,\"2", Reason::malformed_csv,
            "line 2: a quoted field is not closed"},
           {"customer,at,cds,amount\nc\"1,1997-01-01,1,2", Reason::malformed_csv,
            "line 2: a quote inside a field that is not quoted"},
           {"customer,at,cds,amount\n\"c\"1,1997-01-01,1,2", Reason::malformed_csv,
            "line 2: text after a field's closing quote"},
           {"customer,at,cds,amount\nc1,1997-01-01,1,2\rc2", Reason::malformed_csv,
            "line 2: a carriage return without a line feed"},
           {"customer,at,cds,amount\nc1,1997-01-01,1,2\r", Reason::malformed_csv,
            "line 2: a carriage return without a line feed"},
           {"customer,at,cds,amount\nc\xFF,1997-01-01,1,2\n", Reason::invalid_utf8,
            "line 2: column \"customer\" is not UTF-8", 0, 0},
           {"customer,at,cds,amount,\xC3\n", Reason::invalid_utf8,
            "line 1: a column's name is not UTF-8"},
           {"customer,at,cds,amount,note\nc1,1997-01-01,1,2,\xED\xA0\x80\n", Reason::invalid_utf8,
            "line 2: column 5 is not UTF-8", -1, 0},
           {std::string("customer,at,cds,amount\nc1,1997-01-01,1,2\nc\0", 43),
            Reason::malformed_csv,
            "line 3: a NUL byte; expected UTF-8 text, not UTF-16 or binary data"},
       }) {
    CAPTURE(c.text);
    const Error error = error_of(c.text, orders());
    CHECK(error.reason() == c.reason);
    CHECK(error.message() == c.message);
    CHECK(error.where().column == c.column);
    CHECK(error.where().row == c.row);
  }
}

TEST_CASE("csv: a missing column is told beside what the header has") {
  const RowLayout layout(Schema({{"unit price", Type::f64, true}, {"age", Type::f64, true}}));
  const auto message = [&](std::string_view header) {
    return error_of(std::string(header) + "\n1,2\n", layout).message();
  };
  const std::string age = "line 1: the header has no column \"age\"";
  const std::string price = "line 1: the header has no column \"unit price\"";
  CHECK(message("unit price") == age);
  CHECK(message("unit price, Age") == age + "; did you mean \" Age\"?");
  CHECK(message("age,unit_price") == price + "; did you mean \"unit_price\"?");
  CHECK(message("age,price") == price + "; it also has \"price\"");
  CHECK(message("age,a,b,c,d,e,f") ==
        price + "; it also has \"a\", \"b\", \"c\", \"d\" and 2 more");
  CHECK(message("unit price;age") ==
        price + "; it has \"unit price;age\", and fields are separated by commas");
}

TEST_CASE("csv: what is spelled as a missing value elsewhere is told how it is spelled here") {
  const RowLayout layout(Schema({{"age", Type::f64, true}, {"fixed", Type::f64, false}}));
  const std::string hint = "; a missing value is an empty field without quotes";
  for (const std::string text : {"NA", "nan", "NaN", "null", "None"}) {
    CHECK(error_of("age,fixed\n" + text + ",1\n", layout).message() ==
          "line 2: column \"age\": expected f64, found \"" + text + "\"" + hint);
    CHECK(error_of("age,fixed\n1," + text + "\n", layout).message() ==
          "line 2: column \"fixed\": expected f64, found \"" + text + "\"");
  }
  CHECK(error_of("age,fixed\n\"\",1\n", layout).message() ==
        "line 2: column \"age\": expected f64, found \"\"" + hint);
}

TEST_CASE("csv: a message shows only the start of a long text, cut at a character") {
  const RowLayout layout(Schema({{"x", Type::f64, true}}));
  const std::string text = std::string(39, 'a') + "Ö" + std::string(100'000, 'b');
  CHECK(error_of("x\n" + text, layout).message() == "line 2: column \"x\": expected f64, found \"" +
                                                        std::string(39, 'a') +
                                                        "…\" (100041 bytes)");
}

TEST_CASE("csv: a field of a megabyte comes back whole") {
  std::string text = "s\n\"";
  for (int i = 0; i < 500'000; ++i) text += "\"\"";
  text += "\"\n";
  CHECK(strings(text) == Strings{std::string(500'000, '"')});
}

TEST_CASE("csv: every text written by append_csv_field is read back") {
  const std::vector<std::string> alphabet = {"a", ",", "\"",           "\r", "\n",
                                             "Ö", " ", "\xEF\xBB\xBF", "x"};
  const std::uint64_t seed = 4180;
  CAPTURE(seed);
  std::mt19937_64 random(seed);
  for (int trial = 0; trial < 2'000; ++trial) {
    Strings values;
    std::string text = "s\n";
    for (std::uint64_t row = random() % 5; row > 0; --row) {
      std::string value;
      for (std::uint64_t length = random() % 6; length > 0; --length) {
        value += alphabet[random() % alphabet.size()];
      }
      append_csv_field(text, value);
      text += random() % 2 == 0 ? "\n" : "\r\n";
      values.push_back(value);
    }
    CAPTURE(text);
    CHECK(strings(text) == values);
  }
}

TEST_CASE("csv: fields are quoted only where they must be") {
  for (const auto& [value, expected] : std::vector<std::pair<std::string, std::string>>{
           {"a", "a"},
           {"", "\"\""},
           {" a b ", " a b "},
           {"a,b", "\"a,b\""},
           {"a\"b", "\"a\"\"b\""},
           {"a\nb", "\"a\nb\""},
           {"a\rb", "\"a\rb\""},
       }) {
    std::string out;
    append_csv_field(out, value);
    CHECK(out == expected);
  }
}

TEST_CASE("csv: a schema without a column reads any rows") {
  const RowLayout layout;
  const CsvRows rows = read_csv("a,b\n1,2\n3,4\n", layout);
  CHECK(rows.batch.size() == 2);
  CHECK(rows.extra_columns == Strings{"a", "b"});
}

}  // namespace
}  // namespace mlcore
