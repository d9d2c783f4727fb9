# SPDX-License-Identifier: Apache-2.0
"""Artifacts for the tests; MLCORE_FIXTURES names the folder that make_artifacts wrote."""
import os
import pathlib

import mlcore
import pytest


@pytest.fixture(scope="session")
def fixtures() -> pathlib.Path:
    return pathlib.Path(os.environ["MLCORE_FIXTURES"])


@pytest.fixture(scope="session")
def loan(fixtures: pathlib.Path) -> mlcore.Model:
    return mlcore.Model.open(str(fixtures / "loan.mlc"))


@pytest.fixture(scope="session")
def lender(fixtures: pathlib.Path) -> mlcore.Model:
    return mlcore.Model.open(str(fixtures / "lender.mlc"))


@pytest.fixture(scope="session")
def shop(fixtures: pathlib.Path) -> mlcore.Model:
    return mlcore.Model.open(str(fixtures / "shop.mlc"))
