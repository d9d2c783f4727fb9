// SPDX-License-Identifier: Apache-2.0
// Outside code uses State::snapshot and State::restore.
//
// Bytes, little-endian, T = u32 length and UTF-8 bytes:
//
//   8  magic 89 4D 4C 53 0D 0A 1A 0A     u32 version, 0     u64 length of the whole
//   lateness, complete_from, greatest expire: each u8 present, i64 (0 when absent)
//   u32 streams, for each: SHA-256 of name, columns, roles and dedup
//   u32 sources, by name: T name, u8 has offset, i64 offset, i64 unfinished offset, u64 its rows
//   taken for each stream: i64 absent keys are forgotten before, u64 keys, in order of their
//   encoding:
//     i64 forgotten before, u64 events, in total order: u32 size, the packed row as it is stored
//   u32 CRC-32C of everything before
#include <fmt/format.h>

#include "feature/event_key.hpp"
#include "feature/events.hpp"
#include "feature/state_impl.hpp"
#include "mlcore/base/digest.hpp"

namespace mlcore {
namespace {

constexpr std::array<std::uint8_t, 8> kMagic = {0x89, 'M', 'L', 'S', 0x0D, 0x0A, 0x1A, 0x0A};
constexpr std::uint32_t kVersion = 0;
constexpr std::size_t kCrcSize = 4;
constexpr std::size_t kHeaderSize = kMagic.size() + 4 + 8;
constexpr std::size_t kLeastSource = 4 + 1 + 8 + 8 + 8;
constexpr std::size_t kLeastEvent = 4 + 16;
constexpr std::size_t kLeastKey = 8 + 8 + kLeastEvent;

using OptionalTime = std::optional<std::int64_t>;

[[noreturn]] void refuse(std::string message) {
  throw Error(Code::data_loss, Reason::malformed_snapshot, "snapshot: " + std::move(message));
}

/// What must be equal for rows of one stream to be rows of another.
Sha256Digest identity_of(const Stream& stream) {
  ByteWriter writer;
  writer.text(stream.name);
  writer.u32(static_cast<std::uint32_t>(stream.roles.size()));
  for (std::size_t i = 0; i < stream.roles.size(); ++i) {
    const Field& field = stream.layout.schema()[i];
    writer.text(field.name);
    writer.u8(static_cast<std::uint8_t>(field.type));
    writer.u8(field.nullable ? 1 : 0);
    writer.u8(static_cast<std::uint8_t>(stream.roles[i]));
  }
  writer.u8(stream.has_dedup ? 1 : 0);
  for (const std::uint32_t column : stream.dedup_columns) writer.u32(column);
  return sha256(writer.bytes());
}

void write_time(const OptionalTime& time, ByteWriter& writer) {
  writer.u8(time ? 1 : 0);
  writer.i64(time.value_or(0));
}

bool read_flag(ByteReader& reader, std::string_view name) {
  const std::uint8_t flag = reader.u8();
  if (flag > 1) refuse(fmt::format("{} is {}, not 0 or 1", name, flag));
  return flag == 1;
}

OptionalTime read_time(ByteReader& reader, std::string_view name) {
  const bool is_present = read_flag(reader, name);
  const std::int64_t time = reader.i64();
  if (is_present) return time;
  if (time != 0) refuse(fmt::format("{} is absent, but holds {}", name, time));
  return std::nullopt;
}

void write_source(const std::string& name, const Source& source, ByteWriter& writer) {
  writer.text(name);
  write_time(source.offset, writer);
  writer.i64(source.unfinished_rows > 0 ? source.unfinished_offset : 0);
  writer.u64(source.unfinished_rows);
}

bool is_untouched(const Source& source) noexcept {
  return !source.offset && source.unfinished_rows == 0;
}

void write_key(const KeyEvents& key, ByteWriter& writer) {
  writer.i64(key.forgotten_before);
  writer.u64(key.events.size());
  for (std::size_t i = 0; i < key.events.size(); ++i) {
    const ByteView row = key.events.row(i).bytes();
    writer.u32(static_cast<std::uint32_t>(row.size()));
    writer.raw(row);
  }
}

/// Checks magic, version, length and CRC, and returns what is between length and CRC.
ByteView checked_body(ByteView bytes) {
  ByteReader reader(bytes);
  const ByteView magic = reader.raw(kMagic.size());
  if (!std::equal(magic.begin(), magic.end(), kMagic.begin())) {
    refuse("the first 8 bytes are not those of a snapshot");
  }
  const std::uint32_t version = reader.u32();
  if (version > kVersion) {
    throw Error(Code::unimplemented, Reason::newer_format,
                fmt::format("snapshot: version {}, this library reads {}", version, kVersion));
  }
  const std::uint64_t length = reader.u64();
  if (length > bytes.size() || length < kHeaderSize + kCrcSize) {
    throw Error(Code::data_loss, Reason::truncated,
                fmt::format("snapshot: {} bytes, its header says {}", bytes.size(), length));
  }
  if (length < bytes.size()) refuse(fmt::format("{} bytes follow it", bytes.size() - length));
  const ByteView covered = bytes.first(bytes.size() - kCrcSize);
  const std::uint32_t stored = ByteReader(bytes.last(kCrcSize)).u32();
  const std::uint32_t found = crc32c(covered);
  if (stored != found) {
    throw Error(Code::data_loss, Reason::checksum,
                fmt::format("snapshot: CRC-32C is {:08x}, expected {:08x}", found, stored));
  }
  return covered.subspan(kHeaderSize);
}

/// The snapshot's own claim; refused when the options make another.
void take_option(const OptionalTime& stored, OptionalTime& option, std::string_view name) {
  if (option && option != stored) {
    throw Error(Code::failed_precondition, Reason::invalid_option,
                fmt::format("{} is {}, the snapshot has {}", name, *option,
                            stored ? fmt::format("{}", *stored) : "none"));
  }
  option = stored;
}

Bytes finished(ByteWriter writer) {
  Bytes bytes = writer.take();
  const std::uint64_t length = bytes.size() + kCrcSize;
  for (std::size_t i = 0; i < 8; ++i) {
    bytes[kMagic.size() + 4 + i] = static_cast<std::uint8_t>(length >> (8 * i));
  }
  const std::uint32_t crc = crc32c(bytes);
  for (int shift = 0; shift < 32; shift += 8) {
    bytes.push_back(static_cast<std::uint8_t>(crc >> shift));
  }
  return bytes;
}

}  // namespace

/// Fills a new state.
class State::Impl::SnapshotReader {
 public:
  SnapshotReader(Impl& state, ByteView body) : state_(state), reader_(body) {}

  void read() {
    read_options();
    const std::vector<std::size_t> order = read_streams();
    read_sources();
    for (const std::size_t stream : order) read_keys(stream);
    reader_.finish();
  }

 private:
  void read_options() {
    const OptionalTime lateness = read_time(reader_, "lateness");
    const OptionalTime complete_from = read_time(reader_, "complete_from");
    const OptionalTime expiry = read_time(reader_, "expire");
    if (lateness && *lateness < 0) refuse(fmt::format("lateness is {}", *lateness));
    if (expiry && !lateness) refuse("expired, but without a lateness");
    if (expiry && *expiry == kNever) refuse("expired to the lowest int64");
    take_option(lateness, state_.options.lateness, "lateness");
    take_option(complete_from, state_.options.complete_from, "complete_from");
    state_.expired_to = expiry.value_or(kNever);
  }

  /// For each stream of the snapshot, the stream of the state that it is.
  std::vector<std::size_t> read_streams() {
    std::vector<Sha256Digest> own;
    for (const Stream& stream : state_.streams) own.push_back(identity_of(stream));
    const std::size_t count = reader_.u32();
    if (count != own.size()) refuse_streams(count);
    std::vector<std::size_t> order;
    for (std::size_t i = 0; i < count; ++i) {
      const ByteView digest = reader_.raw(sizeof(Sha256Digest));
      const auto found = std::find_if(own.begin(), own.end(), [&](const Sha256Digest& one) {
        return std::equal(digest.begin(), digest.end(), one.begin());
      });
      if (found == own.end()) refuse_streams(count);
      order.push_back(static_cast<std::size_t>(found - own.begin()));
      if (std::count(order.begin(), order.end(), order.back()) > 1) refuse("a stream occurs twice");
    }
    return order;
  }

  [[noreturn]] void refuse_streams(std::size_t count) const {
    throw Error(Code::failed_precondition, Reason::stream_mismatch,
                fmt::format("snapshot: its {} streams are not the {} of the definition in name, "
                            "columns, roles and dedup",
                            count, state_.streams.size()));
  }

  void read_sources() {
    const std::size_t count = reader_.u32();
    if (count > reader_.remaining() / kLeastSource) refuse(fmt::format("{} sources", count));
    std::string_view last;
    for (std::size_t i = 0; i < count; ++i) {
      const std::string_view name = reader_.text();
      if (i > 0 && name <= last) refuse("sources are not in order of their names");
      last = name;
      Source& source = state_.source(name);
      source.offset = read_time(reader_, "the offset of a source");
      source.unfinished_offset = reader_.i64();
      source.unfinished_rows = reader_.u64();
      if (source.unfinished_rows == 0 && source.unfinished_offset != 0) {
        refuse("a source has an unfinished offset without rows");
      }
      if (is_untouched(source)) refuse("a source has no offset");
    }
  }

  void read_keys(std::size_t stream) {
    state_.absent_forgotten_before[stream] = reader_.i64();
    const std::uint64_t count = reader_.u64();
    if (count > reader_.remaining() / kLeastKey) refuse(fmt::format("{} keys", count));
    std::string last;
    for (std::uint64_t i = 0; i < count; ++i) {
      KeyEvents events = read_key(stream);
      if (i > 0 && key_ <= last) refuse("keys are not in order");
      last = key_;
      Shard& shard = state_.shard_of(state_.hashed(last));
      const std::lock_guard lock(shard.mutex);
      state_.adopt(shard, stream, last, std::move(events));
    }
  }

  KeyEvents read_key(std::size_t stream) {
    KeyEvents key{EventList(state_.streams[stream]), reader_.i64()};
    const std::uint64_t count = reader_.u64();
    if (count == 0 || count > reader_.remaining() / kLeastEvent) {
      refuse(fmt::format("{} events of a key", count));
    }
    ByteReader again = reader_;
    RowView last;
    for (std::uint64_t i = 0; i < count; ++i) last = read_event(key, i == 0 ? nullptr : &last);
    key.events.settle();
    for (std::uint64_t i = 0; i < count; ++i) {
      const ByteView bytes = again.raw(again.u32());
      const ByteView stored = key.events.row(i).bytes();
      if (std::equal(bytes.begin(), bytes.end(), stored.begin(), stored.end())) continue;
      refuse("a row is not in the form that is stored");
    }
    return key;
  }

  /// Adds the next event to its key and returns it. `last` is the one before it, null at first.
  RowView read_event(KeyEvents& key, const RowView* last) {
    const Stream& stream = key.events.stream();
    const RowView row = parse(stream, reader_.raw(reader_.u32()));
    if (last == nullptr) {
      key_ = encode_key(row, stream.key_columns, key_buffer_);
    } else {
      if (compare_events(stream, *last, row) > 0) refuse("events are not in order");
      if (encode_key(row, stream.key_columns, buffer_) != key_) {
        refuse("an event among those of another key");
      }
    }
    if (row.i64(stream.event_column) < key.forgotten_before) refuse("a forgotten event");
    if (key.events.add(row) != Insertion::accepted) refuse("two events of one identity");
    return row;
  }

  static RowView parse(const Stream& stream, ByteView bytes) {
    try {
      return RowView::parse(stream.layout, bytes);
    } catch (const Error& error) {
      refuse(fmt::format("stream \"{}\": {}", stream.name, error.message()));
    }
  }

  Impl& state_;
  ByteReader reader_;
  std::string buffer_;
  std::string_view key_;  // of the events that were read last
  std::string key_buffer_;
};

void State::Impl::write_sources(ByteWriter& writer) const {
  const std::lock_guard lock(sources_mutex);
  const auto is_kept = [](const auto& source) { return !is_untouched(source.second); };
  writer.u32(static_cast<std::uint32_t>(std::count_if(sources.begin(), sources.end(), is_kept)));
  for (const auto& source : sources) {
    if (is_kept(source)) write_source(source.first, source.second, writer);
  }
}

void State::Impl::write_keys(std::size_t stream, ByteWriter& writer) const {
  std::vector<std::pair<std::string_view, const KeyEvents*>> keys;
  for (const Shard& shard : shards) {
    const std::lock_guard lock(shard.mutex);  // reads go on, and settle
    for (auto& [key, events] : shard.streams[stream]) {
      events.events.settle();
      keys.emplace_back(key, &events);
    }
  }
  std::sort(keys.begin(), keys.end());
  writer.i64(absent_forgotten_before[stream]);
  writer.u64(keys.size());
  for (const auto& [key, events] : keys) write_key(*events, writer);
}

Bytes State::Impl::snapshot() const {
  ByteWriter writer;
  const auto stopped = stop_batches();
  writer.raw(kMagic);
  writer.u32(kVersion);
  writer.u64(0);  // the length, once it is known
  write_time(options.lateness, writer);
  write_time(options.complete_from, writer);
  const std::int64_t expired = expired_to;
  write_time(expired == kNever ? std::nullopt : OptionalTime(expired), writer);
  writer.u32(static_cast<std::uint32_t>(streams.size()));
  for (const Stream& stream : streams) writer.raw(identity_of(stream));
  write_sources(writer);
  for (std::size_t stream = 0; stream < streams.size(); ++stream) write_keys(stream, writer);
  return finished(std::move(writer));
}

void State::Impl::restore(ByteView snapshot) {
  SnapshotReader(*this, checked_body(snapshot)).read();
}

Bytes State::snapshot() const { return impl_->snapshot(); }

std::unique_ptr<State> State::restore(const Definition& definition, ByteView snapshot,
                                      StateOptions options) {
  auto impl = std::make_unique<Impl>(definition, options);
  impl->restore(snapshot);
  return std::unique_ptr<State>(new State(std::move(impl)));
}

}  // namespace mlcore
