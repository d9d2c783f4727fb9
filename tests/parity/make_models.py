#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Writes plain.json, shop.json and classes.json: trees of our own, in XGBoost's JSON format.

    tests/parity/make_models.py FOLDER

The trees are drawn from a seeded generator, over thresholds that the cases straddle; no library made
them. cases.json depends on every bit, so a change here means making the cases again.
"""
import json
import pathlib
import random
import sys

NO_PARENT = 2147483647
DEPTH = 3

# Name, objective, classes, rounds, base score, and thresholds for each feature, in output order.
MODELS = [
    ("plain", "binary:logistic", 0, 8, "3E-1", {
        "flag": [0.5], "maybe": [0.5], "whole": [0.0, 41.5, 1e6], "units": [-3.0, 0.0, 7.0],
        "real": [0.0, 1.5, 1e30], "ratio": [-0.5, 0.25, 3.0], "total": [10.0, 50.0], "share": [-1.0, 0.5, 4.0],
        "floored": [-1.0, 2.0], "rest": [0.0, 3.0], "scaled": [0.0, 2.25], "logged": [0.2, 1.0],
        "parsed": [0.0, 3.5], "spelled": [0.5], "greeting": [0.5], "has_nul": [0.5], "before": [0.5],
        "days": [0.0, 365.0, 10000.0], "is_old": [0.5], "is_long": [0.5], "absent": [0.5], "either": [0.5],
    }),
    ("shop", "reg:squarederror", 0, 6, "1.25E0", {
        "orders_30d": [0.5, 1.5, 3.0], "spend_90d": [0.5, 20.0, 100.0], "big_7d": [0.5], "last_amount": [9.5, 30.0],
        "first_line": [1.5], "recency": [3.0, 30.0], "avg_3": [10.0, 40.0], "min_1d": [5.0],
        "is_gift": [0.5], "delayed": [0.5, 50.0], "visits_hop": [0.5, 2.0], "human": [0.5, 1.5],
        "seconds": [10.0, 60.0], "over_limit": [0.5],
    }),
    ("classes", "multi:softprob", 3, 4, "5E-1", {
        "height": [0.0, 1.5, 4.0], "width": [0.25, 2.0], "pieces": [0.0, 3.0, 10.0], "is_round": [0.5],
        "area": [0.5, 4.0], "each": [-1.0, 0.5, 2.0],
    }),
]


def make_tree(generator, number, thresholds):
    """A tree of XGBoost's shape: node 0 is the root, a leaf's value stands in split_conditions."""
    names = list(thresholds)
    left, right, parents, conditions, indices, missing_left = [-1], [-1], [NO_PARENT], [0.0], [0], [0]
    ends = [(0, 0)]
    while ends:
        node, depth = ends.pop(0)
        if depth == DEPTH or (depth > 0 and generator.random() < 0.2):
            conditions[node] = round(generator.uniform(-1, 1), 7)
            continue
        feature = generator.randrange(len(names))
        left[node], right[node] = len(left), len(left) + 1
        conditions[node] = generator.choice(thresholds[names[feature]])
        indices[node], missing_left[node] = feature, generator.randrange(2)
        for child in (left[node], right[node]):
            left.append(-1), right.append(-1), parents.append(node)
            conditions.append(0.0), indices.append(0), missing_left.append(0)
            ends.append((child, depth + 1))
    count = len(left)
    return {
        "base_weights": [0.0] * count, "categories": [], "categories_nodes": [], "categories_segments": [],
        "categories_sizes": [], "default_left": missing_left, "id": number, "left_children": left,
        "loss_changes": [0.0] * count, "parents": parents, "right_children": right,
        "split_conditions": conditions, "split_indices": indices, "split_type": [0] * count,
        "sum_hessian": [1.0] * count,
        "tree_param": {"num_deleted": "0", "num_feature": str(len(names)), "num_nodes": str(count),
                       "size_leaf_vector": "0"},
    }


def make_model(seed, objective, classes, rounds, base_score, thresholds):
    generator = random.Random(seed)
    groups = max(1, classes)
    trees = [make_tree(generator, number, thresholds) for number in range(rounds * groups)]
    parameters = {
        "binary:logistic": {"reg_loss_param": {"scale_pos_weight": "1"}},
        "reg:squarederror": {"reg_loss_param": {"scale_pos_weight": "1"}},
        "multi:softprob": {"softmax_multiclass_param": {"num_class": str(classes)}},
    }
    return {
        "learner": {
            "attributes": {},
            "feature_names": list(thresholds),
            "feature_types": ["float"] * len(thresholds),
            "gradient_booster": {
                "model": {
                    "gbtree_model_param": {"num_parallel_tree": "1", "num_trees": str(len(trees)),
                                           "size_leaf_vector": "0"},
                    "tree_info": [number % groups for number in range(len(trees))],
                    "trees": trees,
                },
                "name": "gbtree",
            },
            "learner_model_param": {"base_score": base_score, "boost_from_average": "1",
                                    "num_class": str(classes), "num_feature": str(len(thresholds)),
                                    "num_target": "1"},
            "objective": {"name": objective, **parameters[objective]},
        },
        "version": [1, 7, 4],
    }


def main(folder):
    for seed, (name, *what) in enumerate(MODELS, start=1):
        text = json.dumps(make_model(seed, *what), separators=(",", ":"))
        (pathlib.Path(folder) / f"{name}.json").write_text(text + "\n")


if __name__ == "__main__":
    main(*sys.argv[1:])
