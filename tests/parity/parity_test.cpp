// SPDX-License-Identifier: Apache-2.0
// Runs the parity table through the C API of libmlcore.so.
// usage: parity_test CASES_JSON FOLDER_OF_THE_ARTIFACTS
#include <algorithm>
#include <cstring>
#include <map>
#include <memory>

#include "parity_table.hpp"

namespace mlcore::parity {
namespace {

template <typename Function, typename... Arguments>
void call(Function function, Arguments... arguments) {
  mlcore_error_t error = MLCORE_ERROR_INIT;
  const std::int32_t code = function(arguments..., &error);
  if (code == MLCORE_OK) return;
  if (code != error.code) throw std::runtime_error("the code returned is not the error's");
  throw Refusal{error.code, error.reason, error.column, error.row};
}

template <typename T>
using Owner = std::unique_ptr<T, void (*)(T*)>;

std::int64_t size_of(const auto& values) { return static_cast<std::int64_t>(values.size()); }

/// The bytes of one row, written by the rules of docs/c_api.md.
class Slots {
 public:
  explicit Slots(const mlcore_layout_t* layout) : layout_(layout) {
    std::int64_t fixed = 0, count = 0;
    std::uint64_t id = 0;
    call(mlcore_layout_fixed_size, layout, &fixed);
    call(mlcore_layout_field_count, layout, &count);
    call(mlcore_layout_id, layout, &id);
    row.assign(static_cast<std::size_t>(fixed), '\0');
    std::memcpy(row.data(), &id, sizeof id);
    for (std::int64_t i = 0; i < count; ++i) {
      mlcore_field_t field = {};
      field.struct_size = sizeof field;
      call(mlcore_layout_field, layout, i, &field);
      columns.push_back({{field.name, static_cast<std::size_t>(field.name_length)},
                         field.type,
                         field.nullable != 0});
      offsets_.push_back(field.slot_offset);
    }
  }
  void set_null(std::size_t at) { row[8 + at / 8] |= static_cast<char>(1 << at % 8); }
  void set_boolean(std::size_t at, bool value) { set(at, static_cast<std::uint64_t>(value)); }
  void set_i64(std::size_t at, std::int64_t value) { set(at, value); }
  void set_f64(std::size_t at, double value) { set(at, value); }
  void set_string(std::size_t at, const std::string& text) {
    set(at, static_cast<std::uint64_t>(row.size()) | static_cast<std::uint64_t>(text.size()) << 32);
    row += text;
  }
  /// Packs an object of tagged values, through JSON where its types are not the layout's.
  std::string pack(const Json& values) {
    if (const auto packed = values.find("packed"); packed != values.end())
      return bytes(packed->get<std::string>());
    if (!set_slots(*this, columns, values)) return from_json(layout_, json_of(values));
    call(mlcore_row_check, layout_, row.data(), size_of(row));
    return row;
  }
  static std::string from_json(const mlcore_layout_t* layout, const std::string& json) {
    std::string made(json.size() + 4096, '\0');
    std::int64_t needed = 0;
    call(mlcore_row_from_json, layout, json.data(), size_of(json), static_cast<void*>(made.data()),
         size_of(made), &needed);
    return made.substr(0, static_cast<std::size_t>(needed));
  }

  std::string row;
  std::vector<Column> columns;

 private:
  template <typename Word>
  void set(std::size_t at, Word word) {
    static_assert(sizeof word == 8);
    std::memcpy(row.data() + offsets_[at], &word, sizeof word);
  }
  const mlcore_layout_t* layout_;
  std::vector<std::int64_t> offsets_;
};

struct Batch {
  Batch(const mlcore_layout_t* layout, const Json& rows) {
    for (const Json& row : rows) {
      bytes += Slots(layout).pack(row);
      offsets.push_back(size_of(bytes));
    }
  }
  [[nodiscard]] mlcore_rows_t view() const {
    return {bytes.data(), size_of(bytes), offsets.data(), size_of(offsets) - 1};
  }
  std::string bytes;
  std::vector<std::int64_t> offsets = {0};
};

Owner<mlcore_features_t> compile(const std::string& text) {
  mlcore_features_t* made = nullptr;
  call(mlcore_features_open, text.data(), size_of(text), &made);
  return {made, mlcore_features_release};
}

const mlcore_layout_t* request_of(const mlcore_features_t* features) {
  const mlcore_layout_t* layout = nullptr;
  call(mlcore_features_request_layout, features, &layout);
  return layout;
}

/// The batches of a case, one a stream; a stream that is not named has none.
std::vector<Batch> batches_of(const mlcore_features_t* features, const Json& events) {
  std::int64_t count = 0;
  call(mlcore_features_stream_count, features, &count);
  std::vector<Batch> batches;
  for (std::int64_t stream = 0; stream < count; ++stream) {
    const char* name = nullptr;
    std::int64_t length = 0;
    const mlcore_layout_t* layout = nullptr;
    call(mlcore_features_stream_name, features, stream, &name, &length);
    call(mlcore_features_stream_layout, features, stream, &layout);
    batches.emplace_back(
        layout, events.value(std::string(name, static_cast<std::size_t>(length)), Json::array()));
  }
  return batches;
}

mlcore_state_options_t options_of(const Json& state) {
  mlcore_state_options_t options = {};
  call(mlcore_state_options_init, &options, static_cast<std::uint32_t>(sizeof options));
  const Json given = state.value("options", Json::object());
  for (const auto& [name, text] : given.items()) {
    const std::int64_t value = integer(text).value();
    if (name == "max_bytes") options.max_bytes = static_cast<std::uint64_t>(value);
    if (name == "max_keys") options.max_keys = static_cast<std::uint64_t>(value);
    if (name == "lateness") options.lateness = value, options.flags |= MLCORE_STATE_HAS_LATENESS;
    if (name == "complete_from")
      options.complete_from = value, options.flags |= MLCORE_STATE_HAS_COMPLETE_FROM;
  }
  return options;
}

void ingest(const mlcore_state_t* state, const mlcore_features_t* features, const Json& wanted) {
  const Json origin = wanted.value("from", Json::object());
  const std::string source = origin.value("source", "");
  std::map<std::string, std::uint64_t> total;
  const std::vector<Batch> batches = batches_of(features, wanted["events"]);
  for (int time = origin.value("times", 1); time > 0; --time) {
    for (std::size_t stream = 0; stream < batches.size(); ++stream) {
      const mlcore_rows_t view = batches[stream].view();
      if (view.count == 0) continue;
      mlcore_ingest_report_t report = {};
      report.struct_size = sizeof report;
      const auto index = static_cast<std::int64_t>(stream);
      if (origin.empty()) {
        call(mlcore_state_ingest, state, index, &view, &report);
      } else {
        call(mlcore_state_ingest_from, state, index, &view, source.data(), size_of(source),
             integer(origin["offset"]).value(), &report);
      }
      total["accepted"] += report.accepted, total["late"] += report.late,
          total["duplicate"] += report.duplicate;
      total["conflict"] += report.conflict, total["invalid"] += report.invalid,
          total["replayed"] += report.replayed;
    }
  }
  if (wanted.contains("report") && wanted["report"] != Json(total))
    throw std::runtime_error("the report is " + Json(total).dump());
  if (wanted.contains("expire"))
    call(mlcore_state_expire, state, integer(wanted["expire"]).value());
}

Owner<mlcore_state_t> filled(const mlcore_features_t* features, const Json& wanted) {
  Owner<mlcore_features_t> other(nullptr, mlcore_features_release);
  if (wanted.contains("definition")) {
    other = compile(wanted["definition"]);
    features = other.get();
  }
  const mlcore_state_options_t options = options_of(wanted);
  mlcore_state_t* made = nullptr;
  call(mlcore_state_new, features, &options, &made);
  Owner<mlcore_state_t> state(made, mlcore_state_release);
  ingest(made, features, wanted);
  return state;
}

Owner<mlcore_state_t> restored(const mlcore_features_t* features, const Json& one) {
  const Owner<mlcore_state_t> kept = filled(features, one["state"]);
  mlcore_buffer_t* buffer = nullptr;
  call(mlcore_state_snapshot, kept.get(), &buffer);
  const Owner<mlcore_buffer_t> owner(buffer, mlcore_buffer_release);
  const void* data = nullptr;
  std::int64_t size = 0;
  call(mlcore_buffer_bytes, buffer, &data, &size);
  const std::string snapshot =
      damaged({static_cast<const char*>(data), static_cast<std::size_t>(size)},
              one.value("damage", Json::object()));
  const mlcore_state_options_t options = options_of(one["state"]);
  mlcore_state_t* made = nullptr;
  call(mlcore_state_restore, features, snapshot.data(), size_of(snapshot), &options, &made);
  return {made, mlcore_state_release};
}

struct Model {
  explicit Model(const std::string& path) {
    file = read_whole(path);
    call(mlcore_model_open_bytes, file.data(), size_of(file), &handle);
    call(mlcore_model_features, handle, &features);
  }
  ~Model() { mlcore_model_release(handle); }
  Model(const Model&) = delete;
  Model& operator=(const Model&) = delete;
  std::string file;
  mlcore_model_t* handle = nullptr;
  const mlcore_features_t* features = nullptr;
};

using Models = std::map<std::string, std::unique_ptr<Model>>;

Owner<mlcore_context_t> context_of(const Model& model, const Json& wanted) {
  static const std::vector<std::string> kOutputs = {"prediction", "margin", "features", "class",
                                                    "leaf"};
  mlcore_context_options_t options = {};
  call(mlcore_context_options_init, &options, static_cast<std::uint32_t>(sizeof options));
  const auto output =
      std::find(kOutputs.begin(), kOutputs.end(), wanted.value("output", "prediction"));
  options.output = static_cast<std::int32_t>(output - kOutputs.begin());
  if (const auto rounds = wanted.find("iterations"); rounds != wanted.end()) {
    options.iteration_begin = (*rounds)[0];
    options.iteration_end = (*rounds)[1];
  }
  mlcore_context_t* made = nullptr;
  call(mlcore_context_new, model.handle, &options, &made);
  return {made, mlcore_context_release};
}

/// Calls with room for `rows` rows as the last arguments.
template <typename Function, typename... Arguments>
Json predict(mlcore_context_t* context, std::int64_t rows, Function function,
             Arguments... arguments) {
  std::int64_t width = 0;
  call(mlcore_context_output_count, context, &width);
  std::vector<double> out(static_cast<std::size_t>(rows * width));
  call(function, context, arguments..., out.data(), rows * width);
  return bits(out);
}

template <typename T, typename Function>
Json predict_matrix(mlcore_context_t* context, const Json& rows, Function function) {
  std::vector<T> values;
  for (const Json& row : rows) {
    for (const Json& value : row) values.push_back(static_cast<T>(number(value)));
  }
  const auto columns = rows.empty() ? 0 : size_of(rows[0]);
  return predict(context, size_of(rows), function, values.data(), size_of(rows), columns, columns);
}

template <typename T, typename Function>
Json predict_numbers(mlcore_context_t* context, const Json& row, Function function) {
  std::vector<T> values = {T{}};  // never a null pointer
  for (const Json& value : row) values.push_back(static_cast<T>(number(value)));
  return predict(context, 1, function, values.data() + 1, size_of(row));
}

Json features_of(const Json& one) {
  const Owner<mlcore_features_t> features = compile(one["definition"]);
  Owner<mlcore_state_t> state(nullptr, mlcore_state_release);
  if (one.contains("state")) state = filled(features.get(), one["state"]);
  const Batch rows(request_of(features.get()), one["rows"]);
  const mlcore_rows_t view = rows.view();
  std::int64_t width = 0;
  call(mlcore_feature_count, features.get(), &width);
  std::vector<double> out(static_cast<std::size_t>(view.count * width));
  call(mlcore_features_compute, features.get(), state.get(), &view, out.data(), size_of(out));
  return bits(out);
}

Json open_bytes(const Json& one, const Models& models) {
  const std::string file = one.contains("bytes")
                               ? bytes(one["bytes"].get<std::string>())
                               : damaged(models.at(one["patch"]["artifact"])->file, one["patch"]);
  mlcore_model_t* made = nullptr;
  call(mlcore_model_open_bytes, file.data(), size_of(file), &made);
  mlcore_model_release(made);
  return "opened";
}

Json fingerprint(const Json& one) {
  const Owner<mlcore_features_t> features = compile(one["text"]);
  const char* text = nullptr;
  std::int64_t length = 0;
  call(mlcore_features_fingerprint, features.get(), &text, &length);
  return {{"fingerprint", std::string(text, static_cast<std::size_t>(length))}};
}

Json with_events(mlcore_context_t* context, const Model& model, const Json& one,
                 const std::string& row) {
  const std::vector<Batch> batches = batches_of(model.features, one["events"]);
  std::vector<mlcore_rows_t> views = {{}};  // never a null pointer
  for (const Batch& batch : batches) views.push_back(batch.view());
  return predict(context, 1, mlcore_predict_events, row.data(), size_of(row), views.data() + 1,
                 size_of(batches));
}

Json predicted(const Json& one, const Model& model) {
  const std::string what = one["call"];
  const mlcore_layout_t* layout = request_of(model.features);
  const Owner<mlcore_context_t> owner = context_of(model, one.value("context", Json::object()));
  mlcore_context_t* const context = owner.get();
  const bool narrow = one.value("width", "") == "f32";
  if (what == "numbers" && narrow)
    return predict_numbers<float>(context, one["values"], mlcore_predict_f32);
  if (what == "numbers") return predict_numbers<double>(context, one["values"], mlcore_predict_f64);
  if (what == "batch" && narrow)
    return predict_matrix<float>(context, one["rows"], mlcore_predict_batch_f32);
  if (what == "batch")
    return predict_matrix<double>(context, one["rows"], mlcore_predict_batch_f64);
  if (what == "batch_at") {
    const Owner<mlcore_state_t> state = filled(model.features, one["state"]);
    const Batch rows(layout, one["rows"]);
    const mlcore_rows_t view = rows.view();
    return predict(context, view.count, mlcore_predict_batch_at, state.get(), &view);
  }
  const std::string row = what == "json"     ? Slots::from_json(layout, one["json"])
                          : what == "packed" ? bytes(one["packed"].get<std::string>())
                                             : Slots(layout).pack(one["row"]);
  if (what == "row" || what == "json" || what == "packed") {
    return predict(context, 1, mlcore_predict_row, row.data(), size_of(row));
  }
  if (what == "events") return with_events(context, model, one, row);
  if (what != "at" && what != "restored")
    throw std::runtime_error("there is no call \"" + what + "\"");
  const Owner<mlcore_state_t> state =
      what == "at" ? filled(model.features, one["state"]) : restored(model.features, one);
  return predict(context, 1, mlcore_predict_at, state.get(), row.data(), size_of(row));
}

Json outcome(const Json& one, const Models& models) {
  if (one["call"] == "features") return features_of(one);
  if (one["call"] == "open") return open_bytes(one, models);
  if (one["call"] == "definition") return fingerprint(one);
  return predicted(one, *models.at(one["artifact"]));
}

}  // namespace
}  // namespace mlcore::parity

int main(int argc, char** argv) {
  using namespace mlcore::parity;
  if (argc != 3) return 2;
  const Json table = Json::parse(read_whole(argv[1]));
  Models models;
  for (const auto& [name, file] : table["artifacts"].items()) {
    models[name] = std::make_unique<Model>(std::string(argv[2]) + "/" + file.get<std::string>());
  }
  return run_table(table, [&](const Json& one) { return outcome(one, models); });
}
