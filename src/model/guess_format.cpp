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

/// CMF 0x78 and a check that makes the first two bytes a multiple of 31. Source: RFC 1950.
bool is_zlib(std::string_view bytes) noexcept {
  return bytes.starts_with("\x78\x01") || bytes.starts_with("\x78\x5E") ||
         bytes.starts_with("\x78\x9C") || bytes.starts_with("\x78\xDA");
}

/// By its first member, which no model that is read here has. Source: catboost 1.2.10.
bool is_catboost_json(std::string_view bytes) noexcept {
  if (!bytes.starts_with('{')) return false;
  const std::size_t member = bytes.find_first_not_of(" \t\r\n", 1);
  return member != bytes.npos && bytes.substr(member).starts_with("\"features_info\"");
}

/// ModelProto: ir_version, of one byte, then producer_name, a text. Source: onnx.proto.
bool is_onnx(std::string_view bytes) noexcept {
  return bytes.size() > 4 && bytes[0] == '\x08' && bytes[2] == '\x12' && bytes[3] > 0 &&
         bytes[4] >= ' ';
}

}  // namespace

std::string_view guess_format(std::string_view bytes, std::string_view unknown) noexcept {
  if (bytes.empty()) return "an empty file";
  if (bytes.starts_with("PK")) return "a zip archive";
  if (bytes.starts_with("\x1F\x8B")) return "gzip data";
  if (is_zlib(bytes)) return "zlib data, as joblib writes a compressed pickle";
  if (bytes.starts_with("\x80")) return "a Python pickle";
  if (bytes.starts_with("\x89MLC")) return "an mlcore artifact, which needs no import";
  if (is_onnx(bytes)) return "an ONNX model";
  if (bytes.starts_with("{\"name\": \"tree\"")) {
    return "LightGBM's dump_model, which is for reading: use save_model";
  }
  if (bytes.starts_with("CBM1") || is_catboost_json(bytes)) return "a CatBoost model";
  if (bytes.starts_with("booster[") || bytes.starts_with("[\n  { \"nodeid\"")) {
    return "XGBoost's dump_model, which is for reading: use save_model";
  }
  if (is_old_xgboost(bytes)) return "XGBoost's old binary format";
  if (bytes.starts_with("tree\n") || bytes.starts_with("tree\r")) return "a LightGBM text model";
  return unknown;
}

}  // namespace mlcore
