// SPDX-License-Identifier: Apache-2.0
#include "mlcore/schema/schema.hpp"

#include <doctest/doctest.h>

#include <string>
#include <vector>

#include "mlcore/base/error.hpp"

namespace mlcore {
namespace {

TEST_CASE("schema: an empty one has no field and finds none") {
  const Schema schema;
  CHECK(schema.size() == 0);
  CHECK_FALSE(schema.find("").has_value());
  CHECK_FALSE(schema.find("a").has_value());
}

TEST_CASE("schema: find gives the position in declaration order, by the exact name") {
  const Schema schema({{"zeta", Type::string, false},
                       {"age", Type::i64, true},
                       {"Age", Type::f64, true},
                       {"", Type::boolean, true},
                       {"größe", Type::duration, false}});
  CHECK(schema.find("zeta") == 0);
  CHECK(schema.find("age") == 1);
  CHECK(schema.find("Age") == 2);
  CHECK(schema.find("") == 3);
  CHECK(schema.find("größe") == 4);
  CHECK_FALSE(schema.find("ag").has_value());
  CHECK_FALSE(schema.find("agee").has_value());
  CHECK_FALSE(schema.find("zzz").has_value());
  CHECK(schema[4].type == Type::duration);
}

TEST_CASE("schema: each of a thousand names is found") {
  std::vector<Field> fields;
  for (int i = 0; i < 1000; ++i) fields.push_back({"f" + std::to_string(i), Type::f64, true});
  const Schema schema(fields);
  for (std::size_t i = 0; i < 1000; ++i) CHECK(schema.find("f" + std::to_string(i)) == i);
}

TEST_CASE("schema: a repeated name is refused with the place of the second") {
  try {
    const Schema schema({{"b", Type::f64, true}, {"a", Type::f64, true}, {"b", Type::i64, true}});
    FAIL("accepted");
  } catch (const Error& error) {
    CHECK(error.code() == Code::invalid_argument);
    CHECK(error.reason() == Reason::duplicate_column);
    CHECK(error.where().column == 2);
    CHECK(error.message() == "column \"b\" appears twice, as columns 1 and 3");
  }
}

TEST_CASE("schema: equality looks at names, types, nullability and order") {
  const Field a{"a", Type::f64, true};
  const Field b{"b", Type::f64, true};
  CHECK(Schema({a, b}) == Schema({a, b}));
  CHECK(Schema({a, b}) != Schema({b, a}));
  CHECK(Schema({a}) != Schema({{"a", Type::i64, true}}));
  CHECK(Schema({a}) != Schema({{"a", Type::f64, false}}));
  CHECK(Schema({a}) != Schema());
}

TEST_CASE("schema: types are spelled as the definition language does") {
  CHECK(name_of(Type::boolean) == "bool");
  CHECK(name_of(Type::i64) == "i64");
  CHECK(name_of(Type::f64) == "f64");
  CHECK(name_of(Type::string) == "string");
  CHECK(name_of(Type::timestamp) == "timestamp");
  CHECK(name_of(Type::duration) == "duration");
  CHECK(name_of(static_cast<Type>(0)).empty());
  CHECK(name_of(static_cast<Type>(7)).empty());
}

}  // namespace
}  // namespace mlcore
