// SPDX-License-Identifier: Apache-2.0
#include <doctest/doctest.h>

#include <fstream>
#include <string>
#include <vector>

#include "mlcore/base/error.hpp"
#include "mlcore/base/time.hpp"
#include "mlcore/feature/definition.hpp"

namespace mlcore {
namespace {

constexpr const char* kChurn = R"(
features churn version 1   # the example of docs/language.md

stream orders(customer: string key, at: timestamp event, cds: i64, amount: f64)
input  country: string?

orders_90d    = count() over orders last 90d
spend_90d     = sum(amount) over orders last 90d default 0
big_7d        = count() over orders where amount > 50 last 7d
avg_spend_90d = if(orders_90d == 0, 0, spend_90d / orders_90d)
recency_d     = days_between(last(at) over orders lifetime, as_of())
spend_z       = fit standard_scale(ln1p(spend_90d))

output [orders_90d, spend_90d, big_7d, avg_spend_90d, recency_d, spend_z]
)";

/// A definition around one value over inputs of every type and a stream.
std::string with(const std::string& expression) {
  return "features f version 1\n"
         "stream s(k: i64 key, t: timestamp event, n: i64?, x: f64?, w: string?, b: bool?, "
         "u: duration)\n"
         "input i: i64\ninput f: f64\ninput ni: i64?\ninput nf: f64?\ninput a: bool\n"
         "input na: bool?\ninput w: string\ninput nw: string?\ninput m: timestamp\n"
         "input nm: timestamp?\ninput d: duration\n"
         "v = " +
         expression + "\noutput [i]\n";
}

/// The line that defines v in the canonical text, and the node it names.
std::string canonical(const Definition& definition) {
  const std::string text = definition.text();
  const std::size_t begin = text.find("\nv = ") + 5;
  return text.substr(begin, text.find("\noutput") - begin);
}

const Node& value(const Definition& definition) {
  // The value is the last node but for the output's column, which may be the same one.
  const auto& nodes = definition.expressions().nodes;
  const Node& last = nodes.back();
  return last.op == Op::column && nodes.size() > 1 ? nodes[nodes.size() - 2] : last;
}

TEST_CASE("parse: the example has the request, aggregates and outputs it says") {
  const Definition definition = Definition::parse(kChurn);
  CHECK(definition.name() == "churn");
  CHECK(definition.version() == 1);
  CHECK(definition.request().schema() == Schema({{"customer", Type::string, false},
                                                 {"country", Type::string, true},
                                                 {"as_of", Type::timestamp, false}}));
  CHECK(definition.as_of_field() == 2);
  CHECK(definition.key_fields() == std::vector<std::vector<std::uint32_t>>{{0}});
  REQUIRE(definition.aggregates().size() == 4);
  const Aggregate& spend = definition.aggregates()[1];
  CHECK(spend.function == Aggregation::sum);
  CHECK(spend.window == Window{.kind = WindowKind::duration,
                               .width = 90 * kMicrosPerDay,
                               .tile = 7 * kMicrosPerDay});
  CHECK(spend.type == Type::f64);
  CHECK(!spend.nullable);
  CHECK(spend.default_value.f64 == 0.0);
  CHECK(definition.aggregates()[2].where.nodes.size() == 3);
  CHECK(definition.fits().size() == 1);
  std::vector<std::string> names;
  for (const Output& output : definition.outputs()) names.push_back(output.name);
  CHECK(names == std::vector<std::string>{"orders_90d", "spend_90d", "big_7d", "avg_spend_90d",
                                          "recency_d", "spend_z"});
  CHECK(definition.outputs()[0].type == Type::i64);
  CHECK(definition.outputs()[3].type == Type::f64);
  CHECK(definition.find_stream("orders") == 0);
  CHECK(!definition.find_stream("order"));
}

/// The code blocks of docs/language.md, without their fences.
std::vector<std::string> code_blocks() {
  std::ifstream file(std::string(MLCORE_SOURCE_DIR) + "/docs/language.md");
  REQUIRE(file);
  std::vector<std::string> blocks;
  bool is_inside = false;
  for (std::string line; std::getline(file, line);) {
    if (line.starts_with("```")) {
      is_inside = !is_inside;
      if (is_inside) blocks.emplace_back();
    } else if (is_inside) {
      blocks.back() += line + "\n";
    }
  }
  return blocks;
}

TEST_CASE("parse: the page of the language shows a definition and the message of a wrong one") {
  const std::vector<std::string> blocks = code_blocks();
  REQUIRE(blocks.size() == 3);
  CHECK(Definition::parse(blocks[0]).outputs().size() == 7);
  try {
    (void)Definition::parse(
        "features churn version 1\n"
        "stream orders(customer: string key, at: timestamp event, amount: f64)\n"
        "spend = sum(amout) over orders last 90d\noutput [spend]\n");
    FAIL("accepted");
  } catch (const Error& error) {
    CHECK(error.message() + "\n" == blocks[2]);
  }
}

TEST_CASE("parse: the canonical text of the example") {
  CHECK(Definition::parse(kChurn).text() ==
        "features churn version 1\n"
        "stream orders(customer: string key, at: timestamp event, cds: i64, amount: f64)\n"
        "input country: string?\n"
        "orders_90d = count() over orders last 90d\n"
        "spend_90d = sum(amount) over orders last 90d default 0.0\n"
        "big_7d = count() over orders where amount > 50 last 7d\n"
        "avg_spend_90d = if(orders_90d == 0, 0, spend_90d / orders_90d)\n"
        "recency_d = days_between(last(at) over orders lifetime, as_of())\n"
        "spend_z = fit standard_scale(ln1p(spend_90d))\n"
        "output [orders_90d, spend_90d, big_7d, avg_spend_90d, recency_d, spend_z]\n");
}

TEST_CASE("parse: each expression has its type, nullability and canonical form") {
  struct Case {
    const char* expression;
    const char* canonical;
    Type type;
    bool nullable;
  };
  const Case cases[] = {
      // literals
      {"5", "5", Type::i64, false},
      {"-5", "-5", Type::i64, false},
      {"-9223372036854775808", "-9223372036854775808", Type::i64, false},
      {"0.5", "0.5", Type::f64, false},
      {"1e2", "100.0", Type::f64, false},
      {"-0.0", "-0.0", Type::f64, false},
      {"1E+300", "1e+300", Type::f64, false},
      {"true", "true", Type::boolean, false},
      {"\"a\\\"\\\\\\n\\u{e9}\\u{7}\"", "\"a\\\"\\\\\\n\xC3\xA9\\u{7}\"", Type::string, false},
      {"120m", "2h", Type::duration, false},
      {"2w", "14d", Type::duration, false},
      {"timestamp(\"1998-01-01\")", "timestamp(\"1998-01-01T00:00:00Z\")", Type::timestamp, false},
      // precedence and associativity
      {"i - i - i", "i - i - i", Type::i64, true},
      {"i - (i - i)", "i - (i - i)", Type::i64, true},
      {"(f * f) + f", "f * f + f", Type::f64, false},
      {"f * (f + f)", "f * (f + f)", Type::f64, false},
      {"-f * f", "-f * f", Type::f64, false},
      {"-(f * f)", "-(f * f)", Type::f64, false},
      {"- -f", "--f", Type::f64, false},
      {"-(5)", "-(5)", Type::i64, true},
      {"- -5", "--5", Type::i64, true},
      {"i - -5", "i - -5", Type::i64, true},
      {"i-5", "i - 5", Type::i64, true},
      {"a and a or a and not a", "a and a or a and not a", Type::boolean, false},
      {"a and (a or na)", "a and (a or na)", Type::boolean, true},
      {"not i == 1", "not i == 1", Type::boolean, false},
      {"(not a) == na", "(not a) == na", Type::boolean, true},
      {"not (a or a)", "not (a or a)", Type::boolean, false},
      {"not not a", "not not a", Type::boolean, false},
      {"(i < 1) == (f > 2)", "(i < 1) == (f > 2)", Type::boolean, false},
      // types and nulls: an i64 operation can leave the range
      {"i + i", "i + i", Type::i64, true},
      {"i + f", "i + f", Type::f64, false},
      {"i / i", "i / i", Type::f64, false},
      {"ni / i", "ni / i", Type::f64, true},
      {"i // i", "i // i", Type::i64, true},
      {"f % i", "f % i", Type::f64, false},
      {"i < f", "i < f", Type::boolean, false},
      {"w < nw", "w < nw", Type::boolean, true},
      {"m <= timestamp(\"2000-01-01\")", "m <= timestamp(\"2000-01-01T00:00:00Z\")", Type::boolean,
       false},
      {"d > 90d", "d > 90d", Type::boolean, false},
      {"if(na, i, f)", "if(na, i, f)", Type::f64, false},
      {"if(a, w, nw)", "if(a, w, nw)", Type::string, true},
      {"coalesce(ni, 0)", "coalesce(ni, 0)", Type::i64, false},
      {"coalesce(ni, nf)", "coalesce(ni, nf)", Type::f64, true},
      {"coalesce(ni, nf, 1)", "coalesce(ni, nf, 1)", Type::f64, false},
      {"is_null(nw)", "is_null(nw)", Type::boolean, false},
      {"ln1p(i)", "ln1p(i)", Type::f64, false},
      {"days_between(m, as_of())", "days_between(m, as_of())", Type::i64, false},
      {"days_between(nm, m)", "days_between(nm, m)", Type::i64, true},
      {"i64(f)", "i64(f)", Type::i64, true},
      {"i64(a)", "i64(a)", Type::i64, false},
      {"f64(i)", "f64(i)", Type::f64, false},
      {"f64(w)", "f64(w)", Type::f64, true},
      {"bool(i)", "bool(i)", Type::boolean, false},
      {"bool(f)", "bool(f)", Type::boolean, true},
      {"string(i)", "string(i)", Type::string, false},
      {"string(f) == \"1\"", "string(f) == \"1\"", Type::boolean, true},
      {"fit standard_scale(i)", "fit standard_scale(i)", Type::f64, false},
      {"fit standard_scale(fit standard_scale(nf)) + 1",
       "fit standard_scale(fit standard_scale(nf)) + 1", Type::f64, true},
      {"k", "k", Type::i64, false},  // a key is a request field
      // aggregates
      {"count() over s lifetime", "count() over s lifetime", Type::i64, false},
      {"count(x) over s last 5 events", "count(x) over s last 5 events", Type::i64, false},
      {"sum(n) over s last 1d default 0", "sum(n) over s last 1d default 0", Type::i64, true},
      {"sum(x) over s last 1d default 0", "sum(x) over s last 1d default 0.0", Type::f64, false},
      {"sum(n + x) over s last 1d", "sum(n + x) over s last 1d", Type::f64, true},
      {"avg(n) over s last 24h", "avg(n) over s last 1d", Type::f64, true},
      {"avg(n) over s last 1d default 0", "avg(n) over s last 1d default 0.0", Type::f64, false},
      {"min(w) over s lifetime default \"\"", "min(w) over s lifetime default \"\"", Type::string,
       false},
      {"max(u) over s lifetime", "max(u) over s lifetime", Type::duration, true},
      {"first(b) over s lifetime default false", "first(b) over s lifetime default false",
       Type::boolean, false},
      {"last(t) over s lifetime", "last(t) over s lifetime", Type::timestamp, true},
      {"last(t) over s lifetime default timestamp(\"1998-01-01\")",
       "last(t) over s lifetime default timestamp(\"1998-01-01T00:00:00Z\")", Type::timestamp,
       false},
      {"count() over s where b and (x > 1 or n < 2) last 7d hop 1d delay 5m closed both",
       "count() over s where b and (x > 1 or n < 2) last 7d hop 1d delay 5m closed both", Type::i64,
       false},
      {"count() over s last 7d delay 0s closed left", "count() over s last 7d", Type::i64, false},
      {"last(x) over s last 3 events within 2w default -1",
       "last(x) over s last 3 events within 14d default -1.0", Type::f64, false},
      {"sum(x) over s lifetime default 1 - 2 * count() over s lifetime",
       "sum(x) over s lifetime default 1.0 - 2 * count() over s lifetime", Type::f64, true},
  };
  for (const Case& entry : cases) {
    CAPTURE(std::string(entry.expression));
    const Definition definition = Definition::parse(with(entry.expression));
    CHECK(canonical(definition) == entry.canonical);
    CHECK(value(definition).type == entry.type);
    CHECK(value(definition).nullable == entry.nullable);
    const Definition again = Definition::parse(definition.text());
    CHECK(again.text() == definition.text());
    CHECK(again.fingerprint() == definition.fingerprint());
  }
}

TEST_CASE("parse: the size of a window's tiles") {
  // FEATURES: the largest of {1s, 10s, 1m, 10m, 1h, 6h, 1d, 7d, 28d} with 12 h <= w.
  struct Case {
    const char* window;
    std::int64_t seconds;
  };
  const Case cases[] = {
      {"last 1s", 1},
      {"last 119s", 1},
      {"last 120s", 10},
      {"last 12m", 60},
      {"last 119m", 60},
      {"last 2h", 600},
      {"last 12h", 3600},
      {"last 71h", 3600},
      {"last 72h", 6 * 3600},
      {"last 11d", 6 * 3600},
      {"last 12d", 86400},
      {"last 83d", 86400},
      {"last 84d", 7 * 86400},
      {"last 335d", 7 * 86400},
      {"last 336d", 28 * 86400},
      {"lifetime", 28 * 86400},
      {"last 1 events", 28 * 86400},
      {"last 9 events within 1h", 28 * 86400},
      {"last 1d hop 5m", 300},
  };
  for (const Case& entry : cases) {
    CAPTURE(std::string(entry.window));
    const Definition definition =
        Definition::parse(with(std::string("count() over s ") + entry.window));
    CHECK(definition.aggregates()[0].window.tile == entry.seconds * kMicrosPerSecond);
  }
}

TEST_CASE("parse: streams share a key, and an input of its name is the same field") {
  const Definition definition = Definition::parse(
      "features f version 0\n"
      "input age: i64\n"
      "input customer: string\n"
      "stream a(customer: string key, shop: i64 key, at: timestamp event)\n"
      "stream b(t: timestamp event, seen: timestamp known, n: i64 tie, shop: i64 key, x: f64, "
      "m: string? tie) dedup(x, n)\n"
      "y = count() over a lifetime\n"
      "output [age, y, shop]\n");
  CHECK(definition.request().schema() == Schema({{"customer", Type::string, false},
                                                 {"shop", Type::i64, false},
                                                 {"age", Type::i64, false},
                                                 {"as_of", Type::timestamp, false}}));
  CHECK(definition.key_fields() == std::vector<std::vector<std::uint32_t>>{{0, 1}, {1}});
  const Stream& b = definition.streams()[1];
  CHECK(b.roles ==
        std::vector<Role>{Role::event, Role::known, Role::tie, Role::key, Role::none, Role::tie});
  CHECK(b.key_columns == std::vector<std::uint32_t>{3});
  CHECK(b.event_column == 0);
  CHECK(b.known_column == 1);
  CHECK(b.order_columns == std::vector<std::uint32_t>{2, 5, 1, 4});
  CHECK(b.has_dedup);
  CHECK(b.dedup_columns == std::vector<std::uint32_t>{2, 4});
  // The columns of `age` and `shop` follow the fields to their final place.
  const auto& nodes = definition.expressions().nodes;
  CHECK(nodes[definition.outputs()[0].node].index == 2);
  CHECK(nodes[definition.outputs()[2].node].index == 1);
  CHECK(definition.text() ==
        "features f version 0\n"
        "stream a(customer: string key, shop: i64 key, at: timestamp event)\n"
        "stream b(t: timestamp event, seen: timestamp known, n: i64 tie, shop: i64 key, x: f64, "
        "m: string? tie) dedup(n, x)\n"
        "input age: i64\n"
        "y = count() over a lifetime\n"
        "output [age, y, shop]\n");
  CHECK(Definition::parse(definition.text()).fingerprint() == definition.fingerprint());
}

TEST_CASE("parse: as_of is a request field where a stream or as_of() is used, and only there") {
  CHECK(!Definition::parse("features f version 1 input x: f64 output [x]").as_of_field());
  CHECK(Definition::parse("features f version 1 input m: timestamp y = days_between(m, as_of()) "
                          "output [y]")
            .as_of_field() == 1);
  CHECK(Definition::parse("features f version 1 stream s(k: i64 key, t: timestamp event) "
                          "output [k]")
            .as_of_field() == 1);
}

TEST_CASE("parse: names may be function names, aliases print as what they stand for") {
  const Definition definition = Definition::parse(
      "\xEF\xBB\xBF"
      "features f version 1\r\n"
      "stream s(k: i64 key, t: timestamp event, count: i64, key: f64)\r\n"
      "input sum: f64\r\n"
      "count = count(count) over s where key > 0 lifetime\r\n"
      "total = sum\n"
      "one = 1 now = as_of()\n"
      "also = count\n"
      "y = total + one + also + count\n"
      "z = days_between(now, as_of())\n"
      "dedup = 2\n"
      "output [y, also, total, z, dedup]");
  CHECK(definition.text() ==
        "features f version 1\n"
        "stream s(k: i64 key, t: timestamp event, count: i64, key: f64)\n"
        "input sum: f64\n"
        "count = count(count) over s where key > 0 lifetime\n"
        "total = sum\n"
        "one = 1\n"
        "now = as_of()\n"
        "also = count\n"
        "y = sum + one + count + count\n"
        "z = days_between(as_of(), as_of())\n"
        "dedup = 2\n"
        "output [y, also, total, z, dedup]\n");
  CHECK(Definition::parse(definition.text()).text() == definition.text());
}

TEST_CASE("parse: a name in backticks is any text, and no word of the language") {
  const Definition definition = Definition::parse(
      "features `my model` version 1\n"
      "stream `web orders`(`customer id`: i64 key, t: timestamp event, `unit price`: f64)\n"
      "dedup(`unit price`)\n"
      "input `output`: f64? input `age`: i64? input `Größe (cm)`: f64?\n"
      "`2nd` = sum(`unit price`) over `web orders` where `unit price` > 0 last 90d\n"
      "less = age < 3\n"
      "`<` = `2nd` + `output`\n"
      "`not` = `<`\n"
      "output [`<`, `not`, `Größe (cm)`, less, `2nd`]");
  CHECK(definition.text() ==
        "features `my model` version 1\n"
        "stream `web orders`(`customer id`: i64 key, t: timestamp event, `unit price`: f64) "
        "dedup(`unit price`)\n"
        "input `output`: f64?\n"
        "input age: i64?\n"
        "input `Größe (cm)`: f64?\n"
        "`2nd` = sum(`unit price`) over `web orders` where `unit price` > 0 last 90d\n"
        "less = age < 3\n"
        "`<` = `2nd` + `output`\n"
        "`not` = `<`\n"
        "output [`<`, `not`, `Größe (cm)`, less, `2nd`]\n");
  CHECK(definition.request().schema()[3].name == "Größe (cm)");
  CHECK(definition.outputs()[0].name == "<");
  CHECK(Definition::parse(definition.text()).text() == definition.text());
  CHECK(Definition::parse(definition.text()).fingerprint() == definition.fingerprint());
  const Label label = parse_label(definition, "count() over `web orders` next 30d == `output`");
  CHECK(label.text == "count() over `web orders` next 30d == `output`");
}

TEST_CASE("parse: a definition can be copied, moved and outlives its text") {
  Definition copy;
  {
    std::string text = with("if(w == \"a long constant that needs the heap\", nw, \"other\")");
    Definition original = Definition::parse(text);
    text.assign(text.size(), '#');
    copy = original;
  }
  const Definition moved = std::move(copy);
  CHECK(canonical(moved) == "if(w == \"a long constant that needs the heap\", nw, \"other\")");
  const Definition empty;
  CHECK(empty.outputs().empty());
}

TEST_CASE("parse_label: a label is an expression with windows that look ahead") {
  const Definition definition = Definition::parse(kChurn);
  const Label churn = parse_label(definition, "count() over orders next 90d==0 # churned");
  CHECK(churn.text == "count() over orders next 90d == 0");
  CHECK(churn.horizon == 90 * kMicrosPerDay);
  REQUIRE(churn.aggregates.size() == 1);
  CHECK(churn.aggregates[0].window ==
        Window{.kind = WindowKind::next, .width = 90 * kMicrosPerDay, .tile = 7 * kMicrosPerDay});
  CHECK(churn.expression.nodes.back().op == Op::equal);
  CHECK(churn.expression.nodes.back().type == Type::boolean);
  CHECK(parse_label(definition, churn.text).text == churn.text);

  const Label spend = parse_label(definition,
                                  "coalesce(sum(amount) over orders where cds > 1 next 30d, 0) - "
                                  "(sum(amount) over orders last 30d default 0) + "
                                  "days_between(last(at) over orders next 7d, as_of())");
  CHECK(spend.horizon == 30 * kMicrosPerDay);
  CHECK(spend.aggregates.size() == 3);
  CHECK(spend.expression.nodes.back().type == Type::f64);
  const Label field = parse_label(definition, "customer == \"c1\" and is_null(country)");
  CHECK(field.horizon == 0);
  CHECK(field.text == "customer == \"c1\" and is_null(country)");
}

}  // namespace
}  // namespace mlcore
