// SPDX-License-Identifier: Apache-2.0
// Outside code uses save.
#include <fmt/format.h>

#include <filesystem>
#include <string>

#include "mlcore/registry/registry.hpp"
#include "mlcore/train/train.hpp"

namespace mlcore {

std::string save(const TrainResult& result, const std::string& directory) {
  const Published published =
      Registry::create(directory).publish(result.file, result.record, {.reason = "train"});
  return (std::filesystem::path(directory) / fmt::format("v{}", published.version)).string();
}

}  // namespace mlcore
