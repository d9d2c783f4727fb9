# SPDX-License-Identifier: Apache-2.0
from datetime import datetime, timedelta, timezone
from decimal import Decimal
from fractions import Fraction
from types import MappingProxyType
from typing import Any

import mlcore
import numpy as np
import pytest

UTC = timezone.utc


@pytest.fixture
def orders(shop: mlcore.Model) -> mlcore.Layout:
    return shop.features.stream("orders")


def order(**changes: Any) -> dict[str, Any]:
    values = {"customer": "ada", "at": datetime(1998, 1, 1, tzinfo=UTC), "cds": 1, "amount": 20.5}
    values.update(changes)
    return values


def refusal(call: Any, *arguments: Any) -> mlcore.Error:
    with pytest.raises(mlcore.Error) as caught:
        call(*arguments)
    return caught.value


def test_fields_have_name_type_and_nullability(loan: mlcore.Model) -> None:
    fields = [(field.name, field.type, field.nullable) for field in loan.features.request.fields]
    assert fields == [("age", "i64", False), ("debt", "f64", True), ("income", "f64", False)]


def test_a_packed_dictionary_is_the_row_that_the_library_makes_of_json(orders: mlcore.Layout) -> None:
    json = '{"customer": "Zo\\u00eb", "at": "1998-01-01T01:00:00.000001+01:00", "cds": -3, "amount": 1e-300}'
    at = datetime(1998, 1, 1, 1, 0, 0, 1, tzinfo=timezone(timedelta(hours=1)))
    assert orders.pack(order(customer="Zoë", at=at, cds=-3, amount=1e-300)) == orders.from_json(json)


@pytest.mark.parametrize(
    "values",
    [
        {"age": 41, "debt": None, "income": 1},
        {"age": 41, "income": 1.0},
        {"age": np.int64(41), "debt": None, "income": np.float32(1)},
    ],
)
def test_null_may_be_none_or_absent_and_numbers_may_be_numpys(
    loan: mlcore.Model, values: dict[str, Any]
) -> None:
    request = loan.features.request
    assert request.pack(values) == request.from_json('{"age": 41, "income": 1}')


def test_any_mapping_is_a_row_and_nothing_else_is(loan: mlcore.Model) -> None:
    request = loan.features.request
    values = {"age": 41, "income": 1}
    assert request.pack(MappingProxyType(values)) == request.pack(values)
    for other, name in ((41, "int"), ([41, 1], "list"), ("age", "str")):
        with pytest.raises(TypeError, match=f"expected a dictionary of the row's fields, found {name}"):
            request.pack(other)  # type: ignore[arg-type]


def test_what_converts_to_a_float_is_a_number(orders: mlcore.Layout) -> None:
    for half in (0.5, np.float16(0.5), np.float64(0.5), np.array(0.5), Fraction(1, 2), Decimal("0.5")):
        assert orders.pack(order(amount=half)) == orders.pack(order(amount=0.5))
    for two in (2, np.int8(2), np.uint64(2), np.array(2)):
        assert orders.pack(order(cds=two, amount=two)) == orders.pack(order(cds=2, amount=2.0))


def test_numpys_booleans_are_booleans() -> None:
    layout = mlcore.Features.parse("features f version 1\ninput x: bool\noutput [x]").request
    assert layout.pack({"x": np.bool_(True)}) == layout.pack({"x": True})
    assert refusal(layout.pack, {"x": np.int64(1)}).reason_name == "type_mismatch"


def test_a_nan_is_a_null(loan: mlcore.Model) -> None:
    request = loan.features.request
    request.check(request.pack({"age": 41, "debt": float("nan"), "income": 1}))
    error = refusal(request.pack, {"age": 41, "debt": 1, "income": float("nan")})
    assert (error.reason_name, error.column) == ("null_not_allowed", 2)


@pytest.mark.parametrize(
    ("changes", "reason", "column"),
    [
        ({"customer": 7}, "type_mismatch", 0),
        ({"customer": b"ada"}, "type_mismatch", 0),
        ({"customer": "\ud800"}, "invalid_utf8", 0),
        ({"customer": None}, "null_not_allowed", 0),
        ({"at": datetime(1998, 1, 1)}, "type_mismatch", 1),  # naive
        ({"at": 883612800}, "type_mismatch", 1),
        ({"at": "1998-01-01"}, "type_mismatch", 1),
        ({"cds": 1.0}, "type_mismatch", 2),
        ({"cds": True}, "type_mismatch", 2),
        ({"cds": 2**63}, "invalid_number", 2),
        ({"amount": "1"}, "type_mismatch", 3),
        ({"amount": False}, "type_mismatch", 3),
        ({"amount": np.bool_(True)}, "type_mismatch", 3),
        ({"amount": np.str_("1")}, "type_mismatch", 3),
        ({"amount": np.timedelta64(1, "s")}, "type_mismatch", 3),
        ({"amount": np.array([1.0])}, "type_mismatch", 3),
        ({"amount": 1j}, "type_mismatch", 3),
        ({"amount": 10**400}, "invalid_number", 3),
        ({"amount": Fraction(10**400)}, "invalid_number", 3),
        ({"amount": Decimal("-1e400")}, "invalid_number", 3),
        ({"cds": np.bool_(True)}, "type_mismatch", 2),
        ({"cds": 10**400}, "invalid_number", 2),
        ({"colour": "red"}, "unknown_column", None),
    ],
)
def test_a_wrong_value_names_its_column(
    orders: mlcore.Layout, changes: dict[str, Any], reason: str, column: int | None
) -> None:
    error = refusal(orders.pack, order(**changes))
    assert (error.code_name, error.reason_name, error.column) == ("INVALID_ARGUMENT", reason, column)


def test_a_missing_column_is_named(orders: mlcore.Layout) -> None:
    values = order()
    del values["cds"]
    error = refusal(orders.pack, values)
    assert (error.reason_name, error.column) == ("missing_column", 2)
    assert '"cds"' in error.message


def test_what_conversion_raises_is_raised(orders: mlcore.Layout) -> None:
    class Broken:
        def __float__(self) -> float:
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        orders.pack(order(amount=Broken()))


def test_rows_keep_what_was_appended_and_nothing_of_a_failure(orders: mlcore.Layout) -> None:
    rows = mlcore.Rows(orders)
    rows.append(order())
    refusal(rows.append, order(cds="x"))
    rows.append_packed(orders.pack(order(customer="bob")))
    assert len(rows) == 2


def test_json_is_refused_with_its_reason(orders: mlcore.Layout) -> None:
    assert refusal(orders.from_json, "{").reason_name == "malformed_json"
    assert refusal(orders.from_json, "{}").reason_name == "missing_column"
    assert refusal(orders.check, b"").reason_name == "malformed_row"


def test_a_key_with_a_lone_surrogate_is_an_unknown_column(orders: mlcore.Layout) -> None:
    error = refusal(orders.pack, {**order(), "\ud800": 1})
    assert error.reason_name == "unknown_column"
    assert "\\ud800" in error.message


@pytest.mark.parametrize("sign", [1, -1])
def test_a_timedelta_past_the_range_of_microseconds_is_refused(shop: mlcore.Model, sign: int) -> None:
    layout = mlcore.Features.parse("features f version 1\ninput gap: duration?\ny = gap > 1d\noutput [y]").request
    for value, word in ((2**63 - 1, b"\xff" * 7 + b"\x7f"), (-(2**63), b"\0" * 7 + b"\x80")):
        assert layout.pack({"gap": timedelta(microseconds=value)}).endswith(word)
    for days in (106_751_992, 110_000_000, 213_503_982, 999_999_999):
        error = refusal(layout.pack, {"gap": timedelta(days=sign * days)})
        assert (error.reason_name, error.column) == ("invalid_number", 0)
    with pytest.raises(mlcore.Error, match="lateness"):
        mlcore.State(shop.features, lateness=timedelta(days=110_000_000))


def test_a_key_that_empties_the_dictionary_is_an_unknown_column(orders: mlcore.Layout) -> None:
    class Emptying:
        def __init__(self, row: dict[Any, Any]) -> None:
            self.row = row

        def __hash__(self) -> int:
            return 1

        def __eq__(self, other: object) -> bool:
            self.row.clear()
            return False

    for _ in range(100):
        row: dict[Any, Any] = order()
        row[Emptying(row)] = 1
        assert refusal(orders.pack, row).reason_name == "unknown_column"


def test_what_a_boolean_raises_is_raised() -> None:
    class Broken:
        def __bool__(self) -> bool:
            raise ZeroDivisionError

    layout = mlcore.Features.parse("features f version 1\ninput x: bool\noutput [x]").request
    with pytest.raises(ZeroDivisionError):
        layout.pack({"x": type("numpy.bool", (Broken,), {})()})


def test_a_datetime_whose_difference_is_no_timedelta_is_refused(orders: mlcore.Layout) -> None:
    class Odd(datetime):
        def __sub__(self, other: Any) -> Any:
            return 5

    error = refusal(orders.pack, order(at=Odd(1998, 1, 1, tzinfo=UTC)))
    assert error.reason_name == "type_mismatch"
