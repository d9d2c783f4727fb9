// SPDX-License-Identifier: Apache-2.0
// Columns to packed rows: append_columns, and columns that mlcore/_tables.py made of numpy arrays.
#include "columns.hpp"

#include <nanobind/stl/string.h>

#include <cstring>
#include <optional>
#include <utility>

namespace mlcore_python {
namespace {

constexpr std::size_t kBitmapAt = 8;

[[noreturn]] void refuse(std::int32_t reason, std::int64_t field, std::int64_t row,
                         const std::string& problem) {
  Failure failure(MLCORE_INVALID_ARGUMENT, reason,
                  row < 0 ? problem : "row " + std::to_string(row) + ": " + problem);
  failure.error.column = static_cast<std::int32_t>(field);
  failure.error.row = row;
  throw failure;
}

const char* name_of(Meaning meaning) {
  switch (meaning) {
    case Meaning::boolean: return "booleans";
    case Meaning::integer: return "integers";
    case Meaning::real: return "floats";
    case Meaning::instant: return "instants";
    case Meaning::span: return "durations";
    case Meaning::object: return "objects";
  }
  return "";
}

bool is_taken(std::int32_t type, Meaning meaning) {
  if (meaning == Meaning::object) return true;
  switch (type) {
    case MLCORE_TYPE_BOOLEAN: return meaning == Meaning::boolean;
    case MLCORE_TYPE_I64: return meaning == Meaning::integer;
    case MLCORE_TYPE_F64: return meaning == Meaning::real || meaning == Meaning::integer;
    case MLCORE_TYPE_TIMESTAMP: return meaning == Meaning::instant;
    case MLCORE_TYPE_DURATION: return meaning == Meaning::span;
    default: return false;
  }
}

bool is_null(const Column& column, std::int64_t row) {
  return column.mask != nullptr && column.mask[row];
}

template <typename T>
T stored(const Column& column, std::int64_t row) {
  T value;
  std::memcpy(
      &value,
      static_cast<const char*>(column.values) + row * static_cast<std::int64_t>(sizeof value),
      sizeof value);
  return value;
}

/// nullopt: past the range of i64.
std::optional<std::int64_t> integer_at(const Column& column, std::int64_t row) {
  switch (column.storage) {
    case Storage::i8: return stored<std::int8_t>(column, row);
    case Storage::i16: return stored<std::int16_t>(column, row);
    case Storage::i32: return stored<std::int32_t>(column, row);
    case Storage::i64: return stored<std::int64_t>(column, row);
    case Storage::u8: return stored<std::uint8_t>(column, row);
    case Storage::u16: return stored<std::uint16_t>(column, row);
    case Storage::u32: return stored<std::uint32_t>(column, row);
    case Storage::u64: {
      const auto value = stored<std::uint64_t>(column, row);
      if (value > INT64_MAX) return std::nullopt;
      return static_cast<std::int64_t>(value);
    }
    default: return std::nullopt;
  }
}

double real_at(const Column& column, std::int64_t row) {
  if (column.storage == Storage::f64) return stored<double>(column, row);
  if (column.storage == Storage::f32) return static_cast<double>(stored<float>(column, row));
  if (column.storage == Storage::u64)
    return static_cast<double>(stored<std::uint64_t>(column, row));
  return static_cast<double>(*integer_at(column, row));
}

/// Packs one row after another into `out`.
class Packer {
 public:
  Packer(const Layout& layout, std::string& out) : layout_(layout), out_(out) {}

  void begin() {
    begin_ = out_.size();
    out_.resize(begin_ + static_cast<std::size_t>(layout_.fixed_size), '\0');
    std::memcpy(out_.data() + begin_, &layout_.id, sizeof layout_.id);
  }

  void set(std::size_t at, const Column& column, std::int64_t row) {
    const Field& field = layout_.fields[at];
    if (is_null(column, row)) return set_null(at, row);
    if (column.meaning == Meaning::object) return set_object(at, column, row);
    switch (field.type) {
      case MLCORE_TYPE_BOOLEAN:
        return word(field, std::uint64_t{stored<std::uint8_t>(column, row) != 0});
      case MLCORE_TYPE_I64:
        return word(field, wanted(integer_at(column, row), MLCORE_REASON_INVALID_NUMBER, at, row,
                                  "the integer does not fit into an i64"));
      case MLCORE_TYPE_F64: return set_real(at, real_at(column, row), row);
      default: return word(field, stored<std::int64_t>(column, row));  // microseconds
    }
  }

  void set_null(std::size_t at, std::int64_t row) {
    if (!layout_.fields[at].nullable) {
      refuse(MLCORE_REASON_NULL_NOT_ALLOWED, static_cast<std::int64_t>(at), row,
             "column \"" + layout_.fields[at].name + "\": null in a column that is not nullable");
    }
    out_[begin_ + kBitmapAt + at / 8] |= static_cast<char>(1u << (at % 8));
  }

  void check(std::int64_t row) const {
    try {
      call(mlcore_row_check, layout_.handle, static_cast<const void*>(out_.data() + begin_),
           static_cast<std::int64_t>(out_.size() - begin_));
    } catch (Failure& failure) {
      refuse(failure.error.reason, failure.error.column, row, failure.error.message);
    }
  }

 private:
  template <typename T>
  T wanted(std::optional<T> value, std::int32_t reason, std::size_t at, std::int64_t row,
           const char* problem) const {
    if (value) return *value;
    refuse(reason, static_cast<std::int64_t>(at), row,
           "column \"" + layout_.fields[at].name + "\": " + problem);
  }

  template <typename T>
  void word(const Field& field, T value) {
    static_assert(sizeof value == 8);
    std::memcpy(out_.data() + begin_ + field.slot_offset, &value, sizeof value);
  }

  void set_real(std::size_t at, double value, std::int64_t row) {
    if (value != value) return set_null(at, row);
    word(layout_.fields[at], value);
  }

  void set_object(std::size_t at, const Column& column, std::int64_t row) {
    const nb::object value = nb::borrow(static_cast<PyObject* const*>(column.values)[row]);
    try {
      layout_.set(at, value, begin_, out_);
    } catch (Failure& failure) {
      refuse(failure.error.reason, failure.error.column, row, failure.error.message);
    }
  }

  const Layout& layout_;
  std::string& out_;
  std::size_t begin_ = 0;
};

/// The column of each field; null where the table has none.
std::vector<const Column*> columns_of(const Layout& layout, const std::vector<Column>& columns,
                                      std::int64_t count) {
  std::vector<const Column*> found(layout.fields.size(), nullptr);
  for (const Column& column : columns) {
    std::size_t at = 0;
    while (at < layout.fields.size() && layout.fields[at].name != column.name) ++at;
    if (at == layout.fields.size())
      refuse(MLCORE_REASON_UNKNOWN_COLUMN, -1, -1, "the row has no field \"" + column.name + "\"");
    const auto field = static_cast<std::int64_t>(at);
    if (found[at] != nullptr)
      refuse(MLCORE_REASON_DUPLICATE_COLUMN, field, -1,
             "column \"" + column.name + "\" is there twice");
    if (column.length != count) {
      refuse(MLCORE_REASON_INVALID_LENGTH, field, -1,
             "column \"" + column.name + "\": expected " + std::to_string(count) +
                 " values, found " + std::to_string(column.length));
    }
    if (!is_taken(layout.fields[at].type, column.meaning)) {
      refuse(MLCORE_REASON_TYPE_MISMATCH, field, -1,
             "column \"" + column.name + "\": expected " + type_name(layout.fields[at].type) +
                 ", found " + name_of(column.meaning));
    }
    found[at] = &column;
  }
  for (std::size_t at = 0; at < found.size(); ++at) {
    if (found[at] == nullptr && !layout.fields[at].nullable) {
      refuse(MLCORE_REASON_MISSING_COLUMN, static_cast<std::int64_t>(at), -1,
             "column \"" + layout.fields[at].name + "\" is missing and not nullable");
    }
  }
  return found;
}

}  // namespace

void append_columns(Rows& rows, const std::vector<Column>& columns, std::int64_t count) {
  const Layout& layout = *rows.layout;
  const std::vector<const Column*> found = columns_of(layout, columns, count);
  std::string bytes;
  std::vector<std::int64_t> offsets = {0};
  Packer packer(layout, bytes);
  for (std::int64_t row = 0; row < count; ++row) {
    packer.begin();
    for (std::size_t at = 0; at < found.size(); ++at) {
      if (found[at] == nullptr) {
        packer.set_null(at, row);
      } else {
        packer.set(at, *found[at], row);
      }
    }
    packer.check(row);
    offsets.push_back(static_cast<std::int64_t>(bytes.size()));
  }
  require_free(rows);  // packing objects may run Python code
  rows.append({bytes.data(), static_cast<std::int64_t>(bytes.size()), offsets.data(), count});
}

namespace {

using Values = nb::ndarray<nb::ro, nb::ndim<1>, nb::c_contig, nb::device::cpu>;
using Mask = nb::ndarray<const bool, nb::ndim<1>, nb::c_contig, nb::device::cpu>;

Storage storage_of(nb::dlpack::dtype type) {
  const auto code = static_cast<nb::dlpack::dtype_code>(type.code);
  const bool is_signed = code == nb::dlpack::dtype_code::Int;
  if (code == nb::dlpack::dtype_code::Bool) return Storage::bytes;
  if (code == nb::dlpack::dtype_code::Float && type.bits == 64) return Storage::f64;
  if (code == nb::dlpack::dtype_code::Float && type.bits == 32) return Storage::f32;
  if (!is_signed && code != nb::dlpack::dtype_code::UInt)
    throw nb::type_error("a numpy dtype that is not taken");
  switch (type.bits) {
    case 8: return is_signed ? Storage::i8 : Storage::u8;
    case 16: return is_signed ? Storage::i16 : Storage::u16;
    case 32: return is_signed ? Storage::i32 : Storage::u32;
    default: return is_signed ? Storage::i64 : Storage::u64;
  }
}

Meaning meaning_of(const std::string& name) {
  for (const Meaning meaning :
       {Meaning::boolean, Meaning::integer, Meaning::real, Meaning::instant, Meaning::span}) {
    if (name + "s" == name_of(meaning)) return meaning;
  }
  throw nb::value_error(("there is no meaning " + name).c_str());
}

/// Columns as (name, meaning, values, mask or None); the values of "object" are a list.
void append_arrays(Rows& rows, nb::list columns, std::int64_t count) {
  std::vector<Column> made;
  std::vector<Values> kept;
  std::vector<Mask> masks;
  std::vector<nb::object> tuples;
  for (const nb::handle item : columns) {
    const auto tuple = nb::cast<nb::tuple>(item);
    tuples.push_back(nb::borrow(tuple));
    Column& column = made.emplace_back();
    column.name = nb::cast<std::string>(tuple[0]);
    const auto meaning = nb::cast<std::string>(tuple[1]);
    if (meaning == "object") {
      const auto list = nb::tuple(nb::borrow(tuple[2]));  // a copy: packing runs Python code
      tuples.push_back(list);
      column.meaning = Meaning::object;
      column.storage = Storage::objects;
      column.length = static_cast<std::int64_t>(list.size());
      column.values = PySequence_Fast_ITEMS(list.ptr());
      continue;
    }
    const Values& values = kept.emplace_back(nb::cast<Values>(tuple[2]));
    column.meaning = meaning_of(meaning);
    column.storage = storage_of(values.dtype());
    column.length = static_cast<std::int64_t>(values.shape(0));
    column.values = values.data();
    if (tuple[3].is_none()) continue;
    const Mask& mask = masks.emplace_back(nb::cast<Mask>(tuple[3]));
    if (mask.shape(0) != values.shape(0)) throw nb::value_error("a mask of another length");
    column.mask = mask.data();
  }
  append_columns(rows, made, count);
}

}  // namespace

void append_table(Rows& rows, nb::handle table) {
  if (nb::isinstance<Rows>(table)) throw nb::type_error("expected a table, found mlcore.Rows");
  const nb::object columns = nb::module_::import_("mlcore._tables").attr("columns_of")(table);
  if (columns.is_none()) return append_arrow(rows, table);
  append_arrays(rows, nb::cast<nb::list>(columns[nb::int_(0)]),
                nb::cast<std::int64_t>(columns[nb::int_(1)]));
}

std::shared_ptr<const Rows> rows_of(nb::handle given, std::shared_ptr<const Layout> layout) {
  if (nb::isinstance<Rows>(given)) {  // kept by its object: destroyed with the interpreter's lock
    const auto owner = std::make_shared<nb::object>(nb::borrow(given));
    return {owner, nb::cast<const Rows*>(given)};
  }
  const auto made = std::make_shared<Rows>(std::move(layout));
  append_table(*made, given);
  return made;
}

}  // namespace mlcore_python
