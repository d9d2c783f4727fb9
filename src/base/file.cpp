// SPDX-License-Identifier: Apache-2.0
// Outside code uses read_file and write_file.
#include "mlcore/base/file.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdint>
#include <cstdio>
#include <filesystem>
#include <string>
#include <string_view>
#include <system_error>

#include "mlcore/base/error.hpp"

namespace mlcore {
namespace {

[[noreturn]] void refuse(std::string_view action, const std::string& path, int cause) {
  const bool is_missing = cause == ENOENT || cause == ENOTDIR;
  throw Error(
      is_missing ? Code::not_found : Code::unavailable,
      is_missing ? Reason::file_not_found : Reason::io_failure,
      fmt::format("cannot {} \"{}\": {}", action, path, std::generic_category().message(cause)));
}

int open_file(std::string_view action, const std::string& path, int flags) {
  if (path.find('\0') != path.npos) refuse(action, path, EINVAL);
  const int descriptor = ::open(path.c_str(), flags | O_CLOEXEC);
  if (descriptor < 0) refuse(action, path, errno);
  return descriptor;
}

/// A new file beside `path`; `name` becomes its name.
int create_beside(const std::string& path, std::string& name) {
  for (int attempt = 0;; ++attempt) {
    name = fmt::format("{}.{}-{}.part", path, ::getpid(), attempt);
    const int descriptor = ::open(name.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
    if (descriptor >= 0) return descriptor;
    if (errno != EEXIST) refuse("write", path, errno);
  }
}

/// An open file that is closed at the end of the scope.
class Descriptor {
 public:
  Descriptor(std::string_view action, const std::string& path, int value)
      : action_(action), path_(path), value_(value) {}
  ~Descriptor() {
    if (value_ >= 0) ::close(value_);
  }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;

  [[noreturn]] void fail() const { refuse(action_, path_, errno); }

  /// At most `size` bytes; 0 at the end.
  std::size_t read(char* out, std::size_t size) const {
    ssize_t count;
    do {
      count = ::read(value_, out, size);
    } while (count < 0 && errno == EINTR);
    if (count < 0) fail();
    return static_cast<std::size_t>(count);
  }

  void write(std::string_view content) const {
    while (!content.empty()) {
      const ssize_t count = ::write(value_, content.data(), content.size());
      if (count < 0 && errno != EINTR) fail();
      if (count > 0) content.remove_prefix(static_cast<std::size_t>(count));
    }
  }

  void sync() const {
    if (::fsync(value_) != 0 && errno != EINVAL) fail();  // a file system without it
  }

  /// Closes where a late failure, such as a full network disk, is still an error.
  void close() {
    const int value = value_;
    value_ = -1;
    if (::close(value) != 0) fail();
  }

  [[nodiscard]] std::size_t size_hint() const noexcept {
    struct stat status {};
    if (::fstat(value_, &status) != 0 || status.st_size < 0) return 0;
    return static_cast<std::size_t>(status.st_size);
  }

 private:
  std::string_view action_;
  const std::string& path_;
  int value_;
};

/// The path at the end of a chain of symbolic links, which may name nothing yet.
std::string followed(const std::string& path) {
  constexpr int kMostLinks = 40;  // as the kernel
  std::filesystem::path end(path);
  for (int links = 0; links < kMostLinks; ++links) {
    std::error_code is_no_link;
    const std::filesystem::path target = std::filesystem::read_symlink(end, is_no_link);
    if (is_no_link) return end.string();
    end = end.parent_path() / target;  // an absolute target replaces all
  }
  refuse("write", path, ELOOP);
}

bool is_special_file(const std::string& path) noexcept {
  struct stat status {};
  return ::stat(path.c_str(), &status) == 0 && !S_ISREG(status.st_mode);
}

}  // namespace

std::string read_file(const std::string& path) {
  const Descriptor file("read", path, open_file("read", path, O_RDONLY));
  std::string content;
  // One byte more than the size tells the end of the file without growing.
  constexpr std::size_t kLeastRead = 4096;
  content.resize(std::max(file.size_hint() + 1, kLeastRead));
  std::size_t size = 0;
  while (const std::size_t count = file.read(content.data() + size, content.size() - size)) {
    size += count;
    if (size == content.size()) content.resize(2 * size);
  }
  content.resize(size);
  return content;
}

void write_file(const std::string& path, std::string_view content) {
  if (is_special_file(path)) {
    Descriptor file("write", path, open_file("write", path, O_WRONLY));
    file.write(content);
    file.close();
    return;
  }
  if (path.find('\0') != path.npos) refuse("write", path, EINVAL);
  const std::string target = followed(path);
  std::string beside;
  Descriptor file("write", path, create_beside(target, beside));
  try {
    file.write(content);
    file.sync();
    file.close();
    if (::rename(beside.c_str(), target.c_str()) != 0) refuse("write", path, errno);
  } catch (...) {
    ::unlink(beside.c_str());
    throw;
  }
}

}  // namespace mlcore
