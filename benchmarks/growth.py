#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""How the time of a row grows with trees, depth and columns, mlcore beside XGBoost.

    benchmarks/growth.py build/release --cpu 1
    benchmarks/growth.py build/release --cpu 1 --curves depth --rounds 2

Measured as peers.py does it: margins compared first, processes in turns, medians of rounds, processor time. A curve has a
model a point, and two panels: one row, by the library's C function; batches of 4,096, by the Python call. The growth with
the rows of a call is in peers.svg.
"""
import argparse
import json
import os
import pathlib
import sys

import peers
import plot
import report
from environments import Absent, make_loop, make_model, tell

CURVES = {
    "trees": ("trees of depth 6", [(count, f"x{count}d6") for count in (10, 100, 500, 2_000, 10_000)]),
    "depth": ("depth of 100 trees", [(depth, f"x100d{depth}") for depth in (1, 2, 4, 6, 8, 10, 12)]),
    "columns": ("columns, 100 trees of depth 6", [(count, f"x100d6f{count}") for count in (10, 28, 100, 1_000, 10_000)]),
}
ROWS = 4_096
CASES = {"c_row/1": "one row, C call", f"batch/{ROWS}": f"a row of {ROWS:,}, Python call"}


def parse_arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("build", type=pathlib.Path)
    parser.add_argument("--cpu", type=int, default=max(os.sched_getaffinity(0)), help="the processor that every process is pinned to")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=float, default=0.1, help="at least so long a case, a peer and a round")
    parser.add_argument("--curves", default=",".join(CURVES), help="with commas: %(default)s")
    parser.add_argument("--peers", default="mlcore model,xgboost,xgboost 1.7", help="with commas: %(default)s")
    parser.add_argument("--cache", type=pathlib.Path, default=peers.HERE / ".cache", help="default: %(default)s")
    parser.add_argument("--out", type=pathlib.Path, default=peers.HERE / "results", help="folder of growth.json, growth.md and growth.svg; default: %(default)s")
    options = parser.parse_args()
    options.cache.mkdir(parents=True, exist_ok=True)
    options.build, options.cache, options.batches = options.build.resolve(), options.cache.resolve(), [ROWS]
    options.curves, options.peers = options.curves.split(","), options.peers.split(",")
    if unknown := set(options.curves) - set(CURVES):
        parser.error(f"unknown: {', '.join(sorted(unknown))}; known: {', '.join(CURVES)}")
    return options


def measure(model, options):
    """Of each peer: nanoseconds a row of each case, or why not."""
    make_model(options.cache, options.build, model)
    processes, outcome = peers.start(model, options.peers, options)
    peers.measure(model, processes, outcome, options)
    for process in processes:
        process.close()
    return report.summarise(outcome)


def points_of(curve, peer, case):
    return [(at, outcome[peer]["cases"][case]["ns"] / 1000) for at, outcome in curve if case in outcome[peer]["cases"]]


def panels(results):
    for name, curve in results["curves"].items():
        for case, title in CASES.items():
            series = [(plot.NAMES.get(peer, peer), points) for peer in curve[0][1] if (points := points_of(curve, peer, case))]
            yield {"title": f"{title}: {CURVES[name][0]}", "unit": "µs a row, lower is better", "axis": name,
                   "x": [(at, f"{at:,}") for at, _ in curve], "series": series}


def markdown(results):
    """A table a curve; a peer's cell has its microseconds for one row and for a row of a batch."""
    lines = []
    for name, curve in results["curves"].items():
        lines += ["| " + " | ".join([CURVES[name][0], *curve[0][1]]) + " |", "|---:" * (len(curve[0][1]) + 1) + "|"]
        for at, outcome in curve:
            cells = [result.get("absent") or result.get("void") or
                     " / ".join(report.microseconds(result["cases"][case]["ns"]) for case in CASES) for result in outcome.values()]
            lines.append("| " + " | ".join([f"{at:,}", *cells]) + " |")
        lines.append("")
    return "\n".join(lines)


def main():
    options = parse_arguments()
    results = {"machine": report.machine(options), "curves": {}}
    try:
        options.loop = make_loop(options.cache)
        for name in options.curves:
            results["curves"][name] = [(at, measure(model, options)) for at, model in CURVES[name][1]]
            options.out.mkdir(parents=True, exist_ok=True)
            (options.out / "growth.json").write_text(json.dumps(results, indent=1) + "\n")
            (options.out / "growth.md").write_text(markdown(results))
            (options.out / "growth.svg").write_text(plot.page("One core, one thread: how the time of a row grows", list(panels(results))))
    except (Absent, OSError) as reason:
        sys.exit(f"growth.py: {reason}")
    tell(f"written: {options.out / 'growth.json'}, {options.out / 'growth.svg'}")


if __name__ == "__main__":
    main()
