#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Writes the artifacts of sample.hpp from docs/artifact_format.md, with nothing of the library.

    golden.py TEST.cpp    exit 0 iff the test has the SHA-256 of both as its golden values
    golden.py -o FILE     the bytes of the one with a reference profile

The definition's canonical text and fingerprint are the language's business: they are copied here.
"""
import hashlib
import struct
import sys

TEXT = """features churn version 1
stream orders(customer: string key, at: timestamp event, amount: f64)
input country: string?
orders_90d = count() over orders last 90d
spend_90d = sum(amount) over orders last 90d default 0.0
spend_z = fit standard_scale(ln1p(spend_90d))
is_home = coalesce(country == "home", false)
output [orders_90d, spend_90d, spend_z, is_home]
"""
FINGERPRINT = bytes.fromhex("7a85f54afa48d6fadd8ff9993b3c25529ce71a038f79c97c0a4f3b55ccb8123c")
DAY = 86_400_000_000
LEAF = 0xFFFFFFFF


def crc32c(data):
    crc = 0xFFFFFFFF
    for byte in data:
        crc ^= byte
        for _ in range(8):
            crc = crc >> 1 ^ (0x82F63B78 if crc & 1 else 0)
    return crc ^ 0xFFFFFFFF


def u8(value): return struct.pack("<B", value)
def u16(value): return struct.pack("<H", value)
def u32(value): return struct.pack("<I", value)
def u64(value): return struct.pack("<Q", value)
def i64(value): return struct.pack("<q", value)
def f32(value): return struct.pack("<f", value)
def f64(value): return struct.pack("<d", value)
def text(value): return u32(len(value.encode())) + value.encode()
def items(encode, values): return u64(len(values)) + b"".join(map(encode, values))


VERSION = u16(1)  # of every class but these
MODEL_VERSION = u16(5)
CONTRACT_VERSION = u16(3)
PROOF_ROW_VERSION = u16(2)
ARCHIVE = u32(1)

# name, type, nullable
REQUEST = [("customer", 4, False), ("country", 4, True), ("as_of", 5, False)]
ORDERS = [("customer", 4, False), ("at", 5, False), ("amount", 3, False)]


def layout_id(fields):
    """mlcore/schema/row.hpp: the first 8 bytes of a SHA-256."""
    data = u32(len(fields))
    for name, kind, nullable in fields:
        data += text(name) + u8(kind) + u8(nullable)
    return hashlib.sha256(data).digest()[:8]


def packed_row(fields, values):
    """mlcore/schema/row.hpp; the fixture's strings are not empty."""
    bitmap, slots, strings = 0, b"", b""
    fixed = 8 + (len(fields) + 63) // 64 * 8 + 8 * len(fields)
    for index, ((_, kind, _), value) in enumerate(zip(fields, values)):
        if value is None:
            bitmap |= 1 << index
            slots += u64(0)
        elif kind == 4:
            slots += u32(fixed + len(strings)) + u32(len(value.encode()))
            strings += value.encode()
        elif kind == 3:
            slots += f64(value)
        else:
            slots += i64(value)
    return layout_id(fields) + u64(bitmap) + slots + strings


def schema():
    def field(row):
        return text(row[0]) + u8(row[1]) + u8(row[2])
    return ARCHIVE + VERSION + items(field, REQUEST)


def features():
    parameters = items(lambda one: items(f64, one), [[1.5, 0.75]])
    return ARCHIVE + VERSION + text(TEXT) + FINGERPRINT + parameters


def model():
    return (ARCHIVE + MODEL_VERSION + text("xgboost") + text("1.7.4") + text("binary:logistic")
            + CONTRACT_VERSION + bytes([1, 1, 1, 1, 2, 1, 1, 1]) + f64(1) + f64(1) + u32(4) + u32(1)
            + items(text, ["orders_90d", "spend_90d", "spend_z", "is_home"])
            + items(f32, [-0.25])
            + items(u32, [0, 3, 8])
            + items(u32, [0, 0])
            + items(u32, [1, LEAF, LEAF, 4, 6, LEAF, LEAF, LEAF])
            + items(u32, [1, 0, 0, 2, 3, 0, 0, 0])
            + items(f32, [20.0, 0.5, -0.5, 0.0, 0.5, 0.125, -0.25, 0.0625])
            + items(u8, [1, 0, 0, 0, 1, 0, 0, 0])
            + items(u32, [0, 1, 2])
            + items(u32, [0, 1, 2, 0, 1, 2, 5, 6])
            + 6 * u64(0)  # no sets, no doubles, no zeros
            + 4 * u64(0)  # no terms
            + u8(2) + u8(1) + items(text, ["stays", "geht früh"]) + items(u8, [2, 1, 1, 3]))


def proof_row(order_count):
    request = packed_row(REQUEST, ["c17", "hôme" if order_count else None, 100 * DAY])
    events, offsets = b"", [0]
    for i in range(order_count):
        events += packed_row(ORDERS, ["c17", (50 + i) * DAY, 9.5])
        offsets.append(len(events))
    batch = VERSION + items(u8, events) + items(i64, offsets)
    bits = [0x4000000000000000, 0x4033000000000000, 0x3FF0000000000000, 0]
    return (PROOF_ROW_VERSION + items(u8, request) + u64(1) + batch + items(u64, bits)
            + items(u32, [0x3E800000]) + u64(0))


def wide(value): return u64(value & (1 << 64) - 1) + u64(value >> 64 & (1 << 64) - 1)


def numeric(name, edges, centre, exponent, bins, missing, values):
    """`values`: the finite ones."""
    units = [round((value - centre) / 2.0 ** exponent) for value in values]  # half to even
    return (text(name) + items(f64, edges) + f64(centre) + struct.pack("<i", exponent)
            + items(u64, bins) + u64(missing) + u64(0) + wide(sum(units))
            + wide(sum(unit * unit for unit in units)) + f64(min(values)) + f64(max(values)))


def reference():
    features = [numeric(name, [-0.5, 0.0, 2.5], 1.0, -3, [0, 1, 1, 0], 1, [0.0, 2.4375])
                for name in ("orders_90d", "spend_90d", "spend_z", "is_home")]
    country = (text("country") + items(text, ["hôme", "away"]) + u8(0) + items(u64, [1, 1]) + u64(1))
    histogram = [0] * 100
    histogram[75] = 1
    score = (numeric("prediction", [], 0.0, 0, [3], 0, [-1.5, 0.5, 3.0])
             + f64(-1) + f64(1) + b"".join(map(u64, histogram)) + u64(1) + u64(1) + u64(0))
    return (ARCHIVE + VERSION + u64(4) + b"".join(features) + u64(1) + country + u64(1) + score)


def container(sections):
    offset = 64 + 96 * len(sections)
    table, body = b"", b""
    for name, flags, data in sections:
        padding = -offset % 64
        offset += padding
        table += (name + u32(flags) + u64(offset) + u64(len(data)) + u64(len(data)) + u32(crc32c(data))
                  + u32(0) + hashlib.sha256(data).digest() + bytes(24))
        body += bytes(padding) + data
        offset += len(data)
    header = (b"\x89MLC\r\n\x1a\n" + u16(0) + u16(6) + u32(64) + u32(0) + u32(0) + u64(offset)
              + u32(len(sections)) + u32(96) + u64(64) + u64(0) + u32(crc32c(table)))
    return header + u32(crc32c(header)) + table + body


def artifact(optional=()):
    meta = ('{"metadata":{"algorithm":"xgboost","note":"a \\"quoted\\"\\tnote, naïve"},'
            '"name":"churn"}').encode()
    proof = ARCHIVE + VERSION + u64(2) + proof_row(2) + proof_row(0)
    return container([(b"META", 1, meta), (b"SCHM", 1, schema()), (b"FEAT", 1, features()),
                      (b"MODL", 1, model()), (b"PROF", 1, proof), *optional])


def main():
    with_reference = artifact([(b"REFP", 0, reference())])
    if sys.argv[1] == "-o":
        with open(sys.argv[2], "wb") as file:
            file.write(with_reference)
        return 0
    with open(sys.argv[1], encoding="utf-8") as file:
        content = file.read()
    status = 0
    for name, data in (("sample", artifact()), ("sample with a reference", with_reference)):
        digest = hashlib.sha256(data).hexdigest()
        if f'"{digest}"' not in content:
            print(f"{sys.argv[1]} does not have the golden value of the {name}: {digest}")
            status = 1
    return status


if __name__ == "__main__":
    sys.exit(main())
