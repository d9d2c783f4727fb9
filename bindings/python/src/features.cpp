// SPDX-License-Identifier: Apache-2.0
// Features: a definition compiled from text, or a model's.
#include <nanobind/stl/shared_ptr.h>
#include <nanobind/stl/string.h>
#include <nanobind/stl/string_view.h>
#include <nanobind/stl/vector.h>

#include "columns.hpp"

namespace mlcore_python {

std::shared_ptr<const Layout> Features::request() const {
  const mlcore_layout_t* layout = nullptr;
  call(mlcore_features_request_layout, handle.get(), &layout);
  return std::make_shared<const Layout>(handle, layout);
}

std::int64_t Features::find_stream(const std::string& name) const {
  std::int64_t index = 0;
  call(mlcore_features_find_stream, handle.get(), name.data(),
       static_cast<std::int64_t>(name.size()), &index);
  return index;
}

std::shared_ptr<const Layout> Features::stream(const std::string& name) const {
  const mlcore_layout_t* layout = nullptr;
  call(mlcore_features_stream_layout, handle.get(), find_stream(name), &layout);
  return std::make_shared<const Layout>(handle, layout);
}

namespace {

std::string lent(const Features& features, decltype(&mlcore_features_text) ask) {
  const char* text = nullptr;
  std::int64_t size = 0;
  call(ask, features.handle.get(), &text, &size);
  return {text, static_cast<std::size_t>(size)};
}

std::vector<std::string> names(const Features& features, decltype(&mlcore_feature_count) count_of,
                               decltype(&mlcore_feature_name) name_of) {
  std::int64_t count = 0;
  call(count_of, features.handle.get(), &count);
  std::vector<std::string> found;
  for (std::int64_t i = 0; i < count; ++i) {
    const char* text = nullptr;
    std::int64_t size = 0;
    call(name_of, features.handle.get(), i, &text, &size);
    found.emplace_back(text, static_cast<std::size_t>(size));
  }
  return found;
}

Features parse(std::string_view text) {
  mlcore_features_t* opened = nullptr;
  call(mlcore_features_open, text.data(), static_cast<std::int64_t>(text.size()), &opened);
  return {{opened, [](const mlcore_features_t* features) {
             mlcore_features_release(const_cast<mlcore_features_t*>(features));
           }}};
}

nb::object compute(const Features& features, nb::handle given, const State* state) {
  const std::shared_ptr<const Rows> kept = rows_of(given, features.request());
  const Rows& requests = *kept;
  std::int64_t width = 0;
  call(mlcore_feature_count, features.handle.get(), &width);
  const mlcore_rows_t view = requests.view();
  const NewArray out(view.count, width);
  const std::shared_ptr<const mlcore_features_t> definition = features.handle;
  const std::shared_ptr<const mlcore_state_t> events = state ? state->handle : nullptr;
  if (state != nullptr) static_cast<void>(state->get());
  const Loan loan(requests);
  {
    const nb::gil_scoped_release released;
    call(mlcore_features_compute, definition.get(), events.get(), &view, out.data,
         view.count * width);
  }
  return out.array;
}

}  // namespace

void bind_features(nb::module_& module) {
  nb::class_<Features>(module, "Features", nb::is_final())
      .def_static("parse", &parse, nb::arg("text"))
      .def_prop_ro("text",
                   [](const Features& features) { return lent(features, mlcore_features_text); })
      .def_prop_ro(
          "fingerprint",
          [](const Features& features) { return lent(features, mlcore_features_fingerprint); })
      .def_prop_ro("names",
                   [](const Features& features) {
                     return names(features, mlcore_feature_count, mlcore_feature_name);
                   })
      .def_prop_ro("request", &Features::request)
      .def_prop_ro("streams",
                   [](const Features& features) {
                     return names(features, mlcore_features_stream_count,
                                  mlcore_features_stream_name);
                   })
      .def("stream", &Features::stream, nb::arg("name"))
      .def("compute", &compute, nb::arg("requests"), nb::arg("state") = nb::none());
}

}  // namespace mlcore_python
