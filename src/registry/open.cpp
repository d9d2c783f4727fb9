// SPDX-License-Identifier: Apache-2.0
// Outside code uses parse_ref, read_model and open_model.
#include "mlcore/registry/open.hpp"

#include <fmt/format.h>

#include <filesystem>

#include "mlcore/base/error.hpp"
#include "mlcore/base/file.hpp"
#include "registry/json_files.hpp"
#include "registry/names.hpp"
#include "registry/tree.hpp"

namespace mlcore {
namespace {

namespace fs = std::filesystem;

[[noreturn]] void refuse(std::string message) {
  throw Error(Code::invalid_argument, Reason::invalid_option, std::move(message));
}

/// The version that a directory's name says, where metadata.json is beside the model.
std::int64_t version_of(const std::string& path) {
  const fs::path directory = fs::path(path.substr(0, path.find_last_not_of('/') + 1));
  const auto version = registry::parse_version(directory.filename().string());
  std::error_code ignored;  // what can't be examined is told when it is read
  const bool has_metadata =
      fs::exists(fs::symlink_status(directory / registry::kMetadataFile, ignored));
  return version && has_metadata ? *version : 0;
}

/// A registry holds versions and no model of its own.
void refuse_registry(const std::string& path) {
  const std::vector<std::int64_t> versions = Registry(path).versions();
  if (versions.empty()) return;
  throw Error(Code::not_found, Reason::file_not_found,
              fmt::format("{} is a registry, and which version of it is not said; expected {} or "
                          "DIR@ALIAS",
                          registry::shown_name(path),
                          registry::shown_name(
                              (fs::path(path) / fmt::format("v{}", versions.back())).string())));
}

/// A file or a directory that belongs to no registry.
ModelFile read_plain(const std::string& path) {
  std::error_code ignored;  // a path that can't be examined is reported by read_file
  const bool is_directory = fs::is_directory(path, ignored);
  ModelFile file;
  file.path = is_directory ? (fs::path(path) / registry::kModelFile).string() : path;
  if (is_directory && !fs::exists(file.path, ignored)) refuse_registry(path);
  const std::string content = read_file(file.path);
  file.bytes.assign(content.begin(), content.end());
  return file;
}

ModelFile read_alias(const RefParts& parts) {
  const Registry registry(parts.path);
  const AliasInfo alias = registry.alias(parts.alias);
  const AliasEntry& entry = alias.current();
  try {
    ModelFile file = registry.read(entry.version);
    if (file.content_digest == entry.content_digest) return file;
    throw Error(Code::data_loss, Reason::malformed_registry,
                fmt::format("{} holds content {}, the alias says {}", file.path,
                            file.content_digest, entry.content_digest));
  } catch (const Error& error) {
    throw Error(
        error.code(), error.reason(),
        fmt::format("alias \"{}\" is v{}: {}", parts.alias, entry.version, error.message()));
  }
}

}  // namespace

RefParts parse_ref(const std::string& ref) {
  if (ref.empty()) refuse("an empty REF; expected FILE.mlc, DIR/v1 or DIR@ALIAS");
  if (ref.find('\0') != ref.npos) refuse("a REF with a NUL byte");
  RefParts parts{ref, {}, 0};
  const std::size_t slash = ref.rfind('/');
  const std::size_t at = ref.rfind('@');
  const bool has_alias = at != ref.npos && (slash == ref.npos || at > slash);
  if (ref.ends_with(".mlc") || !has_alias) return parts;
  parts.path = ref.substr(0, at);
  parts.alias = ref.substr(at + 1);
  if (parts.path.empty()) {
    refuse(fmt::format("{}: expected DIR@ALIAS, there is no DIR", registry::shown_name(ref)));
  }
  if (const auto version = registry::parse_version(parts.alias)) {
    parts.version = *version;
    parts.alias.clear();
  } else {
    registry::check_alias(parts.alias);
  }
  return parts;
}

ModelFile read_model(const std::string& ref) {
  const RefParts parts = parse_ref(ref);
  if (!parts.alias.empty()) return read_alias(parts);
  if (parts.version != 0) return Registry(parts.path).read(parts.version);
  if (ref.ends_with(".mlc")) return read_plain(ref);
  if (const std::int64_t version = version_of(ref)) {
    return Registry(registry::parent_path(ref)).read(version);
  }
  return read_plain(ref);
}

OpenedModel open_model(const std::string& ref) {
  const ModelFile file = read_model(ref);
  try {
    return {Predictor::from_bytes(file.bytes), file.version};
  } catch (const Error& error) {
    throw Error(error.code(), error.reason(), fmt::format("{}: {}", file.path, error.message()),
                error.where());
  }
}

}  // namespace mlcore
