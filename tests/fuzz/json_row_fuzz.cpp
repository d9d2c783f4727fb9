// SPDX-License-Identifier: Apache-2.0
// Any bytes as a JSON row: refused with an Error and nothing left in the builder, or a row that
// parses.
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "mlcore/base/error.hpp"
#include "mlcore/schema/json_row.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace mlcore;
  static const RowLayout layout(Schema({{"s", Type::string, true},
                                        {"b", Type::boolean, true},
                                        {"i", Type::i64, true},
                                        {"f", Type::f64, true},
                                        {"t", Type::timestamp, true},
                                        {"d", Type::duration, true}}));
  RowBuilder builder(layout);
  try {
    row_from_json(layout, {reinterpret_cast<const char*>(data), size}, builder);
  } catch (const Error&) {
    const RowView empty = RowView::parse(layout, builder.finish());
    for (std::size_t field = 0; field < layout.schema().size(); ++field) {
      if (!empty.is_null(field)) std::abort();
    }
    return 0;
  }
  (void)RowView::parse(layout, builder.finish());
  return 0;
}
