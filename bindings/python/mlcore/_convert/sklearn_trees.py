# SPDX-License-Identifier: Apache-2.0
"""scikit-learn's trees, forests, gradient boosting and isolation forest; histograms are apart.

Rows are rounded to float32 and go left where value <= threshold, a double; a missing value goes where
its node says. Sums are doubles, tree by tree. Source: scikit-learn 1.3.2 and 1.9.1, tree/_tree.pyx,
ensemble/_forest.py, ensemble/_gb.py and _gradient_boosting.pyx, ensemble/_iforest.py.
"""

import importlib
from typing import Any

import numpy as np

from .document import Document, Tree, thresholds, trees, unsupported
from .sklearn_common import describe, release, require_members

NARROW = {"input": "float32", "sum": "float64", "comparison": "<="}


def columns(tree: Any, missing: bool = True, features: Any = None) -> dict[str, Any]:
    """What a fitted tree_ and a Tree have in common. `features`: the numbers of a subset's."""
    nodes = tree.__getstate__()["nodes"]
    leaf = nodes["left_child"] == -1
    feature = np.where(leaf, 0, nodes["feature"])
    if features is not None:
        feature = np.asarray(features)[feature]
    missing_left = np.where(leaf, 0, nodes["missing_go_to_left"]) if missing else np.zeros(len(nodes))
    return {
        "left": nodes["left_child"].tolist(),
        "right": nodes["right_child"].tolist(),
        "feature": np.where(leaf, -1, feature).tolist(),
        "threshold": thresholds(np.where(leaf, 0, nodes["threshold"])),
        "missing_left": missing_left.astype(bool).tolist(),
    }


def leaves(estimator: Any) -> Any:
    """What predict_proba or predict of one tree gives for each node, [nodes, outputs]."""
    value = estimator.tree_.value
    if not hasattr(estimator, "classes_"):
        return value[:, :, 0]
    shares = value[:, 0, : estimator.n_classes_]
    if release() < (1, 4):
        total = shares.sum(axis=1)[:, np.newaxis]
        total[total == 0.0] = 1.0
        shares = shares / total
    return shares


def with_leaves(estimator: Any) -> Tree:
    common = columns(estimator.tree_)
    values = leaves(estimator)
    inner = estimator.tree_.children_left != -1
    values = np.where(inner[:, np.newaxis], 0.0, values)
    if values.shape[1] == 1:
        return Tree(**common, value=values[:, 0].tolist())
    return Tree(**common, values=values.tolist())


def require_one_target(estimator: Any) -> None:
    if hasattr(estimator, "classes_") and estimator.n_outputs_ > 1:
        raise unsupported(f"scikit-learn {type(estimator).__name__}: several targets of classes; "
                          "fit an estimator for each")


def tree(estimator: Any) -> Document:
    require_one_target(estimator)
    grown = with_leaves(estimator)
    outputs = 1 if grown.values is None else len(grown.values[0])
    # -0.0 + v is v, also where v is -0.0.
    body = trees([grown], [-0.0] * outputs, [0, 1], **NARROW, start="base", finish="none")
    return describe(estimator, outputs, {"trees": body})


def forest(estimator: Any) -> Document:
    require_one_target(estimator)
    require_members(estimator, estimator.estimators_)
    grown = [with_leaves(member) for member in estimator.estimators_]
    outputs = 1 if grown[0].values is None else len(grown[0].values[0])
    body = trees(grown, [0.0] * outputs, range(len(grown) + 1), **NARROW, start="base", finish="mean")
    return describe(estimator, outputs, {"trees": body})


def boosting(estimator: Any) -> Document:
    """init, then + learning_rate * leaf. A missing value, which scikit-learn refuses, goes right: NaN <= t
    is false."""
    name = type(estimator).__name__
    if estimator.init is not None and estimator.init != "zero":
        raise unsupported(f"scikit-learn {name}: init={type(estimator.init).__name__}; only the constant of "
                          "init=None and init='zero' are read")
    require_members(estimator, estimator.estimators_.ravel())
    width = estimator.n_features_in_
    base = estimator._raw_predict_init(np.zeros((1, width), np.float32))[0]
    stages, outputs = estimator.estimators_.shape
    grown = []
    for stage in estimator.estimators_:
        for output, member in enumerate(stage):
            scaled = float(estimator.learning_rate) * member.tree_.value[:, 0, 0]
            scaled[member.tree_.children_left != -1] = 0
            grown.append(Tree(**columns(member.tree_, missing=False), value=scaled.tolist(), output=output))
    rounds = [stage * outputs for stage in range(stages + 1)]
    body = trees(grown, base.tolist(), rounds, **NARROW, start="base", finish="none")
    link: dict[str, Any] = {"kind": "identity"}
    if hasattr(estimator, "classes_"):
        link = {"kind": "softmax"} if outputs > 1 else {"kind": "logistic"}
        if estimator.loss == "exponential":
            link = {"kind": "logistic", "scale": 2.0}
    return describe(estimator, outputs, {"trees": body}, link, decision=decision(estimator))


def decision(estimator: Any) -> str | None:
    """How gradient boosting tells a class. 1.3 takes probabilities, but for the exponential loss."""
    if not hasattr(estimator, "classes_") or (release() < (1, 4) and estimator.loss != "exponential"):
        return None
    return "margin_or_zero"


def isolation(estimator: Any) -> Document:
    """The margin is the sum of the depths, the prediction score_samples."""
    module = importlib.import_module("sklearn.ensemble._iforest")
    require_members(estimator, estimator.estimators_)
    scale = len(estimator.estimators_) * float(module._average_path_length([estimator._max_samples])[0])
    if scale == 0:
        raise unsupported("scikit-learn IsolationForest: trees of one sample have no depth")
    grown = []
    for number, (member, features) in enumerate(zip(estimator.estimators_, estimator.estimators_features_)):
        depth = (estimator._decision_path_lengths[number] + estimator._average_path_length_per_tree[number]
                 - 1.0)
        depth[member.tree_.children_left != -1] = 0
        grown.append(Tree(**columns(member.tree_, features=features), value=depth.tolist()))
    body = trees(grown, [0.0], range(len(grown) + 1), **NARROW, start="base", finish="none")
    return describe(estimator, 1, {"trees": body}, {"kind": "isolation", "scale": scale}, task="anomaly")
