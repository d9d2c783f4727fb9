// SPDX-License-Identifier: Apache-2.0
// Outside code uses write_artifact, read_artifact, list_sections, verify_digests, content_digest.
#include "mlcore/artifact/artifact.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "artifact/container.hpp"
#include "artifact/sections.hpp"
#include "mlcore/base/error.hpp"
#include "mlcore/base/fp_guard.hpp"

namespace mlcore {
namespace {

constexpr std::string_view kTrees = "MODL";  // of these two a file has one
constexpr std::string_view kNetwork = "NETW";
constexpr std::string_view kCalibration = "CALB";  // optional
constexpr std::array kCritical = {std::string_view("META"),
                                  std::string_view("SCHM"),
                                  std::string_view("FEAT"),
                                  kTrees,
                                  kNetwork,
                                  kCalibration,
                                  std::string_view("PROF")};
constexpr std::string_view kReference = "REFP";

/// A critical section must be known; what changes a prediction must be critical, and no other.
void check_known(const std::vector<SectionInfo>& table, ByteView file) {
  for (const SectionInfo& section : table) {
    const bool is_known =
        std::find(kCritical.begin(), kCritical.end(), section.type) != kCritical.end();
    if (section.is_critical && section.type == kReference) {
      throw Error(Code::data_loss, Reason::malformed_artifact,
                  fmt::format("section \"{}\" is marked critical", section.type));
    }
    if (section.is_critical && !is_known) {
      throw Error(Code::unimplemented, Reason::newer_format,
                  fmt::format("section \"{}\" is critical and needs format {}, this library reads "
                              "{}.{}",
                              section.type, format_version(file), kArtifactMajor, kArtifactMinor));
    }
    if (!section.is_critical && is_known) {
      throw Error(Code::data_loss, Reason::malformed_artifact,
                  fmt::format("section \"{}\" is not marked critical", section.type));
    }
  }
}

std::optional<ByteView> find_optional(ByteView file, const std::vector<SectionInfo>& table,
                                      std::string_view type) {
  for (const SectionInfo& section : table) {
    if (section.type == type) return bytes_of(file, section);
  }
  return std::nullopt;
}

ByteView find(ByteView file, const std::vector<SectionInfo>& table, std::string_view type) {
  if (const auto bytes = find_optional(file, table, type)) return *bytes;
  throw Error(Code::data_loss, Reason::malformed_artifact,
              fmt::format("section \"{}\" is missing", type));
}

void check_schema(ByteView bytes, const Definition& definition) {
  if (decode_schema(bytes) == definition.request().schema()) return;
  throw Error(Code::data_loss, Reason::malformed_artifact,
              "section \"SCHM\" is not the request schema of the definition in \"FEAT\"");
}

Model decode_model(ByteView file, const std::vector<SectionInfo>& table) {
  Model model;
  if (const auto network = find_optional(file, table, kNetwork)) {
    if (find_optional(file, table, kTrees)) {
      throw Error(Code::data_loss, Reason::malformed_artifact,
                  fmt::format("sections \"{}\" and \"{}\": two models", kTrees, kNetwork));
    }
    model = decode_network(*network);
  } else {
    model = decode_trees(find(file, table, kTrees));
  }
  if (const auto calibration = find_optional(file, table, kCalibration)) {
    model.calibration = decode_calibration(*calibration);
  }
  return model;
}

Artifact decode(ByteView file, const std::vector<SectionInfo>& table) {
  Artifact artifact;
  Meta meta = decode_meta(find(file, table, "META"));
  artifact.name = std::move(meta.name);
  artifact.metadata = std::move(meta.metadata);
  Features features = decode_features(find(file, table, "FEAT"));
  artifact.definition = std::move(features.definition);
  artifact.parameters = std::move(features.parameters);
  check_schema(find(file, table, "SCHM"), artifact.definition);
  artifact.model = decode_model(file, table);
  artifact.proof_rows = decode_proof(find(file, table, "PROF"));
  if (const auto bytes = find_optional(file, table, kReference)) {
    artifact.reference = decode_reference(*bytes);
  }
  check_parts(artifact);
  return artifact;
}

}  // namespace

Bytes write_artifact(const Artifact& artifact) {
  check_parts(artifact);
  std::vector<Section> sections = {
      {"META", true, encode_meta(artifact.name, artifact.metadata)},
      {"SCHM", true, encode_schema(artifact.definition.request().schema())},
      {"FEAT", true, encode_features(artifact.definition, artifact.parameters)},
  };
  const Model& model = artifact.model;
  if (const TreeEnsemble* trees = model.trees()) {
    sections.push_back({kTrees, true, encode_trees(*trees)});
  } else {
    sections.push_back({kNetwork, true, encode_network(*model.network())});
  }
  if (model.calibration) {
    sections.push_back({kCalibration, true, encode_calibration(*model.calibration)});
  }
  sections.push_back({"PROF", true, encode_proof(artifact.proof_rows)});
  if (artifact.reference) {
    sections.push_back({kReference, false, encode_reference(*artifact.reference)});
  }
  Bytes file = write_container(sections);
  // Nothing is handed out that a reader would refuse, the reader's limits included.
  try {
    static_cast<void>(read_artifact(file));
  } catch (const Error& error) {
    throw Error(Code::invalid_argument, Reason::malformed_artifact,
                fmt::format("the artifact can't be read back: {}", error.message()));
  }
  return file;
}

Artifact read_artifact(ByteView file) {
  const FloatingPointGuard guard;  // numbers are checked
  const std::vector<SectionInfo> table = read_table(file);
  check_known(table, file);
  check_crcs(file, table);
  return decode(file, table);
}

std::vector<SectionInfo> list_sections(ByteView file) { return read_table(file); }

void verify_digests(ByteView file) {
  const std::vector<SectionInfo> table = read_table(file);
  check_crcs(file, table);
  check_digests(file, table);
}

Sha256Digest content_digest(ByteView file) {
  ByteWriter manifest;
  for (const SectionInfo& section : read_table(file)) {
    if (section.type == "SIGN") continue;
    for (const char c : section.type) manifest.u8(static_cast<std::uint8_t>(c));
    manifest.u64(section.size);
    manifest.raw(section.sha256);
  }
  return sha256(manifest.bytes());
}

}  // namespace mlcore
