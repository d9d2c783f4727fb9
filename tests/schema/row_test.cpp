// SPDX-License-Identifier: Apache-2.0
#include "mlcore/schema/row.hpp"

#include <doctest/doctest.h>

#include <bit>
#include <cstdint>
#include <limits>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include "mlcore/base/error.hpp"
#include "mlcore/base/number.hpp"
#include "mlcore/base/time.hpp"

namespace mlcore {
namespace {

/// One nullable field of each type, then one required string.
RowLayout every_type() {
  return RowLayout(Schema({{"flag", Type::boolean, true},
                           {"count", Type::i64, true},
                           {"amount", Type::f64, true},
                           {"country", Type::string, true},
                           {"at", Type::timestamp, true},
                           {"age", Type::duration, true},
                           {"customer", Type::string, false}}));
}

/// The bytes of a row of `every_type` with every field set.
Bytes full_row(const RowLayout& layout) {
  RowBuilder builder(layout);
  builder.set_boolean(0, true);
  builder.set_i64(1, -41);
  builder.set_f64(2, -0.0);
  builder.set_string(3, "Österreich");
  builder.set_i64(4, kLastTimestamp);
  builder.set_i64(5, std::numeric_limits<std::int64_t>::min());
  builder.set_string(6, "c17");
  const ByteView row = builder.finish();
  return {row.begin(), row.end()};
}

void put_word(Bytes& bytes, std::size_t at, std::uint64_t word) {
  std::memcpy(bytes.data() + at, &word, sizeof word);
}

struct Refusal {
  Reason reason = Reason::none;
  std::int32_t column = -1;
  bool operator==(const Refusal&) const = default;
};

/// What `parse` says of the bytes; `none` when it accepts them.
Refusal refusal(const RowLayout& layout, ByteView bytes) {
  try {
    (void)RowView::parse(layout, bytes);
    return {};
  } catch (const Error& error) {
    CHECK(error.code() == Code::invalid_argument);
    CHECK_FALSE(error.message().empty());
    return {error.reason(), error.where().column};
  }
}

TEST_CASE("row: a layout without a field is eight bytes") {
  const RowLayout layout;
  RowBuilder builder(layout);
  const ByteView row = builder.finish();
  CHECK(row.size() == 8);
  CHECK(layout.fixed_size() == 8);
  CHECK(refusal(layout, row) == Refusal{});
  CHECK(refusal(layout, {}) == Refusal{Reason::malformed_row});
}

TEST_CASE("row: slots follow a bitmap padded to eight bytes") {
  struct Shape {
    std::size_t count;
    std::size_t slots_at;
  };
  for (const Shape& shape : {Shape{1, 16}, Shape{63, 16}, Shape{64, 16}, Shape{65, 24},
                             Shape{128, 24}, Shape{129, 32}}) {
    const std::size_t count = shape.count;
    CAPTURE(count);
    std::vector<Field> fields;
    for (std::size_t i = 0; i < count; ++i) fields.push_back({std::to_string(i), Type::f64, true});
    const RowLayout layout{Schema(fields)};
    CHECK(layout.slot_offset(0) == shape.slots_at);
    CHECK(layout.slot_offset(count - 1) == shape.slots_at + 8 * (count - 1));
    CHECK(layout.fixed_size() == shape.slots_at + 8 * count);
    RowBuilder builder(layout);
    builder.set_f64(count - 1, 2.5);
    const RowView row = RowView::parse(layout, builder.finish());
    for (std::size_t i = 0; i + 1 < count; ++i) CHECK(row.is_null(i));
    CHECK_FALSE(row.is_null(count - 1));
    CHECK(row.f64(count - 1) == 2.5);
  }
}

TEST_CASE("row: the layout id is the SHA-256 of the written form") {
  // Python 3.11: int.from_bytes(sha256(pack('<I', 2) + pack('<I', 3) + b'age' + bytes([2, 1])
  //   + pack('<I', 8) + b'customer' + bytes([4, 0])).digest()[:8], 'little')
  CHECK(RowLayout(Schema({{"age", Type::i64, true}, {"customer", Type::string, false}})).id() ==
        0xFC6190CA80704E2Eu);
  CHECK(RowLayout().id() == 0xDB2FA90498613FDFu);  // of pack('<I', 0)
}

TEST_CASE("row: the layout id tells names, types, nullability and order apart") {
  const Field a{"a", Type::i64, true};
  const Field b{"b", Type::i64, true};
  const std::uint64_t id = RowLayout(Schema({a, b})).id();
  CHECK(id == RowLayout(Schema({a, b})).id());
  CHECK(id != RowLayout(Schema({b, a})).id());
  CHECK(id != RowLayout(Schema({a, {"b", Type::i64, false}})).id());
  CHECK(id != RowLayout(Schema({a, {"b", Type::f64, true}})).id());
  CHECK(id != RowLayout(Schema({a, {"c", Type::i64, true}})).id());
  CHECK(id != RowLayout(Schema({a})).id());
}

TEST_CASE("row: every value comes back, bit for bit") {
  const RowLayout layout = every_type();
  const Bytes bytes = full_row(layout);
  const RowView row = RowView::parse(layout, bytes);
  for (std::size_t i = 0; i < 7; ++i) CHECK_FALSE(row.is_null(i));
  CHECK(row.boolean(0));
  CHECK(row.i64(1) == -41);
  CHECK(std::bit_cast<std::uint64_t>(row.f64(2)) == 0x8000000000000000u);
  CHECK(row.string(3) == "Österreich");
  CHECK(row.i64(4) == kLastTimestamp);
  CHECK(row.i64(5) == std::numeric_limits<std::int64_t>::min());
  CHECK(row.string(6) == "c17");
  CHECK(&row.layout() == &layout);
  CHECK(row.bytes().data() == bytes.data());
}

TEST_CASE("row: the bytes are those of the written layout") {
  const RowLayout layout(Schema({{"age", Type::i64, true}, {"who", Type::string, true}}));
  RowBuilder builder(layout);
  builder.set_i64(0, 0x0102030405060708);
  builder.set_string(1, "ab");
  Bytes expected(8);
  put_word(expected, 0, layout.id());
  const std::vector<std::uint8_t> rest = {0,   0,  0, 0, 0, 0, 0, 0,  // no null
                                          8,   7,  6, 5, 4, 3, 2, 1,  // age
                                          32,  0,  0, 0, 2, 0, 0, 0,  // who: offset 32, 2 bytes
                                          'a', 'b'};
  expected.insert(expected.end(), rest.begin(), rest.end());
  const ByteView row = builder.finish();
  CHECK(Bytes(row.begin(), row.end()) == expected);
}

TEST_CASE("row: fields not set, set to null or to NaN are null with an empty slot") {
  const RowLayout layout = every_type();
  RowBuilder builder(layout);
  builder.set_i64(1, 7);
  builder.set_null(1);
  builder.set_f64(2, kCanonicalNan);
  builder.set_string(6, "");
  const RowView row = RowView::parse(layout, builder.finish());
  for (std::size_t i = 0; i < 6; ++i) {
    CAPTURE(i);
    CHECK(row.is_null(i));
    CHECK(row.i64(i) == 0);
  }
  CHECK_FALSE(row.is_null(6));
  CHECK(row.string(6).empty());
}

TEST_CASE("row: a NaN written by another language is a null") {
  const RowLayout nullable(Schema({{"x", Type::f64, true}}));
  const RowLayout required(Schema({{"x", Type::f64, false}}));
  for (const std::uint64_t nan : {0x7FF8000000000000u, 0xFFF8000000000000u, 0x7FF0000000000001u}) {
    CAPTURE(nan);
    Bytes bytes(24);
    put_word(bytes, 16, nan);
    put_word(bytes, 0, nullable.id());
    CHECK(RowView::parse(nullable, bytes).is_null(0));
    put_word(bytes, 0, required.id());
    CHECK(refusal(required, bytes) == Refusal{Reason::null_not_allowed, 0});
  }
}

TEST_CASE("row: infinities and the ends of every range are values") {
  const RowLayout layout(Schema({{"x", Type::f64, false}, {"t", Type::timestamp, false}}));
  RowBuilder builder(layout);
  builder.set_f64(0, -std::numeric_limits<double>::infinity());
  builder.set_i64(1, kFirstTimestamp);
  const RowView row = RowView::parse(layout, builder.finish());
  CHECK(row.f64(0) == -std::numeric_limits<double>::infinity());
  CHECK(row.i64(1) == kFirstTimestamp);
}

TEST_CASE("row: the builder refuses a required field left null, then goes on with a new row") {
  const RowLayout layout = every_type();
  RowBuilder builder(layout);
  builder.set_i64(1, 7);
  try {
    (void)builder.finish();
    FAIL("accepted");
  } catch (const Error& error) {
    CHECK(error.reason() == Reason::null_not_allowed);
    CHECK(error.where().column == 6);
    CHECK(error.message() == "column \"customer\": null in a column that is not nullable");
  }
  builder.set_string(6, "c17");
  const RowView row = RowView::parse(layout, builder.finish());
  CHECK(row.is_null(1));
  CHECK(row.string(6) == "c17");
}

TEST_CASE("row: one builder makes one row after another, with nothing left over") {
  const RowLayout layout = every_type();
  RowBuilder builder(layout);
  builder.set_string(3, "a long string of the first row");
  builder.set_string(6, "first");
  CHECK(RowView::parse(layout, builder.finish()).string(3) == "a long string of the first row");
  builder.set_string(6, "second");
  const ByteView second = builder.finish();
  CHECK(second.size() == layout.fixed_size() + 6);
  CHECK(RowView::parse(layout, second).is_null(3));
}

TEST_CASE("row: a field set twice holds the last value") {
  const RowLayout layout = every_type();
  RowBuilder builder(layout);
  builder.set_string(6, "first");
  builder.set_string(6, "second");
  CHECK(RowView::parse(layout, builder.finish()).string(6) == "second");
}

TEST_CASE("row: strings may share bytes") {
  const RowLayout layout(Schema({{"a", Type::string, false}, {"b", Type::string, false}}));
  RowBuilder builder(layout);
  builder.set_string(0, "abc");
  builder.set_string(1, "");
  const ByteView built = builder.finish();
  Bytes bytes(built.begin(), built.end());
  put_word(bytes, layout.slot_offset(1), (std::uint64_t{2} << 32) | (layout.fixed_size() + 1));
  const RowView row = RowView::parse(layout, bytes);
  CHECK(row.string(0) == "abc");
  CHECK(row.string(1) == "bc");
}

TEST_CASE("row: strings that share bytes are together not longer than the row") {
  const RowLayout layout(Schema({{"a", Type::string, false}, {"b", Type::string, false}}));
  RowBuilder builder(layout);
  builder.set_string(0, std::string(100, 'a'));
  builder.set_string(1, "");
  const ByteView built = builder.finish();
  Bytes bytes(built.begin(), built.end());
  const auto share = [&](std::uint64_t size) {
    put_word(bytes, layout.slot_offset(1), size << 32 | layout.fixed_size());
  };
  share(layout.fixed_size());
  CHECK(refusal(layout, bytes) == Refusal{});
  share(layout.fixed_size() + 1);
  CHECK(refusal(layout, bytes) == Refusal{Reason::malformed_row, 1});
}

TEST_CASE("row: every change that breaks a rule is refused by its reason and column") {
  const RowLayout layout = every_type();
  const std::uint64_t start = layout.fixed_size();
  const std::uint64_t size = full_row(layout).size();
  const auto slot = [&](std::size_t field) { return layout.slot_offset(field); };
  const auto text = [](std::uint64_t offset, std::uint64_t length) {
    return length << 32 | offset;
  };
  const std::uint64_t one = 1;
  struct Case {
    std::string what;
    std::size_t at;
    std::uint64_t word;
    Refusal expected;
  };
  const std::vector<Case> cases = {
      {"another layout", 0, layout.id() ^ 1, {Reason::layout_mismatch}},
      {"a required field null", 8, one << 6, {Reason::null_not_allowed, 6}},
      {"first padding bit", 8, one << 7, {Reason::malformed_row}},
      {"last padding bit", 8, one << 63, {Reason::malformed_row}},
      {"a null's slot is not 0", 8, one << 2, {Reason::malformed_row, 2}},
      {"bool 2", slot(0), 2, {Reason::malformed_row, 0}},
      {"bool with a high byte", slot(0), one << 56, {Reason::malformed_row, 0}},
      {"string before the string bytes", slot(3), text(start - 1, 1), {Reason::malformed_row, 3}},
      {"string at 0", slot(3), text(0, 0), {Reason::malformed_row, 3}},
      {"one byte too long", slot(3), text(start, size - start + 1), {Reason::malformed_row, 3}},
      {"after the end", slot(3), text(size + 1, 0), {Reason::malformed_row, 3}},
      {"all bits", slot(3), text(0xFFFFFFFF, 0xFFFFFFFF), {Reason::malformed_row, 3}},
      {"wraps 32 bits", slot(3), text(start, 0xFFFFFFFF), {Reason::malformed_row, 3}},
      {"half a character", slot(3), text(start, 1), {Reason::invalid_utf8, 3}},
      {"the other half", slot(3), text(start + 1, 1), {Reason::invalid_utf8, 3}},
      {"before year 1",
       slot(4),
       static_cast<std::uint64_t>(kFirstTimestamp - 1),
       {Reason::invalid_timestamp, 4}},
      {"after year 9999",
       slot(4),
       static_cast<std::uint64_t>(kLastTimestamp + 1),
       {Reason::invalid_timestamp, 4}},
      {"the least timestamp", slot(4), one << 63, {Reason::invalid_timestamp, 4}},
      {"an empty string at the end", slot(3), text(size, 0), {}},
  };
  for (const Case& c : cases) {
    CAPTURE(c.what);
    Bytes bytes = full_row(layout);
    put_word(bytes, c.at, c.word);
    CHECK(refusal(layout, bytes) == c.expected);
  }
}

TEST_CASE("row: every truncation is refused") {
  const RowLayout layout = every_type();
  const Bytes bytes = full_row(layout);
  for (std::size_t size = 0; size < bytes.size(); ++size) {
    CAPTURE(size);
    const std::int32_t column = size < layout.fixed_size() ? -1 : size < bytes.size() - 3 ? 3 : 6;
    CHECK(refusal(layout, ByteView(bytes).first(size)) == Refusal{Reason::malformed_row, column});
  }
}

TEST_CASE("row: is read at any alignment") {
  const RowLayout layout = every_type();
  const Bytes bytes = full_row(layout);
  for (std::size_t shift = 0; shift < 9; ++shift) {
    CAPTURE(shift);
    Bytes moved(shift);
    moved.insert(moved.end(), bytes.begin(), bytes.end());
    const RowView row = RowView::parse(layout, ByteView(moved).subspan(shift));
    CHECK(row.i64(1) == -41);
    CHECK(row.string(6) == "c17");
  }
}

TEST_CASE("row: random bytes are refused or read inside the row") {
  const RowLayout layout = every_type();
  const Bytes good = full_row(layout);
  const std::uint64_t seed = 20240117;
  CAPTURE(seed);
  std::mt19937_64 random(seed);
  int accepted = 0;
  for (int trial = 0; trial < 50'000; ++trial) {
    Bytes bytes = good;
    for (std::uint64_t changes = 1 + random() % 3; changes > 0; --changes) {
      bytes[random() % bytes.size()] = static_cast<std::uint8_t>(random());
    }
    if (refusal(layout, bytes).reason != Reason::none) continue;
    ++accepted;
    const RowView row = RowView::trusted(layout, bytes);
    const char* begin = reinterpret_cast<const char*>(bytes.data());
    for (const std::size_t field : {std::size_t{3}, std::size_t{6}}) {
      if (row.is_null(field)) continue;
      const std::string_view text = row.string(field);
      REQUIRE(text.data() >= begin + layout.fixed_size());
      REQUIRE(text.data() + text.size() <= begin + bytes.size());
      REQUIRE(is_utf8(text));
    }
  }
  CHECK(accepted > 0);
  CHECK(accepted < 50'000);
}

TEST_CASE("row: a batch gives back each row") {
  const RowLayout layout = every_type();
  RowBatch batch;
  CHECK(batch.size() == 0);
  RowBuilder builder(layout);
  for (const char* customer : {"a", "", "long enough to move the next row"}) {
    builder.set_string(6, customer);
    batch.append(builder.finish());
  }
  REQUIRE(batch.size() == 3);
  CHECK(RowView::parse(layout, batch[0]).string(6) == "a");
  CHECK(RowView::parse(layout, batch[1]).string(6).empty());
  CHECK(RowView::parse(layout, batch[2]).string(6) == "long enough to move the next row");
}

}  // namespace
}  // namespace mlcore
