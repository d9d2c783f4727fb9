# SPDX-License-Identifier: Apache-2.0
"""The labels of CatBoost's categories: those that the caller gives, checked, and CatBoost's hashes of them."""

import importlib
import json
import numbers
import pathlib
import tempfile
from collections.abc import Mapping, Sequence
from typing import Any

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


def hashes(model: Any, labels: Sequence[str]) -> dict[str, int]:
    """What CatBoost makes of the labels, told beside a model that is saved with a pool of them."""
    pool_of = importlib.import_module("catboost").Pool
    places = set(model.get_cat_feature_indices())
    width = len(model.feature_names_)
    found: dict[str, int] = {}
    left = list(dict.fromkeys(labels))
    while left:  # of labels with the same hash one is told at a time
        rows = [[label if place in places else 0.0 for place in range(width)] for label in left]
        pool = pool_of(rows, cat_features=sorted(places), feature_names=model.feature_names_)
        for item in own_json(model, pool)["features_info"]["cat_features_hash"]:
            found[item["value"]] = item["hash"]
        left = [label for label in left if label not in found]
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
