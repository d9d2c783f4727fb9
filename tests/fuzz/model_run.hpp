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
#include "mlcore/predict/compiled_model.hpp"

inline void run_model(const mlcore::TreeEnsemble& model) {
  mlcore::validate(model);
  const mlcore::CompiledModel compiled(model);
  constexpr std::size_t kRows = 17;  // a batch, not rows
  std::vector<double> features(kRows * model.feature_count);
  for (std::size_t i = 0; i < features.size(); ++i) {
    features[i] = i % 3 == 0 ? std::numeric_limits<double>::quiet_NaN()
                             : static_cast<double>(i % 7) - static_cast<double>(i % 2) / 2;
  }
  mlcore::ModelScratch one;
  mlcore::ModelScratch all;
  compiled.reserve(one, 1);
  compiled.reserve(all, kRows);
  for (std::size_t row = 0; row < kRows; ++row) {
    compiled.set_features(all, row, features.data() + row * model.feature_count);
  }
  compiled.batch_margins(all, kRows, compiled.all_trees());
  std::vector<double> expected(model.output_count);
  std::vector<double> found(model.output_count);
  const auto check = [&] {
    for (std::size_t output = 0; output < model.output_count; ++output) {
      const auto bits = std::bit_cast<std::uint64_t>(expected[output]);
      if (bits != std::bit_cast<std::uint64_t>(found[output])) std::abort();
    }
  };
  for (std::size_t row = 0; row < kRows; ++row) {
    const double* values = features.data() + row * model.feature_count;
    mlcore::reference_margins(model, {values, model.feature_count}, expected);
    compiled.copy_margins(all, row, found);
    check();
    compiled.set_features(one, 0, values);
    compiled.row_margins(one, compiled.all_trees());
    compiled.copy_margins(one, 0, found);
    check();
  }
  mlcore::apply_link(model.contract, found);
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
