// SPDX-License-Identifier: Apache-2.0
#pragma once

// What a State holds. Keys are spread over shards by hash, each with its own lock; a batch holds
// `batches` shared, a snapshot and `expire` hold it alone, so that no snapshot has half a batch.
//
//   Outcome outcome = impl.insert(stream, key, row);

#include <algorithm>
#include <array>
#include <atomic>
#include <limits>
#include <map>
#include <mutex>
#include <shared_mutex>
#include <unordered_map>

#include "mlcore/feature/state.hpp"

namespace mlcore {

inline constexpr std::int64_t kNever = std::numeric_limits<std::int64_t>::min();
inline constexpr std::size_t kShardBits = 6;

/// left − right, at most the ends of int64.
[[nodiscard]] constexpr std::int64_t saturating_subtract(std::int64_t left,
                                                         std::int64_t right) noexcept {
  std::int64_t value = 0;
  if (!__builtin_sub_overflow(left, right, &value)) return value;
  return right > 0 ? kNever : std::numeric_limits<std::int64_t>::max();
}

/// A key with at least one event. The greatest accepted time is that of its last event.
struct KeyEvents {
  EventList events;
  std::int64_t forgotten_before;  // events before it may have been forgotten
};

/// A key and its hash, which is computed once for the shard and the map.
struct HashedKey {
  std::string_view text;
  std::size_t hash;
};

/// SipHash-2-4 under a secret that each state draws, so that nobody can choose keys of one hash.
/// Nothing that leaves the state may depend on it. Not noexcept, so that libstdc++ stores the hash.
class KeyHash {
 public:
  using is_transparent = void;
  using Secret = std::array<std::uint8_t, 16>;

  explicit KeyHash(const Secret& secret) : secret_(secret) {}
  /// Throws: internal/internal_fault.
  static Secret draw_secret();

  std::size_t operator()(std::string_view key) const;
  std::size_t operator()(const HashedKey& key) const { return key.hash; }

 private:
  Secret secret_;
};

struct KeyEqual {
  using is_transparent = void;
  bool operator()(std::string_view left, std::string_view right) const { return left == right; }
  bool operator()(const HashedKey& left, std::string_view right) const {
    return left.text == right;
  }
};

using KeyMap = std::unordered_map<std::string, KeyEvents, KeyHash, KeyEqual>;

struct alignas(64) Shard {
  mutable std::mutex mutex;
  /// Mutable: who looks at the events of a key first settles them, under the lock.
  mutable std::vector<KeyMap> streams;
  std::uint64_t event_count = 0;
};

/// How far an at-least-once source has been taken.
struct Source {
  mutable std::mutex mutex;  // held by a batch from this source
  std::optional<std::int64_t> offset;
  std::int64_t unfinished_offset = 0;
  std::uint64_t unfinished_rows = 0;  // of that batch, taken before an error; 0 = none
};

/// Packed rows, not yet checked.
struct PackedRows {
  ByteView bytes;
  std::span<const std::int64_t> offsets;

  [[nodiscard]] std::size_t size() const noexcept { return offsets.size() - 1; }
  [[nodiscard]] ByteView operator[](std::size_t index) const noexcept {
    return bytes.subspan(static_cast<std::size_t>(offsets[index]),
                         static_cast<std::size_t>(offsets[index + 1] - offsets[index]));
  }
};

/// Throws: invalid_argument/malformed_row for offsets that are not rows of the bytes,
/// layout_mismatch for a row packed for another layout; `where.row` names the place.
void check_rows(const Stream& stream, const PackedRows& rows);

enum class Outcome : std::uint8_t { accepted, late, duplicate, conflict };

struct State::Impl {
  class Charge;
  class SnapshotReader;

  Impl(const Definition& definition, StateOptions given);

  /// Throws: out_of_range/invalid_option.
  void check_stream(std::size_t stream) const;
  /// Throws: failed_precondition/stream_mismatch.
  [[nodiscard]] std::size_t find_stream(const Stream& wanted, std::size_t expected) const;
  [[nodiscard]] HashedKey hashed(std::string_view key) const { return {key, hash(key)}; }
  [[nodiscard]] Shard& shard_of(const HashedKey& key) noexcept {
    return shards[key.hash >> (64 - kShardBits)];
  }
  [[nodiscard]] const Shard& shard_of(const HashedKey& key) const noexcept {
    return shards[key.hash >> (64 - kShardBits)];
  }
  /// max(`newest`, E) − L, before which an event is late.
  [[nodiscard]] std::int64_t horizon(std::int64_t newest) const noexcept {
    return options.lateness
               ? saturating_subtract(std::max(newest, expired_to.load()), *options.lateness)
               : kNever;
  }

  /// Adds rows from `first` on; `taken` counts those done, also when it throws.
  void ingest(std::size_t stream, const PackedRows& rows, std::size_t first, std::size_t& taken,
              IngestReport& report);
  void ingest_row(std::size_t stream, ByteView bytes, std::size_t number, std::string& buffer,
                  IngestReport& report);
  /// Throws: resource_exhausted/state_full.
  Outcome insert(std::size_t stream, std::string_view key, const RowView& row);
  /// As EventList::add, charged. Throws: resource_exhausted/state_full.
  Insertion add(EventList& events, const RowView& row);
  /// Adds a key with its events. Requires: the shard's lock; no such key.
  void adopt(Shard& shard, std::size_t stream, std::string_view key, KeyEvents events);
  /// Drops what no window reaches after `expire(time)`. Requires: the shard's lock.
  void forget(Shard& shard, std::size_t stream, std::int64_t time);
  /// The instant before which no window over `stream` reaches, once `newest` or later has come.
  [[nodiscard]] std::int64_t forgettable_before(std::size_t stream,
                                                std::int64_t newest) const noexcept;
  [[nodiscard]] Source& source(std::string_view name);
  [[nodiscard]] const Source* find_source(std::string_view name) const;

  /// Held by a batch. Waiting writers go first, so that batches can't keep a snapshot waiting.
  [[nodiscard]] std::shared_lock<std::shared_mutex> begin_batch() {
    const std::lock_guard lock(gate);
    return std::shared_lock(batches);
  }
  /// Held by what must see no batch half done.
  [[nodiscard]] std::unique_lock<std::shared_mutex> stop_batches() const {
    const std::lock_guard lock(gate);
    return std::unique_lock(batches);
  }

  void read(const Definition& definition, std::span<const Aggregate> aggregates,
            const RowView& request, AggregateValues& values) const;
  void read_key(std::span<const Aggregate> aggregates, std::uint32_t stream, std::size_t own_stream,
                std::int64_t as_of, AggregateValues& values, std::string_view key) const;
  void check_history(std::span<const Aggregate> aggregates, std::uint32_t stream,
                     std::size_t own_stream, std::int64_t as_of, const KeyEvents* key) const;

  [[nodiscard]] Bytes snapshot() const;
  void write_sources(ByteWriter& writer) const;
  void write_keys(std::size_t stream, ByteWriter& writer) const;
  /// Requires: an empty state.
  void restore(ByteView snapshot);

  std::vector<Stream> streams;
  /// How far behind `as_of` the windows over each stream reach; absent: without bound.
  std::vector<std::optional<std::int64_t>> reaches;
  /// For each stream, the instant before which an absent key may have had events.
  std::vector<std::atomic<std::int64_t>> absent_forgotten_before;
  StateOptions options;
  std::atomic<std::int64_t> expired_to = kNever;
  KeyHash hash{KeyHash::draw_secret()};
  std::array<Shard, std::size_t{1} << kShardBits> shards;
  std::atomic<std::uint64_t> memory = 0;
  std::atomic<std::uint64_t> key_count = 0;

  // Locks are taken in this order: Source::mutex, gate, batches, then one of the others.
  mutable std::mutex gate;
  mutable std::shared_mutex batches;
  mutable std::mutex sources_mutex;
  std::map<std::string, Source, std::less<>> sources;
};

/// Memory that is taken before it is used, and given back unless it is settled.
class State::Impl::Charge {
 public:
  /// Throws: resource_exhausted/state_full.
  Charge(Impl& state, std::uint64_t bytes);
  ~Charge() { state_.memory -= bytes_; }
  Charge(const Charge&) = delete;
  Charge& operator=(const Charge&) = delete;
  /// Puts what was really taken in its place, which may be less than nothing.
  void settle(std::uint64_t taken) noexcept {
    state_.memory += taken - bytes_;
    bytes_ = 0;
  }

 private:
  Impl& state_;
  std::uint64_t bytes_;
};

}  // namespace mlcore
