// SPDX-License-Identifier: Apache-2.0
// The readers of the model JSON use PlacedJson.
#include "model/placed_json.hpp"

#include <fmt/format.h>

#include <cmath>
#include <limits>

#include "base/shown.hpp"
#include "mlcore/base/error.hpp"
#include "mlcore/base/number.hpp"

namespace mlcore {
namespace {

/// The deepest value of a model JSON is trees.trees[0].values[0][0] or
/// network.layers[0].weights[0][0].
constexpr std::size_t kDepth = 8;

std::string message_at(std::string_view place, std::string_view message) {
  return fmt::format("model JSON: {}{}{}", place, place.empty() ? "" : ": ", message);
}

}  // namespace

void fail_model_json(std::string_view place, std::string_view message) {
  throw Error(Code::invalid_argument, Reason::malformed_model, message_at(place, message));
}

void fail_model_json_tree(std::string_view place, std::string_view message) {
  throw Error(Code::invalid_argument, Reason::invalid_tree, message_at(place, message));
}

bool is_f32_number(double value) noexcept {
  if (std::isinf(value)) return true;
  constexpr double kLargest = std::numeric_limits<float>::max();
  return std::fabs(value) <= kLargest && static_cast<double>(static_cast<float>(value)) == value;
}

std::string not_f32_number(double value) {
  return fmt::format("{} is not a float32", format_f64(value));
}

PlacedJson::PlacedJson(std::string_view text) : json_(text, {.depth = kDepth}) {}

std::string PlacedJson::place() const {
  std::string place;
  for (const Step& step : steps_) {
    if (step.is_element) {
      place += fmt::format("[{}]", step.index);
    } else if (!step.name.empty()) {
      if (!place.empty()) place += '.';
      place += step.name.substr(0, 64);
    }
  }
  return place;
}

void PlacedJson::fail(std::string_view message) const { fail_model_json(place(), message); }

void PlacedJson::require(std::initializer_list<std::string_view> required,
                         std::uint32_t found) const {
  for (const std::string_view name : required) {
    if ((found & 1) == 0) fail(fmt::format("no member \"{}\"", name));
    found >>= 1;
  }
}

std::int64_t PlacedJson::integer(std::int64_t lowest, std::int64_t highest) {
  const std::int64_t value = json_.i64();
  if (value < lowest || value > highest) {
    fail(fmt::format("{} is not in {} to {}", value, lowest, highest));
  }
  return value;
}

std::size_t PlacedJson::choice(std::initializer_list<std::string_view> names) {
  const std::string_view found = text();
  std::size_t position = 0;
  for (const std::string_view name : names) {
    if (found == name) return position;
    ++position;
  }
  fail(fmt::format("expected one of {}; found {}", fmt::join(names, ", "), shown(found)));
}

void PlacedJson::numbers(std::vector<double>& values) {
  values.clear();
  array([&] {
    if (values.empty()) values.reserve(json_.element_bound());
    values.push_back(number());
  });
}

void PlacedJson::integers(std::vector<std::int32_t>& values, std::int32_t lowest) {
  values.clear();
  array([&] {
    if (values.empty()) values.reserve(json_.element_bound());
    const std::int64_t value = integer(lowest, std::numeric_limits<std::int32_t>::max());
    values.push_back(static_cast<std::int32_t>(value));
  });
}

}  // namespace mlcore
