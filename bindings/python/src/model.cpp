// SPDX-License-Identifier: Apache-2.0
// Model; context.cpp has what it scores with.
#include <nanobind/stl/pair.h>
#include <nanobind/stl/shared_ptr.h>
#include <nanobind/stl/string.h>
#include <nanobind/stl/string_view.h>
#include <nanobind/stl/unique_ptr.h>
#include <nanobind/stl/vector.h>

#include <type_traits>
#include <utility>

#include "binding.hpp"

namespace mlcore_python {
namespace {

Model opened(mlcore_model_t* model) {
  return {{model, [](const mlcore_model_t* last) { mlcore_model_release(last); }}};
}

/// A str or an os.PathLike.
Model open(nb::handle given) {
  const nb::object text = nb::steal(PyOS_FSPath(given.ptr()));
  if (!text.is_valid()) throw nb::python_error();
  const nb::object encoded = nb::steal(
      PyUnicode_Check(text.ptr()) ? PyUnicode_EncodeFSDefault(text.ptr()) : text.inc_ref().ptr());
  if (!encoded.is_valid()) throw nb::python_error();
  const std::string path(PyBytes_AS_STRING(encoded.ptr()),
                         static_cast<std::size_t>(PyBytes_GET_SIZE(encoded.ptr())));
  mlcore_model_t* model = nullptr;
  {
    const nb::gil_scoped_release released;
    call(mlcore_model_open, path.data(), static_cast<std::int64_t>(path.size()), &model);
  }
  return opened(model);
}

Model from_bytes(nb::bytes artifact) {
  const void* bytes = artifact.c_str();
  const auto size = static_cast<std::int64_t>(artifact.size());
  mlcore_model_t* model = nullptr;
  {
    const nb::gil_scoped_release released;
    call(mlcore_model_open_bytes, bytes, size, &model);
  }
  return opened(model);
}

std::string lent(const Model& model, decltype(&mlcore_model_name) ask) {
  const char* text = nullptr;
  std::int64_t size = 0;
  call(ask, model.handle.get(), &text, &size);
  return {text, static_cast<std::size_t>(size)};
}

nb::object describe(const Model& model) {
  std::int64_t needed = 0;
  call(mlcore_model_describe, model.handle.get(), nullptr, std::int64_t{0}, &needed);
  std::string json(static_cast<std::size_t>(needed), '\0');
  call(mlcore_model_describe, model.handle.get(), json.data(), needed, &needed);
  return nb::module_::import_("json").attr("loads")(json);
}

nb::object classes(const Model& model) {
  return describe(model)["model"].attr("get")("classes", nb::list());
}

std::int64_t version(const Model& model) {
  std::int64_t number = 0;
  call(mlcore_model_version, model.handle.get(), &number);
  return number;
}

Features features(const Model& model) {
  const mlcore_features_t* borrowed = nullptr;
  call(mlcore_model_features, model.handle.get(), &borrowed);
  return {{model.handle, borrowed}};  // keeps the model
}

template <typename T, typename Function>
nb::object margins(const Model& model, const Matrix<T>& values, Function margin) {
  const std::shared_ptr<const mlcore_model_t> handle = model.handle;
  std::int64_t width = 0;
  call(mlcore_model_output_count, handle.get(), std::int32_t{MLCORE_OUTPUT_MARGIN}, &width);
  const auto rows = static_cast<std::int64_t>(values.shape(0));
  const auto columns = static_cast<std::int64_t>(values.shape(1));
  const NewArray out(rows, width);
  const T* data = values.data();
  {
    const nb::gil_scoped_release released;
    call(margin, handle.get(), data, rows, columns, columns, out.data, rows * width);
  }
  return out.array;
}

nb::object margins_of(const Model& model, nb::handle given) {
  return with_matrix(given, [&](const auto& values) {
    if constexpr (std::is_same_v<decltype(values.data()), const float*>) {
      return margins(model, values, mlcore_model_margin_f32);
    } else {
      return margins(model, values, mlcore_model_margin_f64);
    }
  });
}

}  // namespace

void bind_model(nb::module_& module) {
  nb::class_<Model>(module, "Model", nb::is_final())
      .def_static("open", &open, nb::arg("path"))
      .def_static("from_bytes", &from_bytes, nb::arg("artifact"))
      .def_prop_ro("name", [](const Model& model) { return lent(model, mlcore_model_name); })
      .def_prop_ro("digest", [](const Model& model) { return lent(model, mlcore_model_digest); })
      .def_prop_ro("version", &version)
      .def_prop_ro("features", &features)
      .def_prop_ro("classes", &classes)
      .def("describe", &describe)
      .def(
          "context",
          [](const Model& model, std::string_view output, Rounds iterations, std::int32_t threads) {
            return make_context(model, output, iterations, threads);
          },
          nb::arg("output") = "prediction", nb::arg("iterations") = Rounds(0, 0),
          nb::arg("threads") = 1)
      .def("margins", &margins_of, nb::arg("features"));
}

}  // namespace mlcore_python
