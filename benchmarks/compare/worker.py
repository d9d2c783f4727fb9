# SPDX-License-Identifier: Apache-2.0
"""One engine with one model in one process: worker.py ENGINE MODEL FOLDER BUILD_DIR LOOP.so CPU

Reads commands, a line of JSON each, and answers each with a line. `check`: the engine's margins of all rows, by its
batch call and by its calls for one row, against the framework's own. `measure`: one repeat of one case, warmed up before.
peers.py drives several of these in turn, so that the figures of a case lie seconds apart. Figures are the time that the process
had a processor, all its threads together; single calls, for the 99th percentile and cold caches, are of the clock on the wall.
"""
import ctypes
import json
import os
import pathlib
import statistics
import sys
from time import perf_counter_ns, process_time_ns

os.environ.update({name: "1" for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")})

import numpy as np  # noqa: E402

from engines import ENGINES  # noqa: E402

CYCLED = 4_096  # distinct rows of the loops for one row
EVICTED = 64 << 20  # bytes walked before a call with cold caches
SINGLES, COLD_CALLS, GROUP = 8_192, 31, 1_000_000
KINDS = ["nothing", "mlcore_predict", "mlcore_margin", "xgboost_dense", "lightgbm_fast", "tl2cgen_predict", "lleaves_forest"]


class Subject(ctypes.Structure):
    """subject_t of row_loop.c."""
    _fields_ = [("kind", ctypes.c_int32), ("wide", ctypes.c_int32), ("function", ctypes.c_void_p), ("handle", ctypes.c_void_p),
                ("extra", ctypes.c_void_p), ("config", ctypes.c_char_p), ("buffer", ctypes.c_void_p), ("rows", ctypes.c_void_p),
                ("row_bytes", ctypes.c_int64), ("row_count", ctypes.c_int64), ("columns", ctypes.c_int64)]


def threads():
    return len(os.listdir("/proc/self/task"))


def spread(nanoseconds, clock):
    """The 99th percentile of single calls, less what the clock takes."""
    return max(0.0, float(np.percentile(nanoseconds, 99)) - clock)


class Worker:
    def __init__(self, engine, model, folder, build, loop):
        folder = pathlib.Path(folder)
        before = threads()
        self.engine = ENGINES[engine](folder, model, pathlib.Path(build))
        columns = int(model.partition("f")[2] or 28)
        self.values = np.load(folder / f"rows{columns}.npy").astype(self.engine.dtype)
        self.margins = np.load(folder / f"{model}.margins.npy")
        self.loop = ctypes.CDLL(loop)
        self.loop.time_rows.restype = ctypes.c_int64
        self.memory = ctypes.create_string_buffer(EVICTED)
        self.subject = self.make_subject()
        self.cycled = self.engine.rows(self.values[:CYCLED])
        self.batches, self.threads_before = {}, before

    def make_subject(self):
        call = self.engine.c_row()
        if call is None:
            return None
        kind, function, handle, extra, config = call
        values = self.values[:CYCLED]
        self.c_values = np.ascontiguousarray(getattr(self.engine, "c_rows", lambda same: same)(values))
        self.row_buffer = getattr(self.engine, "buffer", np.zeros(values.shape[1], values.dtype))
        return Subject(KINDS.index(kind), values.dtype == np.float64, ctypes.cast(function, ctypes.c_void_p), handle,
                       ctypes.cast(extra, ctypes.c_void_p), config, self.row_buffer.ctypes.data, self.c_values.ctypes.data,
                       values.shape[1] * values.itemsize, len(values), values.shape[1])

    def compare(self, margins):
        wanted = self.margins[:len(margins)].astype(np.float64)
        given = np.asarray(margins, np.float64).ravel()
        distance = np.abs(given - wanted)
        differing = int((given.view(np.uint64) != wanted.view(np.uint64)).sum())
        beyond = int((~(distance <= float(self.engine.bound))).sum())
        return {"rows": len(given), "differing": differing, "beyond": beyond, "greatest": float(distance.max()),
                "holds": differing == 0 if self.engine.bits else beyond == 0}

    def check(self):
        """Bits where they are promised, else the bound. A float is compared as the double it is."""
        results = {"batch": self.compare(self.engine.batch(self.values)),
                   "row": self.compare([np.asarray(self.engine.row(row)).ravel()[0] for row in self.cycled])}
        if self.subject is not None:
            out = np.zeros(len(self.c_values))
            self.loop.time_rows(ctypes.byref(self.subject), out.ctypes.data_as(ctypes.c_void_p))
            results["c_row"] = self.compare(out)
        return {"version": self.engine.version, "bits": self.engine.bits, "bound": self.engine.bound, "compared": results}

    def measure(self, case, rows, seconds):
        """`busy` is the share of a processor that the process had: 1 on a machine that does nothing else."""
        wall, own = perf_counter_ns(), process_time_ns()
        figures = getattr(self, case)(rows, seconds)
        busy = (process_time_ns() - own) / (perf_counter_ns() - wall)
        return figures | {"busy": round(busy, 3), "threads": threads(), "own_threads": getattr(self.engine, "threads", None),
                          "cpus": sorted(os.sched_getaffinity(0))}

    def c_row(self, rows, seconds):
        if self.subject is None:
            return {"absent": "no C call for one row"}
        subject, out = ctypes.byref(self.subject), np.zeros(CYCLED)
        place = out.ctypes.data_as(ctypes.c_void_p)

        def singles(count, subject, memory):
            times = np.zeros(count, np.int64)
            self.loop.time_singles(subject, ctypes.c_int64(count), times.ctypes.data_as(ctypes.c_void_p), memory, ctypes.c_int64(EVICTED))
            return times

        empty = Subject.from_buffer_copy(self.subject)
        empty.kind = 0
        passes = repeat(lambda: self.loop.time_rows(subject, place), seconds)
        clock = float(np.median(singles(SINGLES, ctypes.byref(empty), None)))
        cold = singles(COLD_CALLS, subject, self.memory)
        return {"ns": statistics.median(passes) / len(self.c_values), "p99": spread(singles(SINGLES, subject, None), clock),
                "cold": max(0.0, float(np.median(cold)) - clock)}

    def row(self, rows, seconds):
        call, cycled = self.engine.row, self.cycled

        def one_pass():
            begin = process_time_ns()
            for row in cycled:
                call(row)
            return process_time_ns() - begin

        def singles(count, call, evict):
            times = []
            for number in range(count):
                row = cycled[number % len(cycled)]
                if evict:
                    self.loop.evict(self.memory, ctypes.c_int64(EVICTED))
                begin = perf_counter_ns()
                call(row)
                times.append(perf_counter_ns() - begin)
            return times

        passes = repeat(one_pass, seconds)
        clock = float(np.median(singles(SINGLES, lambda row: None, False)))
        cold = float(np.median(singles(COLD_CALLS, call, True)))
        return {"ns": statistics.median(passes) / len(cycled), "p99": spread(singles(SINGLES, call, False), clock),
                "cold": max(0.0, cold - clock)}

    def batch(self, rows, seconds):
        """Batches one after another through all rows; groups of them last a millisecond or more."""
        if rows not in self.batches:
            whole = len(self.values) // rows
            pieces = [self.values[number * rows:(number + 1) * rows] for number in range(whole)]
            self.batches[rows] = getattr(self.engine, "batches", lambda same: same)(pieces)
        pieces, call = self.batches[rows], self.engine.batch
        at = 0

        def group(count):
            nonlocal at
            begin = process_time_ns()
            for _ in range(count):
                call(pieces[at])
                at = at + 1 if at + 1 < len(pieces) else 0
            return process_time_ns() - begin

        count = max(1, GROUP // max(1, group(1)))
        return {"ns": statistics.median(repeat(lambda: group(count), seconds)) / count / rows}


def repeat(measured, seconds):
    """Times of what is measured, for `seconds` and at least twice; a fifth of it, and at least once, warms up before."""
    limit = perf_counter_ns() + seconds * 0.2e9
    measured()
    while perf_counter_ns() < limit:
        measured()
    times, limit = [], perf_counter_ns() + seconds * 1e9
    while len(times) < 2 or perf_counter_ns() < limit:
        times.append(measured())
    return times


def main():
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)  # what libraries print is no answer
    engine, model, folder, build, loop, cpu = sys.argv[1:]
    os.sched_setaffinity(0, {int(cpu)})
    worker = Worker(engine, model, folder, build, loop)
    answers.write(json.dumps({"ready": True}) + "\n")
    answers.flush()
    for line in sys.stdin:
        command = json.loads(line)
        done = worker.check() if command["do"] == "check" else worker.measure(command["case"], command["rows"], command["seconds"])
        answers.write(json.dumps(done) + "\n")
        answers.flush()


if __name__ == "__main__":
    main()
