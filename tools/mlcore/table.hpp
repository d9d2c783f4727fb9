// SPDX-License-Identifier: Apache-2.0
#pragma once

// The output table: a row per request, in order, as CSV or as JSON.
//
//   Table table({"customer", "prediction"}, {.json = false, .hex = false});
//   table.text("c17");
//   table.number(0.25);
//   table.content();  // "customer,prediction\nc17,0.25\n"

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "mlcore/schema/row.hpp"

namespace mlcore::command {

struct TableFormat {
  bool json = false;
  bool hex = false;  // numbers as glibc's %a
};

class Table {
 public:
  Table(std::vector<std::string> columns, TableFormat format);

  /// The next cell; a row ends by itself when every column has one.
  void null();
  void text(std::string_view value);
  void integer(std::int64_t value);
  void boolean(bool value);
  void time(std::int64_t micros);
  /// NaN is null.
  void number(double value);
  /// A field of a packed row, by its type.
  void field(const RowView& row, std::size_t field);

  [[nodiscard]] std::uint64_t rows() const noexcept { return rows_; }
  /// CSV with a header, or a JSON object with `columns` and `rows`.
  [[nodiscard]] std::string content() const;

 private:
  void cell(std::string_view plain);
  void quoted(std::string_view value);

  std::vector<std::string> columns_;
  TableFormat format_;
  std::string body_;
  std::size_t column_ = 0;
  std::uint64_t rows_ = 0;
};

}  // namespace mlcore::command
