// SPDX-License-Identifier: Apache-2.0
// Context: predictions of one row and of many.
#include <nanobind/stl/optional.h>
#include <nanobind/stl/shared_ptr.h>
#include <nanobind/stl/string.h>
#include <nanobind/stl/string_view.h>
#include <nanobind/stl/vector.h>

#include <limits>
#include <utility>

#include "columns.hpp"
#include "lent.hpp"
#include "matrix.hpp"

namespace mlcore_python {
namespace {

template <typename T>
using Vector = nb::ndarray<const T, nb::ndim<1>, nb::c_contig, nb::device::cpu>;

struct OutputName {
  const char* name;
  std::int32_t output;
};
constexpr OutputName kOutputs[] = {{"prediction", MLCORE_OUTPUT_PREDICTION},
                                   {"margin", MLCORE_OUTPUT_MARGIN},
                                   {"features", MLCORE_OUTPUT_FEATURES},
                                   {"class", MLCORE_OUTPUT_CLASS},
                                   {"leaf", MLCORE_OUTPUT_LEAF}};

const OutputName& output_of(std::string_view name) {
  for (const OutputName& output : kOutputs) {
    if (name == output.name) return output;
  }
  throw Failure(MLCORE_INVALID_ARGUMENT, MLCORE_REASON_INVALID_OPTION,
                "there is no output \"" + std::string(name) +
                    "\": expected prediction, margin, features, class or leaf");
}

/// Doubles that a numpy array shows; the array is their owner.
struct Bound {
  explicit Bound(std::int64_t count) : size(count) {
    data = new double[static_cast<std::size_t>(count)]();
    const nb::capsule owner(data, [](void* p) noexcept { delete[] static_cast<double*>(p); });
    array =
        nb::cast(nb::ndarray<nb::numpy, double>(data, {static_cast<std::size_t>(count)}, owner));
  }
  double* data;
  std::int64_t size;
  nb::object array;
};

/// Shared with the calls that release the interpreter's lock: closing waits for none of them.
struct Scratch {
  explicit Scratch(mlcore_context_t* made) : handle(made) {}
  ~Scratch() { mlcore_context_release(handle); }
  Scratch(const Scratch&) = delete;
  Scratch& operator=(const Scratch&) = delete;

  std::mutex mutex;  // held by the call in progress
  mlcore_context_t* handle;
};

std::shared_ptr<Scratch> scratch_of(const Model& model, std::int32_t output, Rounds rounds,
                                    std::int32_t threads) {
  const mlcore_context_options_t options = {sizeof options, output, rounds.first, rounds.second,
                                            threads};
  mlcore_context_t* context = nullptr;
  call(mlcore_context_new, model.handle.get(), &options, &context);
  return std::make_shared<Scratch>(context);
}

std::int64_t width_of(const Scratch& scratch) {
  std::int64_t width = 0;
  call(mlcore_context_output_count, scratch.handle, &width);
  return width;
}

Features features_of(const Model& model) {
  const mlcore_features_t* borrowed = nullptr;
  call(mlcore_model_features, model.handle.get(), &borrowed);
  return {{model.handle, borrowed}};
}

class Context {
 public:
  Context(const Model& model, const OutputName& output, Rounds rounds, std::int32_t threads)
      : features_(features_of(model)),
        request_(features_.request()),
        output_(output),
        scratch_(scratch_of(model, output.output, rounds, threads)),
        out_(width_of(*scratch_)),
        values_(static_cast<std::int64_t>(request_->fields.size())) {
    std::fill(values_.data, values_.data + values_.size, std::numeric_limits<double>::quiet_NaN());
  }

  [[nodiscard]] nb::object out() const { return out_.array; }
  [[nodiscard]] nb::object values() const { return values_.array; }
  [[nodiscard]] const std::shared_ptr<const Layout>& request() const { return request_; }
  void close() { scratch_.reset(); }

  [[nodiscard]] std::vector<std::string> names() const {
    std::vector<std::string> names;
    for (std::int64_t i = 0; i < out_.size; ++i) {
      if (output_.output == MLCORE_OUTPUT_FEATURES) {
        const char* name = nullptr;
        std::int64_t length = 0;
        call(mlcore_feature_name, features_.handle.get(), i, &name, &length);
        names.emplace_back(name, static_cast<std::size_t>(length));
      } else {
        names.push_back(out_.size == 1 ? output_.name
                                       : std::string(output_.name) + "[" + std::to_string(i) + "]");
      }
    }
    return names;
  }

  /// One row: the interpreter's lock is kept. A batch in another thread is waited for; it needs no
  /// lock of the interpreter to end.
  template <typename Function, typename... Arguments>
  nb::object row(Function function, Arguments... arguments) {
    if (!scratch_) throw_closed("context");
    const std::lock_guard lock(scratch_->mutex);
    call(function, scratch_->handle, arguments..., out_.data, out_.size);
    return out_.array;
  }

  void attach(const mlcore_monitor_t* monitor) {
    if (!scratch_) throw_closed("context");
    const std::lock_guard lock(scratch_->mutex);
    call(mlcore_monitor_attach, monitor, scratch_->handle);
  }

  nb::object bound() {
    return row(mlcore_predict_f64, static_cast<const double*>(values_.data), values_.size);
  }

  template <typename Function, typename... Arguments>
  nb::object batch(std::int64_t rows, Function function, Arguments... arguments) {
    if (!scratch_) throw_closed("context");
    const std::shared_ptr<Scratch> kept = scratch_;
    const std::int64_t width = out_.size;
    const NewArray out(rows, width);
    {
      const nb::gil_scoped_release released;
      const std::lock_guard lock(kept->mutex);
      call(function, kept->handle, arguments..., out.data, rows * width);
    }
    return out.array;
  }

 private:
  Features features_;
  std::shared_ptr<const Layout> request_;
  OutputName output_;
  std::shared_ptr<Scratch> scratch_;  // null: closed
  Bound out_, values_;
};

/// The short way for arrays without gaps; others are converted, to doubles.
nb::object predict_numeric(Context& context, nb::handle values) {
  refuse_masked(values);
  const Lent lent(values);
  if (lent.kind(1) == 'd') {
    return context.row(mlcore_predict_f64, static_cast<const double*>(lent.data()),
                       lent.shape()[0]);
  }
  if (lent.kind(1) == 'f') {
    return context.row(mlcore_predict_f32, static_cast<const float*>(lent.data()), lent.shape()[0]);
  }
  Vector<double> converted;
  if (!nb::try_cast(values, converted))
    throw nb::type_error("values: expected one dimension of numbers");
  require_exact(values, converted.data(), converted.size());
  return context.row(mlcore_predict_f64, converted.data(),
                     static_cast<std::int64_t>(converted.shape(0)));
}

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

nb::object predict_matrix(Context& context, nb::handle values, nb::handle base_margin,
                          std::optional<double> missing, std::string_view absent) {
  const GivenMatrix given(values, {base_margin, missing, absent});
  return context.batch(given.matrix().rows, mlcore_predict_matrix, &given.matrix());
}

nb::object predict_table(Context& context, nb::handle table) {
  const std::shared_ptr<const Rows> requests = rows_of(table, context.request());
  const mlcore_rows_t view = requests->view();
  const Loan loan(*requests);
  const mlcore_state_t* const no_state = nullptr;
  return context.batch(view.count, mlcore_predict_batch_at, no_state, &view);
}

nb::object predict_batch_at(Context& context, const State& state, nb::handle given) {
  const std::shared_ptr<const Rows> requests = rows_of(given, context.request());
  static_cast<void>(state.get());  // after rows_of, which may run Python code
  const std::shared_ptr<const mlcore_state_t> events = state.handle;
  const mlcore_rows_t view = requests->view();
  const Loan loan(*requests);
  return context.batch(view.count, mlcore_predict_batch_at, events.get(), &view);
}

void bind_rows_of_one(nb::class_<Context>& type) {
  type.def(
          "predict_row",
          [](Context& self, nb::bytes row) {
            return self.row(mlcore_predict_row, data(row), size(row));
          },
          nb::arg("row"))
      .def("predict_values", &Context::bound)
      .def("predict_numeric", &predict_numeric, nb::arg("values"))
      .def(
          "predict_at",
          [](Context& self, const State& state, nb::bytes row) {
            return self.row(mlcore_predict_at, state.get(), data(row), size(row));
          },
          nb::arg("state"), nb::arg("row"))
      .def("predict_events", &predict_events, nb::arg("row"), nb::arg("events"));
}

}  // namespace

nb::object make_context(const Model& model, std::string_view output, Rounds rounds,
                        std::int32_t threads) {
  return nb::cast(new Context(model, output_of(output), rounds, threads),
                  nb::rv_policy::take_ownership);
}

void attach(const mlcore_monitor_t* monitor, nb::handle context) {
  if (!nb::isinstance<Context>(context)) throw nb::type_error("context: expected mlcore.Context");
  nb::cast<Context&>(context).attach(monitor);
}

void bind_context(nb::module_& module) {
  nb::class_<Context> type(module, "Context", nb::is_final());
  bind_rows_of_one(type);
  type.def_prop_ro("out", &Context::out)
      .def_prop_ro("values", &Context::values)
      .def_prop_ro("names", &Context::names)
      .def("predict_batch", &predict_matrix, nb::arg("values"), nb::kw_only(),
           nb::arg("base_margin").none() = nb::none(), nb::arg("missing") = nb::none(),
           nb::arg("absent") = "default")
      .def("predict_rows", &predict_table, nb::arg("requests"))
      .def("predict_batch_at", &predict_batch_at, nb::arg("state"), nb::arg("requests"))
      .def("close", &Context::close)
      .def("__enter__", [](nb::object self) { return self; })
      .def(
          "__exit__", [](Context& self, nb::object, nb::object, nb::object) { self.close(); },
          nb::arg("kind").none(), nb::arg("value").none(), nb::arg("traceback").none());
}

}  // namespace mlcore_python
