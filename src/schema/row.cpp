// SPDX-License-Identifier: Apache-2.0
// Outside code uses RowLayout, RowView::parse (the only fallible step of a prediction) and
// RowBuilder.
#include "mlcore/schema/row.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <cassert>
#include <limits>
#include <utility>

#include "mlcore/base/digest.hpp"
#include "mlcore/base/error.hpp"
#include "mlcore/base/time.hpp"

namespace mlcore {
namespace {

static_assert(std::endian::native == std::endian::little, "slots are read as they lie");

constexpr std::size_t kBitmapAt = 8;
constexpr std::size_t kGreatestRow = std::numeric_limits<std::uint32_t>::max();

std::uint64_t load(ByteView bytes, std::size_t at) noexcept {
  std::uint64_t word;
  std::memcpy(&word, bytes.data() + at, sizeof word);
  return word;
}

/// The layout id's own bytes; the format is in row.hpp.
std::uint64_t layout_id(const Schema& schema) {
  ByteWriter writer;
  writer.u32(static_cast<std::uint32_t>(schema.size()));
  for (const Field& field : schema.fields()) {
    writer.text(field.name);
    writer.u8(static_cast<std::uint8_t>(field.type));
    writer.u8(field.nullable ? 1 : 0);
  }
  return load(sha256(writer.bytes()), 0);
}

[[noreturn]] void refuse(const RowLayout& layout, std::size_t field, Reason reason,
                         std::string_view problem) {
  throw Error(Code::invalid_argument, reason,
              fmt::format("column \"{}\": {}", layout.schema()[field].name, problem),
              {.column = static_cast<std::int32_t>(field)});
}

[[noreturn]] void refuse_row(std::string message) {
  throw Error(Code::invalid_argument, Reason::malformed_row, std::move(message));
}

[[noreturn]] void refuse_size(const RowLayout& layout, ByteView bytes) {
  refuse_row(fmt::format("row of {} bytes: this layout needs at least {} and at most {}",
                         bytes.size(), layout.fixed_size(), kGreatestRow));
}

[[noreturn]] void refuse_layout(const RowLayout& layout, std::uint64_t id) {
  throw Error(Code::invalid_argument, Reason::layout_mismatch,
              fmt::format("row packed for layout {:016x}, expected {:016x}", id, layout.id()));
}

[[noreturn]] void refuse_string(const RowLayout& layout, ByteView bytes, std::size_t field,
                                std::uint64_t slot) {
  refuse(
      layout, field, Reason::malformed_row,
      fmt::format("string of {} bytes at offset {} is outside the row's string bytes [{}, {})",
                  slot >> 32, static_cast<std::uint32_t>(slot), layout.fixed_size(), bytes.size()));
}

[[noreturn]] void refuse_null_slot(const RowLayout& layout, std::size_t field, std::uint64_t slot) {
  refuse(layout, field, Reason::malformed_row,
         fmt::format("null, but its slot holds {:#x} instead of 0", slot));
}

/// Requires: a bit of the bitmap is set that the layout forbids.
[[noreturn]] void refuse_nulls(const RowLayout& layout, ByteView bytes) {
  for (std::size_t word = 0; word < layout.never_null().size(); ++word) {
    const std::uint64_t wrong = load(bytes, kBitmapAt + 8 * word) & layout.never_null()[word];
    if (wrong == 0) continue;
    const std::size_t field = 64 * word + static_cast<std::size_t>(std::countr_zero(wrong));
    if (field >= layout.schema().size()) break;
    refuse(layout, field, Reason::null_not_allowed, "null in a column that is not nullable");
  }
  refuse_row("a padding bit of the null bitmap is set");
}

/// Adds the string's size to `text_size`, which no row may pass: strings that share bytes would
/// otherwise cost their reader more than the row has.
void check_string(const RowLayout& layout, ByteView bytes, std::size_t field, std::uint64_t slot,
                  std::uint64_t& text_size) {
  const std::uint64_t offset = static_cast<std::uint32_t>(slot);
  const std::uint64_t size = slot >> 32;
  if (offset < layout.fixed_size() || offset > bytes.size() || size > bytes.size() - offset) {
    refuse_string(layout, bytes, field, slot);
  }
  text_size += size;
  if (text_size > bytes.size()) {
    refuse(layout, field, Reason::malformed_row,
           fmt::format("the strings up to here share bytes and have {} together, the row has {}",
                       text_size, bytes.size()));
  }
  const std::string_view text(reinterpret_cast<const char*>(bytes.data()) + offset, size);
  if (!is_utf8(text)) refuse(layout, field, Reason::invalid_utf8, "string is not UTF-8");
}

/// Checks the slot of a field that the bitmap does not call null.
void check_value(const RowLayout& layout, ByteView bytes, std::size_t field, std::uint64_t slot,
                 std::uint64_t& text_size) {
  const Field& column = layout.schema()[field];
  switch (column.type) {
    case Type::boolean:
      if (slot <= 1) return;
      refuse(layout, field, Reason::malformed_row, fmt::format("bool is {}, not 0 or 1", slot));
    case Type::i64:
    case Type::duration: return;
    case Type::f64: {
      const auto value = std::bit_cast<double>(slot);
      if (value == value || column.nullable) return;
      refuse(layout, field, Reason::null_not_allowed, "NaN in a column that is not nullable");
    }
    case Type::string: check_string(layout, bytes, field, slot, text_size); return;
    case Type::timestamp: {
      const auto micros = static_cast<std::int64_t>(slot);
      if (micros >= kFirstTimestamp && micros <= kLastTimestamp) return;
      refuse(layout, field, Reason::invalid_timestamp,
             fmt::format("timestamp {} µs is outside the years 0001 to 9999", micros));
    }
  }
}

}  // namespace

RowLayout::RowLayout(Schema schema)
    : schema_(std::move(schema)), never_null_((schema_.size() + 63) / 64, ~std::uint64_t{0}) {
  slots_at_ = kBitmapAt + 8 * never_null_.size();
  fixed_size_ = slots_at_ + 8 * schema_.size();
  if (fixed_size_ > kGreatestRow) {
    throw Error(Code::resource_exhausted, Reason::limit_exceeded,
                fmt::format("{} columns do not fit into a row of 4 GiB", schema_.size()));
  }
  for (std::size_t field = 0; field < schema_.size(); ++field) {
    if (schema_[field].nullable) never_null_[field / 64] &= ~(std::uint64_t{1} << (field % 64));
  }
  id_ = layout_id(schema_);
}

RowView RowView::parse(const RowLayout& layout, ByteView bytes) {
  if (bytes.size() < layout.fixed_size() || bytes.size() > kGreatestRow) {
    refuse_size(layout, bytes);
  }
  const std::uint64_t id = load(bytes, 0);
  if (id != layout.id()) refuse_layout(layout, id);
  const std::span<const std::uint64_t> never_null = layout.never_null();
  const std::size_t field_count = layout.schema().size();
  std::uint64_t text_size = 0;
  for (std::size_t word = 0; word < never_null.size(); ++word) {
    std::uint64_t nulls = load(bytes, kBitmapAt + 8 * word);
    if ((nulls & never_null[word]) != 0) refuse_nulls(layout, bytes);
    const std::size_t end = std::min(field_count, 64 * word + 64);
    for (std::size_t field = 64 * word; field < end; ++field, nulls >>= 1) {
      const std::uint64_t slot = load(bytes, layout.slot_offset(field));
      if ((nulls & 1) == 0) {
        check_value(layout, bytes, field, slot, text_size);
      } else if (slot != 0) {
        refuse_null_slot(layout, field, slot);
      }
    }
  }
  return RowView(layout, bytes);
}

RowBuilder::RowBuilder(const RowLayout& layout) : layout_(&layout) {}

void RowBuilder::start() {
  if (!is_finished_) return;
  is_finished_ = false;
  bytes_.assign(layout_->fixed_size(), 0);
  const std::uint64_t id = layout_->id();
  std::memcpy(bytes_.data(), &id, sizeof id);
  const std::size_t field_count = layout_->schema().size();
  for (std::size_t field = 0; field < field_count; field += 8) {
    const std::size_t bits = std::min<std::size_t>(8, field_count - field);
    bytes_[kBitmapAt + field / 8] = static_cast<std::uint8_t>((1u << bits) - 1);
  }
}

void RowBuilder::set_word(std::size_t field, std::uint64_t word) {
  std::uint8_t& nulls = bytes_[kBitmapAt + field / 8];
  nulls = static_cast<std::uint8_t>(nulls & ~(1u << (field % 8)));
  std::memcpy(bytes_.data() + layout_->slot_offset(field), &word, sizeof word);
}

void RowBuilder::set_null(std::size_t field) {
  assert(field < layout_->schema().size());
  start();
  set_word(field, 0);
  std::uint8_t& nulls = bytes_[kBitmapAt + field / 8];
  nulls = static_cast<std::uint8_t>(nulls | (1u << (field % 8)));
}

void RowBuilder::set_boolean(std::size_t field, bool value) {
  assert(layout_->schema()[field].type == Type::boolean);
  start();
  set_word(field, value ? 1 : 0);
}

void RowBuilder::set_i64(std::size_t field, std::int64_t value) {
  assert(layout_->schema()[field].type == Type::i64 ||
         layout_->schema()[field].type == Type::timestamp ||
         layout_->schema()[field].type == Type::duration);
  start();
  set_word(field, static_cast<std::uint64_t>(value));
}

void RowBuilder::set_f64(std::size_t field, double value) {
  assert(layout_->schema()[field].type == Type::f64);
  if (value != value) return set_null(field);
  start();
  set_word(field, std::bit_cast<std::uint64_t>(value));
}

void RowBuilder::set_string(std::size_t field, std::string_view value) {
  assert(layout_->schema()[field].type == Type::string);
  start();
  if (value.size() > kGreatestRow - bytes_.size()) {
    throw Error(Code::resource_exhausted, Reason::limit_exceeded,
                fmt::format("column \"{}\": string of {} bytes does not fit into a row of 4 GiB",
                            layout_->schema()[field].name, value.size()),
                {.column = static_cast<std::int32_t>(field)});
  }
  const auto offset = static_cast<std::uint64_t>(bytes_.size());
  set_word(field, std::uint64_t{value.size()} << 32 | offset);
  bytes_.insert(bytes_.end(), value.begin(), value.end());
}

ByteView RowBuilder::finish() {
  start();
  is_finished_ = true;
  const std::span<const std::uint64_t> never_null = layout_->never_null();
  for (std::size_t word = 0; word < never_null.size(); ++word) {
    if ((load(bytes_, kBitmapAt + 8 * word) & never_null[word]) != 0) {
      refuse_nulls(*layout_, bytes_);
    }
  }
  return bytes_;
}

}  // namespace mlcore
