// SPDX-License-Identifier: Apache-2.0
// The importers use guess_format.
#include "model/guess_format.hpp"

#include <algorithm>
#include <cstdint>
#include <iterator>

namespace mlcore {
namespace {

/// XGBoost's LearnerModelParamLegacy in memory, then the objective's name after its length in 8
/// bytes, little-endian. Source: XGBoost 1.7.6 src/learner.cc, LearnerIO::SaveModel.
bool is_old_xgboost(std::string_view bytes) noexcept {
  constexpr std::size_t kParameters = 136;
  constexpr std::size_t kLength = 8;
  if (bytes.starts_with("binf") || bytes.starts_with("bs64")) return true;
  if (bytes.size() < kParameters + kLength) return false;
  const std::string_view length = bytes.substr(kParameters, kLength);
  const std::string_view name =
      bytes.substr(kParameters + kLength).substr(0, static_cast<unsigned char>(length[0]));
  if (length.find_first_not_of('\0', 1) != length.npos) return false;
  constexpr std::string_view kFamilies[] = {
      "reg:", "binary:", "multi:", "rank:", "survival:", "count:"};
  return std::any_of(std::begin(kFamilies), std::end(kFamilies),
                     [name](std::string_view family) { return name.starts_with(family); });
}

}  // namespace

std::string_view guess_format(std::string_view bytes, std::string_view unknown) noexcept {
  if (bytes.empty()) return "an empty file";
  if (bytes.starts_with("PK")) return "a zip archive";
  if (bytes.starts_with("\x1F\x8B")) return "gzip data";
  if (bytes.starts_with("\x80")) return "a Python pickle";
  if (is_old_xgboost(bytes)) return "XGBoost's old binary format";
  if (bytes.starts_with("tree\n") || bytes.starts_with("tree\r")) return "a LightGBM text model";
  return unknown;
}

}  // namespace mlcore
