// SPDX-License-Identifier: Apache-2.0
// Outside code uses import_xgboost: reads the file, then decides what its members mean together.
// Source: XGBoost 1.7.6 and 3.2.0 src/learner.cc, src/gbm/gbtree.cc, gbtree_model.cc and
// gblinear.cc.
#include "mlcore/model/xgboost.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "base/shown.hpp"
#include "mlcore/base/error.hpp"
#include "mlcore/base/fp_guard.hpp"
#include "mlcore/base/number.hpp"
#include "model/guess_format.hpp"
#include "model/xgboost_file.hpp"
#include "model/xgboost_objective.hpp"
#include "model/xgboost_tree.hpp"

namespace mlcore {
namespace {

class XgboostImport {
 public:
  XgboostImport(XgboostFile file, const XgboostImportOptions& options)
      : file_(std::move(file)), model_(file_.model), options_(options) {}

  Model run();

 private:
  TreeEnsemble trees();
  NetworkModel linear();
  void check_no_trees() const;
  void check_trees() const;
  void check_iterations() const;
  void set_outputs();
  void set_tree_outputs();
  void set_base_margins(const XgboostObjective& objective);
  void set_rounds();
  void weigh_leaves();
  void keep_best();

  XgboostFile file_;
  TreeEnsemble& model_;
  XgboostImportOptions options_;
};

Model XgboostImport::run() {
  if (file_.version.empty()) fail_malformed("no version");
  if (file_.booster.empty()) fail_malformed("no booster");
  if ((file_.booster == "gblinear") != file_.linear_weights.has_value()) {
    fail_malformed(fmt::format("the booster {} {} weights", shown(file_.booster),
                               file_.linear_weights ? "with" : "without"));
  }
  if (options_.best_iteration && !file_.best_iteration) {
    throw Error(Code::failed_precondition, Reason::invalid_option,
                "XGBoost model: no attribute \"best_iteration\": it was not stopped early");
  }
  if (file_.linear_weights) return linear();
  return trees();
}

TreeEnsemble XgboostImport::trees() {
  if (file_.is_nested != (file_.booster == "dart")) {
    fail_malformed(
        fmt::format("the booster {} with a model as others have it", shown(file_.booster)));
  }
  if (file_.is_nested && !file_.tree_weights) fail_malformed("dart without weight_drop");
  check_trees();
  check_iterations();
  set_outputs();
  set_tree_outputs();
  set_rounds();
  if (file_.tree_weights && !file_.tree_weights->empty()) weigh_leaves();
  if (options_.best_iteration) keep_best();
  validate(model_);
  return std::move(model_);
}

void XgboostImport::check_no_trees() const {
  if (file_.trees == 0 && file_.tree_outputs.empty() && file_.iterations.empty() &&
      !file_.tree_weights && !file_.is_nested && file_.declared_trees <= 0) {
    return;
  }
  fail_malformed("the booster \"gblinear\" with what only trees have");
}

/// A margin is the bias plus the base margin, of every output the first one's, then plus weight ×
/// feature in order, each step in float32, missing features left out. All rounds made the same
/// weights: XGBoost predicts with them whatever the iterations asked for.
NetworkModel XgboostImport::linear() {
  check_no_trees();
  set_outputs();
  std::vector<double>& weights = *file_.linear_weights;
  const std::size_t outputs = model_.output_count;
  const std::size_t inputs = model_.feature_count;
  if (weights.size() != (inputs + 1) * outputs) {
    fail_malformed(
        fmt::format("{} weights for {} features and {} outputs", weights.size(), inputs, outputs));
  }
  NetworkModel network;
  static_cast<ModelFacts&>(network) = std::move(model_);
  network.missing = NetworkModel::Missing::skip;
  NetworkLayer& layer = network.layers.emplace_back();
  layer.input_count = network.feature_count;
  for (std::size_t unit = 0; unit < outputs; ++unit) {
    const auto bias = static_cast<float>(weights[inputs * outputs + unit]);
    layer.bias.push_back(static_cast<double>(bias + model_.base_margins[0]));
  }
  weights.resize(inputs * outputs);
  layer.weights = std::move(weights);
  validate(network);
  return network;
}

void XgboostImport::check_trees() const {
  const std::size_t trees = file_.trees;
  const bool is_declared = file_.declared_trees == static_cast<std::int64_t>(trees);
  if (!is_declared || file_.tree_outputs.size() != trees) {
    fail_malformed(fmt::format("{} trees, num_trees {}, tree_info of {}", trees,
                               file_.declared_trees, file_.tree_outputs.size()));
  }
  if (!file_.tree_weights || file_.tree_weights->size() == trees) return;
  if (file_.booster == "gbtree" && file_.tree_weights->empty()) return;
  fail_malformed(
      fmt::format("weight_drop has {} elements for {} trees", file_.tree_weights->size(), trees));
}

void XgboostImport::check_iterations() const {
  const auto& iterations = file_.iterations;
  if (iterations.empty()) return;
  const bool is_whole = iterations.front() == 0 && iterations.back() == file_.declared_trees &&
                        std::is_sorted(iterations.begin(), iterations.end());
  if (!is_whole) fail_malformed("iteration_indptr does not rise from 0 to num_trees");
}

void XgboostImport::set_outputs() {
  const XgboostObjective& objective = xgboost_objective(model_.objective);
  if (file_.feature_count < 0) fail_malformed("no num_feature");
  if (file_.feature_count > kMaxFeatureCount) {
    fail_unsupported(fmt::format("{} features; at most {}", file_.feature_count, kMaxFeatureCount));
  }
  const std::int64_t outputs = std::max({file_.class_count, file_.target_count, std::int64_t{1}});
  if (outputs > kMaxOutputCount) fail_unsupported(fmt::format("{} outputs", outputs));
  if (file_.class_count > 1 && file_.target_count > 1) {
    fail_unsupported("several classes and targets");
  }
  // 3.3 and newer make increasing expectiles of the margins, in steps of their own.
  if (outputs > 1 && objective.name == "reg:expectileerror") {
    fail_unsupported("reg:expectileerror with several expectiles");
  }
  const bool is_sorted = file_.version[0] > 3 || (file_.version[0] == 3 && file_.version[1] >= 4);
  const bool is_ascending = is_sorted && outputs > 1 && objective.name == "reg:quantileerror";
  model_.contract.link = is_ascending ? Link::ascending : objective.link;
  model_.feature_count = static_cast<std::uint32_t>(file_.feature_count);
  model_.output_count = static_cast<std::uint32_t>(outputs);
  set_base_margins(objective);
}

/// The copies of a tree with vector leaves are those of the outputs in turn.
void XgboostImport::set_tree_outputs() {
  const std::size_t width = file_.leaf_width;
  if (width > 1 && width != model_.output_count) {
    fail_malformed(fmt::format("leaves of {} values for {} outputs", width, model_.output_count));
  }
  for (const std::int32_t output : file_.tree_outputs) {
    if (output >= static_cast<std::int64_t>(model_.output_count) || (width > 1 && output != 0)) {
      fail_malformed(fmt::format("tree_info: output {} of {}", output, model_.output_count));
    }
    for (std::size_t copy = 0; copy < width; ++copy) {
      model_.tree_output.push_back(static_cast<std::uint32_t>(width > 1 ? copy : output));
    }
  }
}

void XgboostImport::set_base_margins(const XgboostObjective& objective) {
  const auto& scores = file_.base_scores;
  const bool is_one_for_all = scores.size() == 1;
  if (!is_one_for_all && scores.size() != model_.output_count) {
    fail_malformed(
        fmt::format("{} base scores for {} outputs", scores.size(), model_.output_count));
  }
  const XgboostVersion version{file_.version[0], file_.version[1]};
  for (std::size_t i = 0; i < model_.output_count; ++i) {
    const float score = scores[is_one_for_all ? 0 : i];
    model_.base_margins.push_back(xgboost_base_margin(objective, score, version));
  }
}

/// As the file says, since 2.0; before, a round is a tree for each output and parallel tree, and
/// the last may have fewer.
void XgboostImport::set_rounds() {
  if (!file_.iterations.empty()) {
    for (const std::int32_t tree : file_.iterations) {
      model_.round_begin.push_back(static_cast<std::uint32_t>(tree) *
                                   static_cast<std::uint32_t>(file_.leaf_width));
    }
    return;
  }
  const auto trees = static_cast<std::int64_t>(model_.tree_count());
  const std::int64_t outputs = model_.output_count;
  const bool is_one_round = file_.parallel_trees > trees / outputs;
  const std::int64_t step = is_one_round ? trees : file_.parallel_trees * outputs;
  for (std::int64_t tree = 0; tree < trees; tree += step) {
    model_.round_begin.push_back(static_cast<std::uint32_t>(tree));
  }
  model_.round_begin.push_back(static_cast<std::uint32_t>(trees));
}

/// XGBoost adds `leaf * weight` to the margin, the product rounded to float32: for a DMatrix in
/// all versions, for its in-place prediction since 3.3.
void XgboostImport::weigh_leaves() {
  if (file_.leaf_width > 1) fail_unsupported("vector leaves in the booster \"dart\"");
  for (std::size_t tree = 0; tree < model_.tree_count(); ++tree) {
    const float weight = (*file_.tree_weights)[tree];
    for (std::uint32_t node = model_.tree_begin[tree]; node < model_.tree_begin[tree + 1]; ++node) {
      if (model_.left[node] == TreeEnsemble::kLeaf) model_.value[node] *= weight;
    }
  }
}

void XgboostImport::keep_best() {
  const auto& text = file_.best_iteration;
  const auto best = parse_i64(*text);
  if (!best || *best < 0 || *best >= static_cast<std::int64_t>(model_.round_count())) {
    fail_malformed(fmt::format("best_iteration: found {}, the model has {} rounds", shown(*text),
                               model_.round_count()));
  }
  model_.round_begin.resize(static_cast<std::size_t>(*best) + 2);
  const std::size_t trees = model_.round_begin.back();
  model_.tree_output.resize(trees);
  model_.tree_begin.resize(trees + 1);
  const std::size_t nodes = model_.tree_begin.back();
  model_.left.resize(nodes);
  model_.feature.resize(nodes);
  model_.value.resize(nodes);
  model_.default_left.resize(nodes);
  if (!model_.node_id.empty()) model_.node_id.resize(nodes);
  if (!model_.node_set.empty()) model_.node_set.resize(nodes);
}

}  // namespace

Model import_xgboost(std::string_view bytes, const XgboostImportOptions& options) {
  const FloatingPointGuard guard;
  const std::size_t first = bytes.find_first_not_of(" \t\r\n");
  const bool is_object = first != bytes.npos && bytes[first] == '{';
  const std::string_view other = guess_format(bytes, is_object ? "" : "no JSON object");
  if (!other.empty()) {
    fail_malformed(fmt::format("expected XGBoost's JSON or UBJSON, found {}", other));
  }
  try {
    return XgboostImport(read_xgboost_file(bytes), options).run();
  } catch (const Error& error) {
    if (error.reason() != Reason::malformed_json) throw;
    fail_malformed(error.message());
  }
}

}  // namespace mlcore
