// SPDX-License-Identifier: Apache-2.0
#include "report/text.hpp"

#include <doctest/doctest.h>

#include <cmath>
#include <limits>

namespace mlcore::report {

TEST_CASE("rounded: significant digits, thousands apart, powers of ten past nine digits") {
  const struct {
    double value;
    const char* text;
  } cases[] = {{0, "0"},
               {-0.0, "0"},
               {1, "1"},
               {0.1, "0.1"},
               {0.123456, "0.1235"},
               {9.99999, "10"},
               {75'123.4, "75,123"},
               {-1'234.5, "−1,234"},  // half to even, as printf
               {123'456'789, "123,456,789"},
               {1.5e9, "1.5e9"},
               {0.00012345, "0.0001234"},
               {0.000012345, "1.234e−5"},
               {std::numeric_limits<double>::max(), "1.798e308"},
               {std::numeric_limits<double>::denorm_min(), "4.941e−324"},
               {std::numeric_limits<double>::infinity(), "∞"},
               {-std::numeric_limits<double>::infinity(), "−∞"},
               {std::nan(""), "–"}};
  for (const auto& c : cases) {
    CAPTURE(c.value);
    CHECK(rounded(c.value) == c.text);
  }
}

TEST_CASE(
    "percent: one decimal; never 0 % for what is not nothing, nor 100 % for what is not all") {
  CHECK(percent(0.0) == "0 %");
  CHECK(percent(0.0001) == "&lt; 0.1 %");
  CHECK(percent(0.12345) == "12.3 %");
  CHECK(percent(1.0) == "100 %");
  CHECK(percent(0.9994) == "99.9 %");
  CHECK(percent(0.9996) == "&gt; 99.9 %");
  CHECK(percent(9'999, 10'000) == "&gt; 99.9 %");
  CHECK(percent(1, 3) == "33.3 %");
  CHECK(percent(0, 0) == "–");
}

TEST_CASE("grouped, plural and duration: words for counts") {
  CHECK(grouped(0) == "0");
  CHECK(grouped(999) == "999");
  CHECK(grouped(1'000) == "1,000");
  CHECK(grouped(~std::uint64_t{0}) == "18,446,744,073,709,551,615");
  CHECK(plural(1, "pane") == "1 pane");
  CHECK(plural(2'000, "pane") == "2,000 panes");
  CHECK(duration(850) == "850 ns");
  CHECK(duration(1'250) == "1.25 µs");
  CHECK(duration(3'100'000) == "3.1 ms");
  CHECK(duration(1'099'511'627'775) == "1,100 s");
}

TEST_CASE("escaped: what has a meaning in markup, and what no document may hold") {
  CHECK(escaped("<a href=\"x\">'&") == "&lt;a href=&quot;x&quot;&gt;&#39;&amp;");
  CHECK(escaped(std::string_view("a\0b", 3)) == "a\uFFFDb");
  CHECK(escaped("\t\n") == "\t\n");
  CHECK(escaped("é 漢 👩‍🚀") == "é 漢 👩‍🚀");
  // Truncated, overlong, a surrogate, past the last code point, a lone continuation.
  CHECK(escaped("\xC3") == "\uFFFD");
  CHECK(escaped("\xC0\xAF") == "\uFFFD\uFFFD");
  CHECK(escaped("\xED\xA0\x80") == "\uFFFD\uFFFD\uFFFD");
  CHECK(escaped("\xF4\x90\x80\x80") == "\uFFFD\uFFFD\uFFFD\uFFFD");
  CHECK(escaped("\x80x") == "\uFFFDx");
  CHECK(escaped("\xEF\xBF\xBE") == "\uFFFD");  // U+FFFE
  CHECK(escaped("\u202Eevil\u2069") == "\uFFFDevil\uFFFD");
}

TEST_CASE("shortened: whole characters, and a mark where there is more") {
  CHECK(shortened("abc", 3) == "abc");
  CHECK(shortened("abcd", 3) == "abc…");
  CHECK(shortened("ééé", 2) == "éé…");
  CHECK(shortened("<<<", 2) == "&lt;&lt;…");
  CHECK(shortened("", 2) == "");
}

TEST_CASE("bound_text: days, instants, positions, and bounds that no calendar has") {
  CHECK(bound_text(PaneKind::as_of, 883'612'800'000'000) == "1998-01-01");
  CHECK(bound_text(PaneKind::as_of, 883'612'801'000'000) == "1998-01-01T00:00:01Z");
  CHECK(bound_text(PaneKind::as_of, std::numeric_limits<std::int64_t>::min()) ==
        "−9,223,372,036,854,775,808");
  CHECK(bound_text(PaneKind::count, 10'000) == "10,000");
}

}  // namespace mlcore::report
