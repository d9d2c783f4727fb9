// SPDX-License-Identifier: Apache-2.0
// State and IngestReport.
#include <nanobind/stl/optional.h>
#include <nanobind/stl/pair.h>
#include <nanobind/stl/shared_ptr.h>
#include <nanobind/stl/string.h>
#include <nanobind/stl/vector.h>

#include <optional>

#include "columns.hpp"

namespace mlcore_python {
namespace {

mlcore_state_options_t options_of(std::uint64_t max_bytes, std::uint64_t max_keys,
                                  nb::handle lateness, nb::handle complete_from) {
  mlcore_state_options_t options = {};
  call(mlcore_state_options_init, &options, static_cast<std::uint32_t>(sizeof options));
  options.max_bytes = max_bytes;
  options.max_keys = max_keys;
  if (!lateness.is_none()) {
    options.flags |= MLCORE_STATE_HAS_LATENESS;
    options.lateness = micros_of_timedelta(lateness, "lateness");
  }
  if (!complete_from.is_none()) {
    options.flags |= MLCORE_STATE_HAS_COMPLETE_FROM;
    options.complete_from = micros_of_datetime(complete_from, "complete_from");
  }
  return options;
}

std::shared_ptr<const mlcore_state_t> owned(mlcore_state_t* state) {
  return {state, [](const mlcore_state_t* last) {
            mlcore_state_release(const_cast<mlcore_state_t*>(last));
          }};
}

void construct(State* self, const Features& features, std::uint64_t max_bytes,
               std::uint64_t max_keys, nb::object lateness, nb::object complete_from) {
  const mlcore_state_options_t options = options_of(max_bytes, max_keys, lateness, complete_from);
  mlcore_state_t* state = nullptr;
  call(mlcore_state_new, features.handle.get(), &options, &state);
  new (self) State{owned(state), features};
}

State restore(const Features& features, nb::bytes snapshot, std::uint64_t max_bytes,
              std::uint64_t max_keys, nb::object lateness, nb::object complete_from) {
  const mlcore_state_options_t options = options_of(max_bytes, max_keys, lateness, complete_from);
  const void* bytes = snapshot.c_str();
  const auto size = static_cast<std::int64_t>(snapshot.size());
  mlcore_state_t* state = nullptr;
  {
    const nb::gil_scoped_release released;
    call(mlcore_state_restore, features.handle.get(), bytes, size, &options, &state);
  }
  return {owned(state), features};
}

mlcore_ingest_report_t ingest(const State& self, const std::string& stream, nb::handle given,
                              std::optional<std::string> source,
                              std::optional<std::int64_t> offset) {
  static_cast<void>(self.get());
  if (source.has_value() != offset.has_value()) {
    throw Failure(MLCORE_INVALID_ARGUMENT, MLCORE_REASON_INVALID_OPTION,
                  "source and offset are given together or not at all");
  }
  const std::int64_t index = self.features.find_stream(stream);
  const std::shared_ptr<const Rows> kept = rows_of(given, self.features.stream(stream));
  const Rows& events = *kept;
  static_cast<void>(self.get());  // making rows of a table may run Python code
  const std::shared_ptr<const mlcore_state_t> state = self.handle;
  const mlcore_rows_t view = events.view();
  mlcore_ingest_report_t report = {};
  report.struct_size = sizeof report;
  const Loan loan(events);
  const nb::gil_scoped_release released;
  if (source) {
    call(mlcore_state_ingest_from, state.get(), index, &view, source->data(),
         static_cast<std::int64_t>(source->size()), *offset, &report);
  } else {
    call(mlcore_state_ingest, state.get(), index, &view, &report);
  }
  return report;
}

nb::bytes snapshot(const State& self) {
  static_cast<void>(self.get());
  const std::shared_ptr<const mlcore_state_t> state = self.handle;
  mlcore_buffer_t* buffer = nullptr;
  {
    const nb::gil_scoped_release released;
    call(mlcore_state_snapshot, state.get(), &buffer);
  }
  const std::unique_ptr<mlcore_buffer_t, void (*)(mlcore_buffer_t*)> kept(buffer,
                                                                          mlcore_buffer_release);
  const void* bytes = nullptr;
  std::int64_t size = 0;
  call(mlcore_buffer_bytes, buffer, &bytes, &size);
  return nb::bytes(bytes, static_cast<std::size_t>(size));
}

std::uint64_t number(const State& self, decltype(&mlcore_state_memory) ask) {
  std::uint64_t value = 0;
  call(ask, self.get(), &value);
  return value;
}

std::int64_t source_offset(const State& self, const std::string& source) {
  std::int64_t offset = 0;
  call(mlcore_state_source_offset, self.get(), source.data(),
       static_cast<std::int64_t>(source.size()), &offset);
  return offset;
}

std::vector<std::pair<std::int64_t, std::string>> invalid_rows(
    const mlcore_ingest_report_t& report) {
  std::vector<std::pair<std::int64_t, std::string>> rows;
  for (std::uint32_t i = 0; i < report.listed; ++i) {
    rows.emplace_back(report.invalid_row[i], mlcore_reason_name(report.invalid_reason[i]));
  }
  return rows;
}

void bind_report(nb::module_& module) {
  using Report = mlcore_ingest_report_t;
  nb::class_<Report>(module, "IngestReport", nb::is_final())
      .def_ro("accepted", &Report::accepted)
      .def_ro("late", &Report::late)
      .def_ro("duplicate", &Report::duplicate)
      .def_ro("conflict", &Report::conflict)
      .def_ro("invalid", &Report::invalid)
      .def_ro("replayed", &Report::replayed)
      .def_prop_ro("invalid_rows", &invalid_rows)
      .def_prop_ro("invalid_message",
                   [](const Report& report) { return std::string(report.invalid_message); });
}

}  // namespace

void bind_state(nb::module_& module) {
  bind_report(module);
  nb::class_<State>(module, "State", nb::is_final())
      .def("__init__", &construct, nb::arg("features"), nb::kw_only(), nb::arg("max_bytes") = 0,
           nb::arg("max_keys") = 0, nb::arg("lateness") = nb::none(),
           nb::arg("complete_from") = nb::none())
      .def_static("restore", &restore, nb::arg("features"), nb::arg("snapshot"), nb::kw_only(),
                  nb::arg("max_bytes") = 0, nb::arg("max_keys") = 0,
                  nb::arg("lateness") = nb::none(), nb::arg("complete_from") = nb::none())
      .def("ingest", &ingest, nb::arg("stream"), nb::arg("events"), nb::arg("source") = nb::none(),
           nb::arg("offset") = nb::none())
      .def(
          "expire",
          [](const State& self, nb::object time) {
            call(mlcore_state_expire, self.get(), micros_of_datetime(time, "time"));
          },
          nb::arg("time"))
      .def("source_offset", &source_offset, nb::arg("source"))
      .def("snapshot", &snapshot)
      .def_prop_ro("key_count",
                   [](const State& self) { return number(self, mlcore_state_key_count); })
      .def_prop_ro("event_count",
                   [](const State& self) { return number(self, mlcore_state_event_count); })
      .def_prop_ro("memory", [](const State& self) { return number(self, mlcore_state_memory); })
      .def("close", [](State& self) { self.handle.reset(); })
      .def("__enter__", [](nb::object self) { return self; })
      .def(
          "__exit__", [](State& self, nb::object, nb::object, nb::object) { self.handle.reset(); },
          nb::arg("kind").none(), nb::arg("value").none(), nb::arg("traceback").none());
}

}  // namespace mlcore_python
