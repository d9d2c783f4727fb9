// SPDX-License-Identifier: Apache-2.0
// Many processes at once, and processes that are killed. The calls that change the disk are wrapped
// by the linker (--wrap), so that a child dies, or is told of an error, at the k-th of them.
#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <csignal>
#include <cstdint>
#include <functional>
#include <random>
#include <set>
#include <thread>

#include "mlcore/registry/open.hpp"
#include "registry/registry_fixture.hpp"

namespace {

enum class Fault { none, kill_before, kill_after, fail };
Fault fault = Fault::none;
int fault_error = 0;
long calls_left = 0;
long calls = 0;
std::set<ino_t> synced;

/// True when this call is to fail.
bool meet() {
  ++calls;
  if (fault == Fault::none || --calls_left != 0) return false;
  if (fault == Fault::kill_before) ::raise(SIGKILL);
  if (fault != Fault::fail) return false;
  errno = fault_error;
  return true;
}

template <typename Result>
Result leave(Result result) {
  if (fault == Fault::kill_after && calls_left == 0) ::raise(SIGKILL);
  return result;
}

}  // namespace

extern "C" {
ssize_t __real_write(int, const void*, size_t);
int __real_fsync(int);
int __real_mkdirat(int, const char*, mode_t);
int __real_renameat(int, const char*, int, const char*);
int __real_renameat2(int, const char*, int, const char*, unsigned);
int __real_unlinkat(int, const char*, int);
int __real_fchmod(int, mode_t);
int __real_ftruncate(int, off_t);

ssize_t __wrap_write(int file, const void* bytes, size_t size) {
  if (meet()) return -1;
  // Half a record or half a model, as a full disk or a kill leaves it.
  if (fault == Fault::kill_after && calls_left == 0) size = size / 2;
  return leave(__real_write(file, bytes, size));
}
int __wrap_fsync(int file) {
  struct stat status {};
  if (::fstat(file, &status) == 0) synced.insert(status.st_ino);
  return meet() ? -1 : leave(__real_fsync(file));
}
int __wrap_mkdirat(int at, const char* name, mode_t mode) {
  return meet() ? -1 : leave(__real_mkdirat(at, name, mode));
}
int __wrap_renameat(int from, const char* name, int to, const char* other) {
  return meet() ? -1 : leave(__real_renameat(from, name, to, other));
}
int __wrap_renameat2(int from, const char* name, int to, const char* other, unsigned flags) {
  return meet() ? -1 : leave(__real_renameat2(from, name, to, other, flags));
}
int __wrap_unlinkat(int at, const char* name, int flags) {
  return meet() ? -1 : leave(__real_unlinkat(at, name, flags));
}
int __wrap_fchmod(int file, mode_t mode) { return meet() ? -1 : leave(__real_fchmod(file, mode)); }
int __wrap_ftruncate(int file, off_t size) {
  return meet() ? -1 : leave(__real_ftruncate(file, size));
}
}

namespace mlcore {
namespace {

pid_t start(const std::function<int()>& body) {
  const pid_t child = ::fork();
  REQUIRE(child >= 0);
  if (child != 0) return child;
  int status = 99;
  try {
    status = body();
  } catch (const Error&) {
    status = 1;
  }
  ::_exit(status);
}

int wait_for(pid_t child) {
  int status = 0;
  REQUIRE(::waitpid(child, &status, 0) == child);
  return status;
}

/// Whatever was cut off: all that can be seen is whole, and the log says what happened.
void check_survivor(const Shelf& shelf) {
  const Registry registry(shelf.path);
  for (const VersionInfo& version : registry.list()) {
    CHECK(open_model(shelf.path + "@v" + std::to_string(version.version)).version ==
          version.version);
  }
  CHECK(open_model(shelf.path + "@champion").version > 0);
  const AuditReport report = registry.verify_audit();
  CAPTURE(report.faults.size());
  CHECK(report.holds());
}

/// What a child does: a third version, which becomes champion, and back.
int change(const Shelf& shelf) {
  const Registry registry(shelf.path);
  const std::int64_t version = registry.publish(stump_file(3), stump_record()).version;
  registry.set_tags(version, {{"team", "risk"}});
  registry.promote("champion", version);
  registry.rollback("champion");
  return 0;
}

struct Prepared : Shelf {
  Prepared() {
    publish(1);
    publish(2);
    registry.promote("champion", 2);
  }
};

/// The same work again, in this process: nothing that was cut off stands in its way.
void check_next(const Prepared& shelf) {
  check_survivor(shelf);
  CHECK(change(shelf) == 0);
  CHECK(shelf.registry.versions() == std::vector<std::int64_t>{1, 2, 3});
  CHECK(shelf.registry.read(3).bytes == stump_file(3));
  CHECK(shelf.registry.alias("champion").current().version == 2);
  CHECK(shelf.staged() == 0);
  check_survivor(shelf);
}

long calls_of_change() {
  const Prepared shelf;
  calls = 0;
  REQUIRE(change(shelf) == 0);
  return calls;
}

TEST_CASE("a process killed before or after any call that changes the disk loses nothing") {
  const long last = calls_of_change();
  CAPTURE(last);
  REQUIRE(last > 30);
  for (const Fault kind : {Fault::kill_before, Fault::kill_after}) {
    for (long k = 1; k <= last; ++k) {
      CAPTURE(k);
      const Prepared shelf;
      const int status = wait_for(start([&] {
        fault = kind;
        calls_left = k;
        return change(shelf);
      }));
      REQUIRE(WIFSIGNALED(status));
      check_next(shelf);
    }
  }
}

TEST_CASE("an error of any call that changes the disk is told or harmless, and loses nothing") {
  const long last = calls_of_change();
  for (const int error : {EIO, ENOSPC, EROFS}) {
    for (long k = 1; k <= last; ++k) {
      CAPTURE(k);
      CAPTURE(error);
      const Prepared shelf;
      const int status = wait_for(start([&] {
        fault = Fault::fail;
        fault_error = error;
        calls_left = k;
        return change(shelf);
      }));
      REQUIRE(WIFEXITED(status));
      CHECK(WEXITSTATUS(status) <= 1);
      check_next(shelf);
    }
  }
}

/// Whether `call` syncs the directory `path`, so that the names in it survive a power loss.
template <typename Call>
bool syncs(const std::string& path, const Call& call) {
  struct stat status {};
  REQUIRE(::stat(path.c_str(), &status) == 0);
  synced.clear();
  call();
  return synced.contains(status.st_ino);
}

TEST_CASE("success is durable when the change was there already, of a writer that was cut off") {
  const Prepared shelf;
  shelf.registry.set_tags(1, {{"team", "risk"}});
  CHECK(syncs(shelf.path, [&] { CHECK(shelf.publish(1) == 1); }));
  CHECK(syncs(shelf.file("aliases"), [&] { shelf.registry.promote("champion", 2); }));
  CHECK(syncs(shelf.file("tags"), [&] { shelf.registry.set_tags(1, {{"team", "risk"}}); }));
}

TEST_CASE("success is durable in directories whose maker was cut off before their sync") {
  const ScratchFolder folder;
  const std::string path = folder / "models";
  std::filesystem::create_directories(path);
  CHECK(syncs(folder / "", [&] { static_cast<void>(Registry::create(path)); }));
  const Registry registry = Registry::create(path);
  std::filesystem::create_directory(path + "/audit");
  write_file(path + "/audit/log", "");
  CHECK(syncs(path + "/audit", [&] { registry.publish(stump_file(1), {}); }));
  for (const std::string name : {"aliases", "tags"}) {
    CAPTURE(name);
    std::filesystem::create_directory(path + "/" + name);
    CHECK(syncs(path, [&] {
      if (name == "tags") {
        registry.set_tags(1, {{"a", "b"}});
      } else {
        registry.promote("champion", 1);
      }
    }));
  }
}

TEST_CASE("a lock file that was replaced while a writer waited for it does not let two write") {
  const Prepared shelf;
  const auto locked = [&](int flags) {
    const int handle = ::open(shelf.file(".lock").c_str(), O_RDWR | O_CLOEXEC | flags, 0666);
    REQUIRE(handle >= 0);
    REQUIRE(::flock(handle, LOCK_EX) == 0);
    return handle;
  };
  const int before = locked(0);
  std::atomic<bool> is_done = false;
  std::thread waiting([&] {
    shelf.registry.promote("champion", 1);
    is_done = true;
  });
  ::usleep(100'000);  // until it waits, or the test proves less
  std::filesystem::remove(shelf.file(".lock"));
  const int after = locked(O_CREAT);
  ::close(before);
  ::usleep(100'000);  // for a writer that takes the old file for the lock
  CHECK_FALSE(is_done);
  ::close(after);
  waiting.join();
  CHECK(shelf.registry.alias("champion").current().version == 1);
  CHECK(shelf.registry.verify_audit().holds());
}

TEST_CASE("200 kills at random moments of publish and promote lose nothing") {
  constexpr std::uint32_t kSeed = 17;
  CAPTURE(kSeed);
  std::mt19937 random(kSeed);
  const Prepared shelf;
  int seed = 10;
  for (int kill = 0; kill < 200; ++kill) {
    const pid_t child = start([&] {
      for (int i = seed;; ++i) {
        const std::int64_t version = Registry(shelf.path).publish(stump_file(i), {}).version;
        shelf.registry.promote("champion", version);
      }
      return 0;
    });
    ::usleep(random() % 8000);
    ::kill(child, SIGKILL);
    CHECK(WIFSIGNALED(wait_for(child)));
    seed += 1000;
    const Registry registry(shelf.path);
    CHECK(registry.verify_audit().holds());
    CHECK(open_model(shelf.path + "@champion").version > 0);
  }
  check_survivor(shelf);
  const std::size_t before = shelf.registry.versions().size();
  CHECK(shelf.publish(5) == static_cast<std::int64_t>(before) + 1);
  CHECK(shelf.staged() == 0);
}

TEST_CASE("8 processes publish 200 times each beside readers: 1,600 versions, none half") {
  constexpr int kWriters = 8;
  constexpr int kPublishes = 200;
  const Shelf shelf;
  shelf.publish(1);
  shelf.registry.promote("champion", 1);
  std::vector<pid_t> writers;
  for (int writer = 0; writer < kWriters; ++writer) {
    writers.push_back(start([&, writer] {
      const Registry registry(shelf.path);
      for (int i = 0; i < kPublishes; ++i) {
        const Bytes file = stump_file(1000 * (writer + 1) + i);
        const Published published = registry.publish(file, {});
        if (!published.is_new || registry.read(published.version).bytes != file) return 2;
        if (i % 20 == 0) registry.promote("champion", published.version);
      }
      return 0;
    }));
  }
  std::vector<pid_t> readers;
  for (int reader = 0; reader < 2; ++reader) {
    readers.push_back(start([&] {
      for (;;) {
        const Registry registry(shelf.path);
        if (open_model(shelf.path + "@champion").version < 1) return 2;
        const std::vector<std::int64_t> versions = registry.versions();
        if (registry.read(versions.back()).version != versions.back()) return 3;
        ::usleep(2000);
      }
    }));
  }
  for (const pid_t writer : writers) CHECK(wait_for(writer) == 0);
  for (const pid_t reader : readers) {
    ::kill(reader, SIGKILL);
    CHECK(WIFSIGNALED(wait_for(reader)));  // it had seen nothing wrong until then
  }
  std::set<std::string> contents;
  std::int64_t expected = 0;
  for (const VersionInfo& version : shelf.registry.list()) {
    CHECK(version.version == ++expected);
    contents.insert(version.file_sha256);
  }
  CHECK(expected == kWriters * kPublishes + 1);
  CHECK(contents.size() == kWriters * kPublishes + 1);
  CHECK(shelf.registry.alias("champion").current().sequence == 1 + kWriters * kPublishes / 20);
  CHECK(shelf.registry.verify_audit().holds());
  CHECK(shelf.staged() == 0);
}

}  // namespace
}  // namespace mlcore
