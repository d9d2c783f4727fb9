// SPDX-License-Identifier: Apache-2.0
// append_arrow: tables of Arrow's, borrowed through the C Data and C Stream interfaces.
//
// What a producer hands over is checked as far as the interface lets one see: formats, counts of
// buffers and children, lengths, offsets, positions in dictionaries and views. The size of a buffer
// is not told.
#include <cstring>
#include <string_view>
#include <utility>

#include "arrow.hpp"
#include "columns.hpp"

namespace mlcore_python {
namespace {

[[noreturn]] void refuse(std::int32_t reason, const std::string& problem) {
  throw Failure(MLCORE_INVALID_ARGUMENT, reason, problem);
}

[[noreturn]] void refuse_array(const std::string& name, const std::string& problem) {
  refuse(MLCORE_REASON_MALFORMED_ROW, "Arrow column \"" + name + "\": " + problem);
}

/// Released at the end of the scope, unless it was moved from.
template <typename T>
struct Owned : T {
  Owned() : T{} {}
  ~Owned() {
    if (this->release != nullptr) this->release(this);
  }
  Owned(const Owned&) = delete;
  Owned& operator=(const Owned&) = delete;
};

/// What a format string says of a column.
struct Format {
  Meaning meaning;
  Storage storage;
  std::int64_t multiply = 1, divide = 1;
};

Format time_format(const std::string& name, std::string_view format, Meaning meaning) {
  switch (format[2]) {
    case 's': return {meaning, Storage::i64, 1'000'000, 1};
    case 'm': return {meaning, Storage::i64, 1'000, 1};
    case 'u': return {meaning, Storage::i64, 1, 1};
    case 'n': return {meaning, Storage::i64, 1, 1'000};
    default:
      refuse(MLCORE_REASON_TYPE_MISMATCH,
             "column \"" + name + "\": Arrow type \"" + std::string(format) + "\" is not taken");
  }
}

Format format_of(const std::string& name, const char* text) {
  if (text == nullptr) refuse_array(name, "it has no format");
  const std::string_view format(text);
  if (format == "n") return {Meaning::null, Storage::none};
  if (format == "b") return {Meaning::boolean, Storage::bits};
  if (format == "c") return {Meaning::integer, Storage::i8};
  if (format == "C") return {Meaning::integer, Storage::u8};
  if (format == "s") return {Meaning::integer, Storage::i16};
  if (format == "S") return {Meaning::integer, Storage::u16};
  if (format == "i") return {Meaning::integer, Storage::i32};
  if (format == "I") return {Meaning::integer, Storage::u32};
  if (format == "l") return {Meaning::integer, Storage::i64};
  if (format == "L") return {Meaning::integer, Storage::u64};
  if (format == "f") return {Meaning::real, Storage::f32};
  if (format == "g") return {Meaning::real, Storage::f64};
  if (format == "u") return {Meaning::text, Storage::utf8};
  if (format == "U") return {Meaning::text, Storage::large_utf8};
  if (format == "vu") return {Meaning::text, Storage::utf8_view};
  if (format.starts_with("tD") && format.size() == 3)
    return time_format(name, format, Meaning::span);
  if (format.starts_with("ts") && format.size() == 4 && format[3] == ':') {
    refuse(MLCORE_REASON_TYPE_MISMATCH,
           "column \"" + name + "\": the timestamps have no time zone");
  }
  if (format.starts_with("ts") && format.size() > 4 && format[3] == ':')
    return time_format(name, format, Meaning::instant);
  refuse(MLCORE_REASON_TYPE_MISMATCH,
         "column \"" + name + "\": Arrow type \"" + std::string(format) + "\" is not taken");
}

std::int64_t buffers_of(Storage storage) {
  switch (storage) {
    case Storage::none: return 0;
    case Storage::utf8:
    case Storage::large_utf8: return 3;
    default: return 2;
  }
}

void check_array(const std::string& name, const ArrowArray& array, const Format& format) {
  if (array.length < 0 || array.offset < 0 || array.length > INT64_MAX / 32 ||
      array.offset > INT64_MAX / 32) {
    refuse_array(name, "its length or offset is out of range");
  }
  const std::int64_t wanted = buffers_of(format.storage);
  const bool is_view = format.storage == Storage::utf8_view;
  if (is_view ? array.n_buffers < 3 || array.n_buffers > INT32_MAX : array.n_buffers != wanted) {
    refuse_array(name, "expected " + std::to_string(wanted) + " buffers, found " +
                           std::to_string(array.n_buffers));
  }
  if (array.n_buffers > 0 && array.buffers == nullptr)
    refuse_array(name, "its buffers are missing");
  if (array.n_children != 0) refuse_array(name, "it has children");
  if (wanted > 1 && array.length > 0 && array.buffers[1] == nullptr)
    refuse_array(name, "its values are missing");
  if (array.null_count > 0 && wanted > 0 && array.buffers[0] == nullptr)
    refuse_array(name, "it has nulls and no validity");
}

Column column_of(const std::string& name, const ArrowSchema& schema, const ArrowArray& array) {
  const Format format = format_of(name, schema.format);
  check_array(name, array, format);
  Column column;
  column.name = name;
  column.meaning = format.meaning;
  column.storage = format.storage;
  column.length = array.length;
  column.offset = array.offset;
  column.multiply = format.multiply;
  column.divide = format.divide;
  if (format.storage != Storage::none) {
    column.validity =
        array.null_count == 0 ? nullptr : static_cast<const std::uint8_t*>(array.buffers[0]);
    column.values = array.buffers[1];
  }
  if (buffers_of(format.storage) == 3) column.heap = static_cast<const char*>(array.buffers[2]);
  if (format.storage == Storage::utf8_view) {
    column.view_count = array.n_buffers - 3;
    column.view_heaps = array.buffers + 2;
    column.view_sizes = static_cast<const std::int64_t*>(array.buffers[array.n_buffers - 1]);
    if (column.view_count > 0 && column.view_sizes == nullptr)
      refuse_array(name, "the sizes of its buffers are missing");
  }
  if ((schema.dictionary == nullptr) != (array.dictionary == nullptr))
    refuse_array(name, "schema and array differ in their dictionary");
  if (schema.dictionary == nullptr) return column;
  if (column.meaning != Meaning::integer)
    refuse_array(name, "the positions in its dictionary are no integers");
  if (schema.dictionary->dictionary != nullptr)
    refuse_array(name, "its dictionary has a dictionary");
  auto values = std::make_shared<Column>(column_of(name, *schema.dictionary, *array.dictionary));
  if (values->meaning != Meaning::text) {
    refuse(MLCORE_REASON_TYPE_MISMATCH,
           "column \"" + name + "\": a dictionary of other values than strings is not taken");
  }
  column.dictionary = std::move(values);
  return column;
}

/// A count of -1 is not counted yet: the bitmap tells.
void require_whole_rows(const ArrowArray& batch) {
  bool is_whole = batch.null_count <= 0;
  if (batch.null_count < 0 && batch.n_buffers > 0 && batch.buffers != nullptr) {
    const auto* bitmap = static_cast<const std::uint8_t*>(batch.buffers[0]);
    const std::int64_t end = batch.offset + batch.length;
    for (std::int64_t at = batch.offset; bitmap != nullptr && at < end; ++at)
      is_whole = is_whole && (bitmap[at / 8] >> (at % 8) & 1) != 0;
  }
  if (!is_whole) refuse(MLCORE_REASON_MALFORMED_ROW, "Arrow batch: a whole row is null");
}

/// A record batch: a struct whose children are the columns.
void append_batch(Rows& rows, const ArrowSchema& schema, const ArrowArray& batch) {
  const std::int64_t children = schema.n_children;
  if (schema.format == nullptr || std::string_view(schema.format) != "+s") {
    refuse(MLCORE_REASON_TYPE_MISMATCH, "expected a table: the Arrow type is no struct of columns");
  }
  if (batch.n_children != children || children < 0 ||
      (children > 0 && (schema.children == nullptr || batch.children == nullptr))) {
    refuse(MLCORE_REASON_MALFORMED_ROW, "Arrow batch: schema and array differ in their columns");
  }
  if (batch.length < 0 || batch.offset < 0 || batch.length > INT64_MAX / 32 ||
      batch.offset > INT64_MAX / 32) {
    refuse(MLCORE_REASON_MALFORMED_ROW, "Arrow batch: its length or offset is out of range");
  }
  std::vector<Column> columns;
  for (std::int64_t i = 0; i < children; ++i) {
    if (schema.children[i] == nullptr || batch.children[i] == nullptr)
      refuse(MLCORE_REASON_MALFORMED_ROW, "Arrow batch: a column is missing");
    const char* name = schema.children[i]->name;
    Column column = column_of(name == nullptr ? "" : name, *schema.children[i], *batch.children[i]);
    if (column.length < batch.offset + batch.length)
      refuse_array(column.name, "it is shorter than its batch");
    column.offset += batch.offset;
    column.length = batch.length;
    columns.push_back(std::move(column));
  }
  require_whole_rows(batch);
  append_columns(rows, columns, batch.length);
}

template <typename T>
T* pointer_of(nb::handle capsule, const char* name) {
  void* pointer = PyCapsule_GetPointer(capsule.ptr(), name);
  if (pointer == nullptr) throw nb::python_error();
  return static_cast<T*>(pointer);
}

void require_live(const void* release, const char* what) {
  if (release == nullptr)
    refuse(MLCORE_REASON_INVALID_OPTION,
           std::string("the Arrow ") + what + " was released, or taken by someone else");
}

/// Takes the stream. It is asked without the interpreter's lock, which a producer's threads may
/// need.
void append_stream(Rows& rows, ArrowArrayStream& given) {
  require_live(reinterpret_cast<const void*>(given.release), "stream");
  Owned<ArrowArrayStream> stream;
  static_cast<ArrowArrayStream&>(stream) = std::exchange(given, ArrowArrayStream{});
  const auto ask = [&](auto function, auto* out) {
    int code = 0;
    {
      const nb::gil_scoped_release released;
      code = function(&stream, out);
    }
    if (code == 0) return;
    const char* problem = stream.get_last_error(&stream);
    refuse(MLCORE_REASON_IO_FAILURE,
           std::string("the Arrow stream failed: ") + (problem == nullptr ? "" : problem));
  };
  Owned<ArrowSchema> schema;
  ask(stream.get_schema, static_cast<ArrowSchema*>(&schema));
  Rows made(rows.layout);
  for (;;) {
    Owned<ArrowArray> batch;
    ask(stream.get_next, static_cast<ArrowArray*>(&batch));
    if (batch.release == nullptr) break;
    append_batch(made, schema, batch);
  }
  require_free(rows);
  const auto begin = static_cast<std::int64_t>(rows.bytes.size());
  rows.bytes += made.bytes;
  for (std::size_t i = 1; i < made.offsets.size(); ++i)
    rows.offsets.push_back(begin + made.offsets[i]);
}

}  // namespace

void append_arrow(Rows& rows, nb::handle table) {
  if (nb::hasattr(table, "__arrow_c_stream__")) {
    const nb::object capsule = table.attr("__arrow_c_stream__")();
    append_stream(rows, *pointer_of<ArrowArrayStream>(capsule, "arrow_array_stream"));
    return;
  }
  const nb::object pair = table.attr("__arrow_c_array__")();
  const auto* schema = pointer_of<ArrowSchema>(pair[nb::int_(0)], "arrow_schema");
  const auto* array = pointer_of<ArrowArray>(pair[nb::int_(1)], "arrow_array");
  require_live(reinterpret_cast<const void*>(schema->release), "schema");
  require_live(reinterpret_cast<const void*>(array->release), "array");
  append_batch(rows, *schema, *array);
}

}  // namespace mlcore_python
