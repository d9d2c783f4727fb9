// SPDX-License-Identifier: Apache-2.0
// Contexts: calls for one row, in JavaScript's thread, and batches, in threads of the pool. Each
// batch borrows scratch memory of its own, so that nothing waits for it and none is shared.
#include <memory>

#include "work.hpp"

namespace mlcore_node {

Context::Context(std::shared_ptr<const mlcore_model_t> model,
                 const mlcore_context_options_t& options)
    : handle(nullptr, mlcore_context_release), model_(std::move(model)), options_(options) {
  handle = make();
  check(mlcore_context_output_count, handle.get(), &width);
}

Context::Scratch Context::make() const {
  mlcore_context_t* context = nullptr;
  check(mlcore_context_new, model_.get(), &options_, &context);
  Scratch made(context, mlcore_context_release);
  if (monitor_) check(mlcore_monitor_attach, monitor_.get(), made.get());
  return made;
}

void Context::attach(std::shared_ptr<const mlcore_monitor_t> monitor) {
  check(mlcore_monitor_attach, monitor.get(), get());
  monitor_ = std::move(monitor);
  spare_.clear();  // they count into nothing
}

Context::Scratch Context::take() {
  static_cast<void>(get());
  if (spare_.empty()) return make();
  Scratch taken = std::move(spare_.back());
  spare_.pop_back();
  return taken;
}

void Context::give_back(Scratch scratch, bool is_of_monitor) noexcept {
  constexpr std::size_t kMostSpare = 4;  // as many threads as libuv has by default
  try {
    if (!handle || is_of_monitor != is_monitored()) return;
    if (spare_.size() < kMostSpare) spare_.push_back(std::move(scratch));
  } catch (...) {  // no room to remember it: it is freed
  }
}

void Context::close() noexcept {
  handle.reset();
  spare_.clear();
  monitor_.reset();
  model_.reset();
}

namespace {

/// newContext(model, output, begin, end, threads) => context; of the boosting rounds [begin, end),
/// 0 the last
napi_value new_context(Call& call) {
  mlcore_context_options_t options = {};
  check(mlcore_context_options_init, &options, static_cast<std::uint32_t>(sizeof options));
  options.output = call.int32(1);
  options.iteration_begin = call.int32(2);
  options.iteration_end = call.int32(3);
  options.threads = call.int32(4);
  return share(call.env(), std::make_shared<Context>(call.open<Model>(0), options));
}

/// contextWidth(context) => values of a row
napi_value context_width(Call& call) {
  return call.number(static_cast<double>(call.handle<Context>(0).width));
}

/// closeContext(context)
napi_value close_context(Call& call) {
  call.handle<Context>(0).close();
  return call.undefined();
}

/// predictRow(context, row, out)
napi_value predict_row(Call& call) {
  mlcore_context_t* context = call.handle<Context>(0).get();
  const Bytes row = call.bytes(1);
  std::int64_t count = 0;
  double* out = call.doubles(2, count);
  check(mlcore_predict_row, context, static_cast<const void*>(row.data), row.size, out, count);
  return call.undefined();
}

/// predictNumbers(context, values, out)
napi_value predict_numbers(Call& call) {
  mlcore_context_t* context = call.handle<Context>(0).get();
  const Numbers values = call.numbers(1);
  std::int64_t count = 0;
  double* out = call.doubles(2, count);
  if (values.is_f32) {
    check(mlcore_predict_f32, context, static_cast<const float*>(values.data), values.count, out,
          count);
  } else {
    check(mlcore_predict_f64, context, static_cast<const double*>(values.data), values.count, out,
          count);
  }
  return call.undefined();
}

/// predictAt(context, state, row, out)
napi_value predict_at(Call& call) {
  mlcore_context_t* context = call.handle<Context>(0).get();
  const auto state = call.open<State>(1);
  const Bytes row = call.bytes(2);
  std::int64_t count = 0;
  double* out = call.doubles(3, count);
  check(mlcore_predict_at, context, state.get(), static_cast<const void*>(row.data), row.size, out,
        count);
  return call.undefined();
}

/// predictEvents(context, row, streams, out); streams: [bytes, size, offsets, count, bytes, …]
napi_value predict_events(Call& call) {
  mlcore_context_t* context = call.handle<Context>(0).get();
  const Bytes row = call.bytes(1);
  std::int64_t count = 0;
  double* out = call.doubles(3, count);
  std::uint32_t length = 0;
  require(call.env(), napi_get_array_length(call.env(), call.value(2), &length));
  std::vector<mlcore_rows_t> streams;
  for (std::uint32_t i = 0; i + 3 < length; i += 4) streams.push_back(call.rows_in(2, i));
  check(mlcore_predict_events, context, static_cast<const void*>(row.data), row.size,
        streams.data(), static_cast<std::int64_t>(streams.size()), out, count);
  return call.undefined();
}

/// What batches share: the scratch memory they borrow, and the array they fill.
class Batch : public Work {
 public:
  Batch(const Call& call, std::size_t out)
      : owner_(call.shared<Context>(0)),
        scratch_(owner_->take()),
        is_monitored_(owner_->is_monitored()) {
    out_ = call.doubles(out, out_count_);
    keep(call.env(), call.value(out));
  }
  ~Batch() override { owner_->give_back(std::move(scratch_), is_monitored_); }
  napi_value finish(napi_env env) override { return kept(env, 0); }

 protected:
  [[nodiscard]] mlcore_context_t* context() const { return scratch_.get(); }
  [[nodiscard]] double* out() const { return out_; }
  [[nodiscard]] std::int64_t out_count() const { return out_count_; }

 private:
  std::shared_ptr<Context> owner_;
  Context::Scratch scratch_;
  bool is_monitored_;  // the scratch memory
  double* out_ = nullptr;
  std::int64_t out_count_ = 0;
};

class NumberBatch final : public Batch {
 public:
  explicit NumberBatch(const Call& call) : Batch(call, 3), columns_(call.integer(2)) {
    const Numbers given = call.numbers(1);
    const std::size_t size = given.is_f32 ? sizeof(float) : sizeof(double);
    const auto* bytes = static_cast<const char*>(given.data);
    values_.assign(bytes, bytes + static_cast<std::size_t>(given.count) * size);
    is_f32_ = given.is_f32;
    rows_ = columns_ > 0 ? given.count / columns_ : 0;
  }

  void run() override {
    if (is_f32_) {
      check(mlcore_predict_batch_f32, context(), reinterpret_cast<const float*>(values_.data()),
            rows_, columns_, columns_, out(), out_count());
    } else {
      check(mlcore_predict_batch_f64, context(), reinterpret_cast<const double*>(values_.data()),
            rows_, columns_, columns_, out(), out_count());
    }
  }

 private:
  std::vector<char> values_;  // the caller's array may be transferred or changed meanwhile
  bool is_f32_ = false;
  std::int64_t rows_ = 0, columns_;
};

/// predictBatch(context, values, columns, out) => Promise<out>
napi_value predict_batch(Call& call) {
  return start(call.env(), std::make_unique<NumberBatch>(call));
}

/// The caller's arrays are copied, as those of NumberBatch.
class MatrixBatch final : public Batch {
 public:
  explicit MatrixBatch(const Call& call) : Batch(call, 8) {
    check(mlcore_matrix_init, &matrix_, static_cast<std::uint32_t>(sizeof matrix_));
    const Numbers given = call.numbers(1);
    const std::size_t size = given.is_f32 ? sizeof(float) : sizeof(double);
    const auto* bytes = static_cast<const char*>(given.data);
    values_.assign(bytes, bytes + static_cast<std::size_t>(given.count) * size);
    matrix_.number = given.is_f32 ? MLCORE_NUMBER_F32 : MLCORE_NUMBER_F64;
    matrix_.values = values_.data();
    matrix_.columns = call.integer(5);
    matrix_.rows = matrix_.columns > 0 ? given.count / matrix_.columns : 0;
    matrix_.absent = call.int32(6);
    if (call.is_given(7)) {
      matrix_.has_missing = 1;
      matrix_.missing = call.real(7);
    }
    if (call.is_given(2)) set_sparse(call, given.count);
    if (call.is_given(4)) set_bases(call);
  }

  void run() override {
    check(mlcore_predict_matrix, context(), static_cast<const mlcore_matrix_t*>(&matrix_), out(),
          out_count());
  }

 private:
  void set_sparse(const Call& call, std::int64_t count) {
    const std::vector<std::int32_t> begin = call.int32s(2);
    row_begin_.assign(begin.begin(), begin.end());
    column_ = call.int32s(3);
    matrix_.rows = static_cast<std::int64_t>(row_begin_.size()) - 1;
    matrix_.row_begin = row_begin_.data();
    matrix_.column = column_.data();
    matrix_.value_count = count;
  }
  void set_bases(const Call& call) {
    const double* bases = call.doubles(4, matrix_.base_margin_count);
    bases_.assign(bases, bases + matrix_.base_margin_count);
    matrix_.base_margin = bases_.data();
  }

  mlcore_matrix_t matrix_;
  std::vector<char> values_;
  std::vector<std::int64_t> row_begin_;
  std::vector<std::int32_t> column_;
  std::vector<double> bases_;
};

/// predictMatrix(context, values, rowBegin?, column?, baseMargin?, columns, absent, missing?, out)
/// => Promise<out>
napi_value predict_matrix(Call& call) {
  return start(call.env(), std::make_unique<MatrixBatch>(call));
}

class RowBatch final : public Batch {
 public:
  explicit RowBatch(const Call& call)
      : Batch(call, 6),
        state_(call.is_given(1) ? call.open<State>(1) : nullptr),
        requests_(call.rows(2)) {
    keep(call.env(), call.value(2));
    keep(call.env(), call.value(4));
  }

  void run() override {
    check(mlcore_predict_batch_at, context(), state_.get(), &requests_, out(), out_count());
  }

 private:
  std::shared_ptr<const mlcore_state_t> state_;
  mlcore_rows_t requests_;  // of arrays that only lib/ knows, and that are kept
};

/// predictBatchAt(context, state?, bytes, size, offsets, count, out) => Promise<out>
napi_value predict_batch_at(Call& call) {
  return start(call.env(), std::make_unique<RowBatch>(call));
}

constexpr Function kFunctions[] = {
    {"newContext", entry<new_context>},       {"contextWidth", entry<context_width>},
    {"predictRow", entry<predict_row>},       {"predictNumbers", entry<predict_numbers>},
    {"predictAt", entry<predict_at>},         {"predictEvents", entry<predict_events>},
    {"predictBatch", entry<predict_batch>},   {"predictBatchAt", entry<predict_batch_at>},
    {"predictMatrix", entry<predict_matrix>}, {"closeContext", entry<close_context>}};

}  // namespace

void add_context(napi_env env, napi_value exports) {
  add_functions(env, exports, kFunctions, std::size(kFunctions));
}

}  // namespace mlcore_node
