# SPDX-License-Identifier: Apache-2.0
# The examples are run by tests/test_documentation.py: `loan` is a model of numbers without streams, `shop` one
# that counts the last 30 days' orders and sums their amounts, `lender` one with a reference profile, `day` is 1998-01-01
# in UTC, a datetime.
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from os import PathLike
from types import TracebackType
from typing import Any, final

from numpy import float32, float64
from numpy.typing import NDArray

from ._types import Absent, Output, Sparse, Tabular, Type, Value

__version__: str

def import_model(
    format: str, model: bytes, definition: str = "", best_iteration: bool = False
) -> bytes:
    """The artifact of a model file's bytes, as `mlcore import` makes it. Releases the interpreter's lock."""

@final
class Field:
    """One field of a row.

    >>> shop.features.request.fields
    [Field(customer: string), Field(as_of: timestamp)]
    """

    @property
    def name(self) -> str: ...
    @property
    def type(self) -> Type: ...
    @property
    def nullable(self) -> bool: ...

@final
class Layout:
    """The bytes of a row: names, types and order of its fields. Immutable."""

    @property
    def id(self) -> int:
        """The number that every row of this layout begins with."""
    @property
    def fields(self) -> list[Field]: ...
    def pack(self, values: Mapping[str, Value]) -> bytes:
        """Pack a row. A nullable field may be absent or None; a timestamp is an aware datetime.

        Raises Error, INVALID_ARGUMENT with the column: missing_column, unknown_column, type_mismatch,
        null_not_allowed, invalid_number, invalid_utf8.

        >>> row = loan.features.request.pack({"age": 29, "income": 4})
        >>> loan.features.request.pack({"age": 29.5, "income": 4})
        Traceback (most recent call last):
        mlcore._error.Error: column "age": expected i64, found float (INVALID_ARGUMENT/type_mismatch)
        """
    def from_json(self, text: str) -> bytes:
        """Pack a row from one JSON object; a timestamp is `YYYY-MM-DD` or RFC 3339 with an offset.

        >>> loan.features.request.from_json('{"age": 29, "income": 4}') == loan.features.request.pack({"age": 29, "income": 4})
        True
        """
    def check(self, row: bytes) -> None:
        """Raise Error unless the bytes are a row of this layout.

        >>> loan.features.request.check(loan.features.request.pack({"age": 29, "income": 4}))
        """

@final
class Rows:
    """Packed rows of one layout, one after another: events for a state, or requests.

    A call that releases the interpreter's lock borrows them; growing meanwhile raises BufferError.

    >>> requests = mlcore.Rows(shop.features.request)
    >>> requests.append({"customer": "ada", "as_of": day})
    >>> len(requests)
    1
    """

    def __init__(self, layout: Layout) -> None: ...
    def __len__(self) -> int: ...
    def append(self, values: Mapping[str, Value]) -> None:
        """Pack a row, as Layout.pack, and append it."""
    def append_packed(self, row: bytes) -> None:
        """Append a row's bytes as they are; they are checked where they are used."""
    def extend(self, table: Tabular) -> None:
        """Pack every row of a table and append them, or nothing if one is refused.

        Columns are found by name, and have the field's own type; an f64 also takes integers, a string Arrow's
        dictionaries of strings. Instants need a time zone: numpy's datetime64 and columns without one are
        refused. Finer times are floored to microseconds; a NaN, a NaT and a None are nulls.

        Raises Error, INVALID_ARGUMENT with column and row, as Layout.pack; duplicate_column, invalid_length.

        >>> requests = mlcore.Rows(loan.features.request)
        >>> requests.extend({"age": np.array([29, 30]), "debt": np.array([1, np.nan]), "income": np.array([4.0, 4.0])})
        >>> len(requests)
        2
        """
    def to_bytes(self) -> bytes:
        """The bytes of all rows."""

@final
class Features:
    """A feature definition: a model's, or one compiled from text. Immutable.

    >>> shop.features.names, shop.features.streams
    (['orders_30d', 'spend'], ['orders'])
    """

    @staticmethod
    def parse(text: str) -> Features:
        """Compile a definition; a model's features are fitted, these are not.

        Raises Error, whose message has line, column and a caret.

        >>> features = mlcore.Features.parse("features half version 1\\ninput x: f64\\ny = x / 2\\noutput [y]")
        >>> features.compute({"x": np.array([1.0, 3.0])}).tolist()
        [[0.5], [1.5]]
        """
    @property
    def text(self) -> str:
        """The canonical text."""
    @property
    def fingerprint(self) -> str:
        """64 hexadecimal digits that name the meaning."""
    @property
    def names(self) -> list[str]: ...
    @property
    def request(self) -> Layout:
        """Keys, inputs, then as_of where it is needed."""
    @property
    def streams(self) -> list[str]: ...
    def stream(self, name: str) -> Layout:
        """The layout of a stream's events. Raises Error, NOT_FOUND/unknown_name."""
    def compute(self, requests: Rows | Tabular, state: State | None = None) -> NDArray[float64]:
        """Compute the features of many requests, [rows, names]; NaN is null. Releases the interpreter's lock.

        Raises Error, FAILED_PRECONDITION: not_fitted, needs_state.
        """

@final
class Model:
    """An artifact, opened and checked. Immutable; threads may share it."""

    @staticmethod
    def open(path: str | PathLike[str]) -> Model:
        """Open a REF: a .mlc file, a folder with a model.mlc, or DIR@ALIAS or DIR@v3 of a registry.

        Releases the interpreter's lock.

        Raises Error: NOT_FOUND, UNAVAILABLE, DATA_LOSS for a damaged file, UNIMPLEMENTED for a newer format.

        >>> mlcore.Model.open("absent.mlc")
        Traceback (most recent call last):
        mlcore._error.Error: absent.mlc: no such file (NOT_FOUND/file_not_found)
        """
    @staticmethod
    def from_bytes(artifact: bytes) -> Model:
        """Open an artifact from its bytes."""
    @property
    def name(self) -> str: ...
    @property
    def digest(self) -> str:
        """64 hexadecimal digits that name the content."""
    @property
    def version(self) -> int:
        """The version in the registry it was opened from; 0 for a file or bytes.

        >>> shop.version
        0
        """
    @property
    def features(self) -> Features: ...
    @property
    def classes(self) -> list[str]:
        """The names of the classes whose index the output "class" is; empty where the model has none.

        >>> loan.classes
        []
        """
    def describe(self) -> dict[str, Any]:
        """Request, streams, features, outputs, the model's framework and contract, metadata.

        >>> shop.describe()["model"]["framework"]
        'xgboost'
        """
    def context(
        self, output: Output = "prediction", iterations: tuple[int, int] = (0, 0), threads: int = 1
    ) -> Context:
        """Make a context. `iterations` are the boosting rounds [begin, end) whose trees are used,
        as XGBoost's `iteration_range`; an end of 0 is the last round. Calls of many rows may use
        `threads`, at most 256, where there are rows enough; bits and errors are those of one.

        Raises Error: INVALID_ARGUMENT for a range that the model does not have, or of threads;
        FAILED_PRECONDITION for "class" of a model that predicts none.

        >>> loan.context("margin", iterations=(0, 1)).predict_numeric(np.array([29.0, 1, 4])).tolist()
        [0.375]
        """
    def margins(self, features: NDArray[float32] | NDArray[float64]) -> NDArray[float64]:
        """Bypass the definition: model features [rows, n] in, margins out.

        >>> loan.margins(np.array([[29.0, 0.25]])).tolist()
        [[1.375]]
        """

@final
class Context:
    """Scratch memory of one chain of calls; calls from several threads wait for each other.

    Calls for one row return `out`, the same array each time: copy what is to be kept. They keep the
    interpreter's lock; calls for many rows release it and return new arrays, [rows, names].

    >>> with loan.context("margin") as context:
    ...     context.predict_row(loan.features.request.pack({"age": 29, "debt": 1, "income": 4})).tolist()
    [1.375]
    """

    @property
    def out(self) -> NDArray[float64]: ...
    @property
    def values(self) -> NDArray[float64]:
        """Memory for one row of numbers, a place a field of the request, which predict_values scores."""
    @property
    def names(self) -> list[str]:
        """What each value of a row is called.

        >>> shop.context("features").names
        ['orders_30d', 'spend']
        """
    def predict_row(self, row: bytes) -> NDArray[float64]:
        """Score a packed row of a definition without streams. Raises Error, FAILED_PRECONDITION/needs_state."""
    def predict_values(self) -> NDArray[float64]:
        """Score what is in `values`: as predict_numeric, without an argument to look at.

        >>> context = loan.context("margin")
        >>> context.values[:] = 29, 1, 4
        >>> context.predict_values().tolist()
        [1.375]
        """
    def predict_numeric(self, values: NDArray[float32] | NDArray[float64]) -> NDArray[float64]:
        """Score one row of numbers, where every field is a bool, i64 or f64; NaN is null.

        Raises Error: FAILED_PRECONDITION not_numeric, needs_state; INVALID_ARGUMENT wrong_width,
        type_mismatch (a fraction for an i64), null_not_allowed.

        >>> loan.context("margin").predict_numeric(np.array([29.0, 1, 4])).tolist()
        [1.375]
        """
    def predict_at(self, state: State, row: bytes) -> NDArray[float64]:
        """Score a packed row, the events of its keys taken from a state.

        Raises Error: FAILED_PRECONDITION stream_mismatch, incomplete_history; OUT_OF_RANGE not_retained.

        >>> row = shop.features.request.pack({"customer": "ada", "as_of": day})
        >>> shop.context("features").predict_at(mlcore.State(shop.features), row).tolist()
        [0.0, nan]
        """
    def predict_events(self, row: bytes, events: Sequence[Rows]) -> NDArray[float64]:
        """Score a packed row with the events that the caller brings, one Rows a stream, in any order.

        >>> orders = mlcore.Rows(shop.features.stream("orders"))
        >>> orders.append({"customer": "ada", "at": day - timedelta(days=3), "cds": 1, "amount": 2.5})
        >>> row = shop.features.request.pack({"customer": "ada", "as_of": day})
        >>> shop.context("features").predict_events(row, [orders]).tolist()
        [1.0, 2.5]
        """
    def predict_batch(
        self, values: NDArray[float32] | NDArray[float64] | Sparse, *,
        base_margin: NDArray[float64] | None = None, missing: float | None = None, absent: Absent = "default",
    ) -> NDArray[float64]:
        """Score a matrix of numbers, [rows, fields], as predict_numeric; the error's row says which.

        Of integers, those below 2**53; a masked array is refused, its filled(nan) is taken. `missing` is
        a number that means missing, as NaN does. A sparse array or matrix of SciPy's becomes CSR; what it
        does not hold is missing for XGBoost's models and 0 for others, unless `absent` says.

        `base_margin`, [rows] or [rows, outputs], stands in place of the model's base margins.

        >>> loan.context("margin").predict_batch(np.array([[29.0, 1, 4], [30, 1, 4]])).tolist()
        [[1.375], [0.625]]
        >>> loan.context("margin").predict_batch(np.array([[29.0, -1, 4]]), missing=-1, base_margin=np.array([0.5])).tolist()
        [[1.75]]
        """
    def predict_rows(self, requests: Rows | Tabular) -> NDArray[float64]:
        """Score many typed rows of a definition without streams.

        >>> loan.context("margin").predict_rows({"age": [29, 30], "income": [4, 4]}).tolist()
        [[1.375], [0.625]]
        """
    def predict_batch_at(self, state: State, requests: Rows | Tabular) -> NDArray[float64]:
        """Score many typed rows, the events of their keys taken from a state.

        >>> state = mlcore.State(shop.features)
        >>> shop.context("features").predict_batch_at(state, {"customer": ["ada"], "as_of": [day]}).tolist()
        [[0.0, nan]]
        """
    def close(self) -> None:
        """Free the memory; later calls raise Error, FAILED_PRECONDITION/closed_handle."""
    def __enter__(self) -> Context: ...
    def __exit__(
        self,
        kind: type[BaseException] | None,
        value: BaseException | None,
        traceback: TracebackType | None,
    ) -> None: ...

@final
class Table:
    """Values [rows, n] as a table of Arrow's: pyarrow.table(it), polars.DataFrame(it), … A NaN is a null there.

    Raises Error, INVALID_ARGUMENT/wrong_width, unless there is a name for each column.

    >>> import pyarrow
    >>> context = loan.context("features")
    >>> values = context.predict_batch(np.array([[29, np.nan, 4]]))
    >>> pyarrow.table(mlcore.Table(values, context.names)).to_pylist()
    [{'years': 29.0, 'ratio': None}]
    """

    def __init__(self, values: NDArray[float64], names: list[str]) -> None: ...
    def __len__(self) -> int: ...
    @property
    def names(self) -> list[str]: ...
    def __arrow_c_schema__(self) -> object: ...
    def __arrow_c_array__(self, requested_schema: object = None) -> tuple[object, object]: ...
    def __arrow_c_stream__(self, requested_schema: object = None) -> object: ...

@final
class IngestReport:
    """What became of the events of a batch."""

    @property
    def accepted(self) -> int: ...
    @property
    def late(self) -> int: ...
    @property
    def duplicate(self) -> int: ...
    @property
    def conflict(self) -> int:
        """Duplicates whose content differs."""
    @property
    def invalid(self) -> int: ...
    @property
    def replayed(self) -> int:
        """Of a batch whose offset was seen before."""
    @property
    def invalid_rows(self) -> list[tuple[int, str]]:
        """Position and reason of the first 16 invalid rows."""
    @property
    def invalid_message(self) -> str: ...

@final
class State:
    """The events of many keys. Threads may share it.

    `max_bytes` and `max_keys` limit it, 0 does not; without `lateness` nothing is late and all is kept; every
    event from `complete_from` on is ingested.

    >>> state = mlcore.State(shop.features, lateness=timedelta(days=7))
    >>> state.ingest("orders", {"customer": ["ada"], "at": [day], "cds": [1], "amount": [2.5]}).accepted
    1
    >>> restored = mlcore.State.restore(shop.features, state.snapshot())
    >>> restored.key_count, restored.event_count
    (1, 1)
    """

    def __init__(
        self,
        features: Features,
        *,
        max_bytes: int = 0,
        max_keys: int = 0,
        lateness: timedelta | None = None,
        complete_from: datetime | None = None,
    ) -> None: ...
    @staticmethod
    def restore(
        features: Features,
        snapshot: bytes,
        *,
        max_bytes: int = 0,
        max_keys: int = 0,
        lateness: timedelta | None = None,
        complete_from: datetime | None = None,
    ) -> State:
        """Make a state from a snapshot; it goes on with the same bits. Releases the interpreter's lock.

        Raises Error: DATA_LOSS malformed_snapshot, truncated, checksum; FAILED_PRECONDITION stream_mismatch.
        """
    def ingest(
        self,
        stream: str,
        events: Rows | Tabular,
        source: str | None = None,
        offset: int | None = None,
    ) -> IngestReport:
        """Add events in any order. With a source and an offset, a batch delivered again is ignored.

        Releases the interpreter's lock. Raises Error: INVALID_ARGUMENT layout_mismatch, RESOURCE_EXHAUSTED state_full.
        """
    def expire(self, time: datetime) -> None:
        """Promise that no event before `time` minus the lateness will come; the unreachable is forgotten."""
    def source_offset(self, source: str) -> int:
        """The greatest offset taken from a source: after a restore, where to go on reading.

        Raises Error, NOT_FOUND/unknown_name, where nothing was taken.

        >>> state = mlcore.State(shop.features)
        >>> _ = state.ingest("orders", mlcore.Rows(shop.features.stream("orders")), source="p0", offset=7)
        >>> state.source_offset("p0")
        7
        """
    def snapshot(self) -> bytes:
        """Copy the whole state, source offsets included. Releases the interpreter's lock."""
    @property
    def key_count(self) -> int: ...
    @property
    def event_count(self) -> int: ...
    @property
    def memory(self) -> int:
        """Bytes that events and keys take."""
    def close(self) -> None:
        """Free the memory; later calls raise Error, FAILED_PRECONDITION/closed_handle."""
    def __enter__(self) -> State: ...
    def __exit__(
        self,
        kind: type[BaseException] | None,
        value: BaseException | None,
        traceback: TracebackType | None,
    ) -> None: ...

@final
class Monitor:
    """What contexts see and say, pane by pane, against what the model's training saw. Threads may share it.

    With `pane` a pane is so much time of the requests' `as_of`, else `pane_rows` rows (0: 10,000). The newest
    `max_panes` are kept (0: 32). `minimum_rows`, `alpha` and the thresholds of the verdicts: 0 is the default.
    Raises Error: FAILED_PRECONDITION no_reference, needs_as_of; INVALID_ARGUMENT invalid_option.

    >>> row = lender.features.request.pack({"income": 75000.0, "age": 40, "country": "FR", "as_of": day})
    >>> with mlcore.Monitor(lender, pane=timedelta(days=1)) as monitor:
    ...     context = lender.context()
    ...     monitor.attach(context)
    ...     _ = context.predict_row(row)
    ...     report = monitor.report()
    >>> report["rows"], report["total"]["verdict"]
    (1, 'INSUFFICIENT')
    """

    def __init__(
        self,
        model: Model,
        *,
        pane: timedelta | None = None,
        pane_rows: int = 0,
        max_panes: int = 0,
        minimum_rows: int = 0,
        alpha: float = 0.0,
        distance_threshold: float = 0.0,
        share_threshold: float = 0.0,
    ) -> None: ...
    def attach(self, context: Context) -> None:
        """Count from now on what a context scores, and its calls that fail. It goes on when the monitor is closed.

        Raises Error: INVALID_ARGUMENT other_model, FAILED_PRECONDITION already_monitored.
        """
    def report(self) -> dict[str, Any]:
        """Verdicts, statistics, failures and durations; docs/monitor.md names the members.

        Releases the interpreter's lock, as the others do.
        """
    def prometheus(self) -> str:
        """The report in Prometheus' text format.

        >>> mlcore.Monitor(lender).prometheus().splitlines()[5]
        'mlcore_predictions_total{model="lender",version="0"} 0'
        """
    def html(self) -> str:
        """The report as one page for people.

        >>> mlcore.Monitor(lender).html()[:15]
        '<!DOCTYPE html>'
        """
    def close(self) -> None:
        """Let go of the monitor; later calls raise Error, FAILED_PRECONDITION/closed_handle."""
    def __enter__(self) -> Monitor: ...
    def __exit__(
        self,
        kind: type[BaseException] | None,
        value: BaseException | None,
        traceback: TracebackType | None,
    ) -> None: ...
