# SPDX-License-Identifier: Apache-2.0
"""from_catboost: CatBoost's models of numbers and one-hot categories, as its own JSON tells them.

Values are rounded to float32 and go right where value > border; the sum of the trees is a double, times
scale, plus bias. Source: CatBoost 1.2.10, catboost/libs/model (model_export/json_model_helpers.cpp,
cpu/evaluator_impl.cpp, cpu/quantization.h).
"""

import json
import re
from itertools import chain
from typing import Any

from .catboost_labels import WHOLE_NUMBERS, given_labels, hashes, own_json
from .document import Document, Tree, trees, unsupported

LINKS = {
    "CrossEntropy": "logistic", "Logloss": "logistic", "MultiClass": "softmax", "MultiClassOneVsAll": "logistic",
    "Poisson": "exponential", "Tweedie": "exponential",
}
REGRESSIONS = (
    "Expectile", "Huber", "LogCosh", "LogLinQuantile", "Lq", "MAE", "MAPE", "MultiQuantile", "MultiRMSE",
    "MultiRMSEWithMissingValues", "Quantile", "RMSE",
)
RANKINGS = ("PairLogit", "PairLogitPairwise", "QueryCrossEntropy", "QueryRMSE", "QuerySoftMax", "StochasticRank",
            "YetiRank", "YetiRankPairwise")

Test = tuple[int, float, bool, list[int] | None]


class Reader:
    """What splits say of the features."""

    def __init__(self, model: Any, own: dict[str, Any], categories: Any) -> None:
        info = own["features_info"]
        self.names = [str(name) for name in model.feature_names_]
        for kind in ("text_features", "embedding_features"):
            if info.get(kind):
                raise unsupported(f"CatBoost: {kind.replace('_', ' ')} are not read: "
                                  f"{', '.join(self.names[item['flat_feature_index']] for item in info[kind])}")
        self.floats = {item["feature_index"]: item for item in info.get("float_features", [])}
        given = info.get("categorical_features", [])
        self.places = {item["feature_index"]: item["flat_feature_index"] for item in given}
        one_hot = [item for item in given if item.get("values")]
        if own.get("ctr_data") or info.get("ctrs"):
            hot = {item["feature_index"] for item in one_hot}
            used = [self.names[place] for index, place in self.places.items() if index not in hot]
            raise unsupported("CatBoost: statistics of categories (CTR) are not read; train with one_hot_max_size "
                              f"at least the number of categories, or give codes as numbers: {', '.join(used)}")
        labels = given_labels(categories, self.names, list(self.places.values()))
        tested = [labels.get(item["flat_feature_index"], WHOLE_NUMBERS) for item in one_hot]
        known = hashes(model, chain.from_iterable(tested))
        self.numbers = {item["feature_index"]: self.numbers_of(item, labels, known) for item in one_hot}

    def numbers_of(
        self, item: dict[str, Any], given_of: dict[int, list[str]], known: dict[str, int]
    ) -> dict[int, list[int]]:
        """The numbers that rows bring for each hash that the model knows."""
        place = item["flat_feature_index"]
        given = given_of.get(place)
        labels = WHOLE_NUMBERS if given is None else given
        found: dict[int, list[int]] = {value & 0xFFFFFFFF: [] for value in item["values"]}
        for number, label in enumerate(labels):
            if known[label] in found:
                found[known[label]].append(number)
        lost = sum(not numbers for numbers in found.values())
        if lost:
            what = ("are no whole numbers from 0 to 65,535: give categories={…} with the labels" if given is None
                    else "are not among categories=")
            raise unsupported(f"CatBoost: feature \"{self.names[place]}\": {lost} of its {len(found)} one-hot "
                              f"categories {what}")
        return found

    def node(self, split: dict[str, Any]) -> Test:
        """Feature, threshold, whether a missing value goes left, and the set that goes right."""
        kind = split["split_type"]
        if kind == "FloatFeature":
            feature = self.floats[split["float_feature_index"]]
            goes_right = feature["has_nans"] and feature["nan_value_treatment"] == "AsTrue"
            return feature["flat_feature_index"], float(split["border"]), not goes_right, None
        if kind == "OneHotFeature":
            index = split["cat_feature_index"]
            return self.places[index], 0.0, True, self.numbers[index][split["value"] & 0xFFFFFFFF]
        raise unsupported(f"CatBoost: splits of type {kind} are not read")


class Grower:
    """Collects a tree's nodes; `outputs` values a leaf."""

    def __init__(self, reader: Reader, outputs: int) -> None:
        self.reader = reader
        self.outputs = outputs
        self.left: list[int] = []
        self.right: list[int] = []
        self.tests: list[Test] = []
        self.values: list[list[float]] = []

    def add(self, test: Test, values: list[float]) -> int:
        self.left.append(-1)
        self.right.append(-1)
        self.tests.append(test)
        self.values.append(values)
        return len(self.left) - 1

    def leaf(self, values: list[float]) -> int:
        return self.add((-1, 0.0, False, None), values)

    def split(self, split: dict[str, Any]) -> int:
        return self.add(self.reader.node(split), [0.0] * self.outputs)

    def oblivious(self, splits: list[dict[str, Any]], leaf_values: list[float]) -> None:
        """The first split is the lowest bit of a leaf's number: the last one becomes the root."""
        begin = self.split(splits[-1]) if splits else self.leaf(leaf_values)
        level = [begin] if splits else []
        for depth in range(len(splits) - 1, -1, -1):
            below: list[int] = []
            for node in level:
                for side in (self.left, self.right):
                    if depth == 0:
                        place = len(below) * self.outputs
                        side[node] = self.leaf(leaf_values[place : place + self.outputs])
                    else:
                        side[node] = self.split(splits[depth - 1])
                    below.append(side[node])
            level = below

    def nested(self, root: dict[str, Any]) -> None:
        """Depth first, without recursion: a Lossguide tree may be as deep as it has leaves."""
        waiting: list[tuple[dict[str, Any], list[int] | None, int]] = [(root, None, 0)]
        while waiting:
            item, side, parent = waiting.pop()
            if "split" in item:
                node = self.split(item["split"])
                waiting += [(item["right"], self.right, node), (item["left"], self.left, node)]
            else:
                value = item["value"]
                node = self.leaf(value if isinstance(value, list) else [value])
            if side is not None:
                side[parent] = node

    def tree(self) -> Tree:
        feature, threshold, missing_left, sets = (list(column) for column in zip(*self.tests))
        tree = Tree(self.left, self.right, feature, threshold, missing_left, sets=sets)
        if self.outputs == 1:
            tree.value = [values[0] for values in self.values]
        else:
            tree.values = self.values
        return tree


def loss_of(model: dict[str, Any]) -> str:
    parameters = model["model_info"].get("params", {})
    if isinstance(parameters, str):
        parameters = json.loads(parameters)
    return str(parameters.get("loss_function", {}).get("type", ""))


def require_known(loss: str) -> str:
    """The task. Raises Error for a loss whose prediction is not known."""
    if loss in ("Logloss", "CrossEntropy", "MultiClass", "MultiClassOneVsAll"):
        return "classification"
    if loss in RANKINGS:
        return "ranking"
    if loss in REGRESSIONS or loss in LINKS:
        return "regression"
    raise unsupported(f"CatBoost: loss_function {loss or 'of its own'} is not read")


def grown(reader: Reader, item: dict[str, Any], outputs: int) -> Tree:
    grower = Grower(reader, outputs)
    if "leaf_values" in item:
        grower.oblivious(item.get("splits") or [], item["leaf_values"])
    else:
        grower.nested(item)
    return grower.tree()


def document(model: Any, categories: Any = None) -> Document:
    """Raises Error, UNIMPLEMENTED/unsupported_model, for CTR, text and embeddings, and other losses."""
    if not hasattr(model, "save_model") or not hasattr(model, "feature_names_"):
        raise TypeError(f"expected a CatBoost model, found {type(model).__name__}")
    own = own_json(model)
    loss = loss_of(own)
    task = require_known(loss)
    scale, bias = own["scale_and_bias"]
    base = [float(value) for value in (bias if isinstance(bias, list) else [bias])]
    reader = Reader(model, own, categories)
    all_grown = [grown(reader, item, len(base)) for item in own.get("oblivious_trees", own.get("trees", []))]
    body = trees(all_grown, base, range(len(all_grown) + 1), input="float32", sum="float64", comparison="<=",
                 start="zero", finish="scale", scale=float(scale), category="never_negative")
    version = (re.findall(r"\d+(?:\.\d+)+", own["model_info"].get("catboost_version_info", "")) or [""])[0]
    labels = [str(label) for label in model.classes_] if task == "classification" else []
    if len(labels) > max(len(base), 2):
        raise unsupported(f"CatBoost: {len(labels)} classes, of which the training data had {len(base)}; train without "
                          "class_names and classes_count of others")
    is_named = reader.names != [str(place) for place in range(len(reader.names))]
    decision = "margin" if labels else None
    if "binclass_probability_threshold" in own["model_info"]:  # a class is told by another share than a half
        decision = "none"
    return Document("catboost", version, loss, task, len(base), len(reader.names), {"trees": body},
                    features=reader.names if is_named else None, classes=labels or None, decision=decision,
                    link={"kind": LINKS.get(loss, "identity")})
