// SPDX-License-Identifier: Apache-2.0
// rows_from_arrow uses ArrowColumn.
#include "schema/arrow_column.hpp"

#include <fmt/format.h>

#include <limits>

#include "base/shown.hpp"
#include "mlcore/base/bytes.hpp"
#include "mlcore/base/error.hpp"

namespace mlcore {
namespace {

using Meaning = ArrowColumn::Meaning;
using Storage = ArrowColumn::Storage;

constexpr std::int64_t kMaxLength = std::numeric_limits<std::int64_t>::max() / 32;
constexpr std::size_t kInlineText = 12;  // of a view

[[noreturn]] void refuse(const std::string& name, std::string_view problem) {
  throw Error(Code::invalid_argument, Reason::malformed_row,
              fmt::format("Arrow column {}: {}", shown(name), problem));
}

[[noreturn]] void refuse_type(const std::string& name, const std::string& problem) {
  throw Error(Code::invalid_argument, Reason::type_mismatch,
              fmt::format("column {}: {}", shown(name), problem));
}

/// What a format string says of a column.
struct Format {
  Meaning meaning;
  Storage storage;
  std::int64_t multiply = 1;
  std::int64_t divide = 1;
};

struct NamedFormat {
  std::string_view text;
  Format format;
};

constexpr NamedFormat kFormats[] = {
    {"n", {Meaning::null, Storage::none}},       {"b", {Meaning::boolean, Storage::bits}},
    {"c", {Meaning::integer, Storage::i8}},      {"C", {Meaning::integer, Storage::u8}},
    {"s", {Meaning::integer, Storage::i16}},     {"S", {Meaning::integer, Storage::u16}},
    {"i", {Meaning::integer, Storage::i32}},     {"I", {Meaning::integer, Storage::u32}},
    {"l", {Meaning::integer, Storage::i64}},     {"L", {Meaning::integer, Storage::u64}},
    {"f", {Meaning::real, Storage::f32}},        {"g", {Meaning::real, Storage::f64}},
    {"u", {Meaning::text, Storage::utf8}},       {"U", {Meaning::text, Storage::large_utf8}},
    {"vu", {Meaning::text, Storage::utf8_view}},
};

/// Of "tDs", "tsm:UTC" and their like; absent for another unit.
std::optional<Format> time_format(std::string_view format) {
  const Meaning meaning = format[1] == 'D' ? Meaning::span : Meaning::instant;
  switch (format[2]) {
    case 's': return Format{meaning, Storage::i64, 1'000'000, 1};
    case 'm': return Format{meaning, Storage::i64, 1'000, 1};
    case 'u': return Format{meaning, Storage::i64, 1, 1};
    case 'n': return Format{meaning, Storage::i64, 1, 1'000};
    default: return std::nullopt;
  }
}

std::optional<Format> known_format(std::string_view text) {
  for (const NamedFormat& named : kFormats) {
    if (named.text == text) return named.format;
  }
  const bool is_span = text.starts_with("tD") && text.size() == 3;
  const bool is_instant = text.starts_with("ts") && text.size() > 4 && text[3] == ':';
  return is_span || is_instant ? time_format(text) : std::nullopt;
}

Format format_of(const std::string& name, const char* text) {
  if (text == nullptr) refuse(name, "it has no format");
  const std::string_view format(text);
  if (format.starts_with("ts") && format.size() == 4 && format[3] == ':') {
    refuse_type(name, "the timestamps have no time zone");
  }
  if (const std::optional<Format> known = known_format(format)) return *known;
  refuse_type(name, fmt::format("Arrow type {} is not taken",
                                is_utf8(format) ? shown(format) : "that is no UTF-8"));
}

std::int64_t buffers_of(Storage storage) {
  switch (storage) {
    case Storage::none: return 0;
    case Storage::utf8:
    case Storage::large_utf8:
    case Storage::utf8_view: return 3;
    default: return 2;
  }
}

void check_array(const std::string& name, const ArrowArray& array, Storage storage) {
  if (array.length < 0 || array.offset < 0 || array.length > kMaxLength ||
      array.offset > kMaxLength) {
    refuse(name, "its length or offset is out of range");
  }
  const std::int64_t wanted = buffers_of(storage);
  const bool is_right =
      storage == Storage::utf8_view
          ? array.n_buffers >= wanted && array.n_buffers <= std::numeric_limits<std::int32_t>::max()
          : array.n_buffers == wanted;
  if (!is_right) {
    refuse(name, fmt::format("expected {} buffers, found {}", wanted, array.n_buffers));
  }
  if (array.n_buffers > 0 && array.buffers == nullptr) refuse(name, "its buffers are missing");
  if (array.n_children != 0) refuse(name, "it has children");
  if (wanted > 1 && array.length > 0 && array.buffers[1] == nullptr) {
    refuse(name, "its values are missing");
  }
  if (array.null_count > 0 && wanted > 0 && array.buffers[0] == nullptr) {
    refuse(name, "it has nulls and no validity");
  }
}

void set_buffers(ArrowColumn& column, const ArrowArray& array) {
  if (column.storage == Storage::none) return;
  column.validity =
      array.null_count == 0 ? nullptr : static_cast<const std::uint8_t*>(array.buffers[0]);
  column.values = array.buffers[1];
  if (column.storage == Storage::utf8 || column.storage == Storage::large_utf8) {
    column.heap = static_cast<const char*>(array.buffers[2]);
  }
  if (column.storage != Storage::utf8_view) return;
  column.view_count = array.n_buffers - 3;
  column.view_heaps = array.buffers + 2;
  column.view_sizes = static_cast<const std::int64_t*>(array.buffers[array.n_buffers - 1]);
  if (column.view_count > 0 && column.view_sizes == nullptr) {
    refuse(column.name, "the sizes of its buffers are missing");
  }
}

std::shared_ptr<const ArrowColumn> dictionary_of(const ArrowColumn& column,
                                                 const ArrowSchema& schema,
                                                 const ArrowArray& array) {
  if ((schema.dictionary == nullptr) != (array.dictionary == nullptr)) {
    refuse(column.name, "schema and array differ in their dictionary");
  }
  if (schema.dictionary == nullptr) return nullptr;
  if (column.meaning != Meaning::integer) {
    refuse(column.name, "the positions in its dictionary are no integers");
  }
  if (schema.dictionary->dictionary != nullptr) {
    refuse(column.name, "its dictionary has a dictionary");
  }
  auto values = std::make_shared<const ArrowColumn>(
      arrow_column(column.name, *schema.dictionary, *array.dictionary));
  if (values->meaning != Meaning::text) {
    refuse_type(column.name, "a dictionary of other values than strings is not taken");
  }
  return values;
}

bool bit(const void* bits, std::int64_t at) noexcept {
  return (static_cast<const std::uint8_t*>(bits)[at / 8] >> (at % 8) & 1) != 0;
}

}  // namespace

ArrowColumn arrow_column(const std::string& name, const ArrowSchema& schema,
                         const ArrowArray& array) {
  const Format format = format_of(name, schema.format);
  check_array(name, array, format.storage);
  ArrowColumn column;
  column.name = name;
  column.meaning = format.meaning;
  column.storage = format.storage;
  column.length = array.length;
  column.offset = array.offset;
  column.multiply = format.multiply;
  column.divide = format.divide;
  set_buffers(column, array);
  column.dictionary = dictionary_of(column, schema, array);
  return column;
}

bool ArrowColumn::is_null(std::int64_t row) const noexcept {
  return meaning == Meaning::null || (validity != nullptr && !bit(validity, offset + row));
}

bool ArrowColumn::boolean(std::int64_t row) const noexcept { return bit(values, offset + row); }

std::optional<std::int64_t> ArrowColumn::integer(std::int64_t row) const noexcept {
  switch (storage) {
    case Storage::i8: return stored<std::int8_t>(row);
    case Storage::i16: return stored<std::int16_t>(row);
    case Storage::i32: return stored<std::int32_t>(row);
    case Storage::i64: return stored<std::int64_t>(row);
    case Storage::u8: return stored<std::uint8_t>(row);
    case Storage::u16: return stored<std::uint16_t>(row);
    case Storage::u32: return stored<std::uint32_t>(row);
    case Storage::u64: {
      const auto value = stored<std::uint64_t>(row);
      if (value > std::uint64_t{std::numeric_limits<std::int64_t>::max()}) return std::nullopt;
      return static_cast<std::int64_t>(value);
    }
    default: return std::nullopt;
  }
}

double ArrowColumn::real(std::int64_t row) const noexcept {
  switch (storage) {
    case Storage::f64: return stored<double>(row);
    case Storage::f32: return static_cast<double>(stored<float>(row));
    case Storage::u64: return static_cast<double>(stored<std::uint64_t>(row));
    default: return static_cast<double>(*integer(row));
  }
}

std::optional<std::int64_t> ArrowColumn::micros(std::int64_t row) const noexcept {
  const auto value = stored<std::int64_t>(row);
  if (divide > 1) return value / divide - (value % divide < 0 ? 1 : 0);
  std::int64_t product = 0;
  if (__builtin_mul_overflow(value, multiply, &product)) return std::nullopt;
  return product;
}

std::optional<std::string_view> ArrowColumn::view(std::int64_t row) const noexcept {
  struct View {
    std::int32_t size;
    char prefix[4];
    std::int32_t buffer;
    std::int32_t offset;
  };
  const auto found = stored<View>(row);
  if (found.size < 0) return std::nullopt;
  const auto size = static_cast<std::size_t>(found.size);
  if (size <= kInlineText) {
    const auto at = (offset + row) * static_cast<std::int64_t>(sizeof(View));
    return std::string_view(static_cast<const char*>(values) + at + sizeof found.size, size);
  }
  if (found.buffer < 0 || found.buffer >= view_count || found.offset < 0) return std::nullopt;
  const auto* bytes = static_cast<const char*>(view_heaps[found.buffer]);
  const std::int64_t room = view_sizes[found.buffer];
  if (bytes == nullptr || room < 0 || found.size > room - found.offset) return std::nullopt;
  return std::string_view(bytes + found.offset, size);
}

std::optional<std::string_view> ArrowColumn::text(std::int64_t row) const noexcept {
  if (dictionary) {
    const std::optional<std::int64_t> position = integer(row);
    return position ? dictionary->text(*position) : std::nullopt;
  }
  if (storage == Storage::utf8_view) return view(row);
  const bool is_large = storage == Storage::large_utf8;
  const std::int64_t begin = is_large ? stored<std::int64_t>(row) : stored<std::int32_t>(row);
  const std::int64_t end = is_large ? stored<std::int64_t>(row + 1) : stored<std::int32_t>(row + 1);
  if (begin < 0 || end < begin || (heap == nullptr && end > begin)) return std::nullopt;
  return std::string_view(heap + begin, static_cast<std::size_t>(end - begin));
}

}  // namespace mlcore
