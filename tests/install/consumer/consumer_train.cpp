// SPDX-License-Identifier: Apache-2.0
#include <iostream>
#include <mlcore/mlcore.hpp>
#include <mlcore/train/xgboost_trainer.hpp>
#include <vector>

int main() {
  const std::vector<float> features{0, 1, 2, 3};
  const std::vector<float> labels{0, 0, 1, 1};
  const auto json = mlcore::train_xgboost({features.data(), 4, 1}, labels, {.rounds = 1});
  std::cout << "XGBoost " << mlcore::XgboostReference::version() << ", " << json.size() << " bytes\n";
  return json.empty() ? 1 : 0;
}
