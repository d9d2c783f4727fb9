// SPDX-License-Identifier: Apache-2.0
// Outside code uses validate, the gate before every engine, and reference_margins, which the tests
// hold engines to.
#include "mlcore/model/tree_ensemble.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "mlcore/base/error.hpp"
#include "mlcore/base/number.hpp"
#include "model/tree_check.hpp"

namespace mlcore {
namespace {

[[noreturn]] void refuse(const std::string& message) {
  throw Error(Code::invalid_argument, Reason::invalid_tree, message);
}

template <typename Enum>
bool is_between(Enum value, Enum first, Enum last) {
  return value >= first && value <= last;
}

bool is_known(const ModelContract& contract) {
  using Contract = ModelContract;
  const bool is_wide = contract.is_wide();
  if (!is_link_of(contract.link, is_wide) ||
      !is_between(contract.finish, Contract::Finish::none, Contract::Finish::scale) ||
      !is_between(contract.start, Contract::Start::base_first, Contract::Start::zero) ||
      !is_between(contract.category, Contract::Category::never_negative, Contract::Category::cut) ||
      !is_between(contract.zero, Contract::Zero::as_is, Contract::Zero::flushed)) {
    return false;
  }
  const bool is_scaled = contract.finish == Contract::Finish::scale;
  if (!std::isfinite(contract.scale) || (!is_scaled && contract.scale != 1)) return false;
  if (is_scaled && contract.start != Contract::Start::zero) return false;
  if (!(contract.link_scale > 0) || !std::isfinite(contract.link_scale)) return false;
  if (is_wide) {
    return contract.comparison == Contract::Comparison::less_equal &&
           is_between(contract.input_rounding, Contract::InputRounding::f32,
                      Contract::InputRounding::f64);
  }
  return contract.accumulator == Contract::Accumulator::f32 && contract.rounds_inputs() &&
         contract.comparison == Contract::Comparison::less &&
         contract.zero == Contract::Zero::as_is && contract.link_scale == 1;
}

void check_contract(const ModelContract& contract) {
  if (!is_known(contract)) {
    throw Error(Code::unimplemented, Reason::unsupported_model,
                "a numeric contract this version can't run");
  }
}

void check_lengths(const TreeEnsemble& model) {
  const std::size_t nodes = model.left.size();
  if (nodes >= TreeEnsemble::kLeaf) refuse(fmt::format("{} nodes are too many", nodes));
  const std::size_t values =
      model.contract.is_wide() ? model.wide_value.size() : model.value.size();
  if (model.feature.size() != nodes || values != nodes || model.default_left.size() != nodes) {
    refuse(
        fmt::format("node arrays of different lengths: left {}, feature {}, value {}, "
                    "default_left {}",
                    nodes, model.feature.size(), values, model.default_left.size()));
  }
  const bool is_wide = model.contract.is_wide();
  if (!(is_wide ? model.value.empty() : model.wide_value.empty())) {
    refuse("values of both widths");
  }
  if (!(is_wide ? model.base_margins.empty() : model.wide_base_margins.empty())) {
    refuse("base margins of the other width");
  }
  if (model.tree_begin.size() != model.tree_count() + 1) {
    refuse(fmt::format("{} tree begins for {} trees", model.tree_begin.size(), model.tree_count()));
  }
  if (model.tree_begin.front() != 0 || model.tree_begin.back() != nodes) {
    refuse(fmt::format("trees span nodes {} to {} of {}", model.tree_begin.front(),
                       model.tree_begin.back(), nodes));
  }
  validate_facts(model, Reason::invalid_tree);
  const std::size_t bases = is_wide ? model.wide_base_margins.size() : model.base_margins.size();
  if (bases != model.output_count) {
    refuse(fmt::format("{} base margins for {} outputs", bases, model.output_count));
  }
  if (!model.node_id.empty() && model.node_id.size() != nodes) {
    refuse(fmt::format("{} node ids for {} nodes", model.node_id.size(), nodes));
  }
  if (!model.node_set.empty() && model.node_set.size() != nodes) {
    refuse(fmt::format("{} node sets for {} nodes", model.node_set.size(), nodes));
  }
  if (!model.zero_is_missing.empty() && model.zero_is_missing.size() != nodes) {
    refuse(fmt::format("{} rules of zeros for {} nodes", model.zero_is_missing.size(), nodes));
  }
}

/// Of the leaves' terms, all but whose they are.
void check_terms(const TreeEnsemble& model) {
  const std::vector<std::uint32_t>& begin = model.term_begin;
  const std::size_t terms = model.term_feature.size();
  if (model.term_coefficient.size() != terms) {
    refuse(fmt::format("{} features and {} coefficients of terms", terms,
                       model.term_coefficient.size()));
  }
  if (begin.empty()) {
    if (terms != 0 || !model.leaf_constant.empty()) refuse("terms of no leaf");
    return;
  }
  if (!model.contract.is_wide()) refuse("terms in f32");
  const std::size_t nodes = model.node_count();
  if (begin.size() != nodes + 1 || model.leaf_constant.size() != nodes) {
    refuse(fmt::format("{} term begins and {} constants for {} nodes", begin.size(),
                       model.leaf_constant.size(), nodes));
  }
  if (terms == 0 || begin.front() != 0 || begin.back() != terms ||
      !std::is_sorted(begin.begin(), begin.end())) {
    refuse(fmt::format("term begins that do not rise from 0 to {} terms", terms));
  }
}

void check_sets(const TreeEnsemble& model) {
  const std::vector<std::uint32_t>& begin = model.set_begin;
  if (begin.empty()) {
    if (!model.set_members.empty() || !model.node_set.empty()) refuse("members of no set");
    return;
  }
  if (begin.front() != 0 || begin.back() != model.set_members.size()) {
    refuse(fmt::format("sets span members {} to {} of {}", begin.front(), begin.back(),
                       model.set_members.size()));
  }
  const auto descent = std::is_sorted_until(begin.begin(), begin.end());
  if (descent != begin.end()) {
    refuse(fmt::format("set {}: ends before it begins", descent - begin.begin() - 1));
  }
  for (std::size_t set = 0; set < model.set_count(); ++set) {
    for (std::uint32_t i = begin[set]; i < begin[set + 1]; ++i) {
      const std::uint32_t member = model.set_members[i];
      if (member >= kMaxCategory || (i > begin[set] && member <= model.set_members[i - 1])) {
        refuse(fmt::format("set {}: category {} out of order", set, member));
      }
    }
  }
}

void check_rounds(const TreeEnsemble& model) {
  const std::vector<std::uint32_t>& begin = model.round_begin;
  if (begin.empty()) {
    if (!model.node_id.empty()) refuse("node ids without rounds");
    if (model.contract.finish == ModelContract::Finish::mean) refuse("a mean without rounds");
    return;
  }
  if (begin.front() != 0 || begin.back() != model.tree_count()) {
    refuse(fmt::format("rounds span trees {} to {} of {}", begin.front(), begin.back(),
                       model.tree_count()));
  }
  const auto descent = std::is_sorted_until(begin.begin(), begin.end());
  if (descent != begin.end()) {
    refuse(fmt::format("round {} begins before the one in front of it", descent - begin.begin()));
  }
  if (model.contract.finish != ModelContract::Finish::mean) return;
  const auto empty = std::adjacent_find(begin.begin(), begin.end());
  if (empty != begin.end()) {
    refuse(fmt::format("round {} of a mean has no trees", empty - begin.begin()));
  }
}

}  // namespace

void validate(const TreeEnsemble& model) {
  check_contract(model.contract);
  check_lengths(model);
  check_rounds(model);
  check_sets(model);
  check_terms(model);
  std::vector<double> reach(model.output_count);  // how far a sum can be from 0
  for (std::size_t output = 0; output < reach.size(); ++output) {
    const double base = model.base_margin(output);
    if (!std::isfinite(base)) {
      refuse(fmt::format("output {}: a base margin that is not finite", output));
    }
    reach[output] = std::fabs(base);
  }
  std::vector<std::uint16_t> levels;
  for (std::size_t tree = 0; tree < model.tree_count(); ++tree) {
    const std::uint32_t begin = model.tree_begin[tree];
    const std::uint32_t end = model.tree_begin[tree + 1];
    if (begin >= end || end > model.left.size()) {
      refuse(
          fmt::format("tree {}: spans nodes {} to {} of {}", tree, begin, end, model.left.size()));
    }
    const std::uint32_t output = model.tree_output[tree];
    if (output >= model.output_count) {
      refuse(fmt::format("tree {}: output {} of {}", tree, output, model.output_count));
    }
    reach[output] += check_tree(model, tree, levels);
  }
  for (std::size_t output = 0; output < reach.size(); ++output) {
    // Half the range, so that the rounding of the sums can't reach infinity either.
    const double limit = model.contract.is_wide()
                             ? std::numeric_limits<double>::max()
                             : static_cast<double>(std::numeric_limits<float>::max());
    const double scale = std::max(1.0, std::fabs(model.contract.scale));
    if (!(reach[output] * scale <= limit / 2)) {
      refuse(fmt::format("output {}: leaves whose sum could overflow", output));
    }
  }
}

namespace {

bool is_member(const TreeEnsemble& model, std::uint32_t node, double value) {
  const bool is_never = model.contract.category == ModelContract::Category::never_negative;
  if (is_never ? value < 0 : value <= -1) return false;
  if (value >= kMaxCategory) return false;
  const auto set = model.set_of(node);
  return std::binary_search(set.begin(), set.end(), static_cast<std::uint32_t>(std::fabs(value)));
}

double flushed(const TreeEnsemble& model, double value) {
  const bool is_small = std::fabs(value) <= kZeroThreshold;
  return model.contract.zero == ModelContract::Zero::flushed && is_small ? 0 : value;
}

bool goes_left(const TreeEnsemble& model, std::uint32_t node, double value) {
  value = flushed(model, value);
  const bool is_missing = std::isnan(value) || (!model.zero_is_missing.empty() &&
                                                model.zero_is_missing[node] != 0 && value == 0);
  if (is_missing) return model.default_left[node] != 0;
  if (model.is_categorical(node)) return !is_member(model, node, value);
  if (model.contract.is_wide()) return value <= model.wide_value[node];
  return value < static_cast<double>(model.value[node]);
}

template <typename Feature>
std::uint32_t leaf_of(const TreeEnsemble& model, std::size_t tree, Feature feature) {
  std::uint32_t node = model.tree_begin[tree];
  while (model.left[node] != TreeEnsemble::kLeaf) {
    const bool is_left = goes_left(model, node, feature(model.feature[node]));
    node = is_left ? model.left[node] : model.left[node] + 1;
  }
  return node;
}

template <typename Feature>
double output_of(const TreeEnsemble& model, std::uint32_t leaf, Feature feature) {
  if (!model.is_linear(leaf)) return model.value_of(leaf);
  double sum = model.leaf_constant[leaf];
  for (std::uint32_t i = model.term_begin[leaf]; i < model.term_begin[leaf + 1]; ++i) {
    const double value = flushed(model, feature(model.term_feature[i]));
    if (std::isnan(value)) return model.value_of(leaf);
    const double product = model.term_coefficient[i] * value;
    sum += product;
  }
  return sum;
}

/// The sum of the leaves from the start on, and what becomes of it.
template <typename Number, typename Feature>
void margins_of(const TreeEnsemble& model, const std::vector<Number>& bases, Feature feature,
                std::span<Number> margins) {
  const ModelContract& contract = model.contract;
  const bool is_base_last = contract.start == ModelContract::Start::zero;
  std::copy(bases.begin(), bases.end(), margins.begin());
  if (is_base_last) std::fill(margins.begin(), margins.end(), Number{0});
  for (std::size_t tree = 0; tree < model.tree_count(); ++tree) {
    const double output = output_of(model, leaf_of(model, tree, feature), feature);
    margins[model.tree_output[tree]] += static_cast<Number>(output);
  }
  for (std::size_t output = 0; output < margins.size(); ++output) {
    if (contract.finish == ModelContract::Finish::mean && model.round_count() != 0) {
      margins[output] /= static_cast<Number>(model.round_count());
    }
    if (contract.finish == ModelContract::Finish::scale) {
      margins[output] *= static_cast<Number>(contract.scale);
    }
    if (is_base_last) margins[output] += bases[output];
    if (std::isnan(margins[output])) margins[output] = static_cast<Number>(kCanonicalNan);
  }
}

}  // namespace

void reference_margins(const TreeEnsemble& model, std::span<const float> features,
                       std::span<float> margins) {
  const auto feature = [features](std::uint32_t i) { return static_cast<double>(features[i]); };
  margins_of<float>(model, model.base_margins, feature, margins);
}

void reference_margins(const TreeEnsemble& model, std::span<const double> features,
                       std::span<double> margins) {
  if (!model.contract.is_wide()) {
    const std::vector<float> inputs(features.begin(), features.end());
    std::vector<float> sums(margins.size());
    reference_margins(model, inputs, sums);
    std::copy(sums.begin(), sums.end(), margins.begin());
    return;
  }
  const bool is_rounded = model.contract.rounds_inputs();
  const auto feature = [features, is_rounded](std::uint32_t i) {
    return is_rounded ? static_cast<double>(static_cast<float>(features[i])) : features[i];
  };
  margins_of<double>(model, model.wide_base_margins, feature, margins);
}

}  // namespace mlcore
