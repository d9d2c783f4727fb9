// SPDX-License-Identifier: Apache-2.0
#pragma once

// What every function of the C API is wrapped in, and how it looks at its arguments.
//
//   return guard(error, [&] {
//     const ByteView bytes = bytes_of(row, row_size, "row");
//     …
//   });

#include <algorithm>
#include <cstring>
#include <span>
#include <string_view>
#include <type_traits>

#include "mlcore/base/bytes.hpp"
#include "mlcore/base/error.hpp"
#include "mlcore/mlcore.h"
#include "mlcore/schema/row.hpp"

namespace mlcore::capi {

/// Writes the exception in flight to `*error`, within its struct_size, and gives its code.
[[nodiscard]] std::int32_t report(mlcore_error_t* error) noexcept;

/// Calls `body` and turns whatever it throws into a code.
template <typename Body>
[[nodiscard]] std::int32_t guard(mlcore_error_t* error, Body&& body) noexcept {
  try {
    body();
    return MLCORE_OK;
  } catch (...) {
    return report(error);
  }
}

/// Copies `text` with a NUL, at most `capacity` bytes in all, cut before a code point that does not
/// fit; a NUL inside and what is not UTF-8 become U+FFFD. Requires: capacity ≥ 1.
void copy_text(std::string_view text, char* out, std::size_t capacity) noexcept;

[[noreturn]] void throw_null(const char* argument);
[[noreturn]] void throw_length(const char* argument, std::int64_t length);
[[noreturn]] void throw_index(const char* what, std::int64_t index, std::size_t count);
[[noreturn]] void throw_width(const char* argument, std::int64_t given, std::size_t needed);
[[noreturn]] void throw_struct_size(const char* argument, std::uint32_t given, std::size_t needed);

/// The thing behind a handle or an output pointer.
template <typename T>
T& required(T* pointer, const char* argument) {
  if (pointer == nullptr) throw_null(argument);
  return *pointer;
}

/// `length` things from `data`, which may be NULL only where there are none.
template <typename T>
[[nodiscard]] std::span<T> span_of(T* data, std::int64_t length, const char* argument) {
  if (length < 0) throw_length(argument, length);
  if (data == nullptr && length > 0) throw_null(argument);
  return {data, static_cast<std::size_t>(length)};
}

[[nodiscard]] inline ByteView bytes_of(const void* data, std::int64_t size, const char* argument) {
  return span_of(static_cast<const std::uint8_t*>(data), size, argument);
}

[[nodiscard]] inline std::string_view text_of(const char* data, std::int64_t length,
                                              const char* argument) {
  const std::span<const char> text = span_of(data, length, argument);
  return {text.data(), text.size()};
}

[[nodiscard]] inline std::size_t index_of(std::int64_t index, std::size_t count, const char* what) {
  if (index < 0 || static_cast<std::uint64_t>(index) >= count) throw_index(what, index, count);
  return static_cast<std::size_t>(index);
}

/// Copies the caller's packed rows after checking that every row lies within their bytes.
void copy_rows(const mlcore_rows_t& rows, RowBatch& batch);

/// Lends text of a handle to the caller.
void lend(std::string_view text, const char** out, std::int64_t* length);

/// Convention 7 of the header.
void fill(ByteView content, void* buffer, std::int64_t capacity, std::int64_t* needed);

/// Convention 8: the caller's options at this library's size, default where the caller's are
/// shorter. Throws: invalid_argument/invalid_option (too short to hold struct_size),
/// unimplemented/invalid_option (a member that this library does not know is set).
template <typename Options>
[[nodiscard]] Options options_of(const Options* given, const char* argument) {
  static_assert(std::is_trivially_copyable_v<Options>);
  Options options{};
  if (given == nullptr) return options;
  const std::size_t size = given->struct_size;
  if (size < sizeof given->struct_size)
    throw_struct_size(argument, given->struct_size, sizeof options);
  const auto* bytes = reinterpret_cast<const std::uint8_t*>(given);
  if (std::any_of(bytes + std::min(size, sizeof options), bytes + size,
                  [](std::uint8_t byte) { return byte != 0; })) {
    throw Error(Code::unimplemented, Reason::invalid_option,
                std::string(argument) + " sets a member that this library does not know");
  }
  std::memcpy(&options, given, std::min(size, sizeof options));
  return options;
}

template <typename Options>
void init_options(Options* options, std::uint32_t size) {
  required(options, "options");
  if (size < sizeof options->struct_size) throw_struct_size("options", size, sizeof(Options));
  std::memset(static_cast<void*>(options), 0, size);
  options->struct_size = size;
}

/// Throws before any work is done: invalid_argument/invalid_option when `out` is too short.
template <typename Struct>
void check_out_struct(const Struct& out, const char* argument) {
  if (out.struct_size < sizeof(Struct))
    throw_struct_size(argument, out.struct_size, sizeof(Struct));
}

/// Fills the caller's struct, whose size `check_out_struct` accepted, and zeroes its unknown tail.
template <typename Struct>
void fill_struct(Struct& out, Struct value) noexcept {
  static_assert(std::is_trivially_copyable_v<Struct>);
  value.struct_size = out.struct_size;
  std::memset(reinterpret_cast<std::uint8_t*>(&out) + sizeof(Struct), 0,
              value.struct_size - sizeof(Struct));
  std::memcpy(&out, &value, sizeof value);
}

}  // namespace mlcore::capi
