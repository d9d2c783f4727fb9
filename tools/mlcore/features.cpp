// SPDX-License-Identifier: Apache-2.0
// `mlcore features REF|DEFINITION --requests CSV`
#include <fmt/format.h>

#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "inputs.hpp"
#include "mlcore/artifact/artifact.hpp"
#include "mlcore/base/error.hpp"
#include "mlcore/base/file.hpp"
#include "mlcore/base/fp_guard.hpp"
#include "mlcore/feature/plan.hpp"
#include "progress_bar.hpp"
#include "table.hpp"
#include "verb.hpp"

namespace mlcore::command {
namespace {

constexpr std::size_t kRowsAProgress = 512;

struct Options {
  std::string source;
  std::vector<std::string> streams;
  std::string requests;
  std::string output;
  bool hex = false;
};

/// A REF, or the text of a definition without `fit`.
FeaturePlan read_plan(const std::string& source) {
  if (is_reference(source) || read_file(source).starts_with("\x89MLC")) {
    Artifact artifact = read_reference(source).artifact;
    return {std::move(artifact.definition), std::move(artifact.parameters)};
  }
  return {read_definition(source), {}};
}

Table compute(const FeaturePlan& plan, const State* state, const RowBatch& requests,
              TableFormat format, ProgressBar& bar) {
  const Definition& definition = plan.definition();
  const std::vector<std::size_t> identity = identity_fields(definition);
  std::vector<std::string> columns;
  for (const std::size_t field : identity) {
    columns.push_back(definition.request().schema()[field].name);
  }
  for (const Output& output : definition.outputs()) columns.push_back(output.name);

  const FloatingPointGuard guard;
  Table table(std::move(columns), format);
  FeatureScratch scratch = plan.make_scratch();
  AggregateValues aggregates;
  std::vector<double> features(plan.width());
  for (std::size_t i = 0; i < requests.size(); ++i) {
    const RowView request = RowView::trusted(definition.request(), requests[i]);
    if (state != nullptr) state->read(definition, request, aggregates);
    plan.compute(request, aggregates.cells, scratch, features);
    for (const std::size_t field : identity) table.field(request, field);
    for (const double feature : features) table.number(feature);
    if (i % kRowsAProgress == 0) {
      bar.show("compute", static_cast<std::int64_t>(i), static_cast<std::int64_t>(requests.size()));
    }
  }
  return table;
}

int run(const Options& options, bool json) {
  const auto streams = parse_streams(options.streams);
  const FeaturePlan plan = read_plan(options.source);
  const CsvRows requests = read_requests(options.requests, plan.definition().request());
  const bool to_stdout = options.output.empty() || options.output == "-";
  std::string content;
  std::uint64_t rows = 0;
  {
    ProgressBar bar;
    const Dataset dataset = read_dataset(plan.definition(), streams, bar.callback());
    const Table table =
        compute(plan, dataset.state.get(), requests.batch, {json && to_stdout, options.hex}, bar);
    content = table.content();
    rows = table.rows();
  }
  write_output(options.output, content);
  if (json && !to_stdout) {
    nlohmann::ordered_json object = {
        {"file", options.output}, {"rows", rows}, {"extra_columns", requests.extra_columns}};
    write_output("", json_text(object));
  }
  return kDone;
}

}  // namespace

void add_features(CLI::App& app, Verb& verb) {
  auto options = std::make_shared<Options>();
  CLI::App* features = app.add_subcommand("features", "Compute the features of requests");
  features->add_option("source", options->source, "An artifact, or a feature definition")
      ->required()
      ->type_name("REF|DEFINITION");
  features->add_option("--stream", options->streams, "The events of a stream, once a stream")
      ->type_name("NAME=CSV");
  features->add_option("--requests", options->requests, "A row a request: keys, inputs, as_of")
      ->required()
      ->type_name("CSV");
  features->add_flag("--hex", options->hex, "Numbers as hexadecimal floats, every bit of them");
  features->add_option("-o,--output", options->output, "CSV to write; absent or -: stdout")
      ->type_name("OUT");
  features->add_flag("--json", verb.json, "The table, or with -o what was written, as JSON");
  features->footer(
      "Example:\n"
      "  mlcore features churn.features --stream orders=orders.csv --requests today.csv -o "
      "out.csv");
  features->callback(
      [options, &verb] { verb.run = [options, &verb] { return run(*options, verb.json); }; });
}

}  // namespace mlcore::command
