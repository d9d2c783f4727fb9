// SPDX-License-Identifier: Apache-2.0
// Runs the parity table through the C++ headers.
// usage: parity_cpp_test CASES_JSON FOLDER_OF_THE_ARTIFACTS
#include <algorithm>
#include <map>
#include <memory>
#include <mlcore/mlcore.hpp>

#include "parity_table.hpp"

namespace mlcore::parity {
namespace {

ByteView view_of(const std::string& bytes) {
  return {reinterpret_cast<const std::uint8_t*>(bytes.data()), bytes.size()};
}

std::vector<Column> columns_of(const RowLayout& layout) {
  std::vector<Column> columns;
  for (const Field& field : layout.schema().fields()) {
    columns.push_back({field.name, static_cast<std::int32_t>(field.type), field.nullable});
  }
  return columns;
}

/// Packs an object of tagged values, through JSON where its types are not the layout's.
void append(RowBatch& batch, const RowLayout& layout, const Json& row) {
  if (const auto packed = row.find("packed"); packed != row.end()) {
    return batch.append(view_of(bytes(packed->get<std::string>())));
  }
  RowBuilder builder(layout);
  if (!set_slots(builder, columns_of(layout), row)) {
    builder.discard();
    row_from_json(layout, json_of(row), builder);
  }
  const ByteView made = builder.finish();
  static_cast<void>(RowView::parse(layout, made));
  batch.append(made);
}

RowBatch batch_of(const RowLayout& layout, const Json& rows) {
  RowBatch batch;
  for (const Json& row : rows) append(batch, layout, row);
  return batch;
}

/// The batches of a case, one a stream; a stream that is not named has none.
std::vector<RowBatch> batches_of(const Definition& definition, const Json& events) {
  std::vector<RowBatch> batches;
  for (const Stream& stream : definition.streams()) {
    batches.push_back(batch_of(stream.layout, events.value(stream.name, Json::array())));
  }
  return batches;
}

StateOptions options_of(const Json& state) {
  StateOptions options;
  const Json given = state.value("options", Json::object());
  for (const auto& [name, text] : given.items()) {
    const std::int64_t value = integer(text).value();
    if (name == "max_bytes") options.max_bytes = static_cast<std::uint64_t>(value);
    if (name == "max_keys") options.max_keys = static_cast<std::uint64_t>(value);
    if (name == "lateness") options.lateness = value;
    if (name == "complete_from") options.complete_from = value;
  }
  return options;
}

std::unique_ptr<State> filled(const Definition& models, const Json& wanted) {
  std::optional<Definition> other;
  if (wanted.contains("definition"))
    other = Definition::parse(wanted["definition"].get<std::string>());
  const Definition& definition = other ? *other : models;
  auto state = std::make_unique<State>(definition, options_of(wanted));
  const Json origin = wanted.value("from", Json::object());
  const std::vector<RowBatch> batches = batches_of(definition, wanted["events"]);
  std::map<std::string, std::uint64_t> total;
  for (int time = origin.value("times", 1); time > 0; --time) {
    for (std::size_t stream = 0; stream < batches.size(); ++stream) {
      if (batches[stream].size() == 0) continue;
      const IngestReport report =
          origin.empty() ? state->ingest(stream, batches[stream])
                         : state->ingest(stream, batches[stream], origin.value("source", ""),
                                         integer(origin["offset"]).value());
      total["accepted"] += report.accepted, total["late"] += report.late;
      total["duplicate"] += report.duplicate, total["conflict"] += report.conflict;
      total["invalid"] += report.invalid, total["replayed"] += report.replayed;
    }
  }
  if (wanted.contains("report") && wanted["report"] != Json(total)) {
    throw std::runtime_error("the report is " + Json(total).dump());
  }
  if (wanted.contains("expire")) state->expire(integer(wanted["expire"]).value());
  return state;
}

std::unique_ptr<State> restored(const Definition& definition, const Json& one) {
  const Bytes kept = filled(definition, one["state"])->snapshot();
  const std::string whole(reinterpret_cast<const char*>(kept.data()), kept.size());
  const std::string snapshot = damaged(whole, one.value("damage", Json::object()));
  return State::restore(definition, view_of(snapshot), options_of(one["state"]));
}

ContextOptions context_options(const Json& wanted) {
  static const std::vector<std::string> kOutputs = {"prediction", "margin", "features", "class",
                                                    "leaf"};
  ContextOptions options;
  const auto output =
      std::find(kOutputs.begin(), kOutputs.end(), wanted.value("output", "prediction"));
  options.output = static_cast<OutputKind>(output - kOutputs.begin());
  if (const auto rounds = wanted.find("iterations"); rounds != wanted.end()) {
    options.iteration_begin = (*rounds)[0];
    options.iteration_end = (*rounds)[1];
  }
  return options;
}

template <typename T>
std::vector<T> numbers(const Json& rows) {
  std::vector<T> values;
  for (const Json& row : rows) {
    for (const Json& value : row) values.push_back(static_cast<T>(number(value)));
  }
  return values;
}

/// The features of a definition without a model, as mlcore_features_compute.
Json features_of(const Json& one) {
  const Definition definition = Definition::parse(one["definition"].get<std::string>());
  std::unique_ptr<State> state;
  if (one.contains("state")) state = filled(definition, one["state"]);
  const RowBatch rows = batch_of(definition.request(), one["rows"]);
  const FeaturePlan plan(definition, {});
  if (!state && !definition.streams().empty()) {  // what a caller in C++ sees for itself
    throw Refusal{MLCORE_FAILED_PRECONDITION, MLCORE_REASON_NEEDS_STATE, -1, -1};
  }
  FeatureScratch scratch = plan.make_scratch();
  AggregateValues aggregates;
  std::vector<double> out(rows.size() * plan.width());
  for (std::size_t i = 0; i < rows.size(); ++i) {
    const RowView row = RowView::parse(definition.request(), rows[i]);
    if (state) state->read(definition, row, aggregates);
    plan.compute(row, aggregates.cells, scratch,
                 std::span(out).subspan(i * plan.width(), plan.width()));
  }
  return bits(out);
}

struct Model {
  std::string file;
  std::shared_ptr<const Predictor> predictor;
};
using Models = std::map<std::string, Model>;

Json predicted(const Json& one, const Predictor& predictor, Context& context) {
  const std::string what = one["call"];
  const Definition& definition = predictor.definition();
  const std::size_t width = context.output_count();
  std::vector<double> out(width);
  if (what == "numbers") {
    const auto values = numbers<double>(Json::array({one["values"]}));
    std::vector<double> given;
    for (const double value : values) {
      given.push_back(one["width"] == "f32" ? static_cast<double>(static_cast<float>(value))
                                            : value);
    }
    predictor.predict_numeric(context, given, out);
    return bits(out);
  }
  if (what == "batch") {
    const Json& rows = one["rows"];
    const std::size_t columns = rows.empty() ? 0 : rows[0].size();
    out.resize(rows.size() * width);
    const auto wide = numbers<double>(rows);
    const auto narrow = numbers<float>(rows);
    if (one["width"] == "f32") {
      predictor.predict_batch(context, Span2d<const float>(narrow.data(), rows.size(), columns),
                              out);
    } else {
      predictor.predict_batch(context, Span2d<const double>(wide.data(), rows.size(), columns),
                              out);
    }
    return bits(out);
  }
  if (what == "batch_at") {
    const std::unique_ptr<State> state = filled(definition, one["state"]);
    const RowBatch rows = batch_of(definition.request(), one["rows"]);
    out.resize(rows.size() * width);
    predictor.predict_batch_at(context, *state, rows, out);
    return bits(out);
  }
  RowBatch request;
  if (what == "json") {
    RowBuilder builder(definition.request());
    row_from_json(definition.request(), one["json"].get<std::string>(), builder);
    request.append(builder.finish());
  } else {
    append(request, definition.request(),
           what == "packed" ? Json{{"packed", one["packed"]}} : one["row"]);
  }
  const RowView row = RowView::parse(definition.request(), request[0]);
  if (what == "row" || what == "json" || what == "packed") {
    predictor.predict(context, row, out);
  } else if (what == "events") {
    predictor.predict_events(context, row, batches_of(definition, one["events"]), out);
  } else if (what == "at") {
    predictor.predict_at(context, *filled(definition, one["state"]), row, out);
  } else if (what == "restored") {
    predictor.predict_at(context, *restored(definition, one), row, out);
  } else {
    throw std::runtime_error("there is no call \"" + what + "\"");
  }
  return bits(out);
}

Json outcome(const Json& one, const Models& models) {
  try {
    if (one["call"] == "features") return features_of(one);
    if (one["call"] == "definition") {
      return {{"fingerprint",
               mlcore::hex(Definition::parse(one["text"].get<std::string>()).fingerprint())}};
    }
    if (one["call"] == "open") {
      const std::string file =
          one.contains("bytes") ? bytes(one["bytes"].get<std::string>())
                                : damaged(models.at(one["patch"]["artifact"]).file, one["patch"]);
      static_cast<void>(Predictor::from_bytes(view_of(file)));
      return "opened";
    }
    const Model& model = models.at(one["artifact"]);
    Context context(model.predictor, context_options(one.value("context", Json::object())));
    return predicted(one, *model.predictor, context);
  } catch (const Error& error) {
    throw Refusal{static_cast<std::int32_t>(error.code()),
                  static_cast<std::int32_t>(error.reason()), error.where().column,
                  error.where().row};
  }
}

}  // namespace
}  // namespace mlcore::parity

int main(int argc, char** argv) {
  using namespace mlcore::parity;
  if (argc != 3) return 2;
  const Json table = Json::parse(read_whole(argv[1]));
  Models models;
  for (const auto& [name, file] : table["artifacts"].items()) {
    const std::string whole = read_whole(std::string(argv[2]) + "/" + file.get<std::string>());
    models[name] = {whole, mlcore::Predictor::from_bytes(view_of(whole))};
  }
  return run_table(table, [&](const Json& one) { return outcome(one, models); });
}
