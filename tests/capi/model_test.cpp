// SPDX-License-Identifier: Apache-2.0
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <thread>

#include "capi/fixture.hpp"
#include "mlcore/base/json.hpp"
#include "mlcore/registry/registry.hpp"

namespace mlcore::test {
namespace {

std::int64_t size_of(const Bytes& bytes) { return static_cast<std::int64_t>(bytes.size()); }

std::int32_t open(const std::string& path, mlcore_model_t** model, mlcore_error_t* error) {
  return mlcore_model_open(path.data(), static_cast<std::int64_t>(path.size()), model, error);
}

std::string text(std::int32_t (*ask)(const mlcore_model_t*, const char**, std::int64_t*,
                                     mlcore_error_t*),
                 const mlcore_model_t* model) {
  const char* data = nullptr;
  std::int64_t size = 0;
  REQUIRE(ask(model, &data, &size, nullptr) == MLCORE_OK);
  return {data, static_cast<std::size_t>(size)};
}

}  // namespace

TEST_CASE("model: a file, its folder and its bytes open as the same model") {
  const Folder folder;
  const Bytes bytes = loan_artifact();
  const std::string file = folder.write("model.mlc", bytes);
  mlcore_model_t* from_file = nullptr;
  mlcore_model_t* from_folder = nullptr;
  REQUIRE(open(file, &from_file, nullptr) == MLCORE_OK);
  REQUIRE(open(folder.path.string(), &from_folder, nullptr) == MLCORE_OK);
  const Opened from_bytes(bytes);
  const std::string digest = text(mlcore_model_digest, from_bytes.model);
  CHECK(digest == hex(content_digest(bytes)));
  CHECK(text(mlcore_model_digest, from_file) == digest);
  CHECK(text(mlcore_model_digest, from_folder) == digest);
  CHECK(text(mlcore_model_name, from_file) == "loan");
  mlcore_model_release(from_file);
  mlcore_model_release(from_folder);
}

TEST_CASE("model: what cannot be opened is refused by code and reason, and gives no handle") {
  const Folder folder;
  int poison = 0;
  auto* model = reinterpret_cast<mlcore_model_t*>(&poison);
  const Bytes good = loan_artifact();
  CHECK_FAILS(open((folder.path / "absent.mlc").string(), &model, &error), MLCORE_NOT_FOUND,
              MLCORE_REASON_FILE_NOT_FOUND);
  CHECK(model == nullptr);
  CHECK_FAILS(open(folder.write("empty.mlc", {}), &model, &error), MLCORE_DATA_LOSS,
              MLCORE_REASON_TRUNCATED);
  CHECK_FAILS(open(std::string("a\0b", 3), &model, &error), MLCORE_INVALID_ARGUMENT,
              MLCORE_REASON_INVALID_OPTION);
  CHECK_FAILS(mlcore_model_open(nullptr, 3, &model, &error), MLCORE_INVALID_ARGUMENT,
              MLCORE_REASON_NULL_POINTER);
  CHECK_FAILS(mlcore_model_open("x", -1, &model, &error), MLCORE_INVALID_ARGUMENT,
              MLCORE_REASON_INVALID_LENGTH);
  CHECK_FAILS(mlcore_model_open("x", 1, nullptr, &error), MLCORE_INVALID_ARGUMENT,
              MLCORE_REASON_NULL_POINTER);
  CHECK_FAILS(mlcore_model_open_bytes(nullptr, 8, &model, &error), MLCORE_INVALID_ARGUMENT,
              MLCORE_REASON_NULL_POINTER);
  for (const std::size_t size :
       {std::size_t{0}, std::size_t{7}, good.size() / 2, good.size() - 1}) {
    CAPTURE(size);
    mlcore_error_t error = MLCORE_ERROR_INIT;
    CHECK(mlcore_model_open_bytes(good.data(), static_cast<std::int64_t>(size), &model, &error) ==
          MLCORE_DATA_LOSS);
    CHECK(model == nullptr);
    CHECK(std::strlen(error.message) > 0);
  }
  Bytes flipped = good;
  flipped[flipped.size() - 5] ^= 0x10;
  CHECK_FAILS(mlcore_model_open_bytes(flipped.data(), size_of(flipped), &model, &error),
              MLCORE_DATA_LOSS, MLCORE_REASON_CHECKSUM);
}

TEST_CASE("model: a version of a registry is opened by its REF and says which it is") {
  const Folder folder;
  const std::string models = (folder.path / "models").string();
  const Registry registry = Registry::create(models);
  registry.publish(loan_artifact(), {});
  registry.publish(shop_artifact(), {});
  registry.promote("champion", 2);
  struct Case {
    std::string ref;
    std::int64_t version;
  };
  for (const auto& [ref, expected] :
       {Case{"@champion", 2}, Case{"@v1", 1}, Case{"/v2", 2}, Case{"/v2/model.mlc", 0}}) {
    CAPTURE(ref);
    mlcore_model_t* model = nullptr;
    std::int64_t version = -1;
    REQUIRE(open(models + ref, &model, nullptr) == MLCORE_OK);
    CHECK(mlcore_model_version(model, &version, nullptr) == MLCORE_OK);
    CHECK(version == expected);
    CHECK_FAILS(mlcore_model_version(model, nullptr, &error), MLCORE_INVALID_ARGUMENT,
                MLCORE_REASON_NULL_POINTER);
    mlcore_model_release(model);
  }
  const Opened loan(loan_artifact());
  std::int64_t version = -1;
  CHECK(mlcore_model_version(loan.model, &version, nullptr) == MLCORE_OK);
  CHECK(version == 0);
  mlcore_model_t* none = nullptr;
  CHECK_FAILS(open(models + "@beta", &none, &error), MLCORE_NOT_FOUND, MLCORE_REASON_UNKNOWN_ALIAS);
  CHECK_FAILS(open(models + "@v9", &none, &error), MLCORE_NOT_FOUND, MLCORE_REASON_UNKNOWN_VERSION);
  CHECK(none == nullptr);
}

TEST_CASE("model: getters refuse NULL and what is not there") {
  const Opened loan(loan_artifact());
  const char* text = nullptr;
  std::int64_t size = 0;
  const mlcore_features_t* features = nullptr;
  CHECK_FAILS(mlcore_model_name(nullptr, &text, &size, &error), MLCORE_INVALID_ARGUMENT,
              MLCORE_REASON_NULL_POINTER);
  CHECK_FAILS(mlcore_model_name(loan.model, nullptr, &size, &error), MLCORE_INVALID_ARGUMENT,
              MLCORE_REASON_NULL_POINTER);
  CHECK_FAILS(mlcore_model_digest(loan.model, &text, nullptr, &error), MLCORE_INVALID_ARGUMENT,
              MLCORE_REASON_NULL_POINTER);
  CHECK_FAILS(mlcore_model_features(nullptr, &features, &error), MLCORE_INVALID_ARGUMENT,
              MLCORE_REASON_NULL_POINTER);
  CHECK_FAILS(mlcore_model_features(loan.model, nullptr, &error), MLCORE_INVALID_ARGUMENT,
              MLCORE_REASON_NULL_POINTER);
  CHECK_FAILS(mlcore_model_output_count(loan.model, 5, &size, &error), MLCORE_INVALID_ARGUMENT,
              MLCORE_REASON_INVALID_OPTION);
  CHECK_FAILS(mlcore_model_describe(nullptr, nullptr, 0, &size, &error), MLCORE_INVALID_ARGUMENT,
              MLCORE_REASON_NULL_POINTER);
  mlcore_model_retain(nullptr);
  mlcore_model_release(nullptr);
}

TEST_CASE("model: the description is one JSON object, sized by a first call") {
  const Opened loan(loan_artifact());
  std::int64_t needed = 0;
  REQUIRE(mlcore_model_describe(loan.model, nullptr, 0, &needed, nullptr) == MLCORE_OK);
  std::string about(static_cast<std::size_t>(needed), '?');
  CHECK_FAILS(mlcore_model_describe(loan.model, about.data(), needed - 1, &needed, &error),
              MLCORE_OUT_OF_RANGE, MLCORE_REASON_BUFFER_TOO_SMALL);
  REQUIRE(mlcore_model_describe(loan.model, about.data(), needed, &needed, nullptr) == MLCORE_OK);
  JsonReader json(about);
  json.skip();
  json.finish();
  for (const char* part :
       {R"("name":"loan")", R"("names":["years","ratio"])", R"("framework":"xgboost")",
        R"({"name":"debt","type":"f64","nullable":true})", R"("metadata":{"algorithm":"by hand"})",
        R"("outputs":{"prediction":1,"margin":1,"features":2,"class":1,"leaf":2})",
        R"("trees":2,"rounds":2)", R"("link":"logistic")"}) {
    CAPTURE(part);
    CHECK(about.find(part) != std::string::npos);
  }
}

TEST_CASE("model: the description names the outputs that a context gives, and no other") {
  Artifact artifact;
  artifact.name = "old";
  artifact.definition = Definition::parse(kLoanDefinition);
  artifact.model = two_stumps();
  artifact.model.facts().objective = "reg:squarederror";
  artifact.model.facts().contract.link = Link::identity;
  artifact.model.trees()->round_begin.clear();  // as a file of format 0.1
  artifact.model.trees()->node_id.clear();
  const Opened old(write_artifact(artifact));
  std::int64_t needed = 0;
  REQUIRE(mlcore_model_describe(old.model, nullptr, 0, &needed, nullptr) == MLCORE_OK);
  std::string about(static_cast<std::size_t>(needed), '?');
  REQUIRE(mlcore_model_describe(old.model, about.data(), needed, &needed, nullptr) == MLCORE_OK);
  CHECK(about.find(R"("outputs":{"prediction":1,"margin":1,"features":2})") != std::string::npos);
  for (const std::int32_t output : {MLCORE_OUTPUT_CLASS, MLCORE_OUTPUT_LEAF}) {
    CHECK_FAILS(mlcore_model_output_count(old.model, output, &needed, &error),
                MLCORE_FAILED_PRECONDITION, MLCORE_REASON_INVALID_OPTION);
  }
}

TEST_CASE("model: the last of many owners frees it, and a context is one of them") {
  mlcore_context_t* context = nullptr;
  {
    const Opened loan(loan_artifact());
    REQUIRE(mlcore_context_new(loan.model, nullptr, &context, nullptr) == MLCORE_OK);
    std::vector<std::thread> owners;
    for (int i = 0; i < 4; ++i) {
      mlcore_model_retain(loan.model);
      owners.emplace_back([model = loan.model] {
        for (int k = 0; k < 1000; ++k) {
          mlcore_model_retain(model);
          mlcore_model_release(model);
        }
        mlcore_model_release(model);
      });
    }
    for (std::thread& owner : owners) owner.join();
  }
  const double row[] = {29, 1, 4};
  double prediction = 0;
  CHECK(mlcore_predict_f64(context, row, 3, &prediction, 1, nullptr) == MLCORE_OK);
  CHECK(prediction > 0.5);
  mlcore_context_release(context);
  mlcore_context_release(nullptr);
}

}  // namespace mlcore::test
