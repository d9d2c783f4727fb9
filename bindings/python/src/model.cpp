// SPDX-License-Identifier: Apache-2.0
// Model and Context.
#include <nanobind/stl/pair.h>
#include <nanobind/stl/shared_ptr.h>
#include <nanobind/stl/string.h>
#include <nanobind/stl/string_view.h>
#include <nanobind/stl/unique_ptr.h>
#include <nanobind/stl/vector.h>

#include <array>
#include <utility>

#include "binding.hpp"

namespace mlcore_python {
namespace {

template <typename T>
using Matrix = nb::ndarray<const T, nb::ndim<2>, nb::c_contig, nb::device::cpu>;
template <typename T>
using Vector = nb::ndarray<const T, nb::ndim<1>, nb::c_contig, nb::device::cpu>;

constexpr std::array<const char*, 5> kOutputs = {"prediction", "margin", "features", "class",
                                                 "leaf"};

std::int32_t output_of(std::string_view name) {
  for (std::size_t i = 0; i < kOutputs.size(); ++i) {
    if (name == kOutputs[i]) return static_cast<std::int32_t>(i);
  }
  throw Failure(MLCORE_INVALID_ARGUMENT, MLCORE_REASON_INVALID_OPTION,
                "there is no output \"" + std::string(name) +
                    "\": expected prediction, margin, features, class or leaf");
}

Model opened(mlcore_model_t* model) {
  return {{model, [](const mlcore_model_t* last) { mlcore_model_release(last); }}};
}

Model open(const std::string& path) {
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

Features features(const Model& model) {
  const mlcore_features_t* borrowed = nullptr;
  call(mlcore_model_features, model.handle.get(), &borrowed);
  return {{model.handle, borrowed}};  // keeps the model
}

template <typename T, typename Function>
Array margins(const Model& model, Matrix<T> values, Function margin) {
  const std::shared_ptr<const mlcore_model_t> handle = model.handle;
  std::int64_t width = 0;
  call(mlcore_model_output_count, handle.get(), std::int32_t{MLCORE_OUTPUT_MARGIN}, &width);
  const auto rows = static_cast<std::int64_t>(values.shape(0));
  const auto columns = static_cast<std::int64_t>(values.shape(1));
  Array out = new_array(values.shape(0), static_cast<std::size_t>(width));
  const T* data = values.data();
  const nb::gil_scoped_release released;
  call(margin, handle.get(), data, rows, columns, columns, out.data(), rows * width);
  return out;
}

using Rounds = std::pair<std::int32_t, std::int32_t>;

/// Shared with the calls that release the interpreter's lock: closing waits for none of them.
struct Scratch {
  explicit Scratch(mlcore_context_t* made) : handle(made) {}
  ~Scratch() { mlcore_context_release(handle); }
  Scratch(const Scratch&) = delete;
  Scratch& operator=(const Scratch&) = delete;

  std::mutex mutex;  // held by the call in progress
  mlcore_context_t* handle;
};

class Context {
 public:
  Context(const Model& model, std::int32_t output, Rounds rounds) {
    const mlcore_context_options_t options = {sizeof options, output, rounds.first, rounds.second};
    mlcore_context_t* context = nullptr;
    call(mlcore_context_new, model.handle.get(), &options, &context);
    scratch_ = std::make_shared<Scratch>(context);
    call(mlcore_context_output_count, context, &width_);
    auto* values = new double[static_cast<std::size_t>(width_)]();
    const nb::capsule owner(values, [](void* p) noexcept { delete[] static_cast<double*>(p); });
    out_ = values;
    out_array_ =
        nb::cast(nb::ndarray<nb::numpy, double>(values, {static_cast<std::size_t>(width_)}, owner));
  }

  [[nodiscard]] nb::object out() const { return out_array_; }
  void close() { scratch_.reset(); }

  /// One row: the interpreter's lock is kept. A batch in another thread is waited for; it needs no
  /// lock of the interpreter to end.
  template <typename Function, typename... Arguments>
  nb::object row(Function function, Arguments... arguments) {
    if (!scratch_) throw_closed("context");
    const std::lock_guard lock(scratch_->mutex);
    call(function, scratch_->handle, arguments..., out_, width_);
    return out_array_;
  }

  template <typename Function, typename... Arguments>
  Array batch(std::int64_t rows, Function function, Arguments... arguments) {
    if (!scratch_) throw_closed("context");
    const std::shared_ptr<Scratch> kept = scratch_;
    Array out = new_array(static_cast<std::size_t>(rows), static_cast<std::size_t>(width_));
    const nb::gil_scoped_release released;
    const std::lock_guard lock(kept->mutex);
    call(function, kept->handle, arguments..., out.data(), rows * width_);
    return out;
  }

 private:
  std::shared_ptr<Scratch> scratch_;  // null: closed
  std::int64_t width_ = 0;
  double* out_ = nullptr;  // of out_array_
  nb::object out_array_;
};

const void* data(nb::bytes row) { return row.c_str(); }
std::int64_t size(nb::bytes row) { return static_cast<std::int64_t>(row.size()); }

nb::object predict_events(Context& context, nb::bytes row, nb::sequence events) {
  std::vector<nb::object> kept;  // a sequence may make its items as they are asked for
  for (const nb::handle rows : events) {
    if (!nb::isinstance<Rows>(rows))
      throw nb::type_error("events: expected mlcore.Rows, one a stream");
    kept.push_back(nb::borrow(rows));
  }
  std::vector<mlcore_rows_t> streams;  // asked for last: iterating runs Python code
  for (const nb::object& rows : kept) streams.push_back(nb::cast<const Rows&>(rows).view());
  return context.row(mlcore_predict_events, data(row), size(row), streams.data(),
                     static_cast<std::int64_t>(streams.size()));
}

template <typename T, typename Function>
Array predict_batch(Context& context, Matrix<T> values, Function function) {
  const auto rows = static_cast<std::int64_t>(values.shape(0));
  const auto columns = static_cast<std::int64_t>(values.shape(1));
  return context.batch(rows, function, values.data(), rows, columns, columns);
}

Array predict_batch_at(Context& context, const State& state, const Rows& requests) {
  static_cast<void>(state.get());
  const std::shared_ptr<const mlcore_state_t> events = state.handle;
  const mlcore_rows_t view = requests.view();
  const Loan loan(requests);
  return context.batch(view.count, mlcore_predict_batch_at, events.get(), &view);
}

void bind_context(nb::module_& module) {
  // Doubles first: what has to be converted, as integers or an array with gaps, becomes doubles.
  nb::class_<Context>(module, "Context", nb::is_final())
      .def_prop_ro("out", &Context::out)
      .def(
          "predict_row",
          [](Context& self, nb::bytes row) {
            return self.row(mlcore_predict_row, data(row), size(row));
          },
          nb::arg("row"))
      .def(
          "predict_numeric",
          [](Context& self, Vector<double> values) {
            return self.row(mlcore_predict_f64, values.data(),
                            static_cast<std::int64_t>(values.shape(0)));
          },
          nb::arg("values"))
      .def(
          "predict_numeric",
          [](Context& self, Vector<float> values) {
            return self.row(mlcore_predict_f32, values.data(),
                            static_cast<std::int64_t>(values.shape(0)));
          },
          nb::arg("values"))
      .def(
          "predict_at",
          [](Context& self, const State& state, nb::bytes row) {
            return self.row(mlcore_predict_at, state.get(), data(row), size(row));
          },
          nb::arg("state"), nb::arg("row"))
      .def("predict_events", &predict_events, nb::arg("row"), nb::arg("events"))
      .def(
          "predict_batch",
          [](Context& self, Matrix<double> values) {
            return predict_batch(self, values, mlcore_predict_batch_f64);
          },
          nb::arg("values"))
      .def(
          "predict_batch",
          [](Context& self, Matrix<float> values) {
            return predict_batch(self, values, mlcore_predict_batch_f32);
          },
          nb::arg("values"))
      .def("predict_batch_at", &predict_batch_at, nb::arg("state"), nb::arg("requests"))
      .def("close", &Context::close)
      .def("__enter__", [](nb::object self) { return self; })
      .def(
          "__exit__", [](Context& self, nb::object, nb::object, nb::object) { self.close(); },
          nb::arg("kind").none(), nb::arg("value").none(), nb::arg("traceback").none());
}

}  // namespace

void bind_model(nb::module_& module) {
  bind_context(module);
  nb::class_<Model>(module, "Model", nb::is_final())
      .def_static("open", &open, nb::arg("path"))
      .def_static("from_bytes", &from_bytes, nb::arg("artifact"))
      .def_prop_ro("name", [](const Model& model) { return lent(model, mlcore_model_name); })
      .def_prop_ro("digest", [](const Model& model) { return lent(model, mlcore_model_digest); })
      .def_prop_ro("features", &features)
      .def("describe", &describe)
      .def(
          "context",
          [](const Model& model, std::string_view output, Rounds iterations) {
            return std::make_unique<Context>(model, output_of(output), iterations);
          },
          nb::arg("output") = "prediction", nb::arg("iterations") = Rounds(0, 0))
      .def(
          "margins",
          [](const Model& model, Matrix<double> values) {
            return margins(model, values, mlcore_model_margin_f64);
          },
          nb::arg("features"))
      .def(
          "margins",
          [](const Model& model, Matrix<float> values) {
            return margins(model, values, mlcore_model_margin_f32);
          },
          nb::arg("features"));
}

}  // namespace mlcore_python
