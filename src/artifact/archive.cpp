// SPDX-License-Identifier: Apache-2.0
// Outside code uses OutputArchive and InputArchive; here is what does not depend on a type.
#include "artifact/archive.hpp"

#include <fmt/format.h>

#include "mlcore/base/error.hpp"

namespace mlcore {

void OutputArchive::save_string(const std::string& value) {
  if (value.size() > kArchiveStringLimit) {
    throw Error(Code::invalid_argument, Reason::malformed_artifact,
                fmt::format("a string of {} bytes, the limit of an artifact is {}", value.size(),
                            kArchiveStringLimit));
  }
  if (!is_utf8(value)) {
    throw Error(Code::invalid_argument, Reason::malformed_artifact,
                "a string of the artifact is not UTF-8");
  }
  writer_.text(value);
}

void OutputArchive::enter() {
  if (++depth_ > kArchiveDepth) {
    throw Error(Code::invalid_argument, Reason::malformed_artifact,
                fmt::format("nested deeper than {}", kArchiveDepth));
  }
}

InputArchive::InputArchive(ByteView bytes, std::string_view section, std::size_t budget)
    : bytes_(bytes), section_(section), budget_(budget), member_("archive version") {
  const std::uint64_t version = unsigned_integer(4);
  if (version > kArchiveVersion) {
    fail_newer(fmt::format("archive version {}, this library reads {}", version, kArchiveVersion));
  }
  if (version == 0) fail("archive version 0");
  member_ = "";
}

void InputArchive::finish() {
  member_ = "";
  if (remaining() != 0) fail(fmt::format("{} bytes left over", remaining()));
}

const std::uint8_t* InputArchive::take(std::size_t size) {
  if (size > remaining()) {
    fail(fmt::format("{} bytes are needed, {} are left", size, remaining()));
  }
  const std::uint8_t* data = bytes_.data() + at_;
  at_ += size;
  return data;
}

void InputArchive::load_binary(void* data, std::size_t size) {
  const std::uint8_t* from = take(size);
  if (size > 0) std::memcpy(data, from, size);
}

std::uint64_t InputArchive::unsigned_integer(std::size_t width) {
  const std::uint8_t* data = take(width);
  std::uint64_t value = 0;
  for (std::size_t i = 0; i < width; ++i) value |= static_cast<std::uint64_t>(data[i]) << (8 * i);
  return value;
}

std::size_t InputArchive::count(std::size_t least_size, std::size_t memory) {
  const std::uint64_t count = unsigned_integer(8);
  if (count > remaining() / least_size) {
    fail(fmt::format("{} items of at least {} bytes, {} bytes are left", count, least_size,
                     remaining()));
  }
  charge(static_cast<std::size_t>(count), memory);
  return static_cast<std::size_t>(count);
}

void InputArchive::charge(std::size_t count, std::size_t size) {
  if (count > budget_ / size) {
    fail(
        fmt::format("{} items of {} bytes in memory, {} bytes may be taken", count, size, budget_));
  }
  budget_ -= count * size;
}

void InputArchive::load_string(std::string& value) {
  const auto size = static_cast<std::size_t>(unsigned_integer(4));
  if (size > kArchiveStringLimit) {
    fail(fmt::format("a string of {} bytes, the limit is {}", size, kArchiveStringLimit));
  }
  const auto* data = reinterpret_cast<const char*>(take(size));
  const std::string_view text(data, size);
  if (!is_utf8(text)) fail("a string that is not UTF-8");
  charge(size, 1);
  value.assign(text);
}

void InputArchive::check_class_version(std::uint16_t stored, int oldest, int newest) const {
  if (stored > newest) {
    fail_newer(
        fmt::format("class version {}, this library reads {} to {}", stored, oldest, newest));
  }
  if (stored < oldest) {
    fail(fmt::format("class version {}, this library reads {} to {}", stored, oldest, newest));
  }
}

void InputArchive::enter() {
  if (++depth_ > kArchiveDepth) fail(fmt::format("nested deeper than {}", kArchiveDepth));
}

std::string InputArchive::place() const {
  const char* separator = *member_ == '\0' ? "" : ", ";
  return fmt::format("section \"{}\"{}{}", section_, separator, member_);
}

void InputArchive::fail(std::string_view message) const {
  throw Error(Code::data_loss, Reason::malformed_artifact,
              fmt::format("{}: {} (byte {})", place(), message, at_));
}

void InputArchive::fail_newer(std::string_view message) const {
  throw Error(Code::unimplemented, Reason::newer_format, fmt::format("{}: {}", place(), message));
}

}  // namespace mlcore
