// SPDX-License-Identifier: Apache-2.0
// The registry's other files use Directory and Handle.
#include "registry/tree.hpp"

#include <dirent.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <memory>
#include <system_error>

#include "base/shown.hpp"
#include "mlcore/base/error.hpp"

namespace mlcore::registry {
namespace {

constexpr int kSafe = O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC;
constexpr int kDirectory = O_RDONLY | O_DIRECTORY | O_CLOEXEC;

/// What stands where a regular file or a directory was expected.
std::string_view kind_of(mode_t mode) noexcept {
  switch (mode & S_IFMT) {
    case S_IFREG: return "a file";
    case S_IFDIR: return "a directory";
    case S_IFLNK: return "a symbolic link";
    case S_IFIFO: return "a FIFO";
    case S_IFSOCK: return "a socket";
    case S_IFBLK:
    case S_IFCHR: return "a device";
    default: return "no regular file";
  }
}

/// Throws unsafe_file when `name` is what makes open(2) fail with `cause`, else io_failure.
[[noreturn]] void fail_to_open(const Directory& directory, const std::string& name, int cause,
                               mode_t expected) {
  struct stat status {};
  const bool is_there =
      ::fstatat(directory.handle(), name.c_str(), &status, AT_SYMLINK_NOFOLLOW) == 0;
  if (is_there && (status.st_mode & S_IFMT) != expected) {
    refuse_unsafe(directory.path_of(name), kind_of(status.st_mode));
  }
  fail("open", directory.path_of(name), cause);
}

void check_regular(int handle, const std::string& path) {
  struct stat status {};
  if (::fstat(handle, &status) != 0) fail("examine", path, errno);
  if (!S_ISREG(status.st_mode)) refuse_unsafe(path, kind_of(status.st_mode));
  if (status.st_nlink > 1) {
    refuse_unsafe(path, fmt::format("a file with {} hard links", status.st_nlink));
  }
}

std::string read_all(int handle, std::size_t limit, const std::string& path) {
  constexpr std::size_t kLeastRead = 4096;
  struct stat status {};
  if (::fstat(handle, &status) != 0) fail("examine", path, errno);
  std::string content;
  // One byte more than the size tells the end of the file without growing.
  const auto expected = std::min(static_cast<std::uint64_t>(status.st_size), std::uint64_t{limit});
  content.resize(std::max(static_cast<std::size_t>(expected) + 1, kLeastRead));
  std::size_t size = 0;
  for (;;) {
    const ssize_t count = ::read(handle, content.data() + size, content.size() - size);
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) fail("read", path, errno);
    if (count == 0) break;
    size += static_cast<std::size_t>(count);
    if (size > limit) {
      throw Error(Code::data_loss, Reason::malformed_registry,
                  fmt::format("{} is longer than {} bytes", path, limit));
    }
    if (size == content.size()) content.resize(2 * size);
  }
  content.resize(size);
  return content;
}

}  // namespace

Handle::~Handle() {
  if (value_ >= 0) ::close(value_);
}

void fail(std::string_view action, const std::string& path, int cause) {
  throw Error(Code::unavailable, Reason::io_failure,
              fmt::format("can't {} {}: {}", action, path, std::generic_category().message(cause)));
}

void refuse_unsafe(const std::string& path, std::string_view what) {
  throw Error(Code::failed_precondition, Reason::unsafe_file,
              fmt::format("{} is {}, which a registry has no use for", path, what));
}

std::string parent_path(const std::string& path) {
  const std::string_view trimmed = std::string_view(path).substr(0, path.find_last_not_of('/') + 1);
  const std::size_t slash = trimmed.rfind('/');
  if (slash == trimmed.npos) return ".";
  const std::size_t end = trimmed.find_last_not_of('/', slash);
  return end == trimmed.npos ? "/" : std::string(trimmed.substr(0, end + 1));
}

Directory Directory::open(const std::string& path) {
  if (path.find('\0') != path.npos) fail("open", shown(path.c_str()), EINVAL);
  Handle handle(::open(path.c_str(), kDirectory));
  if (handle.get() >= 0) return {path, std::move(handle)};
  if (errno != ENOENT) fail("open", path, errno);
  throw Error(Code::not_found, Reason::file_not_found,
              fmt::format("no directory {}: there is no registry", path));
}

Directory Directory::create(const std::string& path) {
  if (path.find('\0') != path.npos) fail("make", shown(path.c_str()), EINVAL);
  Handle handle(::open(path.c_str(), kDirectory));
  if (handle.get() >= 0) {
    Directory found(path, std::move(handle));
    // Empty: whoever made it may have been cut off before its name was durable. A parent that this
    // caller may not read is left alone.
    if (found.names().empty()) {
      const Handle parent(::open(parent_path(path).c_str(), kDirectory));
      if (parent.get() >= 0) sync_file(parent.get(), parent_path(path));
    }
    return found;
  }
  if (errno != ENOENT) fail("make a directory at", path, errno);
  const Directory parent = create(parent_path(path));
  if (::mkdir(path.c_str(), 0777) != 0 && errno != EEXIST) fail("make a directory at", path, errno);
  parent.sync();
  return open(path);
}

std::string Directory::path_of(std::string_view name) const {
  return fmt::format("{}{}{}", path_, path_.ends_with('/') ? "" : "/", name);
}

std::optional<Directory> Directory::find_directory(const std::string& name) const {
  Handle handle(::openat(handle_.get(), name.c_str(), kDirectory | O_NOFOLLOW));
  if (handle.get() >= 0) return Directory(path_of(name), std::move(handle));
  if (errno == ENOENT) return std::nullopt;
  fail_to_open(*this, name, errno, S_IFDIR);
}

Directory Directory::directory(const std::string& name) const {
  if (auto found = find_directory(name)) return *std::move(found);
  throw Error(Code::not_found, Reason::file_not_found,
              fmt::format("no directory {}", path_of(name)));
}

Directory Directory::make_directory(const std::string& name, mode_t mode) const {
  if (::mkdirat(handle_.get(), name.c_str(), mode) != 0) {
    fail("make a directory at", path_of(name), errno);
  }
  return directory(name);
}

Directory Directory::ensure_directory(const std::string& name) const {
  auto found = find_directory(name);
  if (found && !found->names().empty()) return *std::move(found);
  if (!found && ::mkdirat(handle_.get(), name.c_str(), 0777) != 0 && errno != EEXIST) {
    fail("make a directory at", path_of(name), errno);
  }
  sync();
  return directory(name);
}

Handle Directory::open_file(const std::string& name, int flags) const {
  Handle handle(::openat(handle_.get(), name.c_str(), flags | kSafe, 0666));
  if (handle.get() < 0) {
    if (errno == ENOENT && (flags & O_CREAT) == 0) return handle;
    fail_to_open(*this, name, errno, S_IFREG);
  }
  check_regular(handle.get(), path_of(name));
  return handle;
}

std::optional<std::string> Directory::find(const std::string& name, std::size_t limit) const {
  const Handle handle = open_file(name, O_RDONLY);
  if (handle.get() < 0) return std::nullopt;
  return read_all(handle.get(), limit, path_of(name));
}

std::string Directory::read(const std::string& name, std::size_t limit) const {
  if (auto content = find(name, limit)) return *std::move(content);
  throw Error(Code::not_found, Reason::file_not_found, fmt::format("no file {}", path_of(name)));
}

void Directory::write_new(const std::string& name, std::string_view content) const {
  const Handle handle(
      ::openat(handle_.get(), name.c_str(), O_WRONLY | O_CREAT | O_EXCL | kSafe, 0444));
  if (handle.get() < 0) fail("write", path_of(name), errno);
  write_all(handle.get(), content, path_of(name));
  sync_file(handle.get(), path_of(name));
}

std::vector<std::string> Directory::names() const {
  // A descriptor of its own: the place in the directory is not shared between threads.
  Handle handle(::openat(handle_.get(), ".", kDirectory));
  if (handle.get() < 0) fail("list", path_, errno);
  const std::unique_ptr<DIR, int (*)(DIR*)> stream(::fdopendir(handle.get()), ::closedir);
  if (!stream) fail("list", path_, errno);
  static_cast<void>(handle.release());  // the stream closes it
  std::vector<std::string> names;
  for (;;) {
    errno = 0;
    const dirent* entry = ::readdir(stream.get());
    if (entry == nullptr) break;
    const std::string_view name = entry->d_name;
    if (name != "." && name != "..") names.emplace_back(name);
  }
  if (errno != 0) fail("list", path_, errno);
  std::sort(names.begin(), names.end());
  return names;
}

bool Directory::has(const std::string& name) const {
  struct stat status {};
  if (::fstatat(handle_.get(), name.c_str(), &status, AT_SYMLINK_NOFOLLOW) == 0) return true;
  if (errno == ENOENT) return false;
  fail("examine", path_of(name), errno);
}

bool Directory::is_named(int handle, const std::string& name) const {
  struct stat opened {};
  struct stat named {};
  if (::fstat(handle, &opened) != 0) fail("examine", path_of(name), errno);
  if (::fstatat(handle_.get(), name.c_str(), &named, AT_SYMLINK_NOFOLLOW) != 0) {
    if (errno == ENOENT) return false;
    fail("examine", path_of(name), errno);
  }
  return opened.st_dev == named.st_dev && opened.st_ino == named.st_ino;
}

void Directory::remove(const std::string& name) const {
  if (::unlinkat(handle_.get(), name.c_str(), 0) == 0 || errno == ENOENT) return;
  if (errno != EISDIR && errno != EPERM) fail("remove", path_of(name), errno);
  const Directory below = directory(name);
  for (const std::string& file : below.names()) {
    if (::unlinkat(below.handle(), file.c_str(), 0) != 0 && errno != ENOENT) {
      fail("remove", below.path_of(file), errno);
    }
  }
  if (::unlinkat(handle_.get(), name.c_str(), AT_REMOVEDIR) != 0 && errno != ENOENT) {
    fail("remove", path_of(name), errno);
  }
}

bool Directory::rename_new(const std::string& from, const Directory& to,
                           const std::string& name) const {
  if (::renameat2(handle_.get(), from.c_str(), to.handle(), name.c_str(), RENAME_NOREPLACE) == 0) {
    return true;
  }
  if (errno == EEXIST) return false;
  if (errno != EINVAL && errno != ENOSYS) fail("rename to", to.path_of(name), errno);
  // A file system without RENAME_NOREPLACE. rename(2) refuses a directory that is not empty, which
  // every version is; an empty one is refused here.
  if (to.has(name)) return false;
  if (::renameat(handle_.get(), from.c_str(), to.handle(), name.c_str()) == 0) return true;
  if (errno == ENOTEMPTY || errno == EEXIST || errno == ENOTDIR) return false;
  fail("rename to", to.path_of(name), errno);
}

void Directory::rename_over(const std::string& from, const Directory& to,
                            const std::string& name) const {
  if (::renameat(handle_.get(), from.c_str(), to.handle(), name.c_str()) != 0) {
    fail("rename to", to.path_of(name), errno);
  }
}

void Directory::set_mode(mode_t mode) const {
  if (::fchmod(handle_.get(), mode) != 0) fail("set the mode of", path_, errno);
}

void Directory::sync() const { sync_file(handle_.get(), path_); }

void write_all(int handle, std::string_view content, const std::string& path) {
  while (!content.empty()) {
    const ssize_t count = ::write(handle, content.data(), content.size());
    if (count < 0 && errno != EINTR) fail("write", path, errno);
    if (count > 0) content.remove_prefix(static_cast<std::size_t>(count));
  }
}

// Never twice on the same descriptor after an error: the second may say that all is well.
void sync_file(int handle, const std::string& path) {
  if (::fsync(handle) != 0) fail("sync", path, errno);
}

void lock_file(int handle, bool shared, const std::string& path) {
  while (::flock(handle, shared ? LOCK_SH : LOCK_EX) != 0) {
    if (errno != EINTR) fail("lock", path, errno);
  }
}

bool try_lock_file(int handle, const std::string& path) {
  if (::flock(handle, LOCK_EX | LOCK_NB) == 0) return true;
  if (errno == EWOULDBLOCK) return false;
  fail("lock", path, errno);
}

}  // namespace mlcore::registry
