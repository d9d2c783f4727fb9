# SPDX-License-Identifier: Apache-2.0
"""Tables in, tables out: mappings of arrays, pandas, Arrow."""
import math
import pathlib
import subprocess
import sys
from datetime import datetime, timedelta, timezone
from typing import Any

import mlcore
import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

UTC = timezone.utc
DEFINITION = """features every version 1
input flag: bool?
input whole: i64?
input real: f64?
input text: string?
input at: timestamp?
input gap: duration?
is_flag = flag
size = whole
is_ada = text == "ada"
days = days_between(timestamp("1970-01-01"), at)
is_long = gap > 1d
output [is_flag, size, real, is_ada, days, is_long]
"""
NULLS: dict[str, Any] = dict.fromkeys(("flag", "whole", "real", "text", "at", "gap"))
ROWS: list[dict[str, Any]] = [
    {"flag": True, "whole": -5, "real": 0.1, "text": "ada", "at": datetime(1969, 12, 31, 23, 59, 59, 999999, UTC),
     "gap": timedelta(days=2)},
    NULLS,
    {"flag": False, "whole": 2**53, "real": -0.0, "text": "", "at": datetime(2024, 2, 29, tzinfo=UTC), "gap": timedelta(-1)},
    {"flag": True, "whole": 0, "real": math.inf, "text": "Zoë and more than twelve bytes", "at": datetime(1, 1, 1, tzinfo=UTC),
     "gap": timedelta(microseconds=1)},
]


@pytest.fixture(scope="module")
def every() -> mlcore.Features:
    return mlcore.Features.parse(DEFINITION)


def packed(every: mlcore.Features, rows: list[dict[str, Any]]) -> list[list[str]]:
    made = mlcore.Rows(every.request)
    for row in rows:
        made.append(row)
    return bits(every.compute(made))


def bits(values: Any) -> list[list[str]]:
    return [[float(value).hex() for value in row] for row in values]


def columns(rows: list[dict[str, Any]]) -> dict[str, list[Any]]:
    return {name: [row[name] for row in rows] for name in NULLS}


def arrow(rows: list[dict[str, Any]]) -> Any:
    types = [("flag", pa.bool_()), ("whole", pa.int64()), ("real", pa.float64()), ("text", pa.string()),
             ("at", pa.timestamp("us", "UTC")), ("gap", pa.duration("us"))]
    return pa.table(columns(rows), schema=pa.schema(types))


def refusal(call: Any, *arguments: Any, **named: Any) -> mlcore.Error:
    with pytest.raises(mlcore.Error) as caught:
        call(*arguments, **named)
    return caught.value


def test_every_kind_of_table_gives_the_bits_of_dictionaries(every: mlcore.Features) -> None:
    expected = packed(every, ROWS)
    table = arrow(ROWS)
    frame = pd.DataFrame(columns(ROWS)).astype({"flag": "boolean", "whole": "Int64"})
    frame["whole"] = pd.array([row["whole"] for row in ROWS], "Int64")
    for given in (columns(ROWS), table, table.to_batches()[0], table.slice(0), pa.Table.from_batches(table.to_batches(2)),
                  frame, table.to_pandas(types_mapper=pd.ArrowDtype),
                  table.select(["gap", "text", "flag", "at", "real", "whole"])):
        assert bits(every.compute(given)) == expected
    assert bits(every.compute(table.slice(1, 2))) == expected[1:3]
    assert bits(every.compute(table.slice(3).to_batches()[0])) == expected[3:]
    assert every.compute(table.slice(0, 0)).shape == (0, 6)


def test_arrows_other_types_of_the_same_values(every: mlcore.Features) -> None:
    rows = [{**NULLS, "whole": 5, "text": "ada", "at": datetime(2024, 2, 29, tzinfo=UTC), "gap": timedelta(days=2)}, NULLS] * 5
    expected = packed(every, rows)
    for whole in (pa.int8(), pa.int16(), pa.int32(), pa.uint8(), pa.uint16(), pa.uint32(), pa.uint64()):
        for text in (pa.large_string(), pa.string_view(), pa.dictionary(pa.int8(), pa.string()), pa.dictionary(pa.uint32(), pa.large_string())):
            for unit in ("s", "ms", "us", "ns"):
                table = arrow(rows)
                for at, (name, kind) in enumerate((("whole", whole), ("text", text), ("at", pa.timestamp(unit, "Europe/Vienna")),
                                                   ("gap", pa.duration(unit)))):
                    position = table.schema.get_field_index(name)
                    table = table.set_column(position, name, table[name].cast(kind))
                assert bits(every.compute(table)) == expected
                assert bits(every.compute(table.slice(3, 4))) == expected[3:7]


def test_nanoseconds_are_floored_on_either_side_of_1970(every: mlcore.Features) -> None:
    nanos = [-1, -1000, -1001, 999, 1000, 0]
    layout = every.request
    given = pa.table({"at": pa.array(nanos, pa.timestamp("ns", "UTC")), "gap": pa.array(nanos, pa.duration("ns"))})
    frame = pd.DataFrame({"at": pd.to_datetime(nanos, utc=True), "gap": pd.to_timedelta(nanos)})
    wanted = mlcore.Rows(layout)
    for nano in nanos:
        micros = timedelta(microseconds=nano // 1000)
        wanted.append({"at": datetime(1970, 1, 1, tzinfo=UTC) + micros, "gap": micros})
    for table in (given, frame):
        rows = mlcore.Rows(layout)
        rows.extend(table)
        assert rows.to_bytes() == wanted.to_bytes()


def test_integers_become_f64_and_numpys_types_are_taken(every: mlcore.Features) -> None:
    for dtype in ("int8", "uint8", "int32", "uint64", "float16", "float32", ">f8", ">i4", "object"):
        values = np.array([1, 2, 3], dtype)
        assert every.compute({"real": values})[:, 2].tolist() == [1, 2, 3]
    assert every.compute({"flag": np.array([True, False])})[:, 0].tolist() == [1, 0]
    assert every.compute({"whole": np.array([2**64 - 1, 1, 5], "uint64")[::2][1:]})[:, 1].tolist() == [5]
    assert every.compute({"real": np.arange(10.0)[::3]})[:, 2].tolist() == [0, 3, 6, 9]
    assert every.compute({"gap": np.array([3, "NaT"], "timedelta64[D]")})[0, 5] == 1
    assert every.compute(pd.DataFrame({"whole": pd.array([1, None], "Int64")}))[:1, 1].tolist() == [1]
    assert every.compute(pd.DataFrame({"text": pd.Categorical(["ada", None])}))[0, 3] == 1


@pytest.mark.parametrize(
    ("table", "reason", "column", "row"),
    [
        ({"colour": np.zeros(1)}, "unknown_column", None, None),
        ({"flag": np.zeros(2)}, "type_mismatch", 0, None),
        ({"flag": np.zeros(2, int)}, "type_mismatch", 0, None),
        ({"whole": np.zeros(2)}, "type_mismatch", 1, None),
        ({"whole": np.array([1, 2**63], "uint64")}, "invalid_number", 1, 1),
        ({"whole": np.array([True])}, "type_mismatch", 1, None),
        ({"real": np.array([True])}, "type_mismatch", 2, None),
        ({"real": np.array(["1"])}, "type_mismatch", 2, 0),
        ({"real": np.array([1], "longdouble")}, "type_mismatch", None, None),
        ({"real": np.zeros((2, 2))}, "type_mismatch", None, None),
        ({"text": [None, 5]}, "type_mismatch", 3, 1),
        ({"text": ["a", "\ud800"]}, "invalid_utf8", 3, 1),
        ({"at": np.array(["2024-01-01"], "datetime64[s]")}, "type_mismatch", None, None),
        ({"at": [datetime(2024, 1, 1)]}, "type_mismatch", 4, 0),
        ({"gap": np.array([1], "timedelta64[M]")}, "type_mismatch", None, None),
        ({"gap": np.array([2**62], "timedelta64[s]")}, "type_mismatch", None, None),
        ({"real": np.zeros(2), "whole": np.zeros(3, int)}, "invalid_length", 1, None),
        ({5: np.zeros(2)}, "type_mismatch", None, None),
        (pd.DataFrame({"at": pd.to_datetime(["2024-01-01"])}), "type_mismatch", None, None),
        (pd.DataFrame({"at": [5]}), "type_mismatch", 4, None),
        (pa.table({"at": pa.array([0], pa.timestamp("us"))}), "type_mismatch", None, None),
        (pa.table({"at": pa.array([2**62], pa.timestamp("s", "UTC"))}), "invalid_timestamp", 4, 0),
        (pa.table({"at": pa.array([2**62], pa.timestamp("us", "UTC"))}), "invalid_timestamp", 4, 0),
        (pa.table({"at": pa.array([0], pa.date32())}), "type_mismatch", None, None),
        (pa.table({"whole": pa.array([1, 2**64 - 1], pa.uint64())}), "invalid_number", 1, 1),
        (pa.table({"whole": pa.array([1.0])}), "type_mismatch", 1, None),
        (pa.table({"real": pa.array([1], pa.decimal128(5))}), "type_mismatch", None, None),
        (pa.table({"text": pa.array([b"a"])}), "type_mismatch", None, None),
        (pa.table({"text": pa.array([["a"]])}), "type_mismatch", None, None),
        (pa.table({"real": pa.array([1]).dictionary_encode()}), "type_mismatch", None, None),
        (pa.table([pa.array([1.0]), pa.array([1.0])], ["real", "real"]), "duplicate_column", 2, None),
    ],
    ids=str,
)
def test_a_wrong_table_is_refused(every: mlcore.Features, table: Any, reason: str, column: int | None, row: int | None) -> None:
    rows = mlcore.Rows(every.request)
    error = refusal(rows.extend, table)
    assert (error.reason_name, error.column, error.row) == (reason, column, row), error
    assert len(rows) == 0


def test_what_is_no_table_is_a_type_error(every: mlcore.Features) -> None:
    things: list[Any] = [5, "text", None, [1, 2], np.zeros(3), mlcore.Rows(every.request)]
    for thing in things:
        with pytest.raises(TypeError):
            mlcore.Rows(every.request).extend(thing)


def test_null_where_none_may_be_names_column_and_row(shop: mlcore.Model) -> None:
    orders = mlcore.Rows(shop.features.stream("orders"))
    at = pa.array([datetime(1998, 1, 1, tzinfo=UTC)] * 2)
    table = pa.table({"customer": ["a", None], "at": at, "cds": [1, 2], "amount": [1.0, 2.0]})
    error = refusal(orders.extend, table)
    assert (error.reason_name, error.column, error.row) == ("null_not_allowed", 0, 1)
    error = refusal(orders.extend, table.slice(0, 1).drop_columns("cds"))
    assert (error.reason_name, error.column) == ("missing_column", 2)
    nan = table.slice(0, 1).set_column(3, "amount", pa.array([math.nan]))
    error = refusal(orders.extend, nan)
    assert (error.reason_name, error.column, error.row) == ("null_not_allowed", 3, 0)


def test_events_requests_and_scores_are_tables(shop: mlcore.Model) -> None:
    at = [datetime(1997, 12, day, tzinfo=UTC) for day in (5, 6, 7)]
    events = pd.DataFrame({"customer": ["ada", "ada", "bob"], "at": at, "cds": [1, 2, 3], "amount": [0.5, 0.25, 4.0]})
    requests = pa.table({"customer": ["ada", "bob"], "as_of": [datetime(1998, 1, 1, tzinfo=UTC)] * 2})
    state = mlcore.State(shop.features)
    assert state.ingest("orders", events).accepted == 3
    context = shop.context("features")
    scores = context.predict_batch_at(state, requests)
    assert scores.tolist() == [[2, 0.75], [1, 4.0]]
    made = pa.table(mlcore.Table(scores, context.names))
    assert made.to_pydict() == {"orders_30d": [2, 1], "spend": [0.75, 4.0]}
    assert shop.features.compute(requests, state).tolist() == scores.tolist()


def test_a_definition_without_streams_scores_tables(loan: mlcore.Model) -> None:
    context = loan.context("margin")
    frame = pd.DataFrame({"income": [4.0, 4.0], "age": [29, 30], "debt": [1.0, math.nan]})
    matrix = np.array([[29, 1, 4], [30, np.nan, 4]])
    assert context.predict_rows(frame).tolist() == context.predict_batch(matrix).tolist()
    error = refusal(context.predict_rows, {"income": [4.0, 1.0], "age": [29, 2.5]})
    assert (error.reason_name, error.column, error.row) == ("type_mismatch", 0, 1)
    torn = mlcore.Rows(loan.features.request)
    torn.extend(frame)
    torn.append_packed(b"torn")
    assert refusal(context.predict_rows, torn).row == 2


def test_out_the_names_are_the_outputs_and_a_nan_is_a_null(loan: mlcore.Model) -> None:
    context = loan.context("features")
    table = mlcore.Table(context.predict_batch(np.array([[29, np.nan, 4], [30, 1, 4]])), context.names)
    assert (len(table), table.names) == (2, ["years", "ratio"])
    for made in (pa.table(table), pa.table(pa.record_batch(table)), pa.RecordBatchReader.from_stream(table).read_all()):
        made.validate(full=True)
        assert made.to_pydict() == {"years": [29.0, 30.0], "ratio": [None, 0.25]}
    assert pa.schema(table).names == ["years", "ratio"]
    kept = pa.record_batch(table).column(1)
    del table
    assert kept.to_pylist() == [None, 0.25]
    assert pa.table(mlcore.Table(np.empty((0, 1)), ["a"])).num_rows == 0
    assert refusal(mlcore.Table, np.empty((1, 2)), ["a"]).reason_name == "wrong_width"
    assert loan.context().names == ["prediction"]


def test_a_stream_that_fails_is_an_error(every: mlcore.Features) -> None:
    def batches() -> Any:
        yield pa.record_batch({"real": [1.0]})
        raise RuntimeError("the wire is cut")

    reader = pa.RecordBatchReader.from_batches(pa.schema([("real", pa.float64())]), batches())
    rows = mlcore.Rows(every.request)
    error = refusal(rows.extend, reader)
    assert "the wire is cut" in error.message
    assert len(rows) == 0


def test_what_a_mask_hides_is_a_null(every: mlcore.Features) -> None:
    mask = [False, True]
    table = {
        "flag": np.ma.masked_array([True, True], mask),
        "whole": np.ma.masked_array([1, 2], mask),
        "real": np.ma.masked_array([0.5, 7.0], mask),
        "text": np.ma.masked_array(["ada", "bob"], mask, dtype=object),
        "gap": np.ma.masked_array(np.array([1, 2], "m8[D]"), mask),
    }
    rows = mlcore.Rows(every.request)
    rows.extend(table)
    wanted = mlcore.Rows(every.request)
    wanted.append({"flag": True, "whole": 1, "real": 0.5, "text": "ada", "gap": timedelta(days=1)})
    wanted.append({})
    assert rows.to_bytes() == wanted.to_bytes()


def test_a_stream_is_taken_once(every: mlcore.Features) -> None:
    def batches() -> Any:
        yield pa.record_batch({"real": [1.0]})

    reader = pa.RecordBatchReader.from_batches(pa.schema([("real", pa.float64())]), batches())
    capsule = reader.__arrow_c_stream__()

    class Once:
        def __arrow_c_stream__(self, requested_schema: object = None) -> object:
            return capsule

    rows = mlcore.Rows(every.request)
    rows.extend(Once())
    assert len(rows) == 1
    assert refusal(rows.extend, Once()).reason_name == "invalid_option"


FILES_READ_BY_PYTHON = """
import os, pyarrow as pa, pyarrow.dataset, pyarrow.fs as fs, mlcore, sys

local = fs.LocalFileSystem()
members = {name: lambda self, *given: None for name in fs.FileSystemHandler.__abstractmethods__}
members["get_type_name"] = lambda self: "python"
members["normalize_path"] = lambda self, path: path
members["get_file_info"] = lambda self, paths: local.get_file_info(paths)
members["open_input_file"] = lambda self, path: pa.PythonFile(open(path, "rb"), mode="r")
handler = type("Handler", (fs.FileSystemHandler,), members)()
files = pyarrow.dataset.dataset([sys.argv[1]], filesystem=fs.PyFileSystem(handler), format="ipc")
features = mlcore.Features.parse("features f version 1\\ninput real: f64?\\noutput [real]")
rows = mlcore.Rows(features.request)
rows.extend(files.scanner().to_reader())
assert len(rows) == 2
# A thread of pyarrow's may still wait for the lock, to drop what it read. The interpreter as it finalises ends
# such a thread by unwinding, through a destructor that is noexcept: the process would abort.
os._exit(0)
"""


def test_a_stream_may_need_the_interpreters_lock_in_another_thread(tmp_path: pathlib.Path) -> None:
    path = tmp_path / "table.arrow"
    table = pa.table({"real": [1.0, 2.0]})
    with pa.OSFile(str(path), "wb") as file, pa.ipc.new_file(file, table.schema) as writer:
        writer.write_table(table)
    subprocess.run([sys.executable, "-c", FILES_READ_BY_PYTHON, str(path)], timeout=60, check=True)


def test_what_a_table_raises_is_raised(every: mlcore.Features) -> None:
    class Broken:
        def __arrow_c_stream__(self, requested_schema: object = None) -> object:
            raise ZeroDivisionError

    class Wrong(Broken):
        def __arrow_c_stream__(self, requested_schema: object = None) -> object:
            return "no capsule"

    class Taken(Broken):
        def __init__(self) -> None:
            self.capsule = pa.table({"real": [1.0]}).__arrow_c_stream__()
            pa.RecordBatchReader._import_from_c_capsule(self.capsule)

        def __arrow_c_stream__(self, requested_schema: object = None) -> object:
            return self.capsule

    rows = mlcore.Rows(every.request)
    broken: list[tuple[Any, type[Exception]]] = [(Broken(), ZeroDivisionError), (Wrong(), ValueError), (Taken(), mlcore.Error)]
    for table, kind in broken:
        with pytest.raises(kind):
            rows.extend(table)
    assert len(rows) == 0


def test_rows_of_a_file_can_be_extended_often(every: mlcore.Features, tmp_path: pathlib.Path) -> None:
    rows = mlcore.Rows(every.request)
    for _ in range(100):
        rows.extend(arrow(ROWS))
    assert len(rows) == 400
    assert bits(every.compute(rows)) == packed(every, ROWS) * 100
