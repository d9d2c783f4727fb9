# SPDX-License-Identifier: Apache-2.0
"""CalibratedClassifierCV: the document of its classifier, with a calibration.

Source: scikit-learn 1.3.2 and 1.9.1, calibration.py, isotonic.py.
"""

from collections.abc import Callable
from typing import Any

from .document import Document, unsupported


def classifier_of(calibrated: Any) -> Any:
    inner = calibrated.estimator
    while type(inner).__name__ == "FrozenEstimator":
        inner = inner.estimator
    return inner


def curve(calibrator: Any) -> tuple[list[float], list[float]]:
    """The points of an isotonic regression, each x once: of equal ones scikit-learn keeps the ends."""
    return calibrator.X_thresholds_.astype(float).tolist(), calibrator.y_thresholds_.astype(float).tolist()


def calibration(method: str, calibrators: list[Any], of: str) -> dict[str, Any]:
    if method == "sigmoid":
        return {"kind": "sigmoid", "of": of, "slope": [float(item.a_) for item in calibrators],
                "intercept": [float(item.b_) for item in calibrators]}
    points = [curve(item) for item in calibrators]
    return {"kind": "isotonic", "of": of, "x": [x for x, _ in points], "y": [y for _, y in points]}


def calibrated(estimator: Any, document_of: Callable[[Any], Document]) -> Document:
    """`document_of` reads the classifier."""
    members = estimator.calibrated_classifiers_
    if len(members) != 1:
        raise unsupported(f"scikit-learn CalibratedClassifierCV: the mean of {len(members)} calibrated classifiers; "
                          "fit it with ensemble=False, or on a FrozenEstimator")
    (member,) = members
    if member.method not in ("sigmoid", "isotonic"):
        raise unsupported(f"scikit-learn CalibratedClassifierCV: the method {member.method} is not read")
    inner = classifier_of(member)
    if list(inner.classes_) != list(member.classes):
        raise unsupported("scikit-learn CalibratedClassifierCV: its classifier lacks one of the classes")
    document = document_of(inner)
    of = "margin" if hasattr(inner, "decision_function") else "prediction"
    if len(member.classes) == 2 and document.outputs == 2:
        document = document.second_output()
    if document.outputs != len(member.calibrators):
        raise unsupported(f"scikit-learn CalibratedClassifierCV: {len(member.calibrators)} curves for "
                          f"{document.outputs} outputs")
    document.body = {**document.body, "calibration": calibration(member.method, member.calibrators, of)}
    document.decision = None
    document.objective = f"CalibratedClassifierCV {document.objective}"
    return document
