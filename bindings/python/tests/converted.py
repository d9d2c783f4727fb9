# SPDX-License-Identifier: Apache-2.0
"""How the tests of converters compare a model with its framework: rows, bits, distances."""
import json
from dataclasses import dataclass
from typing import Any

import mlcore
import numpy as np

COUNT = 120


@dataclass
class Tried:
    """What a model's rows came to. `ulps` is the largest distance of a prediction, in its own type."""

    rows: int
    margins: int
    differing: int
    ulps: int


def sample(seed: int, kind: str, missing: bool = False) -> tuple[Any, Any]:
    """Rows of five features, the last two categories where `kind` says so, and labels."""
    random = np.random.RandomState(seed)
    rows = random.uniform(-2, 2, (240, 5))
    rows[:, 1] = np.floor(rows[:, 1] * 3)
    rows[:, 2] = rows[:, 2] ** 3 * 1e4
    score = np.sin(rows[:, 0] * 2) + 0.4 * rows[:, 1] + 1e-4 * rows[:, 2] + random.normal(0, 0.3, len(rows))
    if "categories" in kind:
        rows[:, 3] = random.randint(0, 9, len(rows)) * 2
        rows[:, 4] = random.randint(0, 4, len(rows))
        score += np.cos(rows[:, 3] * 5) + (rows[:, 4] == 2)
    if missing:
        width = 3 if "categories" in kind else 5
        rows[:, :width][random.uniform(size=(len(rows), width)) < 0.08] = np.nan
    labels = {"binary": (score > 0).astype(int), "classes": (np.floor(np.abs(score) * 2) % 3).astype(int),
              "positive": np.exp(score * 0.5), "count": random.poisson(np.exp(score * 0.3)).astype(float),
              "targets": np.stack([score, score**2], 1), "constant": np.full(len(rows), 0.1)}
    return rows, labels.get(kind.split()[-1], score)


def thresholds(document: dict[str, Any]) -> list[list[float]]:
    """Of each feature, the finite ones."""
    count = document.get("feature_count") or len(document["features"])
    found: list[set[float]] = [set() for _ in range(count)]
    for tree in document["trees"]["trees"]:
        is_set = tree.get("set", [-1] * len(tree["left"]))
        for left, feature, value, number in zip(tree["left"], tree["feature"], tree["threshold"], is_set):
            if left != -1 and number == -1 and not isinstance(value, str):
                found[feature].add(value)
    return [sorted(values) for values in found]


def probe(text: str, seed: int, kind: str, missing: bool, infinite: bool) -> Any:
    """Rows with the model's own thresholds and one ulp of its input's type beside them, with what is
    extreme and, where the framework takes it, missing or infinite."""
    random = np.random.RandomState(seed)
    document = json.loads(text)
    narrow = document["trees"]["input"] == "float32"
    number = np.float32 if narrow else np.float64
    largest = float(np.finfo(number).max)
    extremes = [0.0, -0.0, 5e-324, -5e-324, 1e-45, -1e-45, 1e-310, 1e-39, largest, -largest]
    if infinite:
        extremes += [np.inf, -np.inf]
    known = thresholds(document)
    rows = random.uniform(-2, 2, (COUNT, len(known)))
    for row in rows:
        for column, values in enumerate(known):
            choice = random.randint(8)
            if "categories" in kind and column >= 3:
                row[column] = random.randint(-1, 20)
            elif choice == 1:
                row[column] = extremes[random.randint(len(extremes))]
            elif choice >= 3 and values:
                value = number(values[random.randint(len(values))])
                towards = {3: number(largest), 4: number(-largest)}.get(choice, value)
                row[column] = np.nextafter(value, towards)
            if choice == 0 and missing and not ("categories" in kind and column >= 3):
                row[column] = np.nan
    if narrow:  # half of a float32's ulp beside a threshold: a double that is rounded first
        rows[::5] *= 1 + 2.0**-25
        rows = np.clip(rows, -largest, largest) if not infinite else rows
    return rows


def distance(given: Any, expected: Any, number: Any = np.float64) -> int:
    """The most numbers between two arrays, element by element."""
    whole = np.dtype(f"i{np.dtype(number).itemsize}")

    def order(values: Any) -> Any:
        words = np.ascontiguousarray(values, number).view(whole).astype(np.int64)
        return np.where(words < 0, np.int64(np.iinfo(whole).min) - words, words)

    return int(np.abs(order(given) - order(expected)).max(initial=0))


def compare(artifact: mlcore.Artifact, rows: Any, margins: Any, predictions: Any) -> Tried:
    """Margins by their bits; predictions of the rows without an infinity, which a definition makes a
    missing value."""
    model = artifact.open()
    given = model.margins(rows)
    expected = np.asarray(margins, np.float64).reshape(given.shape)
    differing = int((given.view(np.int64) != expected.view(np.int64)).sum())
    finite = ~np.isinf(rows).any(axis=1)
    made = model.context("prediction").predict_batch(rows[finite])
    wanted = np.asarray(predictions, np.float64).reshape(given.shape)[finite]
    return Tried(len(rows), given.size, differing, distance(made, wanted))


def labels_of(artifact: mlcore.Artifact, rows: Any) -> list[str]:
    """The names of the classes of rows; one row and a batch agree."""
    model = artifact.open()
    classes = model.classes
    context = model.context("class")
    indices = context.predict_batch(rows)[:, 0]
    assert [context.predict_numeric(row)[0] for row in rows[:5]] == list(indices[:5])
    return [classes[int(index)] for index in indices]


def table_row(framework: str, tried: list[Tried]) -> str:
    """A line of the tables in docs/models.md."""
    rows, margins, differing = (sum(getattr(item, name) for item in tried) for name in ("rows", "margins", "differing"))
    return (f"| {framework} | {len(tried)} | {rows:,} | {margins:,} | {differing} | "
            f"{max(item.ulps for item in tried)} ulp |")
