// SPDX-License-Identifier: Apache-2.0
#include "mlcore/registry/registry.hpp"

#include <sys/stat.h>
#include <unistd.h>

#include "mlcore/registry/open.hpp"
#include "registry/registry_fixture.hpp"

namespace mlcore {
namespace {

TEST_CASE("publish: versions count up, hold what was given, and say who they are") {
  const Shelf shelf;
  CHECK(shelf.registry.list().empty());
  CHECK(shelf.publish(1) == 1);
  CHECK(shelf.publish(2) == 2);
  const std::vector<VersionInfo> list = shelf.registry.list();
  REQUIRE(list.size() == 2);
  CHECK(list[0].version == 1);
  CHECK(list[1].algorithm == "stump");
  CHECK(list[1].dataset == "by hand");
  CHECK(list[1].content_digest == hex(content_digest(stump_file(2))));
  CHECK(list[1].file_sha256 == hex(sha256(stump_file(2))));
  CHECK(shelf.registry.read(2).bytes == stump_file(2));
  const std::string metadata = shelf.registry.metadata(2);
  CHECK(metadata.find("{\n  \"version\": \"v2\",\n  \"algorithm\": \"stump\",\n"
                      "  \"dataset\": \"by hand\",\n  \"created_at\": \"") == 0);
  CHECK(metadata.find("\"rounds\": 1\n") != std::string::npos);
  CHECK(shelf.staged() == 0);
  struct stat status {};
  REQUIRE(::stat(shelf.file("v2/model.mlc").c_str(), &status) == 0);
  CHECK((status.st_mode & 0222) == 0);
}

TEST_CASE("publish: the same bytes give the version that holds them, other bytes never") {
  const Shelf shelf;
  shelf.publish(1);
  shelf.publish(2);
  const Published again = shelf.registry.publish(stump_file(1), stump_record());
  CHECK(again.version == 1);
  CHECK_FALSE(again.is_new);
  CHECK(shelf.registry.versions().size() == 2);
  SUBCASE("a version that is gone is not given again, nor its number") {
    std::filesystem::remove_all(shelf.file("v2"));
    CHECK(shelf.publish(2) == 3);
    CHECK(shelf.publish(3) == 4);
  }
  SUBCASE("a version whose bytes were damaged since does not hold them any more") {
    std::string damaged = shelf.read("v1/model.mlc");
    damaged[damaged.size() / 2] ^= 1;
    shelf.overwrite("v1/model.mlc", damaged);
    const Published repaired = shelf.registry.publish(stump_file(1), stump_record());
    CHECK(repaired.version == 3);
    CHECK(repaired.is_new);
    CHECK(shelf.registry.verify(3).empty());
    CHECK(shelf.publish(1) == 3);
  }
  SUBCASE("a name that is taken by something else is passed over") {
    std::filesystem::create_directory(shelf.file("v3"));
    shelf.folder.write("models/v4", "a file");
    CHECK(shelf.publish(3) == 5);
  }
}

TEST_CASE("publish: what does not hold is refused and leaves no trace") {
  const Shelf shelf;
  shelf.publish(1);
  Bytes damaged = stump_file(2);
  damaged[damaged.size() / 2] ^= 1;
  const VersionRecord record = stump_record();
  const auto published = [&](const Bytes& file, const VersionRecord& with) {
    return [&] { static_cast<void>(shelf.registry.publish(file, with)); };
  };
  CHECK(reason_of(published(damaged, record)) != Reason::none);
  CHECK(reason_of(published({}, record)) == Reason::truncated);
  CHECK(reason_of(published({1, 2, 3}, record)) != Reason::none);
  VersionRecord bad = record;
  bad.lineage = R"({"version": "v7"})";
  CHECK(reason_of(published(stump_file(2), bad), "\"version\"") == Reason::invalid_option);
  bad.lineage = R"({"auc": 1e400})";
  CHECK(reason_of(published(stump_file(2), bad), "1e400") == Reason::malformed_json);
  bad.lineage = "[]";
  CHECK(reason_of(published(stump_file(2), bad)) == Reason::malformed_json);
  bad.lineage = "{\"a\": \"" + std::string(1 << 20, 'x') + "\"}";
  CHECK(reason_of(published(stump_file(2), bad)) == Reason::limit_exceeded);
  bad = record;
  bad.dataset = "a\xff";
  CHECK(reason_of(published(stump_file(2), bad), "UTF-8") == Reason::invalid_option);
  CHECK(shelf.registry.versions() == std::vector<std::int64_t>{1});
  CHECK(shelf.staged() == 0);
  CHECK(shelf.registry.audit().size() == 2);
  CHECK(shelf.registry.verify_audit().holds());
}

TEST_CASE("publish: the gate sees the bytes and may refuse them") {
  const Shelf shelf;
  std::size_t seen = 0;
  const Gate pass = [&](ByteView file) { seen = file.size(); };
  CHECK(shelf.registry.publish(stump_file(1), stump_record(), {}, pass).version == 1);
  CHECK(seen == stump_file(1).size());
  const Gate refuse = [](ByteView) {
    throw Error(Code::failed_precondition, Reason::invalid_option, "AUC 0.5 is below 0.7");
  };
  CHECK(reason_of([&] { shelf.registry.publish(stump_file(2), stump_record(), {}, refuse); },
                  "AUC 0.5 is below 0.7") == Reason::gate_refused);
  CHECK(shelf.registry.versions().size() == 1);
  CHECK(shelf.staged() == 0);
}

TEST_CASE("aliases: promoted by compare-and-set, with history") {
  const Shelf shelf;
  for (const int seed : {1, 2, 3}) shelf.publish(seed);
  const Change change{.by = "ada", .reason = "better AUC", .at = 883'612'800'000'000};
  CHECK(shelf.registry.promote("champion", 1, change, {.version = 0}).current().version == 1);
  const auto promote = [&](std::int64_t version, Expectation expected) {
    return [=, &shelf] { shelf.registry.promote("champion", version, {}, expected); };
  };
  CHECK(reason_of(promote(2, {.version = 0}), "expected no alias, it is v1") ==
        Reason::alias_moved);
  CHECK(reason_of(promote(2, {.version = 3}), "expected v3, it is v1") == Reason::alias_moved);
  CHECK(reason_of(promote(2, {.version = 1})) == Reason::none);
  CHECK(reason_of(promote(3, {.sequence = 1}), "expected change 1") == Reason::alias_moved);
  CHECK(reason_of(promote(9, {}), "it has 3 versions, v1 to v3") == Reason::unknown_version);
  const AliasInfo alias = shelf.registry.alias("champion");
  REQUIRE(alias.history.size() == 2);
  CHECK(alias.history[0].by == "ada");
  CHECK(alias.history[0].reason == "better AUC");
  CHECK(alias.history[0].at == 883'612'800'000'000);
  CHECK(alias.current().version == 2);
  CHECK(alias.current().content_digest == hex(content_digest(stump_file(2))));
  SUBCASE("to where it points already nothing is done") {
    CHECK(shelf.registry.promote("champion", 2).history.size() == 2);
  }
  SUBCASE("history keeps the newest 256") {
    for (int i = 0; i < 300; ++i) shelf.registry.promote("champion", 1 + i % 2);
    CHECK(shelf.registry.alias("champion").history.size() == 256);
    CHECK(shelf.registry.alias("champion").current().sequence == 302);
  }
}

TEST_CASE("rollback: back to what the alias was promoted from, one step each time") {
  const Shelf shelf;
  for (const int seed : {1, 2, 3}) shelf.publish(seed);
  const auto rollback = [&] { return shelf.registry.rollback("champion").current().version; };
  CHECK(reason_of(rollback, "it has none") == Reason::unknown_alias);
  for (const std::int64_t version : {1, 2, 3}) shelf.registry.promote("champion", version);
  CHECK(rollback() == 2);
  CHECK(rollback() == 1);
  CHECK(reason_of(rollback, "promoted from no other") == Reason::no_previous_version);
  shelf.registry.promote("champion", 3);
  CHECK(rollback() == 1);
  CHECK(shelf.registry.alias("champion").history.size() == 7);
  shelf.registry.promote("champion", 2);
  CHECK(reason_of([&] { shelf.registry.rollback("champion", {}, {.version = 3}); }) ==
        Reason::alias_moved);
  std::filesystem::remove_all(shelf.file("v1"));
  CHECK(reason_of(rollback, "has no v1") == Reason::unknown_version);
  CHECK(shelf.registry.alias("champion").current().version == 2);
}

TEST_CASE("rollback: what the history no longer has is said, not denied") {
  const Shelf shelf;
  for (const int seed : {1, 2}) shelf.publish(seed);
  for (int i = 0; i < 300; ++i) shelf.registry.promote("champion", 1 + i % 2);
  Reason reason = Reason::none;
  for (int i = 0; i < 300 && reason == Reason::none; ++i) {
    reason = reason_of([&] { shelf.registry.rollback("champion"); }, "older than the 256 changes");
  }
  CHECK(reason == Reason::no_previous_version);
}

TEST_CASE("alias names: no path, no reserved word, nothing that another system folds") {
  const Shelf shelf;
  shelf.publish(1);
  for (const std::string& name :
       {std::string(), std::string(".."), std::string("../up"), std::string("a/b"),
        std::string("Champion"), std::string("latest"), std::string("v1"), std::string("con"),
        std::string("com1.x"), std::string("a."), std::string(".hidden"), std::string("-x"),
        std::string("caf\xC3\xA9"), std::string("a\xff"), std::string("a\0b", 3),
        std::string("a.mlc"), std::string(101, 'a')}) {
    CAPTURE(name);
    CHECK(reason_of([&] { shelf.registry.promote(name, 1); }) == Reason::invalid_option);
    CHECK(reason_of([&] { static_cast<void>(shelf.registry.alias(name)); }) ==
          Reason::invalid_option);
  }
  for (const std::string& name :
       {std::string("a"), std::string("v1x"), std::string("eu-west.1_b"), std::string(100, 'a')}) {
    CHECK(shelf.registry.promote(name, 1).name == name);
  }
  CHECK(shelf.registry.aliases().size() == 4);
  CHECK_FALSE(std::filesystem::exists(shelf.folder / "up"));
}

TEST_CASE("tags: added, changed, removed; the version does not change") {
  const Shelf shelf;
  shelf.publish(1);
  const std::string metadata = shelf.read("v1/metadata.json");
  shelf.registry.set_tags(1, {{"team", "risk"}, {"note", "a \"quoted\" note, naïve"}});
  shelf.registry.set_tags(1, {{"team", "growth"}, {"note", ""}});
  CHECK(shelf.registry.tags(1) == std::map<std::string, std::string>{{"team", "growth"}});
  CHECK(shelf.read("v1/metadata.json") == metadata);
  const auto set = [&](const std::string& key, const std::string& value) {
    return [&shelf, key, value] { shelf.registry.set_tags(1, {{key, value}}); };
  };
  CHECK(reason_of(set("a/b", "x")) == Reason::invalid_option);
  CHECK(reason_of(set("a", "x\ny"), "control") == Reason::invalid_option);
  CHECK(reason_of(set("a", std::string(501, 'x'))) == Reason::invalid_option);
  CHECK(reason_of([&] { shelf.registry.set_tags(7, {{"a", "b"}}); }) == Reason::unknown_version);
  CHECK(shelf.registry.verify_audit().holds());
}

TEST_CASE("half a version is named, never opened, and never given to an alias") {
  const Shelf shelf;
  shelf.publish(1);
  shelf.publish(2);
  shelf.registry.promote("champion", 2);
  const auto read = [&] { static_cast<void>(shelf.registry.read(2)); };
  const auto open = [&] { static_cast<void>(open_model(shelf.path + "@champion")); };
  const std::string model = shelf.read("v2/model.mlc");
  SUBCASE("no model") {
    std::filesystem::remove(shelf.file("v2/model.mlc"));
    CHECK(reason_of(read, "half a version: it has no model.mlc") == Reason::malformed_registry);
  }
  SUBCASE("no metadata") {
    std::filesystem::remove(shelf.file("v2/metadata.json"));
    CHECK(reason_of(read, "half a version: it has no metadata.json") == Reason::malformed_registry);
  }
  SUBCASE("truncated") {
    shelf.overwrite("v2/model.mlc", std::string_view(model).substr(0, model.size() - 1));
    CHECK(reason_of(read, "bytes, its metadata says") == Reason::malformed_registry);
  }
  SUBCASE("another model") {
    const Bytes other = stump_file(3);
    shelf.overwrite("v2/model.mlc", {reinterpret_cast<const char*>(other.data()), other.size()});
    CHECK(reason_of(read) == Reason::malformed_registry);
  }
  SUBCASE("metadata of another version") {
    shelf.overwrite("v2/metadata.json", shelf.read("v1/metadata.json"));
    CHECK(reason_of(read, "its directory v2") == Reason::malformed_registry);
  }
  SUBCASE("metadata that is no JSON") {
    shelf.overwrite("v2/metadata.json", "{\"version\":");
    CHECK(reason_of(read, "metadata.json") == Reason::malformed_registry);
  }
  SUBCASE("huge metadata") {
    shelf.overwrite("v2/metadata.json", std::string((1 << 20) + 1, ' '));
    CHECK(reason_of(read, "longer than 1048576 bytes") == Reason::malformed_registry);
  }
  CHECK(reason_of(open, "alias \"champion\" is v2") == Reason::malformed_registry);
  CHECK(reason_of([&] { shelf.registry.promote("next", 2); }) == Reason::malformed_registry);
  CHECK_FALSE(shelf.registry.verify(2).empty());
  CHECK(shelf.registry.verify(1).empty());
  CHECK(shelf.publish(4) == 3);
}

TEST_CASE("damaged aliases and tags are named") {
  const Shelf shelf;
  shelf.publish(1);
  shelf.registry.promote("champion", 1);
  const std::string good = shelf.read("aliases/champion.json");
  const auto alias = [&] { static_cast<void>(shelf.registry.alias("champion")); };
  std::string other = good;
  other.replace(other.find("champion"), 8, "contende");
  std::string moved = good;
  moved.replace(moved.find("\"v1\""), 4, "\"v2\"");
  for (const std::string& text : {std::string(), std::string("{}"), std::string("[1]"),
                                  good.substr(0, good.size() / 2), other, moved}) {
    CAPTURE(text);
    shelf.overwrite("aliases/champion.json", text);
    CHECK(reason_of(alias, "champion.json") == Reason::malformed_registry);
    CHECK(reason_of([&] { shelf.registry.promote("champion", 1); }) == Reason::malformed_registry);
    CHECK_FALSE(shelf.registry.verify_audit().holds());
  }
  shelf.overwrite("aliases/champion.json", good);
  CHECK(shelf.registry.verify_audit().holds());
  shelf.registry.set_tags(1, {{"a", "b"}});
  shelf.overwrite("tags/v1.json", "{\"version\": \"v2\", \"tags\": {}}");
  CHECK(reason_of([&] { static_cast<void>(shelf.registry.tags(1)); }) ==
        Reason::malformed_registry);
}

TEST_CASE("a dangling alias says where it points") {
  const Shelf shelf;
  shelf.publish(1);
  shelf.publish(2);
  shelf.registry.promote("champion", 2);
  std::filesystem::remove_all(shelf.file("v2"));
  CHECK(reason_of([&] { static_cast<void>(open_model(shelf.path + "@champion")); },
                  "alias \"champion\" is v2") == Reason::unknown_version);
  CHECK(shelf.registry.verify_audit().faults.size() == 1);
}

}  // namespace
}  // namespace mlcore
