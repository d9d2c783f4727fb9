// SPDX-License-Identifier: Apache-2.0
// Section "State" of mlcore.h, and the buffer that a snapshot comes in.
#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <string_view>

#include "guard.hpp"
#include "handles.hpp"

using namespace mlcore;
using capi::guard;
using capi::required;

namespace {

StateOptions state_options(const mlcore_state_options_t* given) {
  const mlcore_state_options_t from = capi::options_of(given, "options");
  constexpr std::uint32_t kKnown = MLCORE_STATE_HAS_LATENESS | MLCORE_STATE_HAS_COMPLETE_FROM;
  if ((from.flags & ~kKnown) != 0) {
    throw Error(Code::unimplemented, Reason::invalid_option, "options: flags has an unknown bit");
  }
  StateOptions options;
  options.max_bytes = from.max_bytes;
  options.max_keys = from.max_keys;
  if ((from.flags & MLCORE_STATE_HAS_LATENESS) != 0) {
    if (from.lateness < 0) {
      throw Error(Code::invalid_argument, Reason::invalid_option, "options: lateness is negative");
    }
    options.lateness = from.lateness;
  }
  if ((from.flags & MLCORE_STATE_HAS_COMPLETE_FROM) != 0)
    options.complete_from = from.complete_from;
  return options;
}

std::size_t stream_index(const State& state, std::int64_t stream) {
  return capi::index_of(stream, state.streams().size(), "stream");
}

void fill_report(const IngestReport& from, mlcore_ingest_report_t* out) noexcept {
  if (out == nullptr) return;
  mlcore_ingest_report_t report{};
  report.accepted = from.accepted;
  report.late = from.late;
  report.duplicate = from.duplicate;
  report.conflict = from.conflict;
  report.invalid = from.invalid;
  report.replayed = from.replayed;
  report.listed = static_cast<std::uint32_t>(
      std::min<std::size_t>(from.first_invalid.size(), MLCORE_LISTED_ROWS));
  for (std::uint32_t i = 0; i < report.listed; ++i) {
    report.invalid_row[i] = from.first_invalid[i].row;
    report.invalid_reason[i] = static_cast<std::int32_t>(from.first_invalid[i].reason);
  }
  if (report.listed > 0) {
    capi::copy_text(from.first_invalid[0].message, report.invalid_message,
                    sizeof report.invalid_message);
  }
  capi::fill_struct(*out, report);
}

}  // namespace

extern "C" {

int32_t mlcore_state_options_init(mlcore_state_options_t* options, uint32_t size,
                                  mlcore_error_t* error) {
  return guard(error, [&] { capi::init_options(options, size); });
}

int32_t mlcore_state_new(const mlcore_features_t* features, const mlcore_state_options_t* options,
                         mlcore_state_t** state, mlcore_error_t* error) {
  return guard(error, [&] {
    mlcore_state_t*& out = required(state, "state");
    out = nullptr;
    const Definition& definition = *required(features, "features").definition;
    out = new mlcore_state{std::make_unique<State>(definition, state_options(options))};
  });
}

void mlcore_state_release(mlcore_state_t* state) { delete state; }

int32_t mlcore_state_ingest(const mlcore_state_t* state, int64_t stream,
                            const mlcore_rows_t* events, mlcore_ingest_report_t* report,
                            mlcore_error_t* error) {
  return guard(error, [&] {
    State& target = *required(state, "state").state;
    const std::size_t index = stream_index(target, stream);
    if (report != nullptr) capi::check_out_struct(*report, "report");
    RowBatch batch;
    capi::copy_rows(required(events, "events"), batch);
    fill_report(target.ingest(index, batch), report);
  });
}

int32_t mlcore_state_ingest_from(const mlcore_state_t* state, int64_t stream,
                                 const mlcore_rows_t* events, const char* source,
                                 int64_t source_length, int64_t offset,
                                 mlcore_ingest_report_t* report, mlcore_error_t* error) {
  return guard(error, [&] {
    State& target = *required(state, "state").state;
    const std::size_t index = stream_index(target, stream);
    if (report != nullptr) capi::check_out_struct(*report, "report");
    const std::string_view name = capi::text_of(source, source_length, "source");
    if (!is_utf8(name)) {
      throw Error(Code::invalid_argument, Reason::invalid_utf8, "source is not UTF-8");
    }
    RowBatch batch;
    capi::copy_rows(required(events, "events"), batch);
    fill_report(target.ingest(index, batch, name, offset), report);
  });
}

int32_t mlcore_state_source_offset(const mlcore_state_t* state, const char* source,
                                   int64_t source_length, int64_t* offset, mlcore_error_t* error) {
  return guard(error, [&] {
    const State& asked = *required(state, "state").state;
    const std::string_view name = capi::text_of(source, source_length, "source");
    std::int64_t& out = required(offset, "offset");
    const std::optional<std::int64_t> taken = asked.source_offset(name);
    if (!taken) {
      throw Error(Code::not_found, Reason::unknown_name,
                  fmt::format("nothing was taken from the source \"{}\"", name));
    }
    out = *taken;
  });
}

int32_t mlcore_state_expire(const mlcore_state_t* state, int64_t time, mlcore_error_t* error) {
  return guard(error, [&] { required(state, "state").state->expire(time); });
}

int32_t mlcore_state_key_count(const mlcore_state_t* state, uint64_t* count,
                               mlcore_error_t* error) {
  return guard(error,
               [&] { required(count, "count") = required(state, "state").state->key_count(); });
}

int32_t mlcore_state_event_count(const mlcore_state_t* state, uint64_t* count,
                                 mlcore_error_t* error) {
  return guard(error,
               [&] { required(count, "count") = required(state, "state").state->event_count(); });
}

int32_t mlcore_state_memory(const mlcore_state_t* state, uint64_t* bytes, mlcore_error_t* error) {
  return guard(error, [&] { required(bytes, "bytes") = required(state, "state").state->memory(); });
}

int32_t mlcore_state_snapshot(const mlcore_state_t* state, mlcore_buffer_t** snapshot,
                              mlcore_error_t* error) {
  return guard(error, [&] {
    mlcore_buffer_t*& out = required(snapshot, "snapshot");
    out = nullptr;
    out = new mlcore_buffer{required(state, "state").state->snapshot()};
  });
}

int32_t mlcore_state_restore(const mlcore_features_t* features, const void* snapshot,
                             int64_t snapshot_size, const mlcore_state_options_t* options,
                             mlcore_state_t** state, mlcore_error_t* error) {
  return guard(error, [&] {
    mlcore_state_t*& out = required(state, "state");
    out = nullptr;
    const Definition& definition = *required(features, "features").definition;
    const ByteView bytes = capi::bytes_of(snapshot, snapshot_size, "snapshot");
    out = new mlcore_state{State::restore(definition, bytes, state_options(options))};
  });
}

int32_t mlcore_buffer_bytes(const mlcore_buffer_t* buffer, const void** bytes, int64_t* size,
                            mlcore_error_t* error) {
  return guard(error, [&] {
    const Bytes& content = required(buffer, "buffer").bytes;
    std::int64_t& length = required(size, "size");
    required(bytes, "bytes") = content.data();
    length = static_cast<std::int64_t>(content.size());
  });
}

void mlcore_buffer_release(mlcore_buffer_t* buffer) { delete buffer; }

}  // extern "C"
