// SPDX-License-Identifier: Apache-2.0
#include "mlcore/registry/audit.hpp"

#include "registry/audit_log.hpp"
#include "registry/registry_fixture.hpp"

namespace mlcore {
namespace {

/// Two versions, an alias moved twice, a tag: ten records.
struct Told : Shelf {
  Told() {
    publish(1);
    publish(2);
    registry.promote("champion", 1, {.by = "ada", .reason = "first"});
    registry.promote("champion", 2);
    registry.set_tags(1, {{"team", "risk"}});
    log = read("audit/log");
  }
  [[nodiscard]] std::vector<std::string> lines() const {
    std::vector<std::string> lines;
    for (std::size_t begin = 0; begin < log.size();) {
      const std::size_t end = log.find('\n', begin) + 1;
      lines.push_back(log.substr(begin, end - begin));
      begin = end;
    }
    return lines;
  }
  [[nodiscard]] AuditReport with(const std::vector<std::string>& changed) const {
    std::string text;
    for (const std::string& line : changed) text += line;
    overwrite("audit/log", text);
    return registry.verify_audit();
  }
  std::string log;
};

TEST_CASE("audit: every change has an intent and an outcome, in order") {
  const Told told;
  const std::vector<AuditRecord> records = told.registry.audit();
  REQUIRE(records.size() == 10);
  for (std::size_t i = 0; i < records.size(); ++i) {
    CAPTURE(i);
    CHECK(records[i].sequence == i + 1);
    CHECK(records[i].state == (i % 2 == 0 ? AuditState::intent : AuditState::done));
    if (i % 2 == 1) CHECK(records[i].intent == i);
    if (i % 2 == 1) CHECK(records[i].happened);
  }
  CHECK(records[4].action == AuditAction::promote);
  CHECK(records[4].alias == "champion");
  CHECK(records[4].by == "ada");
  CHECK(records[4].reason == "first");
  CHECK(records[4].path == "aliases/champion.json");
  CHECK(records[2].file_sha256 == hex(sha256(stump_file(2))));
  const AuditReport report = told.registry.verify_audit();
  CHECK(report.holds());
  CHECK(report.notes.empty());
  CHECK(report.records == 10);
  CHECK(report.head.size() == 64);
}

TEST_CASE("audit: no record, no fault; a version without a record is one") {
  const Shelf shelf;
  CHECK(shelf.registry.verify_audit().holds());
  CHECK(shelf.registry.audit().empty());
  std::filesystem::create_directory(shelf.file("v1"));
  CHECK(mentions(shelf.registry.verify_audit().faults, "v1: there is no record"));
}

TEST_CASE("audit: an edited, moved, repeated or missing line is found") {
  const Told told;
  const std::vector<std::string> lines = told.lines();
  REQUIRE(lines.size() == 10);
  for (std::size_t i = 0; i < lines.size(); ++i) {
    CAPTURE(i);
    std::vector<std::string> changed = lines;
    changed.erase(changed.begin() + static_cast<std::ptrdiff_t>(i));
    // Without the last record the intent before it is open, and its outcome is found out.
    CHECK(told.with(changed).holds() == (i + 1 == lines.size()));
    changed = lines;
    changed.insert(changed.begin() + static_cast<std::ptrdiff_t>(i), lines[i]);
    CHECK_FALSE(told.with(changed).holds());
    if (i + 1 < lines.size()) {
      changed = lines;
      std::swap(changed[i], changed[i + 1]);
      CHECK_FALSE(told.with(changed).holds());
    }
  }
}

TEST_CASE("audit: a line that was edited and sealed again breaks the chain") {
  const Told told;
  std::vector<std::string> lines = told.lines();
  const auto line = registry::parse_line(lines[4]);
  REQUIRE(line.has_value());
  std::string body = hex(line->hash) + " " + std::string(line->json);
  body.replace(body.find("\"ada\"") + 1, 3, "eve");  // the hash may have those letters
  char head[32];
  std::snprintf(head, sizeof head, "%08zu %08x ", line->json.size(),
                crc32c({reinterpret_cast<const std::uint8_t*>(body.data()), body.size()}));
  lines[4] = head + body + "\n";
  REQUIRE(registry::parse_line(lines[4]).has_value());
  CHECK(mentions(told.with(lines).faults, "record 5: it does not follow"));
}

TEST_CASE("audit: any flipped byte of the log, but for a last outcome, is found") {
  const Told told;
  const std::size_t last = told.log.rfind('\n', told.log.size() - 2) + 1;
  std::size_t missed = 0;
  for (std::size_t i = 0; i < last; i += 7) {
    std::string text = told.log;
    text[i] = static_cast<char>(text[i] ^ 1);
    missed += told.with({text}).holds() ? 1u : 0u;
  }
  CHECK(missed == 0);
  std::string text = told.log;
  text[last + 20] ^= 1;
  const AuditReport report = told.with({text});
  CHECK(report.holds());
  CHECK(mentions(report.notes, "unfinished record"));
  CHECK(mentions(report.notes, "it has happened"));
}

TEST_CASE("audit: a log cut off at the end shows by what is still there") {
  const Told told;
  const std::vector<std::string> lines = told.lines();
  for (std::size_t kept = 0; kept + 2 < lines.size(); ++kept) {
    CAPTURE(kept);
    CHECK_FALSE(
        told.with({lines.begin(), lines.begin() + static_cast<std::ptrdiff_t>(kept)}).holds());
  }
}

TEST_CASE("audit: a torn end is told, removed by the next writer, and recorded") {
  const Told told;
  for (const std::size_t torn : {std::size_t{1}, std::size_t{90}, std::size_t{5000}}) {
    CAPTURE(torn);
    told.overwrite("audit/log", told.log + std::string(torn, 'x'));
    CHECK(mentions(told.registry.verify_audit().notes, "unfinished record"));
    CHECK(told.registry.verify_audit().holds());
    CHECK(told.registry.audit().size() == 10);
  }
  told.registry.set_tags(2, {{"team", "growth"}});
  const AuditReport report = told.registry.verify_audit();
  CHECK(report.holds());
  CHECK(mentions(report.notes, "record 11: removed 5000 bytes"));
  CHECK(report.records == 13);
}

TEST_CASE("audit: a log that is damaged before its end takes no more records") {
  const Told told;
  std::vector<std::string> lines = told.lines();
  lines[7][100] ^= 1;
  CHECK_FALSE(told.with(lines).holds());
  CHECK(reason_of([&] { told.registry.set_tags(1, {{"a", "b"}}); }) == Reason::malformed_registry);
  CHECK(reason_of([&] { told.publish(3); }) == Reason::malformed_registry);
  CHECK(reason_of([&] { static_cast<void>(told.registry.audit()); }) == Reason::malformed_registry);
  CHECK(told.registry.list().size() == 2);
  CHECK(told.staged() == 0);
}

TEST_CASE("audit: who and why are bounded and are text") {
  const Told told;
  const auto tag = [&](const Change& change) {
    return [&told, change] { told.registry.set_tags(1, {{"a", "b"}}, change); };
  };
  CHECK(reason_of(tag({.by = std::string(501, 'x')})) == Reason::invalid_option);
  CHECK(reason_of(tag({.reason = "a\nb"})) == Reason::invalid_option);
  CHECK(reason_of(tag({.by = "\xff"})) == Reason::invalid_option);
  CHECK(reason_of(tag({.by = std::string(500, '"'), .reason = std::string(500, '\\')})) ==
        Reason::none);
  CHECK(told.registry.audit().size() == 12);
}

}  // namespace
}  // namespace mlcore
