// SPDX-License-Identifier: Apache-2.0
// Outside code uses Registry: here versions, aliases and tags; publish.cpp and verify.cpp the rest.
#include "mlcore/registry/registry.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "mlcore/base/error.hpp"
#include "registry/change.hpp"
#include "registry/json_files.hpp"
#include "registry/names.hpp"
#include "registry/writer.hpp"

namespace mlcore {

using registry::Directory;
using registry::version_name;
using registry::Writer;

namespace {

constexpr std::size_t kLongestHistory = 256;

[[noreturn]] void refuse_half(const Directory& version, const char* missing) {
  throw Error(Code::data_loss, Reason::malformed_registry,
              fmt::format("{} is half a version: it has no {}", version.path(), missing));
}

/// Adds the file's name to what is wrong with its text.
template <typename Decode>
auto named(const std::string& path, const Decode& decode) {
  try {
    return decode();
  } catch (const Error& error) {
    throw Error(error.code(), error.reason(), fmt::format("{}: {}", path, error.message()));
  }
}

std::string range_text(const std::vector<std::int64_t>& versions) {
  if (versions.empty()) return "it has no version yet";
  if (versions.size() == 1) return fmt::format("it has v{}", versions.front());
  return fmt::format("it has {} versions, v{} to v{}", versions.size(), versions.front(),
                     versions.back());
}

std::string metadata_of(const Directory& version) {
  auto text = version.find(registry::kMetadataFile, registry::kLongestJson);
  if (!text) refuse_half(version, registry::kMetadataFile);
  return *std::move(text);
}

VersionInfo info_of(const Directory& directory, std::int64_t version) {
  const std::string text = metadata_of(directory);
  return named(directory.path_of(registry::kMetadataFile),
               [&] { return registry::decode_metadata(text, version); });
}

void check_expected(const std::string& name, const AliasInfo* alias, Expectation expected) {
  const std::int64_t version = alias == nullptr ? 0 : alias->current().version;
  const std::uint64_t sequence = alias == nullptr ? 0 : alias->current().sequence;
  if (expected.version.value_or(version) == version &&
      expected.sequence.value_or(sequence) == sequence) {
    return;
  }
  const std::string found = version == 0 ? "it does not exist yet"
                                         : fmt::format("it is v{} by change {}", version, sequence);
  const std::string wanted =
      expected.version
          ? (*expected.version == 0 ? "no alias" : fmt::format("v{}", *expected.version))
          : fmt::format("change {}", *expected.sequence);
  throw Error(
      Code::aborted, Reason::alias_moved,
      fmt::format("alias \"{}\": expected {}, {}; nothing was changed", name, wanted, found));
}

/// Writes the alias with one more entry. Requires: `writer` is held by the caller.
AliasInfo append_entry(Writer& writer, AliasInfo alias, AliasEntry entry) {
  entry.sequence = alias.history.empty() ? 1 : alias.current().sequence + 1;
  AuditRecord record;
  record.action = entry.action;
  record.version = entry.version;
  record.alias = alias.name;
  record.content_digest = entry.content_digest;
  record.by = entry.by;
  record.reason = entry.reason;
  alias.history.push_back(std::move(entry));
  if (alias.history.size() > kLongestHistory) alias.history.erase(alias.history.begin());
  writer.replace(std::move(record), registry::kAliasFolder, alias.name + ".json",
                 registry::encode_alias(alias));
  return alias;
}

}  // namespace

Registry::Registry(const std::string& directory)
    : Registry(std::make_shared<const Directory>(Directory::open(directory))) {}

Registry::Registry(std::shared_ptr<const Directory> root) : root_(std::move(root)) {}

Registry Registry::create(const std::string& directory) {
  return Registry(std::make_shared<const Directory>(Directory::create(directory)));
}

void Registry::check_alias(const std::string& name) { registry::check_alias(name); }

void Registry::check_tags(const std::map<std::string, std::string>& tags) {
  for (const auto& [key, value] : tags) registry::check_tag(key, value);
}

const std::string& Registry::path() const noexcept { return root_->path(); }

std::vector<std::int64_t> Registry::versions() const {
  std::vector<std::int64_t> versions;
  for (const std::string& name : root_->names()) {
    if (const auto version = registry::parse_version(name)) versions.push_back(*version);
  }
  std::sort(versions.begin(), versions.end());
  return versions;
}

Directory Registry::version_directory(std::int64_t version) const {
  if (auto found = root_->find_directory(version_name(version))) return *std::move(found);
  throw Error(Code::not_found, Reason::unknown_version,
              fmt::format("{} has no v{}: {}", path(), version, range_text(versions())));
}

std::vector<VersionInfo> Registry::list() const {
  std::vector<VersionInfo> list;
  for (const std::int64_t version : versions()) list.push_back(inspect(version));
  return list;
}

VersionInfo Registry::inspect(std::int64_t version) const {
  return info_of(version_directory(version), version);
}

std::string Registry::metadata(std::int64_t version) const {
  const Directory directory = version_directory(version);
  std::string text = metadata_of(directory);
  named(directory.path_of(registry::kMetadataFile),
        [&] { registry::check_metadata(text, version); });
  return text;
}

ModelFile Registry::read(std::int64_t version) const {
  const Directory directory = version_directory(version);
  const VersionInfo info = info_of(directory, version);
  const std::string path = directory.path_of(registry::kModelFile);
  const auto text = directory.find(registry::kModelFile, info.bytes);
  if (!text) refuse_half(directory, registry::kModelFile);
  if (text->size() != info.bytes) {
    throw Error(
        Code::data_loss, Reason::malformed_registry,
        fmt::format("{} has {} bytes, its metadata says {}", path, text->size(), info.bytes));
  }
  ModelFile file;
  file.bytes.assign(text->begin(), text->end());
  file.version = version;
  file.path = path;
  file.content_digest = named(path, [&] { return hex(content_digest(file.bytes)); });
  if (file.content_digest == info.content_digest) return file;
  throw Error(Code::data_loss, Reason::malformed_registry,
              fmt::format("{} holds content {}, its metadata says {}", path, file.content_digest,
                          info.content_digest));
}

std::optional<AliasInfo> Registry::find_alias(const std::string& name) const {
  registry::check_alias(name);
  const auto folder = root_->find_directory(registry::kAliasFolder);
  if (!folder) return std::nullopt;
  const std::string file = name + ".json";
  const auto text = folder->find(file, registry::kLongestJson);
  if (!text) return std::nullopt;
  return named(folder->path_of(file), [&] { return registry::decode_alias(*text, name); });
}

AliasInfo Registry::alias(const std::string& name) const {
  if (auto found = find_alias(name)) return *std::move(found);
  std::string names;
  for (const AliasInfo& alias : aliases()) {
    names += fmt::format("{}\"{}\"", names.empty() ? "it has " : ", ", alias.name);
  }
  throw Error(Code::not_found, Reason::unknown_alias,
              fmt::format("{} has no alias \"{}\": {}", path(), name,
                          names.empty() ? "it has none" : names));
}

std::vector<AliasInfo> Registry::aliases() const {
  std::vector<AliasInfo> aliases;
  const auto folder = root_->find_directory(registry::kAliasFolder);
  if (!folder) return aliases;
  constexpr std::string_view kSuffix = ".json";
  for (const std::string& file : folder->names()) {
    if (!file.ends_with(kSuffix)) continue;
    const std::string name = file.substr(0, file.size() - kSuffix.size());
    if (!registry::is_alias(name)) continue;  // verify_audit tells of it
    if (auto alias = find_alias(name)) aliases.push_back(*std::move(alias));
  }
  return aliases;
}

AliasInfo Registry::promote(const std::string& name, std::int64_t version, const Change& change,
                            Expectation expected) const {
  registry::check_alias(name);
  registry::check_change(change);
  const ModelFile file = read(version);  // no alias to half a version
  const std::int64_t now = registry::time_of(change);
  Writer writer(*root_, now);
  std::optional<AliasInfo> alias = find_alias(name);
  check_expected(name, alias ? &*alias : nullptr, expected);
  if (!alias) alias = AliasInfo{name, {}};
  AliasEntry entry;
  if (!alias->history.empty()) {
    if (alias->current().version == version) {
      writer.confirm(registry::kAliasFolder);
      return *std::move(alias);
    }
    entry.previous = alias->current().sequence;
  }
  entry.version = version;
  entry.content_digest = file.content_digest;
  entry.at = now;
  entry.by = change.by;
  entry.reason = change.reason;
  return append_entry(writer, *std::move(alias), std::move(entry));
}

AliasInfo Registry::rollback(const std::string& name, const Change& change,
                             Expectation expected) const {
  registry::check_change(change);
  const std::int64_t now = registry::time_of(change);
  static_cast<void>(alias(name));  // an unknown alias is told before anything is written
  Writer writer(*root_, now);
  AliasInfo moved = alias(name);
  check_expected(name, &moved, expected);
  const AliasEntry& current = moved.current();
  const auto back =
      std::find_if(moved.history.begin(), moved.history.end(),
                   [&](const AliasEntry& entry) { return entry.sequence == current.previous; });
  if (current.previous != 0 && back == moved.history.end()) {
    throw Error(
        Code::failed_precondition, Reason::no_previous_version,
        fmt::format("alias \"{}\" is v{} and goes back to change {}, which is older than the "
                    "{} changes that are kept: promote the version that is wanted",
                    name, current.version, current.previous, moved.history.size()));
  }
  if (current.previous == 0) {
    throw Error(Code::failed_precondition, Reason::no_previous_version,
                fmt::format("alias \"{}\" is v{} and was promoted from no other version", name,
                            current.version));
  }
  AliasEntry entry = *back;  // its version, its digest, and what it went back to
  static_cast<void>(read(entry.version));
  entry.action = AuditAction::rollback;
  entry.at = now;
  entry.by = change.by;
  entry.reason = change.reason;
  return append_entry(writer, std::move(moved), std::move(entry));
}

std::map<std::string, std::string> Registry::tags(std::int64_t version) const {
  static_cast<void>(version_directory(version));
  const auto folder = root_->find_directory(registry::kTagFolder);
  if (!folder) return {};
  const std::string file = version_name(version) + ".json";
  const auto text = folder->find(file, registry::kLongestJson);
  if (!text) return {};
  return named(folder->path_of(file), [&] { return registry::decode_tags(*text, version); });
}

void Registry::set_tags(std::int64_t version, const std::map<std::string, std::string>& changes,
                        const Change& change) const {
  registry::check_change(change);
  check_tags(changes);
  static_cast<void>(version_directory(version));
  Writer writer(*root_, registry::time_of(change));
  const registry::Tags before = tags(version);
  registry::Tags after = before;
  for (const auto& [key, value] : changes) {
    if (value.empty()) {
      after.erase(key);
    } else {
      after[key] = value;
    }
  }
  if (after == before) return writer.confirm(registry::kTagFolder);
  AuditRecord record;
  record.action = AuditAction::tag;
  record.version = version;
  record.by = change.by;
  record.reason = change.reason;
  writer.replace(std::move(record), registry::kTagFolder, version_name(version) + ".json",
                 registry::encode_tags(version, after));
}

}  // namespace mlcore
