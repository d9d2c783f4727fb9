// SPDX-License-Identifier: Apache-2.0
#pragma once

// The native half of the package: functions of Node-API over the C API. lib/ checks what the user
// gave, packs rows and makes classes of this; nothing here is public.
//
//   napi_value layout_id(Call& call) {  // registered by entry<layout_id>
//     std::uint64_t id = 0;
//     check(mlcore_layout_id, call.handle<Layout>(0).handle, &id);
//     return call.bigint(id);
//   }
//
// Each environment (the main thread, each worker) has its own instance data and its own objects;
// nothing of JavaScript is shared between them.

#include <mlcore/mlcore.h>
#include <node_api.h>

#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

namespace mlcore_node {

/// Carries an mlcore_error_t to entry(), which throws it as an MlcoreError.
struct Failure {
  Failure() {  // without clearing the kilobyte of the message: this is made for every call
    error.struct_size = sizeof error;
    error.code = error.reason = 0;
    error.column = -1;
    error.row = -1;
    error.message[0] = '\0';
  }
  Failure(std::int32_t code, std::int32_t reason, const char* message);
  mlcore_error_t error;
};

/// An exception of JavaScript is pending.
struct Pending {};

/// Calls a function of the C API, the error as its last argument; throws Failure unless MLCORE_OK.
template <typename Function, typename... Arguments>
void check(Function function, Arguments... arguments) {
  Failure failure;
  if (function(arguments..., &failure.error) != MLCORE_OK) throw failure;
}

[[noreturn]] void throw_closed(const char* what);

/// What one environment keeps: functions of lib/ that are called from here.
struct Instance {
  napi_ref make_error = nullptr;  // (code, reason, column, row, message) => MlcoreError
  napi_ref allocate = nullptr;    // (bytes) => Uint8Array; throws where there is no memory
};

// What the handles of JavaScript hold. close() empties `handle`; calls in progress share it. Their
// memory() is a guess at the bytes that the garbage collector does not see, so that it looks for
// handles that were forgotten.

struct Model {
  std::shared_ptr<const mlcore_model_t> handle;
  std::int64_t file_size;
  [[nodiscard]] std::int64_t memory() const { return 64 * 1024 + 2 * file_size; }
  static constexpr const char* kName = "model";
};

struct Features {
  std::shared_ptr<const mlcore_features_t> handle;
  static constexpr const char* kName = "features";
  [[nodiscard]] static std::int64_t memory() { return 16 * 1024; }
};

/// Lifetime: `owner` keeps the definition that the layout is borrowed from.
struct Layout {
  std::shared_ptr<const mlcore_features_t> owner;
  const mlcore_layout_t* handle;
  static constexpr const char* kName = "layout";
  [[nodiscard]] static std::int64_t memory() { return 256; }
};

struct State {
  std::shared_ptr<const mlcore_state_t> handle;
  static constexpr const char* kName = "state";
  [[nodiscard]] static std::int64_t memory() { return 64 * 1024; }
};

struct Monitor {
  std::shared_ptr<const mlcore_monitor_t> handle;
  std::int64_t counters;  // of all panes
  [[nodiscard]] std::int64_t memory() const { return 16 * 1024 + 560 * counters; }
  static constexpr const char* kName = "monitor";
};

/// Scratch memory for calls of one row, and more of it for batches, which run in other threads.
class Context {
 public:
  using Scratch = std::unique_ptr<mlcore_context_t, void (*)(mlcore_context_t*)>;

  Context(std::shared_ptr<const mlcore_model_t> model, const mlcore_context_options_t& options);
  [[nodiscard]] mlcore_context_t* get() const {
    if (!handle) throw_closed(kName);
    return handle.get();
  }
  /// Counts into a monitor from now on: rows, and the batches that begin after this.
  void attach(std::shared_ptr<const mlcore_monitor_t> monitor);
  [[nodiscard]] bool is_monitored() const noexcept { return monitor_ != nullptr; }
  /// Scratch memory for one batch, to be given back.
  [[nodiscard]] Scratch take();
  void give_back(Scratch scratch, bool is_of_monitor) noexcept;
  void close() noexcept;

  Scratch handle;
  std::int64_t width = 0;
  Failure failure;  // of bound calls
  static constexpr const char* kName = "context";
  [[nodiscard]] static std::int64_t memory() { return 8 * 1024; }

 private:
  [[nodiscard]] Scratch make() const;

  std::shared_ptr<const mlcore_model_t> model_;
  mlcore_context_options_t options_;
  std::shared_ptr<const mlcore_monitor_t> monitor_;  // of every scratch memory; may be null
  std::vector<Scratch> spare_;
};

struct Bytes {
  const std::uint8_t* data;
  std::int64_t size;
};

/// The numbers of a Float64Array or a Float32Array.
struct Numbers {
  const void* data;
  std::int64_t count;
  bool is_f32;
};

/// The arguments of one call from lib/, and the values it returns.
class Call {
 public:
  Call(napi_env env, napi_callback_info info);

  [[nodiscard]] napi_env env() const { return env_; }
  [[nodiscard]] napi_value value(std::size_t i) const { return arguments_[i]; }
  [[nodiscard]] bool is_given(std::size_t i) const;
  template <typename T>
  [[nodiscard]] T& handle(std::size_t i) const {
    return **static_cast<std::shared_ptr<T>*>(external(i));
  }
  template <typename T>
  [[nodiscard]] std::shared_ptr<T> shared(std::size_t i) const {
    return *static_cast<std::shared_ptr<T>*>(external(i));
  }
  /// The C handle of an object that is not closed.
  template <typename T>
  [[nodiscard]] auto open(std::size_t i) const {
    auto kept = handle<T>(i).handle;
    if (!kept) throw_closed(T::kName);
    return kept;
  }
  [[nodiscard]] Bytes bytes(std::size_t i) const;         // Uint8Array
  [[nodiscard]] std::string copied(std::size_t i) const;  // Uint8Array
  [[nodiscard]] Numbers numbers(std::size_t i) const;
  [[nodiscard]] double* doubles(std::size_t i, std::int64_t& count) const;
  [[nodiscard]] std::vector<std::int32_t> int32s(std::size_t i) const;  // Int32Array
  [[nodiscard]] mlcore_rows_t rows(std::size_t i) const;  // bytes, size, offsets, count
  /// The same, from element `at` of an array.
  [[nodiscard]] mlcore_rows_t rows_in(std::size_t i, std::uint32_t at) const;
  [[nodiscard]] std::int64_t int64(std::size_t i) const;    // BigInt
  [[nodiscard]] std::int64_t integer(std::size_t i) const;  // Number
  [[nodiscard]] std::int32_t int32(std::size_t i) const;
  [[nodiscard]] double real(std::size_t i) const;

  [[nodiscard]] napi_value undefined() const;
  [[nodiscard]] napi_value number(double number) const;
  [[nodiscard]] napi_value bigint(std::uint64_t number) const;
  [[nodiscard]] napi_value text(const char* text, std::int64_t size) const;
  [[nodiscard]] napi_value array(std::size_t size) const;
  [[nodiscard]] napi_value object() const;
  void set(napi_value object, const char* name, napi_value value) const;
  void set(napi_value array, std::size_t index, napi_value value) const;

 private:
  [[nodiscard]] void* external(std::size_t i) const;
  void* view(std::size_t i, napi_typedarray_type& type, std::size_t& length) const;

  static constexpr std::size_t kMost = 12;
  napi_env env_;
  napi_value arguments_[kMost];
};

/// Throws Pending or Failure unless the status of a Node-API call is good.
void require(napi_env env, napi_status status);

template <typename T>
void free_share(napi_env env, void* data, void*) {
  const std::unique_ptr<std::shared_ptr<T>> kept(static_cast<std::shared_ptr<T>*>(data));
  std::int64_t adjusted = 0;
  napi_adjust_external_memory(env, -(*kept)->memory(), &adjusted);
}

/// A value of JavaScript that shares `object` until it is collected.
template <typename T>
[[nodiscard]] napi_value share(napi_env env, std::shared_ptr<T> object) {
  auto kept = std::make_unique<std::shared_ptr<T>>(std::move(object));
  napi_value value = nullptr;
  require(env, napi_create_external(env, kept.get(), free_share<T>, nullptr, &value));
  const std::int64_t memory = (*kept.release())->memory();
  std::int64_t adjusted = 0;
  require(env, napi_adjust_external_memory(env, memory, &adjusted));
  return value;
}

/// A new value of JavaScript that owns `handle`.
template <typename T>
[[nodiscard]] napi_value new_external(napi_env env, T handle) {
  return share(env, std::make_shared<T>(std::move(handle)));
}

/// An MlcoreError; null where making one failed, with an exception pending.
[[nodiscard]] napi_value error_value(napi_env env, const mlcore_error_t& error) noexcept;

/// Runs `body`, and throws in JavaScript what it throws.
napi_value guarded(napi_env env, napi_callback_info info, napi_value (*body)(Call&)) noexcept;

template <napi_value (*body)(Call&)>
napi_value entry(napi_env env, napi_callback_info info) {
  return guarded(env, info, body);
}

/// A named function, for the tables below.
struct Function {
  const char* name;
  napi_callback callback;
};

void add_functions(napi_env env, napi_value exports, const Function* functions, std::size_t count);

void add_model(napi_env env, napi_value exports);
void add_features(napi_env env, napi_value exports);
void add_state(napi_env env, napi_value exports);
void add_context(napi_env env, napi_value exports);
void add_bound(napi_env env, napi_value exports);
void add_monitor(napi_env env, napi_value exports);

}  // namespace mlcore_node
