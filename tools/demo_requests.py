#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Writes a request for each customer who has ordered before, at each time.

    demo_requests.py orders.csv requests.csv 1997-07-01 1997-08-01
"""
import argparse
import csv
import pathlib
import sys


def requests_of(orders, times):
    """Rows of (customer, as_of): an order counts for the times after it, as training sees it."""
    first = {}
    for order in orders:
        known = first.setdefault(order["customer"], order["at"])
        first[order["customer"]] = min(known, order["at"])
    return [(customer, time) for time in times for customer in sorted(first) if first[customer] < time]


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("orders", type=pathlib.Path)
    parser.add_argument("requests", type=pathlib.Path)
    parser.add_argument("as_of", nargs="+", metavar="YYYY-MM-DD")
    arguments = parser.parse_args()
    with open(arguments.orders, encoding="utf-8", newline="") as file:
        rows = requests_of(csv.DictReader(file), arguments.as_of)
    if not rows:
        sys.exit(f"demo_requests: {arguments.orders}: no order before {max(arguments.as_of)}")
    with open(arguments.requests, "w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(("customer", "as_of"))
        writer.writerows(rows)


if __name__ == "__main__":
    main()
