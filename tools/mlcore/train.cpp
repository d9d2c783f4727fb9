// SPDX-License-Identifier: Apache-2.0
// `mlcore train SPEC`
#include "mlcore/train/train.hpp"

#include <fmt/format.h>

#include <cmath>
#include <cstdio>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>

#include "inputs.hpp"
#include "mlcore/base/file.hpp"
#include "mlcore/base/time.hpp"
#include "mlcore/registry/registry.hpp"
#include "progress_bar.hpp"
#include "verb.hpp"

namespace mlcore::command {
namespace {

struct Options {
  std::string spec;
  std::string registry;
};

std::string metrics_line(const char* name, const Metrics& metrics) {
  const std::string auc = std::isnan(metrics.auc) ? "-" : fmt::format("{:.4f}", metrics.auc);
  return fmt::format("  {:<14}{:>8}{:>10.4f}{:>8.4f}\n", name, auc, metrics.log_loss,
                     metrics.brier);
}

std::string evaluation_text(const std::string& title, const Evaluation& evaluation) {
  return fmt::format("{}: {} rows, positive rate {:.4f}\n  {:<14}{:>8}{:>10}{:>8}\n", title,
                     evaluation.rows, evaluation.positive_rate, "", "AUC", "log loss", "Brier") +
         metrics_line("model", evaluation.model) +
         metrics_line("recency rule", evaluation.recency_rule) +
         metrics_line("base rate", evaluation.base_rate);
}

std::string summary(const TrainResult& result, const std::string& version) {
  std::string text = evaluation_text("train", result.train);
  for (const auto& [as_of, evaluation] : result.test_by_as_of) {
    text += evaluation_text("test at " + format_timestamp(as_of).substr(0, 10), evaluation);
  }
  const std::uint64_t dropped = result.train_table.dropped_rows + result.test_table.dropped_rows;
  if (dropped > 0) {
    text += fmt::format("{} rows dropped: their label reaches past the data's end\n", dropped);
  }
  return text + fmt::format("saved {}\n", version);
}

int run(const Options& options, bool json) {
  TrainSpec spec = read_train_spec(options.spec);
  if (!options.registry.empty()) spec.registry = options.registry;
  Registry::check_writable(spec.registry);
  std::string version;
  TrainResult result;
  {
    ProgressBar bar;
    result = train(spec, bar.callback());
    version = save(result, spec.registry);
  }
  if (json) {
    nlohmann::ordered_json object;
    object["saved"] = version;
    object["metadata"] = nlohmann::ordered_json::parse(read_file(version + "/metadata.json"));
    write_output("", json_text(object));
  } else {
    write_output("", summary(result, version));
  }
  return kDone;
}

}  // namespace

void add_train(CLI::App& app, Verb& verb) {
  auto options = std::make_shared<Options>();
  CLI::App* train =
      app.add_subcommand("train", "Train a model from a spec and publish it in a registry");
  train->add_option("spec", options->spec, "Train spec, JSON (docs/train_spec.md)")
      ->required()
      ->type_name("SPEC");
  train
      ->add_option("--registry", options->registry,
                   "Registry that receives the version, not the spec's")
      ->type_name("DIR");
  train->add_flag("--json", verb.json, "Print the metadata as JSON");
  train->footer("Example:\n  mlcore train examples/churn/churn.json");
  train->callback(
      [options, &verb] { verb.run = [options, &verb] { return run(*options, verb.json); }; });
}

}  // namespace mlcore::command
