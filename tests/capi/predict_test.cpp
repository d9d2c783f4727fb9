// SPDX-License-Identifier: Apache-2.0
#include <bit>
#include <limits>
#include <thread>

#include "capi/fixture.hpp"

namespace mlcore::test {
namespace {

constexpr double kNan = std::numeric_limits<double>::quiet_NaN();
const char* const kAda = R"({"customer": "ada", "as_of": "1998-01-02"})";

std::int64_t size_of(const Bytes& bytes) { return static_cast<std::int64_t>(bytes.size()); }

std::uint64_t bits(double value) { return std::bit_cast<std::uint64_t>(value); }

}  // namespace

TEST_CASE("context: options are checked, grown and shrunk by struct_size") {
  const Opened loan(loan_artifact());
  mlcore_context_t* context = nullptr;
  struct Newer {
    mlcore_context_options_t known;
    std::uint32_t unknown;
  } newer = {{sizeof(Newer), MLCORE_OUTPUT_MARGIN, 0, 0, 0}, 0};
  CHECK(mlcore_context_new(loan.model, &newer.known, &context, nullptr) == MLCORE_OK);
  mlcore_context_release(context);
  newer.unknown = 1;
  CHECK_FAILS(mlcore_context_new(loan.model, &newer.known, &context, &error), MLCORE_UNIMPLEMENTED,
              MLCORE_REASON_INVALID_OPTION);
  CHECK(context == nullptr);
  mlcore_context_options_t options = {};
  CHECK_FAILS(mlcore_context_new(loan.model, &options, &context, &error), MLCORE_INVALID_ARGUMENT,
              MLCORE_REASON_INVALID_OPTION);
  CHECK(mlcore_context_options_init(&options, sizeof options, nullptr) == MLCORE_OK);
  CHECK(options.struct_size == sizeof options);
  CHECK(options.output == MLCORE_OUTPUT_PREDICTION);
  for (const std::int32_t unknown : {-1, 5, 1 << 30}) {
    options.output = unknown;
    CHECK_FAILS(mlcore_context_new(loan.model, &options, &context, &error), MLCORE_INVALID_ARGUMENT,
                MLCORE_REASON_INVALID_OPTION);
  }
  options.output = MLCORE_OUTPUT_CLASS;
  options.iteration_end = 3;
  CHECK_FAILS(mlcore_context_new(loan.model, &options, &context, &error), MLCORE_INVALID_ARGUMENT,
              MLCORE_REASON_INVALID_OPTION);
  for (const std::uint32_t size : {4u, 8u, 12u}) {  // the end is past the struct: default
    options.struct_size = size;
    CHECK(mlcore_context_new(loan.model, &options, &context, nullptr) == MLCORE_OK);
    mlcore_context_release(context);
  }
  CHECK_FAILS(mlcore_context_options_init(nullptr, 8, &error), MLCORE_INVALID_ARGUMENT,
              MLCORE_REASON_NULL_POINTER);
  CHECK_FAILS(mlcore_context_options_init(&options, 3, &error), MLCORE_INVALID_ARGUMENT,
              MLCORE_REASON_INVALID_OPTION);
  CHECK_FAILS(mlcore_context_new(nullptr, nullptr, &context, &error), MLCORE_INVALID_ARGUMENT,
              MLCORE_REASON_NULL_POINTER);
  CHECK_FAILS(mlcore_context_new(loan.model, nullptr, nullptr, &error), MLCORE_INVALID_ARGUMENT,
              MLCORE_REASON_NULL_POINTER);
}

TEST_CASE("predict: packed row, numeric row and batch give the margins of the trees by hand") {
  const Opened loan(loan_artifact());
  const Scratch scratch(loan, MLCORE_OUTPUT_MARGIN);
  std::int64_t outputs = 0;
  CHECK(mlcore_context_output_count(scratch.context, &outputs, nullptr) == MLCORE_OK);
  CHECK(outputs == 1);
  // base + first tree + second tree, every sum exact in float32.
  const struct {
    const char* json;
    double values[3];
    double margin;
  } cases[] = {
      {R"({"age": 29, "debt": 1, "income": 4})", {29, 1, 4}, 0.125 + 0.25 + 1},
      {R"({"age": 30, "debt": 1, "income": 4})", {30, 1, 4}, 0.125 - 0.5 + 1},
      {R"({"age": 29, "debt": 2, "income": 4})", {29, 2, 4}, 0.125 + 0.25 + 2},
      {R"({"age": 29, "income": 4})", {29, kNan, 4}, 0.125 + 0.25 + 1},
  };
  std::vector<double> wide;
  std::vector<float> narrow;
  for (const auto& c : cases) {
    CAPTURE(c.json);
    const Bytes row = packed(loan.request, c.json);
    double margin = 0;
    CHECK(mlcore_predict_row(scratch.context, row.data(), size_of(row), &margin, 1, nullptr) ==
          MLCORE_OK);
    CHECK(margin == c.margin);
    CHECK(mlcore_predict_f64(scratch.context, c.values, 3, &margin, 1, nullptr) == MLCORE_OK);
    CHECK(margin == c.margin);
    const float floats[] = {static_cast<float>(c.values[0]), static_cast<float>(c.values[1]),
                            static_cast<float>(c.values[2])};
    CHECK(mlcore_predict_f32(scratch.context, floats, 3, &margin, 1, nullptr) == MLCORE_OK);
    CHECK(margin == c.margin);
    wide.insert(wide.end(), {c.values[0], c.values[1], c.values[2], 99, 99});
    narrow.insert(narrow.end(), {floats[0], floats[1], floats[2]});
  }
  double margins[4] = {};
  CHECK(mlcore_predict_batch_f64(scratch.context, wide.data(), 4, 3, 5, margins, 4, nullptr) ==
        MLCORE_OK);
  for (int i = 0; i < 4; ++i) CHECK(margins[i] == cases[i].margin);
  CHECK(mlcore_predict_batch_f32(scratch.context, narrow.data(), 4, 3, 3, margins, 4, nullptr) ==
        MLCORE_OK);
  for (int i = 0; i < 4; ++i) CHECK(margins[i] == cases[i].margin);
  CHECK(mlcore_predict_batch_f64(scratch.context, nullptr, 0, 3, 3, nullptr, 0, nullptr) ==
        MLCORE_OK);
}

TEST_CASE("predict: the outputs of a context are the features, the margin or the prediction") {
  const Opened loan(loan_artifact());
  const Scratch features(loan, MLCORE_OUTPUT_FEATURES);
  const Scratch prediction(loan);
  const double row[] = {29, kNan, 4};
  double out[2] = {};
  CHECK(mlcore_predict_f64(features.context, row, 3, out, 2, nullptr) == MLCORE_OK);
  CHECK(out[0] == 29);
  CHECK(bits(out[1]) == 0x7FF8000000000000u);
  CHECK(mlcore_predict_f64(prediction.context, row, 3, out, 1, nullptr) == MLCORE_OK);
  // 1 / (1 + exp(-1.375)) = 0.798186777740, by Python's math.
  CHECK(out[0] == doctest::Approx(0.798186777740).epsilon(1e-7));
  CHECK(out[0] == static_cast<double>(static_cast<float>(out[0])));
}

TEST_CASE("predict: classes, leaves and rounds by hand, of a row and of a batch") {
  const Opened loan(loan_artifact());
  std::int64_t count = 0;
  CHECK(mlcore_model_output_count(loan.model, MLCORE_OUTPUT_CLASS, &count, nullptr) == MLCORE_OK);
  CHECK(count == 1);
  CHECK(mlcore_model_output_count(loan.model, MLCORE_OUTPUT_LEAF, &count, nullptr) == MLCORE_OK);
  CHECK(count == 2);
  const double rows[] = {29, 1, 4, 30, 2, 4};
  const struct {
    mlcore_context_options_t options;
    std::vector<double> first, second;
  } cases[] = {
      {{sizeof(mlcore_context_options_t), MLCORE_OUTPUT_CLASS, 0, 0, 0}, {1}, {1}},
      {{sizeof(mlcore_context_options_t), MLCORE_OUTPUT_CLASS, 0, 1, 0}, {1}, {0}},
      {{sizeof(mlcore_context_options_t), MLCORE_OUTPUT_LEAF, 0, 0, 0}, {1, 3}, {2, 4}},
      {{sizeof(mlcore_context_options_t), MLCORE_OUTPUT_LEAF, 1, 2, 0}, {3}, {4}},
      {{sizeof(mlcore_context_options_t), MLCORE_OUTPUT_MARGIN, 0, 1, 0}, {0.375}, {-0.375}},
      {{sizeof(mlcore_context_options_t), MLCORE_OUTPUT_MARGIN, 1, 0, 0}, {1.125}, {2.125}},
  };
  for (const auto& test : cases) {
    CAPTURE(test.options.output);
    CAPTURE(test.options.iteration_begin);
    mlcore_context_t* context = nullptr;
    REQUIRE(mlcore_context_new(loan.model, &test.options, &context, nullptr) == MLCORE_OK);
    CHECK(mlcore_context_output_count(context, &count, nullptr) == MLCORE_OK);
    REQUIRE(count == static_cast<std::int64_t>(test.first.size()));
    std::vector<double> row(test.first.size()), batch(2 * row.size());
    CHECK(mlcore_predict_f64(context, rows, 3, row.data(), count, nullptr) == MLCORE_OK);
    CHECK(row == test.first);
    CHECK(mlcore_predict_batch_f64(context, rows, 2, 3, 3, batch.data(), 2 * count, nullptr) ==
          MLCORE_OK);
    CHECK(std::vector<double>(batch.begin() + count, batch.end()) == test.second);
    mlcore_context_release(context);
  }
}

TEST_CASE("predict: a model without classes, and rounds past the last, are refused by name") {
  const Opened price(artifact_of("price", kLoanDefinition, "reg:squarederror", Link::identity));
  std::int64_t count = 0;
  CHECK_FAILS(mlcore_model_output_count(price.model, MLCORE_OUTPUT_CLASS, &count, &error),
              MLCORE_FAILED_PRECONDITION, MLCORE_REASON_INVALID_OPTION);
  mlcore_context_options_t options = {sizeof options, MLCORE_OUTPUT_CLASS, 0, 0, 0};
  mlcore_context_t* context = nullptr;
  CHECK_FAILS(mlcore_context_new(price.model, &options, &context, &error),
              MLCORE_FAILED_PRECONDITION, MLCORE_REASON_INVALID_OPTION);
  CHECK(context == nullptr);
  options = {sizeof options, MLCORE_OUTPUT_PREDICTION, 1, 3, 0};
  mlcore_error_t error = MLCORE_ERROR_INIT;
  CHECK(mlcore_context_new(price.model, &options, &context, &error) == MLCORE_INVALID_ARGUMENT);
  CHECK(error.reason == MLCORE_REASON_INVALID_OPTION);
  CHECK(std::string(error.message).find("[1, 3)") != std::string::npos);
  CHECK(std::string(error.message).find("<= 2") != std::string::npos);
}

TEST_CASE("predict: state, batch from a state and the caller's events give the same bits") {
  const Opened shop(shop_artifact());
  const Events events(shop.features);
  events.ingest(three_orders());
  for (const std::int32_t output :
       {MLCORE_OUTPUT_PREDICTION, MLCORE_OUTPUT_MARGIN, MLCORE_OUTPUT_FEATURES, MLCORE_OUTPUT_CLASS,
        MLCORE_OUTPUT_LEAF}) {
    CAPTURE(output);
    const Scratch scratch(shop, output);
    std::int64_t width = 0;
    REQUIRE(mlcore_context_output_count(scratch.context, &width, nullptr) == MLCORE_OK);
    const Bytes row = packed(shop.request, kAda);
    double at[2] = {}, brought[2] = {}, batch[4] = {};
    CHECK(mlcore_predict_at(scratch.context, events.state, row.data(), size_of(row), at, width,
                            nullptr) == MLCORE_OK);
    const Rows of_ada(events.layout, {three_orders()[1], three_orders()[0]});
    const mlcore_rows_t view = of_ada.view();
    CHECK(mlcore_predict_events(scratch.context, row.data(), size_of(row), &view, 1, brought, width,
                                nullptr) == MLCORE_OK);
    const Rows requests(shop.request, {R"({"customer": "bob", "as_of": "1998-01-02"})", kAda});
    const mlcore_rows_t both = requests.view();
    CHECK(mlcore_predict_batch_at(scratch.context, events.state, &both, batch, 2 * width,
                                  nullptr) == MLCORE_OK);
    for (std::int64_t i = 0; i < width; ++i) {
      CHECK(bits(brought[i]) == bits(at[i]));
      CHECK(bits(batch[width + i]) == bits(at[i]));
    }
    if (output == MLCORE_OUTPUT_FEATURES) {
      CHECK(at[0] == 1);
      CHECK(at[1] == 29.75);
    }
    if (output == MLCORE_OUTPUT_MARGIN) CHECK(at[0] == 0.125 + 0.25 + 2);
  }
}

TEST_CASE("predict: packed rows without streams are a batch without a state") {
  const Opened loan(loan_artifact());
  const Scratch scratch(loan, MLCORE_OUTPUT_LEAF);
  std::vector<std::string> json;
  for (int i = 0; i < 300; ++i) {  // more than a tile
    json.push_back(R"({"age": )" + std::to_string(i % 60) + R"(, "debt": )" +
                   (i % 7 == 0 ? "null" : std::to_string(i)) + R"(, "income": 300})");
  }
  const Rows requests(loan.request, json);
  const mlcore_rows_t view = requests.view();
  std::vector<double> batch(600);
  REQUIRE(mlcore_predict_batch_at(scratch.context, nullptr, &view, batch.data(), 600, nullptr) ==
          MLCORE_OK);
  for (std::size_t i = 0; i < 300; ++i) {
    CAPTURE(i);
    double row[2] = {};
    const ByteView bytes = requests.batch[i];
    REQUIRE(mlcore_predict_row(scratch.context, bytes.data(),
                               static_cast<std::int64_t>(bytes.size()), row, 2,
                               nullptr) == MLCORE_OK);
    CHECK(row[0] == batch[2 * i]);
    CHECK(row[1] == batch[2 * i + 1]);
  }
  const mlcore_rows_t none = {nullptr, 0, nullptr, 0};
  CHECK(mlcore_predict_batch_at(scratch.context, nullptr, &none, nullptr, 0, nullptr) == MLCORE_OK);

  Rows broken(loan.request, {json[0], json[1], json[2]});
  broken.batch.bytes[static_cast<std::size_t>(broken.batch.offsets[2])] ^= 1;  // its layout's id
  const mlcore_rows_t damaged = broken.view();
  mlcore_error_t refused = MLCORE_ERROR_INIT;
  CHECK(mlcore_predict_batch_at(scratch.context, nullptr, &damaged, batch.data(), 6, &refused) ==
        MLCORE_INVALID_ARGUMENT);
  CHECK(refused.reason == MLCORE_REASON_LAYOUT_MISMATCH);
  CHECK(refused.row == 2);

  const Opened shop(shop_artifact());
  const Scratch windows(shop);
  const Rows keys(shop.request, {kAda});
  const mlcore_rows_t wanted = keys.view();
  CHECK_FAILS(mlcore_predict_batch_at(windows.context, nullptr, &wanted, batch.data(), 1, &error),
              MLCORE_FAILED_PRECONDITION, MLCORE_REASON_NEEDS_STATE);
}

TEST_CASE("predict: rows at any alignment and inside a larger buffer give the same bits") {
  const Opened shop(shop_artifact());
  const Events events(shop.features);
  events.ingest(three_orders());
  const Scratch scratch(shop, MLCORE_OUTPUT_FEATURES);
  const Bytes row = packed(shop.request, kAda);
  for (std::size_t shift = 0; shift < 8; ++shift) {
    CAPTURE(shift);
    Bytes shifted(shift, 0xFF);
    shifted.insert(shifted.end(), row.begin(), row.end());
    double out[2] = {};
    CHECK(mlcore_predict_at(scratch.context, events.state, shifted.data() + shift, size_of(row),
                            out, 2, nullptr) == MLCORE_OK);
    CHECK(out[1] == 29.75);
    Rows requests(shop.request, {});
    requests.batch.bytes = shifted;
    requests.batch.offsets = {static_cast<std::int64_t>(shift), size_of(shifted)};
    const mlcore_rows_t view = requests.view();
    CHECK(mlcore_predict_batch_at(scratch.context, events.state, &view, out, 2, nullptr) ==
          MLCORE_OK);
    CHECK(out[1] == 29.75);
  }
}

TEST_CASE("predict: the margin bypass takes model features with a stride and rounds f64 to f32") {
  const Opened loan(loan_artifact());
  std::int64_t width = 0;
  CHECK(mlcore_model_output_count(loan.model, MLCORE_OUTPUT_MARGIN, &width, nullptr) == MLCORE_OK);
  CHECK(width == 1);
  // 29.999999999 is 30 in float32, so it is not less than the threshold 30.
  const double features[] = {29.999999999, 0.25, -1, 29, kNan, -1};
  double margins[2] = {};
  CHECK(mlcore_model_margin_f64(loan.model, features, 2, 2, 3, margins, 2, nullptr) == MLCORE_OK);
  CHECK(margins[0] == 0.125 - 0.5 + 1);
  CHECK(margins[1] == 0.125 + 0.25 + 1);
  const float floats[] = {30, 0.25f, 29, 0.5f};
  CHECK(mlcore_model_margin_f32(loan.model, floats, 2, 2, 2, margins, 2, nullptr) == MLCORE_OK);
  CHECK(margins[0] == 0.125 - 0.5 + 1);
  CHECK(margins[1] == 0.125 + 0.25 + 2);
  CHECK_FAILS(mlcore_model_margin_f32(loan.model, floats, 1, 3, 3, margins, 1, &error),
              MLCORE_INVALID_ARGUMENT, MLCORE_REASON_WRONG_WIDTH);
  CHECK_FAILS(mlcore_model_margin_f32(nullptr, floats, 2, 2, 2, margins, 2, &error),
              MLCORE_INVALID_ARGUMENT, MLCORE_REASON_NULL_POINTER);
}

TEST_CASE("predict: misuse has a code and a reason") {
  const Opened loan(loan_artifact());
  const Opened shop(shop_artifact());
  const Events events(shop.features);
  const Scratch plain(loan);
  const Scratch windowed(shop);
  const Bytes loan_row = packed(loan.request, R"({"age": 29, "debt": 1, "income": 4})");
  const Bytes shop_row = packed(shop.request, kAda);
  const std::int64_t size = size_of(loan_row);
  const double values[3] = {29, 1, 4};
  double out[4] = {};
  mlcore_context_t* const context = plain.context;

  SUBCASE("NULL") {
    CHECK_FAILS(mlcore_predict_row(nullptr, loan_row.data(), size, out, 1, &error),
                MLCORE_INVALID_ARGUMENT, MLCORE_REASON_NULL_POINTER);
    CHECK_FAILS(mlcore_predict_row(context, nullptr, size, out, 1, &error), MLCORE_INVALID_ARGUMENT,
                MLCORE_REASON_NULL_POINTER);
    CHECK_FAILS(mlcore_predict_row(context, loan_row.data(), size, nullptr, 1, &error),
                MLCORE_INVALID_ARGUMENT, MLCORE_REASON_NULL_POINTER);
    CHECK_FAILS(mlcore_predict_f64(context, nullptr, 3, out, 1, &error), MLCORE_INVALID_ARGUMENT,
                MLCORE_REASON_NULL_POINTER);
    CHECK_FAILS(mlcore_predict_at(windowed.context, nullptr, shop_row.data(), size_of(shop_row),
                                  out, 1, &error),
                MLCORE_INVALID_ARGUMENT, MLCORE_REASON_NULL_POINTER);
    CHECK_FAILS(mlcore_predict_events(windowed.context, shop_row.data(), size_of(shop_row), nullptr,
                                      1, out, 1, &error),
                MLCORE_INVALID_ARGUMENT, MLCORE_REASON_NULL_POINTER);
    CHECK_FAILS(mlcore_predict_batch_f64(context, nullptr, 1, 3, 3, out, 1, &error),
                MLCORE_INVALID_ARGUMENT, MLCORE_REASON_NULL_POINTER);
    CHECK(mlcore_predict_row(nullptr, nullptr, 0, nullptr, 0, nullptr) == MLCORE_INVALID_ARGUMENT);
  }
  SUBCASE("lengths") {
    CHECK_FAILS(mlcore_predict_row(context, loan_row.data(), -1, out, 1, &error),
                MLCORE_INVALID_ARGUMENT, MLCORE_REASON_INVALID_LENGTH);
    CHECK_FAILS(mlcore_predict_row(context, loan_row.data(), size, out, -1, &error),
                MLCORE_INVALID_ARGUMENT, MLCORE_REASON_INVALID_LENGTH);
    CHECK_FAILS(mlcore_predict_row(context, loan_row.data(), size, out, 2, &error),
                MLCORE_INVALID_ARGUMENT, MLCORE_REASON_WRONG_WIDTH);
    CHECK_FAILS(mlcore_predict_row(context, loan_row.data(), size, out, 0, &error),
                MLCORE_INVALID_ARGUMENT, MLCORE_REASON_WRONG_WIDTH);
    CHECK_FAILS(mlcore_predict_row(context, loan_row.data(), 7, out, 1, &error),
                MLCORE_INVALID_ARGUMENT, MLCORE_REASON_MALFORMED_ROW);
    CHECK_FAILS(mlcore_predict_f64(context, values, 2, out, 1, &error), MLCORE_INVALID_ARGUMENT,
                MLCORE_REASON_WRONG_WIDTH);
    CHECK_FAILS(mlcore_predict_batch_f64(context, values, 1, 3, 2, out, 1, &error),
                MLCORE_INVALID_ARGUMENT, MLCORE_REASON_INVALID_LENGTH);
    CHECK_FAILS(mlcore_predict_batch_f64(context, values, -1, 3, 3, out, 1, &error),
                MLCORE_INVALID_ARGUMENT, MLCORE_REASON_INVALID_LENGTH);
    const std::int64_t greatest = std::numeric_limits<std::int64_t>::max();
    CHECK_FAILS(mlcore_predict_batch_f64(context, values, greatest, 3, 3, out, 4, &error),
                MLCORE_INVALID_ARGUMENT, MLCORE_REASON_INVALID_LENGTH);
    CHECK_FAILS(
        mlcore_predict_batch_f64(context, values, std::int64_t{1} << 62, 0, 0, out, 0, &error),
        MLCORE_INVALID_ARGUMENT, MLCORE_REASON_WRONG_WIDTH);
  }
  SUBCASE("a row of another layout") {
    CHECK_FAILS(mlcore_predict_row(context, shop_row.data(), size_of(shop_row), out, 1, &error),
                MLCORE_INVALID_ARGUMENT, MLCORE_REASON_MALFORMED_ROW);
    CHECK_FAILS(
        mlcore_predict_at(windowed.context, events.state, loan_row.data(), size, out, 1, &error),
        MLCORE_INVALID_ARGUMENT, MLCORE_REASON_LAYOUT_MISMATCH);
  }
  SUBCASE("streams without a state") {
    CHECK_FAILS(
        mlcore_predict_row(windowed.context, shop_row.data(), size_of(shop_row), out, 1, &error),
        MLCORE_FAILED_PRECONDITION, MLCORE_REASON_NEEDS_STATE);
    CHECK_FAILS(mlcore_predict_f64(windowed.context, values, 2, out, 1, &error),
                MLCORE_FAILED_PRECONDITION, MLCORE_REASON_NEEDS_STATE);
    CHECK_FAILS(mlcore_predict_events(windowed.context, shop_row.data(), size_of(shop_row), nullptr,
                                      0, out, 1, &error),
                MLCORE_INVALID_ARGUMENT, MLCORE_REASON_WRONG_WIDTH);
  }
  SUBCASE("a batch names its bad row") {
    const double rows[] = {29, 1, 4, 29.5, 1, 4};
    mlcore_error_t error = MLCORE_ERROR_INIT;
    CHECK(mlcore_predict_batch_f64(context, rows, 2, 3, 3, out, 2, &error) ==
          MLCORE_INVALID_ARGUMENT);
    CHECK(error.reason == MLCORE_REASON_TYPE_MISMATCH);
    CHECK(error.row == 1);
    CHECK(error.column == 0);
  }
}

TEST_CASE("predict: offsets of packed rows are checked before any row is read") {
  const Opened shop(shop_artifact());
  const Events events(shop.features);
  const Scratch scratch(shop);
  const Rows requests(shop.request, {kAda, kAda});
  const std::int64_t size = size_of(requests.batch.bytes);
  const std::int64_t middle = requests.batch.offsets[1];
  double out[2] = {};
  const std::vector<std::int64_t> hostile[] = {
      {-1, middle, size},
      {0, size + 1, size},
      {0, middle, size + 1},
      {middle, 0, size},
      {0, middle, std::numeric_limits<std::int64_t>::max()},
      {std::numeric_limits<std::int64_t>::min(), 0, 0}};
  for (const std::vector<std::int64_t>& offsets : hostile) {
    CAPTURE(offsets[0]);
    CAPTURE(offsets[1]);
    CAPTURE(offsets[2]);
    const mlcore_rows_t rows = {requests.batch.bytes.data(), size, offsets.data(), 2};
    CHECK_FAILS(mlcore_predict_batch_at(scratch.context, events.state, &rows, out, 2, &error),
                MLCORE_INVALID_ARGUMENT, MLCORE_REASON_INVALID_LENGTH);
  }
  const mlcore_rows_t no_offsets = {requests.batch.bytes.data(), size, nullptr, 2};
  CHECK_FAILS(mlcore_predict_batch_at(scratch.context, events.state, &no_offsets, out, 2, &error),
              MLCORE_INVALID_ARGUMENT, MLCORE_REASON_NULL_POINTER);
  const mlcore_rows_t negative = {requests.batch.bytes.data(), size, nullptr, -1};
  CHECK_FAILS(mlcore_predict_batch_at(scratch.context, events.state, &negative, out, 2, &error),
              MLCORE_INVALID_ARGUMENT, MLCORE_REASON_INVALID_LENGTH);
  const mlcore_rows_t none = {nullptr, 0, nullptr, 0};
  CHECK(mlcore_predict_batch_at(scratch.context, events.state, &none, nullptr, 0, nullptr) ==
        MLCORE_OK);
}

TEST_CASE("predict: one model and one state serve many threads, each with its context") {
  const Opened shop(shop_artifact());
  const Events events(shop.features);
  events.ingest(three_orders());
  std::vector<std::thread> threads;
  std::vector<int> wrong(4, 0);
  for (std::size_t t = 0; t < wrong.size(); ++t) {
    threads.emplace_back([&, t] {
      mlcore_context_t* context = nullptr;
      const mlcore_context_options_t options = {sizeof options, MLCORE_OUTPUT_FEATURES, 0, 0, 0};
      if (mlcore_context_new(shop.model, &options, &context, nullptr) != MLCORE_OK) return;
      const Bytes row = packed(shop.request, kAda);
      const Rows more(events.layout,
                      {R"({"customer": "zoe", "at": "1998-01-01", "cds": 1, "amount": 1})"});
      const mlcore_rows_t view = more.view();
      for (int i = 0; i < 200; ++i) {
        double out[2] = {};
        const bool is_right =
            mlcore_predict_at(context, events.state, row.data(), size_of(row), out, 2, nullptr) ==
                MLCORE_OK &&
            out[0] == 1 && out[1] == 29.75 &&
            mlcore_state_ingest(events.state, 0, &view, nullptr, nullptr) == MLCORE_OK;
        if (!is_right) ++wrong[t];
      }
      mlcore_context_release(context);
    });
  }
  for (std::thread& thread : threads) thread.join();
  CHECK(wrong == std::vector<int>(4, 0));
  std::uint64_t count = 0;
  CHECK(mlcore_state_event_count(events.state, &count, nullptr) == MLCORE_OK);
  CHECK(count == 3 + 4 * 200);
}

}  // namespace mlcore::test
