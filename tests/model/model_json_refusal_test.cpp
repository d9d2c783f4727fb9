// SPDX-License-Identifier: Apache-2.0
// What the model JSON's reader refuses, and the places that it names.
#include <doctest/doctest.h>

#include <string>

#include "mlcore/base/error.hpp"
#include "mlcore/model/model_json.hpp"

using namespace mlcore;

namespace {

constexpr std::string_view kModel =
    R"({"format":"mlcore-model","version":1,"framework":"f","framework_version":"1",)"
    R"("objective":"o","task":"regression","features":["a","b"],"outputs":1,"fidelity":"exact",)"
    R"("trees":{"input":"float64","sum":"float64","comparison":"<=","start":"base","base":[0.5],)"
    R"("finish":"none","rounds":[0,2],"sets":[[1,4]],"trees":[{"output":0,"left":[-1],)"
    R"("right":[-1],"feature":[-1],"threshold":[0],"missing_left":[false],"value":[1]},{"output":0,)"
    R"("left":[1,-1,3,-1,-1],"right":[2,-1,4,-1,-1],"feature":[0,-1,1,-1,-1],)"
    R"("threshold":[0.5,0,0,0,0],"missing_left":[true,false,false,false,false],)"
    R"("set":[-1,-1,0,-1,-1],"value":[0,0.25,0,-1,2]}]},"link":{"kind":"identity"}})";

std::string model_with(std::string_view from, std::string_view to) {
  std::string text(kModel);
  const std::size_t at = text.find(from);
  REQUIRE(at != text.npos);
  return text.replace(at, from.size(), to);
}

Error refusal_of(std::string_view text) {
  try {
    static_cast<void>(import_model_json(text));
  } catch (const Error& error) {
    return error;
  }
  return Error(Code::ok, Reason::none, "accepted");
}

struct Row {
  std::string_view from;
  std::string_view to;
  Reason reason;
  std::string_view message;
};

void check(const Row& row) {
  const Error refusal = refusal_of(model_with(row.from, row.to));
  CAPTURE(row.to);
  CAPTURE(refusal.message());
  CHECK(refusal.reason() == row.reason);
  CHECK(refusal.message().find(row.message) != std::string::npos);
}

constexpr Reason kMalformed = Reason::malformed_model;
constexpr Reason kUnsupported = Reason::unsupported_model;
constexpr Reason kTree = Reason::invalid_tree;

}  // namespace

TEST_CASE("model json: a document that is not of the page is refused, the place named") {
  REQUIRE(refusal_of(kModel).reason() == Reason::none);
  const Row rows[] = {
      {"mlcore-model", "onnx", kMalformed, "model JSON: format: expected \"mlcore-model\""},
      {"\"version\":1", "\"version\":2", kUnsupported, "version: 2; 1 is read"},
      {"\"version\":1,", "", kMalformed, "model JSON: no member \"version\""},
      {"\"version\":1", "\"version\":1.0", kMalformed, "version: JSON line 1"},
      {"\"version\":1", "\"version\":true", kMalformed, "version: JSON line 1"},
      {"\"task\":\"regression\",", "\"task\":\"regression\",\"task\":\"ranking\",", kMalformed,
       "\"task\" is given twice"},
      {"regression", "guessing", kMalformed, "task: expected one of classification, regression"},
      {"\"outputs\":1", "\"outputs\":0", kMalformed, "outputs: 0 is not in 1 to 65536"},
      {"\"outputs\":1", "\"outputs\":1,\"surprise\":0", kMalformed, "surprise: an unknown member"},
      {"\"outputs\":1", "\"outputs\":1,\"feature_count\":2", kMalformed, "either features"},
      {"\"features\":[\"a\",\"b\"],", "", kMalformed, "either features"},
      {"[\"a\",\"b\"]", "[\"a\",\"a\"]", kMalformed, "features: \"a\" is given twice"},
      {"[\"a\",\"b\"]", "[\"a\",1]", kMalformed, "features[1]: JSON line 1"},
      {"\"outputs\":1", "\"outputs\":1,\"classes\":[\"x\"]", kMalformed, "classes: only"},
      {"\"regression\"", "\"classification\",\"classes\":[\"x\",\"y\",\"z\"]", kMalformed,
       "classes: 3 classes for 1 outputs"},
      {"\"outputs\":1", "\"outputs\":1,\"decision\":\"margin\"", kMalformed, "decision: only"},
      {"\"outputs\":1", "\"outputs\":1,\"decision\":\"coin\"", kMalformed,
       "decision: expected one of none, prediction"},
      {"\"outputs\":1", "\"outputs\":1,\"feature_types\":[\"f32\"]", kMalformed,
       "feature_types[0]: expected one of number, integer"},
      {"\"outputs\":1", "\"outputs\":1,\"feature_types\":[\"number\"]", Reason::invalid_tree,
       "1 feature types for 2 features"},
      {"\"exact\"", "\"bounded\"", kMalformed, "bound: "},
      {"\"exact\"", "\"exact\",\"bound\":\"1 ulp\"", kMalformed, "bound: "},
      {"\"identity\"", "\"magic\"", kMalformed, "link.kind: expected one of identity"},
      {"\"identity\"", "\"identity\",\"scale\":2", kMalformed, "link: only"},
      {"\"identity\"", "\"logistic\",\"scale\":-1", kMalformed, "link.scale: not above 0"},
  };
  for (const Row& row : rows) check(row);
}

TEST_CASE("model json: a contract that no engine has is refused, the place named") {
  const Row rows[] = {
      {"\"sum\":\"float64\"", "\"sum\":\"float32\"", kUnsupported, "trees.input: float64, where"},
      {"\"input\":\"float64\"", "\"input\":\"float16\"", kMalformed, "trees.input: expected one"},
      {"\"comparison\":\"<=\"", "\"comparison\":\">\"", kMalformed, "trees.comparison: expected"},
      {"\"comparison\":\"<=\",", "", kMalformed, "trees: no member \"comparison\""},
      {"\"finish\":\"none\"", "\"finish\":\"scale\"", kMalformed, "trees.scale: "},
      {"\"finish\":\"none\"", "\"finish\":\"scale\",\"scale\":2", kUnsupported, "trees.start: "},
      {"\"finish\":\"none\"", "\"finish\":\"none\",\"scale\":2", kMalformed, "trees.scale: "},
      {"\"none\",\"rounds\":[0,2]", "\"mean\"", kMalformed, "trees.rounds: none"},
      {"\"rounds\":[0,2]", "\"rounds\":[0,1]", kMalformed, "does not rise from 0 to 2 trees"},
      {"\"rounds\":[0,2]", "\"rounds\":[0,2,1,2]", kMalformed, "does not rise"},
      {"\"rounds\":[0,2]", "\"rounds\":[]", kMalformed, "does not rise"},
      {"\"base\":[0.5]", "\"base\":[0.5,1]", kMalformed, "trees.base: 2 elements for 1 outputs"},
      {"\"base\":[0.5]", "\"base\":[1e400]", kMalformed, "trees.base[0]: JSON line 1"},
      {"[[1,4]]", "[[4,1]]", kMalformed, "trees.sets[0][1]: members do not ascend"},
      {"[[1,4]]", "[[1,16777216]]", kMalformed, "trees.sets[0][1]: 16777216 is not in 0 to"},
      {"[[1,4]]", "[]", kTree, "trees.trees[1].set[2]: set 0 of 0"},
      {"\"input\":\"float64\",\"sum\":\"float64\"", "\"input\":\"float32\",\"sum\":\"float32\"",
       Reason::none, "accepted"},
  };
  for (const Row& row : rows) check(row);
  // 0.1 is a double, and no float32.
  std::string narrow = model_with("0.25", "0.1");
  for (int i = 0; i < 2; ++i) narrow.replace(narrow.find("float64"), 7, "float32");
  CHECK(refusal_of(narrow).message() ==
        "model JSON: trees.trees[1].value[1]: 0.1 is not a float32");
}

TEST_CASE("model json: a broken tree is refused, the place named") {
  const Row rows[] = {
      {"\"left\":[1,-1,3", "\"left\":[1,-1,0", kTree,
       "model JSON: trees.trees[1].left[2]: node 0 has two parents"},
      {"\"left\":[1,-1,3", "\"left\":[1,-1,2", kTree, "left[2]: node 2 has two parents"},
      {"\"right\":[2,-1,4", "\"right\":[2,-1,3", kTree, "right[2]: node 3 has two parents"},
      {"\"right\":[2,-1,4", "\"right\":[2,-1,5", kTree, "right[2]: child 5 of 5 nodes"},
      {"\"right\":[2,-1,4", "\"right\":[2,-1,-1", kTree, "right[2]: child -1 of 5 nodes"},
      {"\"right\":[2,-1,4", "\"right\":[2,-1,-2", kMalformed, "right[2]: -2 is not in -1 to"},
      {"\"right\":[2,-1,4", "\"right\":[2,-1,4294967297", kMalformed, "is not in -1 to"},
      {"\"right\":[2,-1,4", "\"right\":[2,-1,4.5", kMalformed, "right[2]: JSON line 1"},
      {"\"right\":[2,-1,4", "\"right\":[2,-1,\"4\"", kMalformed, "right[2]: JSON line 1"},
      {"[2,-1,4,-1,-1]", "[2,-1,4,-1]", kMalformed,
       "model JSON: trees.trees[1]: right has 4 elements, left has 5"},
      {"[-1,-1,0,-1,-1]", "[-1,-1,0,-1]", kMalformed, "set has 4 elements"},
      {"[0,-1,1,-1,-1]", "[0,-1,2,-1,-1]", kTree, "trees.trees[1].feature[2]: feature 2 of 2"},
      {"[0,-1,1,-1,-1]", "[0,-1,-1,-1,-1]", kTree, "feature[2]: -1, which only a leaf has"},
      {"[0,-1,1,-1,-1]", "[0,-1,1,0,-1]", kTree, "feature[3]: a leaf's is -1"},
      {"[0.5,0,0,0,0]", "[NaN,0,0,0,0]", kMalformed, "threshold[0]: JSON line 1"},
      {"[0.5,0,0,0,0]", "[\"nan\",0,0,0,0]", kMalformed, "threshold[0]: expected one of inf, -inf"},
      {"[0.5,0,0,0,0]", "[1e999,0,0,0,0]", kMalformed, "threshold[0]: JSON line 1"},
      {"[0.5,0,0,0,0]", "[0.5,0,0,0,7]", kTree, "threshold[4]: a leaf's is 0"},
      {"[0.5,0,0,0,0]", "[0.5,0,7,0,0]", kTree, "threshold[2]: a node with a set has 0"},
      {"[true,false,", "[1,false,", kMalformed, "missing_left[0]: JSON line 1"},
      {"[true,false,", "[true,true,", kTree, "missing_left[1]: a leaf's is false"},
      {"[-1,-1,0,-1,-1]", "[-1,0,0,-1,-1]", kTree, "set[1]: a leaf's is -1"},
      {"[-1,-1,0,-1,-1]", "[-1,-1,1,-1,-1]", kTree, "set[2]: set 1 of 1"},
      {"[0,0.25,0,-1,2]", "[0,0.25,0,-1,\"inf\"]", kMalformed, "value[4]: JSON line 1"},
      {"[0,0.25,0,-1,2]", "[0,0.25,0,-1,Infinity]", kMalformed, "value[4]: JSON line 1"},
      {"[0,0.25,0,-1,2]", "[0,0.25,0,-1,-1.7e308]", kTree, "output 0: leaves whose sum could"},
      {"[0,0.25,0,-1,2]", "[0,0.25,3,-1,2]", kTree, "value[2]: a node with children has 0"},
      {"[0,0.25,0,-1,2]", "[0,0.25,0,-1,2],\"values\":[[0]]", kMalformed, "values: a second list"},
      {"[0,0.25,0,-1,2]", "[[0],[1],[0],[1],[2]]", kMalformed, "value[0]: JSON line 1"},
      {"{\"output\":0,\"left\":[-1]", "{\"left\":[-1]", kMalformed,
       "trees.trees[0]: a tree has an"},
      {"{\"output\":0,\"left\":[-1]", "{\"output\":1,\"left\":[-1]", kMalformed,
       "trees.trees[0].output: output 1 of 1"},
      {"\"value\":[1]", "\"values\":[[1]]", kMalformed, "trees.trees[0]: a tree has an output"},
      {"\"value\":[1]", "\"value\":[1],\"value\":[1]", kMalformed, "a second list of values"},
      {"\"value\":[1]", "\"value\":[1],\"depth\":1", kMalformed,
       "trees.trees[0].depth: an unknown member"},
      {"\"value\":[1]", "\"value\":[1],\"set_goes\":\"up\"", kMalformed, "set_goes: expected one"},
      {"\"left\":[-1]", "\"left\":[]", kMalformed, "trees.trees[0]: no nodes"},
      {"\"left\":[-1]", "\"left\":[1]", kTree, "trees.trees[0].feature[0]: -1, which only"},
      {"\"left\":[-1],", "", kMalformed, "trees.trees[0]: no member \"left\""},
      {"\"left\":[-1]", "\"left\":[-1],\"left\":[-1]", kMalformed,
       "trees.trees[0]: JSON line 1, column 334: \"left\" is given twice"},
      {"\"left\":[-1]", "\"left\":[[[[[[[-1]]]]]]]", kMalformed, "trees.trees[0].left[0]: JSON"},
  };
  for (const Row& row : rows) check(row);
}

TEST_CASE("model json: nodes that no root reaches, and chains that are too deep") {
  // Nodes 3 and 4 are each other's parents.
  const Error lost = refusal_of(model_with("\"left\":[1,-1,3,-1,-1],\"right\":[2,-1,4,-1,-1]",
                                           "\"left\":[1,-1,-1,4,3],\"right\":[2,-1,-1,4,3]"));
  CHECK(lost.reason() == kTree);
  std::string left = "[";
  std::string right = "[";
  std::string feature = "[";
  std::string zeros = "[";
  std::string missing = "[";
  const auto add = [&](const std::string& l, const std::string& r, const char* f) {
    const char* comma = left.size() > 1 ? "," : "";
    left += comma + l;
    right += comma + r;
    feature += std::string(comma) + f;
    zeros += std::string(comma) + "0";
    missing += std::string(comma) + "false";
  };
  constexpr int kDepth = 4097;
  for (int i = 0; i < kDepth; ++i) {
    add(std::to_string(2 * i + 1), std::to_string(2 * i + 2), "0");
    add("-1", "-1", "-1");
  }
  add("-1", "-1", "-1");
  const std::string chain = "{\"output\":0,\"left\":" + left + "],\"right\":" + right +
                            "],\"feature\":" + feature + "],\"threshold\":" + zeros +
                            "],\"missing_left\":" + missing + "],\"value\":" + zeros + "]},";
  const Error deep = refusal_of(model_with("\"rounds\":[0,2]", "\"rounds\":[0,3]")
                                    .insert(kModel.find("{\"output\":0"), chain));
  CHECK(deep.reason() == kTree);
  CHECK(deep.message().find("deeper than 4096") != std::string::npos);
}

TEST_CASE(
    "model json: nesting bombs and other files are refused, and named where they can be told") {
  const struct {
    std::string content;
    std::string_view message;
  } rows[] = {
      {"", "found an empty file"},
      {" \n", "found no JSON object"},
      {"\x80\x04\x95\x10", "found a Python pickle"},
      {"PK\x03\x04", "found a zip archive"},
      {"\x1F\x8B\x08", "found gzip data"},
      {"binf\x01", "found XGBoost's old binary format"},
      {"tree\nversion=v4\n", "found a LightGBM text model"},
      {"[]", "found no JSON object"},
      {"{\n  \"features_info\":\n    {", "found a CatBoost model"},
      {"{\"features\": [\"features_info\"", "JSON line 1"},
      {R"({"learner":{}})", "learner: an unknown member"},
      {R"({"trees":)" + std::string(1'000'000, '['), "trees: JSON line 1, column 10"},
      {R"({"features":)" + std::string(1'000'000, '['), "features[0]: JSON line 1, column 14"},
      {"{\"" + std::string(100'000, 'x') + "\":1}", "an unknown member"},
  };
  for (const auto& row : rows) {
    CAPTURE(row.message);
    const Error refusal = refusal_of(row.content);
    CAPTURE(refusal.message());
    CHECK(refusal.reason() == Reason::malformed_model);
    CHECK(refusal.message().size() < 200);
    CHECK(refusal.message().find(row.message) != std::string::npos);
  }
}
