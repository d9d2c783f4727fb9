// SPDX-License-Identifier: Apache-2.0
#include "mlcore/artifact/artifact.hpp"

#include <doctest/doctest.h>

#include <cmath>
#include <functional>

#include "artifact/repair.hpp"
#include "artifact/sample.hpp"
#include "artifact/sections.hpp"
#include "mlcore/base/error.hpp"

namespace mlcore {
namespace {

struct Verdict {
  Code code = Code::ok;
  Reason reason = Reason::none;
  std::string message = "accepted";
};

Verdict verdict(const std::function<void()>& call) {
  try {
    call();
  } catch (const Error& error) {
    return {error.code(), error.reason(), error.message()};
  }
  return {};
}

Verdict read_verdict(ByteView file) {
  return verdict([&] { static_cast<void>(read_artifact(file)); });
}

Bytes bytes_from(std::string_view text) { return {text.begin(), text.end()}; }

void check_equal(const Artifact& a, const Artifact& b) {
  CHECK(a.name == b.name);
  CHECK(a.metadata == b.metadata);
  CHECK(a.definition.text() == b.definition.text());
  CHECK(a.definition.fingerprint() == b.definition.fingerprint());
  CHECK(a.parameters == b.parameters);
  CHECK(a.model == b.model);
  CHECK(a.reference == b.reference);
  REQUIRE(a.proof_rows.size() == b.proof_rows.size());
  for (std::size_t i = 0; i < a.proof_rows.size(); ++i) {
    CAPTURE(i);
    CHECK(a.proof_rows[i].request == b.proof_rows[i].request);
    CHECK(a.proof_rows[i].feature_bits == b.proof_rows[i].feature_bits);
    CHECK(a.proof_rows[i].margin_bits == b.proof_rows[i].margin_bits);
    REQUIRE(a.proof_rows[i].events.size() == b.proof_rows[i].events.size());
    for (std::size_t s = 0; s < a.proof_rows[i].events.size(); ++s) {
      CHECK(a.proof_rows[i].events[s].bytes == b.proof_rows[i].events[s].bytes);
      CHECK(a.proof_rows[i].events[s].offsets == b.proof_rows[i].events[s].offsets);
    }
  }
}

TEST_CASE("artifact: what is written is read again, and written again to the same bytes") {
  const Artifact artifact = sample_artifact();
  const Bytes file = write_artifact(artifact);
  const Artifact again = read_artifact(file);
  check_equal(again, artifact);
  CHECK(write_artifact(again) == file);
  CHECK_NOTHROW(verify_digests(file));
}

TEST_CASE("artifact: the sample has the bytes that the specification gives it") {
  // Source: tests/artifact/golden.py, which writes the file without the library.
  CHECK(hex(sha256(write_artifact(sample_artifact()))) ==
        "3b31cce94aa344057221949b34f91792692607eb31fb1e41b9e31678a236a8a3");
}

TEST_CASE("artifact: the sample with a reference has the bytes of the specification too") {
  const Artifact artifact = sample_artifact_with_reference();
  const Bytes file = write_artifact(artifact);
  // Source: tests/artifact/golden.py.
  CHECK(hex(sha256(file)) == "d1aa5ecb18d47bdd4cd029ce55b895db90370c078701f9c4cbb65e7173baca0d");
  check_equal(read_artifact(file), artifact);
  CHECK(write_artifact(read_artifact(file)) == file);
  CHECK_NOTHROW(verify_digests(file));
  const SectionInfo section = list_sections(file).back();
  CHECK(section.type == "REFP");
  CHECK_FALSE(section.is_critical);
}

TEST_CASE("artifact: a reference is optional, and is never critical") {
  const Bytes file = write_artifact(sample_artifact_with_reference());
  const std::vector<SectionInfo> table = list_sections(file);
  std::vector<Section> sections = sections_of(file, table);
  sections.back().is_critical = true;
  CHECK(read_verdict(write_container(sections)).message == "section \"REFP\" is marked critical");
  sections.pop_back();
  CHECK(write_container(sections) == write_artifact(sample_artifact()));
  CHECK_FALSE(read_artifact(write_container(sections)).reference.has_value());
}

TEST_CASE("artifact: every single-bit flip of the reference under right checksums is judged") {
  const Bytes good = write_artifact(sample_artifact_with_reference());
  const Bytes section = section_bytes(good, "REFP");
  for (std::size_t bit = 0; bit < section.size() * 8; ++bit) {
    Bytes edited = section;
    edited[bit / 8] ^= static_cast<std::uint8_t>(1 << (bit % 8));
    const Bytes file = with_section(good, "REFP", edited);
    const Verdict found = read_verdict(file);
    if (found.code == Code::ok) {
      if (write_artifact(read_artifact(file)) != file) FAIL_CHECK("bit ", bit, ": rewritten");
      continue;
    }
    const bool is_known =
        found.reason == Reason::malformed_artifact || found.reason == Reason::newer_format;
    if (!is_known) FAIL_CHECK("bit ", bit, ": ", found.message);
  }
}

/// What formats before 0.6 do not tell of a model.
void forget_later_facts(ModelFacts& facts) {
  facts.task = Task::untold;
  facts.classes.clear();
  facts.feature_types.clear();
}

/// Bytes of what format 0.6 added to trees without terms: the terms' lists, and later facts.
std::size_t later_size(const ModelFacts& facts) {
  std::size_t size = 4 * 8 + 2 + 8 + 8 + facts.feature_types.size();
  for (const std::string& name : facts.classes) size += 4 + name.size();
  return size;
}

/// The sample as format 0.5, and 0.4, has it.
Bytes sample_of_5(const Artifact& artifact) {
  const Bytes file = write_artifact(artifact);
  Bytes model = section_bytes(file, "MODL");
  model.resize(model.size() - later_size(artifact.model.facts()));
  put(model, 4, 2, 4);  // the class version
  Bytes older = with_section(file, "MODL", model);
  put(older, 10, 2, 5);
  repair(older);
  return older;
}

/// The sample as an older minor format has it: less at the end of the model and of its contract.
Bytes older_sample(const Artifact& artifact, std::uint16_t minor) {
  const Bytes file = sample_of_5(artifact);
  const TreeEnsemble& trees = *artifact.model.trees();
  Bytes model = section_bytes(file, "MODL");
  const std::size_t contract = 4 + 2 + 3 * 4 + trees.framework.size() +
                               trees.framework_version.size() + trees.objective.size();
  const std::size_t members = minor == 3 ? 5 + 3 + 8 : 5;
  const auto newer = model.begin() + static_cast<std::ptrdiff_t>(contract + 2 + members);
  model.erase(newer, newer + static_cast<std::ptrdiff_t>(5 + 3 + 8 + 8 - members));
  put(model, contract, 2, minor == 3 ? 2 : 1);
  put(model, 4, 2, minor);  // the class version
  if (!trees.wide_base_margins.empty()) {
    const std::size_t outputs = trees.wide_base_margins.size();
    model.resize(model.size() - 8 * outputs);
    const std::size_t names = contract + 2 + members + 4 + 4;
    REQUIRE(trees.feature_names.empty());
    put(model, names + 8, 8, outputs);
    model.insert(model.begin() + static_cast<std::ptrdiff_t>(names + 16), 4 * outputs, 0);
  }
  model.resize(model.size() - (minor == 3 ? 1 : 6) * 8);
  if (minor == 1) {
    model.resize(model.size() - (8 + 4 * trees.round_begin.size()) -
                 (8 + 4 * trees.node_id.size()));
  }
  Bytes older = with_section(file, "MODL", model);
  put(older, 10, 2, minor);
  repair(older);
  return older;
}

TEST_CASE("artifact: a model of formats 0.4 and 0.5 is read, without task, classes and types") {
  const Artifact artifact = sample_artifact();
  Artifact expected = artifact;
  forget_later_facts(expected.model.facts());
  check_equal(read_artifact(sample_of_5(artifact)), expected);
}

TEST_CASE("artifact: a model of format 0.1 is read, without its rounds and node ids") {
  const Artifact artifact = sample_artifact();
  Artifact expected = artifact;
  forget_later_facts(expected.model.facts());
  expected.model.trees()->round_begin.clear();
  expected.model.trees()->node_id.clear();
  check_equal(read_artifact(older_sample(artifact, 1)), expected);
}

TEST_CASE("artifact: a model of format 0.2 is read, its contract is XGBoost's") {
  Artifact artifact = sample_artifact();
  forget_later_facts(artifact.model.facts());
  check_equal(read_artifact(older_sample(artifact, 2)), artifact);
}

TEST_CASE("artifact: a model of format 0.3 is read, the base margins of a wide one widened") {
  Artifact artifact = sample_artifact();
  forget_later_facts(artifact.model.facts());
  check_equal(read_artifact(older_sample(artifact, 3)), artifact);
  TreeEnsemble& model = *artifact.model.trees();
  model.contract.input_rounding = ModelContract::InputRounding::f64;
  model.contract.comparison = ModelContract::Comparison::less_equal;
  model.contract.accumulator = ModelContract::Accumulator::f64;
  model.wide_value.assign(model.value.begin(), model.value.end());
  model.value.clear();
  model.base_margins.clear();
  model.wide_base_margins = {0};
  model.feature_names.clear();
  artifact.proof_rows.clear();
  check_equal(read_artifact(older_sample(artifact, 3)), artifact);
}

TEST_CASE("artifact: without streams, fits, facts, proof rows and name it round-trips too") {
  Artifact artifact;
  artifact.definition =
      Definition::parse("features f version 1\ninput x: f64\ny = x + 1.0\noutput [y]\n");
  artifact.model.trees()->base_margins = {0.5f};
  artifact.model.trees()->tree_begin = {0};
  artifact.model.trees()->feature_count = 1;
  const Bytes file = write_artifact(artifact);
  check_equal(read_artifact(file), artifact);
}

TEST_CASE("artifact: the sections are listed in file order") {
  const Bytes file = write_artifact(sample_artifact());
  std::string types;
  for (const SectionInfo& section : list_sections(file)) {
    types += section.type + " ";
    CHECK(section.is_critical);
    CHECK(section.offset % 64 == 0);
    CHECK(section.sha256 == sha256(bytes_of(file, section)));
    CHECK(section.crc32c == crc32c(bytes_of(file, section)));
  }
  CHECK(types == "META SCHM FEAT MODL PROF ");
}

TEST_CASE("artifact: META is canonical JSON") {
  const Bytes meta = section_bytes(write_artifact(sample_artifact()), "META");
  CHECK(
      std::string(meta.begin(), meta.end()) ==
      R"({"metadata":{"algorithm":"xgboost","note":"a \"quoted\"\tnote, naïve"},"name":"churn"})");
}

TEST_CASE("artifact: every single-bit flip is refused, with the reason of its place") {
  const Bytes good = write_artifact(sample_artifact());
  REQUIRE(good.size() <= 8192);
  std::vector<bool> is_padding(good.size(), true);
  const auto cover = [&](std::size_t from, std::size_t size) {
    for (std::size_t i = from; i < from + size; ++i) is_padding[i] = false;
  };
  cover(0, 64 + 5 * 96);
  for (const SectionInfo& section : list_sections(good)) cover(section.offset, section.size);
  Bytes file = good;
  for (std::size_t bit = 0; bit < good.size() * 8; ++bit) {
    const std::size_t at = bit / 8;
    file[at] ^= static_cast<std::uint8_t>(1 << (bit % 8));
    const Verdict found = read_verdict(file);
    file[at] = good[at];
    const Reason expected = at < 8           ? Reason::not_an_artifact
                            : is_padding[at] ? Reason::malformed_artifact
                                             : Reason::checksum;
    if (found.code == Code::data_loss && found.reason == expected) continue;
    FAIL_CHECK("bit ", bit, ": ", found.message);
  }
}

TEST_CASE("artifact: every truncation and 1 to 64 bytes more are refused") {
  const Bytes good = write_artifact(sample_artifact());
  for (std::size_t size = 0; size < good.size(); ++size) {
    CAPTURE(size);
    CHECK(read_verdict(ByteView(good).first(size)).reason == Reason::truncated);
  }
  for (std::size_t more = 1; more <= 64; ++more) {
    for (const std::uint8_t fill : {0x00, 0xFF}) {
      CAPTURE(more);
      Bytes file = good;
      file.resize(good.size() + more, fill);
      CHECK(read_verdict(file).reason == Reason::malformed_artifact);
    }
  }
}

TEST_CASE("artifact: a newer major format is refused by name, whatever else it says") {
  Bytes file = write_artifact(sample_artifact());
  put(file, 8, 2, 3);
  repair(file);
  const Verdict found = read_verdict(file);
  CHECK(found.code == Code::unimplemented);
  CHECK(found.reason == Reason::newer_format);
  CHECK(found.message == "artifact of format 3.6, this library reads format 0");
}

TEST_CASE("artifact: an unknown critical section is refused, an unknown optional one is checked") {
  const Bytes good = write_artifact(sample_artifact());
  const std::vector<SectionInfo> table = list_sections(good);
  std::vector<Section> sections = sections_of(good, table);
  sections.push_back({"WXYZ", true, bytes_from("the future")});
  Bytes critical = write_container(sections);
  put(critical, 10, 2, 9);
  repair(critical);
  const Verdict refused = read_verdict(critical);
  CHECK(refused.code == Code::unimplemented);
  CHECK(refused.reason == Reason::newer_format);
  CHECK(refused.message ==
        "section \"WXYZ\" is critical and needs format 0.9, this library reads 0.6");
  CHECK(list_sections(critical).size() == 6);

  sections.back().is_critical = false;
  Bytes optional = write_container(sections);
  check_equal(read_artifact(optional), sample_artifact());
  CHECK(list_sections(optional).back().type == "WXYZ");
  CHECK_FALSE(list_sections(optional).back().is_critical);
  optional.back() ^= 1;
  CHECK(read_verdict(optional).reason == Reason::checksum);
  CHECK(read_verdict(optional).message.find("section \"WXYZ\"") == 0);
}

TEST_CASE("artifact: the content digest is over types, sizes and digests, but not of SIGN") {
  const Bytes file = write_artifact(sample_artifact());
  const std::vector<SectionInfo> table = list_sections(file);
  Bytes manifest;
  for (const SectionInfo& section : table) {
    for (const char c : section.type) manifest.push_back(static_cast<std::uint8_t>(c));
    for (int i = 0; i < 8; ++i)
      manifest.push_back(static_cast<std::uint8_t>(section.size >> 8 * i));
    manifest.insert(manifest.end(), section.sha256.begin(), section.sha256.end());
  }
  CHECK(manifest.size() == 5 * 44);
  CHECK(content_digest(file) == sha256(manifest));

  std::vector<Section> sections = sections_of(file, table);
  sections.push_back({"SIGN", false, bytes_from("a signature")});
  const Bytes signed_file = write_container(sections);
  CHECK(content_digest(signed_file) == content_digest(file));
  check_equal(read_artifact(signed_file), sample_artifact());
  sections.back().type = "NOTE";
  CHECK(content_digest(write_container(sections)) != content_digest(file));

  Artifact other = sample_artifact();
  other.model.trees()->value[1] = 0.75f;
  CHECK(content_digest(write_artifact(other)) != content_digest(file));
}

TEST_CASE("artifact: each section is required, once, and critical") {
  const Bytes good = write_artifact(sample_artifact());
  const std::vector<SectionInfo> table = list_sections(good);
  for (std::size_t i = 0; i < table.size(); ++i) {
    CAPTURE(table[i].type);
    std::vector<Section> sections = sections_of(good, table);
    sections[i].is_critical = false;
    CHECK(read_verdict(write_container(sections)).message ==
          "section \"" + table[i].type + "\" is not marked critical");
    sections[i].is_critical = true;
    sections.push_back(sections[i]);
    CHECK(read_verdict(write_container(sections)).message ==
          "section \"" + table[i].type + "\" occurs twice");
    sections.pop_back();
    sections.erase(sections.begin() + static_cast<std::ptrdiff_t>(i));
    CHECK(read_verdict(write_container(sections)).message ==
          "section \"" + table[i].type + "\" is missing");
  }
}

TEST_CASE("artifact: META in any other form is refused") {
  const Bytes good = write_artifact(sample_artifact());
  struct Case {
    const char* name;
    const char* json;
    bool is_accepted;
  };
  const Case cases[] = {
      {"no facts", R"({"metadata":{},"name":""})", true},
      {"escapes", R"({"metadata":{},"name":"\u0001\b\t\n\f\r\"\\/é"})", true},
      {"a blank", R"({"metadata":{}, "name":""})", false},
      {"a line after", "{\"metadata\":{},\"name\":\"\"}\n", false},
      {"other order", R"({"name":"","metadata":{}})", false},
      {"unsorted", R"({"metadata":{"b":"","a":""},"name":""})", false},
      {"repeated", R"({"metadata":{"a":"","a":""},"name":""})", false},
      {"a number", R"({"metadata":{"a":1},"name":""})", false},
      {"null", R"({"metadata":null,"name":""})", false},
      {"no name", R"({"metadata":{}})", false},
      {"one member more", R"({"metadata":{},"name":"","size":""})", false},
      {"needless escape", R"({"metadata":{},"name":"\u0041"})", false},
      {"escaped slash", R"({"metadata":{},"name":"\/"})", false},
      {"long escape", R"({"metadata":{},"name":"\u0009"})", false},
      {"upper-case escape", R"({"metadata":{},"name":"\u001F"})", false},
      {"lone surrogate", R"({"metadata":{},"name":"\ud800"})", false},
      {"empty key", R"({"metadata":{"":""},"name":""})", false},
      {"key that is not ASCII", R"({"metadata":{"é":""},"name":""})", false},
      {"not UTF-8", "{\"metadata\":{},\"name\":\"\xFF\"}", false},
      {"an array", "[]", false},
      {"nothing", "", false},
      {"deep", "[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[",
       false},
  };
  for (const Case& test : cases) {
    CAPTURE(test.name);
    const Verdict found = read_verdict(with_section(good, "META", bytes_from(test.json)));
    CHECK((found.reason == Reason::none) == test.is_accepted);
    if (test.is_accepted) continue;
    CHECK(found.code == Code::data_loss);
    CHECK(found.reason == Reason::malformed_artifact);
    CHECK(found.message.find("section \"META\": ") == 0);
  }
}

TEST_CASE("artifact: sections that contradict each other are refused") {
  const Bytes good = write_artifact(sample_artifact_with_reference());
  const auto edited = [&](std::string_view type, std::size_t at, std::uint8_t value) {
    Bytes bytes = section_bytes(good, type);
    bytes.at(at) = value;
    return read_verdict(with_section(good, type, bytes));
  };
  const Bytes feat = section_bytes(good, "FEAT");
  const std::size_t text_size = get(feat, 6, 4);
  CHECK(edited("FEAT", 10 + text_size, static_cast<std::uint8_t>(feat[10 + text_size] ^ 1))
            .message.find("section \"FEAT\": the definition's fingerprint is ") == 0);
  CHECK(edited("FEAT", 10, '#').code == Code::invalid_argument);  // its text: a syntax error

  Schema schema = sample_artifact().definition.request().schema();
  std::vector<Field> fields = schema.fields();
  fields.back().nullable = !fields.back().nullable;
  CHECK(read_verdict(with_section(good, "SCHM", encode_schema(Schema(fields)))).message ==
        "section \"SCHM\" is not the request schema of the definition in \"FEAT\"");

  CHECK(edited("MODL", 4, 6).reason == Reason::newer_format);  // its class version
  CHECK(edited("PROF", 0, 2).reason == Reason::newer_format);  // its archive version
  CHECK(edited("REFP", 4, 2).reason == Reason::newer_format);  // its class version
  for (const std::string_view type : {"SCHM", "FEAT", "MODL", "PROF", "REFP"}) {
    CAPTURE(type);
    Bytes bytes = section_bytes(good, type);
    bytes.push_back(0);
    CHECK(read_verdict(with_section(good, type, bytes)).reason == Reason::malformed_artifact);
    CHECK(read_verdict(with_section(good, type, {})).reason == Reason::malformed_artifact);
  }
}

struct PartsCase {
  const char* name;
  std::function<void(Artifact&)> edit;
  Reason reason;
};

const PartsCase kPartsThatDoNotFit[] = {
    {"a feature more",
     [](Artifact& a) {
       a.model.facts().feature_count = 5;
       a.model.facts().feature_names.clear();
       a.model.facts().feature_types.clear();
     },
     Reason::feature_count},
    {"a feature of another name", [](Artifact& a) { a.model.facts().feature_names[1] = "spent"; },
     Reason::feature_names},
    {"classes that are too many", [](Artifact& a) { a.model.facts().classes.resize(3); },
     Reason::invalid_tree},
    {"types that are too few", [](Artifact& a) { a.model.facts().feature_types.pop_back(); },
     Reason::invalid_tree},
    {"a feature less",
     [](Artifact& a) { a.model.facts().feature_count = 3, a.model.facts().feature_names.clear(); },
     Reason::invalid_tree},
    {"a child outside", [](Artifact& a) { a.model.trees()->left[0] = 100; }, Reason::invalid_tree},
    {"a leaf that is infinite", [](Artifact& a) { a.model.trees()->value[1] = HUGE_VALF; },
     Reason::invalid_tree},
    {"no parameters", [](Artifact& a) { a.parameters.values.clear(); }, Reason::not_fitted},
    {"one parameter", [](Artifact& a) { a.parameters.values = {{1.0}}; }, Reason::not_fitted},
    {"a scale of 0",
     [](Artifact& a) {
       a.parameters.values = {{1.0, 0.0}};
     },
     Reason::not_fitted},
    {"no batch", [](Artifact& a) { a.proof_rows[0].events.clear(); }, Reason::malformed_artifact},
    {"two batches", [](Artifact& a) { a.proof_rows[0].events.resize(2); },
     Reason::malformed_artifact},
    {"feature bits", [](Artifact& a) { a.proof_rows[1].feature_bits.pop_back(); },
     Reason::malformed_artifact},
    {"margin bits", [](Artifact& a) { a.proof_rows[1].margin_bits.push_back(0); },
     Reason::malformed_artifact},
    {"a request of another layout", [](Artifact& a) { a.proof_rows[0].request[0] ^= 1; },
     Reason::layout_mismatch},
    {"a short request", [](Artifact& a) { a.proof_rows[0].request.resize(9); },
     Reason::malformed_row},
    {"an event of another layout", [](Artifact& a) { a.proof_rows[0].events[0].bytes[0] ^= 1; },
     Reason::layout_mismatch},
    {"no offsets", [](Artifact& a) { a.proof_rows[0].events[0].offsets.clear(); },
     Reason::malformed_artifact},
    {"offsets that begin late", [](Artifact& a) { a.proof_rows[0].events[0].offsets[0] = 1; },
     Reason::malformed_artifact},
    {"offsets that end early", [](Artifact& a) { --a.proof_rows[0].events[0].offsets.back(); },
     Reason::malformed_artifact},
    {"offsets that descend",
     [](Artifact& a) {
       auto& offsets = a.proof_rows[0].events[0].offsets;
       offsets = {0, offsets.back() + 8, offsets.back()};
     },
     Reason::malformed_artifact},
    {"a reference of a feature less", [](Artifact& a) { a.reference->features.pop_back(); },
     Reason::malformed_artifact},
    {"a reference of a score more",
     [](Artifact& a) {
       a.reference->scores.push_back(a.reference->scores[0]);
       a.reference->scores[1].values.name = "another";
     },
     Reason::malformed_artifact},
    {"a reference of other features",
     [](Artifact& a) { std::swap(a.reference->features[0], a.reference->features[1]); },
     Reason::malformed_artifact},
    {"a negative offset",
     [](Artifact& a) {
       auto& offsets = a.proof_rows[0].events[0].offsets;
       offsets = {0, -8, offsets.back()};
     },
     Reason::malformed_artifact},
};

TEST_CASE("artifact: parts that do not fit together are neither written nor read") {
  const Bytes good = write_artifact(sample_artifact_with_reference());
  for (const PartsCase& test : kPartsThatDoNotFit) {
    CAPTURE(test.name);
    Artifact artifact = sample_artifact_with_reference();
    test.edit(artifact);
    CHECK(verdict([&] { static_cast<void>(write_artifact(artifact)); }).reason == test.reason);
    Bytes file = with_section(good, "MODL", encode_trees(*artifact.model.trees()));
    file = with_section(file, "PROF", encode_proof(artifact.proof_rows));
    file = with_section(file, "REFP", encode_reference(*artifact.reference));
    file = with_section(file, "FEAT", encode_features(artifact.definition, artifact.parameters));
    CHECK(read_verdict(file).reason == test.reason);
  }
}

TEST_CASE("artifact: an error in a proof row names the row and the stream") {
  Artifact artifact = sample_artifact();
  artifact.proof_rows[0].events[0].bytes[0] ^= 1;
  const Verdict found = verdict([&] { static_cast<void>(write_artifact(artifact)); });
  CHECK(found.message.find("proof row 0: stream \"orders\": ") == 0);
}

TEST_CASE("artifact: what the format can't hold is not written") {
  const PartsCase cases[] = {
      {"a long name", [](Artifact& a) { a.name = std::string(256, 'x'); },
       Reason::malformed_artifact},
      {"a name that is not UTF-8", [](Artifact& a) { a.name = "\xC0\x80"; },
       Reason::malformed_artifact},
      {"a key that is not ASCII", [](Artifact& a) { a.metadata["é"] = ""; },
       Reason::malformed_artifact},
      {"a value that is not UTF-8", [](Artifact& a) { a.metadata["a"] = "\xFF"; },
       Reason::malformed_artifact},
      {"a value past 1 MiB", [](Artifact& a) { a.metadata["a"] = std::string(1 << 20, 'x'); },
       Reason::malformed_artifact},
      {"facts past 4,096",
       [](Artifact& a) {
         for (int i = 0; i < 4097; ++i) a.metadata[std::to_string(i)] = "";
       },
       Reason::malformed_artifact},
      {"a reference with a bin that is not there",
       [](Artifact& a) {
         a.reference = sample_reference();
         a.reference->features[0].counts.bins[9] = 1;
       },
       Reason::invalid_number},
      {"a framework that is not UTF-8", [](Artifact& a) { a.model.facts().framework = "\xFF"; },
       Reason::malformed_artifact},
  };
  for (const PartsCase& test : cases) {
    CAPTURE(test.name);
    Artifact artifact = sample_artifact();
    test.edit(artifact);
    const Verdict found = verdict([&] { static_cast<void>(write_artifact(artifact)); });
    CHECK(found.code == Code::invalid_argument);
    CHECK(found.reason == test.reason);
  }
}

}  // namespace
}  // namespace mlcore
