# SPDX-License-Identifier: Apache-2.0
"""LinearRegressor and LinearClassifier of ONNX-ML. ONNX Runtime sums a unit's products in an order of its own."""

from dataclasses import dataclass
from typing import Any

from .document import shares, unsupported
from .onnx_trees import link_of, link_of_targets


@dataclass
class Linear:
    weights: list[list[float]]
    base: list[float]
    link: str
    classes: list[str] | None = None
    decision: str | None = None
    is_share: bool = False  # each output is divided by the sum of all

    def takes_base(self, _: list[float]) -> bool:
        return False

    def takes_shares(self) -> bool:
        """Whether a division by the sum can follow. A softmax is of shares already."""
        if self.link == "logistic" and len(self.base) > 1:
            self.is_share = True
        return self.is_share or self.link == "softmax"

    def tested(self) -> int:
        return len(self.weights[0])

    def body(self, number: str) -> dict[str, Any]:
        body: dict[str, Any] = {"linear": {"number": number, "missing": "refuse", "bias": self.base,
                                           "weights": self.weights}}
        if self.is_share:
            body["calibration"] = shares(len(self.base))
        return body

    def bound(self, _: str) -> str:
        return ("2 (n + 2) 2^-24 (|bias| + sum of |weight x input|) for n inputs: "
                "ONNX Runtime adds the products in an order of its own")


def rows_of(own: dict[str, Any], outputs: int, is_double: bool) -> tuple[list[list[float]], list[float]]:
    if is_double:  # ONNX Runtime has none
        raise unsupported("ONNX: linear models of doubles are not read")
    coefficients = own["coefficients"]
    bias = own.get("intercepts") or [0.0] * outputs
    if outputs == 0 or len(coefficients) % outputs or len(bias) != outputs:
        raise unsupported(f"ONNX: {len(coefficients)} coefficients and {len(bias)} intercepts of {outputs} outputs")
    width = len(coefficients) // outputs
    return [coefficients[begin : begin + width] for begin in range(0, len(coefficients), width)], bias


def regressor(own: dict[str, Any], is_double: bool) -> Linear:
    outputs = own.get("targets", 1)
    return Linear(*rows_of(own, outputs, is_double), link=link_of_targets(own.get("post_transform", "NONE"), outputs))


def classifier(own: dict[str, Any], is_double: bool) -> Linear:
    labels = own.get("classlabels_ints") or own.get("classlabels_strings") or []
    if len(own.get("intercepts") or labels) != len(labels):
        raise unsupported(f"ONNX: {len(own['intercepts'])} scores of {len(labels)} classes are not read")
    return Linear(*rows_of(own, len(labels), is_double), link=link_of(own.get("post_transform", "NONE")),
                  classes=[str(label) for label in labels], decision="margin")
