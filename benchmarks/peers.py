#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""mlcore beside the libraries that score the same models, on one core, with one thread.

    benchmarks/peers.py build/release --cpu 1
    benchmarks/peers.py build/release --cpu 1 --quick --models x100d6 --peers mlcore,xgboost

The build has the command (tools/mlcore), the library (capi/libmlcore.so) and the wheel that bindings/python/build makes.
Data are drawn by a fixed seed, models trained once, peers installed from benchmarks/requirements.txt; all of it stays in the
cache folder. Each library runs in its own process, the processes take turns, case by case, and the table has the medians of the
rounds. Margins are compared with those of the framework that trained the model before anything is timed: equal bits where they
are promised, else a bound; a library that fails is void. What can't be measured here is shown as absent, with the reason.

Microseconds of processor time a row. `C call` is the library's own C function for one row, in one loop for all; `Python call` is its Python
function, with its arguments ready. `p99` is the 99th percentile of single calls, `cold` the median of calls after 64 MiB of
other memory were walked, both by the clock on the wall, so of a machine that does nothing else. `batch n` is the Python call for n rows.
"""
import argparse
import json
import os
import pathlib
import subprocess
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent / "compare"))

import environments  # noqa: E402
import plot  # noqa: E402
import report  # noqa: E402
from environments import Absent, tell  # noqa: E402

HERE = pathlib.Path(__file__).resolve().parent
MODELS = ("x100d6", "x500d6", "x1000d8", "l500")
BATCHES = (2, 8, 32, 64, 128, 1_000, 4_096, 40_000)
PEERS = ("mlcore", "mlcore model", "xgboost", "xgboost 1.7", "lightgbm", "onedal", "onnxruntime", "tl2cgen", "lleaves")
ONLY = {"xgboost": "x", "xgboost 1.7": "x", "lightgbm": "l", "lleaves": "l"}


class Process:
    """One worker; raises Absent with what it said when it ends."""

    def __init__(self, peer, model, python, cache, build, loop, cpu):
        self.peer, self.log = peer, cache / f"{peer.replace(' ', '')}.{model}.log"
        command = [python, HERE / "compare/worker.py", peer, model, cache / "models", build, loop, cpu]
        with self.log.open("w") as log:
            self.process = subprocess.Popen([str(part) for part in command], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=log, text=True)

    def answer(self):
        line = self.process.stdout.readline()
        if not line:
            lines = self.log.read_text().strip().splitlines()
            raise Absent(f"{lines[-1] if lines else 'no message'} (exit code {self.process.wait()})")
        return json.loads(line)

    def ask(self, **command):
        try:
            self.process.stdin.write(json.dumps(command) + "\n")
            self.process.stdin.flush()
        except BrokenPipeError:
            pass  # answer() says why
        return self.answer()

    def close(self):
        self.process.stdin.close()
        self.process.wait()


def start(model, peers, options):
    """The processes whose results agree, and what became of every peer."""
    processes, outcome = [], {}
    for peer in peers:
        try:
            if model[0] != ONLY.get(peer, model[0]):
                raise Absent("does not read this framework's models")
            wheel = environments.find_wheel(options.build) if peer.startswith("mlcore") else None
            python = environments.make_environment(options.cache, "mlcore" if wheel else peer, wheel)
            tell(f"{model}: loading {peer}")
            process = Process(peer, model, python, options.cache, options.build, options.loop, options.cpu)
            process.answer()
            outcome[peer] = process.ask(do="check")
        except Absent as reason:
            outcome[peer] = {"absent": str(reason)}
            tell(f"{model}: {peer} is absent: {reason}")
            continue
        if all(compared["holds"] for compared in outcome[peer]["compared"].values()):
            processes.append(process)
        else:
            outcome[peer]["void"] = report.disagreement(outcome[peer])
            tell(f"{model}: {peer} is void: {outcome[peer]['void']}")
            process.close()
    return processes, outcome


def measure(model, processes, outcome, options):
    """Rounds of all cases; in each round another process begins."""
    cases = [("c_row", 1), ("row", 1), *(("batch", rows) for rows in options.batches)]
    for process in processes:
        outcome[process.peer]["rounds"] = {}
    for number in range(options.rounds):
        for case, rows in cases:
            turn = number % len(processes)
            for process in processes[turn:] + processes[:turn]:
                try:
                    figures = process.ask(do="measure", case=case, rows=rows, seconds=options.seconds)
                except Absent as reason:
                    processes.remove(process)
                    outcome[process.peer] = {"absent": str(reason)}
                    tell(f"{model}: {process.peer} ended: {reason}")
                    continue
                rounds = outcome[process.peer]["rounds"].setdefault(f"{case}/{rows}", [])
                rounds.append(figures | {"load": os.getloadavg()[0]})
        tell(f"{model}: round {number + 1} of {options.rounds}")


def parse_arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("build", type=pathlib.Path)
    parser.add_argument("--cpu", type=int, default=max(os.sched_getaffinity(0)), help="the processor that every process is pinned to")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=float, default=0.2, help="at least so long a case, a peer and a round")
    parser.add_argument("--models", default=",".join(MODELS), help="with commas: %(default)s")
    parser.add_argument("--peers", default=",".join(PEERS), help="with commas: %(default)s")
    parser.add_argument("--batches", default=",".join(map(str, BATCHES)), help="rows a call, with commas: %(default)s")
    parser.add_argument("--cache", type=pathlib.Path, default=HERE / ".cache", help="default: %(default)s")
    parser.add_argument("--out", type=pathlib.Path, default=HERE / "results", help="folder of peers.json, peers.md and peers.svg; default: %(default)s")
    parser.add_argument("--quick", action="store_true", help="2 rounds of batches 64 and 4,096, written into the cache folder")
    options = parser.parse_args()
    options.models, options.peers, options.batches = options.models.split(","), options.peers.split(","), [int(rows) for rows in options.batches.split(",")]
    options.cache.mkdir(parents=True, exist_ok=True)
    options.build, options.cache = options.build.resolve(), options.cache.resolve()
    if options.quick:
        options.rounds, options.seconds, options.batches, options.out = 2, 0.05, (64, 4_096), options.cache / "quick"
    for given, known in ((options.models, MODELS), (options.peers, PEERS)):
        if unknown := set(given) - set(known):
            parser.error(f"unknown: {', '.join(sorted(unknown))}; known: {', '.join(known)}")
    return options


def main():
    options = parse_arguments()
    results = {"machine": report.machine(options), "models": {}}
    try:
        options.loop = environments.make_loop(options.cache)
        for model in options.models:
            environments.make_model(options.cache, options.build, model)
    except (Absent, OSError) as reason:
        sys.exit(f"peers.py: {reason}")
    for model in options.models:
        processes, outcome = start(model, options.peers, options)
        if not processes:
            sys.exit(f"{model}: nothing could be measured")
        measure(model, processes, outcome, options)
        for process in processes:
            process.close()
        results["models"][model] = report.summarise(outcome)
        print(report.table(model, results["models"][model], options.batches), flush=True)
        options.out.mkdir(parents=True, exist_ok=True)
        (options.out / "peers.json").write_text(json.dumps(results, indent=1) + "\n")
        (options.out / "peers.md").write_text(report.markdown(results, options.batches))
        (options.out / "peers.svg").write_text(plot.peers_plot(results))
    tell(f"written: {options.out / 'peers.json'}, {options.out / 'peers.svg'}")


if __name__ == "__main__":
    main()
