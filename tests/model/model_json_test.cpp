// SPDX-License-Identifier: Apache-2.0
#include "mlcore/model/model_json.hpp"

#include <doctest/doctest.h>
#include <fmt/format.h>

#include <bit>
#include <cmath>
#include <limits>
#include <string>

#include "error_of.hpp"
#include "mlcore/base/file.hpp"

using namespace mlcore;

namespace {

constexpr double kNan = std::numeric_limits<double>::quiet_NaN();
constexpr double kInfinity = std::numeric_limits<double>::infinity();

/// The example of docs/model_json.md.
const std::string& example() {
  static const std::string text = [] {
    const std::string page = read_file(MLCORE_SOURCE_DIR "/docs/model_json.md");
    const std::size_t begin = page.find("```json\n") + 8;
    return page.substr(begin, page.find("```", begin) - begin);
  }();
  return text;
}

std::string replaced(std::string text, std::string_view from, std::string_view to) {
  const std::size_t at = text.find(from);
  REQUIRE(at != text.npos);
  return text.replace(at, from.size(), to);
}

/// A model of stumps: `contract` are members of "trees", `trees` its elements.
std::string model_of(std::string_view contract, std::string_view trees, int outputs = 1) {
  return fmt::format(
      R"({{"format":"mlcore-model","version":1,"framework":"f","framework_version":"1",)"
      R"("objective":"o","task":"regression","feature_count":1,"outputs":{},"fidelity":"exact",)"
      R"("trees":{{{},"trees":[{}]}},"link":{{"kind":"identity"}}}})",
      outputs, contract, trees);
}

/// Left 1, right 2; a missing value goes right.
std::string stump(std::string_view threshold, std::string_view more = "") {
  return fmt::format(
      R"({{"output":0,"left":[1,-1,-1],"right":[2,-1,-1],"feature":[0,-1,-1],)"
      R"("threshold":[{},0,0],"missing_left":[false,false,false],"value":[0,1,2]{}}})",
      threshold, more);
}

constexpr std::string_view kWide =
    R"("input":"float64","sum":"float64","comparison":"<=","start":"base","base":[0],"finish":"none")";
constexpr std::string_view kNarrow =
    R"("input":"float32","sum":"float32","comparison":"<","start":"base","base":[0],"finish":"none")";

double margin_of(const TreeEnsemble& model, std::vector<double> features) {
  double margin = 0;
  reference_margins(model, features, {&margin, 1});
  return margin;
}

TreeEnsemble trees_of(std::string_view text) { return *import_model_json(text).model.trees(); }

Error refusal_of(std::string_view text) {
  return test::error_of([text] { static_cast<void>(import_model_json(text)); });
}

}  // namespace

TEST_CASE("model json: the example of its page is read, and does what the page says") {
  const ModelDocument document = import_model_json(example());
  const TreeEnsemble& model = *document.model.trees();
  CHECK(model.task == Task::regression);
  CHECK(model.decision == Decision::none);
  CHECK(document.fidelity == "exact");
  CHECK(model.classes.empty());
  CHECK(model.framework == "by hand");
  CHECK(model.objective == "squared error");
  CHECK(model.feature_names == std::vector<std::string>{"age", "plan"});
  CHECK(model.round_begin == std::vector<std::uint32_t>{0, 1});
  CHECK(model.node_id == std::vector<std::uint32_t>{0, 1, 2, 3, 4});
  const struct {
    double age;
    double plan;
    double margin;
  } rows[] = {{0.5, 1, 0.375},
              {kNan, kNan, 0.375},
              {0.50000000000000011, 1, 2.125},
              {1, 4.9, 2.125},
              {1, 2, -0.875},
              {1, -1, -0.875},
              {1, kNan, 2.125},
              {kInfinity, 1e300, -0.875}};
  for (const auto& row : rows) {
    CAPTURE(row.age);
    CAPTURE(row.plan);
    CHECK(margin_of(model, {row.age, row.plan}) == row.margin);
  }
}

TEST_CASE("model json: members and nodes stand in any order") {
  const TreeEnsemble expected = trees_of(example());
  const std::string link = R"("link": {"kind": "identity"})";
  std::string text = replaced(example(), ",\n " + link, "");
  text = replaced(text, "{\"format\"", "{" + link + ",\"format\"");
  text = replaced(text, R"("input": "float64", )", "");
  text = replaced(text, R"("value": [0, 0.25, 0, -1, 2]}])",
                  R"("value": [0, 0.25, 0, -1, 2]}], "input": "float64")");
  CHECK(trees_of(text) == expected);
  // Nodes 1 and 4 change places, and 2 and 3.
  text = replaced(example(), "[1, -1, 3, -1, -1]", "[4, -1, -1, 2, -1]");
  text = replaced(text, "[2, -1, 4, -1, -1]", "[3, -1, -1, 1, -1]");
  text = replaced(text, "[0, -1, 1, -1, -1]", "[0, -1, -1, 1, -1]");
  text = replaced(text, "[-1, -1, 0, -1, -1]", "[-1, -1, -1, 0, -1]");
  text = replaced(text, "[0, 0.25, 0, -1, 2]", "[0, 2, -1, 0, 0.25]");
  TreeEnsemble model = trees_of(text);
  CHECK(model.node_id == std::vector<std::uint32_t>{0, 4, 3, 2, 1});
  model.node_id = expected.node_id;
  CHECK(model == expected);
}

TEST_CASE("model json: comparisons that the engine has not are rewritten exactly") {
  const struct {
    std::string_view contract;
    std::string_view comparison;
    std::string_view threshold;
    double left;   // the largest value that goes left
    double right;  // the next one
  } rows[] = {
      {kWide, "<=", "0.1", 0.1, std::nextafter(0.1, 1)},
      {kWide, "<", "0.1", std::nextafter(0.1, 0), 0.1},
      {kWide, "<", "0", -5e-324, 0},
      {kWide, "<", "\"inf\"", 1.7976931348623157e308, kInfinity},
      {kWide, "<=", "\"-inf\"", -kInfinity, -1.7976931348623157e308},
      {kNarrow, "<", "0.5", std::nextafter(0.5f, 0.0f), 0.5},
      {kNarrow, "<=", "0.5", 0.5, std::nextafter(0.5f, 1.0f)},
      {kNarrow, "<=", "0", 0, std::numeric_limits<float>::denorm_min()},
      {kNarrow, "<=", "\"-inf\"", -kInfinity, std::numeric_limits<float>::lowest()},
  };
  for (const auto& row : rows) {
    CAPTURE(row.threshold);
    CAPTURE(row.comparison);
    const bool is_less = row.contract == kNarrow;
    const std::string contract = replaced(std::string(row.contract), is_less ? "\"<\"" : "\"<=\"",
                                          fmt::format("\"{}\"", row.comparison));
    const TreeEnsemble model = trees_of(model_of(contract, stump(row.threshold)));
    CHECK(margin_of(model, {row.left}) == 1);
    CHECK(margin_of(model, {row.right}) == 2);
    CHECK(margin_of(model, {kNan}) == 2);
  }
  const std::string less = replaced(std::string(kWide), "\"<=\"", "\"<\"");
  CHECK(refusal_of(model_of(less, stump("\"-inf\""))).message() ==
        "model JSON: trees.trees[0].threshold[0]: -inf with the comparison <");
}

TEST_CASE("model json: a set may go left, and what it says of missing values stays") {
  const std::string contract = std::string(kWide) + R"(,"sets":[[1,3]])";
  for (const bool is_left : {false, true}) {
    CAPTURE(is_left);
    const std::string more =
        fmt::format(R"(,"set":[0,-1,-1],"set_goes":"{}")", is_left ? "left" : "right");
    const TreeEnsemble model = trees_of(model_of(contract, stump("0", more)));
    const double in = is_left ? 1 : 2;
    for (const double member : {1.0, 3.0, 3.9}) CHECK(margin_of(model, {member}) == in);
    for (const double other : {0.0, 2.0, -1.0, 4e9}) CHECK(margin_of(model, {other}) == 3 - in);
    CHECK(margin_of(model, {kNan}) == 2);
  }
}

TEST_CASE("model json: vector leaves make a tree of each output, rounds count the text's trees") {
  const std::string contract =
      R"("input":"float32","sum":"float64","comparison":"<=","start":"base","base":[0,-0.0],)"
      R"("finish":"mean","rounds":[0,1,2])";
  const std::string leaf = R"("left":[-1],"right":[-1],"feature":[-1],"threshold":[0],)"
                           R"("missing_left":[false],)";
  const std::string trees =
      "{" + leaf + R"("values":[[0.5,-0.0]]},{)" + leaf + R"("values":[[0.25,-0.0]]})";
  const TreeEnsemble model = trees_of(model_of(contract, trees, 2));
  CHECK(model.tree_output == std::vector<std::uint32_t>{0, 1, 0, 1});
  CHECK(model.round_begin == std::vector<std::uint32_t>{0, 2, 4});
  double margins[2] = {0, 0};
  const double features[] = {0};
  reference_margins(model, features, margins);
  CHECK(margins[0] == 0.375);
  CHECK(std::bit_cast<std::uint64_t>(margins[1]) == std::bit_cast<std::uint64_t>(-0.0));
  CHECK(refusal_of(model_of(contract, trees, 3)).message() ==
        "model JSON: trees.base: 2 elements for 3 outputs");
  CHECK(refusal_of(model_of(replaced(contract, "[0,-0.0]", "[0]"), trees, 1)).message() ==
        "model JSON: trees.trees[0].values[0]: 2 values for 1 outputs");
}

TEST_CASE("model json: sums start, scale and end as the text says") {
  const std::string contract =
      R"("input":"float32","sum":"float64","comparison":"<=","start":"zero","base":[0.125],)"
      R"("finish":"scale","scale":4)";
  const TreeEnsemble model = trees_of(model_of(contract, stump("0")));
  CHECK(margin_of(model, {0}) == 1 * 4 + 0.125);
  CHECK(model.round_begin.empty());
  CHECK(model.node_id.empty());  // without rounds nothing asks for them
}

TEST_CASE("model json: every prefix and every byte after the end is refused") {
  for (std::size_t size = 0; size + 2 < example().size(); ++size) {
    CAPTURE(size);
    REQUIRE(refusal_of(std::string_view(example()).substr(0, size)).reason() ==
            Reason::malformed_model);
  }
  CHECK(refusal_of(example() + "{}").reason() == Reason::malformed_model);
  CHECK(refusal_of(example() + '\0').reason() == Reason::malformed_model);
  CHECK(refusal_of(example() + "\n \t").reason() == Reason::none);
}
