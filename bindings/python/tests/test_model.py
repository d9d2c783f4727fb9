# SPDX-License-Identifier: Apache-2.0
import math
import pathlib
import struct
import threading
from datetime import datetime, timedelta, timezone
from typing import Any

import mlcore
import numpy as np
import pytest

DAY = datetime(1998, 1, 1, tzinfo=timezone.utc)
# (customer, days from 1998-01-01, amount): 1 and 29.75 are ada's orders_30d and spend a day later.
ORDERS = [("ada", 0, 20.5), ("ada", -214, 9.25), ("bob", -7, 0.25)]


def bits(value: float) -> str:
    return struct.pack(">d", value).hex()


def rows_of(layout: mlcore.Layout, orders: list[tuple[str, int, float]]) -> mlcore.Rows:
    rows = mlcore.Rows(layout)
    for customer, days, amount in orders:
        rows.append({"customer": customer, "at": DAY + timedelta(days), "cds": 1, "amount": amount})
    return rows


def filled(model: mlcore.Model) -> mlcore.State:
    state = mlcore.State(model.features)
    report = state.ingest("orders", rows_of(model.features.stream("orders"), ORDERS))
    assert report.accepted == len(ORDERS)
    return state


def request(model: mlcore.Model, customer: str = "ada", days: int = 1) -> bytes:
    return model.features.request.pack({"customer": customer, "as_of": DAY + timedelta(days)})


def refusal(call: Any, *arguments: Any, **named: Any) -> mlcore.Error:
    with pytest.raises(mlcore.Error) as caught:
        call(*arguments, **named)
    return caught.value


def test_a_model_tells_what_it_is(fixtures: pathlib.Path, shop: mlcore.Model) -> None:
    assert shop.name == "shop"
    assert len(shop.digest) == 64
    assert shop.features.names == ["orders_30d", "spend"]
    assert shop.features.streams == ["orders"]
    assert shop.describe()["model"]["framework"] == "xgboost"
    again = mlcore.Model.from_bytes((fixtures / "shop.mlc").read_bytes())
    assert again.digest == shop.digest
    assert mlcore.Features.parse(shop.features.text).fingerprint == shop.features.fingerprint


def test_what_cannot_be_opened_is_an_error_with_code_and_reason(fixtures: pathlib.Path) -> None:
    file = (fixtures / "loan.mlc").read_bytes()
    error = refusal(mlcore.Model.open, str(fixtures / "absent.mlc"))
    assert (error.code_name, error.reason_name) == ("NOT_FOUND", "file_not_found")
    assert "absent.mlc" in str(error)
    for damaged in (b"", file[:-1], file[:100], file[:200] + b"\x00" + file[201:] + b"\x00"):
        assert refusal(mlcore.Model.from_bytes, damaged).code_name == "DATA_LOSS"
    assert refusal(mlcore.Features.parse, "features").reason_name == "syntax"


def test_packed_row_numbers_and_batch_agree_with_the_trees_by_hand(loan: mlcore.Model) -> None:
    # base + first tree + second tree, every sum exact in float32.
    cases = [
        ({"age": 29, "debt": 1, "income": 4}, 0.125 + 0.25 + 1),
        ({"age": 30, "debt": 1, "income": 4}, 0.125 - 0.5 + 1),
        ({"age": 29, "debt": 2, "income": 4}, 0.125 + 0.25 + 2),
        ({"age": 29, "income": 4}, 0.125 + 0.25 + 1),
    ]
    layout = loan.features.request
    with loan.context("margin") as context:
        table = []
        for values, margin in cases:
            assert context.predict_row(layout.pack(values))[0] == margin
            numbers = np.array([values["age"], values.get("debt", np.nan), values["income"]])
            assert context.predict_numeric(numbers)[0] == margin
            assert context.predict_numeric(numbers.astype(np.float32))[0] == margin
            table.append(numbers)
        matrix = np.array(table)
        expected = [[margin] for _, margin in cases]
        for batch in (matrix, matrix.astype(np.float32), np.asfortranarray(matrix), matrix[:, ::1]):
            assert context.predict_batch(batch).tolist() == expected
        assert context.predict_batch(matrix[::2]).tolist() == expected[::2]
        assert context.predict_batch(np.empty((0, 3))).shape == (0, 1)
    assert loan.margins(np.array([[29, 0.25]])).tolist() == [[0.125 + 0.25 + 1]]


def test_arrays_that_must_be_converted_lose_no_bit(loan: mlcore.Model) -> None:
    rows = np.array([[29, 0.1, 0.3], [30, 1 / 3, 0.7]])
    with loan.context("features") as context:
        expected = context.predict_batch(rows)
        assert bits(expected[0, 1]) == bits(0.1 / 0.3)
        wide = np.zeros((4, 7))
        wide[::2, 1:6:2] = rows
        for converted in (np.asfortranarray(rows), wide[::2, 1:6:2]):
            assert not converted.flags.c_contiguous
            assert context.predict_batch(converted).tolist() == expected.tolist()
            assert context.predict_numeric(converted[0]).tolist() == expected[0].tolist()
        single = np.asfortranarray(rows.astype(np.float32))
        widened = rows.astype(np.float32).astype(np.float64)
        assert context.predict_batch(single).tolist() == context.predict_batch(widened).tolist()
        integers = np.array([[29, 1, 2**53 - 1]])
        assert context.predict_batch(integers)[0, 1] == 1 / (2**53 - 1)


@pytest.mark.parametrize("value", [2**53 + 1, -(2**53) - 1, 2**63 - 1])
def test_integers_that_a_double_does_not_tell_apart_are_refused(loan: mlcore.Model, value: int) -> None:
    with loan.context("features") as context:
        for call, given in ((context.predict_batch, [[value, 1, 4]]), (context.predict_numeric, [value, 1, 4])):
            error = refusal(call, np.array(given))
            assert error.reason_name == "invalid_number"
    assert refusal(loan.margins, np.array([[value, 1]])).reason_name == "invalid_number"


def test_masked_arrays_of_numbers_are_refused(loan: mlcore.Model) -> None:
    row = np.ma.masked_array([29.0, 7.0, 4.0], [False, True, False])
    with loan.context("features") as context:
        assert refusal(context.predict_numeric, row).reason_name == "type_mismatch"
        assert refusal(context.predict_batch, row.reshape(1, 3)).reason_name == "type_mismatch"
        assert math.isnan(context.predict_numeric(row.filled(np.nan))[1])
    assert refusal(loan.margins, row[:2].reshape(1, 2)).reason_name == "type_mismatch"


def test_events_may_come_from_a_sequence_that_makes_them(shop: mlcore.Model) -> None:
    class Made:
        def __len__(self) -> int:
            return 1

        def __getitem__(self, index: int) -> mlcore.Rows:
            if index > 0:
                raise IndexError
            return rows_of(shop.features.stream("orders"), ORDERS[:2] * 500)

    context = shop.context("features")
    made: Any = Made()
    kept = context.predict_events(request(shop), [made[0]]).tolist()
    assert context.predict_events(request(shop), made).tolist() == kept
    wrong: Any = [3]
    with pytest.raises(TypeError):
        context.predict_events(request(shop), wrong)


def test_classes_leaves_and_rounds_are_those_of_the_trees_by_hand(loan: mlcore.Model) -> None:
    rows = np.array([[29.0, 1, 4], [30, 2, 4]])
    cases: list[tuple[mlcore.Output, tuple[int, int], list[list[float]]]] = [
        ("class", (0, 0), [[1], [1]]),
        ("class", (0, 1), [[1], [0]]),
        ("leaf", (0, 0), [[1, 3], [2, 4]]),
        ("leaf", (1, 2), [[3], [4]]),
        ("margin", (1, 0), [[1.125], [2.125]]),
    ]
    for output, iterations, expected in cases:
        context = loan.context(output, iterations=iterations)
        assert context.predict_batch(rows).tolist() == expected, (output, iterations)
    for wrong in ((0, 3), (1, 1), (-1, 0), (2, 0)):
        error = refusal(loan.context, "margin", iterations=wrong)
        assert (error.code_name, error.reason_name) == ("INVALID_ARGUMENT", "invalid_option")
    assert refusal(loan.context, "klass").reason_name == "invalid_option"


def test_out_is_the_contexts_and_outlives_it(loan: mlcore.Model) -> None:
    context = loan.context("features")
    row = loan.features.request.pack({"age": 29, "income": 4})
    out = context.predict_row(row)
    assert out is context.out
    context.close()
    assert (out[0], bits(out[1])) == (29, "7ff8000000000000")


def test_state_events_batch_and_definition_give_the_same_bits(shop: mlcore.Model) -> None:
    state = filled(shop)
    orders = shop.features.stream("orders")
    requests = mlcore.Rows(shop.features.request)
    requests.append_packed(request(shop))
    outputs: list[mlcore.Output] = ["prediction", "margin", "class", "leaf", "features"]
    for output in outputs:
        context = shop.context(output)
        at = [bits(value) for value in context.predict_at(state, request(shop))]
        ada = rows_of(orders, [ORDERS[1], ORDERS[0]])
        assert [bits(value) for value in context.predict_events(request(shop), [ada])] == at
        assert [bits(value) for value in context.predict_batch_at(state, requests)[0]] == at
    assert at == [bits(1), bits(29.75)]
    compiled = mlcore.Features.parse(shop.features.text)
    assert [bits(value) for value in compiled.compute(requests, state)[0]] == at


def test_a_state_is_kept_replayed_and_restored(shop: mlcore.Model) -> None:
    rows = rows_of(shop.features.stream("orders"), ORDERS)
    state = mlcore.State(shop.features, lateness=timedelta(365), max_keys=10)
    assert state.ingest("orders", rows, source="p0", offset=7).accepted == 3
    assert state.ingest("orders", rows, source="p0", offset=7).replayed == 3
    restored = mlcore.State.restore(shop.features, state.snapshot(), lateness=timedelta(365))
    assert restored.ingest("orders", rows, source="p0", offset=7).replayed == 3
    assert restored.source_offset("p0") == 7
    assert refusal(restored.source_offset, "p1").reason_name == "unknown_name"
    assert (restored.key_count, restored.event_count) == (2, 3)
    assert restored.memory > 0
    context = shop.context("features")
    assert context.predict_at(restored, request(shop)).tolist() == [1, 29.75]
    restored.expire(DAY + timedelta(3650))
    error = refusal(context.predict_at, restored, request(shop))
    assert (error.code_name, error.reason_name) == ("OUT_OF_RANGE", "not_retained")


def test_invalid_events_are_listed(shop: mlcore.Model) -> None:
    layout = shop.features.stream("orders")
    rows = rows_of(layout, ORDERS[:1])
    rows.append_packed(layout.id.to_bytes(8, "little") + bytes(8))
    report = mlcore.State(shop.features).ingest("orders", rows)
    assert (report.accepted, report.invalid) == (1, 1)
    assert report.invalid_rows == [(1, "malformed_row")]
    assert report.invalid_message


def test_misuse_has_a_code_and_a_reason(loan: mlcore.Model, shop: mlcore.Model) -> None:
    state = filled(shop)
    context = shop.context()
    row = request(shop)
    assert refusal(context.predict_row, row).reason_name == "needs_state"
    assert refusal(context.predict_at, state, row[:20]).reason_name == "malformed_row"
    assert refusal(context.predict_events, row, []).reason_name == "wrong_width"
    assert refusal(shop.context, "contribution").reason_name == "invalid_option"
    assert refusal(shop.features.stream, "visits").reason_name == "unknown_name"
    assert refusal(mlcore.State, loan.features).reason_name == "unsupported_feature"
    assert refusal(mlcore.State, shop.features, lateness=timedelta(-1)).reason_name == "invalid_option"
    orders = rows_of(shop.features.stream("orders"), ORDERS)
    assert refusal(state.ingest, "orders", orders, source="p0").reason_name == "invalid_option"
    foreign = mlcore.Rows(loan.features.request)
    foreign.append({"age": 29, "income": 4})
    assert refusal(state.ingest, "orders", foreign).reason_name == "layout_mismatch"
    plain = loan.context()
    assert refusal(plain.predict_numeric, np.array([1.0])).reason_name == "wrong_width"
    error = refusal(plain.predict_batch, np.array([[29, 1, 4], [29.5, 1, 4]]))
    assert (error.reason_name, error.row, error.column) == ("type_mismatch", 1, 0)
    with pytest.raises(TypeError):
        plain.predict_row("a string")  # type: ignore[arg-type]


def test_use_after_close_is_an_error(shop: mlcore.Model) -> None:
    context, state = shop.context(), filled(shop)
    with context, state:
        context.predict_at(state, request(shop))
    for call in (
        lambda: context.predict_row(b""),
        lambda: context.predict_batch(np.empty((1, 1))),
        lambda: shop.context().predict_at(state, request(shop)),
        lambda: state.snapshot(),
        lambda: state.event_count,
        lambda: state.ingest("orders", rows_of(shop.features.stream("orders"), ORDERS)),
    ):
        assert refusal(call).reason_name == "closed_handle"
    context.close()
    state.close()


def test_what_is_borrowed_keeps_its_owner(fixtures: pathlib.Path) -> None:
    layout = mlcore.Model.open(str(fixtures / "shop.mlc")).features.request
    assert layout.from_json('{"customer": "ada", "as_of": "1998-01-02"}')
    context = mlcore.Model.open(str(fixtures / "loan.mlc")).context("margin")
    assert context.predict_numeric(np.array([29.0, 1, 4]))[0] == 1.375


def test_threads_may_share_everything(shop: mlcore.Model) -> None:
    state = filled(shop)
    context = shop.context("features")  # one for all: calls wait for each other
    more = rows_of(shop.features.stream("orders"), [("zoe", 0, 1.0)] * 50)
    requests = mlcore.Rows(shop.features.request)
    for _ in range(200):
        requests.append_packed(request(shop))
    failures: list[object] = []

    def work() -> None:
        for _ in range(50):
            state.ingest("orders", more)
            if not (context.predict_batch_at(state, requests) == [1, 29.75]).all():
                failures.append("batch")
            if shop.context("features").predict_at(state, request(shop)).tolist() != [1, 29.75]:
                failures.append("row")

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not failures
    assert state.event_count == 3 + 4 * 50 * 50


def test_a_model_of_a_registry_knows_its_version(fixtures: pathlib.Path, loan: mlcore.Model) -> None:
    models = fixtures / "models"
    assert loan.version == 0
    for ref, name, version in [("@champion", "shop", 2), ("@v1", "loan", 1), ("/v2", "shop", 2)]:
        model = mlcore.Model.open(f"{models}{ref}")
        assert (model.name, model.version) == (name, version)
    assert refusal(mlcore.Model.open, f"{models}@challenger").reason_name == "unknown_alias"
