// SPDX-License-Identifier: Apache-2.0
// Batches of Predictor: sparse and dense rows, what means missing, base margins of rows, threads.
#include <doctest/doctest.h>

#include <bit>
#include <cmath>
#include <limits>

#include "error_of.hpp"
#include "mlcore/predict/predictor.hpp"
#include "model/two_stumps.hpp"
#include "predict/random_trees.hpp"

using namespace mlcore;
using test::error_of;

namespace {

constexpr double kNan = std::numeric_limits<double>::quiet_NaN();
constexpr std::size_t kColumns = 28;

Definition inputs(std::size_t count, const std::string& type = "f64?") {
  std::string text = "features m version 1\n";
  std::string names;
  for (std::size_t i = 0; i < count; ++i) {
    text += "input f" + std::to_string(i) + ": " + type + "\n";
    names += (i == 0 ? "f" : ", f") + std::to_string(i);
  }
  return Definition::parse(text + "output [" + names + "]\n");
}

std::shared_ptr<const Predictor> predictor_of(TreeEnsemble model) {
  Artifact artifact;
  artifact.name = "m";
  artifact.definition = inputs(model.feature_count);
  artifact.model = std::move(model);
  return std::make_shared<const Predictor>(std::move(artifact));
}

TreeEnsemble random_model(const char* framework, std::uint32_t outputs = 1) {
  SampleRandom random(3);
  TreeEnsemble model = test::full_model(random, {.trees = 60, .outputs = outputs});
  model.framework = framework;
  return model;
}

template <typename Number>
struct Rows {
  std::vector<Number> dense;
  std::vector<std::int64_t> begin{0};
  std::vector<std::int32_t> columns;
  std::vector<Number> values;

  [[nodiscard]] Span2d<const Number> view() const {
    return {dense.data(), dense.size() / kColumns, kColumns};
  }
  [[nodiscard]] SparseRows<Number> sparse() const { return {begin, columns, values, kColumns}; }
};

/// Sparse rows whose columns stand in no order, and the same with `absent` in the other places.
template <typename Number>
Rows<Number> random_rows(std::size_t count, Number absent) {
  SampleRandom random(5);
  Rows<Number> rows;
  for (std::size_t row = 0; row < count; ++row) {
    std::vector<Number> own(kColumns, absent);
    for (std::size_t i = row % 7 == 0 ? kColumns : 0; i < kColumns; ++i) {  // every 7th: no entry
      const std::size_t column = (i * 11 + row) % kColumns;
      if (random.below(3) == 0) continue;
      own[column] = static_cast<Number>(test::random_value(random));
      rows.columns.push_back(static_cast<std::int32_t>(column));
      rows.values.push_back(own[column]);
    }
    rows.dense.insert(rows.dense.end(), own.begin(), own.end());
    rows.begin.push_back(static_cast<std::int64_t>(rows.values.size()));
  }
  return rows;
}

std::vector<std::uint64_t> bits_of(const Predictor& predictor, Context& context,
                                   const Matrix& matrix, std::size_t rows) {
  std::vector<double> out(rows * context.output_count(), -7);
  predictor.predict_batch(context, matrix, out);
  std::vector<std::uint64_t> bits;
  for (const double value : out) bits.push_back(std::bit_cast<std::uint64_t>(value));
  return bits;
}

template <typename Number>
void check_sparse(const char* framework, Absent absent, Number stands_for) {
  const auto predictor = predictor_of(random_model(framework));
  Context context(predictor, {.output = OutputKind::margin});
  const Rows<Number> rows = random_rows<Number>(300, stands_for);
  CAPTURE(framework);
  CHECK(bits_of(*predictor, context, {.values = rows.sparse(), .absent = absent}, 300) ==
        bits_of(*predictor, context, {.values = rows.view()}, 300));
}

}  // namespace

TEST_CASE(
    "batch: sparse rows have the bits of the dense ones, and the framework says what absent is") {
  check_sparse<double>("xgboost", Absent::by_framework, kNan);
  check_sparse<double>("lightgbm", Absent::by_framework, 0);
  check_sparse<float>("scikit-learn", Absent::by_framework, 0);
  check_sparse<float>("xgboost", Absent::zero, 0);
  check_sparse<float>("lightgbm", Absent::missing, std::numeric_limits<float>::quiet_NaN());
}

TEST_CASE("batch: a number may mean missing, as f32 where the values are") {
  const auto predictor = predictor_of(random_model("xgboost"));
  Context context(predictor, {.output = OutputKind::margin});
  const auto check = [&](auto rows, auto sentinel, double missing) {
    const auto expected = bits_of(*predictor, context, {.values = rows.view()}, 100);
    for (auto& value : rows.dense) value = std::isnan(value) ? sentinel : value;
    for (auto& value : rows.values) value = std::isnan(value) ? sentinel : value;
    CHECK(bits_of(*predictor, context, {.values = rows.view(), .missing = missing}, 100) ==
          expected);
    CHECK(bits_of(*predictor, context, {.values = rows.sparse(), .missing = missing}, 100) ==
          expected);
    CHECK(bits_of(*predictor, context, {.values = rows.view(), .missing = 77.0}, 100) != expected);
  };
  check(random_rows<double>(100, kNan), -999.5, -999.5);
  check(random_rows<float>(100, std::nanf("")), -999.1f, -999.1);
  const Rows<double> zeros = random_rows<double>(100, 0);
  CHECK(bits_of(*predictor, context,
                {.values = zeros.sparse(), .absent = Absent::zero, .missing = 0.0}, 100) ==
        bits_of(*predictor, context, {.values = zeros.view(), .missing = 0.0}, 100));
}

TEST_CASE("batch: rows a stride apart, and none at all") {
  const auto predictor = predictor_of(random_model("xgboost"));
  Context context(predictor, {});
  const Rows<double> rows = random_rows<double>(50, kNan);
  std::vector<double> wide(50 * 31, 9);
  for (std::size_t i = 0; i < rows.dense.size(); ++i) {
    wide[i / kColumns * 31 + i % kColumns] = rows.dense[i];
  }
  CHECK(bits_of(*predictor, context, {.values = Span2d<const double>(wide.data(), 50, 28, 31)},
                50) == bits_of(*predictor, context, {.values = rows.view()}, 50));
  CHECK(bits_of(*predictor, context, {}, 0).empty());
  CHECK(bits_of(*predictor, context, {.values = SparseRows<float>{}}, 0).empty());
}

TEST_CASE("batch: base margins of the rows stand in place of the model's, by hand") {
  TreeEnsemble model = test::two_stumps();
  SUBCASE("where the sum starts") { model.contract.start = ModelContract::Start::base_first; }
  SUBCASE("added last") { model.contract.start = ModelContract::Start::zero; }
  const auto predictor = predictor_of(model);
  Context context(predictor, {.output = OutputKind::margin});
  const std::vector<double> values = {29, 0, 31, 1};
  const std::vector<double> bases = {-3, 0.1};
  double out[2];
  const Matrix matrix{.values = Span2d<const double>(values.data(), 2, 2), .base_margins = bases};
  predictor->predict_batch(context, matrix, out);
  CHECK(out[0] == -3 + 0.25 + 1);
  const bool is_last = model.contract.start == ModelContract::Start::zero;
  const float second = is_last ? (-0.5f + 2) + 0.1f : (0.1f - 0.5f) + 2;  // of f32, and so is 0.1
  CHECK(out[1] == static_cast<double>(second));
  Context predictions(predictor, {});
  double predicted[2];
  predictor->predict_batch(predictions, matrix, predicted);
  CHECK(predicted[0] == doctest::Approx(1 / (1 + std::exp(1.75))));
}

TEST_CASE("batch: base margins near the end of f32 give what f32 gives, and one NaN only") {
  TreeEnsemble model = random_model("xgboost", 2);
  model.contract.link = Link::softmax;
  const auto predictor = predictor_of(model);
  Context margin(predictor, {.output = OutputKind::margin});
  Context prediction(predictor, {});
  const Rows<double> rows = random_rows<double>(1, kNan);
  const std::vector<double> bases(2, std::numeric_limits<float>::max());
  const Matrix matrix{.values = rows.view(), .base_margins = bases};
  CHECK(bits_of(*predictor, margin, matrix, 1) ==
        std::vector<std::uint64_t>(2, std::bit_cast<std::uint64_t>(bases[0])));
  for (const std::uint64_t bits : bits_of(*predictor, prediction, matrix, 1)) {
    CHECK(std::bit_cast<double>(bits) == 0.5);
  }
}

TEST_CASE("batch: a matrix that makes no sense is refused, with its row and column") {
  const auto predictor = predictor_of(random_model("xgboost"));
  Context context(predictor, {});
  std::vector<double> out(2);
  const auto refused = [&](const Matrix& matrix) {
    return error_of([&] { predictor->predict_batch(context, matrix, out); });
  };
  std::vector<std::int64_t> begin = {0, 1, 3};
  std::vector<std::int32_t> columns = {0, 5, 27};
  const std::vector<double> values = {1, 2, 3};
  const auto sparse = [&] {
    return Matrix{.values = SparseRows<double>{begin, columns, values, 28}};
  };
  CHECK(refused(sparse()).code() == Code::ok);
  SUBCASE("a column twice") {
    columns[2] = 5;
    const Error error = refused(sparse());
    CHECK(error.reason() == Reason::duplicate_column);
    CHECK(error.message() == "row 1: two entries are in column 5");
    CHECK(error.where().row == 1);
    CHECK(error.where().column == 5);
  }
  SUBCASE("a column that there is not") {
    for (const std::int32_t column : {28, -1, std::numeric_limits<std::int32_t>::min()}) {
      columns[1] = column;
      CHECK(refused(sparse()).reason() == Reason::invalid_index);
      CHECK(refused(sparse()).where().row == 1);
    }
  }
  SUBCASE("rows past the entries") {
    for (const std::int64_t end : {std::int64_t{4}, std::numeric_limits<std::int64_t>::max()}) {
      begin[2] = end;
      CHECK(refused(sparse()).reason() == Reason::invalid_length);
    }
  }
  SUBCASE("rows that go back, or begin before the entries") {
    begin = {0, 2, 1};
    CHECK(refused(sparse()).reason() == Reason::invalid_length);
    begin = {-1, 1, 3};
    CHECK(refused(sparse()).reason() == Reason::invalid_length);
  }
  SUBCASE("fewer columns than values") {
    columns.pop_back();
    CHECK(refused(sparse()).reason() == Reason::invalid_length);
  }
  SUBCASE("more columns than the request, however many") {
    for (const std::size_t count : {std::size_t{27}, std::size_t{1} << 62}) {
      CHECK(refused({.values = SparseRows<double>{begin, columns, values, count}}).reason() ==
            Reason::wrong_width);
    }
  }
  SUBCASE("base margins of another count, not finite in f32, or of an output without margins") {
    std::vector<double> bases(3);
    Matrix matrix = sparse();
    matrix.base_margins = bases;
    CHECK(refused(matrix).reason() == Reason::wrong_width);
    bases.resize(2);
    for (const double base : {kNan, HUGE_VAL, 1e39}) {
      bases[1] = base;
      matrix.base_margins = bases;
      CHECK(refused(matrix).reason() == Reason::invalid_number);
      CHECK(refused(matrix).where().row == 1);
    }
    Context features(predictor, {.output = OutputKind::features});
    out.resize(2 * features.output_count());
    CHECK(error_of([&] { predictor->predict_batch(features, matrix, out); }).reason() ==
          Reason::invalid_option);
  }
}

TEST_CASE("batch: a network has no base margins") {
  NetworkModel model;
  model.framework = "by hand";
  model.objective = "any";
  model.missing = NetworkModel::Missing::skip;
  model.feature_count = 2;
  model.output_count = 1;
  model.layers = {{Activation::identity, 2, {2, -4}, {0.5}}};
  Artifact artifact;
  artifact.name = "m";
  artifact.definition = inputs(2);
  artifact.model = std::move(model);
  const auto predictor = std::make_shared<const Predictor>(std::move(artifact));
  Context context(predictor, {});
  const double values[] = {1, 2};
  const double bases[] = {1};
  double out;
  const Matrix matrix{.values = Span2d<const double>(values, 1, 2), .base_margins = bases};
  const Error error = error_of([&] { predictor->predict_batch(context, matrix, {&out, 1}); });
  CHECK(error.code() == Code::failed_precondition);
  CHECK(error.reason() == Reason::invalid_option);
}

TEST_CASE("batch: 1 to 4 threads give the same bits at every size") {
  const auto predictor = predictor_of(random_model("xgboost", 3));
  for (const OutputKind output : {OutputKind::prediction, OutputKind::features}) {
    Context alone(predictor, {.output = output});
    for (const std::size_t count : {1u, 127u, 2047u, 2048u, 2049u, 3073u, 5001u}) {
      const Rows<float> rows = random_rows<float>(count, std::nanf(""));
      SampleRandom random(9);
      std::vector<double> bases(output == OutputKind::features ? 0 : 3 * count);
      for (double& base : bases) base = random.uniform();
      const Matrix matrix{.values = rows.sparse(), .base_margins = bases};
      const auto expected = bits_of(*predictor, alone, matrix, count);
      for (const std::int32_t threads : {1, 2, 3, 4}) {
        CAPTURE(count);
        CAPTURE(threads);
        Context context(predictor, {.output = output, .threads = threads});
        CHECK(bits_of(*predictor, context, matrix, count) == expected);
      }
    }
  }
}

TEST_CASE("batch: threads give the bits of packed rows, and the error of the lowest row") {
  const auto predictor = predictor_of(test::two_stumps());
  const std::size_t count = 5000;
  RowBatch requests;
  RowBuilder builder(predictor->definition().request());
  for (std::size_t row = 0; row < count; ++row) {
    builder.set_f64(0, static_cast<double>(row % 60));
    builder.set_f64(1, static_cast<double>(row % 7) / 4);
    requests.append(builder.finish());
  }
  std::vector<double> alone(count), split(count);
  Context one(predictor, {});
  Context four(predictor, {.threads = 4});
  predictor->predict_batch(one, requests, alone);
  predictor->predict_batch(four, requests, split);
  CHECK(alone == split);
  for (const std::size_t wrong : {4999u, 4000u, 2600u, 1300u, 7u}) {  // ever lower, one a part
    requests.bytes[static_cast<std::size_t>(requests.offsets[wrong])] ^= 1;
    for (Context* context : {&one, &four}) {
      const Error error = error_of([&] { predictor->predict_batch(*context, requests, split); });
      CHECK(error.reason() == Reason::layout_mismatch);
      CHECK(error.where().row == static_cast<std::int64_t>(wrong));
    }
  }
}

TEST_CASE("batch: threads outside 0 to 256 are refused") {
  const auto predictor = predictor_of(test::two_stumps());
  for (const std::int32_t threads : {-1, 257, std::numeric_limits<std::int32_t>::min()}) {
    const Error error = error_of([&] { Context refused(predictor, {.threads = threads}); });
    CHECK(error.code() == Code::invalid_argument);
    CHECK(error.reason() == Reason::invalid_option);
  }
  CHECK_NOTHROW(Context(predictor, {.threads = 256}));
}
