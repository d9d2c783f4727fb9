// SPDX-License-Identifier: Apache-2.0
// Field, Layout and Rows: Python values to packed rows.
#include <Python.h>
#include <datetime.h>
#include <nanobind/stl/shared_ptr.h>
#include <nanobind/stl/string.h>
#include <nanobind/stl/string_view.h>
#include <nanobind/stl/vector.h>

#include <cmath>
#include <cstring>
#include <optional>

#include "binding.hpp"

namespace mlcore_python {
namespace {

constexpr std::int64_t kMicrosPerSecond = 1'000'000;
constexpr std::int64_t kMicrosPerDay = 86'400 * kMicrosPerSecond;
constexpr std::size_t kBitmapAt = 8;

[[noreturn]] void refuse(const Field& field, std::size_t at, std::int32_t reason,
                         const std::string& problem) {
  Failure failure(MLCORE_INVALID_ARGUMENT, reason, "column \"" + field.name + "\": " + problem);
  failure.error.column = static_cast<std::int32_t>(at);
  throw failure;
}

[[noreturn]] void refuse_type(const Field& field, std::size_t at, nb::handle value) {
  refuse(field, at, MLCORE_REASON_TYPE_MISMATCH,
         std::string("expected ") + type_name(field.type) + ", found " +
             nb::cast<std::string>(value.type().attr("__name__")));
}

/// nullopt: past the range of i64, which a timedelta passes from about 106,751,991 days on.
std::optional<std::int64_t> micros_of_delta(PyObject* delta) {
  const std::int64_t rest = PyDateTime_DELTA_GET_SECONDS(delta) * kMicrosPerSecond +
                            PyDateTime_DELTA_GET_MICROSECONDS(delta);
  const __int128 micros = __int128{PyDateTime_DELTA_GET_DAYS(delta)} * kMicrosPerDay + rest;
  if (micros < INT64_MIN || micros > INT64_MAX) return std::nullopt;
  return static_cast<std::int64_t>(micros);
}

nb::object epoch() {
  return nb::steal(PyDateTimeAPI->DateTime_FromDateAndTime(
      1970, 1, 1, 0, 0, 0, 0, PyDateTime_TimeZone_UTC, PyDateTimeAPI->DateTimeType));
}

bool is_aware_datetime(nb::handle value) {
  return PyDateTime_Check(value.ptr()) && !value.attr("utcoffset")().is_none();
}

/// The mapping itself, or a copy of one that is no dict.
nb::dict dictionary(nb::handle mapping) {
  if (PyDict_Check(mapping.ptr())) return nb::borrow<nb::dict>(mapping);
  if (PyMapping_Check(mapping.ptr()) == 0 || !nb::hasattr(mapping, "keys")) {
    throw_unexpected("expected a dictionary of the row's fields", mapping);
  }
  nb::dict copy;
  if (PyDict_Update(copy.ptr(), mapping.ptr()) != 0) throw nb::python_error();
  return copy;
}

bool is_boolean(nb::handle value) {
  if (PyBool_Check(value.ptr())) return true;
  const auto* type = Py_TYPE(value.ptr());
  return std::strcmp(type->tp_name, "numpy.bool") == 0 ||
         std::strcmp(type->tp_name, "numpy.bool_") == 0;
}

/// A float, an integer, or what converts to a float; of numpy's scalars numbers only, which all
/// convert.
bool is_number(nb::handle value) {
  PyObject* object = value.ptr();
  if (PyFloat_Check(object)) return true;
  if (is_boolean(value) || PyUnicode_Check(object) || PyBytes_Check(object) ||
      PyComplex_Check(object))
    return false;
  if (PyLong_Check(object)) return true;
  if (!PyNumber_Check(object)) return false;
  if (!nb::hasattr(value, "dtype")) return true;
  const auto kind = nb::cast<std::string>(nb::str(value.attr("dtype").attr("kind")));
  return (kind == "i" || kind == "u" || kind == "f") &&
         nb::cast<std::int64_t>(value.attr("ndim")) == 0;
}

std::uint64_t f64_word(const Field& field, std::size_t at, nb::handle value) {
  if (!is_number(value)) refuse_type(field, at, value);
  const double number = PyFloat_AsDouble(value.ptr());
  if (number == -1 && PyErr_Occurred() != nullptr) {
    if (PyErr_ExceptionMatches(PyExc_OverflowError) == 0) throw nb::python_error();
    PyErr_Clear();
    refuse(field, at, MLCORE_REASON_INVALID_NUMBER, "the number does not fit into an f64");
  }
  if (std::isinf(number) && !PyFloat_Check(value.ptr()) &&
      !value.equal(nb::float_(number))) {  // a Decimal of more digits than an f64 has
    refuse(field, at, MLCORE_REASON_INVALID_NUMBER, "the number does not fit into an f64");
  }
  if (std::isnan(number)) {
    if (!field.nullable) {
      refuse(field, at, MLCORE_REASON_NULL_NOT_ALLOWED, "NaN in a column that is not nullable");
    }
    return 0x7FF8000000000000u;
  }
  std::uint64_t word;
  std::memcpy(&word, &number, sizeof word);
  return word;
}

std::uint64_t i64_word(const Field& field, std::size_t at, nb::handle value) {
  if (!PyIndex_Check(value.ptr()) || is_boolean(value)) refuse_type(field, at, value);
  const nb::object index = nb::steal(PyNumber_Index(value.ptr()));
  if (!index.is_valid()) throw nb::python_error();
  int overflow = 0;
  const long long number = PyLong_AsLongLongAndOverflow(index.ptr(), &overflow);
  if (overflow != 0) {
    refuse(field, at, MLCORE_REASON_INVALID_NUMBER, "the integer does not fit into an i64");
  }
  return static_cast<std::uint64_t>(number);
}

std::uint64_t string_word(const Field& field, std::size_t at, nb::handle value, std::size_t begin,
                          std::string& out) {
  if (!PyUnicode_Check(value.ptr())) refuse_type(field, at, value);
  Py_ssize_t size = 0;
  const char* text = PyUnicode_AsUTF8AndSize(value.ptr(), &size);
  if (text == nullptr) {
    PyErr_Clear();
    refuse(field, at, MLCORE_REASON_INVALID_UTF8, "the string has a lone surrogate");
  }
  const std::size_t offset = out.size() - begin;
  const auto length = static_cast<std::size_t>(size);
  if (offset + length > 0xFFFFFFFFu) {
    refuse(field, at, MLCORE_REASON_MALFORMED_ROW, "the row is longer than 4 GiB");
  }
  out.append(text, length);
  return offset | static_cast<std::uint64_t>(length) << 32;
}

std::uint64_t boolean_word(const Field& field, std::size_t at, nb::handle value) {
  if (!is_boolean(value)) refuse_type(field, at, value);
  const int is_true = PyObject_IsTrue(value.ptr());
  if (is_true < 0) throw nb::python_error();
  return static_cast<std::uint64_t>(is_true);
}

}  // namespace

const char* type_name(std::int32_t type) {
  switch (type) {
    case MLCORE_TYPE_BOOLEAN: return "bool";
    case MLCORE_TYPE_I64: return "i64";
    case MLCORE_TYPE_F64: return "f64";
    case MLCORE_TYPE_STRING: return "string";
    case MLCORE_TYPE_TIMESTAMP: return "timestamp";
    case MLCORE_TYPE_DURATION: return "duration";
    default: return "unknown";
  }
}

std::int64_t micros_of_datetime(nb::handle value, const char* what) {
  if (!is_aware_datetime(value)) {
    throw Failure(MLCORE_INVALID_ARGUMENT, MLCORE_REASON_TYPE_MISMATCH,
                  std::string(what) + ": expected a datetime with a time zone");
  }
  static PyObject* const kEpoch = epoch().release().ptr();
  const nb::object delta = nb::steal(PyNumber_Subtract(value.ptr(), kEpoch));
  if (!delta.is_valid()) throw nb::python_error();
  if (!PyDelta_Check(delta.ptr())) {  // a class derived from datetime may answer anything
    throw Failure(MLCORE_INVALID_ARGUMENT, MLCORE_REASON_TYPE_MISMATCH,
                  std::string(what) + ": a difference of datetimes is no timedelta");
  }
  if (const auto micros = micros_of_delta(delta.ptr())) return *micros;
  throw Failure(MLCORE_INVALID_ARGUMENT, MLCORE_REASON_INVALID_TIMESTAMP,
                std::string(what) + ": the time does not fit into microseconds");
}

std::int64_t micros_of_timedelta(nb::handle value, const char* what) {
  if (!PyDelta_Check(value.ptr())) {
    throw Failure(MLCORE_INVALID_ARGUMENT, MLCORE_REASON_TYPE_MISMATCH,
                  std::string(what) + ": expected a timedelta");
  }
  if (const auto micros = micros_of_delta(value.ptr())) return *micros;
  throw Failure(MLCORE_INVALID_ARGUMENT, MLCORE_REASON_INVALID_OPTION,
                std::string(what) + ": the timedelta does not fit into microseconds");
}

Layout::Layout(std::shared_ptr<const void> kept, const mlcore_layout_t* borrowed)
    : owner(std::move(kept)), handle(borrowed) {
  std::int64_t count = 0;
  call(mlcore_layout_id, handle, &id);
  call(mlcore_layout_fixed_size, handle, &fixed_size);
  call(mlcore_layout_field_count, handle, &count);
  for (std::int64_t i = 0; i < count; ++i) {
    mlcore_field_t field = {};
    field.struct_size = sizeof field;
    call(mlcore_layout_field, handle, i, &field);
    std::string name(field.name, static_cast<std::size_t>(field.name_length));
    PyObject* key = PyUnicode_FromStringAndSize(name.data(), static_cast<Py_ssize_t>(name.size()));
    PyUnicode_InternInPlace(&key);
    names.push_back(nb::steal(key));
    fields.push_back({std::move(name), field.type, field.nullable != 0, field.slot_offset});
  }
}

void Layout::set(std::size_t at, nb::handle value, std::size_t begin, std::string& out) const {
  const Field& field = fields[at];
  if (value.is_none()) {
    if (!field.nullable) {
      refuse(field, at, MLCORE_REASON_NULL_NOT_ALLOWED, "null in a column that is not nullable");
    }
    out[begin + kBitmapAt + at / 8] |= static_cast<char>(1u << (at % 8));
    return;
  }
  std::uint64_t word = 0;
  switch (field.type) {
    case MLCORE_TYPE_BOOLEAN: word = boolean_word(field, at, value); break;
    case MLCORE_TYPE_I64: word = i64_word(field, at, value); break;
    case MLCORE_TYPE_F64: word = f64_word(field, at, value); break;
    case MLCORE_TYPE_STRING: word = string_word(field, at, value, begin, out); break;
    case MLCORE_TYPE_TIMESTAMP:
      if (!is_aware_datetime(value)) {
        refuse(field, at, MLCORE_REASON_TYPE_MISMATCH, "expected a datetime with a time zone");
      }
      word = static_cast<std::uint64_t>(micros_of_datetime(value, field.name.c_str()));
      break;
    case MLCORE_TYPE_DURATION:
      if (!PyDelta_Check(value.ptr())) refuse_type(field, at, value);
      if (const auto micros = micros_of_delta(value.ptr())) {
        word = static_cast<std::uint64_t>(*micros);
        break;
      }
      refuse(field, at, MLCORE_REASON_INVALID_NUMBER, "the time does not fit into microseconds");
    default: refuse_type(field, at, value);
  }
  std::memcpy(out.data() + begin + field.slot_offset, &word, sizeof word);
}

void Layout::pack(nb::handle mapping, std::string& out) const {
  const nb::dict values = dictionary(mapping);
  const std::size_t begin = out.size();
  out.resize(begin + static_cast<std::size_t>(fixed_size), '\0');
  std::memcpy(out.data() + begin, &id, sizeof id);
  Py_ssize_t used = 0;
  for (std::size_t at = 0; at < fields.size(); ++at) {
    PyObject* value = PyDict_GetItemWithError(values.ptr(), names[at].ptr());
    if (value != nullptr) ++used;
    if (value == nullptr && PyErr_Occurred() != nullptr) throw nb::python_error();
    if (value == nullptr && !fields[at].nullable) {
      refuse(fields[at], at, MLCORE_REASON_MISSING_COLUMN, "no value is given");
    }
    set(at, value == nullptr ? nb::none() : nb::borrow(value), begin, out);
  }
  if (used == PyDict_Size(values.ptr())) return;
  const nb::list keys =
      nb::steal<nb::list>(PyDict_Keys(values.ptr()));  // comparing runs Python code
  for (const nb::handle key : keys) {
    bool is_known = false;
    for (const nb::object& name : names) is_known = is_known || name.equal(key);
    if (!is_known) {
      const nb::object name = nb::steal(  // a str with a lone surrogate is no UTF-8
          PyUnicode_AsEncodedString(nb::str(key).ptr(), "utf-8", "backslashreplace"));
      if (!name.is_valid()) throw nb::python_error();
      throw Failure(MLCORE_INVALID_ARGUMENT, MLCORE_REASON_UNKNOWN_COLUMN,
                    "the row has no field \"" + std::string(PyBytes_AsString(name.ptr())) + "\"");
    }
  }
}

void require_free(const Rows& rows) {
  if (rows.lent > 0) throw nb::buffer_error("the rows are in use by another call");
}

void Rows::append(const mlcore_rows_t& more) {
  const auto begin = static_cast<std::int64_t>(bytes.size());
  bytes.append(static_cast<const char*>(more.bytes), static_cast<std::size_t>(more.size));
  for (std::int64_t i = 1; i <= more.count; ++i) offsets.push_back(begin + more.offsets[i]);
}

namespace {

nb::bytes pack_one(const Layout& layout, nb::handle values) {
  std::string row;
  layout.pack(values, row);
  return nb::bytes(row.data(), row.size());
}

nb::bytes from_json(const Layout& layout, std::string_view json) {
  std::string row(static_cast<std::size_t>(layout.fixed_size) + json.size(), '\0');
  std::int64_t needed = 0;
  call(mlcore_row_from_json, layout.handle, json.data(), static_cast<std::int64_t>(json.size()),
       static_cast<void*>(row.data()), static_cast<std::int64_t>(row.size()), &needed);
  return nb::bytes(row.data(), static_cast<std::size_t>(needed));
}

void append(Rows& rows, nb::handle values) {
  std::string row;  // packing may run Python code, which may append too
  rows.layout->pack(values, row);
  require_free(rows);
  rows.bytes += row;
  rows.offsets.push_back(static_cast<std::int64_t>(rows.bytes.size()));
}

void append_packed(Rows& rows, nb::bytes row) {
  require_free(rows);
  rows.bytes.append(row.c_str(), row.size());
  rows.offsets.push_back(static_cast<std::int64_t>(rows.bytes.size()));
}

}  // namespace

void bind_rows(nb::module_& module) {
  PyDateTime_IMPORT;
  nb::class_<Field>(module, "Field", nb::is_final())
      .def_prop_ro("name", [](const Field& field) { return field.name; })
      .def_prop_ro("type", [](const Field& field) { return type_name(field.type); })
      .def_prop_ro("nullable", [](const Field& field) { return field.nullable; })
      .def("__repr__", [](const Field& field) {
        return "Field(" + field.name + ": " + type_name(field.type) + (field.nullable ? "?)" : ")");
      });
  nb::class_<Layout>(module, "Layout", nb::is_final())
      .def_prop_ro("id", [](const Layout& layout) { return layout.id; })
      .def_prop_ro("fields", [](const Layout& layout) { return layout.fields; })
      .def("pack", &pack_one, nb::arg("values"))
      .def("from_json", &from_json, nb::arg("text"))
      .def(
          "check",
          [](const Layout& layout, nb::bytes row) {
            call(mlcore_row_check, layout.handle, static_cast<const void*>(row.c_str()),
                 static_cast<std::int64_t>(row.size()));
          },
          nb::arg("row"));
  nb::class_<Rows>(module, "Rows", nb::is_final())
      .def(nb::init<std::shared_ptr<const Layout>>(), nb::arg("layout"))
      .def("__len__", [](const Rows& rows) { return rows.offsets.size() - 1; })
      .def("append", &append, nb::arg("values"))
      .def("append_packed", &append_packed, nb::arg("row"))
      .def("extend", &append_table, nb::arg("table"))
      .def("to_bytes",
           [](const Rows& rows) { return nb::bytes(rows.bytes.data(), rows.bytes.size()); });
}

}  // namespace mlcore_python
