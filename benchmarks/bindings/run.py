#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""What a row call costs in each language beyond the same call in C, and what the language's usual peer costs.

    benchmarks/bindings/run.py BUILD_DIR [--only c,python] [--rounds 5] [--json FILE] [--cpu N]

BUILD_DIR holds the command, the library and the packages that bindings/*/build made. One model, 100 trees of
depth 6 on 28 numbers (make_model.py), is scored a row a call by benchmarks/bindings/<language>/run: `mlcore` by the
package, `peer` by the peer, on the same 1,000 rows. The programs take turns, `rounds` times; the table has the
medians; allocations of Java are bytes. A language whose package was not built, or a peer that can't be had, is shown as absent.
"""
import argparse
import ctypes.util
import json
import pathlib
import shutil
import statistics
import subprocess
import sys

HERE = pathlib.Path(__file__).resolve().parent
LANGUAGES = ("c", "java", "go", "node", "python")
GOALS = {"java": 25, "go": 60, "node": 150, "python": 250}
FIGURES = ("ns_per_row_call", "ns_per_row_call_p99", "ns_per_packed_call", "allocations_per_call")


def make_models(build, folder):
    """model.mlc, model.onnx and rows.f64, made again when the makers changed."""
    command = build / "tools/mlcore"
    library = ctypes.util.find_library("xgboost")
    if library is None:
        sys.exit("libxgboost is not installed")
    newest = max(path.stat().st_mtime for path in (HERE / "make_model.py", command))
    if not (folder / "done").exists() or (folder / "done").stat().st_mtime < newest:
        subprocess.run([HERE / "python/run", build, "models", command, library, folder], check=True, stdout=sys.stderr)
        (folder / "done").touch()


def measure(language, program, build, folder, pinned):
    """The line of one run, or None where it can't be run; says why."""
    script = HERE / language / "run"
    if not script.exists() or (language == "c" and program == "peer"):
        return None
    model = folder / ("model.mlc" if program == "mlcore" else "model.onnx")
    done = subprocess.run([*pinned, script, build, program, model, folder / "rows.f64"], capture_output=True, text=True)
    lines = done.stdout.strip().splitlines()
    if done.returncode == 0 and lines:
        return json.loads(lines[-1])
    last = (done.stderr.strip().splitlines() or ["no message"])[-1]
    print(f"{language} {program} is absent: {last}", file=sys.stderr)
    return None


def median_of(runs):
    """One line of the medians of several."""
    merged = dict(runs[-1])
    for figure in FIGURES:
        values = [run[figure] for run in runs if run.get(figure) is not None]
        if values:
            merged[figure] = statistics.median(values)
    return merged


def shown(value, width=9):
    return f"{'-' if value is None else format(value, '.0f'):>{width}}"


def print_table(results):
    base = results.get(("c", "mlcore"), {})
    print(f"{'language':<9} {'version':<16} {'package':<38} {'ns a row':>9} {'p99':>9} {'packed':>9} {'- C':>9} {'goal':>6} {'allocs':>7}")
    for (language, program), line in results.items():
        over = line["ns_per_row_call"] - base["ns_per_row_call"] if base and program == "mlcore" and language != "c" else None
        goal = GOALS.get(language, "") if program == "mlcore" else ""
        print(f"{language:<9} {line['version'][:16]:<16} {line['package'][:38]:<38} {shown(line['ns_per_row_call'])} "
              f"{shown(line.get('ns_per_row_call_p99'))} {shown(line.get('ns_per_packed_call'))} {shown(over)} {goal!s:>6} "
              f"{line.get('allocations_per_call', 0):>7.1f}")


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("build", type=pathlib.Path)
    parser.add_argument("--only", default=",".join(LANGUAGES), help="languages, with commas")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--json", type=pathlib.Path)
    parser.add_argument("--cpu", type=int, help="the processor that everything runs on")
    arguments = parser.parse_args()
    wanted = arguments.only.split(",")
    if unknown := set(wanted) - set(LANGUAGES):
        sys.exit(f"no such language: {', '.join(sorted(unknown))}")
    build = arguments.build.resolve()
    folder = build / "benchmarks/models"
    pinned = [shutil.which("taskset"), "-c", str(arguments.cpu)] if arguments.cpu is not None else []
    make_models(build, folder)
    runs = {(language, program): [] for language in LANGUAGES if language in wanted for program in ("mlcore", "peer")}
    absent = set()
    for number in range(arguments.rounds):
        for key in runs:
            if key in absent:
                continue
            line = measure(*key, build, folder, pinned)
            if line is None:
                absent.add(key)
            else:
                runs[key].append(line)
        print(f"round {number + 1} of {arguments.rounds}", file=sys.stderr)
    results = {key: median_of(lines) for key, lines in runs.items() if lines}
    if not results:
        sys.exit("nothing could be measured")
    print_table(results)
    if arguments.json:
        arguments.json.write_text(json.dumps(list(results.values()), indent=1) + "\n")


if __name__ == "__main__":
    main()
