# SPDX-License-Identifier: Apache-2.0
"""Estimators that the installed scikit-learn fits here, against their artifacts.

    python test_sklearn.py prints the row of docs/models.md for its version.
"""
import importlib
import json
import math
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import converted
import mlcore
import numpy as np
import pytest
import sklearn
from sklearn import ensemble, tree
from sklearn.linear_model import Ridge
from sklearn.pipeline import make_pipeline

RELEASE = tuple(int(part) for part in sklearn.__version__.split(".")[:2])
# GradientBoostingClassifier of 1.3 takes its softmax as exp(x - logsumexp(x)).
NEAR = 4 if RELEASE >= (1, 4) else 16


def proba(estimator: Any, rows: Any) -> Any:
    return estimator.predict_proba(rows)


def predict(estimator: Any, rows: Any) -> Any:
    return estimator.predict(rows)


def decision(estimator: Any, rows: Any) -> Any:
    return estimator.decision_function(rows)


def second(estimator: Any, rows: Any) -> Any:
    """The probability of the second of two classes, of all where there are more."""
    shares = estimator.predict_proba(rows)
    return shares[:, 1] if shares.shape[1] == 2 else shares


def logarithm_of(estimator: Any, rows: Any) -> Any:
    """What the exponential of a Poisson model is taken of."""
    return estimator._raw_predict(rows)


def depths(estimator: Any, rows: Any) -> Any:
    """The nodes on a row's paths, and what the leaves' samples add: scikit-learn 1.2's own words."""
    from sklearn.ensemble._iforest import _average_path_length

    total = np.zeros(len(rows))
    for member, features in zip(estimator.estimators_, estimator.estimators_features_):
        subset = rows[:, features].astype(np.float32)
        leaves = _average_path_length(member.tree_.n_node_samples[member.apply(subset)])
        total += np.ravel(member.decision_path(subset).sum(axis=1)) + leaves - 1.0
    return total


def scores(estimator: Any, rows: Any) -> Any:
    return estimator.score_samples(rows)


@dataclass
class Case:
    name: str
    make: Callable[..., Any]
    kind: str
    margin: Callable[[Any, Any], Any]
    prediction: Callable[[Any, Any], Any]
    options: dict[str, Any] = field(default_factory=dict)
    missing: bool = False
    infinite: bool = False
    since: tuple[int, int] = (1, 3)


def forest(make: Any, kind: str, *, name: str = "", **options: Any) -> Case:
    missing = options.pop("missing", False)
    since = options.pop("since", (1, 3))
    output = predict if make.__name__.endswith("Regressor") else proba
    return Case(f"{make.__name__} {kind} {name}", make, kind, output, output, {"random_state": 7, **options}, missing,
                since=since)


def boosted(kind: str, **options: Any) -> Case:
    is_regression = kind == "real" or "loss" in options and options["loss"] != "exponential"
    make = ensemble.GradientBoostingRegressor if is_regression else ensemble.GradientBoostingClassifier
    name = " ".join(str(option) for option in options.values())
    return Case(f"{make.__name__} {kind} {name}", make, kind, predict if is_regression else decision,
                predict if is_regression else second, {"n_estimators": 15, "random_state": 7, **options})


def histogram(kind: str, **options: Any) -> Case:
    label = kind.split()[-1]
    is_regression = label not in ("binary", "classes")
    make = ensemble.HistGradientBoostingRegressor if is_regression else ensemble.HistGradientBoostingClassifier
    margin = decision if not is_regression else logarithm_of if label in ("count", "positive") else predict
    if "categories" in kind:
        options["categorical_features"] = [3, 4]
    name = " ".join(str(option) for option in options.values())
    return Case(f"{make.__name__} {kind} {name}", make, kind, margin, predict if is_regression else second,
                {"max_iter": 12, "min_samples_leaf": 5, "random_state": 7, **options}, missing=True, infinite=True)


def isolation(**options: Any) -> Case:
    return Case(f"IsolationForest {options}", ensemble.IsolationForest, "real", depths, scores,
                {"n_estimators": 20, "random_state": 7, **options})


CASES = [
    forest(tree.DecisionTreeClassifier, "binary"),
    forest(tree.DecisionTreeClassifier, "classes", max_depth=4, missing=True),
    forest(tree.DecisionTreeClassifier, "constant", name="of a lone leaf", max_depth=1),
    forest(tree.DecisionTreeRegressor, "real", missing=True),
    forest(tree.DecisionTreeRegressor, "targets"),
    forest(tree.DecisionTreeRegressor, "constant", name="of a lone leaf"),
    forest(tree.ExtraTreeClassifier, "classes"),
    forest(tree.ExtraTreeRegressor, "real"),
    forest(ensemble.RandomForestClassifier, "binary", n_estimators=1),
    forest(ensemble.RandomForestClassifier, "binary", n_estimators=17, class_weight="balanced"),
    forest(ensemble.RandomForestClassifier, "classes", n_estimators=17, missing=True, since=(1, 4)),
    forest(ensemble.RandomForestRegressor, "real", n_estimators=17),
    forest(ensemble.RandomForestRegressor, "real", name="missing", n_estimators=9, missing=True, since=(1, 4)),
    forest(ensemble.RandomForestRegressor, "targets", n_estimators=9, max_leaf_nodes=12),
    forest(ensemble.ExtraTreesClassifier, "classes", n_estimators=13, bootstrap=True),
    forest(ensemble.ExtraTreesRegressor, "real", n_estimators=13, criterion="absolute_error"),
    boosted("binary"),
    boosted("binary", loss="exponential"),
    boosted("binary", init="zero", subsample=0.5),
    boosted("classes", max_depth=4, learning_rate=0.3),
    boosted("real", learning_rate=0.07),
    boosted("real", init="zero"),
    boosted("real", loss="huber"),
    boosted("real", loss="absolute_error"),
    boosted("real", loss="quantile", alpha=0.3),
    histogram("real"),
    histogram("real", loss="absolute_error"),
    histogram("real", loss="quantile", quantile=0.3),
    histogram("count", loss="poisson"),
    histogram("positive", loss="gamma"),
    histogram("binary", l2_regularization=0.5),
    histogram("classes", max_leaf_nodes=5),
    histogram("binary", early_stopping=True, max_iter=60),
    histogram("categories real"),
    histogram("categories binary"),
    histogram("categories classes"),
    isolation(),
    isolation(max_features=3, max_samples=0.3, bootstrap=True),
]
CASES = [case for case in CASES if RELEASE >= case.since]


def fitted(case: Case, number: int) -> Any:
    rows, labels = converted.sample(number, case.kind, case.missing)
    if case.name.startswith("DecisionTreeClassifier constant"):
        labels = labels.astype(int)
    return case.make(**case.options).fit(rows) if "Isolation" in case.name else case.make(**case.options).fit(rows, labels)


def tried(case: Case, number: int) -> converted.Tried:
    estimator = fitted(case, number)
    rows = converted.probe(mlcore.to_model_json(estimator), 1000 + number, case.kind, case.missing, case.infinite)
    return converted.compare(mlcore.from_sklearn(estimator), rows, case.margin(estimator, rows),
                             case.prediction(estimator, rows))


@pytest.mark.parametrize("number", range(len(CASES)), ids=lambda number: CASES[number].name)
def test_an_estimator_has_its_margins(number: int) -> None:
    result = tried(CASES[number], number)
    assert result.rows == converted.COUNT and result.margins >= result.rows
    assert result.differing == 0
    assert result.ulps <= NEAR


@pytest.mark.parametrize("number", [number for number, case in enumerate(CASES) if "Classifier" in case.name],
                         ids=lambda number: CASES[number].name)
def test_a_class_is_the_one_that_predict_gives(number: int) -> None:
    case = CASES[number]
    estimator = fitted(case, number)
    rows = converted.probe(mlcore.to_model_json(estimator), 1000 + number, case.kind, case.missing, infinite=False)
    given = converted.labels_of(mlcore.from_sklearn(estimator), rows)
    assert given == [str(label) for label in estimator.predict(rows)]


@pytest.mark.parametrize("make", [
    lambda: ensemble.GradientBoostingClassifier(init="zero"),
    lambda: ensemble.GradientBoostingClassifier(loss="exponential", init="zero"),
    lambda: ensemble.HistGradientBoostingClassifier(),
    lambda: ensemble.RandomForestClassifier(2, bootstrap=False),
    lambda: tree.DecisionTreeClassifier(),
], ids=["boosting", "exponential", "histogram", "forest", "tree"])
@pytest.mark.parametrize("labels", [["no", "yes"], ["a", "b", "c"]], ids=["two", "three"])
def test_a_tie_has_the_class_that_predict_gives_it(make: Callable[[], Any], labels: list[str]) -> None:
    estimator = make()
    if len(labels) == 3 and getattr(estimator, "loss", "") == "exponential":
        pytest.skip("of two classes only")
    rows = np.zeros((60, 2))
    estimator.fit(rows, labels * (60 // len(labels)))
    artifact = mlcore.from_sklearn(estimator)
    margins = artifact.open().margins(rows[:1])
    assert (margins == margins[0, 0]).all() and (margins.size > 1 or margins[0, 0] == 0)
    assert converted.labels_of(artifact, rows) == list(estimator.predict(rows))


@pytest.mark.filterwarnings("ignore:invalid value")
@pytest.mark.parametrize("missing", [False, True])
@pytest.mark.parametrize("fitted_with", ["-inf", "inf", "both"])
def test_columns_that_were_fitted_with_infinities(fitted_with: str, missing: bool) -> None:
    random = np.random.RandomState(11)
    rows, labels = converted.sample(11, "real", missing)
    labels = labels + 4 * np.isnan(rows[:, 3])
    for infinite in {"-inf": [-np.inf], "inf": [np.inf], "both": [-np.inf, np.inf]}[fitted_with]:
        hit = random.uniform(size=rows.shape) < 0.15
        rows[hit] = infinite
        labels = labels + np.sign(infinite) * 3 * hit[:, 0] - 5 * hit[:, 3]
    options = {"max_iter": 20, "max_bins": 32, "min_samples_leaf": 5}
    estimator = ensemble.HistGradientBoostingRegressor(**options).fit(rows, labels)
    asked = converted.probe(mlcore.to_model_json(estimator), 12, "real", missing=True, infinite=True)
    given = np.concatenate([rows, asked])
    result = converted.compare(mlcore.from_sklearn(estimator), given, predict(estimator, given), predict(estimator, given))
    assert (result.differing, result.ulps) == (0, 0)


@pytest.mark.filterwarnings("ignore:invalid value")
@pytest.mark.parametrize("missing_left", [False, True])
def test_a_threshold_that_is_nan_sends_all_but_the_missing_right(missing_left: bool) -> None:
    random = np.random.RandomState(0)  # scikit-learn 1.9.1 makes the threshold between 0 and inf NaN here
    column = random.normal(size=600)
    column[random.uniform(size=600) < 0.1] = np.inf
    column[:60] = np.nan
    estimator = ensemble.HistGradientBoostingRegressor(max_iter=2).fit(column[:, None], -3.0 * np.isposinf(column))
    root = estimator._predictors[0][0].nodes[:1]
    if not math.isnan(root["num_threshold"][0]):
        pytest.skip("this scikit-learn has made a number of it")
    root["missing_go_to_left"] = missing_left
    asked = np.array([[-np.inf], [-1e308], [0.0], [1e308], [np.inf], [np.nan]])
    margins = mlcore.from_sklearn(estimator).open().margins(asked)
    assert margins[:, 0].tolist() == estimator.predict(asked).tolist()


def test_a_baseline_of_minus_zero_is_added_to_zero() -> None:
    rows, _ = converted.sample(13, "real")
    labels = np.r_[np.full(len(rows) - 1, -0.0), 1.0]
    estimator = ensemble.HistGradientBoostingRegressor(max_iter=2, loss="quantile", quantile=0.5).fit(rows, labels)
    expected = estimator.predict(rows)
    assert np.signbit(mlcore.from_sklearn(estimator).open().margins(rows)[:, 0]).tolist() == np.signbit(expected).tolist()


def test_names_and_classes_are_kept() -> None:
    pandas = pytest.importorskip("pandas")
    rows, labels = converted.sample(1, "binary")
    frame = pandas.DataFrame(rows, columns=["age", "steps", "income", "d", "e"])
    estimator = ensemble.RandomForestClassifier(3, random_state=1).fit(frame, np.array(["no", "yes"])[labels])
    document = json.loads(mlcore.to_model_json(estimator))
    assert (document["features"], document["classes"]) == (list(frame.columns), ["no", "yes"])
    model = mlcore.from_sklearn(estimator).open()
    assert [field.name for field in model.features.request.fields] == list(frame.columns)
    assert model.context().predict_rows(frame).tolist() == estimator.predict_proba(frame).tolist()
    named = mlcore.from_sklearn(estimator, features=list("abcde")).open()
    assert [field.name for field in named.features.request.fields] == list("abcde")
    with pytest.raises(mlcore.Error) as caught:
        mlcore.from_sklearn(estimator, features=["a"])
    assert caught.value.reason_name == "feature_count"


def test_a_definition_gives_the_features() -> None:
    rows, labels = converted.sample(2, "real")
    estimator = tree.DecisionTreeRegressor(max_depth=3).fit(rows[:, :2], labels)
    text = "features f version 1\ninput a: f64\nb = a + 1\noutput [a, b]\n"
    model = mlcore.from_sklearn(estimator, definition=text).open()
    column = rows[:, 0]
    expected = estimator.predict(np.stack([column, column + 1], 1))
    assert model.context().predict_rows({"a": column})[:, 0].tolist() == expected.tolist()


def test_string_categories_are_their_places_among_the_sorted() -> None:
    pandas = pytest.importorskip("pandas")
    if RELEASE < (1, 4):
        pytest.skip("scikit-learn takes strings as categories since 1.4")
    rows, labels = converted.sample(3, "categories real")
    names = np.array(["wood", "iron", "glass", "clay"])
    frame = pandas.DataFrame({"x": rows[:, 0], "made_of": pandas.Categorical(names[rows[:, 4].astype(int)])})
    estimator = ensemble.HistGradientBoostingRegressor(max_iter=5, categorical_features=["made_of"]).fit(frame, labels)
    places = np.searchsorted(np.sort(names), frame["made_of"])
    given = np.stack([rows[:, 0], places], 1)
    margins = mlcore.from_sklearn(estimator).open().margins(given)
    assert margins[:, 0].tolist() == estimator.predict(frame).tolist()


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda x, y: ensemble.AdaBoostRegressor().fit(x, y), "scikit-learn AdaBoostRegressor is not read"),
        (lambda x, y: make_pipeline(tree.DecisionTreeRegressor()).fit(x, y), "convert its last step"),
        (lambda x, y: tree.DecisionTreeRegressor(), "it is not fitted"),
        (lambda x, y: ensemble.GradientBoostingRegressor(init=Ridge(), n_estimators=2).fit(x, y), "init=Ridge"),
        (lambda x, y: tree.DecisionTreeClassifier().fit(x, np.stack([y > 0, y > 1], 1)), "several targets of classes"),
        (lambda x, y: ensemble.IsolationForest(max_samples=1).fit(x), "one sample"),
    ],
)
def test_what_is_not_read_is_refused_by_name(make: Callable[[Any, Any], Any], message: str) -> None:
    with pytest.raises(mlcore.Error) as caught:
        mlcore.from_sklearn(make(*converted.sample(4, "real")))
    assert caught.value.reason_name == "unsupported_model"
    assert message in caught.value.message


@pytest.mark.parametrize(("given", "message"), [
    ({"a": 1}, "found dict"), (None, "found NoneType"), ("model.pkl", "found str; no pickle is read, load it first")])
def test_what_is_no_estimator_is_told_what_would_be(given: Any, message: str) -> None:
    with pytest.raises(TypeError, match=f"expected a fitted estimator of scikit-learn, {message}"):
        mlcore.from_sklearn(given)


def test_an_estimator_of_xgboost_is_sent_to_its_own_call() -> None:
    xgboost = pytest.importorskip("xgboost")
    with pytest.raises(TypeError, match="mlcore.from_xgboost takes it"):
        mlcore.from_sklearn(xgboost.XGBClassifier())


class Failed(Exception):
    pass


def interrupted(estimator: Any, owner: Any, method: str, after: int, monkeypatch: pytest.MonkeyPatch) -> Any:
    """The estimator as a fit leaves it that fails in a method's call."""
    calls: list[int] = []
    own = getattr(owner, method)

    def failing(*arguments: Any, **options: Any) -> Any:
        calls.append(1)
        if len(calls) > after:
            raise Failed
        return own(*arguments, **options)

    with monkeypatch.context() as patch:
        patch.setattr(owner, method, failing)
        with pytest.raises(Failed):
            estimator.fit(*converted.sample(6, "binary"))
    assert hasattr(estimator, "n_features_in_")
    return estimator


@pytest.mark.parametrize("make", ["DecisionTreeRegressor", "RandomForestClassifier", "GradientBoostingClassifier",
                                  "HistGradientBoostingClassifier", "IsolationForest", "LogisticRegression", "Ridge",
                                  "MLPClassifier", "CalibratedClassifierCV"])
def test_an_estimator_that_only_counted_its_features_is_not_fitted(make: str) -> None:
    from sklearn import calibration, linear_model, neural_network

    modules = (tree, ensemble, linear_model, neural_network, calibration)
    estimator = next(getattr(module, make) for module in modules if hasattr(module, make))()
    estimator.n_features_in_ = 5
    with pytest.raises(mlcore.Error, match=f"scikit-learn {make}: it is not fitted, it has no ") as caught:
        mlcore.from_sklearn(estimator)
    assert caught.value.reason_name == "unsupported_model"


def test_an_estimator_whose_fit_failed_is_not_fitted(monkeypatch: pytest.MonkeyPatch) -> None:
    stages = ensemble.GradientBoostingRegressor(n_estimators=4)
    rounds = ensemble.HistGradientBoostingRegressor(max_iter=4)
    grow = "_fit" if RELEASE >= (1, 4) else "fit"  # what a forest calls
    grower = importlib.import_module("sklearn.ensemble._hist_gradient_boosting.gradient_boosting").TreeGrower
    for estimator in (
        interrupted(stages, tree.DecisionTreeRegressor, "fit", 2, monkeypatch),
        interrupted(rounds, grower, "grow", 0, monkeypatch),
        interrupted(ensemble.RandomForestRegressor(4), tree.DecisionTreeRegressor, grow, 1, monkeypatch),
    ):
        with pytest.raises(mlcore.Error, match="it is not fitted") as caught:
            mlcore.from_sklearn(estimator)
        assert caught.value.reason_name == "unsupported_model"


def test_features_are_a_list_of_names() -> None:
    estimator = tree.DecisionTreeRegressor().fit(*converted.sample(7, "real"))
    for features in ("abcde", b"abcde"):
        for convert in (mlcore.from_sklearn, mlcore.to_model_json):
            with pytest.raises(mlcore.Error, match="features= is a list of names, found ") as caught:
                convert(estimator, features=features)
            assert caught.value.reason_name == "type_mismatch"


def test_a_number_that_is_not_finite_is_refused() -> None:
    estimator = ensemble.GradientBoostingRegressor(n_estimators=2).fit(*converted.sample(5, "real"))
    estimator.learning_rate = math.inf
    with pytest.raises(mlcore.Error) as caught:
        mlcore.from_sklearn(estimator)
    assert caught.value.reason_name == "malformed_model"


if __name__ == "__main__":
    print(converted.table_row(sklearn.__version__, [tried(case, number) for number, case in enumerate(CASES)]))
