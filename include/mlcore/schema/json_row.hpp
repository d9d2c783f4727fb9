// SPDX-License-Identifier: Apache-2.0
#pragma once

// The only JSON → row code: every binding and service calls it.
//
//   RowBuilder builder(layout);
//   row_from_json(layout, R"({"customer": "c17", "as_of": "1998-01-01"})", builder);
//   builder.finish();

#include <string_view>

#include "mlcore/schema/row.hpp"

namespace mlcore {

/// Starts a new row in `builder` and fills it from one JSON object whose members are the layout's
/// fields, in any order; after an error the builder holds nothing of it.
/// A nullable field may be absent or null. bool: `true` or `false`; i64: a number without fraction
/// or exponent; f64: any number; string: a string; timestamp: a string as parse_timestamp;
/// duration: a string as parse_duration.
/// Throws: invalid_argument/malformed_json, missing_column, unknown_column, type_mismatch,
/// null_not_allowed, invalid_timestamp, invalid_number (a fraction for an i64, out of range);
/// `where.column` names the field.
void row_from_json(const RowLayout& layout, std::string_view json, RowBuilder& builder);

}  // namespace mlcore
