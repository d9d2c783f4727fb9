// SPDX-License-Identifier: Apache-2.0
// Any bytes as CSV: refused with an Error, or rows that parse and, written out again, are the same
// rows.
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "mlcore/base/error.hpp"
#include "mlcore/base/number.hpp"
#include "mlcore/base/time.hpp"
#include "mlcore/schema/csv.hpp"

namespace {

using namespace mlcore;

void append_value(std::string& out, const RowView& row, std::size_t field) {
  if (row.is_null(field)) return;
  switch (row.layout().schema()[field].type) {
    case Type::boolean: out += row.boolean(field) ? "true" : "false"; return;
    case Type::i64: out += std::to_string(row.i64(field)); return;
    case Type::f64: out += format_f64(row.f64(field)); return;
    case Type::string: append_csv_field(out, row.string(field)); return;
    case Type::timestamp: out += format_timestamp(row.i64(field)); return;
    case Type::duration: out += format_duration(row.i64(field)); return;
  }
}

std::string write(const RowBatch& batch, const RowLayout& layout) {
  std::string out;
  const std::size_t columns = layout.schema().size();
  for (std::size_t field = 0; field < columns; ++field) {
    append_csv_field(out, layout.schema()[field].name);
    out += field + 1 < columns ? "," : "\n";
  }
  for (std::size_t i = 0; i < batch.size(); ++i) {
    const RowView row = RowView::parse(layout, batch[i]);
    for (std::size_t field = 0; field < columns; ++field) {
      append_value(out, row, field);
      out += field + 1 < columns ? "," : "\n";
    }
  }
  return out;
}

void check(std::string_view text, const RowLayout& layout) {
  CsvRows rows;
  try {
    rows = read_csv(text, layout);
  } catch (const Error&) {
    return;
  }
  const CsvRows again = read_csv(write(rows.batch, layout), layout);
  // Equal but for strings, which lie in the order of the file's columns.
  if (again.batch.size() != rows.batch.size()) std::abort();
  if (write(again.batch, layout) != write(rows.batch, layout)) std::abort();
  if (again.batch.bytes.size() != rows.batch.bytes.size()) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const RowLayout every_type(Schema({{"s", Type::string, true},
                                            {"b", Type::boolean, true},
                                            {"i", Type::i64, true},
                                            {"f", Type::f64, true},
                                            {"t", Type::timestamp, true},
                                            {"d", Type::duration, true},
                                            {"r", Type::string, false}}));
  static const RowLayout one_string(Schema({{"s", Type::string, true}}));
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  check(text, every_type);
  check(text, one_string);
  return 0;
}
