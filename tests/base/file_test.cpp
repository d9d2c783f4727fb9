// SPDX-License-Identifier: Apache-2.0
#include "mlcore/base/file.hpp"

#include <doctest/doctest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <string>
#include <thread>
#include <vector>

#include "mlcore/base/error.hpp"

namespace mlcore {
namespace {

namespace fs = std::filesystem;

/// A directory of its own that goes with the scope.
class Directory {
 public:
  Directory() {
    std::string pattern = (fs::temp_directory_path() / "mlcore_file_test_XXXXXX").string();
    REQUIRE(::mkdtemp(pattern.data()) != nullptr);
    path_ = pattern;
  }
  ~Directory() { fs::remove_all(path_); }
  Directory(const Directory&) = delete;
  Directory& operator=(const Directory&) = delete;

  [[nodiscard]] std::string operator/(const char* name) const { return (path_ / name).string(); }
  [[nodiscard]] std::size_t file_count() const {
    return static_cast<std::size_t>(std::distance(fs::directory_iterator(path_), {}));
  }

 private:
  fs::path path_;
};

template <typename Call>
Reason reason_of(Call call) {
  try {
    call();
    return Reason::none;
  } catch (const Error& error) {
    return error.reason();
  }
}

TEST_CASE("file: what is written is read, byte for byte, at every size") {
  const Directory directory;
  const std::string path = directory / "file";
  for (const std::size_t size : {std::size_t{0}, std::size_t{1}, std::size_t{4095},
                                 std::size_t{4096}, std::size_t{4097}, std::size_t{3'000'000}}) {
    CAPTURE(size);
    std::string content(size, '\0');
    for (std::size_t i = 0; i < size; ++i) content[i] = static_cast<char>(i * 31);
    write_file(path, content);
    CHECK(read_file(path) == content);
    CHECK(directory.file_count() == 1);
  }
}

TEST_CASE("file: a file that can't be read is refused by its cause") {
  const Directory directory;
  CHECK(reason_of([&] { (void)read_file(directory / "absent"); }) == Reason::file_not_found);
  CHECK(reason_of([&] { (void)read_file(""); }) == Reason::file_not_found);
  CHECK(reason_of([&] { (void)read_file(directory / "."); }) == Reason::io_failure);
  CHECK(reason_of([&] { (void)read_file(std::string("a\0b", 3)); }) == Reason::io_failure);
  write_file(directory / "file", "");
  CHECK(reason_of([&] { (void)read_file(directory / "file/below"); }) == Reason::file_not_found);
  CHECK(read_file(directory / "file").empty());
}

TEST_CASE("file: a failed write leaves nothing behind and the old content alone") {
  const Directory directory;
  CHECK(reason_of([&] { write_file(directory / "no/such/file", "x"); }) == Reason::file_not_found);
  CHECK(reason_of([&] { write_file(std::string("a\0b", 3), "x"); }) == Reason::io_failure);
  fs::create_directory(directory / "folder");
  CHECK(reason_of([&] { write_file(directory / "folder", "x"); }) == Reason::io_failure);
  CHECK(directory.file_count() == 1);
}

TEST_CASE("file: what a link names is written, and the link stays") {
  const Directory directory;
  fs::create_directory(directory / "folder");
  write_file(directory / "folder/file", "old");
  fs::create_symlink("folder/file", directory / "relative");
  fs::create_symlink("relative", directory / "chain");
  fs::create_symlink(directory / "folder/file", directory / "absolute");
  fs::create_symlink("folder/new", directory / "dangling");
  for (const char* name : {"relative", "chain", "absolute"}) {
    CAPTURE(name);
    write_file(directory / name, name);
    CHECK(fs::is_symlink(directory / name));
    CHECK(fs::is_regular_file(fs::symlink_status(directory / "folder/file")));
    CHECK(read_file(directory / "folder/file") == name);
  }
  write_file(directory / "dangling", "made");
  CHECK(fs::is_symlink(directory / "dangling"));
  CHECK(read_file(directory / "folder/new") == "made");
  fs::create_symlink("/dev/null", directory / "device");
  write_file(directory / "device", "x");
  CHECK(fs::is_symlink(directory / "device"));

  fs::create_symlink("loop", directory / "loop");
  CHECK(reason_of([&] { write_file(directory / "loop", "x"); }) == Reason::io_failure);
  fs::create_symlink("no/such/file", directory / "nowhere");
  CHECK(reason_of([&] { write_file(directory / "nowhere", "x"); }) == Reason::file_not_found);
  CHECK(directory.file_count() == 8);  // the folder and seven links
}

TEST_CASE("file: a device is written in place") {
  write_file("/dev/null", "x");
  CHECK(fs::is_character_file("/dev/null"));
  CHECK(reason_of([] { write_file("/dev/full", "x"); }) == Reason::io_failure);
}

TEST_CASE("file: what has no size, such as a pipe, is read to its end") {
  const Directory directory;
  const std::string path = directory / "pipe";
  REQUIRE(::mkfifo(path.c_str(), 0600) == 0);
  const std::string content(100'000, 'x');
  std::thread writer([&] { write_file(path, content); });
  const std::string read = read_file(path);
  writer.join();
  CHECK(read == content);
}

TEST_CASE("file: writers of one path at once leave one whole content") {
  const Directory directory;
  const std::string path = directory / "file";
  std::vector<std::thread> writers;
  for (char letter = 'a'; letter < 'e'; ++letter) {
    writers.emplace_back([&path, letter] {
      for (int i = 0; i < 20; ++i) write_file(path, std::string(10'000, letter));
    });
  }
  for (std::thread& writer : writers) writer.join();
  const std::string content = read_file(path);
  CHECK(content == std::string(10'000, content.at(0)));
  CHECK(directory.file_count() == 1);
}

}  // namespace
}  // namespace mlcore
