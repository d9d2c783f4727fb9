// SPDX-License-Identifier: Apache-2.0
#pragma once

// What the fuzz targets of the importers do: any bytes are a model or a refusal, and a model that
// is accepted must run with the contract's bits.
//
//   return run_importer([&] { return import_xgboost(bytes); });

#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <limits>
#include <vector>

#include "mlcore/base/error.hpp"
#include "mlcore/predict/tree_engine.hpp"

inline void run_model(const mlcore::TreeEnsemble& model) {
  mlcore::validate(model);
  const mlcore::TreeEngine engine(model);
  constexpr std::size_t kRows = 9;  // a group of lanes and a rest
  std::vector<float> features(kRows * model.feature_count);
  for (std::size_t i = 0; i < features.size(); ++i) {
    features[i] = i % 3 == 0 ? std::numeric_limits<float>::quiet_NaN() : static_cast<float>(i % 7);
  }
  std::vector<float> batch(kRows * model.output_count);
  engine.batch_margins(features.data(), kRows, batch.data());
  std::vector<float> expected(model.output_count);
  std::vector<float> row(model.output_count);
  for (std::size_t i = 0; i < kRows; ++i) {
    const float* values = features.data() + i * model.feature_count;
    mlcore::reference_margins(model, {values, model.feature_count}, expected);
    engine.margins(values, row.data());
    for (std::size_t output = 0; output < model.output_count; ++output) {
      const auto bits = std::bit_cast<std::uint32_t>(expected[output]);
      if (bits != std::bit_cast<std::uint32_t>(row[output])) std::abort();
      if (bits != std::bit_cast<std::uint32_t>(batch[i * model.output_count + output])) {
        std::abort();
      }
    }
  }
  mlcore::apply_link(model.contract.link, row);
}

template <typename Import>
int run_importer(Import import) {
  try {
    run_model(import());
  } catch (const mlcore::Error& error) {
    const auto reason = error.reason();
    if (reason != mlcore::Reason::malformed_model && reason != mlcore::Reason::unsupported_model &&
        reason != mlcore::Reason::invalid_tree) {
      std::abort();
    }
  }
  return 0;
}
