// SPDX-License-Identifier: Apache-2.0
// Outside code uses check_registry and save.
#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <filesystem>
#include <string>
#include <string_view>
#include <system_error>
#include <vector>

#include "mlcore/base/error.hpp"
#include "mlcore/base/file.hpp"
#include "mlcore/train/train.hpp"

namespace mlcore {
namespace {

namespace fs = std::filesystem;

[[noreturn]] void fail(const char* what, const std::string& path, int error) {
  throw Error(Code::unavailable, Reason::io_failure,
              fmt::format("can't {} {}: {}", what, path, std::generic_category().message(error)));
}

class Descriptor {
 public:
  Descriptor(const std::string& path, int flags, mode_t mode) : path_(path) {
    handle_ = ::open(path.c_str(), flags | O_CLOEXEC, mode);
    if (handle_ < 0) fail("open", path, errno);
  }
  ~Descriptor() { ::close(handle_); }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;

  void write(std::string_view content) {
    while (!content.empty()) {
      const ssize_t written = ::write(handle_, content.data(), content.size());
      if (written < 0 && errno == EINTR) continue;
      if (written < 0) fail("write", path_, errno);
      content.remove_prefix(static_cast<std::size_t>(written));
    }
  }
  void sync() {
    if (::fsync(handle_) != 0) fail("sync", path_, errno);
  }

 private:
  std::string path_;
  int handle_;
};

void sync_directory(const std::string& path) { Descriptor(path, O_RDONLY | O_DIRECTORY, 0).sync(); }

/// The nearest directory above that exists; `missing` becomes what is below it.
fs::path existing_part(const std::string& directory, std::vector<fs::path>& missing) {
  fs::path path = fs::absolute(directory).lexically_normal();
  if (!path.has_filename()) path = path.parent_path();
  for (; !fs::exists(path); path = path.parent_path()) missing.push_back(path);
  return path;
}

/// Creates `directory` and what is missing above it; each new name survives a power loss.
void create_durably(const std::string& directory) {
  std::vector<fs::path> missing;
  existing_part(directory, missing);
  fs::create_directories(directory);
  for (const fs::path& created : missing) sync_directory(created.parent_path().string());
}

void write_durably(const std::string& path, std::string_view content) {
  Descriptor file(path, O_WRONLY | O_CREAT | O_EXCL, 0444);
  file.write(content);
  file.sync();
}

/// A directory beside the version's, removed unless it was renamed.
class Staging {
 public:
  explicit Staging(const std::string& directory) : path_(directory + "/.staging-XXXXXX") {
    if (::mkdtemp(path_.data()) == nullptr) fail("make a directory in", directory, errno);
    if (::chmod(path_.c_str(), 0755) != 0) fail("set the mode of", path_, errno);
  }
  ~Staging() {
    std::error_code ignored;  // a rename leaves nothing to remove
    fs::remove_all(path_, ignored);
  }
  Staging(const Staging&) = delete;
  Staging& operator=(const Staging&) = delete;
  [[nodiscard]] const std::string& path() const noexcept { return path_; }

 private:
  std::string path_;
};

std::string_view text_of(const Bytes& bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

/// True when `version` holds the artifact; throws when it holds another one.
bool is_saved(const std::string& version, const Bytes& file) {
  const std::string model = version + "/model.mlc";
  if (!fs::exists(version) || (fs::is_directory(version) && fs::is_empty(version))) return false;
  if (fs::is_regular_file(model) && read_file(model) == text_of(file)) return true;
  throw Error(Code::already_exists, Reason::version_exists,
              fmt::format("{} holds another model, and a version never changes; choose another "
                          "registry directory, or move it away",
                          version));
}

}  // namespace

void check_registry(const std::string& directory) {
  try {
    std::vector<fs::path> missing;
    const Staging trial(existing_part(directory, missing).string());
  } catch (const fs::filesystem_error& error) {
    throw Error(Code::unavailable, Reason::io_failure,
                fmt::format("can't save in {}: {}", directory, error.code().message()));
  }
}

std::string save(const TrainResult& result, const std::string& directory) {
  try {
    create_durably(directory);
    std::string version = (fs::path(directory) / "v1").string();
    if (is_saved(version, result.file)) return version;
    {
      const Staging staging(directory);
      write_durably(staging.path() + "/model.mlc", text_of(result.file));
      write_durably(staging.path() + "/metadata.json", result.metadata_json);
      sync_directory(staging.path());
      // Onto an empty directory or nothing; a version that appeared meanwhile is not empty.
      if (std::rename(staging.path().c_str(), version.c_str()) != 0) {
        const int error = errno;
        if (is_saved(version, result.file)) return version;
        fail("rename the staged version to", version, error);
      }
    }
    sync_directory(directory);
    return version;
  } catch (const fs::filesystem_error& error) {
    throw Error(Code::unavailable, Reason::io_failure,
                fmt::format("can't save in {}: {}", directory, error.code().message()));
  }
}

}  // namespace mlcore
