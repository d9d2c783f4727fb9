// SPDX-License-Identifier: Apache-2.0
#pragma once

// One change at a time, and each with its intent and its outcome in the log.
//
//   Writer writer(root, now);
//   writer.commit(record, [&] { … the one step that makes the change … });

#include <functional>
#include <string>

#include "registry/audit_log.hpp"
#include "registry/tree.hpp"

namespace mlcore::registry {

inline constexpr const char* kLockFile = ".lock";
inline constexpr const char* kStagingFolder = ".staging";

enum class LockKind {
  read,   // beside other readers; takes nothing where there was no writer yet, and writes nothing
  stage,  // as read, but the lock is made when it is missing
  write,  // alone
};

/// Held as long as the handle; waits for others.
[[nodiscard]] Handle lock_registry(const Directory& root, LockKind kind);

/// Whether the file that the intent names is there with the bytes that it says.
[[nodiscard]] bool has_happened(const Directory& root, const AuditRecord& intent);

/// 32 random hexadecimal digits.
[[nodiscard]] std::string random_name();

/// A directory of its own for a version in the making. It is locked while its maker lives, so that
/// others know which ones nobody will finish. Removed at the end unless it was renamed.
class Staging {
 public:
  explicit Staging(const Directory& root);
  ~Staging();
  Staging(const Staging&) = delete;
  Staging& operator=(const Staging&) = delete;
  [[nodiscard]] const Directory& directory() const noexcept { return directory_; }
  /// As Directory::rename_new, into the registry.
  [[nodiscard]] bool publish_as(const Directory& root, const std::string& name);

 private:
  Staging(const Directory& root, Handle lock);
  Directory folder_;
  std::string name_;
  Directory directory_;
  bool is_published_ = false;
};

/// Holds the registry's lock and the log's end. Removes what crashed writers left in .staging.
class Writer {
 public:
  Writer(const Directory& root, std::int64_t now);

  [[nodiscard]] const AuditLog& log() const noexcept { return log_; }
  /// `apply` makes the change durable, throws, or returns false for a change that was not made.
  bool commit(AuditRecord record, const std::function<bool()>& apply);
  /// Puts `text` in the place of `folder/name`, by way of .staging.
  void replace(AuditRecord record, const std::string& folder, const std::string& name,
               const std::string& text);
  /// For a change that is there already: its writer may have been cut off before it was durable.
  void confirm(const std::string& folder) const;

 private:
  void sweep() const;
  void settle(const AuditRecord& intent) noexcept;
  void conclude(const AuditRecord& intent, AuditState state, bool happened) noexcept;

  const Directory& root_;
  std::int64_t now_;
  Handle lock_;
  AuditLog log_;
};

}  // namespace mlcore::registry
