// SPDX-License-Identifier: Apache-2.0
#pragma once

// What was done to a registry, in order, and whether the registry is still what was done.
//
//   AuditReport report = registry.verify_audit();
//   if (!report.holds()) alarm(report.faults);
//
// Every change writes an intent before it and an outcome after it, so that a change cut off by a
// crash is told as what it came to. docs/registry.md says what the log proves and what it does not.

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace mlcore {

enum class AuditAction : std::int32_t {
  publish = 0,
  promote = 1,
  rollback = 2,
  tag = 3,
  repair = 4
};

enum class AuditState : std::int32_t {
  intent = 0,     // about to be done
  done = 1,       // by the writer of the intent
  abandoned = 2,  // an error stopped it, and nothing changed
  recovered = 3,  // the writer of the intent was cut off; `happened` says what it came to
};

struct AuditRecord {
  std::uint64_t sequence = 0;  // from 1, without gaps
  std::int64_t at = 0;         // microseconds, by the writer's clock
  AuditAction action = AuditAction::publish;
  AuditState state = AuditState::intent;
  /// The file whose appearance is the change, as "v3/metadata.json" or "aliases/champion.json",
  /// and the SHA-256 of its bytes.
  std::string path;
  std::string sha256;
  std::int64_t version = 0;  // published, aliased or tagged
  std::string alias;
  std::string content_digest;
  std::string file_sha256;  // of the artifact, of a publish
  std::string by;           // as the caller says
  std::string reason;
  std::uint64_t intent = 0;  // of an outcome: the sequence of its intent
  bool happened = false;     // of an outcome
  std::string detail;        // of a repair
};

struct AuditReport {
  std::uint64_t records = 0;
  /// The hash of the last record, 64 digits; empty when there is none. Kept elsewhere, it proves
  /// later that no record up to it was changed or cut off.
  std::string head;
  /// What does not hold, in words.
  std::vector<std::string> faults;
  /// What crashes left behind, and what became of it.
  std::vector<std::string> notes;

  [[nodiscard]] bool holds() const noexcept { return faults.empty(); }
};

[[nodiscard]] std::string_view name_of(AuditAction action) noexcept;
[[nodiscard]] std::string_view name_of(AuditState state) noexcept;

}  // namespace mlcore
