// SPDX-License-Identifier: Apache-2.0
// The module: what Node.js calls when it loads the addon, in each environment that does.
#include "addon.hpp"

namespace mlcore_node {
namespace {

/// setUp(makeError, allocate): hands over the functions of lib/ that are called from here.
napi_value set_up(Call& call) {
  Instance* instance = nullptr;
  require(call.env(), napi_get_instance_data(call.env(), reinterpret_cast<void**>(&instance)));
  require(call.env(), napi_create_reference(call.env(), call.value(0), 1, &instance->make_error));
  require(call.env(), napi_create_reference(call.env(), call.value(1), 1, &instance->allocate));
  return call.undefined();
}

napi_value version(Call& call) { return call.text(mlcore_version(), -1); }
napi_value code_name(Call& call) { return call.text(mlcore_code_name(call.int32(0)), -1); }
napi_value reason_name(Call& call) { return call.text(mlcore_reason_name(call.int32(0)), -1); }

constexpr Function kFunctions[] = {{"setUp", entry<set_up>},
                                   {"version", entry<version>},
                                   {"codeName", entry<code_name>},
                                   {"reasonName", entry<reason_name>}};

napi_value load(Call& call, napi_value exports) {
  check(mlcore_check_abi, MLCORE_ABI_VERSION);
  auto instance = std::make_unique<Instance>();
  require(call.env(),
          napi_set_instance_data(
              call.env(), instance.get(),
              [](napi_env, void* data, void*) { delete static_cast<Instance*>(data); }, nullptr));
  instance.release();
  add_functions(call.env(), exports, kFunctions, std::size(kFunctions));
  add_model(call.env(), exports);
  add_features(call.env(), exports);
  add_state(call.env(), exports);
  add_context(call.env(), exports);
  add_bound(call.env(), exports);
  add_monitor(call.env(), exports);
  return exports;
}

}  // namespace
}  // namespace mlcore_node

NAPI_MODULE_INIT() {
  using namespace mlcore_node;
  try {
    Call call(env, nullptr);
    return load(call, exports);
  } catch (const Failure& failure) {  // before setUp: a plain Error
    napi_throw_error(env, nullptr, failure.error.message);
  } catch (const Pending&) {
  } catch (...) {
    napi_throw_error(env, nullptr, "mlcore could not be loaded");
  }
  return nullptr;
}
