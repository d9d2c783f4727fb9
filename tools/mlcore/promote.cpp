// SPDX-License-Identifier: Apache-2.0
// `mlcore promote DIR@ALIAS --to vN` and `mlcore rollback DIR@ALIAS`
#include <fmt/format.h>

#include <memory>
#include <string>

#include "inputs.hpp"
#include "registry_options.hpp"
#include "verb.hpp"

namespace mlcore::command {
namespace {

struct Options {
  std::string target;
  std::string alias;
  std::string to;
  std::string expect;
  Change change;
};

Expectation expectation_of(const Options& options) {
  if (options.expect.empty()) return {};
  if (options.expect == "none") return {.version = 0};
  return {.version = version_of("--expect", options.expect)};
}

int tell(const AliasInfo& alias, bool json) {
  write_output("", json ? json_text(alias_json(alias))
                        : fmt::format("{} is v{}\n", alias.name, alias.current().version));
  return kDone;
}

int promote(const Options& options, bool json) {
  const RefParts target = parse_target(options.target, options.alias);
  const std::int64_t version = version_of("--to", options.to);
  const Expectation expected = expectation_of(options);
  return tell(Registry(target.path).promote(target.alias, version, options.change, expected), json);
}

int rollback(const Options& options, bool json) {
  const RefParts target = parse_target(options.target, options.alias);
  const Expectation expected = expectation_of(options);
  return tell(Registry(target.path).rollback(target.alias, options.change, expected), json);
}

void add_options(CLI::App& verb, Options& options) {
  verb.add_option("target", options.target, "The alias in its registry")
      ->required()
      ->type_name("DIR@ALIAS");
  verb.add_option("--alias", options.alias, "The alias, where the target is DIR alone")
      ->type_name("ALIAS");
  verb.add_option("--expect", options.expect,
                  "Change it only if it is still this version; `none`: if there is none yet")
      ->type_name("vN");
  add_change_options(verb, options.change);
}

}  // namespace

void add_promote(CLI::App& app, Verb& verb) {
  auto options = std::make_shared<Options>();
  CLI::App* command = app.add_subcommand("promote", "Point an alias to a version");
  add_options(*command, *options);
  command->add_option("--to", options->to, "The version")->required()->type_name("vN");
  command->add_flag("--json", verb.json, "Print the alias with its history as JSON");
  command->footer("Example:\n  mlcore promote models/churn@champion --to v2 --expect v1");
  command->callback(
      [options, &verb] { verb.run = [options, &verb] { return promote(*options, verb.json); }; });
}

void add_rollback(CLI::App& app, Verb& verb) {
  auto options = std::make_shared<Options>();
  CLI::App* command =
      app.add_subcommand("rollback", "Point an alias back to what it was promoted from");
  add_options(*command, *options);
  command->add_flag("--json", verb.json, "Print the alias with its history as JSON");
  command->footer(
      "Once more goes one further back.\nExample:\n  mlcore rollback models/churn@champion");
  command->callback(
      [options, &verb] { verb.run = [options, &verb] { return rollback(*options, verb.json); }; });
}

}  // namespace mlcore::command
