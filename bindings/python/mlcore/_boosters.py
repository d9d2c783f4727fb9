# SPDX-License-Identifier: Apache-2.0
"""from_xgboost and from_lightgbm: the frameworks' own bytes, through the library's importers."""

from typing import Any

from ._artifact import Artifact, imported
from ._error import refusal


def from_xgboost(
    model: Any, *, definition: str | None = None, best_iteration: bool | None = None
) -> Artifact:
    """The artifact of an XGBoost Booster, or of one of its scikit-learn classes.

    `best_iteration` keeps only the rounds up to the one that early stopping found best; None does as
    the model's own predict does: a Booster uses all rounds, a scikit-learn class the best.
    `definition` is the text of a feature definition whose outputs are the model's features.

    Raises Error: UNIMPLEMENTED/unsupported_model, INVALID_ARGUMENT/feature_names, …
    """
    booster = model
    if hasattr(model, "get_booster"):
        booster = model.get_booster()
        missing = getattr(model, "missing", None)
        if missing is not None and missing == missing:
            raise refusal("UNIMPLEMENTED", "unsupported_model",
                          f"XGBoost {type(model).__name__}: missing={missing}; rows have no value or a NaN where one "
                          "is missing, convert get_booster()")
        if best_iteration is None:
            best_iteration = booster.attr("best_iteration") is not None
    if not hasattr(booster, "save_raw"):
        raise TypeError(f"expected an XGBoost Booster or XGBModel, found {type(model).__name__}")
    return imported("xgboost", bytes(booster.save_raw("ubj")), definition, bool(best_iteration))


def from_lightgbm(model: Any, *, definition: str | None = None, best_iteration: bool = True) -> Artifact:
    """The artifact of a LightGBM Booster, or of one of its scikit-learn classes.

    Only the rounds up to the one that early stopping found best, as its predict does;
    `best_iteration=False` keeps all. `definition` is as for from_xgboost.

    Raises Error: UNIMPLEMENTED/unsupported_model, INVALID_ARGUMENT/feature_names, …
    """
    booster = getattr(model, "booster_", model)
    if not hasattr(booster, "model_to_string"):
        raise TypeError(f"expected a LightGBM Booster or LGBMModel, found {type(model).__name__}")
    text = booster.model_to_string(num_iteration=None if best_iteration else -1)
    return imported("lightgbm", text.encode(), definition)
