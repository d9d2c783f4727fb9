// SPDX-License-Identifier: Apache-2.0
// Outside code uses PaneRing; DriftShard uses its private members.
#include "mlcore/drift/pane_ring.hpp"

#include <algorithm>
#include <cassert>

#include "mlcore/drift/shard.hpp"

namespace mlcore {

PaneRing::PaneRing(std::shared_ptr<const Reference> reference, RequestColumns columns,
                   PaneOptions options)
    : reference_(std::move(reference)), columns_(std::move(columns)), options_(options) {
  assert(options_.pane_micros >= 0 && options_.pane_rows >= 1 && options_.max_panes >= 1);
  assert(columns_.texts.size() == reference_->categories.size());
  panes_.resize(options_.max_panes);
  for (Pane& pane : panes_) pane.counts = PaneCounts(*reference_);
}

PaneSnapshot PaneRing::snapshot() {
  const std::lock_guard lock(mutex_);
  collect();
  return {{panes_.begin(), panes_.begin() + static_cast<std::ptrdiff_t>(used_)},
          rows_,
          late_rows_,
          calls_};
}

void PaneRing::attach(DriftShard& shard) {
  const std::lock_guard lock(mutex_);
  shards_.push_back(&shard);
}

void PaneRing::detach(DriftShard& shard) noexcept {
  const std::lock_guard lock(mutex_);
  shard.drain(*this, false);
  shards_.erase(std::find(shards_.begin(), shards_.end(), &shard));
}

Pane* PaneRing::find(std::int64_t number) noexcept {
  for (std::size_t i = used_; i-- > 0;) {  // rows come mostly for the newest
    if (panes_[i].number == number) return &panes_[i];
  }
  return nullptr;
}

bool PaneRing::is_new(std::int64_t number) noexcept {
  if (find(number) != nullptr) return false;
  return used_ < panes_.size() || panes_[0].number < number;
}

Pane* PaneRing::find_or_make(std::int64_t number) noexcept {
  if (Pane* found = find(number)) return found;
  std::size_t place = 0;
  while (place < used_ && panes_[place].number < number) ++place;
  const auto at = [&](std::size_t index) {
    return panes_.begin() + static_cast<std::ptrdiff_t>(index);
  };
  if (used_ < panes_.size()) {
    std::rotate(at(place), at(used_), at(used_ + 1));
    ++used_;
  } else {
    if (place == 0) return nullptr;
    --place;
    std::rotate(at(0), at(1), at(place + 1));  // the oldest takes the place
    Pane& expired = panes_[place];
    expired.rows = 0;
    expired.counts -= expired.counts;
  }
  panes_[place].number = number;
  return &panes_[place];
}

void PaneRing::merge(std::int64_t number, std::uint64_t rows, const PaneCounts& counts) noexcept {
  rows_ += rows;
  if (Pane* pane = find_or_make(number)) {
    pane->rows += rows;
    pane->counts += counts;
  } else {
    late_rows_ += rows;
  }
}

/// Rows of panes that are kept come first, so that what a new pane pushes out is complete.
void PaneRing::collect() noexcept {
  for (DriftShard* shard : shards_) shard->drain(*this, true);
  for (DriftShard* shard : shards_) shard->drain(*this, false);
}

}  // namespace mlcore
