# SPDX-License-Identifier: Apache-2.0
"""Score models from one file, features included, with the bits of training.

    model = mlcore.Model.open("churn.mlc")
    context = model.context("prediction")
    row = model.features.request.from_json('{"customer": "00001", "as_of": "1998-01-01"}')
    churn = context.predict_at(state, row)[0]
"""

from ._artifact import Artifact
from ._boosters import from_lightgbm, from_xgboost
from ._convert import from_catboost, from_onnx, from_sklearn, to_model_json
from ._core import (
    Context,
    Features,
    Field,
    IngestReport,
    Layout,
    Model,
    Monitor,
    Rows,
    State,
    Table,
    __version__,
)
from ._error import Error
from ._types import Output, Type, Value

__all__ = [
    "Artifact",
    "Context",
    "Error",
    "Features",
    "Field",
    "IngestReport",
    "Layout",
    "Model",
    "Monitor",
    "Output",
    "Rows",
    "State",
    "Table",
    "Type",
    "Value",
    "__version__",
    "from_catboost",
    "from_lightgbm",
    "from_onnx",
    "from_sklearn",
    "from_xgboost",
    "to_model_json",
]
