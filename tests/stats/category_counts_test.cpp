// SPDX-License-Identifier: Apache-2.0
#include "mlcore/stats/category_counts.hpp"

#include <doctest/doctest.h>
#include <fmt/format.h>

#include "mlcore/base/error.hpp"
#include "stats/samples.hpp"

namespace mlcore {
namespace {

using Column = std::vector<std::optional<std::string_view>>;

Reason refused(std::vector<std::string> names, std::size_t own_count) {
  try {
    static_cast<void>(CategoryCodes(std::move(names), own_count, false));
  } catch (const Error& error) {
    return error.reason();
  }
  return Reason::none;
}

TEST_CASE("category codes: by count, then by bytes") {
  const CategoryCodes codes =
      CategoryCodes::from_sample(Column{"b", "c", "a", "c", std::nullopt, "", "a", "c"});
  CHECK(codes.names() == std::vector<std::string>{"c", "a", "", "b"});
  CHECK(codes.own_count() == 4);
  CHECK(codes.code_of("c") == 0);
  CHECK(codes.code_of("") == 2);
  CHECK(codes.code_of("d") == CategoryCodes::kUnseen);
  CHECK(CategoryCodes().code_of("a") == CategoryCodes::kUnseen);
}

TEST_CASE("category codes: rare known ones share a counter, past 1,024 names nothing is unseen") {
  std::vector<std::string> names;
  for (int i = 0; i < 2000; ++i) names.push_back(fmt::format("name {:04}", i));
  Column few, many;
  for (int i = 0; i < 1000; ++i) few.emplace_back(names[i]);
  for (int i = 0; i < 2000; ++i) many.emplace_back(names[i]);
  const CategoryCodes closed = CategoryCodes::from_sample(few);
  CHECK(closed.own_count() == 64);
  CHECK(closed.names().size() == 1000);
  CHECK(closed.code_of("name 0063") == 63);
  CHECK(closed.code_of("name 0064") == CategoryCodes::kOther);
  CHECK(closed.code_of("name 1000") == CategoryCodes::kUnseen);
  const CategoryCodes open = CategoryCodes::from_sample(many);
  CHECK(open.is_open());
  CHECK(open.names().size() == 1024);
  CHECK(open.code_of("name 1999") == CategoryCodes::kOther);
  CHECK(open.code_of("never") == CategoryCodes::kOther);
}

TEST_CASE("category codes: a long text is known by its beginning, whole code points only") {
  std::string text(255, 'x');
  text += "é and more";
  const CategoryCodes codes = CategoryCodes::from_sample(Column{text});
  CHECK(codes.names()[0] == std::string(255, 'x'));
  CHECK(codes.code_of(text) == 0);
  CHECK(codes.code_of(std::string(255, 'x') + "ü") == 0);
  CHECK(codes.code_of(std::string(256, 'x')) == CategoryCodes::kUnseen);
}

TEST_CASE("category codes: what can't be is refused") {
  CHECK(refused({"a", "a"}, 2) == Reason::duplicate_name);
  CHECK(refused({"a"}, 2) == Reason::invalid_length);
  CHECK(refused(std::vector<std::string>(1025), 0) == Reason::limit_exceeded);
  CHECK(refused({std::string(257, 'x')}, 1) == Reason::limit_exceeded);
  CHECK(refused({"\xFF"}, 1) == Reason::invalid_utf8);
  std::vector<std::string> names;
  for (int i = 0; i < 65; ++i) names.push_back(std::to_string(i));
  CHECK(refused(names, 65) == Reason::invalid_length);
  CHECK(refused(names, 64) == Reason::none);
}

TEST_CASE("category counts: parts make the whole, and what was added goes") {
  for (std::uint64_t seed = 1; seed <= 20; ++seed) {
    CAPTURE(seed);
    SampleRandom random(seed);
    std::vector<std::string> names;
    for (int i = 0; i < 90; ++i) names.push_back(std::to_string(i));
    Column column;
    for (int i = 0; i < 1000; ++i) {
      column.emplace_back(names[random.below(random.below(90) + 1)]);
      if (random.below(10) == 0) column.back().reset();
    }
    const CategoryCodes codes = CategoryCodes::from_sample(std::span(column).first(300));
    CategoryCounts whole;
    std::vector<CategoryCounts> parts(4);
    for (const auto& text : column) {
      CategoryCounts& part = parts[random.below(4)];
      for (CategoryCounts* counts : {&whole, &part}) {
        if (text) {
          counts->add(codes, *text);
        } else {
          counts->add_missing();
        }
      }
    }
    CHECK(whole.rows() == 1000);
    CategoryCounts merged = parts[3];
    merged += parts[1];
    merged += parts[0];
    merged += parts[2];
    CHECK(merged == whole);
    CategoryCounts rest = whole;
    rest -= parts[2];
    merged = parts[0];
    merged += parts[1];
    merged += parts[3];
    CHECK(rest == merged);
  }
}

}  // namespace
}  // namespace mlcore
