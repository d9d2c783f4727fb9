// SPDX-License-Identifier: Apache-2.0
#pragma once

// A compiled model against the contract's plainest code, bit for bit.
//
//   CHECK(differing_margins(model, features, rows) == 0);

#include <bit>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "mlcore/predict/compiled_model.hpp"

namespace mlcore::test {

/// Margins of a batch, and of its rows one by one, whose bits are not the contract's.
/// Shape: inputs[rows, feature_count].
inline std::size_t differing_margins(const CompiledModel& compiled, const Model& model,
                                     const std::vector<double>& inputs, std::size_t rows) {
  const std::size_t width = model.facts().feature_count;
  ModelScratch one;
  ModelScratch all;
  compiled.reserve(one, 1);
  compiled.reserve(all, rows);
  for (std::size_t row = 0; row < rows; ++row) {
    compiled.set_inputs(all, row, inputs.data() + row * width);
  }
  compiled.batch_margins(all, rows, compiled.all_trees());
  std::vector<double> expected(model.facts().output_count);
  std::vector<double> found(expected.size());
  std::size_t differing = 0;
  const auto compare = [&] {
    for (std::size_t i = 0; i < expected.size(); ++i) {
      const auto bits = std::bit_cast<std::uint64_t>(expected[i]);
      differing += std::bit_cast<std::uint64_t>(found[i]) != bits ? 1 : 0;
    }
  };
  for (std::size_t row = 0; row < rows; ++row) {
    const double* own = inputs.data() + row * width;
    reference_margins(model, {own, width}, expected);
    compiled.copy_margins(all, row, found);
    compare();
    compiled.set_inputs(one, 0, own);
    compiled.row_margins(one, compiled.all_trees());
    compiled.copy_margins(one, 0, found);
    compare();
  }
  return differing;
}

inline std::size_t differing_margins(const TreeEnsemble& model, const std::vector<double>& inputs,
                                     std::size_t rows,
                                     SimdTarget target = runnable_simd_targets().back()) {
  return differing_margins(CompiledModel(model, target), model, inputs, rows);
}

}  // namespace mlcore::test
