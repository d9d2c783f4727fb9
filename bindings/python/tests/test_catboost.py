# SPDX-License-Identifier: Apache-2.0
"""Models that the installed CatBoost trains here, against their artifacts.

    python test_catboost.py prints the row of docs/models.md for its version.
"""
import json
from dataclasses import dataclass
from typing import Any

import converted
import mlcore
import numpy as np
import pandas as pd
import pytest

catboost = pytest.importorskip("catboost", reason="CatBoost is absent: scripts/setup --all installs it")

COMMON = {"iterations": 12, "depth": 4, "verbose": 0, "allow_writing_files": False, "thread_count": 1, "random_seed": 7}


@dataclass
class Case:
    kind: str
    options: dict[str, Any]
    make: str = "CatBoostRegressor"


def real(kind: str = "real", **options: Any) -> Case:
    return Case(kind, options)


def classes(kind: str, **options: Any) -> Case:
    return Case(kind, options, "CatBoostClassifier")


CASES = [
    real(depth=6),
    real(nan_mode="Max"),
    real(iterations=1, depth=1),
    real("constant", allow_const_label=True, bootstrap_type="No"),
    real(loss_function="MAE"),
    real(loss_function="Quantile:alpha=0.3"),
    real(loss_function="Expectile:alpha=0.3"),
    real(loss_function="Huber:delta=1"),
    real(loss_function="Lq:q=3"),
    real(loss_function="LogCosh"),
    real("positive", loss_function="MAPE"),
    real("positive", loss_function="LogLinQuantile"),
    real("count", loss_function="Poisson"),
    real("count", loss_function="Tweedie:variance_power=1.5"),
    real(loss_function="MultiQuantile:alpha=0.2,0.8"),
    real("targets", loss_function="MultiRMSE"),
    real(grow_policy="Lossguide", depth=8),
    real(grow_policy="Depthwise"),
    real("categories real", one_hot_max_size=20, depth=6),
    real("categories real", one_hot_max_size=20, grow_policy="Lossguide"),
    classes("binary"),
    classes("binary", loss_function="CrossEntropy"),
    classes("classes"),
    classes("classes", loss_function="MultiClassOneVsAll"),
    classes("classes", grow_policy="Depthwise"),
    classes("classes", boost_from_average=False, bootstrap_type="Bernoulli", subsample=0.5),
    classes("categories binary", one_hot_max_size=20),
    classes("categories classes", one_hot_max_size=20, grow_policy="Depthwise"),
]


def name_of(case: Case) -> str:
    return f"{case.make} {case.kind} {' '.join(str(option) for option in case.options.values())}"


def table(rows: Any, kind: str) -> Any:
    """As CatBoost takes it: whole numbers where the features are categories."""
    frame = pd.DataFrame(rows, columns=list("abcde"))
    return frame.astype({"d": int, "e": int}) if "categories" in kind else frame


def trained(case: Case, number: int) -> Any:
    rows, labels = converted.sample(number, case.kind, missing=True)
    categories = ["d", "e"] if "categories" in case.kind else []
    model = getattr(catboost, case.make)(**{**COMMON, **case.options})
    return model.fit(table(rows, case.kind), labels, cat_features=categories)


def known(rows: Any) -> Any:
    """CatBoost's tables have no missing category; unknown ones stay."""
    rows[rows[:, 4] < 0, 4] = 0
    return rows


def asked(model: Any, case: Case, rows: Any) -> tuple[Any, Any]:
    """The model's raw values and predictions, of two classes the second's."""
    frame = table(rows, case.kind)
    predictions = model.predict(frame)
    if case.make == "CatBoostClassifier":
        predictions = model.predict_proba(frame)
        predictions = predictions[:, 1] if predictions.shape[1] == 2 else predictions
    return model.predict(frame, prediction_type="RawFormulaVal"), predictions


def tried(case: Case, number: int) -> converted.Tried:
    model = trained(case, number)
    rows = known(converted.probe(mlcore.to_model_json(model), 1000 + number, case.kind, missing=True, infinite=True))
    return converted.compare(mlcore.from_catboost(model), rows, *asked(model, case, rows))


@pytest.mark.parametrize("number", [number for number, case in enumerate(CASES) if "Classifier" in case.make],
                         ids=lambda number: name_of(CASES[number]))
def test_a_class_is_the_one_that_predict_gives(number: int) -> None:
    case = CASES[number]
    model = trained(case, number)
    rows = known(converted.probe(mlcore.to_model_json(model), 1000 + number, case.kind, missing=True, infinite=False))
    given = converted.labels_of(mlcore.from_catboost(model), rows)
    assert given == [str(label) for label in model.predict(table(rows, case.kind)).ravel()]


def test_a_tie_has_the_class_that_predict_gives_it() -> None:
    rows, labels = np.zeros((60, 2)), [0, 1] * 30
    model = catboost.CatBoostClassifier(iterations=2, verbose=False, allow_writing_files=False, allow_const_label=True)
    model.fit(np.arange(120.0).reshape(60, 2) % 4, labels)
    model.set_scale_and_bias(0.0, 0.0)
    given = converted.labels_of(mlcore.from_catboost(model), rows[:2])
    assert given == [str(label) for label in model.predict(rows[:2]).ravel()]


def test_a_class_told_by_another_share_than_a_half_is_refused() -> None:
    model = trained(classes("binary"), 3)
    model.set_probability_threshold(0.7)
    artifact = mlcore.from_catboost(model)
    with pytest.raises(mlcore.Error, match="predicts no class"):
        artifact.open().context("class")


@pytest.mark.parametrize("number", range(len(CASES)), ids=lambda number: name_of(CASES[number]))
def test_a_model_has_its_raw_values(number: int) -> None:
    result = tried(CASES[number], number)
    assert result.rows == converted.COUNT and result.margins >= result.rows
    assert result.differing == 0
    assert result.ulps <= 4


def test_a_ranker_and_a_scaled_model_too() -> None:
    rows, labels = converted.sample(1, "real")
    ranker = catboost.CatBoostRanker(**COMMON).fit(rows, np.clip(labels, 0, 3), group_id=np.arange(len(rows)) // 20)
    scaled = catboost.CatBoost({**COMMON, "loss_function": "RMSE"}).fit(rows, labels)
    scaled.set_scale_and_bias(0.3, 1.7)
    for model in (ranker, scaled):
        margins = mlcore.from_catboost(model).open().margins(rows)
        assert margins[:, 0].tolist() == model.predict(rows).tolist()


def test_names_and_classes_are_kept() -> None:
    rows, labels = converted.sample(2, "binary")
    model = catboost.CatBoostClassifier(**COMMON).fit(table(rows, "binary"), np.array(["no", "yes"])[labels])
    document = json.loads(mlcore.to_model_json(model))
    assert (document["features"], document["classes"]) == (list("abcde"), ["no", "yes"])
    assert document["framework_version"] == catboost.__version__
    assert [field.name for field in mlcore.from_catboost(model).open().features.request.fields] == list("abcde")
    named = mlcore.from_catboost(model, features=list("vwxyz")).open()
    assert [field.name for field in named.features.request.fields] == list("vwxyz")


def labelled() -> tuple[Any, Any, list[str]]:
    """A model of one feature of text, its rows, and the labels' numbers."""
    names = ["wood", "iron", "glass", "Zoë’s clay, fired"]
    rows, labels = converted.sample(3, "categories real")
    frame = pd.DataFrame({"a": rows[:, 0], "made_of": np.array(names)[rows[:, 4].astype(int)]})
    model = catboost.CatBoostRegressor(**COMMON, one_hot_max_size=10).fit(frame, labels, cat_features=["made_of"])
    return model, frame, names


def test_labels_are_the_numbers_that_the_caller_says() -> None:
    model, frame, names = labelled()
    given = np.stack([frame["a"], [names.index(name) for name in frame["made_of"]]], 1)
    for place in ("made_of", 1):
        margins = mlcore.from_catboost(model, categories={place: names}).open().margins(given)
        assert margins[:, 0].tolist() == model.predict(frame).tolist()


def test_each_label_is_hashed_once_a_model(monkeypatch: pytest.MonkeyPatch) -> None:
    random = np.random.RandomState(5)
    frame = pd.DataFrame(random.randint(0, 6, (300, 7)), columns=list("abcdefg"))
    names = ["", "nan", "x y", "é", "5", "None"]
    frame["g"] = np.array(names)[frame["g"]]
    target = np.cos(frame["a"] * 3) + (frame["g"] == "") + 2 * (frame["g"] == "nan") + frame[list("bcdef")].sum(axis=1)
    model = catboost.CatBoostRegressor(**COMMON, one_hot_max_size=10).fit(frame, target, cat_features=list("abcdefg"))
    cells: list[int] = []
    own_pool = catboost.Pool

    def pool(data: Any, **options: Any) -> Any:
        cells.append(np.shape(data)[0] * np.shape(data)[1])
        return own_pool(data, **options)

    monkeypatch.setattr(catboost, "Pool", pool)
    artifact = mlcore.from_catboost(model, categories={"g": names})
    monkeypatch.undo()
    assert 1 << 16 <= sum(cells) <= (1 << 16) + 100
    given = frame.assign(g=[names.index(name) for name in frame["g"]]).to_numpy(float)
    assert artifact.open().margins(given)[:, 0].tolist() == model.predict(frame).tolist()


@pytest.mark.parametrize(
    ("categories", "message"),
    [
        ({"Made_of": ["wood"]}, "'Made_of': the model has no feature of this name"),
        ({"a": ["wood"]}, "'a': the feature is not categorical"),
        ({0: ["wood"]}, "0: the feature is not categorical"),
        ({2: ["wood"]}, "2: the model has 2 features"),
        ({-1: ["wood"]}, "-1: the model has 2 features"),
        ({1.0: ["wood"]}, "1.0: a feature's position or name is expected"),
        ({True: ["wood"]}, "True: a feature's position or name is expected"),
        ({1: "wood"}, "1: a list of labels is expected, found str"),
        ({"made_of": None}, "'made_of': a list of labels is expected, found NoneType"),
        ({"made_of": {"wood": 0}}, "'made_of': a list of labels is expected, found dict"),
        ({"made_of": {"wood"}}, "'made_of': a list of labels is expected, found set"),
        ({"made_of": ["wood", 1.0]}, "'made_of': labels are text or whole numbers, found float"),
        ({"made_of": ["wood", None]}, "'made_of': labels are text or whole numbers, found NoneType"),
        ([], "in a dict; found list"),
    ],
)
def test_categories_that_are_no_labels_of_a_categorical_feature_are_refused(categories: Any, message: str) -> None:
    model, _, names = labelled()
    if isinstance(categories, dict) and set(categories) != {"made_of"} and 1 not in categories:
        categories = {"made_of": names, **categories}  # beside what is right
    for convert in (mlcore.from_catboost, mlcore.to_model_json):
        with pytest.raises(mlcore.Error) as caught:
            convert(model, categories=categories)
        assert caught.value.reason_name in ("type_mismatch", "feature_names")
        assert message in caught.value.message


def test_categories_are_taken_from_arrays_and_not_twice_and_not_of_other_frameworks() -> None:
    model, frame, names = labelled()
    given = np.stack([frame["a"], [names.index(name) for name in frame["made_of"]]], 1)
    for labels in (np.array(names), pd.Series(names), tuple(names)):
        margins = mlcore.from_catboost(model, categories={np.int64(1): labels}).open().margins(given)
        assert margins[:, 0].tolist() == model.predict(frame).tolist()
    with pytest.raises(mlcore.Error, match="'made_of': the feature is given twice"):
        mlcore.from_catboost(model, categories={1: names, "made_of": names})
    with pytest.raises(mlcore.Error, match="categories= is for models of CatBoost, found dict"):
        mlcore.to_model_json({}, categories={})


def test_what_is_not_read_is_refused_by_name() -> None:
    labels, _, names = labelled()
    rows, target = converted.sample(4, "categories classes")
    frame = table(rows, "categories")
    statistics = catboost.CatBoostClassifier(**COMMON, one_hot_max_size=2).fit(frame, target, cat_features=["d", "e"])
    negative = catboost.CatBoostRegressor(**COMMON, one_hot_max_size=20).fit(
        frame.assign(e=frame["e"] - 2), target, cat_features=["e"])
    several = {**COMMON, "loss_function": "MultiClass"}
    unseen = catboost.CatBoostClassifier(**several, class_names=[0, 1, 2, 3]).fit(rows, target)
    uncounted = catboost.CatBoostClassifier(**several, classes_count=5).fit(rows, target)
    uncertain = catboost.CatBoostRegressor(**COMMON, loss_function="RMSEWithUncertainty").fit(rows, target)
    refusals = [
        (statistics, {}, "statistics of categories (CTR) are not read"),
        (statistics, {}, "d, e"),
        (labels, {}, "categories are no whole numbers"),
        (negative, {}, "categories are no whole numbers from 0 to 65,535: give categories="),
        (labels, {"made_of": names[:1]}, "are not among categories="),
        (unseen, {}, "4 classes, of which the training data had 3"),
        (uncounted, {}, "5 classes, of which the training data had 3"),
        (uncertain, {}, "loss_function RMSEWithUncertainty is not read"),
        (catboost.CatBoostRegressor(), {}, "not"),
    ]
    for model, categories, message in refusals:
        with pytest.raises(mlcore.Error) as caught:
            mlcore.from_catboost(model, categories=categories)
        assert caught.value.reason_name == "unsupported_model"
        assert message in caught.value.message
    with pytest.raises(TypeError, match="found dict"):
        mlcore.from_catboost({})


if __name__ == "__main__":
    print(converted.table_row(catboost.__version__, [tried(case, number) for number, case in enumerate(CASES)]))
