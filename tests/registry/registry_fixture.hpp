// SPDX-License-Identifier: Apache-2.0
#pragma once

// Artifacts that open, and a registry in a scratch folder.
//
//   const Shelf shelf;
//   shelf.publish(1);  // v1

#include <doctest/doctest.h>

#include <filesystem>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "mlcore/artifact/artifact.hpp"
#include "mlcore/base/error.hpp"
#include "mlcore/base/file.hpp"
#include "mlcore/predict/proof.hpp"
#include "mlcore/registry/registry.hpp"
#include "train/scratch_folder.hpp"

namespace mlcore {

/// One stump on one number. Another `seed`: other bytes, other content.
inline Bytes stump_file(int seed) {
  Artifact artifact;
  artifact.name = "loan";
  artifact.definition =
      Definition::parse("features loan version 1\ninput age: i64\nyears = age\noutput [years]\n");
  TreeEnsemble model;
  model.framework = "xgboost";
  model.framework_version = "1.7.4";
  model.objective = "binary:logistic";
  model.contract.link = Link::logistic;
  model.feature_count = 1;
  model.base_margins = {0.125f};
  model.tree_begin = {0, 3};
  model.tree_output = {0};
  model.left = {1, TreeEnsemble::kLeaf, TreeEnsemble::kLeaf};
  model.feature = {0, 0, 0};
  model.value = {30.0f, static_cast<float>(seed), -0.5f};
  model.default_left = {0, 0, 0};
  model.round_begin = {0, 1};
  model.node_id = {0, 1, 2};
  artifact.model = std::move(model);
  artifact.metadata = {{"seed", std::to_string(seed)}};
  artifact.proof_rows = make_proof_rows(artifact, 2, 3);
  return write_artifact(artifact);
}

inline VersionRecord stump_record() {
  VersionRecord record;
  record.algorithm = "stump";
  record.dataset = "by hand";
  record.lineage = R"({"rounds": 1})";
  return record;
}

struct Shelf {
  Shelf() : path(folder / "models"), registry(Registry::create(path)) {}

  std::int64_t publish(int seed) const {
    return registry.publish(stump_file(seed), stump_record()).version;
  }
  [[nodiscard]] std::string file(const std::string& name) const { return path + "/" + name; }
  [[nodiscard]] std::string read(const std::string& name) const { return read_file(file(name)); }
  /// In place, whatever its mode.
  void overwrite(const std::string& name, std::string_view content) const {
    std::filesystem::permissions(file(name), std::filesystem::perms::owner_write,
                                 std::filesystem::perm_options::add);
    write_file(file(name), content);
  }
  [[nodiscard]] std::size_t staged() const {
    const std::string staging = file(".staging");
    if (!std::filesystem::exists(staging)) return 0;
    const std::filesystem::directory_iterator entries(staging);
    return static_cast<std::size_t>(std::distance(begin(entries), end(entries)));
  }

  ScratchFolder folder;
  std::string path;
  Registry registry;
};

/// The reason of what `call` throws; none when it returns. The message must hold `part`.
template <typename Call>
Reason reason_of(const Call& call, std::string_view part = "") {
  try {
    call();
  } catch (const Error& error) {
    CAPTURE(error.message());
    CHECK(error.message().find(part) != std::string::npos);
    return error.reason();
  }
  return Reason::none;
}

inline bool mentions(const std::vector<std::string>& texts, std::string_view part) {
  for (const std::string& text : texts) {
    if (text.find(part) != std::string::npos) return true;
  }
  return false;
}

}  // namespace mlcore
