# SPDX-License-Identifier: Apache-2.0
"""scikit-learn's histogram gradient boosting.

Rows and thresholds are doubles, <= goes left; the learning rate is in the leaves already. A category is the
number that the model was fitted with where all of them are whole and not negative, else its place among
the fitted categories, which are sorted. One that was not seen goes where a missing value goes.
A column that was fitted with infinities may have NaN for a threshold (percentiles of inf - inf): no value is
<= it, all that are not missing go right.
Source: scikit-learn 1.3.2 and 1.9.1, ensemble/_hist_gradient_boosting.
"""

from typing import Any

import numpy as np

from .document import Document, Tree, thresholds, trees, unsupported
from .sklearn_common import describe, release, require_members

LINKS = {"log_loss": "logistic", "gamma": "exponential", "poisson": "exponential"}
LARGEST_CATEGORY = 1 << 24


class Categories:
    """What a model calls its columns and categories after its own preprocessing, and before it."""

    def __init__(self, estimator: Any) -> None:
        width = estimator.n_features_in_
        self.column = np.arange(width)
        self.numbers: dict[int, dict[int, int]] = {}  # of a column: a code of its bitsets, what rows bring
        encoder = getattr(estimator, "_preprocessor", None)
        if estimator.is_categorical_ is None:
            return
        given = np.flatnonzero(estimator.is_categorical_)
        if encoder is None:  # before 1.4: categories are the numbers themselves
            bitsets, places = estimator._bin_mapper.make_known_categories_bitsets()
            for column in given:
                self.numbers[int(column)] = {code: code for code in members(bitsets[places[column]])}
            return
        self.column = np.concatenate([given, np.flatnonzero(~estimator.is_categorical_)])
        for place, fitted in enumerate(encoder.named_transformers_["encoder"].categories_):
            self.numbers[place] = dict(enumerate(numbers(fitted)))


def numbers(fitted: Any) -> list[int]:
    """The categories as rows bring them, without the missing one."""
    kept = [label for label in fitted.tolist() if label is not None and label == label]
    try:
        whole = [int(label) for label in kept if not isinstance(label, str)]
    except (TypeError, ValueError):
        whole = []
    if len(whole) == len(kept) and all(
        0 <= number < LARGEST_CATEGORY and number == label for number, label in zip(whole, kept)
    ):
        return whole
    return list(range(len(kept)))


def members(bitset: Any) -> list[int]:
    return [bit for bit in range(256) if int(bitset[bit // 32]) >> (bit % 32) & 1]


def grown(predictor: Any, categories: Categories, output: int) -> Tree:
    nodes = predictor.nodes
    leaf = nodes["is_leaf"].astype(bool)
    left = np.where(leaf, -1, nodes["left"].astype(np.int64))
    right = np.where(leaf, -1, nodes["right"].astype(np.int64))
    missing_left = np.where(leaf, False, nodes["missing_go_to_left"].astype(bool))
    is_set = nodes["is_categorical"].astype(bool) & ~leaf
    threshold = np.where(leaf | is_set, 0, nodes["num_threshold"])
    all_right = np.isnan(threshold)  # the same as: all left of inf, the children exchanged
    left, right = np.where(all_right, right, left), np.where(all_right, left, right)
    missing_left ^= all_right
    threshold[all_right] = np.inf
    sets: list[list[int] | None] = [None] * len(nodes)
    for node in np.flatnonzero(is_set):
        known = categories.numbers[int(nodes["feature_idx"][node])]
        goes_left = set(members(predictor.raw_left_cat_bitsets[nodes["bitset_idx"][node]]))
        if missing_left[node]:  # the unseen go left: the set is of those that go right
            sets[node] = sorted(number for code, number in known.items() if code not in goes_left)
        else:  # the unseen go right: the children change places, and the set goes to the new right
            sets[node] = sorted(number for code, number in known.items() if code in goes_left)
            left[node], right[node] = right[node], left[node]
            missing_left[node] = True
    return Tree(
        left.tolist(), right.tolist(),
        np.where(leaf, -1, categories.column[np.where(leaf, 0, nodes["feature_idx"])]).tolist(),
        thresholds(threshold), missing_left.tolist(),
        value=np.where(leaf, nodes["value"], 0).tolist(), output=output, sets=sets)


def boosting(estimator: Any) -> Document:
    base = np.asarray(estimator._baseline_prediction)
    if base.dtype != np.float64:
        raise unsupported(f"scikit-learn {type(estimator).__name__}: sums of {base.dtype}")
    outputs = estimator.n_trees_per_iteration_
    require_members(estimator, (iteration if len(iteration) == outputs else None for iteration in estimator._predictors))
    base = base + 0.0  # scikit-learn adds it to zeros: -0.0 becomes 0.0
    categories = Categories(estimator)
    all_trees = [grown(predictor, categories, output)
                 for iteration in estimator._predictors for output, predictor in enumerate(iteration)]
    body = trees(all_trees, np.broadcast_to(base.ravel(), outputs).tolist(),
                 [number * outputs for number in range(len(estimator._predictors) + 1)],
                 input="float64", sum="float64", comparison="<=", start="base", finish="none",
                 category="never_negative")
    kind = "softmax" if outputs > 1 else LINKS.get(estimator.loss, "identity")
    # To 1.4 a class is told by probabilities, which are 0.5 next to a margin of 0.
    is_by_margin = hasattr(estimator, "classes_") and release() >= (1, 5)
    return describe(estimator, outputs, {"trees": body}, {"kind": kind}, decision="margin" if is_by_margin else None)
