// SPDX-License-Identifier: Apache-2.0
// model_json.cpp uses ModelJsonTrees.
#include "model/model_json_trees.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "mlcore/base/error.hpp"
#include "mlcore/base/number.hpp"
#include "model/model_json_tree.hpp"

namespace mlcore {
namespace {

using Contract = ModelContract;

[[noreturn]] void refuse(std::string_view place, std::string_view message) {
  throw Error(Code::unimplemented, Reason::unsupported_model,
              fmt::format("model JSON: {}: {}", place, message));
}

constexpr double kInfinity = std::numeric_limits<double>::infinity();

}  // namespace

void ModelJsonTrees::read(PlacedJson& json) {
  model_.tree_begin.push_back(0);
  json.object({"input", "sum", "comparison", "start", "base", "finish", "trees"},
              [&](std::string_view name) { read_member(json, name); });
}

void ModelJsonTrees::read_member(PlacedJson& json, std::string_view name) {
  if (name == "trees") return read_trees(json);
  if (name == "base") return json.numbers(bases_);
  if (name == "rounds") return json.integers(rounds_.emplace(), 0);
  if (name == "sets") return read_sets(json);
  Contract& contract = model_.contract;
  if (name == "input") {
    is_f32_input_ = json.choice({"float32", "float64"}) == 0;
  } else if (name == "sum") {
    is_f32_sum_ = json.choice({"float32", "float64"}) == 0;
  } else if (name == "comparison") {
    is_less_ = json.choice({"<", "<="}) == 0;
  } else if (name == "start") {
    contract.start = static_cast<Contract::Start>(1 + json.choice({"base", "zero"}));
  } else if (name == "finish") {
    contract.finish = static_cast<Contract::Finish>(1 + json.choice({"none", "mean", "scale"}));
  } else if (name == "scale") {
    scale_ = json.number();
  } else if (name == "category") {
    contract.category = static_cast<Contract::Category>(1 + json.choice({"never_negative", "cut"}));
  } else {
    json.unknown();
  }
}

void ModelJsonTrees::read_sets(PlacedJson& json) {
  model_.set_begin.assign(1, 0);
  json.array([&] {
    json.array([&] {
      const auto member = static_cast<std::uint32_t>(json.integer(0, kMaxCategory - 1));
      const bool is_first = model_.set_members.size() == model_.set_begin.back();
      if (!is_first && member <= model_.set_members.back()) json.fail("members do not ascend");
      model_.set_members.push_back(member);
    });
    model_.set_begin.push_back(static_cast<std::uint32_t>(model_.set_members.size()));
  });
}

void ModelJsonTrees::read_trees(PlacedJson& json) {
  ModelJsonTree tree;
  json.array([&] {
    tree.read(json, first_tree_.size());
    first_tree_.push_back(static_cast<std::uint32_t>(model_.tree_count()));
    leaf_width_.push_back(static_cast<std::uint32_t>(tree.leaf_width()));
    tree.append_to(model_);
  });
}

TreeEnsemble ModelJsonTrees::finish(std::uint32_t feature_count, std::uint32_t output_count) {
  model_.feature_count = feature_count;
  model_.output_count = output_count;
  set_contract();
  check_outputs();
  first_tree_.push_back(static_cast<std::uint32_t>(model_.tree_count()));
  for (std::size_t tree = 0; tree + 1 < first_tree_.size(); ++tree) {
    for (std::uint32_t copy = first_tree_[tree]; copy < first_tree_[tree + 1]; ++copy) {
      const std::uint32_t end = model_.tree_begin[copy + 1];
      for (std::uint32_t node = model_.tree_begin[copy]; node < end; ++node) {
        finish_node(tree, node);
      }
    }
  }
  model_.wide_base_margins = bases_;
  if (is_f32_sum_) narrow();
  set_rounds();
  if (model_.set_begin.size() < 2) {
    model_.node_set = {};
    model_.set_begin = {};
  }
  return std::move(model_);
}

void ModelJsonTrees::set_contract() {
  Contract& contract = model_.contract;
  const bool is_scaled = contract.finish == Contract::Finish::scale;
  if (is_scaled != scale_.has_value()) {
    fail_model_json("trees.scale", "the finish \"scale\" has one, and no other");
  }
  if (is_scaled && contract.start != Contract::Start::zero) {
    refuse("trees.start", "\"base\" with the finish \"scale\"");
  }
  if (is_f32_sum_ && !is_f32_input_) refuse("trees.input", "float64, where the sum is float32");
  contract.scale = scale_.value_or(1);
  contract.input_rounding =
      is_f32_input_ ? Contract::InputRounding::f32 : Contract::InputRounding::f64;
  contract.accumulator = is_f32_sum_ ? Contract::Accumulator::f32 : Contract::Accumulator::f64;
  contract.comparison = is_f32_sum_ ? Contract::Comparison::less : Contract::Comparison::less_equal;
}

void ModelJsonTrees::check_outputs() const {
  const std::size_t outputs = model_.output_count;
  if (bases_.size() != outputs) {
    fail_model_json("trees.base",
                    fmt::format("{} elements for {} outputs", bases_.size(), outputs));
  }
  for (std::size_t tree = 0; tree < leaf_width_.size(); ++tree) {
    const std::size_t width = leaf_width_[tree];
    if (width != 0 && width != outputs) {
      fail_model_json(model_json_node(tree, "values", 0),
                      fmt::format("{} values for {} outputs", width, outputs));
    }
    const std::uint32_t output = model_.tree_output[first_tree_[tree]];
    if (output >= outputs) {
      fail_model_json(fmt::format("trees.trees[{}].output", tree),
                      fmt::format("output {} of {}", output, outputs));
    }
  }
}

/// What a node says is in range, its threshold under the engine's own comparison.
void ModelJsonTrees::finish_node(std::size_t tree, std::uint32_t node) {
  const auto fail = [&](std::string_view member, std::string_view rule) {
    fail_model_json_tree(model_json_node(tree, member, model_.node_id[node]), rule);
  };
  const bool is_leaf = model_.left[node] == TreeEnsemble::kLeaf;
  double& value = model_.wide_value[node];
  if (!is_leaf && model_.feature[node] >= model_.feature_count) {
    fail("feature", fmt::format("feature {} of {}", model_.feature[node], model_.feature_count));
  }
  const std::uint32_t set = model_.node_set[node];
  const std::size_t sets = model_.set_count();
  if (set != TreeEnsemble::kNumeric && set >= sets)
    fail("set", fmt::format("set {} of {}", set, sets));
  const std::string_view member =
      is_leaf ? (leaf_width_[tree] == 0 ? "value" : "values") : "threshold";
  if (is_f32_sum_ && !is_f32_number(value)) fail(member, not_f32_number(value));
  if (is_leaf || set != TreeEnsemble::kNumeric || is_less_ == is_f32_sum_) return;
  // x <= t is x < the next float; x < t is x <= the double before t.
  if (value == (is_f32_sum_ ? kInfinity : -kInfinity)) {
    fail("threshold", fmt::format("{} with the comparison {}", value, is_less_ ? "<" : "<="));
  }
  value = is_f32_sum_ ? std::nextafter(static_cast<float>(value), HUGE_VALF)
                      : std::nextafter(value, -kInfinity);
}

void ModelJsonTrees::narrow() {
  for (std::size_t output = 0; output < bases_.size(); ++output) {
    if (is_f32_number(bases_[output])) continue;
    fail_model_json(fmt::format("trees.base[{}]", output), not_f32_number(bases_[output]));
  }
  if (!is_f32_number(model_.contract.scale)) {
    fail_model_json("trees.scale", not_f32_number(model_.contract.scale));
  }
  model_.base_margins.assign(bases_.begin(), bases_.end());
  model_.value.assign(model_.wide_value.begin(), model_.wide_value.end());
  model_.wide_base_margins = {};
  model_.wide_value = {};
}

/// Trees are counted as the text has them. Without rounds their nodes' numbers are not known.
void ModelJsonTrees::set_rounds() {
  if (!rounds_) {
    if (model_.contract.finish == Contract::Finish::mean) {
      fail_model_json("trees.rounds", "none, which the finish \"mean\" divides by");
    }
    model_.node_id = {};
    return;
  }
  const std::size_t trees = leaf_width_.size();
  const std::vector<std::int32_t>& rounds = *rounds_;
  const bool is_whole = !rounds.empty() && rounds.front() == 0 &&
                        static_cast<std::size_t>(rounds.back()) == trees &&
                        std::is_sorted(rounds.begin(), rounds.end());
  if (!is_whole) {
    fail_model_json("trees.rounds", fmt::format("does not rise from 0 to {} trees", trees));
  }
  for (const std::int32_t tree : rounds) {
    model_.round_begin.push_back(first_tree_[static_cast<std::size_t>(tree)]);
  }
}

}  // namespace mlcore
