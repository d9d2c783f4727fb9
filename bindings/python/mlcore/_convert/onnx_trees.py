# SPDX-License-Identifier: Apache-2.0
"""The tree ensembles of ONNX-ML: their nodes as trees, their scores as margins.

A row goes to a node's true branch, left, where its comparison holds; sums are of the input's type, from 0, tree by
tree, and the base is added last. Source: the operators' documentation, ai.onnx.ml 1 to 5; ONNX Runtime 1.31.
"""

import importlib
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from .document import Tree, thresholds, trees, unsupported

MODES = ("BRANCH_LEQ", "BRANCH_LT", "BRANCH_GTE", "BRANCH_GT", "BRANCH_EQ", "BRANCH_NEQ", "BRANCH_MEMBER")
TRANSFORMS = ("NONE", "SOFTMAX", "LOGISTIC", "SOFTMAX_ZERO", "PROBIT")
AGGREGATES = ("AVERAGE", "SUM", "MIN", "MAX")
LINKS = {"NONE": "identity", "SOFTMAX": "softmax", "LOGISTIC": "logistic"}

Leaf = list[tuple[int, float]]  # outputs and what is added to them


@dataclass
class Node:
    feature: int
    threshold: float
    mode: str
    missing_true: bool
    branches: tuple[Any, Any]  # the keys of the true and the false branch


@dataclass
class Ensemble:
    grown: list[Tree]
    base: list[float]
    comparison: str
    link: str = "identity"
    is_mean: bool = False
    classes: list[str] | None = None
    decision: str | None = None
    has_base: bool = True
    is_rounded: bool = True  # doubles, by the operator

    def takes_base(self, values: list[float]) -> bool:
        """A constant that is added to the sums; one for all outputs, or one each."""
        if self.has_base or self.link != "identity":
            return False
        self.base = values * (len(self.base) // len(values))
        self.has_base = True
        return True

    def takes_shares(self) -> bool:
        return False

    def tested(self) -> int:
        """How many features there are at least."""
        return 1 + max(max(tree.feature) for tree in self.grown)

    def body(self, number: str) -> dict[str, Any]:
        return {"trees": trees(self.grown, self.base, range(len(self.grown) + 1), input=number, sum=number,
                               comparison=self.comparison, start="zero", finish="mean" if self.is_mean else "none")}

    def bound(self, number: str) -> str | None:
        return "the operator rounds it to float32" if number == "float64" and self.is_rounded else None


def attributes(node: Any) -> dict[str, Any]:
    """By name: numbers, lists, text as str, tensors as lists; x_as_tensor is called x."""
    onnx = importlib.import_module("onnx")
    found: dict[str, Any] = {}
    for item in node.attribute:
        value = onnx.helper.get_attribute_value(item)
        if isinstance(value, onnx.TensorProto):
            value = onnx.numpy_helper.to_array(value).ravel().tolist()
        elif isinstance(value, bytes):
            value = value.decode()
        elif not isinstance(value, (int, float)):
            value = [part.decode() if isinstance(part, bytes) else part for part in value]
        found[item.name.removesuffix("_as_tensor")] = value
    return found


def comparison_of(nodes: Sequence[Node]) -> str:
    modes = {node.mode for node in nodes}
    unread = sorted(modes - set(MODES[:4]))
    if unread:
        raise unsupported(f"ONNX: nodes of the mode {', '.join(unread)} are not read")
    return "<" if modes == {"BRANCH_LT"} else "<="


def before(value: float, is_double: bool) -> float:
    """The next lower number of the input's type."""
    if is_double:
        return math.nextafter(value, -math.inf)
    numpy = importlib.import_module("numpy")
    return float(numpy.nextafter(numpy.float32(value), numpy.float32(-math.inf)))


class Grower:
    """Walks a tree from its root; `node_of` gives what stands at a key, a Node or a Leaf."""

    def __init__(self, node_of: Callable[[Any], Node | Leaf], outputs: int, comparison: str, is_double: bool) -> None:
        self.node_of = node_of
        self.outputs = outputs
        self.comparison = comparison
        self.is_double = is_double
        self.scored: set[int] = set()  # outputs that some tree has a weight of at each of its leaves

    def grow(self, root: Any) -> Tree:
        tree = Tree([], [], [], [], [])
        limits: list[float] = []
        leaves: list[Leaf] = []
        waiting: list[tuple[Any, list[int] | None, int]] = [(root, None, 0)]
        walked = set()
        while waiting:
            key, side, parent = waiting.pop()
            place = len(tree.left)
            if side is not None:
                side[parent] = place
            node = self.node_of(key)
            if isinstance(node, Node):
                if key in walked:
                    raise unsupported(f"ONNX: two branches lead to node {key}")
                walked.add(key)
                left, right, limit, missing_left = self.test(node)
                waiting += [(right, tree.right, place), (left, tree.left, place)]
            else:
                limit, missing_left = 0.0, False
            tree.left.append(-1)
            tree.right.append(-1)
            tree.feature.append(node.feature if isinstance(node, Node) else -1)
            tree.missing_left.append(missing_left)
            limits.append(limit)
            leaves.append([] if isinstance(node, Node) else node)
        tree.threshold = thresholds(limits)
        self.add_leaves(tree, leaves)
        return tree

    def test(self, node: Node) -> tuple[Any, Any, float, bool]:
        """The branches, the threshold and whether a missing value goes left, under the one comparison."""
        on_true, on_false = node.branches
        is_turned = node.mode in ("BRANCH_GTE", "BRANCH_GT")
        is_open = node.mode in ("BRANCH_LT", "BRANCH_GTE")  # left where x < threshold
        limit = before(node.threshold, self.is_double) if is_open and self.comparison == "<=" else node.threshold
        if is_turned:
            return on_false, on_true, limit, not node.missing_true
        return on_true, on_false, limit, node.missing_true

    def add_leaves(self, tree: Tree, leaves: list[Leaf]) -> None:
        used = {output for leaf in leaves for output, _ in leaf}
        self.scored |= set.intersection(*({output for output, _ in leaf}
                                          for leaf, left in zip(leaves, tree.left) if left == -1))
        if any(not 0 <= output < self.outputs for output in used):
            raise unsupported(f"ONNX: a leaf of output {max(used)}, where there are {self.outputs}")
        if any(len(leaf) > len({output for output, _ in leaf}) for leaf in leaves):
            raise unsupported("ONNX: a leaf with several weights of one output is not read")
        if len(used) < 2:
            tree.output = min(used, default=0)
            tree.value = [leaf[0][1] if leaf else 0.0 for leaf in leaves]
            return
        tree.values = [[dict(leaf).get(output, 0.0) for output in range(self.outputs)] for leaf in leaves]


def grown(own: dict[str, Any], weights: str, outputs: int, is_double: bool) -> tuple[Grower, list[Tree]]:
    """Of TreeEnsembleRegressor and TreeEnsembleClassifier: keys are (tree, node)."""
    keys = list(zip(own["nodes_treeids"], own["nodes_nodeids"]))
    missing = own.get("nodes_missing_value_tracks_true") or [0] * len(keys)
    nodes: dict[Any, Node | Leaf] = {}
    for at, key in enumerate(keys):
        mode = own["nodes_modes"][at]
        nodes[key] = [] if mode == "LEAF" else Node(
            own["nodes_featureids"][at], own["nodes_values"][at], mode, missing[at] == 1,
            ((key[0], own["nodes_truenodeids"][at]), (key[0], own["nodes_falsenodeids"][at])))
    named = (own[f"{weights}_{part}"] for part in ("treeids", "nodeids", "ids", "weights"))
    for tree, number, output, weight in zip(*named):
        leaf = nodes[tree, number]
        if isinstance(leaf, Node):
            raise unsupported(f"ONNX: tree {tree}: node {number} has branches and a weight")
        leaf.append((output, weight))
    comparison = comparison_of([node for node in nodes.values() if isinstance(node, Node)])
    grower = Grower(nodes.__getitem__, outputs, comparison, is_double)
    roots = {tree: (tree, number) for tree, number in reversed(keys)}
    return grower, [grower.grow(roots[tree]) for tree in dict.fromkeys(own["nodes_treeids"])]


def link_of(transform: str) -> str:
    if transform not in LINKS:
        raise unsupported(f"ONNX: post_transform {transform} is not read")
    return LINKS[transform]


def link_of_targets(transform: str, outputs: int) -> str:
    """ONNX Runtime 1.31 leaves out that of one target, or not, by the number of trees."""
    if outputs == 1 and transform != "NONE":
        raise unsupported(f"ONNX: post_transform {transform} of one target is not read")
    return link_of(transform)


def is_mean(aggregate: str) -> bool:
    if aggregate not in ("SUM", "AVERAGE"):
        raise unsupported(f"ONNX: aggregate_function {aggregate} is not read")
    return aggregate == "AVERAGE"


def regressor(own: dict[str, Any], is_double: bool) -> Ensemble:
    outputs = own.get("n_targets", 1)
    base = own.get("base_values") or []
    if len(base) not in (0, outputs):
        raise unsupported(f"ONNX: {len(base)} base_values for {outputs} targets are not read")
    link = link_of_targets(own.get("post_transform", "NONE"), outputs)
    grower, all_grown = grown(own, "target", outputs, is_double)
    if outputs > 1 and base and len(grower.scored) < outputs:  # ONNX Runtime adds the base of a scored target only
        raise unsupported("ONNX: base_values of targets that rows may have no weight of are not read")
    return Ensemble(all_grown, base or [0.0] * outputs, grower.comparison, link,
                    is_mean(own.get("aggregate_function", "SUM")), has_base=bool(base))


def classifier(own: dict[str, Any], is_double: bool) -> Ensemble:
    """Weights of the first class alone are of two classes: the score is the second's."""
    labels = own.get("classlabels_int64s") or own.get("classlabels_strings") or []
    base = own.get("base_values") or []
    transform = own.get("post_transform", "NONE")
    is_one = len(labels) == 2 and set(own["class_ids"]) == {0}
    outputs = 1 if is_one else len(labels)
    if not is_one and len(labels) == 2 and (base or set(own["class_ids"]) != {0, 1}):
        raise unsupported("ONNX: base_values of two classes, and weights of the second alone, are not read")
    if len(base) not in (0, outputs):
        raise unsupported(f"ONNX: {len(base)} base_values for {len(labels)} classes are not read")
    is_share = is_one and all(weight >= 0 for weight in own["class_weights"])
    if is_share:
        transform = "NONE"  # a share already, to ONNX Runtime
    elif is_one and transform == "SOFTMAX":
        raise unsupported("ONNX: post_transform SOFTMAX of one score is not read")
    grower, all_grown = grown(own, "class", outputs, is_double)
    return Ensemble(all_grown, base or [0.0] * outputs, grower.comparison, link_of(transform),
                    classes=[str(label) for label in labels], decision=None if is_share else "margin", has_base=True)


def plain(own: dict[str, Any], is_double: bool) -> Ensemble:
    """TreeEnsemble of ai.onnx.ml 5: nodes and leaves stand apart; keys are (is a leaf, position)."""
    modes = [MODES[mode] for mode in own["nodes_modes"]]
    missing = own.get("nodes_missing_value_tracks_true") or [0] * len(modes)
    branches = list(zip(zip(own["nodes_trueleafs"], own["nodes_truenodeids"]),
                        zip(own["nodes_falseleafs"], own["nodes_falsenodeids"])))
    nodes = [Node(*parts) for parts in
             zip(own["nodes_featureids"], own["nodes_splits"], modes, [bool(item) for item in missing], branches)]

    def node_of(key: tuple[int, int]) -> Node | Leaf:
        if key[0]:
            return [(own["leaf_targetids"][key[1]], own["leaf_weights"][key[1]])]
        return nodes[key[1]]

    outputs = own.get("n_targets", 1)
    comparison = comparison_of(nodes)
    grower = Grower(node_of, outputs, comparison, is_double)
    return Ensemble([grower.grow((0, root)) for root in own["tree_roots"]], [0.0] * outputs, comparison,
                    link_of_targets(TRANSFORMS[own.get("post_transform", 0)], outputs),
                    is_mean(AGGREGATES[own.get("aggregate_function", 1)]), has_base=False, is_rounded=False)
