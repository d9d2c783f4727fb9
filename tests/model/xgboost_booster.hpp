// SPDX-License-Identifier: Apache-2.0
#pragma once

// XGBoost through its C API, as the tests' outside source of models and numbers.
//
//   XgboostBooster booster(data, {{"objective", "binary:logistic"}}, 10);
//   booster.json();
//   booster.predict(data, XgboostBooster::kMargin);

#include <xgboost/c_api.h>

#include <cstdint>
#include <map>
#include <stdexcept>
#include <string>
#include <vector>

/// Rows of f32, missing is NaN; labels one a row.
struct Sample {
  std::size_t width = 0;
  std::vector<float> features;
  std::vector<float> labels;

  [[nodiscard]] std::size_t rows() const { return features.size() / width; }
};

class XgboostBooster {
 public:
  enum Output { kValue = 0, kMargin = 1, kLeaf = 6 };

  XgboostBooster(const Sample& sample, const std::map<std::string, std::string>& parameters,
                 int rounds) {
    const Matrix matrix(sample);
    check(
        XGDMatrixSetFloatInfo(matrix.handle, "label", sample.labels.data(), sample.labels.size()));
    check(XGBoosterCreate(&matrix.handle, 1, &handle_));
    set("nthread", "1");
    set("verbosity", "0");
    for (const auto& [name, value] : parameters) set(name, value);
    for (int round = 0; round < rounds; ++round) {
      check(XGBoosterUpdateOneIter(handle_, round, matrix.handle));
    }
  }
  explicit XgboostBooster(const std::string& json) {
    check(XGBoosterCreate(nullptr, 0, &handle_));
    check(XGBoosterLoadModelFromBuffer(handle_, json.data(), json.size()));
    set("nthread", "1");
  }
  ~XgboostBooster() { XGBoosterFree(handle_); }
  XgboostBooster(const XgboostBooster&) = delete;
  XgboostBooster& operator=(const XgboostBooster&) = delete;

  [[nodiscard]] std::string json() const { return saved(R"({"format": "json"})"); }
  [[nodiscard]] std::string ubjson() const { return saved(R"({"format": "ubj"})"); }

  /// The CPU predictor on a DMatrix, the trees of rounds [begin, end); 0 and 0: all.
  [[nodiscard]] std::vector<float> predict(const Sample& sample, Output output,
                                           std::size_t begin = 0, std::size_t end = 0) const {
    const Matrix matrix(sample);
    const std::string config = R"({"type": )" + std::to_string(static_cast<int>(output)) +
                               R"(, "training": false, "iteration_begin": )" +
                               std::to_string(begin) + R"(, "iteration_end": )" +
                               std::to_string(end) + R"(, "strict_shape": false})";
    const bst_ulong* shape = nullptr;
    bst_ulong dimensions = 0;
    const float* values = nullptr;
    check(XGBoosterPredictFromDMatrix(handle_, matrix.handle, config.c_str(), &shape, &dimensions,
                                      &values));
    std::size_t size = 1;
    for (bst_ulong i = 0; i < dimensions; ++i) size *= shape[i];
    return {values, values + size};
  }

 private:
  static void check(int result) {
    if (result != 0) throw std::runtime_error(XGBGetLastError());
  }
  struct Matrix {
    explicit Matrix(const Sample& sample) {
      check(XGDMatrixCreateFromMat(sample.features.data(), sample.rows(), sample.width,
                                   __builtin_nanf(""), &handle));
    }
    ~Matrix() { XGDMatrixFree(handle); }
    Matrix(const Matrix&) = delete;
    Matrix& operator=(const Matrix&) = delete;
    DMatrixHandle handle = nullptr;
  };
  [[nodiscard]] std::string saved(const char* format) const {
    const char* bytes = nullptr;
    bst_ulong size = 0;
    check(XGBoosterSaveModelToBuffer(handle_, format, &size, &bytes));
    return {bytes, size};
  }
  void set(const std::string& name, const std::string& value) {
    check(XGBoosterSetParam(handle_, name.c_str(), value.c_str()));
  }

  BoosterHandle handle_ = nullptr;
};
