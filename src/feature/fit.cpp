// SPDX-License-Identifier: Apache-2.0
// Outside code uses fit.
#include "mlcore/feature/fit.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "feature/evaluate.hpp"
#include "mlcore/base/error.hpp"
#include "mlcore/base/fp_guard.hpp"

namespace mlcore {
namespace {

constexpr std::size_t kBlockRows = 4096;

/// One column of fit arguments: a value for each row, NaN where it is null.
using Column = std::vector<double>;

struct Sum {
  double value = 0;
  std::size_t count = 0;
};

/// A left fold of the blocks' left folds, each from its first element.
template <typename Term>
Sum sum_in_blocks(const Column& column, Term term) {
  Sum total;
  for (std::size_t begin = 0; begin < column.size(); begin += kBlockRows) {
    Sum block;
    for (std::size_t i = begin; i < std::min(begin + kBlockRows, column.size()); ++i) {
      if (column[i] != column[i]) continue;
      block.value = block.count == 0 ? term(column[i]) : block.value + term(column[i]);
      ++block.count;
    }
    if (block.count == 0) continue;
    total.value = total.count == 0 ? block.value : total.value + block.value;
    total.count += block.count;
  }
  return total;
}

[[noreturn]] void fail(std::size_t fit, std::string_view why) {
  throw Error(Code::failed_precondition, Reason::not_fitted,
              fmt::format("fit {} (standard_scale): {}", fit, why));
}

/// Source: scikit-learn 1.9.1, StandardScaler and _is_constant_feature.
std::vector<double> standard_scale(std::size_t fit, const Column& column) {
  const Sum sum = sum_in_blocks(column, [](double x) { return x; });
  if (sum.count == 0) fail(fit, fmt::format("no value in {} rows", column.size()));
  const auto count = static_cast<double>(sum.count);
  const double mean = sum.value / count;
  const double variance =
      sum_in_blocks(column, [&](double x) { return (x - mean) * (x - mean); }).value / count;
  if (!std::isfinite(mean) || !std::isfinite(variance)) {
    fail(fit, fmt::format("mean {} and variance {} of {} values, expected finite numbers", mean,
                          variance, sum.count));
  }
  constexpr double kEpsilon = std::numeric_limits<double>::epsilon();
  const double rounding = count * mean * kEpsilon;
  const bool is_constant = variance <= count * kEpsilon * variance + rounding * rounding;
  return {mean, is_constant ? 1.0 : std::sqrt(variance)};
}

/// How many fits are below each fit, itself included, on its longest path.
std::vector<std::size_t> levels_of(const Definition& definition) {
  const std::vector<Node>& nodes = definition.expressions().nodes;
  std::vector<std::size_t> of_node(nodes.size(), 0), of_fit(definition.fits().size(), 0);
  for (std::size_t i = 0; i < nodes.size(); ++i) {
    for (std::uint8_t a = 0; a < nodes[i].argument_count; ++a) {
      of_node[i] = std::max(of_node[i], of_node[nodes[i].arguments[a]]);
    }
    if (nodes[i].op == Op::fit) of_fit[nodes[i].index] = ++of_node[i];
  }
  return of_fit;
}

/// The arguments of `fits` on every row, with the parameters known so far.
std::vector<Column> compute_arguments(const Definition& definition,
                                      const std::vector<std::size_t>& fits,
                                      const FittedParameters& parameters,
                                      std::span<const FitRow> rows) {
  std::size_t last = 0;
  for (const std::size_t fit : fits) {
    last = std::max<std::size_t>(last, definition.fits()[fit].argument);
  }
  const std::span nodes = std::span(definition.expressions().nodes).first(last + 1);
  std::vector<Cell> registers(nodes.size());
  std::vector<char> text(nodes.size() * kTextPerNode);
  std::vector<Column> columns(fits.size(), Column(rows.size()));
  const auto as_of_field = definition.as_of_field();
  for (std::size_t r = 0; r < rows.size(); ++r) {
    const std::int64_t as_of = as_of_field ? rows[r].request.i64(*as_of_field) : 0;
    evaluate_nodes(nodes, rows[r].request, rows[r].aggregates, as_of, parameters, registers, text);
    for (std::size_t f = 0; f < fits.size(); ++f) {
      const std::uint32_t argument = definition.fits()[fits[f]].argument;
      columns[f][r] = registers[argument].is_null
                          ? std::numeric_limits<double>::quiet_NaN()
                          : as_f64(nodes[argument].type, registers[argument]);
    }
  }
  return columns;
}

}  // namespace

FittedParameters fit(const Definition& definition, std::span<const FitRow> rows) {
  const FloatingPointGuard guard;
  const std::vector<std::size_t> levels = levels_of(definition);
  FittedParameters parameters;
  // Fits of a higher level are computed on the way, and not used: they need some parameters.
  parameters.values.assign(levels.size(), {0.0, 1.0});
  const std::size_t deepest = levels.empty() ? 0 : *std::max_element(levels.begin(), levels.end());
  for (std::size_t level = 1; level <= deepest; ++level) {
    std::vector<std::size_t> fits;
    for (std::size_t i = 0; i < levels.size(); ++i) {
      if (levels[i] == level) fits.push_back(i);
    }
    const std::vector<Column> columns = compute_arguments(definition, fits, parameters, rows);
    for (std::size_t f = 0; f < fits.size(); ++f) {
      parameters.values[fits[f]] = standard_scale(fits[f], columns[f]);
    }
  }
  return parameters;
}

}  // namespace mlcore
