// SPDX-License-Identifier: Apache-2.0
// Outside code uses apply_link, predicts_classes and class_of.
#include <algorithm>
#include <vector>

#include "mlcore/base/math.hpp"
#include "mlcore/model/model_contract.hpp"
#include "model/softmax.hpp"

namespace mlcore {
namespace {

void apply_narrow(Link link, std::span<double> margins) {
  std::vector<float> narrow(margins.size());
  std::transform(margins.begin(), margins.end(), narrow.begin(),
                 [](double margin) { return static_cast<float>(margin); });
  apply_link(link, narrow);
  std::copy(narrow.begin(), narrow.end(), margins.begin());
}

/// NaN last.
bool is_before(float a, float b) noexcept { return a < b || (b != b && a == a); }

template <typename Number>
std::uint32_t first_greatest(std::span<const Number> values) noexcept {
  return static_cast<std::uint32_t>(std::max_element(values.begin(), values.end()) -
                                    values.begin());
}

}  // namespace

bool is_link_of(Link link, bool is_wide) noexcept {
  if (link == Link::ascending) return !is_wide;
  return link >= Link::identity && link <= (is_wide ? Link::isolation : Link::hinge);
}

void apply_link(Link link, std::span<float> margins) noexcept {
  switch (link) {
    case Link::identity: return;
    case Link::logistic:
      for (float& margin : margins) margin = sigmoid(margin);
      return;
    case Link::softmax:
      if (!margins.empty()) softmax(margins);
      return;
    case Link::exponential:
      for (float& margin : margins) margin = exp_f32(margin);
      return;
    case Link::hinge:
      for (float& margin : margins) margin = margin > 0 ? 1.0f : 0.0f;
      return;
    case Link::signed_square:
    case Link::softplus:
    case Link::isolation: return;  // of wide contracts only
    case Link::ascending: std::sort(margins.begin(), margins.end(), is_before); return;
  }
}

void apply_link(const ModelContract& contract, std::span<double> margins) {
  if (!contract.is_wide()) return apply_narrow(contract.link, margins);
  const double scale = contract.link_scale;
  const auto each = [margins](auto function) {
    for (double& margin : margins) margin = function(margin);
  };
  switch (contract.link) {
    case Link::identity: return;
    case Link::logistic: return each([scale](double x) { return 1 / (1 + exp(-scale * x)); });
    case Link::softmax:
      if (!margins.empty()) softmax(margins);
      return;
    case Link::exponential: return each([](double x) { return exp(x); });
    case Link::hinge: return each([](double x) { return x > 0 ? 1.0 : 0.0; });
    case Link::signed_square: return each([](double x) { return x < 0 ? -(x * x) : x * x; });
    case Link::softplus: return each([](double x) { return ln1p(exp(x)); });
    case Link::isolation: return each([scale](double x) { return -exp2(-(x / scale)); });
    case Link::ascending: return;  // of narrow contracts only
  }
}

bool predicts_classes(const ModelFacts& model) noexcept {
  if (model.decision != Decision::by_objective) return model.decision != Decision::none;
  switch (model.contract.link) {
    case Link::softmax: return true;
    case Link::hinge: return model.output_count == 1;
    case Link::logistic:
      if (model.objective == "multiclassova") return true;
      return model.output_count == 1 &&
             (model.objective == "binary:logistic" || model.objective == "binary");
    case Link::identity:
    case Link::exponential:
    case Link::signed_square:
    case Link::softplus:
    case Link::isolation:
    case Link::ascending: return false;
  }
  return false;
}

std::uint32_t class_of(Link link, std::span<const float> margins) noexcept {
  switch (link) {
    case Link::softmax: return first_greatest(margins);
    case Link::hinge: return margins[0] > 0 ? 1 : 0;
    case Link::logistic: return sigmoid(margins[0]) > 0.5f ? 1 : 0;
    case Link::identity:
    case Link::exponential:
    case Link::signed_square:
    case Link::softplus:
    case Link::isolation:
    case Link::ascending: break;
  }
  return 0;
}

std::uint32_t class_of(const ModelContract& contract, std::span<const double> margins) noexcept {
  if (contract.link == Link::hinge) return margins[0] > 0 ? 1 : 0;
  if (margins.size() == 1) {
    double probability = margins[0];
    apply_link(contract, {&probability, 1});
    return probability > 0.5 ? 1 : 0;
  }
  return first_greatest(margins);
}

std::uint32_t class_of(const ModelFacts& model, std::span<const double> values) noexcept {
  if (values.size() > 1) return first_greatest(values);
  if (model.classes.size() == 1) return 0;
  switch (model.decision) {
    case Decision::prediction: return values[0] > 0.5 ? 1 : 0;
    case Decision::margin: return values[0] > 0 ? 1 : 0;
    case Decision::margin_or_zero: return values[0] >= 0 ? 1 : 0;
    case Decision::by_objective:
    case Decision::none: break;
  }
  return 0;
}

}  // namespace mlcore
