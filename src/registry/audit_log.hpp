// SPDX-License-Identifier: Apache-2.0
#pragma once

// The log's lines, and the only writer of them.
//
//   length crc32c hash json      "00000153 8f2c11aa 3b0c…e1 {"seq":1,…}"
//
// `length` is the json's in bytes, 8 digits; the CRC is over `hash json`; the hash chains:
// SHA-256(0x01, hash of the line before or 32 zeros, u64 length, json).

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "mlcore/base/digest.hpp"
#include "mlcore/registry/audit.hpp"
#include "registry/tree.hpp"

namespace mlcore::registry {

inline constexpr const char* kAuditFolder = "audit";
inline constexpr const char* kAuditFile = "log";
inline constexpr std::size_t kLongestLine = 4096;
/// What a cut-off write may leave: an outcome that was not synced, and the record after it.
inline constexpr std::size_t kLongestTorn = 2 * kLongestLine;

/// One line as it stands, its length and CRC right.
struct AuditLine {
  std::string_view json;
  Sha256Digest hash{};
  std::size_t size = 0;  // with the line break
};

/// The line that `text` opens with; absent when its form, length or CRC is not right.
[[nodiscard]] std::optional<AuditLine> parse_line(std::string_view text);
[[nodiscard]] Sha256Digest chain_hash(const Sha256Digest& before, std::string_view json);

/// Throws: data_loss/malformed_registry.
[[nodiscard]] AuditRecord decode_record(std::string_view json);
[[nodiscard]] std::string encode_record(const AuditRecord& record);

/// The end of the log: its last whole record, and what a writer that was cut off left behind it.
struct AuditTail {
  std::uint64_t sequence = 0;
  Sha256Digest hash{};
  std::optional<AuditRecord> open_intent;
  std::uint64_t end = 0;  // of the last whole line
  std::size_t torn = 0;   // bytes after it
};

/// `text` is the end of a log, from the file's position `begin`. Throws:
/// data_loss/malformed_registry when what is not whole is more than what one cut-off write leaves.
[[nodiscard]] AuditTail read_tail(std::string_view text, std::uint64_t begin,
                                  const std::string& path);

struct Publications {
  std::int64_t last = 0;                  // the last version that was published; 0: none
  std::optional<std::int64_t> same_file;  // the last that was to hold these bytes
};

/// Requires: the registry's lock is held, from construction on.
class AuditLog {
 public:
  /// Removes a torn end, says what became of an open intent (`happened` answers), and records both.
  AuditLog(const Directory& root, std::int64_t now,
           const std::function<bool(const AuditRecord&)>& happened);

  /// On the disk when it returns: what follows may be done. Gives the record with its sequence.
  AuditRecord intend(AuditRecord record);
  /// Not synced: after a crash the next writer finds out again what became of the intent.
  void conclude(const AuditRecord& intent, AuditState state, bool happened, std::int64_t at);
  /// What was published before. Cost: reads the log once.
  [[nodiscard]] Publications publications(const std::string& file_sha256) const;

 private:
  void append(AuditRecord& record, bool synced);
  [[nodiscard]] std::string read_end(std::uint64_t size) const;

  std::string path_;
  Handle file_;
  AuditTail tail_;
};

}  // namespace mlcore::registry
