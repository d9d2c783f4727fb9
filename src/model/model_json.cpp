// SPDX-License-Identifier: Apache-2.0
// Outside code uses import_model_json: the members at the top, then what they mean together.
#include "mlcore/model/model_json.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <optional>

#include "base/shown.hpp"
#include "mlcore/base/error.hpp"
#include "mlcore/base/fp_guard.hpp"
#include "model/guess_format.hpp"
#include "model/model_json_network.hpp"
#include "model/model_json_trees.hpp"
#include "model/placed_json.hpp"

namespace mlcore {
namespace {

class DocumentReader {
 public:
  explicit DocumentReader(PlacedJson& json) : json_(json) {}

  ModelDocument run();

 private:
  void read_member(std::string_view name);
  void read_version();
  void read_names(std::vector<std::string>& names, std::size_t limit);
  void read_kind(std::string_view name);
  void read_types();
  void read_link();
  /// The values of an enum in order, from the number `first` on.
  template <typename Enum>
  Enum chosen(std::size_t first, std::initializer_list<std::string_view> names) {
    return static_cast<Enum>(first + json_.choice(names));
  }
  void check_features();
  void check_classes() const;
  void check_fidelity() const;
  void set_model();

  PlacedJson& json_;
  ModelDocument document_;
  std::string kind_;  // the member that is the model
  ModelJsonTrees trees_;
  ModelJsonNetwork network_;
  std::optional<Calibration> calibration_;
  std::string framework_;
  std::string framework_version_;
  std::string objective_;
  Task task_ = Task::untold;
  std::vector<std::string> classes_;
  std::optional<Decision> decision_;
  std::vector<std::string> features_;
  std::vector<FeatureType> feature_types_;
  std::int64_t feature_count_ = -1;
  std::uint32_t output_count_ = 0;
  Link link_ = Link::identity;
  double link_scale_ = 1;
};

ModelDocument DocumentReader::run() {
  json_.object({"format", "version", "framework", "framework_version", "objective", "task",
                "outputs", "fidelity", "link"},
               [this](std::string_view name) { read_member(name); });
  json_.finish();
  check_features();
  check_classes();
  check_fidelity();
  set_model();
  validate(document_.model);
  return std::move(document_);
}

void DocumentReader::set_model() {
  const auto features = static_cast<std::uint32_t>(feature_count_);
  Model& model = document_.model;
  if (kind_ == "trees") {
    model = trees_.finish(features, output_count_);
  } else if (!kind_.empty()) {
    model = network_.finish(features, output_count_);
  } else {
    fail_model_json("", "no model: trees, linear or network");
  }
  model.calibration = std::move(calibration_);
  ModelFacts& facts = model.facts();
  facts.framework = std::move(framework_);
  facts.framework_version = std::move(framework_version_);
  facts.objective = std::move(objective_);
  facts.feature_names = std::move(features_);
  facts.feature_types = std::move(feature_types_);
  facts.task = task_;
  facts.classes = std::move(classes_);
  if (task_ != Task::classification) {
    facts.decision = Decision::none;
  } else {
    facts.decision = decision_.value_or(Decision::prediction);
  }
  facts.contract.link = link_;
  facts.contract.link_scale = link_scale_;
}

void DocumentReader::read_kind(std::string_view name) {
  if (!kind_.empty()) json_.fail(fmt::format("stands beside {}", kind_));
  kind_ = name;
  if (name == "trees") return trees_.read(json_);
  if (name == "linear") return network_.read_linear(json_);
  network_.read_network(json_);
}

void DocumentReader::read_member(std::string_view name) {
  if (name == "format") {
    if (json_.text() != "mlcore-model") json_.fail("expected \"mlcore-model\"");
  } else if (name == "version") {
    read_version();
  } else if (name == "framework") {
    framework_ = json_.text();
  } else if (name == "framework_version") {
    framework_version_ = json_.text();
  } else if (name == "objective") {
    objective_ = json_.text();
  } else if (name == "task") {
    task_ = chosen<Task>(2, {"classification", "regression", "ranking", "anomaly"});
  } else if (name == "classes") {
    read_names(classes_, kMaxOutputCount);
  } else if (name == "decision") {
    decision_ = chosen<Decision>(2, {"none", "prediction", "margin", "margin_or_zero"});
  } else if (name == "features") {
    read_names(features_, kMaxFeatureCount);
  } else if (name == "feature_types") {
    read_types();
  } else if (name == "feature_count") {
    feature_count_ = json_.integer(1, kMaxFeatureCount);
  } else if (name == "outputs") {
    output_count_ = static_cast<std::uint32_t>(json_.integer(1, kMaxOutputCount));
  } else if (name == "fidelity") {
    document_.fidelity = json_.choice({"exact", "bounded"}) == 0 ? "exact" : "bounded";
  } else if (name == "bound") {
    document_.bound = json_.text();
  } else if (name == "trees" || name == "linear" || name == "network") {
    read_kind(name);
  } else if (name == "calibration") {
    calibration_ = read_calibration(json_);
  } else if (name == "link") {
    read_link();
  } else {
    json_.unknown();
  }
}

void DocumentReader::read_version() {
  const std::int64_t version = json_.integer(1, 1'000'000);
  if (version == 1) return;
  throw Error(Code::unimplemented, Reason::unsupported_model,
              fmt::format("model JSON: version: {}; 1 is read", version));
}

void DocumentReader::read_names(std::vector<std::string>& names, std::size_t limit) {
  json_.array([&] {
    if (names.size() == limit) json_.fail(fmt::format("more than {}", limit));
    names.emplace_back(json_.text());
  });
}

void DocumentReader::read_types() {
  json_.array([&] {
    if (feature_types_.size() == kMaxFeatureCount) {
      json_.fail(fmt::format("more than {}", kMaxFeatureCount));
    }
    feature_types_.push_back(chosen<FeatureType>(1, {"number", "integer", "boolean", "category"}));
  });
}

void DocumentReader::read_link() {
  bool has_scale = false;
  json_.object({"kind"}, [&](std::string_view name) {
    if (name == "kind") {
      link_ = chosen<Link>(1, {"identity", "logistic", "softmax", "exponential", "hinge",
                               "signed_square", "softplus", "isolation"});
    } else if (name == "scale") {
      link_scale_ = json_.number();
      if (!(link_scale_ > 0)) json_.fail("not above 0");
      has_scale = true;
    } else {
      json_.unknown();
    }
  });
  if (has_scale && link_ != Link::logistic && link_ != Link::isolation) {
    json_.fail("only a logistic link and that of an isolation forest have a scale");
  }
}

void DocumentReader::check_features() {
  if ((feature_count_ == -1) == features_.empty()) {
    fail_model_json("", "either features or feature_count tells the features");
  }
  if (feature_count_ == -1) feature_count_ = static_cast<std::int64_t>(features_.size());
  std::vector<std::string_view> sorted(features_.begin(), features_.end());
  std::sort(sorted.begin(), sorted.end());
  const auto twice = std::adjacent_find(sorted.begin(), sorted.end());
  if (twice != sorted.end()) {
    fail_model_json("features", fmt::format("{} is given twice", shown(*twice)));
  }
}

/// One output is of one class or of the second of two.
void DocumentReader::check_classes() const {
  const std::size_t classes = classes_.size();
  if (task_ != Task::classification) {
    if (classes != 0) fail_model_json("classes", "only classifications have");
    if (decision_) fail_model_json("decision", "only classifications have");
  }
  if (classes == 0 || classes == output_count_ || (classes == 2 && output_count_ == 1)) return;
  fail_model_json("classes", fmt::format("{} classes for {} outputs", classes, output_count_));
}

void DocumentReader::check_fidelity() const {
  if ((document_.fidelity == "bounded") == document_.bound.empty()) {
    fail_model_json("bound", "the fidelity \"bounded\" has one, and no other");
  }
}

}  // namespace

ModelDocument import_model_json(std::string_view text) {
  const FloatingPointGuard guard;
  const std::size_t first = text.find_first_not_of(" \t\r\n");
  const bool is_object = first != text.npos && text[first] == '{';
  const std::string_view other = guess_format(text, is_object ? "" : "no JSON object");
  if (!other.empty()) {
    fail_model_json("", fmt::format("expected a JSON object of a model, found {}", other));
  }
  PlacedJson json(text);
  try {
    return DocumentReader(json).run();
  } catch (const Error& error) {
    if (error.reason() != Reason::malformed_json) throw;
    json.fail(error.message());
  }
}

}  // namespace mlcore
