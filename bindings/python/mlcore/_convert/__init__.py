# SPDX-License-Identifier: Apache-2.0
"""from_sklearn, from_catboost, from_onnx: models as the neutral model JSON, through the library's importer.

What is read, what is refused and which bits are equal: docs/models.md. A converter is imported by the first
call: some need numpy, which importing the package does not load.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from .._artifact import Artifact, imported
from .._error import refusal

Categories = Mapping[int | str, Sequence[Any]]


def from_sklearn(
    estimator: Any, *, features: Sequence[str] | None = None, definition: str | None = None
) -> Artifact:
    """The artifact of a fitted estimator of scikit-learn's.

    `features` names the model's features where the estimator does not know their names. `definition` is
    the text of a feature definition whose outputs are the model's features.

    Raises Error: UNIMPLEMENTED/unsupported_model, INVALID_ARGUMENT/feature_count, …
    """
    from . import sklearn

    return imported("json", sklearn.document(estimator).named(features).text().encode(), definition)


def from_catboost(
    model: Any, *, categories: Categories | None = None, features: Sequence[str] | None = None,
    definition: str | None = None,
) -> Artifact:
    """The artifact of a CatBoost model of numbers and one-hot categories.

    `categories` has, by a feature's position or name, the labels that the numbers 0, 1, … of the rows stand
    for; without it a category's label is the number itself. `features` and `definition` are as for
    from_sklearn.

    Raises Error: UNIMPLEMENTED/unsupported_model, INVALID_ARGUMENT/feature_count, feature_names or
    type_mismatch of categories=, …
    """
    from . import catboost

    return imported("json", catboost.document(model, categories).named(features).text().encode(), definition)


def from_onnx(
    model: Any, *, features: Sequence[str] | None = None, definition: str | None = None
) -> Artifact:
    """The artifact of an ONNX model, its bytes or its path, with one tree ensemble of ONNX-ML.

    `features` and `definition` are as for from_sklearn.

    Raises Error: UNIMPLEMENTED/unsupported_model, INVALID_ARGUMENT/feature_count, …
    """
    from . import onnx

    return imported("json", onnx.document(model, features).text().encode(), definition)


def to_model_json(
    model: Any, *, categories: Categories | None = None, features: Sequence[str] | None = None
) -> str:
    """The model JSON that from_sklearn, from_catboost or from_onnx imports, for `mlcore import --from json`.

    `model` is what they take, of ONNX a ModelProto. Raises Error as they do, and INVALID_ARGUMENT/type_mismatch
    for categories= of a model that is not CatBoost's.
    """
    from . import catboost, onnx, sklearn

    packages = {kind.__module__.partition(".")[0] for kind in type(model).__mro__}
    if "catboost" in packages:
        return catboost.document(model, categories).named(features).text()
    if categories is not None:
        raise refusal("INVALID_ARGUMENT", "type_mismatch", "categories= is for models of CatBoost, "
                      f"found {type(model).__name__}")
    if "onnx" in packages:
        return onnx.document(model, features).text()
    return sklearn.document(model).named(features).text()
