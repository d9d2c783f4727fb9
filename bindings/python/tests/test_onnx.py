# SPDX-License-Identifier: Apache-2.0
"""Graphs of skl2onnx, onnxmltools and by hand, against ONNX Runtime on one thread.

    python test_onnx.py prints the row of docs/models.md for its version.
"""
import json
from collections.abc import Callable
from typing import Any

import converted
import mlcore
import numpy as np
import pytest
from sklearn import ensemble, linear_model, tree

onnx = pytest.importorskip("onnx", reason="ONNX is absent: scripts/setup --all installs it")
import lightgbm  # noqa: E402
import onnxmltools  # noqa: E402
import onnxruntime  # noqa: E402
import skl2onnx  # noqa: E402
import xgboost  # noqa: E402
from onnxmltools.convert.common.data_types import FloatTensorType as Floats  # noqa: E402
from skl2onnx.common.data_types import DoubleTensorType, FloatTensorType  # noqa: E402

FLOAT, DOUBLE = onnx.TensorProto.FLOAT, onnx.TensorProto.DOUBLE
WIDTH = 5


def of_sklearn(make: Any, kind: str, is_double: bool = False, **options: Any) -> Any:
    rows, labels = converted.sample(1, kind)
    fitted = make(random_state=7, **options).fit(rows.astype(np.float32), labels)
    types = DoubleTensorType if is_double else FloatTensorType
    model = skl2onnx.to_onnx(fitted, initial_types=[("X", types([None, WIDTH]))],
                             target_opset={"": 20, "ai.onnx.ml": 3})
    if is_double:  # what the operators give is float, whatever the converter says
        model.graph.output[-1].type.tensor_type.elem_type = FLOAT
    return model


def of_boosters(convert: Any, make: Any, kind: str, **options: Any) -> Any:
    rows, labels = converted.sample(2, kind, missing=True)
    fitted = make(n_estimators=10, **options).fit(rows.astype(np.float32), labels)
    return convert(fitted, initial_types=[("X", Floats([None, WIDTH]))], target_opset=15)


def lightgbms(make: Any, kind: str, **options: Any) -> Any:
    return of_boosters(onnxmltools.convert_lightgbm, make, kind, num_leaves=9, verbose=-1, **options)


def xgboosts(make: Any, kind: str, **options: Any) -> Any:
    return of_boosters(onnxmltools.convert_xgboost, make, kind, max_depth=4, **options)


def graph(operator: str, kind: int = FLOAT, version: int = 3, after: Any = (), **attributes: Any) -> Any:
    """A model of one operator and what stands after it; the last output is the scores."""
    outputs = ["label", "Y"] if operator.endswith("Classifier") else ["Y"]
    node = onnx.helper.make_node(operator, ["X"], outputs, domain="ai.onnx.ml", **attributes)
    out = kind if operator == "TreeEnsemble" else FLOAT
    last = after[-1].output[0] if after else "Y"
    given = onnx.helper.make_tensor_value_info("X", kind, [None, 2])
    made = onnx.helper.make_tensor_value_info(last, out, None)
    constants = [onnx.helper.make_tensor("half", out, [1], [0.5])]
    body = onnx.helper.make_graph([node, *after], "g", [given], [made], constants)
    opsets = [onnx.helper.make_opsetid("", 20), onnx.helper.make_opsetid("ai.onnx.ml", version)]
    return onnx.helper.make_model(body, opset_imports=opsets, ir_version=10)


def nodes(**changed: Any) -> dict[str, Any]:
    """Two trees in every mode that is read: a chain of three tests, and a stump."""
    return {
        "nodes_treeids": [0] * 7 + [4] * 3, "nodes_nodeids": [0, 1, 2, 3, 4, 5, 6, 0, 1, 2],
        "nodes_featureids": [0, 1, 0, 0, 0, 0, 0, 1, 0, 0],
        "nodes_values": [0.1, -0.5, 1.5, 0, 0, 0, 0, 0.75, 0, 0],
        "nodes_modes": ["BRANCH_GT", "BRANCH_LT", "BRANCH_GTE", *["LEAF"] * 4, "BRANCH_LEQ", "LEAF", "LEAF"],
        "nodes_truenodeids": [1, 3, 5, 0, 0, 0, 0, 1, 0, 0], "nodes_falsenodeids": [2, 4, 6, 0, 0, 0, 0, 2, 0, 0],
        "nodes_missing_value_tracks_true": [1, 0, 1, 0, 0, 0, 0, 0, 0, 0], **changed,
    }


def targets(count: int = 1, **changed: Any) -> dict[str, Any]:
    return nodes(n_targets=count, target_treeids=[0] * 4 + [4] * 2, target_nodeids=[3, 4, 5, 6, 1, 2],
                 target_ids=[number % count for number in range(6)], target_weights=[0.1, -0.2, 0.3, 7.7, 1e-9, -3.3],
                 **changed)


def plain(kind: int, **changed: Any) -> Any:
    """TreeEnsemble: the same chain, and a tree that is a leaf."""
    def tensor(name: str, values: list[float]) -> Any:
        return onnx.helper.make_tensor(name, kind, [len(values)], values)

    attributes: dict[str, Any] = {
        "n_targets": 2, "tree_roots": [0, 3], "nodes_featureids": [0, 1, 0, 1],
        "nodes_modes": onnx.helper.make_tensor("modes", onnx.TensorProto.UINT8, [4], [3, 1, 2, 0]),
        "nodes_splits": tensor("splits", [0.1, -0.5, 1.5, 0.0]), "nodes_truenodeids": [1, 0, 2, 4],
        "nodes_falsenodeids": [2, 1, 3, 4], "nodes_trueleafs": [0, 1, 1, 1], "nodes_falseleafs": [0, 1, 1, 1],
        "nodes_missing_value_tracks_true": [1, 0, 1, 0], "leaf_targetids": [0, 1, 0, 1, 1],
        "leaf_weights": tensor("weights", [0.1, -0.2, 0.3, 7.7, 1e-9]), **changed,
    }
    return graph("TreeEnsemble", kind, 5, **attributes)


def add(constant: str) -> Any:
    return onnx.helper.make_node("Add", ["Y", constant], ["Z"])


def add_again(constant: str) -> Any:
    return onnx.helper.make_node("Add", ["Z", constant], ["W"])


def of_floats_cast_to_doubles() -> Any:
    model = graph("TreeEnsembleRegressor", DOUBLE, **targets())
    model.graph.input[0].type.tensor_type.elem_type = FLOAT
    model.graph.node[0].input[0] = "wide"
    model.graph.node.insert(0, onnx.helper.make_node("Cast", ["X"], ["wide"], to=DOUBLE))
    return model


CASES: dict[str, Callable[[], Any]] = {
    "forest": lambda: of_sklearn(ensemble.RandomForestRegressor, "real", n_estimators=15),
    "many trees": lambda: of_sklearn(ensemble.RandomForestRegressor, "real", n_estimators=130),
    "forest of two targets": lambda: of_sklearn(ensemble.RandomForestRegressor, "targets", n_estimators=7),
    "forest of doubles": lambda: of_sklearn(ensemble.RandomForestRegressor, "real", True, n_estimators=7),
    "forest of two classes": lambda: of_sklearn(ensemble.RandomForestClassifier, "binary", n_estimators=15),
    "forest of three classes": lambda: of_sklearn(ensemble.ExtraTreesClassifier, "classes", n_estimators=15),
    "tree": lambda: of_sklearn(tree.DecisionTreeRegressor, "real"),
    "tree of classes": lambda: of_sklearn(tree.DecisionTreeClassifier, "classes"),
    "boosting": lambda: of_sklearn(ensemble.GradientBoostingRegressor, "real", n_estimators=15),
    "boosting of two classes": lambda: of_sklearn(ensemble.GradientBoostingClassifier, "binary", n_estimators=15),
    "boosting of three classes": lambda: of_sklearn(ensemble.GradientBoostingClassifier, "classes", n_estimators=15),
    "LightGBM": lambda: lightgbms(lightgbm.LGBMRegressor, "real"),
    "LightGBM poisson": lambda: lightgbms(lightgbm.LGBMRegressor, "count", objective="poisson"),
    "LightGBM binary": lambda: lightgbms(lightgbm.LGBMClassifier, "binary"),
    "LightGBM classes": lambda: lightgbms(lightgbm.LGBMClassifier, "classes"),
    "XGBoost": lambda: xgboosts(xgboost.XGBRegressor, "real"),
    "XGBoost binary": lambda: xgboosts(xgboost.XGBClassifier, "binary"),
    "XGBoost classes": lambda: xgboosts(xgboost.XGBClassifier, "classes"),
    "every mode": lambda: graph("TreeEnsembleRegressor", **targets()),
    "every mode of doubles": lambda: graph("TreeEnsembleRegressor", DOUBLE, **targets()),
    "strictly less": lambda: graph("TreeEnsembleRegressor", **targets(
        nodes_modes=["BRANCH_LT"] * 3 + ["LEAF"] * 4 + ["BRANCH_LT", "LEAF", "LEAF"])),
    "mean and base": lambda: graph("TreeEnsembleRegressor", **targets(aggregate_function="AVERAGE", base_values=[0.7])),
    "two targets": lambda: graph("TreeEnsembleRegressor", **targets(2)),
    "two logistic targets": lambda: graph("TreeEnsembleRegressor", **targets(2, post_transform="LOGISTIC")),
    "version 5": lambda: plain(FLOAT),
    "version 5 of doubles": lambda: plain(DOUBLE),
    "version 5, mean": lambda: plain(FLOAT, aggregate_function=0),
    "a base that is added": lambda: graph("TreeEnsembleRegressor", after=[add("half")], **targets()),
}


def outputs(model: Any, rows: Any) -> Any:
    """What ONNX Runtime gives on one thread."""
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    options.log_severity_level = 4
    session = onnxruntime.InferenceSession(model.SerializeToString(), options)
    is_double = session.get_inputs()[0].type == "tensor(double)"
    return session.run(None, {session.get_inputs()[0].name: rows.astype(np.float64 if is_double else np.float32)})


def ran(model: Any, rows: Any) -> Any:
    """The scores: of two classes the second's."""
    scores = outputs(model, rows)[-1]
    if isinstance(scores, list):
        scores = np.array([list(row.values()) for row in scores])
    is_binary = len(json.loads(mlcore.to_model_json(model)).get("classes", [])) == 2
    return scores[:, 1] if is_binary and scores.shape[1] == 2 else scores


def without_link(model: Any) -> Any:
    """The model up to its sums."""
    raw = onnx.ModelProto()
    raw.CopyFrom(model)
    for node in raw.graph.node:
        node.op_type = {"Exp": "Identity"}.get(node.op_type, node.op_type)
        for item in node.attribute:
            if item.name == "post_transform" and item.type == onnx.AttributeProto.STRING:
                item.s = b"NONE"
    return raw


def tried(model: Any, number: int) -> converted.Tried:
    """What the operators round to float32 is compared after that."""
    text = mlcore.to_model_json(model)
    document = json.loads(text)
    rows = converted.probe(text, 1000 + number, "real", missing=True, infinite=False)
    made = mlcore.from_onnx(model).open()
    is_float = document["fidelity"] == "bounded" or document["trees"]["sum"] == "float32"
    kind, bits = (np.float32, np.int32) if is_float else (np.float64, np.int64)
    given, expected = made.margins(rows).astype(kind), ran(without_link(model), rows).astype(kind).reshape(len(rows), -1)
    differing = int((given.view(bits) != expected.view(bits)).sum())
    predicted = made.context("prediction").predict_batch(rows)
    wanted = ran(model, rows).reshape(predicted.shape)
    if document["link"]["kind"] == "logistic":  # ONNX Runtime takes that of a negative margin from 1
        predicted, wanted = 1 + predicted, 1 + wanted
    ulps = converted.distance(predicted.astype(kind), wanted.astype(kind), kind)
    return converted.Tried(len(rows), given.size, differing, ulps)


@pytest.mark.parametrize("number", range(len(CASES)), ids=lambda number: list(CASES)[number])
def test_a_class_is_the_label_of_the_graph(number: int) -> None:
    model = list(CASES.values())[number]()
    text = mlcore.to_model_json(model)
    if "classes" not in json.loads(text):
        pytest.skip("a regressor")
    rows = converted.probe(text, 1000 + number, "real", missing=True, infinite=False)
    labels = outputs(model, rows)[0]
    assert converted.labels_of(mlcore.from_onnx(model), rows) == [str(label) for label in labels]


@pytest.mark.parametrize("number", range(len(CASES)), ids=lambda number: list(CASES)[number])
def test_a_graph_has_its_scores(number: int) -> None:
    result = tried(list(CASES.values())[number](), number)
    assert result.rows == converted.COUNT and result.margins >= result.rows
    assert result.differing == 0
    assert result.ulps <= 4


LINEAR: dict[str, Callable[[], Any]] = {
    "regression": lambda: of_sklearn(linear_model.Ridge, "real"),
    "two targets": lambda: of_sklearn(linear_model.Ridge, "targets"),
    "two classes": lambda: of_sklearn(linear_model.LogisticRegression, "binary"),
    "three classes": lambda: of_sklearn(linear_model.LogisticRegression, "classes"),
    "shares of three classes": lambda: shares_of_three(),
}


def shares_of_three() -> Any:
    """One class against the others each, then divided by the sum, as skl2onnx writes liblinear's."""
    normalizer = onnx.helper.make_node("Normalizer", ["Y"], ["Z"], domain="ai.onnx.ml", norm="L1")
    return graph("LinearClassifier", after=[normalizer], coefficients=[0.1, -2.0, 1.5, 0.7, -0.3, 0.2],
                 intercepts=[0.1, 0.2, -3.0], classlabels_ints=[0, 1, 2], post_transform="LOGISTIC")


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("name", LINEAR)
def test_a_linear_model_is_within_its_bound(name: str) -> None:
    model = LINEAR[name]()
    document = json.loads(mlcore.to_model_json(model))
    weights, bias = np.array(document["linear"]["weights"]).T, np.array(document["linear"]["bias"])
    rows = np.random.RandomState(7).uniform(-2, 2, (converted.COUNT, len(weights)))
    half = 2.0**-24
    assert document["fidelity"] == "bounded" and document["bound"].startswith("2 (n + 2) 2^-24")
    made = mlcore.from_onnx(model).open()
    expected = rows.astype(np.float32).astype(np.float64) @ weights + bias
    far = 2 * (len(weights) + 2) * half * (np.abs(rows) @ np.abs(weights) + np.abs(bias))
    assert (np.abs(made.margins(rows) - expected) <= far).all()
    predicted = made.context().predict_batch(rows)
    wanted = ran(model, rows)
    wanted = wanted.reshape(predicted.shape) if wanted.size == predicted.size else np.stack([1 - wanted, wanted], 1)
    assert (np.abs(predicted - wanted) <= 2 * far.max(axis=1, keepdims=True) + 16 * half).all()


def test_bytes_paths_and_names_are_taken(tmp_path: Any) -> None:
    model = graph("TreeEnsembleRegressor", **targets())
    (tmp_path / "model.onnx").write_bytes(model.SerializeToString())
    named = mlcore.from_onnx(model, features=["a", "b"])
    assert [field.name for field in named.open().features.request.fields] == ["a", "b"]
    for given in (model.SerializeToString(), tmp_path / "model.onnx", str(tmp_path / "model.onnx")):
        assert mlcore.from_onnx(given, features=["a", "b"]) == named
    with pytest.raises(mlcore.Error) as caught:
        mlcore.from_onnx(model, features=["a"])
    assert caught.value.reason_name == "feature_count"
    with pytest.raises(TypeError, match="found dict"):
        mlcore.from_onnx({})
    (tmp_path / "none.onnx").write_text('{"learner": {}}')
    for none in (tmp_path / "none.onnx", b"\x80\x04"):
        with pytest.raises(mlcore.Error, match="no ONNX model") as caught:
            mlcore.from_onnx(none)
        assert caught.value.reason_name == "malformed_model"


def test_doubles_that_the_operator_rounds_are_told() -> None:
    of_doubles = json.loads(mlcore.to_model_json(graph("TreeEnsembleRegressor", DOUBLE, **targets())))
    assert (of_doubles["fidelity"], of_doubles["bound"]) == ("bounded", "the operator rounds it to float32")
    assert json.loads(mlcore.to_model_json(plain(DOUBLE)))["fidelity"] == "exact"


def modes(mode: str) -> list[str]:
    return [mode] * 3 + ["LEAF"] * 4 + [mode, "LEAF", "LEAF"]


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: graph("TreeEnsembleRegressor", **targets(nodes_modes=modes("BRANCH_EQ"))), "mode BRANCH_EQ"),
        (lambda: graph("TreeEnsembleRegressor", **targets(post_transform="PROBIT")), "post_transform PROBIT"),
        (lambda: graph("TreeEnsembleRegressor", **targets(post_transform="SOFTMAX")), "SOFTMAX of one target"),
        (lambda: graph("TreeEnsembleRegressor", **targets(post_transform="LOGISTIC")), "LOGISTIC of one target"),
        (lambda: plain(FLOAT, n_targets=1, leaf_targetids=[0] * 5, post_transform=1), "SOFTMAX of one target"),
        (lambda: graph("TreeEnsembleRegressor", **targets(aggregate_function="MIN")), "aggregate_function MIN"),
        (lambda: graph("TreeEnsembleRegressor", **targets(2, base_values=[1.0])), "1 base_values for 2 targets"),
        (lambda: graph("TreeEnsembleRegressor", **targets(2, base_values=[1.0, 2.0])), "may have no weight of"),
        (lambda: graph("TreeEnsembleRegressor", **targets(nodes_falsenodeids=[1, 4, 6, 0, 0, 0, 0, 2, 0, 0])),
         "two branches lead to node"),
        (lambda: plain(FLOAT, nodes_truenodeids=[1, 0, 2, 4], nodes_falsenodeids=[0, 1, 3, 4]), "two branches lead"),
        (lambda: graph("TreeEnsembleRegressor", onnx.TensorProto.INT64, **targets()), "another type than float"),
        (lambda: graph("TreeEnsembleRegressor", after=[onnx.helper.make_node("Neg", ["Y"], ["Z"])], **targets()),
         "Neg after the model"),
        (lambda: graph("TreeEnsembleRegressor", after=[add("half"), add_again("half")], **targets()), "Add after the model"),
        (lambda: of_floats_cast_to_doubles(), "cast from float to double"),
        (lambda: graph("Scaler", offset=[1.0, 2.0], scale=[1.0, 2.0]), "the graph's nodes are Scaler"),
        (lambda: graph("LinearRegressor", coefficients=[1.0] * 5, targets=2), "5 coefficients and 2 intercepts"),
        (lambda: graph("LinearClassifier", coefficients=[1.0, 2.0], intercepts=[0.5], classlabels_ints=[0, 1]),
         "1 scores of 2 classes"),
        (lambda: graph("LinearRegressor", DOUBLE, coefficients=[1.0, 2.0]), "linear models of doubles"),
        (lambda: xgboosts(xgboost.XGBRegressor, "count", objective="count:poisson"), "Mul after the model"),
    ],
)
def test_what_is_not_read_is_refused_by_name(make: Callable[[], Any], message: str) -> None:
    with pytest.raises(mlcore.Error) as caught:
        mlcore.from_onnx(make())
    assert caught.value.reason_name == "unsupported_model"
    assert message in caught.value.message


if __name__ == "__main__":
    results = [tried(make(), number) for number, make in enumerate(CASES.values())]
    print(converted.table_row(f"ONNX Runtime {onnxruntime.__version__}", results))
