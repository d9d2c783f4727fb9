#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Makes the model that every language scores: 100 trees of depth 6 on 28 numbers, 5 % of them missing.

    make_model.py MLCORE_COMMAND LIBXGBOOST FOLDER

FOLDER gets model.json, which libxgboost trained, model.mlc and model.onnx, which are the same trees, and
rows.f64, 1,000 rows of doubles. Margins are compared before anything is timed: those of model.mlc with XGBoost's
bit for bit, those of model.onnx, which adds in another order, within 1e-5.
"""
import ctypes
import json
import pathlib
import subprocess
import sys

import numpy as np
import onnx
import onnxruntime
from onnx import TensorProto, helper

TREES, DEPTH, COLUMNS, TRAINING_ROWS, ROWS, SEED = 100, 6, 28, 20_000, 1_000, 7


class XGBoost:
    """What is needed of XGBoost's C API."""

    def __init__(self, path):
        self.library = ctypes.CDLL(path)
        self.library.XGBGetLastError.restype = ctypes.c_char_p

    def call(self, name, *arguments):
        if getattr(self.library, name)(*arguments) != 0:
            sys.exit(f"{name}: {self.library.XGBGetLastError().decode()}")

    def matrix(self, values, labels=None):
        handle = ctypes.c_void_p()
        rows, columns = values.shape
        self.call("XGDMatrixCreateFromMat", values.ctypes, ctypes.c_uint64(rows), ctypes.c_uint64(columns),
                  ctypes.c_float(np.nan), ctypes.byref(handle))
        if labels is not None:
            self.call("XGDMatrixSetFloatInfo", handle, b"label", labels.ctypes, ctypes.c_uint64(rows))
        return handle

    def train(self, matrix):
        booster = ctypes.c_void_p()
        self.call("XGBoosterCreate", (ctypes.c_void_p * 1)(matrix), ctypes.c_uint64(1), ctypes.byref(booster))
        for name, value in {"objective": "reg:squarederror", "max_depth": DEPTH, "eta": 0.1, "nthread": 2}.items():
            self.call("XGBoosterSetParam", booster, name.encode(), str(value).encode())
        for number in range(TREES):
            self.call("XGBoosterUpdateOneIter", booster, number, matrix)
        return booster

    def margins(self, booster, matrix):
        count, out = ctypes.c_uint64(), ctypes.POINTER(ctypes.c_float)()
        self.call("XGBoosterPredict", booster, matrix, 1, 0, 0, ctypes.byref(count), ctypes.byref(out))
        return np.ctypeslib.as_array(out, (count.value,)).copy()


def draw(generator, rows):
    values = generator.normal(size=(rows, COLUMNS)).astype(np.float32)
    values[generator.random(values.shape) < 0.05] = np.nan
    return values


def onnx_model(model):
    """The trees as one TreeEnsembleRegressor."""
    learner = model["learner"]
    nodes = {name: [] for name in ("treeids", "nodeids", "featureids", "values", "modes", "truenodeids", "falsenodeids",
                                   "missing_value_tracks_true")}
    target = {name: [] for name in ("treeids", "nodeids", "ids", "weights")}
    for number, tree in enumerate(learner["gradient_booster"]["model"]["trees"]):
        for node, (left, right) in enumerate(zip(tree["left_children"], tree["right_children"])):
            is_leaf = left == -1
            row = (number, node, 0 if is_leaf else tree["split_indices"][node], tree["split_conditions"][node],
                   "LEAF" if is_leaf else "BRANCH_LT", max(left, 0), max(right, 0), tree["default_left"][node])
            for name, value in zip(nodes, row):
                nodes[name].append(0.0 if is_leaf and name == "values" else value)
            if is_leaf:
                for name, value in zip(target, (number, node, 0, tree["split_conditions"][node])):
                    target[name].append(value)
    attributes = {f"nodes_{name}": values for name, values in nodes.items()}
    attributes |= {f"target_{name}": values for name, values in target.items()}
    base = float(learner["learner_model_param"]["base_score"])
    node = helper.make_node("TreeEnsembleRegressor", ["input"], ["variable"], domain="ai.onnx.ml", n_targets=1,
                            base_values=[base], **attributes)
    graph = helper.make_graph(
        [node], "trees", [helper.make_tensor_value_info("input", TensorProto.FLOAT, [None, COLUMNS])],
        [helper.make_tensor_value_info("variable", TensorProto.FLOAT, [None, 1])])
    made = helper.make_model(graph, ir_version=8, opset_imports=[helper.make_opsetid("", 15), helper.make_opsetid("ai.onnx.ml", 1)])
    onnx.checker.check_model(made)
    return made


def check(folder, command, rows, margins):
    """That all three files give the same margins for the rows."""
    names = [f"f{column}" for column in range(COLUMNS)]
    lines = [",".join(names)] + [",".join("" if np.isnan(v) else repr(float(v)) for v in row) for row in rows]
    (folder / "rows.csv").write_text("\n".join(lines) + "\n")
    scored = subprocess.run([command, "predict", folder / "model.mlc", "--requests", folder / "rows.csv", "--margin", "--hex"],
                            capture_output=True, text=True)
    if scored.returncode != 0:
        sys.exit(scored.stderr)
    ours = np.array([float.fromhex(line.rsplit(",", 1)[-1]) for line in scored.stdout.splitlines()[1:]])
    if not np.array_equal(ours, margins.astype(np.float64)):
        sys.exit(f"{(ours != margins).sum()} of {len(ours)} margins of model.mlc differ from XGBoost's")
    session = onnxruntime.InferenceSession(str(folder / "model.onnx"), providers=["CPUExecutionProvider"])
    distance = np.abs(session.run(None, {"input": rows})[0][:, 0] - margins).max()
    if not distance < 1e-5:
        sys.exit(f"a margin of model.onnx is {distance} from XGBoost's")


def main(command, library, folder):
    folder = pathlib.Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    generator = np.random.default_rng(SEED)
    values = draw(generator, TRAINING_ROWS)
    known = np.nan_to_num(values)
    labels = (known[:, 0] + known[:, 1] * known[:, 2] + np.sin(3 * known[:, 3]) + 0.1 * generator.normal(size=TRAINING_ROWS))
    xgboost = XGBoost(library)
    booster = xgboost.train(xgboost.matrix(values, labels.astype(np.float32)))
    xgboost.call("XGBoosterSaveModel", booster, str(folder / "model.json").encode())
    subprocess.run([command, "import", folder / "model.json", "--from", "xgboost", "-o", folder / "model.mlc"], check=True)
    onnx.save(onnx_model(json.loads((folder / "model.json").read_text())), folder / "model.onnx")
    rows = draw(generator, ROWS)
    rows.astype("<f8").tofile(folder / "rows.f64")
    check(folder, command, rows, xgboost.margins(booster, xgboost.matrix(rows)))


if __name__ == "__main__":
    if len(sys.argv) != 4:
        sys.exit(__doc__)
    main(*sys.argv[1:])
