// SPDX-License-Identifier: Apache-2.0
// What the importers take of the heap, for texts made to take much.
#include <doctest/doctest.h>
#include <fmt/format.h>

#include <functional>
#include <span>
#include <string>

#include "heap_peak.hpp"
#include "mlcore/base/error.hpp"
#include "mlcore/model/lightgbm.hpp"
#include "mlcore/model/model_json.hpp"
#include "mlcore/model/xgboost.hpp"
#include "mlcore/predict/tree_inputs.hpp"

using namespace mlcore;

namespace {

constexpr std::size_t kMiB = std::size_t{1} << 20;
constexpr std::size_t kSize = 8 * kMiB;

std::string repeated(std::string_view text, std::size_t size) {
  std::string result;
  result.reserve(size + text.size());
  while (result.size() < size) result += text;
  result.pop_back();  // the last comma
  return result;
}

std::string with_tree_info(const std::string& elements) {
  return R"({"learner":{"gradient_booster":{"model":{"tree_info":[)" + elements + "]}}}}";
}

std::string tree_text(std::size_t id, std::size_t nodes, const std::function<long(long)>& left_of,
                      const std::function<long(long)>& parent_of) {
  std::string left;
  std::string right;
  std::string parents;
  std::string zeros;
  const auto count = static_cast<long>(nodes);
  for (long node = 0; node < count; ++node) {
    const char* comma = node + 1 < count ? "," : "";
    const long child = left_of(node);
    left += fmt::format("{}{}", child, comma);
    right += fmt::format("{}{}", child < 0 ? -1 : child + 1, comma);
    parents += fmt::format("{}{}", parent_of(node), comma);
    zeros += fmt::format("0{}", comma);
  }
  return fmt::format(R"({{"id":{},"left_children":[{}],"right_children":[{}],"parents":[{}],)"
                     R"("split_indices":[{}],"split_conditions":[{}],"default_left":[{}],)"
                     R"("tree_param":{{"num_nodes":"{}","size_leaf_vector":"0"}}}})",
                     id, left, right, parents, zeros, zeros, zeros, nodes);
}

std::string model_text(const std::string& trees, std::size_t count) {
  return fmt::format(
      R"({{"learner":{{"gradient_booster":{{"name":"gbtree","model":{{"gbtree_model_param":)"
      R"({{"num_trees":"{}"}},"tree_info":[{}],"trees":[{}]}}}},"learner_model_param":)"
      R"({{"base_score":"5E-1","num_feature":"1"}},"objective":{{"name":"reg:squarederror"}}}},)"
      R"("version":[1,7,4]}})",
      count, repeated("0,", 2 * count), trees);
}

/// Nodes in levels, all but the last of them full.
std::string complete_tree(std::size_t id, std::size_t nodes) {
  const auto count = static_cast<long>(nodes);
  return tree_text(
      id, nodes, [count](long node) { return 2 * node + 2 < count ? 2 * node + 1 : -1; },
      [](long node) { return node == 0 ? 2147483647 : (node - 1) / 2; });
}

std::string numbered_names(std::size_t count) {
  std::string result = R"({"learner":{"attributes":{)";
  for (std::size_t i = 0; i < count; ++i) result += fmt::format("\"{:x}\":0,", i);
  result.back() = '}';
  return result + "}}";
}

std::string big_endian(std::uint64_t value, std::size_t size) {
  std::string bytes;
  for (std::size_t i = size; i > 0; --i) bytes += static_cast<char>(value >> 8 * (i - 1));
  return bytes;
}

std::string ubjson_name(std::string_view name) {
  return "L" + big_endian(name.size(), 8) + std::string(name);
}

/// An UBJSON model as far as a tree_info of `type` that claims `count` elements.
std::string ubjson_array(const std::string& header, std::size_t count, std::size_t bytes) {
  std::string text;
  for (const char* name : {"learner", "gradient_booster", "model"}) text += "{" + ubjson_name(name);
  return text + "{" + ubjson_name("tree_info") + header + "#L" + big_endian(count, 8) +
         std::string(bytes, 'i');
}

/// One leaf row of many values, which many leaves point to.
std::string shared_leaf_rows(std::size_t nodes, std::size_t width) {
  std::string tree = complete_tree(0, nodes);
  const std::size_t right = tree.find("\"right_children\":[") + 18;
  for (std::size_t at = right; tree[at] != ']'; ++at) {
    if (tree[at] == '-') tree.replace(at, 2, "0");
  }
  tree.replace(tree.find("\"size_leaf_vector\":\"0\""), 22,
               fmt::format("\"size_leaf_vector\":\"{}\"", width));
  tree.insert(1, "\"leaf_weights\":[" + repeated("0,", 2 * width) + "],");
  return model_text(tree, 1);
}

struct Import {
  std::size_t peak = 0;
  bool is_accepted = false;
};

template <typename Importer>
Import measured(Importer import, const std::string& text) {
  Import result;
  const std::size_t before = live_bytes;
  peak_bytes = before;
  try {
    static_cast<void>(import(text));
    result.is_accepted = true;
  } catch (const Error&) {
    result.is_accepted = false;
  }
  result.peak = peak_bytes - before;
  return result;
}

struct Text {
  std::string_view name;
  std::string text;
  bool is_accepted;
  std::size_t fixed = kMiB;
};

/// At most `times` the text, and the fixed part.
template <typename Importer>
void check_peaks(std::span<const Text> texts, Importer import, std::size_t times) {
  for (const Text& each : texts) {
    CAPTURE(std::string(each.name));
    const Import found = measured(import, each.text);
    CAPTURE(each.text.size());
    CHECK(found.is_accepted == each.is_accepted);
    CHECK(found.peak > 0);  // the counter works
    CHECK(found.peak <= times * each.text.size() + each.fixed);
  }
}

}  // namespace

TEST_CASE("xgboost: the heap stays within 3 times the text, and a fixed part") {
  const std::string trees = [] {
    std::string result;
    for (std::size_t id = 0; id < 20'000; ++id) result += complete_tree(id, 1) + ",";
    result.pop_back();
    return result;
  }();
  const std::string sixth = repeated("1,", kSize / 6);
  const Text texts[] = {
      {"one large tree", model_text(complete_tree(0, (1 << 18) - 1), 1), true, kMiB},
      // 17 bytes a node of a copy, in vectors that grow, are held to the text and 16 MiB.
      {"a leaf row of many values", shared_leaf_rows(1001, 60'000), false, 80 * kMiB},
      {"UBJSON: more elements than bytes", ubjson_array("[$i", kSize + 1, kSize), false, kMiB},
      {"UBJSON: as many elements as bytes", ubjson_array("[$i", kSize, kSize), false, 40 * kMiB},
      {"UBJSON: elements with a marker each", ubjson_array("[", kSize, kSize), false, 16 * kMiB},
      {"many lone leaves", model_text(trees, 20'000), true, kMiB},
      {"numbers for tree_info", with_tree_info(repeated("0,", kSize)), false, kMiB},
      {"commas for tree_info", with_tree_info(repeated(",", kSize)), false, kMiB},
      {"an open array", with_tree_info(repeated("0,", kSize)).substr(0, kSize), false, kMiB},
      {"arrays of one tree",
       fmt::format(
           R"({{"learner":{{"gradient_booster":{{"model":{{"trees":[{{)"
           R"("left_children":[{0}],"right_children":[{0}],"parents":[{0}],)"
           R"("split_indices":[{0}],"split_type":[{0}],"split_conditions":[{0}]}}]}}}}}}}})",
           sixth),
       false, kMiB},
      // Names are 32 bytes each, at most 2^20 of them, and the vector grows.
      {"empty feature names", R"({"learner":{"feature_names":[)" + repeated("\"\",", kSize) + "]}}",
       false, 56 * kMiB},
      {"members", numbered_names(1'000'000), false, 12 * kMiB},
      {"a long name", "{\"" + std::string(kSize, 'x') + "\":0}", false, kMiB},
      {"a long objective",
       R"({"learner":{"objective":{"name":")" + std::string(kSize, 'x') + R"("}}})", false, kMiB},
      {"a long name of escapes", "{\"" + repeated("\\n", kSize) + "n\":0}", false, kMiB},
      {"base scores",
       R"({"learner":{"learner_model_param":{"base_score":"[)" + repeated("1,", kSize) + "]\"}}}",
       false, kMiB},
      {"brackets", R"({"learner":{"attributes":)" + std::string(kSize, '['), false, kMiB},
  };
  check_peaks(
      texts, [](const std::string& text) { return import_xgboost(text); }, 3);
}

namespace {

std::string lightgbm_text(std::string_view header, const std::string& trees) {
  return fmt::format(
      "tree\nversion=v4\nnum_class=1\nnum_tree_per_iteration=1\nmax_feature_idx=0\n{}\n\n{}"
      "end of trees\n",
      header, trees);
}

std::string model_json_text(std::string_view members, std::string_view trees,
                            std::size_t outputs = 1) {
  return fmt::format(
      R"({{"format":"mlcore-model","version":1,"framework":"f","framework_version":"1",)"
      R"("objective":"o","task":"regression","feature_count":1,"outputs":{},"fidelity":"exact",)"
      R"("trees":{{"input":"float64","sum":"float64","comparison":"<=","start":"base",)"
      R"("base":[{}],"finish":"none"{},"trees":[{}]}},"link":{{"kind":"identity"}}}})",
      outputs, repeated("0,", 2 * outputs), members, trees);
}

std::string many(std::size_t count, const std::function<std::string(std::size_t)>& make) {
  std::string result;
  for (std::size_t i = 0; i < count; ++i) result += make(i);
  return result;
}

/// A root of two leaves, each of them with a value of each output.
std::string wide_leaves(std::size_t outputs) {
  const std::string row = "[" + repeated("0,", 2 * outputs) + "]";
  return R"({"left":[1,-1,-1],"right":[2,-1,-1],"feature":[0,-1,-1],"threshold":[0,0,0],)"
         R"("missing_left":[true,false,false],"values":[)" +
         row + "," + row + "," + row + "]}";
}

std::string stump_of_set(std::size_t set) {
  return fmt::format(R"({{"output":0,"left":[1,-1,-1],"right":[2,-1,-1],"feature":[0,-1,-1],)"
                     R"("threshold":[0,0,0],"missing_left":[true,false,false],"set":[{},-1,-1],)"
                     R"("value":[0,1,2]}},)",
                     set);
}

}  // namespace

TEST_CASE("xgboost gblinear: the heap stays within 4 times the text, and a fixed part") {
  const auto model = [](std::size_t features) {
    return fmt::format(
        R"({{"learner":{{"gradient_booster":{{"name":"gblinear","model":{{"weights":[{}]}}}},)"
        R"("learner_model_param":{{"base_score":"5E-1","num_feature":"{}"}},)"
        R"("objective":{{"name":"reg:squarederror"}}}},"version":[1,7,4]}})",
        repeated("0,", 2 * (features + 1)), features);
  };
  const Text texts[] = {
      {"many features", model(1 << 20), true},
      {"more features than there may be", model(1 << 22), false},
  };
  check_peaks(
      texts, [](const std::string& text) { return import_xgboost(text); }, 4);
}

TEST_CASE("lightgbm: the heap stays within 16 times the text, and a fixed part") {
  const auto lone = [](std::size_t tree) {
    return fmt::format("Tree={}\nnum_leaves=1\nnum_cat=0\nleaf_value=1\n\n", tree);
  };
  const std::string words = repeated("4294967295 ", kSize);
  const std::size_t word_count = kSize / 11 + 1;
  const Text texts[] = {
      {"many lone leaves", lightgbm_text("", many(200'000, lone)), true, kMiB},
      {"empty feature names", lightgbm_text("feature_names=" + std::string(kSize, ' '), ""), false,
       64 * kMiB},
      {"header keys", lightgbm_text(repeated("\n", kSize), ""), true, kMiB},
      {"a long key", lightgbm_text(std::string(kSize, 'x'), ""), false, kMiB},
      {"numbers of a tree",
       lightgbm_text("", "Tree=0\nnum_leaves=1\nsplit_feature=" + repeated("1 ", kSize) + "\n\n"),
       false, kMiB},
      {"terms of a linear leaf",
       lightgbm_text("", fmt::format("Tree=0\nnum_leaves=1\nnum_cat=0\nleaf_value=1\nis_linear=1\n"
                                     "leaf_const=1\nnum_features={0}\nleaf_features={1}\n"
                                     "leaf_coeff={1}\n\n",
                                     kSize / 4, repeated("0 ", kSize / 2))),
       true, kMiB},
      {"a set of all words",
       lightgbm_text("", fmt::format("Tree=0\nnum_leaves=2\nnum_cat=1\nsplit_feature=0\n"
                                     "threshold=0\ndecision_type=1\nleft_child=-1\n"
                                     "right_child=-2\nleaf_value=1 2\ncat_boundaries=0 {}\n"
                                     "cat_threshold={}\n\n",
                                     word_count, words)),
       false, 64 * kMiB},
  };
  check_peaks(
      texts, [](const std::string& text) { return import_lightgbm(text); }, 16);
}

TEST_CASE("model json: the heap stays within 32 times the text, and a fixed part") {
  const auto lone = [](std::size_t tree) {
    return fmt::format(R"({}{{"output":0,"left":[-1],"right":[-1],"feature":[-1],"threshold":[0],)"
                       R"("missing_left":[false],"value":[1]}})",
                       tree == 0 ? "" : ",", tree);
  };
  std::string sets = R"(,"sets":[)" + repeated("[],", kSize / 2) + "]";
  std::string stumps = many(40'000, stump_of_set);
  stumps.pop_back();
  const Text texts[] = {
      {"many lone leaves", model_json_text("", many(100'000, lone)), true},
      {"leaves of many values", model_json_text("", wide_leaves(65'536), 65'536), true},
      {"leaves of too many values", model_json_text("", wide_leaves(1'000'000), 1), false},
      {"empty sets", model_json_text(sets, stumps), true},
      {"open rows", model_json_text("", R"({"values":[)" + repeated("[0],", kSize)), false},
      {"one open array", model_json_text("", R"({"left":[)" + repeated("1,", kSize)), false},
      {"rounds", model_json_text(R"(,"rounds":[)" + repeated("0,", kSize) + "]", ""), true},
      {"feature names", R"({"features":[)" + repeated("\"\",", kSize) + "]}", false},
      {"feature names, one more than a vector has room for",
       R"({"features":[)" + repeated("\"\",", 3 * (kMiB / 2 + 1)) + "]}", false},
      {"class names", R"({"classes":[)" + repeated("\"\",", kSize) + "]}", false},
      {"a long objective", R"({"objective":")" + std::string(kSize, 'x') + R"("})", false},
      {"a long name", "{\"" + std::string(kSize, 'x') + "\":0}", false},
      {"brackets", R"({"trees":)" + std::string(kSize, '['), false},
  };
  check_peaks(
      texts, [](const std::string& text) { return import_model_json(text); }, 32);
}

TEST_CASE("tree inputs: a set that many features ask for is kept once") {
  constexpr std::uint32_t kFeatures = 1000;
  constexpr std::uint32_t kMembers = 131'064;
  std::string set;
  for (std::uint32_t i = 0; i < kMembers; ++i) set += fmt::format("{},", 128 * i);
  set.pop_back();
  std::string stumps = many(kFeatures, [](std::size_t) { return stump_of_set(0); });
  stumps.pop_back();
  TreeEnsemble model =
      *import_model_json(model_json_text(R"(,"sets":[[)" + set + "]]", stumps)).model.trees();
  model.feature_count = kFeatures;
  for (std::uint32_t tree = 0; tree < kFeatures; ++tree) {
    model.feature[model.tree_begin[tree]] = tree;
  }
  const std::size_t before = live_bytes;
  peak_bytes = before;
  const TreeInputs<double> inputs(model);
  CHECK(inputs.column_count() == 2 * kFeatures);
  CHECK(peak_bytes - before < 4 * kMiB);  // its bits take 2 MiB
}
