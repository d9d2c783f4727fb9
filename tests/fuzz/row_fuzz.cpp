// SPDX-License-Identifier: Apache-2.0
// Any bytes as a packed row, alone and behind the right layout id: refused with an Error, or every
// value lies inside the row and comes through a builder unchanged.
#include <cstdint>
#include <cstdlib>
#include <cstring>

#include "mlcore/base/error.hpp"
#include "mlcore/schema/row.hpp"

namespace {

using namespace mlcore;

void copy_value(RowBuilder& builder, const RowView& row, std::size_t field) {
  if (row.is_null(field)) return;
  switch (row.layout().schema()[field].type) {
    case Type::boolean: builder.set_boolean(field, row.boolean(field)); return;
    case Type::i64:
    case Type::timestamp:
    case Type::duration: builder.set_i64(field, row.i64(field)); return;
    case Type::f64: builder.set_f64(field, row.f64(field)); return;
    case Type::string: builder.set_string(field, row.string(field)); return;
  }
}

void check_equal(const RowView& left, const RowView& right, std::size_t field) {
  if (left.is_null(field) != right.is_null(field)) std::abort();
  if (left.is_null(field)) return;
  if (left.layout().schema()[field].type == Type::string) {
    if (left.string(field) != right.string(field)) std::abort();
  } else if (left.i64(field) != right.i64(field)) {
    std::abort();
  }
}

void check(const RowLayout& layout, ByteView bytes) {
  RowView row;
  try {
    row = RowView::parse(layout, bytes);
  } catch (const Error&) {
    return;
  }
  RowBuilder builder(layout);
  const std::size_t columns = layout.schema().size();
  for (std::size_t field = 0; field < columns; ++field) copy_value(builder, row, field);
  const RowView again = RowView::parse(layout, builder.finish());
  for (std::size_t field = 0; field < columns; ++field) check_equal(row, again, field);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const RowLayout layout(Schema({{"b", Type::boolean, true},
                                        {"i", Type::i64, true},
                                        {"f", Type::f64, false},
                                        {"s", Type::string, true},
                                        {"t", Type::timestamp, true},
                                        {"d", Type::duration, true},
                                        {"r", Type::string, false},
                                        {"n", Type::f64, true}}));
  check(layout, {data, size});
  Bytes with_id(8);
  const std::uint64_t id = layout.id();
  std::memcpy(with_id.data(), &id, sizeof id);
  with_id.insert(with_id.end(), data, data + size);
  check(layout, with_id);
  return 0;
}
