// SPDX-License-Identifier: Apache-2.0
#pragma once

// A feature definition: text in, typed IR out.
//
//   Definition definition = Definition::parse(R"(
//     features churn version 1
//     stream orders(customer: string key, at: timestamp event, cds: i64, amount: f64)
//     orders_90d = count() over orders last 90d
//     spend_90d  = sum(amount) over orders last 90d default 0
//     output [orders_90d, spend_90d]
//   )");
//   definition.request().schema();  // customer: string, as_of: timestamp
//   definition.outputs()[1].name;   // "spend_90d"
//
// The IR below is the truth: it prints back as canonical text (`text()`), and its fingerprint names
// its meaning. docs/language.md is the reference of the language.

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "mlcore/base/digest.hpp"
#include "mlcore/feature/cell.hpp"
#include "mlcore/schema/row.hpp"

namespace mlcore {

/// What a stream column is for.
enum class Role : std::uint8_t { none, key, event, tie, known };

struct Stream {
  std::string name;
  RowLayout layout;         // the columns, in declaration order
  std::vector<Role> roles;  // one a column
  std::vector<std::uint32_t> key_columns;
  std::uint32_t event_column = 0;
  std::optional<std::uint32_t> known_column;
  /// The columns of the total order after the event time: ties, then the others in declaration
  /// order, but for the keys and the event time, which are equal there.
  std::vector<std::uint32_t> order_columns;
  bool has_dedup = false;
  std::vector<std::uint32_t> dedup_columns;  // ascending
};

/// Operations of an expression. Each has a version, whose meaning never changes.
enum class Op : std::uint16_t {
  constant = 1,
  column = 2,  // `index`: a request field, or in an aggregate a column of its stream
  as_of = 3,
  aggregate = 4,  // `index`: into aggregates()
  fit = 5,        // `index`: into fits()
  negate = 10,
  add = 11,
  subtract = 12,
  multiply = 13,
  divide = 14,
  floor_divide = 15,
  modulo = 16,
  equal = 20,
  not_equal = 21,
  less = 22,
  less_equal = 23,
  greater = 24,
  greater_equal = 25,
  logical_and = 30,
  logical_or = 31,
  logical_not = 32,
  if_else = 40,
  coalesce = 41,
  is_null = 42,
  ln1p = 50,
  days_between = 51,
  to_i64 = 60,
  to_f64 = 61,
  to_boolean = 62,
  to_string = 63,
};

struct Node {
  Op op;
  Type type;
  bool nullable;
  std::uint8_t argument_count = 0;
  std::array<std::uint32_t, 3> arguments{};  // earlier nodes of the same expression
  std::uint32_t index = 0;
  Cell constant{};            // Op::constant, but for a string
  std::string constant_text{};  // Op::constant of type string
};

/// Nodes in an order where arguments come first; the last one is the value. Empty = absent.
struct Expression {
  std::vector<Node> nodes;

  [[nodiscard]] bool empty() const noexcept { return nodes.empty(); }
};

enum class Aggregation : std::uint8_t {
  count = 1,
  count_value = 2,  // count(x): the non-null x
  sum = 3,
  avg = 4,
  min = 5,
  max = 6,
  first = 7,
  last = 8,
};

enum class WindowKind : std::uint8_t { duration = 1, lifetime = 2, events = 3, next = 4 };
enum class Closed : std::uint8_t { left = 1, right = 2, both = 3, neither = 4 };

/// Units: microseconds. Source: docs/language.md, "Windows".
struct Window {
  WindowKind kind = WindowKind::lifetime;
  std::int64_t width = 0;        // duration, next; for events the `within`, 0 = unbounded
  std::int64_t hop = 0;          // 0 = none
  std::int64_t delay = 0;
  std::int64_t event_count = 0;  // kind events
  Closed closed = Closed::left;
  std::int64_t tile = 0;         // size of the fold's groups

  friend bool operator==(const Window&, const Window&) = default;
};

struct Aggregate {
  Aggregation function;
  std::uint32_t stream;
  Expression argument;  // over the stream's columns; empty for count()
  Expression where;     // empty = every event
  Window window;
  Type type;
  bool nullable;
  bool has_default = false;
  Cell default_value{};      // has_default, but for a string
  std::string default_text;  // has_default of type string
};

/// Fitted transforms and how many parameters each has.
enum class Transform : std::uint8_t { standard_scale = 1 };

struct Fit {
  Transform transform;
  std::uint32_t argument;  // a node of expressions()
};

struct Output {
  std::string name;
  std::uint32_t node;
  Type type;  // boolean, i64 or f64
};

class Definition {
 public:
  /// Throws: invalid_argument with syntax, unknown_name, duplicate_name, type_error, invalid_utf8,
  /// or limit_exceeded (docs/language.md lists the limits); unimplemented/unsupported_feature. The
  /// message has line, column, the source line with a caret, what was found, what was expected and
  /// the nearest name. Cost: O(text).
  [[nodiscard]] static Definition parse(std::string_view text);

  [[nodiscard]] const std::string& name() const noexcept { return name_; }
  [[nodiscard]] std::int64_t version() const noexcept { return version_; }
  [[nodiscard]] const std::vector<Stream>& streams() const noexcept { return streams_; }
  [[nodiscard]] std::optional<std::size_t> find_stream(std::string_view name) const noexcept;

  /// The typed request row: keys, then inputs, then `as_of` where it is needed.
  [[nodiscard]] const RowLayout& request() const noexcept { return request_; }
  [[nodiscard]] std::optional<std::uint32_t> as_of_field() const noexcept { return as_of_field_; }
  /// For each stream, the request field of each of its key columns.
  [[nodiscard]] const std::vector<std::vector<std::uint32_t>>& key_fields() const noexcept {
    return key_fields_;
  }

  /// The request's fields of text that are inputs, not keys.
  [[nodiscard]] std::vector<std::uint32_t> text_inputs() const;

  [[nodiscard]] const Expression& expressions() const noexcept { return expressions_; }
  [[nodiscard]] const std::vector<Aggregate>& aggregates() const noexcept { return aggregates_; }
  [[nodiscard]] const std::vector<Fit>& fits() const noexcept { return fits_; }
  [[nodiscard]] const std::vector<Output>& outputs() const noexcept { return outputs_; }

  /// Canonical source: parsing it gives an equal definition.
  [[nodiscard]] std::string text() const;
  /// SHA-256 over everything that decides the bits of an output; not over comments, blanks, names
  /// of intermediate values or the order of independent lines.
  [[nodiscard]] const Sha256Digest& fingerprint() const noexcept { return fingerprint_; }

 private:
  friend class DefinitionParser;
  std::string name_;
  std::int64_t version_ = 0;
  std::vector<Stream> streams_;
  RowLayout request_;
  std::optional<std::uint32_t> as_of_field_;
  std::vector<std::vector<std::uint32_t>> key_fields_;
  Expression expressions_;
  std::vector<Aggregate> aggregates_;
  std::vector<Fit> fits_;
  std::vector<Output> outputs_;
  std::vector<std::pair<std::string, std::uint32_t>> names_;  // every `name = …`, its node
  Sha256Digest fingerprint_{};
};

/// A label: an expression of the same language over the definition's streams, where `next D` =
/// [t, t + D) is legal, as in `count() over orders next 90d == 0`.
struct Label {
  std::string text;
  Expression expression;  // the last node is the label: boolean, i64 or f64
  std::vector<Aggregate> aggregates;
  std::int64_t horizon = 0;  // the longest `next`, microseconds
};

/// Throws: as Definition::parse.
[[nodiscard]] Label parse_label(const Definition& definition, std::string_view text);

}  // namespace mlcore
