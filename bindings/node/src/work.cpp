// SPDX-License-Identifier: Apache-2.0
// Promises. When an environment ends (process.exit, worker.terminate) Node.js waits for work that
// runs, and every call of Node-API after that may fail: what is owned is freed all the same.
#include "work.hpp"

#include <cstring>
#include <new>

namespace mlcore_node {

Work::~Work() {
  for (const napi_ref reference : kept_) napi_delete_reference(env_, reference);
}

void Work::keep(napi_env env, napi_value value) {
  env_ = env;
  kept_.reserve(kept_.size() + 1);
  napi_ref reference = nullptr;
  require(env, napi_create_reference(env, value, 1, &reference));
  kept_.push_back(reference);
}

napi_value Work::kept(napi_env env, std::size_t i) const {
  napi_value value = nullptr;
  require(env, napi_get_reference_value(env, kept_[i], &value));
  return value;
}

void execute(napi_env, void* data) noexcept {
  Work& work = *static_cast<Work*>(data);
  try {
    work.run();
    return;
  } catch (const Failure& failure) {
    work.failure_ = failure;
  } catch (const std::bad_alloc&) {
    work.failure_ = Failure(MLCORE_RESOURCE_EXHAUSTED, MLCORE_REASON_OUT_OF_MEMORY,
                            "there is not enough memory");
  } catch (...) {
    work.failure_ = Failure(MLCORE_INTERNAL, MLCORE_REASON_INTERNAL_FAULT, "an unknown failure");
  }
  work.has_failed_ = true;
}

namespace {

/// The exception that is pending, taken away; null where there is none.
napi_value pending_exception(napi_env env) {
  napi_value exception = nullptr;
  napi_get_and_clear_last_exception(env, &exception);
  return exception;
}

}  // namespace

void complete(napi_env env, napi_status status, void* data) noexcept {
  const std::unique_ptr<Work> work(static_cast<Work*>(data));
  napi_value value = nullptr, reason = nullptr;
  try {
    if (status != napi_ok) throw Failure(MLCORE_CANCELLED, MLCORE_REASON_NONE, "cancelled");
    if (work->has_failed_) throw work->failure_;
    value = work->finish(env);
  } catch (const Failure& failure) {
    reason = error_value(env, failure.error);
  } catch (const Pending&) {
  } catch (...) {
    reason = error_value(
        env,
        Failure(MLCORE_RESOURCE_EXHAUSTED, MLCORE_REASON_OUT_OF_MEMORY, "out of memory").error);
  }
  if (value != nullptr) {
    napi_resolve_deferred(env, work->deferred_, value);
  } else {
    if (reason == nullptr) reason = pending_exception(env);
    if (reason != nullptr) napi_reject_deferred(env, work->deferred_, reason);
  }
  napi_delete_async_work(env, work->handle_);
}

napi_value start(napi_env env, std::unique_ptr<Work> work) {
  napi_value name = nullptr, promise = nullptr;
  require(env, napi_create_string_utf8(env, "mlcore", NAPI_AUTO_LENGTH, &name));
  require(env, napi_create_async_work(env, nullptr, name, execute, complete, work.get(),
                                      &work->handle_));
  require(env, napi_create_promise(env, &work->deferred_, &promise));
  require(env, napi_queue_async_work(env, work->handle_));
  work.release();  // complete() owns it
  return promise;
}

napi_value copy_to_array(napi_env env, const void* bytes, std::size_t size) {
  Instance* instance = nullptr;
  napi_value allocate = nullptr, receiver = nullptr, length = nullptr, array = nullptr;
  require(env, napi_get_instance_data(env, reinterpret_cast<void**>(&instance)));
  require(env, napi_get_reference_value(env, instance->allocate, &allocate));
  require(env, napi_get_undefined(env, &receiver));
  require(env, napi_create_double(env, static_cast<double>(size), &length));
  require(env, napi_call_function(env, receiver, allocate, 1, &length, &array));
  void* data = nullptr;
  std::size_t room = 0;
  require(env, napi_get_typedarray_info(env, array, nullptr, &room, &data, nullptr, nullptr));
  if (size > 0) std::memcpy(data, bytes, size);
  return array;
}

}  // namespace mlcore_node
