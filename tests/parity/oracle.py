# SPDX-License-Identifier: Apache-2.0
"""The features of the three definitions, by hand from docs/language.md, in plain Python. A null is None."""
import math
import re

DAY = 86_400_000_000
TILES = [second * 1_000_000 for second in (2_419_200, 604_800, 86_400, 21_600, 3_600, 600, 60, 10, 1)]
LEAST, GREATEST = -2**63, 2**63 - 1
DECIMAL = re.compile(r"-?([0-9]+(\.[0-9]*)?|\.[0-9]+)([eE][+-]?[0-9]+)?")
NAMES = {
    "plain": ["flag", "maybe", "whole", "units", "real", "ratio", "total", "share", "floored", "rest", "scaled", "logged",
              "parsed", "spelled", "greeting", "has_nul", "before", "days", "is_old", "is_long", "absent", "either"],
    "classes": ["height", "width", "pieces", "is_round", "area", "each"],
    "shop": ["orders_30d", "spend_90d", "big_7d", "last_amount", "first_line", "recency", "avg_3", "min_1d", "is_gift",
             "delayed", "visits_hop", "human", "seconds", "over_limit"],
}


def in_range(value):
    return value if value is not None and LEAST <= value <= GREATEST else None


def lifted(operation):
    """Null where an argument is."""
    return lambda *values: None if None in values else operation(*values)


@lifted
def divided(a, b):
    a, b = float(a), float(b)
    if b != 0:
        return a / b
    return math.nan if a == 0 or math.isnan(a) else math.copysign(math.inf, a) * math.copysign(1, b)


@lifted
def times(a, b):
    return float(a) * float(b)


@lifted
def floored(a, b):
    return in_range(a // b) if b != 0 else None


@lifted
def rest(a, b):
    return a % b if b != 0 else None


@lifted
def days_between(a, b):
    return (b - a) // DAY


def either(a, b):
    if a is True or b is True:
        return True
    return None if a is None or b is None else False


def finished(values):
    """As outputs: a double, or None for what is not finite."""
    doubles = [None if value is None else float(value) for value in values]
    return [value if value is not None and math.isfinite(value) else None for value in doubles]


def plain(row):
    get = row.get
    flag, maybe, whole, units, real, ratio = (get(name) for name in ("flag", "maybe", "whole", "units", "real", "ratio"))
    text, note = get("text"), get("note")
    real = float(real)
    ratio = None if ratio is None else float(ratio)
    logged = None if ratio is None or ratio < -1 else -math.inf if ratio == -1 else math.log1p(ratio)
    return finished([
        flag, maybe, whole, units, real, ratio, in_range(whole + (units or 0)), divided(real, ratio), floored(whole, units),
        rest(whole, units), times(real, ratio), logged, float(text) if DECIMAL.fullmatch(text) else None, str(whole) == text,
        text == "Zoë", lifted(lambda a: a == "a\0b")(note), lifted(lambda a: text.encode() < a.encode())(note),
        days_between(get("born"), get("seen")), get("born") < 0, lifted(lambda gap: gap > DAY)(get("gap")), note is None,
        either(flag, maybe),
    ])


def classes(row):
    height, width, pieces = row["height"], row.get("width"), row["pieces"]
    return finished([height, width, pieces, row.get("is_round"), times(height, width), divided(height, pieces)])


def order_key(event, columns):
    """The total order: null first, strings by bytes."""
    coded = [event.get(name) for name in columns]
    return [(value is not None, value.encode() if isinstance(value, str) else value) for value in coded]


def folded(values, tile, start):
    """A left fold in each tile, then of the tiles: [(time, value)]."""
    groups = {}
    for time, value in values:
        group = time // tile
        groups[group] = groups[group] + value if group in groups else value
    ordered = [groups[group] for group in sorted(groups)]
    total = ordered[0] if ordered else start
    for value in ordered[1:]:
        total += value
    return total


def tile_of(width):
    return next((tile for tile in TILES if 12 * tile <= width), TILES[-1])


def window(events, begin, end, closed="left"):
    has_begin, has_end = closed in ("left", "both"), closed in ("right", "both")
    return [event for event in events if (begin is None or event["at"] > begin or (has_begin and event["at"] == begin))
            and (event["at"] < end or (has_end and event["at"] == end))]


def deduplicated(events):
    """Of equal time and line the event with the greater content stays."""
    kept = {}
    for event in events:
        name = (event["at"], event["line"])
        if name not in kept or order_key(kept[name], ["amount", "note"]) < order_key(event, ["amount", "note"]):
            kept[name] = event
    return list(kept.values())


def positive_zero(event):
    return {**event, "amount": event["amount"] + 0.0}


def shop(events, row):
    now, limit = row["as_of"], row.get("limit")
    mine = [event for event in events.get("orders", []) if event["customer"] == row["customer"]]
    orders = sorted(deduplicated([positive_zero(event) for event in mine]), key=lambda e: order_key(e, ["at", "line", "amount", "note"]))
    visits = [event for event in events.get("visits", []) if event["customer"] == row["customer"] and event["seen"] <= now]
    amounts = lambda chosen: [(event["at"], event["amount"]) for event in chosen]
    past = window(orders, None, now)
    spend = folded(amounts(window(orders, now - 90 * DAY, now)), tile_of(90 * DAY), 0.0)
    three = past[-3:]
    notes = [event["note"] for event in past if event.get("note") is not None]
    delayed = window(orders, now - 31 * DAY, now - DAY, "right")
    seen = window(visits, None, now)
    stays = [event["seconds"] for event in seen if event.get("seconds") is not None]
    least = [event["amount"] for event in window(orders, now - DAY, now, "both")]
    return finished([
        len(window(orders, now - 30 * DAY, now)), spend, len([e for e in window(orders, now - 7 * DAY, now) if e["amount"] > 50]),
        past[-1]["amount"] if past else None, past[0]["line"] if past else None, days_between(past[-1]["at"] if past else None, now),
        folded(amounts(three), TILES[0], None) / len(three) if three else None, min(least, default=None),
        max(notes, key=str.encode, default="") == "gift", folded(amounts(delayed), tile_of(30 * DAY), None) if delayed else None,
        len(window(visits, (now - 7 * DAY) // DAY * DAY, now)), len([e for e in seen if e.get("bot") is False]),
        in_range(sum(stays)) if stays else None, lifted(lambda a: spend > a)(limit),
    ])
