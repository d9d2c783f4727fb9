# SPDX-License-Identifier: Apache-2.0
"""Small models of scikit-learn, CatBoost and ONNX as model JSON, and the bits of their frameworks, for
tests/predict/golden_test.cpp.

    PYTHONPATH=bindings/python/tests python tests/model/golden_json.py OUT

writes OUT/<framework>-<version>/<case>.{json,txt}, a .txt as golden_xgboost.py and golden_lightgbm.py do. The cases are
those of bindings/python/tests/test_{sklearn,catboost,onnx}.py, fewer trees and leaves; the mlcore package converts
them. The same versions give the same files.

Linear models, networks and calibrations go to OUT/numpy-<version>: scikit-learn's own sums are BLAS's, so their
margins are sums in the order of the features by NumPy, and their predictions what scikit-learn's functions make of these.
"""

import json
import pathlib
import re
import sys

import converted
import golden_calibrated
import golden_files
import mlcore
import numpy as np
import test_catboost
import test_onnx
import test_sklearn

ROWS = 40


def write(folder, name, text, rows, margins, predictions):
    """Of a model whose operator rounds its doubles the bits are not known."""
    document = json.loads(text)
    if document["fidelity"] != "exact":
        return
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / re.sub(r"[^a-z0-9]+", "_", name.lower()).strip("_")
    number = np.float32 if document["trees"]["sum"] == "float32" else np.float64
    flags = " wide" if number is np.float64 else ""
    assert not path.with_suffix(".txt").exists(), path
    trees = sum(len(tree.get("values", [[0]])[0]) for tree in document["trees"]["trees"])
    golden_files.write_bits(path.with_suffix(".txt"), trees, flags, number, rows, margins, predictions)
    path.with_suffix(".json").write_text(text + "\n")


def probe(text, number, kind, missing, infinite):
    return converted.probe(text, 1000 + number, kind, missing, infinite)[:ROWS]


def small(options):
    """Fewer trees, and leaves where the estimator is told of them."""
    fewer = {name: min(options[name], 3) for name in ("n_estimators", "max_iter", "iterations") if name in options}
    return {**options, **fewer}


def sklearn_models(out):
    folder = out / f"scikit-learn-{test_sklearn.sklearn.__version__}"
    for number, case in enumerate(test_sklearn.CASES):
        case.options = small(case.options)
        name = case.make.__name__
        if ("Tree" in name or "Forest" in name) and "Isolation" not in name:
            case.options.setdefault("max_leaf_nodes", 8)
        if "Isolation" in name:
            case.options["max_samples"] = 20
        estimator = test_sklearn.fitted(case, number)
        text = mlcore.to_model_json(estimator)
        rows = probe(text, number, case.kind, case.missing, case.infinite)
        write(folder, f"{number} {case.name}", text, rows, case.margin(estimator, rows),
              case.prediction(estimator, rows))


def catboost_models(out):
    folder = out / f"catboost-{test_catboost.catboost.__version__}"
    for number, case in enumerate(test_catboost.CASES):
        name = f"{number} {test_catboost.name_of(case)}"
        case.options = small({**test_catboost.COMMON, **case.options})
        case.options["depth"] = min(case.options["depth"], 3)
        model = test_catboost.trained(case, number)
        text = mlcore.to_model_json(model)
        rows = test_catboost.known(probe(text, number, case.kind, True, True))
        margins, predictions = test_catboost.asked(model, case, rows)
        write(folder, name, text, rows, margins, predictions)


def onnx_models(out):
    folder = out / f"onnxruntime-{test_onnx.onnxruntime.__version__}"
    for number, name in enumerate(test_onnx.CASES):
        model = test_onnx.CASES[name]()
        text = mlcore.to_model_json(model)
        if len(text) < 16_000:
            rows = probe(text, number, "real", True, False)
            write(folder, f"{number} {name}", text, rows, test_onnx.ran(test_onnx.without_link(model), rows),
                  test_onnx.ran(model, rows))


def numpy_models(out):
    folder = out / f"numpy-{np.__version__}"
    folder.mkdir(parents=True, exist_ok=True)
    for name, text, rows, margins, predictions in golden_calibrated.models(ROWS):
        trees = len(json.loads(text).get("trees", {}).get("trees", []))
        golden_files.write_bits(folder / f"{name}.txt", trees, " wide", np.float64, rows, margins, predictions)
        (folder / f"{name}.json").write_text(text + "\n")


def main():
    out = pathlib.Path(sys.argv[1])
    sklearn_models(out)
    catboost_models(out)
    onnx_models(out)
    numpy_models(out)


if __name__ == "__main__":
    main()
