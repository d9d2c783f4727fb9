// SPDX-License-Identifier: Apache-2.0
#include "mlcore/schema/arrow.hpp"

#include <doctest/doctest.h>

#include <cmath>
#include <cstring>
#include <deque>
#include <functional>
#include <limits>
#include <string>
#include <vector>

#include "error_of.hpp"
#include "mlcore/base/error.hpp"

namespace mlcore {
using test::error_of;

namespace {

/// A batch whose columns live here, each with the buffers it is given.
class Batch {
 public:
  Batch() {
    schema.format = "+s";
    schema.release = [](ArrowSchema*) {};
    array.release = [](ArrowArray*) {};
    array.n_buffers = 1;
    array.buffers = no_validity_;
  }
  Batch(const Batch&) = delete;
  Batch& operator=(const Batch&) = delete;

  struct Column {
    ArrowSchema schema{};
    ArrowArray array{};
    std::vector<const void*> buffers;
  };

  Column& add(const char* name, const char* format, std::int64_t length,
              std::vector<const void*> buffers) {
    Column& column = make(name, format, length, std::move(buffers));
    schemas_.push_back(&column.schema);
    arrays_.push_back(&column.array);
    schema.n_children = array.n_children = static_cast<std::int64_t>(schemas_.size());
    schema.children = schemas_.data();
    array.children = arrays_.data();
    array.length = length;
    return column;
  }
  /// A column that is not the batch's: a dictionary.
  Column& make(const char* name, const char* format, std::int64_t length,
               std::vector<const void*> buffers) {
    Column& column = columns_.emplace_back();
    column.buffers = std::move(buffers);
    column.schema.format = format;
    column.schema.name = name;
    column.schema.release = [](ArrowSchema*) {};
    column.array.length = length;
    column.array.null_count = -1;
    column.array.n_buffers = static_cast<std::int64_t>(column.buffers.size());
    column.array.buffers = column.buffers.data();
    column.array.release = [](ArrowArray*) {};
    return column;
  }

  ArrowSchema schema{};
  ArrowArray array{};

 private:
  const void* no_validity_[1] = {nullptr};
  std::deque<Column> columns_;
  std::vector<ArrowSchema*> schemas_;
  std::vector<ArrowArray*> arrays_;
};

RowLayout layout_of(Type type, bool nullable = true) {
  return RowLayout(Schema({{"x", type, nullable}}));
}

/// The rows of one column x.
RowBatch rows_of(const RowLayout& layout, const char* format, std::int64_t length,
                 std::vector<const void*> buffers) {
  Batch batch;
  batch.add("x", format, length, std::move(buffers));
  return rows_from_arrow(layout, batch.schema, batch.array);
}

template <typename T>
void check_integers(const char* format, std::vector<T> values) {
  CAPTURE(format);
  const RowLayout whole = layout_of(Type::i64);
  const RowLayout real = layout_of(Type::f64);
  const auto length = static_cast<std::int64_t>(values.size());
  const RowBatch integers = rows_of(whole, format, length, {nullptr, values.data()});
  const RowBatch reals = rows_of(real, format, length, {nullptr, values.data()});
  for (std::size_t i = 0; i < values.size(); ++i) {
    CHECK(RowView::parse(whole, integers[i]).i64(0) == static_cast<std::int64_t>(values[i]));
    CHECK(RowView::parse(real, reals[i]).f64(0) == static_cast<double>(values[i]));
  }
}

TEST_CASE("arrow: integers of every width are an i64's and an f64's") {
  check_integers<std::int8_t>("c", {-128, 0, 127});
  check_integers<std::uint8_t>("C", {0, 255});
  check_integers<std::int16_t>("s", {-32768, 32767});
  check_integers<std::uint16_t>("S", {0, 65535});
  check_integers<std::int32_t>("i", {std::numeric_limits<std::int32_t>::min(), 7});
  check_integers<std::uint32_t>("I", {0, std::numeric_limits<std::uint32_t>::max()});
  check_integers<std::int64_t>("l", {std::numeric_limits<std::int64_t>::min(), 1});
  check_integers<std::uint64_t>("L", {0, std::numeric_limits<std::int64_t>::max()});
  const std::uint64_t great[] = {1, std::uint64_t{1} << 63};
  const Error error = error_of([&] { rows_of(layout_of(Type::i64), "L", 2, {nullptr, great}); });
  CHECK(error.reason() == Reason::invalid_number);
  CHECK(error.where().row == 1);
  CHECK(error.where().column == 0);
}

TEST_CASE("arrow: floats, of which NaN is null, infinities as they are") {
  const RowLayout layout = layout_of(Type::f64);
  const float narrow[] = {0.1f, std::nanf(""), -0.0f};
  const RowBatch floats = rows_of(layout, "f", 3, {nullptr, narrow});
  CHECK(RowView::parse(layout, floats[0]).f64(0) == static_cast<double>(0.1f));
  CHECK(RowView::parse(layout, floats[1]).is_null(0));
  CHECK(std::signbit(RowView::parse(layout, floats[2]).f64(0)));
  const double wide[] = {1e300, std::numeric_limits<double>::infinity()};
  const RowBatch doubles = rows_of(layout, "g", 2, {nullptr, wide});
  CHECK(RowView::parse(layout, doubles[0]).f64(0) == 1e300);
  CHECK(std::isinf(RowView::parse(layout, doubles[1]).f64(0)));
  const double missing[] = {std::nan("")};
  const Error error = error_of([&] {
    rows_of(layout_of(Type::f64, false), "g", 1, {nullptr, missing});
  });
  CHECK(error.reason() == Reason::null_not_allowed);
}

TEST_CASE("arrow: the validity bitmap, offsets of column and batch, a column of nulls") {
  const RowLayout layout(
      Schema({{"x", Type::i64, true}, {"flag", Type::boolean, true}, {"none", Type::f64, true}}));
  const std::int32_t values[] = {10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21};
  const std::uint8_t validity[] = {0b11011111, 0b00001111};  // row 5 is null
  const std::uint8_t flags[] = {0b01010101, 0b00000101};
  Batch batch;
  Batch::Column& x = batch.add("x", "i", 12, {validity, values});
  batch.add("flag", "b", 12, {nullptr, flags});
  batch.add("none", "n", 12, {});
  x.array.offset = 1;
  x.array.length = 11;
  batch.array.offset = 3;
  batch.array.length = 7;
  const RowBatch rows = rows_from_arrow(layout, batch.schema, batch.array);
  REQUIRE(rows.size() == 7);
  for (std::size_t i = 0; i < 7; ++i) {
    const RowView row = RowView::parse(layout, rows[i]);
    CHECK(row.is_null(0) == (4 + i == 5));
    if (!row.is_null(0)) CHECK(row.i64(0) == 14 + static_cast<std::int64_t>(i));
    CHECK(row.boolean(1) == ((3 + i) % 2 == 0));
    CHECK(row.is_null(2));
  }
}

TEST_CASE("arrow: strings of three kinds and of a dictionary") {
  const RowLayout layout = layout_of(Type::string);
  const auto text = [&](const RowBatch& rows, std::size_t row) {
    return std::string(RowView::parse(layout, rows[row]).string(0));
  };
  const char heap[] = "Öneeleven and more";
  const std::int32_t ends[] = {0, 4, 4, 19};
  const RowBatch small = rows_of(layout, "u", 3, {nullptr, ends, heap});
  CHECK(text(small, 0) == "Öne");
  CHECK(text(small, 1).empty());
  CHECK(text(small, 2) == "eleven and more");
  const std::int64_t wide_ends[] = {4, 10};
  CHECK(text(rows_of(layout, "U", 1, {nullptr, wide_ends, heap}), 0) == "eleven");

  unsigned char views[32] = {};
  const std::int32_t in_place = 2, size = 15, buffer = 0, at = 4;
  std::memcpy(views, &in_place, 4);
  std::memcpy(views + 4, "ab", 2);
  std::memcpy(views + 16, &size, 4);
  std::memcpy(views + 20, "elev", 4);
  std::memcpy(views + 24, &buffer, 4);
  std::memcpy(views + 28, &at, 4);
  const std::int64_t sizes[] = {19};
  const RowBatch viewed = rows_of(layout, "vu", 2, {nullptr, views, heap, sizes});
  CHECK(text(viewed, 0) == "ab");
  CHECK(text(viewed, 1) == "eleven and more");

  Batch batch;
  const std::int8_t positions[] = {2, 0, 1};
  Batch::Column& coded = batch.add("x", "c", 3, {nullptr, positions});
  const std::uint8_t known[] = {0b101};
  Batch::Column& words = batch.make("", "u", 3, {known, ends, heap});
  coded.schema.dictionary = &words.schema;
  coded.array.dictionary = &words.array;
  const RowBatch named = rows_from_arrow(layout, batch.schema, batch.array);
  CHECK(text(named, 0) == "eleven and more");
  CHECK(text(named, 1) == "Öne");
  CHECK(RowView::parse(layout, named[2]).is_null(0));
}

TEST_CASE("arrow: times become microseconds, those between two the earlier one") {
  const RowLayout instant = layout_of(Type::timestamp);
  const RowLayout span = layout_of(Type::duration);
  const std::int64_t value[] = {-1'500};
  const auto time = [&](const RowLayout& layout, const char* format) {
    return RowView::parse(layout, rows_of(layout, format, 1, {nullptr, value})[0]).i64(0);
  };
  CHECK(time(instant, "tss:UTC") == -1'500'000'000);
  CHECK(time(instant, "tsm:Europe/Berlin") == -1'500'000);
  CHECK(time(instant, "tsu:+02:00") == -1'500);
  CHECK(time(instant, "tsn:UTC") == -2);
  CHECK(time(span, "tDs") == -1'500'000'000);
  CHECK(time(span, "tDn") == -2);
  const std::int64_t great[] = {std::numeric_limits<std::int64_t>::max()};
  CHECK(error_of([&] {
          rows_of(instant, "tss:UTC", 1, {nullptr, great});
        }).reason() == Reason::invalid_timestamp);
  CHECK(error_of([&] {
          rows_of(instant, "tsu:UTC", 1, {nullptr, great});
        }).reason() == Reason::invalid_timestamp);
  CHECK(error_of([&] {
          rows_of(span, "tDs", 1, {nullptr, great});
        }).reason() == Reason::invalid_number);
  CHECK(error_of([&] {
          rows_of(instant, "tsu:", 1, {nullptr, value});
        }).reason() == Reason::type_mismatch);
}

TEST_CASE("arrow: columns that do not fit the layout are named") {
  const RowLayout layout(Schema({{"x", Type::f64, false}, {"y", Type::i64, true}}));
  const double numbers[] = {1, 2};
  const auto refusal = [&](const std::vector<std::pair<const char*, const char*>>& columns) {
    Batch batch;
    for (const auto& [name, format] : columns) batch.add(name, format, 2, {nullptr, numbers});
    return error_of([&] { (void)rows_from_arrow(layout, batch.schema, batch.array); });
  };
  CHECK(refusal({}).reason() == Reason::missing_column);
  CHECK(refusal({{"x", "g"}, {"z", "g"}}).reason() == Reason::unknown_column);
  CHECK(refusal({{"x", "g"}, {"x", "g"}}).reason() == Reason::duplicate_column);
  CHECK(refusal({{"x", "b"}}).message() == "column \"x\": expected f64, found booleans");
  CHECK(refusal({{"x", "g"}, {"y", "g"}}).where().column == 1);
  CHECK(refusal({{"x", "g"}, {"\xff", "g"}}).reason() == Reason::invalid_utf8);
  CHECK(refusal({{"x", "\xff"}}).reason() == Reason::type_mismatch);
}

TEST_CASE("arrow: members that lie are refused") {
  const RowLayout layout(Schema({{"x", Type::f64, true}, {"word", Type::string, true}}));
  const double numbers[] = {1, 2};
  std::int32_t ends[] = {0, 3, 6};
  std::int8_t positions[] = {1, 0};
  struct Parts {
    Batch batch;
    Batch::Column* x;
    Batch::Column* word;
    Batch::Column* words;
  };
  const auto refused = [&](const std::function<void(Parts&)>& lie) {
    Parts parts;
    parts.x = &parts.batch.add("x", "g", 2, {nullptr, numbers});
    parts.word = &parts.batch.add("word", "c", 2, {nullptr, positions});
    parts.words = &parts.batch.make("", "u", 2, {nullptr, ends, "onetwo"});
    parts.word->schema.dictionary = &parts.words->schema;
    parts.word->array.dictionary = &parts.words->array;
    CHECK(rows_from_arrow(layout, parts.batch.schema, parts.batch.array).size() == 2);
    lie(parts);
    try {
      (void)rows_from_arrow(layout, parts.batch.schema, parts.batch.array);
    } catch (const Error&) {
      return true;
    }
    return false;
  };
  constexpr std::int64_t kGreat = std::numeric_limits<std::int64_t>::max();
  const std::function<void(Parts&)> lies[] = {
      [](Parts& p) { p.batch.schema.format = "g"; },
      [](Parts& p) { p.batch.schema.format = nullptr; },
      [](Parts& p) { p.batch.schema.release = nullptr; },
      [](Parts& p) { p.batch.array.release = nullptr; },
      [](Parts& p) { p.batch.schema.n_children = 1; },
      [](Parts& p) { p.batch.array.n_children = -1; },
      [](Parts& p) { p.batch.array.children = nullptr; },
      [](Parts& p) { p.batch.array.length = 3; },
      [](Parts& p) { p.batch.array.length = -1; },
      [](Parts& p) { p.batch.array.length = kGreat; },
      [](Parts& p) { p.batch.array.offset = 1; },
      [](Parts& p) { p.batch.array.offset = kGreat; },
      [](Parts& p) { p.batch.array.null_count = 1; },
      [](Parts& p) { p.batch.array.children[0] = nullptr; },
      [](Parts& p) { p.x->schema.format = nullptr; },
      [](Parts& p) { p.x->schema.format = "ts"; },
      [](Parts& p) { p.x->array.length = 1; },
      [](Parts& p) { p.x->array.length = -1; },
      [](Parts& p) { p.x->array.offset = -1; },
      [](Parts& p) { p.x->array.offset = kGreat; },
      [](Parts& p) { p.x->array.buffers = nullptr; },
      [](Parts& p) { p.x->array.n_buffers = 3; },
      [](Parts& p) { p.x->array.n_children = 1; },
      [](Parts& p) { p.x->array.null_count = 1; },
      [](Parts& p) { p.x->buffers[1] = nullptr; },
      [](Parts& p) { p.word->schema.dictionary = nullptr; },
      [](Parts& p) { p.word->array.dictionary = nullptr; },
      [](Parts& p) { p.word->schema.format = "f"; },
      [](Parts& p) { p.words->schema.format = "g"; },
      [](Parts& p) { p.words->schema.dictionary = &p.words->schema; },
      [](Parts& p) { p.words->array.length = 1; },
      [](Parts& p) { p.words->buffers[2] = nullptr; },
      [&](Parts&) { positions[0] = -1; },
  };
  for (std::size_t i = 0; i < std::size(lies); ++i) {
    CAPTURE(i);
    CHECK(refused(lies[i]));
    positions[0] = 1;
  }
  CHECK(refused([&](Parts&) { ends[1] = -1; }));
}

TEST_CASE("arrow: no rows") {
  const RowLayout layout = layout_of(Type::f64);
  CHECK(rows_of(layout, "g", 0, {nullptr, nullptr}).size() == 0);
  Batch empty;
  CHECK(rows_from_arrow(layout, empty.schema, empty.array).size() == 0);
  empty.array.length = std::numeric_limits<std::int64_t>::max() / 32;
  CHECK(error_of([&] { (void)rows_from_arrow(layout, empty.schema, empty.array); }).reason() ==
        Reason::limit_exceeded);
}

}  // namespace
}  // namespace mlcore
