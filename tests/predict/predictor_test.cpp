// SPDX-License-Identifier: Apache-2.0
#include "mlcore/predict/predictor.hpp"

#include <doctest/doctest.h>

#include <bit>
#include <cfenv>
#include <cmath>
#include <limits>

#include "error_of.hpp"
#include "mlcore/base/error.hpp"
#include "mlcore/base/time.hpp"
#include "mlcore/predict/proof.hpp"
#include "model/two_stumps.hpp"
#include "predict/allocation_counter.hpp"

namespace mlcore {
namespace {

using test::error_of;
using test::two_stumps;

constexpr double kNan = std::numeric_limits<double>::quiet_NaN();

Artifact stateless_artifact(const std::string& ratio = "debt / income") {
  Artifact artifact;
  artifact.name = "loan";
  artifact.definition = Definition::parse(
      "features loan version 1\n"
      "input age: i64\ninput debt: f64?\ninput income: f64\n"
      "years = age\nratio = " +
      ratio + "\noutput [years, ratio]\n");
  artifact.model = two_stumps();
  artifact.proof_rows = make_proof_rows(artifact, 16, 3);
  return artifact;
}

Artifact windowed_artifact() {
  Artifact artifact;
  artifact.name = "shop";
  artifact.definition = Definition::parse(
      "features shop version 1\n"
      "stream orders(customer: string key, at: timestamp event, amount: f64)\n"
      "orders_30d = count() over orders last 30d\n"
      "spend = sum(amount) over orders lifetime\n"
      "output [orders_30d, spend]\n");
  artifact.model = two_stumps();
  artifact.proof_rows = make_proof_rows(artifact, 16, 3);
  return artifact;
}

Bytes loan_row(const Predictor& predictor, std::int64_t age, double debt, double income) {
  RowBuilder builder(predictor.definition().request());
  builder.set_i64(0, age);
  if (debt == debt) builder.set_f64(1, debt);
  builder.set_f64(2, income);
  const ByteView bytes = builder.finish();
  return {bytes.begin(), bytes.end()};
}

}  // namespace

TEST_CASE("predictor: margins of a row are those of the trees by hand") {
  const auto predictor = std::make_shared<const Predictor>(stateless_artifact());
  Context context(predictor, {.output = OutputKind::margin});
  struct Case {
    std::int64_t age;
    double debt, income, margin;
  };
  // base + first tree + second tree, every sum exact in float32.
  const Case cases[] = {
      {29, 1, 4, 0.125 + 0.25 + 1},      {30, 1, 4, 0.125 - 0.5 + 1},
      {29, 2, 4, 0.125 + 0.25 + 2},      {29, kNan, 4, 0.125 + 0.25 + 1},  // null ratio goes left
      {29, 1, 0, 0.125 + 0.25 + 1},       // infinite ratio is missing
      {-5, -1e300, 1, 0.125 + 0.25 + 1},  // past float32: missing
  };
  for (const Case& c : cases) {
    CAPTURE(c.age);
    CAPTURE(c.debt);
    const Bytes row = loan_row(*predictor, c.age, c.debt, c.income);
    double margin = 0;
    predictor->predict(context, RowView::parse(predictor->definition().request(), row),
                       {&margin, 1});
    CHECK(margin == c.margin);
  }
}

TEST_CASE("predictor: row, numeric row and batch give the same bits") {
  std::string ratio;
  SUBCASE("of an expression") { ratio = "debt / income"; }
  SUBCASE("of columns as they are") { ratio = "debt"; }
  const auto predictor = std::make_shared<const Predictor>(stateless_artifact(ratio));
  for (const OutputKind kind : {OutputKind::prediction, OutputKind::margin, OutputKind::features}) {
    CAPTURE(static_cast<int>(kind));
    Context context(predictor, {.output = kind});
    const std::size_t width = context.output_count();
    std::vector<double> matrix;
    for (int i = 0; i < 300; ++i) {
      matrix.insert(matrix.end(),
                    {static_cast<double>(i % 60), i % 7 == 0 ? kNan : i * 0.25, i * 0.5 + 1});
    }
    std::vector<double> batch(300 * width);
    predictor->predict_batch(context, Span2d<const double>(matrix.data(), 300, 3), batch);
    for (std::size_t i = 0; i < 300; ++i) {
      std::vector<double> numeric(width), typed(width);
      predictor->predict_numeric(context, {matrix.data() + 3 * i, 3}, numeric);
      const Bytes row = loan_row(*predictor, static_cast<std::int64_t>(matrix[3 * i]),
                                 matrix[3 * i + 1], matrix[3 * i + 2]);
      predictor->predict(context, RowView::parse(predictor->definition().request(), row), typed);
      for (std::size_t k = 0; k < width; ++k) {
        const auto wanted = std::bit_cast<std::uint64_t>(batch[i * width + k]);
        CHECK(std::bit_cast<std::uint64_t>(numeric[k]) == wanted);
        CHECK(std::bit_cast<std::uint64_t>(typed[k]) == wanted);
      }
    }
  }
}

TEST_CASE("predictor: state, caller's events and batch from a state give the same bits") {
  const auto predictor = std::make_shared<const Predictor>(windowed_artifact());
  const Definition& definition = predictor->definition();
  State state(definition, {});
  std::vector<RowBatch> all(1);
  RowBuilder event(definition.streams()[0].layout);
  for (int i = 0; i < 40; ++i) {
    event.set_string(0, "c1");
    event.set_i64(1, (i * 17 % 40) * kMicrosPerDay);
    event.set_f64(2, i * 0.01);
    all[0].append(event.finish());
  }
  state.ingest(0, all[0]);
  Context context(predictor, {.output = OutputKind::features});
  RowBatch requests;
  RowBuilder request(definition.request());
  for (int day = 0; day < 45; ++day) {
    request.set_string(0, "c1");
    request.set_i64(1, day * kMicrosPerDay);
    requests.append(request.finish());
  }
  std::vector<double> batch(requests.size() * 2);
  predictor->predict_batch_at(context, state, requests, batch);
  for (std::size_t i = 0; i < requests.size(); ++i) {
    CAPTURE(i);
    const RowView row = RowView::parse(definition.request(), requests[i]);
    double at[2], events[2];
    predictor->predict_at(context, state, row, at);
    predictor->predict_events(context, row, all, events);
    CHECK(at[0] == std::min<double>(static_cast<double>(std::min<std::size_t>(i, 40)), 30) -
                       (i > 40 ? static_cast<double>(i - 40) : 0));
    for (int k = 0; k < 2; ++k) {
      CHECK(std::bit_cast<std::uint64_t>(at[k]) == std::bit_cast<std::uint64_t>(events[k]));
      CHECK(std::bit_cast<std::uint64_t>(at[k]) == std::bit_cast<std::uint64_t>(batch[2 * i + k]));
    }
  }
}

TEST_CASE("predictor: a stateless row allocates nothing") {
  const auto predictor = std::make_shared<const Predictor>(stateless_artifact());
  Context context(predictor, {});
  const Bytes row = loan_row(*predictor, 41, 100, 400);
  const double numbers[] = {41, 100, 400};
  double out;
  predictor->predict_numeric(context, numbers, {&out, 1});  // the first fills the row buffer
  const std::uint64_t before = test::allocation_count();
  for (int i = 0; i < 100; ++i) {
    predictor->predict(context, RowView::parse(predictor->definition().request(), row), {&out, 1});
    predictor->predict_numeric(context, numbers, {&out, 1});
  }
  CHECK(test::allocation_count() == before);
}

TEST_CASE("predictor: a host's rounding mode and flush-to-zero change no bit") {
  const auto predictor = std::make_shared<const Predictor>(stateless_artifact());
  Context context(predictor, {.output = OutputKind::features});
  const Bytes row = loan_row(*predictor, 41, 1, 3);
  double usual[2], upward[2];
  const RowView view = RowView::parse(predictor->definition().request(), row);
  predictor->predict(context, view, usual);
#if defined(__x86_64__)
  const unsigned control = __builtin_ia32_stmxcsr();
  __builtin_ia32_ldmxcsr(control | 0x4000u | 0x8040u);  // round up, FTZ, DAZ
  predictor->predict(context, view, upward);
  CHECK(__builtin_ia32_stmxcsr() == (control | 0x4000u | 0x8040u));
  __builtin_ia32_ldmxcsr(control);
#else
  REQUIRE(std::fesetround(FE_UPWARD) == 0);
  predictor->predict(context, view, upward);
  CHECK(std::fegetround() == FE_UPWARD);
  std::fesetround(FE_TONEAREST);
#endif
  CHECK(std::bit_cast<std::uint64_t>(usual[1]) == std::bit_cast<std::uint64_t>(upward[1]));
}

#if defined(__x86_64__)
TEST_CASE("predictor: a host that flushes subnormals opens a model of subnormal weights") {
  Artifact artifact;
  artifact.name = "small";
  artifact.definition = Definition::parse("features small version 1 input x: f64 output [x]");
  NetworkModel model;
  model.feature_count = 1;
  model.layers = {{Activation::identity, 1, {static_cast<double>(0x1p-140f)}, {0}}};
  artifact.model = model;
  artifact.proof_rows = make_proof_rows(artifact, 4, 3);
  const Bytes file = write_artifact(artifact);
  const unsigned control = __builtin_ia32_stmxcsr();
  __builtin_ia32_ldmxcsr(control | 0x8040u);  // FTZ, DAZ
  const auto predictor = Predictor::from_bytes(file);
  Context context(predictor, {.output = OutputKind::margin});
  const double x = 0x1p120;
  double margin = 0;
  predictor->predict_numeric(context, {&x, 1}, {&margin, 1});
  __builtin_ia32_ldmxcsr(control);
  CHECK(margin == 0x1p-20);
}
#endif

TEST_CASE("predictor: misuse is refused by name") {
  std::string ratio;
  SUBCASE("of an expression") { ratio = "debt / income"; }
  SUBCASE("of columns as they are") { ratio = "debt"; }
  const auto loan = std::make_shared<const Predictor>(stateless_artifact(ratio));
  const auto shop = std::make_shared<const Predictor>(windowed_artifact());
  Context context(loan, {});
  Context shop_context(shop, {});
  double out[2];
  const double row[] = {41, 100, 400};
  CHECK(error_of([&] { loan->predict_numeric(context, row, out); }).reason() ==
        Reason::wrong_width);
  CHECK(error_of([&] {
          loan->predict_numeric(context, {row, 2}, {out, 1});
        }).reason() == Reason::wrong_width);
  CHECK(error_of([&] {
          shop->predict_numeric(shop_context, row, {out, 1});
        }).reason() == Reason::needs_state);

  const double missing_age[] = {kNan, 100, 400};
  const Error null_age = error_of([&] { loan->predict_numeric(context, missing_age, {out, 1}); });
  CHECK(null_age.reason() == Reason::null_not_allowed);
  CHECK(null_age.where().column == 0);
  const double fraction[] = {41.5, 100, 400};
  CHECK(error_of([&] {
          loan->predict_numeric(context, fraction, {out, 1});
        }).reason() == Reason::type_mismatch);

  const double rows[] = {41, 100, 400, 41.5, 100, 400};
  const Error second =
      error_of([&] { loan->predict_batch(context, Span2d<const double>(rows, 2, 3), out); });
  CHECK(second.where().row == 1);
  CHECK(second.where().column == 0);
}

TEST_CASE("predictor: parts that do not fit are refused") {
  Artifact artifact = stateless_artifact();
  SUBCASE("a model wanting more features than given") {
    artifact.model.facts().feature_count = 3;
    const Error error = error_of([&] { Predictor refused(std::move(artifact)); });
    CHECK(error.reason() == Reason::feature_count);
  }
  SUBCASE("features of another name") {
    artifact.model.facts().feature_names = {"years", "debt"};
    const Error error = error_of([&] { Predictor refused(std::move(artifact)); });
    CHECK(error.reason() == Reason::feature_names);
    CHECK(error.where().column == 1);
  }
  SUBCASE("a proof row with one feature bit changed") {
    artifact.proof_rows[5].feature_bits[1] ^= 1;
    const Error error = error_of([&] { Predictor refused(std::move(artifact)); });
    CHECK(error.code() == Code::data_loss);
    CHECK(error.reason() == Reason::proof_failed);
    CHECK(error.where().row == 5);
  }
  SUBCASE("a proof row with one margin bit changed") {
    artifact.proof_rows[7].margin_bits[0] ^= 1;
    CHECK(error_of([&] { Predictor refused(std::move(artifact)); }).reason() ==
          Reason::proof_failed);
  }
}

TEST_CASE("proof rows: the same seed gives the same rows, and they reach both sides of a split") {
  const Artifact artifact = windowed_artifact();
  const auto again = make_proof_rows(artifact, 16, 3);
  bool differ = false;
  for (std::size_t i = 0; i < again.size(); ++i) {
    CHECK(again[i].request == artifact.proof_rows[i].request);
    CHECK(again[i].events[0].bytes == artifact.proof_rows[i].events[0].bytes);
    CHECK(again[i].margin_bits == artifact.proof_rows[i].margin_bits);
    differ = differ || again[i].margin_bits != again[0].margin_bits;
  }
  CHECK(differ);
}

TEST_CASE("proof rows: of many outputs there are fewer, of any at least 4") {
  const auto count_of = [](std::uint32_t outputs, bool is_wide) {
    ModelFacts facts;
    facts.output_count = outputs;
    if (is_wide) facts.contract.accumulator = ModelContract::Accumulator::f64;
    return proof_row_count(facts);
  };
  CHECK(count_of(1, false) == 64);
  CHECK(count_of(4096, false) == 64);  // 64 x 4,096 x 4 bytes are 1 MiB
  CHECK(count_of(4097, false) == 63);
  CHECK(count_of(4096, true) == 32);
  CHECK(count_of(65'536, false) == 4);
  CHECK(count_of(65'536, true) == 4);
}

}  // namespace mlcore
