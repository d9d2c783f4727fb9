# SPDX-License-Identifier: Apache-2.0
"""How the two programs measure, so that both are measured alike."""
import json
import platform
import statistics
import sys
import tracemalloc
from collections.abc import Callable
from time import perf_counter_ns
from typing import Any

import numpy as np

Call = Callable[[Any], Any]
PASSES, WARM_UPS = 301, 100


def rows_from(path: str | None, columns: int) -> Any:
    """Rows of doubles: those of a file, or 1,000 drawn by a fixed seed."""
    if path is None:
        return np.random.default_rng(1).uniform(-3, 3, (1000, columns))
    return np.fromfile(path, "<f8").reshape(-1, columns)


def time(call: Call, rows: list[Any], passes: int = PASSES) -> float:
    """Nanoseconds of a call: the median of the passes over the rows."""
    times = []
    for number in range(passes + WARM_UPS):
        begin = perf_counter_ns()
        for row in rows:
            call(row)
        if number >= WARM_UPS:
            times.append((perf_counter_ns() - begin) / len(rows))
    return statistics.median(times)


def p99(call: Call, rows: list[Any], count: int = 100_000) -> float:
    """The 99th percentile of single calls, less what looking at the clock takes."""

    def percentile(one: Call, at: float) -> float:
        times = []
        for number in range(count):
            row = rows[number % len(rows)]
            begin = perf_counter_ns()
            one(row)
            times.append(perf_counter_ns() - begin)
        return float(np.percentile(times, at))

    return max(0.0, percentile(call, 99) - percentile(lambda row: None, 50))


def allocations(call: Call, rows: list[Any]) -> float:
    """Blocks of memory that a call leaves in Python's allocators while its result is held."""
    held = [None] * len(rows)
    for number, row in enumerate(rows):
        held[number] = call(row)
    held = [None] * len(rows)
    tracemalloc.start()
    before = tracemalloc.take_snapshot()
    for number, row in enumerate(rows):
        held[number] = call(row)
    after = tracemalloc.take_snapshot()
    tracemalloc.stop()
    changes = after.compare_to(before, "filename")
    return max(0, sum(change.count_diff for change in changes if change.traceback[0].filename != tracemalloc.__file__)) / len(rows)


def print_line(package: str, rows: int, call: float, slowest: float, allocated: float, **others: float) -> None:
    line = {"language": "python", "version": platform.python_version(), "package": package,
            "ns_per_row_call": round(call, 1), "ns_per_row_call_p99": round(slowest, 1),
            "allocations_per_call": round(allocated, 1), "rows": rows}
    print(json.dumps(line | {name: round(value, 1) for name, value in others.items()}), file=sys.stdout)
