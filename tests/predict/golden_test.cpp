// SPDX-License-Identifier: Apache-2.0
// Models that pinned versions of other frameworks trained, through the importer, the artifact and
// every way to ask for margins. Models, rows and expected bits are written by
// tests/model/golden_xgboost.py, golden_lightgbm.py and golden_json.py and stand in
// tests/model/golden/.
#include <doctest/doctest.h>
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <bit>
#include <charconv>
#include <cmath>
#include <filesystem>
#include <map>
#include <sstream>

#include "mlcore/base/file.hpp"
#include "mlcore/model/lightgbm.hpp"
#include "mlcore/model/model_json.hpp"
#include "mlcore/model/xgboost.hpp"
#include "mlcore/predict/predictor.hpp"
#include "mlcore/predict/proof.hpp"

using namespace mlcore;
namespace fs = std::filesystem;

namespace {

struct Golden {
  std::size_t features = 0;
  std::size_t outputs = 0;
  std::size_t trees = 0;
  bool is_best_iteration = false;
  bool is_wide = false;      // bits of f64
  std::vector<double> rows;  // [row, feature]
  std::vector<double> margins;
  std::vector<double> predictions;

  [[nodiscard]] std::size_t row_count() const { return rows.size() / features; }
};

double value_of(const std::string& hex, bool is_wide) {
  std::uint64_t bits = 0;
  const auto [end, error] = std::from_chars(hex.data(), hex.data() + hex.size(), bits, 16);
  REQUIRE((hex.size() == (is_wide ? 16 : 8) && error == std::errc()));
  REQUIRE(end == hex.data() + hex.size());
  if (is_wide) return std::bit_cast<double>(bits);
  return static_cast<double>(std::bit_cast<float>(static_cast<std::uint32_t>(bits)));
}

Golden read_golden(const fs::path& path) {
  std::istringstream lines(read_file(path.string()));
  std::string line;
  REQUIRE(std::getline(lines, line));
  std::istringstream header(line);
  Golden golden;
  std::string name;
  while (header >> name) {
    if (name == "features") header >> golden.features;
    if (name == "outputs") header >> golden.outputs;
    if (name == "trees") header >> golden.trees;
    if (name == "best_iteration") golden.is_best_iteration = true;
    if (name == "wide") golden.is_wide = true;
  }
  while (std::getline(lines, line)) {
    std::istringstream values(line);
    std::string hex;
    for (std::size_t i = 0; values >> hex; ++i) {
      const double value = value_of(hex, golden.is_wide);
      if (i < golden.features) {
        golden.rows.push_back(value);
      } else {
        (i < golden.features + golden.outputs ? golden.margins : golden.predictions)
            .push_back(value);
      }
    }
  }
  REQUIRE(golden.row_count() >= 40);
  REQUIRE(golden.margins.size() == golden.row_count() * golden.outputs);
  REQUIRE(golden.predictions.size() == golden.margins.size());
  return golden;
}

/// Written to bytes and read again, with each feature an input of its own.
std::shared_ptr<const Predictor> predictor_of(Model model) {
  Artifact artifact;
  std::vector<std::string> names;
  for (std::size_t i = 0; i < model.facts().feature_count; ++i)
    names.push_back(fmt::format("f{}", i));
  std::string text = "features golden version 1\n\n";
  for (const std::string& name : names) text += fmt::format("input {}: f64?\n", name);
  artifact.definition =
      Definition::parse(text + fmt::format("\noutput [{}]\n", fmt::join(names, ", ")));
  artifact.name = "golden";
  model.facts().feature_names = names;
  artifact.model = std::move(model);
  artifact.proof_rows = make_proof_rows(artifact, 16, 7);
  return Predictor::from_bytes(write_artifact(artifact));
}

std::size_t differing(const std::vector<double>& found, const std::vector<double>& expected) {
  REQUIRE(found.size() == expected.size());
  std::size_t count = 0;
  for (std::size_t i = 0; i < found.size(); ++i) {
    const auto bits = std::bit_cast<std::uint64_t>(expected[i]);
    count += std::bit_cast<std::uint64_t>(found[i]) != bits ? 1 : 0;
  }
  return count;
}

std::vector<double> row_by_row(const std::shared_ptr<const Predictor>& predictor,
                               const Golden& golden, OutputKind output) {
  Context context(predictor, {.output = output});
  std::vector<double> found(golden.row_count() * golden.outputs);
  for (std::size_t row = 0; row < golden.row_count(); ++row) {
    predictor->predict_numeric(
        context, std::span(golden.rows).subspan(row * golden.features, golden.features),
        std::span(found).subspan(row * golden.outputs, golden.outputs));
  }
  return found;
}

std::vector<double> in_batches(const std::shared_ptr<const Predictor>& predictor,
                               const Golden& golden, std::size_t rows) {
  Context context(predictor, {.output = OutputKind::margin});
  std::vector<double> found(golden.row_count() * golden.outputs);
  for (std::size_t begin = 0; begin < golden.row_count(); begin += rows) {
    const std::size_t count = std::min(rows, golden.row_count() - begin);
    const Span2d<const double> batch(golden.rows.data() + begin * golden.features, count,
                                     golden.features);
    predictor->predict_batch(
        context, batch, std::span(found).subspan(begin * golden.outputs, count * golden.outputs));
  }
  return found;
}

/// Of the golden's width.
std::int64_t ulp_distance(double found, double expected, bool is_wide) {
  if (is_wide) {
    return std::abs(std::bit_cast<std::int64_t>(found) - std::bit_cast<std::int64_t>(expected));
  }
  const auto narrow = [](double value) {
    return std::int64_t{std::bit_cast<std::int32_t>(static_cast<float>(value))};
  };
  return std::abs(narrow(found) - narrow(expected));
}

/// A definition makes missing of an infinity, which LightGBM compares: those rows go past it only.
void drop_infinities(Golden& golden) {
  Golden kept = golden;
  kept.rows.clear();
  kept.margins.clear();
  kept.predictions.clear();
  for (std::size_t row = 0; row < golden.row_count(); ++row) {
    const auto begin = golden.rows.begin() + static_cast<std::ptrdiff_t>(row * golden.features);
    const auto end = begin + static_cast<std::ptrdiff_t>(golden.features);
    if (std::any_of(begin, end, [](double value) { return std::isinf(value); })) continue;
    kept.rows.insert(kept.rows.end(), begin, end);
    for (std::size_t i = row * golden.outputs; i < (row + 1) * golden.outputs; ++i) {
      kept.margins.push_back(golden.margins[i]);
      kept.predictions.push_back(golden.predictions[i]);
    }
  }
  golden = std::move(kept);
}

struct Tally {
  std::size_t cases = 0;
  std::size_t rows = 0;
  std::size_t margins = 0;
  std::int64_t ulp = 0;
};

Model imported(const fs::path& model, const Golden& golden) {
  const std::string bytes = read_file(model.string());
  const std::string framework = model.parent_path().filename().string();
  if (framework.starts_with("xgboost"))
    return import_xgboost(bytes, {.best_iteration = golden.is_best_iteration});
  return framework.starts_with("lightgbm") ? import_lightgbm(bytes)
                                           : import_model_json(bytes).model;
}

/// ONNX Runtime takes the logistic of a negative margin from 1: not as near to a small one.
std::int64_t ulp_limit(std::string_view framework) {
  if (framework.starts_with("xgboost")) return 2;
  return framework.starts_with("onnxruntime") ? 16 : 4;
}

void check_case(const fs::path& model, Tally& tally) {
  CAPTURE(model.string());
  Golden golden = read_golden(fs::path(model).replace_extension(".txt"));
  const auto predictor = predictor_of(imported(model, golden));
  if (!golden.is_best_iteration && predictor->model().trees() != nullptr) {
    const TreeEnsemble& trees = *predictor->model().trees();
    CHECK(trees.tree_count() % golden.trees == 0);  // vector leaves: a tree an output
  }
  std::vector<double> margins(golden.margins.size());
  predictor->margins(Span2d<const double>(golden.rows.data(), golden.row_count(), golden.features),
                     margins);
  CHECK(differing(margins, golden.margins) == 0);
  drop_infinities(golden);
  CHECK(differing(row_by_row(predictor, golden, OutputKind::margin), golden.margins) == 0);
  for (const std::size_t rows : {1, 7, 8, 40}) {
    CAPTURE(rows);
    CHECK(differing(in_batches(predictor, golden, rows), golden.margins) == 0);
  }
  const auto predictions = row_by_row(predictor, golden, OutputKind::prediction);
  for (std::size_t i = 0; i < predictions.size(); ++i) {
    tally.ulp =
        std::max(tally.ulp, ulp_distance(predictions[i], golden.predictions[i], golden.is_wide));
  }
  ++tally.cases;
  tally.rows += margins.size() / golden.outputs;
  tally.margins += margins.size();
}

}  // namespace

TEST_CASE("golden: the margins of every framework and version are equal bit for bit") {
  std::map<std::string, Tally> tallies;
  for (const auto& entry :
       fs::recursive_directory_iterator(MLCORE_SOURCE_DIR "/tests/model/golden")) {
    const std::string kind = entry.path().extension().string();
    if (kind != ".json" && kind != ".ubj" && kind != ".lgb") continue;
    check_case(entry.path(), tallies[entry.path().parent_path().filename().string()]);
  }
  CHECK(tallies.size() == 14);
  for (const auto& [version, tally] : tallies) {
    MESSAGE(fmt::format("{}: {} cases, {} rows, {} margins, predictions within {} ulp", version,
                        tally.cases, tally.rows, tally.margins, tally.ulp));
    CHECK(tally.cases >= 14);
    CHECK(tally.ulp <= ulp_limit(version));
  }
}
