// SPDX-License-Identifier: Apache-2.0
// The extension module mlcore._core: failures become mlcore.Error, and the classes of the other
// files are bound.
#include <cmath>
#include <cstdio>
#include <cstring>

#include "binding.hpp"
#include "lent.hpp"

namespace mlcore_python {

Failure::Failure(std::int32_t code, std::int32_t reason, const std::string& message) : Failure() {
  error.code = code;
  error.reason = reason;
  std::snprintf(error.message, sizeof error.message, "%s", message.c_str());
}

void throw_closed(const char* what) {
  throw Failure(MLCORE_FAILED_PRECONDITION, MLCORE_REASON_CLOSED_HANDLE,
                std::string("the ") + what + " is closed");
}

NewArray::NewArray(std::int64_t rows, std::int64_t columns) {
  static PyObject* empty = nullptr;  // set under the interpreter's lock, perhaps more than once
  if (empty == nullptr) empty = nb::module_::import_("numpy").attr("empty").inc_ref().ptr();
  array = nb::handle(empty)(nb::make_tuple(rows, columns));
  data = static_cast<double*>(Lent(array, PyBUF_WRITABLE).data());
}

bool is_numpy_array(nb::handle values) {
  return std::strcmp(Py_TYPE(values.ptr())->tp_name, "numpy.ndarray") == 0;
}

void refuse_masked(nb::handle values) {
  if (is_numpy_array(values)) return;
  static PyObject* masked = nullptr;  // set under the interpreter's lock, perhaps more than once
  if (masked == nullptr)
    masked = nb::module_::import_("numpy.ma").attr("MaskedArray").inc_ref().ptr();
  if (!PyObject_TypeCheck(values.ptr(), reinterpret_cast<PyTypeObject*>(masked))) return;
  throw Failure(MLCORE_INVALID_ARGUMENT, MLCORE_REASON_TYPE_MISMATCH,
                "a masked array is not taken; its filled(nan) is");
}

void throw_unexpected(const char* expected, nb::handle found, const char* hint) {
  const std::string name = nb::cast<std::string>(found.type().attr("__name__"));
  throw nb::type_error((std::string(expected) + ", found " + name + hint).c_str());
}

void throw_no_numbers(const char* expected, nb::handle found) {
  const bool is_table = nb::hasattr(found, "__arrow_c_stream__") || nb::hasattr(found, "dtypes");
  const bool is_sequence = PyList_Check(found.ptr()) || PyTuple_Check(found.ptr());
  throw_unexpected(expected, found,
                   is_table      ? "; predict_rows takes a table"
                   : is_sequence ? "; numpy.asarray makes numbers of it"
                                 : "");
}

void require_exact(nb::handle given, const double* converted, std::size_t count) {
  nb::ndarray<nb::ro> source;
  if (!nb::try_cast(given, source, false) || source.dtype().bits != 64) return;
  const auto code = static_cast<nb::dlpack::dtype_code>(source.dtype().code);
  if (code != nb::dlpack::dtype_code::Int && code != nb::dlpack::dtype_code::UInt) return;
  for (std::size_t i = 0; i < count; ++i) {
    if (std::fabs(converted[i]) < 0x1p53) continue;
    throw Failure(MLCORE_INVALID_ARGUMENT, MLCORE_REASON_INVALID_NUMBER,
                  "an integer of 2**53 or more may lose bits as a double; give doubles, or rows");
  }
}

namespace {

nb::object position(std::int64_t value) { return value < 0 ? nb::none() : nb::cast(value); }

void raise(const mlcore_error_t& error) {
  const nb::object type = nb::module_::import_("mlcore._error").attr("Error");
  const nb::str message(
      PyUnicode_DecodeUTF8(error.message, static_cast<Py_ssize_t>(std::strlen(error.message)),
                           "replace"),
      nb::detail::steal_t());
  const nb::object value =
      type(message, error.code, error.reason, mlcore_code_name(error.code),
           mlcore_reason_name(error.reason), position(error.column), position(error.row));
  PyErr_SetObject(type.ptr(), value.ptr());
}

}  // namespace
}  // namespace mlcore_python

NB_MODULE(_core, module) {
  using namespace mlcore_python;
  mlcore_error_t error = MLCORE_ERROR_INIT;
  if (mlcore_check_abi(MLCORE_ABI_VERSION, &error) != MLCORE_OK) {
    throw nb::import_error(error.message);
  }
  nb::register_exception_translator([](const std::exception_ptr& thrown, void*) {
    try {
      std::rethrow_exception(thrown);
    } catch (const Failure& failure) {
      raise(failure.error);
    }
  });
  module.attr("__version__") = mlcore_version();
  bind_rows(module);
  bind_features(module);
  bind_state(module);
  bind_model(module);
  bind_context(module);
  bind_monitor(module);
  bind_table(module);
  bind_import(module);
}
