// SPDX-License-Identifier: Apache-2.0
// The registry's writers use AuditLog.
#include "registry/audit_log.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <utility>

#include "mlcore/base/error.hpp"

namespace mlcore::registry {
namespace {

/// Holds several records of any length.
constexpr std::uint64_t kTailSize = 8 * kLongestLine;

std::uint64_t size_of(int handle, const std::string& path) {
  struct stat status {};
  if (::fstat(handle, &status) != 0) fail("examine", path, errno);
  return static_cast<std::uint64_t>(status.st_size);
}

std::string read_at(int handle, std::uint64_t begin, std::uint64_t end, const std::string& path) {
  std::string text(static_cast<std::size_t>(end - begin), '\0');
  std::size_t size = 0;
  while (size < text.size()) {
    const ssize_t count =
        ::pread(handle, text.data() + size, text.size() - size, static_cast<off_t>(begin + size));
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) fail("read", path, errno);
    if (count == 0) break;
    size += static_cast<std::size_t>(count);
  }
  text.resize(size);
  return text;
}

}  // namespace

AuditLog::AuditLog(const Directory& root, std::int64_t now,
                   const std::function<bool(const AuditRecord&)>& happened) {
  const Directory folder = root.ensure_directory(kAuditFolder);
  path_ = folder.path_of(kAuditFile);
  file_ = folder.open_file(kAuditFile, O_RDWR | O_APPEND | O_CREAT);
  const std::uint64_t size = size_of(file_.get(), path_);
  // Empty: new, or made by a writer that was cut off before this. No record before its name.
  if (size == 0) folder.sync();
  std::uint64_t begin = size > kTailSize ? size - kTailSize : 0;
  std::string text = read_at(file_.get(), begin, size, path_);
  if (begin > 0) {  // the window opens inside a line
    const std::size_t skipped = std::min(text.find('\n') + 1, text.size());
    begin += skipped;
    text.erase(0, skipped);
  }
  tail_ = read_tail(text, begin, path_);
  if (tail_.torn > 0) {
    AuditRecord repair;
    repair.action = AuditAction::repair;
    repair.state = AuditState::recovered;
    repair.at = now;
    repair.detail = fmt::format(
        "removed {} bytes of an unfinished record, SHA-256 {}", tail_.torn,
        hex(sha256({reinterpret_cast<const std::uint8_t*>(text.data()) + text.size() - tail_.torn,
                    tail_.torn})));
    if (::ftruncate(file_.get(), static_cast<off_t>(tail_.end)) != 0) fail("shorten", path_, errno);
    append(repair, true);
  }
  if (tail_.open_intent) {
    const AuditRecord intent = *tail_.open_intent;
    conclude(intent, AuditState::recovered, happened(intent), now);
  }
}

AuditRecord AuditLog::intend(AuditRecord record) {
  record.state = AuditState::intent;
  append(record, true);
  return record;
}

void AuditLog::conclude(const AuditRecord& intent, AuditState state, bool happened,
                        std::int64_t at) {
  AuditRecord record;
  record.at = at;
  record.action = intent.action;
  record.state = state;
  record.version = intent.version;
  record.alias = intent.alias;
  record.intent = intent.sequence;
  record.happened = happened;
  append(record, false);
}

void AuditLog::append(AuditRecord& record, bool synced) {
  record.sequence = tail_.sequence + 1;
  const std::string json = encode_record(record);
  const Sha256Digest hash = chain_hash(tail_.hash, json);
  const std::string body = fmt::format("{} {}", hex(hash), json);
  const ByteView body_bytes{reinterpret_cast<const std::uint8_t*>(body.data()), body.size()};
  const std::string line = fmt::format("{:08} {:08x} {}\n", json.size(), crc32c(body_bytes), body);
  if (line.size() > kLongestLine) {
    throw Error(Code::invalid_argument, Reason::limit_exceeded,
                fmt::format("the audit record has {} bytes, more than {}: shorten who and why",
                            line.size(), kLongestLine));
  }
  try {
    write_all(file_.get(), line, path_);
    if (synced) sync_file(file_.get(), path_);
  } catch (const Error&) {
    // What was written of it is a torn end, which the next writer removes if this fails.
    static_cast<void>(::ftruncate(file_.get(), static_cast<off_t>(tail_.end)));
    throw;
  }
  tail_.sequence = record.sequence;
  tail_.hash = hash;
  tail_.end += line.size();
}

Publications AuditLog::publications(const std::string& file_sha256) const {
  const std::string log = read_at(file_.get(), 0, tail_.end, path_);
  const auto record_at = [&](std::size_t begin) {
    const auto line = parse_line(std::string_view(log).substr(begin));
    return line ? decode_record(line->json) : AuditRecord{};
  };
  const auto line_begin = [&](std::size_t position) {  // of the line that holds the byte before
    const std::size_t before = position < 2 ? log.npos : log.rfind('\n', position - 2);
    return before == log.npos ? 0 : before + 1;
  };
  Publications found;
  // Numbers count up: the last outcome of a publish has the greatest.
  for (std::size_t end = log.size(); end > 0 && found.last == 0; end = line_begin(end)) {
    const std::size_t begin = line_begin(end);
    const std::string_view line(log.data() + begin, end - begin);
    if (line.find(R"("action":"publish")") == line.npos) continue;
    const AuditRecord record = record_at(begin);
    if (record.happened) found.last = record.version;
  }
  // A quotation mark inside a value is escaped: only the member itself has this text.
  const std::string member = fmt::format("\"file_sha256\":\"{}\"", file_sha256);
  const char* at = log.data();
  const char* const end = log.data() + log.size();
  const auto remaining = [&] { return static_cast<std::size_t>(end - at); };
  while (const void* same = ::memmem(at, remaining(), member.data(), member.size())) {
    at = static_cast<const char*>(same) + 1;
    const auto position = static_cast<std::size_t>(at - log.data());
    found.same_file = record_at(line_begin(position + 1)).version;
  }
  return found;
}

}  // namespace mlcore::registry
