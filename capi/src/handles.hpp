// SPDX-License-Identifier: Apache-2.0
#pragma once

// What the opaque handles of mlcore.h hold.

#include <atomic>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "mlcore/mlcore.h"
#include "mlcore/monitor/monitor.hpp"
#include "mlcore/predict/predictor.hpp"
#include "mlcore/registry/open.hpp"

struct mlcore_layout {
  const mlcore::RowLayout* layout;
};

struct mlcore_features {
  /// Compiled from text; it computes without a model unless the definition has something to fit.
  explicit mlcore_features(mlcore::Definition definition);
  /// A model's. Lifetime: borrows the plan.
  explicit mlcore_features(const mlcore::FeaturePlan& fitted);
  mlcore_features(const mlcore_features&) = delete;
  mlcore_features& operator=(const mlcore_features&) = delete;

  [[nodiscard]] bool is_borrowed() const noexcept { return plan != nullptr && !own_plan; }

  std::optional<mlcore::Definition> own_definition;
  std::optional<mlcore::FeaturePlan> own_plan;
  const mlcore::FeaturePlan* plan = nullptr;  // NULL: not fitted
  const mlcore::Definition* definition = nullptr;
  mlcore_layout request{};
  std::vector<mlcore_layout> streams;
  std::string text;
  std::string fingerprint;

 private:
  void describe();
};

struct mlcore_model {
  explicit mlcore_model(mlcore::OpenedModel opened);

  mutable std::atomic<std::int64_t> owners{1};
  std::shared_ptr<const mlcore::Predictor> predictor;
  mlcore_features features;
  std::string digest;
  std::int64_t version;  // 0: not from a registry
};

struct mlcore_context {
  mlcore_context(const mlcore_model* owned, mlcore::ContextOptions options);
  ~mlcore_context();
  mlcore_context(const mlcore_context&) = delete;
  mlcore_context& operator=(const mlcore_context&) = delete;

  const mlcore_model* model;
  mlcore::Context context;
  std::vector<mlcore::RowBatch> events;  // of mlcore_predict_events
  mlcore::RowBatch requests;             // of mlcore_predict_batch_at
  std::vector<double> values;            // of mlcore_predict_f32
};

namespace mlcore::capi {

/// What `parse` makes of a call's arguments; a call that they fail is counted where the context has
/// a monitor, as the predictor counts those that fail later.
template <typename Parse>
auto parsed(Context& context, Parse&& parse) {
  try {
    return parse();
  } catch (...) {
    context.count_failure();
    throw;
  }
}

/// Throws: invalid_argument/invalid_option for a number that is no MLCORE_OUTPUT_*.
[[nodiscard]] OutputKind output_kind(std::int32_t number);

/// What mlcore_model_describe writes.
[[nodiscard]] std::string describe(const Predictor& predictor);

}  // namespace mlcore::capi

struct mlcore_state {
  std::unique_ptr<mlcore::State> state;  // locks inside: const handles write to it
};

struct mlcore_monitor {
  mlcore::Monitor monitor;
};

struct mlcore_buffer {
  mlcore::Bytes bytes;
};
