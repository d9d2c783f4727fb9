// SPDX-License-Identifier: Apache-2.0
// The `mlcore` command.
#include <fmt/format.h>

#include <algorithm>
#include <csignal>
#include <cstdio>
#include <exception>
#include <iostream>
#include <string>
#include <string_view>

#include "advice.hpp"
#include "inputs.hpp"
#include "mlcore/base/error.hpp"
#include "process.hpp"
#include "verb.hpp"

namespace {

using namespace mlcore;
using namespace mlcore::command;

/// One object on stdout.
void print_json(const Error& error, std::string_view advice) {
  nlohmann::ordered_json json;
  json["error"] = {{"code", name_of(error.code())}, {"reason", name_of(error.reason())},
                   {"message", error.message()},    {"column", error.where().column},
                   {"row", error.where().row},      {"next", advice}};
  std::fputs(json_text(json).c_str(), stdout);
}

/// Where there is no stderr, the exit status says it alone.
void complain(const std::string& text) { std::fputs(text.c_str(), stderr); }

/// One message on stderr; with --json, an object instead.
int report(const Verb& verb, const Error& error) {
  const std::string_view advice = advice_for(error.reason());
  if (verb.json) {
    print_json(error, advice);
  } else {
    complain(fmt::format("mlcore: {}\n", error.message()));
    if (!advice.empty()) complain(fmt::format("next: {}\n", advice));
  }
  return error.code() == Code::internal ? kInternal : kBadInput;
}

int report_usage(bool json, const std::string& message) {
  constexpr std::string_view kAdvice = "Run with --help for more information.";
  if (json) {
    print_json(Error(Code::invalid_argument, Reason::invalid_option, message), kAdvice);
  } else {
    complain(fmt::format("mlcore: {}\n{}\n", message, kAdvice));
  }
  return kUsage;
}

int run(const Verb& verb) {
  try {
    return verb.run();
  } catch (const Error& error) {
    return report(verb, error);
  } catch (const UsageError& error) {
    return report_usage(verb.json, error.what());
  } catch (const std::bad_alloc&) {
    return report(verb, Error(Code::internal, Reason::out_of_memory, "out of memory"));
  } catch (const std::exception& error) {
    return report(verb, Error(Code::internal, Reason::internal_fault, error.what()));
  }
}

}  // namespace

int main(int count, char** arguments) {
  // A file that may not grow is an error of the write, which names it, and no signal.
  std::signal(SIGXFSZ, SIG_IGN);
  reserve_standard_streams();
  CLI::App app("mlcore: features and model in one file, computed by one library", "mlcore");
  app.set_version_flag("--version", MLCORE_VERSION);
  app.require_subcommand(1);
  app.footer(
      "REF is FILE.mlc, DIR (which holds model.mlc, as DIR/v1) or DIR@ALIAS.\n"
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
  add_drift(app, verb);
  add_report(app, verb);
  add_publish(app, verb);
  add_promote(app, verb);
  add_rollback(app, verb);
  add_list(app, verb);
  add_diff(app, verb);
  add_audit(app, verb);
  try {
    app.parse(count, arguments);
  } catch (const CLI::ParseError& error) {
    if (error.get_exit_code() == 0) {  // --help, --version
      app.exit(error);
      return std::cout.flush() ? kDone : kBadInput;
    }
    // What could not be parsed has not set verb.json.
    const bool json =
        std::find(arguments, arguments + count, std::string_view("--json")) != arguments + count;
    return report_usage(json, error.what());
  }
  return run(verb);
}
