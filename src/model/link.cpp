// SPDX-License-Identifier: Apache-2.0
// Outside code uses apply_link.
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

}  // namespace mlcore
