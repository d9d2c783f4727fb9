// SPDX-License-Identifier: Apache-2.0
// Monitor: what contexts saw, against the training.
#include <nanobind/stl/shared_ptr.h>
#include <nanobind/stl/string.h>

#include "binding.hpp"

namespace mlcore_python {
namespace {

struct Monitor {
  [[nodiscard]] const mlcore_monitor_t* get() const {
    if (!handle) throw_closed("monitor");
    return handle.get();
  }
  std::shared_ptr<const mlcore_monitor_t> handle;  // null: closed
};

struct Buffer {
  ~Buffer() { mlcore_buffer_release(handle); }
  mlcore_buffer_t* handle = nullptr;
};

void construct(Monitor* self, const Model& model, nb::object pane, std::int64_t pane_rows,
               std::int32_t max_panes, std::int64_t minimum_rows, double alpha,
               double distance_threshold, double share_threshold) {
  mlcore_monitor_options_t options = {};
  call(mlcore_monitor_options_init, &options, static_cast<std::uint32_t>(sizeof options));
  options.max_panes = max_panes;
  options.pane_rows = pane_rows;
  options.minimum_rows = minimum_rows;
  options.alpha = alpha;
  options.distance_threshold = distance_threshold;
  options.share_threshold = share_threshold;
  if (!pane.is_none()) {
    options.pane_micros = micros_of_timedelta(pane, "pane");
    if (options.pane_micros == 0) throw nb::value_error("pane: expected a width above 0");
  }
  mlcore_monitor_t* monitor = nullptr;
  call(mlcore_monitor_new, model.handle.get(), &options, &monitor);
  new (self) Monitor{{monitor, [](const mlcore_monitor_t* last) {
                        mlcore_monitor_release(const_cast<mlcore_monitor_t*>(last));
                      }}};
}

/// Contexts go on meanwhile, and so does the interpreter.
std::string text_of(const Monitor& self, std::int32_t format) {
  static_cast<void>(self.get());
  const std::shared_ptr<const mlcore_monitor_t> kept = self.handle;
  const nb::gil_scoped_release released;
  Buffer report;
  call(mlcore_monitor_report, kept.get(), format, &report.handle);
  const void* bytes = nullptr;
  std::int64_t size = 0;
  call(mlcore_buffer_bytes, report.handle, &bytes, &size);
  return {static_cast<const char*>(bytes), static_cast<std::size_t>(size)};
}

nb::object report_of(const Monitor& self) {
  return nb::module_::import_("json").attr("loads")(text_of(self, MLCORE_REPORT_JSON));
}

}  // namespace

void bind_monitor(nb::module_& module) {
  nb::class_<Monitor>(module, "Monitor", nb::is_final())
      .def("__init__", &construct, nb::arg("model"), nb::kw_only(), nb::arg("pane") = nb::none(),
           nb::arg("pane_rows") = 0, nb::arg("max_panes") = 0, nb::arg("minimum_rows") = 0,
           nb::arg("alpha") = 0.0, nb::arg("distance_threshold") = 0.0,
           nb::arg("share_threshold") = 0.0)
      .def(
          "attach", [](const Monitor& self, nb::handle context) { attach(self.get(), context); },
          nb::arg("context"))
      .def("report", &report_of)
      .def("prometheus",
           [](const Monitor& self) { return text_of(self, MLCORE_REPORT_PROMETHEUS); })
      .def("html", [](const Monitor& self) { return text_of(self, MLCORE_REPORT_HTML); })
      .def("close", [](Monitor& self) { self.handle.reset(); })
      .def("__enter__", [](nb::object self) { return self; })
      .def(
          "__exit__",
          [](Monitor& self, nb::object, nb::object, nb::object) { self.handle.reset(); },
          nb::arg("kind").none(), nb::arg("value").none(), nb::arg("traceback").none());
}

}  // namespace mlcore_python
