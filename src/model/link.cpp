// SPDX-License-Identifier: Apache-2.0
// Outside code uses apply_link, predicts_classes and class_of.
#include <algorithm>

#include "mlcore/base/math.hpp"
#include "mlcore/model/tree_ensemble.hpp"

namespace mlcore {
namespace {

void softmax(std::span<float> margins) noexcept {
  const float largest = *std::max_element(margins.begin(), margins.end());
  double sum = 0;
  for (float& margin : margins) {
    margin = exp_f32(margin - largest);
    sum += margin;
  }
  for (float& margin : margins) margin /= static_cast<float>(sum);
}

}  // namespace

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
  }
}

bool predicts_classes(const TreeEnsemble& model) noexcept {
  switch (model.contract.link) {
    case Link::softmax: return true;
    case Link::hinge: return model.output_count == 1;
    case Link::logistic: return model.output_count == 1 && model.objective == "binary:logistic";
    case Link::identity:
    case Link::exponential: return false;
  }
  return false;
}

std::uint32_t class_of(Link link, std::span<const float> margins) noexcept {
  switch (link) {
    case Link::softmax:
      return static_cast<std::uint32_t>(std::max_element(margins.begin(), margins.end()) -
                                        margins.begin());
    case Link::hinge: return margins[0] > 0 ? 1 : 0;
    case Link::logistic: return sigmoid(margins[0]) > 0.5f ? 1 : 0;
    case Link::identity:
    case Link::exponential: break;
  }
  return 0;
}

}  // namespace mlcore
