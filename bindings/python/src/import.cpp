// SPDX-License-Identifier: Apache-2.0
// import_model: another framework's model file becomes the bytes of an artifact.
#include <nanobind/stl/string_view.h>

#include <memory>

#include "binding.hpp"

namespace mlcore_python {
namespace {

nb::bytes import_model(std::string_view format, nb::bytes model, std::string_view definition,
                       bool best_iteration) {
  const auto length = [](auto text) { return static_cast<std::int64_t>(text.size()); };
  mlcore_buffer_t* made = nullptr;
  {
    const void* bytes = model.c_str();
    const std::int64_t size = length(model);
    const nb::gil_scoped_release released;
    call(mlcore_import, format.data(), length(format), bytes, size, definition.data(),
         length(definition), std::int32_t{best_iteration}, &made);
  }
  const std::unique_ptr<mlcore_buffer_t, void (*)(mlcore_buffer_t*)> artifact(
      made, mlcore_buffer_release);
  const void* bytes = nullptr;
  std::int64_t size = 0;
  call(mlcore_buffer_bytes, artifact.get(), &bytes, &size);
  return nb::bytes(bytes, static_cast<std::size_t>(size));
}

}  // namespace

void bind_import(nb::module_& module) {
  module.def("import_model", &import_model, nb::arg("format"), nb::arg("model"),
             nb::arg("definition") = "", nb::arg("best_iteration") = false);
}

}  // namespace mlcore_python
