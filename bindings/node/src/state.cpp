// SPDX-License-Identifier: Apache-2.0
// States: events in, counts, snapshots.
#include <memory>

#include "work.hpp"

namespace mlcore_node {
namespace {

std::shared_ptr<const mlcore_state_t> owned(mlcore_state_t* state) {
  return {state, [](const mlcore_state_t* last) {
            mlcore_state_release(const_cast<mlcore_state_t*>(last));
          }};
}

/// maxBytes, maxKeys, lateness?, completeFrom?, from argument `i` on.
mlcore_state_options_t options_at(const Call& call, std::size_t i) {
  mlcore_state_options_t options = {};
  check(mlcore_state_options_init, &options, static_cast<std::uint32_t>(sizeof options));
  options.max_bytes = static_cast<std::uint64_t>(call.int64(i));
  options.max_keys = static_cast<std::uint64_t>(call.int64(i + 1));
  if (call.is_given(i + 2)) {
    options.flags |= MLCORE_STATE_HAS_LATENESS;
    options.lateness = call.int64(i + 2);
  }
  if (call.is_given(i + 3)) {
    options.flags |= MLCORE_STATE_HAS_COMPLETE_FROM;
    options.complete_from = call.int64(i + 3);
  }
  return options;
}

/// newState(features, maxBytes, maxKeys, lateness?, completeFrom?) => state
napi_value new_state(Call& call) {
  const auto features = call.open<Features>(0);
  const mlcore_state_options_t options = options_at(call, 1);
  mlcore_state_t* state = nullptr;
  check(mlcore_state_new, features.get(), &options, &state);
  return new_external(call.env(), State{owned(state)});
}

class Restore final : public Work {
 public:
  explicit Restore(const Call& call)
      : features_(call.open<Features>(0)),
        snapshot_(call.copied(1)),
        options_(options_at(call, 2)) {}

  void run() override {
    mlcore_state_t* state = nullptr;
    check(mlcore_state_restore, features_.get(), static_cast<const void*>(snapshot_.data()),
          static_cast<std::int64_t>(snapshot_.size()), &options_, &state);
    state_ = owned(state);
  }

  napi_value finish(napi_env env) override { return new_external(env, State{std::move(state_)}); }

 private:
  std::shared_ptr<const mlcore_features_t> features_;
  std::string snapshot_;
  mlcore_state_options_t options_;
  std::shared_ptr<const mlcore_state_t> state_;
};

/// restoreState(features, snapshot, maxBytes, maxKeys, lateness?, completeFrom?) => Promise<state>
napi_value restore_state(Call& call) { return start(call.env(), std::make_unique<Restore>(call)); }

class Snapshot final : public Work {
 public:
  explicit Snapshot(const Call& call) : state_(call.open<State>(0)) {}

  void run() override {
    mlcore_buffer_t* buffer = nullptr;
    check(mlcore_state_snapshot, state_.get(), &buffer);
    buffer_.reset(buffer);
  }

  napi_value finish(napi_env env) override {
    const void* bytes = nullptr;
    std::int64_t size = 0;
    check(mlcore_buffer_bytes, buffer_.get(), &bytes, &size);
    return copy_to_array(env, bytes, static_cast<std::size_t>(size));
  }

 private:
  std::shared_ptr<const mlcore_state_t> state_;
  std::unique_ptr<mlcore_buffer_t, void (*)(mlcore_buffer_t*)> buffer_{nullptr,
                                                                       mlcore_buffer_release};
};

/// snapshotState(state) => Promise<Uint8Array>
napi_value snapshot_state(Call& call) {
  return start(call.env(), std::make_unique<Snapshot>(call));
}

napi_value report_value(const Call& call, const mlcore_ingest_report_t& report) {
  const napi_value value = call.object();
  const auto set = [&](const char* name, std::uint64_t count) {
    call.set(value, name, call.number(static_cast<double>(count)));
  };
  set("accepted", report.accepted);
  set("late", report.late);
  set("duplicate", report.duplicate);
  set("conflict", report.conflict);
  set("invalid", report.invalid);
  set("replayed", report.replayed);
  const napi_value listed = call.array(report.listed);
  for (std::uint32_t i = 0; i < report.listed; ++i) {
    const napi_value row = call.object();
    call.set(row, "row", call.number(static_cast<double>(report.invalid_row[i])));
    call.set(row, "reason", call.number(report.invalid_reason[i]));
    call.set(row, "reasonName", call.text(mlcore_reason_name(report.invalid_reason[i]), -1));
    call.set(listed, i, row);
  }
  call.set(value, "invalidRows", listed);
  call.set(value, "invalidMessage", call.text(report.invalid_message, -1));
  return value;
}

/// ingest(state, stream, bytes, size, offsets, count, source?, offset?) => report
napi_value ingest(Call& call) {
  const auto state = call.open<State>(0);
  const std::int64_t stream = call.int32(1);
  const mlcore_rows_t rows = call.rows(2);
  mlcore_ingest_report_t report = {};
  report.struct_size = sizeof report;
  if (call.is_given(6)) {
    const Bytes source = call.bytes(6);
    check(mlcore_state_ingest_from, state.get(), stream, &rows,
          reinterpret_cast<const char*>(source.data), source.size, call.int64(7), &report);
  } else {
    check(mlcore_state_ingest, state.get(), stream, &rows, &report);
  }
  return report_value(call, report);
}

/// expire(state, micros)
napi_value expire(Call& call) {
  check(mlcore_state_expire, call.open<State>(0).get(), call.int64(1));
  return call.undefined();
}

napi_value count_of(Call& call, decltype(&mlcore_state_memory) ask) {
  std::uint64_t count = 0;
  check(ask, call.open<State>(0).get(), &count);
  return call.number(static_cast<double>(count));
}

napi_value key_count(Call& call) { return count_of(call, mlcore_state_key_count); }
napi_value event_count(Call& call) { return count_of(call, mlcore_state_event_count); }
napi_value memory(Call& call) { return count_of(call, mlcore_state_memory); }

/// sourceOffset(state, source) => BigInt
napi_value source_offset(Call& call) {
  const auto state = call.open<State>(0);
  const Bytes source = call.bytes(1);
  std::int64_t offset = 0;
  check(mlcore_state_source_offset, state.get(), reinterpret_cast<const char*>(source.data),
        source.size, &offset);
  napi_value value = nullptr;
  require(call.env(), napi_create_bigint_int64(call.env(), offset, &value));
  return value;
}

/// closeState(state)
napi_value close_state(Call& call) {
  call.handle<State>(0).handle.reset();
  return call.undefined();
}

constexpr Function kFunctions[] = {{"newState", entry<new_state>},
                                   {"restoreState", entry<restore_state>},
                                   {"snapshotState", entry<snapshot_state>},
                                   {"ingest", entry<ingest>},
                                   {"expire", entry<expire>},
                                   {"keyCount", entry<key_count>},
                                   {"eventCount", entry<event_count>},
                                   {"memory", entry<memory>},
                                   {"sourceOffset", entry<source_offset>},
                                   {"closeState", entry<close_state>}};

}  // namespace

void add_state(napi_env env, napi_value exports) {
  add_functions(env, exports, kFunctions, std::size(kFunctions));
}

}  // namespace mlcore_node
