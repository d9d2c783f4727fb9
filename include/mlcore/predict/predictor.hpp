// SPDX-License-Identifier: Apache-2.0
#pragma once

// From an artifact to predictions.
//
//   auto predictor = Predictor::open("churn.mlc");
//   Context context(predictor, {.output = OutputKind::prediction});
//   double churn;
//   predictor->predict(context, row, {&churn, 1});            // a definition without streams
//   predictor->predict_at(context, state, row, {&churn, 1});  // with windows, from a state
//
// A Predictor is immutable and shared; a Context holds the scratch memory of one chain of calls.

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "mlcore/artifact/artifact.hpp"
#include "mlcore/base/span2d.hpp"
#include "mlcore/drift/shard.hpp"
#include "mlcore/feature/plan.hpp"
#include "mlcore/feature/state.hpp"
#include "mlcore/predict/compiled_model.hpp"
#include "mlcore/predict/matrix.hpp"

namespace mlcore {

/// What a prediction call writes. The numbers are part of the C ABI.
enum class OutputKind : std::int32_t {
  prediction = 0,  // after the link and the calibration
  margin = 1,
  features = 2,     // the feature values themselves, before they meet the model
  class_index = 3,  // the index of the class that `class_of` tells
  leaf = 4,         // the framework's id of the leaf in each tree, in the trees' order
};

struct ContextOptions {
  OutputKind output = OutputKind::prediction;
  /// The boosting rounds [begin, end) whose trees are used, with the base margins; end 0: to the
  /// last. XGBoost's iteration_range: a round is a tree for each output and parallel tree.
  std::int32_t iteration_begin = 0;
  std::int32_t iteration_end = 0;
  /// Threads that a batch call may use, its own among them, at most 256; 0 and 1: no other. They
  /// live for the call, each with a part of the rows, where a part has enough to pay. Bits and
  /// errors are those of one thread. A context with a monitor runs on one.
  std::int32_t threads = 0;
};

class Context;

/// Thread-safe: const members, each call with its own Context. Every call with an output of the
/// model throws invalid_argument/null_not_allowed for a feature that is missing where the model
/// refuses that. Out values are f64; an f32 margin or
/// prediction widens without change.
class Predictor {
  struct Checked {  // an artifact whose parts fit, as read_artifact's do
    explicit Checked() = default;
  };

 public:
  /// Checks that the parts fit and that every proof row gives its bits again, through the row and
  /// the batch path. Throws: data_loss/proof_failed naming the row; invalid_argument/feature_count.
  explicit Predictor(Artifact artifact);
  Predictor(Artifact artifact, Checked);
  Predictor(const Predictor&) = delete;
  Predictor& operator=(const Predictor&) = delete;
  /// Throws: as read_artifact and the constructor.
  [[nodiscard]] static std::shared_ptr<const Predictor> from_bytes(ByteView file);
  /// `path` names a .mlc file, or a directory that holds `model.mlc`.
  /// Throws: also not_found/file_not_found, unavailable/io_failure.
  [[nodiscard]] static std::shared_ptr<const Predictor> open(const std::string& path);

  [[nodiscard]] const std::string& name() const noexcept { return name_; }
  [[nodiscard]] const Definition& definition() const noexcept { return plan_.definition(); }
  [[nodiscard]] const FeaturePlan& plan() const noexcept { return plan_; }
  [[nodiscard]] const Model& model() const noexcept { return model_; }
  [[nodiscard]] const std::map<std::string, std::string>& metadata() const noexcept {
    return metadata_;
  }
  /// What features and predictions looked like in training; null where the artifact has none.
  /// Lifetime: the predictor's.
  [[nodiscard]] const Reference* reference() const noexcept {
    return reference_ ? &*reference_ : nullptr;
  }
  /// All zero when the predictor was not made from a file.
  [[nodiscard]] const Sha256Digest& digest() const noexcept { return digest_; }
  /// Values a row gives from all rounds; a context has its own count.
  [[nodiscard]] std::size_t output_count(OutputKind kind) const noexcept;
  /// Throws: failed_precondition/invalid_option for `class_index` of a model that predicts no
  /// classes, and for `leaf` where the model has no trees or comes from a file of format 0.1.
  void check_output(OutputKind kind) const;

  /// One typed row of a definition without streams. Shape, of every call: `out` has the context's
  /// output_count() values a row, else invalid_argument/wrong_width.
  /// Requires: `row` of definition().request().
  /// Throws: failed_precondition/needs_state for a definition with streams.
  /// Cost: no allocation, no lock.
  void predict(Context& context, const RowView& row, std::span<double> out) const;
  /// One row whose key's windows come from a state.
  /// Throws: as State::read.
  void predict_at(Context& context, const State& state, const RowView& row,
                  std::span<double> out) const;
  /// One row whose events the caller brings, a batch a stream.
  /// Throws: as read_events.
  void predict_events(Context& context, const RowView& row, std::span<const RowBatch> events,
                      std::span<double> out) const;
  /// The request's fields as numbers, where all of them are bool, i64 or f64; NaN is null.
  /// Throws: failed_precondition/not_numeric, needs_state; invalid_argument/wrong_width,
  /// type_mismatch (a fraction for an i64, a bool other than 0 and 1), null_not_allowed.
  void predict_numeric(Context& context, std::span<const double> values,
                       std::span<double> out) const;
  /// Many numeric rows. Shape: [rows, fields] → out [rows, output_count].
  /// Throws: as predict_numeric, the error's row says which; of sparse rows invalid_argument with
  /// invalid_length, invalid_index or duplicate_column; of base margins wrong_width, invalid_number
  /// (not finite), invalid_option (an output without margins), and
  /// failed_precondition/invalid_option (a model without base margins).
  void predict_batch(Context& context, const Matrix& matrix, std::span<double> out) const;
  void predict_batch(Context& context, Span2d<const double> rows, std::span<double> out) const;
  void predict_batch(Context& context, Span2d<const float> rows, std::span<double> out) const;
  /// Many typed rows of a definition without streams. Shape: out [rows, output_count].
  /// Throws: failed_precondition/needs_state; as RowView::parse. The error's row says which.
  void predict_batch(Context& context, const RowBatch& rows, std::span<double> out) const;
  /// Many typed rows from a state. Shape: out [rows, output_count].
  void predict_batch_at(Context& context, const State& state, const RowBatch& rows,
                        std::span<double> out) const;

  /// A bypass of the features: model features in, margins out. Shape: [rows, feature count].
  /// In f32, where the contract is not wide; else throws failed_precondition/unsupported_model.
  void margins(Span2d<const float> features, std::span<float> out) const;
  /// Widened. Features of a contract that is not wide are rounded to f32.
  void margins(Span2d<const float> features, std::span<double> out) const;
  void margins(Span2d<const double> features, std::span<double> out) const;

 private:
  friend class Context;
  struct Batch;
  static constexpr std::size_t kTileRows = 128;
  void check_proof(const std::vector<ProofRow>& rows) const;
  void require_stateless() const;
  void require_columns(std::size_t columns) const;
  void require_width(std::size_t given, std::size_t wanted, const char* what) const;
  [[nodiscard]] RowView numeric_row(Context& context, std::span<const double> values) const;
  [[nodiscard]] TreeRange trees_of(const ContextOptions& options) const;
  void finish(Context& context, const RowView& row, std::span<const Cell> aggregates,
              std::span<double> out) const;
  void finish_row(Context& context, std::span<double> out) const;
  [[nodiscard]] Span2d<const double> scores_of(Context& context, std::size_t rows,
                                               std::span<double> out) const;
  void finish_margins(Context& context, std::size_t row, std::span<double> out) const;
  [[nodiscard]] std::uint32_t row_class(ModelScratch& scratch, std::size_t row) const;
  void link_margins(ModelScratch& scratch, std::size_t row) const;
  void to_predictions(ModelScratch& scratch, std::size_t row, std::span<double> out) const;
  template <typename RowFeatures>
  void finish_batch(Context& context, const Batch& batch, const RowFeatures& features_of) const;
  template <typename RowFeatures>
  void finish_part(Context& context, const Batch& batch, std::size_t first, std::size_t last,
                   const RowFeatures& features_of) const;
  template <typename RowFeatures>
  void stage_row(Context& context, const Batch& batch, std::size_t place, std::size_t row,
                 const RowFeatures& features_of) const;
  void finish_tile(Context& context, const Batch& batch, std::size_t rows,
                   std::span<double> out) const;
  void tile_outputs(Context& context, const Batch& batch, std::size_t rows,
                    std::span<double> out) const;
  void check_bases(const Context& context, const Matrix& matrix, std::size_t rows) const;
  void check_margins(const ProofRow& row, std::size_t index, const char* what,
                     std::span<const double> margins) const;
  template <typename T>
  void input_margins(Span2d<const T> features, std::span<double> out) const;

  std::string name_;
  FeaturePlan plan_;
  Model model_;
  CompiledModel compiled_;
  std::map<std::string, std::string> metadata_;
  std::optional<Reference> reference_;
  Sha256Digest digest_{};
};

/// Scratch memory for one chain of calls; keeps its Predictor alive. Not thread-safe; may move from
/// thread to thread between calls.
class Context {
 public:
  /// Throws: as Predictor::check_output; invalid_argument/invalid_option for an empty or negative
  /// range of rounds, or one past the last, and for threads outside 0 to 256;
  /// failed_precondition/invalid_option for a range where the model comes from a file of format
  /// 0.1, which does not tell its rounds.
  Context(std::shared_ptr<const Predictor> predictor, ContextOptions options);

  [[nodiscard]] const Predictor& predictor() const noexcept { return *predictor_; }
  [[nodiscard]] OutputKind output() const noexcept { return options_.output; }
  [[nodiscard]] std::size_t output_count() const noexcept { return output_count_; }

  /// From here on every row is counted for a monitor: its features always, its predictions where
  /// the call sums all rounds (outputs prediction, margin and class_index without a range). Of a
  /// batch that fails the rows before the one that failed are counted.
  /// Requires: a ring for this predictor's reference. Lifetime: keeps the ring.
  /// Throws: failed_precondition/already_monitored.
  void attach(std::shared_ptr<PaneRing> ring);
  /// Counts a call that failed before it reached the predictor, by the exception in flight.
  /// Does nothing without a shard. Requires: to be called in a catch block.
  void count_failure() noexcept;

 private:
  friend class Predictor;
  enum class CallKind { row, batch };
  /// Makes the call; with a shard, times it and counts its failure.
  template <typename Call>
  void watch(CallKind kind, Call&& call);
  /// Into how many parts a batch is split; from then on each has its lane.
  [[nodiscard]] std::size_t part_count(std::size_t rows);
  [[nodiscard]] Context& lane(std::size_t part) noexcept;

  std::shared_ptr<const Predictor> predictor_;
  ContextOptions options_;
  TreeRange trees_;
  std::size_t output_count_;
  FeatureScratch scratch_;
  AggregateValues aggregates_;
  std::vector<double> features_;
  ModelScratch model_;
  RowBuilder builder_;
  std::vector<double> values_;                   // of a row of a matrix
  std::vector<std::unique_ptr<Context>> lanes_;  // of the other threads
  std::unique_ptr<DriftShard> shard_;            // null: not monitored
  bool has_scores_ = false;                      // calls sum all rounds
  std::vector<double> scores_;  // of a monitored call whose output is not the prediction
};

// --- inline bodies

template <typename Call>
void Context::watch(CallKind kind, Call&& call) {
  if (shard_ == nullptr) [[likely]] {
    call();
    return;
  }
  try {
    if (kind == CallKind::row) {
      shard_->begin_row();
      call();
    } else {
      shard_->begin_batch(Predictor::kTileRows);
      call();
      shard_->end_batch();
    }
  } catch (...) {
    count_failure();
    throw;
  }
}

}  // namespace mlcore
