# SPDX-License-Identifier: Apache-2.0
"""scikit-learn's linear models and multi-layer perceptrons.

BLAS sums a unit's products in an order of its own: margins are within a bound of scikit-learn's, not its bits.
Source: scikit-learn 1.3.2 and 1.9.1, linear_model/_base.py, _logistic.py, _glm/glm.py,
neural_network/_multilayer_perceptron.py.
"""

from typing import Any

import numpy as np

from .document import Document, shares, unsupported
from .sklearn_common import describe

BOUND = ("a unit of n inputs, of the same inputs: 2 (n + 2) 2^-53 (|bias| + sum of |weight x input|), "
         "as BLAS adds the products in an order of its own")
ACTIVATIONS = ("identity", "logistic", "relu", "tanh")
LAST = {"identity": "identity", "logistic": "logistic", "softmax": "softmax", "exp": "exponential"}


def linear(estimator: Any, link: dict[str, Any] | None = None, calibration: dict[str, Any] | None = None) -> Document:
    """A class is told by `decision_function`."""
    weights = np.atleast_2d(np.asarray(estimator.coef_, np.float64))
    bias = np.broadcast_to(np.ravel(np.asarray(estimator.intercept_, np.float64)), len(weights))
    body: dict[str, Any] = {"linear": {"number": "float64", "missing": "refuse", "bias": bias.tolist(),
                                       "weights": weights.tolist()}}
    if calibration is not None:
        body["calibration"] = calibration
    decision = "margin" if hasattr(estimator, "classes_") else None
    return describe(estimator, len(weights), body, link, bound=BOUND, decision=decision)


def regressor(estimator: Any) -> Document:
    return linear(estimator)


def exponential(estimator: Any) -> Document:
    return linear(estimator, {"kind": "exponential"})


def logistic(estimator: Any) -> Document:
    """Of more than two classes a softmax; or, which was possible to 1.7, shares of each class against the
    others, divided by their sum."""
    several = getattr(estimator, "multi_class", "auto")
    if len(estimator.classes_) == 2:
        return linear(estimator, {"kind": "logistic", "scale": 2.0 if several == "multinomial" else 1.0})
    if several == "ovr" or estimator.solver == "liblinear":
        return linear(estimator, {"kind": "logistic"}, shares(len(estimator.classes_)))
    return linear(estimator, {"kind": "softmax"})


def perceptron(estimator: Any) -> Document:
    name = type(estimator).__name__
    binarizer = getattr(estimator, "_label_binarizer", None)
    if binarizer is not None and binarizer.y_type_.startswith("multilabel"):
        raise unsupported(f"scikit-learn {name}: several labels a row; fit an estimator for each")
    if estimator.activation not in ACTIVATIONS or estimator.out_activation_ not in LAST:
        raise unsupported(f"scikit-learn {name}: the activations {estimator.activation} and "
                          f"{estimator.out_activation_} are not read")
    layers = [{"weights": weights.T.astype(float).tolist(), "bias": bias.astype(float).tolist(),
               "activation": estimator.activation} for weights, bias in zip(estimator.coefs_, estimator.intercepts_)]
    layers[-1]["activation"] = "identity"
    return describe(estimator, int(estimator.n_outputs_), {"network": {"number": "float64", "layers": layers}},
                    {"kind": LAST[estimator.out_activation_]}, bound=BOUND)
