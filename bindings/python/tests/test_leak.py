# SPDX-License-Identifier: Apache-2.0
"""100,000 handles, opened and closed, take no memory that stays."""
import gc
import pathlib
from collections.abc import Callable
from datetime import datetime, timezone

import mlcore
import numpy as np
import pyarrow as pa
import pytest

HANDLES = 100_000
DAY = datetime(1998, 1, 1, tzinfo=timezone.utc)


def resident_kib() -> int:
    gc.collect()
    text = pathlib.Path("/proc/self/status").read_text(encoding="ascii")
    return int(text.split("VmRSS:")[1].split()[0])


def grown_kib(call: Callable[[], object], times: int) -> int:
    """What memory grows by in the second half; the first half fills caches and pools."""
    for _ in range(times // 2):
        call()
    before = resident_kib()
    for _ in range(times - times // 2):
        call()
    return resident_kib() - before


def test_contexts(loan: mlcore.Model) -> None:
    values = np.array([29.0, 1, 4])

    def call() -> None:
        with loan.context("margin") as context:
            context.predict_numeric(values)

    assert grown_kib(call, HANDLES) < 1024


def test_states(shop: mlcore.Model) -> None:
    rows = mlcore.Rows(shop.features.stream("orders"))
    rows.append({"customer": "ada", "at": DAY, "cds": 1, "amount": 1.0})

    def call() -> None:
        with mlcore.State(shop.features) as state:
            state.ingest("orders", rows)

    assert grown_kib(call, HANDLES // 10) < 1024


def test_models(fixtures: pathlib.Path) -> None:
    file = (fixtures / "loan.mlc").read_bytes()
    assert grown_kib(lambda: mlcore.Model.from_bytes(file).features.request.fields, HANDLES // 10) < 1024


def test_definitions_that_fail() -> None:
    def call() -> None:
        with pytest.raises(mlcore.Error):
            mlcore.Features.parse("features f version 1\ninput x: f64\ny = z\noutput [y]")

    assert grown_kib(call, HANDLES // 10) < 1024


def test_tables_in_and_out(loan: mlcore.Model) -> None:
    table = pa.table({"age": [29] * 100, "debt": [None] * 100, "income": [4.0] * 100})
    table = table.set_column(1, "debt", table["debt"].cast(pa.float64()))
    context = loan.context("features")

    def call() -> None:
        pa.table(mlcore.Table(context.predict_rows(table), context.names))
        with pytest.raises(mlcore.Error):
            context.predict_rows({"age": [29, 2.5], "income": [1.0, 1.0]})

    assert grown_kib(call, HANDLES // 20) < 2048
