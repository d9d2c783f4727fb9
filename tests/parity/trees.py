# SPDX-License-Identifier: Apache-2.0
"""The trees of an XGBoost JSON file, walked as XGBoost does: floats, in the file's order, from the base margin."""
import json
import math
import struct


def float32(value):
    """The nearest float; an overflow is an infinity."""
    try:
        return struct.unpack("<f", struct.pack("<f", value))[0]
    except OverflowError:
        return math.copysign(math.inf, value)


class Model:
    def __init__(self, path):
        learner = json.loads(path.read_text())["learner"]
        booster = learner["gradient_booster"]["model"]
        self.objective = learner["objective"]["name"]
        self.trees, self.groups = booster["trees"], booster["tree_info"]
        self.outputs = max(1, int(learner["learner_model_param"]["num_class"]))
        base = float32(float(learner["learner_model_param"]["base_score"]))
        if self.objective == "binary:logistic":
            base = float32(-math.log(float32(float32(1 / base) - 1)))
        self.base = base

    def leaf_of(self, tree, features):
        node = 0
        while tree["left_children"][node] != -1:
            value = features[tree["split_indices"][node]]
            value = math.nan if value is None else float32(value)
            if not math.isfinite(value):  # a feature past float32 is missing to the model
                goes_left = tree["default_left"][node] == 1
            else:
                goes_left = value < float32(tree["split_conditions"][node])
            node = tree["left_children" if goes_left else "right_children"][node]
        return node

    def used(self, begin, end):
        rounds = len(self.trees) // self.outputs
        numbers = range(begin * self.outputs, (end or rounds) * self.outputs)
        return [(self.groups[number], self.trees[number]) for number in numbers]

    def margins(self, features, begin, end):
        sums = [self.base] * self.outputs
        for group, tree in self.used(begin, end):
            leaf = float32(tree["split_conditions"][self.leaf_of(tree, features)])
            sums[group] = float32(sums[group] + leaf)
        return sums

    def classes(self, features, begin, end):
        sums = self.margins(features, begin, end)
        if self.outputs == 1:
            return [float(sums[0] > 0)]
        return [float(sums.index(max(sums)))]

    def leaves(self, features, begin, end):
        return [float(self.leaf_of(tree, features)) for _, tree in self.used(begin, end)]
