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

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace mlcore {

struct JsonLimits {
  std::size_t depth = 64;
  /// Members of all objects that are open at once.
  std::size_t members = 100'000;
  /// XGBoost writes `NaN`, `Infinity` and `-Infinity` as numbers; JSON proper has none of them.
  bool non_finite_numbers = false;
};

/// Throws: invalid_argument/malformed_json, naming the line and column, from every member. A
/// repeated name is found where its object ends. Requires: each value that is announced is read or
/// skipped before the next is asked for. Lifetime: the text outlives the reader; views returned
/// last until the next call.
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
  /// At most how many elements are left in the array that is being read, if none of them is a
  /// container or a string: what is safe to reserve. Cost: O(length of the array's text).
  [[nodiscard]] std::size_t element_bound() const noexcept;

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

  /// Throws the reader's own error at the value or name that was read last.
  [[noreturn]] void fail(std::string_view message) const;

 private:
  struct Level {
    bool is_object;
    bool has_value;
    std::size_t first_name;  // into names_
  };
  struct Name {
    std::size_t begin;  // of its decoded text in name_text_
    std::size_t end;
    std::size_t at;  // where it stands in the text
  };
  [[nodiscard]] char next() const;
  [[noreturn]] void fail_at(std::size_t at, std::string_view message) const;
  void skip_blanks() noexcept;
  void before_value();
  void begin(bool is_object);
  void refuse_duplicates(std::size_t first_name);
  void literal(std::string_view word);
  [[nodiscard]] std::string_view quoted();
  void escape();
  [[nodiscard]] std::uint32_t code_unit();
  void append_utf8(std::uint32_t code_point);
  void digits();
  void skip_one();

  std::string_view text_;
  JsonLimits limits_;
  std::size_t at_ = 0;
  std::size_t value_at_ = 0;  // start of the last value or name, for messages
  bool awaits_value_ = true;
  std::vector<Level> levels_;
  std::vector<Name> names_;
  std::string name_text_;
  std::string decoded_;
};

/// Appends `value` as a JSON string, quotes included.
/// Requires: UTF-8. Source: RFC 8785, section 3.2.2.2.
void append_json_string(std::string& json, std::string_view value);

}  // namespace mlcore
