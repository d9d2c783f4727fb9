# SPDX-License-Identifier: Apache-2.0
"""Rows and models for peers.py and growth.py, from a fixed seed: models.py FOLDER NAME...

A name is x<trees>d<depth>, XGBoost with `hist`, or l<trees>, LightGBM with 64 leaves a tree; f<columns> after it asks
for other than 28 columns. FOLDER gets, for each, NAME.json or NAME.txt as the framework saves it and NAME.margins.npy, the
framework's own margins of the rows to score; for each count of columns, rows<columns>.npy. What is there already stays.
"""
import pathlib
import re
import sys
import time

import numpy as np

SEED = 7
TRAINING_ROWS, SCORED_ROWS, COLUMNS = 120_000, 40_000, 28
MISSING = 0.05
LEAVES, RATE = 64, 0.05


def draw(rows, columns, seed):
    generator = np.random.default_rng(seed)
    values = generator.standard_normal((rows, columns), dtype=np.float32)
    values[generator.random((rows, columns), dtype=np.float32) < MISSING] = np.nan
    return values


def labels(values):
    """A third of the columns acts linearly, a third as a square, a third as a wave; noise as large as one of them."""
    known = np.nan_to_num(values)
    noise = np.random.default_rng(SEED + 2).standard_normal(len(values), dtype=np.float32)
    waves = np.sin(3 * known[:, 2::3]).sum(axis=1)
    return known[:, 0::3].sum(axis=1) + (known[:, 1::3] ** 2).sum(axis=1) + waves + noise


def parse(name):
    """Framework, trees, depth, columns of a model's name."""
    match = re.fullmatch(r"(?:x(\d+)d(\d+)|l(\d+))(?:f(\d+))?", name)
    if match is None:
        sys.exit(f"no such model: {name}; x500d6, l500, x100d6f64 are names")
    framework = "lightgbm" if match[3] else "xgboost"
    return framework, int(match[1] or match[3]), int(match[2] or 0), int(match[4] or COLUMNS)


def model_path(folder, name):
    return folder / f"{name}.{'json' if parse(name)[0] == 'xgboost' else 'txt'}"


def training_rows(columns, trees):
    """120,000 rows, fewer of wide ones and for very many trees."""
    return draw(min(TRAINING_ROWS, 20_000_000 // columns, 200_000_000 // trees), columns, SEED)


def scored_rows(folder, columns):
    path = folder / f"rows{columns}.npy"
    if not path.exists():
        np.save(path, draw(min(SCORED_ROWS, 4_000_000 // columns), columns, SEED + 1))
    return np.load(path)


def train_xgboost(path, values, trees, depth, scored):
    import xgboost

    parameters = {"tree_method": "hist", "max_depth": depth, "eta": RATE, "objective": "reg:squarederror", "nthread": 2}
    booster = xgboost.train(parameters, xgboost.DMatrix(values, labels(values)), trees)
    booster.save_model(path)
    return booster.predict(xgboost.DMatrix(scored), output_margin=True)


def train_lightgbm(path, values, trees, scored):
    import lightgbm

    parameters = {"objective": "regression", "num_leaves": LEAVES, "learning_rate": RATE, "num_threads": 2, "seed": SEED,
                  "verbosity": -1, "deterministic": True}
    booster = lightgbm.train(parameters, lightgbm.Dataset(values, labels(values)), trees)
    booster.save_model(path)
    return booster.predict(scored.astype(np.float64), raw_score=True)


def make(folder, name):
    framework, trees, depth, columns = parse(name)
    path, scored = model_path(folder, name), scored_rows(folder, columns)
    if (folder / f"{name}.margins.npy").exists():
        return
    values = training_rows(columns, trees)
    begin = time.monotonic()
    if framework == "xgboost":
        margins = train_xgboost(path, values, trees, depth, scored)
    else:
        margins = train_lightgbm(path, values, trees, scored)
    np.save(folder / f"{name}.margins.npy", margins)
    print(f"{name}: trained on {len(values):,} rows in {time.monotonic() - begin:.0f} s", file=sys.stderr)


if __name__ == "__main__":
    if len(sys.argv) < 3:
        sys.exit(__doc__)
    for each in sys.argv[2:]:
        make(pathlib.Path(sys.argv[1]), each)
