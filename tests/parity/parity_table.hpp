// SPDX-License-Identifier: Apache-2.0
#pragma once

// The table's values, for the runners in C and C++: an object of tagged values to a row.
//
// C and C++ have no object with a type for each member, so a row goes one of two ways: its values
// are written into their slots where each has its field's type, and the library refuses what else
// is wrong with them; otherwise it is written as JSON, and the library refuses the types and the
// names. A double for an i64 is the exception: the compiler would take neither, so the runner
// refuses it.

#include <bit>
#include <charconv>
#include <cmath>
#include <cstdint>
#include <cstdio>
#include <fstream>
#include <iterator>
#include <nlohmann/json.hpp>
#include <optional>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include "mlcore/mlcore.h"

namespace mlcore::parity {

using Json = nlohmann::json;

struct Refusal {
  std::int32_t code, reason, column;
  std::int64_t row;
};

struct Column {
  std::string name;
  std::int32_t type;
  bool nullable;
};

inline double number(const Json& bits) {
  return std::bit_cast<double>(std::stoull(bits.get<std::string>(), nullptr, 16));
}

inline std::string hex(std::uint64_t word) {
  std::string text(16, '0');
  for (std::size_t i = 0; i < 16; ++i) text[15 - i] = "0123456789abcdef"[word >> (4 * i) & 15];
  return text;
}

inline Json bits(std::span<const double> values) {
  Json coded = Json::array();
  for (const double value : values) coded.push_back(hex(std::bit_cast<std::uint64_t>(value)));
  return coded;
}

inline std::string bytes(std::string_view digits) {
  std::string text;
  for (std::size_t i = 0; i + 1 < digits.size(); i += 2) {
    text += static_cast<char>(std::stoi(std::string(digits.substr(i, 2)), nullptr, 16));
  }
  return text;
}

/// Signed; nullopt past the range.
inline std::optional<std::int64_t> integer(const std::string& text) {
  std::int64_t value = 0;
  const auto [end, problem] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (problem != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return value;
}

/// UTF-16 as UTF-8, a lone surrogate in three bytes.
inline std::string utf8(const Json& units) {
  std::string text;
  for (std::size_t i = 0; i < units.size(); ++i) {
    std::uint32_t point = units[i];
    if (point >> 10 == 0x36 && i + 1 < units.size() &&
        units[i + 1].get<std::uint32_t>() >> 10 == 0x37) {
      point = 0x10000 + ((point & 0x3FF) << 10) + (units[++i].get<std::uint32_t>() & 0x3FF);
    }
    const auto tail = [&](int shift) { return static_cast<char>(0x80 | (point >> shift & 0x3F)); };
    if (point < 0x80) {
      text += static_cast<char>(point);
    } else if (point < 0x800) {
      text += {static_cast<char>(0xC0 | point >> 6), tail(0)};
    } else if (point < 0x10000) {
      text += {static_cast<char>(0xE0 | point >> 12), tail(6), tail(0)};
    } else {
      text += {static_cast<char>(0xF0 | point >> 18), tail(12), tail(6), tail(0)};
    }
  }
  return text;
}

/// Writes a value into its slot; false where the type is not the field's.
template <typename Slots>
bool set_slot(Slots& slots, std::size_t at, const Column& column, const Json& tagged) {
  const std::string& tag = tagged.begin().key();
  const Json& value = tagged.begin().value();
  if (tag == "null") return slots.set_null(at), true;
  switch (column.type) {
    case MLCORE_TYPE_BOOLEAN:
      if (tag != "bool") return false;
      return slots.set_boolean(at, value), true;
    case MLCORE_TYPE_I64: {
      if (tag == "f64") {
        throw Refusal{MLCORE_INVALID_ARGUMENT, MLCORE_REASON_TYPE_MISMATCH,
                      static_cast<std::int32_t>(at), -1};
      }
      const std::optional<std::int64_t> whole = tag == "i64" ? integer(value) : std::nullopt;
      if (whole) slots.set_i64(at, *whole);
      return whole.has_value();
    }
    case MLCORE_TYPE_F64:
      if (tag != "f64" && tag != "i64") return false;
      slots.set_f64(at, tag == "f64" ? number(value) : static_cast<double>(integer(value).value()));
      return true;
    case MLCORE_TYPE_STRING:
      if (tag != "string" && tag != "utf16") return false;
      return slots.set_string(at, tag == "string" ? value.get<std::string>() : utf8(value)), true;
    case MLCORE_TYPE_TIMESTAMP:
      if (tag != "micros") return false;
      return slots.set_i64(at, integer(value).value()), true;
    case MLCORE_TYPE_DURATION:
      if (tag != "duration") return false;
      return slots.set_i64(at, integer(value).value()), true;
    default: return false;
  }
}

/// Fills the slots of a row; false where JSON must be tried.
template <typename Slots>
bool set_slots(Slots& slots, const std::vector<Column>& columns, const Json& row) {
  std::size_t known = 0;
  for (std::size_t at = 0; at < columns.size(); ++at) {
    const auto found = row.find(columns[at].name);
    if (found == row.end() && !columns[at].nullable) return false;
    if (found == row.end()) {
      slots.set_null(at);
      continue;
    }
    ++known;
    if (!set_slot(slots, at, columns[at], *found)) return false;
  }
  return known == row.size();
}

/// A row that the slots could not take, as JSON. Its refusal is wanted, so that any text will do
/// for an instant or a duration.
inline std::string json_of(const Json& row) {
  Json plain = Json::object();
  for (const auto& [name, tagged] : row.items()) {
    const std::string& tag = tagged.begin().key();
    const Json& value = tagged.begin().value();
    if (tag == "null") {
      plain[name] = nullptr;
    } else if (tag == "i64") {
      plain[name] = Json::parse(value.get<std::string>());
    } else if (tag == "f64") {
      plain[name] = number(value);
    } else if (tag == "micros") {
      plain[name] = "2000-01-01";
    } else if (tag == "duration") {
      plain[name] = "1s";
    } else {
      plain[name] = value;
    }
  }
  return plain.dump();
}

inline std::string damaged(std::string bytes, const Json& patch) {
  if (patch.contains("truncate")) return bytes.substr(0, patch["truncate"].get<std::size_t>());
  if (patch.contains("offset")) {
    bytes.at(patch["offset"].get<std::size_t>()) ^= static_cast<char>(patch["xor"].get<int>());
  }
  return bytes;
}

inline std::string read_whole(const std::string& path) {
  std::ifstream stream(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(stream), {}};
}

inline Json error_of(const Refusal& refusal) {
  return {{"error",
           {{"code", refusal.code},
            {"reason", refusal.reason},
            {"column", refusal.column},
            {"row", refusal.row}}}};
}

/// Runs every case, prints those that differ, and the sum. `outcome` gives what a case should
/// expect.
template <typename Outcome>
int run_table(const Json& table, Outcome outcome) {
  int passed = 0, failed = 0;
  for (const Json& one : table["cases"]) {
    Json found;
    try {
      found = outcome(one);
    } catch (const Refusal& refusal) {
      found = error_of(refusal);
    } catch (const std::exception& exception) {
      found = exception.what();
    }
    ++(found == one["expect"] ? passed : failed);
    if (found == one["expect"]) continue;
    std::printf("%s: expected %s, found %s\n", one["name"].get<std::string>().c_str(),
                one["expect"].dump().c_str(), found.dump().c_str());
  }
  std::printf("%d passed, %d failed\n", passed, failed);
  return failed == 0 && passed > 0 ? 0 : 1;
}

}  // namespace mlcore::parity
