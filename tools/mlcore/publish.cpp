// SPDX-License-Identifier: Apache-2.0
// `mlcore publish FILE --registry DIR`
#include <fmt/format.h>

#include <memory>
#include <string>
#include <vector>

#include "inputs.hpp"
#include "mlcore/base/error.hpp"
#include "mlcore/base/file.hpp"
#include "registry_options.hpp"
#include "verb.hpp"

namespace mlcore::command {
namespace {

using Json = nlohmann::ordered_json;

struct Options {
  std::string file;
  std::string registry;
  std::string alias;
  std::string dataset;
  std::string metadata;
  std::vector<std::string> tags;
  Change change;
};

/// What the artifact says, then what the caller says.
VersionRecord record_for(const Options& options, const Artifact& artifact) {
  VersionRecord record = record_of(artifact);
  record.dataset = options.dataset;
  if (!options.metadata.empty()) record.lineage = read_file(options.metadata);
  return record;
}

/// What was done before the alias could not be changed is said too.
AliasInfo point(const Registry& registry, const Options& options, std::int64_t version) {
  try {
    return registry.promote(options.alias, version, options.change);
  } catch (const Error& error) {
    throw Error(error.code(), error.reason(),
                fmt::format("v{} is published; {}", version, error.message()));
  }
}

int run(const Options& options, bool json) {
  const auto tags = parse_tags(options.tags);
  // What no alias or tag can be called is refused before anything is published.
  if (!options.alias.empty()) Registry::check_alias(options.alias);
  Registry::check_tags(tags);
  const auto [file, artifact] = read_reference(options.file);
  const VersionRecord record = record_for(options, artifact);
  const Registry registry = Registry::create(options.registry);
  const Published published = registry.publish(file.bytes, record, options.change);
  if (!tags.empty()) registry.set_tags(published.version, tags, options.change);
  Json object = {{"registry", options.registry},
                 {"version", version_text(published.version)},
                 {"new", published.is_new},
                 {"content_digest", registry.inspect(published.version).content_digest},
                 {"tags", registry.tags(published.version)},
                 {"alias", nullptr}};
  if (!options.alias.empty()) {
    object["alias"] = alias_json(point(registry, options, published.version));
  }
  if (json) {
    write_output("", json_text(object));
    return kDone;
  }
  std::string text = fmt::format(
      "{} v{} in {}\n", published.is_new ? "published" : "already there:", published.version,
      options.registry);
  if (!options.alias.empty()) text += fmt::format("{} is v{}\n", options.alias, published.version);
  write_output("", text);
  return kDone;
}

}  // namespace

void add_publish(CLI::App& app, Verb& verb) {
  auto options = std::make_shared<Options>();
  CLI::App* publish =
      app.add_subcommand("publish", "Check an artifact and make it the next version of a registry");
  publish->add_option("file", options->file, "The artifact")->required()->type_name("REF");
  publish->add_option("--registry", options->registry, "The registry; made when it is missing")
      ->required()
      ->type_name("DIR");
  publish->add_option("--alias", options->alias, "Point this alias to it, as champion")
      ->type_name("ALIAS");
  publish->add_option("--tag", options->tags, "A tag of the version")->type_name("KEY=VALUE");
  publish->add_option("--dataset", options->dataset, "What it was trained on")->type_name("TEXT");
  publish
      ->add_option("--metadata", options->metadata,
                   "Its lineage: a JSON object whose members go to metadata.json")
      ->type_name("JSON");
  add_change_options(*publish, options->change);
  publish->add_flag("--json", verb.json, "Print the answer as JSON");
  publish->footer(
      "The same bytes again give the version that holds them already.\n"
      "Example:\n  mlcore publish model.mlc --registry models/churn --alias champion");
  publish->callback(
      [options, &verb] { verb.run = [options, &verb] { return run(*options, verb.json); }; });
}

}  // namespace mlcore::command
