// SPDX-License-Identifier: Apache-2.0
// The statements use parse_stream: `stream NAME(COLUMN: TYPE ROLE, …) dedup(…)`.
#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "feature/diagnostic.hpp"
#include "feature/parser.hpp"

namespace mlcore {
namespace {

Role find_role(std::string_view name) noexcept {
  for (const Role role : {Role::key, Role::event, Role::tie, Role::known}) {
    if (name_of(role) == name) return role;
  }
  return Role::none;
}

}  // namespace

void DefinitionParser::parse_stream() {
  take();
  const Token name = take_name("the name of the stream");
  if (definition_.streams_.size() == kMostStreams) {
    fail(name, Reason::limit_exceeded, fmt::format("more than {} streams", kMostStreams));
  }
  declare(name, SymbolKind::stream, static_cast<std::uint32_t>(definition_.streams_.size()));
  expect_symbol("(", "the name of the stream");
  Stream stream;
  stream.name = name.text;
  std::vector<Field> columns;
  std::vector<std::size_t> offsets;
  do {
    offsets.push_back(peek().offset);
    parse_column(stream, columns);
  } while (take_symbol(","));
  expect_symbol(")", "the last column");
  stream.layout = RowLayout(Schema(std::move(columns)));
  if (peek().is_word("dedup") && is_call()) parse_dedup(stream);
  finish_stream(stream, name);
  declare_keys(stream, offsets);
  definition_.streams_.push_back(std::move(stream));
}

void DefinitionParser::parse_column(Stream& stream, std::vector<Field>& columns) {
  const Token name = take_name("a column, as in amount: f64");
  check_name(name);
  if (columns.size() == kMostColumns) {
    fail(name, Reason::limit_exceeded,
         fmt::format("more than {} columns in a stream", kMostColumns));
  }
  for (const Field& column : columns) {
    if (column.name == name.text) {
      fail(name, Reason::duplicate_name,
           fmt::format("stream \"{}\" has two columns named \"{}\"", stream.name, name.text));
    }
  }
  const Field column = parse_field(name);
  Role role = Role::none;
  const Token token = peek();
  if (token.kind == TokenKind::name) {
    role = find_role(token.text);
    if (role == Role::none)
      fail_expected(token, "a role (key, event, tie or known), \",\" or \")\"");
    check_role(stream, column, role, token);
    take();
  }
  const auto index = static_cast<std::uint32_t>(columns.size());
  if (role == Role::key) stream.key_columns.push_back(index);
  if (role == Role::event) stream.event_column = index;
  if (role == Role::known) stream.known_column = index;
  stream.roles.push_back(role);
  columns.push_back(column);
}

void DefinitionParser::check_role(const Stream& stream, const Field& column, Role role,
                                  const Token& token) const {
  if (role == Role::tie) return;
  const bool is_time = role == Role::event || role == Role::known;
  if (is_time && std::find(stream.roles.begin(), stream.roles.end(), role) != stream.roles.end()) {
    fail(
        token, Reason::syntax,
        fmt::format("stream \"{}\" has a second {} column, expected one", stream.name, token.text));
  }
  if (is_time && column.type != Type::timestamp) {
    fail(token, Reason::type_error,
         fmt::format("{} column \"{}\" is {}, expected timestamp", token.text, column.name,
                     name_of(column.type)));
  }
  if (role == Role::key && column.type == Type::f64) {
    fail(token, Reason::type_error,
         fmt::format("key column \"{}\" is f64, expected bool, i64, string, timestamp or duration",
                     column.name));
  }
  if (column.nullable) {
    fail(token, Reason::type_error,
         fmt::format("{} column \"{}\" is nullable, expected {} without ?", token.text, column.name,
                     name_of(column.type)));
  }
}

void DefinitionParser::finish_stream(Stream& stream, const Token& name) {
  const auto has = [&](Role role) {
    return std::find(stream.roles.begin(), stream.roles.end(), role) != stream.roles.end();
  };
  if (!has(Role::key)) {
    fail(name, Reason::syntax,
         fmt::format("stream \"{}\" has no key column, expected one as in "
                     "customer: string key",
                     stream.name));
  }
  if (!has(Role::event)) {
    fail(name, Reason::syntax,
         fmt::format("stream \"{}\" has no event column, expected one as in "
                     "at: timestamp event",
                     stream.name));
  }
  // Events of one list are equal in key and time, so neither decides their order.
  for (std::uint32_t i = 0; i < stream.roles.size(); ++i) {
    if (stream.roles[i] == Role::tie) stream.order_columns.push_back(i);
  }
  for (std::uint32_t i = 0; i < stream.roles.size(); ++i) {
    const Role role = stream.roles[i];
    if (role == Role::none || role == Role::known) stream.order_columns.push_back(i);
  }
}

void DefinitionParser::parse_dedup(Stream& stream) {
  take();
  take();
  stream.has_dedup = true;
  const Schema& schema = stream.layout.schema();
  while (!take_symbol(")")) {
    if (!stream.dedup_columns.empty()) expect_symbol(",", "a column of dedup()");
    const Token name = take_name("a column of the stream");
    const auto column = schema.find(name.text);
    if (!column) {
      std::vector<std::string_view> names;
      for (const Field& field : schema.fields()) names.push_back(field.name);
      fail(name, Reason::unknown_name,
           fmt::format("found {}, expected a column of stream \"{}\"{}", quoted(name.text),
                       stream.name, suggestion(name.text, names)));
    }
    const Role role = stream.roles[*column];
    const auto index = static_cast<std::uint32_t>(*column);
    auto& columns = stream.dedup_columns;
    if (role == Role::key || role == Role::event ||
        std::find(columns.begin(), columns.end(), index) != columns.end()) {
      fail(name, Reason::duplicate_name,
           fmt::format("column \"{}\" is already part of the identity of an event", name.text));
    }
    columns.push_back(index);
  }
  std::sort(stream.dedup_columns.begin(), stream.dedup_columns.end());  // a set
}

/// A key column is a request field, shared by every stream and input of that name.
void DefinitionParser::declare_keys(const Stream& stream,
                                    const std::vector<std::size_t>& column_offsets) {
  std::vector<std::uint32_t>& of_stream = key_fields_.emplace_back();
  for (const std::uint32_t column : stream.key_columns) {
    const Field& field = stream.layout.schema()[column];
    const Token token{TokenKind::name, field.name, column_offsets[column]};
    const auto found = symbols_.find(field.name);
    if (found == symbols_.end() || found->second.kind != SymbolKind::field) {
      declare(token, SymbolKind::field, static_cast<std::uint32_t>(fields_.size()));
      fields_.push_back(field);
      is_key_.push_back(false);
    } else if (!(fields_[found->second.index] == field)) {
      const Field& other = fields_[found->second.index];
      fail(token, Reason::type_error,
           fmt::format("key \"{}\" is {}, but {}{} where it was declared before", field.name,
                       name_of(field.type), name_of(other.type), other.nullable ? "?" : ""));
    }
    const std::uint32_t index = symbols_.at(field.name).index;
    if (!is_key_[index]) keys_.push_back(index);
    is_key_[index] = true;
    of_stream.push_back(index);
  }
}

}  // namespace mlcore
