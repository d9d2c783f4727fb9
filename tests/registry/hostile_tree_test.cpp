// SPDX-License-Identifier: Apache-2.0
// Links, FIFOs and strangers where a registry keeps its own files: named, never followed, never
// waited for.
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <functional>

#include "mlcore/registry/open.hpp"
#include "registry/registry_fixture.hpp"

namespace mlcore {
namespace {

namespace fs = std::filesystem;

void put_symlink(const std::string& path) {
  fs::rename(path, path + ".kept");
  fs::create_symlink(path + ".kept", path);
}
void put_fifo(const std::string& path) {
  fs::rename(path, path + ".kept");
  REQUIRE(::mkfifo(path.c_str(), 0666) == 0);
}
void put_hard_link(const std::string& path) {
  if (fs::is_directory(path)) return put_symlink(path);  // directories have none
  fs::create_hard_link(path, path + ".second");
}

TEST_CASE("symbolic links, FIFOs and second hard links are refused wherever they stand") {
  const std::function<void(const std::string&)> kinds[] = {put_symlink, put_fifo, put_hard_link};
  for (const auto& put : kinds) {
    for (const char* name : {"v1", "v1/model.mlc", "v1/metadata.json", "aliases",
                             "aliases/champion.json", "audit", "audit/log", ".lock"}) {
      CAPTURE(name);
      const Shelf shelf;
      shelf.publish(1);
      shelf.registry.promote("champion", 1);
      put(shelf.file(name));
      const std::string path(name);
      const bool is_read = path.starts_with("v1") || path.starts_with("aliases");
      if (is_read) {
        CHECK(reason_of([&] { static_cast<void>(open_model(shelf.path + "@champion")); }, name) ==
              Reason::unsafe_file);
      }
      if (!path.starts_with("v1")) {
        CHECK(reason_of([&] {
                shelf.registry.set_tags(1, {{"a", "b"}});
              }) == (is_read ? Reason::none : Reason::unsafe_file));
      }
      AuditReport report;
      const Reason reason = reason_of([&] { report = shelf.registry.verify_audit(); });
      const bool is_found =
          reason == Reason::unsafe_file || !report.holds() || !shelf.registry.verify(1).empty();
      CHECK(is_found);
    }
  }
}

TEST_CASE("links in .staging and strangers' names are neither followed nor taken for versions") {
  const Shelf shelf;
  shelf.publish(1);
  shelf.folder.write("precious", "kept");
  fs::create_directory(shelf.folder / "elsewhere");
  shelf.folder.write("elsewhere/file", "kept");
  fs::create_directory_symlink(shelf.folder / "elsewhere", shelf.file(".staging/link"));
  fs::create_symlink(shelf.folder / "precious", shelf.file(".staging/file"));
  fs::create_directory(shelf.file(".staging/deep"));
  fs::create_symlink(shelf.folder / "precious", shelf.file(".staging/deep/file"));
  REQUIRE(::mkfifo(shelf.file(".staging/fifo").c_str(), 0666) == 0);
  for (const char* name : {"v01", "v0", "V2", "v2x", "v\xff\xfe", "notes.txt", "v2 "}) {
    fs::create_directory(shelf.file(name));
  }
  CHECK(shelf.publish(2) == 2);
  CHECK(shelf.registry.list().size() == 2);
  CHECK(shelf.staged() == 0);
  CHECK(read_file(shelf.folder / "precious") == "kept");
  CHECK(read_file(shelf.folder / "elsewhere/file") == "kept");
  shelf.registry.promote("champion", 2);
  for (const char* name : {"aliases/..json", "aliases/A B.json", "aliases/\xff.json"}) {
    shelf.folder.write(std::string("models/") + name, "{}");
  }
  CHECK(shelf.registry.aliases().size() == 1);
  CHECK(shelf.registry.verify_audit().faults.size() == 3);
}

TEST_CASE("a directory in the way of a link given by the caller is followed") {
  const Shelf shelf;
  shelf.publish(1);
  fs::create_directory_symlink(shelf.path, shelf.folder / "current");
  CHECK(open_model(shelf.folder / "current@v1").version == 1);
}

/// The exit status of `body` in a process of its own.
int status_of(const std::function<int()>& body) {
  const pid_t child = ::fork();
  REQUIRE(child >= 0);
  if (child == 0) ::_exit(body());
  int status = 0;
  REQUIRE(::waitpid(child, &status, 0) == child);
  return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

template <typename Call>
int fails_with_io(const Call& call) {
  try {
    call();
  } catch (const Error& error) {
    return error.reason() == Reason::io_failure ? 0 : 2;
  }
  return 1;
}

TEST_CASE("a file that can't grow: nothing half visible, and the next publish works") {
  const Shelf shelf;
  shelf.publish(1);
  for (int i = 0; i < 8; ++i) shelf.registry.set_tags(1, {{"n", std::to_string(i)}});
  const std::size_t log = fs::file_size(shelf.file("audit/log"));
  const std::size_t model = stump_file(2).size();
  REQUIRE(log > model);
  for (const std::size_t limit :
       {std::size_t{0}, std::size_t{100}, model / 2, model, log, log + 10}) {
    CAPTURE(limit);
    const int status = status_of([&] {
      ::signal(SIGXFSZ, SIG_IGN);
      const struct rlimit bound = {limit, limit};
      if (::setrlimit(RLIMIT_FSIZE, &bound) != 0) return 3;
      return fails_with_io([&] { shelf.publish(2); });
    });
    CHECK(status == 0);
    CHECK(shelf.registry.versions().size() == 1);
    CHECK(shelf.staged() == 0);
    CHECK(shelf.registry.verify_audit().holds());
  }
  CHECK(shelf.publish(2) == 2);
}

TEST_CASE("a read-only directory can be read and not written") {
  const Shelf shelf;
  shelf.publish(1);
  shelf.registry.promote("champion", 1);
  fs::permissions(shelf.path, fs::perms::owner_read | fs::perms::owner_exec);
  fs::permissions(shelf.file(".staging"), fs::perms::owner_read | fs::perms::owner_exec);
  const int status = status_of([&] {
    if (::geteuid() == 0 && ::setuid(65534) != 0) return 3;
    return 0;
  });
  // As root, who may write everywhere, a child without that power looks.
  const bool is_root = ::geteuid() == 0;
  if (is_root) {
    for (const auto& entry : fs::recursive_directory_iterator(shelf.folder / ".")) {
      fs::permissions(entry.path(), entry.is_directory() ? fs::perms{0555} : fs::perms{0444});
    }
    fs::permissions(shelf.folder / ".", fs::perms{0555});
  }
  CHECK(status == 0);
  CHECK(status_of([&] {
          if (is_root && ::setuid(65534) != 0) return 3;
          if (open_model(shelf.path + "@champion").version != 1) return 4;
          if (!shelf.registry.verify_audit().holds()) return 5;
          if (fails_with_io([&] { Registry::check_writable(shelf.path + "/new"); }) != 0) return 6;
          return fails_with_io([&] { shelf.publish(2); });
        }) == 0);
  for (const auto& entry : fs::recursive_directory_iterator(shelf.folder / ".")) {
    fs::permissions(entry.path(), fs::perms{0755});
  }
  fs::permissions(shelf.folder / ".", fs::perms{0755});
  CHECK(shelf.publish(2) == 2);
}

}  // namespace
}  // namespace mlcore
