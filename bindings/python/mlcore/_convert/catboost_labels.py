# SPDX-License-Identifier: Apache-2.0
"""The labels of CatBoost's categories: those that the caller gives, checked, and CatBoost's hashes of them."""

import importlib
import json
import numbers
import pathlib
import tempfile
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np

from .._error import Error, refusal
from .document import unsupported

WHOLE_NUMBERS = [str(number) for number in range(1 << 16)]


def own_json(model: Any, pool: Any = None) -> dict[str, Any]:
    with tempfile.TemporaryDirectory() as folder:
        path = pathlib.Path(folder) / "model.json"
        try:
            model.save_model(str(path), format="json", pool=pool)
        except Exception as error:  # CatBoost's own CatBoostError
            raise unsupported(f"CatBoost does not write this model as JSON: {error}") from error
        loaded: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        return loaded


def pool_with(model: Any, labels: list[str]) -> Any:
    """A pool of the model's features with each label in one of the categorical columns, all else 0."""
    places = sorted(model.get_cat_feature_indices())
    rows = -(-len(labels) // len(places))
    labels = labels + labels[:1] * (rows * len(places) - len(labels))
    columns: dict[int, Any] = dict.fromkeys(range(len(model.feature_names_)), np.zeros(rows, np.float32))
    for number, place in enumerate(places):
        columns[place] = labels[number * rows : (number + 1) * rows]
    frame = importlib.import_module("pandas").DataFrame(columns)  # CatBoost needs pandas, too
    return importlib.import_module("catboost").Pool(frame, cat_features=places, feature_names=model.feature_names_)


def hashes(model: Any, labels: Iterable[str]) -> dict[str, int]:
    """What CatBoost makes of the labels, told beside a model that is saved with a pool of them: a hash of
    the text alone, the same in every column."""
    found: dict[str, int] = {}
    left = list(dict.fromkeys(labels))
    while left:  # of labels with the same hash one is told at a time
        for item in own_json(model, pool_with(model, left))["features_info"]["cat_features_hash"]:
            found[item["value"]] = item["hash"]
        count = len(left)
        left = [label for label in left if label not in found]
        if len(left) == count:
            raise unsupported(f"CatBoost does not tell its hash of the label {left[0]!r}")
    return found


def wrong(key: Any, problem: str, reason: str = "type_mismatch") -> Error:
    return refusal("INVALID_ARGUMENT", reason, f"CatBoost: categories= of {key!r}: {problem}")


def place_of(key: Any, names: Sequence[str], categorical: Sequence[int]) -> int:
    """The position of the categorical feature that a key of categories= names."""
    if isinstance(key, str):
        if key not in names:
            raise wrong(key, "the model has no feature of this name", "feature_names")
        place = names.index(key)
    elif isinstance(key, numbers.Integral) and not isinstance(key, bool):
        place = int(key)
        if not 0 <= place < len(names):
            raise wrong(key, f"the model has {len(names)} features", "feature_names")
    else:
        raise wrong(key, "a feature's position or name is expected")
    if place not in categorical:
        raise wrong(key, "the feature is not categorical", "feature_names")
    return place


def texts(key: Any, labels: Any) -> list[str]:
    """As CatBoost takes labels to text."""
    if hasattr(labels, "tolist"):  # NumPy's, pandas'
        labels = labels.tolist()
    if isinstance(labels, (str, bytes)) or not isinstance(labels, Sequence):
        raise wrong(key, f"a list of labels is expected, found {type(labels).__name__}")
    for label in labels:
        if not isinstance(label, (str, numbers.Integral)):
            raise wrong(key, f"labels are text or whole numbers, found {type(label).__name__}")
    return [str(label) for label in labels]


def given_labels(categories: Any, names: Sequence[str], categorical: Sequence[int]) -> dict[int, list[str]]:
    """The caller's labels by the position of their feature.

    Raises Error, INVALID_ARGUMENT: type_mismatch, or feature_names for what is no categorical feature.
    """
    if categories is None:
        return {}
    if not isinstance(categories, Mapping):
        raise refusal("INVALID_ARGUMENT", "type_mismatch", "CatBoost: categories= has the labels by the features' "
                      f"positions or names, in a dict; found {type(categories).__name__}")
    found: dict[int, list[str]] = {}
    for key, labels in categories.items():
        place = place_of(key, names, categorical)
        if place in found:
            raise wrong(key, "the feature is given twice, by position and by name", "feature_names")
        found[place] = texts(key, labels)
    return found
