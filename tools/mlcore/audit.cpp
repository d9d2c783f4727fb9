// SPDX-License-Identifier: Apache-2.0
// `mlcore audit DIR` and `mlcore audit verify DIR`
#include <fmt/format.h>

#include <memory>
#include <string>

#include "inputs.hpp"
#include "mlcore/base/time.hpp"
#include "registry_options.hpp"
#include "verb.hpp"

namespace mlcore::command {
namespace {

using Json = nlohmann::ordered_json;

Json record_json(const AuditRecord& record) {
  Json json = {{"seq", record.sequence},
               {"at", format_timestamp(record.at)},
               {"action", name_of(record.action)},
               {"state", name_of(record.state)}};
  const auto text = [&](const char* name, const std::string& value) {
    if (!value.empty()) json[name] = value;
  };
  if (record.intent != 0) {
    json["intent"] = record.intent;
    json["happened"] = record.happened;
  }
  if (record.version != 0) json["version"] = version_text(record.version);
  text("alias", record.alias);
  text("content_digest", record.content_digest);
  text("file_sha256", record.file_sha256);
  text("by", record.by);
  text("reason", record.reason);
  text("detail", record.detail);
  return json;
}

std::string record_text(const AuditRecord& record) {
  std::string text =
      fmt::format("{:>6}  {}  {:<8} {:<9}", record.sequence, format_timestamp(record.at),
                  name_of(record.action), name_of(record.state));
  if (!record.alias.empty()) text += fmt::format(" {} to", record.alias);
  if (record.version != 0) text += fmt::format(" v{}", record.version);
  if (record.intent != 0 && !record.happened) text += ", has not happened";
  if (!record.by.empty()) text += fmt::format(" by {}", record.by);
  if (!record.reason.empty()) text += fmt::format(": {}", record.reason);
  if (!record.detail.empty()) text += " " + record.detail;
  return text + "\n";
}

int show(const std::string& directory, bool json) {
  const Registry registry(directory);
  Json records = Json::array();
  std::string text;
  for (const AuditRecord& record : registry.audit()) {
    if (json) {
      records.push_back(record_json(record));
    } else {
      text += record_text(record);
    }
  }
  write_output("",
               json ? json_text({{"registry", directory}, {"records", std::move(records)}}) : text);
  return kDone;
}

int verify(const std::string& directory, bool json) {
  const AuditReport report = Registry(directory).verify_audit();
  if (json) {
    write_output("", json_text({{"registry", directory},
                                {"holds", report.holds()},
                                {"records", report.records},
                                {"head", report.head},
                                {"faults", report.faults},
                                {"notes", report.notes}}));
  } else {
    std::string text =
        fmt::format("{} {}: {} records{}\n", directory, report.holds() ? "holds" : "does not hold",
                    report.records, report.records == 0 ? "" : ", head " + report.head);
    for (const std::string& fault : report.faults) text += "  " + fault + "\n";
    for (const std::string& note : report.notes) text += "  note: " + note + "\n";
    write_output("", text);
  }
  return report.holds() ? kDone : kAnswerIsNo;
}

}  // namespace

void add_audit(CLI::App& app, Verb& verb) {
  auto directory = std::make_shared<std::string>();
  CLI::App* audit = app.add_subcommand("audit", "Show what was done to a registry, or check it");
  audit->add_option("registry", *directory, "The registry")->type_name("DIR");
  audit->add_flag("--json", verb.json, "Print the answer as JSON");
  audit->footer("Example:\n  mlcore audit models/churn\n  mlcore audit verify models/churn");
  CLI::App* check = audit->add_subcommand("verify", "Check the log, and the registry against it");
  check->add_option("registry", *directory, "The registry")->required()->type_name("DIR");
  check->add_flag("--json", verb.json, "Print the answer as JSON");
  check->footer(
      "Exit status 0: it holds; 1: something was changed, moved or taken out.\n"
      "Example:\n  mlcore audit verify models/churn");
  audit->callback([directory, check, &verb] {
    if (check->parsed()) {
      verb.run = [directory, &verb] { return verify(*directory, verb.json); };
      return;
    }
    verb.run = [directory, &verb] {
      if (directory->empty()) throw UsageError("audit: which registry? Give DIR or verify DIR");
      return show(*directory, verb.json);
    };
  });
}

}  // namespace mlcore::command
