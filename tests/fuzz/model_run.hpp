// SPDX-License-Identifier: Apache-2.0
#pragma once

// What the fuzz targets of the importers do: any bytes are a model or a refusal, and a model that
// is accepted must run with the contract's bits.
//
//   return run_importer([&] { return import_xgboost(bytes); });

#include <cstddef>
#include <cstdlib>
#include <limits>
#include <vector>

#include "mlcore/base/error.hpp"
#include "mlcore/model/tree_ensemble.hpp"
#include "predict/differing_margins.hpp"

inline void run_model(const mlcore::Model& model) {
  const mlcore::ModelFacts& facts = model.facts();
  mlcore::validate(model);
  constexpr std::size_t kRows = 17;  // a batch, not rows
  std::vector<double> features(kRows * facts.feature_count);
  for (std::size_t i = 0; i < features.size(); ++i) {
    features[i] = i % 3 == 0 ? std::numeric_limits<double>::quiet_NaN()
                             : static_cast<double>(i % 7) - static_cast<double>(i % 2) / 2;
  }
  if (mlcore::test::differing_margins(mlcore::CompiledModel(model), model, features, kRows) != 0)
    std::abort();
  std::vector<double> margins(facts.output_count);
  mlcore::reference_margins(model, {features.data(), facts.feature_count}, margins);
  mlcore::apply_link(model, margins);
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
