// SPDX-License-Identifier: Apache-2.0
// The extension module mlcore._core: failures become mlcore.Error, and the classes of the other
// files are bound.
#include <cstdio>
#include <cstring>

#include "binding.hpp"

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

Array new_array(std::size_t rows, std::size_t columns) {
  auto* data = new double[rows * columns];
  const nb::capsule owner(data, [](void* p) noexcept { delete[] static_cast<double*>(p); });
  return Array(data, {rows, columns}, owner);
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
  bind_table(module);
}
