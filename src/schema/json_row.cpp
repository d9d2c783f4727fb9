// SPDX-License-Identifier: Apache-2.0
// Outside code uses row_from_json.
#include "mlcore/schema/json_row.hpp"

#include <fmt/format.h>

#include <optional>
#include <vector>

#include "base/shown.hpp"
#include "mlcore/base/error.hpp"
#include "mlcore/base/json.hpp"
#include "mlcore/base/number.hpp"
#include "mlcore/base/time.hpp"

namespace mlcore {
namespace {

using Kind = JsonReader::Kind;

std::string_view name_of(Kind kind) noexcept {
  switch (kind) {
    case Kind::object: return "an object";
    case Kind::array: return "an array";
    case Kind::string: return "a string";
    case Kind::number: return "a number";
    case Kind::boolean: return "a boolean";
    case Kind::null: return "null";
  }
  return {};
}

/// The kind of JSON value that a type is written as.
Kind kind_of(Type type) noexcept {
  switch (type) {
    case Type::boolean: return Kind::boolean;
    case Type::i64:
    case Type::f64: return Kind::number;
    case Type::string:
    case Type::timestamp:
    case Type::duration: return Kind::string;
  }
  return Kind::null;
}

[[noreturn]] void refuse(const RowLayout& layout, std::size_t field, Reason reason,
                         std::string_view problem) {
  throw Error(Code::invalid_argument, reason,
              fmt::format("column \"{}\": {}", layout.schema()[field].name, problem),
              {.column = static_cast<std::int32_t>(field)});
}

/// The value that was parsed from `text`, or a refusal that shows the text.
template <typename T>
T value_of(std::optional<T> value, const RowLayout& layout, std::size_t field, Reason reason,
           std::string_view text) {
  if (value) return *value;
  refuse(layout, field, reason,
         fmt::format("expected {}, found {}", mlcore::name_of(layout.schema()[field].type),
                     shown(text)));
}

void set_value(const RowLayout& layout, std::size_t field, JsonReader& reader,
               RowBuilder& builder) {
  switch (layout.schema()[field].type) {
    case Type::boolean: builder.set_boolean(field, reader.boolean()); return;
    case Type::i64: {
      const std::string_view text = reader.number();
      builder.set_i64(field,
                      value_of(parse_i64(text), layout, field, Reason::invalid_number, text));
      return;
    }
    case Type::f64: {
      const std::string_view text = reader.number();
      builder.set_f64(field,
                      value_of(parse_f64(text), layout, field, Reason::invalid_number, text));
      return;
    }
    case Type::string: builder.set_string(field, reader.string()); return;
    case Type::timestamp: {
      const std::string_view text = reader.string();
      builder.set_i64(
          field, value_of(parse_timestamp(text), layout, field, Reason::invalid_timestamp, text));
      return;
    }
    case Type::duration: {
      const std::string_view text = reader.string();
      builder.set_i64(field,
                      value_of(parse_duration(text), layout, field, Reason::type_mismatch, text));
      return;
    }
  }
}

void read_field(const RowLayout& layout, std::size_t field, JsonReader& reader,
                RowBuilder& builder) {
  const Field& column = layout.schema()[field];
  const Kind kind = reader.peek();
  if (kind == Kind::null) {
    reader.null();
    if (column.nullable) return;
    refuse(layout, field, Reason::null_not_allowed, "null in a column that is not nullable");
  }
  if (kind != kind_of(column.type)) {
    refuse(layout, field, Reason::type_mismatch,
           fmt::format("expected {}, found {}", mlcore::name_of(column.type), name_of(kind)));
  }
  set_value(layout, field, reader, builder);
}

void read_object(const RowLayout& layout, JsonReader& reader, RowBuilder& builder) {
  const Schema& schema = layout.schema();
  std::vector<bool> is_given(schema.size());
  reader.begin_object();
  while (const std::optional<std::string_view> name = reader.next_member()) {
    const std::optional<std::size_t> field = schema.find(*name);
    if (!field) {
      throw Error(Code::invalid_argument, Reason::unknown_column,
                  fmt::format("{} is not a column of this row", shown(*name)));
    }
    is_given[*field] = true;
    read_field(layout, *field, reader, builder);
  }
  reader.finish();
  for (std::size_t field = 0; field < schema.size(); ++field) {
    if (schema[field].nullable || is_given[field]) continue;
    refuse(layout, field, Reason::missing_column, "is missing and not nullable");
  }
}

}  // namespace

void row_from_json(const RowLayout& layout, std::string_view json, RowBuilder& builder) {
  builder.discard();
  try {
    JsonReader reader(json);
    read_object(layout, reader, builder);
  } catch (...) {
    builder.discard();
    throw;
  }
}

}  // namespace mlcore
