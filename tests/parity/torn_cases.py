# SPDX-License-Identifier: Apache-2.0
"""Files that are damaged, packed rows that are torn, and definitions that do not compile."""
import hashlib
import pathlib
import struct

from tags import FIRST_MICROS, LAST_MICROS, NAN

HERE = pathlib.Path(__file__).parent
TYPES = {"boolean": 1, "i64": 2, "f64": 3, "string": 4, "timestamp": 5, "duration": 6}
PLAIN = [("flag", "boolean", 0), ("maybe", "boolean", 1), ("whole", "i64", 0), ("units", "i64", 1), ("real", "f64", 0),
         ("ratio", "f64", 1), ("text", "string", 0), ("note", "string", 1), ("born", "timestamp", 0),
         ("seen", "timestamp", 1), ("gap", "duration", 1)]
FIXED = 8 + 8 + 8 * len(PLAIN)


def crc32c(data):
    crc = 0xFFFFFFFF
    for byte in data:
        crc ^= byte
        for _ in range(8):
            crc = crc >> 1 ^ (0x82F63B78 if crc & 1 else 0)
    return crc ^ 0xFFFFFFFF


def header(**changes):
    """The first 64 bytes of a file, as docs/artifact_format.md has them, with their CRC."""
    fields = {"magic": bytes.fromhex("894d4c430d0a1a0a"), "major": 0, "minor": 1, "size": 64, "incompatible": 0,
              "compatible": 0, "file": 64, "sections": 0, "entry": 96, "table": 64, "reserved": 0, "crc": 0, **changes}
    head = struct.pack("<8sHHIIIQIIQQI", *fields.values())
    return head + struct.pack("<I", crc32c(head))


def layout_id(fields):
    text = struct.pack("<I", len(fields))
    for name, kind, nullable in fields:
        text += struct.pack("<I", len(name)) + name.encode() + bytes([TYPES[kind], nullable])
    return hashlib.sha256(text).digest()[:8]


def packed(nulls=0b11010101010, words=None, heap=b"hello", identity=None):
    """A row of `plain`, by hand: whatever is not given is a null, zero, or the string of 5 bytes."""
    slots = {"text": FIXED | 5 << 32, **(words or {})}
    row = (layout_id(PLAIN) if identity is None else identity) + struct.pack("<Q", nulls)
    for name, _, _ in PLAIN:
        row += struct.pack("<Q", slots.get(name, 0) & (2**64 - 1))
    return row + heap


def double(value):
    return struct.unpack("<Q", struct.pack("<d", value))[0]


def rows():
    nulls = 0b11010101010
    # note and seen are no longer null: 7 and 9
    full = nulls & ~(1 << 7) & ~(1 << 9)
    good = {
        "least": packed(), "trailing bytes that no string uses": packed(heap=b"hello and more"),
        "two strings share bytes": packed(full, {"text": FIXED | 3 << 32, "note": FIXED + 2 | 2 << 32}),
        "an empty string at the end": packed(words={"text": FIXED + 5}),
        "a NaN slot is a null": packed(nulls & ~(1 << 5), {"ratio": double(NAN)}),
        "a NaN slot of other bits is a null": packed(nulls & ~(1 << 5), {"ratio": 0x7FF0000000000001}),
        "the limits of time": packed(full, {"born": FIRST_MICROS, "seen": LAST_MICROS, "note": FIXED}),
    }
    bad = {
        "no byte": b"", "only the layout": layout_id(PLAIN), "cut before its slots end": packed()[: FIXED - 1],
        "cut inside its string": packed()[:-1], "another layout": packed(identity=bytes(8)),
        "a padding bit is set": packed(nulls | 1 << 11), "the last padding bit is set": packed(nulls | 1 << 63),
        "a null whose slot is not zero": packed(words={"units": 1}), "a bool that is 2": packed(words={"flag": 2}),
        "a null where none may be": packed(nulls | 1 << 2), "a NaN where null is not allowed": packed(words={"real": double(NAN)}),
        "a string before the fixed part's end": packed(words={"text": FIXED - 1 | 5 << 32}),
        "a string past the end": packed(words={"text": FIXED + 1 | 5 << 32}),
        "a string whose end wraps around": packed(words={"text": 0xFFFFFFFF | 0xFFFFFFFF << 32}),
        "strings longer together than the row": packed(full, {"text": FIXED | 500 << 32, "note": FIXED | 500 << 32}, b"x" * 500),
        "a string of half a code point": packed(heap=b"hell\xc3"), "a surrogate in UTF-8": packed(heap=b"\xed\xa0\x80xx"),
        "a code point in two bytes too many": packed(heap=b"\xc0\x80abc"), "a code point past the last": packed(heap=b"\xf4\x90\x80\x80x"),
        "a time before year 1": packed(words={"born": FIRST_MICROS - 1}), "a time past year 9999": packed(words={"born": LAST_MICROS + 1}),
    }
    for name, row in good.items():
        yield {"name": f"packed by hand: {name}", "artifact": "plain", "call": "packed", "context": {"output": "features"},
               "packed": row.hex()}
    for name, row in bad.items():
        yield {"name": f"packed by hand: {name}", "artifact": "plain", "call": "packed", "packed": row.hex()}


def invalid_events():
    fields = [("customer", "string", 0), ("at", "timestamp", 0), ("line", "i64", 0), ("amount", "f64", 0), ("note", "string", 1)]
    fixed = 8 + 8 + 8 * len(fields)

    def event(time=883000000000000000 // 1000, nulls=1 << 4, length=3, amount=1.5):
        words = (fixed | length << 32, time & (2**64 - 1), 1, double(amount), 0)
        return {"packed": (layout_id(fields) + struct.pack("<6Q", nulls, *words) + b"ada").hex()}

    ask = {"customer": {"string": "ada"}, "as_of": {"micros": "883612800000000"}}
    counts = {"accepted": 2, "late": 0, "duplicate": 0, "conflict": 0, "invalid": 5, "replayed": 0}
    events = [event(), event(time=LAST_MICROS + 1), event(length=4), event(nulls=1), event(amount=NAN), event(nulls=1 << 63),
              event(time=1)]
    base = {"artifact": "shop", "context": {"output": "features"}, "row": ask}
    yield {"name": "events that can't be read are counted, the others taken", "call": "at", **base,
           "state": {"events": {"orders": events}, "report": counts}}
    yield {"name": "an event of another layout refuses its batch", "call": "at", **base,
           "state": {"events": {"orders": [event(), {"packed": packed().hex()}]}}}
    yield {"name": "events brought that can't be read are an error", "call": "events", **base, "events": {"orders": events}}
    yield {"name": "an event brought of another layout", "call": "events", **base,
           "events": {"orders": [event(), {"packed": packed().hex()}]}}


def artifacts():
    for name, file in {
        "no byte": b"", "no artifact": b"PK\x03\x04 and more", "only the magic number": header()[:8],
        "a newer major format": header(major=1), "a newer minor format": header(minor=99), "an incompatible flag": header(incompatible=1),
        "a file longer than its bytes": header(file=65), "no section": header(), "more sections than bytes": header(sections=1000),
        "a file size past every limit": header(file=2**63), "a byte after the end": header() + b"\0",
    }.items():
        yield {"name": f"open: {name}", "call": "open", "bytes": file.hex()}
    for size in (1, 8, 63, 64, 200, 5000):
        yield {"name": f"open: cut to {size} bytes", "call": "open", "patch": {"artifact": "plain", "truncate": size}}
    for number, offset in enumerate((0, 5, 8, 12, 24, 40, 56, 60, 64, 100, 300, 1000, 9000)):
        yield {"name": f"open: byte {offset} is changed", "call": "open",
               "patch": {"artifact": "plain", "offset": offset, "xor": 1 << number % 8}}


def definitions():
    for name in ("plain", "shop", "classes"):
        yield {"name": f"definition: {name}", "call": "definition", "text": (HERE / f"{name}.features").read_text(encoding="utf-8")}
    begin = "features f version 1\ninput x: f64\ninput s: string\nstream e(k: string key, at: timestamp event, v: f64)\n"
    for name, text in {
        "empty": "", "no output": "features f version 1\n", "syntax": begin + "y = x +\noutput [y]\n",
        "an unknown name": begin + "y = z\noutput [y]\n", "a name twice": begin + "x = 1\noutput [x]\n",
        "types that do not fit": begin + "y = x + s\noutput [y]\n", "a string as output": begin + "output [s]\n",
        "an unknown function": begin + "y = sin(x)\noutput [y]\n", "an unknown stream": begin + "y = count() over f last 1d\noutput [y]\n",
        "a window that is too long": begin + "y = count() over e last 999999999d\noutput [y]\n",
        "nested too deep": begin + "y = " + "(" * 100 + "x" + ")" * 100 + "\noutput [y]\n",
        "a NUL in the text": begin + "y = x\0\noutput [y]\n", "an output that is not there": begin + "output [q]\n",
        "next D outside a label": begin + "y = count() over e next 1d\noutput [y]\n",
        "letters beyond ASCII in a name": begin + "é = x\noutput [é]\n",
    }.items():
        yield {"name": f"definition: {name}", "call": "definition", "text": text}


def cases():
    for make in (rows, invalid_events, artifacts, definitions):
        yield from make()
