// SPDX-License-Identifier: Apache-2.0
// Outside code uses rows_from_arrow.
#include "mlcore/schema/arrow.hpp"

#include <fmt/format.h>

#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/row_error.hpp"
#include "base/shown.hpp"
#include "mlcore/base/bytes.hpp"
#include "mlcore/base/error.hpp"
#include "schema/arrow_column.hpp"

namespace mlcore {
namespace {

using Meaning = ArrowColumn::Meaning;

constexpr std::size_t kGreatestBatch = std::size_t{1} << 40;  // bytes before the strings

[[noreturn]] void refuse(Reason reason, const std::string& problem, std::size_t field) {
  throw Error(Code::invalid_argument, reason, problem, {static_cast<std::int32_t>(field), -1});
}

[[noreturn]] void refuse_batch(Reason reason, const char* problem) {
  throw Error(Code::invalid_argument, reason, fmt::format("Arrow batch: {}", problem));
}

const char* name_of(Meaning meaning) {
  switch (meaning) {
    case Meaning::null: return "nulls";
    case Meaning::boolean: return "booleans";
    case Meaning::integer: return "integers";
    case Meaning::real: return "floats";
    case Meaning::text: return "strings";
    case Meaning::instant: return "instants";
    case Meaning::span: return "durations";
  }
  return "";
}

bool is_taken(Type type, Meaning meaning) {
  if (meaning == Meaning::null) return true;
  switch (type) {
    case Type::boolean: return meaning == Meaning::boolean;
    case Type::i64: return meaning == Meaning::integer;
    case Type::f64: return meaning == Meaning::real || meaning == Meaning::integer;
    case Type::string: return meaning == Meaning::text;
    case Type::timestamp: return meaning == Meaning::instant;
    case Type::duration: return meaning == Meaning::span;
  }
  return false;
}

void check_batch(const ArrowSchema& schema, const ArrowArray& batch) {
  constexpr std::int64_t kMost = std::numeric_limits<std::int64_t>::max() / 32;
  if (schema.release == nullptr || batch.release == nullptr) {
    refuse_batch(Reason::invalid_option, "it was released, or taken by someone else");
  }
  if (schema.format == nullptr || std::string_view(schema.format) != "+s") {
    refuse_batch(Reason::type_mismatch, "expected a struct of columns");
  }
  const std::int64_t columns = schema.n_children;
  if (batch.n_children != columns || columns < 0 ||
      (columns > 0 && (schema.children == nullptr || batch.children == nullptr))) {
    refuse_batch(Reason::malformed_row, "schema and array differ in their columns");
  }
  if (batch.length < 0 || batch.offset < 0 || batch.length > kMost || batch.offset > kMost) {
    refuse_batch(Reason::malformed_row, "its length or offset is out of range");
  }
}

/// A count of -1 is not counted yet: the bitmap tells.
void require_whole_rows(const ArrowArray& batch) {
  bool is_whole = batch.null_count <= 0;
  if (batch.null_count < 0 && batch.n_buffers > 0 && batch.buffers != nullptr) {
    const auto* bitmap = static_cast<const std::uint8_t*>(batch.buffers[0]);
    const std::int64_t end = batch.offset + batch.length;
    for (std::int64_t at = batch.offset; bitmap != nullptr && at < end; ++at) {
      is_whole = is_whole && (bitmap[at / 8] >> (at % 8) & 1) != 0;
    }
  }
  if (!is_whole) refuse_batch(Reason::malformed_row, "a whole row is null");
}

ArrowColumn column_at(const ArrowSchema& schema, const ArrowArray& batch, std::int64_t index) {
  if (schema.children[index] == nullptr || batch.children[index] == nullptr) {
    refuse_batch(Reason::malformed_row, "a column is missing");
  }
  const char* given = schema.children[index]->name;
  const std::string name = given == nullptr ? "" : given;
  if (!is_utf8(name)) refuse_batch(Reason::invalid_utf8, "the name of a column is no UTF-8");
  ArrowColumn column = arrow_column(name, *schema.children[index], *batch.children[index]);
  if (column.length < batch.offset + batch.length) {
    refuse_batch(Reason::malformed_row,
                 fmt::format("column {} is shorter than it", shown(name)).c_str());
  }
  column.offset += batch.offset;
  return column;
}

/// The column of each field; of meaning null where the batch has none.
std::vector<ArrowColumn> columns_of(const RowLayout& layout, const ArrowSchema& schema,
                                    const ArrowArray& batch) {
  std::vector<ArrowColumn> columns(layout.schema().size());
  std::vector<bool> is_found(columns.size());
  for (std::int64_t i = 0; i < schema.n_children; ++i) {
    ArrowColumn column = column_at(schema, batch, i);
    const std::optional<std::size_t> field = layout.schema().find(column.name);
    if (!field) {
      throw Error(Code::invalid_argument, Reason::unknown_column,
                  fmt::format("the row has no field {}", shown(column.name)));
    }
    const Field& wanted = layout.schema()[*field];
    if (is_found[*field]) {
      refuse(Reason::duplicate_column, fmt::format("column \"{}\" is there twice", wanted.name),
             *field);
    }
    if (!is_taken(wanted.type, column.row_meaning())) {
      refuse(Reason::type_mismatch,
             fmt::format("column \"{}\": expected {}, found {}", wanted.name,
                         mlcore::name_of(wanted.type), name_of(column.row_meaning())),
             *field);
    }
    is_found[*field] = true;
    columns[*field] = std::move(column);
  }
  for (std::size_t field = 0; field < columns.size(); ++field) {
    const Field& wanted = layout.schema()[field];
    if (is_found[field] || wanted.nullable) continue;
    refuse(Reason::missing_column,
           fmt::format("column \"{}\" is missing and not nullable", wanted.name), field);
  }
  return columns;
}

/// The value, or a refusal of the field.
template <typename T>
T wanted(std::optional<T> value, const RowLayout& layout, std::size_t field, Reason reason,
         const char* problem) {
  if (value) return *value;
  refuse(reason, fmt::format("column \"{}\": {}", layout.schema()[field].name, problem), field);
}

void set_text(const RowLayout& layout, std::size_t field, const ArrowColumn& column,
              std::int64_t row, RowBuilder& builder) {
  if (column.dictionary) {
    const std::optional<std::int64_t> position = column.integer(row);
    if (!position || *position < 0 || *position >= column.dictionary->length) {
      wanted(std::optional<int>(), layout, field, Reason::malformed_row,
             "a position outside the dictionary");
    }
    if (column.dictionary->is_null(*position)) return builder.set_null(field);
  }
  builder.set_string(field, wanted(column.text(row), layout, field, Reason::malformed_row,
                                   "the string lies outside its buffer"));
}

void set_field(const RowLayout& layout, std::size_t field, const ArrowColumn& column,
               std::int64_t row, RowBuilder& builder) {
  if (column.is_null(row)) return builder.set_null(field);
  switch (layout.schema()[field].type) {
    case Type::boolean: return builder.set_boolean(field, column.boolean(row));
    case Type::i64:
      return builder.set_i64(field,
                             wanted(column.integer(row), layout, field, Reason::invalid_number,
                                    "the integer does not fit into an i64"));
    case Type::f64: return builder.set_f64(field, column.real(row));
    case Type::string: return set_text(layout, field, column, row, builder);
    case Type::timestamp:
      return builder.set_i64(field,
                             wanted(column.micros(row), layout, field, Reason::invalid_timestamp,
                                    "the time does not fit into microseconds"));
    case Type::duration:
      return builder.set_i64(field,
                             wanted(column.micros(row), layout, field, Reason::invalid_number,
                                    "the time does not fit into microseconds"));
  }
}

ByteView packed_row(const RowLayout& layout, const std::vector<ArrowColumn>& columns,
                    std::int64_t row, RowBuilder& builder) {
  for (std::size_t field = 0; field < columns.size(); ++field) {
    set_field(layout, field, columns[field], row, builder);
  }
  const ByteView packed = builder.finish();
  static_cast<void>(RowView::parse(layout, packed));  // texts and times are as they were given
  return packed;
}

}  // namespace

RowBatch rows_from_arrow(const RowLayout& layout, const ArrowSchema& schema,
                         const ArrowArray& batch) {
  check_batch(schema, batch);
  const std::vector<ArrowColumn> columns = columns_of(layout, schema, batch);
  require_whole_rows(batch);
  RowBatch rows;
  const auto count = static_cast<std::size_t>(batch.length);
  if (count > kGreatestBatch / layout.fixed_size()) {
    throw Error(Code::resource_exhausted, Reason::limit_exceeded,
                fmt::format("Arrow batch: {} rows are more than 1 TiB", count));
  }
  rows.bytes.reserve(count * layout.fixed_size());
  rows.offsets.reserve(count + 1);
  RowBuilder builder(layout);
  for (std::int64_t row = 0; row < batch.length; ++row) {
    try {
      rows.append(packed_row(layout, columns, row, builder));
    } catch (const Error& error) {
      rethrow_at(error, static_cast<std::size_t>(row));
    }
  }
  return rows;
}

}  // namespace mlcore
