# SPDX-License-Identifier: Apache-2.0
"""Scores every customer from orders that arrive shuffled, and writes the bits.

usage: churn.py ARTIFACT ORDERS_CSV AS_OF SEED OUT    (examples/README.md has the format)
"""
import csv
import json
import random
import struct
import sys
import time
from datetime import datetime, timezone
from typing import NamedTuple

import mlcore

BATCH = 1000


def midnight(day: str) -> datetime:
    return datetime.fromisoformat(day).replace(tzinfo=timezone.utc)


class Order(NamedTuple):
    customer: str
    at: datetime
    cds: int
    amount: float


def read_orders(path: str) -> list[Order]:
    with open(path, newline="", encoding="utf-8") as file:
        return [
            Order(line["customer"], midnight(line["at"]), int(line["cds"]), float(line["amount"]))
            for line in csv.DictReader(file)
        ]


def ingest(state: mlcore.State, layout: mlcore.Layout, orders: list[Order]) -> None:
    for begin in range(0, len(orders), BATCH):
        rows = mlcore.Rows(layout)
        for order in orders[begin : begin + BATCH]:
            rows.append(order._asdict())
        report = state.ingest("orders", rows)
        if report.accepted != len(rows):
            sys.exit(f"{len(rows) - report.accepted} orders were not accepted: {report.invalid_message}")


def score(model: mlcore.Model, state: mlcore.State, customers: list[str], now: datetime, out: str) -> None:
    requests = [model.features.request.pack({"customer": name, "as_of": now}) for name in customers]
    with open(out, "w", encoding="utf-8") as file, model.context("features") as values, model.context(
        "margin"
    ) as margin:
        count = len(margin.out)
        margins = ["margin"] if count == 1 else [f"margin[{i}]" for i in range(count)]
        file.write(",".join(["customer", *model.features.names, *margins]) + "\n")
        for name, row in zip(customers, requests):
            bits = [hexadecimal(value) for value in values.predict_at(state, row)]
            bits += [hexadecimal(value) for value in margin.predict_at(state, row)]
            file.write(",".join([name, *bits]) + "\n")
        begin = time.perf_counter_ns()
        for row in requests:
            margin.predict_at(state, row)
        elapsed = time.perf_counter_ns() - begin
    ns_per_row = round(elapsed / max(1, len(requests)), 1)
    report = {"language": "python", "rows": len(requests), "ns_per_row": ns_per_row}
    print(json.dumps(report), file=sys.stderr)


def hexadecimal(value: float) -> str:
    return struct.pack(">d", value).hex()


def main(artifact: str, orders_csv: str, as_of: str, seed: str, out: str) -> None:
    model = mlcore.Model.open(artifact)
    orders = read_orders(orders_csv)
    random.Random(int(seed)).shuffle(orders)
    state = mlcore.State(model.features)
    ingest(state, model.features.stream("orders"), orders)
    now = midnight(as_of)
    customers = sorted({order.customer for order in orders if order.at < now}, key=str.encode)
    score(model, state, customers, now, out)


if __name__ == "__main__":
    if len(sys.argv) != 6:
        print(__doc__, file=sys.stderr)
        sys.exit(2)
    try:
        main(*sys.argv[1:])
    except mlcore.Error as error:
        sys.exit(str(error))
