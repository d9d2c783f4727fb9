# SPDX-License-Identifier: Apache-2.0
"""The neutral model JSON of docs/model_json.md, as the converters write it.

    text = Document("scikit-learn", "1.9.1", "RandomForestRegressor", "regression", outputs=1,
                    features=["age", "income"], body={"trees": {…}}).text()
"""

import json
import math
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from .._error import Error, refusal

Thresholds = list[float | str]


def unsupported(message: str) -> Error:
    """What is refused by name."""
    return refusal("UNIMPLEMENTED", "unsupported_model", message)


def thresholds(values: Any) -> Thresholds:
    """As the JSON has them: an infinite one, which parts the missing from the others, is text.

    Raises Error, INVALID_ARGUMENT/malformed_model, for NaN.
    """
    if any(math.isnan(value) for value in values):
        raise refusal("INVALID_ARGUMENT", "malformed_model", "a threshold of the model is NaN")
    return [float(value) if math.isfinite(value) else "inf" if value > 0 else "-inf" for value in values]


def shares(count: int) -> dict[str, Any]:
    """The calibration that makes shares of margins: the logistic function of each, divided by their sum."""
    return {"kind": "sigmoid", "of": "margin", "slope": [-1.0] * count, "intercept": [0.0] * count}


@dataclass
class Tree:
    """Columns over the nodes of a tree, root first; a leaf's left and right are -1. `values` is a row
    a node, which makes a tree for each output; `sets` has a set a node that tests for categories and
    goes right where the value is in it, None elsewhere."""

    left: list[int]
    right: list[int]
    feature: list[int]
    threshold: Thresholds
    missing_left: list[bool]
    value: list[float] | None = None
    values: list[list[float]] | None = None
    output: int = 0
    sets: list[list[int] | None] | None = None


class Sets:
    """Each distinct set of categories once."""

    def __init__(self) -> None:
        self.members: list[list[int]] = []
        self.places: dict[tuple[int, ...], int] = {}

    def place(self, members: list[int] | None) -> int:
        if members is None:
            return -1
        key = tuple(members)
        if key not in self.places:
            self.places[key] = len(self.members)
            self.members.append(members)
        return self.places[key]


def written(tree: Tree, sets: Sets) -> dict[str, Any]:
    item: dict[str, Any] = {} if tree.values is not None else {"output": tree.output}
    item.update(left=tree.left, right=tree.right, feature=tree.feature, threshold=tree.threshold,
                missing_left=tree.missing_left)
    if tree.sets is not None and any(members is not None for members in tree.sets):
        item.update(set=[sets.place(members) for members in tree.sets], set_goes="right")
    if tree.values is not None:
        return item | {"values": tree.values}
    return item | {"value": tree.value}


def trees(
    grown: Sequence[Tree], base: Sequence[float], rounds: Sequence[int] | None = None, **contract: Any
) -> dict[str, Any]:
    """The member "trees". `contract` is of input, sum, comparison, start, finish, scale, category."""
    sets = Sets()
    all_written = [written(tree, sets) for tree in grown]
    body: dict[str, Any] = {**contract, "base": list(base)}
    if rounds is not None:
        body["rounds"] = list(rounds)
    if sets.members:
        body["sets"] = sets.members
    return body | {"trees": all_written}


@dataclass
class Document:
    """A model. `body` has exactly one of trees, linear, network, and may have calibration."""

    framework: str
    framework_version: str
    objective: str
    task: str
    outputs: int
    feature_count: int
    body: dict[str, Any]
    features: list[str] | None = None
    classes: list[str] | None = None
    decision: str | None = None  # None: by the prediction
    link: dict[str, Any] = field(default_factory=lambda: {"kind": "identity"})
    bound: str | None = None  # None: exact

    def named(self, features: Sequence[str] | None) -> "Document":
        """With the caller's names of the features, where there are any."""
        if features is not None:
            if isinstance(features, (str, bytes)):
                raise refusal("INVALID_ARGUMENT", "type_mismatch",
                              f"features= is a list of names, found {type(features).__name__}")
            if len(features) != self.feature_count:
                raise refusal("INVALID_ARGUMENT", "feature_count",
                              f"the model has {self.feature_count} features, features= names {len(features)}")
            self.features = [str(name) for name in features]
        return self

    def second_output(self) -> "Document":
        """Of trees with two outputs, each leaf with a value of both: the second alone."""
        body = dict(self.body["trees"])
        body["base"] = body["base"][1:]
        body["trees"] = [{**{name: item for name, item in tree.items() if name != "values"}, "output": 0,
                          "value": [values[1] for values in tree["values"]]} for tree in body["trees"]]
        return replace(self, outputs=1, body={**self.body, "trees": body})

    def text(self) -> str:
        model: dict[str, Any] = {
            "format": "mlcore-model",
            "version": 1,
            "framework": self.framework,
            "framework_version": self.framework_version,
            "objective": self.objective,
            "task": self.task,
        }
        if self.classes is not None:
            model["classes"] = self.classes
        if self.decision is not None:
            model["decision"] = self.decision
        if self.features is not None:
            model["features"] = self.features
        else:
            model["feature_count"] = self.feature_count
        model["outputs"] = self.outputs
        model["fidelity"] = "exact" if self.bound is None else "bounded"
        if self.bound is not None:
            model["bound"] = self.bound
        model.update(self.body)
        model["link"] = self.link
        try:
            return json.dumps(model, allow_nan=False, separators=(",", ":"))
        except ValueError as error:
            raise refusal("INVALID_ARGUMENT", "malformed_model",
                          f"{self.framework} {self.objective}: a number of the model is not finite") from error
