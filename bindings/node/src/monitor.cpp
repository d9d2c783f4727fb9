// SPDX-License-Identifier: Apache-2.0
// Monitors: what contexts count into, and reports, which threads of the pool write.
#include <memory>

#include "work.hpp"

namespace mlcore_node {
namespace {

constexpr std::int64_t kDefaultPanes = 32;

void release(const mlcore_monitor_t* monitor) {
  mlcore_monitor_release(const_cast<mlcore_monitor_t*>(monitor));
}

/// newMonitor(model, maxPanes, paneMicros, paneRows, minimumRows, alpha, distanceThreshold,
/// shareThreshold) => monitor
napi_value new_monitor(Call& call) {
  mlcore_monitor_options_t options = {};
  check(mlcore_monitor_options_init, &options, static_cast<std::uint32_t>(sizeof options));
  options.max_panes = call.int32(1);
  options.pane_micros = call.int64(2);
  options.pane_rows = call.int64(3);
  options.minimum_rows = call.int64(4);
  options.alpha = call.real(5);
  options.distance_threshold = call.real(6);
  options.share_threshold = call.real(7);
  const auto model = call.open<Model>(0);
  std::int64_t columns = 0;
  check(mlcore_model_output_count, model.get(), MLCORE_OUTPUT_FEATURES, &columns);
  mlcore_monitor_t* monitor = nullptr;
  check(mlcore_monitor_new, model.get(), &options, &monitor);
  const std::int64_t panes = options.max_panes > 0 ? options.max_panes : kDefaultPanes;
  return new_external(call.env(), Monitor{{monitor, release}, panes * (columns + 1)});
}

/// attachMonitor(monitor, context)
napi_value attach_monitor(Call& call) {
  call.handle<Context>(1).attach(call.open<Monitor>(0));
  return call.undefined();
}

class Report final : public Work {
 public:
  explicit Report(const Call& call) : monitor_(call.open<Monitor>(0)), format_(call.int32(1)) {}

  void run() override {
    mlcore_buffer_t* buffer = nullptr;
    check(mlcore_monitor_report, monitor_.get(), format_, &buffer);
    buffer_.reset(buffer);
  }

  napi_value finish(napi_env env) override {
    const void* bytes = nullptr;
    std::int64_t size = 0;
    check(mlcore_buffer_bytes, buffer_.get(), &bytes, &size);
    napi_value text = nullptr;
    require(env, napi_create_string_utf8(env, static_cast<const char*>(bytes),
                                         static_cast<std::size_t>(size), &text));
    return text;
  }

 private:
  std::shared_ptr<const mlcore_monitor_t> monitor_;
  std::int32_t format_;
  std::unique_ptr<mlcore_buffer_t, void (*)(mlcore_buffer_t*)> buffer_{nullptr,
                                                                       mlcore_buffer_release};
};

/// monitorReport(monitor, format) => Promise<text>
napi_value monitor_report(Call& call) { return start(call.env(), std::make_unique<Report>(call)); }

/// closeMonitor(monitor)
napi_value close_monitor(Call& call) {
  call.handle<Monitor>(0).handle.reset();
  return call.undefined();
}

constexpr Function kFunctions[] = {{"newMonitor", entry<new_monitor>},
                                   {"attachMonitor", entry<attach_monitor>},
                                   {"monitorReport", entry<monitor_report>},
                                   {"closeMonitor", entry<close_monitor>}};

}  // namespace

void add_monitor(napi_env env, napi_value exports) {
  add_functions(env, exports, kFunctions, std::size(kFunctions));
}

}  // namespace mlcore_node
