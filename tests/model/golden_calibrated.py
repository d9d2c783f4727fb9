# SPDX-License-Identifier: Apache-2.0
"""Linear models, networks and calibrated classifiers of scikit-learn, for golden_json.py.

    for name, text, rows, margins, predictions in models(40): …

A unit's sum is its bias, then + weight * input in the order of the inputs: docs/model_json.md, by NumPy.
"""

import json

import mlcore
import numpy as np
import test_sklearn_linear
from scipy.special import expit, softmax
from sklearn import calibration, ensemble, linear_model, neural_network


def summed(weights, bias, rows):
    """[row, unit]: one addition and one product at a time."""
    values = np.tile(np.asarray(bias, np.float64), (len(rows), 1))
    for column, of_input in enumerate(np.asarray(weights, np.float64).T):
        values = values + of_input * rows[:, column : column + 1]
    return values


def margins_of(document, rows):
    """Of relu and identity alone, which NumPy and the engine round alike."""
    values = rows
    for layer in test_sklearn_linear.layers_of(document):
        values = summed(layer["weights"], layer["bias"], values)
        if layer["activation"] == "relu":
            values = np.maximum(values, 0)
        elif layer["activation"] != "identity":
            raise ValueError(layer["activation"])
    return values


def linked(document, margins):
    kind = document["link"]["kind"]
    if kind == "logistic":
        return expit(margins)
    if kind == "softmax":
        return softmax(margins, axis=1)
    return np.exp(margins) if kind == "exponential" else margins


def calibrated(estimator, document, margins):
    """What scikit-learn's calibrators make of the margins, or of the predictions."""
    (member,) = estimator.calibrated_classifiers_
    values = margins if document["calibration"]["of"] == "margin" else linked(document, margins)
    shares = np.stack([item.predict(column) for item, column in zip(member.calibrators, values.T)], 1)
    return shares if shares.shape[1] == 1 else shares / shares.sum(axis=1, keepdims=True)


def by_curve(make, method):
    return calibration.CalibratedClassifierCV(make, method=method, ensemble=False, cv=3)


CASES = [
    ("linear", "real", linear_model.Ridge()),
    ("linear_targets", "targets", linear_model.LinearRegression()),
    ("poisson", "count", linear_model.PoissonRegressor()),
    ("logistic", "binary", linear_model.LogisticRegression()),
    ("logistic_classes", "classes", linear_model.LogisticRegression()),
    ("perceptron", "real", neural_network.MLPRegressor(hidden_layer_sizes=(6, 3), max_iter=60, random_state=7)),
    ("perceptron_binary", "binary", neural_network.MLPClassifier(hidden_layer_sizes=(6,), max_iter=60, random_state=7)),
    ("perceptron_classes", "classes", neural_network.MLPClassifier(hidden_layer_sizes=(5, 4), max_iter=60, random_state=7)),
    ("sigmoid", "binary", by_curve(linear_model.LogisticRegression(), "sigmoid")),
    ("sigmoid_classes", "classes", by_curve(linear_model.LogisticRegression(), "sigmoid")),
    ("isotonic", "binary", by_curve(linear_model.LogisticRegression(), "isotonic")),
    ("isotonic_perceptron", "classes",
     by_curve(neural_network.MLPClassifier(hidden_layer_sizes=(4,), max_iter=60, random_state=7), "isotonic")),
    ("isotonic_forest", "binary", by_curve(ensemble.RandomForestClassifier(3, max_leaf_nodes=8, random_state=7), "isotonic")),
    ("sigmoid_boosting", "classes", by_curve(ensemble.GradientBoostingClassifier(n_estimators=2, random_state=7), "sigmoid")),
]


def of_trees(estimator, rows):
    """Their bits are scikit-learn's: the decision, else the share of the second class."""
    (member,) = estimator.calibrated_classifiers_
    if hasattr(member.estimator, "decision_function"):
        return member.estimator.decision_function(rows)
    return member.estimator.predict_proba(rows)[:, 1:]


def models(count):
    """Name, model JSON, rows, margins and predictions of each."""
    for number, (name, kind, estimator) in enumerate(CASES):
        estimator.fit(*test_sklearn_linear.scaled(number, kind))
        text = mlcore.to_model_json(estimator)
        document = json.loads(text)
        rows = test_sklearn_linear.probe(number)[:count]
        if name == "poisson":
            rows = np.clip(rows, -50, 50)
        margins = of_trees(estimator, rows) if "trees" in document else margins_of(document, rows)
        is_calibrated = "calibration" in document
        predictions = calibrated(estimator, document, margins) if is_calibrated else linked(document, margins)
        yield name, text, rows, margins, predictions
