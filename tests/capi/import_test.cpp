// SPDX-License-Identifier: Apache-2.0
// The C API of importing; what the importers read is tests/model's.
#include "capi/fixture.hpp"
#include "mlcore/base/file.hpp"

namespace mlcore::test {
namespace {

const std::string kGolden = MLCORE_SOURCE_DIR "/tests/model/golden/";

std::int32_t import(std::string_view format, std::string_view bytes, std::string_view definition,
                    std::int32_t best, mlcore_buffer_t** artifact, mlcore_error_t* error) {
  const auto length = [](std::string_view text) { return static_cast<std::int64_t>(text.size()); };
  return mlcore_import(format.data(), length(format), bytes.data(), length(bytes),
                       definition.data(), length(definition), best, artifact, error);
}

/// Imported, opened and described.
std::string describe(std::string_view format, const std::string& file, std::string_view definition,
                     std::int32_t best) {
  mlcore_buffer_t* artifact = nullptr;
  const void* bytes = nullptr;
  std::int64_t size = 0;
  mlcore_model_t* model = nullptr;
  REQUIRE(import(format, read_file(kGolden + file), definition, best, &artifact, nullptr) ==
          MLCORE_OK);
  REQUIRE(mlcore_buffer_bytes(artifact, &bytes, &size, nullptr) == MLCORE_OK);
  REQUIRE(mlcore_model_open_bytes(bytes, size, &model, nullptr) == MLCORE_OK);
  mlcore_buffer_release(artifact);
  REQUIRE(mlcore_model_describe(model, nullptr, 0, &size, nullptr) == MLCORE_OK);
  std::string text(static_cast<std::size_t>(size), '\0');
  REQUIRE(mlcore_model_describe(model, text.data(), size, &size, nullptr) == MLCORE_OK);
  mlcore_model_release(model);
  return text;
}

bool has(const std::string& text, std::string_view part) {
  return text.find(part) != std::string::npos;
}

}  // namespace

TEST_CASE("import: a model file becomes an artifact that opens") {
  const std::string plain = describe("xgboost", "xgboost-3.2.0/squared.ubj", "", 0);
  CHECK(has(plain, "\"f4\""));
  CHECK(has(describe("lightgbm", "lightgbm-4.7.0/binary.lgb", "", 0), "lightgbm"));
  const std::string json = describe("json", "../../fuzz/corpus/model_json/classes.json", "", 0);
  CHECK(has(json, "RandomForestClassifier"));
  CHECK(has(json, "fidelity"));
  CHECK(has(json, R"("task":"classification","classes":[")"));
  CHECK(has(json, R"("class":1)"));
  const std::string all = describe("xgboost", "xgboost-3.2.0/best_iteration.json", "", 0);
  const std::string best = describe("xgboost", "xgboost-3.2.0/best_iteration.json", "", 1);
  CHECK(all != best);
}

TEST_CASE("import: names that can't be inputs' are numbered, unless a row would mean another") {
  const auto with_names = [](std::string_view names) {
    return R"({"format":"mlcore-model","version":1,"framework":"f","framework_version":"1",)"
           R"("objective":"o","task":"regression","features":[)" +
           std::string(names) +
           R"(],"outputs":1,"fidelity":"exact","trees":{"input":"float64","sum":"float64",)"
           R"("comparison":"<=","start":"base","base":[0],"finish":"none","trees":[]},)"
           R"("link":{"kind":"identity"}})";
  };
  mlcore_buffer_t* artifact = nullptr;
  for (const char* names : {R"("age in years","output","1st")", R"("f0","a`b")"}) {
    CAPTURE(std::string(names));
    REQUIRE(import("json", with_names(names), "", 0, &artifact, nullptr) == MLCORE_OK);
    mlcore_buffer_release(artifact);
  }
  for (const char* names :
       {R"("f1","f0","a`b")", R"("f1","a\nb")", R"("f1","as_of")", R"("f1","")"}) {
    CAPTURE(std::string(names));
    CHECK_FAILS(import("json", with_names(names), "", 0, &artifact, &error),
                MLCORE_INVALID_ARGUMENT, MLCORE_REASON_FEATURE_NAMES);
  }
}

TEST_CASE("import: a definition whose outputs are the features") {
  const std::string text =
      "features five version 1\ninput a: f64?\nb = a + 1\nc = a + 2\nd = a + 3\ne = a + 4\n"
      "output [a, b, c, d, e]\n";
  CHECK(has(describe("xgboost", "xgboost-3.2.0/squared.ubj", text, 0), "\"five\""));
}

TEST_CASE("import: what is refused gives a reason and no handle") {
  const std::string model = read_file(kGolden + "xgboost-3.2.0/squared.ubj");
  const std::string trees = read_file(kGolden + "lightgbm-4.7.0/binary.lgb");
  int poison = 0;
  auto* artifact = reinterpret_cast<mlcore_buffer_t*>(&poison);
  CHECK_FAILS(import("spark", model, "", 0, &artifact, &error), MLCORE_INVALID_ARGUMENT,
              MLCORE_REASON_INVALID_OPTION);
  CHECK(artifact == nullptr);
  CHECK_FAILS(import("xgboost", model, "", 2, &artifact, &error), MLCORE_INVALID_ARGUMENT,
              MLCORE_REASON_INVALID_OPTION);
  CHECK_FAILS(import("lightgbm", trees, "", 1, &artifact, &error), MLCORE_INVALID_ARGUMENT,
              MLCORE_REASON_INVALID_OPTION);
  CHECK_FAILS(import("xgboost", model, "", 1, &artifact, &error), MLCORE_FAILED_PRECONDITION,
              MLCORE_REASON_INVALID_OPTION);
  CHECK_FAILS(import("xgboost", "", "", 0, &artifact, &error), MLCORE_INVALID_ARGUMENT,
              MLCORE_REASON_MALFORMED_MODEL);
  CHECK_FAILS(import("xgboost", model, "features", 0, &artifact, &error), MLCORE_INVALID_ARGUMENT,
              MLCORE_REASON_SYNTAX);
  CHECK_FAILS(import("xgboost", model, "features f version 1\ninput a: f64?\noutput [a]\n", 0,
                     &artifact, &error),
              MLCORE_INVALID_ARGUMENT, MLCORE_REASON_FEATURE_COUNT);
  CHECK_FAILS(mlcore_import("xgboost", 7, nullptr, 3, nullptr, 0, 0, &artifact, &error),
              MLCORE_INVALID_ARGUMENT, MLCORE_REASON_NULL_POINTER);
  CHECK_FAILS(mlcore_import("xgboost", 7, "x", 1, nullptr, 0, 0, nullptr, &error),
              MLCORE_INVALID_ARGUMENT, MLCORE_REASON_NULL_POINTER);
}

}  // namespace mlcore::test
