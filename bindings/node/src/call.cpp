// SPDX-License-Identifier: Apache-2.0
// Arguments, results and failures of a call from JavaScript.
#include <cstdio>
#include <cstring>
#include <new>

#include "addon.hpp"

namespace mlcore_node {

Failure::Failure(std::int32_t code, std::int32_t reason, const char* message) : Failure() {
  error.code = code;
  error.reason = reason;
  std::snprintf(error.message, sizeof error.message, "%s", message);
}

void throw_closed(const char* what) {
  char message[64];
  std::snprintf(message, sizeof message, "the %s is closed", what);
  throw Failure(MLCORE_FAILED_PRECONDITION, MLCORE_REASON_CLOSED_HANDLE, message);
}

void require(napi_env env, napi_status status) {
  if (status == napi_ok) return;
  bool is_pending = false;
  napi_is_exception_pending(env, &is_pending);
  if (is_pending || status == napi_pending_exception) throw Pending();
  const napi_extended_error_info* info = nullptr;
  napi_get_last_error_info(env, &info);
  const bool has_text = info != nullptr && info->error_message != nullptr;
  throw Failure(MLCORE_INTERNAL, MLCORE_REASON_INTERNAL_FAULT,
                has_text ? info->error_message : "Node-API failed");
}

napi_value error_value(napi_env env, const mlcore_error_t& error) noexcept {
  Instance* instance = nullptr;
  napi_value make = nullptr, receiver = nullptr, made = nullptr;
  napi_value arguments[5];
  const bool is_ready =
      napi_get_instance_data(env, reinterpret_cast<void**>(&instance)) == napi_ok &&
      napi_get_reference_value(env, instance->make_error, &make) == napi_ok &&
      napi_get_undefined(env, &receiver) == napi_ok &&
      napi_create_int32(env, error.code, &arguments[0]) == napi_ok &&
      napi_create_int32(env, error.reason, &arguments[1]) == napi_ok &&
      napi_create_int32(env, error.column, &arguments[2]) == napi_ok &&
      napi_create_int64(env, error.row, &arguments[3]) == napi_ok &&
      napi_create_string_utf8(env, error.message, NAPI_AUTO_LENGTH, &arguments[4]) == napi_ok;
  if (!is_ready) return nullptr;
  if (napi_call_function(env, receiver, make, 5, arguments, &made) != napi_ok) return nullptr;
  return made;
}

namespace {

void throw_error(napi_env env, const mlcore_error_t& error) noexcept {
  const napi_value made = error_value(env, error);
  if (made != nullptr) napi_throw(env, made);
}

}  // namespace

napi_value guarded(napi_env env, napi_callback_info info, napi_value (*body)(Call&)) noexcept {
  try {
    Call call(env, info);
    return body(call);
  } catch (const Failure& failure) {
    throw_error(env, failure.error);
  } catch (const Pending&) {
  } catch (const std::bad_alloc&) {
    throw_error(env, Failure(MLCORE_RESOURCE_EXHAUSTED, MLCORE_REASON_OUT_OF_MEMORY,
                             "there is not enough memory")
                         .error);
  } catch (...) {
    throw_error(env,
                Failure(MLCORE_INTERNAL, MLCORE_REASON_INTERNAL_FAULT, "an unknown failure").error);
  }
  return nullptr;
}

void add_functions(napi_env env, napi_value exports, const Function* functions, std::size_t count) {
  for (const Function* function = functions; function != functions + count; ++function) {
    napi_value value = nullptr;
    require(env, napi_create_function(env, function->name, NAPI_AUTO_LENGTH, function->callback,
                                      nullptr, &value));
    require(env, napi_set_named_property(env, exports, function->name, value));
  }
}

Call::Call(napi_env env, napi_callback_info info) : env_(env) {
  if (info == nullptr) return;
  std::size_t count = kMost;  // those not given are undefined
  require(env, napi_get_cb_info(env, info, &count, arguments_, nullptr, nullptr));
}

bool Call::is_given(std::size_t i) const {
  napi_valuetype type = napi_undefined;
  require(env_, napi_typeof(env_, arguments_[i], &type));
  return type != napi_undefined;
}

void* Call::external(std::size_t i) const {
  void* data = nullptr;
  require(env_, napi_get_value_external(env_, arguments_[i], &data));
  return data;
}

void* Call::view(std::size_t i, napi_typedarray_type& type, std::size_t& length) const {
  void* data = nullptr;
  napi_value buffer = nullptr;
  require(env_,
          napi_get_typedarray_info(env_, arguments_[i], &type, &length, &data, &buffer, nullptr));
  bool is_own = false;  // another thread may write to a SharedArrayBuffer while it is read here
  require(env_, napi_is_arraybuffer(env_, buffer, &is_own));
  if (!is_own) {
    throw Failure(MLCORE_INVALID_ARGUMENT, MLCORE_REASON_TYPE_MISMATCH,
                  "memory that threads share (SharedArrayBuffer) is not taken");
  }
  return data;
}

Bytes Call::bytes(std::size_t i) const {
  napi_typedarray_type type;
  std::size_t length = 0;
  const void* data = view(i, type, length);
  if (type != napi_uint8_array) {
    throw Failure(MLCORE_INVALID_ARGUMENT, MLCORE_REASON_TYPE_MISMATCH, "expected a Uint8Array");
  }
  static constexpr std::uint8_t kNone = 0;  // an empty array may have no address
  return {length == 0 ? &kNone : static_cast<const std::uint8_t*>(data),
          static_cast<std::int64_t>(length)};
}

std::string Call::copied(std::size_t i) const {
  const Bytes given = bytes(i);
  return {reinterpret_cast<const char*>(given.data), static_cast<std::size_t>(given.size)};
}

Numbers Call::numbers(std::size_t i) const {
  napi_typedarray_type type;
  std::size_t length = 0;
  const void* data = view(i, type, length);
  if (type != napi_float64_array && type != napi_float32_array) {
    throw Failure(MLCORE_INVALID_ARGUMENT, MLCORE_REASON_TYPE_MISMATCH,
                  "expected a Float64Array or a Float32Array");
  }
  static constexpr double kNone = 0;
  return {length == 0 ? &kNone : data, static_cast<std::int64_t>(length),
          type == napi_float32_array};
}

double* Call::doubles(std::size_t i, std::int64_t& count) const {
  napi_typedarray_type type;
  std::size_t length = 0;
  void* data = view(i, type, length);
  if (type != napi_float64_array) {
    throw Failure(MLCORE_INVALID_ARGUMENT, MLCORE_REASON_TYPE_MISMATCH, "expected a Float64Array");
  }
  static double none = 0;  // never written to: its count is 0
  count = static_cast<std::int64_t>(length);
  return length == 0 ? &none : static_cast<double*>(data);
}

std::vector<std::int32_t> Call::int32s(std::size_t i) const {
  napi_typedarray_type type;
  std::size_t length = 0;
  const auto* data = static_cast<const std::int32_t*>(view(i, type, length));
  if (type != napi_int32_array) {
    throw Failure(MLCORE_INVALID_ARGUMENT, MLCORE_REASON_TYPE_MISMATCH, "expected an Int32Array");
  }
  if (length == 0) return {};
  return {data, data + length};
}

mlcore_rows_t Call::rows_in(std::size_t i, std::uint32_t at) const {
  Call inner(env_, nullptr);
  for (std::uint32_t part = 0; part < 4; ++part) {
    require(env_, napi_get_element(env_, arguments_[i], at + part, &inner.arguments_[part]));
  }
  return inner.rows(0);
}

mlcore_rows_t Call::rows(std::size_t i) const {
  const Bytes given = bytes(i);
  napi_typedarray_type type;
  std::size_t length = 0;
  const void* offsets = view(i + 2, type, length);
  const mlcore_rows_t rows = {given.data, integer(i + 1), static_cast<const std::int64_t*>(offsets),
                              integer(i + 3)};
  if (type != napi_bigint64_array || rows.size > given.size ||
      rows.count >= static_cast<std::int64_t>(length)) {
    throw Failure(MLCORE_INVALID_ARGUMENT, MLCORE_REASON_INVALID_LENGTH,
                  "the rows are inconsistent");
  }
  return rows;
}

std::int64_t Call::int64(std::size_t i) const {
  std::int64_t number = 0;
  bool is_lossless = false;
  require(env_, napi_get_value_bigint_int64(env_, arguments_[i], &number, &is_lossless));
  return number;
}

std::int64_t Call::integer(std::size_t i) const {
  std::int64_t number = 0;
  require(env_, napi_get_value_int64(env_, arguments_[i], &number));
  return number;
}

std::int32_t Call::int32(std::size_t i) const {
  std::int32_t number = 0;
  require(env_, napi_get_value_int32(env_, arguments_[i], &number));
  return number;
}

double Call::real(std::size_t i) const {
  double number = 0;
  require(env_, napi_get_value_double(env_, arguments_[i], &number));
  return number;
}

napi_value Call::undefined() const {
  napi_value value = nullptr;
  require(env_, napi_get_undefined(env_, &value));
  return value;
}

napi_value Call::number(double number) const {
  napi_value value = nullptr;
  require(env_, napi_create_double(env_, number, &value));
  return value;
}

napi_value Call::bigint(std::uint64_t number) const {
  napi_value value = nullptr;
  require(env_, napi_create_bigint_uint64(env_, number, &value));
  return value;
}

napi_value Call::text(const char* text, std::int64_t size) const {
  napi_value value = nullptr;
  const std::size_t length = size < 0 ? NAPI_AUTO_LENGTH : static_cast<std::size_t>(size);
  require(env_, napi_create_string_utf8(env_, text, length, &value));
  return value;
}

napi_value Call::array(std::size_t size) const {
  napi_value value = nullptr;
  require(env_, napi_create_array_with_length(env_, size, &value));
  return value;
}

napi_value Call::object() const {
  napi_value value = nullptr;
  require(env_, napi_create_object(env_, &value));
  return value;
}

void Call::set(napi_value object, const char* name, napi_value value) const {
  require(env_, napi_set_named_property(env_, object, name, value));
}

void Call::set(napi_value array, std::size_t index, napi_value value) const {
  require(env_, napi_set_element(env_, array, static_cast<std::uint32_t>(index), value));
}

}  // namespace mlcore_node
