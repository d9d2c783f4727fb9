// SPDX-License-Identifier: Apache-2.0
// `mlcore predict REF --requests CSV | --matrix CSV`
#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "inputs.hpp"
#include "mlcore/base/number.hpp"
#include "mlcore/predict/model_input.hpp"
#include "mlcore/predict/predictor.hpp"
#include "progress_bar.hpp"
#include "table.hpp"
#include "verb.hpp"

namespace mlcore::command {
namespace {

constexpr std::size_t kRowsAChunk = 4096;

struct Options {
  std::string reference;
  std::string requests;
  std::vector<std::string> streams;
  std::string matrix;
  std::string output;
  bool margin = false;
  bool hex = false;
};

std::vector<std::string> score_columns(const Predictor& predictor, bool margin) {
  const std::string name = margin ? "margin" : "prediction";
  const std::size_t count = predictor.output_count(OutputKind::margin);
  if (count == 1) return {name};
  std::vector<std::string> columns;
  for (std::size_t i = 0; i < count; ++i) columns.push_back(fmt::format("{}[{}]", name, i));
  return columns;
}

/// Scores of packed requests, a chunk at a time.
std::vector<double> score(const std::shared_ptr<const Predictor>& predictor, const State* state,
                          const RowBatch& requests, OutputKind output, ProgressBar& bar) {
  Context context(predictor, {.output = output});
  const std::size_t outputs = context.output_count();
  std::vector<double> scores(requests.size() * outputs);
  for (std::size_t begin = 0; begin < requests.size(); begin += kRowsAChunk) {
    const std::size_t end = std::min(begin + kRowsAChunk, requests.size());
    if (state == nullptr) {
      for (std::size_t i = begin; i < end; ++i) {
        const RowView row = RowView::trusted(predictor->definition().request(), requests[i]);
        predictor->predict(context, row, std::span(scores).subspan(i * outputs, outputs));
      }
    } else {
      RowBatch chunk;
      for (std::size_t i = begin; i < end; ++i) chunk.append(requests[i]);
      predictor->predict_batch_at(
          context, *state, chunk,
          std::span(scores).subspan(begin * outputs, (end - begin) * outputs));
    }
    bar.show("score", static_cast<std::int64_t>(end), static_cast<std::int64_t>(requests.size()));
  }
  return scores;
}

struct Scored {
  Table table;
  std::vector<std::string> extra_columns;
};

Scored score_requests(const Options& options, const std::map<std::string, std::string>& streams,
                      const std::shared_ptr<const Predictor>& predictor, TableFormat format,
                      ProgressBar& bar) {
  const Definition& definition = predictor->definition();
  const CsvRows requests = read_requests(options.requests, definition.request());
  const Dataset dataset = read_dataset(definition, streams, bar.callback());
  const OutputKind output = options.margin ? OutputKind::margin : OutputKind::prediction;
  const std::vector<double> scores =
      score(predictor, dataset.state.get(), requests.batch, output, bar);

  const std::vector<std::size_t> identity = identity_fields(definition);
  std::vector<std::string> columns;
  for (const std::size_t field : identity) {
    columns.push_back(definition.request().schema()[field].name);
  }
  for (std::string& column : score_columns(*predictor, options.margin)) {
    columns.push_back(std::move(column));
  }
  const std::size_t outputs = predictor->output_count(output);
  Table table(std::move(columns), format);
  for (std::size_t row = 0; row < requests.batch.size(); ++row) {
    const RowView request = RowView::trusted(definition.request(), requests.batch[row]);
    for (const std::size_t field : identity) table.field(request, field);
    for (std::size_t i = 0; i < outputs; ++i) table.number(scores[row * outputs + i]);
  }
  return {std::move(table), requests.extra_columns};
}

/// The model's features by name, past the definition.
Scored score_matrix(const Options& options, const Predictor& predictor, TableFormat format) {
  std::vector<Field> fields;
  for (const Output& output : predictor.definition().outputs()) {
    fields.push_back({output.name, Type::f64, true});
  }
  const RowLayout layout{Schema(std::move(fields))};
  const CsvRows rows = read_requests(options.matrix, layout);
  const std::size_t width = layout.schema().size();
  std::vector<float> features;
  for (std::size_t row = 0; row < rows.batch.size(); ++row) {
    const RowView view = RowView::trusted(layout, rows.batch[row]);
    for (std::size_t i = 0; i < width; ++i) {
      features.push_back(model_input(view.is_null(i) ? kCanonicalNan : view.f64(i)));
    }
  }
  const std::size_t outputs = predictor.output_count(OutputKind::margin);
  std::vector<float> margins(rows.batch.size() * outputs);
  predictor.margins(Span2d<const float>(features.data(), rows.batch.size(), width), margins);

  Table table(score_columns(predictor, options.margin), format);
  for (std::size_t row = 0; row < rows.batch.size(); ++row) {
    const auto scores = std::span(margins).subspan(row * outputs, outputs);
    if (!options.margin) apply_link(predictor.model().contract.link, scores);
    for (const float value : scores) table.number(static_cast<double>(value));
  }
  return {std::move(table), rows.extra_columns};
}

int run(const Options& options, bool json) {
  if (options.requests.empty() == options.matrix.empty()) {
    throw UsageError("give one of --requests and --matrix");
  }
  if (!options.matrix.empty() && !options.streams.empty()) {
    throw UsageError("--matrix holds the features themselves: --stream has no use beside it");
  }
  const auto streams = parse_streams(options.streams);
  const std::string file = read_reference(options.reference);
  const auto predictor = Predictor::from_bytes(view_of(file));
  const bool to_stdout = options.output.empty() || options.output == "-";
  const TableFormat format{json && to_stdout, options.hex};
  const Scored scored = [&] {
    ProgressBar bar;
    return options.matrix.empty() ? score_requests(options, streams, predictor, format, bar)
                                  : score_matrix(options, *predictor, format);
  }();
  write_output(options.output, scored.table.content());
  if (json && !to_stdout) {
    nlohmann::ordered_json object = {{"file", options.output},
                                     {"rows", scored.table.rows()},
                                     {"content_digest", hex(predictor->digest())},
                                     {"extra_columns", scored.extra_columns}};
    write_output("", json_text(object));
  }
  return kDone;
}

}  // namespace

void add_predict(CLI::App& app, Verb& verb) {
  auto options = std::make_shared<Options>();
  CLI::App* predict = app.add_subcommand("predict", "Score requests, or model features");
  predict->add_option("ref", options->reference, "The artifact")->required()->type_name("REF");
  predict->add_option("--requests", options->requests, "A row a request: keys, inputs, as_of")
      ->type_name("CSV");
  predict->add_option("--stream", options->streams, "The events of a stream, once a stream")
      ->type_name("NAME=CSV");
  predict
      ->add_option("--matrix", options->matrix,
                   "The model's features by name; bypasses the definition")
      ->type_name("CSV");
  predict->add_flag("--margin", options->margin, "The margin, before the link");
  predict->add_flag("--hex", options->hex, "Numbers as hexadecimal floats, every bit of them");
  predict->add_option("-o,--output", options->output, "CSV to write; absent or -: stdout")
      ->type_name("OUT");
  predict->add_flag("--json", verb.json, "The table, or with -o what was written, as JSON");
  predict->footer(
      "Example:\n"
      "  mlcore predict models/churn/v1 --requests today.csv --stream orders=orders.csv -o "
      "out.csv");
  predict->callback(
      [options, &verb] { verb.run = [options, &verb] { return run(*options, verb.json); }; });
}

}  // namespace mlcore::command
