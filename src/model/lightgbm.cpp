// SPDX-License-Identifier: Apache-2.0
// Outside code uses import_lightgbm: the header, the trees' blocks, then what follows them.
// Source: LightGBM 2.2.3, 3.3.5 and 4.7.0 src/boosting/gbdt_model_text.cpp, src/objective.
#include "mlcore/model/lightgbm.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <optional>

#include "base/shown.hpp"
#include "mlcore/base/bytes.hpp"
#include "mlcore/base/error.hpp"
#include "mlcore/base/number.hpp"
#include "model/guess_format.hpp"
#include "model/lightgbm_tree.hpp"

namespace mlcore {
namespace {

struct Objective {
  std::string_view name;
  Link link;
};

constexpr Objective kObjectives[] = {
    {"regression", Link::identity},    {"regression_l1", Link::identity},
    {"huber", Link::identity},         {"fair", Link::identity},
    {"quantile", Link::identity},      {"mape", Link::identity},
    {"lambdarank", Link::identity},    {"rank_xendcg", Link::identity},
    {"poisson", Link::exponential},    {"gamma", Link::exponential},
    {"tweedie", Link::exponential},    {"binary", Link::logistic},
    {"cross_entropy", Link::logistic}, {"cross_entropy_lambda", Link::softplus},
    {"multiclass", Link::softmax},     {"multiclassova", Link::logistic},
    {"xentropy", Link::logistic},      {"xentlambda", Link::softplus},  // so called in v2
};

struct Line {
  std::string_view text;
  std::size_t number;
};

class LightgbmImport {
 public:
  explicit LightgbmImport(std::string_view text) : text_(text) {}

  TreeEnsemble run();

 private:
  [[nodiscard]] std::optional<Line> next_line();
  [[noreturn]] void fail_line(const Line& line, std::string_view message) const;
  void read_header();
  void read_header_line(const Line& line);
  void read_objective(std::string_view text);
  void read_objective_word(std::string_view word);
  void read_names(std::string_view text);
  void read_tree(const Line& line);
  void read_end();
  void finish();

  std::string_view text_;
  std::size_t at_ = 0;
  std::size_t line_ = 0;
  TreeEnsemble model_;
  std::vector<std::string_view> keys_;
  std::int64_t class_count_ = -1;
  std::int64_t trees_a_round_ = -1;
  std::int64_t last_feature_ = -1;
  std::size_t trees_ = 0;
};

void LightgbmImport::fail_line(const Line& line, std::string_view message) const {
  fail_lightgbm(fmt::format("line {}: {}", line.number, message));
}

std::optional<Line> LightgbmImport::next_line() {
  if (at_ >= text_.size()) return std::nullopt;
  const std::size_t end = std::min(text_.find('\n', at_), text_.size());
  std::string_view line = text_.substr(at_, end - at_);
  if (line.ends_with('\r')) line.remove_suffix(1);
  at_ = end + 1;
  return Line{line, ++line_};
}

TreeEnsemble LightgbmImport::run() {
  model_.framework = "lightgbm";
  model_.contract = {.input_rounding = ModelContract::InputRounding::f64,
                     .comparison = ModelContract::Comparison::less_equal,
                     .accumulator = ModelContract::Accumulator::f64,
                     .category = ModelContract::Category::cut,
                     .zero = ModelContract::Zero::flushed};
  model_.tree_begin.push_back(0);
  read_header();
  read_end();
  finish();
  validate(model_);
  return std::move(model_);
}

/// To the first tree, or to the end of a model without one.
void LightgbmImport::read_header() {
  const auto first = next_line();
  if (!first || first->text != "tree") {
    const std::string_view found =
        guess_format(text_, text_.starts_with('{') ? "JSON" : "no LightGBM text");
    fail_lightgbm(fmt::format("the first line is not \"tree\", found {}", found));
  }
  while (const auto line = next_line()) {
    if (line->text.empty()) continue;
    if (line->text.starts_with("Tree=")) {
      read_tree(*line);
    } else if (line->text == "end of trees") {
      return;
    } else if (trees_ != 0) {
      fail_line(*line, "expected a tree or \"end of trees\"");
    } else {
      read_header_line(*line);
    }
  }
  fail_lightgbm("the text ends before \"end of trees\"");
}

void LightgbmImport::read_header_line(const Line& line) {
  const std::size_t equals = line.text.find('=');
  const std::string_view key = line.text.substr(0, equals);
  const std::string_view value = equals == line.text.npos ? "" : line.text.substr(equals + 1);
  if (std::find(keys_.begin(), keys_.end(), key) != keys_.end()) {
    fail_line(line, fmt::format("{} is given twice", shown(key)));
  }
  keys_.push_back(key);
  if (key == "version") {
    if (value != "v2" && value != "v3" && value != "v4") {
      refuse_lightgbm(fmt::format("format {}; v2 to v4 are read", shown(value)));
    }
    model_.framework_version = value;
  } else if (key == "num_class") {
    class_count_ = lightgbm_integer(value, key);
  } else if (key == "num_tree_per_iteration") {
    trees_a_round_ = lightgbm_integer(value, key);
  } else if (key == "max_feature_idx") {
    last_feature_ = lightgbm_integer(value, key);
  } else if (key == "objective") {
    read_objective(value);
  } else if (key == "feature_names") {
    read_names(value);
  } else if (key == "average_output" && equals == line.text.npos) {
    model_.contract.finish = ModelContract::Finish::mean;
  } else if (key != "label_index" && key != "monotone_constraints" && key != "feature_infos" &&
             key != "tree_sizes") {
    refuse_lightgbm(fmt::format("line {}: the unknown key {}", line.number, shown(key)));
  }
}

/// A name and its parameters: "binary sigmoid:1".
void LightgbmImport::read_objective(std::string_view text) {
  const std::string_view name = text.substr(0, text.find(' '));
  const auto* objective = std::find_if(std::begin(kObjectives), std::end(kObjectives),
                                       [&](const auto& o) { return o.name == name; });
  if (objective == std::end(kObjectives)) {
    refuse_lightgbm(fmt::format("the objective {}", shown(name)));
  }
  model_.objective = name;
  model_.contract.link = objective->link;
  for (std::string_view rest = text.substr(name.size()); !rest.empty();) {
    rest.remove_prefix(1);
    const std::string_view word = rest.substr(0, rest.find(' '));
    if (!word.empty()) read_objective_word(word);
    rest.remove_prefix(word.size());
  }
}

void LightgbmImport::read_objective_word(std::string_view word) {
  const std::size_t colon = word.find(':');
  const std::string_view name = word.substr(0, colon);
  const std::string_view value = colon == word.npos ? "" : word.substr(colon + 1);
  if (name == "sigmoid" && model_.contract.link == Link::logistic) {
    const auto scale = parse_f64(value);
    if (!scale || !(*scale > 0)) fail_lightgbm(fmt::format("objective: sigmoid {}", shown(value)));
    model_.contract.link_scale = *scale;
  } else if (word == "sqrt" && model_.contract.link == Link::identity) {
    model_.contract.link = Link::signed_square;
  } else if (name != "num_class" && name != "alpha" && name != "fair_c" &&
             name != "tweedie_variance_power") {
    refuse_lightgbm(fmt::format("the parameter {} of the objective", shown(word)));
  }
}

void LightgbmImport::read_names(std::string_view text) {
  if (!is_utf8(text)) fail_lightgbm("feature_names: not UTF-8");
  while (!text.empty()) {
    const std::size_t end = std::min(text.find(' '), text.size());
    if (model_.feature_names.size() == kMaxFeatureCount) {
      refuse_lightgbm(fmt::format("more than {} features", kMaxFeatureCount));
    }
    model_.feature_names.emplace_back(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
}

/// A block ends with an empty line.
void LightgbmImport::read_tree(const Line& line) {
  const std::int64_t number = lightgbm_integer(line.text.substr(5), "Tree");
  if (number != static_cast<std::int64_t>(trees_)) {
    fail_line(line, fmt::format("tree {} where tree {} belongs", number, trees_));
  }
  LightgbmTree tree(trees_++);
  while (const auto member = next_line()) {
    if (member->text.empty()) break;
    const std::size_t equals = member->text.find('=');
    if (equals == member->text.npos) fail_line(*member, "expected key=value");
    tree.read(member->text.substr(0, equals), member->text.substr(equals + 1));
  }
  tree.append_to(model_, text_.size());
}

/// What changes no prediction: importances, the parameters of training, pandas' categories.
void LightgbmImport::read_end() {
  std::string_view last;  // the line that ends what is being skipped
  bool is_inside = false;
  while (const auto line = next_line()) {
    const std::string_view text = line->text;
    if (is_inside) {
      is_inside = text != last;
    } else if (text == "feature_importances:" || text == "feature importances:" ||  // v2
               text == "parameters:" || text == "parser:") {
      is_inside = true;
      last = text == "parameters:" ? "end of parameters" : text == "parser:" ? "end of parser" : "";
    } else if (!text.empty() && !text.starts_with("pandas_categorical:")) {
      fail_line(*line, "after the trees: expected importances, parameters or pandas_categorical");
    }
  }
}

void LightgbmImport::finish() {
  if (model_.framework_version.empty()) fail_lightgbm("no version");
  if (trees_a_round_ == -1) trees_a_round_ = class_count_;
  if (trees_a_round_ < 1 || trees_a_round_ > kMaxOutputCount) {
    fail_lightgbm(fmt::format("{} trees an iteration", trees_a_round_));
  }
  if (class_count_ > 1 && class_count_ != trees_a_round_) {
    refuse_lightgbm(fmt::format("{} classes of {} trees", class_count_, trees_a_round_));
  }
  if (last_feature_ < 0 || last_feature_ >= kMaxFeatureCount) {
    refuse_lightgbm(fmt::format("max_feature_idx {}", last_feature_));
  }
  const auto outputs = static_cast<std::size_t>(trees_a_round_);
  if (trees_ % outputs != 0) {
    fail_lightgbm(fmt::format("{} trees, {} an iteration", trees_, outputs));
  }
  model_.feature_count = static_cast<std::uint32_t>(last_feature_) + 1;
  model_.output_count = static_cast<std::uint32_t>(outputs);
  model_.wide_base_margins.assign(outputs, 0);
  for (std::size_t tree = 0; tree < trees_; ++tree) {
    model_.tree_output.push_back(static_cast<std::uint32_t>(tree % outputs));
    if (tree % outputs == 0) model_.round_begin.push_back(static_cast<std::uint32_t>(tree));
  }
  model_.round_begin.push_back(static_cast<std::uint32_t>(trees_));
  const auto is_zero = [](std::uint8_t rule) { return rule == 0; };
  auto& zeros = model_.zero_is_missing;
  if (std::all_of(zeros.begin(), zeros.end(), is_zero)) zeros = {};
  if (model_.set_begin.empty()) model_.node_set = {};
  if (!model_.has_linear_leaves()) return;
  model_.term_begin.resize(model_.node_count() + 1,
                           static_cast<std::uint32_t>(model_.term_feature.size()));
  model_.leaf_constant.resize(model_.node_count());
}

}  // namespace

TreeEnsemble import_lightgbm(std::string_view text) { return LightgbmImport(text).run(); }

}  // namespace mlcore
