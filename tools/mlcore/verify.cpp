// SPDX-License-Identifier: Apache-2.0
// `mlcore verify REF` and `mlcore verify DIR`
#include <fmt/format.h>

#include <filesystem>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "inputs.hpp"
#include "mlcore/base/error.hpp"
#include "mlcore/predict/predictor.hpp"
#include "registry_options.hpp"
#include "verb.hpp"

namespace mlcore::command {
namespace {

using Json = nlohmann::ordered_json;

/// What is damaged is an answer; what can't be looked at is an error.
bool is_answer(const Error& error) {
  return error.code() == Code::data_loss && error.reason() != Reason::not_an_artifact;
}

/// Empty when the file holds; else what does not.
std::string fault_of(const std::string& reference, ModelFile& file) {
  try {
    file = read_model(reference);
    if (file.version != 0) {
      const Registry registry(std::filesystem::path(file.path).parent_path().parent_path());
      const std::vector<std::string> faults = registry.verify(file.version);
      if (!faults.empty()) return fmt::format("{}", fmt::join(faults, "; "));
    }
    verify_digests(file.bytes);
    static_cast<void>(Predictor::from_bytes(file.bytes));
    return {};
  } catch (const Error& error) {
    if (error.reason() == Reason::not_an_artifact) rethrow_with(reference, error);
    if (!is_answer(error)) throw;
    return fmt::format("{}: {}", name_of(error.reason()), error.message());
  }
}

int verify_file(const std::string& reference, bool json) {
  ModelFile file;
  const std::string fault = fault_of(reference, file);
  const bool holds = fault.empty();
  if (json) {
    Json object = {{"ref", reference}, {"holds", holds}};
    if (holds) {
      object["version"] = file.version == 0 ? Json(nullptr) : Json(version_text(file.version));
      object["content_digest"] = hex(content_digest(file.bytes));
      object["proof_rows"] = read_artifact(file.bytes).proof_rows.size();
    } else {
      object["fault"] = fault;
    }
    write_output("", json_text(object));
  } else if (holds) {
    write_output("", fmt::format("{} holds: checksums, digests and {} proof rows; content {}\n",
                                 reference, read_artifact(file.bytes).proof_rows.size(),
                                 hex(content_digest(file.bytes))));
  } else {
    write_output("", fmt::format("{} does not hold: {}\n", reference, fault));
  }
  return holds ? kDone : kAnswerIsNo;
}

/// A directory that holds versions or a log, and is no version itself.
bool is_registry(const std::string& reference) {
  namespace fs = std::filesystem;
  std::error_code ignored;  // what can't be examined is told when it is read
  if (!fs::is_directory(reference, ignored) || fs::exists(reference + "/model.mlc", ignored)) {
    return false;
  }
  return fs::exists(reference + "/audit/log", ignored) || !Registry(reference).versions().empty();
}

/// Every version's bytes, metadata and proof rows, and the registry against its log.
int verify_registry(const std::string& directory, bool json) {
  const Registry registry(directory);
  std::vector<std::string> faults;
  const std::vector<std::int64_t> versions = registry.versions();
  for (const std::int64_t version : versions) {
    try {
      for (std::string& fault : registry.verify(version)) faults.push_back(std::move(fault));
    } catch (const Error& error) {
      faults.push_back(error.message());
    }
  }
  const AuditReport audit = registry.verify_audit();
  faults.insert(faults.end(), audit.faults.begin(), audit.faults.end());
  const bool holds = faults.empty();
  if (json) {
    write_output("", json_text({{"ref", directory},
                                {"holds", holds},
                                {"versions", versions.size()},
                                {"records", audit.records},
                                {"head", audit.head},
                                {"faults", faults},
                                {"notes", audit.notes}}));
  } else {
    std::string text =
        fmt::format("{} {}: {} versions, {} records of the log\n", directory,
                    holds ? "holds" : "does not hold", versions.size(), audit.records);
    for (const std::string& fault : faults) text += "  " + fault + "\n";
    for (const std::string& note : audit.notes) text += "  note: " + note + "\n";
    write_output("", text);
  }
  return holds ? kDone : kAnswerIsNo;
}

int run(const std::string& reference, bool json) {
  return is_registry(reference) ? verify_registry(reference, json) : verify_file(reference, json);
}

}  // namespace

void add_verify(CLI::App& app, Verb& verb) {
  auto reference = std::make_shared<std::string>();
  CLI::App* verify = app.add_subcommand(
      "verify", "Check the checksums, digests and proof rows of an artifact, or of a registry");
  verify->add_option("ref", *reference, "The artifact, or a registry: every version and its log")
      ->required()
      ->type_name("REF");
  verify->add_flag("--json", verb.json, "Print the answer as JSON");
  verify->footer(
      "Exit status 0: it holds; 1: the bytes are damaged, or this machine computes other bits.\n"
      "Example:\n  mlcore verify models/churn/v1");
  verify->callback(
      [reference, &verb] { verb.run = [reference, &verb] { return run(*reference, verb.json); }; });
}

}  // namespace mlcore::command
