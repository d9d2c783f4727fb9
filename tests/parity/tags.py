# SPDX-License-Identifier: Apache-2.0
"""How the table writes a value, so that no reader of JSON can change it."""
import struct
from datetime import datetime, timedelta, timezone

EPOCH = datetime(1970, 1, 1, tzinfo=timezone.utc)
NULL = {"null": True}
NAN, INF = float("nan"), float("inf")
FIRST_MICROS, LAST_MICROS = -62135596800000000, 253402300799999999  # 0001-01-01 to the end of 9999
DAY = 86_400_000_000


def bits(value):
    return struct.pack(">d", value).hex()


def f64(value):
    return {"f64": bits(value)}


def i64(value):
    return {"i64": str(value)}


def boolean(value):
    return {"bool": value}


def string(value):
    return {"string": value}


def utf16(*units):
    return {"utf16": list(units)}


def micros(value):
    return {"micros": str(value)}


def at(text):
    """The instant of an ISO 8601 text; a date is its midnight in UTC."""
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=timezone.utc)
    return micros((moment - EPOCH) // timedelta(microseconds=1))


def duration(value):
    return {"duration": str(value)}
