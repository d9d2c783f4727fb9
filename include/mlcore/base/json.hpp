// SPDX-License-Identifier: Apache-2.0
#pragma once

// A strict JSON reader for untrusted text, in one pass and without a tree: RFC 8259, valid UTF-8,
// no duplicate member, no trailing bytes, bounded depth.
//
//   JsonReader json(R"({"age": 41})");
//   json.begin_object();
//   while (auto name = json.next_member()) {
//     if (*name == "age") age = json.i64(); else json.skip();
//   }
//   json.finish();

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace mlcore {

struct JsonLimits {
  std::size_t depth = 64;
  /// XGBoost writes `NaN`, `Infinity` and `-Infinity` as numbers; JSON proper has none of them.
  bool non_finite_numbers = false;
};

/// Throws: invalid_argument/malformed_json, naming the line and column, from every member.
/// Lifetime: the text outlives the reader; views returned last until the next call.
class JsonReader {
 public:
  enum class Kind { object, array, string, number, boolean, null };

  explicit JsonReader(std::string_view text, JsonLimits limits = {});

  /// The kind of the value that comes next.
  [[nodiscard]] Kind peek();

  void begin_object();
  /// The next member's name, its value to be read or skipped; absent at the end of the object.
  [[nodiscard]] std::optional<std::string_view> next_member();
  void begin_array();
  /// True when another element is to be read; false at the end of the array.
  [[nodiscard]] bool next_element();

  [[nodiscard]] std::string_view string();
  /// A number's own text, so that the caller decides how it is rounded.
  [[nodiscard]] std::string_view number();
  [[nodiscard]] double f64();
  [[nodiscard]] float f32();
  /// A number without fraction and exponent.
  [[nodiscard]] std::int64_t i64();
  [[nodiscard]] bool boolean();
  void null();
  void skip();
  /// Only blanks are left.
  void finish();

  /// Throws the reader's own error at the present place.
  [[noreturn]] void fail(std::string_view message) const;

 private:
  struct Level {
    bool is_object;
    bool has_value;
    std::vector<std::string> names;
  };
  void skip_blanks() noexcept;
  void expect(char character);
  void before_value();
  void after_value() noexcept;
  void literal(std::string_view word);
  void escape();

  std::string_view text_;
  JsonLimits limits_;
  std::size_t at_ = 0;
  bool awaits_value_ = true;
  std::vector<Level> levels_;
  std::string decoded_;
};

}  // namespace mlcore
