// SPDX-License-Identifier: Apache-2.0
#include <atomic>
#include <cmath>
#include <cstddef>
#include <limits>
#include <thread>

#include "capi/fixture.hpp"
#include "mlcore/base/json.hpp"
#include "mlcore/registry/registry.hpp"
#include "monitor/lender.hpp"

namespace mlcore::test {
namespace {

const char* const kApplicant =
    R"({"income": 75000, "age": 40, "country": "FR", "as_of": "1998-01-02"})";

struct Watch {
  explicit Watch(const mlcore_model_t* model, const mlcore_monitor_options_t* options = nullptr) {
    mlcore_error_t error = MLCORE_ERROR_INIT;
    REQUIRE_MESSAGE(mlcore_monitor_new(model, options, &monitor, &error) == MLCORE_OK,
                    error.message);
  }
  ~Watch() { mlcore_monitor_release(monitor); }
  Watch(const Watch&) = delete;
  Watch& operator=(const Watch&) = delete;

  mlcore_monitor_t* monitor = nullptr;
};

std::string report(const mlcore_monitor_t* monitor, std::int32_t format = MLCORE_REPORT_JSON) {
  mlcore_buffer_t* buffer = nullptr;
  REQUIRE(mlcore_monitor_report(monitor, format, &buffer, nullptr) == MLCORE_OK);
  const void* bytes = nullptr;
  std::int64_t size = 0;
  REQUIRE(mlcore_buffer_bytes(buffer, &bytes, &size, nullptr) == MLCORE_OK);
  std::string text(static_cast<const char*>(bytes), static_cast<std::size_t>(size));
  mlcore_buffer_release(buffer);
  return text;
}

/// A number among the members of the report itself.
std::int64_t number_of(const std::string& report_json, std::string_view wanted) {
  JsonReader json(report_json);
  std::int64_t number = -1;
  json.begin_object();
  while (auto name = json.next_member()) {
    if (*name == wanted) {
      number = json.i64();
    } else {
      json.skip();
    }
  }
  json.finish();
  return number;
}

std::int32_t score(mlcore_context_t* context, const Bytes& row, mlcore_error_t* error = nullptr) {
  double out = 0;
  return mlcore_predict_row(context, row.data(), static_cast<std::int64_t>(row.size()), &out, 1,
                            error);
}

mlcore_monitor_options_t fresh_options() {
  mlcore_monitor_options_t options;
  REQUIRE(mlcore_monitor_options_init(&options, sizeof options, nullptr) == MLCORE_OK);
  return options;
}

}  // namespace

TEST_CASE("monitor: a report tells the version that its model has in a registry") {
  const Folder folder;
  const std::string models = (folder.path / "models").string();
  const Registry registry = Registry::create(models);
  registry.publish(loan_artifact(), {});
  registry.publish(lender_file(), {});
  const std::string ref = models + "@v2";
  mlcore_model_t* model = nullptr;
  REQUIRE(mlcore_model_open(ref.data(), static_cast<std::int64_t>(ref.size()), &model, nullptr) ==
          MLCORE_OK);
  const Watch watch(model);
  mlcore_model_release(model);
  CHECK(number_of(report(watch.monitor), "version") == 2);
  CHECK(report(watch.monitor, MLCORE_REPORT_PROMETHEUS).find(R"(version="2")") !=
        std::string::npos);
  CHECK(report(watch.monitor, MLCORE_REPORT_HTML).find("<dd>v2</dd>") != std::string::npos);
}

TEST_CASE("monitor: rows, batches and failures of a context are in its report") {
  const Opened lender_model(lender_file());
  const Watch watch(lender_model.model);
  const Scratch scratch(lender_model);
  REQUIRE(mlcore_monitor_attach(watch.monitor, scratch.context, nullptr) == MLCORE_OK);
  const Bytes row = packed(lender_model.request, kApplicant);
  for (int i = 0; i < 5; ++i) CHECK(score(scratch.context, row) == MLCORE_OK);
  const Rows rows(lender_model.request, std::vector<std::string>(300, kApplicant));
  const mlcore_rows_t view = rows.view();
  std::vector<double> out(300);
  CHECK(mlcore_predict_batch_at(scratch.context, nullptr, &view, out.data(), 300, nullptr) ==
        MLCORE_OK);
  Bytes broken = row;
  broken.resize(12);
  CHECK(score(scratch.context, broken) == MLCORE_INVALID_ARGUMENT);
  CHECK(mlcore_predict_row(scratch.context, row.data(), -1, out.data(), 1, nullptr) ==
        MLCORE_INVALID_ARGUMENT);
  CHECK(mlcore_predict_row(scratch.context, row.data(), static_cast<std::int64_t>(row.size()),
                           out.data(), 2, nullptr) == MLCORE_INVALID_ARGUMENT);
  const double numbers[] = {1, 2};
  CHECK(mlcore_predict_f64(scratch.context, numbers, 2, out.data(), 1, nullptr) ==
        MLCORE_INVALID_ARGUMENT);
  const std::string json = report(watch.monitor);
  CHECK(number_of(json, "rows") == 305);
  CHECK(number_of(json, "late_rows") == 0);
  CHECK(
      json.find(R"("failures":[{"reason":"wrong_width","count":2},)"
                R"({"reason":"invalid_length","count":1},{"reason":"malformed_row","count":1}])") !=
      std::string::npos);
  CHECK(json.find(R"("row_latency_nanos":{"count":1,)") != std::string::npos);
  CHECK(json.find(R"("batch_latency_nanos":{"count":1,)") != std::string::npos);
  const std::string text = report(watch.monitor, MLCORE_REPORT_PROMETHEUS);
  CHECK(text.find("mlcore_predictions_total{model=\"lender\",version=\"0\"} 305\n") !=
        std::string::npos);
  const std::string page = report(watch.monitor, MLCORE_REPORT_HTML);
  CHECK(page.starts_with("<!DOCTYPE html>"));
  CHECK(page.find("lender") != std::string::npos);
}

TEST_CASE("monitor: what is missing is named") {
  const Opened lender_model(lender_file());
  const Watch watch(lender_model.model);
  const Scratch scratch(lender_model);
  mlcore_monitor_t* made = watch.monitor;
  CHECK_FAILS(mlcore_monitor_new(nullptr, nullptr, &made, &error), MLCORE_INVALID_ARGUMENT,
              MLCORE_REASON_NULL_POINTER);
  CHECK(made == nullptr);
  CHECK_FAILS(mlcore_monitor_new(lender_model.model, nullptr, nullptr, &error),
              MLCORE_INVALID_ARGUMENT, MLCORE_REASON_NULL_POINTER);
  CHECK_FAILS(mlcore_monitor_attach(nullptr, scratch.context, &error), MLCORE_INVALID_ARGUMENT,
              MLCORE_REASON_NULL_POINTER);
  CHECK_FAILS(mlcore_monitor_attach(watch.monitor, nullptr, &error), MLCORE_INVALID_ARGUMENT,
              MLCORE_REASON_NULL_POINTER);
  mlcore_buffer_t* buffer = nullptr;
  CHECK_FAILS(mlcore_monitor_report(nullptr, MLCORE_REPORT_JSON, &buffer, &error),
              MLCORE_INVALID_ARGUMENT, MLCORE_REASON_NULL_POINTER);
  CHECK_FAILS(mlcore_monitor_report(watch.monitor, MLCORE_REPORT_JSON, nullptr, &error),
              MLCORE_INVALID_ARGUMENT, MLCORE_REASON_NULL_POINTER);
  for (const std::int32_t format : {-1, 3}) {
    CHECK_FAILS(mlcore_monitor_report(watch.monitor, format, &buffer, &error),
                MLCORE_INVALID_ARGUMENT, MLCORE_REASON_INVALID_OPTION);
    CHECK(buffer == nullptr);
  }
  CHECK_FAILS(mlcore_monitor_options_init(nullptr, 4, &error), MLCORE_INVALID_ARGUMENT,
              MLCORE_REASON_NULL_POINTER);
  mlcore_monitor_release(nullptr);
}

TEST_CASE("monitor: an option out of range is refused") {
  const Opened lender_model(lender_file());
  constexpr double kNan = std::numeric_limits<double>::quiet_NaN();
  constexpr double kInfinity = std::numeric_limits<double>::infinity();
  std::vector<mlcore_monitor_options_t> refused;
  const auto refuse = [&](auto change) {
    refused.push_back(fresh_options());
    change(refused.back());
  };
  for (const std::int32_t panes : {-1, 4097, std::numeric_limits<std::int32_t>::min()}) {
    refuse([&](auto& options) { options.max_panes = panes; });
  }
  for (const std::int64_t width :
       {std::int64_t{-1}, (std::int64_t{1} << 53) + 1, std::numeric_limits<std::int64_t>::min()}) {
    refuse([&](auto& options) { options.pane_micros = width; });
    refuse([&](auto& options) { options.pane_rows = width; });
  }
  refuse([](auto& options) { options.pane_micros = options.pane_rows = 5; });
  refuse([](auto& options) { options.minimum_rows = -1; });
  for (const double alpha : {-0.1, 0.6, 1e-101, kNan, kInfinity}) {
    refuse([&](auto& options) { options.alpha = alpha; });
  }
  for (const double threshold : {-0.1, kNan, kInfinity}) {
    refuse([&](auto& options) { options.distance_threshold = threshold; });
    refuse([&](auto& options) { options.share_threshold = threshold; });
  }
  refuse([](auto& options) { options.struct_size = 3; });
  for (std::size_t i = 0; i < refused.size(); ++i) {
    CAPTURE(i);
    mlcore_monitor_t* monitor = nullptr;
    CHECK_FAILS(mlcore_monitor_new(lender_model.model, &refused[i], &monitor, &error),
                MLCORE_INVALID_ARGUMENT, MLCORE_REASON_INVALID_OPTION);
    CHECK(monitor == nullptr);
  }
  struct {
    mlcore_monitor_options_t known = fresh_options();
    std::int64_t newer = 1;
  } newer;
  newer.known.struct_size = sizeof newer;
  mlcore_monitor_t* monitor = nullptr;
  CHECK_FAILS(mlcore_monitor_new(lender_model.model, &newer.known, &monitor, &error),
              MLCORE_UNIMPLEMENTED, MLCORE_REASON_INVALID_OPTION);
  mlcore_monitor_options_t shorter = fresh_options();
  shorter.struct_size = offsetof(mlcore_monitor_options_t, pane_rows);
  shorter.pane_rows = -1;  // behind the end
  const Watch watch(lender_model.model, &shorter);
}

TEST_CASE("monitor: another model, no profile, a context that has one, requests without as_of") {
  const Opened lender_model(lender_file());
  const Opened same(lender_file());
  const Opened loan(loan_artifact());
  const Watch watch(lender_model.model);
  const Scratch own(lender_model);
  const Scratch of_same(same);
  const Scratch of_loan(loan);
  CHECK(mlcore_monitor_attach(watch.monitor, own.context, nullptr) == MLCORE_OK);
  CHECK(mlcore_monitor_attach(watch.monitor, of_same.context, nullptr) == MLCORE_OK);
  CHECK_FAILS(mlcore_monitor_attach(watch.monitor, own.context, &error), MLCORE_FAILED_PRECONDITION,
              MLCORE_REASON_ALREADY_MONITORED);
  CHECK_FAILS(mlcore_monitor_attach(watch.monitor, of_loan.context, &error),
              MLCORE_INVALID_ARGUMENT, MLCORE_REASON_OTHER_MODEL);
  mlcore_monitor_t* monitor = nullptr;
  CHECK_FAILS(mlcore_monitor_new(loan.model, nullptr, &monitor, &error), MLCORE_FAILED_PRECONDITION,
              MLCORE_REASON_NO_REFERENCE);
}

TEST_CASE("monitor: monitor, context and model are released in any order") {
  const Bytes& file = lender_file();
  mlcore_model_t* model = nullptr;
  REQUIRE(mlcore_model_open_bytes(file.data(), static_cast<std::int64_t>(file.size()), &model,
                                  nullptr) == MLCORE_OK);
  const Opened other(file);
  const Bytes row = packed(other.request, kApplicant);
  SUBCASE("the monitor first: the context goes on") {
    mlcore_monitor_t* monitor = nullptr;
    mlcore_context_t* context = nullptr;
    REQUIRE(mlcore_monitor_new(model, nullptr, &monitor, nullptr) == MLCORE_OK);
    REQUIRE(mlcore_context_new(model, nullptr, &context, nullptr) == MLCORE_OK);
    REQUIRE(mlcore_monitor_attach(monitor, context, nullptr) == MLCORE_OK);
    mlcore_monitor_release(monitor);
    CHECK(score(context, row) == MLCORE_OK);
    mlcore_model_release(model);
    CHECK(score(context, row) == MLCORE_OK);
    mlcore_context_release(context);
  }
  SUBCASE("the context and the model first: what it saw stays in the report") {
    mlcore_monitor_t* monitor = nullptr;
    mlcore_context_t* context = nullptr;
    REQUIRE(mlcore_monitor_new(model, nullptr, &monitor, nullptr) == MLCORE_OK);
    REQUIRE(mlcore_context_new(model, nullptr, &context, nullptr) == MLCORE_OK);
    REQUIRE(mlcore_monitor_attach(monitor, context, nullptr) == MLCORE_OK);
    CHECK(score(context, row) == MLCORE_OK);
    mlcore_context_release(context);
    mlcore_model_release(model);
    CHECK(number_of(report(monitor), "rows") == 1);
    mlcore_monitor_release(monitor);
  }
}

TEST_CASE("monitor: contexts score and come and go while another thread reports") {
  const Opened lender_model(lender_file());
  mlcore_monitor_options_t options = fresh_options();
  options.pane_rows = 500;
  options.max_panes = 4;
  const Watch watch(lender_model.model, &options);
  const Bytes row = packed(lender_model.request, kApplicant);
  constexpr int kWriters = 3, kRows = 4000;
  std::atomic<int> writing{kWriters};
  std::vector<std::thread> writers;
  for (int writer = 0; writer < kWriters; ++writer) {
    writers.emplace_back([&] {
      for (int part = 0; part < 4; ++part) {
        mlcore_context_t* context = nullptr;
        if (mlcore_context_new(lender_model.model, nullptr, &context, nullptr) == MLCORE_OK &&
            mlcore_monitor_attach(watch.monitor, context, nullptr) == MLCORE_OK) {
          for (int i = 0; i < kRows / 4; ++i) static_cast<void>(score(context, row));
        }
        mlcore_context_release(context);
      }
      --writing;
    });
  }
  std::int64_t last = 0;
  do {
    const std::int64_t rows = number_of(report(watch.monitor), "rows");
    CHECK(rows >= last);
    last = rows;
  } while (writing > 0);
  for (std::thread& writer : writers) writer.join();
  CHECK(number_of(report(watch.monitor), "rows") == kWriters * kRows);
}

}  // namespace mlcore::test
