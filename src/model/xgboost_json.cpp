// SPDX-License-Identifier: Apache-2.0
// Outside code uses import_xgboost_json. The text is read once, in whatever order its members come;
// what depends on several of them is decided at the end.
// Source: XGBoost 1.7.4 and 3.4.1 src/learner.cc, src/gbm/gbtree_model.cc, src/objective.
#include "mlcore/model/xgboost_json.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <optional>

#include "base/shown.hpp"
#include "mlcore/base/error.hpp"
#include "mlcore/base/fp_guard.hpp"
#include "mlcore/base/json.hpp"
#include "mlcore/base/number.hpp"
#include "model/xgboost_tree.hpp"

namespace mlcore {
namespace {

/// How base_score becomes a margin.
enum class BaseScore { as_is, logit, log };

struct Objective {
  std::string_view name;
  Link link;
  BaseScore base_score;
};

constexpr Objective kObjectives[] = {
    {"binary:logistic", Link::logistic, BaseScore::logit},
    {"reg:logistic", Link::logistic, BaseScore::logit},
    {"binary:logitraw", Link::identity, BaseScore::as_is},
    {"binary:hinge", Link::hinge, BaseScore::as_is},
    {"reg:squarederror", Link::identity, BaseScore::as_is},
    {"reg:squaredlogerror", Link::identity, BaseScore::as_is},
    {"reg:pseudohubererror", Link::identity, BaseScore::as_is},
    {"reg:absoluteerror", Link::identity, BaseScore::as_is},
    {"count:poisson", Link::exponential, BaseScore::log},
    {"reg:gamma", Link::exponential, BaseScore::log},
    {"reg:tweedie", Link::exponential, BaseScore::log},
    {"multi:softprob", Link::softmax, BaseScore::as_is},
    {"multi:softmax", Link::softmax, BaseScore::as_is},
    {"rank:pairwise", Link::identity, BaseScore::as_is},
    {"rank:ndcg", Link::identity, BaseScore::as_is},
    {"rank:map", Link::identity, BaseScore::as_is},
};

class XgboostImport {
 public:
  explicit XgboostImport(std::string_view text) : json_(text, {.non_finite_numbers = true}) {}

  TreeEnsemble run();

 private:
  void read_version();
  void read_learner();
  void read_booster();
  void read_trees();
  void read_booster_model();
  void read_booster_parameters();
  void read_learner_parameters();
  void read_objective();
  void read_names();
  void read_categories();
  void read_base_scores();
  [[nodiscard]] std::vector<std::int32_t> integers();
  [[noreturn]] void unknown(std::string_view place, std::string_view name) const;

  void check_trees();
  void check_iterations() const;
  void set_outputs();
  void set_rounds();
  [[nodiscard]] float base_margin(const Objective& objective, float base_score) const;

  JsonReader json_;
  TreeEnsemble model_;
  std::vector<std::int32_t> version_;
  std::string booster_;
  std::int64_t declared_trees_ = -1;
  std::int64_t parallel_trees_ = 1;
  std::vector<std::int32_t> tree_outputs_;
  std::vector<std::int32_t> iterations_;
  std::vector<float> base_scores_;
  std::int64_t feature_count_ = -1;
  std::int64_t class_count_ = 0;
  std::int64_t target_count_ = 1;
};

void XgboostImport::unknown(std::string_view place, std::string_view name) const {
  fail_unsupported(fmt::format("{}: the unknown member {}", place, shown(name)));
}

TreeEnsemble XgboostImport::run() {
  model_.framework = "xgboost";
  model_.tree_begin.push_back(0);
  json_.begin_object();
  while (const auto name = json_.next_member()) {
    if (*name == "learner") {
      read_learner();
    } else if (*name == "version") {
      read_version();
    } else {
      unknown("top level", *name);
    }
  }
  json_.finish();
  if (version_.empty()) fail_malformed("no version");
  if (booster_ != "gbtree") fail_malformed("no booster");
  check_trees();
  check_iterations();
  set_outputs();
  set_rounds();
  validate(model_);
  return std::move(model_);
}

std::vector<std::int32_t> XgboostImport::integers() {
  std::vector<std::int32_t> values;
  json_.begin_array();
  values.reserve(json_.element_bound());
  while (json_.next_element()) {
    const std::int64_t value = json_.i64();
    if (value < 0 || value > std::numeric_limits<std::int32_t>::max()) {
      json_.fail("a number no index can be");
    }
    values.push_back(static_cast<std::int32_t>(value));
  }
  return values;
}

void XgboostImport::read_version() {
  version_ = integers();
  if (version_.size() != 3) json_.fail("expected a version of three numbers");
  const std::int32_t major = version_[0];
  const std::int32_t minor = version_[1];
  model_.framework_version = fmt::format("{}.{}.{}", major, minor, version_[2]);
  const bool is_known = (major == 1 && minor >= 7) || major == 2 || major == 3;
  if (!is_known) {
    fail_unsupported(fmt::format("version {}; 1.7 to 3.x are read", model_.framework_version));
  }
}

void XgboostImport::read_learner() {
  json_.begin_object();
  while (const auto name = json_.next_member()) {
    if (*name == "gradient_booster") {
      read_booster();
    } else if (*name == "learner_model_param") {
      read_learner_parameters();
    } else if (*name == "objective") {
      read_objective();
    } else if (*name == "feature_names") {
      read_names();
    } else if (*name == "attributes" || *name == "feature_types") {
      json_.skip();
    } else {
      unknown("learner", *name);
    }
  }
}

void XgboostImport::read_names() {
  json_.begin_array();
  while (json_.next_element()) {
    if (model_.feature_names.size() == kMaxFeatureCount) {
      fail_unsupported(fmt::format("more than {} features", kMaxFeatureCount));
    }
    model_.feature_names.emplace_back(json_.string());
  }
}

void XgboostImport::read_booster() {
  json_.begin_object();
  while (const auto name = json_.next_member()) {
    if (*name == "name") {
      booster_ = json_.string();
      if (booster_ != "gbtree") fail_unsupported(fmt::format("the booster {}", shown(booster_)));
    } else if (*name == "model") {
      read_booster_model();
    } else if (*name == "gbtree" || *name == "weight_drop") {
      fail_unsupported("the booster \"dart\"");
    } else {
      unknown("gradient_booster", *name);
    }
  }
}

void XgboostImport::read_booster_model() {
  json_.begin_object();
  while (const auto name = json_.next_member()) {
    if (*name == "trees") {
      read_trees();
    } else if (*name == "tree_info") {
      tree_outputs_ = integers();
    } else if (*name == "iteration_indptr") {
      iterations_ = integers();
    } else if (*name == "gbtree_model_param") {
      read_booster_parameters();
    } else if (*name == "cats") {
      read_categories();
    } else if (*name == "weight_drop") {
      json_.begin_array();
      if (json_.next_element()) fail_unsupported("the booster \"dart\"");
    } else if (*name == "weights" || *name == "boosted_rounds") {
      fail_unsupported("the booster \"gblinear\"");
    } else {
      unknown("model", *name);
    }
  }
}

void XgboostImport::read_trees() {
  XgboostTree tree;
  json_.begin_array();
  for (std::size_t index = 0; json_.next_element(); ++index) {
    tree.read(json_, index);
    tree.append_to(model_);
  }
}

void XgboostImport::read_booster_parameters() {
  json_.begin_object();
  while (const auto name = json_.next_member()) {
    if (*name == "num_trees") {
      declared_trees_ = xgboost_integer(json_, "num_trees");
    } else if (*name == "num_parallel_tree") {
      parallel_trees_ = xgboost_integer(json_, "num_parallel_tree");
      if (parallel_trees_ < 1) {
        fail_malformed(fmt::format("num_parallel_tree is {}", parallel_trees_));
      }
    } else if (*name == "size_leaf_vector") {
      if (xgboost_integer(json_, "size_leaf_vector") > 1) {
        fail_unsupported("a vector in each leaf (multi_output_tree)");
      }
    } else {
      unknown("gbtree_model_param", *name);
    }
  }
}

/// The encoder of string categories; a model without them has an empty one.
void XgboostImport::read_categories() {
  json_.begin_object();
  while (const auto name = json_.next_member()) {
    if (*name != "enc" && *name != "feature_segments" && *name != "sorted_idx") {
      unknown("cats", *name);
    }
    const bool is_encoder = *name == "enc";
    json_.begin_array();
    while (json_.next_element()) {
      if (is_encoder) fail_unsupported("categorical features");
      json_.skip();
    }
  }
}

void XgboostImport::read_learner_parameters() {
  json_.begin_object();
  while (const auto name = json_.next_member()) {
    if (*name == "base_score") {
      read_base_scores();
    } else if (*name == "num_feature") {
      feature_count_ = xgboost_integer(json_, "num_feature");
    } else if (*name == "num_class") {
      class_count_ = xgboost_integer(json_, "num_class");
    } else if (*name == "num_target") {
      target_count_ = xgboost_integer(json_, "num_target");
    } else if (*name == "boost_from_average") {
      json_.skip();
    } else {
      unknown("learner_model_param", *name);
    }
  }
}

/// A number as text, or since 3.1 an array as text.
void XgboostImport::read_base_scores() {
  const std::string text(json_.string());
  if (!text.starts_with('[')) {
    const auto value = parse_f32(text);
    if (!value) fail_malformed(fmt::format("base_score: found {}", shown(text)));
    base_scores_.push_back(*value);
    return;
  }
  JsonReader scores(text);
  scores.begin_array();
  while (scores.next_element()) {
    if (base_scores_.size() == kMaxOutputCount) {
      fail_unsupported(fmt::format("more than {} outputs", kMaxOutputCount));
    }
    base_scores_.push_back(scores.f32());
  }
  scores.finish();
}

void XgboostImport::read_objective() {
  json_.begin_object();
  while (const auto name = json_.next_member()) {
    if (*name == "name") {
      model_.objective = json_.string();
    } else if (name->ends_with("_param")) {
      json_.skip();  // parameters of training
    } else {
      unknown("objective", *name);
    }
  }
}

void XgboostImport::check_trees() {
  const auto trees = static_cast<std::int64_t>(model_.tree_begin.size()) - 1;
  if (declared_trees_ != trees || static_cast<std::int64_t>(tree_outputs_.size()) != trees) {
    fail_malformed(fmt::format("{} trees, num_trees {}, tree_info of {}", trees, declared_trees_,
                               tree_outputs_.size()));
  }
}

void XgboostImport::check_iterations() const {
  if (iterations_.empty()) return;
  const bool is_whole = iterations_.front() == 0 && iterations_.back() == declared_trees_ &&
                        std::is_sorted(iterations_.begin(), iterations_.end());
  if (!is_whole) fail_malformed("iteration_indptr does not rise from 0 to num_trees");
}

void XgboostImport::set_outputs() {
  const auto* objective = std::find_if(std::begin(kObjectives), std::end(kObjectives),
                                       [&](const auto& o) { return o.name == model_.objective; });
  if (objective == std::end(kObjectives)) {
    fail_unsupported(fmt::format("the objective {}", shown(model_.objective)));
  }
  if (feature_count_ < 0) fail_malformed("no num_feature");
  if (feature_count_ > kMaxFeatureCount) {
    fail_unsupported(fmt::format("{} features; at most {}", feature_count_, kMaxFeatureCount));
  }
  const std::int64_t outputs = std::max({class_count_, target_count_, std::int64_t{1}});
  if (outputs > kMaxOutputCount) fail_unsupported(fmt::format("{} outputs", outputs));
  if (class_count_ > 1 && target_count_ > 1) fail_unsupported("several classes and targets");
  model_.contract.link = objective->link;
  model_.feature_count = static_cast<std::uint32_t>(feature_count_);
  model_.output_count = static_cast<std::uint32_t>(outputs);
  for (const std::int32_t output : tree_outputs_) {
    if (output >= outputs) {
      fail_malformed(fmt::format("tree_info: output {} of {}", output, outputs));
    }
    model_.tree_output.push_back(static_cast<std::uint32_t>(output));
  }
  const bool is_one_for_all = base_scores_.size() == 1;
  if (!is_one_for_all && base_scores_.size() != model_.output_count) {
    fail_malformed(fmt::format("{} base scores for {} outputs", base_scores_.size(), outputs));
  }
  for (std::size_t i = 0; i < model_.output_count; ++i) {
    model_.base_margins.push_back(base_margin(*objective, base_scores_[is_one_for_all ? 0 : i]));
  }
}

/// As the file says, since 2.0; before, a round is a tree for each output and parallel tree, and
/// the last may have fewer.
void XgboostImport::set_rounds() {
  if (!iterations_.empty()) {
    model_.round_begin.assign(iterations_.begin(), iterations_.end());
    return;
  }
  const auto trees = static_cast<std::int64_t>(model_.tree_count());
  const std::int64_t outputs = model_.output_count;
  const std::int64_t step = parallel_trees_ > trees / outputs ? trees : parallel_trees_ * outputs;
  for (std::int64_t tree = 0; tree < trees; tree += step) {
    model_.round_begin.push_back(static_cast<std::uint32_t>(tree));
  }
  model_.round_begin.push_back(static_cast<std::uint32_t>(trees));
}

/// In float32 and with this machine's logf, as XGBoost does; the artifact stores the result.
float XgboostImport::base_margin(const Objective& objective, float base_score) const {
  switch (objective.base_score) {
    case BaseScore::as_is: return base_score;
    case BaseScore::log:
      if (!(base_score > 0)) fail_malformed(fmt::format("base_score {} is not > 0", base_score));
      return std::log(base_score);
    case BaseScore::logit: break;
  }
  // Since 3.2 the ends are allowed, and moved inwards.
  const bool is_clamped = version_[0] > 3 || (version_[0] == 3 && version_[1] >= 2);
  const bool is_inside = is_clamped ? base_score >= 0.0f && base_score <= 1.0f
                                    : base_score > 0.0f && base_score < 1.0f;
  if (!is_inside) {
    fail_malformed(
        fmt::format("base_score {} is no probability for {}", base_score, objective.name));
  }
  if (is_clamped) base_score = std::min(std::max(base_score, 1e-6f), 1.0f - 1e-6f);
  return -std::log(1.0f / base_score - 1.0f);
}

/// What a file that is no JSON object probably is.
std::string_view guess_format(std::string_view text) {
  if (text.empty()) return "an empty file";
  if (text.starts_with("PK")) return "a zip archive";
  if (text.starts_with("\x1F\x8B")) return "gzip data";
  if (text.starts_with("\x80")) return "a Python pickle";
  if (text.starts_with("binf") || text.starts_with("bs64")) return "XGBoost's old binary format";
  if (text.starts_with("tree\n") || text.starts_with("tree\r")) return "a LightGBM text model";
  return "no JSON object";
}

}  // namespace

TreeEnsemble import_xgboost_json(std::string_view json) {
  const FloatingPointGuard guard;
  const std::size_t first = json.find_first_not_of(" \t\r\n");
  if (first == json.npos || json[first] != '{') {
    fail_malformed(fmt::format("expected XGBoost's JSON, found {}", guess_format(json)));
  }
  if (first + 1 < json.size() && std::string_view("LlIiU").find(json[first + 1]) != json.npos) {
    fail_unsupported("UBJSON; save the model under a name that ends in .json");
  }
  try {
    return XgboostImport(json).run();
  } catch (const Error& error) {
    if (error.reason() != Reason::malformed_json) throw;
    fail_malformed(error.message());
  }
}

}  // namespace mlcore
