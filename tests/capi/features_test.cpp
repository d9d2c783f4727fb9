// SPDX-License-Identifier: Apache-2.0
#include <bit>
#include <cmath>

#include "capi/fixture.hpp"

namespace mlcore::test {
namespace {

struct Compiled {
  explicit Compiled(std::string_view text) {
    mlcore_error_t error = MLCORE_ERROR_INIT;
    REQUIRE_MESSAGE(mlcore_features_open(text.data(), static_cast<std::int64_t>(text.size()),
                                         &features, &error) == MLCORE_OK,
                    error.message);
  }
  ~Compiled() { mlcore_features_release(features); }
  Compiled(const Compiled&) = delete;
  Compiled& operator=(const Compiled&) = delete;

  mlcore_features_t* features = nullptr;
};

std::string fingerprint(const mlcore_features_t* features) {
  const char* data = nullptr;
  std::int64_t size = 0;
  REQUIRE(mlcore_features_fingerprint(features, &data, &size, nullptr) == MLCORE_OK);
  return {data, static_cast<std::size_t>(size)};
}

}  // namespace

TEST_CASE("features: a definition compiled from text tells what a model made of it tells") {
  const Compiled compiled(kShopDefinition);
  const Opened shop(shop_artifact());
  CHECK(fingerprint(compiled.features).size() == 64);
  CHECK(fingerprint(compiled.features) == fingerprint(shop.features));
  for (const mlcore_features_t* features :
       {const_cast<const mlcore_features_t*>(compiled.features), shop.features}) {
    std::int64_t count = 0, stream = -1;
    const char* text = nullptr;
    std::int64_t size = 0;
    CHECK(mlcore_feature_count(features, &count, nullptr) == MLCORE_OK);
    CHECK(count == 2);
    CHECK(mlcore_feature_name(features, 1, &text, &size, nullptr) == MLCORE_OK);
    CHECK(std::string(text, static_cast<std::size_t>(size)) == "spend");
    CHECK(mlcore_features_stream_count(features, &count, nullptr) == MLCORE_OK);
    CHECK(count == 1);
    CHECK(mlcore_features_find_stream(features, "orders", 6, &stream, nullptr) == MLCORE_OK);
    CHECK(stream == 0);
    CHECK(mlcore_features_stream_name(features, 0, &text, &size, nullptr) == MLCORE_OK);
    CHECK(std::string(text, static_cast<std::size_t>(size)) == "orders");
    CHECK(mlcore_features_text(features, &text, &size, nullptr) == MLCORE_OK);
    const Compiled again(std::string_view(text, static_cast<std::size_t>(size)));
    CHECK(fingerprint(again.features) == fingerprint(features));
  }
}

TEST_CASE("features: misuse has a code and a reason") {
  const Compiled compiled(kShopDefinition);
  const mlcore_features_t* features = compiled.features;
  mlcore_features_t* opened = nullptr;
  const char* text = nullptr;
  const mlcore_layout_t* layout = nullptr;
  std::int64_t number = 0;
  CHECK_FAILS(mlcore_features_open("features", 8, &opened, &error), MLCORE_INVALID_ARGUMENT,
              MLCORE_REASON_SYNTAX);
  CHECK(opened == nullptr);
  CHECK_FAILS(mlcore_features_open("x", 1, nullptr, &error), MLCORE_INVALID_ARGUMENT,
              MLCORE_REASON_NULL_POINTER);
  CHECK_FAILS(mlcore_feature_name(features, 2, &text, &number, &error), MLCORE_OUT_OF_RANGE,
              MLCORE_REASON_INVALID_INDEX);
  CHECK_FAILS(mlcore_features_stream_name(features, 1, &text, &number, &error), MLCORE_OUT_OF_RANGE,
              MLCORE_REASON_INVALID_INDEX);
  CHECK_FAILS(mlcore_features_stream_layout(features, -1, &layout, &error), MLCORE_OUT_OF_RANGE,
              MLCORE_REASON_INVALID_INDEX);
  CHECK(layout == nullptr);
  CHECK_FAILS(mlcore_features_find_stream(features, "order", 5, &number, &error), MLCORE_NOT_FOUND,
              MLCORE_REASON_UNKNOWN_NAME);
  CHECK_FAILS(mlcore_feature_count(nullptr, &number, &error), MLCORE_INVALID_ARGUMENT,
              MLCORE_REASON_NULL_POINTER);
  CHECK_FAILS(mlcore_features_stream_count(features, nullptr, &error), MLCORE_INVALID_ARGUMENT,
              MLCORE_REASON_NULL_POINTER);
  CHECK_FAILS(mlcore_features_request_layout(nullptr, &layout, &error), MLCORE_INVALID_ARGUMENT,
              MLCORE_REASON_NULL_POINTER);
  mlcore_features_release(nullptr);
}

TEST_CASE("features: the definition of a model is not released by mistake") {
  const Opened shop(shop_artifact());
  mlcore_features_release(const_cast<mlcore_features_t*>(shop.features));
  CHECK(fingerprint(shop.features).size() == 64);
}

TEST_CASE("features: compute gives the features of many requests before a model exists") {
  const Compiled compiled(kShopDefinition);
  const mlcore_layout_t* request = nullptr;
  REQUIRE(mlcore_features_request_layout(compiled.features, &request, nullptr) == MLCORE_OK);
  const Events events(compiled.features);
  events.ingest(three_orders());
  const Rows requests(request, {R"({"customer": "ada", "as_of": "1998-01-02"})",
                                R"({"customer": "bob", "as_of": "1998-01-02"})",
                                R"({"customer": "eve", "as_of": "1998-01-02"})"});
  const mlcore_rows_t view = requests.view();
  double out[6] = {};
  REQUIRE(mlcore_features_compute(compiled.features, events.state, &view, out, 6, nullptr) ==
          MLCORE_OK);
  CHECK(out[0] == 1);
  CHECK(out[1] == 29.75);
  CHECK(out[2] == 1);
  CHECK(out[3] == 0.25);
  CHECK(out[4] == 0);
  CHECK(std::bit_cast<std::uint64_t>(out[5]) == 0x7FF8000000000000u);  // a sum of nothing is null

  CHECK_FAILS(mlcore_features_compute(compiled.features, nullptr, &view, out, 6, &error),
              MLCORE_FAILED_PRECONDITION, MLCORE_REASON_NEEDS_STATE);
  CHECK_FAILS(mlcore_features_compute(compiled.features, events.state, &view, out, 5, &error),
              MLCORE_INVALID_ARGUMENT, MLCORE_REASON_WRONG_WIDTH);
  CHECK_FAILS(mlcore_features_compute(compiled.features, events.state, &view, nullptr, 6, &error),
              MLCORE_INVALID_ARGUMENT, MLCORE_REASON_NULL_POINTER);
  CHECK_FAILS(mlcore_features_compute(compiled.features, events.state, nullptr, out, 6, &error),
              MLCORE_INVALID_ARGUMENT, MLCORE_REASON_NULL_POINTER);

  Rows damaged = requests;
  damaged.batch.bytes[static_cast<std::size_t>(damaged.batch.offsets[1])] ^= 1;
  const mlcore_rows_t bad = damaged.view();
  mlcore_error_t error = MLCORE_ERROR_INIT;
  CHECK(mlcore_features_compute(compiled.features, events.state, &bad, out, 6, &error) ==
        MLCORE_INVALID_ARGUMENT);
  CHECK(error.reason == MLCORE_REASON_LAYOUT_MISMATCH);
  CHECK(error.row == 1);
}

TEST_CASE("features: a transform that nothing fitted yet is refused") {
  const Compiled compiled(
      "features scaled version 1\ninput x: f64\n"
      "z = fit standard_scale(x)\noutput [z]\n");
  const mlcore_layout_t* request = nullptr;
  REQUIRE(mlcore_features_request_layout(compiled.features, &request, nullptr) == MLCORE_OK);
  const Rows requests(request, {R"({"x": 1})"});
  const mlcore_rows_t view = requests.view();
  double out = 0;
  CHECK_FAILS(mlcore_features_compute(compiled.features, nullptr, &view, &out, 1, &error),
              MLCORE_FAILED_PRECONDITION, MLCORE_REASON_NOT_FITTED);
}

}  // namespace mlcore::test
