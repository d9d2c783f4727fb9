// SPDX-License-Identifier: Apache-2.0
#pragma once

// Small artifacts and handles for the tests of the C API.
//
//   const Opened loan(loan_artifact());
//   mlcore_context_new(loan.model, nullptr, &context, nullptr);

#include <doctest/doctest.h>

#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <string>
#include <string_view>
#include <vector>

#include "mlcore/artifact/artifact.hpp"
#include "mlcore/mlcore.h"
#include "mlcore/predict/proof.hpp"
#include "model/two_stumps.hpp"

namespace mlcore::test {

inline Bytes artifact_of(const char* name, const char* definition,
                         const char* objective = "binary:logistic", Link link = Link::logistic) {
  Artifact artifact;
  artifact.name = name;
  artifact.definition = Definition::parse(definition);
  artifact.model = two_stumps();
  artifact.model.facts().objective = objective;
  artifact.model.facts().contract.link = link;
  artifact.metadata = {{"algorithm", "by hand"}};
  artifact.proof_rows = make_proof_rows(artifact, 16, 3);
  return write_artifact(artifact);
}

inline constexpr const char* kLoanDefinition =
    "features loan version 1\n"
    "input age: i64\ninput debt: f64?\ninput income: f64\n"
    "years = age\nratio = debt / income\noutput [years, ratio]\n";

/// Numbers only, no stream.
inline Bytes loan_artifact() { return artifact_of("loan", kLoanDefinition); }

inline constexpr const char* kShopDefinition =
    "features shop version 1\n"
    "stream orders(customer: string key, at: timestamp event, cds: i64, amount: f64)\n"
    "orders_30d = count() over orders last 30d\n"
    "spend = sum(amount) over orders lifetime\n"
    "output [orders_30d, spend]\n";

/// One stream, keyed by a string; the columns are those of the example's orders.csv.
inline Bytes shop_artifact() { return artifact_of("shop", kShopDefinition); }

/// A model handle, released at the end of the scope.
struct Opened {
  explicit Opened(const Bytes& file) {
    REQUIRE(mlcore_model_open_bytes(file.data(), static_cast<std::int64_t>(file.size()), &model,
                                    nullptr) == MLCORE_OK);
    REQUIRE(mlcore_model_features(model, &features, nullptr) == MLCORE_OK);
    REQUIRE(mlcore_features_request_layout(features, &request, nullptr) == MLCORE_OK);
  }
  ~Opened() { mlcore_model_release(model); }
  Opened(const Opened&) = delete;
  Opened& operator=(const Opened&) = delete;

  mlcore_model_t* model = nullptr;
  const mlcore_features_t* features = nullptr;
  const mlcore_layout_t* request = nullptr;
};

struct Scratch {
  explicit Scratch(const Opened& opened, std::int32_t output = MLCORE_OUTPUT_PREDICTION) {
    const mlcore_context_options_t options = {sizeof options, output, 0, 0, 0};
    REQUIRE(mlcore_context_new(opened.model, &options, &context, nullptr) == MLCORE_OK);
  }
  ~Scratch() { mlcore_context_release(context); }
  Scratch(const Scratch&) = delete;
  Scratch& operator=(const Scratch&) = delete;

  mlcore_context_t* context = nullptr;
};

inline Bytes packed(const mlcore_layout_t* layout, std::string_view json) {
  mlcore_error_t error = MLCORE_ERROR_INIT;
  Bytes row(4096);
  std::int64_t needed = 0;
  const std::int32_t code =
      mlcore_row_from_json(layout, json.data(), static_cast<std::int64_t>(json.size()), row.data(),
                           static_cast<std::int64_t>(row.size()), &needed, &error);
  REQUIRE_MESSAGE(code == MLCORE_OK, error.message);
  row.resize(static_cast<std::size_t>(needed));
  return row;
}

/// Packed rows with the view of them that the C API takes.
struct Rows {
  Rows(const mlcore_layout_t* layout, const std::vector<std::string>& json_rows) {
    for (const std::string& json : json_rows) batch.append(packed(layout, json));
  }
  [[nodiscard]] mlcore_rows_t view() const {
    return {batch.bytes.data(), static_cast<std::int64_t>(batch.bytes.size()), batch.offsets.data(),
            static_cast<std::int64_t>(batch.size())};
  }
  RowBatch batch;
};

struct Events {
  explicit Events(const mlcore_features_t* features) {
    REQUIRE(mlcore_state_new(features, nullptr, &state, nullptr) == MLCORE_OK);
    REQUIRE(mlcore_features_stream_layout(features, 0, &layout, nullptr) == MLCORE_OK);
  }
  ~Events() { mlcore_state_release(state); }
  Events(const Events&) = delete;
  Events& operator=(const Events&) = delete;

  void ingest(const std::vector<std::string>& json_rows) const {
    const Rows rows(layout, json_rows);
    const mlcore_rows_t view = rows.view();
    REQUIRE(mlcore_state_ingest(state, 0, &view, nullptr, nullptr) == MLCORE_OK);
  }

  mlcore_state_t* state = nullptr;
  const mlcore_layout_t* layout = nullptr;
};

inline const std::vector<std::string>& three_orders() {
  static const std::vector<std::string> orders = {
      R"({"customer": "ada", "at": "1998-01-01", "cds": 1, "amount": 20.5})",
      R"({"customer": "ada", "at": "1997-06-01", "cds": 2, "amount": 9.25})",
      R"({"customer": "bob", "at": "1997-12-24", "cds": 3, "amount": 0.25})"};
  return orders;
}

/// Checks code and reason, that the message is written, and gives the error for more.
#define CHECK_FAILS(call, expected_code, expected_reason) \
  do {                                                    \
    mlcore_error_t error = MLCORE_ERROR_INIT;             \
    CHECK((call) == (expected_code));                     \
    CHECK(error.code == (expected_code));                 \
    CHECK(error.reason == (expected_reason));             \
    CHECK(std::strlen(error.message) > 0);                \
  } while (false)

/// A fresh folder, removed at the end of the scope.
struct Folder {
  Folder() {
    std::string pattern = (std::filesystem::temp_directory_path() / "mlcore_XXXXXX").string();
    REQUIRE(mkdtemp(pattern.data()) != nullptr);
    path = pattern;
  }
  ~Folder() { std::filesystem::remove_all(path); }
  [[nodiscard]] std::string write(const std::string& name, const Bytes& bytes) const {
    const std::string file = (path / name).string();
    std::ofstream(file, std::ios::binary)
        .write(reinterpret_cast<const char*>(bytes.data()),
               static_cast<std::streamsize>(bytes.size()));
    return file;
  }
  std::filesystem::path path;
};

}  // namespace mlcore::test
