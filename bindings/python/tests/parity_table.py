# SPDX-License-Identifier: Apache-2.0
"""Runs a case of tests/parity/cases.json through the package; tests/parity/README.md has the format."""
import pathlib
import struct
from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta, timezone
from typing import Any

import mlcore
import numpy as np

EPOCH = datetime(1970, 1, 1, tzinfo=timezone.utc)
REPORT = ("accepted", "late", "duplicate", "conflict", "invalid", "replayed")
Case = Mapping[str, Any]


def number(bits: str) -> float:
    return float(struct.unpack(">d", bytes.fromhex(bits))[0])


def bits(values: Iterable[float]) -> list[str]:
    return [struct.pack(">d", value).hex() for value in values]


def value_of(tagged: Case) -> Any:
    """The Python object for {"i64": "-5"} and its like."""
    ((tag, value),) = tagged.items()
    match tag:
        case "null":
            return None
        case "bool" | "string":
            return value
        case "f64":
            return number(value)
        case "i64":
            return int(value)
        case "utf16":
            return struct.pack(f"<{len(value)}H", *value).decode("utf-16-le", "surrogatepass")
        case "micros":
            return EPOCH + timedelta(microseconds=int(value))
        case "duration":
            return timedelta(microseconds=int(value))
    raise ValueError(f"unknown tag {tag}")


def values_of(row: Case) -> dict[str, Any]:
    return {name: value_of(tagged) for name, tagged in row.items()}


def pack(layout: mlcore.Layout, row: Case) -> bytes:
    if "packed" in row:
        return bytes.fromhex(row["packed"])
    return layout.pack(values_of(row))


def rows_of(layout: mlcore.Layout, items: Iterable[Case]) -> mlcore.Rows:
    rows = mlcore.Rows(layout)
    for item in items:
        rows.append_packed(pack(layout, item))
    return rows


def numbers(values: Any, width: str) -> Any:
    table = np.array(
        [[number(value) for value in row] for row in values] if values and isinstance(values[0], list)
        else [number(value) for value in values], np.float64)
    with np.errstate(all="ignore"):  # a NaN of other bits, a double past float32
        return table.astype(np.float32) if width == "f32" else table


class Runner:
    """The models of one folder, and what a case gives: bits, or an error."""

    def __init__(self, folder: pathlib.Path, artifacts: Case) -> None:
        self.files = {name: (folder / file).read_bytes() for name, file in artifacts.items()}
        self.models = {name: mlcore.Model.from_bytes(file) for name, file in self.files.items()}

    def outcome(self, case: Case) -> Any:
        try:
            return getattr(self, case["call"])(case)
        except mlcore.Error as error:
            column = -1 if error.column is None else error.column
            row = -1 if error.row is None else error.row
            return {"error": {"code": error.code, "reason": error.reason, "column": column, "row": row}}

    def model(self, case: Case) -> mlcore.Model:
        return self.models[case["artifact"]]

    def context(self, case: Case) -> mlcore.Context:
        return self.model(case).context(**context_options(case))

    def request(self, case: Case) -> bytes:
        return pack(self.model(case).features.request, case["row"])

    def row(self, case: Case) -> Any:
        return bits(self.context(case).predict_row(self.request(case)))

    def json(self, case: Case) -> Any:
        return bits(self.context(case).predict_row(self.model(case).features.request.from_json(case["json"])))

    def numbers(self, case: Case) -> Any:
        return bits(self.context(case).predict_numeric(numbers(case["values"], case["width"])))

    def batch(self, case: Case) -> Any:
        return bits(self.context(case).predict_batch(numbers(case["rows"], case["width"])).ravel())

    def at(self, case: Case) -> Any:
        state = filled(self.model(case).features, case["state"])
        return bits(self.context(case).predict_at(state, self.request(case)))

    def packed(self, case: Case) -> Any:
        return bits(self.context(case).predict_row(bytes.fromhex(case["packed"])))

    def restored(self, case: Case) -> Any:
        features = self.model(case).features
        snapshot = damaged(filled(features, case["state"]).snapshot(), case.get("damage", {}))
        state = mlcore.State.restore(features, snapshot, **state_options(case["state"]))
        return bits(self.context(case).predict_at(state, self.request(case)))

    def batch_at(self, case: Case) -> Any:
        features = self.model(case).features
        state = filled(features, case["state"])
        requests = rows_of(features.request, case["rows"])
        return bits(self.context(case).predict_batch_at(state, requests).ravel())

    def events(self, case: Case) -> Any:
        features = self.model(case).features
        events = [rows_of(features.stream(name), case["events"].get(name, ())) for name in features.streams]
        return bits(self.context(case).predict_events(self.request(case), events))

    def features(self, case: Case) -> Any:
        features = mlcore.Features.parse(case["definition"])
        state = filled(features, case["state"]) if "state" in case else None
        return bits(features.compute(rows_of(features.request, case["rows"]), state).ravel())

    def open(self, case: Case) -> Any:
        mlcore.Model.from_bytes(artifact_bytes(case, self.files))
        return "opened"

    def definition(self, case: Case) -> Any:
        return {"fingerprint": mlcore.Features.parse(case["text"]).fingerprint}


def context_options(case: Case) -> dict[str, Any]:
    options = dict(case.get("context", {}))
    if "iterations" in options:
        options["iterations"] = tuple(options["iterations"])
    return options


def state_options(state: Case) -> dict[str, Any]:
    given = {name: int(value) for name, value in state.get("options", {}).items()}
    options: dict[str, Any] = {name: given[name] for name in ("max_bytes", "max_keys") if name in given}
    if "lateness" in given:
        options["lateness"] = timedelta(microseconds=given["lateness"])
    if "complete_from" in given:
        options["complete_from"] = EPOCH + timedelta(microseconds=given["complete_from"])
    return options


class WrongReport(AssertionError):
    pass


def filled(features: mlcore.Features, wanted: Case) -> mlcore.State:
    """A state with the events of a case, a batch a stream; the report is the sum over the batches."""
    if "definition" in wanted:
        features = mlcore.Features.parse(wanted["definition"])
    state = mlcore.State(features, **state_options(wanted))
    origin = wanted.get("from", {})
    total = dict.fromkeys(REPORT, 0)
    for _ in range(origin.get("times", 1)):
        for name in features.streams:
            if name not in wanted["events"]:
                continue
            rows = rows_of(features.stream(name), wanted["events"][name])
            offset = int(origin["offset"]) if origin else None
            report = state.ingest(name, rows, source=origin.get("source"), offset=offset)
            total = {count: total[count] + getattr(report, count) for count in REPORT}
    if wanted.get("report", total) != total:
        raise WrongReport(f"expected {wanted['report']}, found {total}")
    if "expire" in wanted:
        state.expire(EPOCH + timedelta(microseconds=int(wanted["expire"])))
    return state


def damaged(whole: bytes, patch: Case) -> bytes:
    changed = bytearray(whole)
    if "truncate" in patch:
        return bytes(changed[: patch["truncate"]])
    if "offset" in patch:
        changed[patch["offset"]] ^= patch["xor"]
    return bytes(changed)


def artifact_bytes(case: Case, files: Mapping[str, bytes]) -> bytes:
    if "bytes" in case:
        return bytes.fromhex(case["bytes"])
    return damaged(files[case["patch"]["artifact"]], case["patch"])
