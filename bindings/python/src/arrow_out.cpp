// SPDX-License-Identifier: Apache-2.0
// Table: outputs as a record batch of doubles, exported through the Arrow C Data interface.
#include <nanobind/stl/string.h>
#include <nanobind/stl/vector.h>

#include <cstring>
#include <utility>

#include "arrow.hpp"
#include "binding.hpp"

namespace mlcore_python {
namespace {

/// Columns and their validity; a NaN is a null. Shared by all that is exported.
struct Columns {
  std::vector<std::string> names;
  std::vector<std::vector<double>> values;
  std::vector<std::vector<std::uint8_t>> validity;
  std::vector<std::int64_t> nulls;
  std::int64_t rows = 0;
};

struct Table {
  std::shared_ptr<const Columns> columns;
};

/// A schema with its children, owned by private_data.
struct SchemaHolder {
  std::string name;
  std::vector<ArrowSchema> children;
  std::vector<ArrowSchema*> pointers;
};

struct ArrayHolder {
  std::shared_ptr<const Columns> columns;
  std::vector<const void*> buffers;
  std::vector<ArrowArray> children;
  std::vector<ArrowArray*> pointers;
};

/// Releases what children are still there, and the holder. A child may have been moved out.
template <typename T, typename Holder>
void release(T* exported) {
  for (std::int64_t i = 0; i < exported->n_children; ++i) {
    if (exported->children[i]->release != nullptr)
      exported->children[i]->release(exported->children[i]);
  }
  exported->release = nullptr;
  delete static_cast<Holder*>(exported->private_data);
}

void export_schema(const Columns& columns, ArrowSchema* out) {
  auto* holder = new SchemaHolder;
  holder->children.resize(columns.names.size());
  for (std::size_t i = 0; i < columns.names.size(); ++i) {
    auto* child = new SchemaHolder{columns.names[i], {}, {}};
    holder->children[i] = {"g",     child->name.c_str(),
                           nullptr, ARROW_FLAG_NULLABLE,
                           0,       nullptr,
                           nullptr, release<ArrowSchema, SchemaHolder>,
                           child};
    holder->pointers.push_back(&holder->children[i]);
  }
  *out = {"+s",
          "",
          nullptr,
          0,
          static_cast<std::int64_t>(holder->pointers.size()),
          holder->pointers.data(),
          nullptr,
          release<ArrowSchema, SchemaHolder>,
          holder};
}

void export_array(const std::shared_ptr<const Columns>& columns, ArrowArray* out) {
  auto* holder =
      new ArrayHolder{columns, {nullptr}, std::vector<ArrowArray>(columns->values.size()), {}};
  for (std::size_t i = 0; i < columns->values.size(); ++i) {
    auto* child = new ArrayHolder{
        columns,
        {columns->nulls[i] > 0 ? columns->validity[i].data() : nullptr, columns->values[i].data()},
        {},
        {}};
    holder->children[i] = {columns->rows,
                           columns->nulls[i],
                           0,
                           2,
                           0,
                           child->buffers.data(),
                           nullptr,
                           nullptr,
                           release<ArrowArray, ArrayHolder>,
                           child};
    holder->pointers.push_back(&holder->children[i]);
  }
  *out = {columns->rows,
          0,
          0,
          1,
          static_cast<std::int64_t>(holder->pointers.size()),
          holder->buffers.data(),
          holder->pointers.data(),
          nullptr,
          release<ArrowArray, ArrayHolder>,
          holder};
}

template <typename T>
nb::capsule capsule_of(T* exported, const char* name) {
  return nb::capsule(exported, name, [](void* pointer) noexcept {
    auto* kept = static_cast<T*>(pointer);
    if (kept->release != nullptr) kept->release(kept);
    delete kept;
  });
}

nb::capsule schema_capsule(const Table& table) {
  auto* schema = new ArrowSchema{};
  export_schema(*table.columns, schema);
  return capsule_of(schema, "arrow_schema");
}

nb::tuple array_capsules(const Table& table, nb::handle) {
  auto* array = new ArrowArray{};
  export_array(table.columns, array);
  return nb::make_tuple(schema_capsule(table), capsule_of(array, "arrow_array"));
}

/// A stream of the one batch.
struct StreamHolder {
  std::shared_ptr<const Columns> columns;
  bool is_given = false;
};

nb::capsule stream_capsule(const Table& table, nb::handle) {
  auto* stream = new ArrowArrayStream{};
  stream->private_data = new StreamHolder{table.columns};
  stream->get_schema = [](ArrowArrayStream* self, ArrowSchema* out) {
    export_schema(*static_cast<StreamHolder*>(self->private_data)->columns, out);
    return 0;
  };
  stream->get_next = [](ArrowArrayStream* self, ArrowArray* out) {
    auto* holder = static_cast<StreamHolder*>(self->private_data);
    *out = {};
    if (!std::exchange(holder->is_given, true)) export_array(holder->columns, out);
    return 0;
  };
  stream->get_last_error = [](ArrowArrayStream*) -> const char* { return nullptr; };
  stream->release = [](ArrowArrayStream* self) {
    delete static_cast<StreamHolder*>(self->private_data);
    self->release = nullptr;
  };
  return capsule_of(stream, "arrow_array_stream");
}

using Values = nb::ndarray<const double, nb::ndim<2>, nb::c_contig, nb::device::cpu>;

void construct(Table* self, Values values, std::vector<std::string> names) {
  if (values.shape(1) != names.size()) {
    throw Failure(MLCORE_INVALID_ARGUMENT, MLCORE_REASON_WRONG_WIDTH,
                  "expected a name for each of " + std::to_string(values.shape(1)) +
                      " columns, found " + std::to_string(names.size()));
  }
  auto columns = std::make_shared<Columns>();
  const std::size_t rows = values.shape(0);
  columns->rows = static_cast<std::int64_t>(rows);
  for (std::size_t at = 0; at < names.size(); ++at) {
    std::vector<double> column(rows);
    std::vector<std::uint8_t> validity((rows + 7) / 8);
    std::int64_t nulls = 0;
    for (std::size_t row = 0; row < rows; ++row) {
      column[row] = values.data()[row * names.size() + at];
      const bool is_null = column[row] != column[row];
      nulls += is_null;
      if (!is_null) validity[row / 8] |= static_cast<std::uint8_t>(1u << (row % 8));
    }
    columns->values.push_back(std::move(column));
    columns->validity.push_back(std::move(validity));
    columns->nulls.push_back(nulls);
  }
  columns->names = std::move(names);
  new (self) Table{std::move(columns)};
}

}  // namespace

void bind_table(nb::module_& module) {
  nb::class_<Table>(module, "Table", nb::is_final())
      .def("__init__", &construct, nb::arg("values"), nb::arg("names"))
      .def("__len__", [](const Table& table) { return table.columns->rows; })
      .def_prop_ro("names", [](const Table& table) { return table.columns->names; })
      .def("__arrow_c_schema__", &schema_capsule)
      .def("__arrow_c_array__", &array_capsules, nb::arg("requested_schema") = nb::none())
      .def("__arrow_c_stream__", &stream_capsule, nb::arg("requested_schema") = nb::none());
}

}  // namespace mlcore_python
