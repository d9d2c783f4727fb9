# SPDX-License-Identifier: Apache-2.0
"""Linear models, perceptrons and calibrated classifiers of the installed scikit-learn, against their artifacts.

BLAS sums in an order of its own, so margins are compared with the bound that an artifact tells.
"""
import json
from collections.abc import Callable
from typing import Any

import converted
import mlcore
import numpy as np
import pytest
import sklearn
from sklearn import calibration, ensemble, linear_model, neural_network, svm, tree

RELEASE = tuple(int(part) for part in sklearn.__version__.split(".")[:2])
HALF_ULP = 2.0**-53


def scaled(seed: int, kind: str) -> tuple[Any, Any]:
    rows, labels = converted.sample(seed, kind)
    rows[:, 2] /= 1e4
    return rows, labels


def probe(seed: int) -> Any:
    """Rows of all magnitudes, zeros of both signs, subnormal numbers and the smallest."""
    random = np.random.RandomState(seed)
    rows = random.uniform(-2, 2, (converted.COUNT, 5))
    extremes = np.array([0.0, -0.0, 5e-324, -5e-324, 1e-310, 1e6, -1e6, 1e-9])
    chosen = random.uniform(size=rows.shape) < 0.15
    rows[chosen] = extremes[random.randint(len(extremes), size=chosen.sum())]
    return rows


def layers_of(document: dict[str, Any]) -> list[dict[str, Any]]:
    if "linear" in document:
        return [{**document["linear"], "activation": "identity"}]
    layers: list[dict[str, Any]] = document["network"]["layers"]
    return layers


def bounds(document: dict[str, Any], rows: Any) -> Any:
    """How far two sums in any order may be, layer by layer: what a layer adds, and what the one before it
    does. No activation here is steeper than 1; tanh and logistic may differ by 4 ulp of 1."""
    values, far = rows, np.zeros_like(rows)
    for layer in layers_of(document):
        weights, bias = np.array(layer["weights"]).T, np.array(layer["bias"])
        sizes = np.abs(values) @ np.abs(weights) + np.abs(bias)
        far = far @ np.abs(weights) * 1.01 + 2 * (len(weights) + 2) * HALF_ULP * sizes
        values = values @ weights + bias
        if layer["activation"] in ("tanh", "logistic"):
            values = np.tanh(values) if layer["activation"] == "tanh" else 1 / (1 + np.exp(-values))
            far = far + 8 * HALF_ULP
        if layer["activation"] == "relu":
            values = np.maximum(values, 0)
    return far


def raw(estimator: Any, rows: Any) -> Any:
    """The sums of the last layer, before its activation."""
    if not hasattr(estimator, "coefs_"):
        return rows @ np.atleast_2d(estimator.coef_).T + estimator.intercept_
    kept = estimator.out_activation_
    estimator.out_activation_ = "identity"
    values = estimator._forward_pass_fast(rows)
    estimator.out_activation_ = kept
    return values


def answers(estimator: Any, rows: Any) -> Any:
    if not hasattr(estimator, "predict_proba"):
        return estimator.predict(rows)
    shares = estimator.predict_proba(rows)
    return shares[:, 1] if shares.shape[1] == 2 else shares


def network(make: Any, **options: Any) -> Callable[[], Any]:
    return lambda: make(hidden_layer_sizes=(7, 4), max_iter=40, random_state=7, **options)


def older(**options: Any) -> Callable[[], Any]:
    return lambda: linear_model.LogisticRegression(**options)


CASES: list[tuple[str, Callable[[], Any]]] = [
    *(("real", make) for make in (
        linear_model.BayesianRidge, linear_model.ElasticNet, linear_model.ElasticNetCV, linear_model.HuberRegressor,
        linear_model.Lasso, linear_model.LassoCV, linear_model.LinearRegression, linear_model.Ridge, linear_model.RidgeCV,
        linear_model.SGDRegressor, svm.LinearSVR)),
    ("real", lambda: linear_model.LinearRegression(fit_intercept=False)),
    ("targets", linear_model.LinearRegression),
    ("targets", linear_model.Ridge),
    ("positive", linear_model.GammaRegressor),
    ("count", linear_model.PoissonRegressor),
    ("binary", linear_model.LogisticRegression),
    ("classes", linear_model.LogisticRegression),
    ("classes", lambda: linear_model.LogisticRegression(fit_intercept=False)),
    *((kind, network(neural_network.MLPClassifier, activation=activation))
      for activation in ("identity", "logistic", "relu", "tanh") for kind in ("binary", "classes")),
    ("real", network(neural_network.MLPRegressor)),
    ("targets", network(neural_network.MLPRegressor, activation="tanh")),
]
if RELEASE < (1, 7):
    CASES += [("classes", older(multi_class="ovr")), ("classes", older(solver="liblinear")),
              ("binary", older(multi_class="multinomial"))]


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("number", range(len(CASES)))
def test_margins_are_within_the_bound(number: int) -> None:
    kind, make = CASES[number]
    estimator = make().fit(*scaled(number, kind))
    document = json.loads(mlcore.to_model_json(estimator))
    assert document["fidelity"] == "bounded" and "2 (n + 2) 2^-53" in document["bound"]
    rows = probe(1000 + number)
    if document["link"]["kind"] == "exponential":  # else infinite
        rows = np.clip(rows, -50, 50)
    model = mlcore.from_sklearn(estimator).open()
    margins = model.margins(rows)
    far = bounds(document, rows)
    assert (np.abs(margins - raw(estimator, rows).reshape(margins.shape)) <= far).all()
    assert far.max() < 1e-6
    wanted = answers(estimator, rows).reshape(margins.shape)
    predictions = model.context().predict_batch(rows)
    if hasattr(estimator, "classes_"):
        given = converted.labels_of(mlcore.from_sklearn(estimator), rows)
        assert given == [str(label) for label in estimator.predict(rows)]
    steep = np.maximum(1, np.abs(wanted))  # of exp; a logistic and a softmax are at most as steep as 1
    assert (np.abs(predictions - wanted) <= 2 * far.max(axis=1, keepdims=True) * steep + 16 * HALF_ULP * steep).all()


def test_a_missing_value_is_refused() -> None:
    model = mlcore.from_sklearn(linear_model.LinearRegression().fit(*scaled(1, "real"))).open()
    with pytest.raises(mlcore.Error) as caught:
        model.context().predict_batch(np.array([[0.0] * 5, [0.0, np.nan, 0, 0, 0]]))
    assert caught.value.row == 1


@pytest.mark.parametrize("method", ["sigmoid", "isotonic"])
@pytest.mark.parametrize("kind", ["binary", "classes"])
@pytest.mark.parametrize("make", [
    lambda: ensemble.GradientBoostingClassifier(n_estimators=5, random_state=7),
    lambda: ensemble.HistGradientBoostingClassifier(max_iter=5, random_state=7),
    lambda: ensemble.RandomForestClassifier(5, random_state=7),
    lambda: linear_model.LogisticRegression(),
    lambda: neural_network.MLPClassifier((4,), max_iter=30, random_state=7),
], ids=["boosting", "histogram", "forest", "logistic", "perceptron"])
@pytest.mark.filterwarnings("ignore")
def test_a_calibrated_classifier_has_its_probabilities(make: Callable[[], Any], kind: str, method: str) -> None:
    estimator = calibration.CalibratedClassifierCV(make(), method=method, ensemble=False, cv=3).fit(*scaled(3, kind))
    rows = probe(3)
    given = mlcore.from_sklearn(estimator).open().context().predict_batch(rows)
    assert given.shape[1] == (1 if kind == "binary" else 3)
    assert np.abs(given - answers(estimator, rows).reshape(given.shape)).max() < 1e-12
    assert converted.labels_of(mlcore.from_sklearn(estimator), rows) == [str(label) for label in estimator.predict(rows)]


def test_a_calibrated_tie_is_the_first_class() -> None:
    rows, labels = np.zeros((60, 2)), np.array(["no", "yes"] * 30)
    inner = tree.DecisionTreeClassifier()
    estimator = calibration.CalibratedClassifierCV(inner, method="isotonic", ensemble=False, cv=3).fit(rows, labels)
    artifact = mlcore.from_sklearn(estimator)
    assert artifact.open().context().predict_batch(rows[:1]).tolist() == [[0.5]]
    assert converted.labels_of(artifact, rows[:1]) == list(estimator.predict(rows[:1])) == ["no"]


def several(x: Any, y: Any) -> Any:
    return calibration.CalibratedClassifierCV(linear_model.LogisticRegression(), cv=3).fit(x, y)


def labels_of_rows(x: Any, y: Any) -> Any:
    return neural_network.MLPClassifier((3,), max_iter=5).fit(x, np.stack([y, 1 - y], 1))


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize(("make", "message"), [
    (several, "the mean of 3 calibrated classifiers"),
    (labels_of_rows, "several labels a row"),
    (lambda x, y: linear_model.RidgeClassifier().fit(x, y), "scikit-learn RidgeClassifier is not read"),
])
def test_what_is_not_read_is_refused_by_name(make: Callable[[Any, Any], Any], message: str) -> None:
    with pytest.raises(mlcore.Error) as caught:
        mlcore.from_sklearn(make(*scaled(4, "binary")))
    assert caught.value.reason_name == "unsupported_model"
    assert message in caught.value.message
