// SPDX-License-Identifier: Apache-2.0
// Outside code uses FeaturePlan.
#include "mlcore/feature/plan.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <numeric>
#include <utility>

#include "feature/evaluate.hpp"
#include "mlcore/base/error.hpp"
#include "mlcore/base/fp_guard.hpp"
#include "mlcore/base/number.hpp"

namespace mlcore {
namespace {

[[noreturn]] void fail(const std::string& message) {
  throw Error(Code::failed_precondition, Reason::not_fitted, message);
}

void check(const Definition& definition, const FittedParameters& parameters) {
  if (parameters.values.size() != definition.fits().size()) {
    fail(fmt::format("parameters of {} fits, expected {}", parameters.values.size(),
                     definition.fits().size()));
  }
  for (std::size_t i = 0; i < parameters.values.size(); ++i) {
    const std::vector<double>& fitted = parameters.values[i];
    if (fitted.size() != 2) {
      fail(fmt::format("fit {}: {} parameters, expected 2 of standard_scale (mean, scale)", i,
                       fitted.size()));
    }
    if (!std::isfinite(fitted[0]) || !std::isfinite(fitted[1]) || fitted[1] == 0) {
      fail(
          fmt::format("fit {}: mean {} and scale {}, expected finite numbers and a scale other "
                      "than 0",
                      i, fitted[0], fitted[1]));
    }
  }
}

/// The feature that a number is.
double finite(double value) noexcept { return std::isfinite(value) ? value : kCanonicalNan; }

double feature_of(Type type, const Cell& cell) noexcept {
  return cell.is_null ? kCanonicalNan : finite(as_f64(type, cell));
}

bool is_number(Type type) {
  return type == Type::f64 || type == Type::i64 || type == Type::boolean;
}

/// The outputs as columns; nothing where one of them is another expression, or of another type.
template <typename IsWanted>
std::vector<std::uint32_t> columns_of(const Definition& definition, IsWanted is_wanted) {
  std::vector<std::uint32_t> columns;
  for (const Output& output : definition.outputs()) {
    const Node& node = definition.expressions().nodes[output.node];
    if (node.op != Op::column || !is_wanted(node.type)) return {};
    columns.push_back(node.index);
  }
  return columns;
}

/// An i64 and a bool have no -0.
bool is_minus_zero(double value) noexcept { return value == 0 && std::signbit(value); }

}  // namespace

FeaturePlan::FeaturePlan(Definition definition, FittedParameters parameters)
    : definition_(std::move(definition)), parameters_(std::move(parameters)) {
  check(definition_, parameters_);
  columns_ = columns_of(definition_, [](Type type) { return type == Type::f64; });
  const std::vector<Field>& fields = definition_.request().schema().fields();
  if (std::all_of(fields.begin(), fields.end(), [](const Field& f) { return is_number(f.type); })) {
    numbers_ = columns_of(definition_, is_number);
    std::vector<std::uint32_t> in_order(numbers_.size());
    std::iota(in_order.begin(), in_order.end(), 0u);
    is_in_order_ = numbers_ == in_order;
  }
  for (std::uint32_t i = 0; i < fields.size(); ++i) {
    if (!fields[i].nullable) required_.push_back(i);
    if (fields[i].type == Type::i64) integers_.push_back(i);
    if (fields[i].type == Type::boolean) booleans_.push_back(i);
  }
}

FeatureScratch FeaturePlan::make_scratch() const {
  const std::size_t nodes = definition_.expressions().nodes.size();
  return {std::vector<Cell>(nodes), std::vector<char>(nodes * kTextPerNode)};
}

void FeaturePlan::compute(const RowView& row, std::span<const Cell> aggregates,
                          FeatureScratch& scratch, std::span<double> out) const noexcept {
  if (!columns_.empty()) {  // nothing to evaluate: the row has them
    for (std::size_t i = 0; i < columns_.size(); ++i) {
      out[i] = row.is_null(columns_[i]) ? kCanonicalNan : finite(row.f64(columns_[i]));
    }
    return;
  }
  const FloatingPointGuard guard;
  const auto as_of_field = definition_.as_of_field();
  const std::int64_t as_of = as_of_field ? row.i64(*as_of_field) : 0;
  evaluate(definition_.expressions(), row, aggregates, as_of, definition_.fits(), parameters_,
           scratch.registers, scratch.text);
  const std::vector<Output>& outputs = definition_.outputs();
  for (std::size_t i = 0; i < outputs.size(); ++i) {
    out[i] = feature_of(outputs[i].type, scratch.registers[outputs[i].node]);
  }
}

bool FeaturePlan::copy_numbers(std::span<const double> values,
                               std::span<double> out) const noexcept {
  if (numbers_.empty() || values.size() != definition_.request().schema().size()) return false;
  for (const std::uint32_t field : required_) {
    if (std::isnan(values[field])) return false;
  }
  for (const std::uint32_t field : integers_) {
    const double value = values[field];
    if (!std::isnan(value) && (!is_i64(value) || is_minus_zero(value))) return false;
  }
  for (const std::uint32_t field : booleans_) {
    const double value = values[field];
    if (!std::isnan(value) && ((value != 0 && value != 1) || is_minus_zero(value))) return false;
  }
  const auto copy = [&](auto column_of) {
    for (std::size_t i = 0; i < numbers_.size(); ++i) {
      out[i] = finite(values[column_of(i)]);
    }
  };
  if (is_in_order_) {  // a loop that compilers make of vectors
    copy([](std::size_t i) { return i; });
  } else {
    copy([&](std::size_t i) { return numbers_[i]; });
  }
  return true;
}

}  // namespace mlcore
