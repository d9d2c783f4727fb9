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
        """Write the file, whole or not at all."""
        target = pathlib.Path(os.path.realpath(path))
        if target.exists() and not target.is_file():  # a device, a pipe; a directory is an error
            target.write_bytes(self)
            return
        beside = target.with_name(f"{target.name}.{os.getpid()}.part")
        try:
            beside.write_bytes(self)
            os.replace(beside, target)
        finally:
            beside.unlink(missing_ok=True)

    def __repr__(self) -> str:
        return f"<mlcore.Artifact of {len(self)} bytes>"

    def open(self) -> Model:
        """The model, as Model.from_bytes gives it."""
        return Model.from_bytes(self)


def imported(format: str, model: bytes, definition: str | None, best_iteration: bool = False) -> Artifact:
    """The artifact of a model file's bytes. Raises Error as `mlcore import` refuses."""
    return Artifact(import_model(format, model, definition or "", best_iteration))
