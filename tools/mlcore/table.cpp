// SPDX-License-Identifier: Apache-2.0
// predict and features use Table.
#include "table.hpp"

#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "mlcore/base/number.hpp"
#include "mlcore/base/time.hpp"
#include "mlcore/schema/csv.hpp"

namespace mlcore::command {

Table::Table(std::vector<std::string> columns, TableFormat format)
    : columns_(std::move(columns)), format_(format) {}

void Table::cell(std::string_view plain) {
  if (format_.json && column_ == 0) body_ += rows_ == 0 ? "\n    [" : ",\n    [";
  if (column_ > 0) body_ += format_.json ? ", " : ",";
  body_ += plain;
  if (++column_ < columns_.size()) return;
  body_ += format_.json ? "]" : "\n";
  column_ = 0;
  ++rows_;
}

void Table::quoted(std::string_view value) {
  if (format_.json) {
    cell(nlohmann::json(value).dump());
    return;
  }
  std::string csv;
  append_csv_field(csv, value);
  cell(csv);
}

void Table::null() { cell(format_.json ? "null" : ""); }
void Table::text(std::string_view value) { quoted(value); }
void Table::integer(std::int64_t value) { cell(std::to_string(value)); }
void Table::boolean(bool value) { cell(value ? "true" : "false"); }
void Table::time(std::int64_t micros) { quoted(format_timestamp(micros)); }

void Table::number(double value) {
  if (value != value) {
    null();
  } else if (format_.hex) {
    quoted(format_hex(value));
  } else {
    cell(format_f64(value));
  }
}

void Table::field(const RowView& row, std::size_t field) {
  if (row.is_null(field)) {
    null();
    return;
  }
  switch (row.layout().schema()[field].type) {
    case Type::boolean: boolean(row.boolean(field)); return;
    case Type::i64: integer(row.i64(field)); return;
    case Type::f64: number(row.f64(field)); return;
    case Type::string: text(row.string(field)); return;
    case Type::timestamp: time(row.i64(field)); return;
    // Microseconds: a duration need not be whole seconds.
    case Type::duration: integer(row.i64(field)); return;
  }
}

std::string Table::content() const {
  if (format_.json) {
    return fmt::format("{{\n  \"columns\": {},\n  \"rows\": [{}{}]\n}}\n",
                       nlohmann::json(columns_).dump(), body_, rows_ == 0 ? "" : "\n  ");
  }
  std::string header;
  for (const std::string& column : columns_) {
    if (!header.empty()) header += ',';
    append_csv_field(header, column);
  }
  return header + "\n" + body_;
}

}  // namespace mlcore::command
