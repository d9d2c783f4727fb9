// SPDX-License-Identifier: Apache-2.0
// `mlcore verify REF`
#include <fmt/format.h>

#include <memory>
#include <nlohmann/json.hpp>
#include <string>

#include "inputs.hpp"
#include "mlcore/base/error.hpp"
#include "mlcore/predict/predictor.hpp"
#include "verb.hpp"

namespace mlcore::command {
namespace {

/// Empty when the file holds; else what does not.
std::string fault_of(const std::string& file) {
  try {
    verify_digests(view_of(file));
    (void)Predictor::from_bytes(view_of(file));
    return {};
  } catch (const Error& error) {
    if (error.code() != Code::data_loss || error.reason() == Reason::not_an_artifact) throw;
    return fmt::format("{}: {}", name_of(error.reason()), error.message());
  }
}

int run(const std::string& reference, bool json) {
  const std::string file = read_reference(reference);
  const std::string fault = fault_of(file);
  const bool holds = fault.empty();
  if (json) {
    nlohmann::ordered_json object = {{"ref", reference}, {"holds", holds}};
    if (holds) {
      object["content_digest"] = hex(content_digest(view_of(file)));
      object["proof_rows"] = read_artifact(view_of(file)).proof_rows.size();
    } else {
      object["fault"] = fault;
    }
    write_output("", json_text(object));
  } else if (holds) {
    write_output("", fmt::format("{} holds: checksums, digests and {} proof rows; content {}\n",
                                 reference, read_artifact(view_of(file)).proof_rows.size(),
                                 hex(content_digest(view_of(file)))));
  } else {
    write_output("", fmt::format("{} does not hold: {}\n", reference, fault));
  }
  return holds ? kDone : kAnswerIsNo;
}

}  // namespace

void add_verify(CLI::App& app, Verb& verb) {
  auto reference = std::make_shared<std::string>();
  CLI::App* verify =
      app.add_subcommand("verify", "Check an artifact's checksums, digests and proof rows");
  verify->add_option("ref", *reference, "The artifact")->required()->type_name("REF");
  verify->add_flag("--json", verb.json, "Print the answer as JSON");
  verify->footer(
      "Exit status 0: it holds; 1: the bytes are damaged, or this machine computes other bits.\n"
      "Example:\n  mlcore verify models/churn/v1");
  verify->callback(
      [reference, &verb] { verb.run = [reference, &verb] { return run(*reference, verb.json); }; });
}

}  // namespace mlcore::command
