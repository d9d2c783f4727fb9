// SPDX-License-Identifier: Apache-2.0
// drift_page uses style_sheet. Colours are named once a scheme; what has a meaning has a sign, a
// word or a pattern beside its colour.
#include "report/sections.hpp"

namespace mlcore::report {
namespace {

constexpr std::string_view kColours = R"(
:root{color-scheme:light dark;
--page:#f7f7f5;--card:#fff;--ink:#1d1f23;--soft:#5a5f69;--line:#e2e2de;--link:#2450b8;
--reference:#c6c9cf;--current:#2f62d9;--threshold:#b3261e;
--drift:#a11d16;--drift-1:#fbe3df;--drift-2:#eb8a80;--drift-3:#b3261e;--on-3:#fff;
--ok:#17663f;--ok-1:#e0f1e7;--unsure:#5b5541;--unsure-1:#eeebdf}
@media (prefers-color-scheme:dark){:root{
--page:#131518;--card:#1b1e22;--ink:#e7e7e4;--soft:#a2a7b0;--line:#2e3238;--link:#91b4ff;
--reference:#4d535d;--current:#7aa5ff;--threshold:#ff8b80;
--drift:#ff9d93;--drift-1:#43211f;--drift-2:#7d302a;--drift-3:#e8695d;--on-3:#1a0503;
--ok:#83d3a8;--ok-1:#173527;--unsure:#cfc7a9;--unsure-1:#34312a}}
)";

constexpr std::string_view kText = R"(
*{box-sizing:border-box}
body{margin:0;background:var(--page);color:var(--ink);
font:16px/1.55 system-ui,-apple-system,"Segoe UI",Roboto,"Helvetica Neue",Arial,sans-serif;
-webkit-text-size-adjust:100%}
main{max-width:80rem;margin:0 auto;padding:clamp(1.25rem,4vw,3.5rem) clamp(1rem,4vw,2.5rem)}
h1{font-size:clamp(1.6rem,4vw,2.2rem);line-height:1.2;margin:.1rem 0 .9rem;letter-spacing:-.015em;
overflow-wrap:anywhere}
h2{font-size:1.2rem;margin:0 0 .8rem;letter-spacing:-.005em}
p{max-width:46rem;margin:0 0 .8rem}
section{margin-top:3rem}
a{color:var(--link);text-decoration-thickness:1px;text-underline-offset:.18em}
code{font:.875em ui-monospace,"SF Mono",Menlo,Consolas,"Liberation Mono",monospace}
bdi{overflow-wrap:anywhere}
.kind{color:var(--soft);font-size:.875rem;margin:0}
.lead{font-size:1.1rem;max-width:none}
.badge{display:inline-block;border-radius:99px;padding:.1em .65em;font-size:.78rem;font-weight:600;
letter-spacing:.02em;white-space:nowrap;line-height:1.6}
.lead .badge{font-size:.95rem;margin-right:.35rem}
.badge.drift{background:var(--drift-1);color:var(--drift)}
.badge.ok{background:var(--ok-1);color:var(--ok)}
.badge.insufficient{background:var(--unsure-1);color:var(--unsure)}
)";

constexpr std::string_view kOverview = R"(
.tiles{list-style:none;display:grid;grid-template-columns:repeat(3,minmax(0,1fr));gap:.75rem;
padding:0;margin:1.4rem 0;max-width:34rem}
.tiles li{background:var(--card);border:1px solid var(--line);border-radius:10px;padding:.7rem .9rem}
.tiles strong{display:block;font-size:1.75rem;line-height:1.2;font-variant-numeric:tabular-nums}
.tiles span{font-size:.75rem;font-weight:600;letter-spacing:.02em}
.tiles .drift span{color:var(--drift)}.tiles .ok span{color:var(--ok)}
.tiles .insufficient span{color:var(--unsure)}
.facts{display:flex;flex-wrap:wrap;gap:.8rem 2rem;margin:0}
.facts dt{color:var(--soft);font-size:.78rem}
.facts dd{margin:0;font-variant-numeric:tabular-nums}
.digest{overflow-wrap:anywhere}
.news{margin:0;padding:0;list-style:none}
.news li{padding:.5rem 0;border-top:1px solid var(--line)}
.news li:last-child{border-bottom:1px solid var(--line)}
.news a{font-weight:600}
.filter{margin:2.5rem 0 -1.5rem}
.filter input{width:1.05em;height:1.05em;vertical-align:-.12em;margin:0 .4em 0 0}
main:has(#only:checked) .heat tbody tr:not(.drift),
main:has(#only:checked) .column:not(.drift){display:none}
.reading dl{display:grid;grid-template-columns:max-content minmax(0,44rem);gap:.7rem 1.1rem;margin:0 0 1rem}
.reading dd{margin:0}
)";

constexpr std::string_view kTables = R"(
.scroll{overflow-x:auto;max-width:100%}
table{border-collapse:collapse;font-variant-numeric:tabular-nums;font-size:.8125rem}
.heat{font-size:.75rem;border-collapse:separate;border-spacing:2px}
.heat th,.heat td{padding:.28rem .4rem;white-space:nowrap;text-align:right;font-weight:400;
border-radius:3px;min-width:3.1rem;line-height:1.35}
.heat tbody td{background:var(--card)}
.heat thead th{color:var(--soft);vertical-align:bottom}
.heat th:first-child{text-align:left;position:sticky;left:0;background:var(--page);
max-width:11rem;overflow:hidden;text-overflow:ellipsis;border-radius:0;padding-left:0}
.heat tbody th:first-child{font-size:.8125rem}
.heat .sum th,.heat .sum td{color:var(--soft)}
.heat .sum .drift{color:var(--drift);font-weight:600}
abbr{text-decoration:none}
.heat .i,.k.i{background:repeating-linear-gradient(135deg,var(--unsure-1) 0 3px,var(--card) 3px 6px);
color:var(--unsure)}
.heat .d1,.k.d1{background:var(--drift-1);color:var(--drift)}
.heat .d2,.k.d2{background:var(--drift-2);color:var(--ink)}
.heat .d3,.k.d3{background:var(--drift-3);color:var(--on-3)}
.heat td.d1,.heat td.d2,.heat td.d3{font-weight:600}
.legend{display:flex;flex-wrap:wrap;gap:.4rem 1.1rem;font-size:.8125rem;color:var(--soft);max-width:none}
.legend span,.side{display:inline-flex;align-items:center;gap:.4rem}
.k{display:inline-block;width:1.5rem;height:1.15rem;border-radius:3px;background:var(--card);
font-size:.65rem;line-height:1.15rem;text-align:center;box-shadow:inset 0 0 0 1px var(--line)}
.numbers{width:100%}
.numbers th,.numbers td{padding:.3rem 0 .3rem .8rem;text-align:right;font-weight:400;white-space:nowrap;
border-bottom:1px solid var(--line)}
.numbers th:first-child{text-align:left;padding-left:0}
.numbers thead th{color:var(--soft);font-size:.78rem;white-space:normal;vertical-align:bottom;line-height:1.3}
.numbers .badge{font-size:.7rem;background:none;padding:0}
.statistics.numbers th,.statistics.numbers td{padding-left:.55rem}
.statistics.numbers th:first-child{padding-left:0;font-size:.72rem}
.statistics th:nth-child(2),.statistics td:nth-child(2){text-align:left}
.categories th:first-child{max-width:9rem;overflow:hidden;text-overflow:ellipsis}
.categories .bars{width:45%;padding-right:0}
.bars i{display:block;height:.4rem;border-radius:0 2px 2px 0}
.bars i.reference{background:var(--reference);margin-bottom:2px}.bars i.current{background:var(--current)}
)";

constexpr std::string_view kColumns = R"(
.column{background:var(--card);border:1px solid var(--line);border-radius:10px;margin:0 0 .5rem}
.column summary{display:grid;grid-template-columns:minmax(0,1fr) 6rem 5.5rem 8.2rem;gap:.4rem 1rem;
align-items:center;padding:.6rem 1rem;cursor:pointer;list-style:none}
.column summary::-webkit-details-marker{display:none}
.column .name{font-weight:600;overflow-wrap:anywhere}
.column .name::before{content:"›";display:inline-block;width:1em;color:var(--soft);font-weight:400}
.column[open] .name::before{transform:rotate(90deg) translate(.1em,.12em)}
.column .main{font-size:.8125rem;color:var(--soft);text-align:right;font-variant-numeric:tabular-nums}
.column .badge{justify-self:end}
.column summary .main:nth-child(2){grid-column:3}
.spark{width:96px;height:22px}
.body{padding:.2rem 1rem 1.2rem;scroll-margin-top:4rem}
.full{font-size:.8125rem;color:var(--soft);max-width:none;max-height:12rem;overflow:auto}
.charts{display:grid;grid-template-columns:repeat(auto-fill,minmax(min(100%,19.5rem),1fr));gap:1.4rem 2rem;
margin:0;align-content:start}
.parts{display:grid;grid-template-columns:minmax(0,1fr);gap:1.6rem 2.2rem;margin-top:.9rem}
.tables{display:grid;grid-template-columns:minmax(0,1fr);gap:1.4rem;align-content:start}
@media (min-width:72rem){.parts{grid-template-columns:minmax(0,1fr) 33rem}
.parts .charts{grid-template-columns:repeat(2,minmax(0,1fr));gap:1.3rem 1.4rem}}
figure{margin:0;min-width:0}
figcaption{display:flex;flex-wrap:wrap;justify-content:space-between;align-items:baseline;gap:.1rem 1rem;font-size:.8125rem;
margin-bottom:.5rem}
.sides{display:flex;gap:.7rem;color:var(--soft);font-size:.75rem}
.side .k{width:.8rem;height:.8rem;box-shadow:none}
.k.reference{background:var(--reference)}.k.current{background:var(--current)}
.side .k.threshold,.side .k.null{height:0;width:1.2rem;background:none;border-radius:0;
border-top:2px dashed var(--threshold)}
.side .k.null{border-top:2px dotted var(--soft)}
svg.chart{display:block;width:100%;max-width:31rem;height:auto;overflow:visible}
svg text{font:11px system-ui,-apple-system,"Segoe UI",Roboto,Arial,sans-serif;fill:var(--soft);
font-variant-numeric:tabular-nums}
svg path{fill:none;stroke-linejoin:round;vector-effect:non-scaling-stroke}
svg .grid{stroke:var(--line);stroke-width:1}
svg .reference{fill:var(--reference)}svg .current{fill:var(--current)}
svg .line{fill:none;stroke-width:1.75}
svg .reference.line{stroke:var(--soft)}svg .current.line{stroke:var(--current)}
svg .gap{stroke:var(--threshold);stroke-width:1.5}svg .rug{stroke:var(--soft);stroke-width:1}
svg .threshold{stroke:var(--threshold);stroke-width:1.5;stroke-dasharray:6 4}
svg .null{stroke:var(--soft);stroke-width:1.5;stroke-dasharray:1.5 3}
svg .ok{fill:var(--current)}svg .drift{fill:var(--threshold)}
svg .insufficient{fill:var(--card);stroke:var(--soft);stroke-width:1.25}
a:focus-visible,summary:focus-visible,.scroll:focus-visible,input:focus-visible{
outline:2px solid var(--link);outline-offset:2px}
)";

constexpr std::string_view kMedia = R"(
@media (max-width:44rem){
.column summary{grid-template-columns:minmax(0,1fr) auto;padding:.6rem .8rem}
.column summary .spark{grid-row:2}.column summary .main{grid-row:2;grid-column:2}
.column summary .main:nth-child(2){grid-column:2}
.column summary .badge{grid-row:1;grid-column:2}
.body{padding:.2rem .8rem 1rem}
.reading dl{grid-template-columns:minmax(0,1fr);gap:.3rem}.reading dd{margin-bottom:.6rem}
.tiles{gap:.5rem}.tiles li{padding:.6rem .7rem}.tiles span{font-size:.62rem;letter-spacing:0;white-space:nowrap}
.heat th:first-child{max-width:7.5rem}}
@media print{
:root{--page:#fff;--card:#fff;--ink:#000;--soft:#444;--line:#ccc;--link:#000;--reference:#c6c9cf;
--current:#2f62d9;--threshold:#b3261e;--drift:#a11d16;--drift-1:#fbe3df;--drift-2:#eb8a80;
--drift-3:#b3261e;--on-3:#fff;--ok:#17663f;--ok-1:#e0f1e7;--unsure:#5b5541;--unsure-1:#eeebdf}
body{font-size:10pt;-webkit-print-color-adjust:exact;print-color-adjust:exact}
main{max-width:none;padding:0}.filter{display:none}section{margin-top:1.5rem}
details::details-content{content-visibility:visible;display:block;height:auto}
.column{break-inside:avoid}.column .name::before{content:none}.scroll{overflow:visible}
.charts{grid-template-columns:repeat(2,minmax(0,1fr));gap:.8rem 1.5rem}
.tables{grid-template-columns:minmax(0,5fr) minmax(0,3fr);gap:1.5rem}.parts{gap:1rem}
.numbers th,.numbers td{padding:.2rem 0 .2rem .5rem;font-size:8pt}
.heat th,.heat td{min-width:0;padding:.1rem .2rem;font-size:6.5pt}
h2{break-after:avoid}a{text-decoration:none}}
)";

}  // namespace

std::string style_sheet() {
  std::string css;
  for (const std::string_view part : {kColours, kText, kOverview, kTables, kColumns, kMedia}) {
    css += part;
  }
  return css;
}

}  // namespace mlcore::report
