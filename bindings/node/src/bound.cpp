// SPDX-License-Identifier: Apache-2.0
// Bound calls: a function of JavaScript without arguments whose row and output are memory that was
// looked up once. lib/ makes sure, just before each call, that neither buffer was detached since.
#include <memory>

#include "addon.hpp"

namespace mlcore_node {
namespace {

struct Bound {
  std::shared_ptr<Context> context;
  std::shared_ptr<State> state;  // null: none is read
  const void* input = nullptr;
  std::int64_t size = 0;
  napi_typedarray_type type = napi_uint8_array;
  double* out = nullptr;
  napi_ref input_array = nullptr, out_array = nullptr;  // keep the memory
};

std::int32_t predict(const Bound& bound, mlcore_error_t* error) {
  mlcore_context_t* context = bound.context->handle.get();
  const std::int64_t width = bound.context->width;
  switch (bound.type) {
    case napi_float64_array:
      return mlcore_predict_f64(context, static_cast<const double*>(bound.input), bound.size,
                                bound.out, width, error);
    case napi_float32_array:
      return mlcore_predict_f32(context, static_cast<const float*>(bound.input), bound.size,
                                bound.out, width, error);
    default: break;
  }
  if (bound.state != nullptr) {
    return mlcore_predict_at(context, bound.state->handle.get(), bound.input, bound.size, bound.out,
                             width, error);
  }
  return mlcore_predict_row(context, bound.input, bound.size, bound.out, width, error);
}

void throw_error(napi_env env, const mlcore_error_t& error) {
  const napi_value value = error_value(env, error);
  if (value != nullptr) napi_throw(env, value);
}

/// Throws for a closed handle.
napi_value refuse(napi_env env, const Bound& bound) {
  const char* problem = bound.context->handle ? "the state is closed" : "the context is closed";
  throw_error(env, Failure(MLCORE_FAILED_PRECONDITION, MLCORE_REASON_CLOSED_HANDLE, problem).error);
  return nullptr;
}

napi_value call_bound(napi_env env, napi_callback_info info) {
  void* data = nullptr;
  if (napi_get_cb_info(env, info, nullptr, nullptr, nullptr, &data) != napi_ok) return nullptr;
  const Bound& bound = *static_cast<const Bound*>(data);
  const bool is_open = bound.context->handle && (bound.state == nullptr || bound.state->handle);
  if (!is_open) return refuse(env, bound);
  mlcore_error_t& error = bound.context->failure.error;
  if (predict(bound, &error) != MLCORE_OK) throw_error(env, error);
  return nullptr;
}

void free_bound(napi_env env, void* data, void*) {
  const std::unique_ptr<Bound> bound(static_cast<Bound*>(data));
  for (const napi_ref reference : {bound->input_array, bound->out_array}) {
    if (reference != nullptr) napi_delete_reference(env, reference);
  }
}

void look_up_input(const Call& call, Bound& bound) {
  napi_typedarray_type type;
  require(call.env(), napi_get_typedarray_info(call.env(), call.value(1), &type, nullptr, nullptr,
                                               nullptr, nullptr));
  bound.type = type;
  if (type == napi_uint8_array) {
    const Bytes row = call.bytes(1);
    bound.input = row.data;
    bound.size = row.size;
  } else {
    const Numbers values = call.numbers(1);
    bound.input = values.data;
    bound.size = values.count;
  }
}

/// bind(context, input, out, state?) => () => undefined; lib/ refused resizable buffers
napi_value bind(Call& call) {
  auto bound = std::make_unique<Bound>();
  bound->context = call.shared<Context>(0);
  static_cast<void>(bound->context->get());
  if (call.is_given(3)) {
    static_cast<void>(call.open<State>(3));
    bound->state = call.shared<State>(3);
  }
  look_up_input(call, *bound);
  std::int64_t count = 0;
  bound->out = call.doubles(2, count);
  if (count != bound->context->width) {
    throw Failure(MLCORE_INVALID_ARGUMENT, MLCORE_REASON_WRONG_WIDTH,
                  "out has not as many values as the context gives");
  }
  const napi_env env = call.env();
  napi_value function = nullptr;
  require(env, napi_create_reference(env, call.value(1), 1, &bound->input_array));
  require(env, napi_create_reference(env, call.value(2), 1, &bound->out_array));
  require(env, napi_create_function(env, "predict", NAPI_AUTO_LENGTH, call_bound, bound.get(),
                                    &function));
  require(env, napi_add_finalizer(env, function, bound.get(), free_bound, nullptr, nullptr));
  bound.release();
  return function;
}

constexpr Function kFunctions[] = {{"bind", entry<bind>}};

}  // namespace

void add_bound(napi_env env, napi_value exports) {
  add_functions(env, exports, kFunctions, std::size(kFunctions));
}

}  // namespace mlcore_node
