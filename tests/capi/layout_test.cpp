// SPDX-License-Identifier: Apache-2.0
#include <bit>
#include <cmath>
#include <limits>

#include "capi/fixture.hpp"
#include "mlcore/schema/arrow.hpp"

namespace mlcore::test {
namespace {

std::int64_t length(std::string_view text) { return static_cast<std::int64_t>(text.size()); }

}  // namespace

TEST_CASE("layout: fields are what a binding needs to pack a row by hand") {
  const Opened shop(shop_artifact());
  const mlcore_layout_t* orders = nullptr;
  REQUIRE(mlcore_features_stream_layout(shop.features, 0, &orders, nullptr) == MLCORE_OK);
  std::int64_t count = 0, fixed = 0;
  std::uint64_t id = 0;
  CHECK(mlcore_layout_field_count(orders, &count, nullptr) == MLCORE_OK);
  CHECK(mlcore_layout_fixed_size(orders, &fixed, nullptr) == MLCORE_OK);
  CHECK(mlcore_layout_id(orders, &id, nullptr) == MLCORE_OK);
  CHECK(count == 4);
  CHECK(fixed == 8 + 8 + 4 * 8);
  const struct {
    const char* name;
    std::int32_t type;
  } expected[] = {{"customer", MLCORE_TYPE_STRING},
                  {"at", MLCORE_TYPE_TIMESTAMP},
                  {"cds", MLCORE_TYPE_I64},
                  {"amount", MLCORE_TYPE_F64}};
  for (std::int64_t i = 0; i < count; ++i) {
    CAPTURE(i);
    mlcore_field_t field = {};
    field.struct_size = sizeof field;
    REQUIRE(mlcore_layout_field(orders, i, &field, nullptr) == MLCORE_OK);
    CHECK(field.struct_size == sizeof field);
    CHECK(std::string(field.name, static_cast<std::size_t>(field.name_length)) == expected[i].name);
    CHECK(field.type == expected[i].type);
    CHECK(field.nullable == 0);
    CHECK(field.slot_offset == 16 + 8 * i);
    std::int64_t found = -1;
    CHECK(mlcore_layout_find(orders, field.name, field.name_length, &found, nullptr) == MLCORE_OK);
    CHECK(found == i);
  }
}

TEST_CASE("layout: a row packed by the documented bytes is the row of the library") {
  const Opened loan(loan_artifact());
  std::uint64_t id = 0;
  REQUIRE(mlcore_layout_id(loan.request, &id, nullptr) == MLCORE_OK);
  ByteWriter writer;
  writer.u64(id);
  writer.u64(0b010);  // debt is null
  writer.i64(41);
  writer.u64(0);
  writer.f64(1200.5);
  REQUIRE(writer.bytes().size() == 40);
  CHECK(mlcore_row_check(loan.request, writer.bytes().data(), 40, nullptr) == MLCORE_OK);
  CHECK(packed(loan.request, R"({"income": 1200.5, "age": 41})") == writer.bytes());
}

TEST_CASE("layout: the row of docs/c_api.md has the bytes of its table") {
  const std::string text =
      "features shop version 1\n"
      "stream orders(customer: string key, at: timestamp event, amount: f64)\n"
      "input age: i64?\n"
      "spend = sum(amount) over orders last 90d\n"
      "output [spend, age]\n";
  mlcore_features_t* features = nullptr;
  const mlcore_layout_t* request = nullptr;
  std::uint64_t id = 0;
  REQUIRE(mlcore_features_open(text.data(), length(text), &features, nullptr) == MLCORE_OK);
  REQUIRE(mlcore_features_request_layout(features, &request, nullptr) == MLCORE_OK);
  REQUIRE(mlcore_layout_id(request, &id, nullptr) == MLCORE_OK);
  const Bytes row = packed(request, R"({"customer": "ada", "as_of": "1998-01-01"})");
  ByteWriter writer;
  writer.u64(id);
  writer.raw(Bytes{0x02, 0,    0,    0,    0,    0,    0,    0,    0x28, 0,    0,   0,
                   0x03, 0,    0,    0,    0,    0,    0,    0,    0,    0,    0,   0,
                   0x00, 0x20, 0x10, 0x23, 0xa4, 0x23, 0x03, 0x00, 0x61, 0x64, 0x61});
  CHECK(hex(row) == hex(writer.bytes()));
  mlcore_features_release(features);
}

TEST_CASE("layout: an Arrow batch is packed as its rows are") {
  const Opened loan(loan_artifact());
  const std::int64_t ages[] = {29, 41};
  const double debts[] = {1, std::nan("")};
  const double incomes[] = {4, 400};
  const void* buffers[3][2] = {{nullptr, ages}, {nullptr, debts}, {nullptr, incomes}};
  const char* names[] = {"age", "debt", "income"};
  ArrowSchema schemas[3] = {}, schema = {};
  ArrowArray arrays[3] = {}, batch = {};
  ArrowSchema* schema_children[3];
  ArrowArray* array_children[3];
  for (int i = 0; i < 3; ++i) {
    schemas[i].name = names[i];
    schemas[i].format = i == 0 ? "l" : "g";
    arrays[i].length = 2;
    arrays[i].n_buffers = 2;
    arrays[i].buffers = buffers[i];
    schema_children[i] = &schemas[i];
    array_children[i] = &arrays[i];
  }
  schema.format = "+s";
  schema.n_children = batch.n_children = 3;
  schema.children = schema_children;
  batch.children = array_children;
  batch.length = 2;
  schema.release = [](ArrowSchema*) {};
  batch.release = [](ArrowArray*) {};

  mlcore_rows_t rows;
  mlcore_buffer_t* buffer = nullptr;
  REQUIRE(mlcore_rows_from_arrow(loan.request, &schema, &batch, &rows, &buffer, nullptr) ==
          MLCORE_OK);
  CHECK(rows.count == 2);
  const char* json[] = {R"({"age": 29, "debt": 1, "income": 4})", R"({"age": 41, "income": 400})"};
  const auto* bytes = static_cast<const std::uint8_t*>(rows.bytes);
  for (std::int64_t i = 0; i < rows.count; ++i) {
    CHECK(Bytes(bytes + rows.offsets[i], bytes + rows.offsets[i + 1]) ==
          packed(loan.request, json[i]));
  }
  mlcore_buffer_release(buffer);

  names[0] = "years";
  schemas[0].name = names[0];
  CHECK_FAILS(mlcore_rows_from_arrow(loan.request, &schema, &batch, &rows, &buffer, &error),
              MLCORE_INVALID_ARGUMENT, MLCORE_REASON_UNKNOWN_COLUMN);
  CHECK(buffer == nullptr);
  CHECK_FAILS(mlcore_rows_from_arrow(loan.request, nullptr, &batch, &rows, &buffer, &error),
              MLCORE_INVALID_ARGUMENT, MLCORE_REASON_NULL_POINTER);
  CHECK_FAILS(mlcore_rows_from_arrow(loan.request, &schema, &batch, nullptr, &buffer, &error),
              MLCORE_INVALID_ARGUMENT, MLCORE_REASON_NULL_POINTER);
}

TEST_CASE("layout: misuse has a code and a reason") {
  const Opened loan(loan_artifact());
  std::int64_t count = 0;
  mlcore_field_t field = {};
  field.struct_size = sizeof field;
  CHECK_FAILS(mlcore_layout_id(loan.request, nullptr, &error), MLCORE_INVALID_ARGUMENT,
              MLCORE_REASON_NULL_POINTER);
  CHECK_FAILS(mlcore_layout_field_count(nullptr, &count, &error), MLCORE_INVALID_ARGUMENT,
              MLCORE_REASON_NULL_POINTER);
  CHECK_FAILS(mlcore_layout_fixed_size(nullptr, &count, &error), MLCORE_INVALID_ARGUMENT,
              MLCORE_REASON_NULL_POINTER);
  CHECK_FAILS(mlcore_layout_field(loan.request, 3, &field, &error), MLCORE_OUT_OF_RANGE,
              MLCORE_REASON_INVALID_INDEX);
  CHECK_FAILS(mlcore_layout_field(loan.request, -1, &field, &error), MLCORE_OUT_OF_RANGE,
              MLCORE_REASON_INVALID_INDEX);
  CHECK_FAILS(mlcore_layout_field(loan.request, 0, nullptr, &error), MLCORE_INVALID_ARGUMENT,
              MLCORE_REASON_NULL_POINTER);
  field.struct_size = sizeof field - 1;
  CHECK_FAILS(mlcore_layout_field(loan.request, 0, &field, &error), MLCORE_INVALID_ARGUMENT,
              MLCORE_REASON_INVALID_OPTION);
  CHECK_FAILS(mlcore_layout_find(loan.request, "agee", 4, &count, &error), MLCORE_NOT_FOUND,
              MLCORE_REASON_UNKNOWN_COLUMN);
  CHECK_FAILS(mlcore_layout_find(loan.request, "age", -3, &count, &error), MLCORE_INVALID_ARGUMENT,
              MLCORE_REASON_INVALID_LENGTH);
  CHECK_FAILS(mlcore_layout_find(loan.request, nullptr, 3, &count, &error), MLCORE_INVALID_ARGUMENT,
              MLCORE_REASON_NULL_POINTER);
}

TEST_CASE("row_check: every prefix and every flipped bit of a row is read or refused") {
  const Opened shop(shop_artifact());
  const mlcore_layout_t* orders = nullptr;
  REQUIRE(mlcore_features_stream_layout(shop.features, 0, &orders, nullptr) == MLCORE_OK);
  const Bytes row = packed(orders, three_orders()[0]);
  for (std::size_t size = 0; size < row.size(); ++size) {
    const Bytes cut(row.begin(), row.begin() + static_cast<std::ptrdiff_t>(size));
    CHECK(mlcore_row_check(orders, cut.data(), static_cast<std::int64_t>(size), nullptr) ==
          MLCORE_INVALID_ARGUMENT);
  }
  int refused = 0;
  for (std::size_t bit = 0; bit < 8 * row.size(); ++bit) {
    Bytes flipped = row;
    flipped[bit / 8] = static_cast<std::uint8_t>(flipped[bit / 8] ^ (1u << (bit % 8)));
    const std::int32_t code = mlcore_row_check(orders, flipped.data(),
                                               static_cast<std::int64_t>(flipped.size()), nullptr);
    CHECK((code == MLCORE_OK || code == MLCORE_INVALID_ARGUMENT));
    if (code != MLCORE_OK) ++refused;
    // Layout id, null bitmap, offset and length of the string decide where the rest is read.
    if (bit < 8 * 24 && bit != 8 * 20 && bit != 8 * 20 + 1) CHECK(code == MLCORE_INVALID_ARGUMENT);
  }
  CHECK(refused >= 8 * 24 - 2);
  CHECK_FAILS(mlcore_row_check(orders, nullptr, 48, &error), MLCORE_INVALID_ARGUMENT,
              MLCORE_REASON_NULL_POINTER);
  CHECK_FAILS(mlcore_row_check(orders, row.data(), -1, &error), MLCORE_INVALID_ARGUMENT,
              MLCORE_REASON_INVALID_LENGTH);
}

TEST_CASE("row_from_json: the buffer is sized by a first call, filled by a second") {
  const Opened shop(shop_artifact());
  const std::string json = R"({"customer": "ada", "as_of": "1998-01-01"})";
  std::int64_t needed = 0;
  const auto pack = [&](void* row, std::int64_t capacity, mlcore_error_t* error) {
    return mlcore_row_from_json(shop.request, json.data(), length(json), row, capacity, &needed,
                                error);
  };
  CHECK(pack(nullptr, 0, nullptr) == MLCORE_OK);
  CHECK(needed == 8 + 8 + 2 * 8 + 3);
  Bytes row(static_cast<std::size_t>(needed), 0xEE);
  needed = 0;
  CHECK_FAILS(pack(row.data(), 34, &error), MLCORE_OUT_OF_RANGE, MLCORE_REASON_BUFFER_TOO_SMALL);
  CHECK(needed == 35);
  CHECK(row == Bytes(35, 0xEE));
  CHECK(pack(row.data(), 35, nullptr) == MLCORE_OK);
  CHECK(mlcore_row_check(shop.request, row.data(), 35, nullptr) == MLCORE_OK);
  CHECK_FAILS(pack(row.data(), -1, &error), MLCORE_INVALID_ARGUMENT, MLCORE_REASON_INVALID_LENGTH);
  CHECK_FAILS(pack(nullptr, 35, &error), MLCORE_INVALID_ARGUMENT, MLCORE_REASON_NULL_POINTER);
}

TEST_CASE("row_from_json: bad input says what and where") {
  const Opened loan(loan_artifact());
  const struct {
    const char* json;
    std::int32_t reason;
    std::int32_t column;
  } cases[] = {
      {R"({"age": 41, "income": 1)", MLCORE_REASON_MALFORMED_JSON, -1},
      {R"({"income": 1})", MLCORE_REASON_MISSING_COLUMN, 0},
      {R"({"age": 41, "income": 1, "sex": 1})", MLCORE_REASON_UNKNOWN_COLUMN, -1},
      {R"({"age": "old", "income": 1})", MLCORE_REASON_TYPE_MISMATCH, 0},
      {R"({"age": 41.5, "income": 1})", MLCORE_REASON_INVALID_NUMBER, 0},
      {R"({"age": 41, "income": null})", MLCORE_REASON_NULL_NOT_ALLOWED, 2},
  };
  for (const auto& c : cases) {
    CAPTURE(c.json);
    mlcore_error_t error = MLCORE_ERROR_INIT;
    std::int64_t needed = 0;
    CHECK(mlcore_row_from_json(loan.request, c.json, length(c.json), nullptr, 0, &needed, &error) ==
          MLCORE_INVALID_ARGUMENT);
    CAPTURE(error.message);
    CHECK(error.reason == c.reason);
    CHECK(error.column == c.column);
  }
}

}  // namespace mlcore::test
