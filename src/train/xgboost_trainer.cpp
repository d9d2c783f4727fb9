// SPDX-License-Identifier: Apache-2.0
// Outside code uses train_xgboost and XgboostReference.
#include "mlcore/train/xgboost_trainer.hpp"

#include <fmt/format.h>
#include <xgboost/c_api.h>

#include <algorithm>
#include <array>
#include <bit>
#include <limits>
#include <string_view>
#include <utility>

#include "mlcore/base/error.hpp"

namespace mlcore {
namespace {

// Source: XGBoost 1.7.4 doc/parameter.rst. XGBoost itself only warns about a name it does not know,
// and a misspelt parameter would go unnoticed.
constexpr std::array<std::string_view, 37> kParameters = {"alpha",
                                                          "base_score",
                                                          "booster",
                                                          "colsample_bylevel",
                                                          "colsample_bynode",
                                                          "colsample_bytree",
                                                          "eta",
                                                          "eval_metric",
                                                          "gamma",
                                                          "grow_policy",
                                                          "huber_slope",
                                                          "interaction_constraints",
                                                          "lambda",
                                                          "learning_rate",
                                                          "max_bin",
                                                          "max_delta_step",
                                                          "max_depth",
                                                          "max_leaves",
                                                          "min_child_weight",
                                                          "min_split_loss",
                                                          "monotone_constraints",
                                                          "normalize_type",
                                                          "num_class",
                                                          "num_parallel_tree",
                                                          "objective",
                                                          "one_drop",
                                                          "rate_drop",
                                                          "refresh_leaf",
                                                          "reg_alpha",
                                                          "reg_lambda",
                                                          "sample_type",
                                                          "sampling_method",
                                                          "scale_pos_weight",
                                                          "skip_drop",
                                                          "subsample",
                                                          "tree_method",
                                                          "tweedie_variance_power"};

std::string last_error() {
  std::string_view text = XGBGetLastError();
  // "[12:00:00] ../src/file.cc:17: the message\nStack trace:\n…": the rest is the machine's.
  text = text.substr(0, text.find("\nStack trace"));
  if (text.starts_with('[')) {
    if (const auto end = text.find(": "); end != text.npos) text.remove_prefix(end + 2);
  }
  while (text.ends_with('\n')) text.remove_suffix(1);
  return std::string(text);
}

void check(int status, Reason reason) {
  if (status == 0) return;
  throw Error(Code::invalid_argument, reason, fmt::format("XGBoost: {}", last_error()));
}

/// XGBoost's verbosity belongs to the thread: 0 for the lifetime, then what it was before.
class Silence {
 public:
  Silence() {
    const char* config = nullptr;
    if (XGBGetGlobalConfig(&config) == 0) before_ = config;
    (void)XGBSetGlobalConfig(R"({"verbosity": 0})");
  }
  ~Silence() { (void)XGBSetGlobalConfig(before_.c_str()); }
  Silence(const Silence&) = delete;
  Silence& operator=(const Silence&) = delete;

 private:
  std::string before_;
};

std::string array_interface(const float* data, std::size_t rows, std::size_t columns,
                            std::size_t row_stride) {
  return fmt::format(
      R"({{"data": [{}, true], "shape": [{}, {}], "strides": [{}, 4], "typestr": "<f4", "version": 3}})",
      std::bit_cast<std::uintptr_t>(data), rows, columns, 4 * row_stride);
}

class Matrix {
 public:
  Matrix(Span2d<const float> features, std::int32_t threads) {
    const std::string values = array_interface(features.row(0).data(), features.rows(),
                                               features.columns(), features.row_stride());
    check(XGDMatrixCreateFromDense(
              values.c_str(), fmt::format(R"({{"missing": NaN, "nthread": {}}})", threads).c_str(),
              &handle_),
          Reason::training_failed);
  }
  ~Matrix() { (void)XGDMatrixFree(handle_); }
  Matrix(const Matrix&) = delete;
  Matrix& operator=(const Matrix&) = delete;
  [[nodiscard]] DMatrixHandle get() const noexcept { return handle_; }

 private:
  DMatrixHandle handle_ = nullptr;
};

class Booster {
 public:
  explicit Booster(const Matrix* matrix) {
    const DMatrixHandle handle = matrix == nullptr ? nullptr : matrix->get();
    check(XGBoosterCreate(&handle, matrix == nullptr ? 0 : 1, &handle_), Reason::training_failed);
  }
  ~Booster() { (void)XGBoosterFree(handle_); }
  Booster(const Booster&) = delete;
  Booster& operator=(const Booster&) = delete;
  [[nodiscard]] BoosterHandle get() const noexcept { return handle_; }

  void set(const std::string& name, const std::string& value) {
    check(XGBoosterSetParam(handle_, name.c_str(), value.c_str()), Reason::training_failed);
  }

 private:
  BoosterHandle handle_ = nullptr;
};

[[noreturn]] void refuse(std::string message) {
  throw Error(Code::invalid_argument, Reason::invalid_option, std::move(message));
}

void check_options(const XgboostOptions& options) {
  if (options.rounds < 1) refuse(fmt::format("rounds: expected ≥ 1, found {}", options.rounds));
  if (options.threads < 1) refuse(fmt::format("threads: expected ≥ 1, found {}", options.threads));
  const auto booster = options.parameters.find("booster");
  const bool is_linear = booster != options.parameters.end() && booster->second == "gblinear";
  if (is_linear && options.threads > 1) {  // they race for its weights
    refuse(fmt::format("threads: the booster gblinear gives the same model each time on 1, not {}",
                       options.threads));
  }
  for (const auto& [name, value] : options.parameters) {
    if (std::find(kParameters.begin(), kParameters.end(), name) == kParameters.end()) {
      refuse(
          fmt::format("\"{}\" is not a parameter of XGBoost that can be given here; seed, "
                      "threads and rounds have fields of their own. Known: {}",
                      name, fmt::join(kParameters, ", ")));
    }
  }
}

void check_shape(Span2d<const float> features, std::span<const float> labels,
                 const XgboostOptions& options) {
  if (features.rows() == 0 || features.columns() == 0) {
    throw Error(Code::invalid_argument, Reason::empty_input,
                fmt::format("training needs rows and features, found {} and {}", features.rows(),
                            features.columns()));
  }
  if (labels.size() != features.rows()) {
    throw Error(Code::invalid_argument, Reason::wrong_width,
                fmt::format("expected a label a row, found {} labels and {} rows", labels.size(),
                            features.rows()));
  }
  if (!options.feature_names.empty() && options.feature_names.size() != features.columns()) {
    throw Error(Code::invalid_argument, Reason::wrong_width,
                fmt::format("expected a name a feature, found {} names and {} features",
                            options.feature_names.size(), features.columns()));
  }
}

void set_labels(const Matrix& matrix, std::span<const float> labels) {
  check(XGDMatrixSetFloatInfo(matrix.get(), "label", labels.data(), labels.size()),
        Reason::training_failed);
}

void set_names(const Booster& booster, const std::vector<std::string>& names) {
  if (names.empty()) return;
  std::vector<const char*> pointers;
  for (const std::string& name : names) pointers.push_back(name.c_str());
  std::vector<const char*> types(names.size(), "float");
  check(XGBoosterSetStrFeatureInfo(booster.get(), "feature_name", pointers.data(), pointers.size()),
        Reason::training_failed);
  check(XGBoosterSetStrFeatureInfo(booster.get(), "feature_type", types.data(), types.size()),
        Reason::training_failed);
}

std::string save_json(const Booster& booster) {
  bst_ulong size = 0;
  const char* text = nullptr;
  check(XGBoosterSaveModelToBuffer(booster.get(), R"({"format": "json"})", &size, &text),
        Reason::training_failed);
  return {text, static_cast<std::size_t>(size)};
}

constexpr const char* kPredictionConfig =
    R"({"type": 0, "training": false, "iteration_begin": 0, "iteration_end": 0, "strict_shape": true})";
constexpr const char* kMarginConfig =
    R"({"type": 1, "training": false, "iteration_begin": 0, "iteration_end": 0, "strict_shape": true})";
constexpr const char* kInplaceMarginConfig =
    R"({"type": 1, "training": false, "iteration_begin": 0, "iteration_end": 0, "strict_shape": true, "cache_id": 0, "missing": NaN})";

}  // namespace

std::string train_xgboost(Span2d<const float> features, std::span<const float> labels,
                          const XgboostOptions& options) {
  check_options(options);
  check_shape(features, labels, options);
  const Silence silence;
  const Matrix matrix(features, options.threads);
  set_labels(matrix, labels);

  Booster booster(&matrix);
  booster.set("verbosity", "0");
  booster.set("nthread", std::to_string(options.threads));
  booster.set("seed", std::to_string(options.seed));
  booster.set("tree_method", "hist");
  booster.set("objective", "binary:logistic");
  for (const auto& [name, value] : options.parameters) booster.set(name, value);
  set_names(booster, options.feature_names);

  for (std::int32_t round = 0; round < options.rounds; ++round) {
    check(XGBoosterUpdateOneIter(booster.get(), round, matrix.get()), Reason::training_failed);
    if (options.progress) options.progress(round + 1, options.rounds);
  }
  return save_json(booster);
}

struct XgboostReference::Impl {
  Booster booster{nullptr};
  std::size_t feature_count = 0;

  [[nodiscard]] std::vector<float> run(Span2d<const float> features, const char* config) const {
    if (features.columns() != feature_count) {
      throw Error(Code::invalid_argument, Reason::wrong_width,
                  fmt::format("the model has {} features, found {} columns", feature_count,
                              features.columns()));
    }
    if (features.rows() == 0) return {};
    const Silence silence;
    const Matrix matrix(features, 1);
    const bst_ulong* shape = nullptr;
    bst_ulong dimensions = 0;
    const float* values = nullptr;
    check(XGBoosterPredictFromDMatrix(booster.get(), matrix.get(), config, &shape, &dimensions,
                                      &values),
          Reason::training_failed);
    std::size_t size = 1;
    for (bst_ulong i = 0; i < dimensions; ++i) size *= static_cast<std::size_t>(shape[i]);
    return {values, values + size};
  }
};

XgboostReference::XgboostReference(const std::string& json) : impl_(std::make_unique<Impl>()) {
  const Silence silence;
  // XGBoost 1.7 takes anything that does not begin like JSON for its old binary format.
  if (!json.starts_with('{')) {
    throw Error(Code::invalid_argument, Reason::malformed_model,
                "XGBoost: the model is not JSON: it does not begin with {");
  }
  check(XGBoosterLoadModelFromBuffer(impl_->booster.get(), json.data(), json.size()),
        Reason::malformed_model);
  impl_->booster.set("nthread", "1");
  bst_ulong count = 0;
  check(XGBoosterGetNumFeature(impl_->booster.get(), &count), Reason::malformed_model);
  impl_->feature_count = static_cast<std::size_t>(count);
}

XgboostReference::~XgboostReference() = default;

std::vector<float> XgboostReference::margins(Span2d<const float> features) const {
  return impl_->run(features, kMarginConfig);
}

std::vector<float> XgboostReference::predictions(Span2d<const float> features) const {
  return impl_->run(features, kPredictionConfig);
}

const float* XgboostReference::inplace_margins(const float* features, std::size_t rows,
                                               std::size_t columns) const {
  const std::string values = array_interface(features, rows, columns, columns);
  const bst_ulong* shape = nullptr;
  bst_ulong dimensions = 0;
  const float* margins = nullptr;
  check(XGBoosterPredictFromDense(impl_->booster.get(), values.c_str(), kInplaceMarginConfig,
                                  nullptr, &shape, &dimensions, &margins),
        Reason::training_failed);
  return margins;
}

std::string XgboostReference::version() {
  int major = 0, minor = 0, patch = 0;
  XGBoostVersion(&major, &minor, &patch);
  return fmt::format("{}.{}.{}", major, minor, patch);
}

}  // namespace mlcore
