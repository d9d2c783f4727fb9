// SPDX-License-Identifier: Apache-2.0
#pragma once

// What the Python objects hold, and how failures of the C API become exceptions.
//
// Calls for one row keep the interpreter's lock; batches, files and snapshots release it. A Context
// has a lock of its own, so that threads wait instead of sharing its scratch memory.

#include <mlcore/mlcore.h>
#include <nanobind/nanobind.h>
#include <nanobind/ndarray.h>

#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "lent.hpp"

namespace mlcore_python {

namespace nb = nanobind;

/// Carries an mlcore_error_t to the translator, which raises mlcore.Error.
struct Failure : std::exception {
  Failure() : error(MLCORE_ERROR_INIT) {}
  Failure(std::int32_t code, std::int32_t reason, const std::string& message);
  [[nodiscard]] const char* what() const noexcept override { return error.message; }
  mlcore_error_t error;
};

/// Calls a function of the C API, the error as its last argument; throws Failure unless MLCORE_OK.
template <typename Function, typename... Arguments>
void call(Function function, Arguments... arguments) {
  mlcore_error_t error;  // written on failure; clearing the message would take longer than the call
  error.struct_size = sizeof error;
  if (function(arguments..., &error) == MLCORE_OK) return;
  Failure failure;
  failure.error = error;
  throw failure;
}

[[noreturn]] void throw_closed(const char* what);

struct Field {
  std::string name;
  std::int32_t type;
  bool nullable;
  std::int64_t slot_offset;
};

[[nodiscard]] const char* type_name(std::int32_t type);

/// Lifetime: `owner` keeps the handle that the layout is borrowed from.
struct Layout {
  Layout(std::shared_ptr<const void> owner, const mlcore_layout_t* borrowed);
  /// Appends one packed row to `out`.
  void pack(nb::handle mapping, std::string& out) const;
  /// Writes a value into the row that begins at `begin` of `out`, whose fixed part is there.
  void set(std::size_t field, nb::handle value, std::size_t begin, std::string& out) const;

  std::shared_ptr<const void> owner;
  const mlcore_layout_t* handle;
  std::uint64_t id = 0;
  std::int64_t fixed_size = 0;
  std::vector<Field> fields;
  std::vector<nb::object> names;  // interned, for look-ups in a dict
};

struct Rows {
  explicit Rows(std::shared_ptr<const Layout> of) : layout(std::move(of)) {}
  [[nodiscard]] mlcore_rows_t view() const {
    return {bytes.data(), static_cast<std::int64_t>(bytes.size()), offsets.data(),
            static_cast<std::int64_t>(offsets.size()) - 1};
  }
  /// Requires: rows of the layout, whose offsets begin with 0.
  void append(const mlcore_rows_t& rows);

  std::shared_ptr<const Layout> layout;
  std::string bytes;
  std::vector<std::int64_t> offsets = {0};
  mutable int lent = 0;  // calls that read the rows without the interpreter's lock
};

/// Throws BufferError while a call that released the interpreter's lock reads the rows.
void require_free(const Rows& rows);

/// Appends a mapping of arrays, a pandas DataFrame, or a table of Arrow's.
void append_table(Rows& rows, nb::handle table);

/// Rows lent to a call that releases the interpreter's lock; they can't grow meanwhile.
class Loan {
 public:
  explicit Loan(const Rows& rows) : rows_(&rows) { ++rows_->lent; }
  ~Loan() { --rows_->lent; }
  Loan(const Loan&) = delete;
  Loan& operator=(const Loan&) = delete;

 private:
  const Rows* rows_;
};

struct Features {
  std::shared_ptr<const mlcore_features_t> handle;
  [[nodiscard]] std::shared_ptr<const Layout> request() const;
  [[nodiscard]] std::int64_t find_stream(const std::string& name) const;
  [[nodiscard]] std::shared_ptr<const Layout> stream(const std::string& name) const;
};

struct Model {
  std::shared_ptr<const mlcore_model_t> handle;
};

using Rounds = std::pair<std::int32_t, std::int32_t>;

/// An mlcore.Context of this output, over these boosting rounds, its batches on so many threads.
[[nodiscard]] nb::object make_context(const Model& model, std::string_view output, Rounds rounds,
                                      std::int32_t threads);

/// Lets an mlcore.Context count into a monitor; waits for the call in progress.
/// Throws TypeError for another object.
void attach(const mlcore_monitor_t* monitor, nb::handle context);

struct State {
  [[nodiscard]] const mlcore_state_t* get() const {
    if (!handle) throw_closed("state");
    return handle.get();
  }
  std::shared_ptr<const mlcore_state_t> handle;  // null: closed
  Features features;
};

/// Microseconds of an aware datetime, or of a timedelta.
[[nodiscard]] std::int64_t micros_of_datetime(nb::handle value, const char* what);
[[nodiscard]] std::int64_t micros_of_timedelta(nb::handle value, const char* what);

template <typename T>
using Matrix = nb::ndarray<const T, nb::ndim<2>, nb::c_contig, nb::device::cpu>;

/// A masked array of numpy's lends what lies under its mask: throws Failure.
void refuse_masked(nb::handle values);

/// Integers of 64 bits that became doubles: throws Failure where a bit may be lost, from 2**53 on.
void require_exact(nb::handle given, const double* converted, std::size_t count);

/// Whether it is one of numpy's own arrays, of no derived class.
[[nodiscard]] bool is_numpy_array(nb::handle values);

/// Numbers of numpy's: doubles of shape [rows, columns], to be written.
struct NewArray {
  NewArray(std::int64_t rows, std::int64_t columns);
  nb::object array;
  double* data;
};

/// Throws TypeError: what was expected, and the type that was found.
[[noreturn]] void throw_unexpected(const char* expected, nb::handle found, const char* hint = "");
/// The same for an array of numbers, and what takes a table or makes an array.
[[noreturn]] void throw_no_numbers(const char* expected, nb::handle found);

/// Calls `use` with an array of doubles or floats; one that has to be converted becomes doubles.
/// Throws TypeError, with what was `expected`, for what is no such array.
template <template <typename> typename Numbers, int kDimensions, typename Use>
auto with_numbers(nb::handle values, const char* expected, Use use) {
  refuse_masked(values);
  if (const Lent lent(values); const char kind = lent.kind(kDimensions)) {
    const std::vector<std::size_t> shape(lent.shape(), lent.shape() + kDimensions);
    if (kind == 'd') return use(Numbers<double>(lent.data(), kDimensions, shape.data(), values));
    return use(Numbers<float>(lent.data(), kDimensions, shape.data(), values));
  }
  Numbers<double> doubles;
  Numbers<float> floats;
  if (nb::try_cast(values, doubles, false)) return use(doubles);
  if (nb::try_cast(values, floats, false)) return use(floats);
  if (!nb::try_cast(values, doubles)) throw_no_numbers(expected, values);
  require_exact(values, doubles.data(), doubles.size());
  return use(doubles);
}

template <typename Use>
auto with_matrix(nb::handle values, Use use) {
  return with_numbers<Matrix, 2>(values, "expected two dimensions of numbers", use);
}

void bind_rows(nb::module_& module);
void bind_features(nb::module_& module);
void bind_state(nb::module_& module);
void bind_model(nb::module_& module);
void bind_context(nb::module_& module);
void bind_monitor(nb::module_& module);
void bind_table(nb::module_& module);
void bind_import(nb::module_& module);

}  // namespace mlcore_python
