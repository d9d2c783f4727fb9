// SPDX-License-Identifier: Apache-2.0
// Outside code uses DriftShard. A buffer is never held while the ring's mutex is waited for: the
// ring, which holds it, waits for buffers.
#include "mlcore/drift/shard.hpp"

#include <algorithm>
#include <cassert>
#include <chrono>
#include <thread>

namespace mlcore {
namespace {

constexpr std::uint32_t kMissingCode = ~std::uint32_t{0};

/// Nanoseconds of the steady clock.
std::uint64_t now() noexcept {
  const auto time = std::chrono::steady_clock::now().time_since_epoch();
  return static_cast<std::uint64_t>(
      std::chrono::duration_cast<std::chrono::nanoseconds>(time).count());
}

std::int64_t floor_divide(std::int64_t a, std::int64_t b) noexcept {
  return a / b - static_cast<std::int64_t>(a % b < 0);
}

void clear(PaneCounts& counts) noexcept {
  const PaneCounts& own = counts;  // clang takes `counts -= counts` for a slip
  counts -= own;
}

}  // namespace

DriftShard::DriftShard(std::shared_ptr<PaneRing> ring) : ring_(std::move(ring)) {
  for (Buffer& buffer : buffers_) buffer.counts = PaneCounts(ring_->reference());
  ring_->attach(*this);
}

DriftShard::~DriftShard() { ring_->detach(*this); }

DriftShard::Buffer& DriftShard::take() noexcept {
  std::uint32_t i = preferred_.load(std::memory_order_relaxed);
  // A reader holds one buffer at a time, so that the second try fails only if it has moved on.
  while (buffers_[i].is_held.exchange(true, std::memory_order_acquire)) i = 1 - i;
  return buffers_[i];
}

void DriftShard::give(Buffer& buffer) noexcept {
  buffer.is_held.store(false, std::memory_order_release);
}

std::int64_t DriftShard::pane_of(const RowView& request) const noexcept {
  return floor_divide(request.i64(*ring_->columns().as_of), ring_->options().pane_micros);
}

/// `add` counts the rows into the counters it is given.
template <typename Add>
void DriftShard::count(std::int64_t pane, std::uint64_t rows, Add&& add) noexcept {
  Buffer& buffer = take();
  if (buffer.rows == 0) buffer.pane = pane;
  if (buffer.pane != pane) {
    give(buffer);
    return count_stray(pane, rows, add);
  }
  add(buffer.counts, &buffer.calls);
  buffer.rows += rows;
  buffer.is_touched = true;
  give(buffer);
}

template <typename Add>
void DriftShard::count_stray(std::int64_t pane, std::uint64_t rows, Add&& add) noexcept {
  const std::lock_guard lock(ring_->mutex_);
  if (ring_->is_new(pane)) ring_->collect();
  ring_->rows_ += rows;
  if (Pane* kept = ring_->find_or_make(pane)) {
    add(kept->counts, &ring_->calls_);
    kept->rows += rows;
  } else {
    ring_->late_rows_ += rows;
  }
  stray_rows_ = pane == stray_pane_ ? stray_rows_ + rows : rows;
  stray_pane_ = pane;
  if (stray_rows_ >= kStrayRows) {
    drain(*ring_, false);
    stray_rows_ = 0;
  }
}

void DriftShard::begin_row() noexcept {
  is_timed_ = row_calls_++ % kTimedRows == 0;
  if (is_timed_) start_ = now();
}

void DriftShard::add_row(const RowView& request, std::span<const double> features,
                         std::span<const double> scores) noexcept {
  const std::uint64_t duration = is_timed_ ? now() - start_ : 0;
  const std::int64_t pane = ring_->options().pane_micros > 0
                                ? pane_of(request)
                                : ring_->take_positions(1) / ring_->options().pane_rows;
  count(pane, 1, [&](PaneCounts& counts, CallCounts* calls) {
    counts.add_row(ring_->reference(), features, scores);
    add_texts(counts, request);
    if (is_timed_) calls->row_latency.add(duration);
  });
}

void DriftShard::add_texts(PaneCounts& counts, const RowView& request) const noexcept {
  const auto& fields = ring_->columns().texts;
  for (std::size_t i = 0; i < fields.size(); ++i) {
    std::optional<std::string_view> text;
    if (!request.is_null(fields[i])) text = request.string(fields[i]);
    counts.add_category(ring_->reference(), i, text);
  }
}

void DriftShard::begin_batch(std::size_t tile_rows) {
  staged_ = 0;
  tile_features_.resize(tile_rows * ring_->reference().features.size());
  tile_codes_.resize(tile_rows * ring_->columns().texts.size());
  tile_panes_.resize(tile_rows);
  start_ = now();
}

void DriftShard::stage(const RowView& request, std::span<const double> features) noexcept {
  assert(staged_ < tile_panes_.size());
  std::copy(features.begin(), features.end(), tile_features_.data() + staged_ * features.size());
  const auto& fields = ring_->columns().texts;
  std::uint32_t* codes = tile_codes_.data() + staged_ * fields.size();
  for (std::size_t i = 0; i < fields.size(); ++i) {
    codes[i] = request.is_null(fields[i])
                   ? kMissingCode
                   : ring_->reference().categories[i].codes.code_of(request.string(fields[i]));
  }
  if (ring_->options().pane_micros > 0) tile_panes_[staged_] = pane_of(request);
  ++staged_;
}

void DriftShard::add_staged(Span2d<const double> scores) noexcept {
  if (ring_->options().pane_micros == 0) {
    std::int64_t position = ring_->take_positions(staged_);
    for (std::size_t row = 0; row < staged_; ++row) {
      tile_panes_[row] = position++ / ring_->options().pane_rows;
    }
  }
  std::size_t end = 0;
  for (std::size_t first = 0; first < staged_; first = end) {
    const std::int64_t pane = tile_panes_[first];
    while (end < staged_ && tile_panes_[end] == pane) ++end;
    count(pane, end - first, [&](PaneCounts& counts, CallCounts*) {
      add_tile_rows(counts, scores, first, end - first);
    });
  }
  staged_ = 0;
}

void DriftShard::add_tile_rows(PaneCounts& counts, Span2d<const double> scores, std::size_t first,
                               std::size_t rows) const noexcept {
  const std::size_t width = ring_->reference().features.size();
  const std::size_t texts = ring_->columns().texts.size();
  const double* first_score = scores.columns() == 0 ? nullptr : scores.row(first).data();
  counts.add_rows(ring_->reference(), {tile_features_.data() + first * width, rows, width},
                  {first_score, rows, scores.columns(), scores.row_stride()});
  const std::uint32_t* code = tile_codes_.data() + first * texts;
  for (std::size_t row = 0; row < rows; ++row) {
    for (CategoryCounts& column : counts.categories) {
      ++(*code == kMissingCode ? column.missing : column.codes[*code]);
      ++code;
    }
  }
}

void DriftShard::end_batch() noexcept {
  Buffer& buffer = take();
  buffer.calls.batch_latency.add(now() - start_);
  buffer.is_touched = true;
  give(buffer);
}

void DriftShard::add_failure(Reason reason) noexcept {
  Buffer& buffer = take();
  buffer.calls.failures.add(reason);
  buffer.is_touched = true;
  give(buffer);
}

void DriftShard::drain(PaneRing& ring, bool known_only) noexcept {
  for (std::uint32_t i = 0; i < buffers_.size(); ++i) {
    Buffer& buffer = buffers_[i];
    preferred_.store(1 - i, std::memory_order_relaxed);
    while (buffer.is_held.exchange(true, std::memory_order_acquire)) std::this_thread::yield();
    const bool is_wanted = !known_only || buffer.rows == 0 || ring.find(buffer.pane) != nullptr;
    if (buffer.is_touched && is_wanted) {
      if (buffer.rows > 0) ring.merge(buffer.pane, buffer.rows, buffer.counts);
      ring.calls_ += buffer.calls;
      clear(buffer.counts);
      buffer.calls = {};
      buffer.rows = 0;
      buffer.is_touched = false;
    }
    give(buffer);
  }
}

}  // namespace mlcore
