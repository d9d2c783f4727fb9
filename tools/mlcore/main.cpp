// SPDX-License-Identifier: Apache-2.0
// The `mlcore` command.
#include <fmt/format.h>

#include <cstdio>
#include <exception>
#include <string>

#include "advice.hpp"
#include "inputs.hpp"
#include "mlcore/base/error.hpp"
#include "verb.hpp"

namespace {

using namespace mlcore;
using namespace mlcore::command;

/// One message on stderr; with --json, one object on stdout instead.
int report(const Verb& verb, const Error& error) {
  const std::string_view advice = advice_for(error.reason());
  if (verb.json) {
    nlohmann::ordered_json json;
    json["error"] = {{"code", name_of(error.code())}, {"reason", name_of(error.reason())},
                     {"message", error.message()},    {"column", error.where().column},
                     {"row", error.where().row},      {"next", advice}};
    fmt::print("{}", json_text(json));
  } else {
    fmt::print(stderr, "mlcore: {}\n", error.message());
    if (!advice.empty()) fmt::print(stderr, "next: {}\n", advice);
  }
  return error.code() == Code::internal ? kInternal : kBadInput;
}

int run(const Verb& verb) {
  try {
    return verb.run();
  } catch (const Error& error) {
    return report(verb, error);
  } catch (const UsageError& error) {
    fmt::print(stderr, "mlcore: {}\nRun with --help for more information.\n", error.what());
    return kUsage;
  } catch (const std::bad_alloc&) {
    return report(verb, Error(Code::internal, Reason::out_of_memory, "out of memory"));
  } catch (const std::exception& error) {
    return report(verb, Error(Code::internal, Reason::internal_fault, error.what()));
  }
}

}  // namespace

int main(int count, char** arguments) {
  CLI::App app("mlcore: features and model in one file, computed by one library", "mlcore");
  app.set_version_flag("--version", MLCORE_VERSION);
  app.require_subcommand(1);
  app.footer(
      "REF is a .mlc file or a directory that holds model.mlc, as DIR/v1.\n"
      "Exit status: 0 done, 1 the answer is no, 2 usage, 3 bad input, 4 internal fault.\n"
      "Example:\n"
      "  mlcore train churn.json\n"
      "  mlcore predict models/churn/v1 --requests today.csv --stream orders=orders.csv -o "
      "out.csv");
  Verb verb;
  add_train(app, verb);
  add_import(app, verb);
  add_predict(app, verb);
  add_features(app, verb);
  add_inspect(app, verb);
  add_verify(app, verb);
  try {
    app.parse(count, arguments);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? kDone : kUsage;
  }
  return run(verb);
}
