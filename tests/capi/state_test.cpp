// SPDX-License-Identifier: Apache-2.0
#include <bit>

#include "capi/fixture.hpp"

namespace mlcore::test {
namespace {

const char* const kAda = R"({"customer": "ada", "as_of": "1998-01-02"})";

mlcore_ingest_report_t fresh_report() {
  mlcore_ingest_report_t report = {};
  report.struct_size = sizeof report;
  return report;
}

/// orders_30d and spend of ada at 1998-01-02.
std::vector<double> features_of_ada(const Opened& shop, const mlcore_state_t* state) {
  const Scratch scratch(shop, MLCORE_OUTPUT_FEATURES);
  const Bytes row = packed(shop.request, kAda);
  std::vector<double> out(2);
  mlcore_error_t error = MLCORE_ERROR_INIT;
  REQUIRE_MESSAGE(
      mlcore_predict_at(scratch.context, state, row.data(), static_cast<std::int64_t>(row.size()),
                        out.data(), 2, &error) == MLCORE_OK,
      error.message);
  return out;
}

}  // namespace

TEST_CASE("state: ingest reports what became of each row") {
  const Opened shop(shop_artifact());
  const Events events(shop.features);
  Rows rows(events.layout, three_orders());
  const auto second = static_cast<std::size_t>(rows.batch.offsets[1]);
  rows.batch.bytes[second + 8] |= 1;  // the customer of the second row is null
  const mlcore_rows_t view = rows.view();
  mlcore_ingest_report_t report = fresh_report();
  CHECK(mlcore_state_ingest(events.state, 0, &view, &report, nullptr) == MLCORE_OK);
  CHECK(report.struct_size == sizeof report);
  CHECK(report.accepted == 2);
  CHECK(report.invalid == 1);
  CHECK(report.listed == 1);
  CHECK(report.invalid_row[0] == 1);
  CHECK(report.invalid_reason[0] == MLCORE_REASON_NULL_NOT_ALLOWED);
  CHECK(std::string(report.invalid_message).find("customer") != std::string::npos);
  CHECK(report.late + report.duplicate + report.conflict + report.replayed == 0);
  std::uint64_t keys = 0, count = 0, memory = 0;
  CHECK(mlcore_state_key_count(events.state, &keys, nullptr) == MLCORE_OK);
  CHECK(mlcore_state_event_count(events.state, &count, nullptr) == MLCORE_OK);
  CHECK(mlcore_state_memory(events.state, &memory, nullptr) == MLCORE_OK);
  CHECK(keys == 2);
  CHECK(count == 2);
  CHECK(memory > 0);
}

TEST_CASE("state: a source that delivers twice is counted once") {
  const Opened shop(shop_artifact());
  const Events events(shop.features);
  const Rows rows(events.layout, three_orders());
  const mlcore_rows_t view = rows.view();
  const auto ingest = [&](const char* source, std::int64_t offset, mlcore_ingest_report_t* report) {
    return mlcore_state_ingest_from(events.state, 0, &view, source, 2, offset, report, nullptr);
  };
  mlcore_ingest_report_t report = fresh_report();
  CHECK(ingest("p0", 7, &report) == MLCORE_OK);
  CHECK(report.accepted == 3);
  CHECK(ingest("p0", 7, &report) == MLCORE_OK);
  CHECK(report.accepted == 0);
  CHECK(report.replayed == 3);
  CHECK(ingest("p1", 7, &report) == MLCORE_OK);
  CHECK(report.accepted == 3);
  CHECK(features_of_ada(shop, events.state) == std::vector<double>{2, 59.5});
  CHECK_FAILS(mlcore_state_ingest_from(events.state, 0, &view, nullptr, 2, 8, nullptr, &error),
              MLCORE_INVALID_ARGUMENT, MLCORE_REASON_NULL_POINTER);
  CHECK_FAILS(mlcore_state_ingest_from(events.state, 0, &view, "\xff", 1, 8, nullptr, &error),
              MLCORE_INVALID_ARGUMENT, MLCORE_REASON_INVALID_UTF8);
}

TEST_CASE("state: a snapshot restored goes on with the same bits and offsets") {
  const Opened shop(shop_artifact());
  const Events events(shop.features);
  const Rows rows(events.layout, three_orders());
  const mlcore_rows_t view = rows.view();
  REQUIRE(mlcore_state_ingest_from(events.state, 0, &view, "p0", 2, 7, nullptr, nullptr) ==
          MLCORE_OK);
  mlcore_buffer_t* snapshot = nullptr;
  REQUIRE(mlcore_state_snapshot(events.state, &snapshot, nullptr) == MLCORE_OK);
  const void* bytes = nullptr;
  std::int64_t size = 0;
  REQUIRE(mlcore_buffer_bytes(snapshot, &bytes, &size, nullptr) == MLCORE_OK);
  mlcore_state_t* restored = nullptr;
  REQUIRE(mlcore_state_restore(shop.features, bytes, size, nullptr, &restored, nullptr) ==
          MLCORE_OK);
  CHECK(features_of_ada(shop, restored) == features_of_ada(shop, events.state));
  mlcore_ingest_report_t report = fresh_report();
  CHECK(mlcore_state_ingest_from(restored, 0, &view, "p0", 2, 7, &report, nullptr) == MLCORE_OK);
  CHECK(report.replayed == 3);
  std::int64_t offset = 0;
  CHECK(mlcore_state_source_offset(restored, "p0", 2, &offset, nullptr) == MLCORE_OK);
  CHECK(offset == 7);
  CHECK_FAILS(mlcore_state_source_offset(restored, "p1", 2, &offset, &error), MLCORE_NOT_FOUND,
              MLCORE_REASON_UNKNOWN_NAME);
  CHECK_FAILS(mlcore_state_source_offset(restored, "p\xFF", 2, &offset, &error), MLCORE_NOT_FOUND,
              MLCORE_REASON_UNKNOWN_NAME);
  CHECK_FAILS(mlcore_state_source_offset(restored, nullptr, 2, &offset, &error),
              MLCORE_INVALID_ARGUMENT, MLCORE_REASON_NULL_POINTER);
  CHECK_FAILS(mlcore_state_source_offset(restored, "p0", 2, nullptr, &error),
              MLCORE_INVALID_ARGUMENT, MLCORE_REASON_NULL_POINTER);
  CHECK_FAILS(mlcore_state_source_offset(nullptr, "p0", 2, &offset, &error),
              MLCORE_INVALID_ARGUMENT, MLCORE_REASON_NULL_POINTER);
  mlcore_state_release(restored);

  CHECK_FAILS(mlcore_state_restore(shop.features, bytes, 0, nullptr, &restored, &error),
              MLCORE_DATA_LOSS, MLCORE_REASON_TRUNCATED);
  CHECK(restored == nullptr);
  CHECK_FAILS(mlcore_state_restore(shop.features, nullptr, size, nullptr, &restored, &error),
              MLCORE_INVALID_ARGUMENT, MLCORE_REASON_NULL_POINTER);
  CHECK_FAILS(mlcore_state_restore(nullptr, bytes, size, nullptr, &restored, &error),
              MLCORE_INVALID_ARGUMENT, MLCORE_REASON_NULL_POINTER);
  mlcore_buffer_release(snapshot);
  mlcore_buffer_release(nullptr);
  CHECK_FAILS(mlcore_buffer_bytes(nullptr, &bytes, &size, &error), MLCORE_INVALID_ARGUMENT,
              MLCORE_REASON_NULL_POINTER);
}

TEST_CASE("state: lateness is zero by flag, absent without") {
  const Opened shop(shop_artifact());
  for (const bool is_strict : {false, true}) {
    CAPTURE(is_strict);
    mlcore_state_options_t options = {};
    REQUIRE(mlcore_state_options_init(&options, sizeof options, nullptr) == MLCORE_OK);
    if (is_strict) options.flags = MLCORE_STATE_HAS_LATENESS;
    mlcore_state_t* state = nullptr;
    REQUIRE(mlcore_state_new(shop.features, &options, &state, nullptr) == MLCORE_OK);
    const mlcore_layout_t* layout = nullptr;
    REQUIRE(mlcore_features_stream_layout(shop.features, 0, &layout, nullptr) == MLCORE_OK);
    const Rows orders(layout, three_orders());  // ada's second order is older than her first
    const mlcore_rows_t view = orders.view();
    mlcore_ingest_report_t report = fresh_report();
    CHECK(mlcore_state_ingest(state, 0, &view, &report, nullptr) == MLCORE_OK);
    CHECK(report.accepted == (is_strict ? 2 : 3));
    CHECK(report.late == (is_strict ? 1 : 0));
    mlcore_state_release(state);
  }
}

TEST_CASE("state: after an expiry, what is not retained is refused") {
  const Opened shop(shop_artifact());
  mlcore_state_options_t options = {};
  REQUIRE(mlcore_state_options_init(&options, sizeof options, nullptr) == MLCORE_OK);
  options.flags = MLCORE_STATE_HAS_LATENESS;
  mlcore_state_t* state = nullptr;
  REQUIRE(mlcore_state_new(shop.features, &options, &state, nullptr) == MLCORE_OK);
  CHECK(mlcore_state_expire(state, 883'699'200'000'000, nullptr) == MLCORE_OK);  // 1998-01-02
  const Scratch scratch(shop);
  const Bytes row = packed(shop.request, R"({"customer": "ada", "as_of": "1997-01-02"})");
  double out = 0;
  CHECK_FAILS(mlcore_predict_at(scratch.context, state, row.data(),
                                static_cast<std::int64_t>(row.size()), &out, 1, &error),
              MLCORE_OUT_OF_RANGE, MLCORE_REASON_NOT_RETAINED);
  CHECK_FAILS(mlcore_state_expire(nullptr, 0, &error), MLCORE_INVALID_ARGUMENT,
              MLCORE_REASON_NULL_POINTER);
  mlcore_state_release(state);
}

TEST_CASE("state: a full state refuses more and keeps what it has") {
  const Opened shop(shop_artifact());
  mlcore_state_options_t options = {};
  REQUIRE(mlcore_state_options_init(&options, sizeof options, nullptr) == MLCORE_OK);
  options.max_keys = 1;
  mlcore_state_t* state = nullptr;
  REQUIRE(mlcore_state_new(shop.features, &options, &state, nullptr) == MLCORE_OK);
  const mlcore_layout_t* layout = nullptr;
  REQUIRE(mlcore_features_stream_layout(shop.features, 0, &layout, nullptr) == MLCORE_OK);
  const Rows orders(layout, three_orders());
  const mlcore_rows_t view = orders.view();
  mlcore_error_t full = MLCORE_ERROR_INIT;
  CHECK(mlcore_state_ingest(state, 0, &view, nullptr, &full) == MLCORE_RESOURCE_EXHAUSTED);
  CHECK(full.reason == MLCORE_REASON_STATE_FULL);
  CHECK(full.row == 2);  // bob's, the first that was not taken
  CHECK(features_of_ada(shop, state) == std::vector<double>{1, 29.75});
  mlcore_state_release(state);
}

TEST_CASE("state: misuse has a code and a reason") {
  const Opened shop(shop_artifact());
  const Opened loan(loan_artifact());
  const Events events(shop.features);
  const Rows orders(events.layout, three_orders());
  const Rows requests(shop.request, {kAda});
  const mlcore_rows_t view = orders.view();
  const mlcore_rows_t other_layout = requests.view();
  mlcore_state_t* state = nullptr;
  mlcore_buffer_t* snapshot = nullptr;
  std::uint64_t number = 0;
  CHECK_FAILS(mlcore_state_new(loan.features, nullptr, &state, &error), MLCORE_FAILED_PRECONDITION,
              MLCORE_REASON_UNSUPPORTED_FEATURE);
  CHECK_FAILS(mlcore_state_new(nullptr, nullptr, &state, &error), MLCORE_INVALID_ARGUMENT,
              MLCORE_REASON_NULL_POINTER);
  CHECK_FAILS(mlcore_state_new(shop.features, nullptr, nullptr, &error), MLCORE_INVALID_ARGUMENT,
              MLCORE_REASON_NULL_POINTER);
  CHECK_FAILS(mlcore_state_ingest(nullptr, 0, &view, nullptr, &error), MLCORE_INVALID_ARGUMENT,
              MLCORE_REASON_NULL_POINTER);
  CHECK_FAILS(mlcore_state_ingest(events.state, 0, nullptr, nullptr, &error),
              MLCORE_INVALID_ARGUMENT, MLCORE_REASON_NULL_POINTER);
  CHECK_FAILS(mlcore_state_ingest(events.state, 1, &view, nullptr, &error), MLCORE_OUT_OF_RANGE,
              MLCORE_REASON_INVALID_INDEX);
  CHECK_FAILS(mlcore_state_ingest(events.state, 0, &other_layout, nullptr, &error),
              MLCORE_INVALID_ARGUMENT, MLCORE_REASON_LAYOUT_MISMATCH);
  mlcore_ingest_report_t report = fresh_report();
  report.struct_size = 8;
  CHECK_FAILS(mlcore_state_ingest(events.state, 0, &view, &report, &error), MLCORE_INVALID_ARGUMENT,
              MLCORE_REASON_INVALID_OPTION);
  CHECK(mlcore_state_event_count(events.state, &number, nullptr) == MLCORE_OK);
  CHECK(number == 0);  // nothing was taken by a call that failed
  CHECK_FAILS(mlcore_state_key_count(nullptr, &number, &error), MLCORE_INVALID_ARGUMENT,
              MLCORE_REASON_NULL_POINTER);
  CHECK_FAILS(mlcore_state_memory(events.state, nullptr, &error), MLCORE_INVALID_ARGUMENT,
              MLCORE_REASON_NULL_POINTER);
  CHECK_FAILS(mlcore_state_snapshot(nullptr, &snapshot, &error), MLCORE_INVALID_ARGUMENT,
              MLCORE_REASON_NULL_POINTER);
  mlcore_state_options_t options = {};
  CHECK_FAILS(mlcore_state_new(shop.features, &options, &state, &error), MLCORE_INVALID_ARGUMENT,
              MLCORE_REASON_INVALID_OPTION);
  options.struct_size = sizeof options;
  options.flags = 4;
  CHECK_FAILS(mlcore_state_new(shop.features, &options, &state, &error), MLCORE_UNIMPLEMENTED,
              MLCORE_REASON_INVALID_OPTION);
  options.flags = MLCORE_STATE_HAS_LATENESS;
  options.lateness = -1;
  CHECK_FAILS(mlcore_state_new(shop.features, &options, &state, &error), MLCORE_INVALID_ARGUMENT,
              MLCORE_REASON_INVALID_OPTION);
  mlcore_state_release(nullptr);
}

TEST_CASE("state: one of other streams is refused by a model") {
  const Opened shop(shop_artifact());
  const std::string other =
      "features other version 1\n"
      "stream visits(customer: string key, at: timestamp event)\n"
      "seen = count() over visits lifetime\noutput [seen]\n";
  mlcore_features_t* features = nullptr;
  REQUIRE(mlcore_features_open(other.data(), static_cast<std::int64_t>(other.size()), &features,
                               nullptr) == MLCORE_OK);
  {
    const Events events(features);
    const Scratch scratch(shop);
    const Bytes row = packed(shop.request, kAda);
    double out = 0;
    CHECK_FAILS(mlcore_predict_at(scratch.context, events.state, row.data(),
                                  static_cast<std::int64_t>(row.size()), &out, 1, &error),
                MLCORE_FAILED_PRECONDITION, MLCORE_REASON_STREAM_MISMATCH);
  }
  mlcore_features_release(features);
}

}  // namespace mlcore::test
