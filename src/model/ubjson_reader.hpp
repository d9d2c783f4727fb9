// SPDX-License-Identifier: Apache-2.0
#pragma once

// A strict reader of the Universal Binary JSON that XGBoost writes, with JsonReader's interface:
// one pass, no tree, no duplicate member, no trailing bytes, bounded depth, every length held
// against the bytes that are left before anything is reserved.
//
//   UbjsonReader ubjson(bytes);
//   ubjson.begin_object();
//   while (auto name = ubjson.next_member()) ubjson.skip();
//   ubjson.finish();
//
// Big-endian. Values: `{ [ S T F Z d D i U I l L`. An object is open-ended, its names have no
// marker and a length of type L; an array is open-ended, or counted (`#L`), or counted with
// elements of one number type (`$d#L`). No-ops, characters and high-precision numbers are refused.
// Source: XGBoost 1.7.6 and 3.4.1 src/common/json.cc, UBJReader and UBJWriter; ubjson.org.

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "mlcore/base/json.hpp"

namespace mlcore {

/// Throws: invalid_argument/malformed_json, naming the byte, from every member. Requires and
/// Lifetime: as JsonReader.
class UbjsonReader {
 public:
  using Kind = JsonReader::Kind;

  explicit UbjsonReader(std::string_view bytes, JsonLimits limits = {});

  [[nodiscard]] Kind peek();
  void begin_object();
  [[nodiscard]] std::optional<std::string_view> next_member();
  void begin_array();
  [[nodiscard]] bool next_element();
  /// At most how many elements are left in the array; 0 where it does not tell. Safe to reserve.
  [[nodiscard]] std::size_t element_bound() const noexcept;

  [[nodiscard]] std::string_view string();
  /// A `d`; or a `D`, which must be a float without rounding.
  [[nodiscard]] float f32();
  [[nodiscard]] std::int64_t i64();
  [[nodiscard]] bool boolean();
  void skip();
  void finish();

  [[noreturn]] void fail(std::string_view message) const;

 private:
  struct Level {
    bool is_object;
    std::optional<std::uint64_t> left;  // elements of a counted array
    char type;                          // of its elements; 0: each has its own
    std::size_t first_name;             // into names_
  };
  [[noreturn]] void fail_at(std::size_t at, std::string_view message) const;
  [[nodiscard]] std::size_t bytes_left() const noexcept { return bytes_.size() - at_; }
  [[nodiscard]] char byte();
  [[nodiscard]] char marker();
  [[nodiscard]] std::uint64_t big_endian(std::size_t size);
  [[nodiscard]] std::uint64_t length();
  [[nodiscard]] std::string_view text();
  void begin(char expected);
  void read_array_header(Level& level);
  void refuse_duplicates(std::size_t first_name);
  void skip_one();

  std::string_view bytes_;
  JsonLimits limits_;
  std::size_t at_ = 0;
  std::size_t value_at_ = 0;
  std::vector<Level> levels_;
  std::vector<std::string_view> names_;  // of the objects that are open
};

}  // namespace mlcore
