// SPDX-License-Identifier: Apache-2.0
#pragma once

// Versions of a model in a directory, names that point to them, and what was done.
//
//   Registry registry = Registry::create("models/churn");
//   Published v = registry.publish(file, record_of(artifact));  // v.version 1
//   registry.promote("champion", v.version);
//   open_model("models/churn@champion");
//   registry.rollback("champion");
//
// A version never changes. A publish that returned survives power loss; one that did not is
// invisible or whole. Any number of processes publish, promote and read at once.
// docs/registry.md has the layout and what a crash leaves at each step.

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "mlcore/artifact/artifact.hpp"
#include "mlcore/base/bytes.hpp"
#include "mlcore/registry/audit.hpp"

namespace mlcore {

namespace registry {
class Directory;
}

/// Who changes a registry, and why: free text for the log, at most 500 bytes each.
struct Change {
  std::string by = {};
  std::string reason = {};
  /// Microseconds; absent: the clock.
  std::optional<std::int64_t> at = {};
};

/// What is known of a version beside its bytes.
struct VersionRecord {
  std::string algorithm = {};  // empty: not known
  std::string dataset = {};
  std::optional<std::int64_t> created_at = {};  // microseconds; absent: the change's time
  /// A JSON object whose members follow in metadata.json.
  std::string lineage = "{}";
};

/// What an artifact says of itself.
[[nodiscard]] VersionRecord record_of(const Artifact& artifact);

/// Looks at the staged bytes and throws Error to refuse them.
using Gate = std::function<void(ByteView file)>;

struct Published {
  std::int64_t version = 0;
  bool is_new = false;  // false: a version already held these bytes
};

struct VersionInfo {
  std::int64_t version = 0;
  std::string algorithm;  // empty: not known
  std::string dataset;
  std::int64_t created_at = 0;
  std::string content_digest;
  std::string file_sha256;
  std::uint64_t bytes = 0;
};

struct AliasEntry {
  std::uint64_t sequence = 0;  // from 1, without gaps
  std::int64_t version = 0;
  std::string content_digest;
  std::int64_t at = 0;
  AuditAction action = AuditAction::promote;
  /// The sequence of the entry that a rollback goes back to; 0: none.
  std::uint64_t previous = 0;
  std::string by;
  std::string reason;
};

struct AliasInfo {
  std::string name;
  /// Oldest first, the last is in force; the newest 256.
  std::vector<AliasEntry> history;

  [[nodiscard]] const AliasEntry& current() const { return history.back(); }
};

/// What an alias must still be for a change to be made: absent members are not asked for.
struct Expectation {
  std::optional<std::int64_t> version = {};    // 0: the alias does not exist yet
  std::optional<std::uint64_t> sequence = {};  // also tells v1 → v2 → v1 from nothing
};

/// A version's bytes, checked against its metadata.
struct ModelFile {
  Bytes bytes;
  std::int64_t version = 0;  // 0: not from a registry
  std::string content_digest;
  std::string path;
};

/// Thread-safe; among processes too. Throws, from every member: unavailable/io_failure;
/// failed_precondition/unsafe_file for a symbolic link, a FIFO, a device, or a file with a second
/// hard link below the directory, none of which is followed or waited for;
/// data_loss/malformed_registry for damaged metadata, aliases, tags, or the end of the log.
class Registry {
 public:
  /// An existing directory, whatever is in it. Throws: not_found/file_not_found.
  explicit Registry(const std::string& directory);
  /// The directory is made when it is missing.
  [[nodiscard]] static Registry create(const std::string& directory);
  /// Whether `create` and `publish` could write there; leaves nothing.
  static void check_writable(const std::string& directory);
  /// Throws: invalid_argument/invalid_option for what promote and set_tags would refuse.
  static void check_alias(const std::string& name);
  static void check_tags(const std::map<std::string, std::string>& tags);

  [[nodiscard]] const std::string& path() const noexcept;

  /// The next version, or the version that holds the same bytes already. The artifact must hold:
  /// its digests and proof rows are checked on the staged copy, then `gate` is asked.
  /// Throws: failed_precondition/gate_refused; as verify_digests and Predictor for a file that does
  /// not hold; invalid_argument/invalid_option, malformed_json for a record that can't be written.
  Published publish(ByteView file, const VersionRecord& record, const Change& change = {},
                    const Gate& gate = {}) const;

  /// Points `alias` to `version` if it is still what is expected. To where it points already:
  /// nothing is done. Throws: aborted/alias_moved; not_found/unknown_version;
  /// invalid_argument/invalid_option for a name that no alias can have.
  AliasInfo promote(const std::string& alias, std::int64_t version, const Change& change = {},
                    Expectation expected = {}) const;
  /// Points `alias` back to what it was promoted from; once more goes one further back.
  /// Throws: also not_found/unknown_alias, failed_precondition/no_previous_version.
  AliasInfo rollback(const std::string& alias, const Change& change = {},
                     Expectation expected = {}) const;
  /// Throws: not_found/unknown_alias.
  [[nodiscard]] AliasInfo alias(const std::string& name) const;
  [[nodiscard]] std::vector<AliasInfo> aliases() const;

  /// Ascending. Cost: one small file read a version.
  [[nodiscard]] std::vector<VersionInfo> list() const;
  /// Throws: not_found/unknown_version.
  [[nodiscard]] VersionInfo inspect(std::int64_t version) const;
  [[nodiscard]] std::string metadata(std::int64_t version) const;
  /// Throws: also as content_digest.
  [[nodiscard]] ModelFile read(std::int64_t version) const;

  [[nodiscard]] std::map<std::string, std::string> tags(std::int64_t version) const;
  /// Adds or changes; an empty value removes.
  void set_tags(std::int64_t version, const std::map<std::string, std::string>& tags,
                const Change& change = {}) const;

  /// The records in order. Throws: data_loss/malformed_registry at the first that is damaged.
  [[nodiscard]] std::vector<AuditRecord> audit() const;
  /// Whether the log is whole and every version's metadata, alias and tag is what it says.
  [[nodiscard]] AuditReport verify_audit() const;
  /// What does not hold of a version's own files: metadata, digests, proof rows; empty when all do.
  [[nodiscard]] std::vector<std::string> verify(std::int64_t version) const;
  /// Every version that has a directory, whole or not. Ascending.
  [[nodiscard]] std::vector<std::int64_t> versions() const;

 private:
  explicit Registry(std::shared_ptr<const registry::Directory> root);
  [[nodiscard]] registry::Directory version_directory(std::int64_t version) const;
  [[nodiscard]] std::optional<AliasInfo> find_alias(const std::string& name) const;

  std::shared_ptr<const registry::Directory> root_;
};

}  // namespace mlcore
