// SPDX-License-Identifier: Apache-2.0
// `mlcore diff A B`: what two artifacts differ in.
#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <map>
#include <memory>
#include <set>
#include <string>

#include "inputs.hpp"
#include "mlcore/artifact/artifact.hpp"
#include "registry_options.hpp"
#include "verb.hpp"

namespace mlcore::command {
namespace {

using Json = nlohmann::ordered_json;

/// One side: the artifact, and what the registry says of it.
struct Side {
  explicit Side(const std::string& reference) : read(read_reference(reference)) {
    const ModelFile& file = read.file;
    if (file.version == 0) return;
    const std::filesystem::path directory = std::filesystem::path(file.path).parent_path();
    metadata = Json::parse(Registry(directory.parent_path()).metadata(file.version));
  }

  ReadArtifact read;
  Json metadata = Json::object();
};

using Texts = std::map<std::string, std::string>;

/// {what, a, b} of each name whose text differs; null: it is not there.
Json differences(const Texts& a, const Texts& b) {
  std::set<std::string> names;
  for (const auto& [name, text] : a) names.insert(name);
  for (const auto& [name, text] : b) names.insert(name);
  const auto text_of = [](const Texts& texts, const std::string& name) {
    const auto found = texts.find(name);
    return found == texts.end() ? Json(nullptr) : Json(found->second);
  };
  Json list = Json::array();
  for (const std::string& name : names) {
    const Json in_a = text_of(a, name);
    const Json in_b = text_of(b, name);
    if (in_a != in_b) list.push_back({{"what", name}, {"a", in_a}, {"b", in_b}});
  }
  return list;
}

void add_columns(Texts& columns, const std::string& prefix, const Schema& schema) {
  for (const Field& field : schema.fields()) {
    columns[prefix + field.name] =
        fmt::format("{}{}", mlcore::name_of(field.type), field.nullable ? "?" : "");
  }
}

Texts columns_of(const Definition& definition) {
  Texts columns;
  add_columns(columns, "", definition.request().schema());
  for (const Stream& stream : definition.streams()) {
    add_columns(columns, stream.name + ".", stream.layout.schema());
  }
  return columns;
}

/// The lines of a definition by what they define, as written; and the outputs' order.
Texts features_of(const Definition& definition) {
  Texts features;
  const std::string text = definition.text();
  for (std::size_t begin = 0; begin < text.size();) {
    const std::size_t end = std::min(text.find('\n', begin), text.size());
    const std::string line = text.substr(begin, end - begin);
    const bool is_value = !line.starts_with("input ") && !line.starts_with("stream ");
    // A name in backticks may hold anything, " = " too.
    const std::size_t equals = line.find(" = ", line.starts_with('`') ? line.find('`', 1) : 0);
    if (is_value && equals != line.npos) features[line.substr(0, equals)] = line.substr(equals + 3);
    begin = end + 1;
  }
  for (std::size_t i = 0; i < definition.outputs().size(); ++i) {
    features["output " + definition.outputs()[i].name] = fmt::format("feature {}", i);
  }
  return features;
}

/// The fitted values, one vector a `fit` in the definition's order.
Texts parameters_of(const Artifact& artifact) {
  const FittedParameters& parameters = artifact.parameters;
  Texts texts;
  for (std::size_t i = 0; i < parameters.values.size(); ++i) {
    texts[fmt::format("fit {}", i)] = fmt::format("{}", fmt::join(parameters.values[i], ", "));
  }
  return texts;
}

Texts model_of(const Side& side) {
  const ModelFacts& model = side.read.artifact.model.facts();
  Texts facts = {{"kind", std::string(side.read.artifact.model.kind_name())},
                 {"framework", model.framework + " " + model.framework_version},
                 {"objective", model.objective},
                 {"features", std::to_string(model.feature_count)},
                 {"outputs", std::to_string(model.output_count)}};
  if (const TreeEnsemble* trees = side.read.artifact.model.trees()) {
    facts["trees"] = std::to_string(trees->tree_count());
    facts["nodes"] = std::to_string(trees->left.size());
    facts["base margins"] = model.contract.is_wide()
                                ? fmt::format("{}", fmt::join(trees->wide_base_margins, ", "))
                                : fmt::format("{}", fmt::join(trees->base_margins, ", "));
  }
  for (const SectionInfo& section : list_sections(side.read.file.bytes)) {
    if (section.type == "MODL") facts["SHA-256 of the trees"] = hex(section.sha256);
    if (section.type == "NETW") facts["SHA-256 of the network"] = hex(section.sha256);
    if (section.type == "CALB") facts["SHA-256 of the calibration"] = hex(section.sha256);
  }
  return facts;
}

/// The artifact's own, and over it what the registry says.
Texts members_of(const Side& side) {
  Texts members = side.read.artifact.metadata;
  const Json& metadata = side.metadata;
  for (const auto& [name, value] : metadata.items()) {
    members[name] = value.is_string() ? value.get<std::string>() : value.dump();
  }
  return members;
}

Json compare(const Side& a, const Side& b) {
  const Definition& before = a.read.artifact.definition;
  const Definition& after = b.read.artifact.definition;
  Json json = {
      {"schema", differences(columns_of(before), columns_of(after))},
      {"features", differences(features_of(before), features_of(after))},
      {"parameters", differences(parameters_of(a.read.artifact), parameters_of(b.read.artifact))},
      {"model", differences(model_of(a), model_of(b))},
      {"metadata", differences(members_of(a), members_of(b))}};
  return json;
}

std::string side_text(const Json& value) {
  constexpr std::size_t kLongest = 60;
  constexpr std::size_t kStart = 16;
  if (value.is_null()) return "not there";
  const auto text = value.get<std::string>();
  if (text.size() <= kLongest && text.find('\n') == text.npos) return text;
  std::size_t end = std::min(text.find('\n'), kStart);
  while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xC0) == 0x80) --end;
  return fmt::format("{}… ({} bytes)", text.substr(0, end), text.size());
}

std::string text_of(const Json& sections) {
  std::string text;
  for (const auto& [section, list] : sections.items()) {
    text += list.empty() ? fmt::format("{}: the same\n", section) : section + ":\n";
    for (const Json& difference : list) {
      text += fmt::format("  {}: {} → {}\n", difference["what"].get<std::string>(),
                          side_text(difference["a"]), side_text(difference["b"]));
    }
  }
  return text;
}

int run(const std::string& first, const std::string& second, bool json) {
  const Side a(first);
  const Side b(second);
  Json sections = compare(a, b);
  const bool is_same = a.read.file.bytes == b.read.file.bytes;
  if (json) {
    Json object = {{"a", first}, {"b", second}, {"same_file", is_same}};
    object.update(sections);
    write_output("", json_text(object));
  } else {
    write_output("", (is_same ? "the same file\n" : "") + text_of(sections));
  }
  return kDone;
}

}  // namespace

void add_diff(CLI::App& app, Verb& verb) {
  auto first = std::make_shared<std::string>();
  auto second = std::make_shared<std::string>();
  CLI::App* diff = app.add_subcommand(
      "diff", "Show what two artifacts differ in: schema, features, parameters, model, metadata");
  diff->add_option("a", *first, "One artifact")->required()->type_name("REF");
  diff->add_option("b", *second, "The other")->required()->type_name("REF");
  diff->add_flag("--json", verb.json, "Print the differences, whole, as JSON");
  diff->footer("Example:\n  mlcore diff models/churn@champion models/churn/v2");
  diff->callback([first, second, &verb] {
    verb.run = [first, second, &verb] { return run(*first, *second, verb.json); };
  });
}

}  // namespace mlcore::command
