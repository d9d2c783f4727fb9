#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Makes the files beside it: a model that XGBoost trained and saved, and rows to score. Needs xgboost, numpy.

    python examples/imported/train.py
"""
import csv
import pathlib

import numpy as np
import xgboost

FOLDER = pathlib.Path(__file__).parent
NAMES = ["unit price", "orders", "days since order"]


def sample(seed, rows):
    """Numbers with a few missing, and whether the customer came back."""
    generator = np.random.default_rng(seed)
    values = np.stack([generator.gamma(2, 15, rows).round(2), generator.poisson(3, rows),
                       generator.integers(0, 400, rows)], axis=1).astype(float)
    came_back = generator.random(rows) < 1 / (1 + np.exp(values[:, 2] / 60 - values[:, 1]))
    values[generator.random(values.shape) < 0.05] = np.nan
    return values, came_back


def write(name, values):
    with open(FOLDER / name, "w", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(NAMES)
        writer.writerows([["" if value != value else f"{value:g}" for value in row] for row in values])


values, came_back = sample(7, 2000)
data = xgboost.DMatrix(values, came_back, feature_names=NAMES)
xgboost.train({"objective": "binary:logistic", "max_depth": 3, "eta": 0.3, "seed": 7, "nthread": 1}, data, 8).save_model(
    FOLDER / "model.json")
write("training.csv", values[:1000])
write("today.csv", sample(8, 5)[0])
