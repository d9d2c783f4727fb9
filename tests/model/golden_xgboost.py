# SPDX-License-Identifier: Apache-2.0
"""Small models that XGBoost trained and the bits it predicts, for tests/predict/golden_test.cpp.

    PYTHONPATH=<folder with xgboost> python golden_xgboost.py OUT

writes OUT/xgboost-<version>/<case>.{json,ubj} and <case>.txt: a line "features F outputs K trees T
options …", then a line a row, F feature values, K margins and K predictions as the bits of f32.
Rows hold the model's own thresholds and one ulp beside them, missing values, both zeros, subnormals
and the largest floats; no infinity, which XGBoost refuses. Predictions are those of the CPU
predictor on a DMatrix, one thread. The same version gives the same files.
"""

import json
import pathlib
import sys

import golden_files
import numpy as np
import xgboost as xgb

VERSION = tuple(int(part) for part in xgb.__version__.split("."))
ROWS = 40
WIDTH = 5
CATEGORIES = 12


def sample(seed, kind):
    random = np.random.RandomState(seed)
    x = random.uniform(-2, 2, (240, WIDTH)).astype(np.float32)
    x[:, 1] = np.floor(x[:, 1] * 3)
    x[:, 2] = x[:, 2] ** 3 * 1e4
    score = np.sin(x[:, 0] * 2) + 0.4 * x[:, 1] + 1e-4 * x[:, 2] + random.normal(0, 0.3, len(x))
    if kind == "categories":
        x[:, 3] = random.randint(0, CATEGORIES, len(x))
        x[:, 4] = random.randint(0, 4, len(x))
        score += np.cos(x[:, 3] * 5) + (x[:, 4] == 2)
    x[random.uniform(size=x.shape) < 0.08] = np.nan
    if kind == "binary":
        return x, (score > 0).astype(np.float32)
    if kind == "classes":
        return x, (np.floor(np.abs(score) * 2).astype(int) % 3).astype(np.float32)
    if kind == "positive":
        return x, np.exp(score * 0.5).astype(np.float32)
    if kind == "count":
        return x, random.poisson(np.exp(score * 0.3)).astype(np.float32)
    if kind == "rank":
        return x, np.clip(np.round(score + 1), 0, 3).astype(np.float32)
    if kind == "targets":
        return x, np.stack([score, score**2], 1).astype(np.float32)
    return x, score.astype(np.float32)


def case(name, kind, objective=None, rounds=2, since=(1, 7), **parameters):
    options = {key[1:]: parameters.pop(key) for key in list(parameters) if key.startswith("_")}
    return {
        "name": name,
        "kind": kind,
        "rounds": rounds,
        "since": since,
        "options": options,
        "parameters": {"objective": objective or "reg:squarederror", "max_depth": 2, **parameters},
    }


def linear(name, *arguments, rounds=4, **parameters):
    """One thread makes even "shotgun" the same each time."""
    return case(f"linear_{name}", *arguments, **{
        "rounds": rounds, "booster": "gblinear", "updater": "coord_descent", "alpha": 0.01,
        **parameters})


CASES = [
    case("logistic", "binary", "binary:logistic", rounds=6, max_depth=4),
    case("logistic_base", "binary", "binary:logistic", base_score=0.0123),
    case("reg_logistic", "binary", "reg:logistic", base_score=0.3),
    case("logitraw", "binary", "binary:logitraw", base_score=0.2),
    case("hinge", "binary", "binary:hinge"),
    case("squared", "real", rounds=5, max_depth=5),
    case("squared_log", "positive", "reg:squaredlogerror"),
    case("pseudo_huber", "real", "reg:pseudohubererror"),
    case("absolute", "real", "reg:absoluteerror"),
    case("quantile", "real", "reg:quantileerror", since=(2, 0), quantile_alpha=0.3),
    case("quantiles", "real", "reg:quantileerror", since=(2, 0),
         quantile_alpha=[0.2, 0.8]),
    case("poisson", "count", "count:poisson", base_score=0.7),
    case("gamma", "positive", "reg:gamma"),
    case("tweedie", "count", "reg:tweedie"),
    case("cox", "positive", "survival:cox"),
    case("aft", "positive", "survival:aft", base_score=1.7),
    case("softprob", "classes", "multi:softprob", rounds=3, num_class=3),
    case("softmax", "classes", "multi:softmax", num_class=3, base_score=0.3),
    case("rank_pairwise", "rank", "rank:pairwise"),
    case("rank_ndcg", "rank", "rank:ndcg"),
    case("rank_map", "binary", "rank:map"),
    case("pruned", "real", rounds=3, max_depth=5, tree_method="exact", gamma=0.8),
    case("loss_guide", "real", max_depth=0, grow_policy="lossguide", max_leaves=12),
    case("lone_leaves", "binary", "binary:logistic", gamma=1e9),
    case("parallel", "classes", "multi:softprob", num_class=3, num_parallel_tree=2, subsample=0.6),
    case("targets", "targets"),
    case("vector_leaves", "targets", since=(2, 0), rounds=3, multi_strategy="multi_output_tree"),
    case("dart", "real", rounds=8, booster="dart", rate_drop=0.4, max_depth=3),
    case("dart_forest", "binary", "binary:logistic", rounds=6, booster="dart", rate_drop=0.5,
         normalize_type="forest", num_parallel_tree=2, subsample=0.7),
    case("dart_classes", "classes", "multi:softprob", rounds=4, booster="dart", num_class=3,
         rate_drop=0.5, skip_drop=0.1),
    case("best_iteration", "binary", "binary:logistic", rounds=40, eta=0.9, max_depth=3,
         _best=True),
    case("names", "real", _names=True),
    case("one_hot", "categories", rounds=3, max_depth=3, max_cat_to_onehot=100),
    case("partition", "categories", rounds=4, max_depth=4, max_cat_to_onehot=1, since=(1, 7)),
    case("partition_dart", "categories", rounds=4, max_depth=3, max_cat_to_onehot=3, booster="dart",
         rate_drop=0.5),
    case("partition_approx", "categories", rounds=2, max_depth=3, max_cat_to_onehot=1,
         tree_method="approx"),
    case("data_frame", "categories", rounds=2, max_depth=3, max_cat_to_onehot=1, _frame=True),
    linear("squared", "real"),
    linear("squared_base", "real", base_score=0.7, updater="shotgun"),
    linear("logistic", "binary", "binary:logistic", base_score=0.0123),
    linear("logitraw", "binary", "binary:logitraw"),
    linear("hinge", "binary", "binary:hinge"),
    linear("pseudo_huber", "real", "reg:pseudohubererror"),
    linear("quantiles", "real", "reg:quantileerror", since=(2, 0),
           quantile_alpha=[0.2, 0.8]),
    linear("poisson", "count", "count:poisson"),
    linear("gamma", "positive", "reg:gamma"),
    linear("tweedie", "count", "reg:tweedie", base_score=1.3),
    linear("cox", "positive", "survival:cox"),
    linear("aft", "positive", "survival:aft"),
    linear("softprob", "classes", "multi:softprob", num_class=3),
    linear("softmax", "classes", "multi:softmax", num_class=3, base_score=0.3),
    linear("rank", "rank", "rank:pairwise"),
    linear("targets", "targets"),
    linear("best_iteration", "binary", "binary:logistic", rounds=60, eta=1.0, _best=True),
    linear("names", "real", _names=True),
    case("expectile", "real", "reg:expectileerror", since=(3, 3), expectile_alpha=0.7),
]


def thresholds_of(model):
    booster = model["learner"]["gradient_booster"]
    if booster["name"] == "gblinear":
        return 0, [[] for _ in range(WIDTH)]
    trees = booster.get("gbtree", booster)["model"]["trees"]
    found = [[] for _ in range(WIDTH)]
    for tree in trees:
        for node, left in enumerate(tree["left_children"]):
            if left != -1 and not (tree["split_type"] and tree["split_type"][node]):
                found[tree["split_indices"][node]].append(tree["split_conditions"][node])
    return len(trees), found


def probe(seed, thresholds, kind):
    largest = np.finfo(np.float32).max
    extremes = [0.0, -0.0, 1e-45, -1e-45, 1e-39, largest, -largest, np.finfo(np.float32).tiny]
    bad = [-1, -0.5, -0.0, 0.7, 1.99, CATEGORIES, 63, 64, 16777215, 16777216, 3e9, -3e9, 1e-45]
    categories = (CATEGORIES, bad) if kind == "categories" else ()
    return golden_files.probe(seed, (ROWS, WIDTH), np.float32, thresholds, extremes, largest, categories)


def frame(x):
    """Strings for the categories: since 3.1 the model keeps them, and rows bring codes again."""
    import pandas

    table = pandas.DataFrame(x, columns=list("abcde"))
    for column, count in (("d", CATEGORIES), ("e", 4)):
        names = [f"name {i}" for i in range(count)]
        codes = table[column].fillna(-1).astype(int)
        table[column] = pandas.Categorical.from_codes(codes, names)
    return table


def matrix(x, y, item):
    if item["options"].get("frame") and y is not None:
        return xgb.DMatrix(frame(x), y, nthread=1, enable_categorical=True)
    options = {}
    if item["kind"] == "categories":
        options = {"feature_types": ["q", "q", "q", "c", "c"], "enable_categorical": True}
        if item["options"].get("frame"):
            options["feature_names"] = list("abcde")
    if item["options"].get("names"):
        options = {"feature_names": ["age", "zip code", "c", "d", "e"],
                   "feature_types": ["float", "int", "q", "i", "float"]}
    data = xgb.DMatrix(x, y, nthread=1, **options)
    objective = item["parameters"]["objective"]
    if objective == "survival:aft" and y is not None:
        data.set_float_info("label_lower_bound", y)
        data.set_float_info("label_upper_bound", y * 2)
    if objective.startswith("rank") and y is not None:
        data.set_group([24] * 10)
    return data


def write(folder, number, item):
    x, y = sample(number, item["kind"])
    parameters = {"nthread": 1, "seed": number, "verbosity": 0, "tree_method": "hist",
                  "max_bin": 64, **item["parameters"]}
    extra = {}
    if item["options"].get("best"):
        extra = {"evals": [(matrix(*sample(number + 500, item["kind"]), item), "other")],
                 "early_stopping_rounds": 3, "verbose_eval": False}
    booster = xgb.train(parameters, matrix(x, y, item), item["rounds"], **extra)
    raw = bytes(booster.save_raw("json"))
    trees, thresholds = thresholds_of(json.loads(raw))
    rows = probe(1000 + number, thresholds, item["kind"])
    options = {}
    flags = ""
    if item["options"].get("best"):
        assert booster.best_iteration + 1 < booster.num_boosted_rounds()
        options["iteration_range"] = (0, booster.best_iteration + 1)
        flags = " best_iteration"
    data = matrix(rows, None, item)
    margins = booster.predict(data, output_margin=True, **options)
    if parameters["objective"] == "multi:softmax":
        booster.set_param({"objective": "multi:softprob"})
    golden_files.write_bits(folder / f"{item['name']}.txt", trees, flags, np.float32, rows, margins,
                            booster.predict(data, **options))
    if number % 2 == 0:
        (folder / f"{item['name']}.json").write_bytes(raw)
    else:
        (folder / f"{item['name']}.ubj").write_bytes(bytes(booster.save_raw("ubj")))


def main():
    folder = pathlib.Path(sys.argv[1]) / f"xgboost-{xgb.__version__}"
    folder.mkdir(parents=True, exist_ok=True)
    for number, item in enumerate(CASES):
        if item["since"] <= VERSION:
            write(folder, number, item)


if __name__ == "__main__":
    main()
