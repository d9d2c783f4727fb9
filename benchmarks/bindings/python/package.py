# SPDX-License-Identifier: Apache-2.0
"""usage: package.py ARTIFACT [ROWS]

One line of JSON: nanoseconds of the numeric call, which scores an array; of a packed row; of an array that is first
copied into memory that the context owns; of a dictionary. ROWS is a file of doubles, rows x inputs.
"""
import sys

import mlcore
from measure import allocations, p99, print_line, rows_from, time


def main(artifact: str, path: str | None = None) -> None:
    model = mlcore.Model.open(artifact)
    context = model.context("margin")
    request = model.features.request
    names = [field.name for field in request.fields]
    rows = list(rows_from(path, len(names)))
    packed = [request.pack(dict(zip(names, row.tolist()))) for row in rows]
    values, predict_values, predict_row, pack = context.values, context.predict_values, context.predict_row, request.pack
    numeric = context.predict_numeric

    def bound(row: object) -> object:
        values[:] = row
        return predict_values()

    dictionaries = [dict(zip(names, row.tolist())) for row in rows]
    print_line(
        f"mlcore {mlcore.__version__}", len(rows), time(numeric, rows), p99(numeric, rows), allocations(numeric, rows),
        ns_per_packed_call=time(predict_row, packed), ns_per_bound_call=time(bound, rows),
        ns_per_object_call=time(lambda row: predict_row(pack(row)), dictionaries, 51),
    )


if __name__ == "__main__":
    main(*sys.argv[1:])
