// SPDX-License-Identifier: Apache-2.0
// append_arrow: tables of Arrow's, borrowed through the C Data and C Stream interfaces. The library
// packs their batches.
#include <memory>
#include <string>
#include <utility>

#include "arrow.hpp"
#include "columns.hpp"

namespace mlcore_python {
namespace {

[[noreturn]] void refuse(std::int32_t reason, const std::string& problem) {
  throw Failure(MLCORE_INVALID_ARGUMENT, reason, problem);
}

/// Released at the end of the scope, unless it was moved from.
template <typename T>
struct Owned : T {
  Owned() : T{} {}
  ~Owned() {
    if (this->release != nullptr) this->release(this);
  }
  Owned(const Owned&) = delete;
  Owned& operator=(const Owned&) = delete;
};

/// A record batch: a struct whose children are the columns.
void append_batch(Rows& rows, const ArrowSchema& schema, const ArrowArray& batch) {
  mlcore_rows_t packed;
  mlcore_buffer_t* given = nullptr;
  call(mlcore_rows_from_arrow, rows.layout->handle, &schema, &batch, &packed, &given);
  const std::unique_ptr<mlcore_buffer_t, decltype(&mlcore_buffer_release)> buffer(
      given, mlcore_buffer_release);
  rows.append(packed);
}

template <typename T>
T* pointer_of(nb::handle capsule, const char* name) {
  void* pointer = PyCapsule_GetPointer(capsule.ptr(), name);
  if (pointer == nullptr) throw nb::python_error();
  return static_cast<T*>(pointer);
}

/// Takes the stream. It is asked without the interpreter's lock, which a producer's threads may
/// need.
void append_stream(Rows& rows, ArrowArrayStream& given) {
  if (given.release == nullptr)
    refuse(MLCORE_REASON_INVALID_OPTION, "the Arrow stream was released, or taken by someone else");
  Owned<ArrowArrayStream> stream;
  static_cast<ArrowArrayStream&>(stream) = std::exchange(given, ArrowArrayStream{});
  const auto ask = [&](auto function, auto* out) {
    int code = 0;
    {
      const nb::gil_scoped_release released;
      code = function(&stream, out);
    }
    if (code == 0) return;
    const char* problem = stream.get_last_error(&stream);
    refuse(MLCORE_REASON_IO_FAILURE,
           std::string("the Arrow stream failed: ") + (problem == nullptr ? "" : problem));
  };
  Owned<ArrowSchema> schema;
  ask(stream.get_schema, static_cast<ArrowSchema*>(&schema));
  Rows made(rows.layout);
  for (;;) {
    Owned<ArrowArray> batch;
    ask(stream.get_next, static_cast<ArrowArray*>(&batch));
    if (batch.release == nullptr) break;
    append_batch(made, schema, batch);
  }
  require_free(rows);
  rows.append(made.view());
}

}  // namespace

void append_arrow(Rows& rows, nb::handle table) {
  if (nb::hasattr(table, "__arrow_c_stream__")) {
    const nb::object capsule = table.attr("__arrow_c_stream__")();
    append_stream(rows, *pointer_of<ArrowArrayStream>(capsule, "arrow_array_stream"));
    return;
  }
  const nb::object pair = table.attr("__arrow_c_array__")();
  const auto* schema = pointer_of<ArrowSchema>(pair[nb::int_(0)], "arrow_schema");
  const auto* array = pointer_of<ArrowArray>(pair[nb::int_(1)], "arrow_array");
  require_free(rows);
  append_batch(rows, *schema, *array);
}

}  // namespace mlcore_python
