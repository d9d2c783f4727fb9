# SPDX-License-Identifier: Apache-2.0
"""Small models that LightGBM trained and the bits it predicts, for tests/predict/golden_test.cpp.

    PYTHONPATH=<folder with lightgbm> python golden_lightgbm.py OUT

writes OUT/lightgbm-<version>/<case>.{lgb,txt}: the model's text, and a line "features F outputs K
trees T wide", then a line a row, F feature values, K raw scores and K predictions as the bits of
f64. Rows hold the model's own thresholds and one ulp beside them, missing values, zeros and the
neighbours of 1e-35, infinities, bad categories. The same version gives the same files.
"""

import pathlib
import sys

import golden_files
import lightgbm as lgb
import numpy as np

VERSION = tuple(int(part) for part in lgb.__version__.split("."))
ROWS = 40
WIDTH = 5
CATEGORIES = 40
ZERO = float(np.float32(1e-35))


def sample(seed, kind):
    random = np.random.RandomState(seed)
    x = random.uniform(-2, 2, (300, WIDTH))
    x[:, 1] = np.floor(x[:, 1] * 3)
    x[:, 2] = x[:, 2] ** 3 * 1e4
    score = np.sin(x[:, 0] * 2) + 0.4 * x[:, 1] + 1e-4 * x[:, 2] + random.normal(0, 0.3, len(x))
    if kind == "categories":
        x[:, 3] = random.randint(0, CATEGORIES, len(x))
        x[:, 4] = random.randint(0, 3, len(x))
        score += np.cos(x[:, 3] * 5) + (x[:, 4] == 2)
    else:
        x[random.uniform(size=len(x)) < 0.3, 3] = 0
    if kind != "whole":
        x[random.uniform(size=x.shape) < 0.08] = np.nan
    labels = {
        "binary": (score > 0).astype(float),
        "classes": (np.floor(np.abs(score) * 2).astype(int) % 3).astype(float),
        "positive": np.exp(score * 0.5),
        "count": random.poisson(np.exp(score * 0.3)).astype(float),
        "rank": np.clip(np.round(score + 1), 0, 3),
        "share": 1 / (1 + np.exp(-score)),
    }
    return x, labels.get(kind, score)


def case(name, kind, objective="regression", rounds=3, since=(2, 2), **parameters):
    if "linear_tree" in parameters:
        since = (3, 2)
    return {"name": name, "kind": kind, "rounds": rounds, "since": since,
            "parameters": {"objective": objective, **parameters}}


CASES = [
    case("regression", "real", rounds=6, num_leaves=15),
    case("whole", "whole", num_leaves=10),
    case("zero_as_missing", "real", zero_as_missing=True, rounds=5, num_leaves=12),
    case("not_missing", "real", use_missing=False, num_leaves=10),
    case("l1", "real", "regression_l1"),
    case("huber", "real", "huber"),
    case("fair", "real", "fair"),
    case("quantile", "real", "quantile", alpha=0.3),
    case("mape", "positive", "mape"),
    case("sqrt", "real", reg_sqrt=True),
    case("poisson", "count", "poisson"),
    case("gamma", "positive", "gamma"),
    case("tweedie", "count", "tweedie"),
    case("binary", "binary", "binary", rounds=5, num_leaves=12),
    case("binary_sigmoid", "binary", "binary", sigmoid=0.7),
    case("cross_entropy", "share", "cross_entropy"),
    case("cross_entropy_lambda", "share", "cross_entropy_lambda"),
    case("multiclass", "classes", "multiclass", num_class=3),
    case("one_against_all", "classes", "multiclassova", num_class=3, sigmoid=1.3),
    case("lambdarank", "rank", "lambdarank"),
    case("rank_xendcg", "rank", "rank_xendcg", since=(3, 0)),
    case("dart", "real", rounds=8, boosting="dart", drop_rate=0.5, skip_drop=0.1),
    case("forest", "real", rounds=5, boosting="rf", bagging_freq=1, bagging_fraction=0.6),
    case("forest_classes", "classes", "multiclass", rounds=3, boosting="rf", bagging_freq=1,
         bagging_fraction=0.6, num_class=3),
    case("goss", "real", boosting="goss", num_leaves=8),
    case("categories", "categories", rounds=4, num_leaves=12),
    case("one_hot", "categories", rounds=3, max_cat_to_onehot=100, num_leaves=8),
    case("lone_leaves", "binary", "binary", min_gain_to_split=1e9),
    case("custom", "real", None),
    case("linear", "real", rounds=6, num_leaves=9, linear_tree=True),
    case("linear_whole", "whole", num_leaves=8, linear_tree=True, linear_lambda=0.1),
    case("linear_binary", "binary", "binary", rounds=4, linear_tree=True),
    case("linear_classes", "classes", "multiclass", num_class=3, linear_tree=True),
    case("linear_categories", "categories", rounds=4, num_leaves=12, linear_tree=True),
    case("linear_not_missing", "real", use_missing=False, num_leaves=8, linear_tree=True),
    case("linear_poisson", "count", "poisson", linear_tree=True),
    case("linear_sqrt", "real", reg_sqrt=True, linear_tree=True),
    case("linear_dart", "real", rounds=8, boosting="dart", drop_rate=0.5, skip_drop=0.1,
         linear_tree=True),
    case("linear_forest", "real", rounds=4, boosting="rf", bagging_freq=1, bagging_fraction=0.6,
         linear_tree=True),
    case("linear_lone_leaves", "binary", "binary", min_gain_to_split=1e9, linear_tree=True),
    case("linear_custom", "real", None, rounds=4, linear_tree=True),
]


def values_of(model):
    found = [[] for _ in range(WIDTH)]

    def visit(node):
        if "split_feature" not in node:
            return
        if node["decision_type"] == "<=":
            found[node["split_feature"]].append(node["threshold"])
        visit(node["left_child"])
        visit(node["right_child"])

    for tree in model["tree_info"]:
        visit(tree["tree_structure"])
    return len(model["tree_info"]), found


def probe(seed, thresholds, kind):
    extremes = [0.0, -0.0, 5e-324, -5e-324, ZERO, -ZERO, np.nextafter(ZERO, 1),
                np.nextafter(-ZERO, -1), np.nextafter(ZERO, 0), 1.7e308, -1.7e308, np.inf, -np.inf]
    bad = [-1, -0.5, -0.0, 0.7, 1.99, CATEGORIES, 63, 64, 16777216, 2147483648.0, -2147483649.0,
           1e300, -1e300, 1e-36]
    categories = (CATEGORIES, bad) if kind == "categories" else ()
    return golden_files.probe(seed, (ROWS, WIDTH), np.float64, thresholds, extremes, np.inf, categories)


def write(folder, number, item):
    x, y = sample(number, item["kind"])
    parameters = {"num_threads": 1, "seed": number, "verbose": -1, "deterministic": True,
                  "num_leaves": 5, "min_data_in_leaf": 5, "min_data_per_group": 2, "cat_smooth": 1,
                  **item["parameters"]}
    options = {"categorical_feature": [3, 4]} if item["kind"] == "categories" else {}
    group = [30] * 10 if item["kind"] == "rank" else None
    data = lgb.Dataset(x, y, group=group, params={
        "verbose": -1, "max_bin": 40, "linear_tree": parameters.get("linear_tree", False)}, **options)
    if parameters["objective"] is None:
        parameters.pop("objective")
        booster = custom(parameters, data, y, item["rounds"])
    else:
        booster = lgb.train(parameters, data, item["rounds"])
    trees, thresholds = values_of(booster.dump_model())
    rows = probe(1000 + number, thresholds, item["kind"])
    raw = booster.predict(rows, raw_score=True)
    if parameters.get("boosting") == "rf":
        raw = raw / booster.current_iteration()  # as predict() does before the link
    golden_files.write_bits(folder / f"{item['name']}.txt", trees, " wide", np.float64, rows, raw,
                            booster.predict(rows))
    text = booster.model_to_string()
    if number != 0:  # one file is whole; the parameters of training are most of the others
        begin, end = text.index("parameters:"), text.index("end of parameters")
        text = text[:begin] + text[end + len("end of parameters"):]
    (folder / f"{item['name']}.lgb").write_text(text)


def custom(parameters, data, y, rounds):
    def gradient(predictions, _):
        return predictions - y, np.ones_like(y)

    if VERSION < (4,):
        return lgb.train(parameters, data, rounds, fobj=gradient)
    return lgb.train({**parameters, "objective": gradient}, data, rounds)


def main():
    folder = pathlib.Path(sys.argv[1]) / f"lightgbm-{lgb.__version__}"
    folder.mkdir(parents=True, exist_ok=True)
    for number, item in enumerate(CASES):
        if VERSION >= item["since"]:
            write(folder, number, item)


if __name__ == "__main__":
    main()
