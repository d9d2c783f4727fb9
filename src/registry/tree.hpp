// SPDX-License-Identifier: Apache-2.0
#pragma once

// Files and directories of a registry, each step by descriptor: no name is followed out of the
// tree, nothing waits on what is no regular file, and what is written is on the disk before it has
// a name.
//
//   Directory root = Directory::open("models/churn");
//   Directory version = root.directory("v1");
//   std::string text = version.read("metadata.json", 1 << 20);

#include <sys/types.h>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "mlcore/base/bytes.hpp"

namespace mlcore::registry {

/// An open descriptor, closed at the end of its scope. -1: none.
class Handle {
 public:
  explicit Handle(int value = -1) noexcept : value_(value) {}
  ~Handle();
  Handle(Handle&& other) noexcept : value_(std::exchange(other.value_, -1)) {}
  Handle& operator=(Handle&& other) noexcept {
    std::swap(value_, other.value_);
    return *this;
  }
  [[nodiscard]] int get() const noexcept { return value_; }
  /// The caller's to close from now on.
  [[nodiscard]] int release() noexcept { return std::exchange(value_, -1); }

 private:
  int value_;
};

/// Throws: unavailable/io_failure with the system's words for errno `cause`.
[[noreturn]] void fail(std::string_view action, const std::string& path, int cause);
/// Throws: failed_precondition/unsafe_file.
[[noreturn]] void refuse_unsafe(const std::string& path, std::string_view what);

/// The path without its last component: "a" for "a/b/", "." for "a", "/" for "/a".
[[nodiscard]] std::string parent_path(const std::string& path);

/// Thread-safe. A name is one path component. Throws, unless said: unavailable/io_failure,
/// failed_precondition/unsafe_file for a symbolic link, a FIFO, a device, a socket, or a file with
/// a second hard link where the registry expects its own file or directory.
class Directory {
 public:
  /// Links in `path` itself are the caller's and are followed. Throws: not_found/file_not_found.
  [[nodiscard]] static Directory open(const std::string& path);
  /// Made with what is missing above it; each new name survives a power loss.
  [[nodiscard]] static Directory create(const std::string& path);

  [[nodiscard]] const std::string& path() const noexcept { return path_; }
  [[nodiscard]] std::string path_of(std::string_view name) const;
  [[nodiscard]] int handle() const noexcept { return handle_.get(); }

  [[nodiscard]] std::optional<Directory> find_directory(const std::string& name) const;
  /// Throws: also not_found/file_not_found.
  [[nodiscard]] Directory directory(const std::string& name) const;
  [[nodiscard]] Directory make_directory(const std::string& name, mode_t mode) const;
  /// Made when it is missing. Its name survives a power loss, even if whoever made it was cut off
  /// before that was so: then it is still empty.
  [[nodiscard]] Directory ensure_directory(const std::string& name) const;

  /// The whole file; absent where there is none. Throws: also data_loss/malformed_registry when it
  /// is longer than `limit`.
  [[nodiscard]] std::optional<std::string> find(const std::string& name, std::size_t limit) const;
  /// Throws: also not_found/file_not_found.
  [[nodiscard]] std::string read(const std::string& name, std::size_t limit) const;
  /// A new file, read-only and synced.
  void write_new(const std::string& name, std::string_view content) const;
  /// `flags` of open(2). A regular file of one link, never waited for; -1 when it is missing and
  /// O_CREAT is not asked for.
  [[nodiscard]] Handle open_file(const std::string& name, int flags) const;

  /// Sorted; without "." and "..".
  [[nodiscard]] std::vector<std::string> names() const;
  [[nodiscard]] bool has(const std::string& name) const;
  /// Whether the open file is the one that `name` stands for now.
  [[nodiscard]] bool is_named(int handle, const std::string& name) const;
  /// A file, or a directory with the files in it; nothing when it is missing.
  void remove(const std::string& name) const;
  /// False, and nothing done, when `to` has something of that name.
  [[nodiscard]] bool rename_new(const std::string& from, const Directory& to,
                                const std::string& name) const;
  /// Takes the place of what is there.
  void rename_over(const std::string& from, const Directory& to, const std::string& name) const;
  void set_mode(mode_t mode) const;
  void sync() const;

 private:
  Directory(std::string path, Handle handle) : path_(std::move(path)), handle_(std::move(handle)) {}
  std::string path_;
  Handle handle_;
};

/// Writes all of `content`; throws as Directory.
void write_all(int handle, std::string_view content, const std::string& path);
void sync_file(int handle, const std::string& path);

/// An exclusive lock of `handle`'s file among all that open it, until the handle is closed.
/// `shared` locks exclude exclusive ones only.
void lock_file(int handle, bool shared, const std::string& path);
/// False when another holds it.
[[nodiscard]] bool try_lock_file(int handle, const std::string& path);

}  // namespace mlcore::registry
