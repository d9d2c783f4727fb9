// SPDX-License-Identifier: Apache-2.0
#pragma once

// The parts of a page, in its order. Each is a <section> with a heading.

#include <span>
#include <string>
#include <string_view>

#include "report/story.hpp"

namespace mlcore::report {

/// What all sections read.
struct Subject {
  const MonitorReport& report;
  const Reference& reference;
  std::span<const ColumnStory> stories;
};

[[nodiscard]] std::string style_sheet();
/// The heading of the page, its verdict, the facts and what drifted.
[[nodiscard]] std::string overview(const Subject& subject, std::string_view title);
/// Panes × columns: each pane's verdict and main statistic.
[[nodiscard]] std::string timeline(const Subject& subject);
/// Every column: distribution, timeline, statistics.
[[nodiscard]] std::string columns(const Subject& subject);
/// Latencies and failures.
[[nodiscard]] std::string service(const MonitorReport& report);
[[nodiscard]] std::string how_to_read(const MonitorReport& report);

}  // namespace mlcore::report
