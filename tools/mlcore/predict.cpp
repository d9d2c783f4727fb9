// SPDX-License-Identifier: Apache-2.0
// `mlcore predict REF --requests CSV | --matrix CSV`
#include <fmt/format.h>

#include <map>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "inputs.hpp"
#include "mlcore/predict/predictor.hpp"
#include "mlcore/registry/open.hpp"
#include "progress_bar.hpp"
#include "scoring.hpp"
#include "table.hpp"
#include "verb.hpp"

namespace mlcore::command {
namespace {

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
  Context context(predictor, {.output = output});
  const std::vector<double> scores = score(context, dataset.state.get(), requests.batch, bar);

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

Scored score_features(const Options& options, const Predictor& predictor, TableFormat format) {
  const FeatureMatrix matrix = read_matrix(options.matrix, predictor);
  if (matrix.rows == 0) refuse_empty(options.matrix);
  const OutputKind output = options.margin ? OutputKind::margin : OutputKind::prediction;
  Table table(score_columns(predictor, options.margin), format);
  for (const double value : score_matrix(predictor, matrix, output)) table.number(value);
  return {std::move(table), matrix.extra_columns};
}

int run(const Options& options, bool json) {
  if (options.requests.empty() == options.matrix.empty()) {
    throw UsageError("give one of --requests and --matrix");
  }
  if (!options.matrix.empty() && !options.streams.empty()) {
    throw UsageError("--matrix holds the features themselves: --stream has no use beside it");
  }
  const auto streams = parse_streams(options.streams);
  const auto predictor = open_model(options.reference).predictor;
  const bool to_stdout = options.output.empty() || options.output == "-";
  const TableFormat format{json && to_stdout, options.hex};
  const Scored scored = [&] {
    ProgressBar bar;
    return options.matrix.empty() ? score_requests(options, streams, predictor, format, bar)
                                  : score_features(options, *predictor, format);
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
