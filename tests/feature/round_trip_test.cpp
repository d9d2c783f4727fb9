// SPDX-License-Identifier: Apache-2.0
#include <doctest/doctest.h>

#include <bit>

#include "feature/random_definition.hpp"
#include "mlcore/feature/definition.hpp"

namespace mlcore {
namespace {

/// Constants by their bits. The union's member is that of the type.
bool equal(Type type, const Cell& a, const Cell& b) {
  if (type == Type::boolean) return a.boolean == b.boolean;
  if (type == Type::string) return true;
  return a.i64 == b.i64;
}

bool equal(const Expression& a, const Expression& b) {
  if (a.nodes.size() != b.nodes.size()) return false;
  for (std::size_t i = 0; i < a.nodes.size(); ++i) {
    const Node& x = a.nodes[i];
    const Node& y = b.nodes[i];
    if (x.op != y.op || x.type != y.type || x.nullable != y.nullable || x.index != y.index ||
        x.argument_count != y.argument_count || x.arguments != y.arguments ||
        x.constant_text != y.constant_text || !equal(x.type, x.constant, y.constant)) {
      return false;
    }
  }
  return true;
}

bool equal(const Aggregate& a, const Aggregate& b) {
  return a.function == b.function && a.stream == b.stream && equal(a.argument, b.argument) &&
         equal(a.where, b.where) && a.window == b.window && a.type == b.type &&
         a.nullable == b.nullable && a.has_default == b.has_default &&
         a.default_text == b.default_text && equal(a.type, a.default_value, b.default_value);
}

bool equal(const Stream& a, const Stream& b) {
  return a.name == b.name && a.layout.schema() == b.layout.schema() && a.roles == b.roles &&
         a.key_columns == b.key_columns && a.event_column == b.event_column &&
         a.known_column == b.known_column && a.order_columns == b.order_columns &&
         a.has_dedup == b.has_dedup && a.dedup_columns == b.dedup_columns;
}

void check_equal(const Definition& a, const Definition& b) {
  CHECK(a.name() == b.name());
  CHECK(a.version() == b.version());
  CHECK(a.request().schema() == b.request().schema());
  CHECK(a.as_of_field() == b.as_of_field());
  CHECK(a.key_fields() == b.key_fields());
  CHECK(equal(a.expressions(), b.expressions()));
  REQUIRE(a.streams().size() == b.streams().size());
  for (std::size_t i = 0; i < a.streams().size(); ++i) {
    CHECK(equal(a.streams()[i], b.streams()[i]));
  }
  REQUIRE(a.aggregates().size() == b.aggregates().size());
  for (std::size_t i = 0; i < a.aggregates().size(); ++i) {
    CHECK(equal(a.aggregates()[i], b.aggregates()[i]));
  }
  REQUIRE(a.fits().size() == b.fits().size());
  for (std::size_t i = 0; i < a.fits().size(); ++i) {
    CHECK(a.fits()[i].argument == b.fits()[i].argument);
  }
  REQUIRE(a.outputs().size() == b.outputs().size());
  for (std::size_t i = 0; i < a.outputs().size(); ++i) {
    CHECK(a.outputs()[i].name == b.outputs()[i].name);
    CHECK(a.outputs()[i].node == b.outputs()[i].node);
    CHECK(a.outputs()[i].type == b.outputs()[i].type);
  }
  CHECK(a.fingerprint() == b.fingerprint());
  CHECK(a.text() == b.text());
}

TEST_CASE("round trip: the canonical text of a random definition parses to an equal one") {
  std::size_t nodes = 0;
  std::size_t aggregates = 0;
  for (std::uint64_t seed = 1; seed <= 1500; ++seed) {
    const std::string text = RandomDefinition(seed).text();
    CAPTURE(seed);
    CAPTURE(text);
    const Definition definition = Definition::parse(text);
    check_equal(definition, Definition::parse(definition.text()));
    nodes += definition.expressions().nodes.size();
    aggregates += definition.aggregates().size();
  }
  // The generator reaches what it is for.
  CHECK(nodes > 20'000);
  CHECK(aggregates > 1'000);
}

}  // namespace
}  // namespace mlcore
