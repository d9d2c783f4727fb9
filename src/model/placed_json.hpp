// SPDX-License-Identifier: Apache-2.0
#pragma once

// JsonReader that knows where it is, so that a refusal names the place: trees.trees[3].left[5].
//
//   json.object({"bias"}, [&](std::string_view name) {
//     if (name == "bias") return json.numbers(bias);
//     json.unknown();
//   });

#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>
#include <vector>

#include "mlcore/base/json.hpp"

namespace mlcore {

/// Throws: invalid_argument/malformed_model naming the place; of the text itself malformed_json,
/// for the importer to hand to `fail`.
class PlacedJson {
 public:
  explicit PlacedJson(std::string_view text);

  /// Calls `read` with each member's name; members named in `required` must be there.
  template <typename Read>
  void object(std::initializer_list<std::string_view> required, Read read);
  /// Calls `read` for each element.
  template <typename Read>
  void array(Read read);

  [[nodiscard]] JsonReader::Kind peek() { return json_.peek(); }
  [[nodiscard]] std::string_view text() { return json_.string(); }
  [[nodiscard]] bool boolean() { return json_.boolean(); }
  [[nodiscard]] double number() { return json_.f64(); }
  [[nodiscard]] std::int64_t integer(std::int64_t lowest, std::int64_t highest);
  /// The position among `names` of the text that comes.
  [[nodiscard]] std::size_t choice(std::initializer_list<std::string_view> names);
  void numbers(std::vector<double>& values);
  void integers(std::vector<std::int32_t>& values, std::int32_t lowest);
  void finish() { json_.finish(); }

  /// That a member is not one of those that are read.
  [[noreturn]] void unknown() const { fail("an unknown member"); }
  [[noreturn]] void fail(std::string_view message) const;

 private:
  struct Step {
    std::string name;  // empty: an element, or between two members
    bool is_element = false;
    std::size_t index = 0;
  };
  [[nodiscard]] std::string place() const;
  void require(std::initializer_list<std::string_view> required, std::uint32_t found) const;

  JsonReader json_;
  std::vector<Step> steps_;
};

template <typename Read>
void PlacedJson::object(std::initializer_list<std::string_view> required, Read read) {
  std::uint32_t found = 0;
  json_.begin_object();
  steps_.emplace_back();
  while (const auto member = json_.next_member()) {
    const std::string name(*member);
    steps_.back().name = name;
    std::uint32_t bit = 1;
    for (const std::string_view one : required) {
      if (one == name) found |= bit;
      bit <<= 1;
    }
    read(std::string_view(name));
    steps_.back().name.clear();
  }
  require(required, found);
  steps_.pop_back();
}

template <typename Read>
void PlacedJson::array(Read read) {
  json_.begin_array();
  steps_.push_back({.name = {}, .is_element = true, .index = 0});
  for (; json_.next_element(); ++steps_.back().index) read();
  steps_.pop_back();
}

/// Whether a float32 has the value, an infinite one too; and what is said where none has: nothing
/// is rounded on the way in.
[[nodiscard]] bool is_f32_number(double value) noexcept;
[[nodiscard]] std::string not_f32_number(double value);

[[noreturn]] void fail_model_json(std::string_view place, std::string_view message);
/// invalid_tree, where `fail_model_json` throws malformed_model.
[[noreturn]] void fail_model_json_tree(std::string_view place, std::string_view message);

}  // namespace mlcore
