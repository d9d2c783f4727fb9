#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Computes what cases.json expects a second time, without the library: from docs/language.md, and from the trees.

    tests/parity/review_cases.py [CASES_JSON]

Reviewed are features, margins, classes and leaves of typed and numeric rows, and of rows whose events came without
options. ln1p may differ by one unit in the last place; a logistic or softmax prediction is not reviewed. Exit status
1 when a value differs, or when fewer cases than a known number could be reviewed.
"""
import json
import math
import pathlib
import struct
import sys

import oracle
import trees

HERE = pathlib.Path(__file__).parent
FEWEST = 190


def number(bits):
    return struct.unpack(">d", bytes.fromhex(bits))[0]


def value_of(tagged):
    ((tag, value),) = tagged.items()
    if tag == "null":
        return None
    if tag == "f64":
        return None if math.isnan(number(value)) else number(value)
    if tag == "utf16":
        return struct.pack(f"<{len(value)}H", *value).decode("utf-16-le")
    return int(value) if tag in ("i64", "micros", "duration") else value


def values_of(row):
    return {name: value_of(tagged) for name, tagged in row.items()}


def numbers_of(values, width):
    """The named inputs of `classes`, from numbers."""
    given = [number(value) for value in values]
    if width == "f32":
        given = [trees.float32(value) for value in given]
    height, wide, pieces, is_round = (None if math.isnan(value) else value for value in given)
    return {"height": height, "width": wide, "pieces": int(pieces), "is_round": None if is_round is None else bool(is_round)}


def features_of(case):
    """The features of each row of the case; None where this review does not reach."""
    call, artifact = case["call"], case.get("artifact")
    if call == "features" and "state" in case:
        artifact, call = "shop", "batch_at"
    if artifact == "plain" and call == "row":
        return [oracle.plain(values_of(case["row"]))]
    if artifact == "classes" and call == "row":
        return [oracle.classes(values_of(case["row"]))]
    if call == "numbers":
        return [oracle.classes(numbers_of(case["values"], case["width"]))]
    if call == "batch":
        return [oracle.classes(numbers_of(row, case["width"])) for row in case["rows"]]
    if artifact != "shop" or "row" not in case and "rows" not in case:
        return None
    state = case.get("state", {"events": case.get("events", {})})
    packed = any("packed" in row for rows in state["events"].values() for row in rows)
    if not set(state) <= {"events", "report", "definition"} or packed:
        return None
    events = {stream: [values_of(row) for row in rows] for stream, rows in state["events"].items()}
    return [oracle.shop(events, values_of(row)) for row in case.get("rows", [case.get("row")])]


def outputs_of(case, rows):
    """What the case's output makes of its features; None where this review does not reach."""
    context = case.get("context", {})
    output = context.get("output", "prediction")
    if case["call"] == "features" or output == "features":
        return [value for row in rows for value in row]
    model = trees.Model(HERE / f"{case['artifact']}.json")
    begin, end = context.get("iterations", (0, 0))
    if output == "prediction" and model.objective != "reg:squarederror":
        return None
    score = {"prediction": model.margins, "margin": model.margins, "class": model.classes, "leaf": model.leaves}[output]
    return [value for row in rows for value in score(row, begin, end)]


def differ(found, expected, is_near):
    """Whether a value's bits are others; `is_near` allows one unit in the last place."""
    wanted = number(expected)
    if found is None or not math.isfinite(found):
        return expected != "7ff8000000000000"
    if struct.pack(">d", found).hex() == expected:
        return False
    return not (is_near and abs(found - wanted) <= math.ulp(wanted))


def main(path=HERE / "cases.json"):
    reviewed = wrong = 0
    for case in json.loads(pathlib.Path(path).read_text())["cases"]:
        if not isinstance(case["expect"], list):
            continue
        rows = features_of(case)
        found = rows and outputs_of(case, rows)
        if not found:
            continue
        reviewed += 1
        names = oracle.NAMES.get(case.get("artifact"), ())
        is_features = case.get("context", {}).get("output") == "features"
        near = [is_features and names[at % len(names)] == "logged" for at in range(len(found))]
        differing = [at for at, pair in enumerate(zip(found, case["expect"], near)) if differ(*pair)]
        if len(found) != len(case["expect"]) or differing:
            wrong += 1
            at = differing[0] if differing else -1
            print(f"{case['name']}: value {at}: {found[at]!r}, the table has {case['expect'][at]} ({number(case['expect'][at])!r})")
    print(f"{reviewed - wrong} passed, {wrong} failed")
    return 1 if wrong or reviewed < FEWEST else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
