// SPDX-License-Identifier: Apache-2.0
// Outside code uses State; this file takes events in and forgets them.
#include "mlcore/feature/state.hpp"

#include <fmt/format.h>
#include <sodium/core.h>
#include <sodium/crypto_shorthash.h>
#include <sodium/randombytes.h>

#include <cstring>
#include <new>

#include "feature/event_key.hpp"
#include "feature/events.hpp"
#include "feature/state_impl.hpp"
#include "mlcore/base/time.hpp"

namespace mlcore {
namespace {

constexpr std::size_t kListedInvalidRows = 16;
/// A node of std::unordered_map: next, value, hash. Source: libstdc++ 12, hashtable_policy.h.
constexpr std::size_t kNodeSize = sizeof(KeyMap::value_type) + 2 * sizeof(void*);
constexpr std::size_t kInlineText = 15;
constexpr std::size_t kSourceNodeSize = sizeof(std::pair<const std::string, Source>) + 32;

std::size_t text_memory(std::size_t size) noexcept {
  return size <= kInlineText ? 0 : heap_block(size + 1);
}

std::size_t node_memory(std::string_view key) noexcept {
  return heap_block(kNodeSize) + text_memory(key.size());
}

std::size_t bucket_memory(const KeyMap& keys) noexcept {
  return keys.bucket_count() == 1 ? 0 : heap_block(keys.bucket_count() * sizeof(void*));
}

/// At least what the buckets of one more key add: a map that is full doubles, to the next prime; a
/// new one, whose only bucket is in itself, takes its first.
std::size_t bucket_growth(const KeyMap& keys) noexcept {
  const auto limit = static_cast<double>(keys.bucket_count()) * keys.max_load_factor();
  const bool is_new = keys.bucket_count() == 1;
  if (!is_new && static_cast<double>(keys.size() + 1) <= limit) return 0;
  return heap_block((keys.bucket_count() * 5 / 2 + 32) * sizeof(void*));
}

/// How far behind `as_of` a window reaches; absent: without bound.
std::optional<std::int64_t> reach_of(const Window& window) noexcept {
  switch (window.kind) {
    case WindowKind::next: return 0;
    case WindowKind::lifetime: return std::nullopt;
    case WindowKind::events:
      if (window.width == 0) return std::nullopt;
      break;
    case WindowKind::duration: break;
  }
  const std::int64_t width = saturating_subtract(window.width, -window.delay);
  return saturating_subtract(width, -window.hop);
}

std::vector<std::optional<std::int64_t>> reaches_of(const Definition& definition) {
  std::vector<std::optional<std::int64_t>> reaches(definition.streams().size(), 0);
  for (const Aggregate& aggregate : definition.aggregates()) {
    std::optional<std::int64_t>& reach = reaches[aggregate.stream];
    const std::optional<std::int64_t> other = reach_of(aggregate.window);
    reach = reach && other ? std::optional(std::max(*reach, *other)) : std::nullopt;
  }
  return reaches;
}

[[noreturn]] void refuse_offsets(std::size_t row, std::string message) {
  throw Error(Code::invalid_argument, Reason::malformed_row, std::move(message),
              {.row = static_cast<std::int64_t>(row)});
}

void count(Outcome outcome, IngestReport& report) noexcept {
  switch (outcome) {
    case Outcome::accepted: ++report.accepted; return;
    case Outcome::late: ++report.late; return;
    case Outcome::duplicate: ++report.duplicate; return;
    case Outcome::conflict: ++report.conflict; return;
  }
}

void count_invalid(const Error& error, std::size_t row, IngestReport& report) {
  ++report.invalid;
  if (report.first_invalid.size() >= kListedInvalidRows) return;
  report.first_invalid.push_back({static_cast<std::int64_t>(row), error.reason(), error.message()});
}

Outcome outcome_of(Insertion insertion) noexcept {
  switch (insertion) {
    case Insertion::accepted: return Outcome::accepted;
    case Insertion::duplicate: return Outcome::duplicate;
    case Insertion::conflict: return Outcome::conflict;
  }
  return Outcome::accepted;
}

}  // namespace

void check_rows(const Stream& stream, const PackedRows& rows) {
  if (rows.offsets.empty())
    refuse_offsets(0, "a batch needs one offset more than rows, found none");
  const auto size = static_cast<std::int64_t>(rows.bytes.size());
  std::int64_t end = 0;
  for (std::size_t i = 0; i < rows.offsets.size(); ++i) {
    if (rows.offsets[i] < end || rows.offsets[i] > size) {
      refuse_offsets(i, fmt::format("offset {} of a batch is {}, expected one in [{}, {}]", i,
                                    rows.offsets[i], end, size));
    }
    end = rows.offsets[i];
  }
  for (std::size_t i = 0; i < rows.size(); ++i) {
    std::uint64_t id;
    if (rows[i].size() < sizeof id) continue;
    std::memcpy(&id, rows[i].data(), sizeof id);
    if (id == stream.layout.id()) continue;
    throw Error(Code::invalid_argument, Reason::layout_mismatch,
                fmt::format("row {}: packed for layout {:016x}, stream \"{}\" has {:016x}", i, id,
                            stream.name, stream.layout.id()),
                {.row = static_cast<std::int64_t>(i)});
  }
}

KeyHash::Secret KeyHash::draw_secret() {
  static_assert(std::tuple_size_v<Secret> == crypto_shorthash_KEYBYTES);
  if (sodium_init() < 0) {
    throw Error(Code::internal, Reason::internal_fault, "libsodium finds no random numbers");
  }
  Secret secret;
  randombytes_buf(secret.data(), secret.size());
  return secret;
}

std::size_t KeyHash::operator()(std::string_view key) const {
  std::uint64_t hash = 0;
  static_assert(sizeof hash == crypto_shorthash_BYTES);
  crypto_shorthash(reinterpret_cast<unsigned char*>(&hash),
                   reinterpret_cast<const unsigned char*>(key.data()), key.size(), secret_.data());
  return hash;
}

State::Impl::Charge::Charge(Impl& state, std::uint64_t bytes) : state_(state), bytes_(bytes) {
  if (bytes == 0) return;
  const std::uint64_t most = state.options.max_bytes;
  std::uint64_t held = state.memory;
  do {
    if (most > 0 && (held > most || bytes > most - held)) {
      throw Error(Code::resource_exhausted, Reason::state_full,
                  fmt::format("state is full: {} bytes held, {} more needed, max_bytes is {}", held,
                              bytes, most));
    }
  } while (!state.memory.compare_exchange_weak(held, held + bytes));
}

State::Impl::Impl(const Definition& definition, StateOptions given)
    : streams(definition.streams()),
      reaches(reaches_of(definition)),
      absent_forgotten_before(streams.size()),
      options(given) {
  if (streams.empty()) {
    throw Error(
        Code::failed_precondition, Reason::unsupported_feature,
        fmt::format("definition \"{}\" has no stream to keep events of", definition.name()));
  }
  if (options.lateness && *options.lateness < 0) {
    throw Error(Code::invalid_argument, Reason::invalid_option,
                fmt::format("lateness is {} µs, expected 0 or more", *options.lateness));
  }
  for (auto& time : absent_forgotten_before) time = kNever;
  for (Shard& shard : shards) shard.streams.assign(streams.size(), KeyMap(0, hash));
}

void State::Impl::check_stream(std::size_t stream) const {
  if (stream < streams.size()) return;
  throw Error(Code::out_of_range, Reason::invalid_option,
              fmt::format("stream {}: the state has {}", stream, streams.size()));
}

Source& State::Impl::source(std::string_view name) {
  const std::lock_guard lock(sources_mutex);
  const auto found = sources.find(name);
  if (found != sources.end()) return found->second;
  const std::size_t size = heap_block(kSourceNodeSize) + text_memory(name.size());
  Charge charge(*this, size);
  Source& added = sources.try_emplace(std::string(name)).first->second;
  charge.settle(size);
  return added;
}

const Source* State::Impl::find_source(std::string_view name) const {
  const std::lock_guard lock(sources_mutex);
  const auto found = sources.find(name);
  return found == sources.end() ? nullptr : &found->second;
}

void State::Impl::adopt(Shard& shard, std::size_t stream, std::string_view key, KeyEvents events) {
  KeyMap& keys = shard.streams[stream];
  if (options.max_keys > 0 && key_count.fetch_add(1) >= options.max_keys) {
    --key_count;
    throw Error(Code::resource_exhausted, Reason::state_full,
                fmt::format("state is full: max_keys is {}", options.max_keys));
  }
  if (options.max_keys == 0) ++key_count;
  try {
    const std::size_t size = node_memory(key) + events.events.memory();
    const std::size_t buckets = bucket_memory(keys);
    Charge charge(*this, size + bucket_growth(keys));
    const std::size_t event_count = events.events.size();
    keys.emplace(std::string(key), std::move(events));
    shard.event_count += event_count;
    charge.settle(size + bucket_memory(keys) - buckets);
  } catch (...) {
    --key_count;
    throw;
  }
}

Outcome State::Impl::insert(std::size_t stream, std::string_view key, const RowView& row) {
  const std::int64_t time = row.i64(streams[stream].event_column);
  const HashedKey hashed_key = hashed(key);
  Shard& shard = shard_of(hashed_key);
  const std::lock_guard lock(shard.mutex);
  const auto found = shard.streams[stream].find(hashed_key);
  if (found == shard.streams[stream].end()) {
    if (time < horizon(kNever)) return Outcome::late;
    KeyEvents events{EventList(streams[stream]), absent_forgotten_before[stream]};
    events.events.add(row);
    adopt(shard, stream, key, std::move(events));
    return Outcome::accepted;
  }
  KeyEvents& events = found->second;
  if (time < horizon(events.events.newest())) return Outcome::late;
  const Insertion insertion = add(events.events, row);
  if (insertion == Insertion::accepted) ++shard.event_count;
  return outcome_of(insertion);
}

Insertion State::Impl::add(EventList& events, const RowView& row) {
  Charge charge(*this, events.growth(row));
  const std::size_t before = events.memory();
  try {
    const Insertion insertion = events.add(row);
    charge.settle(events.memory() - before);
    return insertion;
  } catch (...) {
    charge.settle(events.memory() - before);  // it may have made some of the room
    throw;
  }
}

void State::Impl::ingest(std::size_t stream, const PackedRows& rows, std::size_t first,
                         std::size_t& taken, IngestReport& report) {
  std::string buffer;
  for (taken = first; taken < rows.size(); ++taken) {
    try {
      ingest_row(stream, rows[taken], taken, buffer, report);
    } catch (const std::bad_alloc&) {
      // So short a text needs no memory.
      throw Error(Code::resource_exhausted, Reason::out_of_memory, "out of memory",
                  {.row = static_cast<std::int64_t>(taken)});
    }
  }
}

void State::Impl::ingest_row(std::size_t stream, ByteView bytes, std::size_t number,
                             std::string& buffer, IngestReport& report) {
  const Stream& target = streams[stream];
  RowView row;
  std::string_view key;
  try {
    row = RowView::parse(target.layout, bytes);
    key = encode_key(row, target.key_columns, buffer);
  } catch (const Error& error) {
    count_invalid(error, number, report);
    return;
  }
  try {
    count(insert(stream, key, row), report);
  } catch (const Error& error) {
    throw Error(error.code(), error.reason(),
                fmt::format("row {}: {}; the rows before it were taken", number, error.message()),
                {.row = static_cast<std::int64_t>(number)});
  }
}

std::int64_t State::Impl::forgettable_before(std::size_t stream,
                                             std::int64_t newest) const noexcept {
  if (!reaches[stream]) return kNever;
  return saturating_subtract(horizon(newest), *reaches[stream]);
}

void State::Impl::forget(Shard& shard, std::size_t stream, std::int64_t time) {
  KeyMap& keys = shard.streams[stream];
  for (auto at = keys.begin(); at != keys.end();) {
    KeyEvents& key = at->second;
    const std::int64_t before = forgettable_before(stream, std::max(time, key.events.newest()));
    key.forgotten_before = std::max(key.forgotten_before, before);
    const std::size_t held = key.events.memory();
    shard.event_count -= key.events.erase_before(before);
    if (key.events.size() > 0) {
      memory += key.events.memory() - held;
      ++at;
      continue;
    }
    memory -= held + node_memory(at->first);
    --key_count;
    at = keys.erase(at);
  }
}

State::State(const Definition& definition, StateOptions options)
    : State(std::make_unique<Impl>(definition, options)) {}

State::State(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}

State::~State() = default;

std::span<const Stream> State::streams() const noexcept { return impl_->streams; }

IngestReport State::ingest(std::size_t stream, const RowBatch& batch) {
  return ingest(stream, batch.bytes, batch.offsets);
}

IngestReport State::ingest(std::size_t stream, ByteView bytes,
                           std::span<const std::int64_t> offsets) {
  const PackedRows rows{bytes, offsets};
  impl_->check_stream(stream);
  check_rows(impl_->streams[stream], rows);
  const auto lock = impl_->begin_batch();
  IngestReport report;
  std::size_t taken = 0;
  impl_->ingest(stream, rows, 0, taken, report);
  return report;
}

IngestReport State::ingest(std::size_t stream, const RowBatch& batch, std::string_view source,
                           std::int64_t offset) {
  const PackedRows rows{batch.bytes, batch.offsets};
  impl_->check_stream(stream);
  check_rows(impl_->streams[stream], rows);
  Source& from = impl_->source(source);
  const std::lock_guard one_batch_a_source(from.mutex);
  const auto lock = impl_->begin_batch();
  IngestReport report;
  if (from.offset && offset <= *from.offset) {
    report.replayed = rows.size();
    return report;
  }
  std::size_t taken = 0;
  if (from.unfinished_rows > 0 && from.unfinished_offset == offset) {
    taken = std::min<std::size_t>(from.unfinished_rows, rows.size());
  }
  report.replayed = taken;
  try {
    impl_->ingest(stream, rows, taken, taken, report);
  } catch (...) {
    from.unfinished_offset = offset;
    from.unfinished_rows = taken;
    throw;
  }
  from.offset = offset;
  from.unfinished_rows = 0;
  return report;
}

std::optional<std::int64_t> State::source_offset(std::string_view source) const {
  const Source* from = impl_->find_source(source);  // a source is never forgotten
  if (from == nullptr) return std::nullopt;
  const std::lock_guard no_batch(from->mutex);
  return from->offset;
}

void State::expire(std::int64_t time) {
  Impl& impl = *impl_;
  if (!impl.options.lateness) {
    throw Error(Code::failed_precondition, Reason::invalid_option,
                "expire: the state has no lateness, so that no event is ever too late");
  }
  if (time < kFirstTimestamp || time > kLastTimestamp) {
    throw Error(Code::invalid_argument, Reason::invalid_timestamp,
                fmt::format("expire: {} µs is outside the years 1 to 9999", time));
  }
  const auto lock = impl.stop_batches();
  const std::int64_t newest = std::max(time, impl.expired_to.load());
  impl.expired_to = newest;
  for (std::size_t stream = 0; stream < impl.streams.size(); ++stream) {
    auto& absent = impl.absent_forgotten_before[stream];
    absent = std::max(absent.load(), impl.forgettable_before(stream, newest));
  }
  for (Shard& shard : impl.shards) {
    const std::lock_guard shard_lock(shard.mutex);
    for (std::size_t stream = 0; stream < impl.streams.size(); ++stream) {
      impl.forget(shard, stream, newest);
    }
  }
}

std::uint64_t State::key_count() const noexcept { return impl_->key_count; }

std::uint64_t State::event_count() const noexcept {
  std::uint64_t sum = 0;
  for (const Shard& shard : impl_->shards) {
    const std::lock_guard lock(shard.mutex);
    sum += shard.event_count;
  }
  return sum;
}

std::uint64_t State::memory() const noexcept { return impl_->memory; }

}  // namespace mlcore
