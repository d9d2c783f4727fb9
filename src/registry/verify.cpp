// SPDX-License-Identifier: Apache-2.0
// Outside code uses Registry::audit, verify_audit and verify.
#include <fmt/format.h>

#include <map>
#include <optional>
#include <utility>

#include "mlcore/base/error.hpp"
#include "mlcore/predict/predictor.hpp"
#include "mlcore/registry/registry.hpp"
#include "registry/audit_log.hpp"
#include "registry/json_files.hpp"
#include "registry/names.hpp"
#include "registry/writer.hpp"

namespace mlcore {

using registry::Directory;
using registry::shown_name;

namespace {

constexpr std::size_t kLongestLog = std::size_t{1} << 30;

std::string read_log(const Directory& root) {
  const auto folder = root.find_directory(registry::kAuditFolder);
  if (!folder) return {};
  return folder->find(registry::kAuditFile, kLongestLog).value_or("");
}

std::string what_of(const AuditRecord& record) {
  const std::string version = registry::version_name(record.version);
  if (record.alias.empty()) return fmt::format("{} of {}", name_of(record.action), version);
  return fmt::format("{} of \"{}\" to {}", name_of(record.action), record.alias, version);
}

std::string sha256_text(const std::string& text) {
  return hex(sha256({reinterpret_cast<const std::uint8_t*>(text.data()), text.size()}));
}

/// Follows the log from its first record and keeps what every file must be at its end.
class Follower {
 public:
  explicit Follower(AuditReport& report) : report_(report) {}

  /// Path → SHA-256 of the files that the registry must have.
  [[nodiscard]] const std::map<std::string, std::string>& files() const noexcept { return files_; }
  [[nodiscard]] const std::optional<AuditRecord>& open_intent() const noexcept { return open_; }

  void read(std::string_view log) {
    std::size_t at = 0;
    while (at < log.size()) {
      if (const auto line = registry::parse_line(log.substr(at))) {
        follow(*line);
        at += line->size;
      } else {
        at = skip(log, at);
      }
    }
    if (report_.records > 0) report_.head = hex(hash_);
  }

  void settle(bool happened) {
    if (happened) files_[open_->path] = open_->sha256;
    report_.notes.push_back(fmt::format("record {}: {} was cut off; it {}", open_->sequence,
                                        what_of(*open_),
                                        happened ? "has happened" : "has not happened"));
  }

 private:
  void follow(const registry::AuditLine& line) {
    AuditRecord record;
    try {
      record = registry::decode_record(line.json);
    } catch (const Error& error) {
      report_.faults.push_back(fmt::format("record {}: {}", sequence_ + 1, error.message()));
      return;
    }
    const bool follows =
        registry::chain_hash(hash_, line.json) == line.hash && record.sequence == sequence_ + 1;
    if (!follows && !is_lost_) {
      report_.faults.push_back(
          fmt::format("record {}: it does not follow from the record before it: records were "
                      "changed, moved or taken out",
                      record.sequence));
    }
    is_lost_ = false;
    ++report_.records;
    sequence_ = record.sequence;
    hash_ = line.hash;
    if (record.action == AuditAction::repair) {
      report_.notes.push_back(fmt::format("record {}: {}", record.sequence, record.detail));
    } else if (record.state == AuditState::intent) {
      begin(std::move(record));
    } else {
      end(record);
    }
  }

  void begin(AuditRecord record) {
    if (open_) {
      report_.faults.push_back(
          fmt::format("record {}: {} has no outcome", open_->sequence, what_of(*open_)));
    }
    open_ = std::move(record);
  }

  void end(const AuditRecord& outcome) {
    if (!open_ || outcome.intent != open_->sequence) {
      report_.faults.push_back(
          fmt::format("record {}: an outcome of record {}, which is no intent before it",
                      outcome.sequence, outcome.intent));
      return;
    }
    if (outcome.happened) files_[open_->path] = open_->sha256;
    if (outcome.state != AuditState::done) {
      report_.notes.push_back(
          fmt::format("record {}: {} was {}; it {}", open_->sequence, what_of(*open_),
                      outcome.state == AuditState::recovered ? "cut off" : "stopped by an error",
                      outcome.happened ? "has happened" : "has not happened"));
    }
    open_.reset();
  }

  /// Past what is no record: to the next one, or to the end.
  std::size_t skip(std::string_view log, std::size_t at) {
    std::size_t next = at;
    do {
      next = log.find('\n', next);
      next = next == log.npos ? log.size() : next + 1;
    } while (next < log.size() && !registry::parse_line(log.substr(next)));
    const bool is_end = next == log.size();
    if (is_end && next - at <= registry::kLongestTorn) {
      report_.notes.push_back(
          fmt::format("{} bytes at the end are an unfinished record, which the next writer removes",
                      next - at));
    } else {
      report_.faults.push_back(fmt::format(
          "bytes {} to {} of the log, after record {}, are no record", at, next, sequence_));
      is_lost_ = true;
    }
    return next;
  }

  AuditReport& report_;
  std::map<std::string, std::string> files_;
  std::optional<AuditRecord> open_;
  std::uint64_t sequence_ = 0;
  Sha256Digest hash_{};
  bool is_lost_ = false;  // after a damaged stretch, which was told
};

/// Holds the files of a registry against what the log says of them.
class Comparison {
 public:
  Comparison(const Directory& root, const std::map<std::string, std::string>& files,
             AuditReport& report)
      : root_(root), files_(files), report_(report) {}

  void compare(const std::vector<std::int64_t>& versions) {
    for (const auto& [path, sha256] : files_) check(path, sha256);
    for (const std::int64_t version : versions) {
      const std::string name = registry::version_name(version);
      if (!files_.contains(name + "/" + registry::kMetadataFile)) {
        fault(name, "there is no record of its publication");
      }
    }
    check_folder(registry::kAliasFolder);
    check_folder(registry::kTagFolder);
  }

 private:
  void fault(std::string_view path, std::string_view what) {
    report_.faults.push_back(fmt::format("{}: {}", path, what));
  }

  void check(const std::string& path, const std::string& sha256) {
    const std::size_t slash = path.find('/');
    try {
      const auto folder = root_.find_directory(path.substr(0, slash));
      const auto text = folder && slash != path.npos
                            ? folder->find(path.substr(slash + 1), registry::kLongestJson)
                            : std::nullopt;
      if (!text) return fault(path, "the log says that it is there, and it is not");
      if (sha256_text(*text) != sha256) fault(path, "it is not what the log says");
    } catch (const Error& error) {
      fault(path, error.message());
    }
  }

  void check_folder(const std::string& name) {
    try {
      const auto folder = root_.find_directory(name);
      if (!folder) return;
      for (const std::string& file : folder->names()) {
        if (!files_.contains(name + "/" + file)) {
          fault(fmt::format("{}/{}", name, shown_name(file)), "there is no record of it");
        }
      }
    } catch (const Error& error) {
      fault(name, error.message());
    }
  }

  const Directory& root_;
  const std::map<std::string, std::string>& files_;
  AuditReport& report_;
};

/// Appends what `check` throws.
template <typename Check>
void collect(std::vector<std::string>& faults, const std::string& what, const Check& check) {
  try {
    check();
  } catch (const Error& error) {
    faults.push_back(what.empty() ? error.message() : fmt::format("{}: {}", what, error.message()));
  }
}

}  // namespace

std::vector<AuditRecord> Registry::audit() const {
  const registry::Handle lock = registry::lock_registry(*root_, registry::LockKind::read);
  const std::string log = read_log(*root_);
  // Checks the chain on the way, and that no more than a torn end follows.
  const registry::AuditTail tail = registry::read_tail(log, 0, root_->path_of("audit/log"));
  std::vector<AuditRecord> records;
  records.reserve(tail.sequence);
  for (std::size_t at = 0; at < tail.end;) {
    const auto line = registry::parse_line(std::string_view(log).substr(at));
    records.push_back(registry::decode_record(line->json));
    at += line->size;
  }
  return records;
}

AuditReport Registry::verify_audit() const {
  const registry::Handle lock = registry::lock_registry(*root_, registry::LockKind::read);
  AuditReport report;
  Follower follower(report);
  follower.read(read_log(*root_));
  if (const auto& open = follower.open_intent()) {
    collect(report.faults, open->path,
            [&] { follower.settle(registry::has_happened(*root_, *open)); });
  }
  Comparison(*root_, follower.files(), report).compare(versions());
  return report;
}

std::vector<std::string> Registry::verify(std::int64_t version) const {
  std::vector<std::string> faults;
  const Directory directory = version_directory(version);
  collect(faults, "", [&] { static_cast<void>(metadata(version)); });
  collect(faults, "", [&] {
    const ModelFile file = read(version);
    collect(faults, file.path, [&] {
      if (hex(sha256(file.bytes)) != inspect(version).file_sha256) {
        faults.push_back(fmt::format("{}: its bytes are not those that were published", file.path));
      }
      verify_digests(file.bytes);
      static_cast<void>(Predictor::from_bytes(file.bytes));
    });
  });
  for (const std::string& name : directory.names()) {
    if (name == registry::kModelFile || name == registry::kMetadataFile) continue;
    faults.push_back(
        fmt::format("{} holds {}, which was not published", directory.path(), shown_name(name)));
  }
  return faults;
}

}  // namespace mlcore
