# SPDX-License-Identifier: Apache-2.0
"""from_onnx: a graph of one tree ensemble or linear model of ONNX-ML, as skl2onnx and onnxmltools write it.

Before the model stand casts, after it what passes its scores on or is a link; the labels are not read. Source: the
operators of ai.onnx.ml 1 to 5; what ONNX Runtime 1.31 makes of them, where ONNX does not say.
"""

import importlib
import os
from collections.abc import Sequence
from typing import Any

from .._error import refusal
from . import onnx_linear, onnx_trees
from .document import Document, unsupported

MODELS: dict[str, Any] = {
    "LinearClassifier": onnx_linear.classifier, "LinearRegressor": onnx_linear.regressor,
    "TreeEnsemble": onnx_trees.plain, "TreeEnsembleClassifier": onnx_trees.classifier,
    "TreeEnsembleRegressor": onnx_trees.regressor,
}
FLOATS = (1, 11)  # TensorProto.FLOAT and DOUBLE
LINKS = {"Exp": "exponential", "Sigmoid": "logistic", "Softmax": "softmax"}
LABELS = ("ArgMax", "ArrayFeatureExtractor")

Scores = onnx_trees.Ensemble | onnx_linear.Linear


class Graph:
    """Who makes and who takes a tensor."""

    def __init__(self, model: Any) -> None:
        onnx = importlib.import_module("onnx")
        graph = model.graph
        self.constants = {item.name: onnx.numpy_helper.to_array(item) for item in graph.initializer}
        self.inputs = [item for item in graph.input if item.name not in self.constants]
        self.outputs = {item.name for item in graph.output}
        self.nodes = list(graph.node)
        self.makers = {name: node for node in self.nodes for name in node.output}

    def model(self) -> Any:
        found = [node for node in self.nodes if node.op_type in MODELS and node.domain == "ai.onnx.ml"]
        if len(found) != 1:
            raise unsupported(f"ONNX: one of {', '.join(MODELS)} is read; the graph's nodes are "
                              f"{', '.join(node.op_type for node in self.nodes) or 'none'}")
        return found[0]

    def source(self, node: Any) -> tuple[Any, bool]:
        """The graph's input, and whether the node takes doubles of it."""
        types = []
        name = node.input[0]
        while name in self.makers:
            maker = self.makers[name]
            if maker.op_type not in ("Cast", "Identity"):
                raise unsupported(f"ONNX: {maker.op_type} before {node.op_type} is not read")
            types += [item.i for item in maker.attribute if item.name == "to"]
            name = maker.input[0]
        if len(self.inputs) != 1 or self.inputs[0].name != name:
            raise unsupported(f"ONNX: one input, a matrix of features, is read; the graph has {len(self.inputs)}")
        given = self.inputs[0].type.tensor_type
        types.append(given.elem_type)
        proto = importlib.import_module("onnx").TensorProto
        if not set(types) <= {proto.FLOAT, proto.DOUBLE}:
            raise unsupported("ONNX: features of another type than float and double are not read")
        if proto.FLOAT in types and types[0] == proto.DOUBLE:
            raise unsupported("ONNX: features that are cast from float to double are not read")
        return given, types[0] == proto.DOUBLE

    def follow(self, tensor: str, scores: Scores) -> None:
        """Turns what stands between the scores and the graph's output into links and bases."""
        waiting, ends = [tensor], 0
        while waiting:
            name = waiting.pop()
            ends += name in self.outputs
            for node in self.nodes:
                if name in node.input and node.op_type not in LABELS:
                    self.pass_on(node, name, scores)
                    waiting.append(node.output[0])
        if ends != 1:
            raise unsupported(f"ONNX: {ends} outputs of the graph are the model's scores; one is read")

    def pass_on(self, node: Any, name: str, scores: Scores) -> None:
        """Raises Error for what is neither a link nor leaves the scores as they are."""
        own = onnx_trees.attributes(node)
        if node.op_type in ("Identity", "ZipMap") or (node.op_type == "Cast" and own["to"] in FLOATS):
            return
        if node.op_type in LINKS and own.get("axis", 1) in (-1, 1) and scores.link == "identity":
            scores.link = LINKS[node.op_type]
            return
        if node.op_type == "Normalizer" and own.get("norm") == "L1" and scores.takes_shares():
            return
        other = [self.constants[given] for given in node.input if given != name and given in self.constants]
        if len(other) == 1 and other[0].shape in ((), (1,), (1, 1), (len(scores.base),), (1, len(scores.base))):
            if node.op_type == "Mul" and (other[0] == 1).all():
                return
            if node.op_type == "Add" and scores.takes_base([float(value) for value in other[0].ravel()]):
                return
        raise unsupported(f"ONNX: {node.op_type} after the model is not read")


def loaded(model: Any) -> Any:
    onnx = importlib.import_module("onnx")
    try:
        if isinstance(model, (str, os.PathLike)):
            return onnx.load(model, format="protobuf")
        if isinstance(model, (bytes, bytearray)):
            return onnx.load_model_from_string(bytes(model))
    except importlib.import_module("google.protobuf.message").DecodeError as error:
        name = "the bytes" if isinstance(model, (bytes, bytearray)) else str(model)
        raise refusal("INVALID_ARGUMENT", "malformed_model", f"{name}: no ONNX model: {error}") from error
    if not hasattr(model, "graph"):
        raise TypeError(f"expected an ONNX ModelProto, its bytes or a path, found {type(model).__name__}")
    return model


def feature_count(given: Any, scores: Scores, features: Sequence[str] | None) -> int:
    """As the input's shape tells, else as the caller names them, else the features that are tested."""
    dimensions = given.shape.dim
    if len(dimensions) == 2 and dimensions[1].dim_value > 0:
        return int(dimensions[1].dim_value)
    return max(scores.tested(), len(features or []), 1)


def document(model: Any, features: Sequence[str] | None = None) -> Document:
    """Raises Error, UNIMPLEMENTED/unsupported_model."""
    proto = loaded(model)
    graph = Graph(proto)
    node = graph.model()
    given, is_double = graph.source(node)
    scores: Scores = MODELS[node.op_type](onnx_trees.attributes(node), is_double)
    graph.follow(node.output[-1], scores)
    number = "float64" if is_double else "float32"
    decision = scores.decision
    if scores.classes is not None and decision is None and scores.link != "identity":
        decision = "none"  # the label is of the share before that link
    opset = max((item.version for item in proto.opset_import if item.domain == "ai.onnx.ml"), default=1)
    return Document(
        "onnx", f"ai.onnx.ml {opset}", node.op_type, "regression" if scores.classes is None else "classification",
        len(scores.base), feature_count(given, scores, features), scores.body(number), classes=scores.classes,
        decision=decision, link={"kind": scores.link}, bound=scores.bound(number)).named(features)
