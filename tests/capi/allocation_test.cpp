// SPDX-License-Identifier: Apache-2.0
// Makes every allocation of a call fail, one after the other.
#include <atomic>
#include <cstdlib>
#include <new>

#include "capi/fixture.hpp"
#include "monitor/lender.hpp"

namespace {
std::atomic<std::int64_t> allocations{0};
std::atomic<std::int64_t> failing{-1};  // the allocation that fails; -1: none
}  // namespace

// Not inlined: GCC 12 takes a malloc or a free that it sees for one of another allocator.
[[gnu::noinline]] void* operator new(std::size_t size) {
  if (allocations++ == failing) throw std::bad_alloc();
  if (void* memory = std::malloc(size == 0 ? 1 : size)) return memory;
  throw std::bad_alloc();
}
[[gnu::noinline]] void* operator new[](std::size_t size) { return operator new(size); }
[[gnu::noinline]] void* operator new(std::size_t size, const std::nothrow_t&) noexcept {
  ++allocations;  // never fails: its callers go on without, and the call would succeed
  return std::malloc(size == 0 ? 1 : size);
}
[[gnu::noinline]] void* operator new[](std::size_t size, const std::nothrow_t& tag) noexcept {
  return operator new(size, tag);
}
[[gnu::noinline]] void operator delete(void* memory) noexcept { std::free(memory); }
[[gnu::noinline]] void operator delete[](void* memory) noexcept { std::free(memory); }
[[gnu::noinline]] void operator delete(void* memory, std::size_t) noexcept { std::free(memory); }
[[gnu::noinline]] void operator delete[](void* memory, std::size_t) noexcept { std::free(memory); }

namespace mlcore::test {
namespace {

const char* const kAda = R"({"customer": "ada", "as_of": "1998-01-02"})";

/// How many allocations a call makes.
template <typename Call>
std::int64_t count(Call&& call) {
  allocations = 0;
  const std::int32_t code = call(nullptr);
  const std::int64_t made = allocations;
  CHECK(code == MLCORE_OK);
  return made;
}

/// Calls with the first, the second, … allocation failing, until one succeeds.
template <typename Call>
void starve(Call&& call) {
  for (std::int64_t at = 0;; ++at) {
    mlcore_error_t error = MLCORE_ERROR_INIT;
    allocations = 0;
    failing = at;
    const std::int32_t code = call(&error);
    failing = -1;
    if (code == MLCORE_OK) {
      CHECK(at > 0);
      return;
    }
    CAPTURE(at);
    REQUIRE(code == MLCORE_RESOURCE_EXHAUSTED);
    REQUIRE(error.reason == MLCORE_REASON_OUT_OF_MEMORY);
  }
}

}  // namespace

TEST_CASE("allocation: a call without memory is refused, and nothing leaks or stays half done") {
  const Bytes file = shop_artifact();
  const auto size = static_cast<std::int64_t>(file.size());
  mlcore_model_t* model = nullptr;
  starve([&](mlcore_error_t* error) {
    return mlcore_model_open_bytes(file.data(), size, &model, error);
  });
  mlcore_model_release(model);

  const Opened shop(file);
  mlcore_context_t* context = nullptr;
  starve([&](mlcore_error_t* error) {
    return mlcore_context_new(shop.model, nullptr, &context, error);
  });
  const Events events(shop.features);
  const Rows orders(events.layout, three_orders());
  const mlcore_rows_t view = orders.view();
  starve([&](mlcore_error_t* error) {
    return mlcore_state_ingest_from(events.state, 0, &view, "a source with a long name", 25, 1,
                                    nullptr, error);
  });
  std::uint64_t event_count = 0;
  REQUIRE(mlcore_state_event_count(events.state, &event_count, nullptr) == MLCORE_OK);
  CHECK(event_count == 3);  // a batch that failed is taken again in full, and only once
  std::int64_t needed = 0;
  starve([&](mlcore_error_t* error) {
    return mlcore_row_from_json(shop.request, kAda, 42, nullptr, 0, &needed, error);
  });
  starve([&](mlcore_error_t* error) {
    return mlcore_model_describe(shop.model, nullptr, 0, &needed, error);
  });
  mlcore_buffer_t* snapshot = nullptr;
  starve(
      [&](mlcore_error_t* error) { return mlcore_state_snapshot(events.state, &snapshot, error); });
  const void* bytes = nullptr;
  REQUIRE(mlcore_buffer_bytes(snapshot, &bytes, &needed, nullptr) == MLCORE_OK);
  mlcore_state_t* restored = nullptr;
  starve([&](mlcore_error_t* error) {
    return mlcore_state_restore(shop.features, bytes, needed, nullptr, &restored, error);
  });
  mlcore_state_release(restored);
  mlcore_buffer_release(snapshot);
  mlcore_features_t* features = nullptr;
  starve([&](mlcore_error_t* error) {
    return mlcore_features_open(
        kShopDefinition, static_cast<std::int64_t>(std::strlen(kShopDefinition)), &features, error);
  });
  mlcore_features_release(features);
  mlcore_context_release(context);
}

TEST_CASE("allocation: a row without streams is scored without any") {
  const Opened loan(loan_artifact());
  const Bytes row = packed(loan.request, R"({"age": 29, "debt": 1, "income": 4})");
  const auto size = static_cast<std::int64_t>(row.size());
  const double values[] = {29, 1, 4};
  const float floats[] = {29, 1, 4};
  for (const std::int32_t output :
       {MLCORE_OUTPUT_PREDICTION, MLCORE_OUTPUT_MARGIN, MLCORE_OUTPUT_FEATURES, MLCORE_OUTPUT_CLASS,
        MLCORE_OUTPUT_LEAF}) {
    CAPTURE(output);
    const Scratch scratch(loan, output);
    mlcore_context_t* const context = scratch.context;
    double out[2] = {};
    std::int64_t width = 0;
    CHECK(mlcore_context_output_count(context, &width, nullptr) == MLCORE_OK);
    const auto packed_row = [&](mlcore_error_t* error) {
      return mlcore_predict_row(context, row.data(), size, out, width, error);
    };
    const auto doubles = [&](mlcore_error_t* error) {
      return mlcore_predict_f64(context, values, 3, out, width, error);
    };
    const auto singles = [&](mlcore_error_t* error) {
      return mlcore_predict_f32(context, floats, 3, out, width, error);
    };
    CHECK(count(packed_row) == 0);
    static_cast<void>(doubles(nullptr));  // the first numeric row sizes the context's buffers
    static_cast<void>(singles(nullptr));
    CHECK(count(doubles) == 0);
    CHECK(count(singles) == 0);
  }
}

TEST_CASE("allocation: a monitor without memory is refused; a monitored row takes none") {
  const Opened lender_model(lender_file());
  const Scratch scratch(lender_model);
  mlcore_monitor_options_t options = {};
  options.struct_size = sizeof options;
  options.pane_rows = 50;
  options.max_panes = 2;
  mlcore_monitor_t* monitor = nullptr;
  starve([&](mlcore_error_t* error) {
    return mlcore_monitor_new(lender_model.model, &options, &monitor, error);
  });
  starve([&](mlcore_error_t* error) {
    return mlcore_monitor_attach(monitor, scratch.context, error);
  });
  const Bytes row = packed(
      lender_model.request,
      R"({"income": 75000, "age": 40, "country": "a new country with a long name", "as_of": "1998-01-02"})");
  double out = 0;
  for (int i = 0; i < 200; ++i) {
    REQUIRE(count([&](mlcore_error_t* error) {
              return mlcore_predict_row(scratch.context, row.data(),
                                        static_cast<std::int64_t>(row.size()), &out, 1, error);
            }) == 0);
  }
  for (const std::int32_t format :
       {MLCORE_REPORT_JSON, MLCORE_REPORT_PROMETHEUS, MLCORE_REPORT_HTML}) {
    mlcore_buffer_t* report = nullptr;
    starve([&](mlcore_error_t* error) {
      mlcore_buffer_release(report);
      return mlcore_monitor_report(monitor, format, &report, error);
    });
    mlcore_buffer_release(report);
  }
  mlcore_monitor_release(monitor);
}

}  // namespace mlcore::test
