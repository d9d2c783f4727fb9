// SPDX-License-Identifier: Apache-2.0
// Outside code uses read_csv and append_csv_field.
#include "mlcore/schema/csv.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstddef>
#include <iterator>
#include <optional>
#include <utility>

#include "base/shown.hpp"
#include "mlcore/base/error.hpp"
#include "mlcore/base/number.hpp"
#include "mlcore/base/time.hpp"

namespace mlcore {
namespace {

constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";

[[noreturn]] void refuse(Reason reason, std::size_t line, std::string_view problem,
                         Where where = {}) {
  throw Error(Code::invalid_argument, reason, fmt::format("line {}: {}", line, problem), where);
}

/// Cuts text into fields by RFC 4180's grammar.
class CsvScanner {
 public:
  explicit CsvScanner(std::string_view text) : text_(text) {}

  /// No record is left.
  [[nodiscard]] bool at_end() const noexcept { return at_ >= text_.size(); }
  /// The line on which the next field starts, from 1.
  [[nodiscard]] std::size_t line() const noexcept { return line_; }

  struct Field {
    std::string_view text;  // until the next call
    bool is_quoted;
    bool ends_record;
  };
  [[nodiscard]] Field next() {
    const std::size_t line = line_;
    if (at_ < text_.size() && text_[at_] == '"') {
      const std::string_view text = quoted();
      return {text, true, end_field(line)};
    }
    const std::size_t start = at_;
    while (at_ < text_.size() && !ends_field(text_[at_])) ++at_;
    const std::string_view text = text_.substr(start, at_ - start);
    return {text, false, end_field(line)};
  }

 private:
  [[nodiscard]] static bool ends_field(char c) noexcept {
    return c == ',' || c == '\n' || c == '\r' || c == '"';
  }

  /// The comma or line break after a field; true when the record ends.
  bool end_field(std::size_t line) {
    if (at_ == text_.size()) return true;
    const char c = text_[at_++];
    if (c == ',') return false;
    if (c == '"') refuse(Reason::malformed_csv, line, "a quote inside a field that is not quoted");
    if (c == '\r' && (at_ == text_.size() || text_[at_] != '\n')) {
      refuse(Reason::malformed_csv, line, "a carriage return without a line feed");
    }
    if (c == '\r') ++at_;
    if (c != '\r' && c != '\n') {
      refuse(Reason::malformed_csv, line, "text after a field's closing quote");
    }
    ++line_;
    return true;
  }

  /// A field from its opening quote to its closing one; a view of the text unless it has `""`.
  std::string_view quoted() {
    const std::size_t line = line_;
    const std::size_t start = ++at_;
    std::size_t copied = start;
    unquoted_.clear();
    for (;; at_ += 2) {
      const std::size_t quote = text_.find('"', at_);
      if (quote == text_.npos) {
        refuse(Reason::malformed_csv, line, "a quoted field is not closed");
      }
      at_ = quote;
      if (text_.substr(quote, 2) != "\"\"") break;
      unquoted_ += text_.substr(copied, quote + 1 - copied);
      copied = quote + 2;
    }
    const std::string_view rest = text_.substr(copied, at_ - copied);
    const std::string_view raw = text_.substr(start, at_ - start);
    line_ += static_cast<std::size_t>(std::count(raw.begin(), raw.end(), '\n'));
    ++at_;
    if (copied == start) return raw;
    unquoted_ += rest;
    return unquoted_;
  }

  std::string_view text_;
  std::size_t at_ = 0;
  std::size_t line_ = 1;
  std::string unquoted_;
};

/// Spelled as a missing value elsewhere, or as the empty string.
bool looks_missing(std::string_view text) noexcept {
  constexpr std::string_view kMissing[] = {"",    "NA",   "N/A",  "n/a",  "nan", "NaN",
                                           "NAN", "null", "NULL", "None", "?",   "#N/A"};
  return std::find(std::begin(kMissing), std::end(kMissing), text) != std::end(kMissing);
}

/// Equal but for case, blanks and punctuation, as "Unit price" and "unit_price" are.
bool is_alike(std::string_view a, std::string_view b) {
  const auto bare = [](std::string_view text) {
    std::string letters;
    for (const char c : text) {
      const auto byte = static_cast<unsigned char>(c);
      const bool is_upper = c >= 'A' && c <= 'Z';
      const bool is_kept = is_upper || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
      if (is_kept || byte >= 0x80) letters += is_upper ? static_cast<char>(c - 'A' + 'a') : c;
    }
    return letters;
  };
  return bare(a) == bare(b);
}

/// Sets a field of the row; false when the text is not of its type.
bool set_value(RowBuilder& builder, std::size_t field, Type type, std::string_view text) {
  const auto set_if = [&](const std::optional<std::int64_t>& value) {
    if (value) builder.set_i64(field, *value);
    return value.has_value();
  };
  switch (type) {
    case Type::boolean:
      if (text != "true" && text != "false") return false;
      builder.set_boolean(field, text == "true");
      return true;
    case Type::i64: return set_if(parse_i64(text));
    case Type::f64: {
      const std::optional<double> value = parse_f64(text);
      if (value) builder.set_f64(field, *value);
      return value.has_value();
    }
    case Type::string: builder.set_string(field, text); return true;
    case Type::timestamp: return set_if(parse_timestamp(text));
    case Type::duration: return set_if(parse_duration(text));
  }
  return false;
}

class CsvReader {
 public:
  CsvReader(std::string_view text, const RowLayout& layout)
      : scanner_(text), layout_(layout), builder_(layout) {}

  CsvRows read() {
    read_header();
    while (!scanner_.at_end()) read_row();
    return std::move(rows_);
  }

 private:
  void read_header() {
    std::vector<bool> is_found(layout_.schema().size());
    for (bool ends = false; !ends;) {
      const CsvScanner::Field field = scanner_.next();
      ends = field.ends_record;
      if (!is_utf8(field.text)) refuse(Reason::invalid_utf8, 1, "a column's name is not UTF-8");
      const std::optional<std::size_t> column = layout_.schema().find(field.text);
      if (column && is_found[*column]) {
        refuse(Reason::duplicate_column, 1, fmt::format("column \"{}\" appears twice", field.text),
               {.column = static_cast<std::int32_t>(*column)});
      }
      if (column) {
        is_found[*column] = true;
      } else {
        rows_.extra_columns.emplace_back(field.text);
      }
      columns_.push_back(column);
    }
    const auto missing = std::find(is_found.begin(), is_found.end(), false);
    if (missing == is_found.end()) return;
    const auto column = static_cast<std::size_t>(missing - is_found.begin());
    const std::string& name = layout_.schema()[column].name;
    refuse(Reason::missing_column, 1,
           fmt::format("the header has no column \"{}\"{}", name, what_it_has(name)),
           {.column = static_cast<std::int32_t>(column)});
  }

  /// The columns that the schema does not have: the one that is alike, or the first ones.
  [[nodiscard]] std::string what_it_has(std::string_view wanted) const {
    const std::vector<std::string>& found = rows_.extra_columns;
    for (const std::string& name : found) {
      if (is_alike(name, wanted)) return fmt::format("; did you mean {}?", shown(name));
    }
    if (found.empty()) return {};
    if (columns_.size() == 1 && found[0].find_first_of(";\t|") != std::string::npos) {
      return fmt::format("; it has {}, and fields are separated by commas", shown(found[0]));
    }
    constexpr std::size_t kMost = 4;
    std::string text = "; it also has ";
    for (std::size_t i = 0; i < std::min(found.size(), kMost); ++i) {
      text += (i == 0 ? "" : ", ") + shown(found[i]);
    }
    return found.size() > kMost ? fmt::format("{} and {} more", text, found.size() - kMost) : text;
  }

  void read_row() {
    const std::size_t first_line = scanner_.line();
    std::size_t count = 0;
    for (bool ends = false; !ends; ++count) {
      const std::size_t line = scanner_.line();
      const CsvScanner::Field field = scanner_.next();
      ends = field.ends_record;
      if (ends && count + 1 != columns_.size()) {
        const bool is_blank = count == 0 && field.text.empty() && !field.is_quoted;
        refuse(Reason::malformed_csv, first_line,
               fmt::format("{}, the header has {}",
                           is_blank     ? "a blank line"
                           : count == 0 ? "1 field"
                                        : fmt::format("{} fields", count + 1),
                           columns_.size()),
               row());
      }
      if (count < columns_.size()) read_field(field, count, line);
    }
    rows_.batch.append(builder_.finish());
  }

  void read_field(const CsvScanner::Field& field, std::size_t index, std::size_t line) {
    const std::optional<std::size_t> column = columns_[index];
    if (!is_utf8(field.text)) {
      const std::string problem = fmt::format("column {} is not UTF-8", name(index));
      refuse(Reason::invalid_utf8, line, problem, column ? at(*column) : row());
    }
    if (!column) return;
    const Field& wanted = layout_.schema()[*column];
    if (field.text.empty() && !field.is_quoted) {
      if (wanted.nullable) return;
      refuse(Reason::null_not_allowed, line,
             fmt::format("column {}: null in a column that is not nullable", name(index)),
             at(*column));
    }
    if (set_value(builder_, *column, wanted.type, field.text)) return;
    refuse(Reason::type_mismatch, line,
           fmt::format("column {}: expected {}, found {}{}", name(index), name_of(wanted.type),
                       shown(field.text),
                       wanted.nullable && looks_missing(field.text)
                           ? "; a missing value is an empty field without quotes"
                           : ""),
           at(*column));
  }

  /// A column of the file, for messages.
  [[nodiscard]] std::string name(std::size_t index) const {
    const std::optional<std::size_t> column = columns_[index];
    return column ? fmt::format("\"{}\"", layout_.schema()[*column].name)
                  : std::to_string(index + 1);
  }
  [[nodiscard]] Where row() const noexcept {
    return {.row = static_cast<std::int64_t>(rows_.batch.size())};
  }
  [[nodiscard]] Where at(std::size_t column) const noexcept {
    return {static_cast<std::int32_t>(column), row().row};
  }

  CsvScanner scanner_;
  const RowLayout& layout_;
  RowBuilder builder_;
  CsvRows rows_;
  std::vector<std::optional<std::size_t>> columns_;  // of the file → of the schema
};

void refuse_nul(std::string_view text) {
  const std::size_t at = text.find('\0');
  if (at == text.npos) return;
  const auto line =
      1 + std::count(text.begin(), text.begin() + static_cast<std::ptrdiff_t>(at), '\n');
  refuse(Reason::malformed_csv, static_cast<std::size_t>(line),
         "a NUL byte; expected UTF-8 text, not UTF-16 or binary data");
}

}  // namespace

CsvRows read_csv(std::string_view text, const RowLayout& layout) {
  if (text.starts_with(kByteOrderMark)) text.remove_prefix(kByteOrderMark.size());
  if (text.empty() || text == "\n" || text == "\r\n") {
    throw Error(Code::invalid_argument, Reason::empty_input, "the CSV has no header");
  }
  refuse_nul(text);
  return CsvReader(text, layout).read();
}

void append_csv_field(std::string& out, std::string_view field) {
  const bool is_plain = !field.empty() && field.find_first_of(",\"\r\n") == field.npos &&
                        !field.starts_with(kByteOrderMark);
  if (is_plain) {
    out += field;
    return;
  }
  out += '"';
  for (const char c : field) {
    if (c == '"') out += '"';
    out += c;
  }
  out += '"';
}

}  // namespace mlcore
