# SPDX-License-Identifier: Apache-2.0
"""usage: peer.py MODEL.onnx [ROWS]

The same line for onnxruntime: one thread, the arrays of the rows made before.
"""
import sys

import onnxruntime
from measure import allocations, p99, print_line, rows_from, time


def main(file: str, path: str | None = None) -> None:
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    session = onnxruntime.InferenceSession(file, options, providers=["CPUExecutionProvider"])
    wanted = session.get_inputs()[0]
    outputs = [session.get_outputs()[-1].name]
    rows = [row[None].astype("float32") for row in rows_from(path, wanted.shape[1])]
    name, run = wanted.name, session.run

    def call(row: object) -> object:
        return run(outputs, {name: row})

    print_line(f"onnxruntime {onnxruntime.__version__}", len(rows), time(call, rows, 51), p99(call, rows, 10_000),
               allocations(call, rows))


if __name__ == "__main__":
    main(*sys.argv[1:])
