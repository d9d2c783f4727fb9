// SPDX-License-Identifier: Apache-2.0
#pragma once

// One profile against another: what this reference's counters would hold of the other one's rows.
//
//   compare(v1, profile_counts(v1, v2), {});  // did the second training see other rows?

#include "mlcore/drift/reference.hpp"

namespace mlcore {

/// The rows behind `other`, counted for `reference`, as far as `other` can tell: the rows of a bin
/// are taken as spread evenly in it, and categories that shared a counter as other. Between two
/// edges of `other` a cumulative share is off by at most the share of that bin; at equal edges and
/// for values with a bin of their own it is exact. Means and deviations are those of `other`.
/// Columns that only `other` has are left out.
/// Throws: invalid_argument/other_model for a column that `other` does not have.
[[nodiscard]] PaneCounts profile_counts(const Reference& reference, const Reference& other);

}  // namespace mlcore
