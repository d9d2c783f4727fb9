// SPDX-License-Identifier: Apache-2.0
// Outside code uses Context, and Predictor::check_output, which a context asks before it is made.
#include <fmt/format.h>

#include <new>
#include <stdexcept>

#include "base/shown.hpp"
#include "mlcore/base/error.hpp"
#include "mlcore/predict/predictor.hpp"
#include "predict/row_parts.hpp"

namespace mlcore {
namespace {

[[noreturn]] void fail(Code code, const std::string& message) {
  throw Error(code, Reason::invalid_option, message);
}

constexpr std::int32_t kMaxThreads = 256;

[[noreturn]] void fail_untold(const char* what) {
  fail(Code::failed_precondition,
       fmt::format("the artifact does not tell the model's {}, which format 0.1 did not have: "
                   "import or train the model again",
                   what));
}

}  // namespace

void Predictor::check_output(OutputKind kind) const {
  if (kind == OutputKind::class_index && !predicts_classes(model_)) {
    fail(Code::failed_precondition,
         fmt::format("output class: a model of {} outputs with the objective {} predicts no class",
                     model_.facts().output_count, shown(model_.facts().objective)));
  }
  if (kind != OutputKind::leaf) return;
  const TreeEnsemble* trees = model_.trees();
  if (trees == nullptr || trees->tree_count() == 0) {
    fail(Code::failed_precondition, "output leaf: the model has no trees");
  }
  if (trees->round_begin.empty()) fail_untold("node ids");
}

TreeRange Predictor::trees_of(const ContextOptions& options) const {
  const std::int32_t begin = options.iteration_begin;
  if (begin == 0 && options.iteration_end == 0) return compiled_.all_trees();
  const TreeEnsemble* trees = model_.trees();
  if (trees == nullptr) fail(Code::failed_precondition, "iterations: the model has no rounds");
  if (trees->round_begin.empty()) fail_untold("boosting rounds");
  const std::size_t rounds = trees->round_count();
  const std::int64_t end = options.iteration_end == 0 ? static_cast<std::int64_t>(rounds)
                                                      : std::int64_t{options.iteration_end};
  if (begin < 0 || end <= begin || end > static_cast<std::int64_t>(rounds)) {
    fail(Code::invalid_argument,
         fmt::format("iterations [{}, {}): expected 0 <= begin < end <= {}, the model's rounds, or "
                     "an end of 0 for the last",
                     begin, options.iteration_end, rounds));
  }
  return {trees->round_begin[static_cast<std::size_t>(begin)],
          trees->round_begin[static_cast<std::size_t>(end)]};
}

Context::Context(std::shared_ptr<const Predictor> predictor, ContextOptions options)
    : predictor_(std::move(predictor)),
      options_(options),
      trees_(predictor_->trees_of(options)),
      output_count_(options.output == OutputKind::leaf ? trees_.size()
                                                       : predictor_->output_count(options.output)),
      scratch_(predictor_->plan().make_scratch()),
      features_(predictor_->plan().width()),
      builder_(predictor_->definition().request()) {
  predictor_->check_output(options.output);
  if (options.threads < 0 || options.threads > kMaxThreads) {
    fail(Code::invalid_argument,
         fmt::format("threads: expected 0 to {}, found {}", kMaxThreads, options.threads));
  }
  predictor_->compiled_.reserve(model_, 1);
}

std::size_t Context::part_count(std::size_t rows) {
  if (shard_ != nullptr || options_.threads < 2) return 1;
  const std::size_t parts = mlcore::part_count(rows, static_cast<std::size_t>(options_.threads));
  ContextOptions own = options_;
  own.threads = 0;
  while (lanes_.size() + 1 < parts) lanes_.push_back(std::make_unique<Context>(predictor_, own));
  return parts;
}

Context& Context::lane(std::size_t part) noexcept { return part == 0 ? *this : *lanes_[part - 1]; }

void Context::attach(std::shared_ptr<PaneRing> ring) {
  if (shard_ != nullptr) {
    throw Error(Code::failed_precondition, Reason::already_monitored,
                "the context has a monitor already");
  }
  const bool sums_all = trees_.size() == predictor_->compiled_.tree_count();
  const OutputKind output = options_.output;
  has_scores_ = sums_all && (output == OutputKind::prediction || output == OutputKind::margin ||
                             output == OutputKind::class_index);
  scores_.reserve(predictor_->output_count(OutputKind::margin));
  shard_ = std::make_unique<DriftShard>(std::move(ring));
}

void Context::count_failure() noexcept {
  if (shard_ == nullptr) return;
  try {
    throw;
  } catch (const Error& error) {
    shard_->add_failure(error.reason());
  } catch (const std::bad_alloc&) {
    shard_->add_failure(Reason::out_of_memory);
  } catch (const std::length_error&) {
    shard_->add_failure(Reason::out_of_memory);
  } catch (...) {
    shard_->add_failure(Reason::internal_fault);
  }
}

}  // namespace mlcore
