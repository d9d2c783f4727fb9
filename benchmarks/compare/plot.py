# SPDX-License-Identifier: Apache-2.0
"""SVG plots with logarithmic axes, which follow the reader's light or dark theme; no library is needed.

A panel is {"title", "x": [(value, text)], "series": [(name, [(x, y)])], "unit"}; page() lays panels out in two columns.
"""
import math
from html import escape

PANEL_WIDTH, PANEL_HEIGHT = 600, 340
LEFT, RIGHT, TOP, BOTTOM = 62, 196, 44, 44
LABEL_HEIGHT = 15
COLOURS = {  # light, dark
    "mlcore": ("#0b5fd8", "#6cb0ff"), "mlcore, no definition": ("#0b9fb8", "#4fd6e8"), "XGBoost": ("#c2410c", "#fb923c"),
    "XGBoost 1.7": ("#a16207", "#facc15"), "LightGBM": ("#15803d", "#4ade80"), "oneDAL": ("#7c3aed", "#c4a7ff"),
    "ONNX Runtime": ("#be185d", "#f68cc0"), "tl2cgen": ("#57534e", "#b8b2ac"), "lleaves": ("#4d7c0f", "#a3e635"),
}
NAMES = {"mlcore model": "mlcore, no definition", "xgboost": "XGBoost", "xgboost 1.7": "XGBoost 1.7", "lightgbm": "LightGBM",
         "onedal": "oneDAL", "onnxruntime": "ONNX Runtime"}


def style():
    def rules(which):
        return "".join(f".c{number}{{--c:{pair[which]}}}" for number, pair in enumerate(COLOURS.values()))
    return ("<style>svg{--ink:#1f2328;--faint:#656d76;--line:#d8dee4;--page:#ffffff}" + rules(0) +
            "@media(prefers-color-scheme:dark){svg{--ink:#e6edf3;--faint:#9198a1;--line:#30363d;--page:#0d1117}" + rules(1) + "}"
            "text{font:12px system-ui,-apple-system,'Segoe UI',sans-serif;fill:var(--faint)}"
            ".title{font-size:14px;font-weight:600;fill:var(--ink)}.head{font-size:17px;font-weight:600;fill:var(--ink)}"
            ".page{fill:var(--page)}.grid{stroke:var(--line);stroke-width:1}.series{stroke:var(--c);stroke-width:1.8;fill:none;stroke-linejoin:round}"
            ".bold{stroke-width:3.2}.dot{fill:var(--c);stroke:var(--page);stroke-width:1}.name{fill:var(--c);font-weight:500}.strong{font-weight:700}</style>")


def decades(low, high):
    return [10.0 ** power for power in range(math.floor(math.log10(low)), math.ceil(math.log10(high)) + 1)]


def number(value):
    return f"{value:,.0f}" if value >= 1 else f"{value:g}"


def spread_labels(labels, low, high):
    """Places of labels, as near as possible to the wanted ones and no two over one another."""
    places = []
    for wanted, *rest in sorted(labels, key=lambda label: label[0]):
        places.append([max(wanted, places[-1][0] + LABEL_HEIGHT if places else low), *rest])
    over = (places[-1][0] - high) if places else 0
    if over > 0:
        limit = high
        for place in reversed(places):
            place[0] = min(place[0], limit)
            limit = place[0] - LABEL_HEIGHT
    return places


def scale(low, high, begin, end):
    span = math.log10(high) - math.log10(low)
    return lambda value: begin + (math.log10(value) - math.log10(low)) / span * (end - begin)


def draw_axes(panel, x, y, marks, width, height):
    parts = [f'<text class="title" x="{LEFT}" y="20">{escape(panel["title"])}</text>',
             f'<text x="{LEFT}" y="36">{escape(panel["unit"])}</text>']
    for mark in marks:
        parts.append(f'<line class="grid" x1="{LEFT}" x2="{width - RIGHT}" y1="{y(mark):.1f}" y2="{y(mark):.1f}"/>')
        parts.append(f'<text text-anchor="end" x="{LEFT - 8}" y="{y(mark) + 4:.1f}">{number(mark)}</text>')
    for value, text in panel["x"]:
        parts.append(f'<text text-anchor="middle" x="{x(value):.1f}" y="{height - BOTTOM + 18}">{escape(text)}</text>')
    parts.append(f'<text text-anchor="middle" x="{(LEFT + width - RIGHT) / 2:.0f}" y="{height - 6}">{escape(panel["axis"])}</text>')
    return parts


def draw_panel(panel):
    width, height = PANEL_WIDTH, PANEL_HEIGHT
    values = [value for _, points in panel["series"] for _, value in points]
    marks = decades(min(values), max(values))
    if len(marks) == 1:
        marks.append(marks[0] * 10)
    edges = [value for value, _ in panel["x"]]
    x = scale(min(edges), max(edges), LEFT + 10, width - RIGHT - 10)
    y = scale(marks[0], marks[-1], height - BOTTOM, TOP + 6)
    parts, labels = draw_axes(panel, x, y, marks, width, height), []
    for name, points in panel["series"]:
        colour = list(COLOURS).index(name)
        bold = " bold" if name.startswith("mlcore") else ""
        path = " ".join(f"{x(at):.1f},{y(value):.1f}" for at, value in points)
        parts.append(f'<polyline class="series c{colour}{bold}" points="{path}"/>')
        parts += [f'<circle class="dot c{colour}" cx="{x(at):.1f}" cy="{y(value):.1f}" r="3.2"/>' for at, value in points]
        labels.append((y(points[-1][1]) + 4, name, colour, number_of(points[-1][1])))
    for place, name, colour, last in spread_labels(labels, TOP + 10, height - BOTTOM + 4):
        strong = " strong" if name.startswith("mlcore") else ""
        parts.append(f'<text class="name c{colour}{strong}" x="{width - RIGHT + 4}" y="{place:.1f}">{escape(name)} {last}</text>')
    return parts


def number_of(value):
    return f"{value:.3g}"


def page(title, panels):
    columns = min(2, len(panels))
    width = PANEL_WIDTH * columns
    height = 44 + PANEL_HEIGHT * math.ceil(len(panels) / columns)
    parts = [f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}" height="{height}" role="img">',
             f"<title>{escape(title)}</title>", style(), f'<rect class="page" width="{width}" height="{height}"/>',
             f'<text class="head" x="{LEFT}" y="28">{escape(title)}</text>']
    for place, panel in enumerate(panels):
        left, top = place % columns * PANEL_WIDTH, 44 + place // columns * PANEL_HEIGHT
        parts += [f'<g transform="translate({left} {top})">', *draw_panel(panel), "</g>"]
    return "\n".join([*parts, "</svg>", ""])


def peers_plot(results):
    """A panel a model: the Python call for 1 to 40,000 rows."""
    titles = {"x100d6": "XGBoost, 100 trees of depth 6", "x500d6": "XGBoost, 500 trees of depth 6",
              "x1000d8": "XGBoost, 1,000 trees of depth 8", "l500": "LightGBM, 500 trees of 64 leaves"}
    panels = []
    for model, outcome in results["models"].items():
        series, edges = [], set()
        for peer, result in outcome.items():
            points = sorted((int(case.split("/")[1]), figures["ns"] / 1000) for case, figures in result["cases"].items()
                            if case.startswith(("row/", "batch/")))
            if points:
                series.append((NAMES.get(peer, peer), points))
                edges |= {at for at, _ in points}
        texts = [(at, f"{at:,}" if at < 1000 else f"{at // 1000}k") for at in sorted(edges) if at not in (2, 64, 128)]
        panels.append({"title": titles.get(model, model), "unit": "µs a row, lower is better", "axis": "rows a call, from Python",
                       "x": texts, "series": series})
    return page("One core, one thread: mlcore and its peers on the same models and rows", panels)
