// SPDX-License-Identifier: Apache-2.0
// Outside code uses record_of, Registry::check_writable and Registry::publish.
#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <utility>

#include "mlcore/base/error.hpp"
#include "mlcore/predict/predictor.hpp"
#include "mlcore/registry/registry.hpp"
#include "registry/change.hpp"
#include "registry/json_files.hpp"
#include "registry/names.hpp"
#include "registry/writer.hpp"

namespace mlcore {

using registry::Directory;
using registry::Staging;
using registry::Writer;

namespace {

std::string_view text_of(ByteView bytes) noexcept {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

/// The staged copy is the file, holds, and is what the caller wants.
void pass_gates(const Directory& staged, ByteView file, const Gate& gate) {
  const std::string copy = staged.read(registry::kModelFile, file.size());
  if (copy != text_of(file)) {
    throw Error(Code::data_loss, Reason::io_failure,
                fmt::format("{} was not read back as it was written",
                            staged.path_of(registry::kModelFile)));
  }
  verify_digests(file);
  static_cast<void>(Predictor::from_bytes(file));
  if (!gate) return;
  try {
    gate(file);
  } catch (const Error& error) {
    throw Error(Code::failed_precondition, Reason::gate_refused,
                fmt::format("the gate refused the artifact: {}", error.message()));
  }
}

/// One file on its way to being a version.
class Publication {
 public:
  Publication(const Registry& registry, const Directory& root, ByteView file, const Change& change,
              const Gate& gate)
      : registry_(registry),
        root_(root),
        change_(change),
        now_(registry::time_of(change)),
        staging_(root) {
    info_.bytes = file.size();
    info_.file_sha256 = hex(sha256(file));
    staging_.directory().write_new(registry::kModelFile, text_of(file));
    pass_gates(staging_.directory(), file, gate);
    info_.content_digest = hex(content_digest(file));
  }

  Published publish(const VersionRecord& record) {
    info_.algorithm = record.algorithm;
    info_.dataset = record.dataset;
    info_.created_at = record.created_at.value_or(now_);
    info_.version = 1;
    static_cast<void>(
        registry::encode_metadata(info_, record.lineage));  // refused before the log is written
    Writer writer(root_, now_);
    const registry::Publications before = writer.log().publications(info_.file_sha256);
    if (before.same_file && holds_the_file(*before.same_file)) {
      root_.sync();  // its publisher may have been cut off before this
      return {*before.same_file, false};
    }
    const std::vector<std::int64_t> present = registry_.versions();
    info_.version = std::max(before.last, present.empty() ? 0 : present.back());
    // Under the lock the next number is free; something that takes it meanwhile is passed over.
    constexpr int kAttempts = 16;
    for (int attempt = 0; attempt < kAttempts; ++attempt) {
      ++info_.version;
      if (publish_as(writer, record.lineage)) return {info_.version, true};
    }
    throw Error(Code::aborted, Reason::version_exists,
                fmt::format("{}: {} versions up to v{} were taken while they were published",
                            root_.path(), kAttempts, info_.version));
  }

 private:
  [[nodiscard]] bool holds_the_file(std::int64_t version) const {
    try {
      return hex(sha256(registry_.read(version).bytes)) == info_.file_sha256;
    } catch (const Error& error) {
      // Gone or damaged: no place for these bytes. What can't be looked at is told.
      if (error.code() != Code::not_found && error.code() != Code::data_loss) throw;
      return false;
    }
  }

  bool publish_as(Writer& writer, const std::string& lineage) {
    const std::string name = registry::version_name(info_.version);
    if (!registry::parse_version(name)) {
      throw Error(Code::resource_exhausted, Reason::limit_exceeded,
                  fmt::format("{} has no version numbers left", root_.path()));
    }
    const std::string metadata = registry::encode_metadata(info_, lineage);
    const Directory& staged = staging_.directory();
    staged.remove(registry::kMetadataFile);  // of the attempt before
    staged.write_new(registry::kMetadataFile, metadata);
    staged.set_mode(0755);
    staged.sync();
    AuditRecord record;
    record.action = AuditAction::publish;
    record.version = info_.version;
    record.path = name + "/" + registry::kMetadataFile;
    record.sha256 =
        hex(sha256({reinterpret_cast<const std::uint8_t*>(metadata.data()), metadata.size()}));
    record.content_digest = info_.content_digest;
    record.file_sha256 = info_.file_sha256;
    record.by = change_.by;
    record.reason = change_.reason;
    return writer.commit(std::move(record), [&] {
      if (!staging_.publish_as(root_, name)) return false;
      root_.sync();
      return true;
    });
  }

  const Registry& registry_;
  const Directory& root_;
  const Change& change_;
  std::int64_t now_;
  Staging staging_;
  VersionInfo info_;
};

}  // namespace

VersionRecord record_of(const Artifact& artifact) {
  const ModelFacts& model = artifact.model.facts();
  const Definition& definition = artifact.definition;
  nlohmann::ordered_json lineage = {{"name", artifact.name},
                                    {"features",
                                     {{"name", definition.name()},
                                      {"version", definition.version()},
                                      {"fingerprint", hex(definition.fingerprint())}}}};
  if (!artifact.metadata.empty()) lineage["artifact"] = artifact.metadata;
  VersionRecord record;
  record.algorithm =
      fmt::format("{} {} {}", model.framework, model.framework_version, model.objective);
  record.lineage = lineage.dump();
  return record;
}

Published Registry::publish(ByteView file, const VersionRecord& record, const Change& change,
                            const Gate& gate) const {
  registry::check_change(change);
  registry::check_text("algorithm", record.algorithm, registry::kLongestFact);
  registry::check_text("dataset", record.dataset, registry::kLongestFact);
  return Publication(*this, *root_, file, change, gate).publish(record);
}

void Registry::check_writable(const std::string& directory) {
  std::string above = directory;
  for (;;) {
    try {
      const Directory existing = Directory::open(above);
      const std::string name = ".trial-" + registry::random_name();
      static_cast<void>(existing.make_directory(name, 0700));
      existing.remove(name);
      return;
    } catch (const Error& error) {
      if (error.reason() != Reason::file_not_found) throw;
    }
    above = registry::parent_path(above);
  }
}

}  // namespace mlcore
