# SPDX-License-Identifier: Apache-2.0
"""Rows without streams: every type, its limits, and everything that is wrong with a value."""
import json

from tags import (DAY, FIRST_MICROS, INF, LAST_MICROS, NAN, NULL, at, bits, boolean, duration, f64, i64, micros,
                  string, utf16)

NEEDED = {"flag": boolean(True), "whole": i64(42), "real": f64(1.5), "text": string("42"), "born": at("1997-06-01")}
FULL = {**NEEDED, "maybe": boolean(False), "units": i64(-5), "ratio": f64(0.25), "note": string("note"),
        "seen": at("1998-01-01T12:30:00.000001+00:00"), "gap": duration(DAY + 1)}
NOTHING = {name: NULL for name in ("maybe", "units", "ratio", "note", "seen", "gap")}


def plain(name, call="row", output=None, **members):
    case = {"name": name, "artifact": "plain", "call": call}
    if output:
        case["context"] = {"output": output}
    return {**case, **members}


def row(name, changes, output="features"):
    return plain(name, output=output, row={**FULL, **changes})


def without(field):
    return {name: value for name, value in FULL.items() if name != field}


def good_rows():
    for output in ("prediction", "margin", "features", "class", "leaf"):
        yield row(f"every field is given: {output}", {}, output)
        yield plain(f"nullable fields are absent: {output}", output=output, row=NEEDED)
        yield plain(f"nullable fields are null: {output}", output=output, row={**NEEDED, **NOTHING})
    yield plain("members are in the opposite order", output="features", row=dict(reversed(FULL.items())))
    yield row("false and true", {"flag": boolean(False), "maybe": boolean(True)})
    yield row("false or null is null", {"flag": boolean(False), "maybe": NULL})


def good_numbers():
    yield row("the greatest i64", {"whole": i64(2**63 - 1), "units": i64(1)})
    yield row("the least i64 over -1", {"whole": i64(-2**63), "units": i64(-1)})
    yield row("an i64 past 2^53 is rounded to even", {"whole": i64(2**53 + 1), "units": i64(0)}, "features")
    yield row("an i64 past 2^53, the margin", {"whole": i64(2**53 + 1), "units": i64(0)}, "margin")
    yield row("floor and remainder of negatives", {"whole": i64(-7), "units": i64(2)})
    yield row("floor and remainder by a negative", {"whole": i64(7), "units": i64(-2)})
    yield row("over zero", {"whole": i64(7), "units": i64(0), "ratio": f64(0.0)})
    yield row("a NaN is a null", {"ratio": f64(NAN)})
    yield row("a NaN is a null, the margin", {"ratio": f64(NAN)}, "margin")
    yield row("a NaN with other bits is a null", {"ratio": {"f64": "fff8000000000123"}})
    yield row("infinity", {"real": f64(INF)})
    yield row("minus infinity", {"real": f64(-INF), "ratio": f64(-INF)}, "margin")
    yield row("minus zero", {"real": f64(-0.0), "ratio": f64(-0.0)})
    yield row("one over minus zero", {"real": f64(1.0), "ratio": f64(-0.0)})
    yield row("the least denormal", {"real": f64(5e-324), "ratio": f64(5e-324)})
    yield row("denormals multiplied", {"real": f64(2.2250738585072014e-308), "ratio": f64(0.1)})
    yield row("the greatest double overflows", {"real": f64(1.7976931348623157e308), "ratio": f64(2.0)})
    yield row("tenths", {"real": f64(0.1), "ratio": f64(0.3)})
    yield row("a value past float32, the margin", {"real": f64(1e300)}, "margin")
    yield row("an integer for an f64", {"real": i64(2**53 + 1), "ratio": i64(-3)})


def good_strings():
    yield row("an empty string", {"text": string(""), "note": string("")})
    yield row("a string beyond ASCII", {"text": string("Zoë")})
    yield row("the same string decomposed is another", {"text": string("Zoe\u0308")})
    yield row("a code point past the BMP", {"text": string("\U0001f600"), "note": string("\uffff")})
    yield row("a pair of surrogates is one code point", {"text": utf16(0xD83D, 0xDE00), "note": string("\U0001f600")})
    yield row("a NUL in a string", {"note": string("a\0b")})
    yield row("only a NUL in a string", {"text": string("\0"), "note": string("\0\0")})
    yield row("a string of 10,000 letters", {"text": string("x" * 10_000), "note": string("y")})
    for text in ("1e308", "-0.0", "0x10", "12abc", "4.9e-324", " 42", "+42", "0.1"):
        yield row(f"a string read as a number: {text!r}", {"text": string(text)})
    yield row("a name that is a keyword elsewhere", {"text": string("constructor"), "note": string("__proto__")})


def good_times():
    yield row("born before 1970", {"born": at("1899-12-31T23:59:59.999999+00:00")})
    yield row("1970 and a microsecond before", {"born": micros(-1), "seen": micros(0)})
    yield row("the first microsecond of year 1", {"born": micros(FIRST_MICROS)})
    yield row("the last microsecond of year 9999", {"born": micros(FIRST_MICROS), "seen": micros(LAST_MICROS)})
    yield row("a day backwards", {"born": at("1998-01-02"), "seen": at("1998-01-01T00:00:00.000001")})
    yield row("a leap day", {"born": at("2000-02-28"), "seen": at("2000-03-01")})
    yield row("a duration of a day is not longer", {"gap": duration(DAY)})
    yield row("a negative duration", {"gap": duration(-DAY)})


def bad_rows():
    for field in NEEDED:
        yield plain(f"a missing column: {field}", row=without(field))
        yield row(f"null in a column that is not nullable: {field}", {field: NULL}, None)
    yield row("an unknown column", {"colour": string("red")}, None)
    yield row("an unknown column that is null", {"colour": NULL}, None)
    yield row("a column whose case is wrong", {"Flag": boolean(True)}, None)
    yield plain("an empty row", row={})
    wrong = {
        "flag": [i64(1), f64(1.0), string("true"), micros(0)], "maybe": [i64(0)],
        "whole": [boolean(True), f64(1.5), string("42")], "units": [f64(NAN), f64(INF)],
        "real": [boolean(True), string("1.5")], "ratio": [string("")],
        "text": [i64(42), f64(1.5), boolean(False)], "note": [i64(0)],
        "born": [f64(8.8e8), boolean(True)], "seen": [f64(0.5)], "gap": [boolean(True), f64(1.5)],
    }
    for field, values in wrong.items():
        for value in values:
            yield row(f"a wrong type: {field} as {json.dumps(value)}", {field: value}, None)
    yield row("NaN in a column that is not nullable", {"real": f64(NAN)}, None)
    yield row("an integer past the range of i64", {"whole": i64(2**63)}, None)
    yield row("a lone high surrogate", {"text": utf16(0xD800)}, None)
    yield row("a lone low surrogate at the end", {"note": utf16(0x61, 0xDC00)}, None)
    yield row("surrogates in the wrong order", {"text": utf16(0xDE00, 0xD83D)}, None)


def json_rows():
    good = {"flag": True, "whole": 42, "real": 1.5, "text": "42", "born": "1997-06-01"}

    def text(name, value, output="features"):
        return plain(f"json: {name}", "json", output, json=value if isinstance(value, str) else json.dumps(value))

    def changed(**values):
        return {**good, **values}

    yield text("nullable fields are absent", good)
    yield text("every field", changed(maybe=False, units=-5, ratio=0.25, note="note",
                                      seen="1998-01-01T13:30:00.000001+01:00", gap="2d"))
    yield text("nulls", changed(maybe=None, units=None, ratio=None, note=None, seen=None, gap=None))
    yield text("escapes, a NUL among them", changed(text="Zoë", note="a\0b"))
    yield text("numbers as they come", '{"flag":true,"whole":-0,"real":1E+2,"text":"","born":"1997-06-01",'
               '"ratio":4.9406564584124654e-324}')
    yield text("a time of day with an offset", changed(born="1969-12-31T23:00:00-01:00"))
    yield text("blanks", ' {\n"flag" : true , "whole":\t1, "real":0, "text":"x", "born":"0001-01-01"}\r\n')
    for name, value in {
        "empty": "", "not an object": "[]", "cut off": '{"flag": tr', "more after the end": "{} {}",
        "a lone surrogate escaped": json.dumps(good).replace('"42"', '"\\ud800"'),
        "a member twice": '{"flag": true, "flag": true}', "a comment": "{} // none", "NaN": '{"real": NaN}',
        "a leading zero": '{"whole": 01}', "a bare string": '"text"', "an unknown column": changed(colour="red"),
        "a missing column": {"flag": True}, "null where none may be": changed(whole=None),
        "a fraction for an i64": changed(whole=1.5), "an exponent for an i64": '{"whole": 1e3}',
        "an integer past the range of i64": changed(whole=2**63), "a number past the range of f64": '{"real": 1e999}',
        "a string for a number": changed(real="1.5"), "a number for a string": changed(text=42),
        "a number for a time": changed(born=883612800), "a time without a zone": changed(born="1997-06-01T00:00:00"),
        "a day that does not exist": changed(born="1997-02-29"), "a year past 9999": changed(born="10000-01-01"),
        "nested too deep": "[" * 1_000, "an object for a string": changed(text={}),
    }.items():
        yield text(name, value, None)


def refusals():
    yield plain("a definition without streams, and no events are brought", "events", row=FULL, events={})
    yield plain("numbers for a row with strings", "numbers", values=[bits(1.0)] * 11, width="f64")
    yield plain("a batch of numbers for a row with strings", "batch", rows=[[bits(1.0)] * 11], width="f64")


def cases():
    for make in (good_rows, good_numbers, good_strings, good_times, bad_rows, json_rows, refusals):
        yield from make()
