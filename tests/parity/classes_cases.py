# SPDX-License-Identifier: Apache-2.0
"""Numbers in, three classes out: the numeric calls, one row and many."""
from tags import INF, NAN, NULL, bits, boolean, f64, i64

ROWS = [
    (1.75, 0.5, 4, 1), (2.0, NAN, 3, 0), (-0.0, 0.25, -1, NAN), (5e-324, 1e300, 10, 1), (4.0, 2.0, 0, 0),
    (0.1, 0.3, 2**53, NAN), (INF, -INF, 7, 1), (-1e-300, 0.1, -2**31, 0),
]
OUTPUTS = ("prediction", "margin", "features")


def classes(name, call, output=None, **members):
    case = {"name": name, "artifact": "classes", "call": call}
    if output:
        case["context"] = {"output": output}
    return {**case, **members}


def coded(values):
    return [bits(value) for value in values]


def one_row():
    for number, values in enumerate(ROWS):
        for output in OUTPUTS:
            yield classes(f"numeric row {number}: {output}", "numbers", output, values=coded(values), width="f64")
    for number, values in enumerate(ROWS[:2]):
        yield classes(f"numeric row {number} as float32", "numbers", "features", values=coded(values), width="f32")
    yield classes("a float32 is not the double", "numbers", "features", values=coded((0.1, 0.3, 7, 0)), width="f32")
    yield classes("a NaN of other bits", "numbers", "features", width="f64",
                  values=[bits(1.0), "fff8000000000001", bits(3.0), "7ff0000000000001"])
    yield classes("the same as a typed row", "row", "margin", row={
        "height": f64(1.75), "width": f64(0.5), "pieces": i64(4), "is_round": boolean(True)})
    yield classes("the same as JSON", "json", "margin",
                  json='{"height": 1.75, "width": 0.5, "pieces": 4, "is_round": true}')
    yield classes("a typed row with nulls", "row", "prediction", row={
        "height": f64(2.0), "width": NULL, "pieces": i64(3), "is_round": boolean(False)})


def many_rows():
    rows = [coded(values) for values in ROWS]
    for output in OUTPUTS:
        for width in ("f64", "f32"):
            small = [row for row, values in zip(rows, ROWS) if abs(values[1]) != 1e300 and values[0] != -1e-300]
            yield classes(f"a batch of {width}: {output}", "batch", output, rows=rows if width == "f64" else small,
                          width=width)
    yield classes("a batch of one row", "batch", "prediction", rows=rows[:1], width="f64")
    yield classes("a batch of 100 rows crosses a tile", "batch", "margin", rows=(rows * 13)[:100], width="f64")


def rounds():
    """Classes, leaves, and ranges of boosting rounds."""
    rows = [coded(values) for values in ROWS]
    for output in ("class", "leaf"):
        yield classes(f"a batch: {output}", "batch", output, rows=rows, width="f64")
        for number, values in enumerate(rows[:3]):
            yield classes(f"numeric row {number}: {output}", "numbers", output, values=values, width="f64")
    for output in ("prediction", "margin", "class", "leaf", "features"):
        for begin, end in ((0, 1), (1, 3), (2, 0), (0, 4), (0, 0)):
            case = classes(f"rounds {begin} to {end}: {output}", "batch", output, rows=rows[:4], width="f64")
            case["context"]["iterations"] = [begin, end]
            yield case
    for begin, end in ((2, 2), (3, 1), (-1, 2), (0, 5), (4, 0), (0, -1), (0, 2**31 - 1)):
        case = classes(f"there are no rounds {begin} to {end}", "numbers", "margin", values=rows[0], width="f64")
        case["context"]["iterations"] = [begin, end]
        yield case


def refusals():
    good = coded(ROWS[0])
    bad = {
        "too few values": coded(ROWS[0][:3]), "too many values": coded((*ROWS[0], 1)), "no value": [],
        "a fraction for an i64": coded((1, 2, 3.5, 1)), "an infinity for an i64": coded((1, 2, INF, 1)),
        "an i64 past its range": coded((1, 2, 2.0**63, 1)), "a bool that is 2": coded((1, 2, 3, 2)),
        "NaN where null is not allowed": coded((NAN, 2, 3, 1)), "NaN for an i64 that is not nullable": coded((1, 2, NAN, 1)),
    }
    for name, values in bad.items():
        yield classes(f"numbers: {name}", "numbers", values=values, width="f64")
        if len(values) == 4:
            yield classes(f"batch, the third row: {name}", "batch", rows=[good, good, values, good], width="f64")
    yield classes("numbers: too few float32 values", "numbers", values=good[:1], width="f32")
    yield classes("batch: too few columns", "batch", rows=[good[:3], good[:3]], width="f64")


def cases():
    for make in (one_row, many_rows, rounds, refusals):
        yield from make()
