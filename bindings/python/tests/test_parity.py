# SPDX-License-Identifier: Apache-2.0
"""The table that every language runs: the same bits, the same errors.

MLCORE_PARITY names the folder of the artifacts, MLCORE_SOURCE the checkout.
"""
import json
import os
import pathlib
from typing import Any

import parity_table
import pytest

SOURCE = pathlib.Path(os.environ["MLCORE_SOURCE"])
TABLE = json.loads((SOURCE / "tests/parity/cases.json").read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def runner() -> parity_table.Runner:
    return parity_table.Runner(pathlib.Path(os.environ["MLCORE_PARITY"]), TABLE["artifacts"])


@pytest.mark.parametrize("case", TABLE["cases"], ids=lambda case: case["name"])
def test_parity(runner: parity_table.Runner, case: dict[str, Any]) -> None:
    assert runner.outcome(case) == case["expect"]
