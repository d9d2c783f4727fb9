// SPDX-License-Identifier: Apache-2.0
// Outside code uses Schema: its constructor and find; and the names of types.
#include "mlcore/schema/schema.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <numeric>
#include <utility>

#include "mlcore/base/error.hpp"

namespace mlcore {

std::string_view name_of(Type type) noexcept {
  switch (type) {
    case Type::boolean: return "bool";
    case Type::i64: return "i64";
    case Type::f64: return "f64";
    case Type::string: return "string";
    case Type::timestamp: return "timestamp";
    case Type::duration: return "duration";
  }
  return {};
}

Schema::Schema(std::vector<Field> fields) : fields_(std::move(fields)), by_name_(fields_.size()) {
  const auto name = [this](std::uint32_t index) -> const std::string& {
    return fields_[index].name;
  };
  std::iota(by_name_.begin(), by_name_.end(), 0u);
  std::stable_sort(by_name_.begin(), by_name_.end(),
                   [&](auto left, auto right) { return name(left) < name(right); });
  const auto twin =
      std::adjacent_find(by_name_.begin(), by_name_.end(),
                         [&](auto left, auto right) { return name(left) == name(right); });
  if (twin == by_name_.end()) return;
  throw Error(Code::invalid_argument, Reason::duplicate_column,
              fmt::format("column \"{}\" appears twice, as columns {} and {}", name(*twin),
                          *twin + 1, *(twin + 1) + 1),
              {.column = static_cast<std::int32_t>(*(twin + 1))});
}

std::optional<std::size_t> Schema::find(std::string_view name) const noexcept {
  const auto found = std::lower_bound(by_name_.begin(), by_name_.end(), name,
                                      [this](std::uint32_t index, std::string_view wanted) {
                                        return fields_[index].name < wanted;
                                      });
  if (found == by_name_.end() || fields_[*found].name != name) return std::nullopt;
  return *found;
}

}  // namespace mlcore
