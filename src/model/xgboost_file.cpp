// SPDX-License-Identifier: Apache-2.0
// import_xgboost uses read_xgboost_file.
// Source: XGBoost 1.7.6 and 3.2.0 src/learner.cc, src/gbm/gbtree.cc, gbtree_model.cc and
// gblinear_model.cc.
#include "model/xgboost_file.hpp"

#include <fmt/format.h>

#include <limits>

#include "base/shown.hpp"
#include "mlcore/base/json.hpp"
#include "mlcore/base/number.hpp"
#include "model/xgboost_tree.hpp"

namespace mlcore {
namespace {

/// What a node takes in a TreeEnsemble.
constexpr std::size_t kNodeBytes = 17;
constexpr std::size_t kNodeSlack = std::size_t{16} << 20;

class FileReader {
 public:
  explicit FileReader(std::string_view bytes) : reader_(bytes), size_(bytes.size()) {}

  XgboostFile run();

 private:
  void read_version();
  void read_learner();
  void read_attributes();
  void read_names();
  void read_types();
  void read_booster();
  void read_nested_booster();
  void read_booster_model();
  void read_booster_parameters();
  void read_trees();
  void check_copies(const XgboostTree& tree) const;
  void read_tree_weights();
  void read_linear_weights();
  void read_categories();
  void read_learner_parameters();
  void read_base_scores();
  void read_objective();
  [[nodiscard]] std::vector<std::int32_t> integers();
  [[noreturn]] void unknown(std::string_view place, std::string_view name) const;

  XgboostReader reader_;
  std::size_t size_;
  XgboostFile file_;
  bool has_model_ = false;
};

void FileReader::unknown(std::string_view place, std::string_view name) const {
  fail_unsupported(fmt::format("{}: the unknown member {}", place, shown(name)));
}

XgboostFile FileReader::run() {
  file_.model.framework = "xgboost";
  file_.model.tree_begin.push_back(0);
  reader_.begin_object();
  while (const auto name = reader_.next_member()) {
    if (*name == "learner") {
      read_learner();
    } else if (*name == "version") {
      read_version();
    } else {
      unknown("top level", *name);
    }
  }
  reader_.finish();
  return std::move(file_);
}

std::vector<std::int32_t> FileReader::integers() {
  std::vector<std::int32_t> values;
  reader_.begin_array();
  values.reserve(reader_.element_bound());
  while (reader_.next_element()) {
    const std::int64_t value = reader_.i64();
    if (value < 0 || value > std::numeric_limits<std::int32_t>::max()) {
      reader_.fail("a number no index can be");
    }
    values.push_back(static_cast<std::int32_t>(value));
  }
  return values;
}

void FileReader::read_version() {
  file_.version = integers();
  if (file_.version.size() != 3) reader_.fail("expected a version of three numbers");
  const std::int32_t major = file_.version[0];
  const std::int32_t minor = file_.version[1];
  std::string& version = file_.model.framework_version;
  version = fmt::format("{}.{}.{}", major, minor, file_.version[2]);
  const bool is_known = (major == 1 && minor >= 7) || major == 2 || major == 3;
  if (!is_known) fail_unsupported(fmt::format("version {}; 1.7 to 3.x are read", version));
}

void FileReader::read_learner() {
  reader_.begin_object();
  while (const auto name = reader_.next_member()) {
    if (*name == "gradient_booster") {
      read_booster();
    } else if (*name == "learner_model_param") {
      read_learner_parameters();
    } else if (*name == "objective") {
      read_objective();
    } else if (*name == "feature_names") {
      read_names();
    } else if (*name == "attributes") {
      read_attributes();
    } else if (*name == "feature_types") {
      read_types();
    } else {
      unknown("learner", *name);
    }
  }
}

/// Free text of the user's, but for what early stopping leaves.
void FileReader::read_attributes() {
  reader_.begin_object();
  while (const auto name = reader_.next_member()) {
    if (*name == "best_iteration") {
      file_.best_iteration = reader_.string();
    } else {
      reader_.skip();
    }
  }
}

void FileReader::read_names() {
  reader_.begin_array();
  while (reader_.next_element()) {
    if (file_.model.feature_names.size() == kMaxFeatureCount) {
      fail_unsupported(fmt::format("more than {} features", kMaxFeatureCount));
    }
    file_.model.feature_names.emplace_back(reader_.string());
  }
}

/// Source: XGBoost 3.2.0 src/data/data.cc, LoadFeatureType.
void FileReader::read_types() {
  reader_.begin_array();
  while (reader_.next_element()) {
    std::vector<FeatureType>& types = file_.model.feature_types;
    if (types.size() == kMaxFeatureCount) {
      fail_unsupported(fmt::format("more than {} features", kMaxFeatureCount));
    }
    const std::string_view name = reader_.string();
    if (name == "float" || name == "q") {
      types.push_back(FeatureType::number);
    } else if (name == "int") {
      types.push_back(FeatureType::integer);
    } else if (name == "i") {
      types.push_back(FeatureType::boolean);
    } else if (name == "c") {
      types.push_back(FeatureType::category);
    } else {
      fail_unsupported(fmt::format("feature_types: the unknown type {}", shown(name)));
    }
  }
}

/// To 3.2 a dart model is {"name": "dart", "gbtree": {…}, "weight_drop": […]}; later the weights
/// stand beside or in the model of a "gbtree".
void FileReader::read_booster() {
  reader_.begin_object();
  while (const auto name = reader_.next_member()) {
    if (*name == "name") {
      file_.booster = reader_.string();
      if (file_.booster != "gbtree" && file_.booster != "dart" && file_.booster != "gblinear") {
        fail_unsupported(fmt::format("the booster {}", shown(file_.booster)));
      }
    } else if (*name == "model") {
      read_booster_model();
    } else if (*name == "gbtree") {
      read_nested_booster();
    } else if (*name == "weight_drop") {
      read_tree_weights();
    } else {
      unknown("gradient_booster", *name);
    }
  }
}

void FileReader::read_nested_booster() {
  file_.is_nested = true;
  reader_.begin_object();
  while (const auto name = reader_.next_member()) {
    if (*name == "name") {
      if (reader_.string() != "gbtree") fail_malformed("dart: its trees are no gbtree");
    } else if (*name == "model") {
      read_booster_model();
    } else {
      unknown("gbtree", *name);
    }
  }
}

void FileReader::read_booster_model() {
  if (has_model_) fail_malformed("two models in one booster");
  has_model_ = true;
  reader_.begin_object();
  while (const auto name = reader_.next_member()) {
    if (*name == "trees") {
      read_trees();
    } else if (*name == "tree_info") {
      file_.tree_outputs = integers();
    } else if (*name == "iteration_indptr") {
      file_.iterations = integers();
    } else if (*name == "gbtree_model_param") {
      read_booster_parameters();
    } else if (*name == "cats") {
      read_categories();
    } else if (*name == "weight_drop") {
      read_tree_weights();
    } else if (*name == "weights") {
      read_linear_weights();
    } else if (*name == "boosted_rounds") {
      reader_.skip();  // all rounds made the same weights
    } else {
      unknown("model", *name);
    }
  }
}

void FileReader::read_tree_weights() {
  if (file_.tree_weights) fail_malformed("weight_drop stands twice");
  std::vector<float>& weights = file_.tree_weights.emplace();
  reader_.begin_array();
  weights.reserve(reader_.element_bound());
  while (reader_.next_element()) weights.push_back(reader_.f32());
}

/// In the type that NetworkLayer has, so that a large model stands in memory once.
void FileReader::read_linear_weights() {
  std::vector<double>& weights = file_.linear_weights.emplace();
  reader_.begin_array();
  weights.reserve(reader_.element_bound());
  while (reader_.next_element()) weights.push_back(static_cast<double>(reader_.f32()));
}

void FileReader::read_trees() {
  XgboostTree tree;
  reader_.begin_array();
  for (; reader_.next_element(); ++file_.trees) {
    tree.read(reader_, file_.trees);
    if (file_.trees == 0) file_.leaf_width = tree.leaf_width();
    if (tree.leaf_width() != file_.leaf_width) {
      fail_unsupported(fmt::format("tree {}: leaves of {} values after leaves of {}", file_.trees,
                                   tree.leaf_width(), file_.leaf_width));
    }
    check_copies(tree);
    tree.append_to(file_.model);
  }
}

/// Copies of a tree must not make much of a small file.
void FileReader::check_copies(const XgboostTree& tree) const {
  if (file_.leaf_width == 1) return;
  const std::size_t nodes = file_.model.left.size() + tree.node_count() * file_.leaf_width;
  if (nodes * kNodeBytes <= 2 * size_ + kNodeSlack) return;
  fail_unsupported(fmt::format("tree {}: leaves of {} values make {} nodes of a file of {} bytes",
                               file_.trees, file_.leaf_width, nodes, size_));
}

void FileReader::read_booster_parameters() {
  reader_.begin_object();
  while (const auto name = reader_.next_member()) {
    if (*name == "num_trees") {
      file_.declared_trees = xgboost_integer(reader_, "num_trees");
    } else if (*name == "num_parallel_tree") {
      file_.parallel_trees = xgboost_integer(reader_, "num_parallel_tree");
      if (file_.parallel_trees < 1) {
        fail_malformed(fmt::format("num_parallel_tree is {}", file_.parallel_trees));
      }
    } else if (*name == "size_leaf_vector") {
      reader_.skip();  // each tree tells its own
    } else {
      unknown("gbtree_model_param", *name);
    }
  }
}

/// The names of categories that a DataFrame had in training: rows here bring the codes.
void FileReader::read_categories() {
  reader_.begin_object();
  while (const auto name = reader_.next_member()) {
    if (*name != "enc" && *name != "feature_segments" && *name != "sorted_idx") {
      unknown("cats", *name);
    }
    reader_.skip();
  }
}

void FileReader::read_learner_parameters() {
  reader_.begin_object();
  while (const auto name = reader_.next_member()) {
    if (*name == "base_score") {
      read_base_scores();
    } else if (*name == "num_feature") {
      file_.feature_count = xgboost_integer(reader_, "num_feature");
    } else if (*name == "num_class") {
      file_.class_count = xgboost_integer(reader_, "num_class");
    } else if (*name == "num_target") {
      file_.target_count = xgboost_integer(reader_, "num_target");
    } else if (*name == "boost_from_average") {
      reader_.skip();
    } else {
      unknown("learner_model_param", *name);
    }
  }
}

/// A number as text, or since 3.1 an array as text.
void FileReader::read_base_scores() {
  const std::string text(reader_.string());
  if (!text.starts_with('[')) {
    const auto value = parse_f32(text);
    if (!value) fail_malformed(fmt::format("base_score: found {}", shown(text)));
    file_.base_scores.push_back(*value);
    return;
  }
  JsonReader scores(text);
  scores.begin_array();
  while (scores.next_element()) {
    if (file_.base_scores.size() == kMaxOutputCount) {
      fail_unsupported(fmt::format("more than {} outputs", kMaxOutputCount));
    }
    file_.base_scores.push_back(scores.f32());
  }
  scores.finish();
}

void FileReader::read_objective() {
  reader_.begin_object();
  while (const auto name = reader_.next_member()) {
    if (*name == "name") {
      file_.model.objective = reader_.string();
    } else if (name->ends_with("_param")) {
      reader_.skip();  // parameters of training
    } else {
      unknown("objective", *name);
    }
  }
}

}  // namespace

XgboostFile read_xgboost_file(std::string_view bytes) { return FileReader(bytes).run(); }

}  // namespace mlcore
