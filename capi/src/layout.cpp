// SPDX-License-Identifier: Apache-2.0
// Section "Rows" of mlcore.h: layouts, checking a packed row, JSON and Arrow to packed rows.
#include <fmt/format.h>

#include <algorithm>
#include <cstring>
#include <memory>

#include "guard.hpp"
#include "handles.hpp"
#include "mlcore/schema/arrow.hpp"
#include "mlcore/schema/json_row.hpp"

using namespace mlcore;
using capi::guard;
using capi::required;

namespace {

/// The offsets, then the bytes, in one buffer.
mlcore_rows_t kept_in(mlcore_buffer& buffer, const RowBatch& rows) {
  const std::size_t offsets = rows.offsets.size() * sizeof(std::int64_t);
  buffer.bytes.resize(offsets + rows.bytes.size());
  std::memcpy(buffer.bytes.data(), rows.offsets.data(), offsets);
  std::copy(rows.bytes.begin(), rows.bytes.end(),
            buffer.bytes.begin() + static_cast<std::ptrdiff_t>(offsets));
  return {buffer.bytes.data() + offsets, static_cast<std::int64_t>(rows.bytes.size()),
          reinterpret_cast<const std::int64_t*>(buffer.bytes.data()),
          static_cast<std::int64_t>(rows.size())};
}

}  // namespace

extern "C" {

int32_t mlcore_layout_id(const mlcore_layout_t* layout, uint64_t* id, mlcore_error_t* error) {
  return guard(error, [&] { required(id, "id") = required(layout, "layout").layout->id(); });
}

int32_t mlcore_layout_fixed_size(const mlcore_layout_t* layout, int64_t* size,
                                 mlcore_error_t* error) {
  return guard(error, [&] {
    required(size, "size") =
        static_cast<std::int64_t>(required(layout, "layout").layout->fixed_size());
  });
}

int32_t mlcore_layout_field_count(const mlcore_layout_t* layout, int64_t* count,
                                  mlcore_error_t* error) {
  return guard(error, [&] {
    required(count, "count") =
        static_cast<std::int64_t>(required(layout, "layout").layout->schema().size());
  });
}

int32_t mlcore_layout_field(const mlcore_layout_t* layout, int64_t index, mlcore_field_t* field,
                            mlcore_error_t* error) {
  return guard(error, [&] {
    const RowLayout& row = *required(layout, "layout").layout;
    mlcore_field_t& out = required(field, "field");
    capi::check_out_struct(out, "field");
    const std::size_t at = capi::index_of(index, row.schema().size(), "field");
    const Field& source = row.schema()[at];
    mlcore_field_t value{};
    value.type = static_cast<std::int32_t>(source.type);
    value.nullable = source.nullable ? 1 : 0;
    value.slot_offset = static_cast<std::int64_t>(row.slot_offset(at));
    value.name = source.name.data();
    value.name_length = static_cast<std::int64_t>(source.name.size());
    capi::fill_struct(out, value);
  });
}

int32_t mlcore_layout_find(const mlcore_layout_t* layout, const char* name, int64_t name_length,
                           int64_t* index, mlcore_error_t* error) {
  return guard(error, [&] {
    const RowLayout& row = *required(layout, "layout").layout;
    const std::string_view wanted = capi::text_of(name, name_length, "name");
    std::int64_t& out = required(index, "index");
    const std::optional<std::size_t> found = row.schema().find(wanted);
    if (!found) {
      throw Error(Code::not_found, Reason::unknown_column,
                  fmt::format("the row has no field \"{}\"", wanted));
    }
    out = static_cast<std::int64_t>(*found);
  });
}

int32_t mlcore_row_check(const mlcore_layout_t* layout, const void* row, int64_t row_size,
                         mlcore_error_t* error) {
  return guard(error, [&] {
    const RowLayout& expected = *required(layout, "layout").layout;
    static_cast<void>(RowView::parse(expected, capi::bytes_of(row, row_size, "row")));
  });
}

int32_t mlcore_row_from_json(const mlcore_layout_t* layout, const char* json, int64_t json_length,
                             void* row, int64_t capacity, int64_t* needed, mlcore_error_t* error) {
  return guard(error, [&] {
    RowBuilder builder(*required(layout, "layout").layout);
    row_from_json(*layout->layout, capi::text_of(json, json_length, "json"), builder);
    capi::fill(builder.finish(), row, capacity, needed);
  });
}

int32_t mlcore_rows_from_arrow(const mlcore_layout_t* layout, const struct ArrowSchema* schema,
                               const struct ArrowArray* batch, mlcore_rows_t* rows,
                               mlcore_buffer_t** buffer, mlcore_error_t* error) {
  return guard(error, [&] {
    mlcore_rows_t& view = required(rows, "rows");
    mlcore_buffer_t*& out = required(buffer, "buffer");
    out = nullptr;
    const RowBatch packed = rows_from_arrow(*required(layout, "layout").layout,
                                            required(schema, "schema"), required(batch, "batch"));
    auto kept = std::make_unique<mlcore_buffer>();
    view = kept_in(*kept, packed);
    out = kept.release();
  });
}

}  // extern "C"
