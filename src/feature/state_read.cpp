// SPDX-License-Identifier: Apache-2.0
// Outside code uses State::read, State::keys and read_events.
#include <fmt/format.h>

#include "feature/event_key.hpp"
#include "feature/events.hpp"
#include "feature/state_impl.hpp"
#include "feature/window_read.hpp"
#include "mlcore/base/fp_guard.hpp"
#include "mlcore/base/time.hpp"

namespace mlcore {
namespace {

/// Equal names, roles, dedup and columns; types are compared one by one, because rows of one are
/// about to be read as rows of the other.
bool is_same_stream(const Stream& left, const Stream& right) noexcept {
  if (left.name != right.name || left.layout.id() != right.layout.id() ||
      left.roles != right.roles || left.has_dedup != right.has_dedup ||
      left.dedup_columns != right.dedup_columns) {
    return false;
  }
  const auto has_same_type = [](const Field& one, const Field& other) {
    return one.type == other.type && one.nullable == other.nullable;
  };
  const std::vector<Field>& fields = left.layout.schema().fields();
  const std::vector<Field>& others = right.layout.schema().fields();
  return std::equal(fields.begin(), fields.end(), others.begin(), others.end(), has_same_type);
}

std::int64_t as_of_of(const Definition& definition, const RowView& request) {
  const std::optional<std::uint32_t> field = definition.as_of_field();
  if (!field) {
    throw Error(
        Code::failed_precondition, Reason::needs_as_of,
        fmt::format("definition \"{}\" has no as_of to read windows at", definition.name()));
  }
  const Where where{.column = static_cast<std::int32_t>(*field)};
  if (request.is_null(*field)) {
    throw Error(Code::invalid_argument, Reason::null_not_allowed, "as_of is null", where);
  }
  const std::int64_t as_of = request.i64(*field);
  if (as_of >= kFirstTimestamp && as_of <= kLastTimestamp) return as_of;
  throw Error(Code::invalid_argument, Reason::invalid_timestamp,
              fmt::format("as_of {} µs is outside the years 0001 to 9999", as_of), where);
}

[[noreturn]] void refuse_unretained(const Stream& stream, std::int64_t time, std::int64_t first,
                                    std::string_view what) {
  throw Error(Code::out_of_range, Reason::not_retained,
              fmt::format("stream \"{}\": {} {} is not retained, the key's events are kept for {} "
                          "and later",
                          stream.name, what, time, first));
}

bool is_text(const Aggregate& aggregate, const Cell& cell) noexcept {
  return aggregate.type == Type::string && !cell.is_null;
}

/// Copies the strings of one stream into `values.text`. Until `point_to_text` a cell has the place
/// of its string, because the text may still move.
void copy_text(std::span<const Aggregate> aggregates, std::uint32_t stream,
               AggregateValues& values) {
  for (std::size_t i = 0; i < aggregates.size(); ++i) {
    Cell& cell = values.cells[i];
    if (aggregates[i].stream != stream || !is_text(aggregates[i], cell)) continue;
    cell.i64 = static_cast<std::int64_t>(values.text.size());
    values.text.insert(values.text.end(), cell.text.begin(), cell.text.end());
  }
}

void point_to_text(std::span<const Aggregate> aggregates, AggregateValues& values) noexcept {
  for (std::size_t i = 0; i < aggregates.size(); ++i) {
    Cell& cell = values.cells[i];
    if (!is_text(aggregates[i], cell)) continue;
    cell.text = {values.text.data() + cell.i64, cell.text.size()};
    cell.i64 = 0;
  }
}

void start(std::span<const Aggregate> aggregates, AggregateValues& values) {
  values.cells.assign(aggregates.size(), Cell::null());
  values.text.clear();
  prepare(aggregates, values.scratch);
}

bool reads(std::span<const Aggregate> aggregates, std::uint32_t stream) noexcept {
  return std::any_of(aggregates.begin(), aggregates.end(),
                     [stream](const Aggregate& aggregate) { return aggregate.stream == stream; });
}

/// A packed row of the key columns of a stream.
class KeyRows {
 public:
  explicit KeyRows(const Stream& stream)
      : columns_(stream.key_columns), layout_(schema_of(stream)), builder_(layout_) {}

  std::string operator()(const RowView& row) {
    for (std::uint32_t i = 0; i < columns_.size(); ++i) {
      const std::uint32_t column = columns_[i];
      switch (layout_.schema()[i].type) {
        case Type::boolean: builder_.set_boolean(i, row.boolean(column)); break;
        case Type::f64: builder_.set_f64(i, row.f64(column)); break;
        case Type::string: builder_.set_string(i, row.string(column)); break;
        case Type::i64:
        case Type::timestamp:
        case Type::duration: builder_.set_i64(i, row.i64(column)); break;
      }
    }
    const ByteView bytes = builder_.finish();
    return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
  }

 private:
  static Schema schema_of(const Stream& stream) {
    std::vector<Field> fields;
    for (const std::uint32_t column : stream.key_columns) {
      fields.push_back(stream.layout.schema()[column]);
    }
    return Schema(std::move(fields));
  }

  const std::vector<std::uint32_t>& columns_;
  RowLayout layout_;
  RowBuilder builder_;
};

/// Throws: as RowView::parse; invalid_argument/malformed_row for another key.
RowView checked_event(const Stream& stream, ByteView bytes, std::string_view key,
                      std::string& buffer) {
  const RowView row = RowView::parse(stream.layout, bytes);
  if (encode_key(row, stream.key_columns, buffer) == key) return row;
  throw Error(
      Code::invalid_argument, Reason::malformed_row,
      fmt::format("stream \"{}\": an event of another key than the request's", stream.name));
}

void add_events(EventList& events, const PackedRows& rows, std::string_view key) {
  const Stream& stream = events.stream();
  check_rows(stream, rows);
  std::string buffer;
  for (std::size_t i = 0; i < rows.size(); ++i) {
    try {
      events.add(checked_event(stream, rows[i], key, buffer));
    } catch (const Error& error) {
      throw Error(error.code(), error.reason(), fmt::format("event {}: {}", i, error.message()),
                  {error.where().column, static_cast<std::int64_t>(i)});
    }
  }
  events.settle();
}

}  // namespace

std::size_t State::Impl::find_stream(const Stream& wanted, std::size_t expected) const {
  if (expected < streams.size() && is_same_stream(wanted, streams[expected])) return expected;
  for (std::size_t i = 0; i < streams.size(); ++i) {
    if (is_same_stream(wanted, streams[i])) return i;
  }
  throw Error(Code::failed_precondition, Reason::stream_mismatch,
              fmt::format("stream \"{}\": the state has none with this name, columns and roles",
                          wanted.name));
}

void State::Impl::check_history(std::span<const Aggregate> aggregates, std::uint32_t stream,
                                std::size_t own_stream, std::int64_t as_of,
                                const KeyEvents* key) const {
  const bool has_expired = expired_to != kNever;
  if (!has_expired && !options.complete_from) return;
  const Stream& named = streams[own_stream];
  if (has_expired) {
    const std::int64_t first = horizon(key == nullptr ? kNever : key->events.newest());
    if (as_of < first) refuse_unretained(named, as_of, first, "as_of");
  }
  const std::int64_t forgotten =
      key == nullptr ? absent_forgotten_before[own_stream].load() : key->forgotten_before;
  for (const Aggregate& aggregate : aggregates) {
    if (aggregate.stream != stream) continue;
    const std::int64_t first = span_of(aggregate.window, as_of).first;
    if (first < forgotten) refuse_unretained(named, first, forgotten, "a window from");
    if (!options.complete_from || first >= *options.complete_from) continue;
    throw Error(Code::failed_precondition, Reason::incomplete_history,
                fmt::format("stream \"{}\": a window from {} reaches before complete_from {}",
                            named.name, first, *options.complete_from));
  }
}

void State::Impl::read_key(std::span<const Aggregate> aggregates, std::uint32_t stream,
                           std::size_t own_stream, std::int64_t as_of, AggregateValues& values,
                           std::string_view key) const {
  const HashedKey hashed_key = hashed(key);
  const Shard& shard = shard_of(hashed_key);
  const std::lock_guard lock(shard.mutex);
  KeyMap& keys = shard.streams[own_stream];
  const auto found = keys.find(hashed_key);
  KeyEvents* const events = found == keys.end() ? nullptr : &found->second;
  if (events != nullptr) events->events.settle();
  check_history(aggregates, stream, own_stream, as_of, events);
  read_stream(aggregates, stream, events == nullptr ? nullptr : &events->events, as_of,
              values.scratch, values.cells);
  copy_text(aggregates, stream, values);
}

void State::Impl::read(const Definition& definition, std::span<const Aggregate> aggregates,
                       const RowView& request, AggregateValues& values) const {
  const FloatingPointGuard guard;
  start(aggregates, values);
  const std::vector<Stream>& wanted = definition.streams();
  const std::int64_t as_of = aggregates.empty() ? 0 : as_of_of(definition, request);
  for (std::uint32_t stream = 0; stream < wanted.size(); ++stream) {
    const std::size_t own_stream = find_stream(wanted[stream], stream);
    if (!reads(aggregates, stream)) continue;
    const std::string_view key = encode_key(request, definition.key_fields()[stream], values.key);
    read_key(aggregates, stream, own_stream, as_of, values, key);
  }
  point_to_text(aggregates, values);
}

void State::read(const Definition& definition, const RowView& request,
                 AggregateValues& values) const {
  impl_->read(definition, definition.aggregates(), request, values);
}

void State::read(const Definition& definition, std::span<const Aggregate> aggregates,
                 const RowView& request, AggregateValues& values) const {
  impl_->read(definition, aggregates, request, values);
}

std::vector<std::string> State::keys(std::size_t stream, std::int64_t before) const {
  impl_->check_stream(stream);
  KeyRows key_row(impl_->streams[stream]);
  std::vector<std::pair<std::string, std::string>> found;  // the key, its row
  for (const Shard& shard : impl_->shards) {
    const std::lock_guard lock(shard.mutex);
    for (auto& [key, events] : shard.streams[stream]) {
      events.events.settle();
      if (events.events.time(0) < before) found.emplace_back(key, key_row(events.events.row(0)));
    }
  }
  std::sort(found.begin(), found.end());
  std::vector<std::string> keys;
  keys.reserve(found.size());
  for (auto& [key, row] : found) keys.push_back(std::move(row));
  return keys;
}

void read_events(const Definition& definition, const RowView& request,
                 std::span<const RowBatch> events, AggregateValues& values) {
  const FloatingPointGuard guard;
  const std::vector<Stream>& streams = definition.streams();
  if (events.size() != streams.size()) {
    throw Error(Code::invalid_argument, Reason::wrong_width,
                fmt::format("{} batches of events, the definition has {} streams", events.size(),
                            streams.size()));
  }
  const std::span<const Aggregate> aggregates = definition.aggregates();
  start(aggregates, values);
  const std::int64_t as_of = aggregates.empty() ? 0 : as_of_of(definition, request);
  for (std::uint32_t stream = 0; stream < streams.size(); ++stream) {
    EventList list(streams[stream]);
    const std::string_view key = encode_key(request, definition.key_fields()[stream], values.key);
    add_events(list, {events[stream].bytes, events[stream].offsets}, key);
    read_stream(aggregates, stream, &list, as_of, values.scratch, values.cells);
    copy_text(aggregates, stream, values);
  }
  point_to_text(aggregates, values);
}

}  // namespace mlcore
