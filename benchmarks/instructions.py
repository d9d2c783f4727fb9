#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Instructions that a row takes, counted by valgrind: the same on any machine, however busy.

    benchmarks/instructions.py build/release [--models x100d6,x500d6] [--cache DIR]

The models are those of peers.py. 1,000 and 3,000 rows are scored under callgrind, and the difference is divided by 2,000:
what opening takes is not in it. Valgrind knows no AVX-512: the kernels are those of AVX2.
"""
import argparse
import pathlib
import re
import subprocess
import sys

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE / "compare"))

import environments  # noqa: E402
from environments import Absent  # noqa: E402

FEW, MANY = 1_000, 3_000
CALLS = {"margin": "model, one row", "predict": "definition and model, one row", "batch": "model, a row of a batch"}
WRITE_ROWS = "import sys, numpy; numpy.load(sys.argv[1])[:int(sys.argv[3])].astype('<f8').tofile(sys.argv[2])"


def build_counter(build, cache):
    counter = cache / "count_rows"
    environments.run(["cc", "-O2", "-Wall", "-Wextra", "-I", HERE.parent / "capi/include", HERE / "compare/count_rows.c", "-o", counter,
                      build / "capi/libmlcore.so", f"-Wl,-rpath,{build / 'capi'}"], "count_rows.c")
    return counter


def count(counter, model, rows, number, call):
    command = ["valgrind", "--tool=callgrind", "--callgrind-out-file=/dev/null", counter, model, rows, number, call]
    done = subprocess.run([str(part) for part in command], capture_output=True, text=True)
    found = re.search(r"Collected : (\d+)", done.stderr)
    if done.returncode != 0 or found is None:
        raise Absent(f"valgrind: {(done.stderr.strip().splitlines() or ['no message'])[-1]}")
    return int(found[1])


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("build", type=pathlib.Path)
    parser.add_argument("--models", default="x100d6,x500d6,x1000d8,l500", help="with commas: %(default)s")
    parser.add_argument("--cache", type=pathlib.Path, default=HERE / ".cache", help="default: %(default)s")
    options = parser.parse_args()
    build, cache = options.build.resolve(), options.cache.resolve()
    print(f"{'instructions a row':<20}" + "".join(f"{title:>32}" for title in CALLS.values()))
    try:
        counter = build_counter(build, cache)
        for name in options.models.split(","):
            models = environments.make_model(cache, build, name)
            rows = models / "rows.f64"
            environments.run([environments.make_environment(cache, "lightgbm"), "-c", WRITE_ROWS, models / "rows28.npy", rows, MANY], "rows")
            counts = [(count(counter, models / f"{name}.mlc", rows, MANY, call) - count(counter, models / f"{name}.mlc", rows, FEW, call)) / (MANY - FEW)
                      for call in CALLS]
            print(f"{name:<20}" + "".join(f"{each:>32,.0f}" for each in counts), flush=True)
    except (Absent, OSError) as reason:
        sys.exit(f"instructions.py: {reason}")


if __name__ == "__main__":
    main()
