# SPDX-License-Identifier: Apache-2.0
"""The golden models of tests/model, as a Booster's own methods would give their bytes."""
import os
import pathlib

import mlcore
import numpy as np
import pytest

GOLDEN = pathlib.Path(os.environ["MLCORE_SOURCE"]) / "tests/model/golden"


class Booster:
    def __init__(self, case: str, suffix: str) -> None:
        self.case, self.suffix = GOLDEN / case, suffix
        self.asked: int | None = 0

    def save_raw(self, raw_format: str) -> bytearray:
        assert raw_format == "ubj"
        return bytearray(self.case.with_suffix(self.suffix).read_bytes())

    def model_to_string(self, num_iteration: int | None) -> str:
        self.asked = num_iteration
        return self.case.with_suffix(self.suffix).read_text()

    def attr(self, name: str) -> str | None:
        return "7" if name == "best_iteration" and self.case.name == "best_iteration" else None


class Estimator:
    """An XGBModel's part that is read."""

    def __init__(self, booster: Booster, missing: float = float("nan")) -> None:
        self.booster, self.missing = booster, missing

    def get_booster(self) -> Booster:
        return self.booster


def rows_and_margins(booster: Booster, bits: type, number: type, width: int) -> tuple[np.ndarray, np.ndarray]:
    lines = booster.case.with_suffix(".txt").read_text().splitlines()[1:]
    table = np.array([[int(value, 16) for value in line.split()] for line in lines], bits).view(number)
    return np.ascontiguousarray(table[:, :width]), table[:, width]


def test_an_xgboost_model_has_its_margins(tmp_path: pathlib.Path) -> None:
    booster = Booster("xgboost-3.2.0/pruned", ".ubj")
    rows, expected = rows_and_margins(booster, np.uint32, np.float32, 5)
    artifact = mlcore.from_xgboost(booster)
    artifact.save(tmp_path / "model.mlc")
    for model in (artifact.open(), mlcore.Model.open(tmp_path / "model.mlc")):
        assert model.margins(rows)[:, 0].tolist() == expected.astype(float).tolist()


def test_a_lightgbm_model_has_its_raw_scores() -> None:
    booster = Booster("lightgbm-4.7.0/binary", ".lgb")
    rows, expected = rows_and_margins(booster, np.uint64, np.float64, 5)
    assert mlcore.from_lightgbm(booster).open().margins(rows)[:, 0].tolist() == expected.tolist()
    assert booster.asked is None
    mlcore.from_lightgbm(booster, best_iteration=False)
    assert booster.asked == -1


def test_an_estimator_keeps_its_best_rounds_and_a_booster_all() -> None:
    booster = Booster("xgboost-3.2.0/best_iteration", ".json")
    best = mlcore.from_xgboost(Estimator(booster))
    assert best == mlcore.from_xgboost(booster, best_iteration=True)
    assert best != mlcore.from_xgboost(booster)
    assert mlcore.from_xgboost(Estimator(booster), best_iteration=False) == mlcore.from_xgboost(booster)


def test_a_definition_gives_the_features() -> None:
    booster = Booster("xgboost-3.2.0/pruned", ".ubj")
    text = "features f version 1\ninput a: f64?\nb = a + 1\nc = a + 2\nd = a + 3\ne = a + 4\noutput [a, b, c, d, e]\n"
    model = mlcore.from_xgboost(booster, definition=text).open()
    assert (model.name, len(model.features.request.fields)) == ("f", 1)
    with pytest.raises(mlcore.Error) as caught:
        mlcore.from_xgboost(booster, definition="features f version 1\ninput a: f64?\noutput [a]\n")
    assert caught.value.reason_name == "feature_count"


def test_an_artifact_is_saved_whole_or_not_at_all(tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch) -> None:
    artifact = mlcore.from_xgboost(Booster("xgboost-3.2.0/pruned", ".ubj"))
    assert repr(artifact) == f"<mlcore.Artifact of {len(artifact)} bytes>"
    (tmp_path / "link.mlc").symlink_to("model.mlc")
    artifact.save(tmp_path / "link.mlc")
    assert (tmp_path / "link.mlc").is_symlink()
    assert (tmp_path / "model.mlc").read_bytes() == artifact

    def full(path: pathlib.Path, content: bytes) -> int:
        with path.open("wb") as file:
            file.write(content[:100])
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(pathlib.Path, "write_bytes", full)
    with pytest.raises(OSError, match="No space"):
        artifact.save(tmp_path / "model.mlc")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["link.mlc", "model.mlc"]
    assert (tmp_path / "model.mlc").read_bytes() == artifact
    with pytest.raises(FileNotFoundError):
        artifact.save(tmp_path / "nowhere" / "model.mlc")


def test_what_is_no_model_or_has_its_own_missing_value_is_refused() -> None:
    for convert in (mlcore.from_xgboost, mlcore.from_lightgbm):
        with pytest.raises(TypeError, match="found dict"):
            convert({})
    with pytest.raises(mlcore.Error) as caught:
        mlcore.from_xgboost(Estimator(Booster("xgboost-3.2.0/pruned", ".ubj"), missing=0))
    assert caught.value.reason_name == "unsupported_model"
