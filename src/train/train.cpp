// SPDX-License-Identifier: Apache-2.0
// Outside code uses train.
#include "mlcore/train/train.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <chrono>
#include <cmath>
#include <limits>
#include <memory>
#include <numeric>
#include <utility>

#include "mlcore/base/error.hpp"
#include "mlcore/base/file.hpp"
#include "mlcore/base/time.hpp"
#include "mlcore/drift/make_reference.hpp"
#include "mlcore/evaluate/metrics.hpp"
#include "mlcore/model/xgboost.hpp"
#include "mlcore/predict/compiled_model.hpp"
#include "mlcore/predict/predictor.hpp"
#include "mlcore/predict/proof.hpp"
#include "train/metadata.hpp"
#include "train/recency_rule.hpp"

namespace mlcore {
namespace {

constexpr std::uint64_t kProofSeed = 7;

std::int64_t now() {
  return std::chrono::duration_cast<std::chrono::microseconds>(
             std::chrono::system_clock::now().time_since_epoch())
      .count();
}

Definition read_definition(const std::string& path) {
  const std::string text = read_file(path);
  try {
    return Definition::parse(text);
  } catch (const Error& error) {
    throw Error(error.code(), error.reason(), fmt::format("{}: {}", path, error.message()));
  }
}

Label read_label(const Definition& definition, const std::string& text) {
  try {
    return parse_label(definition, text);
  } catch (const Error& error) {
    throw Error(error.code(), error.reason(), fmt::format("label: {}", error.message()));
  }
}

void check_objective(const TrainSpec& spec) {
  const auto found = spec.model.parameters.find("objective");
  if (found == spec.model.parameters.end()) return;
  if (found->second == "binary:logistic" || found->second == "reg:logistic") return;
  throw Error(Code::invalid_argument, Reason::malformed_spec,
              fmt::format("model.params.objective: a label of 0 and 1 needs \"binary:logistic\" or "
                          "\"reg:logistic\", found \"{}\"",
                          found->second));
}

/// No train label may look at what a test row is asked about.
void check_leak(const TrainSpec& spec, const Label& label) {
  const std::int64_t last_train = spec.train_as_of.back();
  const std::int64_t first_test = spec.test_as_of.front();
  if (label.horizon > 0 && last_train <= first_test - label.horizon) return;
  throw Error(
      Code::failed_precondition, Reason::label_leak,
      fmt::format("label \"{}\" looks {} ahead: from the last train as_of {} past the first test "
                  "as_of {}; train as_of must be at or before {}",
                  spec.label, format_duration(label.horizon), format_timestamp(last_train),
                  format_timestamp(first_test), format_timestamp(first_test - label.horizon)));
}

std::size_t population_of(const TrainSpec& spec, const Definition& definition) {
  if (definition.streams().empty()) {
    throw Error(Code::failed_precondition, Reason::empty_input,
                fmt::format("the definition \"{}\" has no stream: there are no keys to train on",
                            definition.name()));
  }
  if (spec.population.empty()) return 0;
  const auto found = definition.find_stream(spec.population);
  if (found) return *found;
  throw Error(Code::invalid_argument, Reason::malformed_spec,
              fmt::format("spine.population: the definition \"{}\" has no stream \"{}\"",
                          definition.name(), spec.population));
}

Metrics measure(std::span<const double> scores, std::span<const std::uint8_t> labels) {
  const auto positives = std::count(labels.begin(), labels.end(), 1);
  const bool has_both = positives > 0 && positives < std::ssize(labels);
  Metrics metrics;
  metrics.auc = has_both ? auc(scores, labels) : std::numeric_limits<double>::quiet_NaN();
  metrics.log_loss = log_loss(scores, labels);
  metrics.brier = brier(scores, labels);
  return metrics;
}

double positive_rate(std::span<const std::uint8_t> labels) {
  return static_cast<double>(std::count(labels.begin(), labels.end(), 1)) /
         static_cast<double>(labels.size());
}

/// Scores of one table's rows, by the model and by the baselines that the train split gives.
class Scores {
 public:
  Scores(const TrainingTable& table, std::span<const float> margins, Link link, double base_rate,
         const RecencyRule& rule)
      : table_(table), base_(table.size(), base_rate) {
    std::vector<float> predictions(margins.begin(), margins.end());
    apply_link(link, predictions);
    model_.assign(predictions.begin(), predictions.end());
    for (const std::int64_t recency : table.recency) rule_.push_back(rule.score(recency));
  }

  [[nodiscard]] Evaluation all() const { return rows(0, table_.size()); }

  [[nodiscard]] std::vector<DatedEvaluation> by_as_of() const {
    std::vector<DatedEvaluation> dated;
    const auto& times = table_.as_of;
    for (auto begin = times.begin(); begin != times.end();) {
      const auto end = std::upper_bound(begin, times.end(), *begin);
      dated.push_back({*begin, rows(static_cast<std::size_t>(begin - times.begin()),
                                    static_cast<std::size_t>(end - begin))});
      begin = end;
    }
    return dated;
  }

 private:
  [[nodiscard]] Evaluation rows(std::size_t first, std::size_t count) const {
    const auto labels = std::span(table_.labels).subspan(first, count);
    const auto metrics_of = [&](const std::vector<double>& scores) {
      return measure(std::span(scores).subspan(first, count), labels);
    };
    return {count, positive_rate(labels), metrics_of(model_), metrics_of(base_), metrics_of(rule_)};
  }

  const TrainingTable& table_;
  std::vector<double> model_;
  std::vector<double> base_;
  std::vector<double> rule_;
};

/// The steps of one run, in order.
class Training {
 public:
  Training(const TrainSpec& spec, const Progress& progress)
      : spec_(spec), progress_(progress), created_at_(now()) {
    check_objective(spec);
    result_.artifact.name = spec.name;
    result_.artifact.definition = read_definition(spec.features);
    label_ = read_label(definition(), spec.label);
    check_leak(spec, label_);
    population_ = population_of(spec, definition());
  }

  TrainResult run() {
    dataset_ = read_dataset(definition(), spec_.streams, progress_);
    if (dataset_.files[population_].rows == 0) {
      throw Error(Code::failed_precondition, Reason::empty_input,
                  fmt::format("{}: a header and no event: there is nothing to train on",
                              dataset_.files[population_].file));
    }
    make_tables();
    train_model();
    make_artifact();
    score();
    result_.record = make_record(spec_, dataset_, result_, created_at_);
    return std::move(result_);
  }

 private:
  [[nodiscard]] const Definition& definition() const { return result_.artifact.definition; }

  void say(std::string_view step, std::int64_t done = 0, std::int64_t total = 0) const {
    if (progress_) progress_(step, done, total);
  }

  [[nodiscard]] TrainingTable table(const std::vector<std::int64_t>& as_of, const char* split) {
    Spine spine;
    spine.as_of = as_of;
    spine.population = population_;
    spine.data_end = spec_.data_end.value_or(dataset_.last_event + 1);
    const std::string step = fmt::format("{} rows", split);
    spine.progress = [&](std::int64_t done, std::int64_t total) { say(step, done, total); };
    try {
      return make_training_table(definition(), label_, *dataset_.state, spine);
    } catch (const Error& error) {
      throw Error(error.code(), error.reason(), fmt::format("split.{}: {}", split, error.message()),
                  error.where());
    }
  }

  void make_tables() {
    result_.train_table = table(spec_.train_as_of, "train");
    result_.test_table = table(spec_.test_as_of, "test");
    const double rate = positive_rate(result_.train_table.labels);
    if (rate == 0 || rate == 1) {
      throw Error(Code::failed_precondition, Reason::empty_input,
                  fmt::format("every one of the {} train rows has label {}: nothing to learn",
                              result_.train_table.size(), rate));
    }
    say("fit");
    result_.artifact.parameters = fit(definition(), result_.train_table.fit_rows(definition()));
    const FeaturePlan plan(definition(), result_.artifact.parameters);
    result_.train_table.compute_features(plan);
    result_.test_table.compute_features(plan);
    train_inputs_ = result_.train_table.model_inputs();
    test_inputs_ = result_.test_table.model_inputs();
  }

  [[nodiscard]] static Span2d<const float> matrix(const std::vector<float>& inputs,
                                                  const TrainingTable& table) {
    return {inputs.data(), table.size(), table.width};
  }

  void train_model() {
    XgboostOptions options = spec_.model;
    for (const Output& output : definition().outputs())
      options.feature_names.push_back(output.name);
    options.progress = [&](std::int32_t round, std::int32_t rounds) {
      say("train", round, rounds);
    };
    const auto& labels = result_.train_table.labels;
    result_.model_json = train_xgboost(matrix(train_inputs_, result_.train_table),
                                       std::vector<float>(labels.begin(), labels.end()), options);
  }

  void make_artifact() {
    Artifact& artifact = result_.artifact;
    say("import the model");
    artifact.model = import_xgboost(result_.model_json);
    const ModelFacts& facts = artifact.model.facts();
    artifact.metadata["algorithm"] =
        fmt::format("{} {} {}", facts.framework, facts.framework_version, facts.objective);
    artifact.metadata["label"] = spec_.label;
    artifact.metadata["rounds"] = std::to_string(spec_.model.rounds);
    artifact.metadata["seed"] = std::to_string(spec_.model.seed);
    for (const auto& [name, value] : spec_.model.parameters) {
      artifact.metadata["parameter." + name] = value;
    }
    say("make the reference");
    const TrainingTable& table = result_.train_table;
    artifact.reference =
        make_reference(definition(), facts, {table.features.data(), table.size(), table.width},
                       train_predictions(artifact.model));
    say("make proof rows");
    artifact.proof_rows =
        make_proof_rows(artifact, proof_row_count(artifact.model.facts()), kProofSeed);
    result_.file = write_artifact(artifact);
  }

  /// Of the train split. Shape: [row, output].
  [[nodiscard]] std::vector<double> train_predictions(const Model& model) const {
    const CompiledModel compiled(model);
    const std::size_t rows = result_.train_table.size();
    const std::size_t outputs = compiled.output_count();
    ModelScratch scratch;
    compiled.reserve(scratch, rows);
    for (std::size_t row = 0; row < rows; ++row) {
      compiled.set_inputs(scratch, row, train_inputs_.data() + row * compiled.feature_count());
    }
    compiled.batch_margins(scratch, rows, compiled.all_trees());
    std::vector<double> predictions(rows * outputs);
    for (std::size_t row = 0; row < rows; ++row) {
      const auto out = std::span(predictions).subspan(row * outputs, outputs);
      compiled.copy_margins(scratch, row, out);
      apply_link(model, out);
    }
    return predictions;
  }

  /// Through the artifact's own bytes, and beside XGBoost's predictor on every row.
  void score() {
    say("open the artifact");
    const auto predictor = Predictor::from_bytes(result_.file);
    const XgboostReference reference(result_.model_json);
    say("compare with XGBoost");
    const auto train_matrix = matrix(train_inputs_, result_.train_table);
    std::vector<float> train_margins(result_.train_table.size());
    predictor->margins(train_matrix, train_margins);
    compare(train_margins, reference.margins(train_matrix), "train");

    say("score the test rows");
    Context context(predictor, {.output = OutputKind::margin});
    std::vector<double> scored(result_.test_table.size());
    predictor->predict_batch_at(context, *dataset_.state, result_.test_table.requests, scored);
    result_.test_margins.assign(scored.begin(), scored.end());
    compare(result_.test_margins, reference.margins(matrix(test_inputs_, result_.test_table)),
            "test");

    const Link link = result_.artifact.model.facts().contract.link;
    const RecencyRule rule(result_.train_table.recency, result_.train_table.labels);
    const double base_rate = positive_rate(result_.train_table.labels);
    result_.train = Scores(result_.train_table, train_margins, link, base_rate, rule).all();
    const Scores test(result_.test_table, result_.test_margins, link, base_rate, rule);
    result_.test = test.all();
    result_.test_by_as_of = test.by_as_of();
  }

  static void compare(std::span<const float> ours, std::span<const float> theirs,
                      const char* split) {
    for (std::size_t row = 0; row < ours.size(); ++row) {
      const auto bits = std::bit_cast<std::uint32_t>(ours[row]);
      if (row < theirs.size() && bits == std::bit_cast<std::uint32_t>(theirs[row])) continue;
      throw Error(Code::internal, Reason::internal_fault,
                  fmt::format("{} row {}: the artifact's margin {} is not the margin of XGBoost's "
                              "predictor; nothing was written",
                              split, row, ours[row]),
                  {-1, static_cast<std::int64_t>(row)});
    }
  }

  const TrainSpec& spec_;
  const Progress& progress_;
  std::int64_t created_at_;
  TrainResult result_;
  Label label_;
  std::size_t population_ = 0;
  Dataset dataset_;
  std::vector<float> train_inputs_;
  std::vector<float> test_inputs_;
};

}  // namespace

TrainResult train(const TrainSpec& spec, const Progress& progress) {
  return Training(spec, progress).run();
}

}  // namespace mlcore
