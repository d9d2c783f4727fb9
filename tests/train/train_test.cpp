// SPDX-License-Identifier: Apache-2.0
#include "mlcore/train/train.hpp"

#include <doctest/doctest.h>

#include <bit>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "mlcore/base/error.hpp"
#include "mlcore/base/file.hpp"
#include "mlcore/base/time.hpp"
#include "mlcore/drift/report.hpp"
#include "mlcore/predict/predictor.hpp"
#include "train/orders_log.hpp"
#include "train/scratch_folder.hpp"

using namespace mlcore;

namespace {

constexpr std::uint32_t kSeed = 31;

constexpr const char* kSpec = R"({
  "name": "churn", "features": "churn.features", "streams": {"orders": "orders.csv"},
  "label": "count() over orders next 45d == 0",
  "split": {"train": ["1997-05-01", "1997-06-01", "1997-07-01"],
            "test": ["1997-09-01", "1997-10-01"]},
  "data_end": "1998-02-05",
  "model": {"library": "xgboost", "params": {"max_depth": 3, "subsample": 0.7},
            "rounds": 15, "seed": 3},
  "registry": "models"})";

/// A spec, its definition and its orders in a folder of their own.
struct Project {
  ScratchFolder folder;

  explicit Project(std::uint32_t customers = 250) {
    folder.write("churn.features", orders_log::kDefinition);
    folder.write("orders.csv", orders_log::csv(orders_log::make(kSeed, customers)));
    folder.write("churn.json", kSpec);
  }
  [[nodiscard]] TrainSpec spec() const { return read_train_spec(folder / "churn.json"); }
};

Error error_of(const TrainSpec& spec) {
  try {
    (void)train(spec, {});
  } catch (const Error& error) {
    return error;
  }
  return {Code::ok, Reason::none, "accepted"};
}

void check_metrics(const Metrics& metrics) {
  CHECK(metrics.auc >= 0);
  CHECK(metrics.auc <= 1);
  CHECK(metrics.brier > 0);
  CHECK(metrics.brier < 0.5);
  CHECK(metrics.log_loss > 0);
}

}  // namespace

TEST_CASE(
    "train: a seeded log becomes an artifact whose margins are XGBoost's, through predict_at") {
  CAPTURE(kSeed);
  const Project project;
  const TrainSpec spec = project.spec();
  const TrainResult result = train(spec, {});

  const auto predictor = Predictor::from_bytes(result.file);
  CHECK(predictor->name() == "churn");
  CHECK(predictor->metadata().at("label") == spec.label);
  const Dataset dataset = read_dataset(predictor->definition(), spec.streams, {});
  const TrainingTable& table = result.test_table;
  REQUIRE(table.size() > 300);
  const XgboostReference reference(result.model_json);
  const std::vector<float> inputs = table.model_inputs();
  const std::vector<float> expected =
      reference.margins(Span2d<const float>(inputs.data(), table.size(), table.width));
  REQUIRE(expected.size() == table.size());

  Context context(predictor, {.output = OutputKind::margin});
  Context features_context(predictor, {.output = OutputKind::features});
  std::vector<double> features(table.width);
  std::size_t differing_margins = 0, differing_features = 0;
  for (std::size_t row = 0; row < table.size(); ++row) {
    const RowView request = RowView::parse(predictor->definition().request(), table.requests[row]);
    double margin = 0;
    predictor->predict_at(context, *dataset.state, request, {&margin, 1});
    const auto bits = std::bit_cast<std::uint32_t>(static_cast<float>(margin));
    differing_margins += bits != std::bit_cast<std::uint32_t>(expected[row]) ? 1 : 0;
    differing_margins += bits != std::bit_cast<std::uint32_t>(result.test_margins[row]) ? 1 : 0;
    predictor->predict_at(features_context, *dataset.state, request, features);
    for (std::size_t i = 0; i < table.width; ++i) {
      differing_features +=
          std::bit_cast<std::uint64_t>(features[i]) !=
                  std::bit_cast<std::uint64_t>(table.features[row * table.width + i])
              ? 1
              : 0;
    }
  }
  CHECK(differing_margins == 0);
  CHECK(differing_features == 0);
}

TEST_CASE("train: the model beats the base rate and the evaluations cover every row") {
  const Project project;
  const TrainResult result = train(project.spec(), {});
  CHECK(result.test.rows == result.test_table.size());
  CHECK(result.train.rows == result.train_table.size());
  REQUIRE(result.test_by_as_of.size() == 2);
  CHECK(result.test_by_as_of[0].evaluation.rows + result.test_by_as_of[1].evaluation.rows ==
        result.test.rows);
  CHECK(result.test_by_as_of[0].as_of == parse_timestamp("1997-09-01"));
  CHECK(result.test.base_rate.auc == 0.5);
  CHECK(result.test.model.auc > 0.6);
  CHECK(result.test.recency_rule.auc > 0.5);
  CHECK(result.test.model.log_loss < result.test.base_rate.log_loss);
  for (const Metrics& metrics : {result.train.model, result.test.model, result.test.recency_rule,
                                 result.test.base_rate, result.test_by_as_of[1].evaluation.model}) {
    check_metrics(metrics);
  }
}

TEST_CASE("train: a linear booster is trained as trees are") {
  const Project project;
  TrainSpec spec = project.spec();
  spec.model.parameters = {{"booster", "gblinear"}};
  const TrainResult result = train(spec, {});
  CHECK(result.artifact.model.kind_name() == "linear");
  CHECK(result.test.model.auc > 0.6);
  REQUIRE(result.artifact.reference);
  CHECK(result.artifact.reference->rows() == result.train_table.size());
}

TEST_CASE("train: two runs give the same bytes, and so do orders in another sequence") {
  const Project project(120);
  const TrainSpec spec = project.spec();
  const TrainResult first = train(spec, {});
  CHECK(train(spec, {}).file == first.file);

  std::vector<orders_log::Order> orders = orders_log::make(kSeed, 120);
  std::reverse(orders.begin(), orders.end());
  project.folder.write("orders.csv", orders_log::csv(orders));
  CHECK(train(spec, {}).file == first.file);

  TrainSpec other = spec;
  other.model.seed = 4;
  CHECK(train(other, {}).file != first.file);
}

TEST_CASE("train: metadata begins with the four facts people expect and holds the lineage") {
  const Project project(120);
  const TrainSpec spec = project.spec();
  const TrainResult result = train(spec, {});
  const std::string metadata = read_file(save(result, spec.registry) + "/metadata.json");
  const auto json = nlohmann::ordered_json::parse(metadata);
  std::vector<std::string> names;
  for (const auto& [name, value] : json.items()) names.push_back(name);
  REQUIRE(names.size() > 4);
  names.resize(4);
  CHECK(names == std::vector<std::string>{"version", "algorithm", "dataset", "created_at"});
  CHECK(json["version"] == "v1");
  CHECK(json["algorithm"] == "xgboost " + XgboostReference::version() + " binary:logistic");
  CHECK(json["dataset"] == "orders.csv");
  const auto created_at = parse_timestamp(json["created_at"].get<std::string>());
  REQUIRE(created_at.has_value());
  CHECK(*created_at > parse_timestamp("2024-01-01").value());
  CHECK(json["content_digest"] == hex(content_digest(result.file)));
  CHECK(json["dataset_rows"] == orders_log::make(kSeed, 120).size());
  CHECK(json["seed"] == 3);
  CHECK(json["parameters"]["subsample"] == "0.7");
  CHECK(json["metrics"]["test"]["model"]["auc"] == result.test.model.auc);
  CHECK(json["metrics"].contains("test at 1997-10-01T00:00:00Z"));
  // A path of this machine has no place in it.
  CHECK(metadata.find(project.folder / "") == std::string::npos);
}

TEST_CASE("train: without data_end the data ends 1 µs after its last event") {
  const Project project(60);
  TrainSpec spec = project.spec();
  const std::int64_t last =
      read_dataset(Definition::parse(orders_log::kDefinition), spec.streams, {}).last_event;
  spec.data_end.reset();
  spec.test_as_of = {parse_timestamp("1997-09-01").value(), last + 1 - 45 * kMicrosPerDay};
  const TrainResult whole = train(spec, {});
  CHECK(whole.test_table.dropped_rows == 0);
  spec.test_as_of.back() += 1;
  const TrainResult cut = train(spec, {});
  CHECK(cut.test_table.dropped_rows > 0);
  CHECK(cut.test_table.size() + cut.test_table.dropped_rows == whole.test_table.size());
}

TEST_CASE("train: the artifact holds what the train split looked like") {
  const Project project;
  const TrainResult result = train(project.spec(), {});
  const auto predictor = Predictor::from_bytes(result.file);
  REQUIRE(predictor->reference() != nullptr);
  const Reference& reference = *predictor->reference();
  const TrainingTable& table = result.train_table;
  REQUIRE(reference.features.size() == table.width);
  REQUIRE(reference.scores.size() == 1);
  CHECK(reference.scores[0].values.name == "prediction");
  CHECK(reference.scores[0].scale == ScoreScale(0, 1));
  CHECK(reference.rows() == table.size());
  for (std::size_t i = 0; i < table.width; ++i) {
    CHECK(reference.features[i].name == predictor->definition().outputs()[i].name);
  }
  // Counted again, through the calls that serve.
  const std::vector<float> inputs = table.model_inputs();
  std::vector<float> predictions(table.size());
  predictor->margins({inputs.data(), table.size(), table.width}, predictions);
  apply_link(predictor->model().facts().contract.link, predictions);
  const std::vector<double> scores(predictions.begin(), predictions.end());
  PaneCounts pane(reference);
  pane.add_rows(reference, {table.features.data(), table.size(), table.width},
                {scores.data(), scores.size(), 1});
  for (std::size_t i = 0; i < table.width; ++i) {
    CHECK(pane.features[i] == reference.features[i].counts);
  }
  CHECK(pane.scores[0] == reference.scores[0].values.counts);
  CHECK(pane.histograms[0] == reference.scores[0].histogram);
  CHECK(compare(reference, pane, {}).drift == 0);
}

TEST_CASE("train: progress names each step and counts the rounds") {
  const Project project(60);
  std::vector<std::string> steps;
  std::int64_t rounds = 0;
  (void)train(project.spec(), [&](std::string_view step, std::int64_t done, std::int64_t total) {
    if (steps.empty() || steps.back() != step) steps.emplace_back(step);
    if (step == "train") {
      CHECK(total == 15);
      rounds = done;
    }
  });
  CHECK(rounds == 15);
  CHECK(steps.front() == "read orders");
  CHECK(std::find(steps.begin(), steps.end(), "compare with XGBoost") != steps.end());
}

TEST_CASE("train: a train label that reaches past the first test as_of is refused") {
  const Project project(30);
  TrainSpec spec = project.spec();
  const std::int64_t last_allowed = parse_timestamp("1997-09-01").value() - 45 * kMicrosPerDay;
  spec.train_as_of = {last_allowed + 1};
  const Error error = error_of(spec);
  CHECK(error.code() == Code::failed_precondition);
  CHECK(error.reason() == Reason::label_leak);
  CHECK(error.message().find("1997-07-18T00:00:00Z") != std::string::npos);
  spec.train_as_of = {last_allowed};
  CHECK(error_of(spec).reason() == Reason::none);
}

TEST_CASE("train: what can't be trained is refused with what is wrong") {
  const Project project(30);
  struct Case {
    const char* name;
    std::function<void(TrainSpec&, const ScratchFolder&)> spoil;
    Reason reason;
    const char* part;
  };
  const Case cases[] = {
      {"no definition", [](TrainSpec& spec, auto&) { spec.features += "x"; },
       Reason::file_not_found, "churn.featuresx"},
      {"a definition with a fault",
       [](TrainSpec&, auto& folder) { folder.write("churn.features", "features churn\n"); },
       Reason::syntax, "churn.features"},
      {"no data", [](TrainSpec& spec, auto&) { spec.streams["orders"] += "x"; },
       Reason::file_not_found, "orders.csvx"},
      {"an empty file", [](TrainSpec&, auto& folder) { folder.write("orders.csv", ""); },
       Reason::empty_input, "orders.csv"},
      {"a header only",
       [](TrainSpec&, auto& folder) { folder.write("orders.csv", "customer,at,cds,amount\n"); },
       Reason::empty_input, "nothing to train on"},
      {"a missing column",
       [](TrainSpec&, auto& folder) {
         folder.write("orders.csv", "customer,at,cds\na,1997-01-01,1\n");
       },
       Reason::missing_column, "amount"},
      {"a stream without a file", [](TrainSpec& spec, auto&) { spec.streams.clear(); },
       Reason::needs_state, "\"orders\""},
      {"a file without a stream", [](TrainSpec& spec, auto&) { spec.streams["visits"] = "v.csv"; },
       Reason::unknown_name, "\"visits\""},
      {"a population that is no stream", [](TrainSpec& spec, auto&) { spec.population = "visits"; },
       Reason::malformed_spec, "\"visits\""},
      {"a label with a fault",
       [](TrainSpec& spec, auto&) { spec.label = "count() over visits next 9d"; },
       Reason::unknown_name, "label: "},
      {"a label of the past",
       [](TrainSpec& spec, auto&) { spec.label = "count() over orders last 9d == 0"; },
       Reason::none, "label"},
      {"an objective that is no probability",
       [](TrainSpec& spec, auto&) { spec.model.parameters["objective"] = "reg:squarederror"; },
       Reason::malformed_spec, "reg:squarederror"},
      {"a parameter that XGBoost lacks",
       [](TrainSpec& spec, auto&) { spec.model.parameters["max_dept"] = "3"; },
       Reason::invalid_option, "max_dept"},
      {"a linear booster on threads that race",
       [](TrainSpec& spec, auto&) {
         spec.model.parameters["booster"] = "gblinear";
         spec.model.threads = 2;
       },
       Reason::invalid_option, "threads: "},
      {"labels of one class",
       [](TrainSpec& spec, auto&) { spec.label = "count() over orders next 45d >= 0"; },
       Reason::empty_input, "has label 1"},
      {"no key yet",
       [](TrainSpec& spec, auto&) { spec.train_as_of = {parse_timestamp("1996-01-01").value()}; },
       Reason::empty_input, "split.train"},
      {"test rows past the data's end",
       [](TrainSpec& spec, auto&) { spec.data_end = spec.test_as_of[0]; }, Reason::empty_input,
       "split.test"},
  };
  for (const Case& test : cases) {
    CAPTURE(test.name);
    const Project fresh(30);
    TrainSpec spec = fresh.spec();
    test.spoil(spec, fresh.folder);
    const Error error = error_of(spec);
    CAPTURE(error.message());
    CHECK(error.code() != Code::ok);
    if (test.reason != Reason::none) CHECK(error.reason() == test.reason);
    CHECK(error.message().find(test.part) != std::string::npos);
  }
}

TEST_CASE("save: publishes in the registry, the same artifact once, another one as the next") {
  const Project project(60);
  TrainSpec spec = project.spec();
  const TrainResult result = train(spec, {});
  const std::string version = save(result, spec.registry);
  CHECK(version == project.folder / "models/v1");
  CHECK(project.folder.count("models/v1") == 2);
  const std::string model = read_file(version + "/model.mlc");
  CHECK(Bytes(model.begin(), model.end()) == result.file);
  CHECK(Predictor::open(version)->digest() == content_digest(result.file));
  const Registry registry(spec.registry);
  const std::string metadata = registry.metadata(1);
  CHECK(registry.inspect(1).algorithm == result.record.algorithm);
  CHECK(registry.inspect(1).dataset == result.record.dataset);
  CHECK(registry.inspect(1).created_at == *result.record.created_at);
  CHECK(registry.verify_audit().holds());

  SUBCASE("the same artifact again changes nothing") {
    TrainResult again = train(spec, {});
    again.record = {};
    CHECK(save(again, spec.registry) == version);
    CHECK(registry.metadata(1) == metadata);
    CHECK(registry.versions().size() == 1);
  }
  SUBCASE("another artifact is the next version") {
    spec.model.seed = 99;
    const TrainResult other = train(spec, {});
    CHECK(save(other, spec.registry) == project.folder / "models/v2");
    CHECK(Predictor::open(version)->digest() == content_digest(result.file));
    CHECK(registry.read(2).bytes == other.file);
  }
  SUBCASE("a registry that does not exist is made, with what is above it") {
    CHECK(save(result, project.folder / "a/b/c/") == project.folder / "a/b/c/v1");
  }
  SUBCASE("a registry that is a file is refused") {
    project.folder.write("file", "");
    CHECK_THROWS_AS(save(result, project.folder / "file"), Error);
    CHECK_THROWS_AS(save(result, project.folder / "file/below"), Error);
  }
}
