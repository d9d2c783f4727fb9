# SPDX-License-Identifier: Apache-2.0
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from types import TracebackType
from typing import Any, final

from numpy import float32, float64
from numpy.typing import NDArray

from ._types import Output, Type, Value

__version__: str

@final
class Field:
    """One field of a row."""

    @property
    def name(self) -> str: ...
    @property
    def type(self) -> Type: ...
    @property
    def nullable(self) -> bool: ...

@final
class Layout:
    """The bytes of a row: names, types and order of its fields."""

    @property
    def id(self) -> int: ...
    @property
    def fields(self) -> list[Field]: ...
    def pack(self, values: Mapping[str, Value]) -> bytes:
        """Pack a row. A nullable field may be absent; a timestamp is an aware datetime."""
    def from_json(self, text: str) -> bytes:
        """Pack a row from one JSON object."""
    def check(self, row: bytes) -> None:
        """Raise unless the bytes are a row of this layout."""

@final
class Rows:
    """Packed rows of one layout, one after another."""

    def __init__(self, layout: Layout) -> None: ...
    def __len__(self) -> int: ...
    def append(self, values: Mapping[str, Value]) -> None: ...
    def append_packed(self, row: bytes) -> None: ...

@final
class Features:
    """A feature definition: a model's, or one compiled from text."""

    @staticmethod
    def parse(text: str) -> Features: ...
    @property
    def text(self) -> str: ...
    @property
    def fingerprint(self) -> str: ...
    @property
    def names(self) -> list[str]: ...
    @property
    def request(self) -> Layout: ...
    @property
    def streams(self) -> list[str]: ...
    def stream(self, name: str) -> Layout: ...
    def compute(self, requests: Rows, state: State | None = None) -> NDArray[float64]:
        """Compute the features of many requests, [rows, names]."""

@final
class Model:
    """An artifact, opened and checked. Immutable; threads may share it."""

    @staticmethod
    def open(path: str) -> Model: ...
    @staticmethod
    def from_bytes(artifact: bytes) -> Model: ...
    @property
    def name(self) -> str: ...
    @property
    def digest(self) -> str: ...
    @property
    def features(self) -> Features: ...
    def describe(self) -> dict[str, Any]: ...
    def context(
        self, output: Output = "prediction", iterations: tuple[int, int] = (0, 0)
    ) -> Context:
        """Make a context. `iterations` are the boosting rounds [begin, end) whose trees are used,
        as XGBoost's `iteration_range`; an end of 0 is the last round.

        Raises Error: INVALID_ARGUMENT for a range that the model does not have,
        FAILED_PRECONDITION for "class" of a model that predicts none.
        """
    def margins(self, features: NDArray[float32] | NDArray[float64]) -> NDArray[float64]:
        """Bypass the definition: model features [rows, n] in, margins out."""

@final
class Context:
    """Scratch memory of one chain of calls; calls from several threads wait for each other.

    Calls for one row return `out`, the same array each time: copy what is to be kept.
    """

    @property
    def out(self) -> NDArray[float64]: ...
    def predict_row(self, row: bytes) -> NDArray[float64]: ...
    def predict_numeric(self, values: NDArray[float32] | NDArray[float64]) -> NDArray[float64]: ...
    def predict_at(self, state: State, row: bytes) -> NDArray[float64]: ...
    def predict_events(self, row: bytes, events: Sequence[Rows]) -> NDArray[float64]: ...
    def predict_batch(self, values: NDArray[float32] | NDArray[float64]) -> NDArray[float64]: ...
    def predict_batch_at(self, state: State, requests: Rows) -> NDArray[float64]: ...
    def close(self) -> None: ...
    def __enter__(self) -> Context: ...
    def __exit__(
        self,
        kind: type[BaseException] | None,
        value: BaseException | None,
        traceback: TracebackType | None,
    ) -> None: ...

@final
class IngestReport:
    @property
    def accepted(self) -> int: ...
    @property
    def late(self) -> int: ...
    @property
    def duplicate(self) -> int: ...
    @property
    def conflict(self) -> int: ...
    @property
    def invalid(self) -> int: ...
    @property
    def replayed(self) -> int: ...
    @property
    def invalid_rows(self) -> list[tuple[int, str]]:
        """Position and reason of the first 16 invalid rows."""
    @property
    def invalid_message(self) -> str: ...

@final
class State:
    """The events of many keys. Threads may share it."""

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
    ) -> State: ...
    def ingest(
        self, stream: str, events: Rows, source: str | None = None, offset: int | None = None
    ) -> IngestReport:
        """Add events in any order. With a source and an offset, a batch delivered again is ignored."""
    def expire(self, time: datetime) -> None: ...
    def snapshot(self) -> bytes: ...
    @property
    def key_count(self) -> int: ...
    @property
    def event_count(self) -> int: ...
    @property
    def memory(self) -> int: ...
    def close(self) -> None: ...
    def __enter__(self) -> State: ...
    def __exit__(
        self,
        kind: type[BaseException] | None,
        value: BaseException | None,
        traceback: TracebackType | None,
    ) -> None: ...
