// SPDX-License-Identifier: Apache-2.0
#pragma once

// XGBoost's two formats behind one interface, JsonReader's: JSON text or UBJSON, told by what
// follows the first brace.
//
//   XgboostReader reader(bytes);
//   reader.begin_object();

#include <cstdlib>
#include <variant>

#include "model/ubjson_reader.hpp"

namespace mlcore {

/// Throws: as JsonReader and UbjsonReader.
class XgboostReader {
 public:
  using Kind = JsonReader::Kind;

  /// A member's name begins with a length in UBJSON, with a quote in JSON.
  explicit XgboostReader(std::string_view bytes) : reader_(make(bytes)) {}

  [[nodiscard]] Kind peek() {
    return std::visit([](auto& reader) { return reader.peek(); }, reader_);
  }
  void begin_object() {
    std::visit([](auto& reader) { reader.begin_object(); }, reader_);
  }
  [[nodiscard]] std::optional<std::string_view> next_member() {
    return std::visit([](auto& reader) { return reader.next_member(); }, reader_);
  }
  void begin_array() {
    std::visit([](auto& reader) { reader.begin_array(); }, reader_);
  }
  [[nodiscard]] bool next_element() {
    return std::visit([](auto& reader) { return reader.next_element(); }, reader_);
  }
  [[nodiscard]] std::size_t element_bound() {
    return std::visit([](auto& reader) { return reader.element_bound(); }, reader_);
  }
  [[nodiscard]] std::string_view string() {
    return std::visit([](auto& reader) { return reader.string(); }, reader_);
  }
  [[nodiscard]] float f32() {
    return std::visit([](auto& reader) { return reader.f32(); }, reader_);
  }
  [[nodiscard]] std::int64_t i64() {
    return std::visit([](auto& reader) { return reader.i64(); }, reader_);
  }
  [[nodiscard]] bool boolean() {
    return std::visit([](auto& reader) { return reader.boolean(); }, reader_);
  }
  void skip() {
    std::visit([](auto& reader) { reader.skip(); }, reader_);
  }
  void finish() {
    std::visit([](auto& reader) { reader.finish(); }, reader_);
  }
  [[noreturn]] void fail(std::string_view message) {
    std::visit([message](auto& reader) { reader.fail(message); }, reader_);
    std::abort();
  }

 private:
  using Either = std::variant<JsonReader, UbjsonReader>;
  static Either make(std::string_view bytes) {
    const bool is_binary = bytes.size() > 1 && (bytes[1] == 'L' || bytes[1] == '}');
    if (is_binary) return UbjsonReader(bytes);
    return JsonReader(bytes, {.non_finite_numbers = true});
  }

  Either reader_;
};

}  // namespace mlcore
