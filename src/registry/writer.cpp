// SPDX-License-Identifier: Apache-2.0
// Registry uses Writer, Staging and lock_registry.
#include "registry/writer.hpp"

#include <fcntl.h>
#include <sodium.h>

#include <array>

#include "mlcore/base/error.hpp"
#include "registry/json_files.hpp"

namespace mlcore::registry {
namespace {

std::string sha256_text(std::string_view text) {
  return hex(sha256({reinterpret_cast<const std::uint8_t*>(text.data()), text.size()}));
}

/// What is in it need not survive a power loss, nor need its name.
Directory staging_folder(const Directory& root) {
  if (auto found = root.find_directory(kStagingFolder)) return *std::move(found);
  return root.ensure_directory(kStagingFolder);
}

}  // namespace

Handle lock_registry(const Directory& root, LockKind kind) {
  for (;;) {
    Handle handle = root.open_file(kLockFile, kind == LockKind::read ? O_RDONLY : O_RDWR | O_CREAT);
    if (handle.get() < 0) return handle;
    lock_file(handle.get(), kind != LockKind::write, root.path_of(kLockFile));
    // A lock file that was replaced during the wait excludes nobody any more.
    if (root.is_named(handle.get(), kLockFile)) return handle;
  }
}

bool has_happened(const Directory& root, const AuditRecord& intent) {
  const std::size_t slash = intent.path.find('/');
  const auto folder = root.find_directory(intent.path.substr(0, slash));
  if (!folder || slash == intent.path.npos) return false;
  const auto text = folder->find(intent.path.substr(slash + 1), kLongestJson);
  return text && sha256_text(*text) == intent.sha256;
}

std::string random_name() {
  std::array<std::uint8_t, 16> bytes{};
  ::randombytes_buf(bytes.data(), bytes.size());
  return hex(bytes);
}

Staging::Staging(const Directory& root) : Staging(root, lock_registry(root, LockKind::stage)) {}

// Made while no writer sweeps, since each of them holds the lock alone.
Staging::Staging(const Directory& root, Handle /*lock*/)
    : folder_(staging_folder(root)),
      name_(random_name()),
      directory_(folder_.make_directory(name_, 0700)) {
  lock_file(directory_.handle(), false, directory_.path());
}

Staging::~Staging() {
  if (is_published_) return;
  try {
    folder_.remove(name_);
  } catch (const Error&) {  // the next writer removes it
  }
}

bool Staging::publish_as(const Directory& root, const std::string& name) {
  is_published_ = folder_.rename_new(name_, root, name);
  return is_published_;
}

Writer::Writer(const Directory& root, std::int64_t now)
    : root_(root),
      now_(now),
      lock_(lock_registry(root, LockKind::write)),
      log_(root, now, [&root](const AuditRecord& intent) { return has_happened(root, intent); }) {
  sweep();
}

void Writer::sweep() const {
  const auto folder = root_.find_directory(kStagingFolder);
  if (!folder) return;
  // A directory belongs to whoever has locked it; all else to a writer that held the lock.
  const auto is_abandoned = [&](const std::string& name) {
    try {
      const auto staged = folder->find_directory(name);
      return !staged || try_lock_file(staged->handle(), staged->path());
    } catch (const Error& error) {
      return error.reason() == Reason::unsafe_file;
    }
  };
  for (const std::string& name : folder->names()) {
    if (!is_abandoned(name)) continue;
    try {
      folder->remove(name);
    } catch (const Error&) {  // stays for the next writer
    }
  }
}

bool Writer::commit(AuditRecord record, const std::function<bool()>& apply) {
  record.at = now_;
  const AuditRecord intent = log_.intend(std::move(record));
  bool is_made = false;
  try {
    is_made = apply();
  } catch (...) {
    settle(intent);
    throw;
  }
  conclude(intent, is_made ? AuditState::done : AuditState::abandoned, is_made);
  return is_made;
}

void Writer::settle(const AuditRecord& intent) noexcept {
  bool happened = false;
  try {
    happened = has_happened(root_, intent);
  } catch (const Error&) {
    return;  // the intent stays open: the next writer finds out
  }
  conclude(intent, happened ? AuditState::recovered : AuditState::abandoned, happened);
}

// The change is made or not already, and durable: without this record the next writer finds the
// same outcome and records that it was recovered.
void Writer::conclude(const AuditRecord& intent, AuditState state, bool happened) noexcept {
  try {
    log_.conclude(intent, state, happened, now_);
  } catch (const Error&) {
  }
}

void Writer::confirm(const std::string& folder) const { root_.ensure_directory(folder).sync(); }

void Writer::replace(AuditRecord record, const std::string& folder, const std::string& name,
                     const std::string& text) {
  const Directory target = root_.ensure_directory(folder);
  const Directory staging = staging_folder(root_);
  const std::string staged = random_name();
  record.path = folder + "/" + name;
  record.sha256 = sha256_text(text);
  try {
    staging.write_new(staged, text);
    commit(std::move(record), [&] {
      staging.rename_over(staged, target, name);
      target.sync();
      return true;
    });
  } catch (...) {
    try {
      staging.remove(staged);
    } catch (const Error&) {  // the next writer removes it
    }
    throw;
  }
}

}  // namespace mlcore::registry
