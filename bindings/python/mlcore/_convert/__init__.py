# SPDX-License-Identifier: Apache-2.0
"""from_sklearn: estimators as the neutral model JSON, through the library's importer.

What is read, what is refused and which bits are equal: docs/models.md. A converter is imported by the first
call: it needs numpy, which importing the package does not load.
"""

from collections.abc import Sequence
from typing import Any

from .._artifact import Artifact, imported


def from_sklearn(
    estimator: Any, *, features: Sequence[str] | None = None, definition: str | None = None
) -> Artifact:
    """The artifact of a fitted estimator of scikit-learn's.

    `features` names the model's features where the estimator does not know their names. `definition` is
    the text of a feature definition whose outputs are the model's features.

    Raises Error: UNIMPLEMENTED/unsupported_model, INVALID_ARGUMENT/feature_count, …
    """
    return imported("json", to_model_json(estimator, features=features).encode(), definition)


def to_model_json(model: Any, *, features: Sequence[str] | None = None) -> str:
    """The model JSON that from_sklearn imports, for `mlcore import --from json`."""
    from . import sklearn

    return sklearn.document(model).named(features).text()
