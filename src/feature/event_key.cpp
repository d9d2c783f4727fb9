// SPDX-License-Identifier: Apache-2.0
// The room uses encode_key.
#include "feature/event_key.hpp"

#include <fmt/format.h>

#include "feature/events.hpp"
#include "mlcore/base/error.hpp"

namespace mlcore {
namespace {

void append_ordered(std::int64_t value, std::string& out) {
  const std::uint64_t bits = static_cast<std::uint64_t>(value) ^ std::uint64_t{1} << 63;
  for (int shift = 56; shift >= 0; shift -= 8) out.push_back(static_cast<char>(bits >> shift));
}

void append_terminated(std::string_view text, std::string& out) {
  for (const char character : text) {
    out.push_back(character);
    if (character == '\0') out.push_back('\xFF');
  }
  out.append(2, '\0');
}

void append_field(const RowView& row, std::size_t field, bool is_last, std::string& out) {
  switch (row.layout().schema()[field].type) {
    case Type::boolean: out.push_back(row.boolean(field) ? 1 : 0); return;
    case Type::f64: append_ordered(ordered_bits(row.f64(field)), out); return;
    case Type::string:
      if (is_last) {
        out.append(row.string(field));
      } else {
        append_terminated(row.string(field), out);
      }
      return;
    case Type::i64:
    case Type::timestamp:
    case Type::duration: append_ordered(row.i64(field), out); return;
  }
}

}  // namespace

std::string_view encode_key(const RowView& row, std::span<const std::uint32_t> fields,
                            std::string& buffer) {
  const Schema& schema = row.layout().schema();
  for (const std::uint32_t field : fields) {
    if (!row.is_null(field)) continue;
    throw Error(Code::invalid_argument, Reason::null_not_allowed,
                fmt::format("column \"{}\": null in a key", schema[field].name),
                {.column = static_cast<std::int32_t>(field)});
  }
  if (fields.size() == 1 && schema[fields[0]].type == Type::string) return row.string(fields[0]);
  buffer.clear();
  for (std::size_t i = 0; i < fields.size(); ++i) {
    append_field(row, fields[i], i + 1 == fields.size(), buffer);
  }
  return buffer;
}

}  // namespace mlcore
