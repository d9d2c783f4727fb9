// SPDX-License-Identifier: Apache-2.0
#pragma once

// A promise whose work is done by a thread of libuv's pool.
//
//   struct Open final : Work {
//     void run() override { check(mlcore_model_open, …, &model); }              // in another
//     thread napi_value finish(napi_env env) override { return new_external(env, …); } // in
//     JavaScript's
//   };
//   return start(call.env(), std::make_unique<Open>(…));
//
// A work owns all that run() reads: copies of the caller's bytes, shares of handles, so that
// closing a handle or transferring a buffer meanwhile takes nothing away from it.

#include <memory>
#include <vector>

#include "addon.hpp"

namespace mlcore_node {

class Work {
 public:
  Work() = default;
  virtual ~Work();
  Work(const Work&) = delete;
  Work& operator=(const Work&) = delete;

  virtual void run() = 0;
  /// The promise's value.
  virtual napi_value finish(napi_env env) = 0;

 protected:
  /// Keeps a value of JavaScript until the work is done.
  void keep(napi_env env, napi_value value);
  [[nodiscard]] napi_value kept(napi_env env, std::size_t i) const;

 private:
  friend napi_value start(napi_env env, std::unique_ptr<Work> work);
  friend void execute(napi_env env, void* data) noexcept;
  friend void complete(napi_env env, napi_status status, void* data) noexcept;

  napi_env env_ = nullptr;
  napi_async_work handle_ = nullptr;
  napi_deferred deferred_ = nullptr;
  std::vector<napi_ref> kept_;
  bool has_failed_ = false;
  Failure failure_;
};

/// Queues the work; returns its promise.
napi_value start(napi_env env, std::unique_ptr<Work> work);

/// A new Uint8Array with these bytes.
[[nodiscard]] napi_value copy_to_array(napi_env env, const void* bytes, std::size_t size);

}  // namespace mlcore_node
