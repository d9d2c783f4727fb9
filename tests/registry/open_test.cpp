// SPDX-License-Identifier: Apache-2.0
#include "mlcore/registry/open.hpp"

#include "registry/registry_fixture.hpp"

namespace mlcore {
namespace {

TEST_CASE("parse_ref: a file, a directory, an alias or a version, by the text alone") {
  struct Case {
    const char* ref;
    const char* path;
    const char* alias;
    std::int64_t version;
  };
  const Case cases[] = {
      {"churn.mlc", "churn.mlc", "", 0},
      {"a@b.mlc", "a@b.mlc", "", 0},
      {"models/v3", "models/v3", "", 0},
      {"models@champion", "models", "champion", 0},
      {"models@v3", "models", "", 3},
      {"a@b/models", "a@b/models", "", 0},
      {"a@b/models@c", "a@b/models", "c", 0},
      {"models@2024@champion", "models@2024", "champion", 0},
      {"models@2024/", "models@2024/", "", 0},
      {"/@x", "/", "x", 0},
  };
  for (const Case& test : cases) {
    CAPTURE(test.ref);
    const RefParts parts = parse_ref(test.ref);
    CHECK(parts.path == test.path);
    CHECK(parts.alias == test.alias);
    CHECK(parts.version == test.version);
  }
  for (const char* ref : {"", "@champion", "models@", "models@..", "models@latest", "m@Champion"}) {
    CAPTURE(ref);
    CHECK(reason_of([&] { static_cast<void>(parse_ref(ref)); }) == Reason::invalid_option);
  }
}

TEST_CASE("open_model: every form of a REF, with the version it came from") {
  const Shelf shelf;
  shelf.publish(1);
  shelf.publish(2);
  shelf.registry.promote("champion", 2);
  const auto digest = hex(content_digest(stump_file(2)));
  for (const char* ref : {"@champion", "@v2", "/v2", "/v2/", "//v2"}) {
    CAPTURE(ref);
    const OpenedModel model = open_model(shelf.path + ref);
    CHECK(model.version == 2);
    CHECK(hex(model.predictor->digest()) == digest);
  }
  CHECK(open_model(shelf.file("v2/model.mlc")).version == 0);
  std::filesystem::copy(shelf.file("v2"), shelf.folder / "copy");
  CHECK(open_model(shelf.folder / "copy").version == 0);
  CHECK(reason_of([&] { static_cast<void>(open_model(shelf.path + "@v9")); }) ==
        Reason::unknown_version);
  CHECK(reason_of([&] { static_cast<void>(open_model(shelf.path + "@beta")); },
                  "it has \"champion\"") == Reason::unknown_alias);
  CHECK(reason_of([&] { static_cast<void>(open_model(shelf.folder / "none@champion")); }) ==
        Reason::file_not_found);
  CHECK(reason_of([&] { static_cast<void>(open_model(shelf.folder / "none.mlc")); }) ==
        Reason::file_not_found);
}

TEST_CASE("open_model: an error names the file, and a registry is told what to say") {
  const Shelf shelf;
  shelf.publish(1);
  shelf.publish(2);
  CHECK(reason_of([&] { static_cast<void>(open_model(shelf.path)); },
                  "is a registry, and which version of it is not said; expected \"" +
                      shelf.file("v2") + "\" or DIR@ALIAS") == Reason::file_not_found);
  const std::string path = shelf.folder / "half.mlc";
  write_file(path, "half");
  CHECK(reason_of([&] { static_cast<void>(open_model(path)); },
                  path + ": not an mlcore artifact") == Reason::not_an_artifact);
}

TEST_CASE("open_model: a version is checked against its metadata and the alias") {
  const Shelf shelf;
  shelf.publish(1);
  shelf.registry.promote("champion", 1);
  std::string alias = shelf.read("aliases/champion.json");
  const std::string digest = hex(content_digest(stump_file(1)));
  for (std::size_t at = alias.find(digest); at != alias.npos; at = alias.find(digest)) {
    alias.replace(at, 64, std::string(64, '0'));
  }
  shelf.overwrite("aliases/champion.json", alias);
  CHECK(reason_of([&] { static_cast<void>(open_model(shelf.path + "@champion")); },
                  "the alias says") == Reason::malformed_registry);
  CHECK(open_model(shelf.path + "@v1").version == 1);
}

}  // namespace
}  // namespace mlcore
