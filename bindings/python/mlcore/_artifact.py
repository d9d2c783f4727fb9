# SPDX-License-Identifier: Apache-2.0
"""An artifact's bytes, which from_xgboost and the other converters make."""

import os
import pathlib

from ._core import Model, import_model


class Artifact(bytes):
    """The bytes of a .mlc file.

    artifact = mlcore.from_xgboost(booster)
    artifact.save("model.mlc")
    model = artifact.open()
    """

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write the file."""
        pathlib.Path(path).write_bytes(self)

    def open(self) -> Model:
        """The model, as Model.from_bytes gives it."""
        return Model.from_bytes(self)


def imported(format: str, model: bytes, definition: str | None, best_iteration: bool = False) -> Artifact:
    """The artifact of a model file's bytes. Raises Error as `mlcore import` refuses."""
    return Artifact(import_model(format, model, definition or "", best_iteration))
