# SPDX-License-Identifier: Apache-2.0
"""from_sklearn: fitted estimators of scikit-learn 1.3 and newer, chosen by their exact class."""

import os
from collections.abc import Callable
from typing import Any

from . import sklearn_calibrated, sklearn_hist, sklearn_linear, sklearn_trees
from .document import Document, unsupported
from .sklearn_common import release

CONVERTERS: dict[str, Callable[[Any], Document]] = {
    "DecisionTreeClassifier": sklearn_trees.tree,
    "DecisionTreeRegressor": sklearn_trees.tree,
    "ExtraTreeClassifier": sklearn_trees.tree,
    "ExtraTreeRegressor": sklearn_trees.tree,
    "ExtraTreesClassifier": sklearn_trees.forest,
    "ExtraTreesRegressor": sklearn_trees.forest,
    "GradientBoostingClassifier": sklearn_trees.boosting,
    "GradientBoostingRegressor": sklearn_trees.boosting,
    "HistGradientBoostingClassifier": sklearn_hist.boosting,
    "HistGradientBoostingRegressor": sklearn_hist.boosting,
    "IsolationForest": sklearn_trees.isolation,
    "RandomForestClassifier": sklearn_trees.forest,
    "RandomForestRegressor": sklearn_trees.forest,
    "LogisticRegression": sklearn_linear.logistic,
    "LogisticRegressionCV": sklearn_linear.logistic,
    "MLPClassifier": sklearn_linear.perceptron,
    "MLPRegressor": sklearn_linear.perceptron,
    "GammaRegressor": sklearn_linear.exponential,
    "PoissonRegressor": sklearn_linear.exponential,
    **dict.fromkeys(
        ("BayesianRidge", "ElasticNet", "ElasticNetCV", "HuberRegressor", "Lasso", "LassoCV", "LinearRegression",
         "LinearSVR", "Ridge", "RidgeCV", "SGDRegressor"), sklearn_linear.regressor),
    "CalibratedClassifierCV": lambda estimator: sklearn_calibrated.calibrated(estimator, document),
}
ADVICE = {
    "Pipeline": "convert its last step; what stands before it is a feature definition",
    "GridSearchCV": "convert its best_estimator_",
    "RandomizedSearchCV": "convert its best_estimator_",
}

OTHERS = {"xgboost": "from_xgboost", "lightgbm": "from_lightgbm", "catboost": "from_catboost"}


def document(estimator: Any) -> Document:
    """Raises Error, UNIMPLEMENTED/unsupported_model, for an estimator that is not named above."""
    name = type(estimator).__name__
    packages = [kind.__module__.split(".")[0] for kind in type(estimator).__mro__]
    if "sklearn" not in packages:
        advice = "; no pickle is read, load it first" if isinstance(estimator, (str, bytes, os.PathLike)) else ""
        raise TypeError(f"expected a fitted estimator of scikit-learn, found {name}{advice}")
    is_own = packages[0] == "sklearn"
    if packages[0] in OTHERS:
        raise TypeError(f"expected a fitted estimator of scikit-learn, found {name}: mlcore.{OTHERS[packages[0]]} takes it")
    if not is_own or name not in CONVERTERS:
        advice = f"; {ADVICE[name]}" if is_own and name in ADVICE else ""
        raise unsupported(f"scikit-learn {name} is not read{advice}. Read are: {', '.join(sorted(CONVERTERS))}")
    if release() < (1, 3):
        raise unsupported("scikit-learn older than 1.3 is not read")
    if not hasattr(estimator, "n_features_in_"):
        raise unsupported(f"scikit-learn {name}: it is not fitted")
    try:
        return CONVERTERS[name](estimator)
    except AttributeError as error:  # of the estimator, or a part of it: a fit that failed
        owner = type(error.obj).__module__.partition(".")[0]
        if error.obj is not None and owner != "sklearn":
            raise
        raise unsupported(f"scikit-learn {name}: it is not fitted, it has no {error.name}") from error
