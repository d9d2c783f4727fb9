// SPDX-License-Identifier: Apache-2.0
#include "mlcore/schema/json_row.hpp"

#include <doctest/doctest.h>

#include <bit>
#include <cstdint>
#include <limits>
#include <string>
#include <vector>

#include "mlcore/base/error.hpp"

namespace mlcore {
namespace {

RowLayout every_type() {
  return RowLayout(Schema({{"customer", Type::string, false},
                           {"as_of", Type::timestamp, false},
                           {"flag", Type::boolean, true},
                           {"count", Type::i64, true},
                           {"amount", Type::f64, true},
                           {"country", Type::string, true},
                           {"age", Type::duration, true}}));
}

/// `member` in an object that has what `every_type` requires.
std::string with(const std::string& member) {
  return R"({"customer": "c17", "as_of": "1998-01-01", )" + member + "}";
}

Error error_of(const std::string& json) {
  const RowLayout layout = every_type();
  RowBuilder builder(layout);
  try {
    row_from_json(layout, json, builder);
  } catch (const Error& error) {
    CHECK(error.code() == Code::invalid_argument);
    return error;
  }
  FAIL("accepted");
  return {Code::ok, Reason::none, ""};
}

TEST_CASE("json row: every type, members in any order") {
  const RowLayout layout = every_type();
  RowBuilder builder(layout);
  row_from_json(layout, R"({"age": "90d", "country": "", "amount": -0.0, "count": -41,
                            "flag": true, "as_of": "1998-01-01T02:00:00+02:00",
                            "customer": "\u00d6\ud83d\ude00\"\u0000"})",
                builder);
  const RowView row = RowView::parse(layout, builder.finish());
  CHECK(row.string(0) == std::string_view("Ö\xF0\x9F\x98\x80\"\0", 8));
  CHECK(row.i64(1) == 883'612'800'000'000);  // GNU date -d 1998-01-01Z +%s
  CHECK(row.boolean(2));
  CHECK(row.i64(3) == -41);
  CHECK(std::bit_cast<std::uint64_t>(row.f64(4)) == 0x8000000000000000u);
  CHECK_FALSE(row.is_null(5));
  CHECK(row.string(5).empty());
  CHECK(row.i64(6) == 7'776'000'000'000);
}

TEST_CASE("json row: a nullable field may be absent or null") {
  const RowLayout layout = every_type();
  RowBuilder builder(layout);
  row_from_json(layout, with(R"("flag": null, "country": null)"), builder);
  const RowView row = RowView::parse(layout, builder.finish());
  for (std::size_t field = 2; field < 7; ++field) CHECK(row.is_null(field));
  CHECK(row.string(0) == "c17");
}

TEST_CASE("json row: an empty object is a row of a layout without required fields") {
  for (const RowLayout& layout : {RowLayout(), RowLayout(Schema({{"x", Type::f64, true}}))}) {
    RowBuilder builder(layout);
    row_from_json(layout, " {} ", builder);
    CHECK(builder.finish().size() == layout.fixed_size());
  }
}

TEST_CASE("json row: numbers keep their bits") {
  const RowLayout layout = every_type();
  RowBuilder builder(layout);
  row_from_json(layout, with(R"("count": 9223372036854775807, "amount": 0.1)"), builder);
  RowView row = RowView::parse(layout, builder.finish());
  CHECK(row.i64(3) == std::numeric_limits<std::int64_t>::max());
  CHECK(row.f64(4) == 0x1.999999999999ap-4);
  row_from_json(layout, with(R"("count": -9223372036854775808, "amount": 9007199254740993)"),
                builder);
  row = RowView::parse(layout, builder.finish());
  CHECK(row.i64(3) == std::numeric_limits<std::int64_t>::min());
  CHECK(row.f64(4) == 9007199254740992.0);  // nearest even
}

TEST_CASE("json row: everything else is refused by reason and field") {
  struct Case {
    std::string json;
    Reason reason;
    std::int32_t column = -1;
  };
  for (const Case& c : std::vector<Case>{
           {"", Reason::malformed_json},
           {"null", Reason::malformed_json},
           {"[]", Reason::malformed_json},
           {R"({"customer": "c17", "as_of": "1998-01-01")", Reason::malformed_json},
           {with(R"("count": 1)") + "x", Reason::malformed_json},
           {with(R"("count": 1, "count": 2)"), Reason::malformed_json},
           {with(R"("customer": "c17")"), Reason::malformed_json},
           {with(R"("country": "\ud800")"), Reason::malformed_json},
           {with("\"country\": \"\xFF\""), Reason::malformed_json},
           {with(R"("amount": NaN)"), Reason::malformed_json},
           {with(R"("amount": Infinity)"), Reason::malformed_json},
           {"{}", Reason::missing_column, 0},
           {R"({"customer": "c17"})", Reason::missing_column, 1},
           {R"({"customer": null, "as_of": "1998-01-01"})", Reason::null_not_allowed, 0},
           {with(R"("Count": 1)"), Reason::unknown_column},
           {with(R"("": null)"), Reason::unknown_column},
           {with(R"("flag": 1)"), Reason::type_mismatch, 2},
           {with(R"("flag": "true")"), Reason::type_mismatch, 2},
           {with(R"("count": "1")"), Reason::type_mismatch, 3},
           {with(R"("count": true)"), Reason::type_mismatch, 3},
           {with(R"("count": [1])"), Reason::type_mismatch, 3},
           {with(R"("count": 1.0)"), Reason::invalid_number, 3},
           {with(R"("count": 1e3)"), Reason::invalid_number, 3},
           {with(R"("count": 9223372036854775808)"), Reason::invalid_number, 3},
           {with(R"("amount": "1")"), Reason::type_mismatch, 4},
           {with(R"("amount": 1e400)"), Reason::invalid_number, 4},
           {with(R"("country": 49)"), Reason::type_mismatch, 5},
           {with(R"("country": {"code": "AT"})"), Reason::type_mismatch, 5},
           {with(R"("age": 90)"), Reason::type_mismatch, 6},
           {with(R"("age": "90")"), Reason::type_mismatch, 6},
           {R"({"customer": "c", "as_of": 883612800})", Reason::type_mismatch, 1},
           {R"({"customer": "c", "as_of": "1998-01-01T00:00:00"})", Reason::invalid_timestamp, 1},
           {R"({"customer": "c", "as_of": "1998-13-01"})", Reason::invalid_timestamp, 1},
       }) {
    CAPTURE(c.json);
    const Error error = error_of(c.json);
    CHECK(error.reason() == c.reason);
    CHECK(error.where().column == c.column);
  }
}

TEST_CASE("json row: messages name the column, what was expected and what was found") {
  CHECK(error_of(with(R"("count": "1")")).message() ==
        "column \"count\": expected i64, found a string");
  CHECK(error_of(with(R"("count": 1.5)")).message() ==
        "column \"count\": expected i64, found \"1.5\"");
  CHECK(error_of(with(R"("cuont": 1)")).message() == "\"cuont\" is not a column of this row");
  CHECK(error_of("{}").message() == "column \"customer\": is missing and not nullable");
}

TEST_CASE("json row: after an error the builder holds nothing of the row") {
  const RowLayout layout = every_type();
  RowBuilder builder(layout);
  CHECK_THROWS_AS(row_from_json(layout, with(R"("count": 7, "flag": 7)"), builder), Error);
  builder.set_string(0, "c18");
  builder.set_i64(1, 0);
  const RowView row = RowView::parse(layout, builder.finish());
  CHECK(row.string(0) == "c18");
  CHECK(row.is_null(3));
}

TEST_CASE("json row: nesting without end is refused, not followed") {
  CHECK(error_of(with("\"country\": " + std::string(1'000'000, '['))).reason() ==
        Reason::type_mismatch);
  CHECK(error_of(std::string(1'000'000, '[')).reason() == Reason::malformed_json);
}

}  // namespace
}  // namespace mlcore
