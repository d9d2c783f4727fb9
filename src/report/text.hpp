// SPDX-License-Identifier: Apache-2.0
#pragma once

// Text and numbers as a page shows them. What comes back is HTML, with nothing left to escape.
//
//   escaped("a < b");            // "a &lt; b"
//   shortened(name, 40);         // escaped, and cut with "…"
//   data(0.123456);              // <data value="0.123456">0.1235</data>

#include <cstdint>
#include <string>
#include <string_view>

#include "mlcore/drift/report.hpp"
#include "mlcore/monitor/monitor_report.hpp"

namespace mlcore::report {

/// Fit for element content and for attributes in either quotes, in HTML and XML. Controls,
/// noncharacters, marks that change the direction of what follows, and bytes that are not UTF-8
/// become U+FFFD.
[[nodiscard]] std::string escaped(std::string_view text);
/// As `escaped`, the first `limit` characters and "…" where there are more.
[[nodiscard]] std::string shortened(std::string_view text, std::size_t limit);
/// A name that can't reorder what stands beside it.
[[nodiscard]] std::string name_html(std::string_view text, std::size_t limit);

/// `digits` significant digits: 0.1235, 75,120, 1.2e−7, ∞; NaN is "–".
[[nodiscard]] std::string rounded(double value, int digits = 4);
[[nodiscard]] std::string grouped(std::uint64_t count);
[[nodiscard]] std::string percent(double share);
/// `share` of 0 rows is "–".
[[nodiscard]] std::string percent(std::uint64_t part, std::uint64_t rows);
[[nodiscard]] std::string data(double value);
/// "3 panes", "1 pane".
[[nodiscard]] std::string plural(std::uint64_t count, std::string_view noun);
/// 850 ns, 1.25 µs, 3.1 ms, 2 s.
[[nodiscard]] std::string duration(std::uint64_t nanoseconds);

/// A bound of a pane: 1998-01-14, 1998-01-14T06:00:00Z, or a position.
[[nodiscard]] std::string bound_text(PaneKind kind, std::int64_t bound);
/// "1998-01-14 to 1998-02-13", "rows 0 to 9,999".
[[nodiscard]] std::string range_text(PaneKind kind, std::int64_t begin, std::int64_t end);

/// "ok", "drift", "insufficient": the class of what has the verdict's colour.
[[nodiscard]] std::string_view class_of(Verdict verdict) noexcept;
/// A sign that tells verdicts apart without colour.
[[nodiscard]] std::string_view sign_of(Verdict verdict) noexcept;
[[nodiscard]] std::string badge(Verdict verdict);

}  // namespace mlcore::report
