// SPDX-License-Identifier: Apache-2.0
// Section "Versions and errors" of mlcore.h, and the guard that all other sections stand behind.
#include <dlfcn.h>
#include <fmt/format.h>

#include <cstddef>
#include <new>
#include <stdexcept>
#include <string>

#include "guard.hpp"

namespace mlcore::capi {
namespace {

void write(mlcore_error_t* error, Code code, Reason reason, Where where,
           std::string_view message) noexcept {
  if (error == nullptr) return;
  mlcore_error_t value{};
  value.struct_size = error->struct_size;
  value.code = static_cast<std::int32_t>(code);
  value.reason = static_cast<std::int32_t>(reason);
  value.column = where.column;
  value.row = where.row;
  const std::size_t size = std::min<std::size_t>(error->struct_size, sizeof value);
  constexpr std::size_t kMessageAt = offsetof(mlcore_error_t, message);
  std::memcpy(error, &value, std::min(size, kMessageAt));
  if (size > kMessageAt) copy_text(message, error->message, size - kMessageAt);
}

std::string library_path() {
  Dl_info info{};
  if (dladdr(reinterpret_cast<const void*>(&mlcore_abi_version), &info) == 0 ||
      info.dli_fname == nullptr) {
    return "a library whose path is not known";
  }
  return info.dli_fname;
}

std::string spelled(std::uint32_t abi) { return fmt::format("{}.{}", abi >> 16, abi & 0xFFFF); }

}  // namespace

std::int32_t report(mlcore_error_t* error) noexcept {
  Code code = Code::internal;
  try {
    throw;
  } catch (const Error& caught) {
    code = caught.code();
    write(error, code, caught.reason(), caught.where(), caught.message());
  } catch (const std::bad_alloc&) {
    code = Code::resource_exhausted;
    write(error, code, Reason::out_of_memory, {}, "out of memory");
  } catch (const std::length_error&) {
    code = Code::resource_exhausted;
    write(error, code, Reason::out_of_memory, {}, "more memory is needed than can be addressed");
  } catch (const std::exception& caught) {
    write(error, code, Reason::internal_fault, {}, caught.what());
  } catch (...) {
    write(error, code, Reason::internal_fault, {}, "an exception of unknown type");
  }
  return static_cast<std::int32_t>(code);
}

void copy_text(std::string_view text, char* out, std::size_t capacity) noexcept {
  std::size_t size = 0;
  while (!text.empty()) {
    const Utf8Sequence next = first_sequence(text);
    const bool is_shown = next.is_valid && next.code_point != 0;
    const std::string_view piece = is_shown ? text.substr(0, next.size) : "\xEF\xBF\xBD";
    if (size + piece.size() >= capacity) break;
    std::memcpy(out + size, piece.data(), piece.size());
    size += piece.size();
    text.remove_prefix(next.size);
  }
  out[size] = '\0';
}

void throw_null(const char* argument) {
  throw Error(Code::invalid_argument, Reason::null_pointer, fmt::format("{} is NULL", argument));
}

void throw_length(const char* argument, std::int64_t length) {
  throw Error(Code::invalid_argument, Reason::invalid_length,
              fmt::format("{} has the length {}", argument, length));
}

void throw_index(const char* what, std::int64_t index, std::size_t count) {
  throw Error(Code::out_of_range, Reason::invalid_index,
              fmt::format("there is no {} {}: there are {}, numbered from 0", what, index, count));
}

void throw_width(const char* argument, std::int64_t given, std::size_t needed) {
  throw Error(Code::invalid_argument, Reason::wrong_width,
              fmt::format("{} is {}, expected {}", argument, given, needed));
}

void throw_struct_size(const char* argument, std::uint32_t given, std::size_t needed) {
  throw Error(
      Code::invalid_argument, Reason::invalid_option,
      fmt::format("{}: struct_size is {}, the struct has {} bytes", argument, given, needed));
}

void copy_rows(const mlcore_rows_t& rows, RowBatch& batch) {
  const ByteView bytes = bytes_of(rows.bytes, rows.size, "rows: bytes");
  batch.bytes.clear();
  batch.offsets.assign(1, 0);
  if (rows.count < 0) throw_length("rows: count", rows.count);
  if (rows.count == 0) return;
  const std::int64_t* offsets = &required(rows.offsets, "rows: offsets");
  if (offsets[0] < 0 || offsets[0] > rows.size) throw_length("rows: offset 0", offsets[0]);
  batch.offsets.reserve(static_cast<std::size_t>(rows.count) + 1);
  for (std::int64_t row = 0; row < rows.count; ++row) {
    const std::int64_t begin = offsets[row];
    const std::int64_t end = offsets[row + 1];
    if (end < begin || end > rows.size) {
      throw Error(Code::invalid_argument, Reason::invalid_length,
                  fmt::format("rows: offsets {} and {} of row {} are not ascending within {} bytes",
                              begin, end, row, rows.size),
                  Where{-1, row});
    }
    batch.offsets.push_back(end - offsets[0]);
  }
  const ByteView used = bytes.subspan(static_cast<std::size_t>(offsets[0]),
                                      static_cast<std::size_t>(batch.offsets.back()));
  batch.bytes.assign(used.begin(), used.end());
}

void lend(std::string_view text, const char** out, std::int64_t* length) {
  std::int64_t& size = required(length, "the length to be stored");
  required(out, "the text to be stored") = text.data();
  size = static_cast<std::int64_t>(text.size());
}

void fill(ByteView content, void* buffer, std::int64_t capacity, std::int64_t* needed) {
  std::int64_t& size = required(needed, "needed");
  const std::span<std::uint8_t> room =
      span_of(static_cast<std::uint8_t*>(buffer), capacity, "the buffer");
  size = static_cast<std::int64_t>(content.size());
  if (room.empty()) return;
  if (room.size() < content.size()) {
    throw Error(Code::out_of_range, Reason::buffer_too_small,
                fmt::format("the buffer has {} bytes, {} are needed", room.size(), content.size()));
  }
  std::memcpy(room.data(), content.data(), content.size());
}

}  // namespace mlcore::capi

using namespace mlcore;

extern "C" {

const char* mlcore_version(void) { return MLCORE_VERSION; }

uint32_t mlcore_abi_version(void) { return MLCORE_ABI_VERSION; }

int32_t mlcore_check_abi(uint32_t header_abi, mlcore_error_t* error) {
  return capi::guard(error, [&] {
    constexpr std::uint32_t kMajor = MLCORE_ABI_VERSION >> 16;
    const bool is_served = kMajor == 0 ? header_abi == MLCORE_ABI_VERSION
                                       : header_abi >> 16 == kMajor &&
                                             (header_abi & 0xFFFF) <= (MLCORE_ABI_VERSION & 0xFFFF);
    if (is_served) return;
    throw Error(Code::failed_precondition, Reason::abi_mismatch,
                fmt::format("the caller was compiled with mlcore.h of ABI {}, but {} is mlcore {} "
                            "with ABI {}",
                            capi::spelled(header_abi), capi::library_path(), MLCORE_VERSION,
                            capi::spelled(MLCORE_ABI_VERSION)));
  });
}

// name_of gives literals, which end with a NUL, or an empty view.
const char* mlcore_code_name(int32_t code) {
  const std::string_view name = name_of(static_cast<Code>(code));
  return name.empty() ? "" : name.data();
}

const char* mlcore_reason_name(int32_t reason) {
  const std::string_view name = name_of(static_cast<Reason>(reason));
  return name.empty() ? "" : name.data();
}

}  // extern "C"
