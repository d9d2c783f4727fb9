// SPDX-License-Identifier: Apache-2.0
#pragma once

// Random programs of the feature language, well typed by construction.
//
//   RandomDefinition random(seed);
//   Definition::parse(random.text());

#include <fmt/format.h>

#include <random>
#include <string>
#include <vector>

#include "mlcore/schema/schema.hpp"

namespace mlcore {

class RandomDefinition {
 public:
  explicit RandomDefinition(std::uint64_t seed) : engine_(seed) {}

  std::string text() {
    std::string out = fmt::format("features f{} version {}\n", below(100), below(1000));
    std::string outputs;
    const int statements = 3 + below(12);
    for (int i = 0; i < statements; ++i) {
      const int kind = below(i == 0 ? 2 : 8);
      if (kind == 0) {
        out += stream(i);
      } else if (kind == 1) {
        out += input(i);
      } else {
        const Type type = any_type();
        out += fmt::format("v{} = {}\n", i, expression(type, 4));
        if (type == Type::boolean || type == Type::i64 || type == Type::f64) {
          outputs += fmt::format("{}v{}", outputs.empty() ? "" : ", ", i);
        }
        values_.push_back({fmt::format("v{}", i), type, true});
      }
      if (below(6) == 0) out += "  # comment\n\n";
    }
    if (outputs.empty()) {
      out += "last_value = 1\n";
      outputs = "last_value";
    }
    return out + fmt::format("output [{}]\n", outputs);
  }

 private:
  struct RandomStream {
    std::string name;
    std::vector<Field> columns;
  };

  int below(int limit) { return std::uniform_int_distribution<int>(0, limit - 1)(engine_); }
  bool chance(int one_in) { return below(one_in) == 0; }
  template <typename... Texts>
  std::string pick(Texts... texts) {
    const std::vector<std::string> all = {texts...};
    return all[static_cast<std::size_t>(below(static_cast<int>(all.size())))];
  }
  Type any_type() { return static_cast<Type>(1 + below(6)); }

  std::string field(const Field& field) {
    return fmt::format("{}: {}{}", field.name, name_of(field.type), field.nullable ? "?" : "");
  }

  std::string stream(int number) {
    RandomStream made{fmt::format("s{}", number), {{"at", Type::timestamp, false}}};
    std::string text =
        fmt::format("stream s{}(at: timestamp event, key{}: i64 key", number, below(3));
    if (chance(3)) text += fmt::format(", other{}: string key", number);
    const int columns = below(6);
    for (int i = 0; i < columns; ++i) {
      const Field column{fmt::format("c{}", i), any_type(), chance(2)};
      text += ", " + field(column) + (chance(5) ? " tie" : "");
      made.columns.push_back(column);
    }
    if (chance(3)) text += ", seen: timestamp known";
    text += ")";
    if (chance(4)) text += columns > 0 ? " dedup(c0)" : " dedup()";
    streams_.push_back(made);
    return text + "\n";
  }

  std::string input(int number) {
    const Field made{fmt::format("i{}", number), any_type(), chance(2)};
    values_.push_back(made);
    return "input " + field(made) + "\n";
  }

  std::string constant(Type type) {
    switch (type) {
      case Type::boolean: return pick("true", "false");
      case Type::i64: return pick("0", "7", "-3", "9223372036854775807", "-9223372036854775808");
      case Type::f64: return pick("0.5", "-0.0", "1e300", "5e-324", "-1.25", "3.0", "1E22", "0.1");
      case Type::string: return pick("\"\"", "\"a b\"", "\"q\\\"\\\\\"", "\"\\u{0}\\n\xC3\xA9\"");
      case Type::timestamp:
        return pick("timestamp(\"1998-01-01\")", "timestamp(\"0001-01-01T00:00:00.000001Z\")");
      case Type::duration: return pick("0s", "90d", "61m", "2w");
    }
    return {};
  }

  /// A name of that type in sight, or a constant.
  std::string leaf(Type type) {
    const std::vector<Field>& names = columns_ != nullptr ? *columns_ : values_;
    std::vector<std::string> fitting;
    for (const Field& name : names) {
      if (name.type == type) fitting.push_back(name.name);
    }
    if (type == Type::timestamp && columns_ == nullptr && chance(3)) return "as_of()";
    if (fitting.empty() || chance(4)) return constant(type);
    return fitting[static_cast<std::size_t>(below(static_cast<int>(fitting.size())))];
  }

  std::string wrapped(const std::string& text) { return chance(2) ? "(" + text + ")" : text; }
  /// An operand needs parentheses where it may hold an operator.
  std::string operand(Type type, int depth) { return "(" + expression(type, depth) + ")"; }
  Type number() { return chance(2) ? Type::i64 : Type::f64; }

  std::string expression(Type type, int depth) {
    if (depth == 0) return leaf(type);
    const int kind = below(6);
    if (kind == 0) return leaf(type);
    if (kind == 1) {
      return fmt::format("if({}, {}, {})", expression(Type::boolean, depth - 1),
                         expression(type, depth - 1), expression(type, depth - 1));
    }
    if (kind == 2) {
      return fmt::format("coalesce({}, {})", expression(type, depth - 1),
                         expression(type, depth - 1));
    }
    if (kind == 3 && columns_ == nullptr && !streams_.empty()) return aggregate(type);
    switch (type) {
      case Type::boolean: return boolean(depth - 1);
      case Type::i64:
        return wrapped(chance(4) ? fmt::format("-{}", operand(type, depth - 1))
                       : chance(4)
                           ? fmt::format("i64({})", expression(number(), depth - 1))
                           : fmt::format("{} {} {}", operand(type, depth - 1),
                                         pick("+", "-", "*", "//", "%"), operand(type, depth - 1)));
      case Type::f64:
        if (columns_ == nullptr && chance(5)) {
          return fmt::format("fit standard_scale({})", expression(number(), depth - 1));
        }
        return wrapped(chance(4) ? fmt::format("ln1p({})", expression(number(), depth - 1))
                                 : fmt::format("{} {} {}", operand(Type::f64, depth - 1),
                                               pick("+", "-", "*", "/", "//", "%"),
                                               operand(number(), depth - 1)));
      case Type::string:
      case Type::timestamp:
      case Type::duration: break;
    }
    return leaf(type);
  }

  std::string boolean(int depth) {
    if (chance(5)) return wrapped("not " + operand(Type::boolean, depth));
    if (chance(5)) return fmt::format("is_null({})", expression(any_type(), depth));
    if (chance(2)) {
      return wrapped(fmt::format("{} {} {}", operand(Type::boolean, depth),
                                 pick("and", "or", "==", "!="), operand(Type::boolean, depth)));
    }
    const Type type = chance(3) ? Type::string : number();
    const Type other = type == Type::string ? type : number();
    return wrapped(fmt::format("{} {} {}", operand(type, depth),
                               pick("==", "!=", "<", "<=", ">", ">="), operand(other, depth)));
  }

  std::string aggregate(Type type) {
    const RandomStream& stream =
        streams_[static_cast<std::size_t>(below(static_cast<int>(streams_.size())))];
    columns_ = &stream.columns;
    const std::string argument = expression(type, 2);
    const std::string condition =
        chance(2) ? fmt::format(" where {}", expression(Type::boolean, 2)) : "";
    columns_ = nullptr;
    const std::string tail =
        fmt::format(" over {}{} {}{}{}", stream.name, condition,
                    pick("lifetime", "last 90d", "last 36h hop 90m", "last 3 events",
                         "last 10 events within 7d"),
                    chance(3) ? " delay 10m" : "",
                    chance(3) ? " closed " + pick("left", "right", "both", "neither") : "");
    if (type == Type::i64 && chance(2)) return "count()" + tail;
    const bool is_number = type == Type::i64 || type == Type::f64;
    const std::string function =
        is_number && chance(2) ? "sum" : pick("min", "max", "first", "last");
    return fmt::format("{}({}){}{}", function, argument, tail,
                       chance(2) ? " default " + constant(type) : "");
  }

  std::mt19937_64 engine_;
  std::vector<RandomStream> streams_;
  std::vector<Field> values_;
  const std::vector<Field>* columns_ = nullptr;
};

}  // namespace mlcore
