#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Converts the CDNOW purchase log to the CSV that the churn example reads.

    tools/cdnow_to_csv.py .../lifetimes/datasets/CDNOW_master.txt orders.csv

The log ships inside the PyPI package lifetimes 0.11.3: a header line, then one order a line with
customer, date YYYYMMDD, number of CDs and dollars, separated by blanks. Every line is an event,
equal lines too. The output has the columns customer, at, cds, amount in the order of the input,
and appears whole or not at all.
"""

import argparse
import datetime
import os
import re
import sys

COLUMNS = ["customer_id", "date", "number_of_cds", "dollar_value"]
CUSTOMER = re.compile(r"[0-9]{5}", re.ASCII)
CDS = re.compile(r"[0-9]{1,6}", re.ASCII)
AMOUNT = re.compile(r"[0-9]{1,9}(\.[0-9]{1,2})?", re.ASCII)
DATE = re.compile(r"[0-9]{8}", re.ASCII)


class BadLine(Exception):
    """A line that is not an order."""


def convert_line(fields):
    if len(fields) != len(COLUMNS):
        raise BadLine(f"expected {len(COLUMNS)} fields, found {len(fields)}")
    customer, date, cds, amount = fields
    for name, value, pattern in zip(COLUMNS, fields, (CUSTOMER, DATE, CDS, AMOUNT)):
        if not pattern.fullmatch(value):
            raise BadLine(f"{name}: found {value!r}")
    try:
        at = datetime.date(int(date[:4]), int(date[4:6]), int(date[6:]))
    except ValueError as error:
        raise BadLine(f"date: found {date!r} ({error})") from None
    return f"{customer},{at.isoformat()},{int(cds)},{amount}\n"


def convert(lines):
    """The CSV's lines, header included."""
    rows = iter(lines)
    header = next(rows, "").split()
    if header != COLUMNS:
        raise BadLine(f"line 1: expected the header {' '.join(COLUMNS)!r}, found {' '.join(header)!r}")
    yield "customer,at,cds,amount\n"
    for number, line in enumerate(rows, start=2):
        try:
            yield convert_line(line.split())
        except BadLine as error:
            raise BadLine(f"line {number}: {error}") from None


def main():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("input", help="CDNOW_master.txt")
    parser.add_argument("output", help="the CSV to write")
    arguments = parser.parse_args()

    partial = f"{arguments.output}.partial"
    try:
        with open(arguments.input, encoding="ascii") as source:
            converted = list(convert(source))
        if len(converted) == 1:
            raise BadLine("no order after the header")
        with open(partial, "w", encoding="ascii", newline="\n") as target:
            target.writelines(converted)
            target.flush()
            os.fsync(target.fileno())
        os.replace(partial, arguments.output)
    except (BadLine, UnicodeDecodeError) as error:
        sys.exit(f"{arguments.input}: {error}")
    except OSError as error:
        sys.exit(f"{error.filename}: {error.strerror}")

    orders = converted[1:]
    customers = {line.split(",", 1)[0] for line in orders}
    print(f"{arguments.output}: {len(orders)} orders of {len(customers)} customers")


if __name__ == "__main__":
    main()
