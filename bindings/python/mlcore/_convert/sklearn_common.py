# SPDX-License-Identifier: Apache-2.0
"""What a document of any scikit-learn estimator says of it."""

import importlib
from collections.abc import Iterable
from typing import Any

from .document import Document, unsupported


def release() -> tuple[int, int]:
    """(1, 9) of scikit-learn 1.9.1."""
    major, minor = importlib.import_module("sklearn").__version__.split(".")[:2]
    return int(major), int(minor)


def require_members(estimator: Any, members: Iterable[Any]) -> None:
    """Raises Error for an ensemble whose fit failed before all its members were there."""
    found = list(members)
    if not found or any(member is None for member in found):
        raise unsupported(f"scikit-learn {type(estimator).__name__}: it is not fitted, its fit did not end")


def describe(
    estimator: Any, outputs: int, body: dict[str, Any], link: dict[str, Any] | None = None,
    task: str | None = None, bound: str | None = None, decision: str | None = None,
) -> Document:
    names = getattr(estimator, "feature_names_in_", None)
    classes = getattr(estimator, "classes_", None)
    return Document(
        "scikit-learn",
        importlib.import_module("sklearn").__version__,
        type(estimator).__name__,
        task or ("regression" if classes is None else "classification"),
        outputs,
        int(estimator.n_features_in_),
        body,
        features=None if names is None else [str(name) for name in names],
        classes=None if classes is None else [str(label) for label in classes],
        decision=decision,
        link=link or {"kind": "identity"},
        bound=bound,
    )
