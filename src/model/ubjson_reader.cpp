// SPDX-License-Identifier: Apache-2.0
// XgboostReader uses UbjsonReader.
#include "model/ubjson_reader.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <bit>

#include "base/shown.hpp"
#include "mlcore/base/bytes.hpp"
#include "mlcore/base/error.hpp"

namespace mlcore {
namespace {

/// Bytes of a number; 0 for what is no number.
std::size_t size_of(char type) noexcept {
  switch (type) {
    case 'i':
    case 'U': return 1;
    case 'I': return 2;
    case 'l':
    case 'd': return 4;
    case 'L':
    case 'D': return 8;
    default: return 0;
  }
}

}  // namespace

UbjsonReader::UbjsonReader(std::string_view bytes, JsonLimits limits)
    : bytes_(bytes), limits_(limits) {}

void UbjsonReader::fail_at(std::size_t at, std::string_view message) const {
  throw Error(Code::invalid_argument, Reason::malformed_json,
              fmt::format("UBJSON byte {}: {}", at, message));
}

void UbjsonReader::fail(std::string_view message) const { fail_at(value_at_, message); }

char UbjsonReader::byte() {
  if (at_ >= bytes_.size()) fail_at(bytes_.size(), "the data ends early");
  return bytes_[at_++];
}

/// The marker of the value that comes; within a typed array it is the array's.
char UbjsonReader::marker() {
  value_at_ = at_;
  if (!levels_.empty() && levels_.back().type != 0) return levels_.back().type;
  return byte();
}

std::uint64_t UbjsonReader::big_endian(std::size_t size) {
  if (bytes_left() < size) fail_at(bytes_.size(), "the data ends early");
  std::uint64_t value = 0;
  for (std::size_t i = 0; i < size; ++i) {
    value = value << 8 | static_cast<std::uint8_t>(bytes_[at_++]);
  }
  return value;
}

/// Of a text or an array: never more than the bytes that are left.
std::uint64_t UbjsonReader::length() {
  const std::size_t at = at_;
  if (byte() != 'L') fail_at(at, "expected a length of type L");
  const std::uint64_t value = big_endian(8);
  if (value > bytes_left()) {
    fail_at(at, fmt::format("a length of {} with {} bytes left", value, bytes_left()));
  }
  return value;
}

std::string_view UbjsonReader::text() {
  const std::size_t at = at_;
  const auto size = static_cast<std::size_t>(length());
  const std::string_view value = bytes_.substr(at_, size);
  if (!is_utf8(value)) fail_at(at, "a string that is not UTF-8");
  at_ += size;
  return value;
}

UbjsonReader::Kind UbjsonReader::peek() {
  const std::size_t at = at_;
  const char type = marker();
  at_ = at;
  switch (type) {
    case '{': return Kind::object;
    case '[': return Kind::array;
    case 'S': return Kind::string;
    case 'T':
    case 'F': return Kind::boolean;
    case 'Z': return Kind::null;
    default: break;
  }
  if (size_of(type) == 0) fail("expected a value");
  return Kind::number;
}

void UbjsonReader::begin(char expected) {
  if (marker() != expected) {
    fail(expected == '{' ? "expected an object" : "expected an array");
  }
  if (levels_.size() >= limits_.depth) {
    fail(fmt::format("nested deeper than {} levels", limits_.depth));
  }
  Level level{expected == '{', std::nullopt, 0, names_.size()};
  if (!level.is_object) read_array_header(level);
  levels_.push_back(level);
}

void UbjsonReader::begin_object() { begin('{'); }
void UbjsonReader::begin_array() { begin('['); }

void UbjsonReader::read_array_header(Level& level) {
  if (bytes_left() == 0) return;  // reported by what reads the first element
  if (bytes_[at_] == '$') {
    ++at_;
    level.type = byte();
    if (size_of(level.type) == 0) fail("an array whose elements are no numbers of one type");
    if (byte() != '#') fail("a typed array without a count");
    level.left = length();
  } else if (bytes_[at_] == '#') {
    ++at_;
    level.left = length();
  }
  if (level.type == 0) return;
  const std::size_t size = size_of(level.type);
  if (*level.left > bytes_left() / size) {
    fail(
        fmt::format("{} elements of {} bytes with {} bytes left", *level.left, size, bytes_left()));
  }
}

bool UbjsonReader::next_element() {
  Level& level = levels_.back();
  if (level.left) {
    if (*level.left == 0) {
      levels_.pop_back();
      return false;
    }
    --*level.left;
    return true;
  }
  if (bytes_left() == 0) fail_at(bytes_.size(), "the data ends early");
  if (bytes_[at_] != ']') return true;
  ++at_;
  levels_.pop_back();
  return false;
}

std::size_t UbjsonReader::element_bound() const noexcept {
  return static_cast<std::size_t>(levels_.back().left.value_or(0));
}

std::optional<std::string_view> UbjsonReader::next_member() {
  value_at_ = at_;
  if (bytes_left() == 0) fail_at(bytes_.size(), "the data ends early");
  if (bytes_[at_] == '}') {
    ++at_;
    refuse_duplicates(levels_.back().first_name);
    levels_.pop_back();
    return std::nullopt;
  }
  const std::string_view name = text();
  if (names_.size() >= limits_.members) {
    fail(fmt::format("more than {} members in open objects", limits_.members));
  }
  names_.push_back(name);
  return name;
}

void UbjsonReader::refuse_duplicates(std::size_t first_name) {
  const auto first = names_.begin() + static_cast<std::ptrdiff_t>(first_name);
  std::sort(first, names_.end());
  const auto repeated = std::adjacent_find(first, names_.end());
  if (repeated != names_.end()) {
    const auto at = static_cast<std::size_t>((repeated + 1)->data() - bytes_.data());
    fail_at(at, fmt::format("{} is given twice", shown(*repeated)));
  }
  names_.erase(first, names_.end());
}

std::string_view UbjsonReader::string() {
  if (marker() != 'S') fail("expected a string");
  return text();
}

float UbjsonReader::f32() {
  const char type = marker();
  if (type == 'd') return std::bit_cast<float>(static_cast<std::uint32_t>(big_endian(4)));
  if (type != 'D') fail("expected a float");
  const auto wide = std::bit_cast<double>(big_endian(8));
  const auto value = static_cast<float>(wide);
  if (wide == wide && static_cast<double>(value) != wide) fail("a double that is no float");
  return value;
}

std::int64_t UbjsonReader::i64() {
  switch (marker()) {
    case 'i': return static_cast<std::int8_t>(big_endian(1));
    case 'U': return static_cast<std::int64_t>(big_endian(1));
    case 'I': return static_cast<std::int16_t>(big_endian(2));
    case 'l': return static_cast<std::int32_t>(big_endian(4));
    case 'L': return static_cast<std::int64_t>(big_endian(8));
    default: fail("expected a whole number");
  }
}

bool UbjsonReader::boolean() {
  const char type = marker();
  if (type != 'T' && type != 'F') fail("expected true or false");
  return type == 'T';
}

void UbjsonReader::skip_one() {
  switch (peek()) {
    case Kind::object: begin_object(); return;
    case Kind::array: begin_array(); return;
    case Kind::string: static_cast<void>(string()); return;
    case Kind::number: static_cast<void>(big_endian(size_of(marker()))); return;
    case Kind::boolean:
    case Kind::null: static_cast<void>(marker()); return;
  }
}

void UbjsonReader::skip() {
  const std::size_t floor = levels_.size();
  skip_one();
  while (levels_.size() > floor) {
    const bool has_more = levels_.back().is_object ? next_member().has_value() : next_element();
    if (has_more) skip_one();
  }
}

void UbjsonReader::finish() {
  if (at_ != bytes_.size()) fail_at(at_, "bytes after the end of the value");
}

}  // namespace mlcore
